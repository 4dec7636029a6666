/* SDL_ttf 2.20.1 notes (UI.md §16): one TTF_Font per size, because TTF_SetFontSize flushes its
 * glyphs; script and direction are set once, so that HarfBuzz does not guess; the wrapped calls are
 * never used. Runs are rendered "shaded": 8 bits a pixel whose value is the coverage. */

#include "ui/toolkit/text.h"

#include <SDL_ttf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"

/* Open fonts: no screen needs more than 20, one citizen's text size about 40. Each keeps its glyphs
 * as SDL_ttf draws them, about 0.2 MB. */
#define MAX_FONTS 48
#define MAX_RUNS  4096
/* Power of two. */
#define RUN_BUCKETS 1024
/* Widths: a screen asks for some 250. With one place for each hash a dozen of them would take turns
 * in the same places and be measured anew in each frame, which was half of what a letter costs
 * before it is painted. Power of two. */
#define WIDTH_SETS 1024
#define WIDTH_WAYS 4
/* The 32 MB of UI.md §15.9 at four bytes a pixel; ours take one. */
#define DEFAULT_LIMIT ((size_t)8 * 1024 * 1024)
/* One font file: Noto Sans has 630 KB. */
#define MAX_FONT_FILE ((off_t)4 * 1024 * 1024)

static const char *const face_files[FACE_COUNT] = {
	[FACE_TEXT] = "fonts/NotoSans-400.ttf",
	[FACE_TEXT_STRONG] = "fonts/NotoSans-600.ttf",
	[FACE_TITLE_MEDIUM] = "fonts/Montserrat-600.ttf",
	[FACE_TITLE] = "fonts/Montserrat-700.ttf",
	[FACE_ICON_DUOTONE] = "icons/phosphor-duotone.ttf",
	[FACE_ICON_BOLD] = "icons/phosphor-bold.ttf",
	[FACE_ICON_FILL] = "icons/phosphor-fill.ttf",
};

struct font {
	TTF_Font *ttf;
	enum face face;
	int px;
	uint64_t used; /* frame */
};

struct run {
	struct run *next; /* in the bucket */
	uint64_t hash;
	enum face face;
	int px;
	bool personal;
	uint64_t used; /* frame */
	size_t length, bytes;
	char *text; /* length bytes, owned; followed by the mask in the same block */
	struct text_run run;
};

struct width_entry {
	uint64_t hash; /* of face, px and text; 0 = empty */
	int width;
};

struct text_cache {
	struct {
		void *data; /* mapped */
		size_t length;
	} files[FACE_COUNT];
	struct font fonts[MAX_FONTS];
	size_t font_count;
	struct run *buckets[RUN_BUCKETS];
	size_t run_count, bytes, limit, personal_count;
	struct width_entry widths[WIDTH_SETS][WIDTH_WAYS]; /* of a set, the newest first */
	uint64_t frame;
};

/* ---- fonts ---- */

/* A font is mapped, not read: of each only the pages of the letters in use are ever touched, and
 * they are not ours alone. Whoever installs assets puts a new file in place of the old one. */
static enum vt_code map_file(
	const char *path, void **ret_data, size_t *ret_length, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "font: cannot read %s", path);
	if (fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size >= MAX_FONT_FILE)
		return vt_fail(error, VT_ERR_PARSE, 0, "font: %s has no usable length", path);
	void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return vt_fail(error, VT_ERR_IO, errno, "font: cannot read %s", path);
	*ret_data = data;
	*ret_length = (size_t)status.st_size;
	return VT_OK;
}

static void close_font(struct font *font)
{
	TTF_CloseFont(font->ttf);
	font->ttf = NULL;
}

/* A free place for a font; the one not used for longest goes. */
static struct font *font_slot(struct text_cache *cache)
{
	struct font *oldest = &cache->fonts[0];

	if (cache->font_count < MAX_FONTS)
		return &cache->fonts[cache->font_count++];
	for (size_t i = 1; i < MAX_FONTS; i++)
		if (cache->fonts[i].used < oldest->used)
			oldest = &cache->fonts[i];
	close_font(oldest);
	return oldest;
}

static TTF_Font *get_font(struct text_cache *cache, enum face face, int px)
{
	for (size_t i = 0; i < cache->font_count; i++) {
		struct font *f = &cache->fonts[i];
		if (f->face == face && f->px == px) {
			f->used = cache->frame;
			return f->ttf;
		}
	}
	SDL_RWops *rw = SDL_RWFromConstMem(cache->files[face].data, (int)cache->files[face].length);
	TTF_Font *ttf = TTF_OpenFontRW(rw, 1, px);
	/* The file was opened at start; that a size of it cannot be is a lack of memory. */
	VT_ASSERT(ttf);
	TTF_SetFontHinting(ttf, TTF_HINTING_LIGHT_SUBPIXEL);
	TTF_SetFontKerning(ttf, 1);
	TTF_SetFontScriptName(ttf, "Latn");
	TTF_SetFontDirection(ttf, TTF_DIRECTION_LTR);
	*font_slot(cache) = (struct font){.ttf = ttf, .face = face, .px = px, .used = cache->frame};
	return ttf;
}

enum vt_code text_cache_create(
	const char *assets, struct text_cache **ret_cache, struct vt_error *error)
{
	VT_CLEANUP(text_cache_destroy) struct text_cache *cache = calloc(1, sizeof(*cache));
	char path[512];

	if (!cache)
		return vt_fail(error, VT_ERR_NOMEM, 0, "text");
	if (TTF_Init() < 0) {
		free(cache);
		cache = NULL;
		return vt_fail(error, VT_ERR_NOMEM, 0, "text: %s", TTF_GetError());
	}
	cache->limit = DEFAULT_LIMIT;
	cache->frame = 1;
	for (int face = 0; face < FACE_COUNT; face++) {
		if (!vt_format(path, sizeof(path), "%s/%s", assets, face_files[face]))
			return vt_fail(error, VT_ERR_LIMIT, 0, "text: path too long");
		enum vt_code code =
			map_file(path, &cache->files[face].data, &cache->files[face].length, error);
		if (code != VT_OK)
			return code;
		SDL_RWops *rw =
			SDL_RWFromConstMem(cache->files[face].data, (int)cache->files[face].length);
		TTF_Font *ttf = TTF_OpenFontRW(rw, 1, 20);
		if (!ttf)
			return vt_fail(error, VT_ERR_PARSE, 0, "font: %s is no font", path);
		TTF_CloseFont(ttf);
	}
	*ret_cache = vt_take_ptr(&cache);
	return VT_OK;
}

/* ---- runs ---- */

static void free_run(struct text_cache *cache, struct run *run)
{
	cache->bytes -= run->bytes;
	cache->run_count--;
	if (run->personal)
		cache->personal_count--;
	if (run->personal)
		vt_wipe(run->text, run->bytes);
	free(run->text);
	free(run);
}

/* Frees the runs for which should_go says so. */
static void sweep(struct text_cache *cache,
	bool (*should_go)(const struct run *run, uint64_t argument), uint64_t argument)
{
	for (size_t i = 0; i < RUN_BUCKETS; i++) {
		for (struct run **link = &cache->buckets[i]; *link;) {
			struct run *run = *link;
			if (should_go(run, argument)) {
				*link = run->next;
				free_run(cache, run);
			} else {
				link = &run->next;
			}
		}
	}
}

static bool is_any(const struct run *run, uint64_t argument)
{
	(void)run;
	(void)argument;
	return true;
}

static bool is_personal(const struct run *run, uint64_t argument)
{
	(void)argument;
	return run->personal;
}

static bool is_older(const struct run *run, uint64_t frame)
{
	return run->used < frame;
}

void text_cache_destroy(struct text_cache **cache)
{
	if (!*cache)
		return;
	sweep(*cache, is_any, 0);
	for (size_t i = 0; i < (*cache)->font_count; i++)
		close_font(&(*cache)->fonts[i]);
	for (int face = 0; face < FACE_COUNT; face++)
		if ((*cache)->files[face].data)
			(void)munmap((*cache)->files[face].data, (*cache)->files[face].length);
	free(*cache);
	*cache = NULL;
	TTF_Quit();
}

void text_next_frame(struct text_cache *cache)
{
	cache->frame++;
}

void text_forget_personal(struct text_cache *cache)
{
	if (cache->personal_count > 0)
		sweep(cache, is_personal, 0);
	/* The hash of a short value such as a CURP would be worth guessing at. */
	vt_wipe(cache->widths, sizeof(cache->widths));
}

void text_set_limit(struct text_cache *cache, size_t bytes)
{
	cache->limit = bytes;
}

struct text_sizes text_sizes(const struct text_cache *cache)
{
	return (struct text_sizes){
		cache->bytes, cache->run_count, cache->personal_count, cache->font_count};
}

/* Makes room: oldest frames first. Half of the age at a time keeps this to a few passes. */
static void make_room(struct text_cache *cache, size_t bytes)
{
	uint64_t oldest = 0;

	while ((cache->bytes + bytes > cache->limit || cache->run_count >= MAX_RUNS) &&
		oldest < cache->frame) {
		uint64_t first = cache->frame;
		for (size_t i = 0; i < RUN_BUCKETS; i++)
			for (const struct run *run = cache->buckets[i]; run; run = run->next)
				first = run->used < first ? run->used : first;
		oldest = first + (cache->frame - first + 1) / 2;
		sweep(cache, is_older, oldest);
	}
}

/* Smallest rectangle with ink in an 8-bit surface; empty if there is none. */
struct ink {
	int left, top, right, bottom;
};

static struct ink find_ink(const SDL_Surface *s)
{
	struct ink ink = {s->w, s->h, 0, 0};
	const uint8_t *pixels = s->pixels;

	for (int y = 0; y < s->h; y++, pixels += s->pitch) {
		int left = 0, right = s->w;
		while (left < s->w && pixels[left] == 0)
			left++;
		if (left == s->w)
			continue;
		while (pixels[right - 1] == 0)
			right--;
		ink.left = left < ink.left ? left : ink.left;
		ink.right = right > ink.right ? right : ink.right;
		ink.top = y < ink.top ? y : ink.top;
		ink.bottom = y + 1;
	}
	return ink;
}

/* Stores text and the ink of surface (NULL: nothing to see) as a run in one block. */
static struct run *store_run(struct text_cache *cache, const struct run *like, const char *text,
	SDL_Surface *surface, int baseline)
{
	struct ink ink = surface ? find_ink(surface) : (struct ink){0, 0, 0, 0};
	int width = ink.right > ink.left ? ink.right - ink.left : 0;
	int height = width > 0 ? ink.bottom - ink.top : 0;
	size_t bytes = like->length + 1 + (size_t)width * (size_t)height;

	make_room(cache, bytes);
	struct run *run = malloc(sizeof(*run));
	char *block = malloc(bytes);
	VT_ASSERT(run);
	VT_ASSERT(block);
	*run = *like;
	run->text = block;
	run->bytes = bytes;
	run->used = cache->frame;
	memcpy(block, text, like->length);
	block[like->length] = '\0';
	uint8_t *mask = (uint8_t *)block + like->length + 1;
	for (int y = 0; y < height; y++)
		memcpy(mask + (size_t)y * (size_t)width,
			(const uint8_t *)surface->pixels + (ink.top + y) * surface->pitch +
				ink.left,
			(size_t)width);
	run->run = (struct text_run){
		height > 0 ? mask : NULL, width, height, ink.left, ink.top - baseline};
	run->next = cache->buckets[run->hash % RUN_BUCKETS];
	cache->buckets[run->hash % RUN_BUCKETS] = run;
	cache->bytes += bytes;
	cache->run_count++;
	cache->personal_count += run->personal ? 1 : 0;
	return run;
}

static void free_surface(SDL_Surface *surface, bool personal)
{
	if (!surface)
		return;
	if (personal)
		vt_wipe(surface->pixels, (size_t)surface->h * (size_t)surface->pitch);
	SDL_FreeSurface(surface);
}

static struct run *find_run(struct text_cache *cache, const struct run *like, const char *text)
{
	for (struct run *run = cache->buckets[like->hash % RUN_BUCKETS]; run; run = run->next)
		if (run->hash == like->hash && run->face == like->face && run->px == like->px &&
			run->length == like->length && memcmp(run->text, text, like->length) == 0)
			return run;
	return NULL;
}

static uint64_t text_hash(enum face face, int px, const char *text, size_t length)
{
	return hash_bytes(hash_u64(HASH_START, (uint64_t)face << 32 | (uint32_t)px), text, length);
}

static const SDL_Color white = {255, 255, 255, 255}, black = {0, 0, 0, 255};

struct text_run text_run(struct text_cache *cache, enum face face, int px, const char *text,
	size_t length, bool personal)
{
	struct run like = {.hash = text_hash(face, px, text, length),
		.face = face,
		.px = px,
		.personal = personal,
		.length = length};
	struct run *run = find_run(cache, &like, text);

	if (run) {
		run->used = cache->frame;
		if (personal && !run->personal) {
			run->personal = true;
			cache->personal_count++;
		}
		return run->run;
	}
	TTF_Font *font = get_font(cache, face, px);
	VT_CLEANUP(vt_freep) char *copy = strndup(text, length);
	VT_ASSERT(copy);
	SDL_Surface *surface = length > 0 ? TTF_RenderUTF8_Shaded(font, copy, white, black) : NULL;
	run = store_run(cache, &like, text, surface, TTF_FontAscent(font));
	free_surface(surface, personal);
	if (personal)
		vt_wipe(copy, length);
	return run->run;
}

struct text_run text_glyph(struct text_cache *cache, enum face face, int px, uint32_t code_point)
{
	char text[5] = {0};
	size_t length = vt_utf8_encode(code_point, text);
	TTF_Font *font = get_font(cache, face, px);
	struct text_run run = text_run(cache, face, px, text, length, false);

	/* From the base line to the middle of the font's box, which is the middle of the icon. */
	run.ink_y += TTF_FontAscent(font) - TTF_FontHeight(font) / 2;
	return run;
}

int text_baseline(struct text_cache *cache, enum face face, int px, int line_px)
{
	TTF_Font *font = get_font(cache, face, px);

	return (line_px - TTF_FontHeight(font)) / 2 + TTF_FontAscent(font);
}

/* ---- measures ---- */

int text_width(struct text_cache *cache, enum face face, int px, const char *text, size_t length)
{
	uint64_t hash = text_hash(face, px, text, length) | 1;
	struct width_entry *set = cache->widths[(hash >> 8) % WIDTH_SETS];
	char small[256];
	int width = 0;

	if (length == 0)
		return 0;
	for (int i = 0; i < WIDTH_WAYS; i++)
		if (set[i].hash == hash)
			return set[i].width;
	char *copy = length < sizeof(small) ? small : malloc(length + 1);
	VT_ASSERT(copy);
	memcpy(copy, text, length);
	copy[length] = '\0';
	TTF_SizeUTF8(get_font(cache, face, px), copy, &width, NULL);
	vt_wipe(copy, length);
	if (copy != small)
		free(copy);
	memmove(&set[1], &set[0], (WIDTH_WAYS - 1) * sizeof(set[0]));
	set[0] = (struct width_entry){hash, width};
	return width;
}

/* Combining marks of the scripts we show; they belong to the letter before them. */
static bool is_combining(uint32_t cp)
{
	return (cp >= 0x0300 && cp <= 0x036F) || (cp >= 0x1AB0 && cp <= 0x1AFF) ||
	       (cp >= 0x1DC0 && cp <= 0x1DFF) || (cp >= 0x20D0 && cp <= 0x20FF) ||
	       (cp >= 0xFE20 && cp <= 0xFE2F) || cp == 0x200D;
}

size_t text_grapheme(const char *text)
{
	const char *p = text, *next = p;

	if (vt_utf8_next(&next) == 0)
		return 0;
	do {
		p = next;
	} while (is_combining(vt_utf8_next(&next)));
	return (size_t)(p - text);
}

/* End of the piece at p that cannot be broken: behind a blank, '-' or '/', at '\n' or at the end.
 */
static const char *piece_end(const char *p)
{
	while (*p && *p != '\n') {
		char c = *p++;
		/* Blanks stay with the word before them, also several. */
		if (c == ' ') {
			while (*p == ' ')
				p++;
			return p;
		}
		if ((c == '-' || c == '/') && *p != ' ' && *p != '\n')
			return p;
	}
	return p;
}

static size_t trimmed(const char *start, const char *end)
{
	while (end > start && end[-1] == ' ')
		end--;
	return (size_t)(end - start);
}

/* Bytes of a too long word that fit, at least one grapheme. */
static size_t cut_word(struct text_cache *cache, enum face face, int px, const char *text,
	size_t length, int width)
{
	size_t fit = text_grapheme(text);

	while (fit < length) {
		size_t more = fit + text_grapheme(text + fit);
		if (text_width(cache, face, px, text, more) > width)
			break;
		fit = more;
	}
	return fit;
}

size_t text_break(struct text_cache *cache, enum face face, int px, const char *text, int width,
	struct text_line *lines, size_t max)
{
	size_t count = 0;
	const char *start = text;

	if (!*text)
		return 0;
	for (;;) {
		const char *end = start, *next;
		/* As many pieces as fit; the first one always. */
		while (*end && *end != '\n') {
			next = piece_end(end);
			size_t length = trimmed(start, next);
			if (end > start && text_width(cache, face, px, start, length) > width)
				break;
			end = next;
		}
		size_t length = trimmed(start, end);
		int line_width = text_width(cache, face, px, start, length);
		if (line_width > width && text_grapheme(start) < length) {
			length = cut_word(cache, face, px, start, length, width);
			line_width = text_width(cache, face, px, start, length);
			end = start + length;
		}
		if (count < max)
			lines[count] = (struct text_line){start, length, line_width};
		count++;
		if (*end == '\n')
			end++;
		else if (!*end)
			return count;
		start = end;
		if (!*start) /* a final '\n' opens no line */
			return count;
	}
}

int text_min_width(struct text_cache *cache, enum face face, int px, const char *text)
{
	int widest = 0;

	while (*text) {
		const char *end = piece_end(text);
		int width = text_width(cache, face, px, text, trimmed(text, end));
		widest = width > widest ? width : widest;
		text = *end == '\n' ? end + 1 : end;
	}
	return widest;
}

size_t text_fit(struct text_cache *cache, enum face face, int px, const char *text, size_t length,
	int width)
{
	size_t fit = 0;
	int dots = text_width(cache, face, px, "…", strlen("…"));

	while (fit < length) {
		size_t more = fit + text_grapheme(text + fit);
		if (text_width(cache, face, px, text, more) + dots > width)
			break;
		fit = more;
	}
	return trimmed(text, text + fit);
}
