#include "drivers/printer/escpos.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Blank dots between the last row and the cut. */
#define CUT_MARGIN 16

static void put(struct vt_buf *out, const uint8_t *bytes, size_t length)
{
	vt_buf_append(out, bytes, length);
}
#define PUT(out, ...) \
	put(out, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

void escpos_initialise(struct vt_buf *out)
{
	PUT(out, 0x1b, 0x40);
}

void escpos_auto_status(struct vt_buf *out, bool on)
{
	/* 2 online, 4 error, 8 paper; not 1, the drawer. */
	PUT(out, 0x1d, 0x61, on ? 0x0e : 0x00);
}

void escpos_raster(struct vt_buf *out, const uint8_t *bits, size_t width_bytes, size_t rows)
{
	VT_ASSERT(rows > 0 && rows <= ESCPOS_BAND_ROWS && width_bytes > 0 && width_bytes <= 255);
	PUT(out, 0x1d, 0x76, 0x30, 0x00, (uint8_t)width_bytes, 0x00, (uint8_t)rows,
		(uint8_t)(rows >> 8));
	put(out, bits, width_bytes * rows);
}

void escpos_graphics(struct vt_buf *out, const uint8_t *bits, size_t width_bytes, size_t rows)
{
	const size_t dots = width_bytes * 8, length = width_bytes * rows + 10;

	VT_ASSERT(rows > 0 && rows <= ESCPOS_BAND_ROWS && width_bytes > 0 && width_bytes <= 255);
	PUT(out, 0x1d, 0x38, 0x4c, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
		0x00, 0x30, 0x70, 0x30, 0x01, 0x01, 0x31, (uint8_t)dots, (uint8_t)(dots >> 8),
		(uint8_t)rows, (uint8_t)(rows >> 8));
	put(out, bits, width_bytes * rows);
	PUT(out, 0x1d, 0x28, 0x4c, 0x02, 0x00, 0x30, 0x32);
}

void escpos_cut(struct vt_buf *out, const struct printer_profile *profile)
{
	/* Function B: the printer itself knows how far its cutter is from its head. */
	switch (profile->cut) {
	case CUT_NONE:
		if (profile->feed_lines)
			PUT(out, 0x1b, 0x64, profile->feed_lines);
		break;
	case CUT_PARTIAL:
		PUT(out, 0x1d, 0x56, 66, CUT_MARGIN);
		break;
	case CUT_FULL:
		PUT(out, 0x1d, 0x56, 65, CUT_MARGIN);
		break;
	}
}

size_t escpos_guard(uint8_t *bits, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < length; i++)
		if (bits[i] == 0x10 &&
			(bits[i + 1] == 0x04 || bits[i + 1] == 0x05 || bits[i + 1] == 0x14)) {
			bits[i] = 0x18;
			count++;
		}
	return count;
}

void escpos_live_status(struct vt_buf *out, uint8_t n)
{
	PUT(out, 0x10, 0x04, n);
}

void escpos_queued_status(struct vt_buf *out)
{
	PUT(out, 0x1d, 0x72, 0x01);
}

void escpos_process_id(struct vt_buf *out, const uint8_t id[4])
{
	PUT(out, 0x1d, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, id[0], id[1], id[2], id[3]);
}

void escpos_cutter_counter(struct vt_buf *out)
{
	/* Maintenance counter 50 (autocutter) + 128: the cumulative one no technician resets. */
	PUT(out, 0x1d, 0x67, 0x32, 0x00, 50 + 128, 0x00);
}

void escpos_recover(struct vt_buf *out)
{
	PUT(out, 0x10, 0x05, 0x02);
}

void escpos_code_page(struct vt_buf *out, uint8_t n)
{
	PUT(out, 0x1b, 0x74, n);
}

void escpos_style(struct vt_buf *out, unsigned scale, bool bold, bool centred)
{
	VT_ASSERT(scale >= 1 && scale <= 8);
	PUT(out, 0x1d, 0x21, (uint8_t)((scale - 1) << 4 | (scale - 1)));
	PUT(out, 0x1b, 0x45, bold ? 1 : 0);
	PUT(out, 0x1b, 0x61, centred ? 1 : 0);
}

void escpos_qr(struct vt_buf *out, const char *text, unsigned module_dots)
{
	const size_t length = strlen(text);
	const size_t block = length + 3;

	VT_ASSERT(module_dots >= 1 && module_dots <= 16 && length > 0 && length <= 2048);
	PUT(out, 0x1d, 0x28, 0x6b, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00); /* model 2 */
	PUT(out, 0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x43, (uint8_t)module_dots);
	PUT(out, 0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x45, 0x31); /* level M */
	PUT(out, 0x1d, 0x28, 0x6b, (uint8_t)block, (uint8_t)(block >> 8), 0x31, 0x50, 0x30);
	put(out, (const uint8_t *)text, length);
	PUT(out, 0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x51, 0x30);
}

void escpos_code128(struct vt_buf *out, const char *text)
{
	const size_t length = strlen(text);

	VT_ASSERT(length > 0 && length <= 250);
	PUT(out, 0x1d, 0x68, 0x50);				   /* 80 dots high */
	PUT(out, 0x1d, 0x77, 0x02);				   /* 2 dots per module */
	PUT(out, 0x1d, 0x48, 0x02);				   /* text below */
	PUT(out, 0x1d, 0x6b, 73, (uint8_t)(length + 2), '{', 'B'); /* CODE128, set B */
	put(out, (const uint8_t *)text, length);
}

/* CP858 above ASCII, as far as Spanish and its neighbours need it; U+20AC is what differs from
 * CP850. */
static const struct {
	uint16_t cp;
	uint8_t byte;
} cp858[] = {{0xa0, 0xff}, {0xa1, 0xad}, {0xa3, 0x9c}, {0xa7, 0xf5}, {0xa9, 0xb8}, {0xaa, 0xa6},
	{0xab, 0xae}, {0xac, 0xaa}, {0xae, 0xa9}, {0xb0, 0xf8}, {0xb1, 0xf1}, {0xb4, 0xef},
	{0xb6, 0xf4}, {0xb7, 0xfa}, {0xba, 0xa7}, {0xbb, 0xaf}, {0xbd, 0xab}, {0xbf, 0xa8},
	{0xc0, 0xb7}, {0xc1, 0xb5}, {0xc2, 0xb6}, {0xc3, 0xc7}, {0xc4, 0x8e}, {0xc5, 0x8f},
	{0xc6, 0x92}, {0xc7, 0x80}, {0xc8, 0xd4}, {0xc9, 0x90}, {0xca, 0xd2}, {0xcb, 0xd3},
	{0xcd, 0xd6}, {0xcf, 0xd8}, {0xd1, 0xa5}, {0xd3, 0xe0}, {0xd4, 0xe2}, {0xd5, 0xe5},
	{0xd6, 0x99}, {0xd7, 0x9e}, {0xda, 0xe9}, {0xdb, 0xea}, {0xdc, 0x9a}, {0xdf, 0xe1},
	{0xe0, 0x85}, {0xe1, 0xa0}, {0xe2, 0x83}, {0xe3, 0xc6}, {0xe4, 0x84}, {0xe5, 0x86},
	{0xe6, 0x91}, {0xe7, 0x87}, {0xe8, 0x8a}, {0xe9, 0x82}, {0xea, 0x88}, {0xeb, 0x89},
	{0xec, 0x8d}, {0xed, 0xa1}, {0xee, 0x8c}, {0xef, 0x8b}, {0xf1, 0xa4}, {0xf2, 0x95},
	{0xf3, 0xa2}, {0xf4, 0x93}, {0xf5, 0xe4}, {0xf6, 0x94}, {0xf7, 0xf6}, {0xf8, 0x9b},
	{0xf9, 0x97}, {0xfa, 0xa3}, {0xfb, 0x96}, {0xfc, 0x81}, {0x20ac, 0xd5}};

/* What the code page has not, written in ASCII that is still read rightly. */
static const struct {
	uint16_t cp;
	char text[4];
} ascii[] = {{0x100, "A"}, {0x101, "a"}, {0x112, "E"}, {0x113, "e"}, {0x12a, "I"}, {0x12b, "i"},
	{0x14c, "O"}, {0x14d, "o"}, {0x16a, "U"}, {0x16b, "u"}, {0x268, "i"}, {0x294, "'"},
	{0x2bc, "'"}, {0x2013, "-"}, {0x2014, "-"}, {0x2018, "'"}, {0x2019, "'"}, {0x201c, "\""},
	{0x201d, "\""}, {0x2022, "*"}, {0x2026, "..."}, {0xa78b, "'"}, {0xa78c, "'"}};

static void put_code_point(struct vt_buf *out, uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f) {
		vt_buf_append_byte(out, (uint8_t)cp);
		return;
	}
	for (size_t i = 0; i < VT_ELEMENTS(cp858); i++)
		if (cp858[i].cp == cp) {
			vt_buf_append_byte(out, cp858[i].byte);
			return;
		}
	for (size_t i = 0; i < VT_ELEMENTS(ascii); i++)
		if (ascii[i].cp == cp) {
			vt_buf_append_text(out, ascii[i].text);
			return;
		}
	/* Combining marks vanish; control characters must never reach the printer as commands. */
	if (cp < 0x300 || cp > 0x36f)
		vt_buf_append_byte(out, '?');
}

void escpos_text(struct vt_buf *out, const char *utf8)
{
	for (uint32_t cp; (cp = vt_utf8_next(&utf8)) != 0;)
		put_code_point(out, cp);
}

/* ---- answers ----
 *
 * first byte, by its fixed bits (Epson: bits 7 4 1 0; TM-U220 manual p. 54):
 *   0xx1xx10  DLE EOT            one byte
 *   0xx1xx00  automatic status   three more, each with bits 7 and 4 clear
 *   0x11, 0x13                   XON, XOFF
 *   0x37 ('7') 22 d1..d4 00      process id
 *   0x5f ('_') digits 00         counter
 *   0xx0xxxx  GS r               one byte (0x5f and 0x37 have bit 4 set, so no clash)
 */
enum { AUTO_LENGTH = 4, PROCESS_ID_LENGTH = 7 };

static bool is_live(uint8_t byte)
{
	return (byte & 0x93) == 0x12;
}

static bool is_auto_first(uint8_t byte)
{
	return (byte & 0x93) == 0x10;
}

static bool is_auto_more(uint8_t byte)
{
	return (byte & 0x90) == 0;
}

static void read_auto(const uint8_t b[AUTO_LENGTH], struct escpos_status *ret)
{
	*ret = (struct escpos_status){
		.offline = b[0] & 0x08,
		.cover_open = b[0] & 0x20,
		.cutter_error = b[1] & 0x08,
		.fatal_error = b[1] & 0x20,
		.recoverable_error = b[1] & 0x44,
		.paper_near_end = b[2] & 0x03,
		.paper_end = b[2] & 0x0c,
	};
}

/* Does byte continue the block in parser? */
static bool continues(const struct escpos_parser *parser, uint8_t byte)
{
	if (is_auto_first(parser->bytes[0]))
		return is_auto_more(byte);
	if (parser->bytes[0] == 0x37)
		return parser->count == 1 ? byte == 0x22
					  : (byte == 0) == (parser->count == PROCESS_ID_LENGTH - 1);
	return (byte >= '0' && byte <= '9' && parser->count < 11) ||
	       (byte == 0 && parser->count > 1);
}

static bool finish_block(struct escpos_parser *parser, struct escpos_answer *ret)
{
	const uint8_t *b = parser->bytes;

	if (is_auto_first(b[0])) {
		if (parser->count < AUTO_LENGTH)
			return false;
		*ret = (struct escpos_answer){.type = ESCPOS_AUTO, .value = b[0]};
		read_auto(b, &ret->status);
	} else if (b[0] == 0x37) {
		if (parser->count < PROCESS_ID_LENGTH)
			return false;
		*ret = (struct escpos_answer){.type = ESCPOS_PROCESS_ID, .value = b[0]};
		memcpy(ret->id, b + 2, sizeof(ret->id));
	} else {
		if (b[parser->count - 1] != 0)
			return false;
		uint64_t number = 0;
		for (size_t i = 1; i < parser->count - 1; i++)
			number = number * 10 + (uint64_t)(b[i] - '0');
		*ret = (struct escpos_answer){
			.type = number <= UINT32_MAX ? ESCPOS_COUNTER : ESCPOS_GARBAGE,
			.value = b[0],
			.number = (uint32_t)number};
	}
	parser->count = 0;
	return true;
}

/* First byte of an answer: true if it is a whole one. */
static bool begin(struct escpos_parser *parser, uint8_t byte, struct escpos_answer *ret)
{
	if (is_auto_first(byte) || byte == 0x37 || byte == 0x5f) {
		parser->bytes[0] = byte;
		parser->count = 1;
		return false;
	}
	*ret = (struct escpos_answer){.type = ESCPOS_GARBAGE, .value = byte};
	if (is_live(byte))
		ret->type = ESCPOS_LIVE;
	else if (byte == 0x11 || byte == 0x13)
		ret->type = ESCPOS_FLOW;
	else if ((byte & 0x90) == 0)
		ret->type = ESCPOS_QUEUED;
	return true;
}

bool escpos_parse(struct escpos_parser *parser, uint8_t byte, struct escpos_answer *ret)
{
	VT_ASSERT(parser->count < ESCPOS_MAX_BLOCK);
	if (parser->count == 0)
		return begin(parser, byte, ret);
	if (continues(parser, byte)) {
		parser->bytes[parser->count++] = byte;
		return finish_block(parser, ret);
	}
	/* The block is broken; the byte may start something, but only one answer fits a call: a
	 * whole one-byte answer here is given up with the block, the caller asks again. */
	const uint8_t first = parser->bytes[0];
	struct escpos_answer lost;
	parser->count = 0;
	const bool whole = begin(parser, byte, &lost);
	(void)whole;
	*ret = (struct escpos_answer){.type = ESCPOS_GARBAGE, .value = first};
	return true;
}

void escpos_apply_live(struct escpos_status *status, uint8_t n, uint8_t byte)
{
	switch (n) {
	case 1:
		status->offline = byte & 0x08;
		break;
	case 2:
		status->cover_open = byte & 0x04;
		/* Paper end comes from n = 4; here it says that printing has stopped for it. */
		if (byte & 0x20)
			status->paper_end = true;
		break;
	case 3:
		status->cutter_error = byte & 0x08;
		status->fatal_error = byte & 0x20;
		status->recoverable_error = byte & 0x44;
		break;
	case 4:
		status->paper_near_end = byte & 0x0c;
		status->paper_end = byte & 0x60;
		break;
	default:
		VT_UNREACHABLE();
	}
}

bool escpos_status_good(const struct escpos_status *status)
{
	return escpos_status_reason(status)[0] == '\0';
}

const char *escpos_status_reason(const struct escpos_status *status)
{
	/* An open cover also shows paper end and offline: the cause first. */
	if (status->cover_open)
		return "cover";
	if (status->cutter_error)
		return "cutter";
	if (status->paper_end)
		return "paper";
	if (status->fatal_error || status->recoverable_error || status->offline)
		return "device";
	return "";
}
