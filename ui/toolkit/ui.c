#include "ui/toolkit/ui_state.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"
#include "ui/toolkit/icon_table.h"

const char *const node_role_names[ROLE_KIND_COUNT] = {[ROLE_NONE] = "",
#define X(id, name, naming) [ROLE_##id] = name,
	NODE_ROLES(X)
#undef X
};
const enum role_naming node_role_naming[ROLE_KIND_COUNT] = {[ROLE_NONE] = NAMED_BY_CONTENT,
#define X(id, name, naming) [ROLE_##id] = naming,
	NODE_ROLES(X)
#undef X
};

/* ---- life ---- */

enum vt_code ui_create(const struct ui_options *options, struct ui **ret_ui, struct vt_error *error)
{
	VT_CLEANUP(ui_destroy) struct ui *ui = calloc(1, sizeof(*ui));
	char path[512];
	enum vt_code code;

	if (!ui)
		return vt_fail(error, VT_ERR_NOMEM, 0, "ui");
	ui->profile = options->profile;
	ui->press.repeat_ms = -1;
	damage_init(&ui->damage);
	if (!vt_format(path, sizeof(path), "%s/theme/%s", options->assets,
		    options->theme ? options->theme : "reference"))
		return vt_fail(error, VT_ERR_LIMIT, 0, "ui: path too long");
	code = theme_load(path, &ui->theme, error);
	if (code == VT_OK)
		code = text_cache_create(options->assets, &ui->text, error);
	if (code != VT_OK)
		return code;
	ui->shapes = shape_cache_create();
	ui->canvas = canvas_create_headless(ui->profile.width_px, ui->profile.height_px);
	if (!ui->shapes || !ui->canvas)
		return vt_fail(error, VT_ERR_NOMEM, 0, "ui");
	*ret_ui = vt_take_ptr(&ui);
	return VT_OK;
}

void ui_destroy(struct ui **ui)
{
	if (!*ui)
		return;
	text_cache_destroy(&(*ui)->text);
	shape_cache_destroy(&(*ui)->shapes);
	canvas_destroy(&(*ui)->canvas);
	vt_wipe(*ui, sizeof(**ui));
	free(*ui);
	*ui = NULL;
}

const struct profile *ui_profile(const struct ui *ui)
{
	return &ui->profile;
}

const struct theme_palette *ui_palette(const struct ui *ui)
{
	return &ui->theme.modes[ui->settings.mode];
}

const struct ui_settings *ui_settings(const struct ui *ui)
{
	return &ui->settings;
}

void ui_set_settings(struct ui *ui, const struct ui_settings *settings)
{
	VT_ASSERT((unsigned)settings->text_size < TEXT_SIZE_COUNT);
	VT_ASSERT((unsigned)settings->mode < THEME_PALETTE_COUNT);
	ui->settings = *settings;
}

void ui_set_panel(struct ui *ui, double px_per_mm, int screen_bottom_mm)
{
	VT_ASSERT(px_per_mm >= 1.5 && px_per_mm <= 12);
	ui->profile.px_per_mm = px_per_mm;
	ui->profile.screen_bottom_mm = screen_bottom_mm;
	ui_damage_all(ui);
}

int ui_width(const struct ui *ui)
{
	return profile_units(&ui->profile, ui->profile.width_px);
}

int ui_height(const struct ui *ui)
{
	return profile_units(&ui->profile, ui->profile.height_px);
}

struct canvas *ui_canvas(struct ui *ui)
{
	return ui->canvas;
}

/* ---- measures for screens ---- */

struct type_metrics ui_type(const struct ui *ui, enum type_role role)
{
	return type_metrics(&ui->profile, role, ui->settings.text_size);
}

/* Pixels to units, rounded up: so much room has to be asked for. */
static int units_up(const struct ui *ui, int px)
{
	int units = profile_units(&ui->profile, px);

	return ui_px(ui, units) < px ? units + 1 : units;
}

int ui_text_width(struct ui *ui, enum type_role type, const char *text)
{
	struct type_metrics m = ui_type(ui, type);

	return units_up(ui, text_width(ui->text, m.face, m.px, text, strlen(text)));
}

int ui_text_height(struct ui *ui, enum type_role type, const char *text, int width)
{
	struct type_metrics m = ui_type(ui, type);
	size_t lines = text_break(ui->text, m.face, m.px, text, ui_px(ui, width), NULL, 0);

	return units_up(ui, (int)lines * m.line_px);
}

int ui_icon_px(const struct ui *ui, const struct node *node)
{
	int units = node->spec.icon_size > 0 ? node->spec.icon_size : 52;

	if (node->spec.icon_grows && ui->settings.text_size > TEXT_NORMAL)
		units = units * type_floor_units(ui->settings.text_size) /
			type_floor_units(TEXT_NORMAL);
	return ui_px(ui, units);
}

/* ---- building the tree ---- */

static const char *keep(struct ui *ui, const char *text)
{
	if (!text || (text >= ui->arena && text < ui->arena + UI_ARENA_BYTES))
		return text;
	size_t length = strlen(text);
	if (UI_ARENA_BYTES - ui->arena_used <= length) {
		ui->failed = VT_ERR_LIMIT;
		return "";
	}
	char *copy = ui->arena + ui->arena_used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	ui->arena_used += length + 1;
	return copy;
}

const char *node_text(struct ui *ui, const char *fmt, ...)
{
	size_t room = UI_ARENA_BYTES - ui->arena_used;
	va_list args;

	va_start(args, fmt);
	int length = vsnprintf(ui->arena + ui->arena_used, room, fmt, args);
	va_end(args);
	if (length < 0 || (size_t)length >= room) {
		ui->failed = VT_ERR_LIMIT;
		return "";
	}
	const char *text = ui->arena + ui->arena_used;
	ui->arena_used += (size_t)length + 1;
	return text;
}

void ui_begin(struct ui *ui, const char *kind, const char *lang)
{
	vt_wipe(ui->arena, ui->arena_used);
	vt_wipe(ui->scratch, sizeof(ui->scratch));
	ui->arena_used = 0;
	memset(ui->nodes, 0, ui->node_count * sizeof(ui->nodes[0]));
	ui->node_count = ui->depth = ui->too_deep = ui->line_count = 0;
	ui->failed = VT_OK;
	vt_copy_cut(ui->lang, sizeof(ui->lang), lang ? lang : "");
	text_next_frame(ui->text);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_px(ui->profile.width_px),
			       .height = length_px(ui->profile.height_px),
			       .fill = COLOR_BG,
			       .role = ROLE_SCREEN,
			       .name = kind});
}

static void keep_strings(struct ui *ui, struct node_spec *spec)
{
	spec->text = keep(ui, spec->text);
	spec->icon = keep(ui, spec->icon);
	spec->qr = keep(ui, spec->qr);
	spec->id = keep(ui, spec->id);
	spec->name = keep(ui, spec->name);
	spec->description = keep(ui, spec->description);
	spec->value = keep(ui, spec->value);
	spec->lang = keep(ui, spec->lang);
	spec->action = keep(ui, spec->action);
	spec->arg = keep(ui, spec->arg);
}

/* Path of a node: its id alone (unique on the screen), else its position under its parent. */
static uint64_t path_key(const struct node *parent, const char *id)
{
	uint64_t position = 0;

	if (id)
		return hash_text(HASH_START, id) | 1;
	for (const struct node *n = parent ? parent->first_child : NULL; n; n = n->next)
		position++;
	return hash_u64(parent ? parent->key : HASH_START, position) | 1;
}

/* What is inside keeps off the edge: a word that touches a thick one is hard to read. */
#define EDGE_AIR 2

static void keep_off_edge(struct node_spec *spec)
{
	int width = spec->border_width > 0 ? spec->border_width : 2;
	int *const sides[] = {&spec->pad.top, &spec->pad.right, &spec->pad.bottom, &spec->pad.left};

	if (spec->border == COLOR_NONE || spec->layout == LAYOUT_STACK)
		return;
	for (size_t i = 0; i < VT_ELEMENTS(sides); i++)
		if (*sides[i] < width + EDGE_AIR)
			*sides[i] = width + EDGE_AIR;
}

struct node *node_begin(struct ui *ui, const struct node_spec *spec)
{
	if (ui->node_count == UI_MAX_NODES || ui->depth == UI_MAX_DEPTH || ui->too_deep > 0) {
		ui->failed = VT_ERR_LIMIT;
		ui->too_deep++;
		return NULL;
	}
	struct node *parent = ui->depth > 0 ? ui->open[ui->depth - 1] : NULL;
	struct node *node = &ui->nodes[ui->node_count++];

	*node = (struct node){.spec = *spec, .parent = parent};
	keep_strings(ui, &node->spec);
	keep_off_edge(&node->spec);
	node->key = path_key(parent, node->spec.id);
	if (parent && parent->last_child)
		parent->last_child->next = node;
	else if (parent)
		parent->first_child = node;
	if (parent)
		parent->last_child = node;
	ui->open[ui->depth++] = node;
	return node;
}

void node_end(struct ui *ui)
{
	if (ui->too_deep > 0) {
		ui->too_deep--;
		return;
	}
	VT_ASSERT(ui->depth > 1);
	ui->depth--;
}

struct node *node_add(struct ui *ui, const struct node_spec *spec)
{
	struct node *node = node_begin(ui, spec);

	node_end(ui);
	return node;
}

/* ---- the finished tree ---- */

static void find_modal(struct ui *ui)
{
	ui->modal_key = 0;
	for (size_t i = 0; i < ui->node_count; i++)
		if (!ui->nodes[i].hidden && ui->nodes[i].spec.states & STATE_MODAL)
			ui->modal_key = ui->nodes[i].key;
}

static void keep_focus(struct ui *ui)
{
	const struct node *node = ui_find(ui, ui->focus);

	if (node && node_is_inside(node, ui_modal_root(ui)))
		return;
	ui->focus[0] = '\0';
}

enum vt_code ui_end(struct ui *ui)
{
	VT_ASSERT(ui->depth == 1);
	ui->depth = 0;
	layout_run(ui);
	find_modal(ui);
	keep_focus(ui);
	for (size_t i = 0; i < ui->node_count; i++)
		ui->nodes[i].ink = render_ink(ui, &ui->nodes[i]);
	return ui->failed;
}

/* Siblings of a column, row or grid lie beside each other. */
static bool lies_on_next(const struct node *node)
{
	const struct node *next = node->next;
	struct rect common;

	while (next && next->hidden)
		next = next->next;
	if (!next || !node->parent || node->parent->spec.layout == LAYOUT_STACK)
		return false;
	common = rect_intersect(node->rect, next->rect);
	return !rect_is_empty(&common);
}

bool ui_fits(const struct ui *ui)
{
	for (size_t i = 0; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];

		if (node->hidden || rect_is_empty(&node->rect))
			continue;
		if (node->is_clipped || node->is_overfull || lies_on_next(node) ||
			!rect_covers(&ui->nodes[0].rect, &node->rect) ||
			(node->parent && !rect_covers(&node->parent->rect, &node->rect)))
			return false;
	}
	return true;
}

bool ui_is_torn(const struct ui *ui)
{
	for (size_t i = 0; i < ui->node_count; i++)
		if (ui->nodes[i].is_torn && !ui->nodes[i].hidden)
			return true;
	return false;
}

int ui_first_target(const struct ui *ui)
{
	const struct node *scope = ui_modal_root(ui);
	int first = INT_MAX;

	for (size_t i = 0; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];

		if (node->hidden || !node_is_inside(node, scope))
			continue;
		int on_pages = node->rect.y + ui_px(ui, node->spec.pad.top) + node->first_target;
		if (node->page_count > 1 && node->first_target >= 0 && on_pages < first)
			first = on_pages;
		if (!node->spec.action || node->spec.states & STATE_DISABLED ||
			node->rect.h > ui->profile.height_px * 3 / 4)
			continue;
		if (node->rect.y < first)
			first = node->rect.y;
	}
	return first;
}

const struct rect *ui_paint(struct ui *ui, size_t *ret_count)
{
	struct damage *damage = &ui->damage;
	const struct node *focused = ui->focus_visible ? ui_find(ui, ui->focus) : NULL;

	damage_begin(damage);
	for (size_t i = 0; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];
		if (!node->hidden && !rect_is_empty(&node->ink))
			damage_add(damage, node->key, render_hash(ui, node), node->ink);
	}
	if (focused) {
		uint64_t hash = hash_u64(HASH_START, ui_palette(ui)->argb[COLOR_FOCUS_INNER]);
		hash = hash_u64(hash, ui_palette(ui)->argb[COLOR_FOCUS_OUTER]);
		damage_add(damage, hash_u64(focused->key, 1), hash,
			render_focus_ink(ui, focused->rect));
	}
	if (!rect_is_empty(&ui->mark))
		damage_add(damage, hash_text(HASH_START, "mark"),
			hash_u64(HASH_START, ui_palette(ui)->argb[COLOR_FOCUS_OUTER]),
			render_focus_ink(ui, ui->mark));
	damage_end(damage, (struct rect){0, 0, ui->canvas->width, ui->canvas->height});
	for (size_t i = 0; i < damage->rect_count; i++)
		render_tree(ui, damage->rects[i]);
	*ret_count = damage->rect_count;
	return damage->rects;
}

void ui_set_mark(struct ui *ui, struct rect mark)
{
	ui->mark = mark;
}

void ui_damage_all(struct ui *ui)
{
	ui->damage.all = true;
}

const struct node *ui_root(const struct ui *ui)
{
	return ui->node_count > 0 ? &ui->nodes[0] : NULL;
}

const struct node *ui_find(const struct ui *ui, const char *id)
{
	for (size_t i = 0; id && *id && i < ui->node_count; i++)
		if (!ui->nodes[i].hidden && ui->nodes[i].spec.id &&
			strcmp(ui->nodes[i].spec.id, id) == 0)
			return &ui->nodes[i];
	return NULL;
}

const char *ui_lang(const struct ui *ui)
{
	return ui->lang;
}

int ui_page_count(const struct ui *ui, const char *id)
{
	const struct node *node = ui_find(ui, id);

	return node && node->page_count > 1 ? node->page_count : 1;
}

struct node *ui_node_by_key(struct ui *ui, uint64_t key)
{
	for (size_t i = 0; key && i < ui->node_count; i++)
		if (!ui->nodes[i].hidden && ui->nodes[i].key == key)
			return &ui->nodes[i];
	return NULL;
}

bool node_is_inside(const struct node *node, const struct node *ancestor)
{
	while (node && node != ancestor)
		node = node->parent;
	return node != NULL;
}

const struct node *ui_modal_root(const struct ui *ui)
{
	for (size_t i = 0; ui->modal_key && i < ui->node_count; i++)
		if (ui->nodes[i].key == ui->modal_key)
			return &ui->nodes[i];
	return ui_root(ui);
}

/* ---- caches ---- */

void ui_forget_personal(struct ui *ui)
{
	text_forget_personal(ui->text);
	qr_forget(&ui->qr);
}

struct ui_cache_sizes ui_cache_sizes(const struct ui *ui)
{
	struct text_sizes text = text_sizes(ui->text);

	return (struct ui_cache_sizes){.text_bytes = text.bytes,
		.text_runs = text.runs,
		.personal_runs = text.personal_runs,
		.fonts = text.fonts,
		.shape_bytes = shape_cache_bytes(ui->shapes),
		.node_count = ui->node_count,
		.arena_bytes = ui->arena_used};
}
