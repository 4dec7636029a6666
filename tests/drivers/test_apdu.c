/* Commands in all their forms, chains, GET RESPONSE and wrong Le; TLV's refusals; and cards that no
 * applet of ours plays, as scripts of what they answer. */

#include <string.h>

#include "tests/lib/cmocka_prelude.h"

#include "drivers/smartcard/apdu.h"
#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/text.h"
#include "tests/drivers/card_host.h"

static struct apdu_exchange x;

static size_t bytes(const char *hex, uint8_t *ret, size_t size)
{
	size_t length = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		char pair[3] = {hex[0], hex[1], '\0'};
		assert_true(length < size && vt_unhex(ret + length, 1, pair));
		length++;
		hex++;
	}
	return length;
}

static void assert_raw(const char *hex)
{
	uint8_t wanted[APDU_MAX_COMMAND];
	size_t length = bytes(hex, wanted, sizeof(wanted));

	assert_int_equal(x.raw_length, length);
	assert_memory_equal(x.raw, wanted, length);
}

static enum apdu_next take(const char *hex)
{
	uint8_t response[300];
	size_t length = bytes(hex, response, sizeof(response));

	return exchange_take(&x, response, length);
}

/* ---- forms ---- */

static void four_cases_short_and_extended(void **state)
{
	static const uint8_t data[] = {0xaa, 0xbb};
	static const struct {
		size_t length, expected;
		bool extended;
		const char *hex;
	} forms[] = {
		{0, 0, false, "00 87 01 02"},
		{0, 16, false, "00 87 01 02 10"},
		{0, 256, false, "00 87 01 02 00"},
		{2, 0, false, "00 87 01 02 02 AA BB"},
		{2, 256, false, "00 87 01 02 02 AA BB 00"},
		{0, 0, true, "00 87 01 02"},
		{0, 300, true, "00 87 01 02 00 01 2C"},
		{0, 65536, true, "00 87 01 02 00 00 00"},
		{2, 0, true, "00 87 01 02 00 00 02 AA BB"},
		{2, 65536, true, "00 87 01 02 00 00 02 AA BB 00 00"},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(forms); i++) {
		struct apdu_command command = {.ins = 0x87,
			.p1 = 1,
			.p2 = 2,
			.data = data,
			.length = forms[i].length,
			.expected = forms[i].expected};
		uint8_t wanted[32], raw[32];
		size_t length = bytes(forms[i].hex, wanted, sizeof(wanted));

		assert_int_equal(
			apdu_encode(&command, forms[i].extended, raw, sizeof(raw)), length);
		assert_memory_equal(raw, wanted, length);
	}
	struct apdu_command large = {.data = data, .length = 2, .expected = 257};
	uint8_t raw[32];
	assert_int_equal(apdu_encode(&large, false, raw, sizeof(raw)), 0);
	assert_int_equal(apdu_encode(&large, true, raw, 10), 0);
}

static void begin(size_t length, size_t expected, bool may_extend, bool is_secret)
{
	static uint8_t data[APDU_MAX_DATA];
	struct apdu_command command = {.ins = 0x87,
		.data = data,
		.length = length,
		.expected = expected,
		.is_secret = is_secret};

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	exchange_begin(&x, &command, may_extend);
}

static void long_commands_are_chained(void **state)
{
	(void)state;
	begin(266, 256, false, false);
	assert_int_equal(x.raw_length, 260);
	assert_int_equal(x.raw[0], 0x10);
	assert_int_equal(x.raw[4], 255);
	assert_int_equal(take("90 00"), APDU_SEND);
	assert_raw("00 87 00 00 0B 00 01 02 03 04 05 06 07 08 09 0A 00");
	assert_int_equal(take("61 02"), APDU_SEND);
	assert_raw("00 C0 00 00 02");
	assert_int_equal(take("AA BB 90 00"), APDU_DONE);
	assert_int_equal(x.reply_length, 2);
	assert_int_equal(x.sw, 0x9000);
	/* A part that fails ends it; a part that answers with data, or 61xx, is nonsense. */
	begin(266, 256, false, false);
	assert_int_equal(take("69 82"), APDU_DONE);
	begin(266, 256, false, false);
	assert_int_equal(take("AA 90 00"), APDU_MALFORMED);
	begin(266, 256, false, false);
	assert_int_equal(take("61 10"), APDU_MALFORMED);
}

static void cards_without_chaining_get_it_extended(void **state)
{
	(void)state;
	begin(266, 256, true, false);
	assert_int_equal(take("68 84"), APDU_SEND);
	assert_int_equal(x.raw_length, 4 + 3 + 266 + 2);
	assert_int_equal(x.raw[0], 0x00);
	assert_int_equal(take("AA 90 00"), APDU_DONE);
	/* Once; and not where the reader cannot. */
	begin(266, 256, true, false);
	assert_int_equal(take("6E 00"), APDU_SEND);
	assert_int_equal(take("68 84"), APDU_DONE);
	begin(266, 256, false, false);
	assert_int_equal(take("68 84"), APDU_DONE);
}

static void wrong_le_is_corrected_once(void **state)
{
	(void)state;
	begin(2, 256, false, false);
	assert_int_equal(take("6C 05"), APDU_SEND);
	assert_raw("00 87 00 00 02 01 02 05");
	assert_int_equal(take("6C 06"), APDU_MALFORMED);
	begin(2, 256, false, false);
	assert_int_equal(take("61 00"), APDU_SEND);
	assert_raw("00 C0 00 00 00");
	assert_int_equal(take("6C 01"), APDU_SEND);
	assert_raw("00 C0 00 00 01");
	assert_int_equal(take("AA 90 00"), APDU_DONE);
	/* A PIN is not sent again, whatever the card says of it. */
	begin(8, 0, true, true);
	assert_int_equal(take("6C 08"), APDU_MALFORMED);
}

static void answers_are_bounded(void **state)
{
	int pieces = 0;
	uint8_t piece[258] = {0};

	(void)state;
	piece[256] = 0x61;
	piece[257] = 0xff;
	begin(2, 256, false, false);
	while (exchange_take(&x, piece, sizeof(piece)) == APDU_SEND)
		assert_true(++pieces <= APDU_MAX_REPLY / 256);
	assert_int_equal(x.reply_length, APDU_MAX_REPLY);
	begin(2, 256, false, false);
	for (pieces = 0; take("61 01") == APDU_SEND;)
		assert_true(++pieces < APDU_MAX_ROUNDS);
	for (size_t i = 0; i < 4; i++) {
		static const char *const nonsense[] = {"", "90", "60 00", "12 34"};

		begin(2, 256, false, false);
		assert_int_equal(take(nonsense[i]), APDU_MALFORMED);
	}
}

static void sent_commands_are_wiped(void **state)
{
	static const uint8_t zero[APDU_MAX_DATA];

	(void)state;
	begin(8, 0, false, true);
	assert_memory_equal(x.data, zero, sizeof(zero));
	assert_int_equal(x.raw[5], 1);
	assert_int_equal(take("90 00"), APDU_DONE);
	assert_memory_equal(x.raw, zero, 64);
}

static void status_words_have_codes(void **state)
{
	(void)state;
	assert_int_equal(apdu_sw_code(0x9000), VT_OK);
	assert_int_equal(apdu_sw_code(0x6282), VT_OK);
	assert_int_equal(apdu_sw_code(0x63c2), VT_ERR_DENIED);
	assert_int_equal(apdu_sw_code(0x6302), VT_ERR_DENIED);
	assert_int_equal(apdu_sw_code(0x6983), VT_ERR_DENIED);
	assert_int_equal(apdu_sw_code(0x6a82), VT_ERR_NOT_FOUND);
	assert_int_equal(apdu_sw_code(0x6fff), VT_ERR_DEVICE);
	assert_string_equal(apdu_sw_text(0x6983), "PIN blocked");
}

/* ---- TLV ---- */

static int seek(const char *hex, uint32_t tag, size_t *ret_value, size_t *ret_length)
{
	uint8_t data[300];
	size_t length = bytes(hex, data, sizeof(data));

	return tlv_seek(data, length, tag, ret_value, ret_length);
}

static void tlv_finds_and_refuses(void **state)
{
	static const char *const refused[] = {"53", "53 80 00 00", "53 81 7F", "53 82 00 80",
		"53 02 AA", "53 83 00 01 00", "53 84 00 00 00 01 AA", "1F 80 01 01 AA", "5F",
		"5F C1", "5F 81 81 81 81 01 00"};
	size_t value = 77, length = 78;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(refused); i++)
		assert_int_equal(seek(refused[i], 0x53, &value, &length), 0);
	assert_true(value == 77 && length == 78); /* untouched */
	assert_int_equal(seek("00 00 70 01 AA 5F C1 05 02 01 02", 0x5fc105, &value, &length), 1);
	assert_true(value == 9 && length == 2);
	assert_int_equal(seek("70 01 AA", 0x71, &value, &length), 0);
	/* The second of two with one tag is not the first. */
	assert_int_equal(seek("71 00 71 01 AA", 0x71, &value, &length), 1);
	assert_int_equal(length, 0);
}

static void simple_tlv_counts_values(void **state)
{
	static const uint8_t tags[] = {0x71, 1, 0x70, 0xff, 0x02, 0x00, 0x72, 0x00};
	size_t value, length;

	(void)state;
	assert_int_equal(tlv_simple_seek(tags, sizeof(tags), 3, 0x70, &value, &length), 1);
	assert_true(value == 1 && length == 2);
	assert_int_equal(tlv_simple_seek(tags, sizeof(tags), 2, 0x70, &value, &length), 0);
	assert_int_equal(tlv_simple_seek(tags, 4, 3, 0x70, &value, &length), 0);
	assert_int_equal(tlv_simple_seek(tags, sizeof(tags), 3, 0x73, &value, &length), 0);
}

/* ---- what is signed ---- */

static void blocks(void **state)
{
	static const uint8_t digest[32] = {9};
	uint8_t block[256], raw[64] = {0}, der[112];

	(void)state;
	assert_true(block_pkcs1(CARD_SHA256, digest, sizeof(digest), block, sizeof(block)));
	assert_true(block[0] == 0 && block[1] == 1 && block[2] == 0xff && block[203] == 0xff);
	assert_int_equal(block[256 - 52], 0);
	assert_false(block_pkcs1(CARD_SHA256, digest, sizeof(digest), block, 61));
	block_ecdsa(digest, 32, block, 48);
	assert_true(block[0] == 0 && block[16] == 9);
	raw[0] = 0x80;
	raw[63] = 1;
	assert_int_equal(block_ecdsa_der(raw, 32, der, sizeof(der)), 2 + 35 + 3);
	assert_int_equal(der[4], 0); /* stays positive */
	assert_int_equal(block_ecdsa_der(raw, 32, der, 60), 0);
}

static void gzip_has_a_hard_limit(void **state)
{
	/* 4,000 zeros. */
	uint8_t packed[64], out[CERTIFICATE_DER_SIZE];
	size_t length, packed_length = bytes("78 DA ED C1 31 01 00 00 00 C2 A0 F5 4F "
					     "6D 0C 1F A0 00 00 00 80 B7 01 0F A0 00 01",
			       packed, sizeof(packed));

	(void)state;
	assert_false(block_inflate(packed, packed_length, out, sizeof(out), &length));
	assert_false(block_inflate(packed, 3, out, sizeof(out), &length));
	assert_false(block_inflate(packed, 0, out, sizeof(out), &length));
}

/* ---- strange cards: command prefix and answer, in hex; what is not there is 6A82 ---- */

struct line {
	const char *command, *answer;
};

static size_t answer_from(void *user, const uint8_t *apdu, size_t length, uint8_t ret[4096])
{
	uint8_t prefix[64];

	for (const struct line *line = user; line->command; line++) {
		size_t size = bytes(line->command, prefix, sizeof(prefix));

		if (length >= size && memcmp(apdu, prefix, size) == 0)
			return bytes(line->answer, ret, 4096);
	}
	return bytes("6A 82", ret, 4096);
}

static enum smartcard_outcome list(struct card_host *host, const struct line *lines)
{
	card_host_begin_function(host, answer_from, (void *)(uintptr_t)lines);
	return card_host_list(host);
}

static void other_cards_have_no_application(void **state)
{
	static const struct line nothing[] = {{NULL, NULL}};
	static const struct line blank[] = {{"00 A4", "90 00"}, {NULL, NULL}};
	static const struct line refuses[] = {{"00", "6E 00"}, {NULL, NULL}};
	const struct line *const cards[] = {nothing, refuses};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cards); i++) {
		struct card_host host = {0};

		assert_int_equal(list(&host, cards[i]), SMARTCARD_NO_APPLICATION);
		assert_int_equal(smartcard_application(host.smartcard), CARD_NO_APPLICATION);
		assert_int_equal(host.resets, 0);
		card_host_finish(&host);
	}
	/* Whatever is selected is there, but holds nothing. */
	struct card_host host = {0};
	assert_int_equal(list(&host, blank), SMARTCARD_OK);
	assert_int_equal(smartcard_count(host.smartcard), 0);
	card_host_finish(&host);
}

/* PKCS#15 that is found through EF.DIR only, with paths relative to its folder, selected id by id
 * with FCI: no AID, no P1 08, no P2 0C. */
static void pkcs15_by_its_directory(void **state)
{
	static const struct line card[] = {
		{"00 A4 04", "6A 82"},
		{"00 A4 08", "6A 86"},
		{"00 A4 00 0C", "6A 86"},
		{"00 A4 00 00 02 3F 00", "6F 00 90 00"},
		{"00 A4 00 00 02 2F 00", "90 00"},
		{"00 A4 00 00 02 50 15", "90 00"},
		{"00 A4 00 00 02 50 31", "6A 82"},
		{"00 B0 00 00", "61 16 4F 0C A0 00 00 00 63 50 4B 43 53 2D 31 35 51 06 3F 00 50 15"
				" 50 15 62 82"},
		{NULL, NULL},
	};
	struct card_host host = {0};

	(void)state;
	/* Found, walked to, and its ODF is missing: then it is none. */
	assert_int_equal(list(&host, card), SMARTCARD_NO_APPLICATION);
	assert_true(host.exchanges > 10);
	card_host_finish(&host);
}

static void endless_file_is_given_up(void **state)
{
	static struct line card[] = {
		{"00 A4 04 00 09", "6A 82"},
		{"00 A4", "90 00"},
		{"00 B0", NULL},
		{NULL, NULL},
	};
	static char full[3 * 258 + 1];
	struct card_host host = {0};

	(void)state;
	for (size_t i = 0; i < 256; i++)
		memcpy(full + 3 * i, "A1 ", 3);
	memcpy(full + 3 * 256, "90 00", 6);
	card[2].answer = full;
	assert_int_equal(list(&host, card), SMARTCARD_OK); /* a CAC card without certificates */
	assert_true(host.exchanges < 200);
	card_host_finish(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_cases_short_and_extended),
		cmocka_unit_test(long_commands_are_chained),
		cmocka_unit_test(cards_without_chaining_get_it_extended),
		cmocka_unit_test(wrong_le_is_corrected_once),
		cmocka_unit_test(answers_are_bounded),
		cmocka_unit_test(sent_commands_are_wiped),
		cmocka_unit_test(status_words_have_codes),
		cmocka_unit_test(tlv_finds_and_refuses),
		cmocka_unit_test(simple_tlv_counts_values),
		cmocka_unit_test(blocks),
		cmocka_unit_test(gzip_has_a_hard_limit),
		cmocka_unit_test(other_cards_have_no_application),
		cmocka_unit_test(pkcs15_by_its_directory),
		cmocka_unit_test(endless_file_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
