#ifndef VT_UI_SPEECH_ESPEAK_H
#define VT_UI_SPEECH_ESPEAK_H

/* espeak-ng as a child process (ARCHITECTURE §8: its GPL stays outside our binaries): one for each
 * utterance, text on its stdin, a WAV stream on its stdout. It takes 0.05 s for seven seconds of
 * speech, and nothing of what a citizen heard can be left in a process that has ended.
 *
 * A child that cannot be started or fails is not tried again before a pause that doubles from 1 s
 * to 60 s. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "terminal/base/error.h"

struct espeak {
	const char *program; /* found in PATH if it has no slash; borrowed */
	pid_t pid;	     /* of the child; 0 = none */
	int fd;		     /* its stdout, non-blocking; -1 = none */
	int failures;	     /* in a row */
	int64_t retry_ms;    /* not before this, monotonic */
};

void espeak_init(struct espeak *espeak, const char *program);
/* Kills the child, if there is one, and waits for it. */
void espeak_stop(struct espeak *espeak);
/* Starts saying text in the voice for lang at rate step 1 … 7. VT_ERR_AGAIN: not before retry_ms.
 * VT_ERR_NOT_FOUND, VT_ERR_IO: could not be started, counted as a failure. */
VT_MUST_USE enum vt_code espeak_start(struct espeak *espeak, const char *lang, int rate,
	const char *text, int64_t now_ms, struct vt_error *error);
/* Call after fd is at its end: waits for the child. VT_ERR_FAILED if it did not end well; counted.
 */
enum vt_code espeak_end(struct espeak *espeak, int64_t now_ms, struct vt_error *error);
/* Has espeak-ng a voice for a BCP 47 code? *ret_voice as of espeak_voice(). */
bool espeak_speaks(const char *lang, const char **ret_voice);
/* Name of the voice for a BCP 47 code; the Spanish one for what has none. */
const char *espeak_voice(const char *lang);
/* Words a minute and gap between words (10 ms at the default speed) of a rate step. */
void espeak_rate(int step, int *ret_words, int *ret_gap);

#endif
