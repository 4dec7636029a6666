/* The small parts of the voice: files of sound and clips are refused for what they are, the speeds
 * of espeak-ng, a child that fails is left alone for a while, the plug of an evdev node. */

#include <linux/input.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "tests/lib/cmocka_prelude.h"
#include "ui/plug.h"
#include "ui/speech/clips.h"
#include "ui/speech/espeak.h"
#include "ui/speech/wav.h"

/* RIFF, fmt of our form, data of four bytes. */
static const uint8_t good[] = {'R', 'I', 'F', 'F', 40, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't',
	' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x22, 0x56, 0, 0, 0x44, 0xAC, 0, 0, 2, 0, 16, 0, 'd', 'a',
	't', 'a', 4, 0, 0, 0, 1, 2, 3, 4};

static enum vt_code parse_changed(size_t at, uint8_t value)
{
	uint8_t data[sizeof(good)];
	const uint8_t *samples;
	struct vt_error error;
	size_t bytes;

	memcpy(data, good, sizeof(good));
	data[at] = value;
	return wav_parse(data, sizeof(data), &samples, &bytes, &error);
}

static void only_our_form_of_wav_is_taken(void **state)
{
	const uint8_t *samples;
	struct vt_error error;
	size_t bytes;

	(void)state;
	assert_int_equal(wav_parse(good, sizeof(good), &samples, &bytes, &error), VT_OK);
	assert_ptr_equal(samples, good + 44);
	assert_int_equal(bytes, 4);
	assert_int_equal(parse_changed(0, 'X'), VT_ERR_PARSE);
	assert_int_equal(parse_changed(20, 3), VT_ERR_UNSUPPORTED);    /* float */
	assert_int_equal(parse_changed(22, 2), VT_ERR_UNSUPPORTED);    /* stereo */
	assert_int_equal(parse_changed(25, 0x57), VT_ERR_UNSUPPORTED); /* another rate */
	assert_int_equal(parse_changed(34, 8), VT_ERR_UNSUPPORTED);    /* bits */
	assert_int_equal(parse_changed(16, 8), VT_ERR_PARSE);	       /* fmt too short */
	assert_int_equal(parse_changed(36, 'x'), VT_ERR_PARSE);	       /* no data */
	/* More claimed than there is, as in a stream: what is there. */
	assert_int_equal(parse_changed(42, 1), VT_OK);
	for (size_t length = 0; length < 44; length++)
		assert_int_equal(wav_parse(good, length, &samples, &bytes, &error), VT_ERR_PARSE);
}

static enum vt_code parse_table(const char *text)
{
	struct clips *clips = NULL;
	struct vt_error error;
	enum vt_code code = clips_parse(text, strlen(text), &clips, &error);

	clips_destroy(&clips);
	return code;
}

static void a_table_of_clips_names_files_of_its_folder(void **state)
{
	static const char table[] = "# pack\nback.wav\tAtrás\ngo.wav\tContinuar\n";
	struct clips *clips = NULL;
	struct clip_match match;
	struct vt_error error;

	(void)state;
	assert_int_equal(clips_parse(table, strlen(table), &clips, &error), VT_OK);
	assert_true(clips_find(clips, "Atrás", &match));
	assert_int_equal(match.count, 1);
	assert_string_equal(match.pieces[0].file, "back.wav");
	assert_false(clips_find(clips, "Atras", &match));
	assert_int_equal(match.count, 0);
	assert_false(clips_find(NULL, "Atrás", &match));
	clips_destroy(&clips);
	assert_int_equal(parse_table("../x.wav\tAtrás\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table(".x\tAtrás\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("x.wav Atrás\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("x.wav\tAtrás\tmás\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("x.wav\t\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("x.wav\tAtr\xE1s\n"), VT_ERR_PARSE);
}

/* The pieces of a text as one line: names as they are, varying parts in brackets. */
static const char *pieces_of(const char *table, const char *text)
{
	static char line[256];
	struct clips *clips = NULL;
	struct clip_match match;
	struct vt_error error;
	size_t used = 0;

	assert_int_equal(clips_parse(table, strlen(table), &clips, &error), VT_OK);
	(void)clips_find(clips, text, &match);
	line[0] = '\0';
	for (size_t i = 0; i < match.count; i++) {
		const struct clip_piece *piece = &match.pieces[i];

		used += (size_t)(piece->file ? snprintf(line + used, sizeof(line) - used, "%s ",
						       piece->file)
					     : snprintf(line + used, sizeof(line) - used, "[%.*s] ",
						       (int)piece->length, piece->text));
	}
	clips_destroy(&clips);
	return line;
}

static void a_part_that_varies_stands_between_recordings(void **state)
{
	static const char table[] = "left.wav * seconds.wav\tQuedan * segundos\n"
				    "ten.wav\tQuedan 10 segundos\n"
				    "page.wav * of.wav *\tPágina * de *\n"
				    "* free.wav\t* libres\n";

	(void)state;
	assert_string_equal(pieces_of(table, "Quedan 45 segundos"), "left.wav [45] seconds.wav ");
	/* What was recorded whole goes before what is put together. */
	assert_string_equal(pieces_of(table, "Quedan 10 segundos"), "ten.wav ");
	assert_string_equal(pieces_of(table, "Página 2 de 13"), "page.wav [2] of.wav [13] ");
	assert_string_equal(pieces_of(table, "Dos libres"), "[Dos] free.wav ");
	assert_string_equal(pieces_of(table, "Quedan  segundos"), "");
	assert_string_equal(pieces_of(table, "Quedan 45 segundos más"), "");
	assert_string_equal(pieces_of(table, "Página 2 de "), "");
	assert_string_equal(pieces_of(table, "Página 2"), "");
	assert_string_equal(pieces_of(table, " libres"), "");
	assert_string_equal(pieces_of(table, ""), "");
	assert_int_equal(parse_table("a.wav\tQuedan *\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("a.wav *\tQuedan\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("a.wav * *\tQuedan **\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("*\t* segundos\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("a.wav *\t*\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("a.wav  *\tx *\n"), VT_ERR_PARSE);
	assert_int_equal(parse_table("a b c d e f g h i\tx\n"), VT_OK);
	assert_int_equal(parse_table("a b c d e f g h i j\tx\n"), VT_ERR_PARSE);
}

static void speeds_are_50_to_200_percent_of_125_words(void **state)
{
	int words, gap, before = 0;

	(void)state;
	for (int step = 1; step <= 7; step++) {
		espeak_rate(step, &words, &gap);
		assert_true(words > before);
		before = words;
	}
	espeak_rate(3, &words, &gap);
	assert_int_equal(words, 125);
	assert_int_equal(gap, 0);
	espeak_rate(7, &words, &gap);
	assert_int_equal(words, 250);
}

static void each_language_has_a_voice(void **state)
{
	(void)state;
	assert_string_equal(espeak_voice("es-MX"), "es-419");
	assert_string_equal(espeak_voice("en"), "en-us");
	assert_string_equal(espeak_voice("en-GB"), "en-us");
	assert_string_equal(espeak_voice("enm"), "es-419");
	assert_string_equal(espeak_voice(""), "es-419");
	/* A voice to read with is not a voice that speaks it. */
	const char *voice;
	assert_true(espeak_speaks("es-MX", &voice));
	assert_false(espeak_speaks("yua", &voice));
	assert_string_equal(voice, "es-419");
	assert_false(espeak_speaks("nah", &voice));
}

static void a_program_that_fails_is_left_alone_for_longer_and_longer(void **state)
{
	struct espeak espeak;
	struct vt_error error;
	int64_t now_ms = 1000, pause = 1000;

	(void)state;
	espeak_init(&espeak, "/nonexistent/espeak-ng");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(espeak_start(&espeak, "es-MX", 3, "hola", now_ms, &error),
			VT_ERR_NOT_FOUND);
		assert_int_equal(
			espeak_start(&espeak, "es-MX", 3, "hola", now_ms + pause - 1, &error),
			VT_ERR_AGAIN);
		now_ms += pause;
		pause = pause * 2 > 60000 ? 60000 : pause * 2;
	}
	assert_int_equal(espeak.pid, 0);
	espeak_stop(&espeak);
}

static void the_plug_is_one_switch_among_events(void **state)
{
	(void)state;
	assert_int_equal(plug_state(EV_SW, SW_HEADPHONE_INSERT, 1), 1);
	assert_int_equal(plug_state(EV_SW, SW_HEADPHONE_INSERT, 0), 0);
	assert_int_equal(plug_state(EV_SW, SW_MICROPHONE_INSERT, 1), -1);
	assert_int_equal(plug_state(EV_KEY, SW_HEADPHONE_INSERT, 1), -1);
	assert_int_equal(plug_state(EV_SYN, 0, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_form_of_wav_is_taken),
		cmocka_unit_test(a_table_of_clips_names_files_of_its_folder),
		cmocka_unit_test(a_part_that_varies_stands_between_recordings),
		cmocka_unit_test(speeds_are_50_to_200_percent_of_125_words),
		cmocka_unit_test(each_language_has_a_voice),
		cmocka_unit_test(a_program_that_fails_is_left_alone_for_longer_and_longer),
		cmocka_unit_test(the_plug_is_one_switch_among_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
