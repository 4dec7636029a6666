#ifndef VT_UI_ATSPI_VIEW_H
#define VT_UI_ATSPI_VIEW_H

/* The semantic tree in the words of AT-SPI: paths, roles, states, names. Reads only; knows no bus.
 *
 * The nodes are those that semantics.h lists, below what a person can reach now (a modal dialogue
 * hides the screen under it). A path is VIEW_PREFIX "generation/key_role": key and role say which
 * node; the generation changes with each other screen, so that a question about a screen that is
 * gone finds nothing instead of something else.
 *
 * What is personal goes where speech would say it: only while headphones are in (UI.md §11).
 * Without them a name or value is a row of marks. What is typed into a masked field is told to
 * nobody. */

#include <stdbool.h>
#include <stdint.h>

#include "ui/toolkit/ui.h"

#define VIEW_PREFIX	"/org/a11y/atspi/accessible"
#define VIEW_ROOT	VIEW_PREFIX "/root"
#define VIEW_PATH_BYTES 80

/* AT-SPI's numbers that are ours (atspi-constants.h, at-spi2-core 2.46). */
enum view_state {
	VIEW_ACTIVE = 1,
	VIEW_BUSY = 3,
	VIEW_CHECKED = 4,
	VIEW_EDITABLE = 7,
	VIEW_ENABLED = 8,
	VIEW_EXPANDABLE = 9,
	VIEW_EXPANDED = 10,
	VIEW_FOCUSABLE = 11,
	VIEW_FOCUSED = 12,
	VIEW_MODAL = 16,
	VIEW_SELECTABLE = 22,
	VIEW_SELECTED = 23,
	VIEW_SENSITIVE = 24,
	VIEW_SHOWING = 25,
	VIEW_SINGLE_LINE = 26,
	VIEW_VISIBLE = 30,
	VIEW_INVALID_ENTRY = 36,
	VIEW_CHECKABLE = 41,
	VIEW_STATE_COUNT = 44
};
#define VIEW_ROLE_APPLICATION 75

struct view {
	struct ui *ui;
	unsigned generation;
	bool is_private; /* headphones are in */
};

/* The node that hangs below the application; NULL before the first tree. */
const struct node *view_top(const struct view *view);
/* The node after at in the order of reading, NULL at the end. */
const struct node *view_next(const struct view *view, const struct node *at);
/* Node of a path, NULL if it is not in the current tree. */
const struct node *view_find(const struct view *view, const char *path);
/* The other way round. */
void view_path(const struct view *view, const struct node *node, char ret_path[VIEW_PATH_BYTES]);
const struct node *view_parent(const struct view *view, const struct node *node);
int view_child_count(const struct node *node);
/* NULL if there is no such child. */
const struct node *view_child(const struct node *node, int index);
int view_index(const struct view *view, const struct node *node);
/* Deepest node at a place of the frame; NULL if that is outside of node. */
const struct node *view_at(const struct node *node, int x, int y);

/* AT-SPI's number and name of the role. */
uint32_t view_role(const struct node *node);
const char *view_role_name(const struct node *node);
/* Bit n is state n of enum view_state. */
uint64_t view_states(const struct view *view, const struct node *node);
/* Valid until the next call, or the next tree. */
const char *view_name(const struct view *view, const struct node *node);
const char *view_description(const struct view *view, const struct node *node);
const char *view_lang(const struct view *view, const struct node *node);
/* Whether it is a box to type into, and what stands in it; up to 127 characters. */
bool view_is_box(const struct node *node);
const char *view_text(const struct view *view, const struct node *node, char dst[512]);
/* Whether it may be changed from here (a masked one never), and which box of a date it is; 0 if it
 * is none. */
bool view_is_editable(const struct node *node);
int view_part(const struct node *node);
bool view_is_target(const struct node *node);
/* The node that has the focus, as far as it may be told: without headphones the way to the keys of
 * a personal field stays private, as in speech. NULL if none. */
const struct node *view_focused(const struct view *view);

#endif
