#ifndef VT_UI_APP_H
#define VT_UI_APP_H

/* The ui without window and socket: models, fingers, keys and time go in; frames, intents and
 * "somebody is there" come out. One thread; no clock of its own.
 *
 *	core's model ─► app_show ─┐                         ┌─► app_frame: what to present
 *	finger, key  ─► app_finger ├─► screen, toolkit ──────┼─► app_take_intent: for core
 *	time         ─► app_tick ─┤                         ├─► app_take_activity: for core's idle
 *	plug, voice  ─► app_… ────┘                         │   clock
 *	                                                    └─► app_take_order: for the voice
 *
 * Each model says how the panel is (terminal/bus/panel.h): sizes and touches follow at once.
 *
 * What it decides itself: the privacy mask (20 s without touch), the waiting screen (3 s without
 * core), when the clock in the header and count-downs are drawn again, and that a finger that was
 * down on one screen does nothing on the next. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/bus/messages.h"
#include "ui/screens/entry.h"
#include "ui/speech/speech.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/ui.h"

/* Now, as far as the app knows. */
struct app_time {
	int64_t now_ms;	    /* monotonic */
	int64_t unix_ms;    /* wall clock */
	int utc_offset_min; /* of local time */
};

struct app_options {
	struct ui_options ui;
	const char *locales; /* folder with the message catalogues */
	const char *packs;   /* folder of the language packs, outlives the app; NULL = none */
};

struct app;

/* No model yet; core counts as absent since start. */
VT_MUST_USE enum vt_code app_create(const struct app_options *options, const struct app_time *time,
	struct app **ret_app, struct vt_error *error);
/* Wipes and frees; accepts NULL. */
void app_destroy(struct app **app);

/* Core asks for a screen (model is copied). */
void app_show(struct app *app, const struct screen_model *model, const struct app_time *time);
/* The connection to core came up or went down. */
void app_set_link(struct app *app, bool is_up, const struct app_time *time);
/* x, y in pixels of the frame, where the panel says that the finger is: a calibration turns them
 * into where it is. */
void app_finger(struct app *app, int64_t finger, enum input_phase phase, int x, int y,
	const struct app_time *time);
void app_key(struct app *app, enum input_key key, const struct app_time *time);
/* What a person who listens asks for with the keypad; nothing while speech is off. */
enum app_listen {
	LISTEN_REPEAT, /* the last thing once more */
	LISTEN_PAUSE,  /* and on again */
	LISTEN_WHERE,  /* "¿dónde estoy?" */
	LISTEN_FASTER,
	LISTEN_SLOWER,
	LISTEN_LOUDER,
	LISTEN_SOFTER
};
void app_listen(struct app *app, enum app_listen what, const struct app_time *time);
/* A key went down, code by its code: true if it is one of the person's switches (or becomes one in
 * the dialogue that asks for them) and nothing else. */
bool app_switch(struct app *app, int code, const struct app_time *time);
/* The plug of the headphones went in or out. */
void app_set_headphones(struct app *app, bool are_in, const struct app_time *time);
/* The voice has said the utterance with this id to its end. */
void app_said(struct app *app, int64_t id, const struct app_time *time);
/* It could not: what nobody heard is over, but shows nobody's presence. */
void app_skip(struct app *app, int64_t id);
/* What the voice has to do next, if anything; the caller wipes it. */
bool app_take_order(struct app *app, struct speech_order *ret_order);
/* Puts the focus on a node, for those who neither touch nor press keys: an assistive technology. */
void app_focus(struct app *app, const char *id, const struct app_time *time);
/* A character from a keyboard or scanner, "\b" = delete. */
void app_type(struct app *app, const char *text, const struct app_time *time);
/* The same for a part of what is typed, all of it or nothing: false if the keyboard would not write
 * it. */
bool app_edit(struct app *app, const struct entry_change *change, const struct app_time *time);
/* Whatever is due by now. */
void app_tick(struct app *app, const struct app_time *time);
/* Monotonic time at which app_tick() is due; -1 = never. */
int64_t app_deadline(const struct app *app, const struct app_time *time);

/* Builds and paints if anything may look different. True if it did; the rectangles (possibly none)
 * are borrowed until the next call. */
bool app_frame(struct app *app, const struct app_time *time, const struct rect **ret_rects,
	size_t *ret_count);

/* An intent for core, if there is one; the caller wipes it after sending. */
bool app_take_intent(struct app *app, struct intent_act *ret_intent);
/* True at most once a second after somebody touched. */
bool app_take_activity(struct app *app, const struct app_time *time);

/* Whether the tree is no longer what app_frame() would build. */
bool app_is_dirty(const struct app *app);
struct ui *app_ui(struct app *app);
/* Whether what is personal may be told (UI.md §11). */
bool app_has_headphones(const struct app *app);
/* Where the mark of scanning is; empty if nothing is scanned. */
struct rect app_mark(struct app *app);
/* What the panel shows: the frame, or darkness while a person who listens wants it. */
struct canvas *app_canvas(struct app *app);
/* No screen of core's and no waiting screen either: the frame is empty. */
bool app_is_empty(const struct app *app);
/* Revision of the model on the screen; 0 = none. */
int64_t app_revision(const struct app *app);
/* Frames built so far. */
int64_t app_frame_number(const struct app *app);

#endif
