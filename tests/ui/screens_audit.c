#include "tests/ui/screens_audit.h"

#include <ctype.h>
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
	[AUDIT_COLOR] = "colour-alone",
	[AUDIT_SPEECH] = "speech",
	[AUDIT_FLASH] = "flashing",
};

void audit_report(
	struct audit *audit, enum audit_kind kind, const struct node *node, const char *fmt, ...)
{
	FILE *out = audit->list != NULL ? audit->list : stderr;
	va_list args;

	audit->errors[kind]++;
	if (audit->is_quiet)
		return;
	fprintf(out, "%s: %s: %s \"%.40s\": ", audit->where, audit_names[kind],
		node != NULL && node->spec.id != NULL ? node->spec.id : "-",
		node != NULL && node->spec.text != NULL ? node->spec.text : "");
	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fputc('\n', out);
}

/* ---- walking ---- */

const struct node *audit_following(const struct node *top, const struct node *at)
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
	return at->hidden ? audit_following(top, at) : at;
}

const struct node *audit_scope(const struct ui *ui)
{
	const struct node *root = ui_root(ui), *scope = root;

	for (const struct node *n = root; n != NULL; n = audit_following(root, n))
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

	audit->checks[AUDIT_TARGET]++;
	if (w < TARGET_ERROR_MM || h < TARGET_ERROR_MM)
		audit_report(audit, AUDIT_TARGET, node, "%.1f x %.1f mm", w, h);
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
	audit->checks[AUDIT_OVERLAP]++;
	audit->checks[AUDIT_GAP]++;
	if (dx < 0 && dy < 0)
		audit_report(audit, AUDIT_OVERLAP, a, "overlaps %s", b->spec.id);
	else if (dx < least && dy < least)
		audit_report(audit, AUDIT_GAP, a, "%d px to %s, wanted %d", dx > dy ? dx : dy,
			b->spec.id != NULL ? b->spec.id : "-", least);
}

static void check_targets(struct audit *audit, const struct ui *ui, const struct node *scope)
{
	const struct node *targets[MAX_TARGETS];
	size_t count = 0;

	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
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
	audit->checks[AUDIT_TYPE]++;
	if (node->text_px < floor_px)
		audit_report(audit, AUDIT_TYPE, node, "%d px, floor %d", node->text_px, floor_px);
}

static void check_overflow(struct audit *audit, const struct ui *ui, const struct node *node)
{
	const struct rect *screen = &ui_root(ui)->rect;

	audit->checks[AUDIT_OVERFLOW]++;
	if (node->is_clipped)
		audit_report(audit, AUDIT_OVERFLOW, node, "text is clipped");
	if (rect_is_empty(&node->rect))
		return;
	if (!rect_covers(screen, &node->rect))
		audit_report(audit, AUDIT_OVERFLOW, node, "outside the screen: %d,%d %dx%d",
			node->rect.x, node->rect.y, node->rect.w, node->rect.h);
	else if (node->parent != NULL && !rect_covers(&node->parent->rect, &node->rect))
		audit_report(audit, AUDIT_OVERFLOW, node, "sticks out of %s: %d,%d %dx%d",
			node->parent->spec.id != NULL ? node->parent->spec.id : "its parent",
			node->rect.x, node->rect.y, node->rect.w, node->rect.h);
	/* Siblings of a row, column or grid never lie on each other. */
	if (node->next == NULL || node->next->hidden || node->parent == NULL ||
		node->parent->spec.layout == LAYOUT_STACK)
		return;
	struct rect common = rect_intersect(node->rect, node->next->rect);

	if (!rect_is_empty(&common))
		audit_report(audit, AUDIT_OVERFLOW, node, "lies on its neighbour");
}

/* ---- names ---- */

static void check_names(struct audit *audit, struct ui *ui, const struct node *scope)
{
	const struct node *named[MAX_TARGETS];
	static char names[MAX_TARGETS][256];
	size_t count = 0;
	bool has_heading = false;

	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
		if (n->spec.role == ROLE_HEADING && semantics_name(ui, n)[0] != '\0')
			has_heading = true;
		if (n->spec.action == NULL && !n->spec.editable)
			continue;
		audit->checks[AUDIT_NAME]++;
		/* The whole attract screen is one target with the heading inside. */
		if (!has_heading && !n->spec.no_focus && n->spec.role != ROLE_SCREEN &&
			ui_find(ui, "start") != n)
			audit_report(audit, AUDIT_NAME, n, "comes before any heading");
		if (n->spec.role == ROLE_NONE || n->spec.id == NULL)
			audit_report(audit, AUDIT_NAME, n, "has no role or id");
		if (count == MAX_TARGETS)
			continue;
		named[count] = n;
		vt_copy_cut(names[count], sizeof(names[count]), semantics_name(ui, n));
		if (names[count][0] == '\0')
			audit_report(audit, AUDIT_NAME, n, "has no name");
		count++;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (names[i][0] != '\0' && strcmp(names[i], names[j]) == 0)
				audit_report(audit, AUDIT_NAME, named[j],
					"shares the name \"%s\" with %s", names[i],
					named[i]->spec.id);
	if (!has_heading)
		audit_report(audit, AUDIT_NAME, scope, "no heading");
}

/* ---- focus ---- */

static bool wants_focus(const struct node *node)
{
	return (is_target(node) ||
		       (node->spec.editable && (node->spec.states & STATE_DISABLED) == 0)) &&
	       !node->spec.no_focus;
}

/* Two things in different columns of one row: reading goes on at the top of the next column. */
static bool is_next_column(const struct node *before, const struct node *node)
{
	const struct node *common = before;

	while (!is_inside(node, common))
		common = common->parent;
	return common->spec.layout == LAYOUT_ROW && node->rect.x >= before->rect.x + before->rect.w;
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

		if (!rect_is_empty(&common) && audit_scope(ui) == ui_root(ui))
			audit_report(audit, AUDIT_FOCUS, node, "ring lies under the %s", above[i]);
	}
}

static void check_focus(struct audit *audit, struct ui *ui, const struct node *scope)
{
	const struct node *wanted[MAX_TARGETS], *before = NULL;
	size_t count = 0;

	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n))
		if (wants_focus(n) && count < MAX_TARGETS)
			wanted[count++] = n;
	input_set_focus(ui, "", false);
	for (size_t i = 0; i < count; i++) {
		const char *id;

		audit->checks[AUDIT_FOCUS]++;
		(void)input_key(ui, INPUT_KEY_NEXT, 0);
		id = input_focus(ui);
		if (wanted[i]->spec.id == NULL || strcmp(id, wanted[i]->spec.id) != 0) {
			audit_report(audit, AUDIT_FOCUS, wanted[i],
				"is not next in the order: got \"%s\"", id);
			break;
		}
		/* Reading order: never to something that ends above where the last one began. */
		if (before != NULL && wanted[i]->rect.y + wanted[i]->rect.h <= before->rect.y &&
			!is_next_column(before, wanted[i]))
			audit_report(audit, AUDIT_FOCUS, wanted[i],
				"comes after %s, which is below it", before->spec.id);
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
	audit->checks[AUDIT_REACH]++;
	if (node->rect.y < top)
		audit_report(audit, AUDIT_REACH, node, "at %d, not above %d", node->rect.y, top);
}

/* ---- speech ---- */

/* Something that a voice can say: a letter or a digit, not only marks. */
static bool is_sayable(const char *text)
{
	for (; *text != '\0'; text++)
		if (isalnum((unsigned char)*text) || (unsigned char)*text >= 0xC3)
			return true;
	return false;
}

static void check_speech(struct audit *audit, struct ui *ui, const struct node *node)
{
	static const char bullet[] = "•";
	const char *value = node->spec.value != NULL ? node->spec.value : "";
	const char *text = node->spec.text != NULL ? node->spec.text : value;

	if (node->spec.role != ROLE_NONE && node->spec.role != ROLE_LISTITEM) {
		audit->checks[AUDIT_SPEECH]++;
		if (!is_sayable(semantics_name(ui, node)))
			audit_report(audit, AUDIT_SPEECH, node, "nothing to say for a %s",
				node_role_names[node->spec.role]);
	}
	/* What a citizen types may be said in headphones only. */
	if (node->spec.role == ROLE_TEXTBOX && !node->spec.personal)
		audit_report(audit, AUDIT_SPEECH, node, "an entry that is not marked personal");
	if (!audit->masked || !node->spec.personal)
		return;
	audit->checks[AUDIT_SPEECH]++;
	while (strncmp(text, bullet, sizeof(bullet) - 1) == 0)
		text += sizeof(bullet) - 1;
	if (*text != '\0')
		audit_report(audit, AUDIT_SPEECH, node, "readable behind the privacy mask");
}

/* ---- states ---- */

static const struct node *find_icon(const struct node *top)
{
	for (const struct node *n = top; n != NULL; n = audit_following(top, n))
		if (n->spec.icon != NULL)
			return n;
	return NULL;
}

/* A sign that `other`, the same thing in the other state, does not have. */
static bool has_own_sign(const struct node *node, const struct node *other)
{
	const struct node *a = find_icon(node), *b = find_icon(other);

	return a != NULL && (b == NULL || strcmp(a->spec.icon, b->spec.icon) != 0);
}

static const struct node *find_alert(const struct node *scope)
{
	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n))
		if (n->spec.role == ROLE_ALERT)
			return n;
	return NULL;
}

/* A state that colour shows is shown by a sign, a shape or words as well. */
static void check_color(
	struct audit *audit, struct ui *ui, const struct node *scope, const struct node *node)
{
	enum node_role role = node->spec.role;
	bool is_banner = (role == ROLE_ALERT || role == ROLE_STATUS) &&
			 node->spec.fill != COLOR_NONE && node->spec.border != COLOR_NONE;

	if (is_banner) {
		audit->checks[AUDIT_COLOR]++;
		if (semantics_name(ui, node)[0] == '\0')
			audit_report(audit, AUDIT_COLOR, node, "colour without words");
	}
	if ((node->spec.states & STATE_INVALID) != 0) {
		audit->checks[AUDIT_COLOR]++;
		if (find_alert(scope) == NULL)
			audit_report(audit, AUDIT_COLOR, node, "wrong, and no words say so");
	}
	if ((node->spec.states & STATE_CHECKED) == 0)
		return;
	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
		if (n->spec.role != role || n->parent != node->parent ||
			(n->spec.states & STATE_CHECKED) != 0)
			continue;
		audit->checks[AUDIT_COLOR]++;
		if (!has_own_sign(node, n) && node->spec.border_width <= n->spec.border_width)
			audit_report(audit, AUDIT_COLOR, node, "differs from %s by colour alone",
				n->spec.id != NULL ? n->spec.id : "its neighbour");
	}
}

void audit_layout(struct audit *audit, struct ui *ui)
{
	const struct node *scope = audit_scope(ui);
	const struct node *dock = ui_find(ui, "dock");

	for (const struct node *n = scope; n != NULL; n = audit_following(scope, n)) {
		check_type(audit, ui, n);
		check_overflow(audit, ui, n);
		check_reach(audit, ui, n);
		check_speech(audit, ui, n);
		check_color(audit, ui, scope, n);
	}
	if (dock != NULL && !rect_covers(&ui_root(ui)->rect, &dock->rect))
		audit_report(audit, AUDIT_OVERFLOW, dock, "the dock is not whole");
	check_targets(audit, ui, scope);
	check_names(audit, ui, scope);
	check_focus(audit, ui, scope);
}

void audit_flash(struct audit *audit, const bool *changed, size_t count, int step_ms)
{
	size_t window = 1000 / (size_t)step_ms;

	/* Two hertz are four changes a second: there and back. */
	for (size_t i = 0; i + window <= count; i++) {
		int changes = 0;

		for (size_t k = 0; k < window; k++)
			changes += changed[i + k] ? 1 : 0;
		audit->checks[AUDIT_FLASH]++;
		if (changes > 4)
			audit_report(audit, AUDIT_FLASH, NULL, "%d changes in a second", changes);
	}
}

int audit_errors(const struct audit *audit)
{
	int sum = 0;

	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		sum += audit->errors[i];
	return sum;
}

int64_t audit_checks(const struct audit *audit)
{
	int64_t sum = 0;

	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		sum += audit->checks[i];
	return sum;
}
