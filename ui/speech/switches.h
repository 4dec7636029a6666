#ifndef VT_UI_SPEECH_SWITCHES_H
#define VT_UI_SPEECH_SWITCHES_H

/* One or two switches of a person: which input is which (asked for in a dialogue, forgotten at the
 * end of the session), and what a press does. Pure; time is given.
 *
 *	off ──setting──► asks for "move" ──press──► asks for "select" ──press──► scans
 *	 ▲               (one switch: asks for "select" at once; the mark moves by itself)
 *	 └──────────────────────── setting taken back, session over ───────────────┘ */

#include "ui/screens/screen.h"
#include "ui/speech/scan.h"

struct switches {
	int kind;			       /* of the settings: 0 none, 1 two switches, 2 one */
	bool has_move, has_select, is_doubled; /* is_doubled: the same one twice */
	int move, select;		       /* codes of the inputs */
	int interval_ms;
	int64_t move_at_ms; /* automatic scanning; -1 = never */
	struct scan scan;
};

/* What the settings say now; starts from zero when the kind changes. */
void switches_set(struct switches *s, const struct screen_settings *settings, int64_t now_ms);
/* What the dialogue has to ask for. */
enum calibrate_step switches_step(const struct switches *s);
/* An input was pressed. True if it is one of the person's switches (or becomes one); *ret_node is
 * the control to act on, or NULL. */
bool switches_press(struct switches *s, const struct ui *ui, int code, int64_t now_ms,
	const struct node **ret_node);
/* Moves the mark when its time has come. True if it did. */
bool switches_tick(struct switches *s, const struct ui *ui, int64_t now_ms);
/* What is marked; empty while nothing is scanned. */
struct rect switches_mark(struct switches *s, const struct ui *ui);

#endif
