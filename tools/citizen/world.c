#include "tools/citizen/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define MAX_ARGS    12
#define MAX_MAPPING (UINT64_C(1) << 36) /* no part of the terminal maps 64 GiB of its own */

/* Runs a program; its standard output goes to out. True if it ended with status 0. */
static bool run(char *const argv[], struct vt_buf *out)
{
	posix_spawn_file_actions_t actions;
	int pipe_fd[2], status = -1;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDOUT_FILENO);
	const int failed = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fd[1]);
	while (!failed) {
		uint8_t *room = vt_buf_reserve(out, 4096);
		const ssize_t got = room ? read(pipe_fd[0], room, 4096) : 0;
		if (got <= 0)
			break;
		vt_buf_added(out, (size_t)got);
	}
	close(pipe_fd[0]);
	if (failed || waitpid(pid, &status, 0) < 0)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* program control SOCKET WORDS… */
static bool control(
	const char *program, const char *socket_path, const char *command, struct vt_buf *out)
{
	char words[256], *argv[MAX_ARGS] = {0}, *save = NULL;
	VT_CLEANUP(vt_freep) char *own_program = strdup(program);
	VT_CLEANUP(vt_freep) char *own_socket = strdup(socket_path);
	char verb[] = "control";
	size_t count = 0;

	if (!own_program || !own_socket || !vt_copy(words, sizeof(words), command))
		return false;
	argv[count++] = own_program;
	argv[count++] = verb;
	argv[count++] = own_socket;
	for (char *word = strtok_r(words, " ", &save); word && count < MAX_ARGS - 1;
		word = strtok_r(NULL, " ", &save))
		argv[count++] = word;
	return run(argv, out);
}

bool world_agency(const struct world *world, const char *command)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, 65536);
	return control(world->agency, world->agency_control, command, &out);
}

bool world_ledger(const struct world *world, struct vt_buf *out)
{
	return control(world->agency, world->agency_control, "ledger", out);
}

bool world_devices(const struct world *world, const char *command)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, 65536);
	return control(world->devices, world->devices_control, command, &out);
}

bool world_devices_when(const struct world *world, const char *condition, const char *command)
{
	char wait[96];

	return vt_format(wait, sizeof(wait), "wait %s", condition) && world_devices(world, wait) &&
	       world_devices(world, command);
}

static json_t *ctl_json(
	const struct world *world, const char *noun, const char *verb, const char *id)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	char words[7][4096];
	char *argv[MAX_ARGS] = {0};
	size_t count = 0;
	const char *const texts[] = {
		world->ctl, "--socket", world->ctl_socket, "--json", noun, verb, id};

	vt_buf_init(&out, 1 << 20);
	for (size_t i = 0; i < VT_ELEMENTS(texts); i++) {
		if (!texts[i])
			continue;
		if (!vt_copy(words[count], sizeof(words[count]), texts[i]))
			return NULL;
		argv[count] = words[count];
		count++;
	}
	if (!run(argv, &out))
		return NULL;
	return json_loadb(vt_buf_text(&out), out.length, 0, NULL);
}

static void take(const json_t *row, const char *member, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(row, member));

	vt_copy_cut(text, size, value ? value : "");
}

/* The row itself, or the first of a list, wherever the answer keeps it. */
static const json_t *first_row(const json_t *answer)
{
	const json_t *rows = json_object_get(answer, "rows");

	if (!rows)
		rows = json_object_get(answer, "transactions");
	if (rows)
		return json_array_get(rows, 0);
	return answer;
}

static bool read_row(json_t *answer, struct world_txn *ret)
{
	const json_t *row = first_row(answer);

	if (!row || !json_object_get(row, "folio")) {
		json_decref(answer);
		return false;
	}
	take(row, "transaction", ret->transaction, sizeof(ret->transaction));
	take(row, "folio", ret->folio, sizeof(ret->folio));
	take(row, "service", ret->service, sizeof(ret->service));
	take(row, "state", ret->state, sizeof(ret->state));
	take(row, "receipt", ret->receipt, sizeof(ret->receipt));
	json_decref(answer);
	return true;
}

bool world_transaction(const struct world *world, const char *folio, struct world_txn *ret)
{
	return read_row(ctl_json(world, "queue", "show", folio), ret);
}

bool world_device_is(const struct world *world, const char *id, const char *state)
{
	json_t *answer = ctl_json(world, "device", "show", id);
	const json_t *told = json_object_get(answer, "state");
	const bool is_so = json_is_string(told) && strcmp(json_string_value(told), state) == 0;

	json_decref(answer);
	return is_so;
}

bool world_status_has(const struct world *world, const char *text)
{
	json_t *answer = ctl_json(world, "status", NULL, NULL);
	char *dump = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	const bool found = dump && strstr(dump, text);

	free(dump);
	json_decref(answer);
	return found;
}

int world_sheets(const struct world *world)
{
	DIR *dir = opendir(world->paper);
	int count = 0;

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		const char *name = entry->d_name;
		const size_t length = strlen(name);
		if (strncmp(name, "paper-", 6) == 0 && length > 4 &&
			strcmp(name + length - 4, ".png") == 0 && !strstr(name, "partial"))
			count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

int world_complete_sheets(const struct world *world)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	char command[512];
	char shell[] = "/bin/sh", option[] = "-c";
	char *argv[] = {shell, option, command, NULL};
	int count = 0;

	vt_buf_init(&out, 1 << 20);
	if (!world->look || world_sheets(world) == 0)
		return world_sheets(world);
	if (!vt_format(command, sizeof(command), "%s %s %s/paper-*.png", world->look, world->fonts,
		    world->paper) ||
		!run(argv, &out))
		return -1;
	for (const char *p = vt_buf_text(&out); (p = strstr(p, "\tcomplete\t")); p++)
		count++;
	return count;
}

int world_pid(const struct world *world, const char *name)
{
	char path[256], text[32] = {0};
	int64_t pid;

	snprintf(path, sizeof(path), "%s/%s.pid", world->run, name);
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file))
		return 0;
	text[strcspn(text, "\n")] = 0;
	return vt_parse_i64(text, 1, 1 << 30, &pid) == VT_OK ? (int)pid : 0;
}

static int count_in(const char *data, size_t length, const char *text, size_t text_length)
{
	int count = 0;

	for (const char *p = data; (p = memmem(p, length - (size_t)(p - data), text, text_length));
		p++)
		count++;
	return count;
}

/* Counts text in one mapping, in overlapping pieces. */
static int count_range(int mem, uint64_t start, uint64_t end, const char *text)
{
	static char piece[1 << 20];
	const size_t text_length = strlen(text);
	int count = 0;

	while (start < end) {
		size_t want = sizeof(piece);
		if (end - start < want)
			want = (size_t)(end - start);
		const ssize_t got = pread(mem, piece, want, (off_t)start);
		if (got <= 0)
			break;
		count += count_in(piece, (size_t)got, text, text_length);
		if ((size_t)got <= text_length)
			break;
		start += (uint64_t)got - (start + (uint64_t)got < end ? text_length - 1 : 0);
	}
	return count;
}

int world_memory_count(int pid, const char *text)
{
	char path[64], line[512];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	VT_CLEANUP(vt_fclosep) FILE *maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	VT_CLEANUP(vt_closep) int mem = open(path, O_RDONLY | O_CLOEXEC);
	if (!maps || mem < 0)
		return -1;
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[0] != 'r' ||
			strstr(line, "[vvar"))
			continue;
		if (end - start >= MAX_MAPPING)
			return -2;
		const int here = count_range(mem, start, end, text);
		if (here > 0) /* where, for whoever has to find out why */
			fprintf(stderr, "citizen: found in %s", line);
		count += here;
	}
	return count;
}
