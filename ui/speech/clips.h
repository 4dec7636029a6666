#ifndef VT_UI_SPEECH_CLIPS_H
#define VT_UI_SPEECH_CLIPS_H

/* Recorded speech of a language: FOLDER/LANG/clips.tsv, one text a line,
 *
 *	continue.wav<TAB>Continuar
 *	left-1.wav * left-2.wav<TAB>Quedan * segundos
 *
 * files in the same folder, text exactly as it is said; each * is a part that varies (a number, an
 * amount, a name), which is synthesised between the clips. What has no clip is synthesised whole. A
 * language that people hear but do not read here has Spanish texts beside its recordings. Files are
 * in the form of wav.h. */

#include <stdbool.h>

#include "terminal/base/buf.h"

struct clips;

/* Longest table, in lines and in bytes. */
#define CLIPS_MAX	4096
#define CLIPS_MAX_BYTES ((size_t)1024 * 1024)
/* Clips and varying parts of one text: four values between five clips. */
#define CLIPS_MAX_PIECES 9

struct clip_piece {
	const char *file; /* borrowed from the table; NULL = text is synthesised */
	const char *text; /* borrowed from what was looked for, length bytes; NULL = a clip */
	size_t length;
};
struct clip_match {
	size_t count; /* 0 = the table does not have the text */
	struct clip_piece pieces[CLIPS_MAX_PIECES];
};

/* Reads one table: *ret holds a copy. Unusable lines are an error, naming the line. VT_ERR_PARSE,
 * VT_ERR_LIMIT, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code clips_parse(
	const char *data, size_t length, struct clips **ret, struct vt_error *error);
/* Accepts NULL. */
void clips_destroy(struct clips **clips);
/* What a text is said with; a text that stands in the table whole goes before one with varying
 * parts. True if the table has it. clips may be NULL. */
bool clips_find(const struct clips *clips, const char *text, struct clip_match *ret);

/* Loads the table of a language; NULL if the pack has none or it is unusable (logged). */
struct clips *clips_load(const char *folder, const char *lang);
/* Reads a clip whole into ret (for wav_parse). VT_ERR_IO, VT_ERR_NOT_FOUND, VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code clips_read(const char *folder, const char *lang, const char *file,
	struct vt_buf *ret, struct vt_error *error);

#endif
