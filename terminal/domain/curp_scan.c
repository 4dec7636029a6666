#include "terminal/domain/curp_scan.h"

#include <string.h>

#include "terminal/base/text.h"

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (unsigned char)c >= 0x80; /* a letter we do not know is a letter */
}

/* What is known after one more word: a good key counts more than a wrong one beside it. */
static enum curp_scan judge(
	enum curp_scan before, enum curp_error error, const char *key, char ret_key[CURP_SIZE])
{
	if (error == CURP_FORMAT)
		return before;
	if (error != CURP_OK)
		return before == CURP_SCAN_NONE ? CURP_SCAN_WRONG : before;
	if (before == CURP_SCAN_SEVERAL || (ret_key[0] && strcmp(ret_key, key) != 0))
		return CURP_SCAN_SEVERAL;
	memcpy(ret_key, key, CURP_SIZE);
	return CURP_SCAN_GOOD;
}

enum curp_scan curp_from_scan(const char *text, struct vt_date today, char ret_key[CURP_SIZE])
{
	enum curp_scan result = CURP_SCAN_NONE;
	char word[CURP_SIZE], key[CURP_SIZE];
	enum curp_error error;

	ret_key[0] = '\0';
	while (*text) {
		size_t length = 0;
		while (is_word(text[length]))
			length++;
		if (length == CURP_LENGTH) {
			memcpy(word, text, CURP_LENGTH);
			word[CURP_LENGTH] = '\0';
			error = curp_normalise(word, key) ? curp_check(key, today) : CURP_FORMAT;
			result = judge(result, error, key, ret_key);
		}
		text += length > 0 ? length : 1;
	}
	if (result != CURP_SCAN_GOOD)
		vt_wipe(ret_key, CURP_SIZE);
	vt_wipe(word, sizeof(word));
	vt_wipe(key, sizeof(key));
	return result;
}
