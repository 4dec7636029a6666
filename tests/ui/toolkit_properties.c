/* Properties of layout over random trees, texts, panels and text sizes. A laid-out tree is written
 * down as a list of places; each property is a function of such lists, and each is shown to bite: a
 * list with one seeded fault is refused. */

#include <stdio.h>
#include <string.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/ui.h"

#define MAX_PLACES 400
#define TREES	   100
#define MAX_NODES  120

struct place {
	struct rect rect;
	int parent; /* index, -1 = the root */
	enum layout_kind layout;
	bool is_hidden, is_text;
	int text_px, line_count;
};

struct list {
	struct place places[MAX_PLACES];
	int count;
};

static const struct profile panels[] = {
	{1080, 1920, 4.03, 600, 800}, {1280, 1024, 3.79, 600, 850}, {540, 960, 2.0, 600, 800}};

static void write_down(struct list *list, const struct node *node, int parent, bool is_hidden)
{
	const int index = list->count;

	if (index == MAX_PLACES)
		return;
	is_hidden |= node->hidden;
	list->places[list->count++] = (struct place){.rect = node->rect,
		.parent = parent,
		.layout = node->spec.layout,
		.is_hidden = is_hidden,
		.is_text = node->spec.text != NULL,
		.text_px = node->text_px,
		.line_count = node->line_count};
	for (const struct node *c = node->first_child; c; c = c->next)
		write_down(list, c, index, is_hidden);
}

static void lay_out(struct ui *ui, uint64_t seed, struct list *list)
{
	struct trees_random random = {seed * 131};

	ui_set_settings(
		ui, &(struct ui_settings){.text_size = (enum text_size)trees_next(&random, 4)});
	trees_random(ui, seed, 5 + (int)trees_next(&random, MAX_NODES));
	list->count = 0;
	write_down(list, ui_root(ui), -1, false);
}

/* ---- properties ---- */

static bool is_equal(const struct rect *a, const struct rect *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

static bool is_same(const struct list *a, const struct list *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++) {
		const struct place *x = &a->places[i], *y = &b->places[i];
		/* Where a hidden node would lie is nobody's business. */
		if (x->is_hidden != y->is_hidden)
			return false;
		if (!x->is_hidden && (!is_equal(&x->rect, &y->rect) || x->text_px != y->text_px ||
					     x->line_count != y->line_count))
			return false;
	}
	return true;
}

/* Seen siblings of a row, column or grid do not lie on each other. */
static bool is_apart(const struct list *list)
{
	for (int i = 0; i < list->count; i++)
		for (int j = i + 1; j < list->count; j++) {
			const struct place *a = &list->places[i], *b = &list->places[j];
			struct rect common = rect_intersect(a->rect, b->rect);
			if (a->parent != b->parent || a->parent < 0 || a->is_hidden ||
				b->is_hidden || list->places[a->parent].layout == LAYOUT_STACK ||
				list->places[a->parent].layout == LAYOUT_GRID)
				continue;
			if (!rect_is_empty(&common))
				return false;
		}
	return true;
}

/* Nothing has a negative size, and what has lines has a height. */
static bool is_sound(const struct list *list)
{
	for (int i = 0; i < list->count; i++) {
		const struct place *p = &list->places[i];
		if (p->rect.w < 0 || p->rect.h < 0)
			return false;
		if (!p->is_hidden && p->is_text && (p->text_px <= 0 || p->line_count < 0))
			return false;
	}
	return true;
}

/* ---- tests ---- */

static struct list first, second;

static void the_same_tree_lies_the_same_way(void **state)
{
	(void)state;
	for (size_t p = 0; p < VT_ELEMENTS(panels); p++) {
		struct ui *ui = trees_ui(panels[p]);
		for (uint64_t seed = 1; seed <= TREES; seed++) {
			lay_out(ui, seed, &first);
			lay_out(ui, seed, &second);
			if (!is_same(&first, &second))
				fail_msg("panel %zu seed %llu", p, (unsigned long long)seed);
		}
		ui_destroy(&ui);
	}
}

/* One ui has laid out everything before, the other only this: caches and left-overs do not count.
 */
static void what_came_before_does_not_matter(void **state)
{
	(void)state;
	for (size_t p = 0; p < VT_ELEMENTS(panels); p++) {
		struct ui *used = trees_ui(panels[p]), *fresh = NULL;
		for (uint64_t seed = 1; seed <= TREES; seed++) {
			lay_out(used, seed, &first);
			if (seed % 25 != 0)
				continue;
			fresh = trees_ui(panels[p]);
			lay_out(fresh, seed, &second);
			ui_destroy(&fresh);
			if (!is_same(&first, &second))
				fail_msg("panel %zu seed %llu", p, (unsigned long long)seed);
		}
		ui_destroy(&used);
	}
}

static void random_trees_are_sound_and_apart(void **state)
{
	(void)state;
	for (size_t p = 0; p < VT_ELEMENTS(panels); p++) {
		struct ui *ui = trees_ui(panels[p]);
		for (uint64_t seed = 1; seed <= TREES; seed++) {
			lay_out(ui, seed, &first);
			if (!is_sound(&first) || !is_apart(&first))
				fail_msg("panel %zu seed %llu", p, (unsigned long long)seed);
		}
		ui_destroy(&ui);
	}
}

/* Texts of one type in a row stand on one line, whatever their letters. */
static void equal_texts_of_a_row_stand_on_one_line(void **state)
{
	static const char *const words[] = {"acta", "Ñandú", "pago", "ꞌɨkɨ", "m\u0331anho"};

	(void)state;
	for (size_t p = 0; p < VT_ELEMENTS(panels); p++) {
		struct ui *ui = trees_ui(panels[p]);
		for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
			ui_set_settings(
				ui, &(struct ui_settings){.text_size = (enum text_size)size});
			ui_begin(ui, "row", "");
			node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 8});
			for (size_t i = 0; i < VT_ELEMENTS(words); i++)
				node_add(ui,
					&(struct node_spec){.text = words[i], .type = TYPE_BODY});
			node_end(ui);
			assert_int_equal(ui_end(ui), VT_OK);
			const struct node *one = ui_root(ui)->first_child->first_child;
			for (const struct node *n = one->next; n; n = n->next) {
				assert_int_equal(n->rect.y, one->rect.y);
				assert_int_equal(n->line_px, one->line_px);
				assert_int_equal(n->text_px, one->text_px);
			}
		}
		ui_destroy(&ui);
	}
}

/* Each property refuses a list in which one thing is wrong. */
static void each_property_bites(void **state)
{
	struct ui *ui = trees_ui(panels[0]);
	int a = -1, b = -1;

	(void)state;
	for (uint64_t seed = 1; a < 0 && seed <= TREES; seed++) {
		lay_out(ui, seed, &first);
		for (int i = 0; i < first.count && a < 0; i++)
			for (int j = i + 1; j < first.count && a < 0; j++)
				if (first.places[i].parent == first.places[j].parent &&
					first.places[i].parent >= 0 && !first.places[i].is_hidden &&
					!first.places[j].is_hidden &&
					first.places[first.places[i].parent].layout == LAYOUT_ROW &&
					!rect_is_empty(&first.places[i].rect) &&
					!rect_is_empty(&first.places[j].rect)) {
					a = i;
					b = j;
				}
	}
	ui_destroy(&ui);
	assert_true(a >= 0 && is_apart(&first) && is_sound(&first));
	second = first;
	second.places[b].rect.y += 1;
	assert_false(is_same(&first, &second));
	second = first;
	second.count--;
	assert_false(is_same(&first, &second));
	second = first;
	second.places[a].is_hidden = true;
	assert_false(is_same(&first, &second));
	second = first;
	second.places[b].rect = second.places[a].rect;
	assert_false(is_apart(&second));
	second = first;
	second.places[a].rect.w = -1;
	assert_false(is_sound(&second));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_tree_lies_the_same_way),
		cmocka_unit_test(what_came_before_does_not_matter),
		cmocka_unit_test(random_trees_are_sound_and_apart),
		cmocka_unit_test(equal_texts_of_a_row_stand_on_one_line),
		cmocka_unit_test(each_property_bites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
