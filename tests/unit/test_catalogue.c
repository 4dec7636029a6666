/* The catalogue that ships: it loads whole, the two services behave as their agencies do, and every
 * paper and payload comes out. What the loader refuses is catalogue_schema.py, which compares it
 * with the JSON Schema. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "terminal/base/text.h"
#include "terminal/domain/curp.h"
#include "terminal/session/catalogue.h"
#include "terminal/session/document.h"
#include "tests/unit/vectors.h"

static const struct vt_date today = {2026, 11, 23};

/* ---- values of a pretended session ---- */

struct pair {
	const char *name, *value;
};

struct pairs {
	const struct pair *list; /* up to a name of NULL */
	const struct pair *more; /* the same, looked at first; may be NULL */
};

static const char *get(void *ctx, const char *name)
{
	const struct pairs *pairs = ctx;

	for (const struct pair *p = pairs->more; p && p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p->value;
	}
	for (const struct pair *p = pairs->list; p && p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p->value;
	}
	return NULL;
}

#define R "answer.records.0."
static const struct pair record[] = {{"folio", "T001-0010-002A-BCDE"}, {"date", "23/11/2026"},
	{"time", "10:42"}, {"terminal", "demo-1"}, {"field.curp", "SABC560626MDFLRN01"},
	{R "curp", "SABC560626MDFLRN01"}, {R "nombres", "Concepción"},
	{R "primerApellido", "Salgado"}, {R "segundoApellido", "Briseño"}, {R "sexo", "M"},
	{R "fechaNacimiento", "26/06/1956"}, {R "nacionalidad", "MEX"}, {R "entidad", "DF"},
	{R "docProbatorio", "1"}, {R "entidadRegistro", "09"}, {R "municipioRegistro", "015"},
	{R "anioRegistro", "1956"}, {R "libro", "0029"}, {R "acta", "00028"}, {R "foja", "0012"},
	{"answer.folio", "125465689"}, {NULL, NULL}};

static struct catalogue *catalogue;

static int load(void **state)
{
	char path[1024];
	struct vt_error error = {0};

	(void)state;
	snprintf(path, sizeof(path), "%s/assets/catalog", getenv("VT_SOURCE_DIR"));
	if (catalogue_load(path, &catalogue, &error) == VT_OK)
		return 0;
	fprintf(stderr, "%s\n", error.msg);
	return -1;
}

static int unload(void **state)
{
	(void)state;
	catalogue_destroy(&catalogue);
	return catalogue == NULL ? 0 : -1;
}

static const struct catalogue_outcome *outcome_of(
	const struct catalogue_service *service, const struct pair *more)
{
	struct pairs pairs = {record, more};
	const struct document_values values = {get, &pairs};

	return service_outcome(service, &values, today);
}

/* All texts of a paper, one line each: "kind text|value". */
static char *paper(const struct catalogue_service *service, const char *outcome_id,
	const char *lang, const struct pair *list, const struct pair *more)
{
	static char text[65536];
	struct pairs pairs = {list, more};
	const struct document_values values = {get, &pairs};
	struct receipt *receipt = malloc(sizeof(*receipt));
	struct vt_error error = {0};
	size_t used = 0;

	assert_non_null(receipt);
	const enum vt_code code = document_compose(service,
		service_outcome_by_id(service, outcome_id), lang, today, &values, receipt, &error);
	if (code)
		fail_msg("%s: %s", outcome_id, error.msg);
	for (size_t i = 0; i < receipt->line_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s|%s\n",
			receipt_kind_names[receipt->lines[i].kind], receipt->lines[i].text,
			receipt->lines[i].value);
	free(receipt);
	return text;
}

static void says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void says_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* ---- the catalogue ---- */

static void twenty_two_services_load_features_first(void **state)
{
	(void)state;
	assert_int_equal(catalogue_count(catalogue), 22);
	assert_string_equal(catalogue_at(catalogue, 0)->id, "curp");
	assert_string_equal(catalogue_at(catalogue, 1)->id, "passport-fee");
	assert_string_equal(catalogue_at(catalogue, 2)->id, "curp-certified");
	for (size_t i = 0; i < 22; i++) {
		const struct catalogue_service *service = catalogue_at(catalogue, i);
		assert_ptr_equal(catalogue_find(catalogue, service->id), service);
		assert_int_equal(service->is_feature, i < 2);
		assert_int_equal(service->status, i < 3 ? SERVICE_AVAILABLE : SERVICE_SOON);
		assert_string_not_equal(catalogue_text(&service->name, "en"),
			catalogue_text(&service->name, "es-MX"));
		if (i > 2)
			assert_true(service->order > catalogue_at(catalogue, i - 1)->order);
	}
	assert_null(catalogue_find(catalogue, "curp.emitir"));
}

static void every_icon_is_in_the_icon_font(void **state)
{
	char path[1024], line[256];
	size_t found = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/assets/icons/icons.tsv", getenv("VT_SOURCE_DIR"));
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\t\n")] = 0;
		for (size_t i = 0; i < catalogue_count(catalogue); i++)
			found += strcmp(catalogue_at(catalogue, i)->icon, line) == 0 ? 1 : 0;
	}
	fclose(file);
	assert_int_equal(found, catalogue_count(catalogue));
}

static void a_text_falls_back_to_spanish(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	const struct catalogue_text none = {0};

	(void)state;
	assert_string_equal(catalogue_text(&curp->name, "en"), "Get my CURP");
	assert_string_equal(catalogue_text(&curp->name, "es-MX"), "Obtener mi CURP");
	assert_string_equal(catalogue_text(&curp->name, "yua"), "Obtener mi CURP");
	assert_string_equal(catalogue_text(&none, "en"), "");
}

/* ---- CURP ---- */

static void curp_has_two_ways(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	const struct catalogue_way *by_key = &curp->ways[0],
				   *by_data = service_way(curp, "by-data");

	(void)state;
	assert_true(curp->is_free);
	assert_int_equal(curp->offline, OFFLINE_QUEUE);
	assert_string_equal(by_key->id, "by-key");
	assert_string_equal(by_key->otherwise, "by-data");
	assert_int_equal(by_key->question_count, 1);
	assert_int_equal(by_key->questions[0]->type, FIELD_CURP);
	assert_true(by_key->needs_confirm && by_data->needs_confirm);
	assert_true(by_data->has_review && !by_key->has_review);
	assert_int_equal(by_data->question_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(by_data->questions[i]->optional, i == 1);
		assert_true(by_data->questions[i]->personal);
	}
	assert_null(service_way(curp, "by-magic"));
}

static void payload_is(const struct catalogue_service *service, const char *way,
	const struct pair *list, const char *expected)
{
	struct pairs pairs = {list, NULL};
	const struct document_values values = {get, &pairs};
	struct vt_buf out;

	vt_buf_init(&out, 4096);
	assert_int_equal(
		way_payload(service, service_way(service, way), &values, &out, NULL), VT_OK);
	assert_string_equal(vt_buf_text(&out), expected);
	vt_buf_finish(&out);
}

static void payloads_are_what_the_adapters_want(void **state)
{
	static const struct pair data[] = {{"field.first-surname", "SALGADO"},
		{"field.names", "JOSÉ \"\\\n"}, {"field.birth-date", "26/06/1956"},
		{"field.sex", "M"}, {"field.entity", "DF"}, {NULL, NULL}};
	static const struct pair passport[] = {{"field.validity", "10"}, {"field.fare", "half"},
		{"centavos", "214000"}, {"field.curp", "SABC560626MDFLRN01"},
		{"field.name", "CONCEPCIÓN SALGADO"}, {NULL, NULL}};

	(void)state;
	payload_is(catalogue_find(catalogue, "curp"), "by-key", record,
		"{\"curp\":\"SABC560626MDFLRN01\"}");
	/* No second surname; signs that JSON escapes. */
	payload_is(catalogue_find(catalogue, "curp"), "by-data", data,
		"{\"primerApellido\":\"SALGADO\",\"segundoApellido\":\"\","
		"\"nombres\":\"JOSÉ \\\"\\\\\\u000a\",\"fechaNacimiento\":\"26/06/1956\","
		"\"sexo\":\"M\",\"entidad\":\"DF\"}");
	payload_is(catalogue_find(catalogue, "passport-fee"), "sheet", passport,
		"{\"product\":\"passport\",\"validityYears\":\"10\",\"fare\":\"half\","
		"\"amountCentavos\":\"214000\",\"curp\":\"SABC560626MDFLRN01\","
		"\"name\":\"CONCEPCIÓN SALGADO\"}");
}

static void a_payload_too_large_is_refused(void **state)
{
	struct pairs pairs = {record, NULL};
	const struct document_values values = {get, &pairs};
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	struct vt_buf out;

	(void)state;
	vt_buf_init(&out, 16);
	assert_int_equal(way_payload(curp, &curp->ways[0], &values, &out, NULL), VT_ERR_LIMIT);
	vt_buf_finish(&out);
}

static void the_answer_chooses_the_outcome(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const char *const words[] = {"one", "none", "several", "inactive"};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(words); i++) {
		const struct pair answer[] = {{"answer.outcome", words[i]}, {NULL, NULL}};
		assert_string_equal(outcome_of(curp, answer)->id, words[i]);
	}
	static const struct pair changed[] = {
		{"answer.outcome", "one"}, {"answer.changed", "true"}, {NULL, NULL}};
	assert_string_equal(outcome_of(curp, changed)->id, "changed");
	static const struct pair odd[] = {{"answer.outcome", "many"}, {NULL, NULL}};
	assert_null(outcome_of(curp, odd));
	assert_null(outcome_of(curp, NULL));
	assert_string_equal(service_provisional(curp)->id, "provisional");
	assert_null(service_provisional(catalogue_find(catalogue, "passport-fee")));
}

static void the_constancia_has_all_that_the_instructivo_asks(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const struct pair one[] = {{"answer.outcome", "one"}, {NULL, NULL}};
	/* The paper is Spanish in every session. */
	const char *text = paper(curp, "one", "en", record, one);

	(void)state;
	says(text, "title CONSTANCIA DE LA CURP|\n");
	says(text, "big SABC560626MDFLRN01|\n");
	says(text, "pair NOMBRE(S)|CONCEPCIÓN\n");
	says(text, "pair PRIMER APELLIDO|SALGADO\n");
	says(text, "pair SEGUNDO APELLIDO|BRISEÑO\n");
	says(text, "pair SEXO|MUJER\n");
	says(text, "pair FECHA DE NACIMIENTO|26/06/1956\n");
	says(text, "pair ENTIDAD DE NACIMIENTO|CIUDAD DE MÉXICO\n");
	says(text, "pair DOCUMENTO|ACTA DE NACIMIENTO\n");
	says(text, "pair ENTIDAD DE REGISTRO|CIUDAD DE MÉXICO\n");
	says(text, "pair AÑO DE REGISTRO|1956\n");
	says(text, "pair LIBRO|0029\npair ACTA|00028\npair FOJA|0012\n");
	says(text, "barcode SABC560626MDFLRN01|\n");
	says(text, "qr SABC560626MDFLRN01||Salgado|Briseño|Concepción|MUJER|26/06/1956|CIUDAD DE "
		   "MÉXICO|09||\n");
	says(text, "text TRÁMITE GRATUITO|\n");
	says(text, "pair Folio de esta terminal|T001-0010-002A-BCDE\n");
	/* Nothing that was not answered. */
	says_not(text, "TOMO");
	says_not(text, "CRIP");
	says_not(text, "R.N.E.");
	says_not(text, "cambió");
}

static void a_changed_key_prints_the_new_one_and_says_so(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const struct pair changed[] = {{"answer.outcome", "one"}, {"answer.changed", "true"},
		{"answer.asked", "SABC560626MDFLRN01"}, {R "curp", "SABC560626MDFLRN27"},
		{NULL, NULL}};
	const char *text = paper(curp, "changed", "es-MX", record, changed);

	(void)state;
	says(text, "big SABC560626MDFLRN27|\n");
	says(text,
		"Su CURP cambió. La clave que consultó, SABC560626MDFLRN01, ya no está vigente.");
	says(text, "barcode SABC560626MDFLRN27|\n");
	says_not(text, "barcode SABC560626MDFLRN01");
}

static void a_foreign_document_prints_its_own_lines(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const struct pair migratory[] = {{R "docProbatorio", "3"}, {R "entidad", "NE"},
		{R "registroExtranjeros", "1234567"}, {R "libro", ""}, {R "acta", ""},
		{R "foja", ""}, {NULL, NULL}};
	const char *text = paper(curp, "one", "es-MX", record, migratory);

	(void)state;
	says(text, "pair DOCUMENTO|DOCUMENTO MIGRATORIO\n");
	says(text, "pair NÚMERO DEL R.N.E.|1234567\n");
	says(text, "pair ENTIDAD DE NACIMIENTO|NACIDO EN EL EXTRANJERO\n");
	says_not(text, "LIBRO");
	says_not(text, "ACTA DE NACIMIENTO");
}

static void no_record_and_homonymy_have_typed_data_folio_and_codes(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const struct pair typed[] = {{"folio", "T001-0010-002A-BCDE"},
		{"date", "23/11/2026"}, {"time", "10:42"}, {"terminal", "demo-1"},
		{"field.first-surname", "PÉREZ"}, {"field.names", "LUIS"},
		{"field.birth-date", "31/01/2001"}, {"field.sex", "H"}, {"field.entity", "JC"},
		{"answer.folio", "125465689"}, {NULL, NULL}};
	static const struct pair no_folio[] = {{"answer.folio", ""}, {NULL, NULL}};

	(void)state;
	const char *text = paper(curp, "none", "es-MX", typed, NULL);
	says(text, "title CONSTANCIA DE NO REGISTRO|\n");
	says(text, "pair PRIMER APELLIDO|PÉREZ\n");
	says_not(text, "SEGUNDO APELLIDO");
	says(text, "pair SEXO|Hombre\n");
	says(text, "pair ENTIDAD DE NACIMIENTO|Jalisco\n");
	says(text, "Que a esta fecha no existe una CURP asociada a los datos de la persona");
	says(text, "big 125465689|\nbarcode 125465689|\nqr CURP|NO REGISTRO|125465689|T001-");
	says(text, "TRÁMITE GRATUITO");
	says(text, "módulo");
	text = paper(curp, "several", "es-MX", typed, NULL);
	says(text, "title CONSTANCIA DE HOMONIMIA|\n");
	says(text, "existe más de una CURP, asociada a los datos de la persona");
	/* The registry gave no folio: ours takes its place. */
	text = paper(curp, "several", "es-MX", typed, no_folio);
	says(text, "barcode T001-0010-002A-BCDE|\n");
	says_not(text, "big");
}

static void an_inactive_key_is_never_a_constancia(void **state)
{
	const char *text =
		paper(catalogue_find(catalogue, "curp"), "inactive", "es-MX", record, NULL);

	(void)state;
	says(text, "CURP NO VIGENTE");
	says_not(text, "CONSTANCIA");
	says_not(text, "documento probatorio:");
}

static void the_provisional_slip_speaks_the_session_language(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	const char *text = paper(curp, "provisional", "en", record, NULL);

	(void)state;
	says(text, "title PROVISIONAL SLIP|\n");
	says(text, "big T001-0010-002A-BCDE|\n");
	text = paper(curp, "provisional", "es-MX", record, NULL);
	says(text, "title COMPROBANTE PROVISIONAL|\n");
	says(text, "Este comprobante no es la constancia de su CURP.");
	says(text, "TRÁMITE GRATUITO");
	says_not(text, "SABC"); /* no personal data on a slip that is only a promise */
}

/* ---- passport ---- */

static void fees_are_the_published_table(void **state)
{
	const struct catalogue_service *service = catalogue_find(catalogue, "passport-fee");
	char *csv = vectors_read("passport-fees.csv", NULL), *rest = csv, *line;
	size_t rows = 0;

	(void)state;
	(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) && *line) {
		struct vt_date from, to;
		int64_t years, full, half;
		assert_true(date_parse_iso(strsep(&line, ","), &from));
		assert_true(date_parse_iso(strsep(&line, ","), &to));
		assert_int_equal(vt_parse_i64(strsep(&line, ","), 1, 10, &years), VT_OK);
		assert_int_equal(vt_parse_i64(strsep(&line, ","), 1, 9999, &full), VT_OK);
		assert_int_equal(vt_parse_i64(strsep(&line, ","), 1, 9999, &half), VT_OK);
		const struct catalogue_fee *fee = fee_find(service, from, (int)years, FARE_FULL);
		assert_non_null(fee);
		assert_ptr_equal(fee_find(service, to, (int)years, FARE_HALF), fee);
		assert_int_equal(fee_centavos(fee, FARE_FULL), full * 100);
		assert_int_equal(fee_centavos(fee, FARE_HALF), half * 100);
		assert_string_equal(fee->cadena, strsep(&line, ","));
		rows++;
	}
	assert_int_equal(rows, service->fee_count);
	free(csv);
}

static void a_day_without_a_table_hides_the_fee(void **state)
{
	const struct catalogue_service *service = catalogue_find(catalogue, "passport-fee");
	const struct vt_date last = {2026, 12, 31}, next = {2027, 1, 1}, before = {2023, 12, 31};

	(void)state;
	assert_true(fee_known(service, last));
	assert_false(fee_known(service, next));
	assert_false(fee_known(service, before));
	assert_null(fee_find(service, next, 3, FARE_FULL));
	assert_null(fee_find(service, (struct vt_date){2024, 6, 1}, 1, FARE_FULL));
	assert_null(fee_find(service, last, 5, FARE_FULL));
	assert_true(fee_known(catalogue_find(catalogue, "curp"), next)); /* it has no fees */
}

static bool offers(const char *question_name, const char *id, const struct pair *list)
{
	const struct catalogue_service *service = catalogue_find(catalogue, "passport-fee");
	const struct catalogue_question *question = service_question(service, question_name);
	struct pairs pairs = {list, NULL};
	const struct document_values values = {get, &pairs};

	return catalogue_holds(&question_choice(question, id)->offer_when, &values, today);
}

static void restrictions_follow_age_and_reason(void **state)
{
	/* 60 today; 59 until tomorrow; nearly 3; 3 today. */
	static const struct pair sixty[] = {{"field.curp", "AAAA661123HDFLRL07"}, {NULL, NULL}};
	static const struct pair not_yet[] = {{"field.curp", "AAAA661124HDFLRL05"}, {NULL, NULL}};
	static const struct pair baby[] = {{"field.curp", "AAAA231124HDFLRLA0"}, {NULL, NULL}};
	static const struct pair three[] = {{"field.curp", "AAAA231123HDFLRLA0"}, {NULL, NULL}};
	static const struct pair farmer[] = {{"field.curp", "AAAA661123HDFLRL07"},
		{"field.half-reason", "farm-canada"}, {NULL, NULL}};

	(void)state;
	assert_true(offers("half-reason", "age-60", sixty));
	assert_false(offers("half-reason", "age-60", not_yet));
	assert_false(offers("half-reason", "age-60", (const struct pair[]){{NULL, NULL}}));
	assert_true(offers("half-reason", "disability", not_yet));
	assert_true(offers("validity", "1", baby));
	assert_false(offers("validity", "1", three));
	assert_false(offers("validity", "1", sixty));
	assert_true(offers("validity", "10", sixty));
	assert_false(offers("validity", "10", farmer));
	assert_true(offers("validity", "6", farmer));
}

static const struct pair sheet_values[] = {{"folio", "T001-0010-002A-BCDE"}, {"date", "23/11/2026"},
	{"time", "10:42"}, {"terminal", "demo-1"}, {"field.curp", "SABC560626MDFLRN01"},
	{"field.name", "CONCEPCIÓN SALGADO BRISEÑO"}, {"field.fare", "half"},
	{"field.half-reason", "age-60"}, {"field.validity", "10"}, {"centavos", "214000"},
	{"answer.sheetId", "S-1"}, {"answer.claveReferencia", "024001408"},
	{"answer.cadenaDependencia", "01030020000010"}, {"answer.validUntil", "2026-12-31"},
	{NULL, NULL}};

static void the_payment_sheet_has_reference_string_amount_and_codes(void **state)
{
	const struct catalogue_service *service = catalogue_find(catalogue, "passport-fee");
	static const struct pair with_line[] = {
		{"answer.lineaCaptura", "00000000000252076256"}, {NULL, NULL}};
	const char *text = paper(service, "accepted", "es-MX", sheet_values, NULL);

	(void)state;
	says(text, "pair CONCEPTO|PASAPORTE ORDINARIO, 10 AÑOS\n");
	says(text, "pair TARIFA|TARIFA CON DESCUENTO\npair MOTIVO DEL DESCUENTO|60 AÑOS O MÁS\n");
	says(text, "big 024001408|\n");
	says(text, "big 01030020000010|\n");
	says(text, "big $ 2,140.00|\n");
	says(text, "pair PAGUE A MÁS TARDAR EL|31/12/2026\n");
	says(text, "barcode 024001408|\n");
	says(text, "qr E5CINCO|024001408|01030020000010|214000||SABC560626MDFLRN01|2026-12-31|\n");
	says(text, "NO SE HA HECHO NINGÚN COBRO");
	says_not(text, "LÍNEA DE CAPTURA");
	text = paper(service, "accepted", "es-MX", sheet_values, with_line);
	says(text, "text 0000 0000 0002 5207 6256|\nbarcode 00000000000252076256|\n");
	says_not(text, "barcode 024001408");
}

/* ---- templates ---- */

static void expands(
	const char *template, const char *lang, const struct pair *list, const char *expected)
{
	struct pairs pairs = {list, NULL};
	const struct document_values values = {get, &pairs};
	char text[200];

	assert_int_equal(document_expand(catalogue_find(catalogue, "passport-fee"), template, lang,
				 &values, text, sizeof(text), NULL),
		VT_OK);
	assert_string_equal(text, expected);
}

static void filters_put_values_into_words(void **state)
{
	static const struct pair list[] = {{"answer.sex", "X"}, {"answer.entity", "NE"},
		{"answer.number", "30"}, {"answer.date", "2026-03-02"},
		{"answer.slash", "02/03/2026"}, {"answer.money", "5"}, {"answer.odd", "ñandú"},
		{"answer.digits", "123456789"}, {"field.validity", "10"}, {"centavos", "92000"},
		{NULL, NULL}};

	(void)state;
	expands("{answer.sex|sex} {answer.sex|sex|upper}", "en", list, "Non-binary NON-BINARY");
	expands("{answer.entity|entity}", "en", list, "Born abroad");
	expands("{answer.entity|entity-number} {answer.number|entity}", "es-MX", list,
		"NE Veracruz");
	expands("{answer.date|date-long}, {answer.slash|date-long}", "es-MX", list,
		"2 de marzo de 2026, 2 de marzo de 2026");
	expands("{answer.date|date}", "es-MX", list, "02/03/2026");
	expands("{answer.money|money}", "es-MX", list, "$ 0.05");
	expands("{answer.odd|upper}", "es-MX", list, "ÑANDÚ");
	expands("{answer.digits|group4}", "es-MX", list, "1234 5678 9");
	expands("{field.validity|choice}", "en", list, "10 years");
	expands("{amount} {service} {agency}", "en", list,
		"$ 920.00 Passport fee Ministry of Foreign Affairs");
	expands("{{{answer.sex}}}", "en", list, "{X}");
	expands("a{answer.missing}b", "en", list, "ab");
	/* What a filter does not understand stays as it is. */
	expands("{answer.odd|sex}{answer.odd|date-long}{answer.odd|money}{answer.odd|entity}", "en",
		list, "ñandúñandúñandúñandú");
}

static void control_characters_of_an_answer_do_not_reach_the_printer(void **state)
{
	static const struct pair list[] = {
		{"answer.a", "x\x1b@y\n\x7fz\xc2\x85w\xff"}, {NULL, NULL}};

	(void)state;
	expands("[{answer.a}]", "en", list, "[x @y  z w ]");
}

static void a_text_that_does_not_fit_is_an_error_not_cut(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	char longer[700];
	struct vt_error error;

	(void)state;
	memset(longer, 'A', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	const struct pair huge[] = {{R "nombres", longer}, {NULL, NULL}};
	struct pairs pairs = {record, huge};
	const struct document_values values = {get, &pairs};
	struct receipt *receipt = calloc(1, sizeof(*receipt));
	assert_non_null(receipt);
	assert_int_equal(document_compose(curp, service_outcome_by_id(curp, "one"), "es-MX", today,
				 &values, receipt, &error),
		VT_ERR_LIMIT);
	assert_int_equal(receipt->line_count, 0);
	free(receipt);
}

static void templates_are_checked_against_the_service(void **state)
{
	const struct catalogue_service *curp = catalogue_find(catalogue, "curp");
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{"{field.curp} {answer.x.0.y_z|upper|sex} {{}}", NULL},
		{"{", "other half"},
		{"}", "other half"},
		{"{}", "nothing"},
		{"{field.curp", "other half"},
		{"{field.nothing}", "not known"},
		{"{nonsense}", "not known"},
		{"{field.curp|nonsense}", "unknown filter"},
		{"{field.curp|choice}", "of type choice"},
		{"{answer.x|choice}", "of a field"},
		{"{a b}", "malformed"},
		{"{answer.x|sex|upper|sex|upper}", "too many"},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		struct vt_error error = {0};
		const enum vt_code code = document_check(curp, cases[i].text, &error);
		assert_int_equal(code, cases[i].wrong ? VT_ERR_PARSE : VT_OK);
		if (cases[i].wrong)
			says(error.msg, cases[i].wrong);
	}
}

/* ---- loading ---- */

static void a_folder_that_is_wrong_is_refused_whole(void **state)
{
	char dir[] = "/tmp/vt-catalogue-XXXXXX", path[256];
	struct catalogue *loaded = NULL;
	struct vt_error error = {0};
	static const char soon[] =
		"{\"id\":\"%s\",\"version\":1,\"agency\":\"A\",\"name\":{\"es-MX\":"
		"\"N\"},\"detail\":{\"es-MX\":\"D\"},\"icon\":\"books\",\"archetype\":"
		"\"issue\",\"status\":\"soon\",\"order\":1,\"offline\":\"local\"}";
	static const char *const ids[] = {"a", "b"};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(catalogue_load(dir, &loaded, &error), VT_ERR_NOT_FOUND);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s.json", dir, ids[i]);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, soon, ids[i]);
		fclose(file);
		const enum vt_code code = catalogue_load(dir, &loaded, &error);
		assert_int_equal(code, i == 0 ? VT_OK : VT_ERR_EXISTS); /* the same order */
		catalogue_destroy(&loaded);
	}
	says(error.msg, "same order");
	/* The file's name must be its id. */
	char other[256];
	snprintf(other, sizeof(other), "%s/c.json", dir);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(catalogue_load(dir, &loaded, &error), VT_ERR_PARSE);
	says(error.msg, "must be called b.json");
	assert_null(loaded);
	unlink(other);
	snprintf(path, sizeof(path), "%s/a.json", dir);
	unlink(path);
	rmdir(dir);
	assert_int_equal(catalogue_load(dir, &loaded, &error), VT_ERR_IO);
	assert_int_equal(catalogue_load_file("/nowhere/x.json", &loaded, &error), VT_ERR_IO);
}

static void malformed_json_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *json, *wrong;
	} cases[] = {
		{"", "curp.json:1"},
		{"{\n\"id\": \"a\",\n\"id\": \"b\"}", "duplicate object key"},
		{"[]", "not an object"},
		{"{\"id\":\"\\u0000\"}", "curp.json:1"},
		{"{} x", "curp.json:1"},
		{"{\"\":1}", "unknown member"},
		{"{\"x\\u001b[2J\":1}", "$.x?[2J: unknown member"},
		{"{}", "$: id is missing"},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		struct catalogue *loaded = NULL;
		struct vt_error error = {0};
		assert_int_equal(catalogue_parse("curp.json", cases[i].json, strlen(cases[i].json),
					 &loaded, &error),
			VT_ERR_PARSE);
		assert_null(loaded);
		says(error.msg, cases[i].wrong);
	}
}

static void a_file_beyond_the_limit_is_refused(void **state)
{
	char *big = calloc(1, CATALOGUE_MAX_FILE + 2);
	struct catalogue *loaded = NULL;
	struct vt_error error = {0};

	(void)state;
	assert_non_null(big);
	memset(big, ' ', CATALOGUE_MAX_FILE + 1);
	assert_int_equal(catalogue_parse("x.json", big, CATALOGUE_MAX_FILE + 1, &loaded, &error),
		VT_ERR_LIMIT);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twenty_two_services_load_features_first),
		cmocka_unit_test(every_icon_is_in_the_icon_font),
		cmocka_unit_test(a_text_falls_back_to_spanish),
		cmocka_unit_test(curp_has_two_ways),
		cmocka_unit_test(payloads_are_what_the_adapters_want),
		cmocka_unit_test(a_payload_too_large_is_refused),
		cmocka_unit_test(the_answer_chooses_the_outcome),
		cmocka_unit_test(the_constancia_has_all_that_the_instructivo_asks),
		cmocka_unit_test(a_changed_key_prints_the_new_one_and_says_so),
		cmocka_unit_test(a_foreign_document_prints_its_own_lines),
		cmocka_unit_test(no_record_and_homonymy_have_typed_data_folio_and_codes),
		cmocka_unit_test(an_inactive_key_is_never_a_constancia),
		cmocka_unit_test(the_provisional_slip_speaks_the_session_language),
		cmocka_unit_test(fees_are_the_published_table),
		cmocka_unit_test(a_day_without_a_table_hides_the_fee),
		cmocka_unit_test(restrictions_follow_age_and_reason),
		cmocka_unit_test(the_payment_sheet_has_reference_string_amount_and_codes),
		cmocka_unit_test(filters_put_values_into_words),
		cmocka_unit_test(control_characters_of_an_answer_do_not_reach_the_printer),
		cmocka_unit_test(a_text_that_does_not_fit_is_an_error_not_cut),
		cmocka_unit_test(templates_are_checked_against_the_service),
		cmocka_unit_test(a_folder_that_is_wrong_is_refused_whole),
		cmocka_unit_test(malformed_json_is_refused_with_its_line),
		cmocka_unit_test(a_file_beyond_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
