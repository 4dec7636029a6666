#include "ui/speech/espeak.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   60000

void espeak_init(struct espeak *espeak, const char *program)
{
	*espeak = (struct espeak){.program = program, .fd = -1};
}

bool espeak_speaks(const char *lang, const char **ret_voice)
{
	static const struct {
		const char *prefix, *voice;
	} voices[] = {
		{"es", "es-419"},
		{"en", "en-us"},
		/* Of the languages of Mexico espeak-ng 1.51 knows classical Nahuatl alone: no voice
		 * for those that are spoken (UI.md section 11). */
		{"nci", "nci"},
		{"quc", "quc"},
	};

	*ret_voice = voices[0].voice;
	for (size_t i = 0; i < VT_ELEMENTS(voices); i++) {
		size_t length = strlen(voices[i].prefix);
		if (strncmp(lang, voices[i].prefix, length) == 0 &&
			(lang[length] == '\0' || lang[length] == '-')) {
			*ret_voice = voices[i].voice;
			return true;
		}
	}
	return false;
}

const char *espeak_voice(const char *lang)
{
	const char *voice;

	(void)espeak_speaks(lang, &voice);
	return voice;
}

void espeak_rate(int step, int *ret_words, int *ret_gap)
{
	/* 50 … 200 % of 125 words a minute. espeak-ng 1.51 has no speed below 80 (it takes any
	 * smaller number for 80): the rest of the way to 50 % is longer gaps between the words. */
	static const int words[] = {80, 94, 125, 156, 188, 219, 250};
	static const int gaps[] = {9, 0, 0, 0, 0, 0, 0};

	VT_ASSERT(step >= 1 && step <= (int)VT_ELEMENTS(words));
	*ret_words = words[step - 1];
	*ret_gap = gaps[step - 1];
}

static void note_failure(struct espeak *espeak, int64_t now_ms)
{
	int64_t pause = RETRY_FIRST_MS;

	for (int i = 0; i < espeak->failures && pause < RETRY_MAX_MS; i++)
		pause *= 2;
	espeak->failures++;
	espeak->retry_ms = now_ms + (pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS);
}

void espeak_stop(struct espeak *espeak)
{
	if (espeak->pid > 0) {
		(void)kill(espeak->pid, SIGKILL);
		while (waitpid(espeak->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	espeak->pid = 0;
	vt_closep(&espeak->fd);
	espeak->fd = -1;
}

/* A pipe that holds text, whole, with its end closed: the child can read it at once. */
static enum vt_code text_pipe(const char *text, int *ret_fd, struct vt_error *error)
{
	int ends[2];
	size_t length = strlen(text);

	if (pipe2(ends, O_CLOEXEC) != 0)
		return vt_fail(error, VT_ERR_IO, errno, "speech: pipe");
	VT_CLEANUP(vt_closep) int out = ends[0];
	VT_CLEANUP(vt_closep) int in = ends[1];
	/* Less than a pipe holds (64 KiB): does not block. */
	if (write(in, text, length) != (ssize_t)length)
		return vt_fail(error, VT_ERR_IO, errno, "speech: pipe");
	*ret_fd = vt_take_fd(&out);
	return VT_OK;
}

static int spawn(struct espeak *espeak, char *const argv[], int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	int result;

	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawnattr_init(&attributes);
	/* The ui blocks the signals that its link thread takes. */
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	result = posix_spawnp(&espeak->pid, espeak->program, &files, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return result;
}

static enum vt_code start(struct espeak *espeak, const char *voice, int rate, const char *text,
	struct vt_error *error)
{
	char speed[12], gap[12], name[] = "espeak-ng", v[] = "-v", s[] = "-s", g[] = "-g",
				 in[] = "--stdin", out[] = "--stdout", b[] = "-b", utf8[] = "1";
	char voice_copy[16];
	char *const argv[] = {name, v, voice_copy, s, speed, g, gap, b, utf8, in, out, NULL};
	VT_CLEANUP(vt_closep) int text_fd = -1;
	int ends[2], words, gap_10ms;

	espeak_rate(rate, &words, &gap_10ms);
	(void)snprintf(speed, sizeof(speed), "%d", words);
	(void)snprintf(gap, sizeof(gap), "%d", gap_10ms);
	(void)snprintf(voice_copy, sizeof(voice_copy), "%s", voice);
	enum vt_code code = text_pipe(text, &text_fd, error);
	if (code != VT_OK)
		return code;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return vt_fail(error, VT_ERR_IO, errno, "speech: pipe");
	VT_CLEANUP(vt_closep) int sound = ends[0];
	VT_CLEANUP(vt_closep) int child_end = ends[1];
	int failure = spawn(espeak, argv, text_fd, child_end);
	if (failure != 0) {
		espeak->pid = 0;
		return vt_fail(error, failure == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, failure,
			"speech: %s cannot be started", espeak->program);
	}
	(void)fcntl(sound, F_SETFL, O_NONBLOCK);
	espeak->fd = vt_take_fd(&sound);
	return VT_OK;
}

enum vt_code espeak_start(struct espeak *espeak, const char *lang, int rate, const char *text,
	int64_t now_ms, struct vt_error *error)
{
	VT_ASSERT(espeak->pid == 0);
	if (espeak->failures > 0 && now_ms < espeak->retry_ms)
		return vt_fail(error, VT_ERR_AGAIN, 0, "speech: too soon after a failure");
	enum vt_code code = start(espeak, espeak_voice(lang), rate, text, error);
	if (code != VT_OK)
		note_failure(espeak, now_ms);
	return code;
}

enum vt_code espeak_end(struct espeak *espeak, int64_t now_ms, struct vt_error *error)
{
	int status = 0;

	while (waitpid(espeak->pid, &status, 0) < 0 && errno == EINTR)
		;
	espeak->pid = 0;
	espeak_stop(espeak);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		note_failure(espeak, now_ms);
		return vt_fail(error, VT_ERR_FAILED, 0, "speech: %s ended with status %d",
			espeak->program, status);
	}
	espeak->failures = 0;
	return VT_OK;
}
