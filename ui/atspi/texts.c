/* What stands in a box, and how it is changed: Text and EditableText (at-spi2-core 2.46,
 * xml/Text.xml, EditableText.xml). A change goes the way of the keyboard: what no key would write
 * is refused, all of it. What is typed into a masked box has no way in here and none out. */

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "terminal/base/text.h"
#include "ui/atspi/inside.h"

/* ---- Text ---- */

static int get_length(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	char text[512];

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	int length = (int)vt_utf8_length(view_text(&o->atspi->view, o->node, text));
	vt_wipe(text, sizeof(text));
	return sd_bus_message_append(reply, "i", length);
}

/* The part from start to end (-1 = to the end), in characters. */
static char *cut(char *text, int start, int end)
{
	char *from = text, *p = text;

	for (int i = 0; *p && (end < 0 || i < end); i++) {
		if (i == start)
			from = p;
		do
			p++;
		while (((unsigned char)*p & 0xC0) == 0x80);
	}
	*p = '\0';
	return start > 0 && from == text ? p : from;
}

static int get_part(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *o = data;
	char text[512];
	int start, end, r = sd_bus_message_read(m, "ii", &start, &end);

	(void)error;
	if (r < 0)
		return r;
	(void)view_text(&o->atspi->view, o->node, text);
	r = sd_bus_reply_method_return(m, "s", cut(text, start, end));
	vt_wipe(text, sizeof(text));
	return r;
}

static const sd_bus_vtable text_box[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("CharacterCount", "i", get_length, 0, 0),
	SD_BUS_PROPERTY("CaretOffset", "i", get_length, 0, 0), /* typing goes to the end */
	SD_BUS_METHOD("GetText", "ii", "s", get_part, 0),
	SD_BUS_VTABLE_END,
};

/* ---- EditableText ---- */

/* Characters start to end (-1: to the end) become the text. Where marks are told instead of what
 * stands there nobody can mean a place between: all of it may be replaced, or something added. */
static bool edit(const struct object *o, int start, int end, const char *text)
{
	struct entry_change change = {.part = view_part(o->node), .text = text};
	char told[512];
	int length = (int)vt_utf8_length(view_text(&o->atspi->view, o->node, told));
	bool is_told = strcmp(told, o->node->spec.value ? o->node->spec.value : "") == 0;

	vt_wipe(told, sizeof(told));
	start = start < 0 ? 0 : start > length ? length : start;
	end = end < 0 || end > length ? length : end;
	if (start > end || (!is_told && (end < length || (start > 0 && start < length))))
		return false;
	change.start = start == length && length > 0 ? SIZE_MAX : (size_t)start;
	change.end = end == length ? SIZE_MAX : (size_t)end;
	return app_edit(o->atspi->app, &change, o->atspi->time);
}

static int set_contents(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const char *text;
	int r = sd_bus_message_read(m, "s", &text);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "b", edit(data, 0, -1, text));
}

/* As many bytes of text as length says, like ATK; -1 = all. A cut character is refused with the
 * rest. */
static int insert(sd_bus_message *m, void *data, sd_bus_error *error)
{
	char part[VT_MAX_VALUE];
	const char *text;
	int at, length, r = sd_bus_message_read(m, "isi", &at, &text, &length);

	(void)error;
	if (r < 0)
		return r;
	size_t bytes = length < 0 ? strlen(text) : strnlen(text, (size_t)length);
	bool fits = bytes < sizeof(part) && vt_utf8_valid(text, bytes);
	if (fits) {
		memcpy(part, text, bytes);
		part[bytes] = '\0';
	}
	at = at < 0 ? INT_MAX : at;
	r = sd_bus_reply_method_return(m, "b", fits && edit(data, at, at, part));
	vt_wipe(part, sizeof(part));
	return r;
}

static int delete (sd_bus_message *m, void *data, sd_bus_error *error)
{
	int start, end, r = sd_bus_message_read(m, "ii", &start, &end);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(m, "b", edit(data, start, end, ""));
}

/* Nothing that was typed goes to a clipboard, and nothing comes from one. */
static int copy(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "");
}

static int refuse(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(m, "b", 0);
}

static const sd_bus_vtable editable_text[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("SetTextContents", "s", "b", set_contents, 0),
	SD_BUS_METHOD("InsertText", "isi", "b", insert, 0),
	SD_BUS_METHOD("CopyText", "ii", "", copy, 0),
	SD_BUS_METHOD("CutText", "ii", "b", refuse, 0),
	SD_BUS_METHOD("DeleteText", "ii", "b", delete, 0),
	SD_BUS_METHOD("PasteText", "i", "b", refuse, 0),
	SD_BUS_VTABLE_END,
};

/* ---- which object has what ---- */

static int find_box(sd_bus *bus, const char *path, const char *interface, void *data, void **ret,
	sd_bus_error *error)
{
	(void)bus, (void)interface, (void)error;
	return objects_find(data, path, view_is_box, ret);
}

static int find_editable(sd_bus *bus, const char *path, const char *interface, void *data,
	void **ret, sd_bus_error *error)
{
	(void)bus, (void)interface, (void)error;
	return objects_find(data, path, view_is_editable, ret);
}

int texts_export(struct atspi *a)
{
	int r = sd_bus_add_fallback_vtable(
		a->bus, NULL, VIEW_PREFIX, INTERFACE("Text"), text_box, find_box, a);

	return r < 0 ? r
		     : sd_bus_add_fallback_vtable(a->bus, NULL, VIEW_PREFIX,
			       INTERFACE("EditableText"), editable_text, find_editable, a);
}
