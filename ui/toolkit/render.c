/* What a node looks like: its ink, its hash, its painting. The three must agree: whatever
 * render_node draws lies inside render_ink, and whatever decides how it looks is in render_hash.
 * The test "incremental frame equals full frame" (tests/ui/toolkit_damage.c) holds them together.
 */

#include "ui/toolkit/ui_state.h"

#include "ui/toolkit/decor.h"
#include "ui/toolkit/hash.h"
#include "ui/toolkit/icon_table.h"

/* UI.md §15.2: two layers a level; dy in units, σ in tenths of a unit, strength in 255ths. */
static const struct {
	int dy, sigma_10;
	uint32_t alpha;
} shadow_levels[4][2] = {
	{{0, 0, 0}, {0, 0, 0}},
	{{1, 15, 26}, {3, 50, 18}},
	{{2, 30, 31}, {10, 140, 26}},
	{{4, 60, 41}, {24, 320, 56}},
};

/* UI.md §5: two rings of 5 px. */
#define FOCUS_UNITS 5
/* Of the ring of scanning: that of a key. */
#define MARK_RADIUS 16
/* UI.md §15.5: back layer of a duotone icon. */
#define DUOTONE_ALPHA 56
/* Rest of a ring. */
#define TRACK_ALPHA 56

static uint32_t color_of(const struct ui *ui, enum color color)
{
	return ui_palette(ui)->argb[color];
}

static uint32_t with_alpha(uint32_t color, uint32_t alpha)
{
	return (color & 0xFFFFFF) | (color >> 24) * alpha / 255 << 24;
}

/* ---- the look of a node, resolved to pixels and colours ---- */

struct look {
	struct paint_box box;
	uint32_t overlay; /* over the box: pressed */
	int shadow;
	uint32_t fg;
};

static int shadow_level(const struct ui *ui, const struct node *node)
{
	int level = node->spec.shadow;

	return ui_palette(ui)->shadows && level > 0 && level < 4 ? level : 0;
}

static int luminance(uint32_t c)
{
	return (int)((299 * (c >> 16 & 0xFF) + 587 * (c >> 8 & 0xFF) + 114 * (c & 0xFF)) / 1000);
}

/* A pressed node gets darker, or lighter where it is almost black already. */
static uint32_t pressed_overlay(uint32_t ground)
{
	return luminance(ground) < 40 ? 0x55FFFFFFu : 0x30000000u;
}

static struct look look_of(const struct ui *ui, const struct node *node)
{
	const struct node_spec *spec = &node->spec;
	const struct theme_palette *palette = ui_palette(ui);
	struct look look = {.shadow = shadow_level(ui, node)};

	look.box.rect = node->rect;
	look.box.fill = palette->argb[spec->fill];
	if (spec->fill_percent > 0)
		look.box.fill =
			with_alpha(look.box.fill, (uint32_t)(spec->fill_percent * 255 / 100));
	if (!node->parent)
		look.box.fill |= 0xFF000000u; /* below the root there is nothing to shine through */
	look.box.fill_bottom = spec->fill_bottom && palette->gradients
				       ? palette->argb[spec->fill_bottom]
				       : look.box.fill;
	look.box.border = palette->argb[spec->border];
	if (spec->border)
		look.box.border_width = ui_px(ui, spec->border_width > 0 ? spec->border_width : 2);
	look.box.radius = spec->radius == RADIUS_PILL ? node->rect.h / 2 : ui_px(ui, spec->radius);
	look.fg = palette->argb[spec->fg ? spec->fg : COLOR_TEXT];
	if (ui->press.key != 0 && ui->press.key == node->key)
		look.overlay = pressed_overlay(
			look.box.fill >> 24 ? look.box.fill : palette->argb[COLOR_BG]);
	return look;
}

static int sigma_16(const struct ui *ui, int sigma_10)
{
	int sigma = (int)(sigma_10 * 1.6 * ui->profile.px_per_mm / PROFILE_REFERENCE_PX_PER_MM);

	return sigma > 0 ? sigma : 1;
}

/* ---- ink ---- */

static int text_overhang(const struct node *node)
{
	return node->spec.text ? node->text_px / 3 + 1 : 0;
}

struct rect render_ink(const struct ui *ui, const struct node *node)
{
	struct rect ink = rect_grow(node->rect, text_overhang(node));
	int level = shadow_level(ui, node);

	if (rect_is_empty(&node->rect))
		return (struct rect){node->rect.x, node->rect.y, 0, 0};
	for (int i = 0; level > 0 && i < 2; i++) {
		int margin = (3 * sigma_16(ui, shadow_levels[level][i].sigma_10) + 15) / 16;
		struct rect layer = rect_grow(node->rect, margin);
		layer.y += ui_px(ui, shadow_levels[level][i].dy);
		ink = rect_union(ink, layer);
	}
	return ink;
}

static int focus_px(const struct ui *ui)
{
	return ui_px(ui, FOCUS_UNITS);
}

struct rect render_focus_ink(const struct ui *ui, struct rect around)
{
	return rect_grow(around, 2 * focus_px(ui));
}

/* ---- hash ---- */

uint64_t render_hash(const struct ui *ui, const struct node *node)
{
	const struct node_spec *spec = &node->spec;
	struct look look = look_of(ui, node);
	uint64_t hash = HASH_START;

	hash = hash_bytes(hash, &node->rect, sizeof(node->rect));
	hash = hash_u64(hash, (uint64_t)look.box.fill << 32 | look.box.fill_bottom);
	hash = hash_u64(hash, (uint64_t)look.box.border << 32 | (uint32_t)look.box.border_width);
	hash = hash_u64(hash, (uint64_t)look.overlay << 32 | look.fg);
	hash = hash_u64(hash, (uint64_t)(uint32_t)look.box.radius << 32 | (uint32_t)look.shadow);
	if (spec->scrim)
		hash = hash_u64(hash, color_of(ui, COLOR_SCRIM));
	if (spec->decor != DECOR_NONE)
		hash = hash_u64(hash, (uint64_t)spec->decor << 32 | (uint32_t)spec->ring_permille |
					      (uint64_t)ui_palette(ui)->decoration << 62);
	if (spec->text) {
		hash = hash_text(hash, spec->text);
		hash = hash_u64(hash, (uint64_t)spec->type << 32 | (uint32_t)node->text_px);
		hash = hash_u64(
			hash, (uint64_t)spec->text_align << 32 | (uint32_t)node->line_count);
		hash = hash_u64(hash, (uint64_t)spec->ellipsis << 32 | (uint32_t)node->line_px);
		hash = hash_u64(hash, (uint64_t)node->lines_before);
	}
	if (spec->icon)
		hash = hash_u64(hash_text(hash, spec->icon), spec->icon_style);
	if (spec->qr)
		hash = hash_text(hash, spec->qr);
	/* Of two that lie on each other, the order decides. */
	if (node->parent && node->parent->spec.layout == LAYOUT_STACK) {
		uint64_t position = 0;
		for (const struct node *n = node->parent->first_child; n != node; n = n->next)
			position++;
		hash = hash_u64(hash, position);
	}
	return hash;
}

/* ---- painting ---- */

static struct rect content_rect(const struct ui *ui, const struct node *node)
{
	const struct insets *pad = &node->spec.pad;
	struct rect r = node->rect;

	r.x += ui_px(ui, pad->left);
	r.y += ui_px(ui, pad->top);
	r.w -= ui_px(ui, pad->left) + ui_px(ui, pad->right);
	r.h -= ui_px(ui, pad->top) + ui_px(ui, pad->bottom);
	return r;
}

static void render_text(
	struct ui *ui, const struct painter *p, const struct node *node, uint32_t fg)
{
	struct rect box = content_rect(ui, node);
	enum face face = ui_type(ui, node->spec.type).face;
	int base = text_baseline(ui->text, face, node->text_px, node->line_px);

	for (int i = 0; i < node->line_count; i++) {
		const struct text_line *line = &ui->lines[node->first_line + (uint32_t)i];
		struct text_run run = text_run(ui->text, face, node->text_px, line->start,
			line->length, node->spec.personal);
		int left = box.w - line->width;
		int x = box.x + (node->spec.text_align == TEXT_CENTER	    ? left / 2
					: node->spec.text_align == TEXT_END ? left
									    : 0);
		if (run.data)
			paint_mask(p,
				&(struct paint_mask){run.data, run.width, run.height, run.width},
				x + run.ink_x, box.y + i * node->line_px + base + run.ink_y, fg);
	}
}

static void render_glyph(struct ui *ui, const struct painter *p, const struct node *node,
	enum face face, uint32_t code_point, uint32_t color)
{
	int px = ui_icon_px(ui, node);
	struct text_run run = text_glyph(ui->text, face, px, code_point);
	struct rect box = content_rect(ui, node);

	if (run.data)
		paint_mask(p, &(struct paint_mask){run.data, run.width, run.height, run.width},
			box.x + (box.w - px) / 2 + run.ink_x, box.y + box.h / 2 + run.ink_y, color);
}

static void render_icon(
	struct ui *ui, const struct painter *p, const struct node *node, uint32_t fg)
{
	const struct icon_glyphs *icon = icon_find(node->spec.icon);

	if (!icon)
		return;
	switch (node->spec.icon_style) {
	case ICON_DUOTONE:
		if (icon->duotone_back)
			render_glyph(ui, p, node, FACE_ICON_DUOTONE, icon->duotone_back,
				with_alpha(fg, DUOTONE_ALPHA));
		render_glyph(ui, p, node, FACE_ICON_DUOTONE, icon->duotone_line, fg);
		break;
	case ICON_BOLD:
		render_glyph(ui, p, node, FACE_ICON_BOLD, icon->bold, fg);
		break;
	case ICON_FILL:
		render_glyph(ui, p, node, FACE_ICON_FILL, icon->fill, fg);
		break;
	}
}

/* Dark modules on a light ground in every theme: cameras want it so. Quiet zone of four modules. */
static void render_qr(struct ui *ui, const struct painter *p, const struct node *node)
{
	uint32_t dark = color_of(ui, COLOR_TEXT), light = color_of(ui, COLOR_SURFACE);
	struct rect box = content_rect(ui, node);

	if (luminance(dark) > luminance(light)) {
		uint32_t swap = dark;
		dark = light;
		light = swap;
	}
	if (!qr_encode(&ui->qr, node->spec.qr))
		return;
	int side = (box.w < box.h ? box.w : box.h), modules = ui->qr.size;
	int unit = side / (modules + 8);
	int all = unit * (modules + 8);
	int x0 = box.x + (box.w - all) / 2, y0 = box.y + (box.h - all) / 2;
	paint_fill(p, (struct rect){x0, y0, all, all}, light);
	for (int y = 0; y < modules; y++)
		for (int x = 0; x < modules; x++)
			if (ui->qr.dark[y * modules + x])
				paint_fill(p,
					(struct rect){x0 + (x + 4) * unit, y0 + (y + 4) * unit,
						unit, unit},
					dark);
}

static void render_decor(
	struct ui *ui, const struct painter *p, const struct node *node, uint32_t fg)
{
	bool decorate = ui_palette(ui)->decoration;
	struct rect box = content_rect(ui, node);
	struct paint_box line = {.rect = box};

	switch (node->spec.decor) {
	case DECOR_NONE:
		break;
	case DECOR_EMBLEM:
		decor_emblem(p, box, fg);
		break;
	case DECOR_FRET_FIELD:
		if (decorate)
			decor_fret_field(p, box, ui_px(ui, 14), fg);
		break;
	case DECOR_FRET_BAND:
		if (decorate)
			decor_fret_band(p, box, fg);
		break;
	case DECOR_RING:
		paint_ring(p, box, box.w * 76 / 1000 + 1, node->spec.ring_permille, fg,
			with_alpha(fg, TRACK_ALPHA));
		break;
	case DECOR_GOLD_LINE:
		line.fill = color_of(ui, COLOR_GOLD);
		line.fill_bottom = decorate ? color_of(ui, COLOR_GOLD_LIGHT) : line.fill;
		paint_box(p, &line);
		break;
	}
}

static void render_shadow(const struct ui *ui, const struct painter *p, const struct look *look)
{
	bool is_opaque = look->box.fill >> 24 == 255 && look->box.fill_bottom >> 24 == 255;

	for (int i = 1; i >= 0; i--)
		paint_shadow(p, look->box.rect, look->box.radius,
			ui_px(ui, shadow_levels[look->shadow][i].dy),
			sigma_16(ui, shadow_levels[look->shadow][i].sigma_10),
			with_alpha(
				color_of(ui, COLOR_SHADOW), shadow_levels[look->shadow][i].alpha),
			is_opaque);
}

static void render_node(struct ui *ui, const struct painter *p, const struct node *node)
{
	const struct node_spec *spec = &node->spec;
	struct look look = look_of(ui, node);
	struct painter inside = *p;

	if (look.shadow > 0)
		render_shadow(ui, p, &look);
	inside.clip = rect_intersect(p->clip, node->ink);
	if (spec->scrim)
		paint_fill(&inside, node->rect, color_of(ui, COLOR_SCRIM));
	if (look.box.fill >> 24 || look.box.border_width > 0)
		paint_box(&inside, &look.box);
	if (look.overlay) {
		struct paint_box over = {.rect = node->rect,
			.radius = look.box.radius,
			.fill = look.overlay,
			.fill_bottom = look.overlay};
		paint_box(&inside, &over);
	}
	if (spec->decor != DECOR_NONE) {
		inside.clip = rect_intersect(inside.clip, node->rect);
		render_decor(ui, &inside, node, look.fg);
	}
	if (spec->text)
		render_text(ui, &inside, node, look.fg);
	else if (spec->icon)
		render_icon(ui, &inside, node, look.fg);
	else if (spec->qr)
		render_qr(ui, &inside, node);
}

/* Two colours that differ by more than 3:1 from each other: one of them from any ground. */
static void render_ring(struct ui *ui, const struct painter *p, struct rect around, int radius)
{
	int width = focus_px(ui);
	struct paint_box ring = {.border_width = width};

	ring.rect = rect_grow(around, width);
	ring.radius = radius + width;
	ring.border = color_of(ui, COLOR_FOCUS_INNER);
	paint_box(p, &ring);
	ring.rect = rect_grow(around, 2 * width);
	ring.radius = radius + 2 * width;
	ring.border = color_of(ui, COLOR_FOCUS_OUTER);
	paint_box(p, &ring);
}

static void render_focus(struct ui *ui, const struct painter *p)
{
	const struct node *node = ui->focus_visible ? ui_find(ui, ui->focus) : NULL;

	if (node)
		render_ring(ui, p, node->rect, look_of(ui, node).box.radius);
	if (!rect_is_empty(&ui->mark))
		render_ring(ui, p, ui->mark, ui_px(ui, MARK_RADIUS));
}

/* True if the node alone decides every pixel of clip: nothing under it needs painting. */
static bool hides_all_below(const struct ui *ui, const struct node *node, const struct rect *clip)
{
	if (node->hidden || !node->spec.fill)
		return false;
	struct look look = look_of(ui, node);
	int half = (node->rect.w < node->rect.h ? node->rect.w : node->rect.h) / 2;
	int r = look.box.radius < half ? look.box.radius : half;
	struct rect across = {node->rect.x, node->rect.y + r, node->rect.w, node->rect.h - 2 * r};
	struct rect upright = {node->rect.x + r, node->rect.y, node->rect.w - 2 * r, node->rect.h};

	return look.box.fill >> 24 == 255 && look.box.fill_bottom >> 24 == 255 &&
	       (look.box.border_width == 0 || look.box.border >> 24 == 255) &&
	       (rect_covers(&across, clip) || rect_covers(&upright, clip));
}

void render_tree(struct ui *ui, struct rect clip)
{
	struct painter p = {.canvas = ui->canvas, .shapes = ui->shapes, .clip = clip};
	size_t first = ui->node_count;

	/* Nodes are stored in the order in which they are painted. */
	while (first > 0 && !hides_all_below(ui, &ui->nodes[--first], &clip))
		;
	for (size_t i = first; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];
		struct rect visible = rect_intersect(node->ink, clip);
		if (!node->hidden && !rect_is_empty(&visible))
			render_node(ui, &p, node);
	}
	render_focus(ui, &p);
}
