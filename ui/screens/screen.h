#ifndef VT_UI_SCREENS_SCREEN_H
#define VT_UI_SCREENS_SCREEN_H

/* The contract between the process (ui/main.c) and the screens: a screen is built from core's model
 * and the local state (text being typed, page, ticked box), and answers taps with a local change or
 * with an intent for core. Pure: no clock, no socket, no SDL. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/bus/messages.h"
#include "ui/screens/entry.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/ui.h"

/* A dialogue asks for a switch (UI.md section 11): which one. */
enum calibrate_step { CALIBRATE_NONE, CALIBRATE_MOVE, CALIBRATE_SELECT };

/* What only the process knows. */
struct screen_env {
	int64_t now_unix_ms;   /* for the clock in the header, minutes matter */
	int utc_offset_min;    /* local time of the terminal */
	int64_t since_show_ms; /* time since the model was shown: count-downs, "sigue tardando" */
	bool masked;	       /* privacy mask: personal values are shown as •••• */
	bool waiting_for_core; /* no core for more than 3 s: local waiting screen, model ignored */
	enum calibrate_step calibrate;
	bool calibrate_again; /* the switch that selects was the one that moves */
};

/* Action and id of the node that takes touches on the crosses of a calibration. Its arg is for the
 * caller to fill: "x:y", where the panel says that the finger was, in pixels of the frame. */
#define SCREEN_POINT "point"

/* Answer to a tap. */
struct screen_answer {
	bool send;   /* intent is for core; screen and revision are filled by screen_act() */
	bool listen; /* "Escuchar" was tapped (speech, later) */
	bool unmask; /* "Mostrar": lift the privacy mask */
	int tone;    /* a technician's test tone: -1 left, 1 right, 0 none */
	bool tone_headphones;
	struct intent_act intent; /* wipe after sending */
};

struct screen;

/* NULL if there is no memory. locales = folder with the message catalogues. */
struct screen *screen_create(const char *locales);
/* Wipes and frees; accepts NULL. */
void screen_destroy(struct screen **screen);

/* Takes over a model (copied). Local state is wiped unless it is the same question again (same
 * screen, service and field name, e.g. only a banner or the warning changed). */
void screen_show(struct screen *screen, const struct screen_model *model);
const struct screen_model *screen_get_model(const struct screen *screen);
/* Settings for ui_set_settings() that the model asks for. */
struct ui_settings screen_settings(const struct screen *screen);

/* Builds the tree: calls ui_begin(), the nodes, ui_end(). */
void screen_build(struct screen *screen, struct ui *ui, const struct screen_env *env);
/* A tap: changes local state or fills ret_answer (zeroed first). True if a rebuild is needed. */
bool screen_act(struct screen *screen, struct ui *ui, const struct screen_env *env,
	const struct ui_action *action, struct screen_answer *ret_answer);
/* A character from a physical keyboard or scanner (UTF-8), "\b" = delete. True: rebuild. */
bool screen_type(struct screen *screen, const char *text);
/* A part of what is typed becomes another text, as an assistive technology asks it. False: its
 * keyboard would not write that, or it is a PIN, and nothing changed. True: rebuild. */
bool screen_edit(struct screen *screen, const struct entry_change *change);
/* Milliseconds until the screen looks different by itself (count-down, page of attract), measured
 * from now; -1 = never. The minute of the clock is the process's own affair. */
int64_t screen_next_change_ms(const struct screen *screen, const struct screen_env *env);

#endif
