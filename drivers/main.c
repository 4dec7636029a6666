/* ventanilla-devices: the terminal's USB devices for core. */

#include <getopt.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "drivers/service.h"
#include "terminal/base/harden.h"
#include "terminal/base/log.h"
#include "terminal/base/loop.h"

static const char *arg_socket;
static const char *arg_config;
static bool arg_verbose;

static int usage(FILE *out, int status)
{
	fputs("usage: ventanilla-devices --socket PATH --config FILE [--verbose]\n"
	      "\n"
	      "  --socket PATH   core's socket for devices\n"
	      "  --config FILE   terminal.conf: [devices] registry, fonts, state\n"
	      "  --verbose       log debug messages\n",
		out);
	return status;
}

/* Status to exit with, or -1 to go on. */
static int parse_arguments(int argc, char **argv)
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
			arg_socket = optarg;
		else if (c == 'c')
			arg_config = optarg;
		else if (c == 'v')
			arg_verbose = true;
		else
			return usage(c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
	}
	if (!arg_socket || !arg_config || optind != argc)
		return usage(stderr, 2);
	return -1;
}

static int run(void)
{
	struct vt_config *config = NULL;
	struct service *service = NULL;
	void *event = NULL; /* sd_event */
	struct vt_error error = {0};
	int status = 1;

	enum vt_code code = vt_config_load(arg_config, &config, &error);
	if (!code)
		code = vt_loop_create(&event, &error);
	if (!code)
		code = service_create(event, arg_socket, config, &service, &error);
	if (code) {
		vt_log(VT_LOG_ERROR, "%s", error.msg);
	} else {
		(void)sd_notify(0, "READY=1");
		status = sd_event_loop(event) < 0 ? 1 : 0;
		(void)sd_notify(0, "STOPPING=1");
	}
	service_destroy(&service);
	sd_event_unref(event);
	vt_config_close(&config);
	return status;
}

int main(int argc, char **argv)
{
	const int status = parse_arguments(argc, argv);

	if (status >= 0)
		return status;
	vt_harden_process();
	/* FreeType, libqrencode and jansson free what a citizen's sheet said without wiping it. */
	(void)mallopt(M_PERTURB, 0xA5);
	vt_log_init("ventanilla-devices", arg_verbose ? VT_LOG_DEBUG : VT_LOG_INFO);
	return run();
}
