#include <stdlib.h>
#include <string.h>

#include "offline-queue/sync/adapter.h"
#include "offline-queue/sync/adapters/renapo_answer.h"
#include "offline-queue/sync/wsse.h"
#include "terminal/base/base64.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/secret.h"
#include "terminal/base/text.h"

/* RENAPO's SOAP services (domain.md §3): the two queries, the confirmation that must follow each,
 * and the inquiry by key of our contract (reliability.md §2.1).
 *
 * The key travels as wsa:MessageID and is signed with the Body; the answer repeats it, signed, as
 * wsa:RelatesTo. An inquiry is a message of its own: its MessageID is the lease of the work, its
 * subject (clave) the key. */

#define SER_NS RENAPO_NS
#define XSD_NS RENAPO_NS "/xsd"

struct renapo {
	struct wsse_identity *identity; /* NULL: requests go unsigned */
	struct wsse_trust *trust;	/* NULL: answers are not verified */
	char user[64], entity[8], address[48];
	struct vt_secret password;
};

static struct renapo *mine(const struct adapter *adapter)
{
	struct renapo *renapo;

	memcpy(&renapo, &adapter, sizeof(renapo));
	return renapo;
}

static void renapo_close(struct adapter *adapter)
{
	struct renapo *renapo = mine(adapter);

	if (!renapo)
		return;
	wsse_identity_free(&renapo->identity);
	wsse_trust_free(&renapo->trust);
	vt_secret_finish(&renapo->password);
	free(renapo);
}

static void closep(struct renapo **renapo)
{
	renapo_close((struct adapter *)(void *)*renapo);
}

static enum vt_code open_signature(struct renapo *renapo, const struct vt_config *config,
	const char *section, struct vt_error *error)
{
	const char *cert = vt_config_get(config, section, "sign_cert", NULL);
	const char *key = vt_config_get(config, section, "sign_key", NULL);
	bool is_signed = true;

	enum vt_code code =
		vt_config_bool(config, section, "answers_signed", true, &is_signed, error);
	if (!code && (cert || key)) {
		cert = vt_config_require(config, section, "sign_cert", error);
		key = cert ? vt_config_require(config, section, "sign_key", error) : NULL;
		code = key ? wsse_identity_load(cert, key, &renapo->identity, error)
			   : VT_ERR_NOT_FOUND;
	}
	if (code || !is_signed)
		return code;
	const char *trust = vt_config_require(config, section, "trust", error);
	const char *signer = trust ? vt_config_require(config, section, "signer", error) : NULL;
	if (!signer)
		return VT_ERR_NOT_FOUND;
	/* "*" must be written out: whoever the CA certifies may answer. */
	return wsse_trust_load(
		trust, strcmp(signer, "*") == 0 ? NULL : signer, &renapo->trust, error);
}

static enum vt_code renapo_open(const struct vt_config *config, const char *section,
	struct adapter **ret_adapter, struct vt_error *error)
{
	VT_CLEANUP(closep) struct renapo *renapo = calloc(1, sizeof(*renapo));
	const char *address = vt_config_get(config, section, "address", "127.0.0.1");

	if (!renapo)
		return vt_fail(error, VT_ERR_NOMEM, 0, "renapo: out of memory");
	const char *user = vt_config_require(config, section, "user", error);
	const char *entity = user ? vt_config_require(config, section, "entity", error) : NULL;
	const char *secret =
		entity ? vt_config_require(config, section, "password_file", error) : NULL;
	if (!secret)
		return VT_ERR_NOT_FOUND;
	if (!vt_copy(renapo->user, sizeof(renapo->user), user) ||
		!vt_copy(renapo->entity, sizeof(renapo->entity), entity) ||
		!vt_copy(renapo->address, sizeof(renapo->address), address))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: a value is too long", section);
	enum vt_code code = adapter_read_secret(
		secret, renapo->password.value, sizeof(renapo->password.value), error);
	if (!code)
		code = open_signature(renapo, config, section, error);
	if (!code)
		*ret_adapter = vt_take_ptr(&renapo);
	return code;
}

/* ---- what core asks ---- */

struct by_curp {
	char curp[20];
};
static const struct bus_field by_curp_fields[] = {REQ_TEXT(struct by_curp, curp, "curp")};
static const struct bus_table by_curp_table =
	BUS_TABLE(struct by_curp, "consultarPorCurp", by_curp_fields);

struct by_data {
	char first_surname[VT_MAX_VALUE], second_surname[VT_MAX_VALUE], names[VT_MAX_VALUE];
	char birth[12], sex[4], entity[4];
};
static const struct bus_field by_data_fields[] = {
	REQ_TEXT(struct by_data, first_surname, "primerApellido"),
	OPT_TEXT(struct by_data, second_surname, "segundoApellido"),
	REQ_TEXT(struct by_data, names, "nombres"),
	REQ_TEXT(struct by_data, birth, "fechaNacimiento"),
	OPT_TEXT(struct by_data, sex, "sexo"),
	OPT_TEXT(struct by_data, entity, "entidad"),
};
static const struct bus_table by_data_table =
	BUS_TABLE(struct by_data, "consultarCurpDetalle", by_data_fields);

/* A request that a citizen signed: its words and their detached signature. */
struct copy {
	char curp[20];
	char text[VT_MAX_SIGNED_TEXT];
	char cms[VT_MAX_CMS_TEXT];
};
static const struct bus_field copy_fields[] = {
	REQ_TEXT(struct copy, curp, "curp"),
	REQ_TEXT(struct copy, text, "solicitud"),
	REQ_TEXT(struct copy, cms, "firma"),
};
static const struct bus_table copy_table = BUS_TABLE(struct copy, "solicitarCopia", copy_fields);

struct confirm {
	char session[96];
	char query[VT_MAX_ID];
};
static const struct bus_field confirm_fields[] = {
	REQ_TEXT(struct confirm, session, "sessionId"),
	REQ_TEXT(struct confirm, query, "query"),
};
static const struct bus_table confirm_table = BUS_TABLE(struct confirm, "confirm", confirm_fields);

static enum vt_code decode(const struct bus_table *table, const struct work_deliver *work,
	void *object, struct vt_error *error)
{
	if (bus_decode(table, work->payload, strlen(work->payload), object, error))
		return vt_prefix(error, VT_ERR_INVALID, "renapo");
	return VT_OK;
}

/* <ser:OPERATION><ser:datos> with the prefix of its fields declared once. */
static struct xml_node *add_data(struct xml_doc *doc, const char *operation)
{
	struct xml_node *op = xml_add(soap_body(doc), SER_NS, "ser", operation);
	struct xml_node *data = xml_add_same(op, "datos", NULL);

	xml_declare(data, XSD_NS, "xsd");
	return data;
}

/* An absent optional value has no element. */
static void add_field(struct xml_node *data, const char *name, const char *value)
{
	if (value[0])
		xml_add_text(xml_add(data, XSD_NS, "xsd", name), value);
}

static void add_account(struct xml_node *data, const struct renapo *renapo)
{
	add_field(data, "cveEntidadEmisora", renapo->entity);
	add_field(data, "direccionIp", renapo->address);
	add_field(data, "password", vt_secret_get(&renapo->password));
	add_field(data, "tipoTransaccion", "1");
}

static enum vt_code add_by_curp(const struct renapo *renapo, const struct work_deliver *work,
	struct xml_doc *doc, struct vt_error *error)
{
	struct by_curp query;
	enum vt_code code = decode(&by_curp_table, work, &query, error);

	if (code)
		return code;
	if (renapo_is_curp(query.curp)) {
		struct xml_node *data = add_data(doc, "consultarPorCurp");
		add_field(data, "cveCurp", query.curp);
		add_account(data, renapo);
		add_field(data, "usuario", renapo->user);
	} else {
		code = vt_fail(error, VT_ERR_INVALID, 0, "renapo: curp has not the form of one");
	}
	vt_wipe(&query, sizeof(query));
	return code;
}

static bool is_date(const char *text)
{
	static const char form[] = "00/00/0000";

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

static bool is_by_data(const struct by_data *query)
{
	/* Widths of the register: names 50 each (domain.md §2.9). */
	return query->first_surname[0] && query->names[0] &&
	       vt_utf8_length(query->first_surname) <= 50 &&
	       vt_utf8_length(query->second_surname) <= 50 && vt_utf8_length(query->names) <= 50 &&
	       is_date(query->birth) &&
	       (!query->sex[0] || strcmp(query->sex, "H") == 0 || strcmp(query->sex, "M") == 0 ||
		       strcmp(query->sex, "X") == 0) &&
	       (!query->entity[0] || strlen(query->entity) == 2);
}

static enum vt_code add_by_data(const struct renapo *renapo, const struct work_deliver *work,
	struct xml_doc *doc, struct vt_error *error)
{
	struct by_data query;
	enum vt_code code = decode(&by_data_table, work, &query, error);

	if (code)
		return code;
	if (is_by_data(&query)) {
		struct xml_node *data = add_data(doc, "consultarCurpDetalle");
		add_field(data, "cveAlfaEntFedNac", query.entity);
		add_field(data, "fechaNacimiento", query.birth);
		add_field(data, "nombre", query.names);
		add_field(data, "primerApellido", query.first_surname);
		add_field(data, "segundoApellido", query.second_surname);
		add_field(data, "sexo", query.sex);
		add_field(data, "cveUsuario", renapo->user);
		add_account(data, renapo);
	} else {
		code = vt_fail(error, VT_ERR_INVALID, 0, "renapo: data are not those of a person");
	}
	vt_wipe(&query, sizeof(query));
	return code;
}

static bool is_base64(const char *text)
{
	const size_t length =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return length > 0 && strlen(text) % 4 == 0 && strspn(text + length, "=") < 3 &&
	       text[length + strspn(text + length, "=")] == '\0';
}

/* The words go in base64: what was signed are their bytes, line feeds and all. */
static enum vt_code add_copy(const struct renapo *renapo, const struct work_deliver *work,
	struct xml_doc *doc, struct vt_error *error)
{
	char words[VT_BASE64_SIZE(VT_MAX_SIGNED_TEXT)];
	struct copy copy;
	enum vt_code code = decode(&copy_table, work, &copy, error);

	if (code)
		return code;
	if (renapo_is_curp(copy.curp) && copy.text[0] && is_base64(copy.cms) &&
		vt_base64_encode(words, sizeof(words), copy.text, strlen(copy.text)) == VT_OK) {
		struct xml_node *data = add_data(doc, "solicitarCopia");
		add_field(data, "cveCurp", copy.curp);
		add_field(data, "solicitud", words);
		add_field(data, "firma", copy.cms);
		add_account(data, renapo);
		add_field(data, "usuario", renapo->user);
		vt_wipe(words, sizeof(words));
	} else {
		code = vt_fail(error, VT_ERR_INVALID, 0, "renapo: no signed request");
	}
	vt_wipe(&copy, sizeof(copy));
	return code;
}

static enum vt_code add_confirm(const struct work_deliver *work, struct xml_doc *doc,
	struct confirm *confirm, struct vt_error *error)
{
	enum vt_code code = decode(&confirm_table, work, confirm, error);

	if (code)
		return code;
	struct xml_node *op = xml_add(soap_body(doc), SER_NS, "ser", "getConfirm");
	(void)xml_add_same(op, "sessionID", confirm->session);
	(void)xml_add_same(op, "Mssg", "OK");
	return VT_OK;
}

static enum vt_code add_ledger(
	const struct work_deliver *work, struct xml_doc *doc, struct vt_error *error)
{
	struct adapter_ledger ledger;
	char after[24];
	const enum vt_code code = adapter_ledger_decode(work, &ledger, error);

	if (code)
		return code;
	if (!vt_format(after, sizeof(after), "%lld", (long long)ledger.after))
		return VT_ERR_LIMIT;
	struct xml_node *data = add_data(doc, "consultarMovimientos");
	add_field(data, "desde", after);
	if (ledger.checkpoint[0])
		add_field(data, "puntoControl", ledger.checkpoint);
	return VT_OK;
}

/* ---- requests ---- */

#define PATH "/WebServicesConsulta/services/"

static const char *service_of(const char *query)
{
	if (strcmp(query, "consultarPorCurp") == 0)
		return PATH "ConsultaPorCurpService";
	if (strcmp(query, "consultarCurpDetalle") == 0)
		return PATH "ConsultaCurpDetalleService";
	if (strcmp(query, "solicitarCopia") == 0)
		return PATH "SolicitudCopiaService";
	return NULL;
}

/* Signs and serialises doc into request, addressed to service as action. */
static enum vt_code finish_request(const struct renapo *renapo, struct xml_doc *doc,
	const char *service, const char *action, int64_t now_unix_ms,
	struct adapter_request *request, struct vt_error *error)
{
	char quoted[80];

	if (!service || !vt_copy(request->path, sizeof(request->path), service) ||
		!vt_format(quoted, sizeof(quoted), "\"urn:%s\"", action) ||
		!adapter_add_header(request, "Content-Type", "text/xml; charset=utf-8") ||
		!adapter_add_header(request, "SOAPAction", quoted))
		return vt_fail(error, VT_ERR_INVALID, 0, "renapo: no such operation");
	enum vt_code code = VT_OK;
	if (renapo->identity)
		code = wsse_sign(doc, renapo->identity, now_unix_ms, error);
	return code ? code : xml_serialize(doc, &request->body, error);
}

static enum vt_code make_id(char id[static SOAP_ID_SIZE], const char *uuid, struct vt_error *error)
{
	if (!vt_uuid_valid(uuid) || !vt_format(id, SOAP_ID_SIZE, "urn:uuid:%s", uuid))
		return vt_fail(error, VT_ERR_INVALID, 0, "renapo: key or lease is not a UUID");
	return VT_OK;
}

static enum vt_code renapo_build(const struct adapter *adapter, const struct work_deliver *work,
	int64_t now_unix_ms, struct adapter_request *request, struct vt_error *error)
{
	const struct renapo *renapo = mine(adapter);
	const char *operation = work->operation;
	struct confirm confirm = {0};
	char id[SOAP_ID_SIZE];

	enum vt_code code = make_id(id, work->key, error);
	if (code)
		return code;
	VT_CLEANUP(xml_free) struct xml_doc *doc = soap_create(id, NULL);
	if (!doc)
		return vt_fail(error, VT_ERR_NOMEM, 0, "renapo: out of memory");
	if (strcmp(operation, "confirm") == 0) {
		code = add_confirm(work, doc, &confirm, error);
		if (!code)
			code = finish_request(renapo, doc, service_of(confirm.query), "getConfirm",
				now_unix_ms, request, error);
		return code;
	}
	if (strcmp(operation, ADAPTER_LEDGER) == 0) {
		code = add_ledger(work, doc, error);
		if (!code)
			code = finish_request(renapo, doc, PATH "ConsultaTransaccionService",
				"consultarMovimientos", now_unix_ms, request, error);
		return code;
	}
	if (strcmp(operation, "consultarPorCurp") == 0)
		code = add_by_curp(renapo, work, doc, error);
	else if (strcmp(operation, "consultarCurpDetalle") == 0)
		code = add_by_data(renapo, work, doc, error);
	else if (strcmp(operation, "solicitarCopia") == 0)
		code = add_copy(renapo, work, doc, error);
	else
		code = vt_fail(error, VT_ERR_INVALID, 0, "renapo: no such operation");
	if (!code)
		code = finish_request(
			renapo, doc, service_of(operation), operation, now_unix_ms, request, error);
	return code;
}

static enum vt_code renapo_build_inquiry(const struct adapter *adapter,
	const struct work_deliver *work, int64_t now_unix_ms, struct adapter_request *request,
	struct vt_error *error)
{
	char id[SOAP_ID_SIZE], subject[SOAP_ID_SIZE];

	enum vt_code code = make_id(id, work->lease, error);
	if (!code)
		code = make_id(subject, work->key, error);
	if (code)
		return code;
	VT_CLEANUP(xml_free) struct xml_doc *doc = soap_create(id, NULL);
	if (!doc)
		return vt_fail(error, VT_ERR_NOMEM, 0, "renapo: out of memory");
	add_field(add_data(doc, "consultarTransaccion"), "clave", work->key);
	return finish_request(mine(adapter), doc, PATH "ConsultaTransaccionService",
		"consultarTransaccion", now_unix_ms, request, error);
}

/* ---- answers ---- */

static void set_body(struct adapter_reading *reading, enum outcome_body body, const char *detail)
{
	reading->body = body;
	vt_copy_cut(reading->detail, sizeof(reading->detail), detail);
}

/* Faults stay unsigned at most receivers (a gateway cannot sign), so they are believed as an HTTP
 * status is: the connection itself is authenticated. None of them means "done". */
static void read_fault(const struct soap_fault *fault, struct adapter_reading *reading)
{
	char detail[96];

	if (strcmp(fault->code_uri, SOAP_NS) != 0) {
		const bool is_security = strcmp(fault->code_uri, WSSE_NS) == 0 ||
					 strcmp(fault->code_uri, WSU_NS) == 0;
		reading->body = is_security ? BODY_SECURITY_FAILED : BODY_SERVER_FAILED;
	} else if (strncmp(fault->code, "Server", 6) == 0) {
		reading->body = BODY_SERVER_FAILED;
	} else {
		/* Client, MustUnderstand, VersionMismatch: the same message will never do. */
		reading->body = BODY_DEFECT;
	}
	if (vt_format(detail, sizeof(detail), "fault %s", fault->code))
		vt_copy_cut(reading->detail, sizeof(reading->detail), detail);
}

/* The answer repeats our id. Unsigned receivers may not know WS-Addressing at all: there an absent
 * one is let pass, a wrong one never. */
static bool relates(const struct xml_doc *doc, const struct wsse_verdict *verdict, const char *id)
{
	char text[SOAP_ID_SIZE];

	if (verdict)
		return strcmp(verdict->relates_to, id) == 0;
	const enum vt_code code =
		xml_text(xml_child(soap_header(doc), WSA_NS, "RelatesTo"), text, sizeof(text));
	return code == VT_ERR_NOT_FOUND || (!code && strcmp(text, id) == 0);
}

/* Body's payload {RENAPO}operationResponse of a believed answer to the message uuid, or NULL with
 * reading filled. */
static struct xml_node *open_answer(const struct renapo *renapo, struct xml_doc *doc,
	const char *uuid, const char *operation, int64_t now_unix_ms,
	struct adapter_reading *reading)
{
	struct wsse_verdict verdict = {0};
	struct soap_fault fault;
	struct vt_error error = {0};
	char name[64], id[SOAP_ID_SIZE];
	struct xml_node *body = soap_body(doc);

	if (soap_get_fault(body, &fault)) {
		read_fault(&fault, reading);
		vt_wipe(&fault, sizeof(fault));
		return NULL;
	}
	if (renapo->trust) {
		if (wsse_verify(doc, renapo->trust, now_unix_ms, &verdict, &error)) {
			set_body(reading, BODY_INVALID, error.msg);
			return NULL;
		}
		body = verdict.body;
		reading->signed_unix_ms = verdict.created_unix_ms;
	}
	if (make_id(id, uuid, NULL) || !relates(doc, renapo->trust ? &verdict : NULL, id)) {
		set_body(reading, BODY_INVALID, "answer to another message");
		return NULL;
	}
	struct xml_node *payload = soap_payload(body);
	if (!vt_format(name, sizeof(name), "%sResponse", operation) ||
		!xml_is(payload, RENAPO_NS, name)) {
		set_body(reading, BODY_INVALID, "not the answer of this operation");
		return NULL;
	}
	return payload;
}

/* Text of <return>, which stands in the service's namespace or in none. */
static bool take_return(
	const struct xml_node *payload, struct vt_buf *text, struct adapter_reading *reading)
{
	vt_buf_init(text, VT_MAX_HTTP_BODY);
	if (!xml_text_append(xml_child_local(payload, "return"), text))
		return true;
	set_body(reading, BODY_INVALID, "answer without return");
	return false;
}

static enum renapo_operation operation_of(const char *operation)
{
	if (strcmp(operation, "consultarPorCurp") == 0)
		return RENAPO_BY_CURP;
	if (strcmp(operation, "consultarCurpDetalle") == 0)
		return RENAPO_BY_DATA;
	if (strcmp(operation, "solicitarCopia") == 0)
		return RENAPO_COPY;
	return RENAPO_CONFIRM;
}

/* The key that was asked for, to notice a changed one; "" for other operations. */
static void get_asked(const struct work_deliver *work, char asked[static 20])
{
	struct by_curp query;

	asked[0] = '\0';
	if (operation_of(work->operation) != RENAPO_BY_CURP ||
		decode(&by_curp_table, work, &query, NULL))
		return;
	vt_copy_cut(asked, 20, query.curp);
	vt_wipe(&query, sizeof(query));
}

static struct xml_doc *parse_answer(
	const struct http_answer *answer, struct adapter_reading *reading)
{
	struct xml_doc *doc = NULL;
	struct vt_error error = {0};

	/* A portal's HTML or an empty body is nothing of ours: the status decides. */
	if (answer->body_length == 0)
		return NULL;
	if (xml_parse(answer->body, answer->body_length, &doc, &error)) {
		set_body(reading, BODY_INVALID, error.msg);
		return NULL;
	}
	if (!soap_body(doc)) {
		set_body(reading, BODY_INVALID, "not a SOAP envelope");
		xml_free(&doc);
	}
	return doc;
}

static void read_ledger(const struct renapo *renapo, const struct work_deliver *work,
	struct xml_doc *doc, int64_t now_unix_ms, struct adapter_reading *reading)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf text = {0};
	struct adapter_ledger asked;
	struct xml_node *payload =
		open_answer(renapo, doc, work->key, "consultarMovimientos", now_unix_ms, reading);

	if (payload && take_return(payload, &text, reading) &&
		!adapter_ledger_decode(work, &asked, NULL))
		renapo_read_ledger(asked.after, &text, reading);
}

static void renapo_read(const struct adapter *adapter, const struct work_deliver *work,
	const struct http_answer *answer, int64_t now_unix_ms, struct adapter_reading *reading)
{
	const enum renapo_operation operation = operation_of(work->operation);
	const char *wire = operation == RENAPO_CONFIRM ? "getConfirm" : work->operation;
	VT_CLEANUP(vt_buf_finish) struct vt_buf text = {0};
	VT_CLEANUP(xml_free) struct xml_doc *doc = parse_answer(answer, reading);
	struct xml_node *payload = NULL;
	char asked[20];

	if (doc && strcmp(work->operation, ADAPTER_LEDGER) == 0) {
		read_ledger(mine(adapter), work, doc, now_unix_ms, reading);
		return;
	}
	if (doc)
		payload = open_answer(mine(adapter), doc, work->key, wire, now_unix_ms, reading);
	if (!payload || !take_return(payload, &text, reading))
		return;
	reading->replayed = answer->replayed;
	get_asked(work, asked);
	renapo_read_answer(operation, asked, &text, reading);
	vt_wipe(asked, sizeof(asked));
}

static void renapo_read_inquiry(const struct adapter *adapter, const struct work_deliver *work,
	const struct http_answer *answer, int64_t now_unix_ms, struct adapter_reading *reading)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf text = {0};
	VT_CLEANUP(xml_free) struct xml_doc *doc = parse_answer(answer, reading);
	struct xml_node *payload = NULL;
	char asked[20];

	if (doc)
		payload = open_answer(mine(adapter), doc, work->lease, "consultarTransaccion",
			now_unix_ms, reading);
	if (!payload || !take_return(payload, &text, reading))
		return;
	get_asked(work, asked);
	renapo_read_transaction(operation_of(work->operation), work->key, asked, &text, reading);
	vt_wipe(asked, sizeof(asked));
}

static bool renapo_read_time(const struct adapter *adapter, const struct work_deliver *work,
	const struct http_answer *answer, int64_t floor_unix_ms, int64_t *ret_unix_ms)
{
	const struct renapo *renapo = mine(adapter);
	struct wsse_verdict verdict;
	struct xml_doc *doc = NULL;
	char id[SOAP_ID_SIZE];

	if (!renapo->trust || answer->body_length == 0 ||
		xml_parse(answer->body, answer->body_length, &doc, NULL))
		return false;
	const bool is_ours =
		soap_body(doc) &&
		!wsse_verify_by_its_time(doc, renapo->trust, floor_unix_ms, &verdict, NULL) &&
		!make_id(id, work->inquiry ? work->lease : work->key, NULL) &&
		relates(doc, &verdict, id);
	xml_free(&doc);
	if (is_ours)
		*ret_unix_ms = verdict.created_unix_ms;
	return is_ours;
}

const struct adapter_ops renapo_ops = {
	.name = "renapo",
	.open = renapo_open,
	.close = renapo_close,
	.build = renapo_build,
	.build_inquiry = renapo_build_inquiry,
	.read = renapo_read,
	.read_inquiry = renapo_read_inquiry,
	.read_time = renapo_read_time,
};
