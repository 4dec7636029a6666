#ifndef VT_UI_TOOLKIT_QR_H
#define VT_UI_TOOLKIT_QR_H

/* QR symbols as a square of modules. */

#include <stdbool.h>
#include <stdint.h>

/* Version 40. */
#define QR_MAX_SIZE 177

struct qr {
	uint64_t text_hash; /* of the text it holds; 0 = empty */
	int size;	    /* modules along a side, without the quiet zone; 0 = text did not fit */
	uint8_t dark[QR_MAX_SIZE * QR_MAX_SIZE]; /* 1 = dark */
};

/* Encodes text (bytes, error correction level M) unless qr holds it already. False if it does not
 * fit. */
bool qr_encode(struct qr *qr, const char *text);
/* Wipes. */
void qr_forget(struct qr *qr);

#endif
