/* What changed from frame to frame, as AT-SPI's events. Clients keep what they read; these events
 * are how they learn that it is out of date. */

#include <string.h>
#include <systemd/sd-bus.h>

#include "terminal/base/text.h"
#include "ui/atspi/inside.h"
#include "ui/toolkit/hash.h"

#define OBJECT	 "org.a11y.atspi.Event.Object"
#define WINDOW	 "org.a11y.atspi.Event.Window"
#define DOCUMENT "org.a11y.atspi.Event.Document"

static const char *const state_names[VIEW_STATE_COUNT] = {
	[VIEW_ACTIVE] = "active",
	[VIEW_BUSY] = "busy",
	[VIEW_CHECKED] = "checked",
	[VIEW_EDITABLE] = "editable",
	[VIEW_ENABLED] = "enabled",
	[VIEW_EXPANDABLE] = "expandable",
	[VIEW_EXPANDED] = "expanded",
	[VIEW_FOCUSABLE] = "focusable",
	[VIEW_FOCUSED] = "focused",
	[VIEW_MODAL] = "modal",
	[VIEW_SELECTABLE] = "selectable",
	[VIEW_SELECTED] = "selected",
	[VIEW_SENSITIVE] = "sensitive",
	[VIEW_SHOWING] = "showing",
	[VIEW_SINGLE_LINE] = "single-line",
	[VIEW_VISIBLE] = "visible",
	[VIEW_INVALID_ENTRY] = "invalid-entry",
	[VIEW_CHECKABLE] = "checkable",
};

/* A signal with a number or nothing to say. A message that cannot be sent is a client's loss only:
 * the connection's end shows when it is read. */
static void emit(struct atspi *a, const char *path, const char *interface, const char *signal,
	const char *detail, int value)
{
	(void)sd_bus_emit_signal(
		a->bus, path, interface, signal, "siiva{sv}", detail, value, 0, "i", 0, 0);
}

static void emit_child(
	struct atspi *a, const char *parent, const char *detail, int index, const char *child)
{
	(void)sd_bus_emit_signal(a->bus, parent, OBJECT, "ChildrenChanged", "siiva{sv}", detail,
		index, 0, "(so)", a->name, child, 0);
}

static void tell_states(struct atspi *a, const char *path, uint64_t before, uint64_t now)
{
	for (unsigned i = 0; i < VIEW_STATE_COUNT; i++)
		if ((before ^ now) >> i & 1 && state_names[i])
			emit(a, path, OBJECT, "StateChanged", state_names[i], (int)(now >> i & 1));
}

static void tell_texts(
	struct atspi *a, const struct node *node, const struct told *before, const struct told *now)
{
	if (before->name != now->name)
		(void)sd_bus_emit_signal(a->bus, now->path, OBJECT, "PropertyChange", "siiva{sv}",
			"accessible-name", 0, 0, "s", view_name(&a->view, node), 0);
	/* That it is another text, not which: whoever is to know reads it. */
	if (before->text != now->text)
		(void)sd_bus_emit_signal(a->bus, now->path, OBJECT, "PropertyChange", "siiva{sv}",
			"accessible-value", 0, 0, "s", "", 0);
}

static const struct told *find(const struct told *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
	return NULL;
}

/* ---- a frame ---- */

static struct told tell_of(const struct atspi *a, const struct node *node)
{
	const struct view *view = &a->view;
	const struct node *parent = view_parent(view, node);
	char text[512] = "";
	struct told told = {.index = view_index(view, node),
		.states = view_states(view, node),
		.name = hash_text(HASH_START, view_name(view, node))};

	view_path(view, node, told.path);
	if (parent)
		view_path(view, parent, told.parent);
	else
		vt_copy_cut(told.parent, sizeof(told.parent), VIEW_ROOT);
	if (view_is_box(node))
		told.text = hash_text(HASH_START, view_text(view, node, text));
	vt_wipe(text, sizeof(text));
	return told;
}

static uint64_t screen_of(const struct atspi *a)
{
	const struct node *root = ui_root(a->view.ui), *top = view_top(&a->view);

	return hash_u64(hash_text(HASH_START, root ? root->spec.name : ""), top ? top->key : 0);
}

/* Nodes that came, went or changed on the same screen. */
static void tell_changes(struct atspi *a, size_t count)
{
	const struct node *node = view_top(&a->view);

	for (size_t i = 0; i < a->told_count; i++)
		if (!find(a->now, count, a->told[i].path))
			emit_child(
				a, a->told[i].parent, "remove", a->told[i].index, a->told[i].path);
	for (size_t i = 0; i < count; i++, node = view_next(&a->view, node)) {
		const struct told *now = &a->now[i];
		const struct told *before = find(a->told, a->told_count, now->path);
		if (!before) {
			emit_child(a, now->parent, "add", now->index, now->path);
			tell_states(a, now->path, 0, now->states & (uint64_t)1 << VIEW_FOCUSED);
			continue;
		}
		tell_texts(a, node, before, now);
		tell_states(a, now->path, before->states, now->states);
	}
}

/* The one window is another one. */
static void tell_screen(struct atspi *a, const char *before, const char *now, size_t count)
{
	if (*before) {
		emit(a, before, WINDOW, "Deactivate", "", 0);
		emit_child(a, VIEW_ROOT, "remove", 0, before);
		emit(a, before, OBJECT, "StateChanged", "defunct", 1);
	}
	if (!*now)
		return;
	emit_child(a, VIEW_ROOT, "add", 0, now);
	emit(a, now, WINDOW, "Activate", "", 0);
	emit(a, now, DOCUMENT, "LoadComplete", "", 0);
	for (size_t i = 0; i < count; i++)
		tell_states(a, a->now[i].path, 0, a->now[i].states & (uint64_t)1 << VIEW_FOCUSED);
}

void atspi_presented(struct atspi *a)
{
	size_t count = 0;

	atspi_look(a);
	uint64_t screen = screen_of(a);
	bool is_other = screen != a->screen || a->told_count == 0;
	if (is_other)
		a->view.generation++;
	for (const struct node *n = view_top(&a->view); n && count < EVENTS_MAX_NODES;
		n = view_next(&a->view, n))
		a->now[count++] = tell_of(a, n);
	if (a->is_registered && is_other)
		tell_screen(a, a->told_count > 0 ? a->told[0].path : "",
			count > 0 ? a->now[0].path : "", count);
	else if (a->is_registered)
		tell_changes(a, count);
	a->screen = screen;
	a->told_count = count;
	memcpy(a->told, a->now, count * sizeof(a->now[0]));
	atspi_arm(a);
}
