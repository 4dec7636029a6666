#ifndef VT_TESTS_UI_TOOLKIT_TREES_H
#define VT_TESTS_UI_TOOLKIT_TREES_H

/* Trees for the tests and the benchmark of the toolkit: a home screen as in the pictures, and
 * random ones from a seed. */

#include <stdbool.h>
#include <stdint.h>

#include "ui/toolkit/ui.h"

/* The toolkit over the repository's assets; fails the test if it does not open. */
struct ui *trees_ui(struct profile profile);

/* What may differ between two frames of the home screen. */
struct trees_home {
	const char *title; /* NULL = "¿Qué trámite desea realizar?" */
	bool has_banner;   /* two banners above the cards */
	bool has_dialog;   /* the time-out dialogue over a scrim */
	int page;
	int ring_permille;
};
/* About 130 nodes; targets f1, f2, c0 … c14, more, back, go. */
void trees_home(struct ui *ui, const struct trees_home *home);

/* An 18-box CURP with its keyboard; text = what has been typed. */
void trees_curp(struct ui *ui, const char *text);

/* Deterministic numbers. */
struct trees_random {
	uint64_t state;
};
uint32_t trees_next(struct trees_random *random, uint32_t below);
/* A tree of at most max_nodes nodes; different seeds give different ones. */
void trees_random(struct ui *ui, uint64_t seed, int max_nodes);

#endif
