#ifndef VT_UI_SPEECH_SCAN_H
#define VT_UI_SPEECH_SCAN_H

/* Scanning for one or two switches (UI.md §10, §11): part of the screen, then line, then control.
 *
 *	GROUP ──select──► ROW ──select──► ITEM ──select──► acts
 *	  ▲ move: next      ▲ move: next     ▲ move: next
 *	  └── after the last ◄── after the last ◄┘   (at GROUP: the first again)
 *
 * A step with nothing to choose is skipped. Parts are the regions of the frame (content, buttons,
 * keyboard, dock), lines are what stands beside each other: nothing of it is in the screens. Pure;
 *the place is kept by the key of a node, so that it outlives a rebuild of the same screen. */

#include "ui/toolkit/input.h"

enum scan_level { SCAN_GROUP, SCAN_ROW, SCAN_ITEM, SCAN_LEVEL_COUNT };

struct scan {
	enum scan_level level;
	uint64_t at;	/* key of the first control of the part that is marked; 0 = none yet */
	bool is_typing; /* the last thing that was selected is a key of the keyboard */
};

/* Speeds of automatic scanning, slowest first; zero in settings is the third. */
#define SCAN_SPEEDS	   5
#define SCAN_SPEED_DEFAULT 3
int scan_interval_ms(int speed);

/* The switch that moves was pressed, or the time is up. */
void scan_move(struct scan *scan, const struct ui *ui);
/* The switch that selects: the control to act on, or NULL if only the mark went deeper. */
const struct node *scan_select(struct scan *scan, const struct ui *ui);
/* What is marked now; empty if the screen has no control. Moves the mark if its control is gone. */
struct rect scan_mark(struct scan *scan, const struct ui *ui);

#endif
