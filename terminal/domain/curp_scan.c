#include "terminal/domain/curp_scan.h"

#include <string.h>

#include "terminal/base/text.h"

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (unsigned char)c >= 0x80; /* a letter we do not know is a letter */
}

bool curp_from_scan(const char *text, struct vt_date today, char ret_key[CURP_SIZE])
{
	char word[CURP_SIZE], key[CURP_SIZE];
	bool several = false;

	ret_key[0] = '\0';
	while (*text) {
		size_t length = 0;
		while (is_word(text[length]))
			length++;
		if (length == CURP_LENGTH) {
			memcpy(word, text, CURP_LENGTH);
			word[CURP_LENGTH] = '\0';
			if (curp_normalise(word, key) && curp_check(key, today) == CURP_OK) {
				several |= ret_key[0] && strcmp(ret_key, key) != 0;
				memcpy(ret_key, key, CURP_SIZE);
			}
		}
		text += length > 0 ? length : 1;
	}
	if (several)
		vt_wipe(ret_key, CURP_SIZE);
	vt_wipe(word, sizeof(word));
	vt_wipe(key, sizeof(key));
	return ret_key[0] != '\0';
}
