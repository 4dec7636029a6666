/* What printers say of themselves, and assets/printers.tsv: what is read, what is refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/device_id.h"
#include "drivers/profiles.h"
#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"

#define HEADING                                                                                   \
	"name\tmfg\tmdl\twidth_px\tdpi\traster\tcut\tfeed_lines\tcode_page\tcolumns\tqr\tconfirm" \
	"\tauto_status\tcutter_counter\tnotes\n"
#define REST "\t576\t203\tyes\tpartial\t3\t19\t48\tyes\tgs-r\tno\tno\tnote\n"
#define LAST "Any\t*\t*" REST

static struct profiles profiles;

/* Bytes of a device id with its length; lie is added to it. */
static size_t make_id(const char *text, int lie, uint8_t bytes[2048])
{
	const size_t length = strlen(text) + 2, said = (size_t)((int)length + lie);

	bytes[0] = (uint8_t)(said >> 8);
	bytes[1] = (uint8_t)said;
	memcpy(bytes + 2, text, length - 2);
	return length;
}

static enum vt_code parse_id(
	const char *text, int lie, struct device_id *ret, struct vt_error *error)
{
	uint8_t bytes[2048];

	return device_id_parse(bytes, make_id(text, lie, bytes), ret, error);
}

static void an_id_is_read_in_both_spellings(void **state)
{
	struct device_id id;
	struct vt_error error;

	(void)state;
	assert_int_equal(parse_id("MFG:EPSON;CMD:ESC/POS,BDC;MDL:TM-T20II;CLS:PRINTER;DES:x:y;", 0,
				 &id, &error),
		VT_OK);
	assert_string_equal(id.manufacturer, "EPSON");
	assert_string_equal(id.model, "TM-T20II");
	assert_string_equal(id.class, "PRINTER");
	assert_true(device_id_speaks(&id, "esc/pos"));
	assert_true(device_id_speaks(&id, "BDC"));
	assert_false(device_id_speaks(&id, "ESC"));
	assert_int_equal(
		parse_id("manufacturer: Wincor Nixdorf ;MODEL:TH230;CMD:;", 0, &id, &error), VT_OK);
	assert_string_equal(id.manufacturer, "Wincor Nixdorf");
	assert_string_equal(id.commands, "");
	assert_false(device_id_speaks(&id, "ESC/POS"));
	/* Some end their text as C does. */
	uint8_t bytes[2048];
	size_t length = make_id("MFG:A;MDL:B;", 1, bytes);
	bytes[length++] = '\0';
	assert_int_equal(device_id_parse(bytes, length, &id, &error), VT_OK);
}

static void id_refused(const char *text, int lie, enum vt_code code, const char *where)
{
	struct device_id id = {.model = "untouched"};
	struct vt_error error = {0};

	if (parse_id(text, lie, &id, &error) != code || !strstr(error.msg, where))
		fail_msg("%s: \"%s\" does not name %s", text, error.msg, where);
	assert_string_equal(id.model, "untouched");
}

static void an_id_that_lies_is_refused(void **state)
{
	struct device_id id;
	struct vt_error error;
	char large[DEVICE_ID_MAX + 1];

	(void)state;
	id_refused("MFG:A;MDL:B;", 1, VT_ERR_PARSE, "says 15 bytes, has 14");
	id_refused("MFG:A;MDL:B;", -1, VT_ERR_PARSE, "says 13 bytes, has 14");
	id_refused("MFG:A;MDL:B", 0, VT_ERR_PARSE, "at the end");
	id_refused("MFG:A;MDL B;", 0, VT_ERR_PARSE, "without");
	id_refused("MFG:A;MDL:B;MODEL:C;", 0, VT_ERR_PARSE, "MODEL twice");
	id_refused("MFG:A;", 0, VT_ERR_PARSE, "no manufacturer or model");
	id_refused("MFG: ;MDL:B;", 0, VT_ERR_PARSE, "no manufacturer or model");
	id_refused("MFG:A\n;MDL:B;", 0, VT_ERR_PARSE, "byte 0a");
	id_refused("MFG:A\x1b[31m;MDL:B;", 0, VT_ERR_PARSE, "byte 1b");
	id_refused("MFG:\xc3\xa9;MDL:B;", 0, VT_ERR_PARSE, "byte c3");
	id_refused("MFG:12345678901234567890123456789012;MDL:B;", 0, VT_ERR_LIMIT, "MFG too long");
	id_refused("", 0, VT_ERR_PARSE, "no manufacturer or model");
	assert_int_equal(device_id_parse((const uint8_t *)"\0", 1, &id, &error), VT_ERR_PARSE);
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	id_refused(large, 0, VT_ERR_PARSE, "1026 bytes");
}

static enum vt_code parse(const char *text, struct vt_error *error)
{
	return profiles_parse(text, strlen(text), &profiles, error);
}

static void refused(const char *text, enum vt_code code, const char *where)
{
	struct vt_error error = {0};

	if (parse(text, &error) != code || !strstr(error.msg, where))
		fail_msg("\"%s\" does not name %s", error.msg, where);
	assert_int_equal(profiles.count, 0);
	assert_null(profiles_default(&profiles));
}

static void a_bad_table_is_refused_with_its_line(void **state)
{
	(void)state;
	refused("", VT_ERR_PARSE, "no heading");
	refused(HEADING, VT_ERR_PARSE, "no last line");
	refused(HEADING "A\tB\tC" REST, VT_ERR_PARSE, "no last line");
	refused(HEADING LAST "A\tB\tC" REST, VT_ERR_PARSE, "line 3: behind");
	refused(HEADING "A\tB\tC" REST "D\tb\tc" REST LAST, VT_ERR_EXISTS, "line 3: b c twice");
	refused(HEADING "A\tB\t*" REST LAST, VT_ERR_PARSE, "line 2: bad mdl");
	refused(HEADING "A\t*\tC" REST LAST, VT_ERR_PARSE, "line 2: bad mdl");
	refused(HEADING "\tB\tC" REST LAST, VT_ERR_PARSE, "line 2: bad name");
	refused(HEADING "A\tB\tC\t577\n", VT_ERR_PARSE, "15 columns");
	refused(HEADING
		"A\tB\tC\t577\t203\tyes\tpartial\t3\t19\t48\tyes\tgs-r\tno\tno\tnote\n" LAST,
		VT_ERR_PARSE, "line 2: bad width_px");
	refused(HEADING "A\tB\tC\t576\t203\tmaybe\tpartial\t3\t19\t48\tyes\tgs-r\tno\tno\tx\n" LAST,
		VT_ERR_PARSE, "line 2: bad raster");
	refused("name\tmfg\n", VT_ERR_PARSE, "columns expected");
}

static const struct printer_model *find(const char *id_text)
{
	struct device_id id;
	struct vt_error error;

	assert_int_equal(parse_id(id_text, 0, &id, &error), VT_OK);
	return profiles_find(&profiles, &id);
}

static void the_shipped_table_finds_models(void **state)
{
	struct vt_error error;
	char path[512];

	(void)state;
	assert_true(
		vt_format(path, sizeof(path), "%s/assets/printers.tsv", getenv("VT_SOURCE_DIR")));
	if (profiles_load(path, &profiles, &error))
		fail_msg("%s", error.msg);
	assert_true(profiles.count > 20);
	const struct printer_model *model = find("MFG:Epson;MDL:TM-T88IV;");
	assert_non_null(model);
	assert_int_equal(model->profile.width_px, 512);
	assert_int_equal(model->profile.image, IMAGE_RASTER);
	model = find("MFG:WINCOR NIXDORF;MDL:TH230;");
	assert_non_null(model);
	assert_int_equal(model->profile.image, IMAGE_GRAPHICS);
	assert_false(model->profile.qr_native);
	/* A star at the end takes what begins so. */
	model = find("MFG:ZJIANG;MDL:POS-5890K;");
	assert_non_null(model);
	assert_int_equal(model->profile.cut, CUT_NONE);
	assert_null(find("MFG:EPSON;MDL:TM-T20IIX;"));
	assert_null(find("MFG:*;MDL:*;"));
	/* The last line asks for little. */
	model = profiles_default(&profiles);
	assert_int_equal(model->profile.width_px, 384);
	assert_int_equal(model->profile.cut, CUT_NONE);
	assert_false(model->profile.auto_status || model->profile.cutter_counter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_read_in_both_spellings),
		cmocka_unit_test(an_id_that_lies_is_refused),
		cmocka_unit_test(a_bad_table_is_refused_with_its_line),
		cmocka_unit_test(the_shipped_table_finds_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
