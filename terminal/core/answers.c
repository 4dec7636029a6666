/* What technicians ask (ventanillactl), and what the device process tells. No personal data. */

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* ---- devices ---- */

static struct device_status *device_slot(struct device_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->devices[i].id, id) == 0)
			return &list->devices[i];
	}
	return list->count < STATUS_MAX_DEVICES ? &list->devices[list->count++] : NULL;
}

void devices_status(struct core *core, const struct device_status *status)
{
	struct device_status *slot = device_slot(&core->device_list, status->id);

	if (!slot) {
		vt_log(VT_LOG_WARNING, "devices: more than %d devices", STATUS_MAX_DEVICES);
		return;
	}
	if (slot->state != status->state || slot->paper != status->paper ||
		strcmp(slot->reason, status->reason) != 0)
		vt_log(VT_LOG_NOTICE, "device %s: %s, paper %s %s", status->id,
			device_state_names[status->state], paper_state_names[status->paper],
			status->reason);
	*slot = *status;
	counters_take(core, slot);
	session_staff_devices(core->session, &core->device_list);
	citizen_health(core);
}

/* ---- ctl ---- */

static const char *printer_text(const struct core *core)
{
	for (size_t i = 0; i < core->device_list.count; i++) {
		const struct device_status *device = &core->device_list.devices[i];
		if (strcmp(device->class, "Printer") == 0 && device->size == PAPER_ROLL)
			return device->paper == PAPER_OUT ? "noPaper"
							  : device_state_names[device->state];
	}
	return "absent";
}

static void fill_status(struct core *core, struct terminal_status *status)
{
	struct queue_counts counts = {0};

	vt_copy_cut(status->terminal, sizeof(status->terminal), core->terminal);
	vt_copy_cut(status->version, sizeof(status->version), VT_VERSION);
	vt_copy_cut(status->session, sizeof(status->session),
		session_state_names[session_get_state(core->session)]);
	vt_copy_cut(status->storage, sizeof(status->storage),
		core->health.storage_ok ? "ok" : "failed");
	status->problem = core->health.storage_ok ? STORAGE_GOOD : core->problem;
	if (!core->health.storage_ok)
		vt_copy_cut(status->detail, sizeof(status->detail), core->storage_detail);
	vt_copy_cut(status->aside, sizeof(status->aside), core->storage_aside);
	status->rolled_back = core->rolled_back;
	for (size_t i = 0; i < core->adapter_count; i++) {
		struct status_service *service = &status->services[status->service_count++];
		const struct adapter *adapter = &core->adapters[i];
		memcpy(service->adapter, adapter->name, sizeof(service->adapter));
		service->online = adapter->online;
		memcpy(service->reason, adapter->reason, sizeof(service->reason));
		vt_copy_cut(service->trouble, sizeof(service->trouble),
			txn_cause_names[adapter->trouble]);
	}
	status->ui = core->ui.conn != NULL;
	status->devices = core->devices.conn != NULL;
	status->sync = core->sync.conn != NULL;
	status->online = status->sync;
	for (size_t i = 0; i < core->adapter_count; i++)
		status->online = status->online && core->adapters[i].online;
	vt_copy_cut(status->printer, sizeof(status->printer), printer_text(core));
	if (core->queue && queue_counts(core->queue, &counts) == VT_OK) {
		status->queued = counts.unsettled;
		status->dead = counts.dead;
		if (counts.oldest_unix_ms > 0)
			status->oldest_ms = core_unix_ms(core) - counts.oldest_unix_ms;
	}
	const struct session_place *place = session_place(core->session);
	vt_copy_cut(status->place.entity, sizeof(status->place.entity), place->entity);
	vt_copy_cut(status->place.municipality, sizeof(status->place.municipality),
		place->municipality);
	vt_copy_cut(status->place.site, sizeof(status->place.site), place->site);
	status->place.panel = place->panel;
	status->sessions = core->sessions;
	status->clock_trusted = core->clock.is_trusted;
	status->clock_off_ms = core->clock_off_ms;
	status->uptime_ms = vt_clock_monotonic_ms() - core->started_ms;
}

static void fill_row(
	const struct core *core, const struct queue_record *record, struct queue_row *row)
{
	memcpy(row->transaction, record->id, sizeof(row->transaction));
	memcpy(row->folio, record->folio, sizeof(row->folio));
	memcpy(row->service, record->service, sizeof(row->service));
	vt_copy_cut(row->state, sizeof(row->state), txn_state_names[record->txn.state]);
	vt_copy_cut(row->receipt, sizeof(row->receipt), receipt_state_names[record->txn.receipt]);
	row->attempts = record->txn.attempts;
	vt_copy_cut(row->cause, sizeof(row->cause), txn_cause_names[record->txn.cause]);
	row->created_unix_ms = record->created_unix_ms;
	const int64_t due = record->txn.due_unix_ms, now = core_unix_ms(core);
	row->next_ms = due > now && due != QUEUE_NEVER ? due - now : 0;
}

static enum vt_code fill_list(
	struct core *core, const struct queue_query *query, struct queue_list *list)
{
	static struct queue_record records[QUEUE_PAGE];
	const enum vt_code code = queue_list(core->queue, query->cursor, query->unsettled_only,
		QUEUE_PAGE, records, &list->count, &list->next);

	for (size_t i = 0; code == VT_OK && i < list->count; i++)
		fill_row(core, &records[i], &list->rows[i]);
	return code;
}

static enum vt_code fill_one(
	struct core *core, const struct queue_query *query, struct queue_list *list)
{
	struct queue_record record;
	const enum vt_code code = queue_get(core->queue, query->id, &record);

	if (code == VT_OK) {
		list->count = 1;
		fill_row(core, &record, &list->rows[0]);
		decide_note(core, &record, list->rows[0].note, sizeof(list->rows[0].note));
	}
	return code;
}

void answer_ctl(struct core *core, struct peer *peer)
{
	const struct bus_header request = core->rx->header;
	const struct queue_query query = core->rx->payload.queue_query;
	const bool wants_queue = request.name == BUS_QUEUE_LIST || request.name == BUS_QUEUE_SHOW;
	enum vt_code code = VT_OK;

	if (wants_queue && !core->queue) {
		bus_make_completion(core->tx, &request, BUS_INTERNAL_ERROR, "storage failed");
		(void)peer_send(peer);
		return;
	}
	bus_make_completion(core->tx, &request, BUS_SUCCESS, NULL);
	if (request.name == BUS_TERMINAL_STATUS)
		fill_status(core, &core->tx->payload.terminal_status);
	else if (request.name == BUS_DEVICE_LIST)
		core->tx->payload.device_list = core->device_list;
	else if (request.name == BUS_QUEUE_LIST)
		code = fill_list(core, &query, &core->tx->payload.queue_list);
	else
		code = fill_one(core, &query, &core->tx->payload.queue_list);
	if (code)
		bus_make_completion(core->tx, &request,
			code == VT_ERR_NOT_FOUND ? BUS_NOT_FOUND : BUS_INTERNAL_ERROR,
			vt_code_text(code));
	(void)peer_send(peer);
}
