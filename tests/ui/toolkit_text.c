/* Breaking, cutting, caching and wiping of text. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "terminal/base/text.h"
#include "ui/toolkit/text.h"
#include "ui/toolkit/widget.h"

#define PX 30

static struct text_cache *cache;

static int open_cache(void **state)
{
	const char *source = getenv("VT_SOURCE_DIR");
	char assets[512];
	struct vt_error error;

	(void)state;
	if (!vt_format(assets, sizeof(assets), "%s/assets", source ? source : "."))
		return -1;
	return text_cache_create(assets, &cache, &error) == VT_OK ? 0 : -1;
}

static int close_cache(void **state)
{
	(void)state;
	text_cache_destroy(&cache);
	return 0;
}

static int width_of(const char *text)
{
	return text_width(cache, FACE_TEXT, PX, text, strlen(text));
}

/* Breaks and compares with lines separated by '|'. */
static void assert_lines(const char *text, int width, const char *expected)
{
	struct text_line lines[32];
	char got[512] = "";
	size_t count = text_break(cache, FACE_TEXT, PX, text, width, lines, 32), used = 0;

	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%.*s", i > 0 ? "|" : "",
			(int)lines[i].length, lines[i].start);
	assert_string_equal(got, expected);
}

static void text_breaks_at_blanks_hyphens_and_slashes(void **state)
{
	(void)state;
	assert_lines("uno dos tres", 10000, "uno dos tres");
	assert_lines("uno dos tres", width_of("uno dos"), "uno dos|tres");
	assert_lines("ooo ooo ooo", width_of("ooo ooo") - 1, "ooo|ooo|ooo");
	assert_lines("pasaporte/visa", width_of("pasaporte/"), "pasaporte/|visa");
	assert_lines("socio-económico", width_of("económico"), "socio-|económico");
	assert_lines("uno\ndos", 10000, "uno|dos");
	assert_lines("uno\n\ndos", 10000, "uno||dos");
	assert_lines("uno\n", 10000, "uno");
	assert_lines("", 10000, "");
	assert_lines("$\u00A04,120.00 hoy", width_of("$\u00A04,120.00"), "$\u00A04,120.00|hoy");
}

static void blanks_at_a_break_take_no_room(void **state)
{
	(void)state;
	assert_lines("uno   dos", width_of("uno"), "uno|dos");
	assert_lines("uno ", width_of("uno"), "uno");
}

static void accents_macrons_and_saltillo_stay_with_their_letters(void **state)
{
	struct text_line lines[64];
	/* a with macron below, decomposed accents, saltillo, barred i. */
	const char *text = "m\u0331a\u0331nho\u0301n\u0303k\uA78Copꞌɨkɨ\u0301ñáü";

	(void)state;
	for (int width = 1; width < width_of(text) + 10; width += 7) {
		size_t count = text_break(cache, FACE_TEXT, PX, text, width, lines, 64), sum = 0;
		for (size_t i = 0; i < count; i++) {
			const char *p = lines[i].start;
			uint32_t first = vt_utf8_next(&p);
			assert_false(first >= 0x300 && first <= 0x36F);
			assert_true(vt_utf8_valid(lines[i].start, lines[i].length));
			sum += lines[i].length;
		}
		assert_int_equal(sum, strlen(text)); /* nothing lost */
	}
	assert_int_equal(text_grapheme("a\u0331\u0301b"), 5);
	assert_int_equal(text_grapheme("ñ"), 2);
	assert_int_equal(text_grapheme(""), 0);
}

static void a_word_that_is_too_long_is_cut_and_ends(void **state)
{
	struct text_line lines[64];
	size_t count =
		text_break(cache, FACE_TEXT, PX, "Anticonstitucionalísimamente", 100, lines, 64);

	(void)state;
	assert_true(count > 3);
	for (size_t i = 0; i < count; i++)
		assert_true(lines[i].width <= 100);
	/* Narrower than any letter: one letter a line, no endless loop. */
	assert_int_equal(text_break(cache, FACE_TEXT, PX, "abc", 1, lines, 64), 3);
}

static void every_line_fits_its_width(void **state)
{
	struct text_line lines[64];
	const char *text = "Por su seguridad borraremos sus datos si no hay actividad. No se ha "
			   "hecho ningún cobro.";

	(void)state;
	for (int width = text_min_width(cache, FACE_TEXT, PX, text); width < 1200; width += 13) {
		size_t count = text_break(cache, FACE_TEXT, PX, text, width, lines, 64);
		for (size_t i = 0; i < count; i++)
			assert_true(lines[i].width <= width);
	}
}

static void an_ellipsis_fits_and_is_reported(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	ui_begin(ui, "t", "");
	node_add(ui, &(struct node_spec){.id = "cut",
			     .text = "Una descripción demasiado larga para un solo renglón",
			     .width = length_units(300),
			     .max_lines = 1,
			     .ellipsis = true});
	node_add(ui, &(struct node_spec){
			     .id = "whole", .text = "Corta", .max_lines = 1, .ellipsis = true});
	ui_end(ui);
	assert_true(ui_find(ui, "cut")->is_clipped);
	assert_int_equal(ui_find(ui, "cut")->line_count, 1);
	assert_false(ui_find(ui, "whole")->is_clipped);
	ui_destroy(&ui);
}

static void every_letter_we_must_show_has_a_glyph(void **state)
{
	static const char *const letters[] = {"ñ", "Ñ", "á", "ü", "ā", "ē", "ī", "ō", "ū", "ɨ", "ʉ",
		"ꞌ", "ʼ", "’", "ä", "ë", "ï", "ö", "«", "»", "¿", "…", "·", "°"};

	(void)state;
	for (int face = FACE_TEXT; face <= FACE_TITLE; face++) {
		/* A code point no font has gives the box for what is missing. */
		struct text_run box = text_run(cache, (enum face)face, PX, "\uE000", 3, false);
		for (size_t i = 0; i < VT_ELEMENTS(letters); i++) {
			struct text_run run = text_run(
				cache, (enum face)face, PX, letters[i], strlen(letters[i]), false);
			assert_non_null(run.data);
			bool is_box = box.data && run.width == box.width &&
				      run.height == box.height &&
				      memcmp(run.data, box.data,
					      (size_t)run.width * (size_t)run.height) == 0;
			if (is_box)
				fail_msg("face %d has no %s", face, letters[i]);
		}
	}
}

static void the_cache_keeps_its_limit_and_what_is_in_use(void **state)
{
	char text[32];

	(void)state;
	text_set_limit(cache, 200 * 1000);
	for (int i = 0; i < 2000; i++) {
		text_next_frame(cache);
		struct text_run kept = text_run(cache, FACE_TEXT, PX, "siempre", 7, false);
		snprintf(text, sizeof(text), "texto número %d", i);
		text_run(cache, FACE_TEXT, PX, text, strlen(text), false);
		assert_true(text_sizes(cache).bytes <= 200 * 1000);
		assert_ptr_equal(
			text_run(cache, FACE_TEXT, PX, "siempre", 7, false).data, kept.data);
	}
	assert_true(text_sizes(cache).runs > 10);
	/* One frame may need more than the limit: it is drawn all the same. */
	text_next_frame(cache);
	text_set_limit(cache, 100);
	struct text_run a = text_run(cache, FACE_TEXT, PX, "primero", 7, false);
	struct text_run b = text_run(cache, FACE_TEXT, PX, "segundo", 7, false);
	assert_non_null(a.data);
	assert_non_null(b.data);
	assert_ptr_equal(text_run(cache, FACE_TEXT, PX, "primero", 7, false).data, a.data);
}

static void fonts_stay_bounded(void **state)
{
	(void)state;
	for (int px = 10; px < 210; px++) {
		text_next_frame(cache);
		text_width(cache, FACE_TITLE, px, "A", 1);
	}
	assert_true(text_sizes(cache).fonts <= 48);
	assert_true(text_width(cache, FACE_TITLE, 10, "AB", 2) > 0);
}

/* ---- nothing of a citizen stays ---- */

/* Under AddressSanitizer the process maps terabytes of shadow and keeps freed blocks: the search
 * would neither end nor mean anything. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_ASAN)
#define CAN_SEARCH false
#else
#define CAN_SEARCH true
#endif

/* Occurrences of needle, given XORed so that the search does not find itself, in our writable
 * memory. An independent reader: the kernel's own view of the process. */
static int count_in_memory(const char *needle, size_t length, unsigned char mask)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	char line[512];
	static unsigned char block[1 << 16];
	int found = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char permissions[8];
		if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) != 3 ||
			permissions[1] != 'w')
			continue;
		for (unsigned long p = start; p < end; p += sizeof(block) - 64) {
			size_t want = end - p < sizeof(block) ? end - p : sizeof(block);
			/* The block we read into would show what it held before. */
			if (p < (unsigned long)block + sizeof(block) &&
				p + want > (unsigned long)block)
				continue;
			ssize_t got = pread(memory, block, want, (off_t)p);
			for (ssize_t i = 0; i + (ssize_t)length <= got; i++) {
				size_t k = 0;
				while (k < length &&
					(block[i + (ssize_t)k] ^ mask) == (unsigned char)needle[k])
					k++;
				found += k == length;
			}
			memset(block, 0, sizeof(block));
		}
	}
	fclose(maps);
	close(memory);
	return found;
}

static void unmask(char *out, const char *masked, size_t length)
{
	for (size_t i = 0; i < length; i++)
		out[i] = (char)(masked[i] ^ 0x55);
	out[length] = '\0';
}

static void personal_text_is_nowhere_in_memory_afterwards(void **state)
{
	/* "CANARIO850312XY" XOR 0x55. */
	static const char masked[] = {0x16, 0x14, 0x1B, 0x14, 0x07, 0x1C, 0x1A, 0x6D, 0x60, 0x65,
		0x66, 0x64, 0x67, 0x0D, 0x0C};
	const size_t length = sizeof(masked);
	struct ui *ui = trees_ui(profile_reference());
	char canary[32];
	size_t count;

	(void)state;
	if (!CAN_SEARCH) {
		print_message("not under AddressSanitizer\n");
		ui_destroy(&ui);
		skip();
	}
	unmask(canary, masked, length);
	ui_begin(ui, "personal", "es-MX");
	node_add(ui, &(struct node_spec){.text = canary,
			     .type = TYPE_TITLE,
			     .personal = true,
			     .id = "name",
			     .role = ROLE_HEADING});
	node_add(ui, &(struct node_spec){.text = node_text(ui, "Titular: %s, y más texto", canary),
			     .personal = true,
			     .width = length_units(200)});
	node_add(
		ui, &(struct node_spec){
			    .qr = canary, .width = length_units(200), .height = length_units(200)});
	ui_end(ui);
	ui_paint(ui, &count);
	vt_wipe(canary, sizeof(canary));
	assert_true(ui_cache_sizes(ui).personal_runs > 0);
	assert_true(count_in_memory(masked, length, 0x55) > 0); /* the search works */
	ui_forget_personal(ui);
	ui_begin(ui, "next", "es-MX");
	ui_end(ui);
	ui_paint(ui, &count);
	assert_int_equal(ui_cache_sizes(ui).personal_runs, 0);
	assert_int_equal(count_in_memory(masked, length, 0x55), 0);
	ui_destroy(&ui);
}

#define ROW 64 /* bytes of a mask: as many as the search can span */

/* A personal run with the canary behind 40 letters, where free() writes nothing of its own; what of
 * its picture has to go, too, XOR 0x55. */
static void draw_personal(const char *masked, size_t length, char ret_row[ROW])
{
	char text[64] = "Nombre del titular de la credencial: ...";

	unmask(text + strlen(text), masked, length);
	struct text_run run = text_run(cache, FACE_TEXT, PX, text, strlen(text), true);
	vt_wipe(text, sizeof(text));
	assert_true(run.width > 2 * ROW && run.height > 10);
	const uint8_t *row = run.data + run.height / 2 * run.width + run.width - ROW;
	for (int i = 0; i < ROW; i++)
		ret_row[i] = (char)(row[i] ^ 0x55);
	assert_int_equal(text_sizes(cache).personal_runs, 1);
	assert_true(count_in_memory(masked, length, 0x55) > 0); /* the search works */
	assert_true(count_in_memory(ret_row, ROW, 0x55) > 0);
	text_next_frame(cache);
}

static void assert_is_gone(const char *masked, size_t length, const char row[ROW])
{
	assert_int_equal(text_sizes(cache).personal_runs, 0);
	assert_int_equal(count_in_memory(masked, length, 0x55), 0);
	assert_int_equal(count_in_memory(row, ROW, 0x55), 0);
}

/* The cache drops what has not been used for longest, long before anybody asks to forget: because
 * of its bytes, and because of the number of its runs. Nothing wipes it later. */
static void a_personal_run_that_is_driven_out_is_wiped(void **state)
{
	/* "CANARIA470119ZQ" XOR 0x55. */
	static const char masked[] = {0x16, 0x14, 0x1B, 0x14, 0x07, 0x1C, 0x14, 0x61, 0x62, 0x65,
		0x64, 0x64, 0x6C, 0x0F, 0x04};
	static char row[ROW];
	char text[16];

	(void)state;
	if (!CAN_SEARCH) {
		print_message("not under AddressSanitizer\n");
		skip();
	}
	draw_personal(masked, sizeof(masked), row);
	text_set_limit(cache, 1000);
	(void)text_run(cache, FACE_TEXT, PX, "a", 1, false);
	assert_is_gone(masked, sizeof(masked), row);

	text_set_limit(cache, SIZE_MAX);
	draw_personal(masked, sizeof(masked), row);
	for (int i = 0; text_sizes(cache).personal_runs > 0; i++) {
		assert_true(i < 1 << 16);
		assert_true(vt_format(text, sizeof(text), "%d", i));
		(void)text_run(cache, FACE_TEXT, 12, text, strlen(text), false);
	}
	assert_is_gone(masked, sizeof(masked), row);
}

#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, open_cache, close_cache)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CACHE(text_breaks_at_blanks_hyphens_and_slashes),
		WITH_CACHE(blanks_at_a_break_take_no_room),
		WITH_CACHE(accents_macrons_and_saltillo_stay_with_their_letters),
		WITH_CACHE(a_word_that_is_too_long_is_cut_and_ends),
		WITH_CACHE(every_line_fits_its_width),
		cmocka_unit_test(an_ellipsis_fits_and_is_reported),
		WITH_CACHE(every_letter_we_must_show_has_a_glyph),
		WITH_CACHE(the_cache_keeps_its_limit_and_what_is_in_use),
		WITH_CACHE(fonts_stay_bounded),
		cmocka_unit_test(personal_text_is_nowhere_in_memory_afterwards),
		WITH_CACHE(a_personal_run_that_is_driven_out_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
