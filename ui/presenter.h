#ifndef VT_UI_PRESENTER_H
#define VT_UI_PRESENTER_H

/* Brings frames to the panel. Two back ends (UI.md §16): *surface* copies the damage into the
 * window's own memory (X11 without GL), *texture* keeps the frame in a texture and copies it out
 * whole (Wayland and KMSDRM have no software window surface), rotated if the panel stands on its
 * side. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/error.h"
#include "ui/toolkit/canvas.h"

enum presenter_kind { PRESENTER_AUTO, PRESENTER_SURFACE, PRESENTER_TEXTURE };

struct presenter_options {
	enum presenter_kind kind;
	int width_px, height_px; /* of the frame */
	int rotate;		 /* 0, 90, 180, 270 degrees clockwise; not 0 needs the texture */
	bool fullscreen;
};

struct presenter;

/* Starts SDL's video and opens the window; the cursor is hidden, the screen saver and text input
 * are off. A fullscreen window holds keyboard and pointer for itself. VT_ERR_DEVICE with SDL's
 * reason. */
VT_MUST_USE enum vt_code presenter_create(const struct presenter_options *options,
	struct presenter **ret_presenter, struct vt_error *error);
/* Accepts NULL. */
void presenter_destroy(struct presenter **presenter);

/* Shows the damaged rectangles of the frame. With count 0 nothing happens. */
void presenter_present(struct presenter *presenter, const struct canvas *canvas,
	const struct rect *rects, size_t count);
/* Shows the whole frame again: the window was covered, resized or made anew. */
void presenter_expose(struct presenter *presenter, const struct canvas *canvas);
/* A fullscreen window that was covered, minimised or hidden is shown in front again. */
void presenter_come_back(struct presenter *presenter);
/* Window coordinates to those of the frame. */
void presenter_map(const struct presenter *presenter, int x, int y, int *ret_x, int *ret_y);
/* The same for a finger, 0 … 1 across the window. */
void presenter_map_finger(
	const struct presenter *presenter, float x, float y, int *ret_x, int *ret_y);
/* The other way round: where a rectangle of the frame is seen in the window. */
struct rect presenter_to_window(const struct presenter *presenter, struct rect r);
/* Where the window's upper left corner stands on the display. */
void presenter_place(const struct presenter *presenter, int *ret_x, int *ret_y);
/* "surface" or "texture", and the video driver, for the log. */
const char *presenter_name(const struct presenter *presenter);
/* True if waiting for an event really sleeps; else (KMSDRM) SDL polls each millisecond. */
bool presenter_can_wait(const struct presenter *presenter);
/* Presents so far. */
long presenter_count(const struct presenter *presenter);

#endif
