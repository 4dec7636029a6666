#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/base/attributes.h"
#include "tests/ui/screens_audit.h"
#include "tests/ui/screens_stage.h"
#include "ui/toolkit/widget.h"

static struct stage stage;

static int open_stage(void **state)
{
	(void)state;
	stage_open(&stage, NULL, NULL);
	return 0;
}

static int close_stage(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

/* ---- every screen passes ---- */

static const char *const languages[] = {"es-MX", "en", "qps"};

static int audit_all(const struct look *looks, size_t look_count, bool with_pixels,
	double *ret_lowest, int *ret_warnings)
{
	int errors = 0;

	*ret_lowest = 21.0;
	*ret_warnings = 0;
	for (size_t l = 0; l < look_count; l++) {
		for (size_t g = 0; g < VT_ELEMENTS(languages); g++) {
			for (size_t i = 0; i < fixture_count; i++) {
				char where[128];
				struct audit audit = {.where = where, .lowest_contrast = 21.0};

				(void)snprintf(where, sizeof(where), "%s %s %s", fixtures[i].name,
					languages[g], looks[l].name);
				stage_show(&stage, &fixtures[i], languages[g], &looks[l]);
				if (with_pixels) {
					audit_equality(&audit, stage.ui);
					audit_contrast(&audit, stage.ui);
				} else {
					audit_layout(&audit, stage.ui);
				}
				errors += audit_errors(&audit);
				*ret_warnings += audit.warnings;
				if (audit.lowest_contrast < *ret_lowest)
					*ret_lowest = audit.lowest_contrast;
			}
		}
	}
	return errors;
}

static void every_screen_passes_the_layout_audits(void **state)
{
	static const struct look looks[] = {
		{"normal", 0, 0, false},
		{"large", 1, 0, false},
		{"extra", 2, 0, false},
		{"max", 3, 0, false},
		{"reach", 0, 0, true},
		{"extra-reach", 2, 0, true},
		{"high-dark-max", 3, 1, false},
	};
	double lowest;
	int warnings;

	(void)state;
	assert_int_equal(audit_all(looks, VT_ELEMENTS(looks), false, &lowest, &warnings), 0);
	/* Under 20 mm on the reference panel would be against our own number. */
	assert_int_equal(warnings, 0);
}

static void every_screen_passes_the_pixel_audits(void **state)
{
	static const struct look light[] = {{"light", 0, 0, false}, {"light-extra", 2, 0, false}};
	static const struct look high[] = {{"high-dark", 0, 1, false}, {"high-light", 0, 2, false}};
	static const struct look low[] = {{"low-glare", 0, 3, false}};
	double lowest;
	int warnings, errors = 0;

	(void)state;
	errors += audit_all(light, VT_ELEMENTS(light), true, &lowest, &warnings);
	print_message("lowest contrast, light: %.2f:1\n", lowest);
	errors += audit_all(high, VT_ELEMENTS(high), true, &lowest, &warnings);
	print_message("lowest contrast, high: %.2f:1\n", lowest);
	errors += audit_all(low, VT_ELEMENTS(low), true, &lowest, &warnings);
	print_message("lowest contrast, low glare: %.2f:1\n", lowest);
	assert_int_equal(errors, 0);
}

static void the_neutral_theme_passes_the_same_pixel_audits(void **state)
{
	static const struct look looks[] = {{"neutral", 0, 0, false}};
	double lowest;
	int warnings, errors;

	(void)state;
	stage_close(&stage);
	stage_open(&stage, "neutral", NULL);
	errors = audit_all(looks, VT_ELEMENTS(looks), true, &lowest, &warnings);
	print_message("lowest contrast, neutral: %.2f:1\n", lowest);
	stage_close(&stage);
	stage_open(&stage, NULL, NULL);
	assert_int_equal(errors, 0);
}

static void other_densities_pass_the_layout_audits(void **state)
{
	static const struct look looks[] = {{"other panel", 0, 0, false}};
	struct profile densities[] = {profile_developer(), profile_reference()};
	int errors = 0;

	(void)state;
	densities[1].px_per_mm = 3.21; /* 27", the same pixels */
	for (size_t i = 0; i < VT_ELEMENTS(densities); i++) {
		double lowest;
		int warnings;

		stage_close(&stage);
		stage_open(&stage, NULL, &densities[i]);
		errors += audit_all(looks, VT_ELEMENTS(looks), false, &lowest, &warnings);
	}
	stage_close(&stage);
	stage_open(&stage, NULL, NULL);
	assert_int_equal(errors, 0);
}

/* ---- each audit bites ---- */

/* A tree that passes, with one fault seeded into it. */
struct seed {
	const char *name;
	enum audit_kind kind;
	int button_w, button_h, gap, dock_height;
	const char *second_name, *text;
	enum color fg, ground;
	enum type_role type;
	int type_px_width; /* > 0: the text's box is so narrow */
	int third_y;	   /* > 0: a third button, last in the tree, at this height */
	bool no_heading, no_focus_id, on_top, covered;
};

static void build_seed(const struct seed *seed)
{
	struct ui *ui = stage.ui;
	int w = seed->button_w > 0 ? seed->button_w : 300,
	    h = seed->button_h > 0 ? seed->button_h : 104;

	ui_set_settings(ui, &(struct ui_settings){0});
	ui_begin(ui, "seed", "en");
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = seed->gap > 0 ? seed->gap : 22,
			       .pad = insets_all(48)});
	if (!seed->no_heading)
		widget_heading(ui, TYPE_TITLE, COLOR_TEXT, "Heading");
	if (!seed->on_top)
		node_add(ui, &(struct node_spec){.height = length_units(500)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .fill = seed->ground});
	node_add(ui, &(struct node_spec){.text = seed->text != NULL ? seed->text : "Some words",
			     .type = seed->type,
			     .fg = seed->fg != COLOR_NONE ? seed->fg : COLOR_TEXT,
			     .width = seed->type_px_width > 0 ? length_units(seed->type_px_width)
							      : length_fit(),
			     .max_lines = seed->type_px_width > 0 ? 1 : 0});
	node_end(ui);
	for (int i = 0; i < 2; i++)
		node_add(ui, &(struct node_spec){.width = length_units(w),
				     .height = length_units(h),
				     .fill = COLOR_TINT,
				     .role = ROLE_BUTTON,
				     .id = i == 0	       ? "one"
					   : seed->no_focus_id ? NULL
							       : "two",
				     .name = i == 0		 ? "One"
					     : seed->second_name ? seed->second_name
								 : "Two",
				     .action = "act"});
	if (seed->dock_height > 0)
		node_add(ui, &(struct node_spec){.id = "dock",
				     .width = length_fill(1),
				     .height = length_units(seed->dock_height)});
	node_end(ui);
	if (seed->covered)
		node_add(ui, &(struct node_spec){.width = length_fill(1),
				     .height = length_fill(1),
				     .fill = COLOR_BG});
	if (seed->third_y > 0)
		node_add(ui, &(struct node_spec){.width = length_units(300),
				     .height = length_units(104),
				     .self = ALIGN_END,
				     .offset = {seed->third_y, 0, 0, 0},
				     .fill = COLOR_TINT,
				     .role = ROLE_BUTTON,
				     .id = "three",
				     .name = "Three",
				     .action = "act"});
	/* A tree that does not fit is the fault itself. */
	if (ui_end(ui) != VT_OK)
		fail_msg("the seed does not build");
}

static struct audit audit_seed(const struct seed *seed)
{
	struct audit audit = {.where = "seed", .is_quiet = true, .lowest_contrast = 21.0};
	size_t count;

	build_seed(seed);
	ui_damage_all(stage.ui);
	(void)ui_paint(stage.ui, &count);
	audit_layout(&audit, stage.ui);
	audit_contrast(&audit, stage.ui);
	return audit;
}

static void a_sound_tree_has_no_findings(void **state)
{
	static const struct seed sound = {.name = "sound"};
	struct audit audit = audit_seed(&sound);

	(void)state;
	assert_int_equal(audit_errors(&audit), 0);
	assert_int_equal(audit.warnings, 0);
}

static void each_seeded_fault_is_found(void **state)
{
	static const struct seed seeds[] = {
		{.name = "a target of 12 mm", .kind = AUDIT_TARGET, .button_w = 48},
		{.name = "targets 2.5 mm apart", .kind = AUDIT_GAP, .gap = 10},
		{.name = "one target on the other",
			.kind = AUDIT_OVERLAP,
			.third_y = 720,
			.button_w = 980},
		{.name = "text cut at its width",
			.kind = AUDIT_OVERFLOW,
			.text = "Words that need far more room than they get",
			.type_px_width = 90},
		{.name = "a button off the screen", .kind = AUDIT_OVERFLOW, .button_h = 900},
		{.name = "a dock off the screen", .kind = AUDIT_OVERFLOW, .dock_height = 1400},
		{.name = "a target without a name", .kind = AUDIT_NAME, .second_name = ""},
		{.name = "two targets of one name", .kind = AUDIT_NAME, .second_name = "One"},
		{.name = "no heading", .kind = AUDIT_NAME, .no_heading = true},
		{.name = "a target without an id", .kind = AUDIT_FOCUS, .no_focus_id = true},
		{.name = "an order against reading", .kind = AUDIT_FOCUS, .third_y = 490},
		{.name = "grey words", .kind = AUDIT_CONTRAST, .fg = COLOR_DISABLED},
		{.name = "gold words", .kind = AUDIT_CONTRAST, .fg = COLOR_GOLD},
		{.name = "words in the colour of their ground",
			.kind = AUDIT_CONTRAST,
			.fg = COLOR_SURFACE,
			.ground = COLOR_SURFACE},
		{.name = "words under a cover", .kind = AUDIT_CONTRAST, .covered = true},
		{.name = "a target in the top quarter", .kind = AUDIT_REACH, .on_top = true},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(seeds); i++) {
		struct audit audit = audit_seed(&seeds[i]);

		if (audit.errors[seeds[i].kind] == 0)
			fail_msg("audit \"%s\" did not find %s", audit_names[seeds[i].kind],
				seeds[i].name);
	}
}

static void text_under_the_floor_is_found(void **state)
{
	/* Every type role obeys the floor, so the fault is made after the layout. */
	static const struct seed sound = {.name = "small"};
	struct audit audit = {.where = "seed", .is_quiet = true};

	(void)state;
	build_seed(&sound);
	for (struct node *n = ui_root(stage.ui)->first_child->first_child; n != NULL; n = n->next)
		if (n->spec.text != NULL)
			n->text_px = 27;
	audit_layout(&audit, stage.ui);
	assert_true(audit.errors[AUDIT_TYPE] > 0);
}

static void a_target_under_20_mm_is_a_warning(void **state)
{
	static const struct seed seed = {.name = "warning", .button_h = 70};
	struct audit audit = audit_seed(&seed);

	(void)state;
	assert_int_equal(audit.errors[AUDIT_TARGET], 0);
	assert_true(audit.warnings > 0);
}

static void a_frame_that_was_not_repainted_is_found(void **state)
{
	static const struct seed sound = {.name = "sound"};
	struct audit audit = audit_seed(&sound);

	(void)state;
	ui_canvas(stage.ui)->pixels[1000] ^= 0x00FFFFFF;
	audit_equality(&audit, stage.ui);
	assert_int_equal(audit.errors[AUDIT_EQUALITY], 1);
}

static const struct node *find_words(const struct ui *ui)
{
	const struct node *n = ui_root(ui);

	while (n != NULL && (n->spec.text == NULL || n->spec.fg != COLOR_TEXT))
		n = audit_following(ui_root(ui), n);
	return n;
}

static void fill_pixels(struct canvas *canvas, struct rect r, uint32_t argb)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			canvas->pixels[y * canvas->width + x] = argb;
}

/* The tree is sound in all three; only the pixels tell. */
static void words_are_judged_by_their_pixels(void **state)
{
	enum fault { SOUND, COVERED, PALE_GROUND, FAULT_COUNT };

	(void)state;
	for (int fault = SOUND; fault < FAULT_COUNT; fault++) {
		struct audit audit = {.where = "seed", .is_quiet = true, .lowest_contrast = 21.0};

		stage_show(&stage, fixture_find("help"), "es-MX", &(struct look){.name = ""});
		const struct node *words = find_words(stage.ui);
		struct canvas *canvas = ui_canvas(stage.ui);

		assert_non_null(words);
		if (fault == COVERED)
			fill_pixels(canvas, words->rect, 0xFFFFFFFF);
		/* A line of mid grey at the feet of the words, as a border would be. */
		if (fault == PALE_GROUND)
			fill_pixels(canvas,
				(struct rect){words->rect.x - 1, words->rect.y + words->rect.h,
					words->rect.w + 2, 1},
				0xFF808080);
		audit_contrast(&audit, stage.ui);
		assert_int_equal(audit.errors[AUDIT_CONTRAST], fault == SOUND ? 0 : 1);
		audit_layout(&audit, stage.ui);
		assert_int_equal(audit_errors(&audit), fault == SOUND ? 0 : 1);
	}
}

/* A heading and two things of one role, the first in the given state. */
static struct audit audit_pair(
	enum node_role role, unsigned states, bool with_sign, const char *name)
{
	struct audit audit = {.where = "seed", .is_quiet = true, .lowest_contrast = 21.0};
	struct ui *ui = stage.ui;

	ui_set_settings(ui, &(struct ui_settings){0});
	ui_begin(ui, "seed", "en");
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .gap = 22, .pad = {600, 48, 0, 48}});
	widget_heading(ui, TYPE_TITLE, COLOR_TEXT, "Heading");
	for (int i = 0; i < 2; i++) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_units(300),
				       .height = length_units(104),
				       .fill = i == 0 ? COLOR_TINT : COLOR_SURFACE,
				       .border = COLOR_CONTROL,
				       .border_width = 4,
				       .role = role,
				       .id = i == 0 ? "one" : "two",
				       .name = i == 0 ? name : "Two",
				       .action = "act",
				       .personal = role != ROLE_TEXTBOX,
				       .states = i == 0 ? states : 0});
		if (i == 0 && with_sign)
			widget_icon(ui, "check-circle", ICON_FILL, 40, COLOR_ICON);
		node_end(ui);
	}
	node_end(ui);
	assert_int_equal(ui_end(ui), VT_OK);
	audit_layout(&audit, ui);
	return audit;
}

static void a_state_told_by_colour_alone_is_found(void **state)
{
	(void)state;
	assert_true(audit_pair(ROLE_RADIO, STATE_CHECKED, false, "One").errors[AUDIT_COLOR] > 0);
	assert_int_equal(audit_pair(ROLE_RADIO, STATE_CHECKED, true, "One").errors[AUDIT_COLOR], 0);
	/* Wrong, and nothing on the screen says why. */
	assert_true(audit_pair(ROLE_RADIO, STATE_INVALID, true, "One").errors[AUDIT_COLOR] > 0);
}

static void what_cannot_be_said_is_found(void **state)
{
	(void)state;
	assert_int_equal(audit_pair(ROLE_BUTTON, 0, true, "One").errors[AUDIT_SPEECH], 0);
	assert_true(audit_pair(ROLE_BUTTON, 0, true, "?").errors[AUDIT_SPEECH] > 0);
	/* An entry that speech would read aloud in the hall. */
	assert_true(audit_pair(ROLE_TEXTBOX, 0, true, "One").errors[AUDIT_SPEECH] > 0);
}

static void flashing_is_found(void **state)
{
	struct audit slow = {.where = "seed", .is_quiet = true}, fast = slow;
	bool changed[61];

	(void)state;
	for (int i = 0; i < 61; i++)
		changed[i] = i % 5 == 4; /* four times a second: 2 Hz */
	audit_flash(&slow, changed, VT_ELEMENTS(changed), 50);
	for (int i = 0; i < 61; i++)
		changed[i] = i % 3 == 2;
	audit_flash(&fast, changed, VT_ELEMENTS(changed), 50);
	assert_int_equal(slow.errors[AUDIT_FLASH], 0);
	assert_true(fast.errors[AUDIT_FLASH] > 0);
}

/* Whether anything moves within a second, in which no count-down goes on. */
static bool moves(const struct fixture *fixture, bool calm)
{
	bool does_move = false;

	stage.calm = calm;
	stage_show(&stage, fixture, "es-MX", NULL);
	stage.env.since_show_ms = fixture->since_show_ms / 1000 * 1000 + 1050;
	stage_repaint(&stage);
	for (int i = 0; i < 9; i++) {
		stage.env.since_show_ms += 100;
		stage_repaint(&stage);
		does_move |= stage.damaged > 0;
	}
	stage.calm = false;
	return does_move;
}

static void with_less_motion_every_screen_stands_still(void **state)
{
	size_t moving = 0;

	(void)state;
	for (size_t i = 0; i < fixture_count; i++) {
		moving += moves(&fixtures[i], false);
		if (moves(&fixtures[i], true))
			fail_msg("%s moves", fixtures[i].name);
	}
	assert_true(moving > 0);
}

/* ---- incremental frames ---- */

static void every_change_paints_the_same_as_a_full_frame(void **state)
{
	static const char *const keys[] = {"key-B", "key-E", "key-M", "key-L", "key-9", "key-2",
		"key-0", "key-delete", "key-0", "key-3", "key-1", "key-3", "key-H", "primary"};
	struct audit audit = {.where = "typing", .lowest_contrast = 21.0};

	(void)state;
	stage_show(&stage, fixture_find("curp-empty"), "es-MX", NULL);
	for (size_t i = 0; i < VT_ELEMENTS(keys); i++) {
		(void)stage_tap(&stage, keys[i]);
		audit_equality(&audit, stage.ui);
	}
	for (int i = 0; i < 12; i++) {
		(void)input_key(stage.ui, INPUT_KEY_NEXT, 0);
		stage_repaint(&stage);
		audit_equality(&audit, stage.ui);
	}
	/* From each screen to the next. */
	for (size_t i = 0; i < fixture_count; i++) {
		stage_show(&stage, &fixtures[i], "es-MX", NULL);
		audit_equality(&audit, stage.ui);
	}
	assert_int_equal(audit_errors(&audit), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_tree_has_no_findings),
		cmocka_unit_test(each_seeded_fault_is_found),
		cmocka_unit_test(text_under_the_floor_is_found),
		cmocka_unit_test(a_target_under_20_mm_is_a_warning),
		cmocka_unit_test(a_frame_that_was_not_repainted_is_found),
		cmocka_unit_test(words_are_judged_by_their_pixels),
		cmocka_unit_test(a_state_told_by_colour_alone_is_found),
		cmocka_unit_test(what_cannot_be_said_is_found),
		cmocka_unit_test(flashing_is_found),
		cmocka_unit_test(with_less_motion_every_screen_stands_still),
		cmocka_unit_test(every_screen_passes_the_layout_audits),
		cmocka_unit_test(every_screen_passes_the_pixel_audits),
		cmocka_unit_test(the_neutral_theme_passes_the_same_pixel_audits),
		cmocka_unit_test(other_densities_pass_the_layout_audits),
		cmocka_unit_test(every_change_paints_the_same_as_a_full_frame),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
