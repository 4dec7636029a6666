#ifndef VT_UI_TOOLKIT_LAYOUT_INSIDE_H
#define VT_UI_TOOLKIT_LAYOUT_INSIDE_H

/* Between layout.c and layout_pages.c only. */

#include "ui/toolkit/ui_state.h"

static inline int max_int(int a, int b)
{
	return a > b ? a : b;
}

static inline int min_int(int a, int b)
{
	return a < b ? a : b;
}

/* First, next visible child. */
static inline struct node *visible(struct node *node)
{
	while (node && node->hidden)
		node = node->next;
	return node;
}
#define EACH_CHILD(child, parent)                                                \
	for (struct node *child = visible((parent)->first_child); child != NULL; \
		child = visible(child->next))

static inline int pad_y(const struct ui *ui, const struct node *n)
{
	return ui_px(ui, n->spec.pad.top) + ui_px(ui, n->spec.pad.bottom);
}

static inline int row_gap_px(const struct ui *ui, const struct node *n)
{
	return ui_px(ui, n->spec.row_gap > 0 ? n->spec.row_gap : n->spec.gap);
}

static inline int column_count(const struct node *n)
{
	return n->spec.columns > 0 ? n->spec.columns : 1;
}

/* With all that is inside. */
void layout_hide(struct node *node);
/* Height of the visible children at their preferred heights, gaps included, without a pager. */
int layout_children_height(struct ui *ui, struct node *n);

/* The least height a paged node can live with: its first row and its pager. */
int pages_least(const struct ui *ui, struct node *n);
/* Hides what is not on the page of a paged node that gets height pixels inside its padding, and its
 * pager if one page is enough. */
void pages_choose(struct ui *ui, struct node *n, int height);

#endif
