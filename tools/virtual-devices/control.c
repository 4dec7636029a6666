/* Commands from outside: the control socket (one SEQPACKET message = one command, one message back:
 * "ok" or "error: REASON", then text), the script and its recording. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/kinds.h"
#include "tools/virtual-devices/server-internal.h"

#define MAX_COMMAND 5000 /* a long scan */
#define MAX_REPLY   65536
#define WAIT_MS	    10000 /* of "wait" when it says nothing else */

/* --- commands --- */

static struct vslot *find_slot(struct vserver *server, const char *id, size_t length)
{
	for (size_t i = 0; i < server->slot_count; i++) {
		const char *name = server->slots[i].dev->id;
		if (strlen(name) == length && memcmp(name, id, length) == 0)
			return &server->slots[i];
	}
	return NULL;
}

static enum vt_code command_slot(
	struct vserver *server, struct vslot *slot, const char *line, struct vt_buf *reply)
{
	enum vt_code code = kind_command(slot->dev, line, reply);

	if (code == VT_OK && strcmp(line, "status") != 0)
		session_word(server, slot, "=", line);
	vserver_settle(server, slot);
	return code;
}

static void list_devices(const struct vserver *server, struct vt_buf *reply)
{
	for (size_t i = 0; i < server->slot_count; i++) {
		const struct vslot *slot = &server->slots[i];
		vt_buf_printf(reply, "%s %s %s", slot->dev->id, slot->dev->ops->name,
			slot->devnum != 0 ? "attached" : "detached");
		if (slot->devnum != 0)
			vt_buf_printf(reply, " %03d/%03d", VSERVER_BUS, slot->devnum);
		vt_buf_append_byte(reply, '\n');
	}
}

/* No device named: the first one that knows the switch; status of all. */
static enum vt_code command_any(struct vserver *server, const char *line, struct vt_buf *reply)
{
	enum vt_code code = VT_ERR_NOT_FOUND;
	bool all = strcmp(line, "status") == 0;

	for (size_t i = 0; i < server->slot_count; i++) {
		size_t before = reply->length;
		code = command_slot(server, &server->slots[i], line, reply);
		if (code == VT_OK && all)
			continue;
		if (code != VT_ERR_NOT_FOUND)
			return code;
		if (i + 1 < server->slot_count)
			reply->length = before; /* somebody else may know it */
	}
	return code;
}

static void give_help(const struct vserver *server, struct vt_buf *reply)
{
	vt_buf_append_text(reply,
		"list · plug|unplug|status [ID] · power on|off [ID] · sheets · quit\n"
		"wait KEY=VALUE|KEY>=NUMBER [MS]   (keys as in status)\n"
		"fault stall|error|babble|short|split|zero|delay|lost|repeat|garbage|unplug|power|"
		"sequence\n"
		"      [control|out|in|any] [at N] [times N] [bytes N|ms N] · fault clear\n"
		"[ID] SWITCH, of each device:\n");
	for (size_t i = 0; i < server->slot_count; i++) {
		const struct vdev *dev = server->slots[i].dev;
		vt_buf_printf(reply, "%s (%s)\n%s", dev->id, dev->ops->name,
			dev->ops->help ? dev->ops->help : "");
	}
}

/* Commands of the server itself; false if line is none. */
static bool command_server(struct vserver *server, const char *line, struct vt_buf *reply)
{
	if (strcmp(line, "devices") == 0 || strcmp(line, "list") == 0) {
		list_devices(server, reply);
	} else if (strcmp(line, "help") == 0) {
		give_help(server, reply);
	} else if (strcmp(line, "sheets") == 0) {
		for (size_t i = 0; i < server->sheet_count; i++)
			vt_buf_printf(reply, "%s\n", server->sheets[i]);
	} else if (strcmp(line, "quit") == 0) {
		server->quit = true;
	} else {
		return false;
	}
	return true;
}

/* "scan TEXT" without a device: the first plugged in that takes it, else the first, before any word
 * of the text is looked at. */
static enum vt_code text_any(struct vserver *server, const char *line, struct vt_buf *reply)
{
	for (size_t i = 0; i < 2 * server->slot_count; i++) {
		struct vslot *slot = &server->slots[i % server->slot_count];
		if (i < server->slot_count && !vdev_is_attached(slot->dev))
			continue;
		enum vt_code code = vdev_text_command(slot->dev, line, reply);
		if (code == VT_OK)
			session_word(server, slot, "=", line);
		if (code != VT_ERR_NOT_FOUND) {
			vserver_settle(server, slot);
			return code;
		}
	}
	return VT_ERR_NOT_FOUND;
}

static bool begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\0');
}

/* Nobody knew the line: says why, and what would have worked. */
static enum vt_code explain(
	const struct vserver *server, const char *line, size_t before, struct vt_buf *reply)
{
	bool plug = begins(line, "plug") || begins(line, "unplug");

	if (begins(line, "note") || begins(line, "coin")) {
		reply->length = before;
		vt_buf_append_text(
			reply, "there is no cash device here; serve one: --device validator\n");
		return VT_ERR_UNSUPPORTED;
	}
	if (plug && strchr(line, ' ')) {
		reply->length = before;
		vt_buf_printf(reply, "no device \"%s\"; there are:", strchr(line, ' ') + 1);
		for (size_t i = 0; i < server->slot_count; i++)
			vt_buf_printf(reply, " %s", server->slots[i].dev->id);
		vt_buf_append_byte(reply, '\n');
		return VT_ERR_NOT_FOUND;
	}
	vt_buf_append_text(reply, "try: help\n");
	return VT_ERR_NOT_FOUND;
}

enum vt_code vserver_command(struct vserver *server, const char *line, struct vt_buf *reply)
{
	char text[MAX_COMMAND];
	size_t before = reply->length;

	while (*line == ' ')
		line++;
	if (!vt_copy(text, sizeof(text), line)) {
		vt_buf_append_text(reply, "command too long\n");
		return VT_ERR_LIMIT;
	}
	for (size_t n = strlen(text); n > 0 && strchr(" \r\n\t", text[n - 1]); n--)
		text[n - 1] = '\0';
	if (command_server(server, text, reply))
		return VT_OK;
	/* "printer paper out" or "unplug printer" */
	struct vslot *slot = find_slot(server, text, strcspn(text, " "));
	if (slot && strchr(text, ' '))
		return command_slot(server, slot, text + strcspn(text, " ") + 1, reply);
	enum vt_code code = text_any(server, text, reply);
	if (code != VT_ERR_NOT_FOUND)
		return code;
	char *last = strrchr(text, ' ');
	slot = last ? find_slot(server, last + 1, strlen(last + 1)) : NULL;
	if (slot) {
		*last = '\0';
		return command_slot(server, slot, text, reply);
	}
	code = command_any(server, text, reply);
	return code == VT_ERR_NOT_FOUND ? explain(server, text, before, reply) : code;
}

/* --- waiting for a state --- */

/* Value of "key: value" in the status of any device; false if nobody has the key. */
static bool find_value(
	const struct vserver *server, const char *key, size_t key_length, char *ret, size_t size)
{
	struct vt_buf text;
	bool found = false;

	for (size_t i = 0; i < server->slot_count && !found; i++) {
		vt_buf_init(&text, MAX_REPLY);
		if (vdev_command(server->slots[i].dev, "status", &text) == VT_OK) {
			for (const char *at = vt_buf_text(&text); *at;) {
				size_t length = strcspn(at, "\n");
				if (length > key_length + 2 && memcmp(at, key, key_length) == 0 &&
					at[key_length] == ':' && length - key_length - 2 < size) {
					size_t n = length - key_length - 2;
					memcpy(ret, at + key_length + 2, n);
					ret[n] = '\0';
					found = true;
				}
				at += length + (at[length] == '\n');
			}
		}
		vt_buf_finish(&text);
	}
	return found;
}

/* "key=value" or "key>=number". */
static bool is_true(const struct vserver *server, const char *condition)
{
	size_t key_length = strcspn(condition, ">=");
	bool at_least = condition[key_length] == '>';
	const char *wanted = condition + key_length + (at_least ? 2 : 1);
	char value[64];
	int64_t have, want;

	if (!find_value(server, condition, key_length, value, sizeof(value)))
		return false;
	if (!at_least)
		return strcmp(value, wanted) == 0;
	return vt_parse_i64(value, 0, INT64_MAX, &have) == VT_OK &&
	       vt_parse_i64(wanted, 0, INT64_MAX, &want) == VT_OK && have >= want;
}

static void answer(struct vcontrol *control, enum vt_code code, struct vt_buf *reply)
{
	struct vt_buf message;

	vt_buf_init(&message, MAX_REPLY + 200);
	if (code == VT_OK)
		vt_buf_append_text(&message, "ok\n");
	else
		vt_buf_printf(&message, "error: %s\n", vt_code_text(code));
	vt_buf_append(&message, vt_buf_text(reply), reply->length);
	if (send(control->fd, vt_buf_text(&message), message.length, MSG_NOSIGNAL | MSG_DONTWAIT) <
		0)
		control->broken = true;
	vt_buf_finish(&message);
}

/* Begins text with "key=value" or "key>=value"? */
static bool is_condition(const char *text)
{
	size_t key_length = strcspn(text, ">= ");
	const char *op = text + key_length;

	return key_length > 0 && (*op == '=' || (*op == '>' && op[1] == '='));
}

/* "wait CONDITION [MS]" */
static enum vt_code begin_wait(struct vserver *server, struct vcontrol *control, const char *words)
{
	char copy[MAX_COMMAND];
	int64_t wait_ms = WAIT_MS;

	if (!vt_copy(copy, sizeof(copy), words))
		return VT_ERR_LIMIT;
	char *space = strchr(copy, ' ');
	if (space)
		*space++ = '\0';
	if (!is_condition(copy) || (space && vt_parse_i64(space, 1, 3600000, &wait_ms) != VT_OK) ||
		!vt_copy(control->wait, sizeof(control->wait), copy))
		return VT_ERR_INVALID;
	control->deadline_ms = server->now_ms + wait_ms;
	return VT_OK;
}

static void check_wait(struct vserver *server, struct vcontrol *control)
{
	struct vt_buf reply;
	char value[64];

	bool over = server->now_ms >= control->deadline_ms;
	bool fulfilled = is_true(server, control->wait);
	if (!over && !fulfilled)
		return;
	vt_buf_init(&reply, 400);
	size_t key_length = strcspn(control->wait, ">=");
	if (!find_value(server, control->wait, key_length, value, sizeof(value)))
		vt_copy_cut(value, sizeof(value), "(nobody has it)");
	vt_buf_printf(&reply, "%.*s: %s\n", (int)key_length, control->wait, value);
	control->wait[0] = '\0';
	answer(control, fulfilled ? VT_OK : VT_ERR_TIMEOUT, &reply);
	vt_buf_finish(&reply);
}

/* --- socket --- */

static bool is_served(const struct sockaddr_un *address)
{
	VT_CLEANUP(vt_closep)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
	       connect(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) == 0;
}

enum vt_code vserver_open_control(struct vserver *server, const char *path, struct vt_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!vt_copy(address.sun_path, sizeof(address.sun_path), path) ||
		!vt_copy(server->control_path, sizeof(server->control_path), path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: socket path too long", path);
	if (is_served(&address)) {
		server->control_path[0] = '\0';
		return vt_fail(error, VT_ERR_BUSY, 0, "%s: another server answers there", path);
	}
	unlink(path);
	mode_t mask = umask(0077);
	server->control_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool good = server->control_fd >= 0 &&
		    bind(server->control_fd, (const struct sockaddr *)(const void *)&address,
			    sizeof(address)) == 0 &&
		    listen(server->control_fd, 16) == 0;
	int os = errno;
	umask(mask);
	if (!good) {
		server->control_path[0] = '\0';
		return vt_fail(error, VT_ERR_IO, os, "%s: %s", path, strerror(os));
	}
	return VT_OK;
}

void control_accept(struct vserver *server)
{
	int fd = accept4(server->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (server->control_count == MAX_CONTROLS) {
		vt_closep(&fd);
		return;
	}
	server->controls[server->control_count++] = (struct vcontrol){.fd = fd};
}

static void record(struct vserver *server, const char *line)
{
	if (!server->record)
		return;
	fprintf(server->record, "%" PRId64 " %s\n", server->now_ms - server->start_ms, line);
	fflush(server->record);
}

void control_read(struct vserver *server, struct vcontrol *control)
{
	char line[MAX_COMMAND];
	struct vt_buf reply;
	ssize_t n = recv(control->fd, line, sizeof(line) - 1, MSG_DONTWAIT | MSG_TRUNC);
	enum vt_code code;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || control->wait[0]) {
		control->broken = true;
		return;
	}
	vt_buf_init(&reply, MAX_REPLY);
	if ((size_t)n >= sizeof(line)) {
		code = VT_ERR_LIMIT;
	} else {
		line[n] = '\0';
		if (strncmp(line, "wait ", 5) == 0) {
			code = begin_wait(server, control, line + 5);
		} else {
			record(server, line);
			code = vserver_command(server, line, &reply);
		}
	}
	if (!control->wait[0])
		answer(control, code, &reply);
	vt_buf_finish(&reply);
}

/* --- script --- */

/* The last numbered line's time, 0 if there is none. */
static int64_t last_time(const struct vserver *server)
{
	for (size_t i = server->script_count; i > 0; i--) {
		if (!server->script[i - 1].when[0])
			return server->script[i - 1].at_ms;
	}
	return 0;
}

/* Takes the word before the next space off *text; the rest follows in *text, or is "". */
static char *take_word(char **text)
{
	char *word = *text;

	*text += strcspn(*text, " \t");
	if (**text)
		*(*text)++ = '\0';
	*text += strspn(*text, " \t");
	return word;
}

static enum vt_code add_line(struct vserver *server, char *text, struct vt_error *error)
{
	struct vscript_line line = {.at_ms = 0};

	text += strspn(text, " \t");
	text[strcspn(text, "\r\n#")] = '\0';
	if (*text == '\0')
		return VT_OK;
	char *first = take_word(&text);
	if (strcmp(first, "when") == 0) {
		if (!is_condition(text) || !vt_copy(line.when, sizeof(line.when), take_word(&text)))
			return vt_fail(error, VT_ERR_PARSE, 0, "when KEY=VALUE or KEY>=NUMBER");
	} else if (vt_parse_i64(first, 0, INT32_MAX, &line.at_ms) != VT_OK ||
		   line.at_ms < last_time(server)) {
		return vt_fail(error, VT_ERR_PARSE, 0, "line must begin with ascending ms or when");
	}
	if (*text == '\0' || !vt_copy(line.text, sizeof(line.text), text))
		return vt_fail(error, VT_ERR_PARSE, 0, "no command, or too long");
	if (server->script_count == MAX_SCRIPT_LINES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "too many lines");
	struct vscript_line *grown =
		realloc(server->script, (server->script_count + 1) * sizeof(*grown));
	if (!grown)
		return vt_fail(error, VT_ERR_NOMEM, 0, "script");
	server->script = grown;
	grown[server->script_count++] = line;
	return VT_OK;
}

enum vt_code vserver_load_script(struct vserver *server, const char *path, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	char line[MAX_COMMAND];

	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	for (int number = 1; fgets(line, sizeof(line), file); number++) {
		enum vt_code code = add_line(server, line, error);
		if (code != VT_OK)
			return vt_prefix(error, code, "%s:%d", path, number);
	}
	return VT_OK;
}

enum vt_code vserver_set_record(struct vserver *server, const char *path, struct vt_error *error)
{
	server->record = fopen(path, "we");
	if (!server->record)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	return VT_OK;
}

static void run_script_line(struct vserver *server, const char *text)
{
	struct vt_buf reply;

	vt_buf_init(&reply, MAX_REPLY);
	enum vt_code code = vserver_command(server, text, &reply);
	if (code != VT_OK)
		vt_log(VT_LOG_ERROR, "script: %s: %s: %s", text, vt_code_text(code),
			vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

int64_t control_tick(struct vserver *server)
{
	int64_t next = INT64_MAX;

	while (server->script_next < server->script_count) {
		const struct vscript_line *line = &server->script[server->script_next];
		int64_t at = server->start_ms + line->at_ms;
		if (line->when[0]) {
			/* Looked at whenever something moves. */
			if (!is_true(server, line->when))
				break;
		} else if (at > server->now_ms) {
			next = at;
			break;
		}
		server->script_next++;
		run_script_line(server, line->text);
	}
	for (size_t i = 0; i < server->control_count;) {
		struct vcontrol *control = &server->controls[i];
		if (control->wait[0] && !control->broken)
			check_wait(server, control);
		if (control->wait[0] && control->deadline_ms < next)
			next = control->deadline_ms;
		if (control->broken) {
			vt_closep(&control->fd);
			*control = server->controls[--server->control_count];
			continue;
		}
		i++;
	}
	return next;
}

void control_finish(struct vserver *server)
{
	for (size_t i = 0; i < server->control_count; i++)
		vt_closep(&server->controls[i].fd);
	server->control_count = 0;
	if (server->control_fd >= 0) {
		vt_closep(&server->control_fd);
		unlink(server->control_path);
	}
	server->control_fd = -1;
	if (server->record)
		fclose(server->record);
	server->record = NULL;
}
