/* Paper, print head and cutter. The cutter sits PRINTER_CUTTER_ROWS behind the head: what was
 * printed less than that ago is still inside when the blade falls, and stays on the next sheet. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/printer-internal.h"

#define CUT_COST (PRINTER_CUT_MS * PRINTER_ROWS_PER_S) /* thousandths of a row */

enum vt_code mechanism_init(struct printer *p)
{
	p->band = malloc((size_t)MAX_BAND_ROWS * ROW_BYTES);
	p->sheet_capacity = 512;
	p->sheet = calloc((size_t)p->sheet_capacity, ROW_BYTES);
	if (!p->band || !p->sheet)
		return VT_ERR_NOMEM;
	p->sheet_rows = PRINTER_CUTTER_ROWS;
	return VT_OK;
}

void mechanism_finish(struct printer *p)
{
	free(p->band);
	free(p->sheet);
	p->band = NULL;
	p->sheet = NULL;
}

bool mechanism_idle(const struct printer *p)
{
	return p->band_next == p->band_rows && p->feed_rows == 0 && p->cut == CUT_NONE;
}

bool mechanism_near_end(const struct printer *p)
{
	return p->paper_rows <= (int64_t)PRINTER_NEAR_END_MM * PRINTER_ROWS_PER_MM;
}

bool mechanism_add_row(struct printer *p, const uint8_t *row)
{
	if (p->band_next == p->band_rows)
		p->band_next = p->band_rows = 0;
	/* A feed asked for before this row happens before it. */
	while (p->feed_rows > 0 && p->band_rows < MAX_BAND_ROWS) {
		memset(p->band + (size_t)p->band_rows * ROW_BYTES, 0, ROW_BYTES);
		p->band_rows++;
		p->feed_rows--;
	}
	if (p->band_rows == MAX_BAND_ROWS)
		return false;
	memcpy(p->band + (size_t)p->band_rows * ROW_BYTES, row, ROW_BYTES);
	p->band_rows++;
	return true;
}

void mechanism_feed(struct printer *p, int rows)
{
	if (rows > 0)
		p->feed_rows += rows;
}

void mechanism_cut(struct printer *p, bool partial)
{
	if (p->options.look->no_cutter)
		return;
	p->cut = partial ? CUT_PARTIAL : CUT_FULL;
}

void mechanism_clear(struct printer *p)
{
	p->band_next = p->band_rows = 0;
	p->feed_rows = 0;
	p->cut = CUT_NONE;
}

/* Gives the first rows of the paper away; false if nobody can take a sheet now. */
static bool give_sheet(struct printer *p, int rows, bool partial, const char *reason)
{
	struct vdev_effect effect = {.type = VDEV_EFFECT_SHEET};

	if (p->base.effect_count == VDEV_MAX_EFFECTS)
		return false;
	effect.sheet = calloc(1, sizeof(*effect.sheet));
	uint8_t *copy = malloc((size_t)rows * ROW_BYTES + 1);
	if (!effect.sheet || !copy) {
		free(copy);
		free(effect.sheet);
		return false;
	}
	memcpy(copy, p->sheet, (size_t)rows * ROW_BYTES);
	*effect.sheet = (struct vdev_sheet){
		.number = ++p->sheet_count,
		.width_px = p->options.look->width_px,
		.row_count = rows,
		.row_bytes = ROW_BYTES,
		.partial = partial,
		.cut_partial = p->cut == CUT_PARTIAL && !partial,
		.rows = copy,
	};
	vt_copy_cut(effect.sheet->reason, sizeof(effect.sheet->reason), reason);
	bool added = vdev_add_effect(&p->base, &effect);
	VT_ASSERT(added);
	return true;
}

/* What stays in the machine: the last `rows` rows. */
static void keep_rows(struct printer *p, int rows)
{
	memmove(p->sheet, p->sheet + (size_t)(p->sheet_rows - rows) * ROW_BYTES,
		(size_t)rows * ROW_BYTES);
	p->sheet_rows = rows;
	p->sheet_inked = false;
	for (size_t i = 0; i < (size_t)rows * ROW_BYTES; i++)
		p->sheet_inked |= p->sheet[i] != 0;
}

static void blank_paper(struct printer *p)
{
	p->sheet_rows = PRINTER_CUTTER_ROWS;
	p->sheet_inked = false;
	memset(p->sheet, 0, (size_t)p->sheet_rows * ROW_BYTES);
}

void mechanism_tear(struct printer *p, const char *reason)
{
	if (p->sheet_inked && !give_sheet(p, p->sheet_rows, true, reason))
		vdev_note(&p->base, "torn sheet lost: too many sheets waiting");
	blank_paper(p);
}

/* One row of paper passes the head; row NULL = blank. False if it cannot. */
static bool move_paper(struct printer *p, const uint8_t *row)
{
	if (p->sheet_rows == MAX_SHEET_ROWS) {
		if (!vdev_effect_room(&p->base) || !give_sheet(p, p->sheet_rows, true, "limit"))
			return false;
		blank_paper(p);
	}
	if (p->sheet_rows == p->sheet_capacity) {
		size_t bytes = (size_t)p->sheet_capacity * ROW_BYTES;
		uint8_t *grown = realloc(p->sheet, bytes * 2);
		if (!grown)
			return false;
		p->sheet = grown;
		p->sheet_capacity *= 2;
	}
	uint8_t *to = p->sheet + (size_t)p->sheet_rows * ROW_BYTES;
	if (row) {
		/* What is wider than the head is lost. */
		const int bytes = p->options.look->width_px / 8;
		memset(to, 0, ROW_BYTES);
		memcpy(to, row, (size_t)bytes);
		for (int i = 0; i < bytes && !p->sheet_inked; i++)
			p->sheet_inked = row[i] != 0;
	} else {
		memset(to, 0, ROW_BYTES);
	}
	p->sheet_rows++;
	p->credit -= 1000;
	bool was_near_end = mechanism_near_end(p);
	p->paper_rows--;
	if (p->paper_rows == 0)
		mechanism_tear(p, "paper end");
	if (p->paper_rows == 0 || was_near_end != mechanism_near_end(p))
		printer_status_changed(p);
	return true;
}

static bool run_cut(struct printer *p)
{
	if (p->cutter_jammed) {
		p->cutter_error = true;
		printer_status_changed(p);
		return true;
	}
	int rows = p->sheet_rows - PRINTER_CUTTER_ROWS;
	if (rows > 0) {
		if (!vdev_effect_room(&p->base) || !give_sheet(p, rows, false, "cut"))
			return false;
		keep_rows(p, PRINTER_CUTTER_ROWS);
	}
	p->cut_count++;
	p->credit -= CUT_COST;
	p->cut = CUT_NONE;
	return true;
}

bool mechanism_run(struct printer *p)
{
	bool moved = false;

	while (!mechanism_idle(p) && p->credit > 0 && !printer_is_offline(p)) {
		if (p->band_next < p->band_rows) {
			if (!move_paper(p, p->band + (size_t)p->band_next * ROW_BYTES))
				break;
			p->band_next++;
		} else if (p->feed_rows > 0) {
			if (!move_paper(p, NULL))
				break;
			p->feed_rows--;
		} else if (!run_cut(p)) {
			break;
		}
		moved = true;
	}
	return moved;
}
