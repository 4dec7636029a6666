#include "tests/lib/cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/base64.h"
#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/config.h"
#include "terminal/base/secret.h"
#include "terminal/base/text.h"

static void copy_refuses_what_does_not_fit(void **state)
{
	char small[4] = "old";

	(void)state;
	assert_true(vt_copy(small, sizeof(small), "abc"));
	assert_string_equal(small, "abc");
	assert_false(vt_copy(small, sizeof(small), "abcd"));
	assert_string_equal(small, "");
	assert_false(vt_copy(small, sizeof(small), NULL));
}

static void cut_copy_never_splits_a_code_point(void **state)
{
	char small[4];

	(void)state;
	vt_copy_cut(small, sizeof(small), "aañ"); /* ñ is 2 bytes: "aa" + half would fit */
	assert_string_equal(small, "aa");
	vt_copy_cut(small, sizeof(small), "añ");
	assert_string_equal(small, "añ");
}

static void numbers_are_parsed_whole_or_not_at_all(void **state)
{
	int64_t value = 77;

	(void)state;
	assert_int_equal(vt_parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &value), VT_OK);
	assert_true(value == INT64_MIN);
	assert_int_equal(vt_parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &value), VT_OK);
	assert_true(value == INT64_MAX);
	value = 77;
	assert_int_equal(
		vt_parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &value), VT_ERR_LIMIT);
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "0x1", "1.0", "--1"};
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_int_equal(vt_parse_i64(bad[i], 0, 10, &value), VT_ERR_PARSE);
	assert_int_equal(vt_parse_i64("11", 0, 10, &value), VT_ERR_LIMIT);
	assert_int_equal(value, 77);
}

static void utf8_refuses_overlong_surrogates_and_cut_sequences(void **state)
{
	static const char *const bad[] = {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xc3", "\x80", "\xff"};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_false(vt_utf8_valid(bad[i], strlen(bad[i])));
	assert_true(vt_utf8_valid("Ñandú ꞌ 😀", strlen("Ñandú ꞌ 😀")));
	assert_int_equal(vt_utf8_length("Ñandú"), 5);
}

static void every_code_point_survives_encode_and_decode(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp <= 0x10ffff; cp++) {
		char bytes[5] = {0};
		const size_t length = vt_utf8_encode(cp, bytes);
		const char *p = bytes;
		if (cp >= 0xd800 && cp <= 0xdfff) {
			assert_int_equal(length, 0);
			continue;
		}
		assert_true(vt_utf8_next(&p) == cp && p == bytes + length);
	}
}

static void uuid_has_version_and_variant(void **state)
{
	const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff};
	char uuid[37];

	(void)state;
	vt_uuid_format(ones, uuid);
	assert_string_equal(uuid, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	assert_true(vt_uuid_valid(uuid));
	assert_false(vt_uuid_valid("FFFFFFFF-ffff-4fff-bfff-ffffffffffff"));
	assert_false(vt_uuid_valid("ffffffff-ffff-4fff-bfff-fffffffffff"));
}

static void hex_round_trips_and_refuses_bad_digits(void **state)
{
	uint8_t bytes[3];
	char hex[7];

	(void)state;
	assert_true(vt_unhex(bytes, 3, "00aFff"));
	vt_hex(hex, bytes, 3);
	assert_string_equal(hex, "00afff");
	assert_false(vt_unhex(bytes, 3, "00aFf"));
	assert_false(vt_unhex(bytes, 3, "00aFfg"));
}

static void buffer_stops_at_its_maximum_and_stays_stopped(void **state)
{
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, 5);
	vt_buf_append_text(&buf, "abc");
	vt_buf_append_text(&buf, "def");
	assert_int_equal(buf.failed, VT_ERR_LIMIT);
	vt_buf_append_text(&buf, "g");
	assert_string_equal(vt_buf_text(&buf), "abc");
	vt_buf_reset(&buf);
	vt_buf_printf(&buf, "%s", "12345");
	assert_int_equal(buf.failed, VT_OK);
	vt_buf_consume(&buf, 2);
	assert_string_equal(vt_buf_text(&buf), "345");
	vt_buf_finish(&buf);
	assert_null(buf.data);
}

static void secret_is_gone_after_finish(void **state)
{
	static const char zeros[VT_MAX_VALUE];
	struct vt_secret secret;
	char text[VT_MAX_VALUE + 1];

	(void)state;
	assert_true(vt_secret_set(&secret, "SABC560626MDFLRN01"));
	assert_string_equal(vt_secret_get(&secret), "SABC560626MDFLRN01");
	vt_secret_finish(&secret);
	assert_memory_equal(secret.value, zeros, sizeof(zeros));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_false(vt_secret_set(&secret, text));
}

static void error_prefixes_build_a_story(void **state)
{
	struct vt_error error = {0};

	(void)state;
	assert_int_equal(vt_fail(&error, VT_ERR_IO, 5, "open failed"), VT_ERR_IO);
	assert_int_equal(vt_prefix(&error, VT_ERR_IO, "queue"), VT_ERR_IO);
	assert_string_equal(error.msg, "queue: open failed");
	assert_int_equal(error.os, 5);
	assert_string_equal(vt_code_name(VT_ERR_IO), "VT_ERR_IO");
	assert_string_equal(vt_code_text((enum vt_code)999), "unknown error");
}

static struct vt_config *load(const char *text, enum vt_code expected)
{
	char path[] = "/tmp/vt-config-XXXXXX";
	const int fd = mkstemp(path);
	struct vt_config *config = NULL;
	struct vt_error error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(vt_config_load(path, &config, &error), expected);
	unlink(path);
	return config;
}

static void config_gives_values_and_refuses_bad_lines(void **state)
{
	struct vt_error error;
	int64_t number = 0;
	bool flag = false;

	(void)state;
	struct vt_config *config = load("[ui]\nwidth = 1080\nfullscreen = yes\nbad = 12x\n", VT_OK);
	assert_int_equal(vt_config_i64(config, "ui", "width", 1, 1, 9999, &number, &error), VT_OK);
	assert_int_equal(number, 1080);
	assert_int_equal(vt_config_bool(config, "ui", "fullscreen", false, &flag, &error), VT_OK);
	assert_true(flag);
	assert_int_equal(
		vt_config_i64(config, "ui", "bad", 1, 1, 99, &number, &error), VT_ERR_PARSE);
	assert_non_null(strstr(error.msg, "[ui] bad"));
	assert_null(vt_config_require(config, "core", "socket", &error));
	assert_non_null(strstr(error.msg, "[core] socket"));
	assert_string_equal(vt_config_get(config, "x", "y", "z"), "z");
	vt_config_close(&config);
	assert_null(load("[ui]\nnonsense\n", VT_ERR_PARSE));
	assert_null(load("[ui]\na=1\na=2\n", VT_ERR_PARSE));
	assert_int_equal(vt_config_load("/nonexistent/x", &config, &error), VT_ERR_NOT_FOUND);
}

/* Vectors of RFC 4648 §10, and what is not the one spelling of some bytes. */
static void base64_round_trips_and_refuses_other_spellings(void **state)
{
	static const struct {
		const char *bytes, *text;
	} good[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {"Z", "Zg=", "Zg", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9",
		"====", "Z===", "Zm9v\n", "Zm-_"};
	char text[16];
	uint8_t bytes[8];
	size_t length;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(good); i++) {
		const size_t size = strlen(good[i].bytes);
		assert_int_equal(vt_base64_encode(text, sizeof(text), good[i].bytes, size), VT_OK);
		assert_string_equal(text, good[i].text);
		assert_int_equal(vt_base64_decode(bytes, sizeof(bytes), text, &length), VT_OK);
		assert_int_equal(length, size);
		assert_memory_equal(bytes, good[i].bytes, size);
	}
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_int_equal(
			vt_base64_decode(bytes, sizeof(bytes), bad[i], &length), VT_ERR_PARSE);
	assert_int_equal(vt_base64_encode(text, 8, "foobar", 6), VT_ERR_LIMIT);
	assert_string_equal(text, "");
	assert_int_equal(vt_base64_encode(text, 9, "foobar", 6), VT_OK);
	assert_int_equal(vt_base64_decode(bytes, 5, "Zm9vYmFy", &length), VT_ERR_LIMIT);
	assert_int_equal(vt_base64_decode(bytes, 6, "Zm9vYmFy", &length), VT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_refuses_what_does_not_fit),
		cmocka_unit_test(cut_copy_never_splits_a_code_point),
		cmocka_unit_test(numbers_are_parsed_whole_or_not_at_all),
		cmocka_unit_test(utf8_refuses_overlong_surrogates_and_cut_sequences),
		cmocka_unit_test(every_code_point_survives_encode_and_decode),
		cmocka_unit_test(uuid_has_version_and_variant),
		cmocka_unit_test(hex_round_trips_and_refuses_bad_digits),
		cmocka_unit_test(base64_round_trips_and_refuses_other_spellings),
		cmocka_unit_test(buffer_stops_at_its_maximum_and_stays_stopped),
		cmocka_unit_test(secret_is_gone_after_finish),
		cmocka_unit_test(error_prefixes_build_a_story),
		cmocka_unit_test(config_gives_values_and_refuses_bad_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
