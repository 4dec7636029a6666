#include "offline-queue/sync/adapters/renapo_answer.h"

#include <string.h>

#include <jansson.h>

#include "offline-queue/sync/xml.h"
#include "terminal/base/text.h"

/* Widest value of a record: names have 50 characters, the rest less (domain.md §2.9). */
#define MAX_FIELD 240

static const struct {
	const char *wire, *json;
} fields[] = {
	{"CURP", "curp"},
	{"apellido1", "primerApellido"},
	{"apellido2", "segundoApellido"},
	{"nombres", "nombres"},
	{"sexo", "sexo"},
	{"fechNac", "fechaNacimiento"},
	{"nacionalidad", "nacionalidad"},
	{"cveEntidadNac", "entidad"},
	{"docProbatorio", "docProbatorio"},
	{"anioReg", "anioRegistro"},
	{"libro", "libro"},
	{"numActa", "acta"},
	{"foja", "foja"},
	{"tomo", "tomo"},
	{"CRIP", "crip"},
	{"numEntidadReg", "entidadRegistro"},
	{"cveMunicipioReg", "municipioRegistro"},
	{"NumRegExtranjeros", "registroExtranjeros"},
	{"FolioCarta", "folioCarta"},
	{"statusCurp", "status"},
};

static const struct {
	const char *code, *name;
	bool is_active;
} statuses[] = {
	{"AN", "Alta normal", true},
	{"AH", "Alta con homonimia", true},
	{"CRA", "CURP reactivada", true},
	{"RCN", "Registro de cambio no afectando a CURP", true},
	{"RCC", "Registro de cambio afectando a CURP", true},
	{"BD", "Baja por defunción", false},
	{"BDA", "Baja por duplicidad", false},
	{"BCC", "Baja por cambio en CURP", false},
	{"BCN", "Baja no afectando a CURP", false},
	{"BSU", "Baja sin uso", false},
	{"BAP", "Baja por documento apócrifo", false},
	{"BDM", "Baja administrativa", false},
	{"BDP", "Baja por adopción", false},
	{"BJD", "Baja judicial", false},
};

static const struct {
	const char *code, *name;
} documents[] = {
	{"1", "Acta de nacimiento"},
	{"3", "Documento migratorio"},
	{"4", "Carta de naturalización"},
	{"7", "Certificado de nacionalidad mexicana"},
};

static const char *document_name(const char *code)
{
	for (size_t i = 0; i < VT_ELEMENTS(documents); i++)
		if (strcmp(documents[i].code, code) == 0)
			return documents[i].name;
	return "";
}

bool renapo_is_curp(const char *text)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (!((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= '0' && text[n] <= '9')))
			return false;
	return n == 18;
}

static void set_body(struct adapter_reading *reading, enum outcome_body body, const char *detail)
{
	reading->body = body;
	vt_copy_cut(reading->detail, sizeof(reading->detail), detail);
}

static bool put(json_t *object, const char *name, const char *value)
{
	return !value[0] || json_object_set_new(object, name, json_string(value)) == 0;
}

static void trim(char *text)
{
	size_t length = strlen(text);
	const size_t start = strspn(text, " \t\r\n");

	while (length > start && strchr(" \t\r\n", text[length - 1]))
		length--;
	memmove(text, text + start, length - start);
	text[length - start] = '\0';
}

/* What the answer as a whole says, besides its records. */
struct summary {
	bool is_inactive; /* of the first record */
	bool is_changed;
	size_t count;
};

/* One CURPStruct as a JSON object, NULL if it is none (no key, a value too wide, no memory). */
static json_t *read_record(const struct xml_node *node, const char *asked, struct summary *summary)
{
	json_t *record = json_object();
	char value[MAX_FIELD], curp[MAX_FIELD] = "";
	const char *status_name = "";
	bool good = record != NULL, is_active = false;

	for (size_t i = 0; i < VT_ELEMENTS(fields) && good; i++) {
		const enum vt_code code =
			xml_text(xml_child_local(node, fields[i].wire), value, sizeof(value));
		if (code && code != VT_ERR_NOT_FOUND)
			good = false;
		trim(value);
		good = good && put(record, fields[i].json, value);
		if (strcmp(fields[i].wire, "CURP") == 0)
			memcpy(curp, value, sizeof(curp));
		if (strcmp(fields[i].wire, "docProbatorio") == 0)
			good = good && put(record, "docProbatorioNombre", document_name(value));
		if (strcmp(fields[i].wire, "statusCurp") != 0)
			continue;
		for (size_t s = 0; s < VT_ELEMENTS(statuses); s++) {
			if (strcmp(statuses[s].code, value) != 0)
				continue;
			status_name = statuses[s].name;
			is_active = statuses[s].is_active;
		}
		if (strcmp(value, "RCC") == 0)
			summary->is_changed = true;
	}
	good = good && renapo_is_curp(curp) && put(record, "statusNombre", status_name);
	if (asked[0] && strcmp(asked, curp) != 0)
		summary->is_changed = true;
	/* A status nobody told us about is not printed as a constancia either. */
	if (summary->count == 0)
		summary->is_inactive = !is_active;
	vt_wipe(value, sizeof(value));
	vt_wipe(curp, sizeof(curp));
	if (!good) {
		json_decref(record);
		return NULL;
	}
	return record;
}

/* Serialises answer; records are dropped from the end until it fits, their count stays. */
static bool write_answer(json_t *answer, json_t *records, struct vt_buf *out)
{
	for (;;) {
		char *text = json_dumps(answer, JSON_COMPACT);
		if (!text)
			return false;
		vt_buf_reset(out);
		vt_buf_append_text(out, text);
		vt_wipe(text, strlen(text));
		free(text);
		if (!out->failed)
			return true;
		if (out->failed != VT_ERR_LIMIT || json_array_size(records) == 0)
			return false;
		(void)json_array_remove(records, json_array_size(records) - 1);
	}
}

static bool fill_answer(json_t *answer, json_t *records, const struct summary *summary,
	const struct xml_node *root, const char *asked)
{
	char session[96], folio[64], count[24];
	const enum vt_code session_code =
		xml_attribute(root, NULL, "SessionID", session, sizeof(session));
	const enum vt_code folio_code =
		xml_attribute(root, NULL, "FolioConstancia", folio, sizeof(folio));
	const char *outcome = summary->count == 0    ? "none"
			      : summary->count > 1   ? "several"
			      : summary->is_inactive ? "inactive"
						     : "one";

	if (session_code == VT_ERR_LIMIT || folio_code == VT_ERR_LIMIT ||
		!vt_format(count, sizeof(count), "%zu", summary->count))
		return false;
	return put(answer, "outcome", outcome) && put(answer, "sessionId", session) &&
	       put(answer, "folio", folio) &&
	       put(answer, "changed", summary->count == 1 && summary->is_changed ? "true" : "") &&
	       put(answer, "asked", asked) && put(answer, "count", count) &&
	       (json_array_size(records) == 0 || json_object_set(answer, "records", records) == 0);
}

/* Collects the records below root: root itself if it is a CURPStruct, else its children. */
static bool collect(
	const struct xml_node *root, const char *asked, json_t *records, struct summary *summary)
{
	const bool is_single = strcmp(xml_name(root), "CURPStruct") == 0;
	const struct xml_node *node = is_single ? root : xml_child_local(root, "CURPStruct");

	while (node) {
		if (strcmp(xml_name(node), "CURPStruct") == 0) {
			json_t *record = read_record(node, asked, summary);
			if (!record)
				return false;
			summary->count++;
			if (json_array_size(records) < RENAPO_MAX_RECORDS)
				(void)json_array_append(records, record);
			json_decref(record);
		}
		node = is_single ? NULL : xml_next(node, NULL, NULL);
	}
	return true;
}

static void make_answer(const struct xml_node *root, bool is_found, const char *asked,
	struct adapter_reading *reading)
{
	json_t *answer = json_object(), *records = json_array();
	struct summary summary = {0};

	if (answer && records && (!is_found || collect(root, asked, records, &summary)) &&
		fill_answer(answer, records, &summary, root, asked) &&
		write_answer(answer, records, &reading->answer))
		set_body(reading, BODY_APPLIED, "");
	else
		set_body(reading, BODY_INVALID, "record that cannot be read");
	json_decref(answer);
	json_decref(records);
}

/* Digits of a number attribute without leading zeros, "" if it is anything else. */
static void read_number(const struct xml_node *node, const char *name, char *dst, size_t size)
{
	if (xml_attribute(node, NULL, name, dst, size))
		return;
	const size_t zeros = strspn(dst, "0");
	memmove(dst, dst + zeros, strlen(dst + zeros) + 1);
	if (strspn(dst, "0123456789") != strlen(dst))
		dst[0] = '\0';
}

static void read_refusal(
	const struct xml_node *root, const char *asked, struct adapter_reading *reading)
{
	char type[8], code[8], detail[48];

	read_number(root, "TipoError", type, sizeof(type));
	read_number(root, "CodigoError", code, sizeof(code));
	if (strcmp(type, "1") == 0) {
		make_answer(root, false, asked, reading); /* nobody found: that is an answer */
		return;
	}
	if (!vt_format(detail, sizeof(detail), "TipoError %s CodigoError %s", type[0] ? type : "?",
		    code[0] ? code : "?"))
		detail[0] = '\0';
	set_body(reading, strcmp(type, "3") == 0 ? BODY_DEFECT : BODY_REFUSED, detail);
}

static void set_confirmed(struct adapter_reading *reading)
{
	vt_buf_append_text(&reading->answer, "{\"outcome\":\"confirmed\"}");
	set_body(reading, BODY_APPLIED, "");
}

/* The request is theirs now, under their folio: without one there is nothing to tell. */
static void read_copy(const struct xml_node *root, struct adapter_reading *reading)
{
	json_t *answer = json_object();
	char folio[64];
	const bool is_good = answer &&
			     !xml_attribute(root, NULL, "FolioConstancia", folio, sizeof(folio)) &&
			     folio[0] && strspn(folio, "0123456789") == strlen(folio) &&
			     put(answer, "outcome", "received") && put(answer, "folio", folio) &&
			     write_answer(answer, NULL, &reading->answer);

	json_decref(answer);
	if (is_good)
		set_body(reading, BODY_APPLIED, "");
	else
		set_body(reading, BODY_INVALID, "copy without a folio");
}

/* Is it the document of this operation? */
static bool is_document_of(enum renapo_operation operation, const char *name)
{
	switch (operation) {
	case RENAPO_BY_CURP:
	case RENAPO_BY_DATA:
		return strcmp(name, "CURPStruct") == 0 || strcmp(name, "CURPS") == 0;
	case RENAPO_COPY:
		return strcmp(name, "COPIA") == 0;
	case RENAPO_CONFIRM:
		break;
	}
	/* What the document of a confirmation is called, no source tells: its status counts. */
	return true;
}

/* A document of a query, at root. */
static void read_document(enum renapo_operation operation, const struct xml_node *root,
	const char *asked, struct adapter_reading *reading)
{
	char status[16];

	if (!is_document_of(operation, xml_name(root))) {
		set_body(reading, BODY_INVALID, "unknown document in the answer");
		return;
	}
	const enum vt_code code = xml_attribute(root, NULL, "statusOper", status, sizeof(status));
	if (!code && strcmp(status, "NO EXITOSO") == 0)
		read_refusal(root, asked, reading);
	else if (code || strcmp(status, "EXITOSO") != 0)
		set_body(reading, BODY_INVALID, "answer without statusOper");
	else if (operation == RENAPO_CONFIRM)
		set_confirmed(reading);
	else if (operation == RENAPO_COPY)
		read_copy(root, reading);
	else
		make_answer(root, true, asked, reading);
}

static struct xml_doc *parse(const struct vt_buf *text, struct adapter_reading *reading)
{
	struct xml_doc *doc = NULL;
	struct vt_error error = {0};
	const char *start = vt_buf_text(text);

	/* Declarations must stand first: receivers put line feeds before them. */
	start += strspn(start, " \t\r\n");
	if (xml_parse(start, strlen(start), &doc, &error))
		set_body(reading, BODY_INVALID, error.msg);
	return doc;
}

void renapo_read_answer(enum renapo_operation operation, const char *asked,
	const struct vt_buf *text, struct adapter_reading *reading)
{
	/* A confirmation is answered with a word; what counts is that it came, signed and for our
	 * message. A document would say more. */
	if (operation == RENAPO_CONFIRM && !strchr(vt_buf_text(text), '<')) {
		set_confirmed(reading);
		return;
	}
	struct xml_doc *doc = parse(text, reading);
	if (doc)
		read_document(operation, xml_root(doc), asked, reading);
	xml_free(&doc);
}

static void read_state(enum renapo_operation operation, const struct xml_node *root,
	const char *asked, struct adapter_reading *reading)
{
	const struct xml_node *original = xml_child(root, NULL, NULL);
	char state[16];

	if (xml_attribute(root, NULL, "estado", state, sizeof(state)))
		state[0] = '\0';
	if (strcmp(state, "DESCONOCIDA") == 0)
		set_body(reading, BODY_NOT_KNOWN, "");
	else if (strcmp(state, "EN PROCESO") == 0)
		set_body(reading, BODY_RUNNING, "");
	else if (strcmp(state, "RECHAZADA") == 0)
		set_body(reading, BODY_REFUSED, "rejected by the receiver");
	else if (strcmp(state, "APLICADA") != 0)
		set_body(reading, BODY_INVALID, "transaction in an unknown state");
	else if (original)
		read_document(operation, original, asked, reading);
	else if (operation == RENAPO_CONFIRM)
		set_confirmed(reading);
	else
		set_body(reading, BODY_INVALID, "applied, but without its answer");
}

void renapo_read_transaction(enum renapo_operation operation, const char *key, const char *asked,
	const struct vt_buf *text, struct adapter_reading *reading)
{
	struct xml_doc *doc = parse(text, reading);
	char clave[VT_UUID_SIZE];

	if (!doc)
		return;
	const struct xml_node *root = xml_root(doc);
	if (strcmp(xml_name(root), "transaccion") != 0 ||
		xml_attribute(root, NULL, "clave", clave, sizeof(clave)) || strcmp(clave, key) != 0)
		set_body(reading, BODY_INVALID, "answer about another key");
	else
		read_state(operation, root, asked, reading);
	xml_free(&doc);
}

static bool read_count(const struct xml_node *node, const char *name, int64_t *ret)
{
	char text[24];

	return !xml_attribute(node, NULL, name, text, sizeof(text)) &&
	       vt_parse_i64(text, 0, INT64_MAX, ret) == VT_OK;
}

static bool read_movement(const struct xml_node *node, struct adapter_ledger_row *row)
{
	char state[16];

	if (strcmp(xml_name(node), "movimiento") != 0 ||
		!read_count(node, "secuencia", &row->sequence) ||
		!read_count(node, "fecha", &row->at_unix_ms) ||
		xml_attribute(node, NULL, "clave", row->key, sizeof(row->key)) ||
		xml_attribute(node, NULL, "estado", state, sizeof(state)))
		return false;
	row->is_applied = strcmp(state, "APLICADA") == 0;
	return row->is_applied || strcmp(state, "RECHAZADA") == 0;
}

void renapo_read_ledger(int64_t after, const struct vt_buf *text, struct adapter_reading *reading)
{
	struct adapter_ledger_row rows[ADAPTER_LEDGER_MAX] = {0};
	struct xml_doc *doc = parse(text, reading);
	int64_t next = 0;
	size_t count = 0;

	if (!doc)
		return;
	const struct xml_node *root = xml_root(doc);
	bool is_good =
		strcmp(xml_name(root), "movimientos") == 0 && read_count(root, "siguiente", &next);
	for (const struct xml_node *node = xml_child(root, NULL, NULL); is_good && node;
		node = xml_next(node, NULL, NULL))
		is_good = count < VT_ELEMENTS(rows) && read_movement(node, &rows[count++]);
	if (is_good)
		adapter_ledger_read(after, next, rows, count, reading);
	else
		set_body(reading, BODY_INVALID, "not a ledger");
	xml_free(&doc);
}
