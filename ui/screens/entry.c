#include "ui/screens/entry.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/curp.h"

/* Digits of each box of a date. */
static const int part_length[DATE_PART_COUNT] = {2, 2, 4};

static void split_date(struct entry *entry, const char *value)
{
	struct vt_date date;

	if (!date_parse_slash(value, &date))
		return;
	(void)snprintf(entry->parts[DATE_DAY], sizeof(entry->parts[0]), "%02d", date.day);
	(void)snprintf(entry->parts[DATE_MONTH], sizeof(entry->parts[0]), "%02d", date.month);
	(void)snprintf(entry->parts[DATE_YEAR], sizeof(entry->parts[0]), "%04d", date.year);
	entry->part = DATE_YEAR;
}

void entry_init(struct entry *entry, const struct screen_field *field)
{
	entry_finish(entry);
	entry->type = field->type;
	entry->optional = field->optional;
	entry->max_length = field->max_length > 0 ? field->max_length : 100;
	if (field->type == FIELD_CURP) {
		char key[CURP_SIZE];

		entry->max_length = CURP_LENGTH;
		if (curp_normalise(field->value, key))
			vt_copy_cut(entry->text, sizeof(entry->text), key);
	} else if (field->type == FIELD_DATE) {
		split_date(entry, field->value);
	} else {
		vt_copy_cut(entry->text, sizeof(entry->text), field->value);
	}
}

void entry_finish(struct entry *entry)
{
	vt_wipe(entry, sizeof(*entry));
}

bool entry_layout(const struct entry *entry, enum keyboard_layout *ret_layout)
{
	switch (entry->type) {
	case FIELD_TEXT:
		*ret_layout = KEYBOARD_TEXT;
		return true;
	case FIELD_NAME:
		*ret_layout = KEYBOARD_NAME;
		return true;
	case FIELD_CURP:
		*ret_layout = KEYBOARD_CURP;
		return true;
	case FIELD_EMAIL:
		*ret_layout = KEYBOARD_EMAIL;
		return true;
	case FIELD_DATE:
		*ret_layout = KEYBOARD_NUMBER;
		return true;
	case FIELD_NUMBER:
		*ret_layout = entry->is_code ? KEYBOARD_NUMBER : KEYBOARD_AMOUNT;
		return true;
	case FIELD_CHOICE:
	case FIELD_ENTITY:
	case FIELD_TYPE_COUNT:
		break;
	}
	return false;
}

static bool is_full(const struct entry *entry)
{
	if (entry->type == FIELD_DATE)
		return entry->part == DATE_YEAR && strlen(entry->parts[DATE_YEAR]) == 4;
	return vt_utf8_length(entry->text) >= (size_t)entry->max_length;
}

bool entry_allows(const struct entry *entry, const struct keyboard_key *key)
{
	size_t length = strlen(entry->text);

	switch (key->kind) {
	case KEY_DELETE:
	case KEY_CLEAR:
		return true;
	case KEY_ACCENT:
		return !is_full(entry);
	case KEY_SPACE:
		/* One blank between words, none in front: two invalidate a record (domain.md §2.2).
		 */
		return !is_full(entry) && length > 0 && entry->text[length - 1] != ' ';
	case KEY_CHAR:
		break;
	}
	if (entry->type == FIELD_CURP) {
		char set[40];

		(void)curp_allowed(entry->text, set);
		/* Ñ is on the keyboard but never in a CURP (UI.md §10). */
		return key->text[1] == '\0' && strchr(set, key->text[0]) != NULL;
	}
	return !is_full(entry);
}

/* True if no second digit can follow: 4 … 9 as a day, 2 … 9 as a month. */
static bool is_complete_part(enum date_part part, const char *digits)
{
	if ((int)strlen(digits) == part_length[part])
		return true;
	return (part == DATE_DAY && digits[0] >= '4') || (part == DATE_MONTH && digits[0] >= '2');
}

static bool press_date(struct entry *entry, const struct keyboard_key *key)
{
	char *box = entry->parts[entry->part];
	size_t length = strlen(box);

	if (key->kind == KEY_CLEAR) {
		memset(entry->parts, 0, sizeof(entry->parts));
		entry->part = DATE_DAY;
		return true;
	}
	if (key->kind == KEY_DELETE) {
		if (length == 0 && entry->part > DATE_DAY) {
			entry->part--;
			box = entry->parts[entry->part];
			length = strlen(box);
		}
		if (length == 0)
			return false;
		box[length - 1] = '\0';
		return true;
	}
	if (!isdigit((unsigned char)key->text[0]))
		return false;
	/* A box that is full and was touched again starts anew. */
	if ((int)length == part_length[entry->part])
		length = 0;
	box[length] = key->text[0];
	box[length + 1] = '\0';
	if (!is_complete_part(entry->part, box) || entry->part == DATE_YEAR)
		return true;
	if (box[1] == '\0') {
		box[1] = box[0];
		box[0] = '0';
		box[2] = '\0';
	}
	entry->part++;
	return true;
}

static bool press_delete(struct entry *entry)
{
	size_t length = strlen(entry->text);

	if (entry->accent) {
		entry->accent = false;
		return true;
	}
	if (length == 0)
		return false;
	do
		length--;
	while (length > 0 && ((unsigned char)entry->text[length] & 0xC0) == 0x80);
	vt_wipe(entry->text + length, strlen(entry->text + length));
	return true;
}

bool entry_press(struct entry *entry, const struct keyboard_key *key)
{
	const char *text = key->text, *accented;
	size_t length = strlen(entry->text);

	if (entry->type == FIELD_CHOICE || entry->type == FIELD_ENTITY || !entry_allows(entry, key))
		return false;
	if (entry->type == FIELD_DATE)
		return press_date(entry, key);
	if (key->kind == KEY_DELETE)
		return press_delete(entry);
	if (key->kind == KEY_CLEAR) {
		vt_wipe(entry->text, sizeof(entry->text));
		return length > 0;
	}
	if (key->kind == KEY_ACCENT) {
		entry->accent = !entry->accent;
		return true;
	}
	if (entry->accent && (accented = keyboard_accented(text)) != NULL)
		text = accented;
	entry->accent = false;
	if (length + strlen(text) >= sizeof(entry->text) ||
		vt_utf8_length(entry->text) + vt_utf8_length(text) > (size_t)entry->max_length)
		return false;
	memcpy(entry->text + length, text, strlen(text) + 1);
	return true;
}

/* One character as it was typed or pasted: É is two keys. */
static bool write_character(struct entry *entry, enum keyboard_layout layout, const char *text)
{
	static const char *const vowels[] = {"A", "E", "I", "O", "U", "a", "e", "i", "o", "u"};
	const struct keyboard_key *accent = keyboard_find(layout, "accent");
	const struct keyboard_key *key = keyboard_find_typed(layout, text);

	for (size_t i = 0; !key && accent && i < VT_ELEMENTS(vowels); i++)
		if (strcmp(keyboard_accented(vowels[i]), text) == 0) {
			key = keyboard_find_typed(layout, vowels[i]);
			entry->accent = key && entry_allows(entry, accent);
		}
	return key && key->kind != KEY_DELETE && key->kind != KEY_CLEAR && entry_press(entry, key);
}

/* Whether the characters of the text, one after the other, could be typed into what is there; those
 * of a date have to stay in their box. */
static bool write_text(struct entry *entry, const char *text, const char *end)
{
	const enum date_part part = entry->part;
	enum keyboard_layout layout;
	char one[5];

	if (!entry_layout(entry, &layout))
		return false;
	while (text < end) {
		const size_t written = strlen(entry->parts[part]);
		size_t length = vt_utf8_encode(vt_utf8_next(&text), one);

		one[length] = '\0';
		if (entry->type == FIELD_DATE &&
			(entry->part != part || (int)written == part_length[part]))
			return false;
		if (!write_character(entry, layout, one))
			return false;
	}
	return true;
}

/* Where a character begins; beyond the end: the end. */
static const char *at_character(const char *text, size_t index)
{
	while (*text && index-- > 0)
		(void)vt_utf8_next(&text);
	return text;
}

bool entry_edit(struct entry *entry, const struct entry_change *change)
{
	struct entry old = *entry, new = *entry;
	char *box = entry->type == FIELD_DATE ? new.parts[change->part] : new.text;
	const char *text = entry->type == FIELD_DATE ? old.parts[change->part] : old.text;
	const char *from = at_character(text, change->start);
	const char *to = at_character(text, change->end);
	bool is_written = !entry->is_code && change->start <= change->end;

	VT_ASSERT(change->part >= 0 && change->part < DATE_PART_COUNT);
	new.part = (enum date_part)change->part;
	new.accent = false;
	vt_wipe(box, strlen(box));
	is_written = is_written && write_text(&new, text, from) &&
		     write_text(&new, change->text, change->text + strlen(change->text)) &&
		     write_text(&new, to, to + strlen(to));
	if (is_written)
		*entry = new;
	vt_wipe(&old, sizeof(old));
	vt_wipe(&new, sizeof(new));
	return is_written;
}

void entry_choose(struct entry *entry, const char *id)
{
	vt_copy_cut(entry->text, sizeof(entry->text), id);
}

void entry_select(struct entry *entry, enum date_part part)
{
	VT_ASSERT(part < DATE_PART_COUNT);
	entry->part = part;
}

/* Trailing blank of a text that was typed on. */
static void trim(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
}

static bool date_is_empty(const struct entry *entry)
{
	return entry->parts[DATE_DAY][0] == '\0' && entry->parts[DATE_MONTH][0] == '\0' &&
	       entry->parts[DATE_YEAR][0] == '\0';
}

void entry_value(const struct entry *entry, char ret_value[VT_MAX_VALUE])
{
	if (entry->type == FIELD_DATE) {
		/* "5" in a box means 05; a year is never completed. */
		const char *day = entry->parts[DATE_DAY], *month = entry->parts[DATE_MONTH];

		if (date_is_empty(entry))
			ret_value[0] = '\0';
		else
			(void)snprintf(ret_value, VT_MAX_VALUE, "%s%s/%s%s/%s",
				strlen(day) == 1 ? "0" : "", day, strlen(month) == 1 ? "0" : "",
				month, entry->parts[DATE_YEAR]);
		return;
	}
	memcpy(ret_value, entry->text, VT_MAX_VALUE);
	trim(ret_value);
}

static const char *curp_problem(const char *text, struct vt_date today)
{
	if (strlen(text) < CURP_LENGTH)
		return "curp.SHORT";
	switch (curp_check(text, today)) {
	case CURP_OK:
		return "";
	case CURP_FORMAT:
		return "curp.FORMAT";
	case CURP_DATE:
		return "curp.DATE";
	case CURP_FUTURE:
		return "curp.FUTURE";
	case CURP_STATE:
		return "curp.STATE";
	case CURP_WORD:
		return "curp.WORD";
	case CURP_CHECK:
		return "curp.CHECK";
	case CURP_ERROR_COUNT:
		break;
	}
	return "curp.FORMAT";
}

static const char *email_problem(const char *text)
{
	const char *at = strchr(text, '@');

	if (at == NULL || at == text || strchr(at + 1, '@') != NULL || strchr(at, '.') == NULL ||
		text[strlen(text) - 1] == '.')
		return "email";
	return "";
}

const char *entry_error(const struct entry *entry, struct vt_date today)
{
	char value[VT_MAX_VALUE];
	const char *problem = "";
	struct vt_date date;

	entry_value(entry, value);
	if (value[0] == '\0') {
		bool chosen = entry->type == FIELD_CHOICE || entry->type == FIELD_ENTITY;

		return entry->optional ? "" : chosen ? "choice" : "required";
	}
	if (entry->type == FIELD_CURP)
		problem = curp_problem(value, today);
	else if (entry->type == FIELD_EMAIL)
		problem = email_problem(value);
	else if (entry->type == FIELD_DATE && !date_parse_slash(value, &date))
		problem = "date";
	vt_wipe(value, sizeof(value));
	return problem;
}
