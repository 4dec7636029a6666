/* Text as a US keyboard types it (HID Usage Tables 1.12 §10): 8-byte boot reports, pressed and
 * released. */

#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/hid-internal.h"

#define MOD_CTRL  0x01
#define MOD_SHIFT 0x02
#define MOD_ALT	  0x04
#define MOD_GUI	  0x08

struct named_key {
	const char *name;
	uint8_t usage;
};

static const struct named_key named_keys[] = {{"Enter", 0x28}, {"Escape", 0x29},
	{"Backspace", 0x2a}, {"Tab", 0x2b}, {"Space", 0x2c}, {"F1", 0x3a}, {"F2", 0x3b},
	{"F3", 0x3c}, {"F4", 0x3d}, {"F5", 0x3e}, {"F6", 0x3f}, {"F7", 0x40}, {"F8", 0x41},
	{"F9", 0x42}, {"F10", 0x43}, {"F11", 0x44}, {"F12", 0x45}, {"PrintScreen", 0x46},
	{"Insert", 0x49}, {"Home", 0x4a}, {"PageUp", 0x4b}, {"Delete", 0x4c}, {"End", 0x4d},
	{"PageDown", 0x4e}, {"Right", 0x4f}, {"Left", 0x50}, {"Down", 0x51}, {"Up", 0x52},
	{"Menu", 0x65}};

/* The keys whose signs are neither letters nor in order. */
static const char signs[] = "-_=+[{]}\\|";	     /* usages 2D to 31 */
static const char signs2[] = ";:'\"`~,<.>/?";	     /* usages 33 to 38 */
static const char digits[] = "1!2@3#4$5%6^7&8*9(0)"; /* usages 1E to 27 */

static bool find_sign(
	const char *table, uint8_t first, char c, uint8_t *ret_usage, uint8_t *ret_modifiers)
{
	const char *at = strchr(table, c);

	if (c == '\0' || !at)
		return false;
	*ret_usage = (uint8_t)(first + (at - table) / 2);
	*ret_modifiers = (at - table) % 2 ? MOD_SHIFT : 0;
	return true;
}

static bool find_character(char c, uint8_t *ret_usage, uint8_t *ret_modifiers)
{
	*ret_modifiers = 0;
	if (c >= 'a' && c <= 'z') {
		*ret_usage = (uint8_t)(0x04 + (c - 'a'));
	} else if (c >= 'A' && c <= 'Z') {
		*ret_usage = (uint8_t)(0x04 + (c - 'A'));
		*ret_modifiers = MOD_SHIFT;
	} else if (c == '\n' || c == '\r') {
		*ret_usage = 0x28;
	} else if (c == '\t') {
		*ret_usage = 0x2b;
	} else if (c == ' ') {
		*ret_usage = 0x2c;
	} else {
		return find_sign(digits, 0x1e, c, ret_usage, ret_modifiers) ||
		       find_sign(signs, 0x2d, c, ret_usage, ret_modifiers) ||
		       find_sign(signs2, 0x33, c, ret_usage, ret_modifiers);
	}
	return true;
}

static bool press(struct hid_device *h, uint8_t usage, uint8_t modifiers)
{
	const uint8_t down[8] = {modifiers, 0, usage};
	static const uint8_t up[8];

	return hid_send(h, down, sizeof(down)) && hid_send(h, up, sizeof(up));
}

/* "Enter", "Ctrl+Alt+Delete", "Ctrl+c". */
static bool find_named(const char *name, size_t length, uint8_t *ret_usage, uint8_t *ret_modifiers)
{
	static const struct named_key modifiers[] = {
		{"Ctrl+", MOD_CTRL}, {"Alt+", MOD_ALT}, {"Shift+", MOD_SHIFT}, {"GUI+", MOD_GUI}};
	uint8_t mask = 0;

	for (size_t i = 0; i < VT_ELEMENTS(modifiers); i++) {
		size_t n = strlen(modifiers[i].name);
		if (length > n && memcmp(name, modifiers[i].name, n) == 0) {
			mask |= modifiers[i].usage;
			name += n;
			length -= n;
			i = (size_t)-1; /* the next one, in any order */
		}
	}
	if (length == 1 && find_character(*name, ret_usage, ret_modifiers)) {
		*ret_modifiers |= mask;
		return true;
	}
	for (size_t i = 0; i < VT_ELEMENTS(named_keys); i++) {
		if (strlen(named_keys[i].name) == length &&
			memcmp(named_keys[i].name, name, length) == 0) {
			*ret_usage = named_keys[i].usage;
			*ret_modifiers = mask;
			return true;
		}
	}
	return false;
}

/* One key of the text; returns how many characters named it, 0 if there is no such key. */
static size_t next_key(
	const char *text, size_t length, bool names, uint8_t *ret_usage, uint8_t *ret_modifiers)
{
	const char *end =
		names && length > 2 && text[0] == '{' ? memchr(text + 2, '}', length - 2) : NULL;

	if (end)
		return find_named(text + 1, (size_t)(end - text - 1), ret_usage, ret_modifiers)
			       ? (size_t)(end - text) + 1
			       : 0;
	return find_character(*text, ret_usage, ret_modifiers) ? 1 : 0;
}

enum vt_code hid_type_text(
	struct hid_device *h, const char *text, size_t length, bool names, struct vt_buf *reply)
{
	uint8_t usage = 0, modifiers = 0;

	/* All or nothing: a text with a sign in it that no key has is not half typed. */
	for (size_t at = 0, n; at < length; at += n) {
		n = next_key(text + at, length - at, names, &usage, &modifiers);
		if (n == 0) {
			vt_buf_printf(reply, "no key of a US keyboard: \"%.12s\"\n", text + at);
			return VT_ERR_INVALID;
		}
	}
	for (size_t at = 0; at < length;) {
		at += next_key(text + at, length - at, names, &usage, &modifiers);
		if (!press(h, usage, modifiers))
			return VT_ERR_FULL;
	}
	return VT_OK;
}

enum vt_code hid_keypad_key(struct hid_device *h, const char *name, struct vt_buf *reply)
{
	static const struct named_key keys[9] = {{"up", 0x52}, {"down", 0x51}, {"left", 0x50},
		{"right", 0x4f}, {"select", 0x28}, {"back", 0x29}, {"help", 0x3a}, {"louder", 0x80},
		{"softer", 0x81}};

	for (size_t i = 0; i < VT_ELEMENTS(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return press(h, keys[i].usage, 0) ? VT_OK : VT_ERR_FULL;
	}
	vt_buf_append_text(reply, "key: up down left right select back help louder softer\n");
	return VT_ERR_INVALID;
}
