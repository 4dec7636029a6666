#include "tools/virtual-devices/cards/chat.h"

#include <string.h>

#include "terminal/base/text.h"

#define MAX_LINE (3 * CHAT_MAX_BYTES + 16)

bool chat_hex(const char *text, uint8_t *ret, size_t max, size_t *ret_length)
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ' || *text == '\t') {
			text++;
			continue;
		}
		const char pair[3] = {text[0], text[1], '\0'};
		if (n == max || !vt_unhex(ret + n, 1, pair))
			return false;
		n++;
		text += 2;
	}
	*ret_length = n;
	return n > 0;
}

/* True if the bytes are what the pattern says. One `*` is enough for all our scripts. */
static bool matches(const char *pattern, const uint8_t *data, size_t length)
{
	size_t at = 0;

	while (*pattern) {
		uint8_t byte;
		if (*pattern == ' ') {
			pattern++;
			continue;
		}
		if (*pattern == '*') {
			size_t behind = 0;
			for (const char *p = pattern + 1; *p; p++)
				behind += *p != ' ';
			if (length < at + behind / 2)
				return false;
			at = length - behind / 2;
			pattern++;
			continue;
		}
		const char pair[3] = {pattern[0], pattern[1], '\0'};
		if (at == length)
			return false;
		if (strcmp(pair, "??") != 0 && (!vt_unhex(&byte, 1, pair) || byte != data[at]))
			return false;
		at++;
		pattern += 2;
	}
	return at == length;
}

static enum vt_code differs(
	int number, const uint8_t *answer, size_t length, struct vt_error *error)
{
	char text[2 * 48 + 1];
	size_t shown = length < 48 ? length : 48;

	vt_hex(text, answer, shown);
	return vt_fail(error, VT_ERR_FAILED, 0, "line %d: the card answered %zu bytes: %s%s",
		number, length, text, shown < length ? "..." : "");
}

enum vt_code chat_run(struct card *card, int protocol, const char *script, size_t *ret_count,
	struct vt_error *error)
{
	uint8_t apdu[CHAT_MAX_BYTES], atr[CARD_MAX_ATR];
	const uint8_t *answer = NULL;
	size_t length = 0, count = 0;
	char line[MAX_LINE];
	int number = 0;

	if (card_power_on(card, protocol, atr) == 0)
		return vt_fail(error, VT_ERR_DEVICE, 0, "no answer to reset");
	while (*script) {
		size_t n = strcspn(script, "\n");
		number++;
		if (n >= sizeof(line))
			return vt_fail(error, VT_ERR_LIMIT, 0, "line %d: too long", number);
		memcpy(line, script, n);
		line[n] = '\0';
		line[strcspn(line, "#\r")] = '\0';
		script += n + (script[n] == '\n');
		if (line[0] == '>' && chat_hex(line + 1, apdu, sizeof(apdu), &length)) {
			if (card_transmit(card, apdu, length, protocol != 0, &answer, &length) < 0)
				return vt_fail(
					error, VT_ERR_TIMEOUT, 0, "line %d: no answer", number);
		} else if (line[0] == '<' && answer) {
			if (!matches(line + 1, answer, length))
				return differs(number, answer, length, error);
			count++;
			answer = NULL;
		} else if (strncmp(line, "! reset", 7) == 0) {
			if (card_power_on(card, protocol, atr) == 0)
				return vt_fail(error, VT_ERR_DEVICE, 0, "line %d: no ATR", number);
		} else if (line[strspn(line, " \t")] != '\0') {
			return vt_fail(error, VT_ERR_PARSE, 0, "line %d: not of a chat", number);
		}
	}
	if (ret_count)
		*ret_count = count;
	return VT_OK;
}
