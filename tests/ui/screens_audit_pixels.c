#include "tests/ui/screens_audit.h"

#include <math.h>
#include <stdlib.h>

#include "terminal/base/attributes.h"

/* The audits that look at pixels: what is really on the screen, gradients and covers included. */

/* ---- contrast ---- */

static double channel(uint32_t value)
{
	static double table[256]; /* 0 at first; only black stays 0, and is computed again */
	double c = (value & 0xFF) / 255.0, *known = &table[value & 0xFF];

	if (*known <= 0)
		*known = c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
	return *known;
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
	case THEME_TECHNICIAN:
	case THEME_PALETTE_COUNT:
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

/* Edge of an entry or a choice against what is outside of it: 3:1, in grey as luminance is. */
static void check_edge(struct audit *audit, struct ui *ui, const struct node *node)
{
	const struct canvas *canvas = ui_canvas(ui);
	enum node_role role = node->spec.role;
	const struct node *edge = node;
	int x, y;

	if (role != ROLE_TEXTBOX && role != ROLE_SEARCHBOX && role != ROLE_RADIO &&
		role != ROLE_CHECKBOX)
		return;
	/* A group of boxes has the edges, not the entry around them. */
	while (edge != NULL && edge->spec.border == COLOR_NONE)
		edge = audit_following(node, edge);
	if (edge == NULL || rect_is_empty(&edge->rect))
		return;
	x = edge->rect.x + edge->rect.w / 2;
	y = edge->rect.y + profile_px(ui_profile(ui), edge->spec.border_width) / 2;
	if (y < 4 || x >= canvas->width || y >= canvas->height)
		return;
	audit->checks[AUDIT_COLOR]++;
	uint32_t inside = canvas->pixels[y * canvas->width + x];
	uint32_t outside = canvas->pixels[(edge->rect.y - 3) * canvas->width + x];

	if (contrast(inside, outside) < 3.0)
		audit_report(audit, AUDIT_COLOR, edge, "edge of a %s has %.2f:1",
			node_role_names[role], contrast(inside, outside));
}

/* The sign of a state or of a message: 3:1 against the most frequent colour around it. */
static void check_sign(struct audit *audit, struct ui *ui, const struct node *node)
{
	const struct canvas *canvas = ui_canvas(ui);
	uint32_t ink, ground;

	if (node->spec.icon == NULL || node->spec.icon_style != ICON_FILL || node->rect.x < 1 ||
		!rect_covers(&ui_root(ui)->rect, &node->rect))
		return;
	ink = ui_palette(ui)->argb[node->spec.fg != COLOR_NONE ? node->spec.fg : COLOR_TEXT];
	ground = canvas->pixels[(node->rect.y + node->rect.h / 2) * canvas->width + node->rect.x -
				1];
	audit->checks[AUDIT_COLOR]++;
	if (contrast(ink, ground) < 3.0)
		audit_report(audit, AUDIT_COLOR, node, "sign %s has %.2f:1", node->spec.icon,
			contrast(ink, ground));
}

void audit_contrast(struct audit *audit, struct ui *ui)
{
	const struct canvas *canvas = ui_canvas(ui);
	const struct node *scope = audit_scope(ui);

	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
		check_edge(audit, ui, n);
		check_sign(audit, ui, n);
	}
	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
		enum color color = n->spec.fg != COLOR_NONE ? n->spec.fg : COLOR_TEXT;
		uint32_t ink = ui_palette(ui)->argb[color];
		double measured;

		if (n->spec.text == NULL || n->spec.text[0] == '\0' || is_disabled(n))
			continue;
		audit->checks[AUDIT_CONTRAST]++;
		if (!is_painted(canvas, n, ink)) {
			audit_report(audit, AUDIT_CONTRAST, n, "is not painted, or covered");
			continue;
		}
		measured = ground_contrast(canvas, n, ink);
		if (measured < audit->lowest_contrast)
			audit->lowest_contrast = measured;
		/* UI.md rounds to a tenth: 10.0 is what text2 has on bg. */
		if (measured < least_contrast(ui, color) - 0.06)
			audit_report(audit, AUDIT_CONTRAST, n, "%.2f:1, wanted %.1f", measured,
				least_contrast(ui, color));
		if (ui_settings(ui)->mode == THEME_LOW_GLARE && measured > 8.0)
			audit_report(audit, AUDIT_CONTRAST, n, "%.2f:1 is glaring", measured);
	}
}

void audit_equality(struct audit *audit, struct ui *ui)
{
	uint64_t before = canvas_hash(ui_canvas(ui));
	size_t count;

	audit->checks[AUDIT_EQUALITY]++;
	ui_damage_all(ui);
	(void)ui_paint(ui, &count);
	if (canvas_hash(ui_canvas(ui)) != before)
		audit_report(audit, AUDIT_EQUALITY, NULL,
			"the incremental frame differs from the full one");
}
