#include "offline-queue/sync/soap.h"

#include <string.h>

#include "terminal/base/text.h"

struct xml_doc *soap_create(const char *message_id, const char *relates_to)
{
	struct xml_doc *doc = xml_create(SOAP_NS, "soap", "Envelope");

	if (!doc)
		return NULL;
	if (message_id || relates_to) {
		struct xml_node *header = xml_add(xml_root(doc), SOAP_NS, "soap", "Header");
		if (message_id)
			xml_add_text(xml_add(header, WSA_NS, "wsa", "MessageID"), message_id);
		if (relates_to)
			xml_add_text(xml_add(header, WSA_NS, "wsa", "RelatesTo"), relates_to);
	}
	(void)xml_add(xml_root(doc), SOAP_NS, "soap", "Body");
	return doc;
}

struct xml_node *soap_header(const struct xml_doc *doc)
{
	struct xml_node *root = xml_root(doc);

	return xml_is(root, SOAP_NS, "Envelope") ? xml_child(root, SOAP_NS, "Header") : NULL;
}

struct xml_node *soap_body(const struct xml_doc *doc)
{
	struct xml_node *root = xml_root(doc);

	if (!xml_is(root, SOAP_NS, "Envelope"))
		return NULL;
	struct xml_node *node = xml_child(root, NULL, NULL);
	if (xml_is(node, SOAP_NS, "Header"))
		node = xml_next(node, NULL, NULL);
	/* SOAP 1.1 would allow more elements after the Body: nobody sends them, and room for a
	 * second Body is what signature wrapping lives on. */
	if (!xml_is(node, SOAP_NS, "Body") || xml_next(node, NULL, NULL))
		return NULL;
	return node;
}

struct xml_node *soap_payload(const struct xml_node *body)
{
	struct xml_node *payload = xml_child(body, NULL, NULL);

	return payload && !xml_next(payload, NULL, NULL) ? payload : NULL;
}

void soap_add_fault(struct xml_node *body, const char *uri, const char *code, const char *text)
{
	const char *prefix = strcmp(uri, SOAP_NS) == 0 ? "soap" : "f";
	struct xml_node *fault = xml_add(body, SOAP_NS, "soap", "Fault");
	char qname[64];

	if (!vt_format(qname, sizeof(qname), "%s:%s", prefix, code))
		qname[0] = '\0';
	struct xml_node *node = xml_add(fault, NULL, NULL, "faultcode");
	xml_declare(node, uri, prefix);
	xml_add_text(node, qname);
	xml_add_text(xml_add(fault, NULL, NULL, "faultstring"), text);
}

bool soap_get_fault(const struct xml_node *body, struct soap_fault *ret_fault)
{
	const struct xml_node *fault = soap_payload(body);
	char qname[128];

	if (!xml_is(fault, SOAP_NS, "Fault"))
		return false;
	*ret_fault = (struct soap_fault){0};
	const struct xml_node *code = xml_child(fault, NULL, "faultcode");
	if (!xml_text(code, qname, sizeof(qname))) {
		char *colon = strchr(qname, ':');
		if (colon)
			*colon = '\0';
		if (!xml_namespace_of(code, colon ? qname : NULL, ret_fault->code_uri,
			    sizeof(ret_fault->code_uri)))
			ret_fault->code_uri[0] = '\0';
		vt_copy_cut(ret_fault->code, sizeof(ret_fault->code), colon ? colon + 1 : qname);
	}
	char text[2048];
	if (!xml_text(xml_child(fault, NULL, "faultstring"), text, sizeof(text)))
		vt_copy_cut(ret_fault->text, sizeof(ret_fault->text), text);
	vt_wipe(text, sizeof(text));
	return true;
}
