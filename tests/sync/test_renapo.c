/* RENAPO's adapter: what it sends, what it reads, and what it does not believe. The answers are
 * made here as RENAPO makes them (reference: domain.md §3); all persons are invented. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "offline-queue/sync/adapter.h"
#include "offline-queue/sync/adapters/renapo_answer.h"
#include "offline-queue/sync/wsse.h"
#include "terminal/base/clock.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "tests/sync/support.h"

#define KEY   "8e03978e-40d5-43e8-bc93-6894a57f9324"
#define LEASE "1c5a2f6e-0b7d-4a53-9d2e-5f0f4b8a7c61"
#define CURP  "SABC560626MDFLRN01"

static struct adapter *open_adapter(const char *more)
{
	struct vt_config *config = NULL;
	struct adapter *adapter = NULL;
	struct vt_error error = {0};
	FILE *file = fopen(support_path("renapo.conf"), "we");

	assert_non_null(file);
	fprintf(file,
		"[adapter renapo]\nuser = usuario\nentity = 09\npassword_file = %s\n"
		"sign_cert = %s\nsign_key = %s\ntrust = %s\nsigner = agency.test\n%s\n",
		support_path("password"), support_path("terminal.pem"),
		support_path("terminal.key"), support_path("ca.pem"), more);
	fclose(file);
	file = fopen(support_path("password"), "we");
	fputs("no tan secreto & <raro>\n", file);
	fclose(file);
	if (vt_config_load(support_path("renapo.conf"), &config, &error) ||
		renapo_ops.open(config, "adapter renapo", &adapter, &error))
		fail_msg("%s", error.msg);
	vt_config_close(&config);
	return adapter;
}

static struct work_deliver make_work(const char *operation, const char *payload)
{
	struct work_deliver work = {.lease = LEASE, .key = KEY, .adapter = "renapo"};

	assert_true(vt_copy(work.operation, sizeof(work.operation), operation));
	assert_true(vt_copy(work.payload, sizeof(work.payload), payload));
	return work;
}

static struct work_deliver by_curp(void)
{
	return make_work("consultarPorCurp", "{\"curp\":\"" CURP "\"}");
}

/* ---- requests ---- */

static void check_field(const struct xml_node *data, const char *name, const char *expected)
{
	char text[128];
	const struct xml_node *field = xml_child(data, RENAPO_NS "/xsd", name);

	if (!expected) {
		assert_null(field);
		return;
	}
	assert_int_equal(xml_text(field, text, sizeof(text)), VT_OK);
	assert_string_equal(text, expected);
}

/* Builds, verifies as the receiver would, and returns the payload; *doc owns it. */
static struct xml_node *build(const struct work_deliver *work, bool inquiry,
	struct adapter_request *request, struct xml_doc **doc)
{
	struct adapter *adapter = open_adapter("");
	VT_CLEANUP(wsse_trust_free)
	struct wsse_trust *trust = support_trust("ca", "terminal-001");
	struct wsse_verdict verdict;
	struct vt_error error = {0};

	adapter_request_init(request);
	if ((inquiry ? renapo_ops.build_inquiry : renapo_ops.build)(
		    adapter, work, vt_clock_unix_ms(), request, &error))
		fail_msg("%s", error.msg);
	renapo_ops.close(adapter);
	*doc = support_parse(vt_buf_text(&request->body));
	if (wsse_verify(*doc, trust, vt_clock_unix_ms(), &verdict, &error))
		fail_msg("%s", error.msg);
	assert_string_equal(verdict.message_id, inquiry ? "urn:uuid:" LEASE : "urn:uuid:" KEY);
	return soap_payload(verdict.body);
}

static void query_by_key_is_sent_as_renapo_wants_it(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	struct adapter_request request;
	struct xml_doc *doc;
	struct xml_node *payload = build(&work, false, &request, &doc);

	assert_string_equal(request.method, "POST");
	assert_string_equal(request.path, "/WebServicesConsulta/services/ConsultaPorCurpService");
	assert_string_equal(request.headers[1], "SOAPAction: \"urn:consultarPorCurp\"");
	assert_true(xml_is(payload, RENAPO_NS, "consultarPorCurp"));
	const struct xml_node *data = xml_child(payload, RENAPO_NS, "datos");
	check_field(data, "cveCurp", CURP);
	check_field(data, "cveEntidadEmisora", "09");
	check_field(data, "direccionIp", "127.0.0.1");
	check_field(data, "password", "no tan secreto & <raro>");
	check_field(data, "tipoTransaccion", "1");
	check_field(data, "usuario", "usuario");
	xml_free(&doc);
	adapter_request_finish(&request);
}

/* base64 of the words by coreutils' base64; the line feed is signed, too. */
#define COPY "{\"curp\":\"" CURP "\",\"solicitud\":\"Pido Ñ\\n\",\"firma\":\"MIIB\"}"

static void signed_request_goes_out_as_its_very_bytes(void **state)
{
	(void)state;
	const struct work_deliver work = make_work("solicitarCopia", COPY);
	struct adapter_request request;
	struct xml_doc *doc;
	struct xml_node *payload = build(&work, false, &request, &doc);

	assert_string_equal(request.path, "/WebServicesConsulta/services/SolicitudCopiaService");
	const struct xml_node *data = xml_child(payload, RENAPO_NS, "datos");
	check_field(data, "cveCurp", CURP);
	check_field(data, "solicitud", "UGlkbyDDkQo=");
	check_field(data, "firma", "MIIB");
	xml_free(&doc);
	adapter_request_finish(&request);
}

static void query_by_data_leaves_out_what_nobody_said(void **state)
{
	(void)state;
	const struct work_deliver work = make_work("consultarCurpDetalle",
		"{\"primerApellido\":\"ÑANDÚ\",\"nombres\":\"JOSÉ & HIJOS\","
		"\"fechaNacimiento\":\"26/06/1956\",\"sexo\":\"M\"}");
	struct adapter_request request;
	struct xml_doc *doc;
	struct xml_node *payload = build(&work, false, &request, &doc);

	assert_string_equal(
		request.path, "/WebServicesConsulta/services/ConsultaCurpDetalleService");
	const struct xml_node *data = xml_child(payload, RENAPO_NS, "datos");
	check_field(data, "primerApellido", "ÑANDÚ");
	check_field(data, "nombre", "JOSÉ & HIJOS");
	check_field(data, "fechaNacimiento", "26/06/1956");
	check_field(data, "sexo", "M");
	check_field(data, "segundoApellido", NULL);
	check_field(data, "cveAlfaEntFedNac", NULL);
	check_field(data, "cveUsuario", "usuario");
	xml_free(&doc);
	adapter_request_finish(&request);
}

static void confirmation_goes_to_the_service_of_its_query(void **state)
{
	(void)state;
	const struct work_deliver work =
		make_work("confirm", "{\"sessionId\":\"S&1\",\"query\":\"consultarCurpDetalle\"}");
	struct adapter_request request;
	struct xml_doc *doc;
	struct xml_node *payload = build(&work, false, &request, &doc);
	char text[16];

	assert_string_equal(
		request.path, "/WebServicesConsulta/services/ConsultaCurpDetalleService");
	assert_string_equal(request.headers[1], "SOAPAction: \"urn:getConfirm\"");
	assert_true(xml_is(payload, RENAPO_NS, "getConfirm"));
	assert_int_equal(
		xml_text(xml_child(payload, RENAPO_NS, "sessionID"), text, sizeof(text)), VT_OK);
	assert_string_equal(text, "S&1");
	assert_int_equal(
		xml_text(xml_child(payload, RENAPO_NS, "Mssg"), text, sizeof(text)), VT_OK);
	assert_string_equal(text, "OK");
	xml_free(&doc);
	adapter_request_finish(&request);
}

static void inquiry_asks_about_the_key_under_an_id_of_its_own(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	struct adapter_request request;
	struct xml_doc *doc;
	struct xml_node *payload = build(&work, true, &request, &doc);

	assert_string_equal(
		request.path, "/WebServicesConsulta/services/ConsultaTransaccionService");
	check_field(xml_child(payload, RENAPO_NS, "datos"), "clave", KEY);
	xml_free(&doc);
	adapter_request_finish(&request);
}

static void defective_work_is_never_built(void **state)
{
	(void)state;
	static const struct {
		const char *operation, *payload;
	} bad[] = {
		{"consultarPorCurp", ""},
		{"consultarPorCurp", "[]"},
		{"consultarPorCurp", "{}"},
		{"consultarPorCurp", "{\"curp\":1}"},
		{"consultarPorCurp", "{\"curp\":\"corto\"}"},
		{"consultarPorCurp", "{\"curp\":\"sabc560626mdflrn01\"}"},
		{"consultarPorCurp", "{\"curp\":\"" CURP "\",\"otro\":\"\"}"},
		{"consultarCurpDetalle", "{\"primerApellido\":\"A\",\"nombres\":\"B\"}"},
		{"consultarCurpDetalle", "{\"primerApellido\":\"A\",\"nombres\":\"B\","
					 "\"fechaNacimiento\":\"1956-06-26\"}"},
		{"consultarCurpDetalle", "{\"primerApellido\":\"\",\"nombres\":\"B\","
					 "\"fechaNacimiento\":\"26/06/1956\"}"},
		{"consultarCurpDetalle", "{\"primerApellido\":\"A\",\"nombres\":\"B\","
					 "\"fechaNacimiento\":\"26/06/1956\",\"sexo\":\"Z\"}"},
		{"solicitarCopia", "{\"curp\":\"" CURP "\",\"solicitud\":\"a\"}"},
		{"solicitarCopia", "{\"curp\":\"" CURP "\",\"solicitud\":\"\",\"firma\":\"MIIB\"}"},
		{"solicitarCopia", "{\"curp\":\"" CURP "\",\"solicitud\":\"a\",\"firma\":\"MII\"}"},
		{"solicitarCopia",
			"{\"curp\":\"" CURP "\",\"solicitud\":\"a\",\"firma\":\"MI=B\"}"},
		{"solicitarCopia", "{\"curp\":\"corto\",\"solicitud\":\"a\",\"firma\":\"MIIB\"}"},
		{"confirm", "{\"sessionId\":\"1\"}"},
		{"confirm", "{\"sessionId\":\"1\",\"query\":\"getConfirm\"}"},
		{"registrarCurp", "{\"curp\":\"" CURP "\"}"},
	};
	struct adapter *adapter = open_adapter("");

	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		const struct work_deliver work = make_work(bad[i].operation, bad[i].payload);
		struct adapter_request request;
		struct vt_error error = {0};
		adapter_request_init(&request);
		if (renapo_ops.build(adapter, &work, 0, &request, &error) != VT_ERR_INVALID)
			fail_msg("row %zu was built", i);
		assert_null(strstr(error.msg, "corto"));
		adapter_request_finish(&request);
	}
	struct work_deliver work = by_curp();
	struct adapter_request request;
	work.key[0] = 'X';
	adapter_request_init(&request);
	assert_int_equal(renapo_ops.build(adapter, &work, 0, &request, NULL), VT_ERR_INVALID);
	adapter_request_finish(&request);
	renapo_ops.close(adapter);
}

/* ---- answers ---- */

#define RECORD(curp, status)                                                                      \
	"<CURP>" curp "</CURP><apellido1>SALGADO</apellido1><apellido2>BRISEÑO</apellido2>"      \
	"<nombres>CONCEPCIÓN</nombres><sexo>M</sexo><fechNac>26/06/1956</fechNac>"               \
	"<nacionalidad>MEX</nacionalidad><docProbatorio>1</docProbatorio><anioReg>1956</anioReg>" \
	"<foja></foja><tomo/><libro>0029</libro><numActa>00028</numActa><CRIP/>"                  \
	"<numEntidadReg>09</numEntidadReg><cveMunicipioReg>015</cveMunicipioReg>"                 \
	"<NumRegExtranjeros/><FolioCarta/><cveEntidadNac>DF</cveEntidadNac>"                      \
	"<cveEntidadEmisora>09</cveEntidadEmisora><statusCurp>" status "</statusCurp>"
#define ONE(curp, status)                                                                  \
	"<CURPStruct statusOper=\"EXITOSO\" message=\"\" TipoError=\"\" CodigoError=\"\" " \
	"SessionID=\"S-77\" FolioConstancia=\"F-9\">" RECORD(curp, status) "</CURPStruct>"
#define REFUSAL(type)                                                           \
	"<CURPStruct statusOper=\"NO EXITOSO\" message=\"x\" TipoError=\"" type \
	"\" CodigoError=\"06\" SessionID=\"S-78\"/>"

/* The signed HTTP answer of RENAPO to operation, with inner as the text of <return>. */
static void make_answer(const char *operation, const char *relates_to, const char *inner,
	const char *identity, struct vt_buf *out)
{
	struct xml_doc *doc = soap_create(NULL, relates_to);
	char name[64];

	assert_true(vt_format(name, sizeof(name), "%sResponse", operation));
	struct xml_node *payload = xml_add(soap_body(doc), RENAPO_NS, "ns", name);
	(void)xml_add_same(payload, "return", inner);
	if (identity) {
		VT_CLEANUP(wsse_identity_free)
		struct wsse_identity *signer = support_identity(identity);
		assert_int_equal(wsse_sign(doc, signer, vt_clock_unix_ms(), NULL), VT_OK);
	}
	support_serialize(&doc, out);
}

static void read_bytes(const struct work_deliver *work, bool inquiry, int status, const void *body,
	size_t length, const char *config, struct adapter_reading *reading)
{
	struct adapter *adapter = open_adapter(config);
	const struct http_answer answer = {.transport = TRANSPORT_ANSWER,
		.status = status,
		.content_type = "text/xml",
		.body = body,
		.body_length = length};

	adapter_reading_init(reading);
	(inquiry ? renapo_ops.read_inquiry : renapo_ops.read)(
		adapter, work, &answer, vt_clock_unix_ms(), reading);
	renapo_ops.close(adapter);
}

/* Reads a well-signed answer with inner; returns what core would get (owned) or NULL. */
static json_t *read_inner(
	const struct work_deliver *work, const char *inner, struct adapter_reading *reading)
{
	const char *operation =
		strcmp(work->operation, "confirm") == 0 ? "getConfirm" : work->operation;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	make_answer(operation, "urn:uuid:" KEY, inner, "agency", &out);
	read_bytes(work, false, 200, out.data, out.length, "", reading);
	json_t *json =
		reading->answer.length ? json_loads(vt_buf_text(&reading->answer), 0, NULL) : NULL;
	adapter_reading_finish(reading);
	return json;
}

static const char *get(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void one_record_is_read_in_full(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	struct adapter_reading reading;
	json_t *json = read_inner(&work, ONE(CURP, "AN"), &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(get(json, "outcome"), "one");
	assert_string_equal(get(json, "sessionId"), "S-77");
	assert_string_equal(get(json, "folio"), "F-9");
	assert_string_equal(get(json, "asked"), CURP);
	assert_string_equal(get(json, "count"), "1");
	assert_null(get(json, "changed"));
	const json_t *record = json_array_get(json_object_get(json, "records"), 0);
	assert_string_equal(get(record, "curp"), CURP);
	assert_string_equal(get(record, "segundoApellido"), "BRISEÑO");
	assert_string_equal(get(record, "nombres"), "CONCEPCIÓN");
	assert_string_equal(get(record, "fechaNacimiento"), "26/06/1956");
	assert_string_equal(get(record, "entidad"), "DF");
	assert_string_equal(get(record, "docProbatorioNombre"), "Acta de nacimiento");
	assert_string_equal(get(record, "acta"), "00028");
	assert_string_equal(get(record, "libro"), "0029");
	assert_string_equal(get(record, "status"), "AN");
	assert_string_equal(get(record, "statusNombre"), "Alta normal");
	assert_null(json_object_get(record, "crip"));
	assert_null(json_object_get(record, "foja"));
	json_decref(json);
}

static void check_outcome(const char *inner, const char *outcome, const char *changed)
{
	const struct work_deliver work = by_curp();
	struct adapter_reading reading;
	json_t *json = read_inner(&work, inner, &reading);

	if (reading.body != BODY_APPLIED)
		fail_msg("%s: %s", outcome, reading.detail);
	assert_string_equal(get(json, "outcome"), outcome);
	if (changed)
		assert_string_equal(get(json, "changed"), changed);
	else
		assert_null(get(json, "changed"));
	json_decref(json);
}

static void statuses_decide_between_one_and_inactive(void **state)
{
	(void)state;
	check_outcome(ONE(CURP, "AN"), "one", NULL);
	check_outcome(ONE(CURP, "AH"), "one", NULL);
	check_outcome(ONE(CURP, "CRA"), "one", NULL);
	check_outcome(ONE(CURP, "RCN"), "one", NULL);
	check_outcome(ONE("SABC560626MDFLRN02", "RCC"), "one", "true");
	check_outcome(ONE(CURP, "RCC"), "one", "true");
	check_outcome(ONE("SABC560626MDFLRN02", "AN"), "one", "true");
	check_outcome(ONE(CURP, "BD"), "inactive", NULL);
	check_outcome(ONE(CURP, "BDA"), "inactive", NULL);
	check_outcome(ONE(CURP, "BCC"), "inactive", NULL);
	check_outcome(ONE(CURP, "BJD"), "inactive", NULL);
	check_outcome(ONE(CURP, "XYZ"), "inactive", NULL); /* nobody told us: not printed */
	check_outcome(ONE(CURP, ""), "inactive", NULL);
}

static void not_found_is_an_answer_other_errors_are_not(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	struct adapter_reading reading;
	json_t *json = read_inner(&work, REFUSAL("01"), &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(get(json, "outcome"), "none");
	assert_string_equal(get(json, "count"), "0");
	assert_string_equal(get(json, "sessionId"), "S-78");
	assert_null(json_object_get(json, "records"));
	json_decref(json);
	assert_null(read_inner(&work, REFUSAL("02"), &reading));
	assert_int_equal(reading.body, BODY_REFUSED);
	assert_string_equal(reading.detail, "TipoError 2 CodigoError 6");
	assert_null(read_inner(&work, REFUSAL("03"), &reading));
	assert_int_equal(reading.body, BODY_DEFECT);
	assert_null(read_inner(&work, REFUSAL("JUAN PEREZ"), &reading));
	assert_int_equal(reading.body, BODY_REFUSED);
	assert_null(strstr(reading.detail, "JUAN"));
}

static void several_records_are_counted_and_ten_are_told(void **state)
{
	(void)state;
	const struct work_deliver work = make_work("consultarCurpDetalle",
		"{\"primerApellido\":\"A\",\"nombres\":\"B\",\"fechaNacimiento\":\"26/06/1956\"}");
	VT_CLEANUP(vt_buf_finish) struct vt_buf inner;
	struct adapter_reading reading;

	vt_buf_init(&inner, 200000);
	vt_buf_append_text(&inner, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CURPS "
				   "statusOper=\"EXITOSO\" SessionID=\"S-1\">");
	for (int i = 0; i < 23; i++)
		vt_buf_append_text(
			&inner, "<CURPStruct>" RECORD("SABC560626MDFLRN02", "AH") "</CURPStruct>");
	vt_buf_append_text(&inner, "</CURPS>");
	json_t *json = read_inner(&work, vt_buf_text(&inner), &reading);
	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(get(json, "outcome"), "several");
	assert_string_equal(get(json, "count"), "23");
	assert_null(get(json, "asked"));
	assert_int_equal(json_array_size(json_object_get(json, "records")), RENAPO_MAX_RECORDS);
	json_decref(json);

	json = read_inner(&work, "<CURPS statusOper='EXITOSO' SessionID='1'/>", &reading);
	assert_string_equal(get(json, "outcome"), "none");
	json_decref(json);
	json = read_inner(&work,
		"<CURPS statusOper='EXITOSO' SessionID='1'><CURPStruct>" RECORD(
			CURP, "AN") "</CURPStruct></CURPS>",
		&reading);
	assert_string_equal(get(json, "outcome"), "one");
	json_decref(json);
}

static void latin1_inside_utf8_comes_out_right(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	static const char inner[] =
		"&lt;CURPStruct statusOper=\"EXITOSO\" SessionID=\"1\"&gt;&lt;CURP&gt;" CURP
		"&lt;/CURP&gt;&lt;apellido1&gt;MU\xD1OZ&lt;/apellido1&gt;"
		"&lt;statusCurp&gt;AN&lt;/statusCurp&gt;&lt;/CURPStruct&gt;";
	struct adapter_reading reading;
	char *text;

	assert_true(asprintf(&text,
			    "<s:Envelope xmlns:s='" SOAP_NS "'><s:Body>"
			    "<ns:consultarPorCurpResponse xmlns:ns='" RENAPO_NS "'>"
			    "<ns:return>%s</ns:return></ns:consultarPorCurpResponse>"
			    "</s:Body></s:Envelope>",
			    inner) > 0);
	read_bytes(&work, false, 200, text, strlen(text), "answers_signed = no", &reading);
	free(text);
	assert_int_equal(reading.body, BODY_APPLIED);
	json_t *json = json_loads(vt_buf_text(&reading.answer), 0, NULL);
	assert_string_equal(
		get(json_array_get(json_object_get(json, "records"), 0), "primerApellido"),
		"MUÑOZ");
	json_decref(json);
	adapter_reading_finish(&reading);
}

static void confirmations_are_read(void **state)
{
	(void)state;
	const struct work_deliver work =
		make_work("confirm", "{\"sessionId\":\"S-77\",\"query\":\"consultarPorCurp\"}");
	struct adapter_reading reading;
	json_t *json = read_inner(&work, "OK", &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(get(json, "outcome"), "confirmed");
	json_decref(json);
	json_decref(read_inner(&work, "<Confirmacion statusOper='EXITOSO'/>", &reading));
	assert_int_equal(reading.body, BODY_APPLIED);
	json_decref(read_inner(&work, REFUSAL("02"), &reading));
	assert_int_equal(reading.body, BODY_REFUSED);
}

static void copies_are_theirs_only_under_a_folio(void **state)
{
	(void)state;
	const struct work_deliver work = make_work("solicitarCopia", COPY);
	static const char *const without[] = {
		"<COPIA statusOper=\"EXITOSO\" FolioConstancia=\"\"/>",
		"<COPIA statusOper=\"EXITOSO\"/>",
		"<COPIA statusOper=\"EXITOSO\" FolioConstancia=\"12A\"/>"};
	struct adapter_reading reading;
	json_t *json = read_inner(
		&work, "<COPIA statusOper=\"EXITOSO\" FolioConstancia=\"123456789\"/>", &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(get(json, "outcome"), "received");
	assert_string_equal(get(json, "folio"), "123456789");
	json_decref(json);
	for (size_t i = 0; i < VT_ELEMENTS(without); i++) {
		json_decref(read_inner(&work, without[i], &reading));
		assert_int_equal(reading.body, BODY_INVALID);
	}
	/* The signature is not good: for good. */
	json_decref(
		read_inner(&work, "<COPIA statusOper=\"NO EXITOSO\" TipoError=\"04\"/>", &reading));
	assert_int_equal(reading.body, BODY_REFUSED);
}

static void check_not_believed(const char *operation, const char *relates_to, const char *inner,
	const char *identity, const char *why)
{
	const struct work_deliver work = by_curp();
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct adapter_reading reading;

	make_answer(operation, relates_to, inner, identity, &out);
	read_bytes(&work, false, 200, out.data, out.length, "", &reading);
	if (reading.body != BODY_INVALID || !strstr(reading.detail, why))
		fail_msg("wanted \"%s\": %d \"%s\"", why, reading.body, reading.detail);
	assert_int_equal(reading.answer.length, 0);
	adapter_reading_finish(&reading);
}

static void answers_that_are_not_ours_are_not_believed(void **state)
{
	(void)state;
	static const char op[] = "consultarPorCurp", id[] = "urn:uuid:" KEY;

	check_not_believed(op, id, ONE(CURP, "AN"), NULL, "Security");
	check_not_believed(op, id, ONE(CURP, "AN"), "impostor", "CA");
	check_not_believed(op, id, ONE(CURP, "AN"), "other", "somebody else");
	check_not_believed(op, id, ONE(CURP, "AN"), "expired", "CA");
	check_not_believed(op, NULL, ONE(CURP, "AN"), "agency", "another message");
	check_not_believed(op, "urn:uuid:" LEASE, ONE(CURP, "AN"), "agency", "another message");
	check_not_believed("consultarCurpDetalle", id, ONE(CURP, "AN"), "agency", "operation");
	check_not_believed(op, id, "", "agency", "xml");
	check_not_believed(op, id, "hola", "agency", "xml");
	check_not_believed(op, id, "<otro/>", "agency", "unknown document");
	check_not_believed(
		op, id, "<Confirmacion statusOper='EXITOSO'/>", "agency", "unknown document");
	check_not_believed(op, id, "<CURPStruct/>", "agency", "statusOper");
	check_not_believed(op, id, "<CURPStruct statusOper='TAL VEZ'/>", "agency", "statusOper");
	check_not_believed(op, id, "<CURPStruct statusOper='EXITOSO'/>", "agency", "record");
	check_not_believed(op, id, ONE("sabc560626mdflrn01", "AN"), "agency", "record");
	check_not_believed(op, id, ONE("SABC560626MDFLRN011", "AN"), "agency", "record");
	check_not_believed(op, id, "<!DOCTYPE a [<!ENTITY e 'x'>]>" ONE(CURP, "AN"), "agency",
		"document type");
}

static void check_fault(const char *uri, const char *code, enum outcome_body expected)
{
	const struct work_deliver work = by_curp();
	struct xml_doc *doc = soap_create(NULL, NULL);
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct adapter_reading reading;

	soap_add_fault(soap_body(doc), uri, code, "SALGADO BRISEÑO no se encontró");
	support_serialize(&doc, &out);
	read_bytes(&work, false, 500, out.data, out.length, "", &reading);
	assert_int_equal(reading.body, expected);
	assert_null(strstr(reading.detail, "SALGADO"));
	adapter_reading_finish(&reading);
}

static void faults_are_sorted(void **state)
{
	(void)state;
	check_fault(SOAP_NS, "Client", BODY_DEFECT);
	check_fault(SOAP_NS, "MustUnderstand", BODY_DEFECT);
	check_fault(SOAP_NS, "Server", BODY_SERVER_FAILED);
	check_fault(SOAP_NS, "Server.Timeout", BODY_SERVER_FAILED);
	check_fault(WSSE_NS, "FailedAuthentication", BODY_SECURITY_FAILED);
	check_fault(WSU_NS, "MessageExpired", BODY_SECURITY_FAILED);
	check_fault("urn:otro", "Client", BODY_SERVER_FAILED);
}

static void bodies_that_are_no_soap_leave_it_to_the_status(void **state)
{
	(void)state;
	const struct work_deliver work = by_curp();
	struct adapter_reading reading;

	read_bytes(&work, false, 502, "", 0, "", &reading);
	assert_int_equal(reading.body, BODY_NONE);
	adapter_reading_finish(&reading);
	read_bytes(&work, false, 200, "<html>", 6, "", &reading);
	assert_int_equal(reading.body, BODY_INVALID);
	adapter_reading_finish(&reading);
	read_bytes(&work, false, 200, "<html/>", 7, "", &reading);
	assert_int_equal(reading.body, BODY_INVALID);
	adapter_reading_finish(&reading);
}

static enum outcome_body inquire(const char *inner, char outcome[static 16])
{
	const struct work_deliver work = by_curp();
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct adapter_reading reading;

	make_answer("consultarTransaccion", "urn:uuid:" LEASE, inner, "agency", &out);
	read_bytes(&work, true, 200, out.data, out.length, "", &reading);
	json_t *json =
		reading.answer.length ? json_loads(vt_buf_text(&reading.answer), 0, NULL) : NULL;
	vt_copy_cut(outcome, 16, json ? get(json, "outcome") : "");
	json_decref(json);
	adapter_reading_finish(&reading);
	return reading.body;
}

#define ABOUT(state, content) \
	"<transaccion estado=\"" state "\" clave=\"" KEY "\">" content "</transaccion>"

static void inquiries_are_read(void **state)
{
	(void)state;
	char outcome[16];

	assert_int_equal(inquire(ABOUT("DESCONOCIDA", ""), outcome), BODY_NOT_KNOWN);
	assert_int_equal(inquire(ABOUT("EN PROCESO", ""), outcome), BODY_RUNNING);
	assert_int_equal(inquire(ABOUT("RECHAZADA", ""), outcome), BODY_REFUSED);
	assert_int_equal(inquire(ABOUT("APLICADA", ONE(CURP, "AN")), outcome), BODY_APPLIED);
	assert_string_equal(outcome, "one");
	assert_int_equal(inquire(ABOUT("APLICADA", REFUSAL("01")), outcome), BODY_APPLIED);
	assert_string_equal(outcome, "none");
	assert_int_equal(inquire(ABOUT("APLICADA", ""), outcome), BODY_INVALID);
	assert_int_equal(inquire(ABOUT("OTRA", ""), outcome), BODY_INVALID);
	assert_int_equal(inquire("<transaccion estado='DESCONOCIDA' clave='" LEASE "'/>", outcome),
		BODY_INVALID);
	assert_int_equal(inquire("<transaccion estado='DESCONOCIDA'/>", outcome), BODY_INVALID);
	assert_int_equal(
		inquire("<otra estado='DESCONOCIDA' clave='" KEY "'/>", outcome), BODY_INVALID);
}

static void configuration_must_be_complete(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "user = a\nentity = 09",
		"user = a\nentity = 09\npassword_file = /nowhere",
		"user = a\nentity = 123456789\npassword_file = /dev/null"};

	for (size_t i = 0; i < VT_ELEMENTS(texts); i++) {
		FILE *file = fopen(support_path("bad.conf"), "we");
		struct vt_config *config = NULL;
		struct adapter *adapter = NULL;
		struct vt_error error = {0};
		fprintf(file, "[adapter renapo]\n%s\n", texts[i]);
		fclose(file);
		assert_int_equal(vt_config_load(support_path("bad.conf"), &config, &error), VT_OK);
		assert_true(renapo_ops.open(config, "adapter renapo", &adapter, &error) != VT_OK);
		assert_true(error.msg[0]);
		assert_null(adapter);
		vt_config_close(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_by_key_is_sent_as_renapo_wants_it),
		cmocka_unit_test(signed_request_goes_out_as_its_very_bytes),
		cmocka_unit_test(query_by_data_leaves_out_what_nobody_said),
		cmocka_unit_test(confirmation_goes_to_the_service_of_its_query),
		cmocka_unit_test(inquiry_asks_about_the_key_under_an_id_of_its_own),
		cmocka_unit_test(defective_work_is_never_built),
		cmocka_unit_test(one_record_is_read_in_full),
		cmocka_unit_test(statuses_decide_between_one_and_inactive),
		cmocka_unit_test(not_found_is_an_answer_other_errors_are_not),
		cmocka_unit_test(several_records_are_counted_and_ten_are_told),
		cmocka_unit_test(latin1_inside_utf8_comes_out_right),
		cmocka_unit_test(confirmations_are_read),
		cmocka_unit_test(copies_are_theirs_only_under_a_folio),
		cmocka_unit_test(answers_that_are_not_ours_are_not_believed),
		cmocka_unit_test(faults_are_sorted),
		cmocka_unit_test(bodies_that_are_no_soap_leave_it_to_the_status),
		cmocka_unit_test(inquiries_are_read),
		cmocka_unit_test(configuration_must_be_complete),
	};

	return cmocka_run_group_tests(tests, support_start, support_stop);
}
