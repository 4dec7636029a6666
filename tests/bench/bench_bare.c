/* The least a program can do that shows a press: a bare X client that fills a rectangle. The
 * yardstick of press-to-pixels and of the first frame. usage: bench_bare KEY BOX, each "X Y W H":
 * pressed, KEY gets another colour; lifted, BOX a letter; a touch elsewhere takes it away. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <X11/Xlib.h>

#include "terminal/base/error.h"
#include "terminal/base/text.h"

#define PAPER	0xF6F2EC
#define WHITE	0xFFFFFF
#define PRESSED 0x9A1B45
#define INK	0x161616

struct bare {
	Display *display;
	Window window;
	GC gc;
	int rects[8]; /* KEY, then BOX */
};

static void fill(const struct bare *b, const int *rect, unsigned long colour, bool has_letter)
{
	XSetForeground(b->display, b->gc, colour);
	XFillRectangle(b->display, b->window, b->gc, rect[0], rect[1], (unsigned)rect[2],
		(unsigned)rect[3]);
	XSetForeground(b->display, b->gc, INK);
	if (has_letter)
		XFillRectangle(b->display, b->window, b->gc, rect[0] + rect[2] / 3,
			rect[1] + rect[3] / 3, (unsigned)rect[2] / 3 + 1,
			(unsigned)rect[3] / 3 + 1);
}

static void take(const struct bare *b, const XEvent *event)
{
	const int *key = b->rects, *box = b->rects + 4;
	bool is_key = event->xbutton.x >= key[0] && event->xbutton.x < key[0] + key[2] &&
		      event->xbutton.y >= key[1] && event->xbutton.y < key[1] + key[3];

	if (event->type == Expose) {
		fill(b, key, WHITE, true);
		fill(b, box, WHITE, false);
	} else if (event->type == ButtonPress && is_key) {
		fill(b, key, PRESSED, true);
	} else if (event->type == ButtonRelease && is_key) {
		fill(b, box, WHITE, true);
		fill(b, key, WHITE, true);
	} else if (event->type == ButtonRelease) {
		fill(b, box, WHITE, false);
	}
}

int main(int argc, char **argv)
{
	struct bare b = {.display = XOpenDisplay(NULL)};
	XEvent event;

	for (int i = 0; i < 8; i++) {
		int64_t number;
		if (argc != 9 || vt_parse_i64(argv[1 + i], 0, 8192, &number) != VT_OK) {
			fprintf(stderr, "usage: bench_bare X Y W H X Y W H\n");
			return 2;
		}
		b.rects[i] = (int)number;
	}
	if (!b.display) {
		fprintf(stderr, "bench_bare: no display: DISPLAY names none that answers\n");
		return 1;
	}
	int screen = DefaultScreen(b.display);
	b.window = XCreateSimpleWindow(b.display, RootWindow(b.display, screen), 0, 0,
		(unsigned)DisplayWidth(b.display, screen),
		(unsigned)DisplayHeight(b.display, screen), 0, 0, PAPER);
	b.gc = XCreateGC(b.display, b.window, 0, NULL);
	XSelectInput(b.display, b.window, ExposureMask | ButtonPressMask | ButtonReleaseMask);
	XMapWindow(b.display, b.window);
	/* Until somebody ends it or the server is gone. */
	for (;;) {
		XNextEvent(b.display, &event);
		take(&b, &event);
	}
}
