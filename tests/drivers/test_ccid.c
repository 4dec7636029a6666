/* Our card reader driver against the virtual reader of every exchange level, called directly. */

#include <stdlib.h>
#include <string.h>

#include "tests/drivers/card_rig.h"
#include "tests/lib/cmocka_prelude.h"

/* Exchange level × protocol, and what differs beside them. */
struct way {
	const char *name;
	struct ccid_reader_options options;
	int protocol; /* of the card */
};

static const struct way ways[] = {
	{"TPDU T=0", {.level = CCID_LEVEL_TPDU}, 0},
	{"TPDU T=1", {.level = CCID_LEVEL_TPDU}, 1},
	{"TPDU T=1 IFSD 32", {.level = CCID_LEVEL_TPDU, .max_ifsd = 32}, 1},
	{"TPDU T=1 small messages", {.level = CCID_LEVEL_TPDU, .max_message = 64}, 1},
	{"TPDU both, the reader has T=1 only", {.level = CCID_LEVEL_TPDU, .protocols = 2}, -1},
	{"short T=0", {.level = CCID_LEVEL_SHORT_APDU}, 0},
	{"short T=1", {.level = CCID_LEVEL_SHORT_APDU}, 1},
	{"extended T=0", {.level = CCID_LEVEL_EXTENDED_APDU, .max_message = 65556}, 0},
	{"extended T=1", {.level = CCID_LEVEL_EXTENDED_APDU, .max_message = 65556}, 1},
	{"extended in chunks", {.level = CCID_LEVEL_EXTENDED_APDU, .max_message = 271}, 1},
	{"extended in chunks T=0", {.level = CCID_LEVEL_EXTENDED_APDU, .max_message = 271}, 0},
	{"no interrupt pipe", {.level = CCID_LEVEL_SHORT_APDU, .no_notify = true}, 1},
	{"class FF, descriptor last",
		{.level = CCID_LEVEL_TPDU, .vendor_class = true, .descriptor_last = true}, 0},
	{"empty packets", {.level = CCID_LEVEL_TPDU, .zero_packets = true}, 1},
};

static void start(struct card_rig *rig, const struct way *way)
{
	card_rig_start(rig, &way->options, NULL);
	card_rig_insert(rig, 0, way->protocol);
}

#define REQUIRE(condition, way)                                      \
	do {                                                         \
		if (!(condition))                                    \
			fail_msg("%s: %s", (way)->name, #condition); \
	} while (0)

static void each_level_reads_the_atr_and_selects(void **state)
{
	static const uint8_t select[] = {0x00, 0xa4, 0x00, 0x0c, 0x02, 0x2f, 0x00};
	static const uint8_t read[] = {0x00, 0xb0, 0x00, 0x00, 0x08};
	struct card_rig rig;
	struct ccid_slot slot;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		const struct way *way = &ways[i];
		start(&rig, way);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, way);
		REQUIRE(rig.data.length > 2 && rig.data.data[0] == 0x3b, way);
		REQUIRE(ccid_port_slot(rig.port, 0, &slot) == VT_OK && slot.is_powered, way);
		REQUIRE(slot.atr_length == rig.data.length, way);
		REQUIRE(card_rig_exchange(&rig, 0, select, sizeof(select)) == CCID_DONE, way);
		REQUIRE(rig.done.sw == 0x9000, way);
		REQUIRE(card_rig_exchange(&rig, 0, read, sizeof(read)) == CCID_DONE, way);
		REQUIRE(rig.done.sw == 0x9000 && rig.data.length == 10, way);
		card_rig_stop(&rig);
	}
}

static void fill(uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 7 + n);
}

static void expect_done(struct card_rig *rig, const struct way *way, const uint8_t *apdu,
	size_t length, const char *what)
{
	if (card_rig_exchange(rig, 0, apdu, length) != CCID_DONE || rig->done.sw != 0x9000)
		fail_msg("%s: %s: %s %04x", way->name, what, ccid_outcome_names[rig->done.outcome],
			rig->done.sw);
}

/* ECHO: command and answer in one, short. */
static void check_echo(struct card_rig *rig, const struct way *way, size_t n)
{
	uint8_t apdu[5 + 255 + 1] = {0x80, 0x10, 0, 0, (uint8_t)n};

	fill(apdu + 5, n);
	expect_done(rig, way, apdu, n + 6, "echo");
	if (rig->data.length != n + 2 || memcmp(rig->data.data, apdu + 5, n) != 0)
		fail_msg("%s: echo of %zu brought %zu", way->name, n, rig->data.length);
}

/* UPDATE BINARY and READ BINARY: extended, or chained where only short ones go. */
static void check_file(struct card_rig *rig, const struct way *way, size_t n)
{
	static const uint8_t select[] = {0x00, 0xa4, 0x00, 0x0c, 0x02, 0x00, 0x01};
	static uint8_t apdu[CCID_MAX_APDU];
	const uint8_t write[] = {0, 0xd6, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};

	memcpy(apdu, write, sizeof(write));
	fill(apdu + 7, n);
	expect_done(rig, way, select, sizeof(select), "select");
	expect_done(rig, way, apdu, n + 7, "update");
	for (size_t at = 0; at < n; at += 256) {
		const size_t part = n - at < 256 ? n - at : 256;
		const uint8_t read[] = {0, 0xb0, (uint8_t)(at >> 8), 0, (uint8_t)part};
		expect_done(rig, way, read, sizeof(read), "read");
		if (rig->data.length != part + 2 ||
			memcmp(rig->data.data, apdu + 7 + at, part) != 0)
			fail_msg("%s: a file of %zu is wrong at %zu", way->name, n, at);
	}
}

/* FILL: an answer of any length; the command has no Le, so that 61xx brings it. */
static void check_long_answer(struct card_rig *rig, const struct way *way, size_t n)
{
	const uint8_t apdu[] = {0x80, 0x12, (uint8_t)(n >> 8), (uint8_t)n, 0};

	expect_done(rig, way, apdu, sizeof(apdu), "fill");
	if (rig->data.length != n + 2)
		fail_msg("%s: an answer of %zu brought %zu", way->name, n, rig->data.length);
	for (size_t i = 0; i < n; i++)
		REQUIRE(rig->data.data[i] == (uint8_t)i, way);
}

static void data_of_any_length_come_back(void **state)
{
	static const size_t lengths[] = {1, 2, 31, 32, 33, 61, 62, 63, 64, 127, 128, 252, 253, 254,
		255, 256, 257, 1000, 4000};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		for (size_t n = 0; n < VT_ELEMENTS(lengths); n++) {
			if (lengths[n] > 255)
				check_file(&rig, &ways[i], lengths[n]);
			else
				check_echo(&rig, &ways[i], lengths[n]);
		}
		for (size_t n = 0; n < VT_ELEMENTS(lengths); n++)
			check_long_answer(&rig, &ways[i], lengths[n]);
		check_long_answer(&rig, &ways[i], 65535);
		card_rig_stop(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_reads_the_atr_and_selects),
		cmocka_unit_test(data_of_any_length_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
