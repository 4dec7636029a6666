#include "ui/speech/player.h"

#include <SDL.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/speech/wav.h"

/* 46 ms: short enough to stop at a touch, long enough for a busy machine. */
#define DEVICE_SAMPLES 1024
#define IDLE_CLOSE_MS  3000
#define EARCON_MAX     ((size_t)256 * 1024)
/* A': high enough for a small speaker, low enough to be no alarm. */
#define TONE_HZ	     880
#define TONE_SAMPLES (WAV_RATE_HZ * 2 / 3)
/* 20 ms in and out, so that it does not click. */
#define TONE_RAMP (WAV_RATE_HZ / 50)

struct clip {
	uint8_t *data; /* owned, the whole file */
	const uint8_t *samples;
	size_t bytes;
};

struct player {
	int wake_fd;	/* borrowed */
	char *names[2]; /* of the outputs: speaker, headphones; NULL = the system's */
	struct clip earcons[EARCON_COUNT];
	SDL_AudioDeviceID device; /* 0 = closed */
	bool is_headphones;	  /* which of the two is open */
	bool is_stereo;		  /* … for a tone; speech is on both sides */
	int64_t idle_since_ms;
	bool is_reported; /* that there is no sound */

	/* Shared with SDL's thread, under the device's lock. */
	struct vt_buf pcm;
	size_t at; /* bytes played */
	bool has_ended, was_told, is_paused;
	int gain; /* of the utterance, 32768 = 1 */
	const struct clip *earcon;
	size_t earcon_at;
	int earcon_gain;
	int tone_side; /* 0 = no tone */
	int tone_at, tone_gain;
};

static int gain_of(int volume)
{
	/* 6 dB a step down from the loudest: halves. */
	int steps = SPEECH_VOLUME_STEPS - volume;

	return steps < 0 ? 32768 : 32768 >> (steps < 15 ? steps : 15);
}

/* ---- SDL's thread ---- */

static int sample_at(const uint8_t *p)
{
	return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static int clamp(int v)
{
	return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

static int next_speech(struct player *player)
{
	int value;

	if (player->is_paused || player->at + 2 > player->pcm.length)
		return 0;
	value = sample_at(player->pcm.data + player->at) * player->gain / 32768;
	/* Heard is gone. */
	player->pcm.data[player->at] = player->pcm.data[player->at + 1] = 0;
	player->at += 2;
	return value;
}

static int next_earcon(struct player *player)
{
	int value;

	if (!player->earcon)
		return 0;
	value = sample_at(player->earcon->samples + player->earcon_at) * player->earcon_gain /
		32768;
	player->earcon_at += 2;
	if (player->earcon_at + 2 > player->earcon->bytes)
		player->earcon = NULL;
	return value;
}

static int next_tone(struct player *player)
{
	const int left = TONE_SAMPLES - player->tone_at,
		  edge = player->tone_at < left ? player->tone_at : left;
	const double turn = 2 * 3.14159265358979 * TONE_HZ / WAV_RATE_HZ * player->tone_at;
	const double ramp = edge < TONE_RAMP ? (double)edge / TONE_RAMP : 1;

	if (++player->tone_at >= TONE_SAMPLES)
		player->tone_side = 0;
	return (int)(sin(turn) * ramp * 0.5 * player->tone_gain);
}

static bool is_played(const struct player *player)
{
	return player->has_ended && player->at + 2 > player->pcm.length;
}

static void put_sample(Uint8 *to, int value)
{
	const uint16_t out = (uint16_t)(int16_t)clamp(value);

	to[0] = (Uint8)(out & 0xFF);
	to[1] = (Uint8)(out >> 8);
}

static void SDLCALL fill(void *context, Uint8 *stream, int length)
{
	struct player *player = context;
	const uint64_t one = 1;
	const int step = player->is_stereo ? 4 : 2;

	for (int i = 0; i + step <= length; i += step) {
		const int both = next_speech(player) + next_earcon(player);
		const int side = player->tone_side, tone = side != 0 ? next_tone(player) : 0;

		if (player->is_stereo)
			put_sample(stream + i + 2, both + (side > 0 ? tone : 0));
		put_sample(stream + i, both + (side < 0 ? tone : 0));
	}
	if (is_played(player) && !player->was_told) {
		player->was_told = true;
		/* An eventfd takes it unless 2^64 wake-ups are pending. */
		if (write(player->wake_fd, &one, sizeof(one)) < 0)
			player->was_told = false;
	}
}

/* ---- our thread ---- */

static void load_earcon(struct player *player, const char *folder, enum earcon earcon)
{
	struct clip *clip = &player->earcons[earcon];
	char path[512];
	struct vt_error error;

	if (!vt_format(path, sizeof(path), "%s/%s.wav", folder, earcon_names[earcon]))
		return;
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "rbe");
	clip->data = malloc(EARCON_MAX);
	if (!in || !clip->data) {
		vt_log(VT_LOG_WARNING, "speech: no sound %s", path);
		return;
	}
	size_t length = fread(clip->data, 1, EARCON_MAX, in);
	if (wav_parse(clip->data, length, &clip->samples, &clip->bytes, &error) != VT_OK)
		vt_log(VT_LOG_WARNING, "speech: %s: %s", path, error.msg);
}

static char *copy_or_null(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

struct player *player_create(
	int wake_fd, const char *speaker, const char *headphones, const char *sounds)
{
	struct player *player = calloc(1, sizeof(*player));

	if (!player)
		return NULL;
	player->wake_fd = wake_fd;
	player->names[0] = copy_or_null(speaker);
	player->names[1] = copy_or_null(headphones);
	vt_buf_init(&player->pcm, WAV_MAX_BYTES);
	for (int i = 0; sounds && i < EARCON_COUNT; i++)
		load_earcon(player, sounds, (enum earcon)i);
	return player;
}

void player_close(struct player *player)
{
	if (player->device != 0)
		SDL_CloseAudioDevice(player->device);
	player->device = 0;
	player->earcon = NULL;
	player->tone_side = 0;
}

void player_destroy(struct player **player)
{
	if (!*player)
		return;
	player_close(*player);
	vt_buf_finish(&(*player)->pcm);
	for (size_t i = 0; i < EARCON_COUNT; i++)
		free((*player)->earcons[i].data);
	free((*player)->names[0]);
	free((*player)->names[1]);
	free(*player);
	*player = NULL;
}

static void lock(struct player *player)
{
	if (player->device != 0)
		SDL_LockAudioDevice(player->device);
}

static void unlock(struct player *player)
{
	if (player->device != 0)
		SDL_UnlockAudioDevice(player->device);
}

/* What is open in stereo is good for speech, too. */
static enum vt_code open_device(
	struct player *player, bool to_headphones, bool is_stereo, struct vt_error *error)
{
	const SDL_AudioSpec wish = {.freq = WAV_RATE_HZ,
		.format = AUDIO_S16LSB,
		.channels = is_stereo ? 2 : 1,
		.samples = DEVICE_SAMPLES,
		.callback = fill,
		.userdata = player};
	SDL_AudioSpec got;

	player->idle_since_ms = -1;
	if (player->device != 0 && player->is_headphones == to_headphones &&
		(player->is_stereo || !is_stereo))
		return VT_OK;
	player_close(player);
	player->is_stereo = is_stereo;
	player->device =
		SDL_OpenAudioDevice(player->names[to_headphones ? 1 : 0], 0, &wish, &got, 0);
	player->is_headphones = to_headphones;
	if (player->device == 0)
		return vt_fail(error, VT_ERR_DEVICE, 0, "speech: no sound: %s", SDL_GetError());
	SDL_PauseAudioDevice(player->device, 0);
	return VT_OK;
}

enum vt_code player_begin(
	struct player *player, int volume, bool to_headphones, struct vt_error *error)
{
	player_stop(player);
	enum vt_code code = open_device(player, to_headphones, false, error);
	if (code != VT_OK)
		return code;
	lock(player);
	player->gain = gain_of(volume);
	player->has_ended = player->was_told = player->is_paused = false;
	unlock(player);
	return VT_OK;
}

enum vt_code player_add(struct player *player, const uint8_t *samples, size_t bytes)
{
	enum vt_code code;

	lock(player);
	vt_buf_append(&player->pcm, samples, bytes);
	code = player->pcm.failed;
	unlock(player);
	return code;
}

void player_end(struct player *player)
{
	lock(player);
	player->has_ended = true;
	unlock(player);
}

bool player_is_done(struct player *player)
{
	bool is_done;

	lock(player);
	is_done = player->device == 0 || is_played(player);
	unlock(player);
	return is_done;
}

void player_stop(struct player *player)
{
	lock(player);
	vt_buf_finish(&player->pcm);
	player->at = 0;
	player->is_paused = player->has_ended = false;
	player->was_told = true; /* nobody waits for what was stopped */
	unlock(player);
	player->idle_since_ms = -1;
}

void player_pause(struct player *player, bool is_paused)
{
	lock(player);
	player->is_paused = is_paused;
	unlock(player);
}

void player_earcon(struct player *player, enum earcon earcon, int volume, bool to_headphones)
{
	const struct clip *clip = &player->earcons[earcon];
	struct vt_error error;
	bool speaks = player->pcm.length > 0;

	/* Over speech it sounds where the speech does. */
	if (clip->bytes < 2 || open_device(player, speaks ? player->is_headphones : to_headphones,
				       false, &error) != VT_OK)
		return;
	lock(player);
	player->earcon = clip;
	player->earcon_at = 0;
	player->earcon_gain = gain_of(volume);
	unlock(player);
}

void player_tone(struct player *player, int side, int volume, bool to_headphones)
{
	struct vt_error error;

	if (open_device(player, to_headphones, true, &error) != VT_OK)
		return;
	lock(player);
	player->tone_side = side;
	player->tone_at = 0;
	player->tone_gain = gain_of(volume);
	unlock(player);
}

int player_idle(struct player *player, int64_t now_ms)
{
	bool is_idle;

	if (player->device == 0)
		return -1;
	lock(player);
	is_idle = !player->earcon && player->tone_side == 0 && player->pcm.length == 0;
	unlock(player);
	if (!is_idle)
		player->idle_since_ms = -1;
	else if (player->idle_since_ms < 0)
		player->idle_since_ms = now_ms;
	else if (now_ms - player->idle_since_ms >= IDLE_CLOSE_MS)
		player_close(player);
	return player->device != 0 ? IDLE_CLOSE_MS : -1;
}
