/* Letter-size documents for looking at and for foreign tools: letter_tool certificate|copy|long
 * sgray_8|black_1 OUT.pwg. All persons are invented. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/pwg.h"
#include "tests/drivers/documents.h"

static struct text_fonts *load_fonts(void)
{
	static const char *const names[TEXT_FACE_COUNT] = {
		"NotoSans-400.ttf", "NotoSans-600.ttf", "Montserrat-700.ttf"};
	const char *source = getenv("VT_SOURCE_DIR");
	char paths[TEXT_FACE_COUNT][512];
	const char *list[TEXT_FACE_COUNT];
	struct text_fonts *fonts;
	struct vt_error error;

	for (int i = 0; i < TEXT_FACE_COUNT; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/assets/fonts/%s",
			source ? source : ".", names[i]);
		list[i] = paths[i];
	}
	if (text_fonts_load(list, &fonts, &error)) {
		(void)fprintf(stderr, "%s\n", error.msg);
		return NULL;
	}
	return fonts;
}

static int run(const char *document, enum pwg_type type, const char *path)
{
	struct text_fonts *fonts = load_fonts();
	struct receipt *receipt = calloc(1, sizeof(*receipt));
	struct vt_error error = {0};
	struct pages pages = {0};
	struct vt_buf out;
	enum vt_code code = VT_ERR_NOT_FOUND;

	vt_buf_init(&out, PWG_MAX_BYTES);
	if (fonts && receipt && document_of(document, receipt))
		code = page_render(receipt, fonts, &pages, &error);
	if (!code)
		code = pwg_encode(&pages, type, "stationery", &out, &error);
	FILE *file = code ? NULL : fopen(path, "wbe");
	const bool is_good = file && fwrite(out.data, 1, out.length, file) == out.length;
	if (file && fclose(file) == 0 && is_good)
		(void)printf("%zu pages, %zu bytes\n", pages.count, out.length);
	else
		(void)fprintf(stderr, "letter_tool: %s\n", error.msg);
	vt_buf_finish(&out);
	page_finish(&pages);
	text_fonts_close(&fonts);
	free(receipt);
	return is_good ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		for (int type = 0; type < PWG_TYPE_COUNT; type++)
			if (strcmp(argv[2], pwg_type_names[type]) == 0)
				return run(argv[1], (enum pwg_type)type, argv[3]);
	(void)fprintf(stderr, "letter_tool certificate|copy|long sgray_8|black_1 OUT.pwg\n");
	return 2;
}
