/* The technician at the screen: judges the code, carries out what the session wants, and fills the
 * maintenance screen with facts. The session (session_staff.c) decides; nothing here is a
 * citizen's.
 *
 * state_dir/technician keeps the lock-out and whether the terminal serves, over restarts. It is no
 * part of the store: with a broken disk a technician is needed most. Where it cannot be written
 * every try costs at least UNKEPT_MS, for a restart would forget it.
 *
 * A terminal with [technician] first_start = yes and no such file was never activated: it serves
 * nobody before a technician has gone through the first start (session_setup.c).
 *
 * Texts are English message ids that the ui has words for (ui/screens/staff.c); "{1}|x" puts x in.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

#define UNKEPT_MS 30000
/* After a kept file that cannot be read: as after the fifth failure. */
#define DAMAGED_FAILURES 5
#define LOG_ROWS	 12
#define QUEUE_ROWS	 8

/* ---- what is kept ---- */

static bool path_of(const struct core *core, const char *name, char *path, size_t size)
{
	return vt_format(path, size, "%s/%s", core->state_dir, name);
}

bool technician_write(const struct core *core, const char *name, const char *text)
{
	char path[128], fresh[128];

	if (!path_of(core, name, path, sizeof(path)) ||
		!vt_format(fresh, sizeof(fresh), "%s.new", path))
		return false;
	VT_CLEANUP(vt_closep) int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	VT_CLEANUP(vt_closep)
	int folder = open(core->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const ssize_t length = (ssize_t)strlen(text);
	/* The name is kept with the folder. */
	if (fd >= 0 && write(fd, text, (size_t)length) == length && fsync(fd) == 0 &&
		rename(fresh, path) == 0 && folder >= 0 && fsync(folder) == 0)
		return true;
	vt_log(VT_LOG_WARNING, "technician: %s cannot be written: %s", path, strerror(errno));
	return false;
}

static bool keep(const struct core *core)
{
	const struct session_duty *duty = session_duty(core->session);
	char text[256];

	return vt_format(text, sizeof(text),
		       "[lock]\nfailures = %d\nuntil = %lld\n"
		       "[duty]\nreason = %s\nuntil = %s\nstep = %d\n",
		       core->lockout.failures, (long long)core->lockout.until_unix_ms,
		       duty->reason[0] ? duty->reason : "none",
		       duty->until[0] ? duty->until : "none", duty->step) &&
	       technician_write(core, "technician", text);
}

static void take_word(const struct vt_config *kept, const char *key, char *dst, size_t size)
{
	const char *value = vt_config_get(kept, "duty", key, "none");

	vt_copy_cut(dst, size, strcmp(value, "none") == 0 ? "" : value);
}

static enum vt_code begin_first_start(
	const struct core *core, struct session_duty *duty, struct vt_error *error)
{
	bool is_wanted = false;
	const enum vt_code code =
		vt_config_bool(core->config, "technician", "first_start", false, &is_wanted, error);

	if (code == VT_OK && is_wanted) {
		vt_copy_cut(duty->reason, sizeof(duty->reason), SETUP_REASON);
		duty->step = SETUP_TIME;
	}
	return code;
}

static enum vt_code read_kept(
	struct core *core, const char *path, struct session_duty *duty, struct vt_error *error)
{
	struct vt_config *kept = NULL;
	int64_t failures = 0, until = 0, step = 0;
	enum vt_code code = vt_config_load(path, &kept, error);

	if (code == VT_ERR_NOT_FOUND)
		return begin_first_start(core, duty, error);
	if (!code)
		code = vt_config_i64(kept, "lock", "failures", 0, 0, 1000, &failures, error);
	if (!code)
		code = vt_config_i64(kept, "lock", "until", 0, 0, INT64_MAX, &until, error);
	if (!code)
		code = vt_config_i64(kept, "duty", "step", 0, 0, SETUP_LAST, &step, error);
	if (!code) {
		duty->step = (int)step;
		core->lockout = (struct lockout){(int)failures, until};
		take_word(kept, "reason", duty->reason, sizeof(duty->reason));
		take_word(kept, "until", duty->until, sizeof(duty->until));
	}
	vt_config_close(&kept);
	return code;
}

enum vt_code technician_open(struct core *core, struct vt_error *error)
{
	const char *line = vt_config_get(core->config, "technician", "code", NULL);
	struct session_duty duty = {.has_code = line != NULL};
	char path[128];
	struct vt_error ignored;

	const enum vt_code code = line ? passcode_parse(line, &core->code, error) : VT_OK;
	if (code)
		return code;
	if (!path_of(core, "technician", path, sizeof(path)))
		return vt_fail(error, VT_ERR_LIMIT, 0, "state_dir: too long");
	if (read_kept(core, path, &duty, &ignored) != VT_OK) {
		vt_log(VT_LOG_ERROR, "technician: %s is damaged: the code has to wait", path);
		core->lockout.failures = DAMAGED_FAILURES - 1;
		lockout_count(&core->lockout, core_unix_ms(core));
	}
	session_set_duty(core->session, &duty);
	place_open(core);
	return VT_OK;
}

/* ---- what the session wants ---- */

static int64_t judge(struct core *core, const char *code, bool *ret_right)
{
	const int64_t now = core_unix_ms(core), left = lockout_left_ms(&core->lockout, now);

	*ret_right = false;
	if (left > 0)
		return left;
	/* Counted first: pulling the plug meanwhile gives no try back. */
	lockout_count(&core->lockout, now);
	const bool is_kept = keep(core);
	*ret_right = passcode_matches(&core->code, code);
	if (*ret_right) {
		lockout_clear(&core->lockout);
		(void)keep(core);
		return 0;
	}
	const int64_t wait = lockout_left_ms(&core->lockout, now);
	vt_log(VT_LOG_WARNING, "technician: wrong code, %d in a row", core->lockout.failures);
	journal_note_screen(core, wait > 60000 ? "code wrong and locked" : "code wrong", NULL);
	return is_kept || wait > UNKEPT_MS ? wait : UNKEPT_MS;
}

static void judge_code(struct core *core, const char *code)
{
	struct session_event event = {.type = SESSION_CODE_JUDGED};

	event.u.code.wait_ms = judge(core, code, &event.u.code.is_right);
	/* On disk before anybody sees the answer. */
	(void)storage_commit(core);
	citizen_feed(core, &event);
}

void technician_ordered(struct core *core, const char *device, enum bus_completion_code code,
	const char *text, const struct device_tested *tested)
{
	struct session_event event = {.type = SESSION_ORDERED};
	/* The order's own room is used again as soon as the session steps. */
	char id[sizeof(core->maintenance.device)];

	vt_copy_cut(id, sizeof(id), device);
	event.u.ordered.device = id;
	event.u.ordered.outcome = code || !tested ? TEST_FAILED : tested->outcome;
	event.u.ordered.reason = code || !tested ? "" : tested->reason;
	event.u.ordered.detail = code || !tested ? text : tested->detail;
	citizen_feed(core, &event);
}

static void order_device(struct core *core, bool is_test)
{
	const char *text = "", *device = session_staff_device(core->session);
	const enum bus_completion_code code = maintenance_order(core, device, is_test, &text);

	if (code)
		technician_ordered(core, device, code, text, NULL);
}

static void try_again(struct core *core, const char *folio)
{
	struct session_event event = {.type = SESSION_RETRIED};

	event.u.retried.folio = folio;
	event.u.retried.is_failed =
		!core->queue || decide_retry(core, folio, &event.u.retried.verdict) != VT_OK;
	citizen_feed(core, &event);
}

void technician_keep(struct core *core, const struct session_effects *effects)
{
	if (effects->duty && !keep(core))
		vt_log(VT_LOG_ERROR, "technician: the change of service is lost at a restart");
	place_keep(core, effects);
}

void technician_carry_out(struct core *core, const struct session_effects *effects)
{
	if (effects->staff_act)
		journal_note_screen(core, effects->staff_act, NULL);
	if (effects->code)
		judge_code(core, effects->code);
	else if (effects->test_device || effects->reset_device)
		order_device(core, effects->test_device);
	else if (effects->retry)
		try_again(core, effects->retry);
}

/* ---- the maintenance screen ---- */

/* Cut where it is too long: words for a person, who sees that. */
static void say(char *dst, size_t size, const char *fmt, ...) VT_PRINTF(3, 4);
static void say(char *dst, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(dst, size, fmt, args);
	va_end(args);
}

static struct screen_item *add(struct screen_model *model, const char *id, const char *icon,
	const char *label, const char *reason)
{
	static struct screen_item spare; /* where a full model's rows go */

	if (model->item_count == SCREEN_MAX_ITEMS)
		return &spare;
	struct screen_item *item = &model->items[model->item_count++];
	item->kind = ITEM_ROW;
	SET(item->id, id);
	SET(item->icon, icon);
	SET(item->label, label);
	SET(item->reason, reason);
	return item;
}

static const char *device_icon(const struct device_status *device)
{
	if (strcmp(device->class, "Printer") == 0)
		return "printer";
	if (strcmp(device->class, "CardReader") == 0)
		return "identification-card";
	return strcmp(device->class, "BarcodeReader") == 0 ? "barcode" : "plugs-connected";
}

static const char *device_words(const struct device_status *device, const char **ret_reason)
{
	*ret_reason = device->state == DEVICE_READY	 ? "ok"
		      : device->state == DEVICE_DEGRADED ? "warn"
		      : device->state == DEVICE_STARTING ? "warn"
							 : "error";
	if (device->paper == PAPER_OUT)
		return "No paper";
	switch (device->state) {
	case DEVICE_READY:
		return "Ready";
	case DEVICE_DEGRADED:
		return "Works, but needs care";
	case DEVICE_STARTING:
		return "Starting";
	case DEVICE_FAILED:
		return "Not working";
	case DEVICE_ABSENT:
		if (strcmp(device->reason, "notInstalled") == 0) {
			*ret_reason = "";
			return "Not installed";
		}
		*ret_reason = "warn";
		return "Not connected";
	case DEVICE_STATE_COUNT:
		break;
	}
	return "";
}

static void fill_devices(const struct core *core, struct screen_model *model)
{
	static const char *const tested_words[TEST_OUTCOME_COUNT] = {
		"passed", "failed", "not known"};
	enum test_outcome outcome;
	const char *reason, *words;

	for (size_t i = 0; i < core->device_list.count; i++) {
		const struct device_status *device = &core->device_list.devices[i];
		words = device_words(device, &reason);
		struct screen_item *item = add(model, device->id, device_icon(device),
			device->model[0] ? device->model : device->id, reason);
		SET(item->detail2, "Open");
		if (session_staff_tested(core->session, device->id, &outcome))
			say(item->value, sizeof(item->value), "{1}. Test: {2}|%s|%s", words,
				tested_words[outcome]);
		else
			SET(item->value, words);
	}
	if (!core->devices.conn)
		add(model, "process", "plugs", "The device process is not there", "error");
	session_staff_add_own(core->session, model);
}

static void fill_device(const struct core *core, struct screen_model *model)
{
	const char *reason = "", *id = session_staff_device(core->session);

	for (size_t i = 0; i < core->device_list.count; i++) {
		const struct device_status *device = &core->device_list.devices[i];
		if (strcmp(device->id, id) != 0)
			continue;
		SET(model->title, device->model[0] ? device->model : device->id);
		const char *words = device_words(device, &reason);
		struct screen_item *item =
			add(model, "state", device_icon(device), "State", reason);
		SET(item->value, words);
		SET(item->detail, device->advice);
		item = add(model, "usb", "hash", "Connection", "");
		say(item->value, sizeof(item->value), "USB {1}, name {2}|%s|%s", device->usb,
			device->id);
		item = add(model, "counters", "list-bullets", "Counters of its life", "");
		say(item->value, sizeof(item->value),
			"Sheets {1}, cuts {2}, cards read {3}, errors {4}, resets {5}"
			"|%lld|%lld|%lld|%lld|%lld",
			(long long)device->sheets, (long long)device->cuts,
			(long long)device->reads, (long long)device->errors,
			(long long)device->resets);
	}
	if (!model->title[0])
		SET(model->title, id);
}

static void add_clock(const struct core *core, struct screen_model *model)
{
	const time_t now = (time_t)(core_unix_ms(core) / 1000);
	struct screen_item *item =
		add(model, "clock", "clock", "Clock", core->clock.is_trusted ? "ok" : "warn");
	struct tm local;

	SET(item->value, core->clock.is_trusted ? "Confirmed by a service"
						: "Not confirmed by a service yet");
	if (localtime_r(&now, &local))
		(void)strftime(item->detail, sizeof(item->detail), "%Y-%m-%d %H:%M", &local);
}

static void add_storage(const struct core *core, struct screen_model *model)
{
	const bool is_good = core->health.storage_ok;
	struct screen_item *item =
		add(model, "storage", "database", "Storage", is_good ? "ok" : "error");

	SET(item->value, is_good ? "Good" : storage_problem_names[core->problem]);
	if (!is_good)
		SET(item->detail, core->storage_detail);
}

static void fill_network(const struct core *core, struct screen_model *model)
{
	struct screen_item *item;

	for (size_t i = 0; i < core->adapter_count; i++) {
		const struct adapter *adapter = &core->adapters[i];
		item = add(model, adapter->name, adapter->online ? "cloud-check" : "cloud-slash",
			"", adapter->online ? "ok" : "error");
		say(item->label, sizeof(item->label), "Service {1}|%s", adapter->name);
		if (adapter->online)
			SET(item->value, "Answers");
		else
			say(item->value, sizeof(item->value), "Does not answer: {1}|%s",
				adapter->reason);
	}
	item = add(model, "sync", "plugs-connected", "Process that delivers",
		core->sync.conn ? "ok" : "error");
	SET(item->value, core->sync.conn ? "Runs" : "Is not there");
	add_clock(core, model);
}

/* "3 h" and the like. */
static void format_age(int64_t ms, char *text, size_t size)
{
	const long long minutes = ms / 60000;

	if (minutes < 120)
		say(text, size, "%lld min", minutes);
	else if (minutes < 2 * 24 * 60)
		say(text, size, "%lld h", minutes / 60);
	else
		say(text, size, "%lld d", minutes / 60 / 24);
}

static void fill_waiting(struct core *core, struct screen_model *model)
{
	static struct queue_record records[QUEUE_ROWS];
	size_t count = 0;
	int64_t next;

	if (queue_list(core->queue, 0, true, QUEUE_ROWS, records, &count, &next) != VT_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		const bool is_dead = records[i].txn.state == TXN_DEAD;
		struct screen_item *item = add(model, records[i].folio, "file-text",
			records[i].folio, is_dead ? "error" : "warn");
		SET(item->detail, records[i].service);
		say(item->value, sizeof(item->value), "{1}, tries: {2}|%s|%d",
			is_dead ? "Needs a person" : "Waits", records[i].txn.attempts);
		SET(item->detail2, "Try again");
	}
}

static void fill_queue(struct core *core, struct screen_model *model)
{
	struct queue_counts counts = {0};
	struct screen_item *item;
	char age[24];

	add_storage(core, model);
	if (!core->queue || queue_counts(core->queue, &counts) != VT_OK)
		return;
	item = add(model, "pending", "cloud-arrow-up", "Still to deliver",
		counts.unsettled > 0 ? "warn" : "ok");
	if (counts.oldest_unix_ms > 0) {
		format_age(core_unix_ms(core) - counts.oldest_unix_ms, age, sizeof(age));
		say(item->value, sizeof(item->value), "{1}, the oldest since {2}|%lld|%s",
			(long long)counts.unsettled, age);
	} else {
		say(item->value, sizeof(item->value), "%lld", (long long)counts.unsettled);
	}
	item = add(model, "dead", "person", "Need a person's decision",
		counts.dead > 0 ? "error" : "ok");
	say(item->value, sizeof(item->value), "%lld", (long long)counts.dead);
	fill_waiting(core, model);
}

static void fill_version(const struct core *core, struct screen_model *model)
{
	struct screen_item *item = add(model, "program", "package", "Program", "");
	char age[24];

	SET(item->value, VT_VERSION);
	item = add(model, "terminal", "monitor", "Terminal", "");
	SET(item->value, core->terminal);
	session_staff_add_place(core->session, model);
	format_age(vt_clock_monotonic_ms() - core->started_ms, age, sizeof(age));
	item = add(model, "uptime", "timer", "Since the start", "");
	say(item->value, sizeof(item->value), "{1}, citizens served: {2}|%s|%lld", age,
		(long long)core->sessions);
	item = add(model, "catalogue", "list-checks", "Services in the catalogue", "");
	say(item->value, sizeof(item->value), "%zu", catalogue_count(core->catalogue));
}

static void fill_log(struct core *core, struct screen_model *model)
{
	static struct journal_row rows[LOG_ROWS];
	size_t count = 0;
	int64_t next;

	if (!core->queue || queue_journal_list(core->queue, 0, LOG_ROWS, rows, &count, &next))
		return;
	for (size_t i = 0; i < count; i++) {
		const time_t at = (time_t)(rows[i].at_unix_ms / 1000);
		char id[VT_MAX_ID];
		struct tm local;

		say(id, sizeof(id), "log%lld", (long long)rows[i].sequence);
		struct screen_item *item = add(model, id, "notebook", "", "");
		if (localtime_r(&at, &local))
			(void)strftime(
				item->label, sizeof(item->label), "%Y-%m-%d %H:%M:%S", &local);
		say(item->value, sizeof(item->value), "%s %s",
			journal_event_text((int)rows[i].event), rows[i].word);
	}
}

/* ---- the first start ---- */

static void fill_time(const struct core *core, struct screen_model *model)
{
	const time_t now = (time_t)(core_unix_ms(core) / 1000);
	struct screen_item *item;
	struct tm local;

	add_clock(core, model);
	item = add(model, "zone", "map-pin", "Time zone", "");
	if (localtime_r(&now, &local))
		(void)strftime(item->value, sizeof(item->value), "%Z (%z)", &local);
}

static void add_share(struct screen_model *model, const char *id, const char *icon,
	const char *label, size_t good, size_t all)
{
	struct screen_item *item =
		add(model, id, icon, label, good == all && all > 0 ? "ok" : "warn");

	say(item->value, sizeof(item->value), "{1} of {2}|%zu|%zu", good, all);
}

static void fill_report(const struct core *core, struct screen_model *model)
{
	const size_t devices = core->device_list.count;
	size_t online = 0, ready = 0, passed = 0;
	enum test_outcome outcome;

	for (size_t i = 0; i < core->adapter_count; i++)
		online += core->adapters[i].online;
	for (size_t i = 0; i < devices; i++) {
		const struct device_status *device = &core->device_list.devices[i];
		ready += device->state == DEVICE_READY;
		passed += session_staff_tested(core->session, device->id, &outcome) &&
			  outcome == TEST_PASSED;
	}
	add_storage(core, model);
	add_clock(core, model);
	session_staff_add_place(core->session, model);
	add_share(model, "services", "cloud-check", "Services that answer", online,
		core->adapter_count);
	add_share(model, "devices", "plugs-connected", "Devices ready", ready, devices);
	add_share(model, "tests", "list-checks", "Tests passed", passed, devices);
}

static void fill_setup(const struct core *core, struct screen_model *model)
{
	switch (session_setup_step(core->session)) {
	case SETUP_TIME:
		fill_time(core, model);
		return;
	case SETUP_NETWORK:
		fill_network(core, model);
		return;
	case SETUP_DEVICES:
		fill_devices(core, model);
		return;
	case SETUP_ENROLMENT:
		SET(add(model, "terminal", "monitor", "Terminal", "")->value, core->terminal);
		return;
	case SETUP_REPORT:
		fill_report(core, model);
		return;
	case SETUP_PLACE: /* the session's own */
	case SETUP_TOUCH:
	case SETUP_TRIAL:
		return;
	}
}

void technician_fill(struct core *core, struct screen_model *model)
{
	if (model->screen == SCREEN_SETUP && !model->has_field)
		fill_setup(core, model);
	if (model->screen != SCREEN_MAINTENANCE)
		return;
	if (session_staff_view(core->session) == STAFF_DEVICE)
		fill_device(core, model);
	if (session_staff_view(core->session) != STAFF_TABS)
		return;
	switch (session_staff_tab(core->session)) {
	case STAFF_DEVICES:
		fill_devices(core, model);
		return;
	case STAFF_NETWORK:
		fill_network(core, model);
		return;
	case STAFF_QUEUE:
		fill_queue(core, model);
		return;
	case STAFF_VERSION:
		fill_version(core, model);
		return;
	case STAFF_LOG:
		fill_log(core, model);
		return;
	case STAFF_TAB_COUNT:
		break;
	}
}
