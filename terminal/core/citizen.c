/* The session machine's surroundings: events get their time, effects are carried out. */

#include <malloc.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

static void fill_time(const struct core *core, struct session_event *event)
{
	const time_t now = (time_t)(core_unix_ms(core) / 1000);
	struct tm local;

	event->now_ms = vt_clock_monotonic_ms();
	localtime_r(&now, &local);
	event->today = (struct vt_date){local.tm_year + 1900, local.tm_mon + 1, local.tm_mday};
	event->minute = local.tm_hour * 60 + local.tm_min;
}

void citizen_show(struct core *core)
{
	if (!core->ui.conn)
		return;
	bus_make_command(core->tx, core->ui.conn, BUS_SCREEN_SHOW);
	session_model(core->session, &core->tx->payload.screen_model);
	technician_fill(core, &core->tx->payload.screen_model);
	(void)peer_send(&core->ui);
}

/* The citizen is gone: nothing of the session stays, in memory or in the store's bookkeeping. */
static void clean_up(struct core *core, enum session_state ended_in)
{
	core->sessions++;
	core->lane[0] = '\0';
	if (storage_begin(core))
		storage_judge(core, queue_session_set(core->queue, NULL), "forget session");
	journal_note(core, (struct journal_fact){.event = JOURNAL_SESSION_ENDED,
				   .first = core->sessions,
				   .word = session_state_names[ended_in]});
	journal_sign(core);
	cards_forget(core);
	bus_message_finish(core->rx);
	(void)malloc_trim(0);
}

void citizen_feed(struct core *core, struct session_event *event)
{
	struct session_effects effects;
	const enum session_state before = session_get_state(core->session);
	const bool was_open = session_is_open(core->session);

	fill_time(core, event);
	if (!was_open)
		languages_look(core);
	const enum vt_code code = session_step(core->session, event, &effects);
	const enum session_state after = session_get_state(core->session);
	if (code)
		vt_log(VT_LOG_WARNING, "session: event %d makes no sense in %s", (int)event->type,
			session_state_names[before]);
	if (before != after)
		vt_log(VT_LOG_INFO, "session: %s -> %s", session_state_names[before],
			session_state_names[after]);
	core_arm(core->session_timer, effects.wake_ms);
	if (!was_open && session_is_open(core->session)) {
		vt_uuid_make(core->lane);
		journal_note(core, (struct journal_fact){.event = JOURNAL_SESSION_BEGUN,
					   .first = core->sessions + 1});
	}
	technician_keep(core, &effects);
	if (effects.show)
		citizen_show(core);
	if (effects.submit && !work_submit(core)) {
		struct session_event refused = {.type = SESSION_REFUSED};
		citizen_feed(core, &refused);
		return;
	}
	if (effects.print)
		sheet_start(core);
	if (effects.cancel_card)
		cards_cancel(core);
	if (effects.cancel_scan)
		scan_cancel(core);
	if (before == SESSION_CARD_LEFT && after != before && core->cards.is_in) {
		vt_log(VT_LOG_WARNING, "a card was left in the reader");
		journal_note(core,
			(struct journal_fact){.event = JOURNAL_CARD_LEFT, .first = core->sessions});
	}
	if (effects.ended)
		clean_up(core, before);
	/* Last: they may step the session again. */
	technician_carry_out(core, &effects);
	if (effects.read_card)
		cards_read(core);
	else if (effects.sign)
		cards_sign(core, effects.pin, effects.last_try);
	else if (effects.scan_ms > 0)
		scan_start(core, effects.scan_ms);
}

static enum session_reader reader_state(enum device_state state)
{
	switch (state) {
	case DEVICE_READY:
	case DEVICE_DEGRADED:
		return READER_READY;
	case DEVICE_FAILED:
		return READER_FAILED;
	case DEVICE_ABSENT:
	case DEVICE_STARTING:
	case DEVICE_STATE_COUNT:
		break;
	}
	return READER_ABSENT;
}

static bool is_usable(const struct device_status *device)
{
	return device->state == DEVICE_READY || device->state == DEVICE_DEGRADED;
}

/* What a letter-size printer can print on: one that tells no trays has plain paper. */
static void take_letter(struct session_health *health, const struct device_status *device)
{
	health->letter_present = health->letter_present || device->state != DEVICE_ABSENT;
	if (!is_usable(device))
		return;
	if (device->tray_count == 0 && device->paper != PAPER_OUT)
		health->letter_ready[PAPER_PLAIN] = true;
	/* Degraded for a reason of its own: only paper leaves the other trays usable. */
	for (size_t i = 0; i < device->tray_count; i++)
		if (device->trays[i].level != PAPER_OUT)
			health->letter_ready[device->trays[i].paper] = true;
}

/* Recomputes what the session knows about the terminal's parts. */
void citizen_health(struct core *core)
{
	struct session_health *health = &core->health;
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = health}};

	health->printer_ready = false;
	health->printer_paper = true;
	memset(health->letter_ready, 0, sizeof(health->letter_ready));
	health->letter_present = false;
	health->reader = READER_ABSENT;
	health->scanner_ready = false;
	for (size_t i = 0; i < core->device_list.count; i++) {
		const struct device_status *device = &core->device_list.devices[i];
		if (strcmp(device->class, "CardReader") == 0 && strcmp(device->id, "stripe") != 0 &&
			health->reader != READER_READY)
			health->reader = reader_state(device->state);
		if (strcmp(device->class, "BarcodeReader") == 0 && is_usable(device))
			health->scanner_ready = true;
		if (strcmp(device->class, "Printer") != 0)
			continue;
		if (device->size == PAPER_LETTER)
			take_letter(health, device);
		else if (is_usable(device))
			health->printer_ready = true;
		else if (device->paper == PAPER_OUT)
			health->printer_paper = false;
	}
	health->sync_connected = core->sync.conn != NULL;
	health->offline_count = 0;
	memset(health->offline, 0, sizeof(health->offline));
	for (size_t i = 0; i < core->adapter_count; i++) {
		if (!core->adapters[i].online)
			vt_copy_cut(health->offline[health->offline_count++],
				sizeof(health->offline[0]), core->adapters[i].name);
	}
	citizen_feed(core, &event);
}

/* After a start: if core's death ended a session, its folio is shown once more. */
void citizen_recover(struct core *core)
{
	struct queue_record record;

	if (!core->queue || queue_session_get(core->queue, &record) != VT_OK)
		return;
	struct session_event event = {.type = SESSION_RECOVERED};
	event.u.committed.transaction = record.id;
	event.u.committed.folio = record.folio;
	event.u.committed.service = record.service;
	citizen_feed(core, &event);
}
