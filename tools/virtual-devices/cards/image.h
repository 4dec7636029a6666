#ifndef VT_CARDS_IMAGE_H
#define VT_CARDS_IMAGE_H

/* The file of a certificate card: what `virtual-devices card insert FILE` and `virtual-card` take.
 * One "key: value" a line, '#' begins a comment, at most 64 KiB:
 *
 *   card piv                    or pkcs15, cac
 *   label: Ventanilla           what the card calls itself
 *   protocol: 0 | 1 | both      (both, T=0 first)
 *   atr: 3B 95 …                instead of the made one
 *   extended: no                refuses extended lengths
 *   chaining: no                refuses command chains
 *   discovery: no               PIV: without the discovery object, as cards in the field
 *   pin: 123456    puk: 12345678     (these are the defaults)
 *   tries: 3       tries_left: 3     puk_left: 3
 *   serial: 32 hex digits       of the card; PIV: its GUID
 *   key: 9A certificate=holder.pem private=holder.key password=… gzip always label=…
 *   database: DIR               CAC: NSS database
 *   nicknames: cert1,cert2      CAC: its certificates (cert1,cert2,cert3)
 *
 * PIV keys begin with their slot (9A, 9C, 9D, 9E, 82 … 95), PKCS#15 keys with 01, 02 …. Files are
 * PEM or DER, looked for in the folder of the image unless absolute. `password` opens an encrypted
 * key; `gzip` stores the certificate compressed (PIV); `always` wants the PIN before each use
 * (PKCS#15); `label` ends the line. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/cards/key.h"
#include "tools/virtual-devices/cards/pin.h"

#define IMAGE_MAX_FILE (64 * 1024)
#define IMAGE_MAX_KEYS 24
#define IMAGE_MAX_TEXT 64

enum image_kind { IMAGE_PIV, IMAGE_PKCS15, IMAGE_CAC };

struct image_key {
	uint8_t slot;
	char label[IMAGE_MAX_TEXT]; /* "" if the image names none */
	uint8_t *cert;		    /* DER, owned; NULL: a key without a certificate */
	size_t cert_length;
	struct key *key; /* owned; NULL: a certificate without a key */
	bool gzip, always;
};

struct image {
	enum image_kind kind;
	int protocol; /* 0, 1, -1 = both */
	uint8_t atr[CARD_MAX_ATR];
	size_t atr_length; /* 0: none given */
	bool extended, chaining, discovery;
	char label[IMAGE_MAX_TEXT];
	struct pin pin, puk;
	uint8_t serial[16];
	struct image_key keys[IMAGE_MAX_KEYS];
	size_t key_count;
	char database[512]; /* absolute, or from the current folder */
	char nicknames[256];
};

/* Reads an image from text (length bytes, NUL behind them); folder is where file names start. On
 * failure *ret is NULL and error names the line. VT_ERR_PARSE, VT_ERR_LIMIT, VT_ERR_NOT_FOUND,
 * VT_ERR_UNSUPPORTED, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code image_parse(const char *text, size_t length, const char *folder,
	struct image **ret, struct vt_error *error);

/* Reads the image at path and the files that it names. */
VT_MUST_USE enum vt_code image_load(const char *path, struct image **ret, struct vt_error *error);

/* Wipes keys and PINs; NULL inside allowed. */
void image_destroy(struct image **image);

#endif
