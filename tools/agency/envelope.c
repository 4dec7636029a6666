#include "tools/agency/envelope.h"

#include <string.h>

#include "terminal/base/text.h"

#define MESSAGE_ID_PREFIX "urn:uuid:"
/* "An hour ago" is out of any window (domain.md §7.2: 5 minutes). */
#define EXPIRED_MS (3600 * 1000)

/* Opening */

/* Blocks we know may ask to be understood (SOAP 1.1 §4.2.3); any other must not. */
static bool headers_are_understood(const struct xml_doc *doc)
{
	char must[8];
	struct xml_node *node = xml_child(soap_header(doc), NULL, NULL);

	for (; node; node = xml_next(node, NULL, NULL)) {
		if (xml_is(node, WSSE_NS, "Security") || strcmp(xml_uri(node), WSA_NS) == 0)
			continue;
		if (xml_attribute(node, SOAP_NS, "mustUnderstand", must, sizeof(must)) !=
				VT_ERR_NOT_FOUND &&
			strcmp(must, "0") != 0)
			return false;
	}
	return true;
}

/* The Fault of WS-Security 1.0 §12 that fits what the verifier found. */
static void security_fault(
	struct registry_answer *answer, enum vt_code code, const struct vt_error *error)
{
	if (code == VT_ERR_TIMEOUT)
		registry_fault(answer, 500, "wsu:MessageExpired", "El mensaje expiro");
	else if (strstr(error->msg, "signature does not match"))
		registry_fault(answer, 500, "wsse:FailedCheck", "La firma no corresponde");
	else if (strstr(error->msg, "signed by") || strstr(error->msg, "certificate"))
		registry_fault(
			answer, 500, "wsse:InvalidSecurityToken", "El certificado no se acepta");
	else
		registry_fault(answer, 500, "wsse:InvalidSecurity",
			"La seguridad del mensaje no se acepta");
}

static bool read_key(const char *message_id, char ret_key[VT_UUID_SIZE])
{
	const size_t prefix = strlen(MESSAGE_ID_PREFIX);

	return strncmp(message_id, MESSAGE_ID_PREFIX, prefix) == 0 &&
	       vt_uuid_valid(message_id + prefix) &&
	       vt_copy(ret_key, VT_UUID_SIZE, message_id + prefix);
}

static bool is_field(const struct registry_wire *wire, const char *name)
{
	for (size_t i = 0; i < wire->field_count; i++)
		if (strcmp(wire->fields[i], name) == 0)
			return true;
	return false;
}

/* The children of group into fields: each known, in its namespace, once. */
static bool read_fields(const struct xml_node *group, const struct registry_wire *wire,
	struct registry_fields *fields)
{
	const char *uri = wire->group ? REGISTRY_XSD_NS : REGISTRY_NS;

	fields->count = 0;
	for (struct xml_node *n = xml_child(group, NULL, NULL); n; n = xml_next(n, NULL, NULL)) {
		const char *name = xml_name(n);
		size_t size = 0;

		if (strcmp(xml_uri(n), uri) != 0 || !is_field(wire, name))
			return false;
		char *value = registry_add_field(fields, name, &size);
		if (!value || xml_text(n, value, size))
			return false;
	}
	return true;
}

static bool read_payload(const struct xml_node *body, enum registry_operation operation,
	struct registry_fields *fields)
{
	const struct registry_wire *wire = registry_wire(operation);
	const struct xml_node *payload = soap_payload(body);

	if (!xml_is(payload, REGISTRY_NS, wire->element))
		return false;
	if (!wire->group)
		return read_fields(payload, wire, fields);
	const struct xml_node *group = xml_child(payload, REGISTRY_NS, wire->group);
	return group && !xml_next(group, NULL, NULL) && group == xml_child(payload, NULL, NULL) &&
	       read_fields(group, wire, fields);
}

/* The MessageID as it stands, before anything is verified: only to say which request a Fault
 * answers, and only if it is a UUID. */
static void read_relates_to(const struct xml_doc *doc, char ret_id[SOAP_ID_SIZE])
{
	char key[VT_UUID_SIZE];

	if (xml_text(xml_child(soap_header(doc), WSA_NS, "MessageID"), ret_id, SOAP_ID_SIZE) ||
		!read_key(ret_id, key))
		ret_id[0] = '\0';
}

static enum vt_code refuse(struct registry_answer *answer, const char *fault, const char *text,
	struct vt_error *error, const char *why)
{
	registry_fault(answer, 500, fault, text);
	return vt_fail(error, VT_ERR_PARSE, 0, "envelope: %s", why);
}

enum vt_code envelope_open(const void *data, size_t length, enum registry_operation operation,
	const char *terminal, const struct wsse_trust *trust, int64_t now_unix_ms,
	struct envelope_request *request, struct registry_answer *answer, struct vt_error *error)
{
	VT_CLEANUP(xml_free) struct xml_doc *doc = NULL;
	struct wsse_verdict verdict;
	enum vt_code code = xml_parse(data, length, &doc, error);

	request->relates_to[0] = '\0';
	if (code) {
		registry_fault(answer, 500, "soap:Client", "El mensaje no es XML aceptable");
		return VT_ERR_PARSE;
	}
	read_relates_to(doc, request->relates_to);
	if (!xml_is(xml_root(doc), SOAP_NS, "Envelope"))
		return refuse(answer, "soap:VersionMismatch", "Se espera un sobre SOAP 1.1", error,
			"not SOAP 1.1");
	if (!headers_are_understood(doc))
		return refuse(answer, "soap:MustUnderstand", "Encabezado desconocido", error,
			"header not understood");
	code = wsse_verify(doc, trust, now_unix_ms, &verdict, error);
	if (code) {
		security_fault(answer, code, error);
		return VT_ERR_UNTRUSTED;
	}
	if (strcmp(verdict.signer, terminal) != 0) {
		registry_fault(answer, 500, "wsse:FailedAuthentication",
			"El firmante no es la terminal conectada");
		return vt_fail(error, VT_ERR_UNTRUSTED, 0, "envelope: signer is not the terminal");
	}
	if (!read_key(verdict.message_id, request->key))
		return refuse(answer, "soap:Client", "Falta wsa:MessageID urn:uuid", error,
			"no MessageID");
	if (!read_payload(verdict.body, operation, &request->fields))
		return refuse(answer, "soap:Client", "La solicitud no corresponde a la operacion",
			error, "payload");
	return VT_OK;
}

/* Sealing */

static const char *fault_uri(const char *code)
{
	if (strncmp(code, "wsse:", 5) == 0)
		return WSSE_NS;
	return strncmp(code, "wsu:", 4) == 0 ? WSU_NS : SOAP_NS;
}

static struct xml_doc *build(const struct registry_answer *answer,
	enum registry_operation operation, const char *relates_to)
{
	struct xml_doc *doc = soap_create(NULL, relates_to[0] ? relates_to : NULL);
	char element[48];

	if (!doc)
		return NULL;
	struct xml_node *body = soap_body(doc);
	if (answer->fault) {
		soap_add_fault(body, fault_uri(answer->fault), strchr(answer->fault, ':') + 1,
			answer->fault_text);
		return doc;
	}
	if (!vt_format(element, sizeof(element), "%sResponse", registry_wire(operation)->element)) {
		xml_free(&doc);
		return NULL;
	}
	struct xml_node *payload = xml_add(body, REGISTRY_NS, "ns", element);
	(void)xml_add_same(payload, "return", vt_buf_text(&answer->document));
	return doc;
}

/* Appends text to another buffer, each character as one byte. */
static void to_latin1(const char *text, struct vt_buf *out)
{
	for (uint32_t cp; (cp = vt_utf8_next(&text)) != 0;)
		vt_buf_append_byte(out, cp < 0x100 ? (uint8_t)cp : '?');
}

/* The classic of signature wrapping: the signed Body moves into the header, where its digest still
 * fits, and another Body without an id stands where readers look. */
static bool wrap(const char *text, struct vt_buf *out)
{
	const char *header_end = strstr(text, "</soap:Header>");
	const char *body = strstr(text, "<soap:Body");
	const char *body_open_end = body ? strchr(body, '>') : NULL;
	const char *body_end = strstr(text, "</soap:Body>");
	const size_t close = strlen("</soap:Body>");

	if (!header_end || !body_open_end || !body_end)
		return false;
	vt_buf_append(out, text, (size_t)(header_end - text));
	vt_buf_append_text(out, "<moved>");
	vt_buf_append(out, body, (size_t)(body_end - body) + close);
	vt_buf_append_text(out, "</moved></soap:Header><soap:Body>");
	vt_buf_append(out, body_open_end + 1, (size_t)(body_end - body_open_end - 1));
	vt_buf_append_text(out, body_end);
	return true;
}

/* A blank more in the signed Body: well-formed, and no longer what was signed. */
static bool tamper(const char *text, struct vt_buf *out)
{
	const char *body_end = strstr(text, "</soap:Body>");

	if (!body_end)
		return false;
	vt_buf_append(out, text, (size_t)(body_end - text));
	vt_buf_append_text(out, " ");
	vt_buf_append_text(out, body_end);
	return true;
}

/* Copies text to out, bent as ordered. */
static enum vt_code bend(
	const char *text, bool is_latin1, enum fault_kind fault, struct vt_buf *out)
{
	bool ok = true;

	if (fault == FAULT_WRAPPED)
		ok = wrap(text, out);
	else if (fault == FAULT_BAD_SIGNATURE)
		ok = tamper(text, out);
	else if (fault == FAULT_LATIN1 || is_latin1)
		to_latin1(text, out);
	else
		vt_buf_append_text(out, text);
	return ok ? out->failed : VT_ERR_STATE;
}

enum vt_code envelope_seal(const struct registry_answer *answer, enum registry_operation operation,
	const char *relates_to, const struct envelope_signers *signers, enum fault_kind fault,
	int64_t now_unix_ms, struct vt_buf *out, struct vt_error *error)
{
	VT_CLEANUP(xml_free) struct xml_doc *doc = build(answer, operation, relates_to);
	VT_CLEANUP(vt_buf_finish) struct vt_buf text;
	const struct wsse_identity *signer =
		fault == FAULT_WRONG_CA && signers->wrong_ca ? signers->wrong_ca : signers->good;
	const int64_t at = now_unix_ms - (fault == FAULT_EXPIRED ? EXPIRED_MS : 0);
	enum vt_code code = VT_OK;

	vt_buf_init(&text, VT_MAX_HTTP_BODY);
	if (!doc)
		return vt_fail(error, VT_ERR_NOMEM, 0, "envelope: out of memory");
	if (fault != FAULT_UNSIGNED)
		code = wsse_sign(doc, signer, at, error);
	if (!code)
		code = xml_serialize(doc, &text, error);
	if (!code)
		code = bend(vt_buf_text(&text), answer->is_latin1, fault, out);
	return code;
}
