#ifndef VT_VDEV_PRINTER_INTERNAL_H
#define VT_VDEV_PRINTER_INTERNAL_H

/* What the three files of the printer share: printer.c (USB, status, switches), mechanism.c (paper,
 * head, cutter) and escpos.c (interpreter).
 *
 *   bulk OUT → real-time scanner (DLE …: at once) → receive buffer → interpreter
 *                                                     │ a command that moves paper
 *                                                     ▼
 *                        band rows, then feed, then cut  → mechanism at print speed → sheet
 *   The interpreter takes the next byte only when the mechanism has nothing left to do. */

#include "tools/virtual-devices/codes.h"
#include "tools/virtual-devices/printer.h"

#define ROW_BYTES	(PRINTER_WIDTH_PX / 8)
#define MAX_BAND_ROWS	4096
#define MAX_SHEET_ROWS	16384 /* 2 m without a cut */
#define LINE_ROWS	192   /* tallest line: 24 dots × 8 */
#define TX_BYTES	1024
#define MAX_GRAPHICS_PX 2400

/* --- interpreter state --- */

/* Where the data bytes of a command go. */
enum escpos_sink {
	SINK_NONE,
	SINK_SKIP,
	SINK_RASTER,	/* GS v 0: rows printed as they come */
	SINK_GRAPHICS,	/* GS ( L fn 112: rows into the graphics buffer */
	SINK_COLUMNS,	/* ESC *: columns into the line */
	SINK_QR,	/* GS ( k fn 80 */
	SINK_BARCODE,	/* GS k, counted */
	SINK_BARCODE_Z, /* GS k, up to a NUL */
	SINK_TABS,	/* ESC D, up to a NUL */
	SINK_CHARACTERS /* ESC &: per character a width and its columns */
};

struct escpos_style {
	uint8_t page;	       /* ESC t */
	uint8_t international; /* ESC R */
	bool font_b, bold, double_strike, reverse, upside_down;
	uint8_t underline;     /* dots thick */
	uint8_t width, height; /* 1–8 */
	uint8_t align;	       /* 0 left, 1 centre, 2 right */
	int line_pitch, char_space;
	int left_margin, area_width;
	uint8_t tabs[32];
	size_t tab_count;
	uint8_t bar_height, bar_module, bar_text; /* GS h, GS w, GS H */
	bool bar_text_font_b;
	uint8_t qr_module, qr_level; /* dots, 0–3 */
};

struct escpos {
	int paper_px;
	struct escpos_style style;
	uint8_t command[4]; /* prefix, letter, sub-letter */
	uint8_t args[20];
	size_t arg_count, arg_need;
	uint8_t state; /* enum state of escpos.c */
	enum escpos_sink sink;
	uint32_t data_left; /* bytes of payload still to come; sinks _Z ignore it */
	uint32_t body;	    /* length of a GS ( command */
	/* raster and columns */
	uint8_t row[ROW_BYTES];
	uint32_t row_at, row_width; /* byte in the row, bytes per row */
	uint8_t mode;
	uint32_t column;
	uint32_t char_left; /* ESC &: characters still to come */
	uint8_t char_rows;
	/* stored graphics */
	uint8_t *graphics;
	uint32_t graphics_rows, graphics_at, graphics_width; /* width in bytes */
	uint8_t graphics_scale_x, graphics_scale_y;
	/* QR and barcode data */
	uint8_t symbol[CODES_MAX_QR_DATA];
	size_t symbol_length;
	bool symbol_too_long;
	size_t qr_length;
	uint8_t qr[CODES_MAX_QR_DATA];
	/* the line being set */
	uint8_t line[LINE_ROWS][ROW_BYTES];
	int x, line_height;
	bool line_used;
	unsigned unknown;
};

/* --- printer --- */

struct printer {
	struct vdev base;
	struct printer_options options;
	uint8_t device[18];
	char serial[32];
	const char *strings[3];
	/* receive buffer: a ring */
	uint8_t *rx;
	size_t rx_size, rx_head, rx_length;
	uint8_t realtime[10];
	size_t realtime_length;
	/* answers */
	uint8_t tx[TX_BYTES];
	size_t tx_length;
	uint8_t asb_mask, asb_last[4];
	bool asb_due; /* just switched on: the first answer comes at once */
	bool mute;
	struct escpos esc;
	/* mechanism */
	uint8_t *band; /* MAX_BAND_ROWS rows */
	int band_rows, band_next;
	int feed_rows;
	enum { CUT_NONE, CUT_FULL, CUT_PARTIAL } cut;
	uint8_t *sheet; /* rows between the head and the end of the paper */
	int sheet_rows, sheet_capacity;
	bool sheet_inked;
	unsigned sheet_count, cut_count;
	int64_t credit; /* thousandths of a row the head may still print */
	int64_t last_ms;
	int64_t paper_rows; /* left on the roll */
	/* switches and errors */
	bool cover_open, offline, drawer_open, fatal, hot;
	bool cutter_jammed; /* the cause */
	bool cutter_error;  /* the latched error, until DLE ENQ */
};

static inline struct printer *printer_of(struct vdev *dev)
{
	return (struct printer *)(void *)dev;
}

/* printer.c */
void printer_answer(struct printer *p, const void *data, size_t length);
/* Sends automatic status if something in its mask changed; after every change of a switch. */
void printer_status_changed(struct printer *p);
bool printer_has_error(const struct printer *p);
bool printer_is_offline(const struct printer *p);
uint8_t printer_paper_status(const struct printer *p); /* 03 near end, 0C end */
/* Runs interpreter and mechanism until nothing more can happen now. */
void printer_work(struct printer *p);

/* mechanism.c */
enum vt_code mechanism_init(struct printer *p);
void mechanism_finish(struct printer *p);
/* True when every row, feed and cut asked for is done. */
bool mechanism_idle(const struct printer *p);
/* Works as long as credit, paper and cutter allow; true if anything moved. */
bool mechanism_run(struct printer *p);
/* Adds a row to the band; only between commands. False when the band is full. */
bool mechanism_add_row(struct printer *p, const uint8_t *row);
void mechanism_feed(struct printer *p, int rows);
void mechanism_cut(struct printer *p, bool partial);
/* Forgets what is not printed yet. */
void mechanism_clear(struct printer *p);
/* The paper in the machine comes out torn, if anything is on it; otherwise it is simply straight
 * again. */
void mechanism_tear(struct printer *p, const char *reason);
bool mechanism_near_end(const struct printer *p);

/* escpos.c */
/* paper_px: dots of the head. */
void escpos_init(struct escpos *e, int paper_px);
void escpos_finish(struct escpos *e);
/* ESC @ and power-up: style and line back to the beginning; keeps unknown. */
void escpos_reset(struct escpos *e);
/* Interprets one byte of the receive buffer. */
void escpos_byte(struct printer *p, uint8_t byte);

/* escpos-line.c */
/* Dots of the printable area, and where something `width` dots wide begins under the alignment. */
int line_width(const struct escpos *e);
int line_align(const struct escpos *e, int width);
void line_clear(struct escpos *e);
/* Prints the line and feeds, in all at least `feed` dots. */
void line_print(struct printer *p, int feed);
/* Prints the line if there is anything on it: before what needs lines of its own. */
void line_finish(struct printer *p);
/* One character of the current code page; wraps where the area ends. */
void line_put(struct printer *p, uint8_t byte);
void line_tab(struct printer *p);

/* escpos-graphics.c */
void graphics_print_barcode(struct printer *p);
void graphics_print_qr(struct printer *p);
/* Prints and forgets what was stored. */
void graphics_print(struct printer *p);
/* Prepares for raster graphics of `rest` bytes; args from `at`: a bx by c xL xH yL yH. False if
 * they are refused. */
bool graphics_store(struct printer *p, size_t at, uint32_t rest);
/* Payload of raster (printed row by row) and stored graphics, and of ESC *. */
void graphics_row_byte(struct printer *p, uint8_t byte);
void graphics_column_byte(struct printer *p, uint8_t byte);

/* Shared by the three. */

static inline struct escpos_style *style(struct printer *p)
{
	return &p->esc.style;
}

static inline uint8_t arg(const struct printer *p, size_t i)
{
	return p->esc.args[i];
}

static inline int arg16(const struct printer *p, size_t i)
{
	return p->esc.args[i] | p->esc.args[i + 1] << 8;
}

static inline void dots_set(uint8_t *row, int x)
{
	if (x >= 0 && x < PRINTER_WIDTH_PX)
		row[x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static inline bool dots_get(const uint8_t *row, int x)
{
	return row[x / 8] >> (7 - x % 8) & 1;
}

static inline void dots_fill(uint8_t *row, int x, int count)
{
	for (int i = 0; i < count; i++)
		dots_set(row, x + i);
}

#endif
