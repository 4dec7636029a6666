#include "tools/citizen/hand.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/XTest.h>
#include <png.h>

#include "terminal/base/cleanup.h"

struct hand {
	Display *display;
	struct fingers *fingers;
	bool uses_fingers;
	XImage *image; /* of the display's size, in shared memory; NULL before the first picture */
	XShmSegmentInfo shared;
};

enum vt_code hand_open(const char *display, const char *test_socket, struct hand **ret_hand,
	struct vt_error *error)
{
	struct hand *hand = calloc(1, sizeof(*hand));
	int event, error_base, major, minor;

	if (hand)
		hand->fingers = fingers_create(test_socket);
	if (!hand || !hand->fingers) {
		free(hand);
		return vt_fail(error, VT_ERR_NOMEM, 0, "hand: out of memory");
	}
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
	if ((*hand)->image) {
		XShmDetach((*hand)->display, &(*hand)->shared);
		XDestroyImage((*hand)->image);
		(void)shmdt((*hand)->shared.shmaddr);
	}
	if ((*hand)->display)
		XCloseDisplay((*hand)->display);
	fingers_destroy(&(*hand)->fingers);
	free(*hand);
	*hand = NULL;
}

void hand_tap(struct hand *hand, int x, int y)
{
	hand_drag(hand, x, y, x, y);
}

void hand_use_fingers(struct hand *hand, bool use)
{
	hand->uses_fingers = use;
}

void hand_finger(struct hand *hand, int number, enum finger_phase phase, int x, int y)
{
	struct vt_error error;

	/* Nothing comes of it then, and whoever waits for that says so. */
	if (fingers_do(hand->fingers, number, phase, x, y, &error) != VT_OK)
		fprintf(stderr, "citizen: %s\n", error.msg);
}

static void press(struct hand *hand, int x, int y)
{
	if (hand->uses_fingers) {
		hand_finger(hand, 1, FINGER_DOWN, x, y);
		return;
	}
	XTestFakeMotionEvent(hand->display, -1, x, y, CurrentTime);
	XTestFakeButtonEvent(hand->display, 1, True, CurrentTime);
}

static void release(struct hand *hand, int x, int y)
{
	if (hand->uses_fingers) {
		hand_finger(hand, 1, FINGER_UP, x, y);
		return;
	}
	XTestFakeButtonEvent(hand->display, 1, False, CurrentTime);
	XSync(hand->display, False);
}

void hand_drag(struct hand *hand, int x, int y, int to_x, int to_y)
{
	press(hand, x, y);
	if (to_x != x || to_y != y) {
		if (hand->uses_fingers)
			hand_finger(hand, 1, FINGER_MOTION, to_x, to_y);
		else
			XTestFakeMotionEvent(hand->display, -1, to_x, to_y, CurrentTime);
	}
	release(hand, to_x, to_y);
}

void hand_hold(struct hand *hand, int x, int y, int hold_ms)
{
	press(hand, x, y);
	XSync(hand->display, False);
	(void)poll(NULL, 0, hold_ms);
	release(hand, x, y);
}

void hand_key(struct hand *hand, unsigned long keysym)
{
	const KeyCode code = XKeysymToKeycode(hand->display, keysym);

	XTestFakeKeyEvent(hand->display, code, True, CurrentTime);
	XTestFakeKeyEvent(hand->display, code, False, CurrentTime);
	XSync(hand->display, False);
}

/* XGetPixel of each pixel would take longer than all else of a picture: Xvfb's are 32 bits each. */
static void write_rows(png_structp png, XImage *image, png_bytep row)
{
	for (int y = 0; y < image->height; y++) {
		const char *line = image->data + (ptrdiff_t)y * image->bytes_per_line;
		for (int x = 0; x < image->width; x++) {
			uint32_t pixel;
			memcpy(&pixel, line + 4 * (ptrdiff_t)x, sizeof(pixel));
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
	png_set_compression_level(png, 1);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
	png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
		PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	write_rows(png, image, row);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return VT_OK;
}

/* Through the connection a picture of 8 MB would take both sides longer than all of a screen's
 * steps.
 */
static enum vt_code make_image(struct hand *hand, struct vt_error *error)
{
	Display *display = hand->display;
	const int screen = DefaultScreen(display);
	XImage *image = XShmCreateImage(display, DefaultVisual(display, screen),
		(unsigned)DefaultDepth(display, screen), ZPixmap, NULL, &hand->shared,
		(unsigned)DisplayWidth(display, screen), (unsigned)DisplayHeight(display, screen));

	if (!image || image->bits_per_pixel != 32 || image->byte_order != LSBFirst) {
		if (image)
			XDestroyImage(image);
		return vt_fail(error, VT_ERR_DEVICE, 0, "the display has no 32-bit pixels");
	}
	hand->shared.shmid = shmget(IPC_PRIVATE,
		(size_t)image->bytes_per_line * (size_t)image->height, IPC_CREAT | 0600);
	hand->shared.shmaddr = image->data = shmat(hand->shared.shmid, NULL, 0);
	/* Gone with its last user, however that ends. */
	const bool is_attached = hand->shared.shmaddr != (char *)-1 &&
				 XShmAttach(display, &hand->shared) && XSync(display, False);
	(void)shmctl(hand->shared.shmid, IPC_RMID, NULL);
	if (!is_attached) {
		image->data = NULL;
		XDestroyImage(image);
		return vt_fail(error, VT_ERR_DEVICE, 0, "no shared memory with the display");
	}
	hand->image = image;
	return VT_OK;
}

enum vt_code hand_photograph(struct hand *hand, const char *path, struct vt_error *error)
{
	Display *display = hand->display;
	enum vt_code code = hand->image ? VT_OK : make_image(hand, error);

	if (code)
		return code;
	if (!XShmGetImage(display, RootWindow(display, DefaultScreen(display)), hand->image, 0, 0,
		    AllPlanes))
		return vt_fail(error, VT_ERR_DEVICE, 0, "the display cannot be read");
	return write_png(hand->image, path, error);
}
