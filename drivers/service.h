#ifndef VT_DRIVERS_SERVICE_H
#define VT_DRIVERS_SERVICE_H

/* What ventanilla-devices does: the devices of the tables as they come and go, and core's commands
 * to them. README.md has the drawing. */

#include "terminal/base/config.h"
#include "terminal/base/error.h"

struct sd_event;
struct service;

/* Reads [devices] of config: registry (file), readers (file, else readers.tsv beside it), hid
 * (file, else hid.tsv beside it), fonts
 * (folder), state (folder for the trace of a sheet in work, optional: without it a sheet is only
 * known to this process). Connects to core at socket_path by itself, again and again. Borrows
 * event. */
VT_MUST_USE enum vt_code service_create(struct sd_event *event, const char *socket_path,
	const struct vt_config *config, struct service **ret_service, struct vt_error *error);
/* NULL allowed; *service = NULL. A sheet in work stays as a trace. */
void service_destroy(struct service **service);

#endif
