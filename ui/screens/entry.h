#ifndef VT_UI_SCREENS_ENTRY_H
#define VT_UI_SCREENS_ENTRY_H

/* What the person has typed or chosen for the one field of a screen, before it is sent. Pure: keys
 * in, text out. Holds personal data; entry_finish() wipes it. */

#include <stdbool.h>

#include "terminal/bus/screen.h"
#include "terminal/domain/date.h"
#include "ui/screens/keyboard.h"

/* Parts of a date field, in the order of typing. */
enum date_part { DATE_DAY, DATE_MONTH, DATE_YEAR, DATE_PART_COUNT };

/* A part of a text, and what is to stand in its place. */
struct entry_change {
	int part;	   /* enum date_part: the box of a date; else 0 */
	size_t start, end; /* code points; beyond the end = the end */
	const char *text;
};

struct entry {
	enum field_type type;
	int max_length; /* code points */
	bool optional;
	bool is_code;			/* FIELD_NUMBER: a PIN, no amount */
	char text[VT_MAX_VALUE];	/* typed text, or the id of the chosen item */
	char parts[DATE_PART_COUNT][5]; /* FIELD_DATE only: digits */
	enum date_part part;		/* the box that takes the next digit */
	bool accent;			/* the accent key was pressed; the next vowel gets it */
};

/* Starts with what core knows already (field->value). */
void entry_init(struct entry *entry, const struct screen_field *field);
/* Wipes. Safe on a zeroed entry. */
void entry_finish(struct entry *entry);

/* Which keyboard writes it; false for choices, which have none. */
bool entry_layout(const struct entry *entry, enum keyboard_layout *ret_layout);
/* Whether a key would do something now: impossible CURP characters and full fields say no. Delete
 * is always possible, so that it keeps its place in the focus order. */
bool entry_allows(const struct entry *entry, const struct keyboard_key *key);
/* Presses a key. False if it changed nothing. */
bool entry_press(struct entry *entry, const struct keyboard_key *key);
/* Writes the text anew with the change in it, key by key. False if one of its characters could not
 * be typed there, or none can (a choice, a PIN): nothing has changed then. */
bool entry_edit(struct entry *entry, const struct entry_change *change);
/* Chooses an item (FIELD_CHOICE, FIELD_ENTITY). */
void entry_choose(struct entry *entry, const char *id);
/* Moves to a box of a date. */
void entry_select(struct entry *entry, enum date_part part);

/* The value to send: DD/MM/AAAA for a date. Returns "" while nothing is there; valid until the next
 * change. */
void entry_value(const struct entry *entry, char ret_value[VT_MAX_VALUE]);
/* Id of what is plainly wrong or missing, known without asking core ("required", "curp.SHORT",
 * "curp.CHECK", "date" …); "" = send it. Core checks again. */
const char *entry_error(const struct entry *entry, struct vt_date today);

#endif
