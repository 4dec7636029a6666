#include "terminal/base/daemon.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "terminal/base/harden.h"
#include "terminal/base/log.h"
#include "terminal/base/loop.h"

struct arguments {
	const char *socket, *config;
	bool verbose;
};

static int usage(const struct vt_daemon *daemon, FILE *out, int status)
{
	fprintf(out,
		"usage: %s --socket PATH --config FILE [--verbose]\n"
		"\n"
		"  --socket PATH   core's socket for %s\n"
		"  --config FILE   terminal.conf: %s\n"
		"  --verbose       log debug messages\n",
		daemon->name, daemon->socket, daemon->config);
	return status;
}

/* Status to exit with, or -1 to go on. */
static int parse_arguments(
	const struct vt_daemon *daemon, int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 's')
			arguments->socket = optarg;
		else if (c == 'c')
			arguments->config = optarg;
		else if (c == 'v')
			arguments->verbose = true;
		else
			return usage(daemon, c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
	}
	if (!arguments->socket || !arguments->config || optind != argc)
		return usage(daemon, stderr, 2);
	return -1;
}

static int run(const struct vt_daemon *daemon, const struct arguments *arguments)
{
	struct vt_config *config = NULL;
	void *self = NULL, *event = NULL; /* event: sd_event */
	struct vt_error error = {0};
	int status = 1;

	enum vt_code code = vt_config_load(arguments->config, &config, &error);
	if (!code)
		code = vt_loop_create(&event, &error);
	if (!code)
		code = daemon->create(event, arguments->socket, config, &self, &error);
	if (code) {
		vt_log(VT_LOG_ERROR, "%s", error.msg);
	} else {
		(void)sd_notify(0, "READY=1");
		status = sd_event_loop(event) < 0 ? 1 : 0;
		(void)sd_notify(0, "STOPPING=1");
	}
	daemon->destroy(&self);
	sd_event_unref(event);
	vt_config_close(&config);
	return status;
}

int vt_daemon_main(const struct vt_daemon *daemon, int argc, char **argv)
{
	struct arguments arguments = {0};
	const int status = parse_arguments(daemon, argc, argv, &arguments);

	if (status >= 0)
		return status;
	vt_harden_process();
	vt_log_init(daemon->name, arguments.verbose ? VT_LOG_DEBUG : VT_LOG_INFO);
	return run(daemon, &arguments);
}
