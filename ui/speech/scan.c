#include "ui/speech/scan.h"

#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"
#include "ui/speech/explore.h"

/* Controls of one screen: a keyboard of fifty keys, a page of cards, the dock. */
#define MAX_CONTROLS 160

struct control {
	const struct node *node;
	const struct node *region; /* part of the frame it stands in */
};
struct controls {
	size_t count;
	struct control list[MAX_CONTROLS];
};
struct span {
	size_t first, end;
};

int scan_interval_ms(int speed)
{
	static const int intervals[SCAN_SPEEDS] = {3000, 2200, 1500, 1000, 700};

	if (speed < 1 || speed > SCAN_SPEEDS)
		speed = SCAN_SPEED_DEFAULT;
	return intervals[speed - 1];
}

/* ---- what there is ---- */

static bool is_control(const struct node *node)
{
	return node->spec.action && *node->spec.action && node->spec.id &&
	       !(node->spec.states & STATE_DISABLED);
}

static void collect(struct controls *all, const struct node *node, const struct node *region)
{
	if (node->hidden)
		return;
	if (is_control(node) && all->count < MAX_CONTROLS)
		all->list[all->count++] = (struct control){node, region};
	for (const struct node *child = node->first_child; child; child = child->next)
		collect(all, child, region);
}

/* Regions are the children of the frame, which is the child of the root; a dialogue is one region.
 */
static void collect_all(struct controls *all, const struct ui *ui)
{
	const struct node *top = ui_modal_root(ui);

	all->count = 0;
	if (!top)
		return;
	if (top->spec.states & STATE_MODAL || is_control(top)) {
		collect(all, top, top);
		return;
	}
	for (const struct node *frame = top->first_child; frame; frame = frame->next) {
		if (is_control(frame))
			collect(all, frame, frame);
		else
			for (const struct node *region = frame->first_child; region;
				region = region->next)
				collect(all, region, region);
	}
}

static bool is_beside(const struct node *a, const struct node *b)
{
	int middle = b->rect.y + b->rect.h / 2;

	return middle >= a->rect.y && middle < a->rect.y + a->rect.h;
}

/* Whether b belongs to the part that a begins. */
static bool is_together(const struct control *a, const struct control *b, enum scan_level level)
{
	switch (level) {
	case SCAN_GROUP:
		return a->region == b->region;
	case SCAN_ROW:
		return a->region == b->region && is_beside(a->node, b->node);
	case SCAN_ITEM:
	case SCAN_LEVEL_COUNT:
		break;
	}
	return false;
}

/* The part of this level that control number at is in. */
static struct span part_of(const struct controls *all, size_t at, enum scan_level level)
{
	struct span span = {0, 0};

	while (span.end <= at) {
		span.first = span.end++;
		while (span.end < all->count &&
			is_together(&all->list[span.first], &all->list[span.end], level))
			span.end++;
	}
	return span;
}

/* The first of the controls, from the top; for somebody who types the first key: which keys there
 * are changes with each letter. */
static size_t start_over(struct scan *scan, const struct controls *all)
{
	size_t first = 0;

	while (scan->is_typing && first < all->count &&
		all->list[first].node->spec.role != ROLE_KEY)
		first++;
	scan->is_typing = scan->is_typing && first < all->count;
	scan->level = scan->is_typing ? SCAN_ROW : SCAN_GROUP;
	return scan->is_typing ? first : 0;
}

/* Number of the marked control, or where the mark goes if that is gone. */
static size_t place(struct scan *scan, const struct controls *all)
{
	VT_ASSERT(all->count > 0);
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].node->key == scan->at)
			return i;
	size_t first = start_over(scan, all);
	scan->at = all->list[first].node->key;
	return first;
}

/* The part above, at whose end this level has to go up. */
static struct span above(const struct controls *all, size_t at, enum scan_level level)
{
	return level == SCAN_GROUP ? (struct span){0, all->count}
				   : part_of(all, at, (enum scan_level)(level - 1));
}

/* ---- moving ---- */

void scan_move(struct scan *scan, const struct ui *ui)
{
	struct controls all;
	size_t at;

	collect_all(&all, ui);
	if (all.count == 0)
		return;
	at = place(scan, &all);
	struct span part = part_of(&all, at, scan->level), whole = above(&all, at, scan->level);
	if (part.end < whole.end) {
		scan->at = all.list[part.end].node->key;
		return;
	}
	scan->is_typing = false;
	if (scan->level == SCAN_GROUP) {
		scan->at = all.list[0].node->key;
		return;
	}
	/* Up past the levels that have nothing to choose between. */
	do {
		scan->level = (enum scan_level)(scan->level - 1);
		part = part_of(&all, whole.first, scan->level);
		whole = above(&all, part.first, scan->level);
	} while (scan->level > SCAN_GROUP && part.end - part.first == whole.end - whole.first);
	scan->at = all.list[part.first].node->key;
}

const struct node *scan_select(struct scan *scan, const struct ui *ui)
{
	struct controls all;
	struct span part;
	size_t at;

	collect_all(&all, ui);
	if (all.count == 0)
		return NULL;
	at = place(scan, &all);
	part = part_of(&all, at, scan->level);
	if (part.end - part.first == 1) {
		const struct node *node = all.list[part.first].node;
		/* Letters follow letters: the lines of the keyboard come next. */
		if (node->spec.role == ROLE_KEY) {
			scan->level = SCAN_ROW;
			scan->is_typing = true;
			scan->at = all.list[part_of(&all, at, SCAN_GROUP).first].node->key;
		} else {
			*scan = (struct scan){0};
		}
		return node;
	}
	while (scan->level < SCAN_ITEM) {
		struct span below;
		scan->level = (enum scan_level)(scan->level + 1);
		below = part_of(&all, part.first, scan->level);
		if (below.end < part.end)
			break;
	}
	scan->at = all.list[part.first].node->key;
	return NULL;
}

struct rect scan_mark(struct scan *scan, const struct ui *ui)
{
	struct rect mark = {0, 0, 0, 0};
	struct controls all;

	collect_all(&all, ui);
	if (all.count == 0)
		return mark;
	struct span part = part_of(&all, place(scan, &all), scan->level);
	for (size_t i = part.first; i < part.end; i++)
		mark = rect_is_empty(&mark) ? all.list[i].node->rect
					    : rect_union(mark, all.list[i].node->rect);
	return mark;
}
