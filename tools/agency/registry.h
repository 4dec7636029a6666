#ifndef VT_AGENCY_REGISTRY_H
#define VT_AGENCY_REGISTRY_H

/* RENAPO's operations behind the SOAP border: named fields in, a document or a fault out.
 *
 *   consultarPorCurp, consultarCurpDetalle   an effect: a constancia with a folio goes out, once
 *   solicitarCopia                           a request signed by a citizen; kept with its signature
 *   getConfirm                               noted once per session
 *   consultarTransaccion                     what became of a key
 *   consultarMovimientos                     what was decided for this terminal, page by page
 */

#include "terminal/base/base64.h"
#include "tools/agency/citizens.h"
#include "tools/agency/reply.h"
#include "tools/agency/store.h"

#define REGISTRY_FIELDS_MAX 16
/* One field: 50 characters of names are the longest (200 bytes), passwords may be longer. */
#define REGISTRY_VALUE_SIZE 204

/* "solicitud" and "firma" of a signed request are long: base64 of terminal/base/limits.h's maxima.
 */
#define REGISTRY_TEXT_SIZE VT_BASE64_SIZE(VT_MAX_SIGNED_TEXT)
#define REGISTRY_CMS_SIZE  VT_MAX_CMS_TEXT

/* The fields of one request, in the order they came. */
struct registry_fields {
	struct {
		char name[24];
		char value[REGISTRY_VALUE_SIZE]; /* of the long ones: text, cms instead */
	} list[REGISTRY_FIELDS_MAX];
	size_t count;
	char text[REGISTRY_TEXT_SIZE];
	char cms[REGISTRY_CMS_SIZE];
};

/* Adds a field and returns where its value goes, *ret_size bytes, "" until written; NULL: no room,
 * or it is there already. */
char *registry_add_field(struct registry_fields *fields, const char *name, size_t *ret_size);

/* Value of a field, "" if it did not come. */
const char *registry_field(const struct registry_fields *fields, const char *name);

enum registry_operation {
	REGISTRY_BY_KEY,
	REGISTRY_BY_DATA,
	REGISTRY_COPY,
	REGISTRY_CONFIRM,
	REGISTRY_INQUIRE,
	REGISTRY_LEDGER,
	REGISTRY_OPERATION_MAX
};

/* One operation as the wire names it. */
struct registry_wire {
	const char *path;	 /* below /WebServicesConsulta/services/ */
	const char *soap_action; /* without quotes */
	const char *element;	 /* of the Body */
	const char *group;	 /* element around the fields, NULL if there is none */
	const char *const *fields;
	size_t field_count;
};
const struct registry_wire *registry_wire(enum registry_operation operation);

/* The institution that may ask. */
struct registry_account {
	char user[REGISTRY_VALUE_SIZE];
	char password[REGISTRY_VALUE_SIZE];
	char entity[REGISTRY_VALUE_SIZE];
	struct citizens *citizens; /* borrowed; whose signed requests count, NULL: nobody's */
};

/* What comes out; init with registry_answer_init(). */
struct registry_answer {
	const char *fault;	/* fault code with its prefix, literal; NULL: the document counts */
	const char *fault_text; /* literal */
	int status;		/* HTTP */
	bool is_replayed;
	bool is_latin1;
	char result[40];	/* for the log */
	struct vt_buf document; /* owned; text for <ns:return> */
};

void registry_answer_init(struct registry_answer *answer);
void registry_answer_finish(struct registry_answer *answer);
/* A fault with its HTTP status; code and text are literals. */
void registry_fault(struct registry_answer *answer, int status, const char *code, const char *text);

/* One request of a terminal whose signature was good. key is the request's own (from MessageID). */
struct registry_call {
	enum registry_operation operation;
	const char *terminal;
	const char *key;
	const struct registry_fields *fields;
	bool is_running; /* inquiry: the original of the asked key is being worked on */
	int64_t now_unix_ms;
};

/* Carries the call out, commits, fills answer. Nothing is applied if it is a fault. */
void registry_call(struct store *store, const struct registry_account *account,
	const struct registry_call *call, struct registry_answer *answer);

#endif
