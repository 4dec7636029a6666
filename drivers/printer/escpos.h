#ifndef VT_DRIVERS_PRINTER_ESCPOS_H
#define VT_DRIVERS_PRINTER_ESCPOS_H

/* ESC/POS as pure functions: bytes to the printer, and a parser of the mixed answers on its one
 * bulk IN endpoint. Facts: devices.md D.2; Epson's ESC/POS command reference. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/registry.h"
#include "terminal/base/buf.h"

/* Rows of one GS v 0 band: the status is asked between bands, so paper end is seen within 32 mm. */
#define ESCPOS_BAND_ROWS 256

/* ---- out ---- */

void escpos_initialise(struct vt_buf *out);
/* Which changes the printer reports by itself (GS a): online, error and paper, or none. */
void escpos_auto_status(struct vt_buf *out, bool on);
/* One band: rows ≤ ESCPOS_BAND_ROWS rows of width_bytes each, MSB left, 1 = black. The bits must
 * have gone through escpos_guard(). */
void escpos_raster(struct vt_buf *out, const uint8_t *bits, size_t width_bytes, size_t rows);
/* The same through the graphics buffer (GS 8 L 112 stores, 50 prints). */
void escpos_graphics(struct vt_buf *out, const uint8_t *bits, size_t width_bytes, size_t rows);
/* Real-time commands (DLE EOT, DLE ENQ, DLE DC4) act wherever they stand in the stream, also inside
 * picture data: a pattern of dots could open a drawer or clear the buffer. One dot is added beside
 * a dot wherever the bits look like one. Returns how many were changed. */
size_t escpos_guard(uint8_t *bits, size_t length);
/* Feeds the last row past the cutter and cuts; without a cutter, past the tear bar. */
void escpos_cut(struct vt_buf *out, const struct printer_profile *profile);
/* Live status n = 1 … 4 (DLE EOT), answered at once, out of turn. */
void escpos_live_status(struct vt_buf *out, uint8_t n);
/* Queued paper status (GS r 1), answered when reached in the stream. */
void escpos_queued_status(struct vt_buf *out);
/* Queued process id (GS ( H fn 48): answered with id when reached. id: bytes 0x20 … 0x7e. */
void escpos_process_id(struct vt_buf *out, const uint8_t id[4]);
/* Cuts in the printer's life (GS g 2, counter 50, cumulative), queued. */
void escpos_cutter_counter(struct vt_buf *out);
/* Clears the buffers after an error the printer can recover from (DLE ENQ 2). */
void escpos_recover(struct vt_buf *out);
/* Text mode. */
void escpos_code_page(struct vt_buf *out, uint8_t n);
void escpos_style(struct vt_buf *out, unsigned scale, bool bold, bool centred);
/* text without control characters, 1 … 2,048 bytes. */
void escpos_qr(struct vt_buf *out, const char *text, unsigned module_dots);
/* ASCII without control characters, 1 … 250 bytes. */
void escpos_code128(struct vt_buf *out, const char *text);
/* CP858 bytes of UTF-8 text; what it has not is written without its mark (ā → a) or as '?'. */
void escpos_text(struct vt_buf *out, const char *utf8);

/* ---- in ---- */

/* What the printer says about itself. */
struct escpos_status {
	bool offline;
	bool cover_open;
	bool paper_end;
	bool paper_near_end;
	bool cutter_error;
	bool fatal_error;	/* needs power off and on */
	bool recoverable_error; /* jam, overheated head … */
};

enum escpos_answer_type {
	ESCPOS_LIVE,	   /* DLE EOT; value = the byte: meaning depends on which n was asked */
	ESCPOS_AUTO,	   /* automatic status; status is complete */
	ESCPOS_QUEUED,	   /* GS r; value = the byte */
	ESCPOS_PROCESS_ID, /* id */
	ESCPOS_COUNTER,	   /* number */
	ESCPOS_FLOW,	   /* XON, XOFF: value */
	ESCPOS_GARBAGE,	   /* value = the byte, or the first of a broken block */
};

struct escpos_answer {
	enum escpos_answer_type type;
	uint8_t value;
	uint8_t id[4];
	uint32_t number;
	struct escpos_status status; /* ESCPOS_AUTO */
};

/* Longest block answer (5F … 00) believed. */
#define ESCPOS_MAX_BLOCK 32

/* State between bytes; zero it to begin or after a flush. */
struct escpos_parser {
	uint8_t bytes[ESCPOS_MAX_BLOCK];
	size_t count;
};

/* Takes one byte. Returns true and fills *ret when it ends an answer. A byte that breaks a block
 * yields ESCPOS_GARBAGE for the block and is itself the start of the next answer. */
bool escpos_parse(struct escpos_parser *parser, uint8_t byte, struct escpos_answer *ret);
/* Puts the answer byte to DLE EOT n into status (only the fields n speaks of). */
void escpos_apply_live(struct escpos_status *status, uint8_t n, uint8_t byte);
/* True if nothing keeps the printer from printing (near end does not). */
bool escpos_status_good(const struct escpos_status *status);
/* "" or the word for printer_print_result.reason: "cover", "paper", "cutter", "device". */
const char *escpos_status_reason(const struct escpos_status *status);

#endif
