/* What drawing costs, without a window: one JSON object a line and figure. All are medians of
 * interleaved rounds, beside a yardstick of the same rounds: filling the frame once with memset,
 * the least anybody pays for new pixels. Budgets are those of UI.md §17; nothing fails on time. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/layout.h"

#define ROUNDS 15

enum figure {
	YARDSTICK,
	FIRST_FRAME,
	FULL_REDRAW,
	KEY_PRESS,
	ONE_LETTER,
	NOTHING,
	DIALOGUE,
	LAYOUT,
	FIGURE_COUNT
};

static const struct {
	const char *id, *name;
	double budget_ms;
} figures[FIGURE_COUNT] = {
	[YARDSTICK] = {"ui.memset", "memset of the frame", 0},
	[FIRST_FRAME] = {"ui.first_frame", "first frame, cold caches, fonts opened", 100},
	[FULL_REDRAW] = {"ui.full_redraw", "full redraw, home", 10},
	[KEY_PRESS] = {"ui.key_press", "key press highlight, rebuilt and painted", 1},
	[ONE_LETTER] = {"ui.one_letter", "one CURP letter", 8},
	[NOTHING] = {"ui.nothing", "nothing changed, rebuilt and compared", 0.1},
	[DIALOGUE] = {"ui.dialogue", "dialogue over a scrim", 25},
	[LAYOUT] = {"ui.layout", "layout of home", 0.1},
};

static double samples[FIGURE_COUNT][ROUNDS];

static double ms_since(int64_t start_ns)
{
	return (double)(vt_clock_monotonic_ns() - start_ns) / 1e6;
}

static void paint(struct ui *ui)
{
	size_t count;

	ui_paint(ui, &count);
}

static void measure_first_frame(int round)
{
	int64_t start = vt_clock_monotonic_ns();
	struct ui *ui = trees_ui(profile_reference());

	trees_home(ui, &(struct trees_home){0});
	paint(ui);
	samples[FIRST_FRAME][round] = ms_since(start);
	ui_destroy(&ui);
}

static void measure_home(struct ui *ui, int round)
{
	struct canvas *canvas = ui_canvas(ui);
	int64_t start;

	trees_home(ui, &(struct trees_home){0});
	paint(ui);
	start = vt_clock_monotonic_ns();
	memset(canvas->pixels, round, 4 * (size_t)canvas->width * (size_t)canvas->height);
	samples[YARDSTICK][round] = ms_since(start);
	ui_damage_all(ui);
	start = vt_clock_monotonic_ns();
	trees_home(ui, &(struct trees_home){0});
	paint(ui);
	samples[FULL_REDRAW][round] = ms_since(start);
	start = vt_clock_monotonic_ns();
	trees_home(ui, &(struct trees_home){0});
	paint(ui);
	samples[NOTHING][round] = ms_since(start);
	start = vt_clock_monotonic_ns();
	for (int i = 0; i < 100; i++)
		layout_run(ui);
	samples[LAYOUT][round] = ms_since(start) / 100;
	start = vt_clock_monotonic_ns();
	trees_home(ui, &(struct trees_home){.has_dialog = true, .ring_permille = 620});
	paint(ui);
	samples[DIALOGUE][round] = ms_since(start);
}

static void measure_keys(struct ui *ui, int round)
{
	trees_curp(ui, "NUIG85031");
	paint(ui);
	struct rect key = ui_find(ui, "key-5")->rect;
	int64_t start = vt_clock_monotonic_ns();
	input_finger(ui, 1, INPUT_DOWN, key.x + 9, key.y + 9, 0);
	trees_curp(ui, "NUIG85031");
	paint(ui);
	samples[KEY_PRESS][round] = ms_since(start);
	input_finger(ui, 1, INPUT_UP, key.x + 9, key.y + 9, 0);
	trees_curp(ui, "NUIG85031");
	paint(ui);
	start = vt_clock_monotonic_ns();
	trees_curp(ui, round % 2 ? "NUIG850312" : "NUIG850317");
	paint(ui);
	samples[ONE_LETTER][round] = ms_since(start);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(enum figure figure)
{
	qsort(samples[figure], ROUNDS, sizeof(double), compare);
	return samples[figure][ROUNDS / 2];
}

static long rss_kb(void)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long kb = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	return kb;
}

static void report(const char *id, const char *name, double value, const char *unit,
	const char *yardstick, double yardstick_value, double budget)
{
	printf("{\"id\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", "
	       "\"yardstick\": \"%s\", \"yardstick_value\": %.6g, \"ratio\": %.3f, "
	       "\"budget\": %g}\n",
		id, name, value, unit, yardstick, yardstick_value, value / yardstick_value, budget);
}

int main(void)
{
	long rss_before = rss_kb();
	struct ui *ui = trees_ui(profile_reference());

	for (int round = 0; round < ROUNDS; round++) {
		measure_home(ui, round);
		measure_keys(ui, round);
	}
	long rss = rss_kb();
	for (int round = 0; round < ROUNDS; round++)
		measure_first_frame(round);
	double yardstick = median(YARDSTICK);
	for (int f = FIRST_FRAME; f < FIGURE_COUNT; f++) {
		double value = median((enum figure)f);
		report(figures[f].id, figures[f].name, value, "ms", figures[YARDSTICK].name,
			yardstick, figures[f].budget_ms);
	}
	report("ui.rss", "RSS after home, dialogue and CURP, headless", (double)rss / 1024, "MB",
		"RSS of the empty program", (double)rss_before / 1024, 64);
	ui_destroy(&ui);
	return 0;
}
