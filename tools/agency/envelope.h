#ifndef VT_AGENCY_ENVELOPE_H
#define VT_AGENCY_ENVELOPE_H

/* The SOAP border: a hostile HTTP body becomes a registry call, an answer becomes a signed
 * envelope, and, when a test orders it, a badly signed one. */

#include "offline-queue/sync/wsse.h"
#include "tools/agency/faults.h"
#include "tools/agency/registry.h"

#define REGISTRY_NS	"http://services.wserv.ecurp.dgti.segob.gob.mx"
#define REGISTRY_XSD_NS "http://services.wserv.ecurp.dgti.segob.gob.mx/xsd"

/* A request whose signature was good. */
struct envelope_request {
	char key[VT_UUID_SIZE];	       /* from the signed MessageID */
	char relates_to[SOAP_ID_SIZE]; /* MessageID to answer to, "" if none was readable */
	struct registry_fields fields;
};

/* Reads, verifies and takes apart. terminal: whose TLS certificate it came under; the signer must
 * be the same. VT_OK: *request is filled. Otherwise answer holds the Fault to send (nothing of the
 * request counts but relates_to), and the code says VT_ERR_PARSE or VT_ERR_UNTRUSTED. */
VT_MUST_USE enum vt_code envelope_open(const void *data, size_t length,
	enum registry_operation operation, const char *terminal, const struct wsse_trust *trust,
	int64_t now_unix_ms, struct envelope_request *request, struct registry_answer *answer,
	struct vt_error *error);

/* Who signs answers. */
struct envelope_signers {
	struct wsse_identity *good;
	struct wsse_identity *wrong_ca; /* NULL: that fault cannot be had */
};

/* Builds and signs the answer into out; fault bends the signature or the encoding (other kinds are
 * left to the caller). */
VT_MUST_USE enum vt_code envelope_seal(const struct registry_answer *answer,
	enum registry_operation operation, const char *relates_to,
	const struct envelope_signers *signers, enum fault_kind fault, int64_t now_unix_ms,
	struct vt_buf *out, struct vt_error *error);

/* The WSDL of the service at path (the last part of it) for a server at base_url, into out. False:
 * no such service. */
bool envelope_wsdl(const char *service, const char *base_url, struct vt_buf *out);

#endif
