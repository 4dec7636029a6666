#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <sqlite3.h>
#include <systemd/sd-event.h>

#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tests/queue/fault_vfs.h"

/* The one world of this process: clock and randomness of terminal/base are taken over below. */
static struct world *world;

/* ---- what terminal/base and the event loop would do ---- */

int64_t vt_clock_monotonic_ms(void)
{
	return world->now_ms;
}

int64_t vt_clock_unix_ms(void)
{
	return world->unix_ms;
}

int64_t vt_clock_monotonic_ns(void)
{
	return world->now_ms * 1000000;
}

static uint64_t next_random(struct world *w)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = (w->random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void vt_random(void *data, size_t length)
{
	unsigned char *p = data;

	for (size_t i = 0; i < length; i++)
		p[i] = (unsigned char)next_random(world);
}

struct sd_event_source {
	uint64_t usec;
	int enabled;
};

int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	source->usec = usec;
	return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int enabled)
{
	source->enabled = enabled;
	return 0;
}

uint64_t world_below(struct world *w, uint64_t n)
{
	return next_random(w) % n;
}

bool world_chance(struct world *w, uint64_t n)
{
	return world_below(w, n) == 0;
}

/* ---- core's sockets ---- */

static struct world_job *free_job(struct world *w)
{
	for (size_t i = 0; i < WORLD_MAX_JOBS; i++) {
		if (!w->work[i].is_used)
			return &w->work[i];
	}
	VT_UNREACHABLE();
}

static void take_job(struct world *w, struct world_job *job, int64_t delay_ms)
{
	VT_ASSERT(!job->is_used);
	job->is_used = true;
	job->due_ms = w->now_ms + delay_ms;
	job->generation = w->generation;
	job->will_answer = w->is_calm || !world_chance(w, 12);
	job->msg = malloc(sizeof(*job->msg));
	*job->msg = *w->core.tx;
}

static void drop_job(struct world_job *job)
{
	free(job->msg);
	*job = (struct world_job){0};
}

/* From the moment it is sent to the screen a folio is a promise, whatever dies next. */
static void remember_folio(struct world *w, const char *folio)
{
	if (w->folio_count > 0 && strcmp(w->folios[w->folio_count - 1], folio) == 0)
		return;
	VT_ASSERT(w->folio_count < WORLD_MAX_LEDGER);
	memcpy(w->folios[w->folio_count++], folio, VT_FOLIO_SIZE);
}

bool peer_send(struct peer *peer)
{
	struct world *w = world;
	const struct bus_message *msg = w->core.tx;

	if (!peer->conn)
		return false;
	switch (msg->header.name) {
	case BUS_SCREEN_SHOW:
		/* The next citizen comes when they come. */
		if (w->pause_ms > 0 && msg->payload.screen_model.screen == SCREEN_ATTRACT &&
			w->has_model && w->model.screen != SCREEN_ATTRACT)
			w->next_touch_ms =
				w->now_ms + (int64_t)world_below(w, 2 * (uint64_t)w->pause_ms);
		w->model = msg->payload.screen_model;
		w->has_model = true;
		if (w->model.folio[0])
			remember_folio(w, w->model.folio);
		break;
	case BUS_WORK_DELIVER:
		take_job(w, free_job(w), 20 + (int64_t)world_below(w, w->is_calm ? 50 : 15000));
		break;
	case BUS_PRINTER_PRINT_FORM:
		take_job(w, &w->sheet, 500 + (int64_t)world_below(w, 8000));
		break;
	case BUS_BARCODE_READ:
		take_job(w, &w->scan, 200 + (int64_t)world_below(w, 40000));
		break;
	case BUS_COMMON_CANCEL:
		/* Of one that ended without an answer, too. */
		if (w->scan.is_used &&
			msg->payload.common_cancel.request_id == w->scan.msg->header.request_id)
			drop_job(&w->scan);
		break;
	case BUS_TERMINAL_HELLO:
	case BUS_TERMINAL_STATUS:
	case BUS_INTENT_ACT:
	case BUS_INTENT_ACTIVITY:
	case BUS_COMMON_STATUS_CHANGED:
	case BUS_WORK_LINK:
	case BUS_DEVICE_LIST:
	case BUS_DEVICE_RESET:
	case BUS_DEVICE_TEST:
	case BUS_QUEUE_LIST:
	case BUS_QUEUE_SHOW:
	case BUS_QUEUE_RETRY:
	case BUS_QUEUE_DISCARD:
	case BUS_QUEUE_RECONCILE:
	case BUS_JOURNAL_SHOW:
	case BUS_JOURNAL_VERIFY:
	case BUS_JOURNAL_CHECKPOINT:
	case BUS_QUEUE_EXPORT:
	case BUS_WORK_SEAL:
	case BUS_CARD_INSERTED:
	case BUS_CARD_REMOVED:
	case BUS_CARD_READ_STRIPE:
	case BUS_CERTIFICATE_LIST:
	case BUS_CERTIFICATE_SIGN:
	case BUS_CERTIFICATE_PIN_ENTRY:
	case BUS_CERTIFICATE_CHECK:
	case BUS_CARD_SHOW:
	case BUS_CARD_SIGN:
	case BUS_NAME_COUNT:
		VT_UNREACHABLE();
	}
	bus_message_finish(w->core.tx);
	return true;
}

/* ---- life of core ---- */

static void connect_peer(struct core *core, struct peer *peer, enum bus_role role)
{
	int pair[2];

	VT_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	close(pair[1]); /* nothing is really sent: only the request numbers are used */
	*peer = (struct peer){.core = core, .role = role, .conn = bus_conn_create(pair[0])};
	VT_ASSERT(peer->conn);
}

static void commit_turn(struct world *w)
{
	struct core *core = &w->core;

	for (int i = 0; i < 16 && core->queue && queue_in_batch(core->queue); i++)
		storage_commit(core);
}

static void report_printer(struct world *w)
{
	struct device_status status = {.id = "printer",
		.class = "Printer",
		.state = w->is_paper_out ? DEVICE_FAILED : DEVICE_READY,
		.paper = w->is_paper_out ? PAPER_OUT : PAPER_FULL};

	devices_status(&w->core, &status);
}

static void report_scanner(struct world *w)
{
	const struct device_status status = {
		.id = "scanner", .class = "BarcodeReader", .state = DEVICE_READY};

	devices_status(&w->core, &status);
}

static void report_link(struct world *w)
{
	static const char *const adapters[] = {"renapo", "fees"};

	for (size_t i = 0; i < VT_ELEMENTS(adapters); i++) {
		struct work_link link = {.online = w->is_online};
		vt_copy_cut(link.adapter, sizeof(link.adapter), adapters[i]);
		work_link(&w->core, &link);
	}
}

static void core_up(struct world *w)
{
	struct core *core = &w->core;
	struct vt_error error = {0};

	fault_begin(NULL);
	*core = (struct core){.started_ms = w->now_ms};
	core_clock_start(core);
	vt_copy_cut(core->terminal, sizeof(core->terminal), "MX-SIM-0001");
	vt_copy_cut(core->folio_code, sizeof(core->folio_code), "SM01");
	vt_copy_cut(core->state_dir, sizeof(core->state_dir), w->dir);
	core->catalogue = w->catalogue;
	core->rx = calloc(1, sizeof(*core->rx));
	core->tx = calloc(1, sizeof(*core->tx));
	core->session = session_create(core->catalogue, core->terminal, &session_default_times);
	core->session_timer = calloc(1, sizeof(struct sd_event_source));
	core->work_timer = calloc(1, sizeof(struct sd_event_source));
	core->sheet_timer = calloc(1, sizeof(struct sd_event_source));
	core->storage_timer = calloc(1, sizeof(struct sd_event_source));
	core->card_timer = calloc(1, sizeof(struct sd_event_source)); /* never due: no reader */
	core->health.storage_ok = true;
	w->is_core_up = true;
	w->generation++;
	if (storage_open(core, &error) != VT_OK) {
		fprintf(stderr, "store: %s\n", error.msg);
		VT_UNREACHABLE();
	}
	core_arm(core->storage_timer, w->now_ms + 10000);
	citizen_recover(core);
	connect_peer(core, &core->ui, ROLE_UI);
	citizen_show(core);
	connect_peer(core, &core->devices, ROLE_DEVICES);
	report_printer(w);
	report_scanner(w);
	connect_peer(core, &core->sync, ROLE_SYNC);
	work_sync_up(core);
	report_link(w);
	commit_turn(w);
}

/* As kill -9: what is not committed is gone. */
static void core_down(struct world *w)
{
	struct core *core = &w->core;

	queue_close(&core->queue);
	session_destroy(&core->session);
	bus_conn_close(&core->ui.conn);
	bus_conn_close(&core->devices.conn);
	bus_conn_close(&core->sync.conn);
	free(core->rx);
	free(core->tx);
	free(core->session_timer);
	free(core->work_timer);
	free(core->sheet_timer);
	free(core->storage_timer);
	free(core->card_timer);
	w->is_core_up = false;
	w->has_model = false;
}

/* ---- the services behind sync ---- */

/* Where key stands in the ledger, or the empty slot where it belongs. */
static uint32_t *find_slot(struct world *w, const char *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *p = key; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (;; hash++) {
		uint32_t *slot = &w->slots[hash % WORLD_LEDGER_SLOTS];
		if (*slot == 0 || strcmp(w->ledger[*slot - 1].key, key) == 0)
			return slot;
	}
}

static struct world_entry *find_entry(struct world *w, const char *key)
{
	const uint32_t slot = *find_slot(w, key);

	return slot == 0 ? NULL : &w->ledger[slot - 1];
}

static void fill_answer(const struct work_deliver *work, char *answer, size_t size)
{
	static const char *const outcomes[] = {"one", "none", "several", "inactive"};

	if (strcmp(work->adapter, "fees") == 0)
		vt_copy_cut(answer, size,
			"{\"sheetId\":\"1\",\"claveReferencia\":\"024001408\","
			"\"cadenaDependencia\":"
			"\"01030020000010\",\"amountCentavos\":\"428000\",\"validUntil\":"
			"\"2026-12-31\"}");
	else if (strcmp(work->operation, "confirm") == 0)
		vt_copy_cut(answer, size, "{\"outcome\":\"confirmed\"}");
	else
		snprintf(answer, size,
			"{\"outcome\":\"%s\",\"sessionId\":\"s%.8s\",\"folio\":\"12345678\","
			"\"count\":\"1\",\"records\":[{\"curp\":\"SABC560626MDFLRN01\",\"nombres\":"
			"\"CONCEPCION\",\"primerApellido\":\"SALGADO\",\"segundoApellido\":"
			"\"BRISENO\",\"sexo\":\"M\",\"fechaNacimiento\":\"26/06/1956\","
			"\"entidad\":\"DF\",\"status\":\"AN\"}]}",
			outcomes[(unsigned char)work->key[0] % VT_ELEMENTS(outcomes)], work->key);
}

/* Nothing takes effect outside that does not stand in the ledger with its key, as something that
 * may have left. (While core is down or its disk fails nobody can look.) */
static void check_sent(struct world *w, const struct work_deliver *work)
{
	struct queue_record record;

	if (!w->is_core_up || !w->core.queue || fault_plan.at >= 0)
		return;
	VT_ASSERT(queue_get(w->core.queue, work->transaction, &record) == VT_OK);
	VT_ASSERT(strcmp(record.key, work->key) == 0);
	VT_ASSERT(record.txn.ever_leased);
}

/* The service keeps its contract: (terminal, key) is applied once, for ever. */
static struct world_entry *apply(struct world *w, const struct work_deliver *work)
{
	struct world_entry *entry = find_entry(w, work->key);

	if (entry)
		return entry;
	VT_ASSERT(w->ledger_count < WORLD_MAX_LEDGER);
	check_sent(w, work);
	uint32_t *slot = find_slot(w, work->key);
	entry = &w->ledger[w->ledger_count++];
	*slot = (uint32_t)w->ledger_count;
	*entry = (struct world_entry){.applied = 1,
		.is_rejected = world_chance(w, 20),
		.is_confirm = strcmp(work->operation, "confirm") == 0};
	vt_copy_cut(entry->key, sizeof(entry->key), work->key);
	return entry;
}

static void answer_entry(const struct world_entry *entry, const struct work_deliver *work,
	struct work_result *result)
{
	result->result = entry->is_rejected ? WORK_REJECTED : WORK_ACCEPTED;
	vt_copy_cut(result->cause, sizeof(result->cause), entry->is_rejected ? "business" : "");
	if (!entry->is_rejected)
		fill_answer(work, result->answer, sizeof(result->answer));
}

/* What sync answers: the fates of reliability.md §2.2. */
static void serve(struct world *w, const struct work_deliver *work, struct work_result *result)
{
	const struct world_entry *entry = find_entry(w, work->key);
	const uint64_t fate = w->is_calm ? 99 : world_below(w, 100);

	if (!w->is_online) {
		result->result = WORK_RETRY_AFTER;
		vt_copy_cut(result->cause, sizeof(result->cause), "network");
	} else if (work->inquiry) {
		if (!entry)
			result->result = WORK_NOT_KNOWN;
		else
			answer_entry(entry, work, result);
		if (fate < 10)
			result->result = WORK_UNKNOWN;
	} else if (fate < 8) { /* lost before it was applied */
		result->result = WORK_UNKNOWN;
		vt_copy_cut(result->cause, sizeof(result->cause), "timeout");
	} else if (fate < 20) { /* applied, the answer lost */
		(void)apply(w, work);
		result->result = WORK_UNKNOWN;
		vt_copy_cut(result->cause, sizeof(result->cause), "timeout");
	} else if (fate < 26) {
		result->result = WORK_RETRY_AFTER;
		result->retry_after_ms = 5000;
		vt_copy_cut(result->cause, sizeof(result->cause), "later");
	} else {
		answer_entry(apply(w, work), work, result);
	}
	if (result->result != WORK_ACCEPTED)
		result->answer[0] = 0;
}

static void end_work(struct world *w, struct world_job *job)
{
	static struct bus_message answer;
	const struct work_deliver *work = &job->msg->payload.work_deliver;

	bus_make_completion(&answer, &job->msg->header, BUS_SUCCESS, NULL);
	struct work_result *result = &answer.payload.work_result;
	memcpy(result->lease, work->lease, sizeof(result->lease));
	memcpy(result->transaction, work->transaction, sizeof(result->transaction));
	serve(w, work, result);
	if (job->will_answer && w->is_core_up && job->generation == w->generation)
		work_result(&w->core, &answer);
	drop_job(job);
}

/* ---- the printer ---- */

static struct world_paper *paper_of(struct world *w, const char *transaction)
{
	for (size_t i = w->paper_count; i-- > 0;) {
		if (strcmp(w->papers[i].transaction, transaction) == 0)
			return &w->papers[i];
	}
	VT_ASSERT(w->paper_count < WORLD_MAX_LEDGER);
	struct world_paper *paper = &w->papers[w->paper_count++];
	*paper = (struct world_paper){0};
	vt_copy_cut(paper->transaction, sizeof(paper->transaction), transaction);
	return paper;
}

static void end_sheet(struct world *w)
{
	static struct bus_message answer;
	struct world_job *job = &w->sheet;
	const struct printer_print_form *form = &job->msg->payload.print_form;
	struct queue_effect effect;
	const uint64_t fate = w->is_calm ? 99 : world_below(w, 100);
	const bool came_out = !w->is_paper_out && fate >= 8;

	bus_make_completion(&answer, &job->msg->header, BUS_SUCCESS, NULL);
	struct printer_print_result *result = &answer.payload.print_result;
	memcpy(result->job, form->job, sizeof(result->job));
	result->outcome = !came_out ? OUTCOME_FAILED : OUTCOME_PRINTED;
	if (fate < 4 || (fate >= 8 && fate < 14))
		result->outcome = OUTCOME_UNKNOWN; /* whether it came out or not */
	if (came_out) {
		w->sheets++;
		/* The intent of every sheet that comes out stands in the ledger. */
		if (w->is_core_up && w->core.queue) {
			VT_ASSERT(queue_effect_get(w->core.queue, form->job, &effect) == VT_OK);
			struct world_paper *paper = paper_of(w, effect.transaction);
			if (!form->receipt.copy)
				VT_ASSERT(++paper->originals == 1);
		}
	}
	if (job->will_answer && w->is_core_up)
		sheet_result(&w->core, &answer);
	drop_job(job);
}

static void end_scan(struct world *w)
{
	static const char *const texts[] = {
		"SABC560626MDFLRN01||SALGADO|BRISENO|CONCEPCION|MUJER|26/06/1956|DF|09|",
		"SABC560626MDFLRN09", "https://example.mx/", ""};
	static const enum bus_completion_code ends[] = {BUS_SUCCESS, BUS_SUCCESS, BUS_SUCCESS,
		BUS_INVALID_DATA, BUS_TIME_OUT, BUS_DEVICE_NOT_READY};
	static struct bus_message answer;
	struct world_job job = w->scan;

	/* The session may scan again within the answer. */
	w->scan = (struct world_job){0};
	bus_make_completion(
		&answer, &job.msg->header, ends[world_below(w, VT_ELEMENTS(ends))], NULL);
	if (answer.header.completion == BUS_SUCCESS)
		vt_copy_cut(answer.payload.barcode_scanned.text,
			sizeof(answer.payload.barcode_scanned.text),
			texts[world_below(w, VT_ELEMENTS(texts))]);
	if (job.will_answer && w->is_core_up)
		scan_done(&w->core, &answer);
	drop_job(&job);
}

/* ---- the citizen ---- */

static void act(struct world *w, enum intent_action action, const char *item, const char *value)
{
	struct intent_act intent = {.screen = w->model.screen,
		.revision = w->model.revision - (world_chance(w, 40) ? 1 : 0),
		.action = action,
		.consent = !world_chance(w, 10)};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	vt_copy_cut(intent.item, sizeof(intent.item), item);
	vt_copy_cut(intent.value, sizeof(intent.value), value);
	citizen_feed(&w->core, &event);
}

static void answer_question(struct world *w)
{
	static const char *const keys[] = {
		"SABC560626MDFLRN01", "BEML920313HMCLNS09", "SABC560626MDFLRN09", "nonsense", ""};
	static const char *const dates[] = {"26/06/1956", "31/02/1990", "01/01/2090"};
	static const char *const names[] = {"SALGADO", "de la o", "ñ", "", "A  B"};
	const struct screen_field *field = &w->model.field;
	const char *value = "12345";

	if (field->type == FIELD_CURP)
		value = keys[world_below(w, VT_ELEMENTS(keys))];
	else if (field->type == FIELD_DATE)
		value = dates[world_below(w, VT_ELEMENTS(dates))];
	else if (field->type == FIELD_NAME)
		value = names[world_below(w, VT_ELEMENTS(names))];
	const char *item = "";
	if (w->model.item_count > 0)
		item = w->model.items[world_below(w, w->model.item_count)].id;
	if (w->model.can_scan && world_chance(w, 3))
		act(w, INTENT_SCAN, "", value);
	else if (w->model.has_other_way && world_chance(w, 4))
		act(w, INTENT_UNKNOWN_CURP, "", "");
	else
		act(w, INTENT_SUBMIT, item, value);
}

static void act_sensibly(struct world *w)
{
	const struct screen_model *model = &w->model;

	switch (model->screen) {
	case SCREEN_ATTRACT:
		w->sessions++;
		act(w, INTENT_START, "", "");
		return;
	case SCREEN_LANGUAGE:
		act(w, INTENT_LANGUAGE, model->items[world_below(w, model->item_count)].id, "");
		return;
	case SCREEN_HOME:
		act(w, INTENT_OPEN,
			model->items[world_below(w, world_chance(w, 4) ? model->item_count : 2)].id,
			"");
		return;
	case SCREEN_INTRO:
		act(w, INTENT_START, "", "");
		return;
	case SCREEN_QUESTION:
	case SCREEN_CURP:
		answer_question(w);
		return;
	case SCREEN_REVIEW:
		if (world_chance(w, 5))
			act(w, INTENT_CHANGE, model->items[world_below(w, model->item_count)].id,
				"");
		else
			act(w, INTENT_CONFIRM, "", "");
		return;
	case SCREEN_RESULTS:
		act(w, world_chance(w, 6) ? INTENT_NO : INTENT_YES, "", "");
		return;
	case SCREEN_DONE:
		if (model->print == PRINT_UNKNOWN)
			act(w, world_chance(w, 2) ? INTENT_PRINTED_OK : INTENT_PRINTED_BAD, "", "");
		else if (world_chance(w, 6))
			act(w, INTENT_PRINT, "", "");
		else if (model->print != PRINT_BUSY)
			act(w, INTENT_END, "", "");
		return;
	case SCREEN_ACCESS:
	case SCREEN_HELP:
		act(w, INTENT_CLOSE, "", "");
		return;
	case SCREEN_SCAN:
		if (world_chance(w, 3))
			act(w, INTENT_CANCEL, "", "");
		return;
	case SCREEN_PROBLEM:
		if (w->model.can_retry && world_chance(w, 2))
			act(w, INTENT_SCAN, "", "");
		else
			act(w, world_chance(w, 2) ? INTENT_BACK : INTENT_END, "", "");
		return;
	case SCREEN_WAIT:
	case SCREEN_OUT_OF_SERVICE:
	case SCREEN_CARD: /* no reader in this world yet */
	case SCREEN_PIN:
	case SCREEN_SIGNING:
	case SCREEN_PLACE: /* core does not show these yet */
	case SCREEN_CALENDAR:
	case SCREEN_HOUR:
	case SCREEN_PAYMENT:
	case SCREEN_STAFF:
	case SCREEN_MAINTENANCE:
	case SCREEN_SETUP:
	case SCREEN_MEASURE:
	case SCREEN_TOUCH:
	case SCREEN_KIND_COUNT:
		return;
	}
}

static void touch(struct world *w)
{
	w->next_touch_ms = w->now_ms + 100 + (int64_t)world_below(w, 4000);
	if (world_chance(w, 60)) /* walks away, or comes back in a minute or three */
		w->next_touch_ms += (int64_t)world_below(w, 200000);
	if (!w->has_model)
		return;
	if (w->model.warning_ms > 0)
		act(w, world_chance(w, 3) ? INTENT_END : INTENT_EXTEND, "", "");
	else if (world_chance(w, 12)) /* a child at the screen */
		act(w, (enum intent_action)world_below(w, INTENT_ACTION_COUNT), "es-MX", "1");
	else
		act_sensibly(w);
}

/* ---- time ---- */

static void advance(struct world *w, int64_t to_ms)
{
	if (to_ms <= w->now_ms)
		return;
	w->unix_ms += to_ms - w->now_ms;
	w->now_ms = to_ms;
}

static int64_t timer_ms(const void *timer)
{
	const struct sd_event_source *source = timer;

	return source->enabled ? (int64_t)(source->usec / 1000) : INT64_MAX;
}

static bool fire(struct world *w, void *timer)
{
	struct sd_event_source *source = timer;

	if (timer_ms(timer) > w->now_ms)
		return false;
	source->enabled = 0;
	return true;
}

static void run_timers(struct world *w)
{
	struct session_event tick = {.type = SESSION_TICK};

	if (fire(w, w->core.session_timer))
		citizen_feed(&w->core, &tick);
	if (fire(w, w->core.work_timer))
		work_pump(&w->core);
	if (fire(w, w->core.sheet_timer))
		sheet_timeout(&w->core);
	if (fire(w, w->core.storage_timer))
		storage_tick(&w->core);
}

static void change_weather(struct world *w)
{
	w->next_weather_ms = w->now_ms + 10000 + (int64_t)world_below(w, 120000);
	if (world_chance(w, 50)) /* days without a line */
		w->next_weather_ms += (int64_t)world_below(w, 7 * 86400000LL);
	w->is_online = w->is_calm || (w->now_ms >= w->offline_until_ms && !world_chance(w, 3));
	w->is_paper_out = !w->is_calm && world_chance(w, 8);
	report_link(w);
	report_printer(w);
}

/* Now and then the disk is full or fails, for one call or for a while. */
static void change_disk(struct world *w)
{
	static const enum fault_kind kinds[] = {FAULT_WRITE, FAULT_SYNC};
	const struct fault_plan plan = {.kind = kinds[world_below(w, VT_ELEMENTS(kinds))],
		.at = (int64_t)world_below(w, 6),
		.rc = world_chance(w, 2) ? SQLITE_FULL : 0,
		.stays = world_chance(w, 4)};

	if (fault_plan.at >= 0 ? world_chance(w, 20) : w->is_calm)
		fault_begin(NULL);
	else if (fault_plan.at < 0 && world_chance(w, 150))
		fault_begin(&plan);
}

static int64_t next_event_ms(const struct world *w)
{
	int64_t next = w->next_touch_ms;
	const int64_t others[] = {timer_ms(w->core.session_timer), timer_ms(w->core.work_timer),
		timer_ms(w->core.sheet_timer), timer_ms(w->core.storage_timer), w->next_weather_ms,
		w->sheet.is_used ? w->sheet.due_ms : INT64_MAX,
		w->scan.is_used ? w->scan.due_ms : INT64_MAX};

	for (size_t i = 0; i < VT_ELEMENTS(others); i++)
		next = others[i] < next ? others[i] : next;
	for (size_t i = 0; i < WORLD_MAX_JOBS; i++) {
		if (w->work[i].is_used && w->work[i].due_ms < next)
			next = w->work[i].due_ms;
	}
	return next;
}

/* ---- what must hold ---- */

/* What could not be stored was not begun, and nobody waits for it. */
static void check_nothing_hangs(const struct world *w)
{
	const struct core *core = &w->core;

	VT_ASSERT(core->after_count == 0);
	VT_ASSERT(!core->sheet.is_used || core->sheet.is_sent);
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++)
		VT_ASSERT(!core->in_flight[i].is_used || core->in_flight[i].request_id > 0);
	VT_ASSERT(!w->has_model || w->model.print != PRINT_BUSY || core->sheet.is_used);
}

/* At every moment: the terminal holds no outcome that the service did not decide, and what the
 * service decided is settled here or still open: settled <= decided <= settled + open. */
static void check_conservation(const struct world *w)
{
	struct queue_counts counts;

	if (!w->is_core_up || !w->core.queue || queue_in_batch(w->core.queue) ||
		fault_plan.at >= 0 || queue_counts(w->core.queue, &counts) != VT_OK)
		return;
	const int64_t decided = (int64_t)w->ledger_count;
	const int64_t settled = counts.states[TXN_ACCEPTED] + counts.states[TXN_REJECTED];
	VT_ASSERT(settled <= decided);
	VT_ASSERT(decided <= settled + counts.unsettled + counts.dead);
}

static void check(struct world *w, bool is_idle)
{
	struct queue_record record;

	if (w->is_core_up && (!w->core.queue || !queue_in_batch(w->core.queue)))
		check_nothing_hangs(w);
	if (!is_idle)
		check_conservation(w);
	if (!w->is_core_up || !w->has_model || !w->model.folio[0] || !w->core.queue)
		return;
	/* What the citizen reads is on disk: in the store, and not only in the open batch. */
	VT_ASSERT(!queue_in_batch(w->core.queue));
	VT_ASSERT(queue_get(w->core.queue, w->model.folio, &record) == VT_OK);
	if (w->model.screen == SCREEN_DONE && strcmp(w->model.outcome, "provisional") != 0)
		VT_ASSERT(record.txn.state == TXN_ACCEPTED);
}

/* ---- public ---- */

void world_start(struct world *w, uint64_t seed, const char *dir, const char *catalog)
{
	static bool has_disk;
	struct vt_error error = {0};

	world = w;
	if (!has_disk) {
		fault_vfs_register();
		VT_ASSERT(sqlite3_vfs_register(sqlite3_vfs_find("fault"), 1) == SQLITE_OK);
		has_disk = true;
	}
	*w = (struct world){.seed = seed,
		.random = seed,
		.now_ms = 1000,
		.unix_ms = 1793000000000, /* October 2026: the fee table has a row */
		.dir = dir,
		.is_online = true,
		.next_weather_ms = 30000};
	w->ledger = calloc(WORLD_MAX_LEDGER, sizeof(*w->ledger));
	w->papers = calloc(WORLD_MAX_LEDGER, sizeof(*w->papers));
	w->folios = calloc(WORLD_MAX_LEDGER, sizeof(*w->folios));
	w->slots = calloc(WORLD_LEDGER_SLOTS, sizeof(*w->slots));
	VT_ASSERT(w->ledger && w->papers && w->folios && w->slots);
	if (catalogue_load(catalog, &w->catalogue, &error) != VT_OK) {
		fprintf(stderr, "catalogue: %s\n", error.msg);
		VT_UNREACHABLE();
	}
	core_up(w);
}

void world_step(struct world *w)
{
	bool is_idle =
		true; /* nobody is here and nothing comes back: only timers and the weather */

	w->steps++;
	advance(w, next_event_ms(w));
	change_disk(w);
	for (size_t i = 0; i < WORLD_MAX_JOBS; i++) {
		if (w->work[i].is_used && w->work[i].due_ms <= w->now_ms) {
			end_work(w, &w->work[i]);
			is_idle = false;
		}
	}
	if (w->sheet.is_used && w->sheet.due_ms <= w->now_ms) {
		end_sheet(w);
		is_idle = false;
	}
	if (w->scan.is_used && w->scan.due_ms <= w->now_ms) {
		end_scan(w);
		is_idle = false;
	}
	if (w->next_weather_ms <= w->now_ms)
		change_weather(w);
	if (!w->is_calm && w->next_touch_ms <= w->now_ms) {
		touch(w);
		is_idle = false;
	}
	run_timers(w);
	/* Killed between the steps and their commit, or between the commit and the next step. Weeks
	 * without anybody have a hundred thousand ticks: there it dies some times a day. */
	const bool dies = !w->is_calm && world_chance(w, is_idle ? 4000 : 200);
	if (!dies || world_chance(w, 2))
		commit_turn(w);
	if (dies) {
		w->kills++;
		core_down(w);
		drop_job(&w->scan);
		drop_job(&w->sheet); /* half of the times the paper had come out: nobody knows */
		core_up(w);
	}
	check(w, is_idle);
}

void world_drain(struct world *w)
{
	struct queue_counts counts = {.unsettled = 1};
	struct queue_record record;
	int64_t accepted = 0, applied = 0;

	w->is_calm = true;
	w->next_touch_ms = INT64_MAX;
	w->next_weather_ms = w->now_ms;
	for (int i = 0; i < 2000000 && counts.unsettled > 0; i++) {
		world_step(w);
		if (w->core.queue)
			VT_ASSERT(queue_counts(w->core.queue, &counts) == VT_OK);
	}
	VT_ASSERT(counts.unsettled == 0);
	VT_ASSERT(counts.dead == 0);
	/* Nothing shown was lost … */
	for (size_t i = 0; i < w->folio_count; i++) {
		VT_ASSERT(queue_get(w->core.queue, w->folios[i], &record) == VT_OK);
		VT_ASSERT(record.txn.state == TXN_ACCEPTED || record.txn.state == TXN_REJECTED);
		const struct world_entry *entry = find_entry(w, record.key);
		VT_ASSERT(entry && entry->applied == 1);
		VT_ASSERT(entry->is_rejected == (record.txn.state == TXN_REJECTED));
	}
	/* … and the service applied exactly what we hold as settled, each once. */
	accepted = counts.states[TXN_ACCEPTED] + counts.states[TXN_REJECTED];
	for (size_t i = 0; i < w->ledger_count; i++) {
		VT_ASSERT(w->ledger[i].applied == 1);
		applied++;
	}
	VT_ASSERT(accepted == applied);
}

void world_stop(struct world *w)
{
	core_down(w);
	for (size_t i = 0; i < WORLD_MAX_JOBS; i++)
		drop_job(&w->work[i]);
	drop_job(&w->scan);
	drop_job(&w->sheet);
	catalogue_destroy(&w->catalogue);
	free(w->ledger);
	free(w->papers);
	free(w->folios);
	free(w->slots);
}
