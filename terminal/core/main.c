/* ventanilla-core --config FILE: builds the parts, runs the loop, frees. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "terminal/base/clock.h"
#include "terminal/base/harden.h"
#include "terminal/base/log.h"
#include "terminal/base/loop.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Commits one turn of the loop may need: a commit's own consequences are committed too. */
#define MAX_COMMITS 16

/* Runs when no socket or timer is ready any more: everything read in this turn shares a commit. */
static int on_turn_end(sd_event_source *source, void *userdata)
{
	struct core *core = userdata;

	(void)source;
	for (int i = 0; i < MAX_COMMITS && core->queue && queue_in_batch(core->queue); i++)
		storage_commit(core);
	return 0;
}

static int on_session_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session_event event = {.type = SESSION_TICK};

	(void)source;
	(void)usec;
	citizen_feed(userdata, &event);
	return 0;
}

static int on_work_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	work_pump(userdata);
	return 0;
}

static int on_sheet_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	sheet_timeout(userdata);
	return 0;
}

static int on_card_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	cards_timeout(userdata);
	return 0;
}

static int on_storage_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	storage_tick(userdata);
	return 0;
}

static void *add_timer(struct core *core, sd_event_time_handler_t handler)
{
	sd_event_source *timer = NULL;

	/* Accuracy 1 ms: the default of 250 ms would be felt. */
	if (sd_event_add_time(core->event, &timer, CLOCK_MONOTONIC, 0, 1000, handler, core) < 0)
		return NULL;
	(void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	return timer;
}

static enum vt_code make_loop(struct core *core, struct vt_error *error)
{
	sd_event_source *turn_end = NULL;
	enum vt_code code = vt_loop_create(&core->event, error);

	if (code)
		return code;
	core->session_timer = add_timer(core, on_session_timer);
	core->work_timer = add_timer(core, on_work_timer);
	core->sheet_timer = add_timer(core, on_sheet_timer);
	core->storage_timer = add_timer(core, on_storage_timer);
	core->card_timer = add_timer(core, on_card_timer);
	if (!core->session_timer || !core->work_timer || !core->sheet_timer ||
		!core->storage_timer || !core->card_timer ||
		sd_event_add_post(core->event, &turn_end, on_turn_end, core) < 0 ||
		/* After every socket and timer: read all, step all, then commit once. */
		sd_event_source_set_priority(turn_end, SD_EVENT_PRIORITY_IDLE) < 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "core: event loop");
	return VT_OK;
}

static enum vt_code read_times(
	const struct vt_config *config, struct session_times *times, struct vt_error *error)
{
	const struct {
		const char *key;
		int64_t *value;
	} rows[] = {
		{"idle_home_ms", &times->idle_home},
		{"idle_attract_ms", &times->idle_attract},
		{"idle_personal_ms", &times->idle_personal},
		{"warning_ms", &times->warning},
		{"done_ms", &times->done},
		{"patience_ms", &times->patience},
		{"card_left_ms", &times->card_left},
		{"card_busy_ms", &times->card_busy},
		{"scan_ms", &times->scan},
		{"staff_code_ms", &times->staff_code},
		{"staff_idle_ms", &times->staff_idle},
		{"panel_keep_ms", &times->panel_keep},
	};

	*times = session_default_times;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		enum vt_code code = vt_config_i64(config, "session", rows[i].key, *rows[i].value,
			100, 3600000, rows[i].value, error);
		if (code)
			return code;
	}
	return VT_OK;
}

/* How long what is settled is kept: payload and answer, then the row itself. */
static enum vt_code read_retention(
	const struct vt_config *config, struct queue_retention *retention, struct vt_error *error)
{
	int64_t shred_s, delete_s;
	enum vt_code code = vt_config_i64(
		config, "retention", "shred_s", 24 * 3600, 1, 3650 * 86400LL, &shred_s, error);

	if (!code)
		code = vt_config_i64(config, "retention", "delete_s", 90 * 86400LL, 0,
			3650 * 86400LL, &delete_s, error);
	if (code)
		return code;
	if (delete_s > 0 && delete_s < shred_s)
		return vt_fail(error, VT_ERR_INVALID, 0,
			"terminal.conf: [retention] delete_s: shorter than shred_s");
	*retention =
		(struct queue_retention){.shred_ms = shred_s * 1000, .delete_ms = delete_s * 1000};
	return VT_OK;
}

/* [terminal] scanner: where it is, for the picture on the screen. */
static enum vt_code read_scanner_place(struct core *core, struct vt_error *error)
{
	const char *word = vt_config_get(
		core->config, "terminal", "scanner", scanner_place_names[SCANNER_SOMEWHERE]);

	for (int i = 0; i < SCANNER_PLACE_COUNT; i++) {
		if (strcmp(word, scanner_place_names[i]) == 0) {
			core->health.scanner_place = (enum scanner_place)i;
			return VT_OK;
		}
	}
	return vt_fail(error, VT_ERR_PARSE, 0,
		"terminal.conf: [terminal] scanner: below, left, right or somewhere");
}

static enum vt_code copy_setting(const struct core *core, const char *section, const char *key,
	char *dst, size_t size, struct vt_error *error)
{
	const char *value = vt_config_require(core->config, section, key, error);

	if (!value)
		return error->code;
	if (!vt_copy(dst, size, value))
		return vt_fail(
			error, VT_ERR_LIMIT, 0, "terminal.conf: [%s] %s: too long", section, key);
	return VT_OK;
}

static enum vt_code build(struct core *core, struct vt_error *error)
{
	struct session_times times;
	enum vt_code code;

	if ((code = copy_setting(
		     core, "terminal", "id", core->terminal, sizeof(core->terminal), error)) ||
		(code = copy_setting(core, "terminal", "folio_code", core->folio_code,
			 sizeof(core->folio_code), error)) ||
		(code = copy_setting(
			 core, "core", "run_dir", core->run_dir, sizeof(core->run_dir), error)) ||
		(code = copy_setting(core, "core", "state_dir", core->state_dir,
			 sizeof(core->state_dir), error)) ||
		(code = read_scanner_place(core, error)) ||
		(code = read_times(core->config, &times, error)) ||
		(code = read_retention(core->config, &core->retention, error)))
		return code;
	if (!vt_format(core->journal_key, sizeof(core->journal_key), "%s/journal.key",
		    core->state_dir))
		return vt_fail(error, VT_ERR_LIMIT, 0, "state_dir: too long");
	if ((code = vt_config_i64(core->config, "core", "storage_check_ms", STORAGE_CHECK_MS, 50,
		     600000, &core->check_ms, error)))
		return code;
	const char *catalog = vt_config_require(core->config, "core", "catalog", error);
	if (!catalog)
		return error->code;
	if ((code = catalogue_load(catalog, &core->catalogue, error)))
		return code;
	if ((code = cards_open(core, error)))
		return code;
	core->rx = calloc(1, sizeof(*core->rx));
	core->tx = calloc(1, sizeof(*core->tx));
	core->session = session_create(core->catalogue, core->terminal, &times);
	if (!core->rx || !core->tx || !core->session)
		return vt_fail(error, VT_ERR_NOMEM, 0, "core: out of memory");
	if ((code = languages_open(core, error)) || (code = technician_open(core, error)) ||
		(code = make_loop(core, error)))
		return code;
	core->health.storage_ok = true;
	/* The store first: its lock keeps a second core from taking the sockets of the first. */
	code = storage_open(core, error);
	if (code == VT_ERR_BUSY)
		return vt_fail(error, code, 0,
			"another ventanilla-core has the store in %s open: end it, or give this "
			"one "
			"its own state_dir",
			core->state_dir);
	if (code == VT_ERR_IO || code == VT_ERR_FULL || code == VT_ERR_NOT_FOUND ||
		code == VT_ERR_UNSUPPORTED || code == VT_ERR_UNTRUSTED) {
		/* The citizen reads "out of service", a technician why in the status, and
		 * storage_tick() tries on. */
		core->health.storage_ok = false;
		core->storage_failed_unix_ms = core_unix_ms(core);
		code = VT_OK;
	}
	return code ? code : peers_open(core, error);
}

static void run(struct core *core)
{
	core_arm(core->storage_timer, vt_clock_monotonic_ms() + core->check_ms);
	citizen_health(core);
	citizen_recover(core);
	journal_note(core, (struct journal_fact){.event = JOURNAL_STARTED});
	storage_commit(core);
	vt_log(VT_LOG_NOTICE, "ready: %zu services", catalogue_count(core->catalogue));
	(void)sd_notify(0, "READY=1");
	(void)sd_event_loop(core->event);
	vt_log(VT_LOG_NOTICE, "stopping");
	journal_note(core, (struct journal_fact){.event = JOURNAL_STOPPED});
	journal_sign(core);
	storage_commit(core);
}

static void finish(struct core *core)
{
	if (core->ui.core)
		peers_close(core);
	cards_close(core);
	queue_close(&core->queue);
	session_destroy(&core->session);
	catalogue_destroy(&core->catalogue);
	if (core->rx)
		bus_message_finish(core->rx);
	if (core->tx)
		bus_message_finish(core->tx);
	free(core->rx);
	free(core->tx);
	core->session_timer = sd_event_source_unref(core->session_timer);
	core->work_timer = sd_event_source_unref(core->work_timer);
	core->sheet_timer = sd_event_source_unref(core->sheet_timer);
	core->storage_timer = sd_event_source_unref(core->storage_timer);
	core->card_timer = sd_event_source_unref(core->card_timer);
	sd_event_unref(core->event);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"debug", no_argument, NULL, 'd'}, {0}};
	static struct core core;
	struct vt_config *config = NULL;
	struct vt_error error = {0};
	const char *path = "/etc/ventanilla/terminal.conf";
	enum vt_log_level level = VT_LOG_INFO;
	int option;

	while ((option = getopt_long(argc, argv, "c:d", options, NULL)) != -1) {
		if (option == 'c') {
			path = optarg;
		} else if (option == 'd') {
			level = VT_LOG_DEBUG;
		} else {
			fprintf(stderr, "usage: ventanilla-core [--config FILE] [--debug]\n");
			return 2;
		}
	}
	vt_harden_process();
	vt_log_init("ventanilla-core", level);
	core.started_ms = vt_clock_monotonic_ms();
	core_clock_start(&core);
	enum vt_code code = vt_config_load(path, &config, &error);
	core.config = config;
	if (code == VT_OK)
		code = build(&core, &error);
	if (code == VT_OK)
		run(&core);
	else
		vt_log(VT_LOG_ERROR, "%s", error.msg);
	finish(&core);
	vt_config_close(&config);
	return code == VT_OK ? 0 : 1;
}
