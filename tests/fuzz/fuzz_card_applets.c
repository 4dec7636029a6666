/* The certificate cards as parsers of any command. Byte 0 chooses the card and the protocol; then
 * come commands, each behind its length in two bytes. A card must always answer at least a status,
 * and without the right PIN (which no input can contain: it is not text) no key but 9E works. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "terminal/base/buf.h"
#include "tools/virtual-devices/cards/applet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static struct card *cards[2];

static void must(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* A fresh P-256 key; `pem` false gives an RSA-1024 one, which is quick. */
static struct key *make_key(bool is_ec)
{
	EVP_PKEY *pkey = is_ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(1024);
	uint8_t *der = NULL;
	struct key *key = NULL;
	int size = i2d_PrivateKey(pkey, &der);

	must(size > 0 && key_parse(der, (size_t)size, NULL, &key, NULL) == VT_OK, "key");
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return key;
}

static struct card *make_card(enum image_kind kind)
{
	static const uint8_t slots[2][3] = {{0x9a, 0x9c, 0x9e}, {1, 2, 3}};
	struct image *image = NULL;
	struct card *card = NULL;
	const char *text = kind == IMAGE_PIV ? "card piv" : "card pkcs15";

	must(image_parse(text, strlen(text), ".", &image, NULL) == VT_OK, "image");
	memset(image->pin.value, 0x07, sizeof(image->pin.value));
	memset(image->puk.value, 0x08, sizeof(image->puk.value));
	for (size_t i = 0; i < 3; i++) {
		struct image_key *key = &image->keys[image->key_count++];
		key->slot = slots[kind == IMAGE_PKCS15][i];
		key->key = make_key(i == 2);
		key->cert_length = 300;
		key->cert = calloc(1, key->cert_length);
		key->gzip = i == 1;
		must(key->cert != NULL, "memory");
	}
	must(applet_create(&image, &card, NULL) == VT_OK, "card");
	return card;
}

/* Answers of a key: a template 7C of PIV, or 64 and more bytes to PSO. */
static bool is_result(bool piv, const uint8_t *apdu, const uint8_t *answer, size_t length)
{
	return length > 40 && answer[length - 2] == 0x90 &&
	       (piv ? answer[0] == 0x7c && apdu[1] == 0x87 && apdu[3] != 0x9e : apdu[1] == 0x2a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	uint8_t atr[CARD_MAX_ATR];

	if (length < 1 || length > 16384)
		return 0;
	for (size_t i = 0; !cards[1] && i < 2; i++)
		cards[i] = make_card(i == 0 ? IMAGE_PIV : IMAGE_PKCS15);
	bool piv = data[0] & 1;
	struct card *card = cards[!piv];
	/* Tries are given back, so that each input sees the same card. */
	struct image *image = ((struct applet *)(void *)card)->image;
	image->pin.tries_left = image->puk.tries_left = 3;
	must(card_power_on(card, -1, atr) >= 2, "no ATR");
	for (size_t at = 1; at + 2 <= length;) {
		size_t n = (size_t)data[at] << 8 | data[at + 1];
		const uint8_t *answer = NULL;
		size_t size = 0;
		at += 2;
		if (n > length - at)
			n = length - at;
		must(card_transmit(card, data + at, n, data[0] & 2, &answer, &size) >= 0, "mute");
		must(size >= 2 && size <= CARD_MAX_RESPONSE + 2, "no status");
		bool open = image->pin.verified;
		must(open || n < 4 || !is_result(piv, data + at, answer, size), "key without PIN");
		at += n;
	}
	return 0;
}
