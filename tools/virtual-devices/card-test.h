#ifndef VT_VDEV_CARD_TEST_H
#define VT_VDEV_CARD_TEST_H

/* A small card for proving readers: files, echoes, random bytes, answers of any length, slow and
 * mute ones. It holds nothing of worth.
 *
 *   00 A4 xx xx Lc id       SELECT by file id or by name; FCI template 6F unless P2 = 0C
 *   00 B0 offset Le         READ BINARY of the selected file
 *   00 D6 offset Lc data    UPDATE BINARY
 *   00 84 00 00 Le          GET CHALLENGE: Le bytes of the seeded generator
 *   00 20 00 01 08 PIN      VERIFY: the digits padded with FF; empty = state; 63Cx, 6983
 *   00 24 00 01 10 PIN PIN  CHANGE REFERENCE DATA
 *   00 CA 00 00 Le          GET DATA: the first 8 bytes of the serial number
 *   80 10 00 00 Lc data Le  ECHO: gives back its data, chained parts joined
 *   80 12 hi lo Le          FILL: P1P2 bytes 00 01 02 …
 *   80 14 hi lo             SLOW: answers after P1P2 × 10 ms
 *   80 16 00 00             MUTE: never answers
 *   80 18 sw1 sw2           STATUS: answers with these
 *
 * Card file, one "key: value" a line:
 *   card test
 *   protocol: 0 | 1 | both          (both, T=0 first)
 *   atr: 3B 95 …                    instead of the made one
 *   pin: 1234      tries: 3
 *   file: 2F00 61 08 4F 06 …        id and bytes in hex
 *   file: 0001 text Hola            id and text
 *   seed: 1
 * '#' begins a comment. */

#include "tools/virtual-devices/card.h"

#define CARD_TEST_MAX_FILES 16
#define CARD_TEST_MAX_BYTES 4096 /* of one file */

struct card_test_options {
	int protocol;	    /* 0, 1, -1 = both */
	const uint8_t *atr; /* NULL = made */
	size_t atr_length;
	const char *pin; /* NULL = "1234"; at most 8 characters */
	int tries;	 /* 0 = 3 */
	uint32_t seed;	 /* 0 = 1 */
};

/* options may be NULL. NULL only for no memory. Has file 2F00 with eight bytes. */
struct card *card_test_create(const struct card_test_options *options);
/* Adds or replaces a file; VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code card_test_put(
	struct card *card, uint16_t id, const uint8_t *data, size_t length);
/* See above; refuses unknown keys with the line's number. */
VT_MUST_USE enum vt_code card_test_open(
	const char *path, struct card **ret_card, struct vt_error *error);

#endif
