/* tools/agency without its network: the invented people, and the orders for faults. The terminal's
 * own rules (terminal/domain) were written by somebody else and judge the keys here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/base/text.h"
#include "terminal/domain/curp.h"
#include "tools/agency/faults.h"
#include "tools/agency/fees.h"
#include "tools/agency/population.h"

/* ---- people ---- */

static const struct vt_date today = {.year = 2026, .month = 11, .day = 23};

struct people {
	struct person *list;
	size_t count, size;
};

static enum vt_code keep(void *context, const struct person *person)
{
	struct people *people = context;

	if (people->count == people->size) {
		people->size = people->size ? 2 * people->size : 64;
		people->list = realloc(people->list, people->size * sizeof(*people->list));
		assert_non_null(people->list);
	}
	people->list[people->count++] = *person;
	return VT_OK;
}

static bool is_taken(void *context, const char *curp)
{
	const struct people *people = context;

	for (size_t i = 0; i < people->count; i++)
		if (strcmp(people->list[i].curp, curp) == 0 ||
			strcmp(people->list[i].former, curp) == 0)
			return true;
	return false;
}

static struct people generate(uint64_t seed)
{
	struct people people = {0};

	assert_int_equal(population_generate(seed, keep, is_taken, &people), VT_OK);
	return people;
}

static void check_person(const struct person *p)
{
	char root[CURP_ROOT_SIZE];
	int64_t year, month, day;

	assert_int_equal(
		vt_parse_i64((char[]){p->birth[0], p->birth[1], p->birth[2], p->birth[3], 0}, 1900,
			2024, &year),
		VT_OK);
	assert_int_equal(vt_parse_i64((char[]){p->birth[5], p->birth[6], 0}, 1, 12, &month), VT_OK);
	assert_int_equal(vt_parse_i64((char[]){p->birth[8], p->birth[9], 0}, 1, 31, &day), VT_OK);
	const struct curp_person domain = {.first_surname = p->first,
		.second_surname = p->second,
		.names = p->names,
		.birth = {.year = (int)year, .month = (int)month, .day = (int)day},
		.sex = p->sex[0],
		.entity = p->entity};
	struct vt_error error = {0};
	if (curp_root(&domain, root, &error))
		fail_msg("%s %s %s: %s", p->first, p->second, p->names, error.msg);
	if (strncmp(root, p->curp, CURP_ROOT_LENGTH) != 0)
		fail_msg("%s, %s, %s: %s by the terminal, %s by the agency", p->first, p->second,
			p->names, root, p->curp);
	assert_int_equal(curp_check(p->curp, today), CURP_OK);
	assert_true(names_curp_has_structure(p->curp));
	if (p->former[0])
		assert_int_equal(curp_check(p->former, today), CURP_OK);
	assert_true((p->former[0] != '\0') == (strcmp(p->status, "RCC") == 0));
}

static void every_key_is_what_the_terminal_would_compute(void **state)
{
	(void)state;
	static const uint64_t seeds[] = {42, 0, 1, 7, 20260615};

	for (size_t s = 0; s < VT_ELEMENTS(seeds); s++) {
		struct people people = generate(seeds[s]);
		assert_true(people.count > POPULATION_SIZE);
		for (size_t i = 0; i < people.count; i++)
			check_person(&people.list[i]);
		free(people.list);
	}
}

static size_t count_status(const struct people *people, const char *status)
{
	size_t count = 0;

	for (size_t i = 0; i < people->count; i++)
		count += strcmp(people->list[i].status, status) == 0;
	return count;
}

static size_t count_text(const struct people *people, const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < people->count; i++)
		count += strstr(people->list[i].first, text) ||
			 strstr(people->list[i].second, text) ||
			 strstr(people->list[i].names, text);
	return count;
}

static void every_status_entity_document_and_accent_occurs(void **state)
{
	(void)state;
	static const char *const statuses[] = {"AN", "AH", "CRA", "RCN", "RCC", "BD", "BDA", "BCC",
		"BCN", "BSU", "BAP", "BDM", "BDP", "BJD"};
	static const char *const texts[] = {"Ñ", "Á", "É", "Í", "Ó", "Ú", "Ü", "'", "-", "DE LA "};
	struct people people = generate(42);
	bool entity_seen[26 * 26] = {0}, document_seen[10] = {0};
	size_t entities = 0, single_surnames = 0, nonbinary = 0;

	for (size_t i = 0; i < VT_ELEMENTS(statuses); i++)
		assert_true(count_status(&people, statuses[i]) >= 20);
	for (size_t i = 0; i < VT_ELEMENTS(texts); i++)
		assert_true(count_text(&people, texts[i]) > 0);
	for (size_t i = 0; i < people.count; i++) {
		const struct person *p = &people.list[i];
		entity_seen[(p->entity[0] - 'A') * 26 + p->entity[1] - 'A'] = true;
		document_seen[p->document[0] - '0'] = true;
		single_surnames += p->second[0] == '\0';
		nonbinary += p->sex[0] == 'X';
	}
	for (size_t i = 0; i < VT_ELEMENTS(entity_seen); i++)
		entities += entity_seen[i];
	assert_int_equal(entities, 33);
	assert_true(document_seen[1] && document_seen[3] && document_seen[4] && document_seen[7]);
	assert_true(single_surnames > 10 && nonbinary > 5);
	free(people.list);
}

static void the_same_seed_makes_the_same_people_and_another_others(void **state)
{
	(void)state;
	struct people a = generate(42), b = generate(42), c = generate(43);
	size_t same = 0;

	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.list, b.list, a.count * sizeof(*a.list));
	for (size_t i = 0; i < a.count; i++)
		same += is_taken(&c, a.list[i].curp);
	assert_true(same >= 11 && same < a.count / 2); /* the fixed ones are always there */
	assert_int_equal(count_text(&a, "ZENAIDA") + count_text(&c, "ZENAIDA"), 0);
	assert_int_equal(count_text(&a, "QUINTANAR") + count_text(&c, "INEXISTENTE"), 0);
	free(a.list);
	free(b.list);
	free(c.list);
}

static void the_examples_of_the_booklet_come_out(void **state)
{
	(void)state;
	static const struct {
		const char *names, *first, *second, *first_4, *inner_3;
	} examples[] = {
		{"ALBERTO", "ÑANDO", "RODRIGUEZ", "XARA", NULL},
		{"MARIA LUISA", "PEREZ", "HERNANDEZ", "PEHL", NULL},
		{"LUIS ENRIQUE", "ROMERO", "PALAZUELOS", "ROPL", NULL},
		{"JUAN JOSE", "D/AMICO", "ALVAREZ", "DXAJ", NULL},
		{"ROCIO", "RIVA PALACIO", "CRUZ", "RICR", NULL},
		{"CARLOS", "MC GREGOR", "LOPEZ", "GELC", NULL},
		{"OFELIA", "PEDRERO", "DOMINGUEZ", "PXDO", NULL},
		{"ANDRES", "ICH", "RODRÍGUEZ", "IXRA", NULL},
		{"LUIS", "PEREZ", "", "PEXL", NULL},
		{"ALBERTO", "OÑATE", "RODRIGUEZ", NULL, "XDL"},
		{"ANDRES", "PO", "BARRIOS", NULL, "XRN"},
		{"LETICIA", "LUNA", "", NULL, "NXT"},
		{"MA. DE LOS ANGELES", "MORENO", "SANCHEZ", NULL, "RNN"},
	};
	char curp[CURP_SIZE];

	for (size_t i = 0; i < VT_ELEMENTS(examples); i++) {
		const struct names_parts parts = {.first = examples[i].first,
			.second = examples[i].second,
			.names = examples[i].names,
			.birth = "1980-01-01",
			.sex = 'H',
			.entity = "DF"};
		assert_int_equal(names_make_curp(&parts, 0, curp), VT_OK);
		if (examples[i].first_4)
			assert_memory_equal(curp, examples[i].first_4, 4);
		if (examples[i].inner_3)
			assert_memory_equal(curp + 13, examples[i].inner_3, 3);
	}
}

static void names_compare_without_accents_and_case_but_with_enye(void **state)
{
	(void)state;
	char folded[NAMES_SIZE];

	assert_int_equal(names_fold(folded, sizeof(folded), "  concepción   Argüello "), VT_OK);
	assert_string_equal(folded, "CONCEPCION ARGUELLO");
	assert_int_equal(names_fold(folded, sizeof(folded), "Briseño"), VT_OK);
	assert_string_equal(folded, "BRISEÑO");
	assert_int_equal(names_fold(folded, sizeof(folded), "BRISEN\xcc\x83O JOSE\xcc\x81"), VT_OK);
	assert_string_equal(folded, "BRISEÑO JOSE");
	assert_int_equal(names_fold(folded, sizeof(folded), "O’FARRIL"), VT_OK);
	assert_string_equal(folded, "O'FARRIL");
	char longer[300];
	memset(longer, 'A', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(names_fold(folded, sizeof(folded), longer), VT_ERR_LIMIT);
	assert_string_equal(folded, "");
}

static void homonyms_end_where_the_characters_do(void **state)
{
	(void)state;
	struct names_parts parts = {.first = "LUNA",
		.second = "",
		.names = "LETICIA",
		.birth = "1999-12-31",
		.sex = 'M',
		.entity = "DF"};
	char curp[CURP_SIZE] = "untouched";

	assert_int_equal(names_make_curp(&parts, 9, curp), VT_OK);
	assert_int_equal(curp[16], '9');
	assert_int_equal(names_make_curp(&parts, 10, curp), VT_ERR_LIMIT);
	assert_int_equal(curp[16], '9');
	parts.birth = "2000-01-01";
	assert_int_equal(names_make_curp(&parts, 25, curp), VT_OK);
	assert_int_equal(curp[16], 'Z');
	parts.names = "";
	assert_int_equal(names_make_curp(&parts, 0, curp), VT_ERR_INVALID);
}

/* ---- faults ---- */

static struct fault take(struct faults *faults, const char *text)
{
	const struct fault_target target = {.text = text, .is_soap = strstr(text, "urn:") != NULL};

	return faults_take(faults, &target);
}

static void counted_faults_queue_and_run_out(void **state)
{
	(void)state;
	struct faults faults = {0};

	assert_int_equal(faults_order(&faults, "/fees drop-after 2", NULL), VT_OK);
	assert_int_equal(faults_order(&faults, "/fees status 503 retry-after 9 1", NULL), VT_OK);
	assert_int_equal(take(&faults, "/other").kind, FAULT_NONE);
	assert_int_equal(take(&faults, "/fees/v1").kind, FAULT_DROP_AFTER);
	assert_int_equal(take(&faults, "/fees/v1").kind, FAULT_DROP_AFTER);
	const struct fault busy = take(&faults, "/fees/v1");
	assert_int_equal(busy.kind, FAULT_STATUS);
	assert_int_equal(busy.status, 503);
	assert_int_equal(busy.retry_after_s, 9);
	assert_int_equal(take(&faults, "/fees/v1").kind, FAULT_NONE);
}

static void an_uncounted_fault_stays_until_the_next_order(void **state)
{
	(void)state;
	struct faults faults = {0};

	assert_int_equal(faults_order(&faults, "delay 250", NULL), VT_OK);
	for (int i = 0; i < 100; i++)
		assert_int_equal(take(&faults, "/x").delay_ms, 250);
	assert_int_equal(faults_order(&faults, "malformed", NULL), VT_OK);
	assert_int_equal(take(&faults, "/x").kind, FAULT_MALFORMED);
	assert_int_equal(faults_order(&faults, "/x none", NULL), VT_OK); /* of another path */
	assert_int_equal(take(&faults, "/x").kind, FAULT_MALFORMED);
	assert_int_equal(faults_order(&faults, "none", NULL), VT_OK);
	assert_int_equal(take(&faults, "/x").kind, FAULT_NONE);
}

static void faults_of_the_signature_wait_for_soap(void **state)
{
	(void)state;
	static const char *const soap_only[] = {
		"expired", "bad-signature", "unsigned", "wrong-ca", "wrapped", "latin1"};

	for (size_t i = 0; i < VT_ELEMENTS(soap_only); i++) {
		struct faults faults = {0};
		char order[40];
		assert_true(vt_format(order, sizeof(order), "%s 1", soap_only[i]));
		assert_int_equal(faults_order(&faults, order, NULL), VT_OK);
		assert_int_equal(take(&faults, "/fees").kind, FAULT_NONE);
		const struct fault fault = take(&faults, "/services urn:consultarPorCurp");
		assert_string_equal(fault_kind_text(fault.kind), soap_only[i]);
	}
}

static void a_malformed_order_changes_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "x", "x y", "delay", "delay x", "delay -1",
		"delay 600001", "status 99", "status 600", "status 500 retry-after",
		"status 500 retry-after x", "malformed 0", "malformed -1", "malformed 1 2",
		"a b c d e f g h i", "a drop-before 99999999999999999999"};
	struct faults faults = {0};
	struct vt_error error = {0};

	assert_int_equal(faults_order(&faults, "delay 7", NULL), VT_OK);
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		assert_int_equal(faults_order(&faults, bad[i], &error), VT_ERR_PARSE);
		assert_true(error.msg[0] != '\0');
	}
	assert_int_equal(faults.count, 1);
	assert_int_equal(take(&faults, "/").delay_ms, 7);
}

static void the_list_of_faults_has_an_end(void **state)
{
	(void)state;
	struct faults faults = {0};

	for (size_t i = 0; i < FAULTS_MAX; i++)
		assert_int_equal(faults_order(&faults, "drop-before 1", NULL), VT_OK);
	assert_int_equal(faults_order(&faults, "drop-before 1", NULL), VT_ERR_FULL);
	assert_int_equal(faults_order(&faults, "none", NULL), VT_OK);
	assert_int_equal(faults.count, 0);
}

/* ---- keys ---- */

static void only_a_quoted_uuid_is_a_key(void **state)
{
	(void)state;
	static const char *const bad[] = {NULL, "", "\"\"", "8e03978e-40d5-43e8-bc93-6894a57f9324",
		"\"8E03978E-40D5-43E8-BC93-6894A57F9324\"",
		"\"8e03978e-40d5-43e8-bc93-6894a57f932\"",
		"\"8e03978e-40d5-43e8-bc93-6894a57f9324\" ",
		"'8e03978e-40d5-43e8-bc93-6894a57f9324'"};
	char key[VT_UUID_SIZE];

	assert_true(fees_key("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", key));
	assert_string_equal(key, "8e03978e-40d5-43e8-bc93-6894a57f9324");
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		assert_false(fees_key(bad[i], key));
		assert_string_equal(key, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_what_the_terminal_would_compute),
		cmocka_unit_test(every_status_entity_document_and_accent_occurs),
		cmocka_unit_test(the_same_seed_makes_the_same_people_and_another_others),
		cmocka_unit_test(the_examples_of_the_booklet_come_out),
		cmocka_unit_test(names_compare_without_accents_and_case_but_with_enye),
		cmocka_unit_test(homonyms_end_where_the_characters_do),
		cmocka_unit_test(counted_faults_queue_and_run_out),
		cmocka_unit_test(an_uncounted_fault_stays_until_the_next_order),
		cmocka_unit_test(faults_of_the_signature_wait_for_soap),
		cmocka_unit_test(a_malformed_order_changes_nothing),
		cmocka_unit_test(the_list_of_faults_has_an_end),
		cmocka_unit_test(only_a_quoted_uuid_is_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
