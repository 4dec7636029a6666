/* Golden images: every fixture in four looks and two languages gives the same pixels, bit for bit,
 * as golden/hashes.tsv says; the pictures of the first look in Spanish are kept to be looked at.
 *
 * usage: test_screens_golden            compares; a failure leaves NAME-actual.png,
 *                                       NAME-expected.png and NAME-difference.png in
 *                                       BUILD/golden/
 *        test_screens_golden --update   writes hashes and pictures (tools/golden-update) */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <png.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "tests/ui/screens_stage.h"

static const struct look looks[] = {
	{"light", 0, 0, false},
	{"high-dark", 0, 1, false},
	{"extra", 2, 0, false},
	{"reach", 0, 0, true},
};
static const char *const languages[] = {"es-MX", "en"};

#define MAX_LINES 1024
struct line {
	char name[96];
	uint64_t hash;
};
static struct line expected[MAX_LINES], actual[MAX_LINES];
static size_t expected_count, actual_count, evidence_count;

static struct stage stage;

static const char *source_dir(void)
{
	const char *dir = getenv("VT_SOURCE_DIR");

	return dir != NULL ? dir : ".";
}

static void path_of(char *dst, size_t size, const char *name)
{
	if (!vt_format(dst, size, "%s/tests/ui/golden/%s", source_dir(), name)) {
		fprintf(stderr, "golden: path too long\n");
		exit(1);
	}
}

/* ---- pictures ---- */

/* Small rather than fast: no row filter suits flat colours and Bayer dither best. */
static void write_picture(const char *path, const uint32_t *pixels, int width, int height)
{
	FILE *file = fopen(path, "wb");
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	png_bytep row = malloc((size_t)width * 3);

	if (file == NULL || info == NULL || row == NULL) {
		fprintf(stderr, "golden: cannot write %s\n", path);
		exit(1);
	}
	png_init_io(png, file);
	png_set_compression_level(png, 9);
	png_set_filter(png, 0, PNG_FILTER_NONE);
	png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			uint32_t pixel = pixels[y * width + x];

			row[3 * x] = (png_byte)(pixel >> 16);
			row[3 * x + 1] = (png_byte)(pixel >> 8);
			row[3 * x + 2] = (png_byte)pixel;
		}
		png_write_row(png, row);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
	if (fclose(file) != 0)
		fprintf(stderr, "golden: cannot write %s\n", path);
}

/* Pixels of a picture of exactly that size, 0xFFRRGGBB; NULL if there is none. */
static uint32_t *read_picture(const char *path, int width, int height)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	uint32_t *pixels = NULL;

	if (!png_image_begin_read_from_file(&image, path))
		return NULL;
	/* In memory B, G, R, A: that is 0xAARRGGBB on a little-endian machine. */
	image.format = PNG_FORMAT_BGRA;
	if ((int)image.width == width && (int)image.height == height)
		pixels = malloc(PNG_IMAGE_SIZE(image));
	if (pixels == NULL || !png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
		png_image_free(&image);
		free(pixels);
		return NULL;
	}
	return pixels;
}

/* Pictures of so many differences are enough to see what happened. */
#define MAX_EVIDENCE 24

static void leave_evidence(const char *name, const uint32_t *wanted, const struct canvas *canvas)
{
	const char *build = getenv("VT_BUILD_DIR");
	size_t count = (size_t)canvas->width * (size_t)canvas->height;
	uint32_t *difference = malloc(count * sizeof(*difference));
	char dir[400], path[600];

	if (difference == NULL ||
		!vt_format(dir, sizeof(dir), "%s/golden", build ? build : "build"))
		exit(1);
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		fprintf(stderr, "golden: cannot make %s\n", dir);
	(void)snprintf(path, sizeof(path), "%s/%s-actual.png", dir, name);
	write_picture(path, canvas->pixels, canvas->width, canvas->height);
	fprintf(stderr, "golden: %s differs; see %s\n", name, path);
	if (wanted != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s-expected.png", dir, name);
		write_picture(path, wanted, canvas->width, canvas->height);
		/* What differs in red over a pale copy of what is the same. */
		for (size_t i = 0; i < count; i++)
			difference[i] =
				wanted[i] == canvas->pixels[i]
					? 0xFFC0C0C0 | ((canvas->pixels[i] >> 2) & 0x003F3F3F)
					: 0xFFFF0000;
		(void)snprintf(path, sizeof(path), "%s/%s-difference.png", dir, name);
		write_picture(path, difference, canvas->width, canvas->height);
	}
	free(difference);
}

/* ---- hashes ---- */

static void read_hashes(void)
{
	char path[500], line[200];
	FILE *file;

	path_of(path, sizeof(path), "hashes.tsv");
	file = fopen(path, "r");
	while (file != NULL && expected_count < MAX_LINES &&
		fgets(line, sizeof(line), file) != NULL) {
		struct line *e = &expected[expected_count];
		char *tab = strchr(line, '\t');

		if (line[0] == '#' || tab == NULL)
			continue;
		*tab = '\0';
		vt_copy_cut(e->name, sizeof(e->name), line);
		if (sscanf(tab + 1, "%" SCNx64, &e->hash) == 1)
			expected_count++;
	}
	if (file != NULL)
		(void)fclose(file);
}

static const struct line *find_hash(const char *name)
{
	for (size_t i = 0; i < expected_count; i++)
		if (strcmp(expected[i].name, name) == 0)
			return &expected[i];
	return NULL;
}

static void write_hashes(void)
{
	char path[500];
	FILE *file;

	path_of(path, sizeof(path), "hashes.tsv");
	file = fopen(path, "w");
	if (file == NULL) {
		fprintf(stderr, "golden: cannot write %s\n", path);
		exit(1);
	}
	fprintf(file, "# screen.look.language and the hash of its pixels; tools/golden-update\n");
	for (size_t i = 0; i < actual_count; i++)
		fprintf(file, "%s\t%016" PRIx64 "\n", actual[i].name, actual[i].hash);
	if (fclose(file) != 0)
		exit(1);
}

/* ---- one image ---- */

static bool is_kept(size_t look, size_t language)
{
	return look == 0 && language == 0;
}

/* Draws one and compares or stores it; true if it is as expected. */
static bool visit(const struct fixture *fixture, size_t look, size_t language, bool update)
{
	const struct canvas *canvas;
	const struct line *wanted;
	struct line *line = &actual[actual_count++];
	char file[128], path[500];
	uint32_t *picture;
	bool same;

	stage_show(&stage, fixture, languages[language], &looks[look]);
	canvas = ui_canvas(stage.ui);
	(void)snprintf(line->name, sizeof(line->name), "%s.%s.%s", fixture->name, looks[look].name,
		languages[language]);
	line->hash = canvas_hash(canvas);
	(void)snprintf(file, sizeof(file), "%s.png", fixture->name);
	path_of(path, sizeof(path), file);
	picture =
		is_kept(look, language) ? read_picture(path, canvas->width, canvas->height) : NULL;
	same = !is_kept(look, language) ||
	       (picture != NULL &&
		       memcmp(picture, canvas->pixels,
			       (size_t)canvas->width * (size_t)canvas->height * 4) == 0);
	if (update) {
		if (!same)
			write_picture(path, canvas->pixels, canvas->width, canvas->height);
		free(picture);
		return true;
	}
	wanted = find_hash(line->name);
	same = same && wanted != NULL && wanted->hash == line->hash;
	if (!same && evidence_count++ < MAX_EVIDENCE)
		leave_evidence(line->name, picture, canvas);
	else if (!same)
		fprintf(stderr, "golden: %s differs\n", line->name);
	free(picture);
	return same;
}

static size_t visit_all(bool update)
{
	size_t differing = 0;

	actual_count = 0;
	for (size_t l = 0; l < VT_ELEMENTS(looks); l++)
		for (size_t g = 0; g < VT_ELEMENTS(languages); g++)
			for (size_t i = 0; i < fixture_count; i++)
				differing += visit(&fixtures[i], l, g, update) ? 0 : 1;
	return differing;
}

static void every_screen_gives_the_golden_pixels(void **state)
{
	(void)state;
	assert_int_equal(visit_all(false), 0);
	/* Nothing left over of fixtures that are gone. */
	assert_int_equal(expected_count, actual_count);
}

static void one_changed_pixel_is_found(void **state)
{
	uint64_t before;

	(void)state;
	stage_show(&stage, fixture_find("home"), "es-MX", &looks[0]);
	before = canvas_hash(ui_canvas(stage.ui));
	ui_canvas(stage.ui)->pixels[12345] ^= 1;
	assert_true(canvas_hash(ui_canvas(stage.ui)) != before);
	ui_canvas(stage.ui)->pixels[12345] ^= 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_screen_gives_the_golden_pixels),
		cmocka_unit_test(one_changed_pixel_is_found),
	};
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	int failed = 0;

	stage_open(&stage, NULL, NULL);
	if (update) {
		(void)visit_all(true);
		write_hashes();
		printf("golden: %zu images, %zu of them kept as pictures\n", actual_count,
			fixture_count);
	} else {
		read_hashes();
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	}
	stage_close(&stage);
	return failed;
}
