#include "tests/ui/screens_audit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "ui/toolkit/semantics.h"

#define TARGET_ERROR_MM 12.7
#define TARGET_WARN_MM	20.0
#define GAP_MM		2.54
#define MAX_TARGETS	256

const char *const audit_names[AUDIT_KIND_COUNT] = {
	[AUDIT_TARGET] = "target",
	[AUDIT_GAP] = "gap",
	[AUDIT_OVERLAP] = "overlap",
	[AUDIT_TYPE] = "type",
	[AUDIT_OVERFLOW] = "overflow",
	[AUDIT_NAME] = "name",
	[AUDIT_FOCUS] = "focus",
	[AUDIT_CONTRAST] = "contrast",
	[AUDIT_REACH] = "reach",
	[AUDIT_EQUALITY] = "equality",
};

static void report(struct audit *audit, enum audit_kind kind, const struct node *node,
	const char *fmt, ...) VT_PRINTF(4, 5);

static void report(
	struct audit *audit, enum audit_kind kind, const struct node *node, const char *fmt, ...)
{
	va_list args;

	audit->errors[kind]++;
	if (audit->is_quiet)
		return;
	fprintf(stderr, "%s: %s: %s \"%.40s\": ", audit->where, audit_names[kind],
		node != NULL && node->spec.id != NULL ? node->spec.id : "-",
		node != NULL && node->spec.text != NULL ? node->spec.text : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- walking ---- */

/* Next node in the tree's order, hidden subtrees left out; NULL at the end. */
static const struct node *following(const struct node *top, const struct node *at)
{
	if (at->first_child != NULL && !at->hidden)
		at = at->first_child;
	else {
		while (at != top && at->next == NULL)
			at = at->parent;
		if (at == top)
			return NULL;
		at = at->next;
	}
	return at->hidden ? following(top, at) : at;
}

/* What can be touched and seen: the last modal node if there is one. */
static const struct node *scope_of(const struct ui *ui)
{
	const struct node *root = ui_root(ui), *scope = root;

	for (const struct node *n = root; n != NULL; n = following(root, n))
		if ((n->spec.states & STATE_MODAL) != 0)
			scope = n;
	return scope;
}

static bool is_target(const struct node *node)
{
	return node->spec.action != NULL && (node->spec.states & STATE_DISABLED) == 0;
}

static bool is_inside(const struct node *node, const struct node *ancestor)
{
	while (node != NULL && node != ancestor)
		node = node->parent;
	return node != NULL;
}

/* ---- targets ---- */

static void check_target(struct audit *audit, const struct ui *ui, const struct node *node)
{
	double px_per_mm = ui_profile(ui)->px_per_mm;
	double w = node->rect.w / px_per_mm, h = node->rect.h / px_per_mm;

	if (w < TARGET_ERROR_MM || h < TARGET_ERROR_MM)
		report(audit, AUDIT_TARGET, node, "%.1f x %.1f mm", w, h);
	else if (w < TARGET_WARN_MM || h < TARGET_WARN_MM)
		audit->warnings++;
}

static void check_pair(
	struct audit *audit, const struct ui *ui, const struct node *a, const struct node *b)
{
	int least = profile_mm_to_px(ui_profile(ui), GAP_MM);
	int right = b->rect.x - (a->rect.x + a->rect.w), left = a->rect.x - (b->rect.x + b->rect.w);
	int below = b->rect.y - (a->rect.y + a->rect.h),
	    above = a->rect.y - (b->rect.y + b->rect.h);
	int dx = right > left ? right : left, dy = below > above ? below : above;

	if (is_inside(a, b) || is_inside(b, a))
		return;
	if (dx < 0 && dy < 0)
		report(audit, AUDIT_OVERLAP, a, "overlaps %s", b->spec.id);
	else if (dx < least && dy < least)
		report(audit, AUDIT_GAP, a, "%d px to %s, wanted %d", dx > dy ? dx : dy,
			b->spec.id != NULL ? b->spec.id : "-", least);
}

static void check_targets(struct audit *audit, const struct ui *ui, const struct node *scope)
{
	const struct node *targets[MAX_TARGETS];
	size_t count = 0;

	for (const struct node *n = scope; n != NULL; n = following(scope, n)) {
		/* Disabled keys count for gaps: the next position enables them. */
		if (n->spec.action == NULL || count == MAX_TARGETS)
			continue;
		targets[count++] = n;
		check_target(audit, ui, n);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			check_pair(audit, ui, targets[i], targets[j]);
}

/* ---- type and overflow ---- */

static void check_type(struct audit *audit, const struct ui *ui, const struct node *node)
{
	int floor_px = profile_px(ui_profile(ui), type_floor_units(ui_settings(ui)->text_size));

	if (node->spec.text == NULL || node->spec.text[0] == '\0')
		return;
	if (node->text_px < floor_px)
		report(audit, AUDIT_TYPE, node, "%d px, floor %d", node->text_px, floor_px);
}

static void check_overflow(struct audit *audit, const struct ui *ui, const struct node *node)
{
	const struct rect *screen = &ui_root(ui)->rect;

	if (node->is_clipped)
		report(audit, AUDIT_OVERFLOW, node, "text is clipped");
	if (rect_is_empty(&node->rect))
		return;
	if (!rect_covers(screen, &node->rect))
		report(audit, AUDIT_OVERFLOW, node, "outside the screen: %d,%d %dx%d", node->rect.x,
			node->rect.y, node->rect.w, node->rect.h);
	else if (node->parent != NULL && !rect_covers(&node->parent->rect, &node->rect))
		report(audit, AUDIT_OVERFLOW, node, "sticks out of %s: %d,%d %dx%d",
			node->parent->spec.id != NULL ? node->parent->spec.id : "its parent",
			node->rect.x, node->rect.y, node->rect.w, node->rect.h);
	/* Siblings of a row, column or grid never lie on each other. */
	if (node->next == NULL || node->next->hidden || node->parent == NULL ||
		node->parent->spec.layout == LAYOUT_STACK)
		return;
	struct rect common = rect_intersect(node->rect, node->next->rect);

	if (!rect_is_empty(&common))
		report(audit, AUDIT_OVERFLOW, node, "lies on its neighbour");
}

/* ---- names ---- */

static void check_names(struct audit *audit, struct ui *ui, const struct node *scope)
{
	const struct node *named[MAX_TARGETS];
	static char names[MAX_TARGETS][256];
	size_t count = 0;
	bool has_heading = false;

	for (const struct node *n = scope; n != NULL; n = following(scope, n)) {
		if (n->spec.role == ROLE_HEADING && semantics_name(ui, n)[0] != '\0')
			has_heading = true;
		if (n->spec.action == NULL && !n->spec.editable)
			continue;
		/* The whole attract screen is one target with the heading inside. */
		if (!has_heading && !n->spec.no_focus && n->spec.role != ROLE_SCREEN &&
			ui_find(ui, "start") != n)
			report(audit, AUDIT_NAME, n, "comes before any heading");
		if (n->spec.role == ROLE_NONE || n->spec.id == NULL)
			report(audit, AUDIT_NAME, n, "has no role or id");
		if (count == MAX_TARGETS)
			continue;
		named[count] = n;
		vt_copy_cut(names[count], sizeof(names[count]), semantics_name(ui, n));
		if (names[count][0] == '\0')
			report(audit, AUDIT_NAME, n, "has no name");
		count++;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (names[i][0] != '\0' && strcmp(names[i], names[j]) == 0)
				report(audit, AUDIT_NAME, named[j],
					"shares the name \"%s\" with %s", names[i],
					named[i]->spec.id);
	if (!has_heading)
		report(audit, AUDIT_NAME, scope, "no heading");
}

/* ---- focus ---- */

static bool wants_focus(const struct node *node)
{
	return (is_target(node) ||
		       (node->spec.editable && (node->spec.states & STATE_DISABLED) == 0)) &&
	       !node->spec.no_focus;
}

/* The ring is as wide as 10 units around the node and must not lie under the dock or keyboard. */
static void check_ring(struct audit *audit, struct ui *ui, const struct node *node)
{
	static const char *const above[] = {"dock", "keyboard"};
	struct rect ring = rect_grow(node->rect, profile_px(ui_profile(ui), 10));

	for (size_t i = 0; i < VT_ELEMENTS(above); i++) {
		const struct node *cover = ui_find(ui, above[i]);

		if (cover == NULL || is_inside(node, cover))
			continue;
		struct rect common = rect_intersect(ring, cover->rect);

		if (!rect_is_empty(&common) && scope_of(ui) == ui_root(ui))
			report(audit, AUDIT_FOCUS, node, "ring lies under the %s", above[i]);
	}
}

static void check_focus(struct audit *audit, struct ui *ui, const struct node *scope)
{
	const struct node *wanted[MAX_TARGETS], *before = NULL;
	size_t count = 0;

	for (const struct node *n = scope; n != NULL; n = following(scope, n))
		if (wants_focus(n) && count < MAX_TARGETS)
			wanted[count++] = n;
	input_set_focus(ui, "", false);
	for (size_t i = 0; i < count; i++) {
		const char *id;

		(void)input_key(ui, INPUT_KEY_NEXT, 0);
		id = input_focus(ui);
		if (wanted[i]->spec.id == NULL || strcmp(id, wanted[i]->spec.id) != 0) {
			report(audit, AUDIT_FOCUS, wanted[i],
				"is not next in the order: got \"%s\"", id);
			break;
		}
		/* Reading order: never to something that ends above where the last one began. */
		if (before != NULL && wanted[i]->rect.y + wanted[i]->rect.h <= before->rect.y)
			report(audit, AUDIT_FOCUS, wanted[i], "comes after %s, which is below it",
				before->spec.id);
		check_ring(audit, ui, wanted[i]);
		before = wanted[i];
	}
	input_set_focus(ui, "", false);
}

/* ---- reach ---- */

static void check_reach(struct audit *audit, const struct ui *ui, const struct node *node)
{
	const struct profile *profile = ui_profile(ui);
	int top = profile->height_px / 4;

	if (!is_target(node) || node->rect.h > profile->height_px * 3 / 4)
		return;
	if (ui_settings(ui)->reach) {
		int reach = profile->height_px - profile_px(profile, profile_reach_units(profile));

		top = reach > top ? reach : top;
	}
	if (node->rect.y < top)
		report(audit, AUDIT_REACH, node, "at %d, not above %d", node->rect.y, top);
}

void audit_layout(struct audit *audit, struct ui *ui)
{
	const struct node *scope = scope_of(ui);
	const struct node *dock = ui_find(ui, "dock");

	for (const struct node *n = scope; n != NULL; n = following(scope, n)) {
		check_type(audit, ui, n);
		check_overflow(audit, ui, n);
		check_reach(audit, ui, n);
	}
	if (dock != NULL && !rect_covers(&ui_root(ui)->rect, &dock->rect))
		report(audit, AUDIT_OVERFLOW, dock, "the dock is not whole");
	check_targets(audit, ui, scope);
	check_names(audit, ui, scope);
	check_focus(audit, ui, scope);
}

/* ---- contrast ---- */

static double channel(uint32_t value)
{
	double c = (value & 0xFF) / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t argb)
{
	return 0.2126 * channel(argb >> 16) + 0.7152 * channel(argb >> 8) + 0.0722 * channel(argb);
}

static double contrast(uint32_t a, uint32_t b)
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y ? 1 : 0;
}

static int distance(uint32_t a, uint32_t b)
{
	int sum = 0;

	for (int shift = 0; shift < 24; shift += 8)
		sum += abs((int)((a >> shift) & 0xFF) - (int)((b >> shift) & 0xFF));
	return sum;
}

/* Contrast of the words against the pixels around them: the lowest but for a twentieth, where a
 * letter or a hairline touches the edge. */
static double ground_contrast(const struct canvas *canvas, const struct node *node, uint32_t ink)
{
	struct rect r = rect_grow(node->rect, 1);
	double values[16384];
	size_t count = 0;

	r = rect_intersect(r, (struct rect){0, 0, canvas->width, canvas->height});
	for (int y = r.y; y < r.y + r.h; y++) {
		bool edge = y == r.y || y == r.y + r.h - 1;

		for (int x = r.x; x < r.x + r.w; x += edge ? 1 : r.w - 1) {
			uint32_t pixel = canvas->pixels[y * canvas->width + x];

			if (count < VT_ELEMENTS(values) && distance(pixel, ink) > 60)
				values[count++] = contrast(pixel, ink);
			if (r.w <= 1)
				break;
		}
	}
	if (count == 0)
		return 1.0;
	qsort(values, count, sizeof(values[0]), compare_double);
	return values[count / 20];
}

static bool is_painted(const struct canvas *canvas, const struct node *node, uint32_t ink)
{
	for (int y = node->rect.y; y < node->rect.y + node->rect.h; y++)
		for (int x = node->rect.x; x < node->rect.x + node->rect.w; x++)
			if (rect_contains(
				    &(struct rect){0, 0, canvas->width, canvas->height}, x, y) &&
				distance(canvas->pixels[y * canvas->width + x], ink) < 48)
				return true;
	return false;
}

/* The least that UI.md section 2 asks of words in this colour, in this theme. */
static double least_contrast(const struct ui *ui, enum color color)
{
	switch (ui_settings(ui)->mode) {
	case THEME_HIGH_DARK:
	case THEME_HIGH_LIGHT:
		return 20.0;
	case THEME_LOW_GLARE:
		return 4.5;
	case THEME_LIGHT:
	case THEME_MODE_COUNT:
		break;
	}
	/* Words of buttons and on coloured headers 7:1, everything else 10:1. */
	return color == COLOR_TEXT || color == COLOR_TEXT2 || color == COLOR_NONE ? 10.0 : 7.0;
}

static bool is_disabled(const struct node *node)
{
	for (; node != NULL; node = node->parent)
		if (node->spec.role == ROLE_KEY && (node->spec.states & STATE_DISABLED) != 0)
			return true;
	return false;
}

void audit_contrast(struct audit *audit, struct ui *ui)
{
	const struct canvas *canvas = ui_canvas(ui);
	const struct node *scope = scope_of(ui);

	for (const struct node *n = scope; n != NULL; n = following(scope, n)) {
		enum color color = n->spec.fg != COLOR_NONE ? n->spec.fg : COLOR_TEXT;
		uint32_t ink = ui_palette(ui)->argb[color];
		double measured;

		if (n->spec.text == NULL || n->spec.text[0] == '\0' || is_disabled(n))
			continue;
		if (!is_painted(canvas, n, ink)) {
			report(audit, AUDIT_CONTRAST, n, "is not painted, or covered");
			continue;
		}
		measured = ground_contrast(canvas, n, ink);
		if (measured < audit->lowest_contrast)
			audit->lowest_contrast = measured;
		/* UI.md rounds to a tenth: 10.0 is what text2 has on bg. */
		if (measured < least_contrast(ui, color) - 0.06)
			report(audit, AUDIT_CONTRAST, n, "%.2f:1, wanted %.1f", measured,
				least_contrast(ui, color));
		if (ui_settings(ui)->mode == THEME_LOW_GLARE && measured > 8.0)
			report(audit, AUDIT_CONTRAST, n, "%.2f:1 is glaring", measured);
	}
}

void audit_equality(struct audit *audit, struct ui *ui)
{
	uint64_t before = canvas_hash(ui_canvas(ui));
	size_t count;

	ui_damage_all(ui);
	(void)ui_paint(ui, &count);
	if (canvas_hash(ui_canvas(ui)) != before)
		report(audit, AUDIT_EQUALITY, NULL,
			"the incremental frame differs from the full one");
}

int audit_errors(const struct audit *audit)
{
	int sum = 0;

	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		sum += audit->errors[i];
	return sum;
}
