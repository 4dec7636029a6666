/* What can be asked: the interfaces of AT-SPI on the objects of the tree (at-spi2-core 2.46,
 * xml/Accessible.xml, Application.xml, Component.xml, Action.xml); those of texts are in texts.c.
 */

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "terminal/base/text.h"
#include "ui/atspi/inside.h"

#define CACHE_ITEMS  "a((so)(so)(so)iiassusau)"
#define COORD_SCREEN 0
#define COORD_WINDOW 1
#define LAYER_WIDGET 3
#define LAYER_WINDOW 7
#define VERSION	     "2.1"

static int append_ref(sd_bus_message *m, const struct atspi *a, const struct node *node)
{
	char path[VIEW_PATH_BYTES];

	view_path(&a->view, node, path);
	return sd_bus_message_append(m, "(so)", a->name, path);
}

static int append_no_ref(sd_bus_message *m)
{
	return sd_bus_message_append(m, "(so)", "", "/org/a11y/atspi/null");
}

static int append_maybe(sd_bus_message *m, const struct atspi *a, const struct node *node)
{
	return node ? append_ref(m, a, node) : append_no_ref(m);
}

/* Starts an answer, and sends one that fill() has written. */
static int answer(sd_bus_message *call, const struct object *o,
	int (*fill)(sd_bus_message *, const struct object *))
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = fill(reply, o);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

/* ---- Accessible ---- */

static int get_name(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(
		reply, "s", o->node ? view_name(&o->atspi->view, o->node) : "Ventanilla");
}

static int get_description(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(
		reply, "s", o->node ? view_description(&o->atspi->view, o->node) : "");
}

static int get_parent(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	const struct atspi *a = o->atspi;
	const struct node *parent = o->node ? view_parent(&a->view, o->node) : NULL;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (parent)
		return append_ref(reply, a, parent);
	if (o->node)
		return sd_bus_message_append(reply, "(so)", a->name, VIEW_ROOT);
	return a->is_registered ? sd_bus_message_append(reply, "(so)", a->desktop, a->desktop_path)
				: append_no_ref(reply);
}

static const struct node *child_of(const struct object *o, int index)
{
	if (o->node)
		return view_child(o->node, index);
	return index == 0 ? view_top(&o->atspi->view) : NULL;
}

static int get_child_count(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	int count = o->node ? view_child_count(o->node) : view_top(&o->atspi->view) != NULL;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "i", count);
}

static int get_locale(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	const struct view *view = &o->atspi->view;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(
		reply, "s", o->node ? view_lang(view, o->node) : ui_lang(view->ui));
}

static int get_id(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(
		reply, "s", o->node && o->node->spec.id ? o->node->spec.id : "");
}

static int get_child_at_index(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	sd_bus_message *reply = NULL;
	int index, r = sd_bus_message_read(m, "i", &index);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_new_method_return(m, &reply);
	if (r >= 0)
		r = append_maybe(reply, o->atspi, child_of(o, index));
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int fill_children(sd_bus_message *reply, const struct object *o)
{
	const struct node *child;
	int r = sd_bus_message_open_container(reply, 'a', "(so)");

	for (int i = 0; r >= 0 && (child = child_of(o, i)); i++)
		r = append_ref(reply, o->atspi, child);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_children(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)error;
	return answer(m, data, fill_children);
}

static int get_index(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)error;
	return sd_bus_reply_method_return(
		m, "i", o->node ? view_index(&o->atspi->view, o->node) : 0);
}

static int get_relations(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "a(ua(so))", 0);
}

static int get_role(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)error;
	return sd_bus_reply_method_return(
		m, "u", o->node ? view_role(o->node) : (uint32_t)VIEW_ROLE_APPLICATION);
}

static int get_role_name(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)error;
	return sd_bus_reply_method_return(
		m, "s", o->node ? view_role_name(o->node) : "application");
}

static int get_state(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	uint64_t states = o->node ? view_states(&o->atspi->view, o->node)
				  : (uint64_t)1 << VIEW_ENABLED | (uint64_t)1 << VIEW_SENSITIVE;

	(void)error;
	return sd_bus_reply_method_return(
		m, "au", 2, (uint32_t)(states & UINT32_MAX), (uint32_t)(states >> 32));
}

static int fill_attributes(sd_bus_message *reply, const struct object *o)
{
	const struct node *node = o->node;

	if (!node)
		return sd_bus_message_append(reply, "a{ss}", 1, "toolkit", "Ventanilla");
	return sd_bus_message_append(reply, "a{ss}", 3, "toolkit", "Ventanilla", "xml-roles",
		node_role_names[node->spec.role != ROLE_NONE ? node->spec.role : ROLE_NOTE], "id",
		node->spec.id ? node->spec.id : "");
}

static int get_attributes(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)error;
	return answer(m, data, fill_attributes);
}

static int get_application(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)error;
	return sd_bus_reply_method_return(m, "(so)", o->atspi->name, VIEW_ROOT);
}

static int fill_interfaces(sd_bus_message *reply, const struct object *o)
{
	int r = sd_bus_message_open_container(reply, 'a', "s");

	if (r >= 0)
		r = sd_bus_message_append(reply, "s", INTERFACE("Accessible"));
	if (r >= 0)
		r = sd_bus_message_append(
			reply, "s", o->node ? INTERFACE("Component") : INTERFACE("Application"));
	if (r >= 0 && o->node && view_is_target(o->node))
		r = sd_bus_message_append(reply, "s", INTERFACE("Action"));
	if (r >= 0 && o->node && view_is_box(o->node))
		r = sd_bus_message_append(reply, "s", INTERFACE("Text"));
	if (r >= 0 && o->node && view_is_editable(o->node))
		r = sd_bus_message_append(reply, "s", INTERFACE("EditableText"));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_interfaces(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)error;
	return answer(m, data, fill_interfaces);
}

static const sd_bus_vtable accessible[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_name, 0, 0),
	SD_BUS_PROPERTY("Description", "s", get_description, 0, 0),
	SD_BUS_PROPERTY("Parent", "(so)", get_parent, 0, 0),
	SD_BUS_PROPERTY("ChildCount", "i", get_child_count, 0, 0),
	SD_BUS_PROPERTY("Locale", "s", get_locale, 0, 0),
	SD_BUS_PROPERTY("AccessibleId", "s", get_id, 0, 0),
	SD_BUS_METHOD("GetChildAtIndex", "i", "(so)", get_child_at_index, 0),
	SD_BUS_METHOD("GetChildren", "", "a(so)", get_children, 0),
	SD_BUS_METHOD("GetIndexInParent", "", "i", get_index, 0),
	SD_BUS_METHOD("GetRelationSet", "", "a(ua(so))", get_relations, 0),
	SD_BUS_METHOD("GetRole", "", "u", get_role, 0),
	SD_BUS_METHOD("GetRoleName", "", "s", get_role_name, 0),
	SD_BUS_METHOD("GetLocalizedRoleName", "", "s", get_role_name, 0),
	SD_BUS_METHOD("GetState", "", "au", get_state, 0),
	SD_BUS_METHOD("GetAttributes", "", "a{ss}", get_attributes, 0),
	SD_BUS_METHOD("GetApplication", "", "(so)", get_application, 0),
	SD_BUS_METHOD("GetInterfaces", "", "as", get_interfaces, 0),
	SD_BUS_VTABLE_END,
};

/* ---- Application ---- */

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)data, (void)error;
	return sd_bus_message_append(
		reply, "s", strcmp(property, "ToolkitName") == 0 ? "Ventanilla" : VERSION);
}

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct atspi *a = data;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "i", a->id);
}

static int set_number(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *value, void *data, sd_bus_error *error)
{
	struct atspi *a = data;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_read(value, "i", &a->id);
}

static int get_app_locale(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct atspi *a = data;

	(void)error;
	return sd_bus_reply_method_return(m, "s", ui_lang(a->view.ui));
}

static const sd_bus_vtable application[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ToolkitName", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("Version", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("ToolkitVersion", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("AtspiVersion", "s", get_text, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("Id", "i", get_number, set_number, 0, 0),
	SD_BUS_METHOD("GetLocale", "u", "s", get_app_locale, 0),
	SD_BUS_VTABLE_END,
};

/* ---- Component ---- */

/* Where a node is seen, in the coordinates asked for: of the display, the window or, what else
 * there is, the parent. On a panel that stands on its side that is where it was turned to. */
static struct rect extents_of(const struct object *o, uint32_t kind)
{
	const struct presenter *presenter = o->atspi->presenter;
	const struct node *parent = view_parent(&o->atspi->view, o->node);
	struct rect r = presenter_to_window(presenter, o->node->rect);
	int x = 0, y = 0;

	if (kind == COORD_SCREEN) {
		presenter_place(presenter, &x, &y);
	} else if (kind > COORD_WINDOW && parent) {
		const struct rect outer = presenter_to_window(presenter, parent->rect);
		x = -outer.x;
		y = -outer.y;
	}
	return (struct rect){r.x + x, r.y + y, r.w, r.h};
}

static int get_extents(sd_bus_message *m, void *data, sd_bus_error *error)
{
	uint32_t kind;
	int r = sd_bus_message_read(m, "u", &kind);

	(void)error;
	if (r < 0)
		return r;
	const struct rect rect = extents_of(data, kind);
	return sd_bus_reply_method_return(m, "(iiii)", rect.x, rect.y, rect.w, rect.h);
}

static int get_position(sd_bus_message *m, void *data, sd_bus_error *error)
{
	uint32_t kind;
	int r = sd_bus_message_read(m, "u", &kind);

	(void)error;
	if (r < 0)
		return r;
	const struct rect rect = extents_of(data, kind);
	return sd_bus_reply_method_return(m, "ii", rect.x, rect.y);
}

static int get_size(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct rect rect = extents_of(data, COORD_WINDOW);

	(void)error;
	return sd_bus_reply_method_return(m, "ii", rect.w, rect.h);
}

/* Reads a place and turns it into the frame's. */
static int read_place(sd_bus_message *m, const struct object *o, int *ret_x, int *ret_y)
{
	uint32_t kind;
	int x, y, r = sd_bus_message_read(m, "iiu", &x, &y, &kind);

	if (r < 0)
		return r;
	const struct rect asked = extents_of(o, kind), own = extents_of(o, COORD_WINDOW);
	presenter_map(o->atspi->presenter, x - asked.x + own.x, y - asked.y + own.y, ret_x, ret_y);
	return 0;
}

static int contains(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	int x, y, r = read_place(m, o, &x, &y);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "b", rect_contains(&o->node->rect, x, y));
}

static int get_at_point(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	sd_bus_message *reply = NULL;
	int x, y, r = read_place(m, o, &x, &y);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_new_method_return(m, &reply);
	if (r >= 0)
		r = append_maybe(reply, o->atspi, view_at(o->node, x, y));
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int get_layer(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;

	(void)error;
	return sd_bus_reply_method_return(m, "u",
		view_parent(&o->atspi->view, o->node) ? (uint32_t)LAYER_WIDGET
						      : (uint32_t)LAYER_WINDOW);
}

static int get_order(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "n", 0);
}

static int get_alpha(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "d", 1.0);
}

static bool take_focus(const struct object *o)
{
	if (!(view_states(&o->atspi->view, o->node) >> VIEW_FOCUSABLE & 1))
		return false;
	app_focus(o->atspi->app, o->node->spec.id, o->atspi->time);
	return true;
}

static int grab_focus(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)error;
	return sd_bus_reply_method_return(m, "b", take_focus(data));
}

static const sd_bus_vtable component[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetExtents", "u", "(iiii)", get_extents, 0),
	SD_BUS_METHOD("GetPosition", "u", "ii", get_position, 0),
	SD_BUS_METHOD("GetSize", "", "ii", get_size, 0),
	SD_BUS_METHOD("Contains", "iiu", "b", contains, 0),
	SD_BUS_METHOD("GetAccessibleAtPoint", "iiu", "(so)", get_at_point, 0),
	SD_BUS_METHOD("GetLayer", "", "u", get_layer, 0),
	SD_BUS_METHOD("GetMDIZOrder", "", "n", get_order, 0),
	SD_BUS_METHOD("GetAlpha", "", "d", get_alpha, 0),
	SD_BUS_METHOD("GrabFocus", "", "b", grab_focus, 0),
	SD_BUS_VTABLE_END,
};

/* ---- Action: what a tap does, the way of the Enter key ---- */

static int get_action_count(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *data, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)data, (void)error;
	return sd_bus_message_append(reply, "i", 1);
}

static int get_actions(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "a(sss)", 1, "press", "", "");
}

static int get_action_name(sd_bus_message *m, void *data, sd_bus_error *error)
{
	int index, r = sd_bus_message_read(m, "i", &index);

	(void)data, (void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "s", index == 0 ? "press" : "");
}

static int get_nothing(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "s", "");
}

static bool press(const struct object *o)
{
	/* A whole screen that is one target has no focus to have. */
	bool may = o->node->spec.no_focus && !(o->node->spec.states & STATE_DISABLED);

	if (may)
		app_focus(o->atspi->app, o->node->spec.id, o->atspi->time);
	if (!may && !take_focus(o))
		return false;
	app_key(o->atspi->app, INPUT_KEY_ENTER, o->atspi->time);
	return true;
}

static int do_action(sd_bus_message *m, void *data, sd_bus_error *error)
{
	int index, r = sd_bus_message_read(m, "i", &index);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "b", index == 0 && press(data));
}

static const sd_bus_vtable action[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("NActions", "i", get_action_count, 0, 0),
	SD_BUS_METHOD("GetActions", "", "a(sss)", get_actions, 0),
	SD_BUS_METHOD("GetName", "i", "s", get_action_name, 0),
	SD_BUS_METHOD("GetLocalizedName", "i", "s", get_action_name, 0),
	SD_BUS_METHOD("GetDescription", "i", "s", get_nothing, 0),
	SD_BUS_METHOD("GetKeyBinding", "i", "s", get_nothing, 0),
	SD_BUS_METHOD("DoAction", "i", "b", do_action, 0),
	SD_BUS_VTABLE_END,
};

/* ---- Cache: none; clients then ask object by object ---- */

static int get_items(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, CACHE_ITEMS, 0);
}

static const sd_bus_vtable cache[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetItems", "", CACHE_ITEMS, get_items, 0),
	SD_BUS_VTABLE_END,
};

/* ---- which object has what ---- */

static bool has_any(const struct node *node)
{
	(void)node;
	return true;
}

int objects_find(struct atspi *a, const char *path, bool (*has)(const struct node *), void **ret)
{
	const struct node *node = view_find(&a->view, path);

	if (!node || !has(node))
		return 0;
	a->asked = (struct object){a, node};
	*ret = &a->asked;
	return 1;
}

static int find_accessible(sd_bus *bus, const char *path, const char *interface, void *data,
	void **ret, sd_bus_error *error)
{
	struct atspi *a = data;

	(void)bus, (void)interface, (void)error;
	if (strcmp(path, VIEW_ROOT) != 0)
		return objects_find(a, path, has_any, ret);
	a->asked = (struct object){a, NULL};
	*ret = &a->asked;
	return 1;
}

static int find_component(sd_bus *bus, const char *path, const char *interface, void *data,
	void **ret, sd_bus_error *error)
{
	(void)bus, (void)interface, (void)error;
	return objects_find(data, path, has_any, ret);
}

static int find_target(sd_bus *bus, const char *path, const char *interface, void *data, void **ret,
	sd_bus_error *error)
{
	(void)bus, (void)interface, (void)error;
	return objects_find(data, path, view_is_target, ret);
}

int objects_export(struct atspi *a)
{
	const struct {
		const char *interface;
		const sd_bus_vtable *vtable;
		sd_bus_object_find_t find;
	} rows[] = {
		{INTERFACE("Accessible"), accessible, find_accessible},
		{INTERFACE("Component"), component, find_component},
		{INTERFACE("Action"), action, find_target},
	};
	int r = sd_bus_add_object_vtable(
		a->bus, NULL, VIEW_ROOT, INTERFACE("Application"), application, a);

	if (r >= 0)
		r = sd_bus_add_object_vtable(
			a->bus, NULL, "/org/a11y/atspi/cache", INTERFACE("Cache"), cache, a);
	for (size_t i = 0; i < VT_ELEMENTS(rows) && r >= 0; i++)
		r = sd_bus_add_fallback_vtable(a->bus, NULL, VIEW_PREFIX, rows[i].interface,
			rows[i].vtable, rows[i].find, a);
	return r < 0 ? r : texts_export(a);
}
