/* Layout: properties over random trees, and the rules screens rely on. */

#include <stdio.h>
#include <string.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/widget.h"

static const struct profile panel = {1080, 1920, 4.03, 600, 800};

static struct rect content(const struct ui *ui, const struct node *n)
{
	const struct profile *p = ui_profile(ui);
	const struct insets *pad = &n->spec.pad;
	int left = profile_px(p, pad->left), top = profile_px(p, pad->top);

	return (struct rect){n->rect.x + left, n->rect.y + top,
		n->rect.w - left - profile_px(p, pad->right),
		n->rect.h - top - profile_px(p, pad->bottom)};
}

static const struct node *visible(const struct node *n)
{
	while (n && n->hidden)
		n = n->next;
	return n;
}

static bool is_fixed(struct length length)
{
	return length.kind == LENGTH_FIXED || length.kind == LENGTH_PX;
}

/* Room the visible children take along the axis of a column or row, else the largest of them. */
static struct rect taken(const struct ui *ui, const struct node *n)
{
	struct rect sum = {0, 0, 0, 0};
	int gap = profile_px(ui_profile(ui), n->spec.gap), count = 0;

	for (const struct node *c = visible(n->first_child); c; c = visible(c->next), count++) {
		int w = c->rect.w + (count > 0 ? gap : 0), h = c->rect.h + (count > 0 ? gap : 0);
		sum.w = n->spec.layout == LAYOUT_ROW ? sum.w + w
			: c->rect.w > sum.w	     ? c->rect.w
						     : sum.w;
		sum.h = n->spec.layout == LAYOUT_COLUMN ? sum.h + h
			: c->rect.h > sum.h		? c->rect.h
							: sum.h;
	}
	return sum;
}

/* What layout.c promises for one node and its children. */
static void check_node(const struct ui *ui, const struct node *n, uint64_t seed)
{
	struct rect box = content(ui, n), need = taken(ui, n);
	bool must_fit_x = need.w <= box.w || (n->rect.w >= n->min_w && !is_fixed(n->spec.width));
	bool must_fit_y = need.h <= box.h || (n->rect.h >= n->pref_h && !is_fixed(n->spec.height));
	const struct node *before = NULL;

	if (n->spec.layout == LAYOUT_GRID) /* fixed cells may be wider than their column */
		must_fit_x = must_fit_y = false;
	if (n->rect.w < 0 || n->rect.h < 0)
		fail_msg("seed %llu: negative size", (unsigned long long)seed);
	for (const struct node *c = visible(n->first_child); c; c = visible(c->next)) {
		if (must_fit_x && c->rect.w > 0 &&
			(c->rect.x < box.x || c->rect.x + c->rect.w > box.x + box.w))
			fail_msg("seed %llu: child %d+%d leaves parent %d+%d sideways (layout %d)",
				(unsigned long long)seed, c->rect.x, c->rect.w, box.x, box.w,
				(int)n->spec.layout);
		if (must_fit_y && c->rect.h > 0 &&
			(c->rect.y < box.y || c->rect.y + c->rect.h > box.y + box.h))
			fail_msg("seed %llu: child %d+%d leaves parent %d+%d (layout %d)",
				(unsigned long long)seed, c->rect.y, c->rect.h, box.y, box.h,
				(int)n->spec.layout);
		assert_true(c->rect.x >= box.x);
		assert_true(c->rect.y >= box.y);
		if (before && n->spec.layout == LAYOUT_COLUMN)
			assert_true(c->rect.y >= before->rect.y + before->rect.h +
							 profile_px(ui_profile(ui), n->spec.gap));
		if (before && n->spec.layout == LAYOUT_ROW)
			assert_true(c->rect.x >= before->rect.x + before->rect.w +
							 profile_px(ui_profile(ui), n->spec.gap));
		before = c;
		check_node(ui, c, seed);
	}
	if (n->spec.text && n->spec.max_lines > 0)
		assert_true(n->line_count <= n->spec.max_lines);
}

static void random_trees_keep_the_promises(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	for (uint64_t seed = 1; seed <= 800; seed++) {
		struct trees_random random = {seed * 77};
		ui_set_settings(ui,
			&(struct ui_settings){.text_size = (enum text_size)trees_next(&random, 4)});
		trees_random(ui, seed, 5 + (int)trees_next(&random, 120));
		check_node(ui, ui_root(ui), seed);
	}
	ui_destroy(&ui);
}

static const struct rect *rect_of(struct ui *ui, const char *id)
{
	const struct node *node = ui_find(ui, id);

	assert_non_null(node);
	return &node->rect;
}

static void fill_shares_by_weight_and_ends_at_the_edge(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	ui_begin(ui, "t", "");
	node_begin(
		ui, &(struct node_spec){.layout = LAYOUT_ROW, .width = length_fill(1), .gap = 10});
	node_add(ui, &(struct node_spec){.id = "a", .width = length_fill(1)});
	node_add(ui, &(struct node_spec){.id = "b", .width = length_fill(2)});
	node_add(ui, &(struct node_spec){.id = "c", .width = length_units(100)});
	node_end(ui);
	ui_end(ui);
	assert_int_equal(rect_of(ui, "a")->w, (1080 - 120) / 3);
	assert_int_equal(rect_of(ui, "b")->w, 2 * (1080 - 120) / 3);
	assert_int_equal(rect_of(ui, "c")->x + rect_of(ui, "c")->w, 1080);
	ui_destroy(&ui);
}

static void text_shrinks_to_its_longest_word_before_it_is_pushed_out(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	ui_begin(ui, "t", "");
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_ROW, .width = length_units(500), .gap = 20});
	node_add(ui, &(struct node_spec){.id = "text",
			     .text = "Renovación de pasaporte por diez años",
			     .type = TYPE_VALUE});
	node_add(ui, &(struct node_spec){.id = "fixed", .width = length_units(200)});
	node_end(ui);
	ui_end(ui);
	assert_true(ui_find(ui, "text")->line_count >= 2);
	assert_int_equal(rect_of(ui, "fixed")->x + rect_of(ui, "fixed")->w, 500);
	ui_destroy(&ui);
}

static int visible_cards(struct ui *ui, bool seen[15])
{
	int count = 0;

	for (int i = 0; i < 15; i++) {
		char id[8];
		snprintf(id, sizeof(id), "c%d", i);
		if (ui_find(ui, id)) {
			count++;
			seen[i] = true;
		}
	}
	return count;
}

static void each_card_is_on_exactly_one_page(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
		bool seen[15] = {false};
		int total = 0, page = 0;
		ui_set_settings(ui, &(struct ui_settings){.text_size = (enum text_size)size});
		do {
			trees_home(ui, &(struct trees_home){
					       .page = page, .has_banner = size < TEXT_EXTRA});
			total += visible_cards(ui, seen);
			assert_non_null(ui_find(ui, "more"));
			assert_non_null(ui_find(ui, "go"));
			assert_true(rect_of(ui, "more")->y + rect_of(ui, "more")->h <=
				    rect_of(ui, "go")->y);
		} while (++page < ui_page_count(ui, "cards"));
		assert_int_equal(total, 15);
		for (int i = 0; i < 15; i++)
			assert_true(seen[i]);
		/* One page further is the first again. */
		trees_home(ui, &(struct trees_home){.page = page, .has_banner = size < TEXT_EXTRA});
		assert_non_null(ui_find(ui, "c0"));
	}
	ui_destroy(&ui);
}

static void paged(struct ui *ui, int items)
{
	ui_begin(ui, "t", "");
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .height = length_fill(1),
			       .gap = 10,
			       .paged = true,
			       .id = "list"});
	for (int i = 0; i < items; i++)
		node_add(ui, &(struct node_spec){
				     .height = length_units(300), .id = node_text(ui, "i%d", i)});
	node_add(ui, &(struct node_spec){.height = length_units(100), .pager = true, .id = "more"});
	node_end(ui);
	ui_end(ui);
}

static void the_pager_is_there_only_if_it_is_needed(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	paged(ui, 6); /* 6 × 300 + 50 = 1850 */
	assert_null(ui_find(ui, "more"));
	assert_int_equal(ui_page_count(ui, "list"), 1);
	assert_non_null(ui_find(ui, "i5"));
	paged(ui, 7);
	assert_non_null(ui_find(ui, "more"));
	assert_int_equal(ui_page_count(ui, "list"), 2);
	assert_null(ui_find(ui, "i5"));
	assert_int_equal(rect_of(ui, "more")->y, 5 * 310);
	ui_destroy(&ui);
}

/* A heading, a text of many lines in a box, a list in the list. */
static void long_page(struct ui *ui, int page)
{
	char words[2400] = "";

	for (size_t i = 0; i + 6 < sizeof(words); i += 5)
		memcpy(words + i, "acta ", 6);
	ui_begin(ui, "t", "");
	node_begin(ui, &(struct node_spec){.width = length_fill(1), .height = length_fill(1)});
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .height = length_fill(1),
			       .gap = 10,
			       .paged = true,
			       .page = page,
			       .id = "list"});
	node_add(ui, &(struct node_spec){.height = length_units(60), .id = "title"});
	node_add(ui, &(struct node_spec){.height = length_fill(1), .id = "spacer"});
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .pad = insets_all(20),
			       .border = COLOR_LINE,
			       .divides = true,
			       .id = "box"});
	node_add(ui, &(struct node_spec){.text = words, .width = length_fill(1), .id = "words"});
	node_end(ui);
	node_begin(ui, &(struct node_spec){.height = length_fill(1), .paged = true, .id = "in"});
	for (int i = 0; i < 4; i++)
		node_add(ui, &(struct node_spec){
				     .height = length_units(150), .id = node_text(ui, "i%d", i)});
	node_add(ui, &(struct node_spec){.height = length_units(90), .pager = true, .id = "no"});
	node_end(ui);
	node_add(ui, &(struct node_spec){.height = length_units(80), .pager = true, .id = "more"});
	node_end(ui);
	node_add(ui, &(struct node_spec){.height = length_units(100), .id = "dock"});
	node_end(ui);
	ui_end(ui);
}

static void each_line_is_on_exactly_one_page(void **state)
{
	static const int heights[] = {420, 600, 900};

	(void)state;
	for (size_t h = 0; h < VT_ELEMENTS(heights); h++) {
		struct ui *ui = trees_ui((struct profile){600, heights[h], 4.03, 600, 800});
		int page = 0, lines = 0, rows = 0, all = -1;

		do {
			long_page(ui, page);
			const struct node *words = ui_find(ui, "words");
			assert_true(ui_fits(ui));
			assert_non_null(ui_find(ui, "more"));
			assert_null(ui_find(ui, "no"));
			assert_null(ui_find(ui, "spacer"));
			assert_int_equal(
				rect_of(ui, "dock")->y + rect_of(ui, "dock")->h, heights[h]);
			assert_int_equal(ui_find(ui, "title") != NULL, page == 0);
			assert_int_equal(ui_find(ui, "box") != NULL, words != NULL);
			if (words && all < 0)
				assert_int_equal(words->lines_before, 0);
			else if (words)
				assert_int_equal(words->lines_before, lines);
			all = words ? 0 : all;
			lines += words ? words->line_count : 0;
			for (int i = 0; i < 4; i++)
				rows += ui_find(ui, node_text(ui, "i%d", i)) != NULL ? 1 : 0;
		} while (++page < ui_page_count(ui, "list"));
		assert_true(lines > 40);
		assert_int_equal(rows, 4);
		assert_true(page > 2);
		ui_destroy(&ui);
	}
}

static void what_is_inside_keeps_off_the_edge(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	ui_begin(ui, "t", "");
	node_begin(ui, &(struct node_spec){.border = COLOR_LINE, .border_width = 5, .id = "box"});
	node_add(ui, &(struct node_spec){.text = "acta", .id = "word"});
	node_end(ui);
	ui_end(ui);
	assert_int_equal(rect_of(ui, "word")->x - rect_of(ui, "box")->x, 7);
	assert_int_equal(rect_of(ui, "word")->y - rect_of(ui, "box")->y, 7);
	ui_destroy(&ui);
}

static void what_may_be_dropped_goes_highest_first_and_only_for_want_of_room(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	for (int filler = 1000; filler <= 1900; filler += 450) {
		ui_begin(ui, "t", "");
		node_begin(
			ui, &(struct node_spec){.width = length_fill(1), .height = length_fill(1)});
		node_add(ui, &(struct node_spec){
				     .id = "picture", .height = length_units(400), .droppable = 2});
		node_add(ui, &(struct node_spec){
				     .id = "hint", .height = length_units(200), .droppable = 1});
		node_add(ui, &(struct node_spec){.id = "body", .height = length_units(filler)});
		node_end(ui);
		ui_end(ui);
		assert_int_equal(ui_find(ui, "picture") != NULL, filler == 1000);
		assert_int_equal(ui_find(ui, "hint") != NULL, filler <= 1450);
		assert_non_null(ui_find(ui, "body"));
	}
	ui_destroy(&ui);
}

static void targets_keep_their_millimetres_on_every_panel(void **state)
{
	static const struct profile panels[] = {{1280, 800, 5.88, 400, 800},
		{1080, 1920, 5.56, 600, 800}, {1080, 1920, 4.03, 600, 800},
		{1080, 1920, 3.21, 600, 800}, {1080, 1920, 2.71, 600, 800},
		{540, 960, 2.0, 600, 800}};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(panels); i++) {
		double density = panels[i].px_per_mm;
		assert_true(profile_px(&panels[i], profile_mm_to_units(20)) >= 20 * density);
		assert_true(profile_px(&panels[i], 11) >= 2.54 * density);
		assert_true(profile_mm_to_px(&panels[i], 12.7) >= 12.7 * density);
		assert_true(profile_mm_to_px(&panels[i], 12.7) < 12.7 * density + 1);
		assert_true(profile_px(&panels[i], profile_units(&panels[i], panels[i].width_px)) <=
			    panels[i].width_px);
	}
	assert_int_equal(profile_px(&panels[2], 81), 81);
	assert_int_equal(profile_px(&panels[2], -10), -10);
}

static void no_type_role_falls_under_the_floor(void **state)
{
	struct profile p = profile_reference();
	static const double least_mm[TEXT_SIZE_COUNT] = {4.8, 6.4, 7.33, 8.5};

	(void)state;
	for (int size = 0; size < TEXT_SIZE_COUNT; size++)
		for (int role = 0; role < TYPE_ROLE_COUNT; role++) {
			struct type_metrics m =
				type_metrics(&p, (enum type_role)role, (enum text_size)size);
			assert_true(m.px >= type_floor_units((enum text_size)size));
			assert_true(m.cap_mm >= least_mm[size]);
			assert_true(m.line_px >= m.px);
		}
	assert_int_equal(type_metrics(&p, TYPE_BODY, TEXT_LARGE).px, 38);
	assert_int_equal(type_metrics(&p, TYPE_BODY, TEXT_EXTRA).px, 44);
	assert_int_equal(type_metrics(&p, TYPE_BODY, TEXT_MAX).px, 50);
}

static void a_full_tree_is_reported_and_usable(void **state)
{
	struct ui *ui = trees_ui(panel);

	(void)state;
	ui_begin(ui, "t", "");
	for (int i = 0; i < 3000; i++)
		node_add(ui, &(struct node_spec){.height = length_units(1)});
	assert_int_equal(ui_end(ui), VT_ERR_LIMIT);
	for (int i = 0; i < 100; i++) /* too deep */
		(void)i;
	ui_begin(ui, "t", "");
	for (int i = 0; i < 100; i++)
		node_begin(ui, &(struct node_spec){.width = length_fill(1)});
	for (int i = 0; i < 100; i++)
		node_end(ui);
	assert_int_equal(ui_end(ui), VT_ERR_LIMIT);
	trees_home(ui, &(struct trees_home){0});
	ui_destroy(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_trees_keep_the_promises),
		cmocka_unit_test(fill_shares_by_weight_and_ends_at_the_edge),
		cmocka_unit_test(text_shrinks_to_its_longest_word_before_it_is_pushed_out),
		cmocka_unit_test(each_card_is_on_exactly_one_page),
		cmocka_unit_test(the_pager_is_there_only_if_it_is_needed),
		cmocka_unit_test(each_line_is_on_exactly_one_page),
		cmocka_unit_test(what_is_inside_keeps_off_the_edge),
		cmocka_unit_test(what_may_be_dropped_goes_highest_first_and_only_for_want_of_room),
		cmocka_unit_test(targets_keep_their_millimetres_on_every_panel),
		cmocka_unit_test(no_type_role_falls_under_the_floor),
		cmocka_unit_test(a_full_tree_is_reported_and_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
