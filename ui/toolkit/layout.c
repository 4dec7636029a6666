/* Layout in four passes over the tree:
 *
 *	measure widths   ↑  children first: least and preferred width of each node
 *	assign widths    ↓  parents first: the width each node gets
 *	measure heights  ↑  text is broken at its width; preferred heights
 *	assign heights   ↓  the height each node gets; drop and page what has no room; then place
 *
 * Width never depends on height, so four passes are enough, whatever the tree. All in device
 * pixels; units end at the entrance (ui_px). What holds afterwards (tests/ui/toolkit_layout.c): no
 * negative sizes; children of a column or row do not overlap; nothing leaves its parent unless its
 * least size is larger than the parent. */

#include "ui/toolkit/layout.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "ui/toolkit/layout_inside.h"

static int pad_x(const struct ui *ui, const struct node *n)
{
	return ui_px(ui, n->spec.pad.left) + ui_px(ui, n->spec.pad.right);
}

static int count_children(struct node *parent)
{
	int count = 0;

	EACH_CHILD(child, parent)
	{
		(void)child;
		count++;
	}
	return count;
}

/* Fixed size in pixels, or -1. */
static int fixed_px(const struct ui *ui, struct length length)
{
	if (length.kind == LENGTH_FIXED)
		return ui_px(ui, length.value);
	return length.kind == LENGTH_PX ? length.value : -1;
}

void layout_hide(struct node *node)
{
	node->hidden = true;
	for (struct node *child = node->first_child; child; child = child->next)
		layout_hide(child);
}

/* ---- pass 1: widths up ---- */

static void measure_content_width(struct ui *ui, struct node *n)
{
	const struct node_spec *spec = &n->spec;

	if (spec->icon) {
		n->min_w = n->pref_w = ui_icon_px(ui, n);
		return;
	}
	struct type_metrics m = ui_type(ui, spec->type);
	n->text_px = m.px;
	n->line_px = m.line_px;
	n->min_w = text_min_width(ui->text, m.face, m.px, spec->text);
	for (const char *line = spec->text; *line;) {
		size_t length = strcspn(line, "\n");
		n->pref_w = max_int(n->pref_w, text_width(ui->text, m.face, m.px, line, length));
		line += length + (line[length] == '\n');
	}
}

static void measure_children_width(struct ui *ui, struct node *n)
{
	int gap = ui_px(ui, n->spec.gap), count = 0;
	bool is_row = n->spec.layout == LAYOUT_ROW;

	EACH_CHILD(child, n)
	{
		int extra = n->spec.layout == LAYOUT_STACK
				    ? ui_px(ui, child->spec.offset.left) +
					      ui_px(ui, child->spec.offset.right)
				    : 0;
		if (is_row) {
			n->min_w += child->min_w;
			n->pref_w += child->pref_w;
		} else {
			n->min_w = max_int(n->min_w, child->min_w + extra);
			n->pref_w = max_int(n->pref_w, child->pref_w + extra);
		}
		count++;
	}
	if (n->spec.layout == LAYOUT_GRID) {
		int columns = column_count(n);
		n->min_w = n->min_w * columns + gap * (columns - 1);
		n->pref_w = n->pref_w * columns + gap * (columns - 1);
	} else if (is_row && count > 1) {
		n->min_w += gap * (count - 1);
		n->pref_w += gap * (count - 1);
	}
}

static void measure_width(struct ui *ui, struct node *n)
{
	int fixed = fixed_px(ui, n->spec.width), least = ui_px(ui, n->spec.min_width);
	int most = n->spec.max_width > 0 ? ui_px(ui, n->spec.max_width) : 0;

	EACH_CHILD(child, n)
	{
		measure_width(ui, child);
	}
	n->min_w = n->pref_w = 0;
	if (node_is_leaf_content(n))
		measure_content_width(ui, n);
	else
		measure_children_width(ui, n);
	n->min_w += pad_x(ui, n);
	n->pref_w += pad_x(ui, n);
	if (most > 0) {
		n->pref_w = min_int(n->pref_w, most);
		n->min_w = min_int(n->min_w, most);
	}
	n->min_w = max_int(n->min_w, least);
	n->pref_w = max_int(n->pref_w, least);
	if (fixed >= 0)
		n->min_w = n->pref_w = fixed;
}

/* ---- pass 2: widths down ---- */

static int limit_width(const struct ui *ui, const struct node *n, int width)
{
	if (n->spec.max_width > 0)
		width = min_int(width, ui_px(ui, n->spec.max_width));
	return max_int(max_int(width, ui_px(ui, n->spec.min_width)), 0);
}

/* Alignment of a child on the cross axis: its own, its parent's, or what suits it. */
static enum align cross_of(const struct node *parent, const struct node *child)
{
	if (child->spec.self != ALIGN_DEFAULT)
		return child->spec.self;
	if (parent->spec.cross != ALIGN_DEFAULT)
		return parent->spec.cross;
	bool stays = node_is_leaf_content(child) || parent->spec.layout == LAYOUT_STACK;
	return stays ? ALIGN_START : ALIGN_STRETCH;
}

/* Width of a child that has width pixels for itself (column, grid cell, stack). */
static void give_width(struct ui *ui, const struct node *parent, struct node *child, int width)
{
	int fixed = fixed_px(ui, child->spec.width);

	if (fixed >= 0)
		child->rect.w = fixed;
	else if (child->spec.width.kind == LENGTH_FILL || cross_of(parent, child) == ALIGN_STRETCH)
		child->rect.w = limit_width(ui, child, width);
	else
		child->rect.w = limit_width(ui, child, min_int(child->pref_w, width));
}

/* Shares room among the children of a row that fill it, by weight, each at least its minimum. A
 * child whose share is too small takes its minimum and leaves the division. */
static void share_row(struct ui *ui, struct node *row, int room)
{
	bool again = true;

	EACH_CHILD(child, row)
	{
		if (child->spec.width.kind == LENGTH_FILL)
			child->rect.w = -1;
	}
	while (again) {
		int weights = 0;
		again = false;
		EACH_CHILD(child, row)
		{
			if (child->rect.w < 0)
				weights += max_int(child->spec.width.value, 1);
		}
		EACH_CHILD(child, row)
		{
			int weight = max_int(child->spec.width.value, 1);
			if (child->rect.w >= 0 || again)
				continue;
			int share = (int)((int64_t)room * weight / weights);
			if (share < child->min_w) {
				child->rect.w = limit_width(ui, child, child->min_w);
				room = max_int(room - child->rect.w, 0);
				again = true;
			}
		}
		if (again)
			continue;
		EACH_CHILD(child, row)
		{
			int weight = max_int(child->spec.width.value, 1);
			if (child->rect.w >= 0)
				continue;
			int share = (int)((int64_t)room * weight / weights);
			child->rect.w = limit_width(ui, child, share);
			room -= share;
			weights -= weight;
		}
	}
}

/* Children that fit shrink by deficit pixels, in proportion to what they can give. */
static void shrink_row(struct node *row, int deficit)
{
	int64_t can = 0;

	EACH_CHILD(child, row)
	{
		if (child->spec.width.kind == LENGTH_FIT)
			can += child->pref_w - child->min_w;
	}
	EACH_CHILD(child, row)
	{
		if (child->spec.width.kind != LENGTH_FIT || can == 0)
			continue;
		int give = child->pref_w - child->min_w;
		int less = (int)(((int64_t)min_int(deficit, (int)can) * give + can - 1) / can);
		child->rect.w = child->pref_w - min_int(less, give);
	}
}

static void assign_row_widths(struct ui *ui, struct node *n, int width)
{
	int gaps = ui_px(ui, n->spec.gap) * max_int(count_children(n) - 1, 0);
	int fixed = gaps, fill_min = 0;

	EACH_CHILD(child, n)
	{
		if (child->spec.width.kind == LENGTH_FILL) {
			fill_min += child->min_w;
		} else {
			child->rect.w = child->pref_w;
			fixed += child->pref_w;
		}
	}
	if (fixed + fill_min > width) {
		shrink_row(n, fixed + fill_min - width);
		fixed = gaps;
		EACH_CHILD(child, n)
		{
			if (child->spec.width.kind != LENGTH_FILL)
				fixed += child->rect.w;
		}
	}
	share_row(ui, n, max_int(width - fixed, 0));
}

static void assign_width(struct ui *ui, struct node *n)
{
	int width = max_int(n->rect.w - pad_x(ui, n), 0), index = 0;
	int columns = column_count(n), gap = ui_px(ui, n->spec.gap);

	if (n->spec.layout == LAYOUT_ROW)
		assign_row_widths(ui, n, width);
	EACH_CHILD(child, n)
	{
		if (n->spec.layout == LAYOUT_COLUMN) {
			give_width(ui, n, child, width);
		} else if (n->spec.layout == LAYOUT_STACK) {
			give_width(ui, n, child,
				max_int(width - ui_px(ui, child->spec.offset.left) -
						ui_px(ui, child->spec.offset.right),
					0));
		} else if (n->spec.layout == LAYOUT_GRID) {
			int room = max_int(width - gap * (columns - 1), 0), at = index % columns;
			/* What does not divide goes to the first columns, a pixel each. */
			int cell = room / columns + (at < room % columns ? 1 : 0);
			give_width(ui, n, child, child->spec.pager ? width : cell);
		}
		index++;
		assign_width(ui, child);
	}
}

/* ---- pass 3: heights up ---- */

static void break_text(struct ui *ui, struct node *n)
{
	struct type_metrics m = ui_type(ui, n->spec.type);
	int width = max_int(n->rect.w - pad_x(ui, n), 1);
	size_t room = UI_MAX_LINES - ui->line_count;

	struct text_line *lines = ui->lines + ui->line_count;
	size_t count = text_break(ui->text, m.face, m.px, n->spec.text, width, lines, room);
	if (count > room) {
		ui->failed = VT_ERR_LIMIT;
		count = room;
	}
	n->is_clipped = false;
	if (n->spec.max_lines > 0 && count > (size_t)n->spec.max_lines) {
		count = (size_t)n->spec.max_lines;
		n->is_clipped = true;
		struct text_line *last = &lines[count - 1];
		if (n->spec.ellipsis) {
			/* From the last line's start on, all that fits, and "…". */
			size_t rest = strcspn(last->start, "\n");
			size_t fit = text_fit(ui->text, m.face, m.px, last->start, rest, width);
			const char *cut = node_text(ui, "%.*s…", (int)fit, last->start);
			*last = (struct text_line){cut, strlen(cut),
				text_width(ui->text, m.face, m.px, cut, strlen(cut))};
		}
	}
	n->first_line = (uint32_t)ui->line_count;
	n->lines_before = 0;
	n->line_count = (int)count;
	ui->line_count += count;
}

static int grid_height(struct ui *ui, struct node *n)
{
	int columns = column_count(n), gap = row_gap_px(ui, n), total = 0, row = 0, tallest = 0;
	int rows = 0, index = 0;

	EACH_CHILD(child, n)
	{
		if (child->spec.pager)
			continue;
		row = index % columns == 0 ? child->pref_h : max_int(row, child->pref_h);
		tallest = max_int(tallest, row);
		index++;
		if (index % columns == 0) {
			total += row;
			row = 0;
			rows++;
		}
	}
	if (index % columns != 0) {
		total += row;
		rows++;
	}
	if (n->spec.equal_rows)
		total = tallest * rows;
	return total + gap * max_int(rows - 1, 0);
}

int layout_children_height(struct ui *ui, struct node *n)
{
	int gap = ui_px(ui, n->spec.gap), total = 0, count = 0;

	if (n->spec.layout == LAYOUT_GRID)
		return grid_height(ui, n);
	EACH_CHILD(child, n)
	{
		if (n->spec.layout == LAYOUT_COLUMN) {
			if (!child->spec.pager) {
				total += child->pref_h;
				count++;
			}
		} else {
			int extra = n->spec.layout == LAYOUT_STACK
					    ? ui_px(ui, child->spec.offset.top) +
						      ui_px(ui, child->spec.offset.bottom)
					    : 0;
			total = max_int(total, child->pref_h + extra);
		}
	}
	return total + gap * max_int(count - 1, 0);
}

/* What a child of a column needs at least: one that fills can shrink to what it holds. */
static int least_height(const struct node *child)
{
	return child->spec.height.kind == LENGTH_FILL ? child->min_h : child->pref_h;
}

/* Least height of what is inside: droppable children go, paged ones show one row. */
static int children_least(struct ui *ui, struct node *n)
{
	int gap = ui_px(ui, n->spec.gap), total = 0, count = 0;

	if (n->spec.paged)
		return pages_least(ui, n);
	if (n->spec.layout == LAYOUT_GRID)
		return grid_height(ui, n);
	EACH_CHILD(child, n)
	{
		if (n->spec.layout != LAYOUT_COLUMN) {
			total = max_int(total, least_height(child));
		} else if (child->spec.droppable == 0) {
			total += least_height(child);
			count++;
		}
	}
	return total + gap * max_int(count - 1, 0);
}

static void measure_height(struct ui *ui, struct node *n)
{
	int fixed = fixed_px(ui, n->spec.height), least = ui_px(ui, n->spec.min_height);

	EACH_CHILD(child, n)
	{
		measure_height(ui, child);
	}
	if (n->spec.text) {
		break_text(ui, n);
		n->min_h = n->pref_h = n->line_count * n->line_px;
	} else if (n->spec.icon) {
		n->min_h = n->pref_h = ui_icon_px(ui, n);
	} else {
		n->pref_h = layout_children_height(ui, n);
		n->min_h = min_int(children_least(ui, n), n->pref_h);
	}
	n->pref_h = max_int(n->pref_h + pad_y(ui, n), least);
	n->min_h = max_int(n->min_h + pad_y(ui, n), least);
	if (fixed >= 0)
		n->min_h = n->pref_h = fixed;
}

/* ---- pass 4: heights down, places ---- */

static int column_need(struct ui *ui, struct node *n)
{
	int need = 0, count = 0;

	EACH_CHILD(child, n)
	{
		need += least_height(child);
		count++;
	}
	return need + ui_px(ui, n->spec.gap) * max_int(count - 1, 0);
}

/* Hides the droppable child with the highest number. False if there is none. */
static bool drop_one(struct node *n)
{
	struct node *victim = NULL;

	EACH_CHILD(child, n)
	{
		if (child->spec.droppable > 0 &&
			(!victim || child->spec.droppable >= victim->spec.droppable))
			victim = child;
	}
	if (victim)
		layout_hide(victim);
	return victim != NULL;
}

static void assign_column_heights(struct ui *ui, struct node *n, int height)
{
	while (column_need(ui, n) > height && drop_one(n))
		;
	int room = height - ui_px(ui, n->spec.gap) * max_int(count_children(n) - 1, 0);
	int weights = 0;
	bool again = true;

	EACH_CHILD(child, n)
	{
		bool fills = child->spec.height.kind == LENGTH_FILL;
		child->rect.h = fills ? -1 : child->pref_h;
		if (!fills)
			room -= child->pref_h;
	}
	/* As in share_row(): who needs more than its share takes it and leaves the division. */
	while (again) {
		again = false;
		weights = 0;
		EACH_CHILD(child, n)
		{
			if (child->rect.h < 0)
				weights += max_int(child->spec.height.value, 1);
		}
		EACH_CHILD(child, n)
		{
			if (child->rect.h >= 0 || again)
				continue;
			int weight = max_int(child->spec.height.value, 1);
			int least = least_height(child);
			if ((int64_t)max_int(room, 0) * weight / weights < least) {
				child->rect.h = least;
				room -= least;
				again = true;
			}
		}
	}
	EACH_CHILD(child, n)
	{
		if (child->rect.h >= 0)
			continue;
		int weight = max_int(child->spec.height.value, 1);
		int share = (int)((int64_t)max_int(room, 0) * weight / weights);
		child->rect.h = share;
		room -= share;
		weights -= weight;
	}
}

static void assign_grid_heights(struct ui *ui, struct node *n)
{
	int columns = column_count(n), tallest = 0;

	if (n->spec.equal_rows)
		EACH_CHILD(child, n)
		{
			if (!child->spec.pager)
				tallest = max_int(tallest, child->pref_h);
		}
	for (struct node *row = visible(n->first_child); row;) {
		struct node *child = row;
		int height = tallest, index = 0;
		for (; child && index < columns && !child->spec.pager;
			child = visible(child->next), index++)
			height = max_int(height, child->pref_h);
		if (index == 0) { /* the pager */
			row->rect.h = row->pref_h;
			row = visible(row->next);
			continue;
		}
		for (; row != child; row = visible(row->next))
			row->rect.h = fixed_px(ui, row->spec.height) >= 0 ? row->pref_h : height;
	}
}

/* Height of a child that has height pixels for itself (row, stack). */
static void give_height(const struct ui *ui, struct node *child, enum align align, int height)
{
	int fixed = fixed_px(ui, child->spec.height);

	if (fixed >= 0)
		child->rect.h = fixed;
	else if (child->spec.height.kind == LENGTH_FILL || align == ALIGN_STRETCH)
		child->rect.h = max_int(height, ui_px(ui, child->spec.min_height));
	else
		child->rect.h = child->pref_h;
}

static void assign_heights(struct ui *ui, struct node *n, int height)
{
	switch (n->spec.layout) {
	case LAYOUT_COLUMN:
		if (n->spec.paged)
			pages_choose(ui, n, height);
		assign_column_heights(ui, n, height);
		break;
	case LAYOUT_GRID:
		if (n->spec.paged)
			pages_choose(ui, n, height);
		assign_grid_heights(ui, n);
		break;
	case LAYOUT_ROW:
		EACH_CHILD(child, n)
		{
			give_height(ui, child, cross_of(n, child), height);
		}
		break;
	case LAYOUT_STACK:
		EACH_CHILD(child, n)
		{
			give_height(ui, child, child->spec.self_v,
				height - ui_px(ui, child->spec.offset.top) -
					ui_px(ui, child->spec.offset.bottom));
		}
		break;
	}
}

/* Where something starts that leaves room; what is too large sticks out at the end, not at the
 * start. */
static int aligned(enum align align, int room)
{
	room = max_int(room, 0);
	return align == ALIGN_CENTER ? room / 2 : align == ALIGN_END ? room : 0;
}

/* Places the children of a column or row one after the other. */
static void place_line(struct ui *ui, struct node *n, struct rect box, bool is_row)
{
	int gap = ui_px(ui, n->spec.gap), count = count_children(n), used = 0, index = 0;

	EACH_CHILD(child, n)
	{
		used += is_row ? child->rect.w : child->rect.h;
	}
	used += gap * max_int(count - 1, 0);
	int left = max_int((is_row ? box.w : box.h) - used, 0);
	int at = (is_row ? box.x : box.y) + aligned(n->spec.main, left);
	EACH_CHILD(child, n)
	{
		/* Whole pixels of the left room, so that the last child ends at the edge. */
		int between =
			n->spec.main == ALIGN_BETWEEN && count > 1 ? left * index / (count - 1) : 0;
		enum align cross = cross_of(n, child);
		if (is_row) {
			child->rect.x = at + between;
			child->rect.y = box.y + aligned(cross, box.h - child->rect.h);
			at += child->rect.w + gap;
		} else {
			child->rect.y = at + between;
			child->rect.x = box.x + aligned(cross, box.w - child->rect.w);
			at += child->rect.h + gap;
		}
		index++;
	}
}

static void place_grid(struct ui *ui, struct node *n, struct rect box)
{
	int columns = column_count(n), gap = ui_px(ui, n->spec.gap), row_gap = row_gap_px(ui, n);
	int room = max_int(box.w - gap * (columns - 1), 0), x = box.x, y = box.y, row_h = 0;
	int index = 0;

	EACH_CHILD(child, n)
	{
		int at = index % columns;
		if (child->spec.pager) {
			y += at > 0 ? row_h + row_gap : 0;
			child->rect.x = box.x;
			child->rect.y = y;
			break;
		}
		int cell = room / columns + (at < room % columns ? 1 : 0);
		if (at == 0) {
			x = box.x;
			row_h = 0;
		}
		child->rect.x = x + aligned(cross_of(n, child), max_int(cell - child->rect.w, 0));
		child->rect.y = y;
		row_h = max_int(row_h, child->rect.h);
		x += cell + gap;
		index++;
		if (index % columns == 0)
			y += row_h + row_gap;
	}
}

static void place_stack(struct ui *ui, struct node *n, struct rect box)
{
	EACH_CHILD(child, n)
	{
		const struct insets *o = &child->spec.offset;
		int left = ui_px(ui, o->left), top = ui_px(ui, o->top);
		int room_x = box.w - left - ui_px(ui, o->right) - child->rect.w;
		int room_y = box.h - top - ui_px(ui, o->bottom) - child->rect.h;
		child->rect.x = box.x + left + aligned(cross_of(n, child), room_x);
		child->rect.y = box.y + top + aligned(child->spec.self_v, room_y);
	}
}

static void place(struct ui *ui, struct node *n)
{
	struct rect box = {n->rect.x + ui_px(ui, n->spec.pad.left),
		n->rect.y + ui_px(ui, n->spec.pad.top), max_int(n->rect.w - pad_x(ui, n), 0),
		max_int(n->rect.h - pad_y(ui, n), 0)};

	assign_heights(ui, n, box.h);
	if (n->spec.layout == LAYOUT_GRID)
		place_grid(ui, n, box);
	else if (n->spec.layout == LAYOUT_STACK)
		place_stack(ui, n, box);
	else
		place_line(ui, n, box, n->spec.layout == LAYOUT_ROW);
	EACH_CHILD(child, n)
	{
		place(ui, child);
	}
}

void layout_run(struct ui *ui)
{
	struct node *root = &ui->nodes[0];

	VT_ASSERT(ui->node_count > 0);
	ui->line_count = 0;
	for (size_t i = 0; i < ui->node_count; i++) {
		ui->nodes[i].hidden = ui->nodes[i].is_divided = ui->nodes[i].is_overfull =
			ui->nodes[i].is_torn = false;
		ui->nodes[i].first_target = -1;
		ui->nodes[i].rect = (struct rect){0, 0, 0, 0};
	}
	measure_width(ui, root);
	root->rect.w = ui->profile.width_px;
	assign_width(ui, root);
	measure_height(ui, root);
	root->rect = (struct rect){0, 0, ui->profile.width_px, ui->profile.height_px};
	place(ui, root);
}
