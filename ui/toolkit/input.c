#include "ui/toolkit/input.h"

#include <string.h>

#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"
#include "ui/toolkit/ui_state.h"

/* A held key repeats after this long, then this often (UI.md §10); slow ones after and every two
 * seconds (EN 301 549 5.7). */
#define REPEAT_FIRST_MS 600
#define REPEAT_NEXT_MS	120
#define REPEAT_SLOW_MS	2000

/* How long what has acted is deaf to the second tap of a hand that shakes (EN 301 549 5.8). */
#define DEAF_MS 500

static bool is_target(const struct node *node)
{
	return node->spec.action && *node->spec.action;
}

/* Has something of its own at each point of its rectangle: hides what lies under it. */
static bool is_solid(const struct node *node)
{
	return is_target(node) || node->spec.fill != COLOR_NONE || node->spec.scrim;
}

const struct node *input_hit(const struct ui *ui, int x, int y)
{
	const struct node *top = ui_modal_root(ui), *hit = NULL;

	/* The last one in the order of painting lies on top. */
	for (size_t i = 0; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];
		if (!node->hidden && is_solid(node) && rect_contains(&node->rect, x, y) &&
			node_is_inside(node, top))
			hit = node;
	}
	while (hit && hit != top && !is_target(hit))
		hit = hit->parent;
	return hit && is_target(hit) ? hit : NULL;
}

static struct ui_action action_of(const struct node *node, bool by_key)
{
	struct ui_action action = {.by_key = by_key};

	vt_copy_cut(action.id, sizeof(action.id), node->spec.id ? node->spec.id : "");
	vt_copy_cut(action.action, sizeof(action.action), node->spec.action);
	vt_copy_cut(action.arg, sizeof(action.arg), node->spec.arg ? node->spec.arg : "");
	return action;
}

struct ui_action input_action_of(const struct node *target)
{
	return action_of(target, true);
}

static bool is_deaf(const struct ui *ui, const struct node *node, int64_t now_ms)
{
	return ui->settings.keys != KEYS_NORMAL && node->key == ui->acted.key &&
	       now_ms - ui->acted.at_ms < DEAF_MS;
}

static struct input_result act(struct ui *ui, const struct node *node, bool by_key, int64_t now_ms)
{
	ui->acted = (struct ui_acted){node->key, now_ms};
	return (struct input_result){
		.redraw = true, .acted = true, .touched = true, .action = action_of(node, by_key)};
}

/* A tree drawn anew under the finger may have put something else into this place. */
static uint64_t hash_action(const struct node *node)
{
	return hash_text(hash_text(HASH_START, node->spec.action), node->spec.arg);
}

/* Lets the pressed node go; the finger may still be down. */
static bool release(struct ui *ui)
{
	bool was_pressed = ui->press.key != 0;

	ui->press.key = 0;
	ui->press.repeat_ms = -1;
	return was_pressed;
}

/* Whether the finger that is down already has the screen for itself (input.h). */
static bool is_second(const struct ui *ui, bool is_useful, int64_t now_ms)
{
	const struct ui_press *first = &ui->press;

	if (!first->is_down || first->key == 0)
		return false;
	return !is_useful || now_ms - first->down_ms < INPUT_REST_MS;
}

/* ---- what changed by itself ---- */

static bool is_surprised(const struct ui *ui, int64_t now_ms)
{
	return now_ms < ui->aim.until_ms;
}

static uint64_t hash_target(const struct node *node)
{
	return hash_text(hash_action(node), node->spec.id);
}

/* The same before the surprise; NULL if it was not there. */
static const struct ui_aimed *aimed_of(const struct ui_aim *aim, uint64_t does)
{
	for (size_t i = 0; i < aim->count; i++) {
		if (aim->at[i].does == does)
			return &aim->at[i];
	}
	return NULL;
}

void input_changes(struct ui *ui, bool by_itself, int64_t now_ms)
{
	const struct node *top = ui_modal_root(ui);
	const struct ui_aim before = ui->aim;
	const bool is_again = is_surprised(ui, now_ms);
	struct ui_aim *aim = &ui->aim;

	aim->until_ms = by_itself ? now_ms + INPUT_AIM_MS : 0;
	aim->count = 0;
	if (!by_itself)
		return;
	for (size_t i = 0; i < ui->node_count && aim->count < UI_MAX_TARGETS; i++) {
		const struct node *node = &ui->nodes[i];
		if (node->hidden || !is_target(node) || !node_is_inside(node, top))
			continue;
		struct ui_aimed now = {hash_target(node), node->rect};
		const struct ui_aimed *then = is_again ? aimed_of(&before, now.does) : NULL;
		if (is_again)
			now.rect = then ? rect_intersect(now.rect, then->rect) : (struct rect){0};
		aim->at[aim->count++] = now;
	}
}

int64_t input_missed(const struct ui *ui)
{
	return ui->aim.missed;
}

/* Whether a finger at x, y can have been aimed at what is there. */
static bool is_aimed(const struct ui *ui, const struct node *node, int x, int y, int64_t now_ms)
{
	if (!is_surprised(ui, now_ms))
		return true;
	const struct ui_aimed *then = aimed_of(&ui->aim, hash_target(node));
	return then && rect_contains(&then->rect, x, y);
}

static struct input_result finger_down(struct ui *ui, int64_t finger, int x, int y, int64_t now_ms)
{
	struct input_result result = {.touched = true};
	const struct node *node = input_hit(ui, x, y);
	const bool is_useful = node && !(node->spec.states & STATE_DISABLED);

	if (is_second(ui, is_useful, now_ms))
		return result;
	result.redraw = release(ui);
	ui->press = (struct ui_press){
		.is_down = true, .finger = finger, .down_ms = now_ms, .repeat_ms = -1};
	/* The ring is for those who move by keys. */
	result.redraw |= ui->focus_visible;
	ui->focus_visible = false;
	if (!is_useful || is_deaf(ui, node, now_ms))
		return result;
	if (!is_aimed(ui, node, x, y, now_ms)) {
		ui->aim.missed++;
		return result;
	}
	ui->press.key = node->key;
	ui->press.action = hash_action(node);
	if (node->spec.repeats)
		ui->press.repeat_ms = now_ms + (ui->settings.keys == KEYS_SLOW ? REPEAT_SLOW_MS
									       : REPEAT_FIRST_MS);
	result.redraw = true;
	return result;
}

static bool is_on_pressed(const struct ui *ui, int x, int y)
{
	const struct node *node = input_hit(ui, x, y);

	return node && ui->press.key != 0 && node->key == ui->press.key &&
	       hash_action(node) == ui->press.action && !(node->spec.states & STATE_DISABLED);
}

static struct input_result finger_up(struct ui *ui, int x, int y, int64_t now_ms)
{
	bool is_inside = is_on_pressed(ui, x, y), has_repeated = ui->press.has_repeated;
	struct input_result result = {.touched = true};

	ui->press.is_down = false;
	result.redraw = release(ui);
	if (!is_inside || has_repeated)
		return result;
	return act(ui, input_hit(ui, x, y), false, now_ms);
}

struct input_result input_finger(
	struct ui *ui, int64_t finger, enum input_phase phase, int x, int y, int64_t now_ms)
{
	struct input_result result = {0};

	if (phase == INPUT_DOWN)
		return finger_down(ui, finger, x, y, now_ms);
	if (!ui->press.is_down || ui->press.finger != finger)
		return result;
	switch (phase) {
	case INPUT_MOTION:
		/* Leaving cancels for good: coming back does not act (UI.md §2). */
		if (ui->press.key != 0 && !is_on_pressed(ui, x, y))
			result.redraw = release(ui);
		break;
	case INPUT_UP:
		return finger_up(ui, x, y, now_ms);
	case INPUT_CANCEL:
		ui->press.is_down = false;
		result.redraw = release(ui);
		break;
	case INPUT_DOWN:
		break;
	}
	return result;
}

struct input_result input_tick(struct ui *ui, int64_t now_ms)
{
	const struct node *node = ui_node_by_key(ui, ui->press.key);

	if (ui->press.repeat_ms < 0 || now_ms < ui->press.repeat_ms)
		return (struct input_result){0};
	if (!node || !is_target(node) || hash_action(node) != ui->press.action ||
		node->spec.states & STATE_DISABLED) {
		ui->press.repeat_ms = -1;
		return (struct input_result){0};
	}
	ui->press.repeat_ms =
		now_ms + (ui->settings.keys == KEYS_SLOW ? REPEAT_SLOW_MS : REPEAT_NEXT_MS);
	ui->press.has_repeated = true;
	return act(ui, node, false, now_ms);
}

int64_t input_deadline(const struct ui *ui)
{
	return ui->press.repeat_ms;
}

void input_reset(struct ui *ui)
{
	release(ui);
}

/* ---- focus ---- */

static bool is_focusable(const struct ui *ui, const struct node *node)
{
	return !node->hidden && node->spec.id && !node->spec.no_focus &&
	       (is_target(node) || node->spec.editable) && !(node->spec.states & STATE_DISABLED) &&
	       node_is_inside(node, ui_modal_root(ui));
}

/* Focusable node step places after (or, -1, before) the focused one, around the end; the order is
 * that of the tree, which is that of reading. */
static const struct node *neighbour_of(const struct ui *ui, const struct node *focused, int step)
{
	size_t count = ui->node_count, at = focused ? (size_t)(focused - ui->nodes) : 0;

	if (!focused && step > 0)
		at = count - 1;
	for (size_t i = 0; i < count; i++) {
		at = step > 0 ? (at + 1) % count : (at + count - 1) % count;
		if (is_focusable(ui, &ui->nodes[at]))
			return &ui->nodes[at];
	}
	return NULL;
}

static const struct node *neighbour(const struct ui *ui, int step)
{
	return neighbour_of(ui, ui_find(ui, ui->focus), step);
}

/* Whether b stands on the line of controls that a stands on. */
static bool is_beside(const struct node *a, const struct node *b)
{
	int middle = b->rect.y + b->rect.h / 2;

	return middle >= a->rect.y && middle < a->rect.y + a->rect.h;
}

/* Target with one of the actions (NULL-terminated), for Escape and F1. */
static const struct node *target_for(const struct ui *ui, const char *const *actions)
{
	for (; *actions; actions++)
		for (size_t i = 0; i < ui->node_count; i++) {
			const struct node *node = &ui->nodes[i];
			if (!node->hidden && is_target(node) &&
				strcmp(node->spec.action, *actions) == 0 &&
				!(node->spec.states & STATE_DISABLED) &&
				node_is_inside(node, ui_modal_root(ui)))
				return node;
		}
	return NULL;
}

static struct input_result move_focus(struct ui *ui, int step)
{
	const struct node *node = neighbour(ui, step);
	const struct node *focused = ui_find(ui, ui->focus);

	/* The first key shows where the focus is. */
	if (focused && !ui->focus_visible && is_focusable(ui, focused))
		node = focused;
	if (node)
		input_set_focus(ui, node->spec.id, true);
	return (struct input_result){.redraw = node != NULL, .touched = true};
}

/* Enter where nothing can have the focus: the screen that is one target, as attract. */
static const struct node *only_target(const struct ui *ui)
{
	const struct node *only = NULL;

	for (size_t i = 0; i < ui->node_count; i++) {
		const struct node *node = &ui->nodes[i];
		if (node->hidden || !is_target(node) || node->spec.states & STATE_DISABLED ||
			!node_is_inside(node, ui_modal_root(ui)))
			continue;
		if (only)
			return NULL;
		only = node;
	}
	return only;
}

/* Beginning of the next (or previous) line of controls: a keyboard of forty keys is crossed in a
 * few steps. Controls stand on one line while their middles lie within the first one's height. */
static struct input_result move_line(struct ui *ui, int step)
{
	const struct node *from = ui_find(ui, ui->focus), *to = from;
	size_t left = ui->node_count;

	if (!from || !ui->focus_visible)
		return move_focus(ui, step);
	do {
		const struct node *next = neighbour_of(ui, to, step);
		if (!next || next == from)
			break;
		to = next;
	} while (is_beside(from, to) && --left > 0);
	/* Backwards, the line was entered at its end. */
	for (const struct node *first = to; step < 0 && left > 0; left--) {
		first = neighbour_of(ui, first, -1);
		if (!first || !is_beside(to, first) || first->rect.x > to->rect.x)
			break;
		to = first;
	}
	if (to != from)
		input_set_focus(ui, to->spec.id, true);
	return (struct input_result){.redraw = to != from, .touched = true};
}

struct input_result input_key(struct ui *ui, enum input_key key, int64_t now_ms)
{
	static const char *const escapes[] = {"back", "close", "cancel", NULL};
	static const char *const helps[] = {"help", NULL};
	const struct node *node = NULL;

	switch (key) {
	case INPUT_KEY_NEXT:
		return move_focus(ui, 1);
	case INPUT_KEY_PREVIOUS:
		return move_focus(ui, -1);
	case INPUT_KEY_DOWN:
		return move_line(ui, 1);
	case INPUT_KEY_UP:
		return move_line(ui, -1);
	case INPUT_KEY_ENTER:
		node = ui->focus[0] != '\0' ? ui_find(ui, ui->focus) : only_target(ui);
		if (node && node->spec.no_focus)
			return act(ui, node, true, now_ms);
		if (node && (!is_focusable(ui, node) || !is_target(node)))
			node = NULL;
		break;
	case INPUT_KEY_ESCAPE:
		node = target_for(ui, escapes);
		break;
	case INPUT_KEY_HELP:
		node = target_for(ui, helps);
		break;
	}
	if (node && !is_deaf(ui, node, now_ms))
		return act(ui, node, true, now_ms);
	return (struct input_result){.touched = true};
}

const char *input_focus(const struct ui *ui)
{
	return ui->focus;
}

void input_set_focus(struct ui *ui, const char *id, bool visible)
{
	vt_copy_cut(ui->focus, sizeof(ui->focus), id);
	ui->focus_visible = visible;
}

bool input_is_down(const struct ui *ui)
{
	return ui->press.is_down;
}

const char *input_pressed(struct ui *ui)
{
	const struct node *node = ui->press.key != 0 ? ui_node_by_key(ui, ui->press.key) : NULL;

	return node && node->spec.id ? node->spec.id : "";
}
