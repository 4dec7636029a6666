#ifndef VT_UI_TOOLKIT_DAMAGE_H
#define VT_UI_TOOLKIT_DAMAGE_H

/* What has to be painted again: the painted tree and the new one are lists of (key, hash of the
 * look, ink rectangle). Whatever was changed, added or removed gives its old and new ink;
 * rectangles are joined while that costs little (UI.md §15.6). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/toolkit/geometry.h"

#define DAMAGE_MAX_RECORDS 1100
/* More separate rectangles than this are joined whatever it costs. */
#define DAMAGE_MAX_RECTS 32

struct damage_record {
	uint64_t key, hash;
	struct rect ink;
};

struct damage_list {
	struct damage_record records[DAMAGE_MAX_RECORDS];
	size_t count;
	bool is_cut; /* more were added than fit */
};

struct damage {
	struct damage_list lists[2];
	int painted; /* index of the list of the painted tree */
	bool all;    /* everything is to be painted */
	struct rect rects[DAMAGE_MAX_RECTS];
	size_t rect_count;
};

/* Nothing painted yet: the next damage is everything. */
void damage_init(struct damage *damage);
/* Starts the list of the new tree. */
void damage_begin(struct damage *damage);
/* A node of the new tree. Keys should differ; the order is that of painting. */
void damage_add(struct damage *damage, uint64_t key, uint64_t hash, struct rect ink);
/* Compares, fills rects (within screen) and makes the new tree the painted one. */
void damage_end(struct damage *damage, struct rect screen);

/* Adds one rectangle to a list of at most DAMAGE_MAX_RECTS, joining where the union is at most 1.3
 * times the sum. */
void damage_join(struct rect *rects, size_t *count, struct rect rect);

#endif
