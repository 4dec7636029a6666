/* Our card reader driver against the virtual reader of every exchange level, called directly. */

#include <stdio.h>
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

/* ---- cards come and go ---- */

static void a_card_pulled_out_at_any_byte_is_removed(void **state)
{
	struct card_rig rig;
	char line[64];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++)
		for (int bytes = 1; bytes < 300; bytes += bytes < 40 ? 1 : 37) {
			static const uint8_t apdu[] = {0x80, 0x12, 0x01, 0x00, 0x00};
			start(&rig, &ways[i]);
			REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
			snprintf(line, sizeof(line), "card remove after %d", bytes);
			card_rig_command(&rig, line);
			const enum ccid_outcome outcome =
				card_rig_exchange(&rig, 0, apdu, sizeof(apdu));
			if (outcome != CCID_REMOVED && outcome != CCID_DONE)
				fail_msg("%s: after %d bytes: %s", ways[i].name, bytes,
					ccid_outcome_names[outcome]);
			card_rig_run(&rig, 1000);
			if (outcome == CCID_REMOVED) {
				assert_int_equal(rig.card[0], 0);
				assert_int_equal(rig.removed_count, 1);
				card_rig_insert(&rig, 0, ways[i].protocol);
				REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
			}
			card_rig_stop(&rig);
		}
}

static void another_card_has_another_number(void **state)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0x00, 0x04, 0x00};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		const uint32_t first = rig.card[0];
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		card_rig_command(&rig, "card remove");
		card_rig_run(&rig, 1000);
		assert_int_equal(rig.card[0], 0);
		assert_int_equal(
			ccid_port_exchange(rig.port, 0, apdu, sizeof(apdu), 0), VT_ERR_NOT_FOUND);
		card_rig_insert(&rig, 0, ways[i].protocol);
		assert_true(rig.card[0] > first);
		assert_int_equal(
			ccid_port_exchange(rig.port, 0, apdu, sizeof(apdu), 0), VT_ERR_STATE);
		assert_int_equal(rig.inserted_count, 2);
		card_rig_stop(&rig);
	}
}

static void slots_are_apart(void **state)
{
	static const struct ccid_reader_options options = {.slots = 3};
	static const uint8_t slow[] = {0x80, 0x14, 0x00, 0x64}, quick[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;

	(void)state;
	card_rig_start(&rig, &options, NULL);
	card_rig_insert(&rig, 2, 1);
	card_rig_insert(&rig, 0, 0);
	assert_int_equal(rig.card[1], 0);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
	assert_int_equal(card_rig_power_on(&rig, 2), CCID_DONE);
	assert_int_equal(ccid_port_power_on(rig.port, 1), VT_ERR_NOT_FOUND);
	assert_int_equal(ccid_port_power_on(rig.port, 3), VT_ERR_NOT_FOUND);
	/* The one waits for the other; a second one for the same slot is refused. */
	rig.is_open[0] = rig.is_open[2] = true;
	assert_int_equal(ccid_port_exchange(rig.port, 0, slow, sizeof(slow), 0), VT_OK);
	assert_int_equal(ccid_port_exchange(rig.port, 2, quick, sizeof(quick), 0), VT_OK);
	assert_int_equal(ccid_port_exchange(rig.port, 2, quick, sizeof(quick), 0), VT_ERR_BUSY);
	assert_int_equal(card_rig_wait(&rig, 2), CCID_DONE);
	assert_int_equal(rig.data.length, 4);
	assert_false(rig.is_open[0]);
	/* A card in another slot may go without harm. */
	card_rig_command(&rig, "card remove slot 0");
	assert_int_equal(card_rig_exchange(&rig, 2, quick, sizeof(quick)), CCID_DONE);
	card_rig_run(&rig, 100);
	assert_int_equal(rig.card[0], 0);
	assert_int_not_equal(rig.card[2], 0);
	card_rig_stop(&rig);
}

/* ---- power ---- */

static void the_voltage_is_found(void **state)
{
	static const char *const voltages[] = {
		"card voltage 5", "card voltage 3", "card voltage 1.8", "card voltage any"};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(voltages); i++) {
		start(&rig, &ways[0]);
		card_rig_command(&rig, voltages[i]);
		assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
		card_rig_stop(&rig);
	}
}

static void what_does_not_answer_is_mute(void **state)
{
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		card_rig_command(&rig, "card mute on");
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_MUTE, &ways[i]);
		assert_int_not_equal(rig.card[0], 0);
		card_rig_command(&rig, "card mute off");
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		card_rig_stop(&rig);
	}
}

static void a_card_that_falls_silent_ends_in_time(void **state)
{
	static const uint8_t mute[] = {0x80, 0x16, 0, 0}, quick[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		const int64_t from_ms = rig.now_ms;
		const enum ccid_outcome outcome = card_rig_exchange(&rig, 0, mute, sizeof(mute));
		if (outcome != CCID_MUTE && outcome != CCID_TIMED_OUT && outcome != CCID_CARD)
			fail_msg("%s: %s", ways[i].name, ccid_outcome_names[outcome]);
		assert_true(rig.now_ms - from_ms <= CCID_DEFAULT_MS + 10000);
		assert_true(card_rig_settle(&rig));
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		REQUIRE(card_rig_exchange(&rig, 0, quick, sizeof(quick)) == CCID_DONE, &ways[i]);
		card_rig_stop(&rig);
	}
}

static void emv_mode_is_left_where_the_table_says_so(void **state)
{
	static const struct ccid_reader_options options = {.emv_mode = true};
	static const struct ccid_quirks quirks = {.iso_mode_escape = true};
	struct card_rig rig;

	(void)state;
	card_rig_start(&rig, &options, &quirks);
	card_rig_insert(&rig, 0, 0);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
	card_rig_stop(&rig);
	card_rig_start(&rig, &options, NULL);
	card_rig_insert(&rig, 0, 0);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_MUTE);
	card_rig_stop(&rig);
}

/* ---- time ---- */

static void a_slow_card_is_waited_for(void **state)
{
	static const uint8_t slow[] = {0x80, 0x14, 0x03, 0xe8}; /* 10 s */
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		if (card_rig_exchange(&rig, 0, slow, sizeof(slow)) != CCID_DONE)
			fail_msg("%s: %s", ways[i].name, ccid_outcome_names[rig.done.outcome]);
		assert_int_equal(rig.done.sw, 0x9000);
		card_rig_stop(&rig);
	}
}

static void endless_time_extensions_end_at_the_limit(void **state)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		card_rig_command(&rig, "extend endless");
		const int64_t from_ms = rig.now_ms;
		rig.is_open[0] = true;
		assert_int_equal(ccid_port_exchange(rig.port, 0, apdu, sizeof(apdu), 5000), VT_OK);
		REQUIRE(card_rig_wait(&rig, 0) == CCID_TIMED_OUT, &ways[i]);
		assert_in_range(rig.now_ms - from_ms, 5000, 12000);
		card_rig_command(&rig, "extend off");
		assert_true(card_rig_settle(&rig));
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		card_rig_stop(&rig);
	}
}

static void cancelling_ends_it_and_the_card_starts_anew(void **state)
{
	static const uint8_t slow[] = {0x80, 0x14, 0x03, 0xe8}, quick[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;
	struct ccid_slot slot;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		start(&rig, &ways[i]);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		rig.is_open[0] = true;
		assert_int_equal(ccid_port_exchange(rig.port, 0, slow, sizeof(slow), 0), VT_OK);
		card_rig_run(&rig, 900);
		const int64_t from_ms = rig.now_ms;
		ccid_port_cancel(rig.port, 0);
		assert_true(rig.is_open[0]); /* never from inside the call */
		REQUIRE(card_rig_wait(&rig, 0) == CCID_CANCELLED, &ways[i]);
		assert_true(rig.now_ms - from_ms < 4000);
		assert_int_equal(ccid_port_slot(rig.port, 0, &slot), VT_OK);
		assert_true(slot.is_present && !slot.is_powered);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
		REQUIRE(card_rig_exchange(&rig, 0, quick, sizeof(quick)) == CCID_DONE, &ways[i]);
		card_rig_stop(&rig);
	}
}

/* ---- readers that lie ---- */

static void a_lying_reader_is_seen_through(void **state)
{
	static const struct {
		const char *line;
		bool is_harmless; /* the exchange succeeds all the same */
	} lies[] = {{"lie length 70000", false}, {"lie length 4294967295", false},
		{"lie slot 1", false}, {"lie slot 7", false}, {"lie seq 1", false},
		{"lie seq 255", false}, {"lie status c0", false}, {"lie status 03", false},
		{"lie type 83", false}, {"lie type 00", false}, {"lie type 81", false},
		{"lie lost", false}, {"lie cut 4", false}, {"lie cut 10", false},
		{"lie pad 5", true}, {"lie zero", true}, {"lie twice", true}, {"lie split 3", true},
		{"lie split 10", true}, {"lie split 11", true}, {"lie zero times 40", true},
		{"lie twice times 5", true}};
	static const uint8_t apdu[] = {0x80, 0x12, 0, 200, 0};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++)
		for (size_t l = 0; l < VT_ELEMENTS(lies); l++) {
			start(&rig, &ways[i]);
			REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
			card_rig_command(&rig, lies[l].line);
			const enum ccid_outcome outcome =
				card_rig_exchange(&rig, 0, apdu, sizeof(apdu));
			/* Behind a message of whole packets nobody reads on: what is too much
			 * then spoils the next one. */
			if (ways[i].options.max_message == 64 &&
				strcmp(lies[l].line, "lie pad 5") == 0)
				assert_int_not_equal(outcome, CCID_CARD);
			else if (lies[l].is_harmless != (outcome == CCID_DONE) ||
				 (outcome == CCID_DONE && rig.data.length != 202))
				fail_msg("%s: %s: %s, %zu bytes", ways[i].name, lies[l].line,
					ccid_outcome_names[outcome], rig.data.length);
			card_rig_command(&rig, "lie clear");
			assert_true(card_rig_settle(&rig));
			assert_int_not_equal(rig.card[0], 0);
			REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &ways[i]);
			REQUIRE(card_rig_exchange(&rig, 0, apdu, sizeof(apdu)) == CCID_DONE,
				&ways[i]);
			card_rig_stop(&rig);
		}
}

static void a_reader_that_only_lies_is_broken_and_rested(void **state)
{
	static const char *const lies[] = {"lie slot 5 times 100000",
		"lie length 99999 times 100000", "lie seq 9 times 100000", "lie lost times 100000",
		"lie type 42 times 100000"};
	struct card_rig rig;
	struct ccid_view view;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(lies); i++) {
		start(&rig, &ways[1]);
		assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
		card_rig_command(&rig, lies[i]);
		assert_int_not_equal(card_rig_power_on(&rig, 0), CCID_DONE);
		const uint64_t before = rig.dev->transfers;
		card_rig_run(&rig, 300000);
		ccid_port_view(rig.port, &view);
		assert_int_not_equal(view.state, CCID_STATE_READY);
		assert_true(view.resets > 3 && view.resets < 30);
		/* Five minutes with a reader that lies: no storm. */
		assert_true(rig.dev->transfers - before < 2000);
		card_rig_command(&rig, "lie clear");
		assert_true(card_rig_settle(&rig));
		assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
		card_rig_stop(&rig);
	}
}

static void t1_survives_what_a_card_does_wrong(void **state)
{
	static const char *const faults[] = {"t1 edc 1", "t1 edc 3", "t1 seq 1", "t1 nad 1",
		"t1 refuse 1", "t1 refuse 3", "t1 lost 1", "t1 wtx 1", "t1 wtx 3", "t1 ifs 16",
		"t1 ifs 254", "t1 ifs 1"};
	struct card_rig rig;

	(void)state;
	for (size_t i = 1; i <= 3; i++)
		for (size_t f = 0; f < VT_ELEMENTS(faults); f++) {
			start(&rig, &ways[i]);
			assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
			card_rig_command(&rig, faults[f]);
			static const uint8_t apdu[] = {0x80, 0x12, 0x02, 0x00, 0x00};
			if (card_rig_exchange(&rig, 0, apdu, sizeof(apdu)) != CCID_DONE ||
				rig.data.length != 514)
				fail_msg("%s: %s: %s, %zu bytes", ways[i].name, faults[f],
					ccid_outcome_names[rig.done.outcome], rig.data.length);
			check_file(&rig, &ways[i], 1000);
			card_rig_stop(&rig);
		}
}

static void t1_gives_up_on_a_card_that_never_gets_it_right(void **state)
{
	static const char *const faults[] = {"t1 edc 1000", "t1 seq 1000", "t1 nad 1000",
		"t1 refuse 1000", "t1 abort 1000", "t1 wtx 100000"};
	static const uint8_t apdu[] = {0x80, 0x12, 0x02, 0x00, 0x00};
	struct card_rig rig;

	(void)state;
	for (size_t f = 0; f < VT_ELEMENTS(faults); f++) {
		start(&rig, &ways[1]);
		assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
		card_rig_command(&rig, faults[f]);
		const enum ccid_outcome outcome = card_rig_exchange(&rig, 0, apdu, sizeof(apdu));
		if (outcome != CCID_CARD && outcome != CCID_MUTE && outcome != CCID_TIMED_OUT)
			fail_msg("%s: %s", faults[f], ccid_outcome_names[outcome]);
		card_rig_stop(&rig);
	}
}

/* ---- PIN on the pad ---- */

static const struct ccid_pin_entry pin_entry = {
	.apdu = {0x00, 0x20, 0x00, 0x01, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	.apdu_length = 13,
	.min_digits = 4,
	.max_digits = 8,
	.timeout_s = 30,
	.language = 0x080a};

static enum ccid_outcome enter_pin(struct card_rig *rig, const char *line)
{
	rig->is_open[0] = ccid_port_verify_pin(rig->port, 0, &pin_entry) == VT_OK;
	assert_true(rig->is_open[0]);
	card_rig_run(rig, 2000);
	if (line)
		card_rig_command(rig, line);
	return card_rig_wait(rig, 0);
}

static void a_pin_is_typed_on_the_pad(void **state)
{
	static const uint8_t quick[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;
	struct ccid_view view;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		struct way way = ways[i];
		way.options.pin_support = 3;
		start(&rig, &way);
		ccid_port_view(rig.port, &view);
		assert_true(view.has_pin_pad);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &way);
		REQUIRE(enter_pin(&rig, "pin enter 9999") == CCID_DONE, &way);
		if (rig.done.sw != 0x63c2)
			fail_msg("%s: wrong PIN: %04x", way.name, rig.done.sw);
		REQUIRE(enter_pin(&rig, "pin cancel") == CCID_DONE, &way);
		REQUIRE(rig.done.sw == 0x6401, &way);
		REQUIRE(enter_pin(&rig, "pin timeout") == CCID_DONE, &way);
		REQUIRE(rig.done.sw == 0x6400, &way);
		REQUIRE(enter_pin(&rig, "pin form") == CCID_DONE, &way);
		REQUIRE(rig.done.sw == 0x6403, &way);
		REQUIRE(enter_pin(&rig, NULL) == CCID_DONE, &way);
		REQUIRE(rig.done.sw == 0x6400, &way);
		REQUIRE(enter_pin(&rig, "pin enter 1234") == CCID_DONE, &way);
		REQUIRE(rig.done.sw == 0x9000, &way);
		REQUIRE(card_rig_exchange(&rig, 0, quick, sizeof(quick)) == CCID_DONE, &way);
		card_rig_stop(&rig);
	}
}

static void a_pad_can_be_given_up(void **state)
{
	static const uint8_t quick[] = {0x80, 0x12, 0, 2, 0};
	struct card_rig rig;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++) {
		struct way way = ways[i];
		way.options.pin_support = 1;
		start(&rig, &way);
		REQUIRE(card_rig_power_on(&rig, 0) == CCID_DONE, &way);
		rig.is_open[0] = ccid_port_verify_pin(rig.port, 0, &pin_entry) == VT_OK;
		card_rig_run(&rig, 2000);
		ccid_port_cancel(rig.port, 0);
		REQUIRE(card_rig_wait(&rig, 0) == CCID_CANCELLED, &way);
		/* The card was not touched and keeps its power. */
		REQUIRE(card_rig_exchange(&rig, 0, quick, sizeof(quick)) == CCID_DONE, &way);
		/* Pulled out while the pad waits. */
		rig.is_open[0] = ccid_port_verify_pin(rig.port, 0, &pin_entry) == VT_OK;
		card_rig_run(&rig, 2000);
		card_rig_command(&rig, "card remove");
		REQUIRE(card_rig_wait(&rig, 0) == CCID_REMOVED, &way);
		card_rig_stop(&rig);
	}
}

static void a_pad_is_refused_what_would_break_it(void **state)
{
	static const struct ccid_quirks quirks = {.no_pin_pad = true};
	static const struct ccid_reader_options options = {.pin_support = 1};
	struct ccid_pin_entry entry = pin_entry;
	struct card_rig rig;

	(void)state;
	start(&rig, &ways[0]);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_UNSUPPORTED);
	card_rig_stop(&rig);
	card_rig_start(&rig, &options, &quirks);
	card_rig_insert(&rig, 0, 0);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_UNSUPPORTED);
	card_rig_stop(&rig);
	card_rig_start(&rig, &options, NULL);
	card_rig_insert(&rig, 0, 0);
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_STATE);
	assert_int_equal(card_rig_power_on(&rig, 0), CCID_DONE);
	entry.max_digits = 9;
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_INVALID);
	entry = pin_entry;
	entry.min_digits = 0;
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_INVALID);
	entry = pin_entry;
	entry.apdu[4] = 9;
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_INVALID);
	entry = pin_entry;
	entry.apdu_length = CCID_MAX_PIN_APDU + 1;
	assert_int_equal(ccid_port_verify_pin(rig.port, 0, &entry), VT_ERR_INVALID);
	card_rig_stop(&rig);
}

/* ---- the matrix: each transfer of each operation fails once ---- */

/* A whole life of a card; true if all went well. Whatever goes wrong must say so. */
static bool run_session(struct card_rig *rig, const struct way *way)
{
	static const uint8_t fill_apdu[] = {0x80, 0x12, 0x01, 0x50, 0x00};
	bool is_good = card_rig_power_on(rig, 0) == CCID_DONE;

	if (!is_good)
		return false;
	is_good = card_rig_exchange(rig, 0, fill_apdu, sizeof(fill_apdu)) == CCID_DONE;
	if (!is_good)
		return false;
	/* What is said to be done is right, also behind faults. */
	if (rig->done.sw == 0x9000) {
		REQUIRE(rig->data.length == 0x152, way);
		for (size_t i = 0; i < 0x150; i++)
			REQUIRE(rig->data.data[i] == (uint8_t)i, way);
	}
	rig->is_open[0] = ccid_port_power_off(rig->port, 0) == VT_OK;
	return rig->is_open[0] && card_rig_wait(rig, 0) == CCID_DONE;
}

static void matrix(const struct way *way, const char *fault, const char *event, bool is_lasting)
{
	struct card_rig rig;
	char line[96];

	/* Until the fault lies behind the session. */
	for (int n = 1; n < 400; n++) {
		start(&rig, way);
		const uint64_t before = rig.dev->transfers;
		snprintf(line, sizeof(line), "fault %s %s at %d%s", fault, event, n,
			is_lasting ? " times 3" : "");
		card_rig_command(&rig, line);
		const bool was_good = run_session(&rig, way);
		const uint64_t used = rig.dev->transfers - before;
		card_rig_command(&rig, "fault clear");
		if (strcmp(fault, "unplug") == 0 && !vdev_is_attached(rig.dev)) {
			card_rig_run(&rig, 100);
			assert_int_equal(ccid_port_key(rig.port), 0);
			assert_int_equal(rig.card[0], 0);
			assert_false(rig.is_open[0]);
			card_rig_command(&rig, "plug");
			card_rig_run(&rig, 100);
		}
		if (!card_rig_settle(&rig))
			fail_msg("%s: %s: never ready again", way->name, line);
		card_rig_run(&rig, 2000);
		if (!run_session(&rig, way))
			fail_msg("%s: %s: does not recover: %s", way->name, line,
				ccid_outcome_names[rig.done.outcome]);
		card_rig_stop(&rig);
		if (was_good && used < (uint64_t)n)
			return;
	}
	fail_msg("%s: %s %s: the matrix has no end", way->name, fault, event);
}

static void each_transfer_may_fail_once(void **state)
{
	static const char *const faults[] = {
		"stall", "error", "lost", "unplug", "short", "zero", "repeat", "garbage", "babble"};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(ways); i++)
		for (size_t f = 0; f < VT_ELEMENTS(faults); f++)
			matrix(&ways[i], faults[f], "any", false);
}

static void three_transfers_in_a_row_may_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < 7; i += 3) {
		matrix(&ways[i], "stall", "any", true);
		matrix(&ways[i], "error", "in", true);
		matrix(&ways[i], "garbage", "in", true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_reads_the_atr_and_selects),
		cmocka_unit_test(data_of_any_length_come_back),
		cmocka_unit_test(a_card_pulled_out_at_any_byte_is_removed),
		cmocka_unit_test(another_card_has_another_number),
		cmocka_unit_test(slots_are_apart),
		cmocka_unit_test(the_voltage_is_found),
		cmocka_unit_test(what_does_not_answer_is_mute),
		cmocka_unit_test(a_card_that_falls_silent_ends_in_time),
		cmocka_unit_test(emv_mode_is_left_where_the_table_says_so),
		cmocka_unit_test(a_slow_card_is_waited_for),
		cmocka_unit_test(endless_time_extensions_end_at_the_limit),
		cmocka_unit_test(cancelling_ends_it_and_the_card_starts_anew),
		cmocka_unit_test(a_lying_reader_is_seen_through),
		cmocka_unit_test(a_reader_that_only_lies_is_broken_and_rested),
		cmocka_unit_test(t1_survives_what_a_card_does_wrong),
		cmocka_unit_test(t1_gives_up_on_a_card_that_never_gets_it_right),
		cmocka_unit_test(a_pin_is_typed_on_the_pad),
		cmocka_unit_test(a_pad_can_be_given_up),
		cmocka_unit_test(a_pad_is_refused_what_would_break_it),
		cmocka_unit_test(each_transfer_may_fail_once),
		cmocka_unit_test(three_transfers_in_a_row_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
