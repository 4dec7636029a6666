#include "drivers/barcode/wedge.h"

#include <assert.h>
#include <string.h>

#include "terminal/base/text.h"

#define PAGE_KEYS     0x07
#define MODIFIER_LEFT HID_USAGE(PAGE_KEYS, 0xe0)
/* Bits of the modifiers, left and right. */
#define MODIFIERS_SHIFT 0x22
#define MODIFIERS_OTHER 0xdd
#define KEY_FIRST	0x04 /* below: none, and the three errors */
#define KEY_ENTER	0x28
#define KEY_TAB		0x2b

/* The characters of usages 04 to 38, plain and shifted; 0: no character. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\\;'`,./";
static const char shifted[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0 _+{}||:\"~<>?";
static_assert(sizeof(plain) == 0x38 - KEY_FIRST + 2, "one for each usage");
static_assert(sizeof(shifted) == sizeof(plain), "one for each usage");

static const struct hid_field *find_keys(const struct hid_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct hid_field *field = &layout->fields[i];
		if (field->kind == HID_INPUT && field->is_array && field->size == 8 &&
			field->usage >> 16 == PAGE_KEYS)
			return field;
	}
	return NULL;
}

bool wedge_is_keyboard(const struct hid_layout *layout)
{
	return find_keys(layout) != NULL;
}

static uint32_t modifiers_of(const struct hid_layout *layout, const uint8_t *p, size_t n)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < 8; i++) {
		const struct hid_field *field = hid_find(layout, MODIFIER_LEFT + i);
		if (!field || field->size != 1 || !hid_field_is_in(layout, field, p, n))
			continue;
		bits |= hid_value(field, p, n, MODIFIER_LEFT + i - field->usage) << i;
	}
	return bits;
}

static bool was_down(const struct wedge *wedge, uint8_t key)
{
	return memchr(wedge->down, key, wedge->down_count) != NULL;
}

static void type(struct wedge *wedge, uint8_t key, uint32_t modifiers)
{
	const size_t index = (size_t)key - KEY_FIRST;
	const char c = index >= sizeof(plain) - 1      ? '\0'
		       : (modifiers & MODIFIERS_SHIFT) ? shifted[index]
						       : plain[index];

	if (wedge->is_over) {
		wedge->is_over = wedge->is_bad = false;
		vt_wipe(wedge->text, wedge->length);
		wedge->length = 0;
	}
	if (c == '\0' || (modifiers & MODIFIERS_OTHER) || wedge->length == SCAN_MAX) {
		wedge->is_bad = true;
		return;
	}
	wedge->text[wedge->length++] = c;
	wedge->text[wedge->length] = '\0';
}

static enum scan_state end(struct wedge *wedge)
{
	const bool is_good = !wedge->is_over && !wedge->is_bad && wedge->length > 0;
	const bool is_anything = !wedge->is_over && (wedge->is_bad || wedge->length > 0);

	wedge->is_over = true;
	if (is_good)
		return SCAN_DONE;
	vt_wipe(wedge->text, sizeof(wedge->text));
	wedge->length = 0;
	return is_anything ? SCAN_REFUSED : SCAN_MORE;
}

enum scan_state wedge_report(
	struct wedge *wedge, const struct hid_layout *layout, const uint8_t *p, size_t n)
{
	const struct hid_field *keys = find_keys(layout);
	const uint32_t modifiers = modifiers_of(layout, p, n);
	enum scan_state state = SCAN_MORE;
	uint8_t now[WEDGE_KEYS];
	size_t count = 0;

	if (!keys || !hid_field_is_in(layout, keys, p, n))
		return SCAN_MORE;
	for (size_t i = 0; i < keys->count && count < WEDGE_KEYS; i++) {
		const uint8_t key = (uint8_t)hid_value(keys, p, n, i);
		if (key < KEY_FIRST)
			continue;
		now[count++] = key;
		if (was_down(wedge, key) || state != SCAN_MORE)
			continue;
		if (key == KEY_ENTER || key == KEY_TAB)
			state = end(wedge);
		else
			type(wedge, key, modifiers);
	}
	memcpy(wedge->down, now, count);
	wedge->down_count = count;
	return state;
}

void wedge_finish(struct wedge *wedge)
{
	vt_wipe(wedge, sizeof(*wedge));
}
