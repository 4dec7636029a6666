#ifndef VT_DRIVERS_PRINTER_PAGE_H
#define VT_DRIVERS_PRINTER_PAGE_H

/* The receipt model on letter-size pages (215.9 × 279.4 mm): certificates and certified copies.
 * The same lines as on the roll, with the room of a page: a heading under the institution's rule,
 * data in two columns, the key in a frame, codes side by side at the foot of the text. Nothing here
 * imitates a security feature: no coat of arms, no guilloche, no hologram. */

#include <stddef.h>

#include "drivers/printer/text.h"
#include "terminal/base/error.h"
#include "terminal/bus/receipt.h"

#define PAGE_DPI    300
#define PAGE_WIDTH  2550
#define PAGE_HEIGHT 3300
/* A receipt of RECEIPT_MAX_LINES full paragraphs takes three. */
#define PAGE_MAX 4

/* Grey pages, 0 white … 255 black; personal. */
struct pages {
	size_t count;
	struct canvas list[PAGE_MAX]; /* pixels owned */
};

/* VT_ERR_LIMIT: more than PAGE_MAX pages, or a code that does not fit; VT_ERR_INVALID: nothing on
 * it, or a barcode text outside ASCII; VT_ERR_NOMEM. *ret is empty then. */
VT_MUST_USE enum vt_code page_render(const struct receipt *receipt, struct text_fonts *fonts,
	struct pages *ret, struct vt_error *error);
/* Wipes and frees; empty and usable again. */
void page_finish(struct pages *pages);

#endif
