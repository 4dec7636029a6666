/* The citizen's scan: BarcodeReader.Read, and what came of it as an event for the session.
 *
 *   session ── scan_ms ─────► BarcodeReader.Read ─► text, timeOut … ─► SCANNED
 *           ── cancel_scan ─► Common.Cancel
 *
 * One at a time; a completion with another request id than the one that is waited for finds nobody.
 * The text is the citizen's: it goes from the message into one step of the session and is wiped
 * with the message; the log says only whether there was one. */

#include "terminal/base/log.h"
#include "terminal/core/core.h"

static void tell(struct core *core, enum session_scan outcome, const char *text)
{
	struct session_event event = {.type = SESSION_SCANNED};

	core->scan_asked = 0;
	event.u.scanned.outcome = outcome;
	event.u.scanned.text = text;
	citizen_feed(core, &event);
}

void scan_start(struct core *core, int64_t within_ms)
{
	if (!core->devices.conn) {
		tell(core, SCAN_GONE, "");
		return;
	}
	bus_make_command(core->tx, core->devices.conn, BUS_BARCODE_READ);
	core->tx->header.timeout_ms = within_ms;
	core->scan_asked = core->tx->header.request_id;
	(void)peer_send(&core->devices); /* if it is gone, scan_devices_gone() tells so */
}

void scan_cancel(struct core *core)
{
	const int64_t asked = core->scan_asked;

	core->scan_asked = 0;
	if (asked == 0 || !core->devices.conn)
		return;
	bus_make_command(core->tx, core->devices.conn, BUS_COMMON_CANCEL);
	core->tx->payload.common_cancel.request_id = asked;
	(void)peer_send(&core->devices);
}

void scan_done(struct core *core, const struct bus_message *msg)
{
	if (core->scan_asked == 0 || msg->header.request_id != core->scan_asked)
		return;
	vt_log(VT_LOG_INFO, "scan: %s", bus_completion_code_names[msg->header.completion]);
	switch (msg->header.completion) {
	case BUS_SUCCESS:
		tell(core, SCAN_READ, msg->payload.barcode_scanned.text);
		return;
	case BUS_INVALID_DATA:
		tell(core, SCAN_UNREADABLE, "");
		return;
	case BUS_TIME_OUT:
	case BUS_CANCELED: /* not by us: the session would not wait any more */
		tell(core, SCAN_NOTHING, "");
		return;
	case BUS_COMMAND_ERROR_CODE:
	case BUS_DEVICE_NOT_READY:
	case BUS_HARDWARE_ERROR:
	case BUS_UNSUPPORTED_COMMAND:
	case BUS_NOT_FOUND:
	case BUS_NOT_PERMITTED:
	case BUS_INTERNAL_ERROR:
	case BUS_SEQUENCE_ERROR:
	case BUS_COMPLETION_CODE_COUNT:
		break;
	}
	tell(core, SCAN_GONE, "");
}

void scan_devices_gone(struct core *core)
{
	if (core->scan_asked != 0)
		tell(core, SCAN_GONE, "");
}
