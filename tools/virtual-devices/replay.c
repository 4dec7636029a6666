/* Plays a session: the host's half from the file, the devices as they are today. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/kinds.h"
#include "tools/virtual-devices/server.h"
#include "tools/virtual-devices/session.h"

struct replay {
	struct vdev *devices[VSERVER_MAX_DEVICES]; /* owned */
	const char *kinds[VSERVER_MAX_DEVICES];	   /* owned copies of the texts */
	size_t count;
	struct kind_defaults defaults;
	int64_t now_ms;
	uint8_t *bytes, *answer; /* SESSION_MAX_BYTES each */
	struct vt_error *error;
};

/* One line behind MS and ID, taken apart. */
struct line {
	char mark; /* > < ! = */
	struct vdev *dev;
	char word[12]; /* of '!' */
	uint8_t endpoint;
	size_t max;    /* bytes asked for */
	size_t length; /* of r->bytes */
	size_t setup;  /* bytes before ':' */
	const char *text;
};

/* --- parsing --- */

static void finish(struct replay *r)
{
	for (size_t i = 0; i < r->count; i++) {
		vdev_destroy(&r->devices[i]);
		free((void *)(uintptr_t)r->kinds[i]);
	}
	if (r->bytes)
		vt_wipe(r->bytes, SESSION_MAX_BYTES);
	free(r->bytes);
	free(r->answer);
}

static enum vt_code malformed(struct replay *r, const char *what)
{
	return vt_fail(r->error, VT_ERR_PARSE, 0, "%s", what);
}

static char *take_word(char **text)
{
	char *word = *text + strspn(*text, " \t");

	*text = word + strcspn(word, " \t");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

/* "82" or "82:64". */
static bool parse_endpoint(char *word, uint8_t *ret_endpoint, size_t *ret_max)
{
	char *colon = strchr(word, ':');
	int64_t max = 0;

	if (colon)
		*colon++ = '\0';
	if (!vt_unhex(ret_endpoint, 1, word))
		return false;
	if (colon && vt_parse_i64(colon, 0, SESSION_MAX_BYTES, &max) != VT_OK)
		return false;
	*ret_max = (size_t)max;
	return true;
}

/* Bytes to the line's end; ':' marks the end of the setup bytes. */
static bool parse_bytes(struct replay *r, char *text, struct line *line)
{
	line->length = line->setup = 0;
	for (char *word = take_word(&text); *word; word = take_word(&text)) {
		if (strcmp(word, ":") == 0) {
			line->setup = line->length;
			continue;
		}
		if (line->length == SESSION_MAX_BYTES ||
			!vt_unhex(r->bytes + line->length, 1, word))
			return false;
		line->length++;
	}
	return true;
}

static struct vdev *find_device(struct replay *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->devices[i]->id, id) == 0)
			return r->devices[i];
	}
	return NULL;
}

static bool is_mark(const char *word)
{
	return word[0] && strchr("><!=", word[0]) && word[1] == '\0';
}

/* [MS] [ID] MARK …; the rest is parsed by the mark. */
static enum vt_code parse_line(struct replay *r, char *text, struct line *line)
{
	char *word = take_word(&text);
	int64_t ms;

	if (vt_parse_i64(word, 0, INT64_MAX / 2, &ms) == VT_OK) {
		if (ms < r->now_ms)
			return malformed(r, "time runs backwards");
		r->now_ms = ms;
		word = take_word(&text);
	}
	line->dev = r->count == 1 ? r->devices[0] : NULL;
	if (!is_mark(word)) {
		line->dev = find_device(r, word);
		word = take_word(&text);
	}
	if (!line->dev || !is_mark(word))
		return malformed(r, "no device of that name, or no mark: > < ! =");
	line->mark = *word;
	line->text = text + strspn(text, " \t");
	if (line->mark == '=')
		return VT_OK;
	if (line->mark == '!') {
		if (!vt_copy(line->word, sizeof(line->word), take_word(&text)))
			return malformed(r, "word too long");
		if (strcmp(line->word, "unplug") == 0 || strcmp(line->word, "reset") == 0)
			return VT_OK;
	}
	if (!parse_endpoint(take_word(&text), &line->endpoint, &line->max))
		return malformed(r, "endpoint: 82, or 82:64");
	return parse_bytes(r, text, line) ? VT_OK : malformed(r, "bytes in hex");
}

/* --- playing --- */

static enum vt_code differs(struct replay *r, const char *what, int result)
{
	static const char *const names[] = {"?", "not now", "stall", "gone", "babble", "bus error"};

	if (result >= 0)
		return vt_fail(r->error, VT_ERR_CORRUPT, 0, "%s; came: %d bytes", what, result);
	return vt_fail(r->error, VT_ERR_CORRUPT, 0, "%s; came: %s", what,
		-result < (int)VT_ELEMENTS(names) ? names[-result] : names[0]);
}

static void tick(struct replay *r, int64_t now_ms)
{
	struct vdev_effect effect;

	if (now_ms > r->now_ms)
		r->now_ms = now_ms;
	for (size_t i = 0; i < r->count; i++) {
		vdev_tick(r->devices[i], r->now_ms);
		while (vdev_take_effect(r->devices[i], &effect))
			vdev_effect_finish(&effect);
	}
}

/* Lets the device's time go on after a NAK; false if that cannot change anything. */
static bool wait_for(struct replay *r, const struct vdev *dev, int64_t deadline_ms)
{
	int64_t next = vdev_next_ms(dev);

	if (next == INT64_MAX || next > deadline_ms)
		return false;
	tick(r, next > r->now_ms ? next : r->now_ms + 1);
	return true;
}

static struct vdev_setup parse_setup(const uint8_t *b)
{
	return (struct vdev_setup){b[0], b[1], (uint16_t)(b[2] | b[3] << 8),
		(uint16_t)(b[4] | b[5] << 8), (uint16_t)(b[6] | b[7] << 8)};
}

static enum vt_code play_control(struct replay *r, const struct line *line)
{
	bool in = line->mark == '<';

	if (line->length < 8 || (in && line->setup != 8))
		return malformed(r, "control: eight setup bytes (then \":\" if it reads)");
	struct vdev_setup setup = parse_setup(r->bytes);
	bool reads = setup.type & 0x80 && setup.length > 0;
	if (reads != in && line->mark != '!')
		return malformed(r, "control: the mark and the setup bytes disagree");
	if (!reads) {
		if (line->length - 8 != setup.length)
			return malformed(r, "control: wLength and the bytes disagree");
		memcpy(r->answer, r->bytes + 8, line->length - 8);
	}
	int result = vdev_control(line->dev, &setup, r->answer);
	if (line->mark == '!') {
		bool same = strcmp(line->word, "stall") == 0 ? result == VDEV_STALL : result < 0;
		return same ? VT_OK : differs(r, line->word, result);
	}
	if (result < 0 || (in && ((size_t)result != line->length - 8 ||
					 memcmp(r->answer, r->bytes + 8, (size_t)result) != 0)))
		return differs(r, "another answer to a control request", result);
	return VT_OK;
}

static enum vt_code play_out(struct replay *r, const struct line *line)
{
	int64_t deadline_ms = r->now_ms + SESSION_PATIENCE_MS;

	for (size_t at = 0; at < line->length || line->length == 0;) {
		int result = vdev_out(line->dev, line->endpoint, r->bytes + at, line->length - at);
		if (result == VDEV_NAK && wait_for(r, line->dev, deadline_ms))
			continue;
		if (result < 0)
			return differs(r, "the bytes were not taken", result);
		at += (size_t)result;
		if (line->length == 0)
			break;
	}
	return VT_OK;
}

static enum vt_code play_in(struct replay *r, const struct line *line)
{
	int64_t deadline_ms = r->now_ms + SESSION_PATIENCE_MS;
	int result = vdev_in(line->dev, line->endpoint, r->answer, line->max);

	while (result == VDEV_NAK && wait_for(r, line->dev, deadline_ms))
		result = vdev_in(line->dev, line->endpoint, r->answer, line->max);
	if (result < 0 || (size_t)result != line->length ||
		memcmp(r->answer, r->bytes, line->length) != 0)
		return differs(r, "other bytes came", result);
	return VT_OK;
}

static enum vt_code play_failure(struct replay *r, const struct line *line)
{
	static const struct {
		const char *word;
		int result;
	} failures[] = {{"timeout", VDEV_NAK}, {"stall", VDEV_STALL}, {"error", VDEV_ERROR},
		{"babble", VDEV_BABBLE}};

	if (strcmp(line->word, "unplug") == 0)
		return vdev_is_attached(line->dev) ? differs(r, "it is not gone", 0) : VT_OK;
	if (strcmp(line->word, "reset") == 0) {
		vdev_reset(line->dev);
		return VT_OK;
	}
	if (strcmp(line->word, "clear") == 0) {
		vdev_clear_halt(line->dev, line->endpoint);
		return VT_OK;
	}
	if (line->endpoint == 0)
		return play_control(r, line);
	int result = line->endpoint & 0x80
			     ? vdev_in(line->dev, line->endpoint, r->answer, line->max)
			     : vdev_out(line->dev, line->endpoint, r->bytes, line->length);
	for (size_t i = 0; i < VT_ELEMENTS(failures); i++) {
		if (strcmp(failures[i].word, line->word) == 0)
			return result == failures[i].result ? VT_OK
							    : differs(r, line->word, result);
	}
	return malformed(r, "!: timeout, stall, error, babble, unplug, clear or reset");
}

static enum vt_code play_command(struct replay *r, const struct line *line)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf reply;

	vt_buf_init(&reply, 65536);
	enum vt_code code = kind_command(line->dev, line->text, &reply);
	if (code != VT_OK)
		return vt_fail(r->error, code, 0, "%s: %.100s", line->text, vt_buf_text(&reply));
	return VT_OK;
}

/* --- the file --- */

static enum vt_code add_device(struct replay *r, const char *text)
{
	struct kind_device made = {NULL, NULL};
	int index = 1;

	if (r->count == VSERVER_MAX_DEVICES)
		return vt_fail(r->error, VT_ERR_LIMIT, 0, "too many devices");
	for (size_t i = 0; i < r->count; i++)
		index += kind_is_same(r->kinds[i], text);
	enum vt_code code = kind_create(text, index, &r->defaults, &made, r->error);
	if (code != VT_OK)
		return code;
	char *copy = strdup(text);
	if (!copy) {
		vdev_destroy(&made.dev);
		return vt_fail(r->error, VT_ERR_NOMEM, 0, "device");
	}
	r->kinds[r->count] = copy;
	r->devices[r->count++] = made.dev;
	return VT_OK;
}

/* "seed", "speed" and "device"; false if text is none of them. */
static bool play_head(struct replay *r, char *text, enum vt_code *ret_code)
{
	int64_t n;
	size_t length = strcspn(text, " ");
	const char *rest = text + length + (text[length] == ' ');

	*ret_code = VT_OK;
	if (length == 6 && memcmp(text, "device", 6) == 0) {
		*ret_code = add_device(r, rest);
	} else if (length == 4 && memcmp(text, "seed", 4) == 0) {
		if (vt_parse_i64(rest, 0, UINT32_MAX, &n) == VT_OK)
			r->defaults.seed = (uint32_t)n;
		else
			*ret_code = malformed(r, "seed: a number");
	} else if (length == 5 && memcmp(text, "speed", 5) == 0) {
		r->defaults.instant = strcmp(rest, "instant") == 0;
		if (r->defaults.instant)
			return true;
		if (vt_parse_i64(rest, 1, 100000, &n) == VT_OK)
			r->defaults.speed_percent = (unsigned)n;
		else
			*ret_code = malformed(r, "speed: instant, or percent");
	} else {
		return false;
	}
	return true;
}

static enum vt_code play_line(struct replay *r, char *text)
{
	struct line line = {.mark = 0};
	enum vt_code code;

	if (play_head(r, text, &code))
		return code;
	code = parse_line(r, text, &line);
	if (code != VT_OK)
		return code;
	tick(r, r->now_ms);
	if (line.mark == '=')
		return play_command(r, &line);
	if (line.mark == '!')
		return play_failure(r, &line);
	if (line.endpoint == 0)
		return play_control(r, &line);
	return line.mark == '>' ? play_out(r, &line) : play_in(r, &line);
}

enum vt_code session_replay(const char *path, unsigned *ret_lines, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	VT_CLEANUP(finish)
	struct replay r = {.defaults = {.seed = 1, .speed_percent = 100}, .error = error};
	VT_CLEANUP(vt_freep) char *text = NULL;
	size_t size = 0;
	unsigned lines = 0;

	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	r.bytes = malloc(SESSION_MAX_BYTES);
	r.answer = malloc(SESSION_MAX_BYTES);
	if (!r.bytes || !r.answer)
		return vt_fail(error, VT_ERR_NOMEM, 0, "replay");
	for (int number = 1; getline(&text, &size, file) > 0; number++) {
		text[strcspn(text, "\r\n")] = '\0';
		char *begin = text + strspn(text, " \t");
		if (*begin == '\0' || *begin == '#')
			continue;
		enum vt_code code = play_line(&r, begin);
		if (code != VT_OK)
			return vt_prefix(error, code, "%s:%d", path, number);
		lines++;
	}
	*ret_lines = lines;
	return VT_OK;
}
