#ifndef VT_DRIVERS_DEVICE_ID_H
#define VT_DRIVERS_DEVICE_ID_H

/* What a printer says of itself: the IEEE 1284 device id, as GET_DEVICE_ID of the USB printer class
 * (1.1, §4.2.1) delivers it: two bytes of length, big endian and with themselves, then
 * "KEY:VALUE;" pairs. Foreign bytes: logged and shown, so printable ASCII only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Longest answer that is asked for and believed. */
#define DEVICE_ID_MAX 1024

struct device_id {
	char manufacturer[32]; /* MFG, MANUFACTURER */
	char model[64];	       /* MDL, MODEL */
	char commands[128];    /* CMD, COMMAND SET: languages, "ESC/POS,BDC"; "" = not said */
	char class[32];	       /* CLS, CLASS: "PRINTER"; "" = not said */
};

/* bytes: the whole answer. VT_ERR_PARSE: length that is not the answer's (a longer answer than
 * asked for is cut by the host and refused too), bytes outside ASCII, a pair without ":" or the
 * last one without ";" (a trailing NUL or blanks are borne), a key of ours twice, no manufacturer
 * or model. VT_ERR_LIMIT: a value of ours that is longer than its field. *ret is untouched then. */
VT_MUST_USE enum vt_code device_id_parse(
	const uint8_t *bytes, size_t length, struct device_id *ret, struct vt_error *error);
/* Does it say that it speaks this language? A whole word of commands, any case. */
bool device_id_speaks(const struct device_id *id, const char *language);

#endif
