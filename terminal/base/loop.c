#include "terminal/base/loop.h"

#include <signal.h>
#include <stdbool.h>

#include <systemd/sd-event.h>

#include "terminal/base/harden.h"

static int on_turn_end(sd_event_source *source, void *userdata)
{
	(void)source;
	(void)userdata;
	vt_wipe_stack();
	return 0;
}

static int prepare(sd_event *event)
{
	sd_event_source *turn_end = NULL;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ||
		sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0 ||
		sd_event_add_signal(event, NULL, SIGINT, NULL, NULL) < 0 ||
		sd_event_add_post(event, &turn_end, on_turn_end, NULL) < 0 ||
		sd_event_source_set_priority(turn_end, SD_EVENT_PRIORITY_IDLE + 1) < 0 ||
		sd_event_source_set_floating(turn_end, true) < 0)
		return -1;
	sd_event_source_unref(turn_end);
	(void)sd_event_set_watchdog(event, true);
	return 0;
}

enum vt_code vt_loop_create(void **ret_event, struct vt_error *error)
{
	sd_event *event = NULL;

	if (sd_event_default(&event) < 0 || prepare(event) < 0) {
		sd_event_unref(event);
		return vt_fail(error, VT_ERR_NOMEM, 0, "event loop");
	}
	*ret_event = event;
	return VT_OK;
}
