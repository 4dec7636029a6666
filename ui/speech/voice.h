#ifndef VT_UI_SPEECH_VOICE_H
#define VT_UI_SPEECH_VOICE_H

/* Orders of the machine (speech.h) made audible: a thread that keeps one child of espeak-ng and the
 * sound, so that the screen never waits for either.
 *
 *	main thread ─ voice_order ─► queue ─► thread ─ text ─► espeak-ng ─ PCM ─► player ─► SDL
 *audio ▲                                  │ clip of a language pack ──────────►┘ └──── SDL event:
 *data1 = id ◄──────┘ said, or given up
 *
 * Whatever fails (no sound, no espeak-ng, a child that dies) is logged once, the utterance counts
 * as said, and the screen goes on. */

#include <stdbool.h>

#include "ui/speech/speech.h"

struct voice_options {
	const char *program; /* espeak-ng */
	const char *sounds;  /* folder of the earcons */
	const char *packs;   /* folder of language packs, whose clips go first; NULL = none */
	const char *clips;   /* folder of recorded clips of all other languages; NULL = none */
	const char *speaker; /* SDL names of the outputs; NULL = the system's */
	const char *headphones;
	unsigned event; /* SDL user event: data1 = (void *)(intptr_t)id; code 1 = heard, 0 = not */
};

struct voice;

/* Starts the thread. VT_ERR_NOMEM, VT_ERR_IO. */
VT_MUST_USE enum vt_code voice_create(
	const struct voice_options *options, struct voice **ret, struct vt_error *error);
/* Ends child, sound and thread; accepts NULL. */
void voice_destroy(struct voice **voice);
/* Hands an order over (copied). Never blocks for longer than the first start of SDL's audio. */
void voice_order(struct voice *voice, const struct speech_order *order);

#endif
