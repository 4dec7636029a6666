/* What the device process costs: drawing and encoding a receipt (performance.md, D2, D3). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drivers/printer/escpos.h"
#include "terminal/base/buf.h"
#include "drivers/ipp/pwg.h"
#include "tests/drivers/documents.h"
#include "tests/drivers/rig.h"

#define WIDTH_BYTES 72 /* 576 dots */
#define ROWS	    1600
#define BAND	    256
#define ROUNDS	    200
#define RUNS	    15

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return values[count / 2];
}

static void report(const char *id, const char *name, double value, const char *unit,
	const char *yardstick, double yardstick_value)
{
	printf("{\"id\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", "
	       "\"yardstick\": \"%s\", \"yardstick_value\": %.6g, \"ratio\": %.3f}\n",
		id, name, value, unit, yardstick, yardstick_value,
		yardstick_value > 0 ? value / yardstick_value : 0.0);
	fflush(stdout);
}

/* Bands with the guard against real-time commands, as sheet.c sends them. */
static void encode(uint8_t *bits, struct vt_buf *out)
{
	vt_buf_reset(out);
	for (size_t row = 0; row < ROWS; row += BAND) {
		const size_t rows = ROWS - row < BAND ? ROWS - row : BAND;
		(void)escpos_guard(bits + row * WIDTH_BYTES, rows * WIDTH_BYTES);
		escpos_raster(out, bits + row * WIDTH_BYTES, WIDTH_BYTES, rows);
	}
}

static void bench_encode(void)
{
	static uint8_t bits[WIDTH_BYTES * ROWS], gray[2][WIDTH_BYTES * 8 * ROWS];
	double encodes[ROUNDS], copies[ROUNDS];
	struct vt_buf out;

	for (size_t i = 0; i < sizeof(bits); i++)
		bits[i] = (uint8_t)(i * 2654435761u >> 13);
	vt_buf_init(&out, 2 * sizeof(bits));
	for (int i = 0; i < ROUNDS; i++) {
		const double start = now_s();
		encode(bits, &out);
		const double middle = now_s();
		memcpy(gray[i & 1], gray[~i & 1], sizeof(gray[0]));
		/* Written and read, so that the copy is made. */
		gray[i & 1][i] = (uint8_t)(gray[i & 1][i + 1] + 1);
		copies[i] = now_s() - middle;
		encodes[i] = middle - start;
	}
	vt_buf_finish(&out);
	report("D2", "receipt 576x1600, raster encode, p50", median(encodes, ROUNDS) * 1e6, "us",
		"memcpy of the gray image, us", median(copies, ROUNDS) * 1e6);
}

/* A letter-size certificate: drawn, and written as PWG raster; 8-bit pixels in. */
static void bench_letter(void)
{
	static uint8_t copy[PAGE_WIDTH * PAGE_HEIGHT];
	double draws[RUNS], encodes[RUNS], copies[RUNS];
	struct receipt receipt;

	if (!document_of("certificate", &receipt))
		return;
	for (int i = 0; i < RUNS; i++) {
		struct vt_error error;
		struct pages pages;
		struct vt_buf out;
		vt_buf_init(&out, PWG_MAX_BYTES);
		const double start = now_s();
		if (page_render(&receipt, rig_fonts(), &pages, &error))
			abort();
		const double drawn = now_s();
		if (pwg_encode(&pages, PWG_SGRAY_8, "stationery", &out, &error))
			abort();
		const double encoded = now_s();
		memcpy(copy, pages.list[0].pixels, sizeof(copy));
		copy[i] = (uint8_t)(copy[i + 1] + 1);
		copies[i] = now_s() - encoded;
		draws[i] = drawn - start;
		encodes[i] = encoded - drawn;
		page_finish(&pages);
		vt_buf_finish(&out);
	}
	const double megabytes = sizeof(copy) / 1e6;
	report("D2", "letter page 2550x3300 to PWG raster, p50", megabytes / median(encodes, RUNS),
		"MB/s", "memcpy of the page, MB/s", megabytes / median(copies, RUNS));
	report("D2", "letter certificate drawn, p50", median(draws, RUNS) * 1e3, "ms",
		"its PWG raster, ms", median(encodes, RUNS) * 1e3);
}

/* From the request to rows on their way: text and codes drawn, the printer asked for its state. */
static void bench_first_band(void)
{
	double draws[RUNS], firsts[RUNS];
	struct receipt receipt;

	rig_receipt(&receipt);
	for (int i = 0; i < RUNS; i++) {
		struct vt_error error;
		struct sheet sheet;
		struct rig rig;

		rig_start(&rig, NULL, NULL);
		const double start = now_s();
		if (sheet_make(&receipt, &rig.profile, rig.fonts, &sheet, &error)) {
			fprintf(stderr, "bench_devices: %s\n", error.msg);
			exit(1);
		}
		draws[i] = now_s() - start;
		if (printer_port_print(rig.port, "00000000-0000-4000-8000-000000000001", &sheet))
			exit(1);
		while (printer_get_state(printer_port_machine(rig.port)) == PRINTER_CHECKING)
			(void)usb_direct_run(rig.usb, rig.now_ms);
		firsts[i] = now_s() - start;
		rig_run_done(&rig);
		rig_stop(&rig);
	}
	/* The first one of a process draws each glyph for the first time. */
	report("D3", "the same, first receipt of a process", firsts[0] * 1e3, "ms",
		"drawing the receipt alone, ms", draws[0] * 1e3);
	report("D3", "request to the first band handed to USB, p50", median(firsts, RUNS) * 1e3,
		"ms", "drawing the receipt alone, ms", median(draws, RUNS) * 1e3);
}

int main(void)
{
	bench_encode();
	bench_letter();
	bench_first_band();
	return 0;
}
