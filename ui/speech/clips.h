#ifndef VT_UI_SPEECH_CLIPS_H
#define VT_UI_SPEECH_CLIPS_H

/* Recorded speech of a language pack: FOLDER/LANG/clips.tsv, one clip a line,
 *
 *	continue.wav<TAB>Continuar
 *
 * file in the same folder, text exactly as it is said. What has a clip is played, everything else
 * (names, amounts, folios) is synthesised. Files are in the form of wav.h. */

#include "terminal/base/buf.h"

struct clips;

/* Longest table, in lines and in bytes. */
#define CLIPS_MAX	4096
#define CLIPS_MAX_BYTES ((size_t)1024 * 1024)

/* Reads one table: *ret holds a copy. Unusable lines are an error, naming the line. VT_ERR_PARSE,
 * VT_ERR_LIMIT, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code clips_parse(
	const char *data, size_t length, struct clips **ret, struct vt_error *error);
/* Accepts NULL. */
void clips_destroy(struct clips **clips);
/* File name for a text, NULL if there is none. */
const char *clips_find(const struct clips *clips, const char *text);

/* Loads the table of a language; NULL if the pack has none or it is unusable (logged). */
struct clips *clips_load(const char *folder, const char *lang);
/* Reads a clip whole into ret (for wav_parse). VT_ERR_IO, VT_ERR_NOT_FOUND, VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code clips_read(const char *folder, const char *lang, const char *file,
	struct vt_buf *ret, struct vt_error *error);

#endif
