#include "tests/drivers/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"

const struct printer_profile rig_profile = {.width_px = 576,
	.dpi = 203,
	.image = IMAGE_RASTER,
	.cut = CUT_PARTIAL,
	.feed_lines = 3,
	.code_page = 19,
	.columns = 48,
	.qr_native = true,
	.confirm = CONFIRM_PROCESS_ID,
	.auto_status = true,
	.cutter_counter = true};

static const char job_id[] = "00000000-0000-4000-8000-000000000001";

struct text_fonts *rig_fonts(void)
{
	static struct text_fonts *fonts;
	static char paths[TEXT_FACE_COUNT][512];
	const char *const names[TEXT_FACE_COUNT] = {
		"NotoSans-400.ttf", "NotoSans-600.ttf", "Montserrat-700.ttf"};
	const char *list[TEXT_FACE_COUNT];
	const char *source = getenv("VT_SOURCE_DIR");
	struct vt_error error;

	if (fonts)
		return fonts;
	for (int i = 0; i < TEXT_FACE_COUNT; i++) {
		assert_true(vt_format(paths[i], sizeof(paths[i]), "%s/assets/fonts/%s",
			source ? source : ".", names[i]));
		list[i] = paths[i];
	}
	if (text_fonts_load(list, &fonts, &error))
		fail_msg("%s", error.msg);
	return fonts;
}

static void make_sheet(
	struct rig *rig, const struct receipt *receipt, bool is_void, struct sheet *ret);

static int64_t rig_now(void *owner)
{
	return ((struct rig *)owner)->now_ms;
}

static void rig_begun(void *owner)
{
	struct rig *rig = owner;

	printer_get_trace(printer_port_machine(rig->port), &rig->trace);
}

static void rig_done(void *owner, const struct printer_print_result *result)
{
	struct rig *rig = owner;

	rig->done_count++;
	rig->done = *result;
}

static void rig_resolved(void *owner, const struct printer_print_result *result)
{
	struct rig *rig = owner;

	rig->resolved_count++;
	rig->resolved = *result;
}

static void rig_changed(void *owner)
{
	(void)owner;
}

static void rig_arrived(void *owner, const struct usb_device_info *info)
{
	struct rig *rig = owner;
	struct sheet void_mark;
	struct vt_error error;

	rig->arrivals++;
	make_sheet(rig, NULL, true, &void_mark);
	if (printer_port_attach(rig->port, info, &rig->profile, &void_mark, &error))
		sheet_finish(&void_mark);
}

static void rig_left(void *owner, usb_key key)
{
	struct rig *rig = owner;

	printer_port_detach(rig->port, key);
}

void rig_start(struct rig *rig, const struct printer_options *options,
	const struct printer_profile *profile)
{
	static const struct printer_options instant = {.instant = true};
	const struct usb_watch watch = {.arrived = rig_arrived, .left = rig_left, .owner = rig};
	const struct printer_port_owner owner = {.owner = rig,
		.now_ms = rig_now,
		.begun = rig_begun,
		.done = rig_done,
		.resolved = rig_resolved,
		.changed = rig_changed};

	*rig = (struct rig){.now_ms = 1000, .profile = profile ? *profile : rig_profile};
	rig->fonts = rig_fonts();
	rig->dev = printer_create(options ? options : &instant);
	assert_non_null(rig->dev);
	rig->usb = usb_direct_create(rig->dev);
	rig->port = printer_port_create(rig->usb, &owner, 4711);
	assert_non_null(rig->port);
	assert_int_equal(rig->usb->ops->watch(rig->usb, &watch, NULL), VT_OK);
	rig_run_idle(rig);
	assert_int_equal(rig->arrivals, 1);
}

static void take_sheets(struct rig *rig)
{
	struct vdev_effect effect;

	while (vdev_take_effect(rig->dev, &effect)) {
		if (effect.type == VDEV_EFFECT_SHEET && rig->sheet_count < RIG_MAX_SHEETS) {
			rig->sheets[rig->sheet_count++] = effect.sheet;
			effect.sheet = NULL;
		}
		vdev_effect_finish(&effect);
	}
}

void rig_stop(struct rig *rig)
{
	take_sheets(rig);
	printer_port_destroy(&rig->port);
	usb_destroy(&rig->usb);
	for (size_t i = 0; i < rig->sheet_count; i++) {
		struct vdev_effect effect = {.type = VDEV_EFFECT_SHEET, .sheet = rig->sheets[i]};
		vdev_effect_finish(&effect);
	}
	vdev_destroy(&rig->dev);
}

void rig_command(struct rig *rig, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	if (vdev_command(rig->dev, line, &reply))
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

/* A matrix prints the same sheets thousands of times: each is rendered once. The number of lines
 * tells our receipts apart. */
struct cached {
	bool is_raster, is_void;
	size_t line_count;
	struct sheet sheet;
};

static void make_sheet(
	struct rig *rig, const struct receipt *receipt, bool is_void, struct sheet *ret)
{
	static struct cached cache[8];
	static size_t count;
	static const struct receipt none;
	struct vt_error error;
	size_t i;

	if (!receipt)
		receipt = &none;
	for (i = 0; i < count; i++)
		if (cache[i].is_void == is_void &&
			cache[i].is_raster == (rig->profile.image != IMAGE_NONE) &&
			cache[i].line_count == receipt->line_count)
			break;
	if (i == count) {
		assert_true(count < VT_ELEMENTS(cache));
		count++;
		cache[i].is_raster = (rig->profile.image != IMAGE_NONE);
		cache[i].line_count = receipt->line_count;
		cache[i].is_void = is_void;
		if (is_void ? sheet_make_void(&rig->profile, rig->fonts, &cache[i].sheet, &error)
			    : sheet_make(
				      receipt, &rig->profile, rig->fonts, &cache[i].sheet, &error))
			fail_msg("%s", error.msg);
	}
	*ret = cache[i].sheet;
	vt_buf_init(&ret->stream, SHEET_MAX_BYTES);
	vt_buf_append(&ret->stream, cache[i].sheet.stream.data, cache[i].sheet.stream.length);
	assert_false(ret->stream.failed);
}

void rig_print(struct rig *rig, const struct receipt *receipt)
{
	struct sheet sheet;

	make_sheet(rig, receipt, false, &sheet);
	assert_int_equal(printer_port_print(rig->port, job_id, &sheet), VT_OK);
}

/* One instant: everything that can happen without time passing. */
static void settle(struct rig *rig)
{
	for (int i = 0; i < 100000; i++) {
		const bool moved = usb_direct_run(rig->usb, rig->now_ms);
		const bool is_due = printer_port_wake_ms(rig->port) <= rig->now_ms;
		take_sheets(rig);
		if (is_due)
			printer_port_wake(rig->port);
		if (!moved && !is_due)
			return;
	}
	fail_msg("never quiet at one instant");
}

static bool advance(struct rig *rig, int64_t end_ms)
{
	int64_t next_ms = printer_port_wake_ms(rig->port);
	const int64_t usb_ms = usb_direct_wake_ms(rig->usb);

	if (usb_ms < next_ms)
		next_ms = usb_ms;
	if (next_ms <= rig->now_ms)
		next_ms = rig->now_ms + 1;
	if (next_ms > end_ms) {
		rig->now_ms = end_ms;
		settle(rig);
		return false;
	}
	rig->now_ms = next_ms;
	return true;
}

void rig_run(struct rig *rig, int64_t ms)
{
	const int64_t end_ms = rig->now_ms + ms;

	do
		settle(rig);
	while (rig->now_ms < end_ms && advance(rig, end_ms));
}

void rig_run_done(struct rig *rig)
{
	const size_t before = rig->done_count;
	const int64_t end_ms = rig->now_ms + 120000;

	settle(rig);
	while (rig->done_count == before && rig->now_ms < end_ms && advance(rig, end_ms))
		settle(rig);
}

static bool is_resting(const struct rig *rig)
{
	const enum printer_state state = printer_get_state(printer_port_machine(rig->port));

	return state == PRINTER_ABSENT || state == PRINTER_IDLE || state == PRINTER_BROKEN;
}

void rig_run_idle(struct rig *rig)
{
	const int64_t end_ms = rig->now_ms + 120000;

	settle(rig);
	while (!is_resting(rig) && rig->now_ms < end_ms && advance(rig, end_ms))
		settle(rig);
}

struct printer_view rig_view(const struct rig *rig)
{
	struct printer_view view;

	printer_view(printer_port_machine(rig->port), &view);
	return view;
}

static bool is_blank(const uint8_t *row, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (row[i])
			return false;
	return true;
}

static bool has_rows(const struct vdev_sheet *sheet, size_t top, const struct bitmap *bitmap)
{
	for (size_t i = 0; i < bitmap->rows; i++)
		if (memcmp(sheet->rows + (top + i) * sheet->row_bytes,
			    bitmap->bits + i * bitmap->width_bytes, bitmap->width_bytes) != 0)
			return false;
	return true;
}

bool rig_sheet_is(const struct vdev_sheet *sheet, const struct bitmap *bitmap)
{
	if (sheet->partial || (size_t)sheet->row_count < bitmap->rows)
		return false;
	/* Blank paper between head and cutter comes first, the margin of the cut last. */
	for (size_t top = 0; top + bitmap->rows <= (size_t)sheet->row_count; top++) {
		if (has_rows(sheet, top, bitmap)) {
			for (size_t i = top + bitmap->rows; i < (size_t)sheet->row_count; i++)
				if (!is_blank(sheet->rows + i * sheet->row_bytes, sheet->row_bytes))
					return false;
			return true;
		}
		if (!is_blank(sheet->rows + top * sheet->row_bytes, sheet->row_bytes))
			return false;
	}
	return false;
}

size_t rig_count_whole(const struct rig *rig, const struct bitmap *bitmap)
{
	size_t count = 0;

	for (size_t i = 0; i < rig->sheet_count; i++)
		count += rig_sheet_is(rig->sheets[i], bitmap);
	return count;
}

static void add_line(struct receipt *r, enum receipt_kind kind, const char *text, const char *value)
{
	struct receipt_line *line = &r->lines[r->line_count++];

	line->kind = kind;
	assert_true(vt_copy(line->text, sizeof(line->text), text));
	assert_true(vt_copy(line->value, sizeof(line->value), value));
}

void rig_receipt(struct receipt *ret)
{
	*ret = (struct receipt){.lang = "es-MX"};
	add_line(ret, RECEIPT_TITLE, "Registro Nacional de Población", "");
	add_line(ret, RECEIPT_TEXT, "Constancia de la CURP", "");
	ret->lines[1].centred = true;
	add_line(ret, RECEIPT_RULE, "", "");
	add_line(ret, RECEIPT_BIG, "PEGM900101MDFRRR09", "");
	add_line(ret, RECEIPT_PAIR, "Nombre", "MARÍA DEL CARMEN PÉREZ GÜEMES ÑÁÑEZ");
	add_line(ret, RECEIPT_PAIR, "Entidad", "Michoacán de Ocampo");
	ret->lines[5].bold = true;
	add_line(ret, RECEIPT_SPACE, "", "");
	add_line(ret, RECEIPT_TEXT,
		"Náhuatl: Tlahtōlli, Āltepētl; saltillo: maꞌ, Kinꞌi. Este comprobante no sustituye "
		"al documento original; consúltelo con su folio.",
		"");
	add_line(ret, RECEIPT_QR, "https://terminal.example/v/7F3K-92QM-4TXA-0B1Z", "");
	add_line(ret, RECEIPT_BARCODE, "7F3K92QM4TXA0B1Z", "");
	add_line(ret, RECEIPT_TEXT, "Folio 7F3K-92QM-4TXA-0B1Z", "");
}

void rig_small_receipt(struct receipt *ret)
{
	*ret = (struct receipt){.lang = "es-MX"};
	add_line(ret, RECEIPT_TITLE, "Folio", "");
	add_line(ret, RECEIPT_BIG, "7F3K-92QM-4TXA-0B1Z", "");
	for (int i = 0; i < 5; i++)
		add_line(ret, RECEIPT_PAIR, "Entidad", "Michoacán de Ocampo");
}
