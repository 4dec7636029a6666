#ifndef VT_UI_APP_H
#define VT_UI_APP_H

/* The ui without window and socket: models, fingers, keys and time go in; frames, intents and
 * "somebody is there" come out. One thread; no clock of its own.
 *
 *	core's model ─► app_show ─┐                         ┌─► app_frame: what to present
 *	finger, key  ─► app_finger ├─► screen, toolkit ──────┼─► app_take_intent: for core
 *	time         ─► app_tick ─┘                         └─► app_take_activity: for core's idle
 *clock
 *
 * What it decides itself: the privacy mask (20 s without touch), the waiting screen (3 s without
 * core), when the clock in the header and count-downs are drawn again, and that a finger that was
 * down on one screen does nothing on the next. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/bus/messages.h"
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
/* x, y in pixels of the frame. */
void app_finger(struct app *app, int64_t finger, enum input_phase phase, int x, int y,
	const struct app_time *time);
void app_key(struct app *app, enum input_key key, const struct app_time *time);
/* A character from a keyboard or scanner, "\b" = delete. */
void app_type(struct app *app, const char *text, const struct app_time *time);
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

struct ui *app_ui(struct app *app);
/* Revision of the model on the screen; 0 = none. */
int64_t app_revision(const struct app *app);
/* Frames built so far. */
int64_t app_frame_number(const struct app *app);

#endif
