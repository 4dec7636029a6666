#ifndef VT_UI_SPEECH_PLAYER_H
#define VT_UI_SPEECH_PLAYER_H

/* Sound through SDL audio: one utterance at a time, and an earcon over it. Samples are 16-bit mono
 * at WAV_RATE_HZ, little-endian; what has been heard, or never will be, is wiped. For a technician
 * there is a test tone, for which the output is opened in stereo.
 *
 * The device is open only while there is something to play, so that an idle terminal takes no CPU.
 * One thread calls; SDL's audio thread calls back. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"
#include "ui/speech/speech.h"

struct player;

/* wake_fd: an eventfd that is written when an utterance has been played to its end. speaker,
 * headphones: SDL names of the outputs; NULL = the system's. sounds: folder of the earcons, of
 * which missing ones are silent. NULL if there is no memory. */
struct player *player_create(
	int wake_fd, const char *speaker, const char *headphones, const char *sounds);
/* Stops, closes, wipes; accepts NULL. */
void player_destroy(struct player **player);

/* A new utterance, nothing of it yet; volume 1 … SPEECH_VOLUME_STEPS. VT_ERR_DEVICE if there is no
 * sound. */
VT_MUST_USE enum vt_code player_begin(
	struct player *player, int volume, bool to_headphones, struct vt_error *error);
/* More samples of it, an even number of bytes. VT_ERR_LIMIT beyond WAV_MAX_BYTES. */
VT_MUST_USE enum vt_code player_add(struct player *player, const uint8_t *samples, size_t bytes);
/* No more will come. */
void player_end(struct player *player);
/* Whether all of an ended utterance was played. */
bool player_is_done(struct player *player);
/* Drops and wipes the utterance. */
void player_stop(struct player *player);
void player_pause(struct player *player, bool is_paused);
/* Starts an earcon; nothing if there is no sound. */
void player_earcon(struct player *player, enum earcon earcon, int volume, bool to_headphones);
/* Two thirds of a second on one side: -1 left, 1 right. Nothing if there is no sound. */
void player_tone(struct player *player, int side, int volume, bool to_headphones);
/* Closes the device if nothing was played for some seconds. Returns the milliseconds after which to
 * call again, -1 = never. */
int player_idle(struct player *player, int64_t now_ms);
/* Closes the device at once, with whatever its driver still holds. */
void player_close(struct player *player);

#endif
