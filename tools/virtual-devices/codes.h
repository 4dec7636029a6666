#ifndef VT_VDEV_CODES_H
#define VT_VDEV_CODES_H

/* The printer's own symbol generators: QR codes (libqrencode) and linear barcodes. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* Data bytes of the largest QR symbol (version 40, level L, digits). */
#define CODES_MAX_QR_DATA 7089
#define CODES_MAX_QR_SIZE 177
/* Elements (bars and spaces) of the longest barcode: 255 symbols of 6 plus stop. */
#define CODES_MAX_ELEMENTS (255 * 10 + 32)

/* A QR symbol without quiet zone: size × size modules, 1 = dark. */
struct codes_qr {
	int size;
	uint8_t modules[CODES_MAX_QR_SIZE * CODES_MAX_QR_SIZE];
};

/* level 0 L, 1 M, 2 Q, 3 H. Digits and capitals are packed as the standard allows. VT_ERR_LIMIT if
 * the data does not fit any version, VT_ERR_INVALID if there is none. */
VT_MUST_USE enum vt_code codes_qr_encode(
	const uint8_t *data, size_t length, int level, struct codes_qr *ret);

/* Barcode systems by the m of GS k, function B. */
enum codes_system {
	CODES_UPC_A = 65,
	CODES_EAN13 = 67,
	CODES_EAN8 = 68,
	CODES_CODE39 = 69,
	CODES_ITF = 70,
	CODES_CODE128 = 73
};

/* Element widths in modules, alternating and starting with a bar; no quiet zone. text is what
 * stands below the bars. */
struct codes_bar {
	size_t count;
	uint8_t widths[CODES_MAX_ELEMENTS];
	char text[256];
};

/* Data exactly as GS k carries it (Code 128: with "{B" and the like). Missing EAN and UPC check
 * digits are added, wrong ones refused. VT_ERR_UNSUPPORTED: system not built; VT_ERR_INVALID: data
 * does not fit the system. */
VT_MUST_USE enum vt_code codes_bar_encode(
	int system, const uint8_t *data, size_t length, struct codes_bar *ret);

#endif
