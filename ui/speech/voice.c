#include "ui/speech/voice.h"

#include <SDL.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/speech/clips.h"
#include "ui/speech/espeak.h"
#include "ui/speech/player.h"
#include "ui/speech/wav.h"

#define MAX_ORDERS 16
/* What espeak-ng writes before its samples: a header with data of unknown length. */
#define STREAM_HEADER 44
/* A child that writes nothing for so long hangs. */
#define SILENT_MS 5000
/* Without sound, so long until it is looked for again. */
#define SOUND_RETRY_MS 60000
/* Where clips may be: the pack or the common folder, of the text's language or of the screen's. */
#define MAX_TABLES 4

struct table {
	const char *folder; /* borrowed from the voice */
	char lang[12];
	struct clips *clips; /* owned; NULL: that folder has none of that language */
};

struct voice {
	pthread_t thread;
	bool has_thread;
	int wake_fd;
	unsigned event;
	char *folders[2]; /* of clips: language packs, all others; NULL = none */

	pthread_mutex_t lock;
	/* under the lock: */
	struct speech_order orders[MAX_ORDERS];
	size_t order_count;
	bool is_ending;

	/* main thread only: */
	bool has_sound;
	int64_t sound_retry_ms;

	/* the thread's own: */
	struct player *player;
	struct espeak espeak;
	char *program;
	int64_t saying; /* id; 0 = none */
	size_t header;	/* bytes of the stream's header that are still to come */
	bool has_half, is_ended;
	uint8_t half;	  /* first byte of a sample whose second has not come */
	int64_t heard_ms; /* when the child wrote last */
	enum vt_code reported;
	struct speech_order order; /* what is being said, of which … */
	struct clip_match match;   /* … these are the parts … */
	size_t piece;		   /* … and this is the next one */
	const struct table *clips; /* of the parts that are recorded */
	size_t table_count;
	struct table tables[MAX_TABLES];
};

/* ---- the thread ---- */

static void tell_said(const struct voice *voice, int64_t id, bool was_heard)
{
	SDL_Event event = {0};

	event.type = voice->event;
	event.user.code = was_heard;
	event.user.data1 = (void *)(intptr_t)id;
	/* A full queue means that nobody is waiting: the machine forgets at the next touch. */
	(void)SDL_PushEvent(&event);
}

enum outcome { HEARD, UNHEARD, STOPPED /* nobody waits for it */ };

static void finish_saying(struct voice *voice, enum outcome outcome)
{
	int64_t id = voice->saying;

	espeak_stop(&voice->espeak);
	player_stop(voice->player);
	voice->saying = 0;
	voice->has_half = voice->is_ended = false;
	voice->half = 0;
	voice->match.count = voice->piece = 0;
	vt_wipe(&voice->order, sizeof(voice->order));
	if (outcome != STOPPED && id != 0)
		tell_said(voice, id, outcome == HEARD);
}

static void forget_tables(struct voice *voice)
{
	for (size_t i = 0; i < voice->table_count; i++)
		clips_destroy(&voice->tables[i].clips);
	voice->table_count = 0;
}

/* Once for each kind of failure in a row: an absent program is not news at each sentence. */
static void report(struct voice *voice, enum vt_code code, const struct vt_error *error)
{
	if (code == VT_ERR_AGAIN || code == voice->reported)
		return;
	voice->reported = code;
	vt_log(VT_LOG_ERROR, "%s", error->msg);
}

static enum vt_code add_samples(struct voice *voice, const uint8_t *data, size_t length)
{
	uint8_t pair[2];
	enum vt_code code = VT_OK;

	if (voice->has_half && length > 0) {
		pair[0] = voice->half;
		pair[1] = *data++;
		length--;
		voice->has_half = false;
		code = player_add(voice->player, pair, sizeof(pair));
	}
	if (length % 2 == 1) {
		voice->half = data[--length];
		voice->has_half = true;
	}
	return code != VT_OK || length == 0 ? code : player_add(voice->player, data, length);
}

static const struct table *table_of(struct voice *voice, const char *folder, const char *lang)
{
	for (size_t i = 0; i < voice->table_count; i++)
		if (voice->tables[i].folder == folder && strcmp(voice->tables[i].lang, lang) == 0)
			return &voice->tables[i];
	/* Somebody changes languages: the tables of before are read again if they are wanted. */
	if (voice->table_count == MAX_TABLES)
		forget_tables(voice);
	struct table *table = &voice->tables[voice->table_count++];
	*table = (struct table){.folder = folder, .clips = clips_load(folder, lang)};
	vt_copy_cut(table->lang, sizeof(table->lang), lang);
	return table;
}

/* Reads a recording whole; false, and reported, if it cannot be used. */
static bool read_clip(struct voice *voice, const char *name, struct vt_buf *file,
	const uint8_t **ret_samples, size_t *ret_bytes)
{
	struct vt_error error;
	enum vt_code code =
		clips_read(voice->clips->folder, voice->clips->lang, name, file, &error);

	if (code == VT_OK)
		code = wav_parse(file->data, file->length, ret_samples, ret_bytes, &error);
	if (code != VT_OK)
		report(voice, code, &error);
	return code == VT_OK;
}

/* Whether all recordings of the text that was found can be used: half a sentence helps nobody. */
static bool are_clips_good(struct voice *voice)
{
	const uint8_t *samples;
	size_t bytes;

	for (size_t i = 0; i < voice->match.count; i++) {
		VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};
		const char *name = voice->match.pieces[i].file;

		if (name && !read_clip(voice, name, &file, &samples, &bytes))
			return false;
	}
	return true;
}

/* Recordings of the text, if there are any: in the language of the screen first, whose pack may say
 * what it cannot write. */
static bool find_clips(struct voice *voice)
{
	const struct speech_order *order = &voice->order;
	const char *const langs[] = {order->in_use, order->lang};

	for (size_t l = 0; l < VT_ELEMENTS(langs) && !order->personal; l++) {
		if (langs[l][0] == '\0' || (l == 1 && strcmp(langs[0], langs[1]) == 0))
			continue;
		for (size_t f = 0; f < VT_ELEMENTS(voice->folders); f++) {
			if (!voice->folders[f])
				continue;
			voice->clips = table_of(voice, voice->folders[f], langs[l]);
			if (clips_find(voice->clips->clips, order->text, &voice->match) &&
				are_clips_good(voice))
				return true;
		}
	}
	return false;
}

static enum vt_code synthesise(struct voice *voice, const char *text, struct vt_error *error)
{
	int64_t now_ms = vt_clock_monotonic_ms();
	enum vt_code code = espeak_start(
		&voice->espeak, voice->order.lang, voice->order.rate, text, now_ms, error);

	voice->header = STREAM_HEADER;
	voice->heard_ms = now_ms;
	return code;
}

static void end_sound(struct voice *voice)
{
	voice->is_ended = true;
	player_end(voice->player);
}

/* Plays the recordings up to the next part that varies, and has that synthesised. */
static enum vt_code say_pieces(struct voice *voice, struct vt_error *error)
{
	while (voice->piece < voice->match.count) {
		VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};
		const struct clip_piece *piece = &voice->match.pieces[voice->piece++];
		const uint8_t *samples;
		size_t bytes;

		if (!piece->file) {
			char text[sizeof(voice->order.text)];

			memcpy(text, piece->text, piece->length);
			text[piece->length] = '\0';
			enum vt_code code = synthesise(voice, text, error);
			vt_wipe(text, sizeof(text));
			return code;
		}
		/* Two minutes of sound are full: enough was heard. */
		if (!read_clip(voice, piece->file, &file, &samples, &bytes) ||
			player_add(voice->player, samples, bytes) != VT_OK)
			break;
	}
	end_sound(voice);
	return VT_OK;
}

static void say(struct voice *voice, const struct speech_order *order)
{
	struct vt_error error;
	const char *text, *name;

	finish_saying(voice, UNHEARD);
	voice->saying = order->id;
	voice->order = *order;
	enum vt_code code = player_begin(voice->player, order->volume, order->headphones, &error);
	if (code == VT_OK && find_clips(voice)) {
		code = say_pieces(voice, &error);
	} else if (code == VT_OK) {
		voice->match.count = 0;
		/* Neither a clip nor a voice: better said in Spanish than read as if it were
		 * Spanish. */
		text = order->spanish[0] != '\0' && !espeak_speaks(order->lang, &name)
			       ? order->spanish
			       : order->text;
		code = synthesise(voice, text, &error);
	}
	if (code == VT_OK)
		return;
	report(voice, code, &error);
	finish_saying(voice, UNHEARD);
}

static void carry_out(struct voice *voice, const struct speech_order *order)
{
	switch (order->kind) {
	case SPEECH_SAY:
		say(voice, order);
		break;
	case SPEECH_STOP:
		finish_saying(voice, STOPPED);
		break;
	case SPEECH_PAUSE:
		player_pause(voice->player, true);
		break;
	case SPEECH_RESUME:
		player_pause(voice->player, false);
		break;
	case SPEECH_EARCON:
		player_earcon(voice->player, order->earcon, order->volume, order->headphones);
		break;
	case SPEECH_TONE:
		player_tone(voice->player, order->side, order->volume, order->headphones);
		break;
	case SPEECH_FORGET:
		/* Earcons have nothing of a citizen in them: the closing tone may end. */
		finish_saying(voice, STOPPED);
		/* A pack may be exchanged between two citizens. */
		forget_tables(voice);
		break;
	}
}

static bool take_order(struct voice *voice, struct speech_order *ret)
{
	bool has_one;

	pthread_mutex_lock(&voice->lock);
	has_one = voice->order_count > 0;
	if (has_one) {
		*ret = voice->orders[0];
		voice->order_count--;
		memmove(&voice->orders[0], &voice->orders[1],
			voice->order_count * sizeof(voice->orders[0]));
		vt_wipe(&voice->orders[voice->order_count], sizeof(voice->orders[0]));
	}
	pthread_mutex_unlock(&voice->lock);
	return has_one;
}

static void end_stream(struct voice *voice)
{
	struct vt_error error;
	bool was_short = voice->header > 0;
	enum vt_code code = espeak_end(&voice->espeak, vt_clock_monotonic_ms(), &error);

	if (code == VT_OK && was_short)
		code = vt_fail(&error, VT_ERR_PARSE, 0, "speech: espeak-ng wrote no sound");
	if (code == VT_OK) {
		voice->reported = VT_OK;
		code = say_pieces(voice, &error);
	}
	if (code == VT_OK)
		return;
	report(voice, code, &error);
	finish_saying(voice, UNHEARD);
}

static void read_stream(struct voice *voice)
{
	uint8_t part[16384];
	ssize_t length = read(voice->espeak.fd, part, sizeof(part));
	size_t skip;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		end_stream(voice);
		return;
	}
	voice->heard_ms = vt_clock_monotonic_ms();
	skip = voice->header < (size_t)length ? voice->header : (size_t)length;
	voice->header -= skip;
	/* Two minutes of one sentence: whatever it is, enough was heard. */
	if (add_samples(voice, part + skip, (size_t)length - skip) != VT_OK) {
		espeak_stop(&voice->espeak);
		end_sound(voice);
	}
	vt_wipe(part, (size_t)length);
}

static void watch_child(struct voice *voice)
{
	struct vt_error error;

	if (voice->espeak.pid == 0 || vt_clock_monotonic_ms() - voice->heard_ms < SILENT_MS)
		return;
	(void)!vt_fail(&error, VT_ERR_TIMEOUT, 0, "speech: espeak-ng hangs");
	report(voice, VT_ERR_TIMEOUT, &error);
	finish_saying(voice, UNHEARD);
}

static bool wait_for_work(struct voice *voice)
{
	struct pollfd fds[2] = {{.fd = voice->wake_fd, .events = POLLIN},
		{.fd = voice->espeak.fd, .events = POLLIN}};
	int timeout = player_idle(voice->player, vt_clock_monotonic_ms());
	uint64_t count;
	bool is_ending;

	if (voice->espeak.pid != 0)
		timeout = SILENT_MS;
	(void)poll(fds, 2, timeout);
	if (fds[0].revents != 0 && read(voice->wake_fd, &count, sizeof(count)) < 0)
		return true;
	if (fds[1].revents != 0)
		read_stream(voice);
	watch_child(voice);
	pthread_mutex_lock(&voice->lock);
	is_ending = voice->is_ending;
	pthread_mutex_unlock(&voice->lock);
	return !is_ending;
}

static void *run(void *context)
{
	struct voice *voice = context;
	struct speech_order order;

	while (wait_for_work(voice)) {
		while (take_order(voice, &order)) {
			carry_out(voice, &order);
			vt_wipe(&order, sizeof(order));
		}
		if (voice->saying != 0 && voice->is_ended && player_is_done(voice->player))
			finish_saying(voice, HEARD);
	}
	finish_saying(voice, STOPPED);
	player_close(voice->player);
	/* SDL keeps each thread's last error; a thread of its own would free it by itself. */
	SDL_TLSCleanup();
	return NULL;
}

/* ---- main thread ---- */

static void wake(const struct voice *voice)
{
	const uint64_t one = 1;

	/* Cannot fail below 2^64 wake-ups. */
	(void)!write(voice->wake_fd, &one, sizeof(one));
}

enum vt_code voice_create(
	const struct voice_options *options, struct voice **ret, struct vt_error *error)
{
	VT_CLEANUP(voice_destroy) struct voice *voice = calloc(1, sizeof(*voice));

	if (!voice)
		return vt_fail(error, VT_ERR_NOMEM, 0, "speech");
	pthread_mutex_init(&voice->lock, NULL);
	voice->event = options->event;
	voice->program = strdup(options->program);
	espeak_init(&voice->espeak, voice->program);
	voice->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (voice->wake_fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "speech: eventfd");
	voice->player = player_create(
		voice->wake_fd, options->speaker, options->headphones, options->sounds);
	const char *const folders[] = {options->packs, options->clips};
	bool has_room = voice->player && voice->program;
	for (size_t i = 0; i < VT_ELEMENTS(folders); i++) {
		voice->folders[i] = folders[i] ? strdup(folders[i]) : NULL;
		has_room = has_room && (voice->folders[i] || !folders[i]);
	}
	if (!has_room)
		return vt_fail(error, VT_ERR_NOMEM, 0, "speech");
	int failure = pthread_create(&voice->thread, NULL, run, voice);
	if (failure != 0)
		return vt_fail(error, VT_ERR_IO, failure, "speech: thread");
	voice->has_thread = true;
	*ret = vt_take_ptr(&voice);
	return VT_OK;
}

void voice_destroy(struct voice **voice)
{
	struct voice *v = *voice;

	if (!v)
		return;
	if (v->has_thread) {
		pthread_mutex_lock(&v->lock);
		v->is_ending = true;
		pthread_mutex_unlock(&v->lock);
		wake(v);
		pthread_join(v->thread, NULL);
	}
	player_destroy(&v->player);
	forget_tables(v);
	if (v->wake_fd > 0)
		close(v->wake_fd);
	if (v->has_sound)
		SDL_QuitSubSystem(SDL_INIT_AUDIO);
	pthread_mutex_destroy(&v->lock);
	for (size_t i = 0; i < VT_ELEMENTS(v->folders); i++)
		free(v->folders[i]);
	free(v->program);
	vt_wipe(v, sizeof(*v));
	free(v);
	*voice = NULL;
}

/* SDL's audio is started at the first sound: a terminal nobody listens to never loads it. */
static bool start_sound(struct voice *voice)
{
	int64_t now_ms = vt_clock_monotonic_ms();

	if (voice->has_sound)
		return true;
	if (voice->sound_retry_ms > now_ms)
		return false;
	voice->has_sound = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
	voice->sound_retry_ms = now_ms + SOUND_RETRY_MS;
	if (!voice->has_sound)
		vt_log(VT_LOG_ERROR, "speech: no sound: %s", SDL_GetError());
	return voice->has_sound;
}

/* What has not begun is overtaken by a stop, and so are the stops before it: somebody who walks
 * over the keys is faster than a child starts. Sounds are not; what must be forgotten stays too. */
static void drop_overtaken(struct voice *voice, enum speech_order_kind by)
{
	size_t kept = 0;

	for (size_t i = 0; i < voice->order_count; i++) {
		enum speech_order_kind kind = voice->orders[i].kind;

		if (kind == SPEECH_EARCON || kind == SPEECH_TONE ||
			(kind == SPEECH_FORGET && by == SPEECH_STOP))
			voice->orders[kept++] = voice->orders[i];
	}
	vt_wipe(&voice->orders[kept], (MAX_ORDERS - kept) * sizeof(voice->orders[0]));
	voice->order_count = kept;
}

void voice_order(struct voice *voice, const struct speech_order *order)
{
	bool is_sound = order->kind == SPEECH_SAY || order->kind == SPEECH_EARCON ||
			order->kind == SPEECH_TONE;
	bool is_full;

	if (is_sound && !start_sound(voice)) {
		if (order->kind == SPEECH_SAY)
			tell_said(voice, order->id, false);
		return;
	}
	pthread_mutex_lock(&voice->lock);
	if (order->kind == SPEECH_STOP || order->kind == SPEECH_FORGET)
		drop_overtaken(voice, order->kind);
	/* Sounds that nobody can hear any more leave room for the rest. */
	is_full =
		voice->order_count >= (order->kind == SPEECH_EARCON ? MAX_ORDERS / 2 : MAX_ORDERS);
	if (!is_full)
		voice->orders[voice->order_count++] = *order;
	pthread_mutex_unlock(&voice->lock);
	if (is_full && order->kind == SPEECH_SAY)
		tell_said(voice, order->id, false);
	wake(voice);
}
