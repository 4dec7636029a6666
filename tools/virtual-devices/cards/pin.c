#include "tools/virtual-devices/cards/pin.h"

#include <string.h>

#include <openssl/crypto.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/card.h"

/* Characters in front of the padding; 0 if it is not padded as it should be. */
static size_t padded_length(const uint8_t data[PIN_SIZE])
{
	size_t length = 0;

	while (length < PIN_SIZE && data[length] != 0xff)
		length++;
	for (size_t i = length; i < PIN_SIZE; i++)
		if (data[i] != 0xff)
			return 0;
	return length;
}

bool pin_init(struct pin *pin, const char *text, unsigned tries, unsigned tries_left)
{
	size_t length = strlen(text);

	*pin = (struct pin){.tries = tries, .tries_left = tries_left, .min_length = 4};
	if (length < 4 || length > PIN_SIZE || tries < 1 || tries > 15 || tries_left > tries)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] < '!' || text[i] > '~')
			return false;
	memset(pin->value, 0xff, PIN_SIZE);
	memcpy(pin->value, text, length);
	return true;
}

void pin_finish(struct pin *pin)
{
	vt_wipe(pin, sizeof(*pin));
}

static uint16_t tries_sw(const struct pin *pin)
{
	return (uint16_t)(pin->tries_left == 0 ? CARD_SW_BLOCKED
					       : CARD_SW_WRONG_PIN | pin->tries_left);
}

/* One try is counted before the comparison, as a card must that may lose power in between. */
static uint16_t compare(struct pin *pin, const uint8_t data[PIN_SIZE])
{
	pin->verified = false;
	if (pin->tries_left == 0)
		return CARD_SW_BLOCKED;
	pin->tries_left--;
	if (CRYPTO_memcmp(pin->value, data, PIN_SIZE) != 0)
		return tries_sw(pin);
	pin->tries_left = pin->tries;
	return CARD_SW_OK;
}

uint16_t pin_verify(struct pin *pin, const uint8_t *data, size_t length)
{
	if (length == 0)
		return pin->verified ? CARD_SW_OK : tries_sw(pin);
	/* SP 800-73-4 part 2 §3.2.1: wrong length or padding is refused without counting. */
	if (length != PIN_SIZE)
		return CARD_SW_WRONG_LENGTH;
	if (padded_length(data) == 0)
		return CARD_SW_WRONG_DATA;
	uint16_t sw = compare(pin, data);
	pin->verified = sw == CARD_SW_OK;
	return sw;
}

uint16_t pin_change(struct pin *pin, const uint8_t *data, size_t length)
{
	if (length != 2 * PIN_SIZE)
		return CARD_SW_WRONG_LENGTH;
	if (padded_length(data + PIN_SIZE) < pin->min_length)
		return CARD_SW_WRONG_DATA;
	uint16_t sw = compare(pin, data);
	if (sw == CARD_SW_OK)
		memcpy(pin->value, data + PIN_SIZE, PIN_SIZE);
	return sw;
}

uint16_t pin_unblock(struct pin *pin, struct pin *puk, const uint8_t *data, size_t length)
{
	if (length != 2 * PIN_SIZE)
		return CARD_SW_WRONG_LENGTH;
	if (padded_length(data + PIN_SIZE) < pin->min_length)
		return CARD_SW_WRONG_DATA;
	uint16_t sw = compare(puk, data);
	if (sw == CARD_SW_OK) {
		memcpy(pin->value, data + PIN_SIZE, PIN_SIZE);
		pin->tries_left = pin->tries;
		pin->verified = false;
	}
	return sw;
}
