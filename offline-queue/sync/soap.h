#ifndef SYNC_SOAP_H
#define SYNC_SOAP_H

/* SOAP 1.1 envelopes and the two WS-Addressing headers we use: wsa:MessageID carries the
 * idempotency key of a request ("urn:uuid:<key>"), wsa:RelatesTo repeats it in the answer. Used by
 * the client (ventanilla-sync) and the reference server (tools/agency) alike. */

#include <stdbool.h>

#include "offline-queue/sync/xml.h"

#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define WSA_NS	"http://www.w3.org/2005/08/addressing"
#define WSSE_NS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define WSU_NS	"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define WSSE_X509_V3 \
	"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
#define WSSE_BASE64                                                             \
	"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-" \
	"security-1.0#Base64Binary"

/* "urn:uuid:" and a UUID. */
#define SOAP_ID_SIZE 46

/* What a SOAP Fault says. */
struct soap_fault {
	char code[48];	    /* local name of faultcode: "Client", "Server", "MessageExpired" … */
	char code_uri[160]; /* its namespace, "" if the prefix is not declared */
	char text[160]; /* faultstring, cut; may quote our data: for the technician's eyes, not logs
			 */
};

/* Envelope with Header (if message_id or relates_to is given) and an empty Body. Both are NULL or
 * full URIs. NULL: no memory. */
struct xml_doc *soap_create(const char *message_id, const char *relates_to);

/* Body of an envelope: root {SOAP}Envelope with at most one Header, first, and exactly one Body.
 * NULL if the document is anything else. */
struct xml_node *soap_body(const struct xml_doc *doc);
/* Header, or NULL if there is none. */
struct xml_node *soap_header(const struct xml_doc *doc);
/* The only element child of body (document/literal); NULL if there are none or several. */
struct xml_node *soap_payload(const struct xml_node *body);

/* Appends {SOAP}Fault to body with faultcode {uri}code and faultstring. uri SOAP_NS for
 * Client/Server, WSSE_NS or WSU_NS for security faults. */
void soap_add_fault(struct xml_node *body, const char *uri, const char *code, const char *text);
/* True, and *ret_fault filled, if body's payload is a Fault. */
bool soap_get_fault(const struct xml_node *body, struct soap_fault *ret_fault);

#endif
