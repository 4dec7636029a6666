#include "tools/agency/registry.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <string.h>

#include "terminal/base/text.h"

/* Records in one answer by data: more than any homonymy of real life. */
#define RECORDS_MAX 20

#define FAULT_CLIENT	  "soap:Client"
#define FAULT_KEY_REUSED  "soap:Client.LlaveReutilizada"
#define FAULT_SERVER	  "soap:Server"
#define FAULT_CREDENTIALS "wsse:FailedAuthentication"

static const char *const by_key_fields[] = {
	"cveCurp", "cveEntidadEmisora", "direccionIp", "password", "tipoTransaccion", "usuario"};
static const char *const by_data_fields[] = {"cveAlfaEntFedNac", "fechaNacimiento", "nombre",
	"primerApellido", "segundoApellido", "sexo", "cveUsuario", "cveEntidadEmisora",
	"direccionIp", "password", "tipoTransaccion"};
static const char *const copy_fields[] = {"cveCurp", "solicitud", "firma", "cveEntidadEmisora",
	"direccionIp", "password", "tipoTransaccion", "usuario"};
static const char *const confirm_fields[] = {"sessionID", "Mssg"};
static const char *const inquire_fields[] = {"clave"};
static const char *const ledger_fields[] = {"desde", "puntoControl"};

#define FIELDS(list) (list), VT_ELEMENTS(list)
static const struct registry_wire wires[] = {
	[REGISTRY_BY_KEY] = {"ConsultaPorCurpService", "urn:consultarPorCurp", "consultarPorCurp",
		"datos", FIELDS(by_key_fields)},
	[REGISTRY_BY_DATA] = {"ConsultaCurpDetalleService", "urn:consultarCurpDetalle",
		"consultarCurpDetalle", "datos", FIELDS(by_data_fields)},
	[REGISTRY_COPY] = {"SolicitudCopiaService", "urn:solicitarCopia", "solicitarCopia", "datos",
		FIELDS(copy_fields)},
	[REGISTRY_CONFIRM] = {"", "urn:getConfirm", "getConfirm", NULL, FIELDS(confirm_fields)},
	[REGISTRY_INQUIRE] = {"ConsultaTransaccionService", "urn:consultarTransaccion",
		"consultarTransaccion", "datos", FIELDS(inquire_fields)},
	[REGISTRY_LEDGER] = {"ConsultaTransaccionService", "urn:consultarMovimientos",
		"consultarMovimientos", "datos", FIELDS(ledger_fields)},
};
static_assert(VT_ELEMENTS(wires) == REGISTRY_OPERATION_MAX, "a row for each operation");

const struct registry_wire *registry_wire(enum registry_operation operation)
{
	return &wires[operation];
}

/* Index of a field that came, fields->count if it did not. */
static size_t find_field(const struct registry_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->list[i].name, name) == 0)
			return i;
	return fields->count;
}

const char *registry_field(const struct registry_fields *fields, const char *name)
{
	const size_t i = find_field(fields, name);

	if (i == fields->count)
		return "";
	if (strcmp(name, "solicitud") == 0)
		return fields->text;
	return strcmp(name, "firma") == 0 ? fields->cms : fields->list[i].value;
}

char *registry_add_field(struct registry_fields *fields, const char *name, size_t *ret_size)
{
	const size_t i = fields->count;
	const bool is_text = strcmp(name, "solicitud") == 0;
	const bool is_cms = strcmp(name, "firma") == 0;

	if (i == REGISTRY_FIELDS_MAX || find_field(fields, name) < i ||
		!vt_copy(fields->list[i].name, sizeof(fields->list[i].name), name))
		return NULL;
	char *value = is_text ? fields->text : is_cms ? fields->cms : fields->list[i].value;
	*ret_size = is_text  ? sizeof(fields->text)
		    : is_cms ? sizeof(fields->cms)
			     : sizeof(fields->list[i].value);
	value[0] = '\0';
	fields->count++;
	return value;
}

void registry_answer_init(struct registry_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = 200;
	vt_buf_init(&answer->document, VT_MAX_HTTP_BODY);
}

void registry_answer_finish(struct registry_answer *answer)
{
	vt_buf_finish(&answer->document);
}

void registry_fault(struct registry_answer *answer, int status, const char *code, const char *text)
{
	answer->fault = code;
	answer->fault_text = text;
	answer->status = status;
	answer->is_replayed = false;
	vt_copy_cut(answer->result, sizeof(answer->result), code);
	vt_buf_reset(&answer->document);
}

/* Documents */

static void escaped(struct vt_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			vt_buf_append_text(out, "&amp;");
			break;
		case '<':
			vt_buf_append_text(out, "&lt;");
			break;
		case '>':
			vt_buf_append_text(out, "&gt;");
			break;
		case '"':
			vt_buf_append_text(out, "&quot;");
			break;
		default:
			vt_buf_append_byte(out, (uint8_t)*text);
		}
	}
}

static void element(struct vt_buf *out, const char *name, const char *value)
{
	vt_buf_printf(out, "<%s>", name);
	escaped(out, value);
	vt_buf_printf(out, "</%s>", name);
}

/* The opening tag of an answer; session and folio may be "". */
static void open_answer(struct vt_buf *out, const char *root, const char *error_type,
	const char *message, const char *session, const char *folio)
{
	vt_buf_printf(out,
		"<%s statusOper=\"%s\" message=\"%s\" TipoError=\"%s\" CodigoError=\"%s\""
		" SessionID=\"%s\" FolioConstancia=\"%s\">",
		root, error_type[0] == '\0' ? "EXITOSO" : "NO EXITOSO", message, error_type,
		error_type, session, folio);
}

static void person_elements(struct vt_buf *out, const struct person *p)
{
	char birth[11];

	vt_copy_cut(birth, sizeof(birth), p->birth);
	memcpy(birth, p->birth + 8, 2);
	memcpy(birth + 2, "/", 1);
	memcpy(birth + 3, p->birth + 5, 2);
	memcpy(birth + 5, "/", 1);
	memcpy(birth + 6, p->birth, 4);
	element(out, "CURP", p->curp);
	element(out, "apellido1", p->first);
	element(out, "apellido2", p->second);
	element(out, "nombres", p->names);
	element(out, "sexo", p->sex);
	element(out, "fechNac", birth);
	element(out, "nacionalidad", p->nationality);
	element(out, "docProbatorio", p->document);
	element(out, "anioReg", p->year);
	element(out, "foja", p->foja);
	element(out, "tomo", p->tomo);
	element(out, "libro", p->libro);
	element(out, "numActa", p->acta);
	element(out, "CRIP", p->crip);
	element(out, "numEntidadReg", p->registry_entity);
	element(out, "cveMunicipioReg", p->registry_municipality);
	element(out, "NumRegExtranjeros", p->foreigner);
	element(out, "FolioCarta", p->letter);
	element(out, "cveEntidadNac", p->entity);
	element(out, "cveEntidadEmisora", p->registry_entity);
	element(out, "statusCurp", p->status);
}

/* Queries */

static void new_session(char ret_session[SESSION_SIZE])
{
	uint8_t random[16];

	vt_random(random, sizeof(random));
	vt_hex(ret_session, random, sizeof(random));
}

/* Nine digits for a sheet about nobody or several, eight for one person's. */
static enum vt_code next_folio(
	struct store *store, bool is_one, char ret_folio[10], struct vt_error *error)
{
	int64_t number;
	enum vt_code code = is_one ? store_next(store, "folio-8", 10000001, &number, error)
				   : store_next(store, "folio-9", 100000001, &number, error);

	if (code == VT_OK && !vt_format(ret_folio, 10, "%lld", (long long)number))
		return vt_fail(error, VT_ERR_LIMIT, 0, "registry: folios used up");
	return code;
}

/* What was found (or what is wrong) as a document in row. */
static enum vt_code write_answer(struct store *store, const char *root,
	const struct person *persons, size_t count, struct store_row *row, char ret_folio[10],
	struct vt_error *error)
{
	enum vt_code code = next_folio(store, count == 1, ret_folio, error);

	if (code != VT_OK)
		return code;
	bool is_list = strcmp(root, "CURPS") == 0;

	if (count > 0)
		new_session(row->session);
	open_answer(&row->answer, root, count == 0 ? "01" : "",
		count == 0 ? "CURP no encontrada" : "", row->session, ret_folio);
	for (size_t i = 0; i < count; i++) {
		vt_buf_append_text(&row->answer, is_list ? "<CURPStruct>" : "");
		person_elements(&row->answer, &persons[i]);
		vt_buf_append_text(&row->answer, is_list ? "</CURPStruct>" : "");
		row->is_latin1 = row->is_latin1 || persons[i].is_latin1[0] == '1';
	}
	vt_buf_printf(&row->answer, "</%s>", root);
	return row->answer.failed;
}

static void write_refusal(
	struct store_row *row, const char *root, const char *error_type, const char *message)
{
	row->state = STORE_REJECTED;
	vt_copy_cut(row->reason, sizeof(row->reason), message);
	open_answer(&row->answer, root, error_type, message, "", "");
	vt_buf_printf(&row->answer, "</%s>", root);
}

/* DD/MM/AAAA of a real day to YYYY-MM-DD. */
static bool read_birth(const char *text, char ret_birth[11])
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day, month, year;

	if (strlen(text) != 10 || text[2] != '/' || text[5] != '/' ||
		vt_parse_i64((char[]){text[0], text[1], '\0'}, 1, 31, &day) != VT_OK ||
		vt_parse_i64((char[]){text[3], text[4], '\0'}, 1, 12, &month) != VT_OK ||
		vt_parse_i64(text + 6, 1800, 2999, &year) != VT_OK)
		return false;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (day > days[month - 1] + (month == 2 && is_leap ? 1 : 0))
		return false;
	return vt_format(ret_birth, 11, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

static enum vt_code answer_by_key(struct store *store, const struct registry_call *call,
	struct store_row *row, char ret_folio[10], struct vt_error *error)
{
	struct person person;
	const char *curp = registry_field(call->fields, "cveCurp");

	if (!names_curp_has_structure(curp)) {
		write_refusal(row, "CURPStruct", "03", "CURP no cumple con la estructura oficial");
		return VT_OK;
	}
	enum vt_code code = store_person_by_key(store, curp, &person, error);

	if (code != VT_OK && code != VT_ERR_NOT_FOUND)
		return code;
	return write_answer(
		store, "CURPStruct", &person, code == VT_OK ? 1 : 0, row, ret_folio, error);
}

static bool read_query(const struct registry_fields *fields, struct store_query *query)
{
	memset(query, 0, sizeof(*query));
	return names_fold(query->first, sizeof(query->first),
		       registry_field(fields, "primerApellido")) == VT_OK &&
	       names_fold(query->second, sizeof(query->second),
		       registry_field(fields, "segundoApellido")) == VT_OK &&
	       names_fold(query->names, sizeof(query->names), registry_field(fields, "nombre")) ==
		       VT_OK &&
	       names_fold(query->sex, sizeof(query->sex), registry_field(fields, "sexo")) ==
		       VT_OK &&
	       names_fold(query->entity, sizeof(query->entity),
		       registry_field(fields, "cveAlfaEntFedNac")) == VT_OK &&
	       read_birth(registry_field(fields, "fechaNacimiento"), query->birth) &&
	       query->first[0] != '\0' && query->names[0] != '\0';
}

static enum vt_code answer_by_data(struct store *store, const struct registry_call *call,
	struct store_row *row, char ret_folio[10], struct vt_error *error)
{
	struct store_query query;
	struct person persons[RECORDS_MAX];
	size_t count;

	if (!read_query(call->fields, &query)) {
		write_refusal(row, "CURPS", "02", "Datos incompletos o incorrectos");
		return VT_OK;
	}
	enum vt_code code =
		store_persons_by_data(store, &query, RECORDS_MAX, persons, &count, error);

	if (code != VT_OK)
		return code;
	return write_answer(store, "CURPS", persons, count, row, ret_folio, error);
}

/* Nothing is sent out for it yet: the effect is the promise, under the folio. */
static enum vt_code answer_copy(struct store *store, const struct registry_account *account,
	const struct registry_call *call, struct store_row *row, struct vt_error *error)
{
	const struct citizens_request request = {
		.curp = registry_field(call->fields, "cveCurp"),
		.key = call->key,
		.text = registry_field(call->fields, "solicitud"),
		.cms = registry_field(call->fields, "firma"),
		.now_unix_ms = call->now_unix_ms,
	};
	const char *why = citizens_judge(account->citizens, &request);
	char folio[10] = "";

	if (why) {
		write_refusal(row, "COPIA", "04", why);
		return VT_OK;
	}
	enum vt_code code = next_folio(store, false, folio, error);
	if (code == VT_OK)
		code = store_request(
			store, call->terminal, call->key, request.text, request.cms, error);
	if (code == VT_OK)
		code = store_effect(store, call->terminal, call->key, folio, error);
	open_answer(&row->answer, "COPIA", "", "", "", folio);
	vt_buf_append_text(&row->answer, "</COPIA>");
	return code;
}

static bool is_business_field(const char *name)
{
	static const char *const envelope[] = {
		"usuario", "cveUsuario", "password", "direccionIp", "cveEntidadEmisora"};

	for (size_t i = 0; i < VT_ELEMENTS(envelope); i++)
		if (strcmp(name, envelope[i]) == 0)
			return false;
	return true;
}

/* Over what is asked, not over who asks: a new password between two tries is no other request. */
static void fingerprint_of(const struct registry_call *call, char ret_hex[FINGERPRINT_SIZE])
{
	const struct registry_wire *wire = registry_wire(call->operation);
	struct vt_buf canonical;

	vt_buf_init(&canonical, VT_MAX_PAYLOAD);
	for (size_t i = 0; i < wire->field_count; i++) {
		if (is_business_field(wire->fields[i])) {
			vt_buf_printf(&canonical, "%s=%s\n", wire->fields[i],
				registry_field(call->fields, wire->fields[i]));
		}
	}
	fingerprint(wire->element, vt_buf_text(&canonical), canonical.length, ret_hex);
	vt_buf_finish(&canonical);
}

static void take_document(struct registry_answer *answer, const struct registry_call *call,
	const struct store_row *row)
{
	/* A confirmation is answered with a word, not with a document. */
	if (call->operation != REGISTRY_CONFIRM)
		vt_buf_append_text(&answer->document, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
	vt_buf_append(&answer->document, row->answer.data, row->answer.length);
	answer->is_latin1 = row->is_latin1;
	if (answer->result[0] == '\0')
		vt_copy_cut(answer->result, sizeof(answer->result),
			row->state == STORE_APPLIED ? "applied" : "rejected");
}

/* A query's effect is the sheet that goes out under a folio. */
static enum vt_code answer_query(struct store *store, const struct registry_call *call,
	struct store_row *row, struct vt_error *error)
{
	char folio[10] = "";
	enum vt_code code = call->operation == REGISTRY_BY_KEY
				    ? answer_by_key(store, call, row, folio, error)
				    : answer_by_data(store, call, row, folio, error);

	if (code == VT_OK && row->state == STORE_APPLIED)
		code = store_effect(store, call->terminal, call->key, folio, error);
	return code;
}

/* A confirmation's effect is its note: once per session, whatever key asks for it. */
static enum vt_code answer_confirm(struct store *store, const struct registry_call *call,
	struct store_row *row, struct vt_error *error)
{
	bool is_first;
	enum vt_code code = store_confirm(store, call->terminal,
		registry_field(call->fields, "sessionID"), call->now_unix_ms, &is_first, error);

	if (code == VT_OK && is_first)
		code = store_effect(store, call->terminal, call->key, "confirmation", error);
	vt_buf_append_text(&row->answer, "OK");
	return code;
}

/* Inside a transaction: replays or decides. */
static enum vt_code decide(struct store *store, const struct registry_account *account,
	const struct registry_call *call, struct registry_answer *answer, struct vt_error *error)
{
	VT_CLEANUP(store_row_finish) struct store_row row = {0};
	char print[FINGERPRINT_SIZE];
	enum vt_code code = store_find(store, call->terminal, call->key, &row, error);

	fingerprint_of(call, print);
	if (code == VT_OK) {
		if (strcmp(row.fingerprint, print) != 0) {
			registry_fault(answer, 422, FAULT_KEY_REUSED,
				"La clave pertenece a otra solicitud");
			return VT_OK;
		}
		answer->is_replayed = true;
		vt_copy_cut(answer->result, sizeof(answer->result), "replayed");
		take_document(answer, call, &row);
		return VT_OK;
	}
	if (code != VT_ERR_NOT_FOUND)
		return code;
	row.status = 200;
	vt_copy_cut(row.operation, sizeof(row.operation), registry_wire(call->operation)->element);
	vt_copy_cut(row.fingerprint, sizeof(row.fingerprint), print);
	vt_buf_init(&row.answer, VT_MAX_HTTP_BODY);
	if (call->operation == REGISTRY_CONFIRM)
		code = answer_confirm(store, call, &row, error);
	else if (call->operation == REGISTRY_COPY)
		code = answer_copy(store, account, call, &row, error);
	else
		code = answer_query(store, call, &row, error);
	if (code == VT_OK) {
		code = store_decide(
			store, call->terminal, call->key, &row, call->now_unix_ms, error);
	}
	if (code == VT_OK)
		take_document(answer, call, &row);
	return code;
}

static bool is_equal(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && CRYPTO_memcmp(a, b, strlen(a)) == 0;
}

static bool is_account(const struct registry_account *account, const struct registry_call *call)
{
	const char *user = call->operation == REGISTRY_BY_DATA ? "cveUsuario" : "usuario";

	/* All three are looked at, so that the time tells nothing. */
	const bool is_user = is_equal(registry_field(call->fields, user), account->user);
	const bool is_password =
		is_equal(registry_field(call->fields, "password"), account->password);
	const bool is_entity =
		is_equal(registry_field(call->fields, "cveEntidadEmisora"), account->entity);

	return is_user && is_password && is_entity;
}

/* Decides and commits. */
static void settle(struct store *store, const struct registry_account *account,
	const struct registry_call *call, struct registry_answer *answer)
{
	struct vt_error error = {0};
	enum vt_code code = store_begin(store, &error);

	if (code == VT_OK)
		code = decide(store, account, call, answer, &error);
	if (code == VT_OK)
		code = store_commit(store, &error);
	if (code == VT_OK)
		return;
	store_abort(store);
	if (code == VT_ERR_NOT_FOUND)
		registry_fault(answer, 500, FAULT_CLIENT, "Sesion desconocida");
	else
		registry_fault(answer, 500, FAULT_SERVER, "El registro no puede escribirse");
}

static void inquire(
	struct store *store, const struct registry_call *call, struct registry_answer *answer)
{
	VT_CLEANUP(store_row_finish) struct store_row row = {0};
	struct vt_error error = {0};
	const char *key = registry_field(call->fields, "clave");

	if (!vt_uuid_valid(key)) {
		registry_fault(answer, 500, FAULT_CLIENT, "La clave debe ser un UUID");
		return;
	}
	enum vt_code code = store_find(store, call->terminal, key, &row, &error);

	if (code != VT_OK && code != VT_ERR_NOT_FOUND) {
		registry_fault(answer, 500, FAULT_SERVER, "El registro no puede leerse");
		return;
	}
	/* A key of the fee service is not one of ours. */
	bool is_known = code == VT_OK && strcmp(row.operation, "sheets") != 0;
	const char *state = is_known ? (row.state == STORE_APPLIED ? "APLICADA" : "RECHAZADA")
			    : call->is_running ? "EN PROCESO"
					       : "DESCONOCIDA";

	vt_copy_cut(answer->result, sizeof(answer->result), state);
	vt_buf_printf(&answer->document, "<transaccion estado=\"%s\" clave=\"%s\"", state, key);
	if (is_known && row.state == STORE_REJECTED)
		vt_buf_printf(&answer->document, " motivo=\"%s\"", row.reason);
	vt_buf_append_text(&answer->document, ">");
	if (is_known && row.state == STORE_APPLIED &&
		strcmp(row.operation, registry_wire(REGISTRY_CONFIRM)->element) != 0) {
		vt_buf_append(&answer->document, row.answer.data, row.answer.length);
		answer->is_latin1 = row.is_latin1;
	}
	vt_buf_append_text(&answer->document, "</transaccion>");
}

/* Decisions in one answer. */
#define LEDGER_PAGE 100

static void list_ledger(
	struct store *store, const struct registry_call *call, struct registry_answer *answer)
{
	struct store_entry entries[LEDGER_PAGE];
	struct vt_error error = {0};
	int64_t after = 0;
	size_t count = 0;

	if (vt_parse_i64(registry_field(call->fields, "desde"), 0, INT64_MAX, &after) != VT_OK) {
		registry_fault(answer, 500, FAULT_CLIENT, "desde debe ser un número");
		return;
	}
	if (store_witness(store, call->terminal, registry_field(call->fields, "puntoControl"),
		    call->now_unix_ms, &error) ||
		store_list(store, call->terminal, false, after, LEDGER_PAGE, entries, &count,
			&error)) {
		registry_fault(answer, 500, FAULT_SERVER, "El registro no puede leerse");
		return;
	}
	vt_copy_cut(answer->result, sizeof(answer->result), "listed");
	vt_buf_printf(&answer->document, "<movimientos siguiente=\"%lld\">",
		count == LEDGER_PAGE ? (long long)entries[count - 1].sequence : 0LL);
	for (size_t i = 0; i < count; i++)
		vt_buf_printf(&answer->document,
			"<movimiento secuencia=\"%lld\" clave=\"%s\" estado=\"%s\" "
			"fecha=\"%lld\"/>",
			(long long)entries[i].sequence, entries[i].key,
			entries[i].state == STORE_APPLIED ? "APLICADA" : "RECHAZADA",
			(long long)entries[i].at_unix_ms);
	vt_buf_append_text(&answer->document, "</movimientos>");
}

void registry_call(struct store *store, const struct registry_account *account,
	const struct registry_call *call, struct registry_answer *answer)
{
	switch (call->operation) {
	case REGISTRY_BY_KEY:
	case REGISTRY_BY_DATA:
	case REGISTRY_COPY:
		if (is_account(account, call))
			settle(store, account, call, answer);
		else
			registry_fault(answer, 500, FAULT_CREDENTIALS,
				"Usuario, clave o entidad incorrectos");
		break;
	case REGISTRY_CONFIRM:
		if (strcmp(registry_field(call->fields, "Mssg"), "OK") == 0)
			settle(store, account, call, answer);
		else
			registry_fault(answer, 500, FAULT_CLIENT, "Mssg debe ser OK");
		break;
	case REGISTRY_INQUIRE:
		inquire(store, call, answer);
		break;
	case REGISTRY_LEDGER:
		list_ledger(store, call, answer);
		break;
	case REGISTRY_OPERATION_MAX:
		break;
	}
	if (answer->document.failed != VT_OK)
		registry_fault(answer, 500, FAULT_SERVER, "Respuesta demasiado grande");
}
