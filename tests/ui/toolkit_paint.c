/* Painting, pixel by pixel. */

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/decor.h"
#include "ui/toolkit/paint.h"

struct board {
	struct canvas *canvas;
	struct shape_cache *shapes;
	struct painter p;
};

static struct board board_open(int w, int h, uint32_t color)
{
	struct board b = {canvas_create_headless(w, h), shape_cache_create(), {0}};

	assert_non_null(b.canvas);
	assert_non_null(b.shapes);
	b.p = (struct painter){b.canvas, b.shapes, {0, 0, w, h}};
	paint_fill(&b.p, b.p.clip, color);
	return b;
}

static void board_close(struct board *b)
{
	canvas_destroy(&b->canvas);
	shape_cache_destroy(&b->shapes);
}

static uint32_t at(const struct board *b, int x, int y)
{
	return b->canvas->pixels[y * b->canvas->width + x];
}

static int channel(uint32_t color, int shift)
{
	return (int)(color >> shift & 0xFF);
}

#define WHITE 0xFFFFFFFFu
#define BLACK 0xFF000000u
#define RED   0xFFFF0000u
#define GREEN 0xFF00FF00u

static void a_rounded_box_is_solid_inside_and_soft_only_at_its_corners(void **state)
{
	struct board b = board_open(120, 100, WHITE);
	struct paint_box box = {{10, 10, 100, 80}, 20, BLACK, BLACK, 0, 0};
	double covered = 0;

	(void)state;
	paint_box(&b.p, &box);
	assert_int_equal(at(&b, 60, 50), BLACK);
	assert_int_equal(at(&b, 10, 50), BLACK); /* straight edges are sharp */
	assert_int_equal(at(&b, 9, 50), WHITE);
	assert_int_equal(at(&b, 60, 10), BLACK);
	assert_int_equal(at(&b, 60, 9), WHITE);
	assert_int_equal(at(&b, 10, 10), WHITE); /* outside the circle */
	for (int y = 0; y < 100; y++)
		for (int x = 0; x < 120; x++) {
			covered += (255 - channel(at(&b, x, y), 0)) / 255.0;
			/* All four corners are mirrors of one. */
			assert_int_equal(at(&b, x, y), at(&b, 119 - x, y));
			assert_int_equal(at(&b, x, y), at(&b, x, 99 - y));
		}
	/* Area of the box minus what the corners cut off: (4 − π) r². */
	assert_true(covered > 8000 - 0.8585 * 400 - 4 && covered < 8000 - 0.8585 * 400 + 4);
	board_close(&b);
}

static void the_border_of_a_translucent_box_is_a_ring(void **state)
{
	struct board b = board_open(120, 100, WHITE);
	struct paint_box box = {{10, 10, 100, 80}, 16, 0x80FF0000u, 0x80FF0000u, BLACK, 6};

	(void)state;
	paint_box(&b.p, &box);
	assert_int_equal(at(&b, 12, 50), BLACK);
	assert_int_equal(at(&b, 15, 50), BLACK);
	assert_int_equal(at(&b, 60, 50), 0xFFFF7F7Fu); /* half red over white, no black below */
	assert_int_equal(at(&b, 16, 50), at(&b, 60, 50));
	box = (struct paint_box){{10, 10, 100, 80}, 16, 0, 0, GREEN, 3};
	paint_fill(&b.p, b.p.clip, WHITE);
	paint_box(&b.p, &box);
	assert_int_equal(at(&b, 60, 50), WHITE);
	assert_int_equal(at(&b, 60, 11), GREEN);
	board_close(&b);
}

static void border_and_fill_of_one_colour_have_no_seam(void **state)
{
	struct board b = board_open(120, 100, WHITE), plain = board_open(120, 100, WHITE);
	struct paint_box with = {{10, 10, 100, 80}, 20, BLACK, BLACK, BLACK, 5};
	struct paint_box without = {{10, 10, 100, 80}, 20, BLACK, BLACK, 0, 0};

	(void)state;
	paint_box(&b.p, &with);
	paint_box(&plain.p, &without);
	for (int y = 0; y < 100; y++)
		for (int x = 0; x < 120; x++)
			assert_true(
				abs(channel(at(&b, x, y), 0) - channel(at(&plain, x, y), 0)) <= 1);
	board_close(&b);
	board_close(&plain);
}

static void a_gradient_is_dithered_without_bands(void **state)
{
	struct board b = board_open(64, 400, WHITE);
	struct paint_box box = {{0, 0, 64, 400}, 0, 0xFF7A1A3Au, 0xFF560E2Bu, 0, 0};

	(void)state;
	paint_box(&b.p, &box);
	for (int shift = 0; shift < 24; shift += 8) {
		int top = channel(box.fill, shift), bottom = channel(box.fill_bottom, shift);
		/* The mean of four rows follows the straight line closer than any plain 8-bit
		 * rounding could. */
		for (int y = 0; y + 4 <= 400; y += 4) {
			double sum = 0;
			for (int dy = 0; dy < 4; dy++)
				for (int x = 0; x < 64; x++)
					sum += channel(at(&b, x, y + dy), shift);
			double ideal = top + (bottom - top) * (y + 2) / 400.0;
			double mean = sum / 256;
			assert_true(mean > ideal - 0.15 && mean < ideal + 0.15);
		}
	}
	for (int x = 4; x < 64; x++) /* inner pixels repeat every four columns */
		assert_int_equal(at(&b, x, 123), at(&b, x - 4, 123));
	board_close(&b);
}

static void a_shadow_fades_and_leaves_an_opaque_box_alone(void **state)
{
	struct board b = board_open(300, 300, WHITE);
	struct rect box = {100, 100, 100, 100};

	(void)state;
	paint_shadow(&b.p, box, 20, 0, 10 * 16, BLACK, true);
	assert_int_equal(at(&b, 150, 150), WHITE); /* skipped */
	for (int x = 201; x < 229; x++)
		assert_true(channel(at(&b, x, 150), 0) >= channel(at(&b, x - 1, 150), 0));
	assert_true(channel(at(&b, 200, 150), 0) > 100 && channel(at(&b, 200, 150), 0) < 155);
	assert_int_equal(at(&b, 231, 150), WHITE);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(at(&b, i, 80), at(&b, 299 - i, 80));
		/* Exact along x, six samples along y: within two of 255. */
		assert_true(abs(channel(at(&b, 80, i), 0) - channel(at(&b, i, 80), 0)) <= 2);
	}
	board_close(&b);
}

/* A scene with every kind of painting. */
static void scene(const struct painter *p, uint64_t seed)
{
	struct trees_random random = {seed};
	uint8_t mask[16 * 16];

	for (int i = 0; i < 256; i++)
		mask[i] = (uint8_t)trees_next(&random, 256);
	for (int i = 0; i < 12; i++) {
		struct rect r = {(int)trees_next(&random, 160) - 30,
			(int)trees_next(&random, 160) - 30, 1 + (int)trees_next(&random, 120),
			1 + (int)trees_next(&random, 120)};
		uint32_t a = trees_next(&random, 0xFFFFFFFF), c = trees_next(&random, 0xFFFFFFFF);
		struct paint_box box = {
			r, (int)trees_next(&random, 40), a, c, c ^ a, (int)trees_next(&random, 9)};
		paint_shadow(p, r, box.radius, 3, 16 * (1 + (int)trees_next(&random, 6)), c, i & 1);
		paint_box(p, &box);
		paint_mask(p, &(struct paint_mask){mask, 16, 16, 16}, r.x, r.y, a);
		paint_ring(p, r, 5, (int)trees_next(&random, 1001), a, c);
		if (i == 5) {
			decor_fret_field(p, r, 3, a);
			decor_fret_band(p, r, c);
			decor_emblem(p, r, a);
		}
	}
}

static void painting_in_tiles_equals_painting_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct board whole = board_open(128, 128, WHITE),
			     tiles = board_open(128, 128, WHITE);
		scene(&whole.p, seed);
		for (int y = 0; y < 128; y += 37)
			for (int x = 0; x < 128; x += 29) {
				struct painter p = tiles.p;
				p.clip = rect_intersect(
					(struct rect){x, y, 29, 37}, (struct rect){0, 0, 128, 128});
				scene(&p, seed);
			}
		assert_memory_equal(whole.canvas->pixels, tiles.canvas->pixels, 128 * 128 * 4);
		board_close(&whole);
		board_close(&tiles);
	}
}

static void a_ring_shows_its_part_clockwise_from_the_top(void **state)
{
	struct board b = board_open(100, 100, WHITE);

	(void)state;
	paint_ring(&b.p, (struct rect){0, 0, 100, 100}, 10, 250, BLACK, RED);
	assert_int_equal(at(&b, 80, 20), BLACK);
	assert_int_equal(at(&b, 20, 20), RED);
	assert_int_equal(at(&b, 50, 94), RED);
	assert_int_equal(at(&b, 50, 50), WHITE);
	paint_ring(&b.p, (struct rect){0, 0, 100, 100}, 10, 1000, GREEN, RED);
	assert_int_equal(at(&b, 20, 20), GREEN);
	board_close(&b);
}

static void a_png_has_exactly_our_pixels(void **state)
{
	char path[] = "/tmp/vt-png-XXXXXX";
	struct board b = board_open(123, 77, WHITE);
	png_image image = {.version = PNG_IMAGE_VERSION};
	static uint8_t pixels[123 * 77 * 3];
	struct vt_error error;

	(void)state;
	close(mkstemp(path));
	scene(&b.p, 7);
	paint_box(&b.p, &(struct paint_box){{0, 40, 123, 37}, 0, 0xFF7A1A3Au, 0xFF560E2Bu, 0, 0});
	assert_int_equal(canvas_write_png(b.canvas, path, &error), VT_OK);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 123);
	assert_int_equal(image.height, 77);
	image.format = PNG_FORMAT_RGB;
	assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	for (int i = 0; i < 123 * 77; i++)
		assert_int_equal(b.canvas->pixels[i], 0xFF000000u | (uint32_t)pixels[3 * i] << 16 |
							      (uint32_t)pixels[3 * i + 1] << 8 |
							      pixels[3 * i + 2]);
	assert_int_equal(canvas_write_png(b.canvas, "/nowhere/x.png", &error), VT_ERR_IO);
	unlink(path);
	board_close(&b);
}

static void a_qr_is_dark_on_light_in_every_theme(void **state)
{
	struct ui *ui = trees_ui((struct profile){300, 300, 4.03, 600, 800});
	size_t count;

	(void)state;
	for (int mode = 0; mode < THEME_MODE_COUNT; mode++) {
		ui_set_settings(ui, &(struct ui_settings){.mode = (enum theme_mode)mode});
		ui_begin(ui, "qr", "");
		node_add(ui, &(struct node_spec){.qr = "https://example.org/f/CV-2026",
				     .width = length_units(290),
				     .height = length_units(290)});
		ui_end(ui);
		ui_damage_all(ui);
		ui_paint(ui, &count);
		const struct canvas *c = ui_canvas(ui);
		/* Version 3 has 29 + 8 modules of 7 pixels: 259 wide, 15 from the edge. */
		uint32_t quiet = c->pixels[20 * 300 + 20], finder = c->pixels[46 * 300 + 46];
		assert_true(channel(quiet, 8) > channel(finder, 8) + 80);
	}
	ui_destroy(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rounded_box_is_solid_inside_and_soft_only_at_its_corners),
		cmocka_unit_test(the_border_of_a_translucent_box_is_a_ring),
		cmocka_unit_test(border_and_fill_of_one_colour_have_no_seam),
		cmocka_unit_test(a_gradient_is_dithered_without_bands),
		cmocka_unit_test(a_shadow_fades_and_leaves_an_opaque_box_alone),
		cmocka_unit_test(painting_in_tiles_equals_painting_at_once),
		cmocka_unit_test(a_ring_shows_its_part_clockwise_from_the_top),
		cmocka_unit_test(a_png_has_exactly_our_pixels),
		cmocka_unit_test(a_qr_is_dark_on_light_in_every_theme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
