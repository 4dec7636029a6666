/* An incremental frame equals a full one, bit for bit (UI.md §15.6, §18). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/cmocka_prelude.h"
#include "terminal/base/text.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/damage.h"
#include "ui/toolkit/input.h"

/* A small panel with the reference's density keeps hundreds of frames quick. */
static const struct profile small = {540, 720, 4.03, 600, 800};

/* Paints the tree twice, what changed and then everything, and compares. */
static void assert_equal_to_full(struct ui *ui, const char *what, uint64_t seed)
{
	size_t count;

	ui_paint(ui, &count);
	uint64_t incremental = canvas_hash(ui_canvas(ui));
	ui_damage_all(ui);
	ui_paint(ui, &count);
	if (canvas_hash(ui_canvas(ui)) != incremental)
		fail_msg("%s, seed %llu: the incremental frame differs", what,
			(unsigned long long)seed);
}

static void random_trees_repaint_to_the_full_frame(void **state)
{
	const char *chosen = getenv("SEED");
	int64_t given = 1;
	assert_int_equal(chosen ? vt_parse_i64(chosen, 1, INT64_MAX / 2, &given) : VT_OK, VT_OK);
	uint64_t first = (uint64_t)given;
	struct ui *ui = trees_ui(small);

	(void)state;
	for (uint64_t seed = first; seed < first + (chosen ? 1 : 60); seed++) {
		struct trees_random random = {seed};
		ui_set_settings(
			ui, &(struct ui_settings){.mode = (enum theme_mode)trees_next(&random, 4),
				    .text_size = (enum text_size)trees_next(&random, 4)});
		trees_random(ui, seed, 12 + (int)trees_next(&random, 60));
		assert_equal_to_full(ui, "new tree", seed);
		/* The same tree with one more node, pressed somewhere, focused somewhere. */
		trees_random(ui, seed, 14 + (int)trees_next(&random, 60));
		input_finger(ui, 1, INPUT_DOWN, (int)trees_next(&random, 540),
			(int)trees_next(&random, 720), 0);
		input_key(ui, INPUT_KEY_NEXT, 0);
		assert_equal_to_full(ui, "changed tree", seed);
		input_finger(ui, 1, INPUT_UP, 0, 0, 1);
		trees_random(ui, seed, 12);
		assert_equal_to_full(ui, "shrunk tree", seed);
	}
	ui_destroy(&ui);
}

static void home_changes_repaint_to_the_full_frame(void **state)
{
	struct ui *ui = trees_ui(profile_reference());
	static const struct trees_home steps[] = {{0}, {.title = "Otra pregunta"},
		{.has_banner = true}, {.has_banner = true, .page = 1},
		{.has_dialog = true, .ring_permille = 640},
		{.has_dialog = true, .ring_permille = 600}, {.page = 1}, {0}};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(steps); i++) {
		trees_home(ui, &steps[i]);
		assert_equal_to_full(ui, "home", i);
	}
	ui_destroy(&ui);
}

static void the_same_tree_damages_nothing(void **state)
{
	struct ui *ui = trees_ui(profile_reference());
	size_t count;

	(void)state;
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	assert_int_equal(count, 1);
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	assert_int_equal(count, 0);
	ui_destroy(&ui);
}

static void a_press_damages_only_its_node(void **state)
{
	struct ui *ui = trees_ui(profile_reference());
	size_t count;

	(void)state;
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	struct rect c4 = ui_find(ui, "c4")->rect, ink = ui_find(ui, "c4")->ink;
	input_finger(ui, 1, INPUT_DOWN, c4.x + 5, c4.y + 5, 0);
	trees_home(ui, &(struct trees_home){0});
	const struct rect *rects = ui_paint(ui, &count);
	assert_int_equal(count, 1);
	assert_true(rect_covers(&ink, &rects[0]));
	ui_destroy(&ui);
}

static void a_letter_damages_its_box_and_the_next(void **state)
{
	struct ui *ui = trees_ui(profile_reference());
	size_t count;
	int64_t area = 0;

	(void)state;
	trees_curp(ui, "NUIG");
	ui_paint(ui, &count);
	trees_curp(ui, "NUIG8");
	const struct rect *rects = ui_paint(ui, &count);
	for (size_t i = 0; i < count; i++)
		area += rect_area(&rects[i]);
	assert_true(count > 0);
	/* Two boxes of 84 × 104, and what the joining adds. */
	assert_true(area < 2 * 110 * 130 * 13 / 10);
	ui_destroy(&ui);
}

static void overlay_order(struct ui *ui, bool is_swapped)
{
	ui_begin(ui, "order", "es-MX");
	for (int i = 0; i < 2; i++) {
		bool is_first = (i == 0) != is_swapped;
		node_add(ui, &(struct node_spec){.id = is_first ? "a" : "b",
				     .width = length_units(100),
				     .height = length_units(100),
				     .fill = is_first ? COLOR_ACTION : COLOR_OK});
	}
	ui_end(ui);
}

static void swapped_overlays_are_seen(void **state)
{
	struct ui *ui = trees_ui(small);
	size_t count;

	(void)state;
	overlay_order(ui, false);
	ui_paint(ui, &count);
	overlay_order(ui, true);
	assert_equal_to_full(ui, "swapped", 0);
	ui_destroy(&ui);
}

static void near_rectangles_are_joined_and_far_ones_are_not(void **state)
{
	struct rect rects[DAMAGE_MAX_RECTS];
	size_t count = 0;

	(void)state;
	damage_join(rects, &count, (struct rect){0, 0, 10, 10});
	damage_join(rects, &count, (struct rect){10, 0, 10, 10});
	assert_int_equal(count, 1);
	assert_int_equal(rects[0].w, 20);
	damage_join(rects, &count, (struct rect){500, 500, 10, 10});
	assert_int_equal(count, 2);
	damage_join(rects, &count, (struct rect){0, 0, 0, 5});
	assert_int_equal(count, 2);
	for (int i = 0; i < 200; i++)
		damage_join(rects, &count, (struct rect){i * 37, (i * 53) % 1000, 2, 2});
	assert_true(count <= DAMAGE_MAX_RECTS);
	/* Nothing got lost on the way. */
	for (int i = 0; i < 200; i++) {
		struct rect r = {i * 37, (i * 53) % 1000, 2, 2};
		bool is_covered = false;
		for (size_t k = 0; k < count; k++)
			is_covered |= rect_covers(&rects[k], &r);
		assert_true(is_covered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_trees_repaint_to_the_full_frame),
		cmocka_unit_test(home_changes_repaint_to_the_full_frame),
		cmocka_unit_test(the_same_tree_damages_nothing),
		cmocka_unit_test(a_press_damages_only_its_node),
		cmocka_unit_test(a_letter_damages_its_box_and_the_next),
		cmocka_unit_test(swapped_overlays_are_seen),
		cmocka_unit_test(near_rectangles_are_joined_and_far_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
