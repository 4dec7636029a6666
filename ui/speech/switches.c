#include "ui/speech/switches.h"

static bool is_ready(const struct switches *s)
{
	return s->kind != 0 && switches_step(s) == CALIBRATE_NONE;
}

void switches_set(struct switches *s, const struct screen_settings *settings, int64_t now_ms)
{
	if (settings->switches != s->kind)
		*s = (struct switches){.kind = settings->switches};
	s->interval_ms = scan_interval_ms(settings->scan);
	if (s->kind != 2 || !is_ready(s))
		s->move_at_ms = -1;
	else if (s->move_at_ms < 0)
		s->move_at_ms = now_ms + s->interval_ms;
}

enum calibrate_step switches_step(const struct switches *s)
{
	if (s->kind == 1 && !s->has_move)
		return CALIBRATE_MOVE;
	return s->kind != 0 && !s->has_select ? CALIBRATE_SELECT : CALIBRATE_NONE;
}

static void learn(struct switches *s, int code)
{
	if (switches_step(s) == CALIBRATE_MOVE) {
		s->move = code;
		s->has_move = true;
		return;
	}
	s->is_doubled = s->has_move && code == s->move;
	if (s->is_doubled)
		return;
	s->select = code;
	s->has_select = true;
}

bool switches_press(struct switches *s, const struct ui *ui, int code, int64_t now_ms,
	const struct node **ret_node)
{
	*ret_node = NULL;
	if (s->kind == 0)
		return false;
	if (!is_ready(s)) {
		learn(s, code);
		if (is_ready(s) && s->kind == 2)
			s->move_at_ms = now_ms + s->interval_ms;
		return true;
	}
	if (s->has_move && code == s->move) {
		scan_move(&s->scan, ui);
		return true;
	}
	if (code != s->select)
		return false;
	*ret_node = scan_select(&s->scan, ui);
	if (s->move_at_ms >= 0)
		s->move_at_ms = now_ms + s->interval_ms;
	return true;
}

bool switches_tick(struct switches *s, const struct ui *ui, int64_t now_ms)
{
	if (s->move_at_ms < 0 || now_ms < s->move_at_ms)
		return false;
	s->move_at_ms = now_ms + s->interval_ms;
	scan_move(&s->scan, ui);
	return true;
}

struct rect switches_mark(struct switches *s, const struct ui *ui)
{
	return is_ready(s) ? scan_mark(&s->scan, ui) : (struct rect){0, 0, 0, 0};
}
