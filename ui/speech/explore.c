#include "ui/speech/explore.h"

#include <string.h>

#include "terminal/base/text.h"

bool explore_is_focusable(const struct node *node)
{
	return node->spec.id && !node->spec.no_focus &&
	       ((node->spec.action && *node->spec.action) || node->spec.editable) &&
	       !(node->spec.states & STATE_DISABLED);
}

/* Roles that are told as one, with all that is in them. */
static bool is_told_whole(const struct node *node)
{
	switch (node->spec.role) {
	case ROLE_HEADING:
	case ROLE_TEXTBOX:
	case ROLE_SEARCHBOX:
	case ROLE_ALERT:
	case ROLE_STATUS:
	case ROLE_NOTE:
	case ROLE_TIMER:
	case ROLE_PROGRESSBAR:
	case ROLE_IMG:
	case ROLE_ROW:
	case ROLE_LISTITEM:
		return true;
	case ROLE_NONE:
	case ROLE_SCREEN:
	case ROLE_BANNER:
	case ROLE_NAVIGATION:
	case ROLE_BUTTON:
	case ROLE_RADIO:
	case ROLE_RADIOGROUP:
	case ROLE_CHECKBOX:
	case ROLE_KEY:
	case ROLE_GROUP:
	case ROLE_ALERTDIALOG:
	case ROLE_LIST:
	case ROLE_TAB:
	case ROLE_TABLIST:
	case ROLE_KIND_COUNT:
		break;
	}
	return false;
}

/* The last one in the order of painting lies on top. */
static const struct node *last_at(const struct node *node, int x, int y, const struct node *found)
{
	if (node->hidden)
		return found;
	if (rect_contains(&node->rect, x, y) && (node->spec.text || is_told_whole(node)))
		found = node;
	for (const struct node *child = node->first_child; child; child = child->next)
		found = last_at(child, x, y, found);
	return found;
}

const struct node *explore_node_at(const struct ui *ui, int x, int y)
{
	const struct node *control = input_hit(ui, x, y), *top = ui_modal_root(ui), *text;

	if (control || !top)
		return control;
	text = last_at(top, x, y, NULL);
	for (const struct node *n = text; n; n = n->parent)
		if (is_told_whole(n))
			return n;
	return text;
}

static bool is_armed(const struct explore *explore, const struct node *node)
{
	return node && node->spec.id && explore->armed[0] != '\0' &&
	       strcmp(node->spec.id, explore->armed) == 0;
}

static const struct node *look(
	struct explore *explore, const struct ui *ui, int x, int y, int64_t now_ms)
{
	const struct node *node = explore_node_at(ui, x, y);

	if (!node || node->key == explore->under)
		return NULL;
	explore->under = node->key;
	explore->found_ms = now_ms;
	vt_copy_cut(explore->armed, sizeof(explore->armed), node->spec.id ? node->spec.id : "");
	return node;
}

/* A finger that is not the one that explores. True if there is nothing to do for it. */
static bool is_second(struct explore *explore, enum input_phase phase, int64_t now_ms)
{
	const bool is_resting = explore->under == 0 || now_ms - explore->found_ms >= INPUT_REST_MS;

	if (phase != INPUT_DOWN || !is_resting)
		return true;
	/* What a palm has found nobody else has been told. */
	if (explore->under != 0)
		explore->armed[0] = '\0';
	explore->is_down = false;
	return false;
}

bool explore_finger(struct explore *explore, const struct ui *ui, int64_t finger,
	enum input_phase phase, int x, int y, int64_t now_ms, const struct node **ret_found)
{
	*ret_found = NULL;
	if (explore->is_down && finger != explore->finger && is_second(explore, phase, now_ms))
		return true;
	switch (phase) {
	case INPUT_DOWN:
		if (is_armed(explore, input_hit(ui, x, y)))
			return false;
		explore->is_down = true;
		explore->finger = finger;
		explore->under = 0;
		*ret_found = look(explore, ui, x, y, now_ms);
		return true;
	case INPUT_MOTION:
		if (!explore->is_down)
			return false;
		*ret_found = look(explore, ui, x, y, now_ms);
		return true;
	case INPUT_UP:
	case INPUT_CANCEL:
		if (!explore->is_down)
			return false;
		explore->is_down = false;
		return true;
	}
	return false;
}
