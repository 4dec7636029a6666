/* virtual-devices: serves virtual USB devices, talks to a running server, launches clients. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/kinds.h"
#include "tools/virtual-devices/server.h"
#include "tools/virtual-devices/session.h"

#define PRELOAD "libumockdev-preload.so.0"

static const char usage_text[] =
	"usage: virtual-devices serve --root DIR... --device KIND[:OPTIONS]... [OPTIONS] [-- "
	"PROGRAM ARGS]\n"
	"         --root DIR        one for each client process; absolute, at most 70 bytes\n"
	"         --paper DIR       each sheet as DIR/paper-N.png, torn ones as "
	"paper-N-partial.png\n"
	"         --control SOCKET  for `virtual-devices control`\n"
	"         --pcap FILE       every transfer, for tshark\n"
	"         --script FILE     lines \"MS COMMAND\" or \"when KEY>=N COMMAND\"; --record FILE "
	"writes such\n"
	"         --session FILE    every transfer and command as text, for replay\n"
	"         --speed FACTOR    of printing: 1 = real, 0.5, 10 ..., instant\n"
	"         --seed N          of garbage faults\n"
	"         --ready-fd N      write \"ready\" there instead of to standard output\n"
	"         --verbose\n"
	"         PROGRAM           runs as a client of the first root; the server ends with it\n";
static const char usage_commands[] =
	"       virtual-devices control SOCKET COMMAND...\n"
	"       virtual-devices COMMAND...      the same, at the socket in $VIRTUAL_DEVICES\n"
	"         help lists the commands of the devices that run; list · plug|unplug|status [ID]\n"
	"         card insert FILE|remove · paper out|in|low · cover open|close · jam\n"
	"         swipe TRACKS · scan TEXT · key TEXT · fault TYPE ... · wait KEY=VALUE · quit\n"
	"       virtual-devices replay FILE     plays a session again; fails where a device "
	"differs\n"
	"       virtual-devices run --root DIR -- PROGRAM ARGS...\n";

static int usage(void)
{
	fprintf(stderr, "%s%s%s", usage_text, kind_help, usage_commands);
	return 2;
}

/* --- options --- */

static uint32_t arg_seed = 1;
static unsigned arg_speed_percent = 100;
static bool arg_instant;

static bool parse_number(const char *text, int64_t max, int64_t *ret)
{
	return text && vt_parse_i64(text, 0, max, ret) == VT_OK;
}

/* Devices given so far, for ids nobody gave. */
static int count_kind(const char *const *devices, int count, const char *text)
{
	int n = 0;

	for (int i = 0; i < count; i++)
		n += kind_is_same(devices[i], text);
	return n;
}

static enum vt_code add_device(
	struct vserver *server, const char *text, int index, struct vt_error *error)
{
	const struct kind_defaults defaults = {
		.seed = arg_seed, .speed_percent = arg_speed_percent, .instant = arg_instant};
	struct kind_device made = {NULL, NULL};

	enum vt_code code = kind_create(text, index, &defaults, &made, error);
	if (code != VT_OK)
		return code;
	code = vserver_add_device(server, made.dev, made.driver, error);
	if (code == VT_OK)
		vserver_session_head(server, "device", text);
	else
		vdev_destroy(&made.dev);
	return code;
}

/* --- serve --- */

enum {
	OPT_ROOT = 1,
	OPT_DEVICE,
	OPT_PAPER,
	OPT_CONTROL,
	OPT_PCAP,
	OPT_SCRIPT,
	OPT_RECORD,
	OPT_SESSION,
	OPT_SPEED,
	OPT_SEED,
	OPT_READY,
	OPT_VERBOSE
};

static const struct option serve_options[] = {{"root", required_argument, NULL, OPT_ROOT},
	{"device", required_argument, NULL, OPT_DEVICE},
	{"paper", required_argument, NULL, OPT_PAPER},
	{"control", required_argument, NULL, OPT_CONTROL},
	{"pcap", required_argument, NULL, OPT_PCAP},
	{"script", required_argument, NULL, OPT_SCRIPT},
	{"record", required_argument, NULL, OPT_RECORD},
	{"session", required_argument, NULL, OPT_SESSION},
	{"speed", required_argument, NULL, OPT_SPEED}, {"seed", required_argument, NULL, OPT_SEED},
	{"ready-fd", required_argument, NULL, OPT_READY},
	{"verbose", no_argument, NULL, OPT_VERBOSE}, {NULL, 0, NULL, 0}};

struct serve {
	struct vserver *server;
	const char *devices[VSERVER_MAX_DEVICES];
	int device_count;
	const char *first_root;
	const char *control;
	int ready_fd;
};

static enum vt_code apply_option(struct serve *s, int option, struct vt_error *error)
{
	int64_t n;

	switch (option) {
	case OPT_ROOT:
		if (!s->first_root)
			s->first_root = optarg;
		return vserver_add_root(s->server, optarg, error);
	case OPT_DEVICE:
		if (s->device_count == VSERVER_MAX_DEVICES)
			return vt_fail(error, VT_ERR_LIMIT, 0, "--device: too many");
		s->devices[s->device_count++] = optarg;
		return VT_OK;
	case OPT_PAPER:
		return vserver_set_paper(s->server, optarg, error);
	case OPT_CONTROL:
		s->control = optarg;
		return VT_OK;
	case OPT_PCAP:
		return vserver_set_pcap(s->server, optarg, error);
	case OPT_SCRIPT:
		return vserver_load_script(s->server, optarg, error);
	case OPT_RECORD:
		return vserver_set_record(s->server, optarg, error);
	case OPT_SESSION:
		return vserver_set_session(s->server, optarg, error);
	case OPT_SPEED:
		if (kind_parse_speed(optarg, &arg_speed_percent, &arg_instant))
			return VT_OK;
		return vt_fail(error, VT_ERR_INVALID, 0, "--speed: a factor or instant");
	case OPT_SEED:
		if (!parse_number(optarg, UINT32_MAX, &n))
			return vt_fail(error, VT_ERR_INVALID, 0, "--seed: a number");
		arg_seed = (uint32_t)n;
		return VT_OK;
	case OPT_READY:
		if (!parse_number(optarg, 1 << 20, &n))
			return vt_fail(error, VT_ERR_INVALID, 0, "--ready-fd: a number");
		s->ready_fd = (int)n;
		return VT_OK;
	case OPT_VERBOSE:
		vt_log_init("virtual-devices", VT_LOG_DEBUG);
		return VT_OK;
	default:
		return vt_fail(error, VT_ERR_INVALID, 0, "unknown option");
	}
}

static enum vt_code say_ready(int fd, struct vt_error *error)
{
	if (write(fd, "ready\n", 6) != 6)
		return vt_fail(error, VT_ERR_IO, errno, "ready: %s", strerror(errno));
	if (fd > STDERR_FILENO)
		close(fd);
	return VT_OK;
}

/* PROGRAM as a client, by way of our own `run`; it gets no signal setting of ours. */
static enum vt_code spawn_client(
	const char *root, char **program, pid_t *ret_pid, struct vt_error *error)
{
	char *argv[64] = {NULL};
	size_t count = 0;
	sigset_t none, defaults;
	posix_spawnattr_t attributes;
	char self[] = "virtual-devices", run[] = "run", option[] = "--root", end[] = "--";
	char root_copy[VSERVER_MAX_ROOT_PATH + 1];

	if (!vt_copy(root_copy, sizeof(root_copy), root))
		return vt_fail(error, VT_ERR_LIMIT, 0, "root path too long");
	char *head[] = {self, run, option, root_copy, end};
	for (size_t i = 0; i < VT_ELEMENTS(head); i++)
		argv[count++] = head[i];
	for (; *program && count + 1 < VT_ELEMENTS(argv); program++)
		argv[count++] = *program;
	if (*program)
		return vt_fail(error, VT_ERR_LIMIT, 0, "too many arguments");
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int os = posix_spawn(ret_pid, "/proc/self/exe", NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	if (os != 0)
		return vt_fail(error, VT_ERR_IO, os, "cannot start %s: %s", argv[5], strerror(os));
	return VT_OK;
}

/* The first lines of a session file. */
static void describe(struct vserver *server)
{
	char number[24];

	if (vt_format(number, sizeof(number), "%u", arg_seed))
		vserver_session_head(server, "seed", number);
	if (arg_instant)
		vserver_session_head(server, "speed", "instant");
	else if (vt_format(number, sizeof(number), "%u", arg_speed_percent))
		vserver_session_head(server, "speed", number);
}

static enum vt_code serve(struct serve *s, char **program, int *ret_status, struct vt_error *error)
{
	pid_t child = 0;
	int status = 0;
	enum vt_code code = VT_OK;

	describe(s->server);
	for (int i = 0; i < s->device_count && code == VT_OK; i++)
		code = add_device(s->server, s->devices[i],
			count_kind(s->devices, i + 1, s->devices[i]), error);
	if (code == VT_OK)
		code = vserver_start(s->server, error);
	/* Who waits for this socket to appear may start clients then. */
	if (code == VT_OK && s->control)
		code = vserver_open_control(s->server, s->control, error);
	if (code == VT_OK)
		code = say_ready(s->ready_fd, error);
	if (code == VT_OK && s->control)
		setenv("VIRTUAL_DEVICES", s->control, 1); /* for PROGRAM */
	if (code == VT_OK && *program)
		code = spawn_client(s->first_root, program, &child, error);
	if (code != VT_OK)
		return code;
	code = vserver_run(s->server, child, &status, error);
	/* The server was told to end before its client: without it the client can only abort. */
	if (child > 0 && waitpid(child, &status, WNOHANG) == 0) {
		kill(child, SIGTERM);
		status = SIGTERM;
	}
	if (child > 0)
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return code;
}

static int main_serve(int argc, char **argv)
{
	struct serve s = {.ready_fd = STDOUT_FILENO, .server = vserver_create()};
	struct vt_error error = {0};
	enum vt_code code = s.server ? VT_OK : VT_ERR_NOMEM;
	int status = 0;

	/* Whoever reads "ready" may be gone; the roots must be removed all the same. */
	signal(SIGPIPE, SIG_IGN);
	for (int option; code == VT_OK &&
			 (option = getopt_long(argc, argv, "+", serve_options, NULL)) != -1;) {
		if (option == '?') {
			vserver_destroy(&s.server);
			return usage();
		}
		code = apply_option(&s, option, &error);
	}
	if (code == VT_OK && (!s.first_root || s.device_count == 0)) {
		vserver_destroy(&s.server);
		return usage();
	}
	if (code == VT_OK)
		code = serve(&s, argv + optind, &status, &error);
	if (code != VT_OK)
		fprintf(stderr, "virtual-devices: %s\n",
			error.msg[0] ? error.msg : vt_code_text(code));
	vserver_destroy(&s.server);
	return code == VT_OK ? status : 1;
}

/* --- control --- */

static int exchange(int fd, const char *command)
{
	char reply[65536 + 256];

	if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0) {
		perror("virtual-devices: send");
		return 1;
	}
	ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
	if (n <= 0) {
		fprintf(stderr, "virtual-devices: the server went away\n");
		return 1;
	}
	reply[n] = '\0';
	char *text = strchr(reply, '\n');
	bool good = strncmp(reply, "ok\n", 3) == 0;
	if (good)
		fputs(text + 1, stdout);
	else
		fputs(reply, stderr);
	return good ? 0 : 1;
}

/* The words as one line; the FILE of "card insert" as the server finds it, too. */
static bool join_words(struct vt_buf *command, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		bool file = i >= 2 && strcmp(words[i - 1], "insert") == 0 &&
			    strcmp(words[i - 2], "card") == 0;
		char *full = file ? realpath(words[i], NULL) : NULL;
		vt_buf_printf(command, "%s%s", i > 0 ? " " : "", full ? full : words[i]);
		free(full);
	}
	return command->failed == VT_OK;
}

static int control(const char *path, int count, char **words)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	VT_CLEANUP(vt_closep) int fd = -1;
	VT_CLEANUP(vt_buf_finish) struct vt_buf command;

	vt_buf_init(&command, 8192);
	if (!vt_copy(address.sun_path, sizeof(address.sun_path), path)) {
		fprintf(stderr, "virtual-devices: socket path too long\n");
		return 1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "virtual-devices: %s: %s (is a server with --control running?)\n",
			path, strerror(errno));
		return 1;
	}
	if (!join_words(&command, count, words)) {
		fprintf(stderr, "virtual-devices: command too long\n");
		return 1;
	}
	return exchange(fd, vt_buf_text(&command));
}

static int main_control(int argc, char **argv)
{
	return argc < 3 ? usage() : control(argv[1], argc - 2, argv + 2);
}

/* `virtual-devices plug printer`: the socket is in the environment. */
static int main_words(int argc, char **argv)
{
	const char *path = getenv("VIRTUAL_DEVICES");

	if (path && path[0] && argv[1][0] != '-')
		return control(path, argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return usage();
	fprintf(stderr,
		"virtual-devices: no server known for \"%s\": set VIRTUAL_DEVICES to its control "
		"socket,\nor write: virtual-devices control SOCKET %s\n",
		argv[1], argv[1]);
	return 2;
}

/* --- replay --- */

static int main_replay(int argc, char **argv)
{
	struct vt_error error = {0};
	unsigned lines = 0;

	if (argc != 2)
		return usage();
	if (session_replay(argv[1], &lines, &error) != VT_OK) {
		fprintf(stderr, "virtual-devices: %s\n", error.msg);
		return 1;
	}
	printf("%u lines: the same\n", lines);
	return 0;
}

/* --- run --- */

/* ASan refuses to start behind another preload, so its library goes first: the name of the one that
 * the program file mentions, or "". */
static void find_asan(const char *program, char *ret, size_t size)
{
	static const char needle[] = "libasan.so.";
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(program, "rbe");
	size_t matched = 0;

	ret[0] = '\0';
	for (int c; file && (c = fgetc(file)) != EOF;) {
		if (c != needle[matched]) {
			matched = c == needle[0] ? 1 : 0;
			continue;
		}
		if (++matched == sizeof(needle) - 1) {
			int digit = fgetc(file);
			if (digit >= '0' && digit <= '9' &&
				!vt_format(ret, size, "%s%c", needle, digit))
				ret[0] = '\0';
			return;
		}
	}
}

/* Full path of program as execvp would find it; program itself where there is none. */
static void find_program(const char *program, char *ret, size_t size)
{
	const char *path = getenv("PATH");

	vt_copy_cut(ret, size, program);
	if (strchr(program, '/') || !path)
		return;
	while (*path) {
		size_t n = strcspn(path, ":");
		char candidate[4096];
		if (vt_format(candidate, sizeof(candidate), "%.*s/%s", (int)n, path, program) &&
			access(candidate, X_OK) == 0) {
			vt_copy_cut(ret, size, candidate);
			return;
		}
		path += n + (path[n] == ':');
	}
}

static int main_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"root", required_argument, NULL, OPT_ROOT}, {NULL, 0, NULL, 0}};
	const char *root = NULL;
	char program[4096], asan[64], preload[4096];
	const char *before = getenv("LD_PRELOAD");
	struct rlimit files = {4096, 4096};

	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option != OPT_ROOT)
			return usage();
		root = optarg;
	}
	if (!root || optind == argc)
		return usage();
	find_program(argv[optind], program, sizeof(program));
	find_asan(program, asan, sizeof(asan));
	if (before && strstr(before, "libasan.so"))
		asan[0] = '\0';
	if (!vt_format(preload, sizeof(preload), "%s%s%s%s%s", asan, asan[0] ? " " : "",
		    before ? before : "", before && before[0] ? " " : "", PRELOAD)) {
		fprintf(stderr, "virtual-devices: LD_PRELOAD too long\n");
		return 1;
	}
	setenv("LD_PRELOAD", preload, 1);
	setenv("UMOCKDEV_DIR", root, 1);
	/* Each ioctl ends with usleep(0) in the preload, which costs the timer slack. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	/* The preload leaks a descriptor for each other file below /dev that is opened; where more
	 * are not allowed the program runs with what it has. */
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		vt_log(VT_LOG_DEBUG, "descriptor limit not raised");
	execvp(argv[optind], argv + optind);
	fprintf(stderr, "virtual-devices: %s: %s\n", argv[optind], strerror(errno));
	return 127;
}

int main(int argc, char **argv)
{
	vt_log_init("virtual-devices", VT_LOG_NOTICE);
	if (argc < 2)
		return usage();
	if (strcmp(argv[1], "serve") == 0)
		return main_serve(argc - 1, argv + 1);
	if (strcmp(argv[1], "control") == 0)
		return main_control(argc - 1, argv + 1);
	if (strcmp(argv[1], "replay") == 0)
		return main_replay(argc - 1, argv + 1);
	if (strcmp(argv[1], "run") == 0)
		return main_run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0) {
		printf("%s%s%s", usage_text, kind_help, usage_commands);
		return 0;
	}
	return main_words(argc, argv);
}
