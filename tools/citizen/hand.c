#include "tools/citizen/hand.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <png.h>

#include "terminal/base/cleanup.h"

struct hand {
	Display *display;
};

enum vt_code hand_open(const char *display, struct hand **ret_hand, struct vt_error *error)
{
	struct hand *hand = calloc(1, sizeof(*hand));
	int event, error_base, major, minor;

	if (!hand)
		return vt_fail(error, VT_ERR_NOMEM, 0, "hand: out of memory");
	hand->display = XOpenDisplay(display);
	if (!hand->display ||
		!XTestQueryExtension(hand->display, &event, &error_base, &major, &minor)) {
		hand_close(&hand);
		return vt_fail(error, VT_ERR_DEVICE, 0, "display %s: cannot be opened, or no XTEST",
			display);
	}
	*ret_hand = hand;
	return VT_OK;
}

void hand_close(struct hand **hand)
{
	if (!*hand)
		return;
	if ((*hand)->display)
		XCloseDisplay((*hand)->display);
	free(*hand);
	*hand = NULL;
}

void hand_tap(struct hand *hand, int x, int y)
{
	hand_drag(hand, x, y, x, y);
}

void hand_drag(struct hand *hand, int x, int y, int to_x, int to_y)
{
	XTestFakeMotionEvent(hand->display, -1, x, y, CurrentTime);
	XTestFakeButtonEvent(hand->display, 1, True, CurrentTime);
	if (to_x != x || to_y != y)
		XTestFakeMotionEvent(hand->display, -1, to_x, to_y, CurrentTime);
	XTestFakeButtonEvent(hand->display, 1, False, CurrentTime);
	XSync(hand->display, False);
}

void hand_hold(struct hand *hand, int x, int y, int hold_ms)
{
	XTestFakeMotionEvent(hand->display, -1, x, y, CurrentTime);
	XTestFakeButtonEvent(hand->display, 1, True, CurrentTime);
	XSync(hand->display, False);
	(void)poll(NULL, 0, hold_ms);
	XTestFakeButtonEvent(hand->display, 1, False, CurrentTime);
	XSync(hand->display, False);
}

void hand_key(struct hand *hand, unsigned long keysym)
{
	const KeyCode code = XKeysymToKeycode(hand->display, keysym);

	XTestFakeKeyEvent(hand->display, code, True, CurrentTime);
	XTestFakeKeyEvent(hand->display, code, False, CurrentTime);
	XSync(hand->display, False);
}

static void write_rows(png_structp png, XImage *image, png_bytep row)
{
	for (int y = 0; y < image->height; y++) {
		for (int x = 0; x < image->width; x++) {
			const unsigned long pixel = XGetPixel(image, x, y);
			row[3 * x] = (png_byte)(pixel >> 16 & 0xff);
			row[3 * x + 1] = (png_byte)(pixel >> 8 & 0xff);
			row[3 * x + 2] = (png_byte)(pixel & 0xff);
		}
		png_write_row(png, row);
	}
}

static enum vt_code write_png(XImage *image, const char *path, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "wbe");
	VT_CLEANUP(vt_freep) png_bytep row = malloc((size_t)image->width * 3);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!file || !row || !info) {
		png_destroy_write_struct(&png, &info);
		return vt_fail(error, VT_ERR_IO, 0, "%s: cannot be written", path);
	}
	png_init_io(png, file);
	png_set_compression_level(png, 2);
	png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
		PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	write_rows(png, image, row);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return VT_OK;
}

enum vt_code hand_photograph(struct hand *hand, const char *path, struct vt_error *error)
{
	const int screen = DefaultScreen(hand->display);
	XImage *image = XGetImage(hand->display, RootWindow(hand->display, screen), 0, 0,
		(unsigned)DisplayWidth(hand->display, screen),
		(unsigned)DisplayHeight(hand->display, screen), AllPlanes, ZPixmap);

	if (!image)
		return vt_fail(error, VT_ERR_DEVICE, 0, "the display cannot be read");
	const enum vt_code code = write_png(image, path, error);
	XDestroyImage(image);
	return code;
}
