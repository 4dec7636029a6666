#include "ui/atspi/view.h"

#include <string.h>

#include "terminal/base/text.h"
#include "ui/screens/entry.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/speech/utter.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/semantics.h"

#define MAX_TEXT 127 /* characters of a box */

/* atspi-constants.h and the names that libatspi has for them; "xml-roles" tells ours. */
static const struct {
	uint32_t number;
	const char *name;
} roles[ROLE_KIND_COUNT] = {
	[ROLE_NONE] = {29, "label"},
	[ROLE_SCREEN] = {23, "frame"},
	[ROLE_BANNER] = {110, "landmark"},
	[ROLE_NAVIGATION] = {110, "landmark"},
	[ROLE_HEADING] = {83, "heading"},
	[ROLE_BUTTON] = {43, "push button"},
	[ROLE_TEXTBOX] = {79, "entry"},
	[ROLE_SEARCHBOX] = {79, "entry"},
	[ROLE_RADIO] = {44, "radio button"},
	[ROLE_RADIOGROUP] = {99, "grouping"},
	[ROLE_CHECKBOX] = {7, "check box"},
	[ROLE_KEY] = {43, "push button"},
	[ROLE_GROUP] = {39, "panel"},
	[ROLE_ALERT] = {2, "alert"},
	[ROLE_STATUS] = {54, "status bar"},
	[ROLE_NOTE] = {29, "label"},
	[ROLE_ALERTDIALOG] = {16, "dialog"},
	[ROLE_TIMER] = {115, "timer"},
	[ROLE_PROGRESSBAR] = {42, "progress bar"},
	[ROLE_IMG] = {27, "image"},
	[ROLE_ROW] = {90, "table row"},
	[ROLE_LIST] = {31, "list"},
	[ROLE_LISTITEM] = {32, "list item"},
	[ROLE_TAB] = {37, "page tab"},
	[ROLE_TABLIST] = {38, "page tab list"},
};
#define ROLE_NUMBER_PASSWORD 40

/* ---- the tree ---- */

const struct node *view_top(const struct view *view)
{
	return ui_modal_root(view->ui);
}

const struct node *view_parent(const struct view *view, const struct node *node)
{
	return node == view_top(view) ? NULL : semantics_parent(node);
}

const struct node *view_next(const struct view *view, const struct node *at)
{
	const struct node *next = semantics_next_child(at, NULL);

	while (!next && at) {
		const struct node *parent = view_parent(view, at);
		next = parent ? semantics_next_child(parent, at) : NULL;
		at = parent;
	}
	return next;
}

int view_child_count(const struct node *node)
{
	int count = 0;

	for (const struct node *n = NULL; (n = semantics_next_child(node, n));)
		count++;
	return count;
}

const struct node *view_child(const struct node *node, int index)
{
	const struct node *child = NULL;

	do
		child = index < 0 ? NULL : semantics_next_child(node, child);
	while (child && index-- > 0);
	return child;
}

int view_index(const struct view *view, const struct node *node)
{
	const struct node *parent = view_parent(view, node);
	int index = 0;

	if (!parent)
		return 0;
	for (const struct node *n = NULL; (n = semantics_next_child(parent, n)) && n != node;)
		index++;
	return index;
}

const struct node *view_at(const struct node *node, int x, int y)
{
	const struct node *found = NULL, *inside;

	if (rect_contains(&node->rect, x, y))
		found = node;
	/* The last one lies on top. */
	for (const struct node *n = NULL; (n = semantics_next_child(node, n));)
		if ((inside = view_at(n, x, y)))
			found = inside;
	return found;
}

/* ---- paths ---- */

void view_path(const struct view *view, const struct node *node, char ret_path[VIEW_PATH_BYTES])
{
	/* 27 + 10 + 16 + 3 characters and what is between them. */
	(void)!vt_format(ret_path, VIEW_PATH_BYTES, VIEW_PREFIX "/%u/%016llx_%d", view->generation,
		(unsigned long long)node->key, (int)node->spec.role);
}

const struct node *view_find(const struct view *view, const char *path)
{
	char own[VIEW_PATH_BYTES];

	for (const struct node *n = view_top(view); n; n = view_next(view, n)) {
		view_path(view, n, own);
		if (strcmp(own, path) == 0)
			return n;
	}
	return NULL;
}

/* ---- what is told of a node ---- */

bool view_is_box(const struct node *node)
{
	return node->spec.role == ROLE_TEXTBOX || node->spec.role == ROLE_SEARCHBOX;
}

static bool is_date_box(const struct node *node)
{
	return node->spec.action && strcmp(node->spec.action, "part") == 0;
}

bool view_is_editable(const struct node *node)
{
	return view_is_box(node) && !node->spec.masked && !(node->spec.states & STATE_DISABLED) &&
	       (node->spec.editable || is_date_box(node));
}

int view_part(const struct node *node)
{
	int64_t part = 0;

	if (is_date_box(node) &&
		vt_parse_i64(node->spec.arg, 0, DATE_PART_COUNT - 1, &part) != VT_OK)
		part = 0;
	return (int)part;
}

bool view_is_target(const struct node *node)
{
	return node->spec.action && *node->spec.action && node->spec.id;
}

uint32_t view_role(const struct node *node)
{
	return node->spec.masked ? ROLE_NUMBER_PASSWORD : roles[node->spec.role].number;
}

const char *view_role_name(const struct node *node)
{
	return node->spec.masked ? "password text" : roles[node->spec.role].name;
}

static bool is_withheld(const struct view *view, const struct node *node)
{
	return !view->is_private && node_role_naming[node->spec.role] != NAMED_BY_LABEL &&
	       utter_is_personal(node);
}

static const char *marks(void)
{
	static char text[64];

	format_masked(text, sizeof(text), "x");
	return text;
}

/* A screen has a kind, but is called by its title. */
static const char *title_of(const struct view *view, const struct node *screen)
{
	for (const struct node *n = screen; n; n = view_next(view, n))
		if (n->spec.role == ROLE_HEADING)
			return view_name(view, n);
	return "Ventanilla";
}

const char *view_name(const struct view *view, const struct node *node)
{
	if (node->spec.role == ROLE_SCREEN)
		return title_of(view, node);
	return is_withheld(view, node) ? marks() : semantics_name(view->ui, node);
}

const char *view_description(const struct view *view, const struct node *node)
{
	const char *text = node->spec.description ? node->spec.description : "";

	return is_withheld(view, node)
		       ? _("These are personal data. Plug in headphones to hear them.")
		       : text;
}

const char *view_lang(const struct view *view, const struct node *node)
{
	(void)view;
	return utter_lang(view->ui, node);
}

const char *view_text(const struct view *view, const struct node *node, char dst[512])
{
	const char *value = node->spec.value ? node->spec.value : "";

	if (!node->spec.masked) {
		bool is_told = view->is_private || !node->spec.personal || *value == '\0';
		vt_copy_cut(dst, 512, is_told ? value : marks());
		return dst;
	}
	/* Whatever a screen has put there. */
	size_t count = vt_utf8_length(value);
	dst[0] = '\0';
	for (size_t i = 0; i < count && i < MAX_TEXT; i++)
		memcpy(dst + i * 3, "\u2022", 4);
	return dst;
}

/* ---- states ---- */

static bool is_focusable(const struct node *node)
{
	return node->spec.id && !node->spec.no_focus &&
	       (view_is_target(node) || node->spec.editable) &&
	       !(node->spec.states & STATE_DISABLED);
}

const struct node *view_focused(const struct view *view)
{
	const char *id = input_focus(view->ui);
	const struct node *field = ui_find(view->ui, "field");
	const struct node *focused = *id ? view_top(view) : NULL;

	while (focused && (!focused->spec.id || strcmp(focused->spec.id, id) != 0))
		focused = view_next(view, focused);
	if (!focused || !is_focusable(focused))
		return NULL;
	if (focused->spec.role == ROLE_KEY && !view->is_private && field &&
		utter_is_personal(field) && vt_utf8_length(semantics_name(view->ui, focused)) == 1)
		return NULL;
	return focused;
}

static uint64_t bit(bool is_set, enum view_state state)
{
	return is_set ? (uint64_t)1 << state : 0;
}

uint64_t view_states(const struct view *view, const struct node *node)
{
	const unsigned own = node->spec.states;
	const enum node_role role = node->spec.role;
	const bool is_enabled = !(own & STATE_DISABLED), is_top = node == view_top(view);
	const bool is_checkable = role == ROLE_RADIO || role == ROLE_CHECKBOX;

	return bit(true, VIEW_SHOWING) | bit(true, VIEW_VISIBLE) | bit(is_enabled, VIEW_ENABLED) |
	       bit(is_enabled, VIEW_SENSITIVE) | bit(is_top, VIEW_ACTIVE) |
	       bit(is_focusable(node), VIEW_FOCUSABLE) |
	       bit(view_focused(view) == node, VIEW_FOCUSED) | bit(is_checkable, VIEW_CHECKABLE) |
	       bit(own & STATE_CHECKED, VIEW_CHECKED) |
	       bit(own & STATE_INVALID, VIEW_INVALID_ENTRY) | bit(own & STATE_BUSY, VIEW_BUSY) |
	       bit(own & STATE_EXPANDED, VIEW_EXPANDABLE) |
	       bit(own & STATE_EXPANDED, VIEW_EXPANDED) | bit(own & STATE_MODAL, VIEW_MODAL) |
	       bit(role == ROLE_TAB || own & STATE_CURRENT, VIEW_SELECTABLE) |
	       bit(own & STATE_CURRENT, VIEW_SELECTED) |
	       bit(node->spec.editable || view_is_editable(node), VIEW_EDITABLE) |
	       bit(view_is_box(node), VIEW_SINGLE_LINE);
}
