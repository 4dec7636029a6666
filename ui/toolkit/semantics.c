#include "ui/toolkit/semantics.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/toolkit/ui_state.h"

static const char *const state_names[] = {
	"disabled", "checked", "invalid", "busy", "expanded", "modal", "current"};

static bool is_named_by_content(enum node_role role)
{
	return node_role_naming[role] == NAMED_BY_CONTENT;
}

/* Texts of a box one types into are its look, and part of it. */
static bool owns_texts(enum node_role role)
{
	return is_named_by_content(role) || role == ROLE_TEXTBOX || role == ROLE_SEARCHBOX ||
	       role == ROLE_IMG;
}

/* Next node in the tree's order inside top that has text and no role of its own, not going into
 * nodes with a role. NULL at the end. */
static const struct node *next_text(const struct node *top, const struct node *at)
{
	const struct node *n = at;
	bool descend = true;

	for (;;) {
		if (descend && n->first_child) {
			n = n->first_child;
		} else {
			while (n != top && !n->next)
				n = n->parent;
			if (n == top)
				return NULL;
			n = n->next;
		}
		descend = !n->hidden && n->spec.role == ROLE_NONE;
		if (descend && n->spec.text)
			return n;
	}
}

/* The first text of a node: itself, or inside. */
static const struct node *first_text(const struct node *node)
{
	return node->spec.text ? node : next_text(node, node);
}

static const struct node *following_text(const struct node *top, const struct node *at)
{
	return top->spec.text ? NULL : next_text(top, at);
}

const char *semantics_name(struct ui *ui, const struct node *node)
{
	char *name = ui->scratch;
	size_t used = 0;

	if (node->spec.name)
		return node->spec.name;
	if (!is_named_by_content(node->spec.role))
		return "";
	for (const struct node *n = first_text(node); n; n = following_text(node, n)) {
		int length = snprintf(name + used, sizeof(ui->scratch) - used, "%s%s",
			used > 0 ? " " : "", n->spec.text);
		if (length < 0 || (size_t)length >= sizeof(ui->scratch) - used)
			break;
		used += (size_t)length;
	}
	for (size_t i = 0; i < used; i++)
		if (name[i] == '\n')
			name[i] = ' ';
	name[used] = '\0';
	return name;
}

const struct node *semantics_next_child(const struct node *parent, const struct node *at)
{
	const bool is_owner = owns_texts(parent->spec.role);
	const struct node *n = at ? at : parent;
	bool descend = !at;

	for (;;) {
		if (descend && n->first_child) {
			n = n->first_child;
		} else {
			while (n != parent && !n->next)
				n = n->parent;
			if (n == parent)
				return NULL;
			n = n->next;
		}
		if (!n->hidden && (n->spec.role != ROLE_NONE || (n->spec.text && !is_owner)))
			return n;
		descend = !n->hidden;
	}
}

const struct node *semantics_parent(const struct node *node)
{
	do
		node = node->parent;
	while (node && node->spec.role == ROLE_NONE);
	return node;
}

/* ---- JSON ---- */

void semantics_write_text(struct vt_buf *out, const char *text)
{
	vt_buf_append_byte(out, '"');
	for (const char *p = text ? text : ""; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == '"' || c == '\\')
			vt_buf_printf(out, "\\%c", c);
		else if (c < 0x20)
			vt_buf_printf(out, "\\u%04x", c);
		else
			vt_buf_append_byte(out, c);
	}
	vt_buf_append_byte(out, '"');
}

static void put_member(struct vt_buf *out, const char *name, const char *text)
{
	vt_buf_printf(out, ",\"%s\":", name);
	semantics_write_text(out, text);
}

static void put_rect(struct vt_buf *out, const struct rect *r)
{
	vt_buf_printf(out, "\"rect\":[%d,%d,%d,%d]", r->x, r->y, r->w, r->h);
}

static void put_states(struct vt_buf *out, const struct node *node)
{
	bool is_first = true;

	vt_buf_append_text(out, ",\"states\":[");
	for (size_t i = 0; i < VT_ELEMENTS(state_names); i++) {
		if (!(node->spec.states & 1u << i))
			continue;
		vt_buf_printf(out, "%s\"%s\"", is_first ? "" : ",", state_names[i]);
		is_first = false;
	}
	vt_buf_append_byte(out, ']');
}

static unsigned fg_of(const struct ui *ui, const struct node *text)
{
	enum color fg = text->spec.fg ? text->spec.fg : COLOR_TEXT;

	return ui_palette(ui)->argb[fg] & 0xFFFFFF;
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

/* Figures of the texts a node owns, together and one by one. */
static void put_texts(const struct ui *ui, struct vt_buf *out, const struct node *node)
{
	const struct node *first = first_text(node);
	int px = 0, lines = 0;
	bool is_clipped = false;

	if (!first)
		return;
	for (const struct node *n = first; n; n = following_text(node, n)) {
		px = px == 0 || n->text_px < px ? n->text_px : px;
		lines += n->line_count;
		is_clipped |= n->is_clipped;
	}
	vt_buf_printf(out, ",\"px\":%d,\"lines\":%d,\"clipped\":%s,\"fg\":\"#%06X\",\"texts\":[",
		px, lines, truth(is_clipped), fg_of(ui, first));
	for (const struct node *n = first; n; n = following_text(node, n)) {
		vt_buf_append_text(out, n == first ? "{\"text\":" : ",{\"text\":");
		semantics_write_text(out, n->spec.text);
		vt_buf_append_byte(out, ',');
		put_rect(out, &n->rect);
		vt_buf_printf(out, ",\"px\":%d,\"lines\":%d,\"clipped\":%s,\"fg\":\"#%06X\"}",
			n->text_px, n->line_count, truth(n->is_clipped), fg_of(ui, n));
	}
	vt_buf_append_byte(out, ']');
}

static void put_node(struct ui *ui, struct vt_buf *out, const struct node *node, bool *is_first)
{
	const struct node_spec *spec = &node->spec;
	enum node_role role = spec->role != ROLE_NONE ? spec->role : ROLE_NOTE;
	bool first_child = true;

	vt_buf_printf(out, "%s{\"role\":\"%s\"", *is_first ? "" : ",", node_role_names[role]);
	*is_first = false;
	put_member(out, "name", semantics_name(ui, node));
	put_member(out, "id", spec->id);
	put_member(out, "value", spec->value);
	put_member(out, "description", spec->description);
	put_member(out, "lang", spec->lang ? spec->lang : ui->lang);
	vt_buf_append_byte(out, ',');
	put_rect(out, &node->rect);
	put_member(out, "action", spec->action);
	if (spec->arg)
		put_member(out, "arg", spec->arg);
	put_states(out, node);
	if (owns_texts(spec->role) || spec->text)
		put_texts(ui, out, node);
	vt_buf_append_text(out, ",\"children\":[");
	for (const struct node *child = semantics_next_child(node, NULL); child;
		child = semantics_next_child(node, child))
		put_node(ui, out, child, &first_child);
	vt_buf_append_text(out, "]}");
}

void semantics_write_members(struct ui *ui, int64_t revision, struct vt_buf *out)
{
	const struct node *top = ui_modal_root(ui);
	const size_t arena_used = ui->arena_used;
	bool is_first = true;

	vt_buf_printf(out,
		"\"screen\":[%d,%d],\"revision\":%lld,\"focused\":", ui->profile.width_px,
		ui->profile.height_px, (long long)revision);
	semantics_write_text(out, ui->focus);
	/* What scanning marks may be several nodes. */
	if (!rect_is_empty(&ui->mark))
		vt_buf_printf(out, ",\"mark\":[%d,%d,%d,%d]", ui->mark.x, ui->mark.y, ui->mark.w,
			ui->mark.h);
	vt_buf_append_text(out, ",\"tree\":[");
	if (top)
		put_node(ui, out, top, &is_first);
	vt_buf_append_byte(out, ']');
	/* The names made for this description are not the tree's: reading it must not fill the
	 * arena. */
	vt_wipe(ui->arena + arena_used, ui->arena_used - arena_used);
	ui->arena_used = arena_used;
}

void semantics_write(struct ui *ui, int64_t revision, struct vt_buf *out)
{
	vt_buf_append_byte(out, '{');
	semantics_write_members(ui, revision, out);
	vt_buf_append_byte(out, '}');
}
