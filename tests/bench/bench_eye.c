/* A finger and an eye on an X display that know when something happened: for bench_ui_hosts, which
 * asks line by line on the standard input and is answered line by line. A rectangle is "X Y W H".
 *
 *   learn RECT             waits until something stands there and stays, and keeps that picture;
 * "ok" first                  waits until the kept picture is there; the moment in monotonic ns
 *   press N KEY BOX ERASE  N times: a finger on KEY, lifted, the letter in BOX taken away with
 * ERASE; N pairs "down up", µs from the event to the first other pixel in KEY and BOX look N RECT
 * what one look costs, µs
 *
 * It looks as fast as the server answers (a rectangle by MIT-SHM), so that the step of the figures
 * is one look. Before each event it waits until nothing changes, then some random milliseconds,
 * lest it keeps step with somebody's frame clock. What does not happen in a minute ends it with a
 * message. */

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/XTest.h>

#include "terminal/base/clock.h"

#define LIMIT_NS      60000000000 /* only a limit: nothing waits for it to pass */
#define CALM_NS	      40000000	  /* unchanged so long is settled: more than two frames of 60 Hz */
#define LEARN_CALM_NS 500000000
#define MAX_PRESSES   10000

/* A rectangle of the screen under observation. */
struct view {
	int x, y;
	XImage *image; /* what the last look saw */
	XShmSegmentInfo memory;
	char *kept; /* what it is compared with */
};

static Display *display;

static void fail(const char *what)
{
	fprintf(stderr, "bench_eye: %s\n", what);
	exit(1);
}

static void pause_ns(int64_t ns)
{
	struct timespec time = {ns / 1000000000, ns % 1000000000};

	(void)ppoll(NULL, 0, &time, NULL);
}

/* ---- the eye ---- */

static size_t view_size(const struct view *view)
{
	return (size_t)view->image->bytes_per_line * (size_t)view->image->height;
}

static void view_open(struct view *view, const int rect[4])
{
	int screen = DefaultScreen(display);

	if (rect[0] < 0 || rect[1] < 0 || rect[2] < 1 || rect[3] < 1 ||
		rect[0] + rect[2] > DisplayWidth(display, screen) ||
		rect[1] + rect[3] > DisplayHeight(display, screen))
		fail("a rectangle outside the screen");
	view->x = rect[0];
	view->y = rect[1];
	view->image = XShmCreateImage(display, DefaultVisual(display, screen),
		(unsigned)DefaultDepth(display, screen), ZPixmap, NULL, &view->memory,
		(unsigned)rect[2], (unsigned)rect[3]);
	if (!view->image)
		fail("no image in shared memory");
	view->memory.shmid = shmget(IPC_PRIVATE, view_size(view), IPC_CREAT | 0600);
	view->memory.shmaddr = view->memory.shmid < 0 ? NULL : shmat(view->memory.shmid, NULL, 0);
	view->image->data = view->memory.shmaddr;
	view->kept = malloc(view_size(view));
	if (view->memory.shmid < 0 || view->memory.shmaddr == (char *)-1 || !view->kept ||
		!XShmAttach(display, &view->memory))
		fail("no shared memory");
	XSync(display, False);
	/* Goes with its last user, whatever ends us. */
	(void)shmctl(view->memory.shmid, IPC_RMID, NULL);
}

static void view_close(struct view *view)
{
	XShmDetach(display, &view->memory);
	XDestroyImage(view->image);
	(void)shmdt(view->memory.shmaddr);
	free(view->kept);
	*view = (struct view){0};
}

static void look(struct view *view)
{
	if (!XShmGetImage(
		    display, DefaultRootWindow(display), view->image, view->x, view->y, AllPlanes))
		fail("the display cannot be read");
}

static void keep(struct view *view)
{
	memcpy(view->kept, view->image->data, view_size(view));
}

/* True if the last look saw what is kept. */
static bool is_kept(const struct view *view)
{
	return memcmp(view->kept, view->image->data, view_size(view)) == 0;
}

static bool has_something(const struct view *view)
{
	const char *data = view->image->data;
	size_t pixel = (size_t)view->image->bits_per_pixel / 8;

	return memcmp(data, data + pixel, view_size(view) - pixel) != 0;
}

/* Looks until the picture has not changed for so long; it is kept then. */
static void settle(struct view *view, int64_t calm_ns, bool wants_something, const char *what)
{
	int64_t start = vt_clock_monotonic_ns(), since = start, now = start;

	look(view);
	keep(view);
	while (now - since < calm_ns || (wants_something && !has_something(view))) {
		if (now - start > LIMIT_NS)
			fail(what);
		pause_ns(2000000);
		look(view);
		now = vt_clock_monotonic_ns();
		if (!is_kept(view))
			since = now;
		keep(view);
	}
}

/* ns from start to the first look that sees something else than what is kept. */
static int64_t wait_change(struct view *view, int64_t start, const char *what)
{
	for (;;) {
		look(view);
		int64_t now = vt_clock_monotonic_ns();
		if (!is_kept(view))
			return now - start;
		if (now - start > LIMIT_NS)
			fail(what);
	}
}

/* ---- the finger ---- */

static void move_to(const int rect[4])
{
	XTestFakeMotionEvent(
		display, -1, rect[0] + rect[2] / 2, rect[1] + rect[3] / 2, CurrentTime);
	XSync(display, False);
}

/* The event leaves; ns when it did. */
static int64_t button(bool is_down)
{
	int64_t start = vt_clock_monotonic_ns();

	XTestFakeButtonEvent(display, 1, is_down, CurrentTime);
	XFlush(display);
	return start;
}

static int64_t event(struct view *view, bool is_down, const char *what)
{
	settle(view, CALM_NS, false, "the picture does not come to rest");
	pause_ns(random() % 20000000);
	look(view);
	keep(view);
	return wait_change(view, button(is_down), what);
}

static void press(int count, const int key[4], const int box[4], const int erase[4])
{
	struct view on_key = {0}, in_box = {0};

	view_open(&on_key, key);
	view_open(&in_box, box);
	for (int i = 0; i < count; i++) {
		move_to(key);
		int64_t down = event(&on_key, true, "a press changes nothing on its key");
		int64_t up = event(&in_box, false, "a key lifted writes nothing into its box");
		printf("%.1f %.1f ", (double)down / 1e3, (double)up / 1e3);
		move_to(erase);
		settle(&in_box, CALM_NS, false, "the picture does not come to rest");
		(void)button(true);
		settle(&in_box, CALM_NS, false, "the picture does not come to rest");
		int64_t start = button(false);
		(void)wait_change(&in_box, start, "the letter cannot be erased");
	}
	printf("\n");
	view_close(&on_key);
	view_close(&in_box);
}

/* ---- the conversation ---- */

static void cost(int count, const int rect[4])
{
	struct view view = {0};

	view_open(&view, rect);
	int64_t start = vt_clock_monotonic_ns();
	for (int i = 0; i < count; i++)
		look(&view);
	printf("%.1f\n", (double)(vt_clock_monotonic_ns() - start) / 1e3 / count);
	view_close(&view);
}

static void wait_first(struct view *learned)
{
	int64_t start = vt_clock_monotonic_ns();

	if (!learned->image)
		fail("first: nothing learned");
	for (look(learned); !is_kept(learned); look(learned)) {
		if (vt_clock_monotonic_ns() - start > LIMIT_NS)
			fail("the first frame does not come");
		pause_ns(500000);
	}
	printf("%lld\n", (long long)vt_clock_monotonic_ns());
}

static void obey(const char *line, struct view *learned)
{
	int n, a[4], b[4], c[4];

	if (sscanf(line, "learn %d %d %d %d", a, a + 1, a + 2, a + 3) == 4) {
		if (learned->image)
			view_close(learned);
		view_open(learned, a);
		settle(learned, LEARN_CALM_NS, true, "nothing appears");
		printf("ok\n");
	} else if (strcmp(line, "first\n") == 0) {
		wait_first(learned);
	} else if (sscanf(line, "press %d %d %d %d %d %d %d %d %d %d %d %d %d", &n, a, a + 1, a + 2,
			   a + 3, b, b + 1, b + 2, b + 3, c, c + 1, c + 2, c + 3) == 13 &&
		   n > 0 && n <= MAX_PRESSES) {
		press(n, a, b, c);
	} else if (sscanf(line, "look %d %d %d %d %d", &n, a, a + 1, a + 2, a + 3) == 5 && n > 0) {
		cost(n, a);
	} else {
		fail("not understood; usage: bench_eye, then lines on the standard input");
	}
	fflush(stdout);
}

int main(void)
{
	struct view learned = {0};
	char line[256];
	int event_base, error_base, major, minor;

	display = XOpenDisplay(NULL);
	if (!display)
		fail("no display: DISPLAY names none that answers");
	if (!XTestQueryExtension(display, &event_base, &error_base, &major, &minor) ||
		!XShmQueryExtension(display))
		fail("the display lacks XTEST or MIT-SHM");
	while (fgets(line, sizeof(line), stdin))
		obey(line, &learned);
	if (learned.image)
		view_close(&learned);
	XCloseDisplay(display);
	return 0;
}
