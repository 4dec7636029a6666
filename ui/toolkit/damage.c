#include "ui/toolkit/damage.h"

#include <stdlib.h>
#include <string.h>

/* Power of two above twice the records. */
#define SLOTS 4096

void damage_init(struct damage *damage)
{
	memset(damage, 0, sizeof(*damage));
	damage->all = true;
}

void damage_begin(struct damage *damage)
{
	struct damage_list *list = &damage->lists[!damage->painted];

	list->count = 0;
	list->is_cut = false;
}

void damage_add(struct damage *damage, uint64_t key, uint64_t hash, struct rect ink)
{
	struct damage_list *list = &damage->lists[!damage->painted];

	if (list->count == DAMAGE_MAX_RECORDS) {
		list->is_cut = true;
		return;
	}
	list->records[list->count++] = (struct damage_record){key, hash, ink};
}

/* Cheap enough to be one rectangle: the union repaints at most 30 % more than the two. */
static bool is_worth_joining(const struct rect *a, const struct rect *b)
{
	struct rect both = rect_union(*a, *b);

	return 10 * rect_area(&both) <= 13 * (rect_area(a) + rect_area(b));
}

void damage_join(struct rect *rects, size_t *count, struct rect rect)
{
	size_t i = 0;

	if (rect_is_empty(&rect))
		return;
	/* A joined rectangle may now be worth joining with an earlier one: start again. */
	while (i < *count) {
		if (is_worth_joining(&rects[i], &rect)) {
			rect = rect_union(rects[i], rect);
			rects[i] = rects[--*count];
			i = 0;
		} else {
			i++;
		}
	}
	if (*count == DAMAGE_MAX_RECTS) {
		rects[0] = rect_union(rects[0], rect);
		return;
	}
	rects[(*count)++] = rect;
}

static bool is_equal(const struct damage_record *a, const struct damage_record *b)
{
	return a->hash == b->hash && a->ink.x == b->ink.x && a->ink.y == b->ink.y &&
	       a->ink.w == b->ink.w && a->ink.h == b->ink.h;
}

static void add_rect(struct damage *damage, struct rect rect, struct rect screen)
{
	damage_join(damage->rects, &damage->rect_count, rect_intersect(rect, screen));
}

/* Both lists in order and mostly equal: walk them side by side, and look a key up only where they
 * part. */
static void compare(struct damage *damage, const struct damage_list *old,
	const struct damage_list *new, struct rect screen)
{
	static uint16_t slots[SLOTS];
	bool found[DAMAGE_MAX_RECORDS] = {0};

	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < old->count; i++) {
		size_t at = old->records[i].key % SLOTS;
		while (slots[at])
			at = (at + 1) % SLOTS;
		slots[at] = (uint16_t)(i + 1);
	}
	for (size_t i = 0; i < new->count; i++) {
		const struct damage_record *record = &new->records[i];
		size_t at = record->key % SLOTS;
		while (slots[at] &&
			(old->records[slots[at] - 1].key != record->key || found[slots[at] - 1]))
			at = (at + 1) % SLOTS;
		if (!slots[at]) {
			add_rect(damage, record->ink, screen);
			continue;
		}
		size_t before = slots[at] - 1u;
		found[before] = true;
		if (!is_equal(record, &old->records[before])) {
			add_rect(damage, old->records[before].ink, screen);
			add_rect(damage, record->ink, screen);
		}
	}
	for (size_t i = 0; i < old->count; i++)
		if (!found[i])
			add_rect(damage, old->records[i].ink, screen);
}

void damage_end(struct damage *damage, struct rect screen)
{
	const struct damage_list *old = &damage->lists[damage->painted];
	const struct damage_list *new = &damage->lists[!damage->painted];

	damage->rect_count = 0;
	if (damage->all || old->is_cut || new->is_cut)
		damage->rects[damage->rect_count++] = screen;
	else
		compare(damage, old, new, screen);
	damage->painted = !damage->painted;
	damage->all = false;
}
