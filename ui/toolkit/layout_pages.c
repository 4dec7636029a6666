/* Pages of what is too high for its place (node_spec.paged).
 *
 * First a plan: the rows that a page keeps whole, in reading order, with the distance from one to
 * the next. A row is a child of a column, a row of a grid, or, where a text is higher than a page,
 * one of its lines. Paged columns inside, and those that may be divided and are too high, give
 * their own children. Then the rows are dealt to pages, as many as fit, and all but those of one
 * page are hidden. What the others hold is remembered as far as the screen must know it: it is laid
 * out alike on all its pages, or they would not follow each other. */

#include "ui/toolkit/layout_inside.h"

#define MAX_ROWS 256

struct row {
	struct node *node;
	int count; /* nodes beside each other, in a grid */
	int line;  /* of a text that is cut between its lines; -1 = the whole node */
	int height;
	int gap;	 /* to the row before, if that stands on the same page */
	int lead, trail; /* padding of the columns around it, if a page begins or ends here */
};

struct plan {
	struct ui *ui;
	struct row rows[MAX_ROWS];
	int count;
	int room; /* height of a page */
	int gap;  /* that the next row keeps */
	bool pager_fills;
};

static void add_row(struct plan *p, const struct row *row)
{
	if (p->count == MAX_ROWS)
		return;
	p->rows[p->count] = *row;
	p->rows[p->count++].gap = p->gap;
	p->gap = 0;
}

static void add_lines(struct plan *p, struct node *text, int lead, int trail)
{
	text->is_divided = true;
	for (int i = 0; i < text->line_count; i++)
		add_row(p, &(struct row){text, 1, i, text->line_px, 0, lead, trail});
}

static void add_grid(struct plan *p, struct node *grid, int lead, int trail)
{
	int columns = column_count(grid), gap = row_gap_px(p->ui, grid), index = 0, tallest = 0;
	struct row row = {.line = -1, .lead = lead, .trail = trail};

	EACH_CHILD(child, grid)
	{
		if (!child->spec.pager && grid->spec.equal_rows)
			tallest = max_int(tallest, child->pref_h);
	}
	EACH_CHILD(child, grid)
	{
		if (child->spec.pager)
			continue;
		if (index++ % columns == 0) {
			if (row.node)
				add_row(p, &row);
			p->gap += row.node ? gap : 0;
			row.node = child;
			row.count = 0;
			row.height = tallest;
		}
		row.count++;
		row.height = max_int(row.height, child->pref_h);
	}
	if (row.node)
		add_row(p, &row);
}

static bool is_divisible(const struct node *n)
{
	return n->spec.paged || (n->spec.divides && (n->spec.layout == LAYOUT_COLUMN ||
							    n->spec.layout == LAYOUT_GRID));
}

static void add_children(struct plan *p, struct node *n, int lead, int trail);

static void add_child(struct plan *p, struct node *child, int lead, int trail)
{
	int top = ui_px(p->ui, child->spec.pad.top), bottom = ui_px(p->ui, child->spec.pad.bottom);
	bool fits = lead + child->pref_h + trail <= p->room;

	if (child->spec.paged || (is_divisible(child) && !fits)) {
		child->is_divided = true;
		p->gap += top;
		add_children(p, child, lead + top, trail + bottom);
		p->gap += bottom;
	} else if (node_is_text(child) && !fits && pad_y(p->ui, child) == 0) {
		add_lines(p, child, lead, trail);
	} else {
		add_row(p, &(struct row){child, 1, -1, child->pref_h, 0, lead, trail});
	}
}

/* Room that grows has no place on a page that is full. */
static bool is_spacer(const struct node *n)
{
	return n->spec.height.kind == LENGTH_FILL && n->pref_h == 0;
}

static void add_children(struct plan *p, struct node *n, int lead, int trail)
{
	bool is_first = true;

	if (n->spec.layout == LAYOUT_GRID) {
		add_grid(p, n, lead, trail);
		return;
	}
	EACH_CHILD(child, n)
	{
		if (child->spec.pager || is_spacer(child))
			continue;
		if (!is_first)
			p->gap += ui_px(p->ui, n->spec.gap);
		is_first = false;
		add_child(p, child, lead, trail);
	}
}

/* A heading says what follows: it does not stand at the end of a page. */
static bool is_heading(const struct row *row)
{
	return row->count == 1 && row->node->spec.role == ROLE_HEADING;
}

/* Rows from start on that fit on one page; at least one. */
static int count_fitting(const struct plan *p, int start)
{
	int used = 0, i = start;

	for (; i < p->count; i++) {
		const struct row *row = &p->rows[i];

		used += row->height + (i > start ? row->gap : row->lead);
		if (used + row->trail > p->room && i > start)
			break;
	}
	while (i < p->count && i - 1 > start && is_heading(&p->rows[i - 1]))
		i--;
	return i - start;
}

static bool has_target(const struct node *n)
{
	if (n->hidden)
		return false;
	if (n->spec.action)
		return true;
	for (const struct node *child = n->first_child; child; child = child->next)
		if (has_target(child))
			return true;
	return false;
}

static bool row_has_target(const struct row *row)
{
	struct node *node = row->node;

	for (int i = 0; i < row->count && node; i++, node = visible(node->next))
		if (has_target(node))
			return true;
	return false;
}

/* Whether a word inside is wider than its place, on whichever page it stands. */
static bool is_too_narrow(const struct node *n)
{
	if (n->hidden)
		return false;
	if (n->rect.w < n->min_w)
		return true;
	for (const struct node *child = n->first_child; child; child = child->next)
		if (is_too_narrow(child))
			return true;
	return false;
}

/* Notes what the page with the rows from start to end says about all: where its first target
 * stands, the pager being the last, whether it is too high, and whether it is a heading alone. */
static void note_page(const struct plan *p, struct node *n, int start, int end)
{
	int used = 0, target = -1;

	for (int i = start; i < end; i++) {
		const struct row *row = &p->rows[i];

		used += i > start ? row->gap : row->lead;
		if (target < 0 && row_has_target(row))
			target = used;
		used += row->height;
	}
	used += p->rows[end - 1].trail;
	/* A pager that fills stands at the bottom. */
	if (target < 0)
		target = (p->pager_fills ? p->room : used) + row_gap_px(p->ui, n);
	n->is_overfull = n->is_overfull || used > p->room;
	n->is_torn = n->is_torn || (end < p->count && is_heading(&p->rows[end - 1]));
	n->first_target = n->first_target < 0 ? target : min_int(n->first_target, target);
}

/* ---- what is not on the page goes ---- */

static void hide_row(const struct row *row)
{
	struct node *node = row->node;

	for (int i = 0; i < row->count && node; i++) {
		struct node *next = visible(node->next);
		layout_hide(node);
		node = next;
	}
}

/* Of a text only the lines from first to end, as rows of the plan. */
static void cut_text(struct node *text, int first, int end)
{
	text->lines_before = first;
	text->first_line += (uint32_t)first;
	text->line_count = end - first;
	text->pref_h = text->min_h = text->line_count * text->line_px;
}

static void hide_others(struct plan *p, int start, int end)
{
	for (int i = 0; i < p->count; i++) {
		struct node *text = p->rows[i].node;
		int first = -1, last = -1;

		if (p->rows[i].line < 0) {
			if (i < start || i >= end)
				hide_row(&p->rows[i]);
			continue;
		}
		for (; i < p->count && p->rows[i].node == text; i++) {
			if (i < start || i >= end)
				continue;
			first = first < 0 ? p->rows[i].line : first;
			last = p->rows[i].line;
		}
		i--;
		if (first < 0)
			layout_hide(text);
		else
			cut_text(text, first, last + 1);
	}
}

/* Spacers, empty columns and pagers of inner lists go; what is left is as high as it is. */
static void shrink(struct ui *ui, struct node *n, bool is_outer)
{
	EACH_CHILD(child, n)
	{
		if (is_spacer(child) || (child->spec.pager && !is_outer))
			layout_hide(child);
		else if (child->is_divided && !node_is_text(child))
			shrink(ui, child, false);
	}
	if (is_outer)
		return;
	if (!visible(n->first_child))
		layout_hide(n);
	n->pref_h = n->min_h = layout_children_height(ui, n) + pad_y(ui, n);
}

/* The pager inside a pager; NULL if there is none. */
static struct node *inner_pager(struct node *n)
{
	EACH_CHILD(child, n)
	{
		struct node *found = child->spec.pager ? child : inner_pager(child);

		if (found)
			return found;
	}
	return NULL;
}

void pages_choose(struct ui *ui, struct node *n, int height)
{
	struct plan p = {.ui = ui};
	int starts[MAX_ROWS + 1], page;
	struct node *pager = NULL, *more = NULL;
	int below;

	EACH_CHILD(child, n)
	{
		if (child->spec.pager)
			pager = child;
	}
	if (pager)
		more = inner_pager(pager);
	below = pager ? pager->pref_h + row_gap_px(ui, n) : 0;
	n->page_count = 1;
	n->first_target = -1;
	n->is_overfull = n->is_torn = false;
	if (layout_children_height(ui, n) + (more ? below : 0) <= height) {
		if (pager)
			layout_hide(more ? more : pager);
		return;
	}
	p.room = height - below;
	p.pager_fills = pager && pager->spec.height.kind == LENGTH_FILL;
	add_children(&p, n, 0, 0);
	if (p.count == 0)
		return;
	n->is_overfull = is_too_narrow(n);
	n->page_count = 0;
	for (int start = 0; start < p.count; start += count_fitting(&p, start))
		starts[n->page_count++] = start;
	starts[n->page_count] = p.count;
	for (int i = 0; i < n->page_count; i++)
		note_page(&p, n, starts[i], starts[i + 1]);
	page = n->spec.page % n->page_count;
	if (page < 0)
		page += n->page_count;
	hide_others(&p, starts[page], starts[page + 1]);
	shrink(ui, n, true);
}

static int row_least(const struct ui *ui, struct node *n)
{
	struct node *first = visible(n->first_child);

	if (node_is_text(n))
		return min_int(n->line_px + pad_y(ui, n), n->pref_h);
	if (is_divisible(n) && first)
		return pad_y(ui, n) + row_least(ui, first);
	return n->pref_h;
}

int pages_least(const struct ui *ui, struct node *n)
{
	int columns = n->spec.layout == LAYOUT_GRID ? column_count(n) : 1;
	int row = 0, pager = 0, index = 0;

	EACH_CHILD(child, n)
	{
		if (child->spec.pager)
			pager = child->pref_h + row_gap_px(ui, n);
		else if (!is_spacer(child) && index++ < columns)
			row = max_int(row, row_least(ui, child));
	}
	return row + pager;
}
