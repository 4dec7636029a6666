/* The directory files of a hostile PKCS#15 card. The first byte says which. */

#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void check_path(const struct pkcs15_path *path)
{
	VT_ASSERT(path->length <= MAX_PATH && path->length % 2 == 0);
	VT_ASSERT(path->offset <= SMARTCARD_MAX_FILE && path->size <= SMARTCARD_MAX_FILE);
}

static void check(const struct pkcs15 *p15)
{
	VT_ASSERT(p15->directory_count <= MAX_DIRECTORIES);
	VT_ASSERT(p15->certificate_count <= MAX_KEYS && p15->key_count <= MAX_KEYS);
	VT_ASSERT(p15->pin_count <= MAX_PINS);
	for (size_t i = 0; i < p15->directory_count; i++)
		check_path(&p15->directories[i]);
	for (size_t i = 0; i < p15->certificate_count; i++)
		check_path(&p15->certificates[i].path);
	for (size_t i = 0; i < p15->pin_count; i++) {
		const struct pin_format *format = &p15->pins[i].format;

		check_path(&p15->pins[i].path);
		VT_ASSERT(format->min >= 1 && format->min <= format->max && format->max <= 16);
		VT_ASSERT(format->block <= SMARTCARD_MAX_PIN_BLOCK);
		/* The longest PIN fits the block. */
		VT_ASSERT(format->block == 0 ||
			  (format->is_bcd ? (format->max + 1) / 2 : format->max) <= format->block);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct pkcs15 p15;

	if (length < 1 || length > SMARTCARD_MAX_FILE)
		return 0;
	p15 = (struct pkcs15){0};
	/* Twice: the second file of a kind adds to the first. */
	for (int i = 0; i < 2; i++) {
		const uint8_t *p = data + 1;
		size_t n = length - 1;

		switch (data[0] % 6) {
		case 0:
			(void)pkcs15_parse_dir(p, n, &p15.home);
			check_path(&p15.home);
			break;
		case 1:
			(void)pkcs15_parse_odf(&p15, p, n);
			break;
		case 2:
			pkcs15_parse_certificates(&p15, p, n);
			break;
		case 3:
			pkcs15_parse_keys(&p15, p, n);
			break;
		case 4:
			pkcs15_parse_pins(&p15, p, n);
			break;
		case 5:
			pkcs15_parse_token(&p15, p, n);
			break;
		}
		check(&p15);
	}
	return 0;
}
