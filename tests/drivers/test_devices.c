/* The unmodified ventanilla-devices, over libusb and the umockdev preload (T1), against a core that
 * is this test. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"
#include "tests/drivers/rig.h"
#include "tests/lib/cmocka_prelude.h"

#define PATIENCE_MS 20000

struct world {
	char dir[64], bin[400], control[128], state[128];
	int listen_fd;
	pid_t server, devices;
	struct bus_conn *conn;
	struct bus_message *msg;
	unsigned jobs;
};

static void path(char *ret, size_t size, const char *dir, const char *name)
{
	assert_true(vt_format(ret, size, "%s/%s", dir, name));
}

/* argv[0] is a program in the build's bin, or an absolute path. output_fd -1: inherited. */
static pid_t start(struct world *w, int output_fd, const char *const *args)
{
	char *argv[32], program[512];
	posix_spawn_file_actions_t actions;
	size_t count = 0;
	pid_t pid;

	for (; args[count]; count++)
		argv[count] = strdup(args[count]);
	argv[count] = NULL;
	if (args[0][0] == '/')
		assert_true(vt_copy(program, sizeof(program), args[0]));
	else
		path(program, sizeof(program), w->bin, args[0]);
	posix_spawn_file_actions_init(&actions);
	if (output_fd >= 0)
		posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	for (size_t i = 0; i < count; i++)
		free(argv[i]);
	return pid;
}

static int finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs to its end; what it printed, at most size - 1 bytes. Returns its exit status. */
static int run(struct world *w, char *output, size_t size, const char *const *args)
{
	int pipe_fds[2];
	size_t used = 0;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	const pid_t pid = start(w, pipe_fds[1], args);
	close(pipe_fds[1]);
	for (ssize_t n; (n = read(pipe_fds[0], output + used, size - 1 - used)) > 0;)
		used += (size_t)n;
	output[used] = '\0';
	close(pipe_fds[0]);
	return finish(pid);
}

/* A switch of the virtual printer, in words. */
static void command(struct world *w, const char *a, const char *b, const char *c)
{
	const char *args[] = {"virtual-devices", "control", w->control, a, b, c, NULL};
	char output[4096];

	assert_int_equal(run(w, output, sizeof(output), args), 0);
}

static void start_devices(struct world *w)
{
	char root[128], program[512], socket_path[128], config[128];

	path(root, sizeof(root), w->dir, "usb");
	path(program, sizeof(program), w->bin, "ventanilla-devices");
	path(socket_path, sizeof(socket_path), w->dir, "core.sock");
	path(config, sizeof(config), w->dir, "terminal.conf");
	const char *args[] = {"virtual-devices", "run", "--root", root, "--", program, "--socket",
		socket_path, "--config", config, NULL};
	w->devices = start(w, -1, args);
}

static void accept_devices(struct world *w)
{
	struct pollfd ready = {.fd = w->listen_fd, .events = POLLIN};
	struct vt_error error;

	assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
	assert_int_equal(bus_accept(w->listen_fd, &w->conn, NULL, NULL, &error), VT_OK);
}

/* Next message into w->msg; false at the end of until_ms. */
static bool next(struct world *w, int64_t until_ms)
{
	struct vt_error error = {0};

	for (;;) {
		const enum vt_code code = bus_conn_read(w->conn, w->msg, &error);
		if (!code)
			return true;
		if (code != VT_ERR_AGAIN)
			fail_msg("devices: %s", error.msg);
		const int64_t left_ms = until_ms - vt_clock_monotonic_ms();
		struct pollfd ready = {.fd = bus_conn_fd(w->conn), .events = POLLIN};
		if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0)
			return false;
	}
}

static void expect_status(struct world *w, enum device_state state, const char *reason)
{
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;

	while (next(w, until_ms)) {
		const struct device_status *status = &w->msg->payload.device_status;
		if (w->msg->header.name == BUS_COMMON_STATUS_CHANGED && status->state == state &&
			strcmp(status->reason, reason) == 0)
			return;
	}
	fail_msg("no status %s %s", device_state_names[state], reason);
}

static void expect_completion(struct world *w, const char *job)
{
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;

	while (next(w, until_ms))
		if (w->msg->header.name == BUS_PRINTER_PRINT_FORM &&
			w->msg->header.type == BUS_COMPLETION &&
			(w->msg->header.completion != BUS_SUCCESS ||
				strcmp(w->msg->payload.print_result.job, job) == 0))
			return;
	fail_msg("no completion");
}

static void expect_outcome(
	struct world *w, const char *job, enum print_outcome outcome, const char *reason)
{
	expect_completion(w, job);
	assert_int_equal(w->msg->header.completion, BUS_SUCCESS);
	assert_string_equal(print_outcome_names[w->msg->payload.print_result.outcome],
		print_outcome_names[outcome]);
	assert_string_equal(w->msg->payload.print_result.reason, reason);
}

static void make_job(struct world *w, char job[VT_UUID_SIZE])
{
	assert_true(vt_format(job, VT_UUID_SIZE, "00000000-0000-4000-8000-%012u", ++w->jobs));
}

static void send_form(struct world *w, const char *job)
{
	struct vt_error error;

	bus_make_command(w->msg, w->conn, BUS_PRINTER_PRINT_FORM);
	assert_true(vt_copy(w->msg->payload.print_form.job, VT_UUID_SIZE, job));
	rig_receipt(&w->msg->payload.print_form.receipt);
	assert_int_equal(bus_conn_send(w->conn, w->msg, &error), VT_OK);
}

static void write_config(struct world *w)
{
	const char *source = getenv("VT_SOURCE_DIR");
	char name[128];

	path(name, sizeof(name), w->dir, "terminal.conf");
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fprintf(file,
		"[devices]\nregistry = %s/assets/devices.tsv\nfonts = %s/assets/fonts\n"
		"state = %s\n",
		source, source, w->state);
	assert_int_equal(fclose(file), 0);
}

/* script: what the virtual devices do by themselves and when, "" = nothing. */
static void start_scripted(
	struct world *w, const char *device, const char *speed, const char *script)
{
	char root[128], paper[128], name[128], ready[16] = "", lines[128];
	struct vt_error error;
	int ready_fds[2];

	*w = (struct world){.dir = "/tmp/vtd-XXXXXX"};
	assert_non_null(mkdtemp(w->dir));
	assert_true(vt_format(w->bin, sizeof(w->bin), "%s/bin", getenv("VT_BUILD_DIR")));
	w->msg = calloc(1, sizeof(*w->msg));
	assert_non_null(w->msg);
	path(w->control, sizeof(w->control), w->dir, "control");
	path(w->state, sizeof(w->state), w->dir, "state");
	path(root, sizeof(root), w->dir, "usb");
	path(paper, sizeof(paper), w->dir, "paper");
	assert_int_equal(mkdir(w->state, 0700), 0);
	write_config(w);
	path(name, sizeof(name), w->dir, "core.sock");
	assert_int_equal(bus_listen(name, &w->listen_fd, &error), VT_OK);
	assert_int_equal(pipe2(ready_fds, O_CLOEXEC), 0);
	path(lines, sizeof(lines), w->dir, "script");
	FILE *file = fopen(lines, "we");
	assert_non_null(file);
	fputs(script, file);
	assert_int_equal(fclose(file), 0);
	const char *args[] = {"virtual-devices", "serve", "--root", root, "--device", device,
		"--paper", paper, "--control", w->control, "--speed", speed, "--script", lines,
		NULL};
	w->server = start(w, ready_fds[1], args);
	close(ready_fds[1]);
	assert_int_equal(read(ready_fds[0], ready, sizeof(ready)), 6);
	close(ready_fds[0]);
	start_devices(w);
	accept_devices(w);
	assert_true(next(w, vt_clock_monotonic_ms() + PATIENCE_MS));
	assert_int_equal(w->msg->header.name, BUS_TERMINAL_HELLO);
	assert_string_equal(w->msg->payload.terminal_hello.program, "ventanilla-devices");
}

static void start_world(struct world *w, const char *device, const char *speed)
{
	start_scripted(w, device, speed, "");
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(name);
}

static void stop_world(struct world *w)
{
	bus_conn_close(&w->conn);
	if (w->devices > 0) {
		kill(w->devices, SIGTERM);
		assert_int_equal(finish(w->devices), 0);
	}
	kill(w->server, SIGTERM);
	(void)finish(w->server);
	close(w->listen_fd);
	free(w->msg);
	assert_int_equal(nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static bool has_sheet(const struct world *w, unsigned number)
{
	char name[160];

	assert_true(vt_format(name, sizeof(name), "%s/paper/paper-%u.png", w->dir, number));
	return access(name, R_OK) == 0;
}

/* ---- */

static void a_sheet_is_printed_and_strangers_read_its_codes(void **state)
{
	char job[VT_UUID_SIZE], name[160], output[1024];
	struct world w;

	(void)state;
	start_world(&w, "printer:usblp", "instant");
	expect_status(&w, DEVICE_READY, "");
	assert_string_equal(w.msg->payload.device_status.id, "printer");
	assert_string_equal(w.msg->payload.device_status.model, "Epson TM-T20II");
	assert_string_equal(w.msg->payload.device_status.usb, "04b8:0e15");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	assert_true(has_sheet(&w, 1));
	assert_false(has_sheet(&w, 2));
	if (access("/usr/bin/zbarimg", X_OK) == 0) {
		path(name, sizeof(name), w.dir, "paper/paper-1.png");
		const char *args[] = {"/usr/bin/zbarimg", "-q", "--raw", name, NULL};
		assert_int_equal(run(&w, output, sizeof(output), args), 0);
		assert_non_null(strstr(output, "https://terminal.example/v/7F3K-92QM-4TXA-0B1Z\n"));
		assert_non_null(strstr(output, "\n7F3K92QM4TXA0B1Z\n"));
	}
	if (getenv("VT_KEEP_PAPER")) {
		path(name, sizeof(name), w.dir, "paper/paper-1.png");
		const char *args[] = {"/bin/cp", name, getenv("VT_KEEP_PAPER"), NULL};
		(void)run(&w, output, sizeof(output), args);
	}
	stop_world(&w);
}

static void a_repeated_job_is_answered_and_not_printed_again(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "instant");
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	for (int i = 0; i < 3; i++) {
		send_form(&w, job);
		const int64_t request = w.msg->header.request_id;
		expect_outcome(&w, job, OUTCOME_PRINTED, "");
		assert_int_equal(w.msg->header.request_id, request);
	}
	assert_true(has_sheet(&w, 1));
	assert_false(has_sheet(&w, 2));
	stop_world(&w);
}

static void paper_out_is_told_and_refused_and_over_with_a_new_roll(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "instant");
	expect_status(&w, DEVICE_READY, "");
	command(&w, "paper", "out", NULL);
	expect_status(&w, DEVICE_FAILED, "paper");
	assert_int_equal(w.msg->payload.device_status.paper, PAPER_OUT);
	assert_string_equal(w.msg->payload.device_status.advice, "Put in paper.");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_FAILED, "paper");
	command(&w, "paper", "full", NULL);
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	assert_true(has_sheet(&w, 1));
	assert_false(has_sheet(&w, 2));
	stop_world(&w);
}

static void an_unplugged_printer_comes_back_by_itself(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "instant");
	expect_status(&w, DEVICE_READY, "");
	for (int i = 0; i < 5; i++) {
		command(&w, "unplug", NULL, NULL);
		expect_status(&w, DEVICE_ABSENT, "unplugged");
		make_job(&w, job);
		send_form(&w, job);
		expect_outcome(&w, job, OUTCOME_FAILED, "absent");
		command(&w, "plug", NULL, NULL);
		expect_status(&w, DEVICE_READY, "");
	}
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	stop_world(&w);
}

static void an_unplug_in_the_middle_is_told_truly_and_nothing_is_left_for_the_next(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_scripted(&w, "printer", "1", "when rows_hanging>=100 unplug\n");
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_FAILED, "absent");
	command(&w, "plug", NULL, NULL);
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	assert_true(has_sheet(&w, 1)); /* the spoilt rest */
	assert_true(has_sheet(&w, 2));
	assert_false(has_sheet(&w, 3));
	stop_world(&w);
}

static void sheets_wait_in_line_up_to_a_limit(void **state)
{
	char jobs[7][VT_UUID_SIZE];
	struct world w;
	int refused = 0, printed = 0;

	(void)state;
	start_world(&w, "printer", "2");
	expect_status(&w, DEVICE_READY, "");
	for (int i = 0; i < 7; i++) {
		make_job(&w, jobs[i]);
		send_form(&w, jobs[i]);
	}
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;
	while (refused + printed < 7 && next(&w, until_ms)) {
		if (w.msg->header.name != BUS_PRINTER_PRINT_FORM)
			continue;
		if (w.msg->header.completion == BUS_DEVICE_NOT_READY) {
			refused++;
			continue;
		}
		assert_int_equal(w.msg->header.completion, BUS_SUCCESS);
		assert_int_equal(w.msg->payload.print_result.outcome, OUTCOME_PRINTED);
		assert_string_equal(w.msg->payload.print_result.job, jobs[printed]);
		printed++;
	}
	assert_int_equal(printed + refused, 7);
	assert_in_range(refused, 2, 3);
	stop_world(&w);
}

static void an_outcome_finds_core_after_it_was_gone(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "1");
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	command(&w, "wait", "rows_hanging>=50", NULL);
	bus_conn_close(&w.conn);
	accept_devices(&w);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	assert_true(has_sheet(&w, 1));
	stop_world(&w);
}

static void a_killed_process_leaves_no_lie_and_no_rest_behind(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "0.25"); /* it is caught in the middle */
	expect_status(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	command(&w, "wait", "rows_hanging>=100", NULL);
	assert_int_equal(kill(w.devices, SIGKILL), 0);
	assert_int_equal(finish(w.devices), 128 + SIGKILL);
	bus_conn_close(&w.conn);
	start_devices(&w);
	accept_devices(&w);
	expect_outcome(&w, job, OUTCOME_UNKNOWN, "device");
	/* The counter tells that it was never cut; the rest is spoilt before that is said. */
	expect_outcome(&w, job, OUTCOME_FAILED, "device");
	assert_true(has_sheet(&w, 1));
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_FAILED, "device");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	assert_true(has_sheet(&w, 2));
	assert_false(has_sheet(&w, 3));
	stop_world(&w);
}

static void nonsense_from_core_is_refused(void **state)
{
	struct vt_error error;
	struct world w;

	(void)state;
	start_world(&w, "printer", "instant");
	expect_status(&w, DEVICE_READY, "");
	send_form(&w, "not-a-job");
	expect_completion(&w, "");
	assert_int_equal(w.msg->header.completion, BUS_INVALID_DATA);
	bus_make_command(w.msg, w.conn, BUS_TERMINAL_STATUS);
	assert_int_equal(bus_conn_send(w.conn, w.msg, &error), VT_OK);
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;
	do
		assert_true(next(&w, until_ms));
	while (w.msg->header.name != BUS_TERMINAL_STATUS);
	assert_int_equal(w.msg->header.completion, BUS_UNSUPPORTED_COMMAND);
	/* A code too wide for the paper refuses the sheet, and the next one is printed. */
	bus_make_command(w.msg, w.conn, BUS_PRINTER_PRINT_FORM);
	struct printer_print_form *form = &w.msg->payload.print_form;
	make_job(&w, form->job);
	form->receipt.line_count = 1;
	form->receipt.lines[0].kind = RECEIPT_BARCODE;
	memset(form->receipt.lines[0].text, 'x', 90);
	assert_int_equal(bus_conn_send(w.conn, w.msg, &error), VT_OK);
	expect_completion(&w, "");
	assert_int_equal(w.msg->header.completion, BUS_INVALID_DATA);
	stop_world(&w);
}

static int wait_exit(struct world *w, const char *config_text)
{
	char program[512], config[128];

	path(program, sizeof(program), w->bin, "ventanilla-devices");
	path(config, sizeof(config), w->dir, "bad.conf");
	FILE *file = fopen(config, "w");
	assert_non_null(file);
	fputs(config_text, file);
	assert_int_equal(fclose(file), 0);
	const char *args[] = {
		program, "--socket", "/nonexistent/core.sock", "--config", config, NULL};
	return finish(start(w, -1, args));
}

static void a_bad_configuration_ends_the_process_with_a_reason(void **state)
{
	struct world w = {.dir = "/tmp/vtd-XXXXXX"};

	(void)state;
	assert_non_null(mkdtemp(w.dir));
	assert_true(vt_format(w.bin, sizeof(w.bin), "%s/bin", getenv("VT_BUILD_DIR")));
	assert_int_equal(wait_exit(&w, "[devices]\n"), 1);
	assert_int_equal(wait_exit(&w, "[devices]\nregistry = /nonexistent\nfonts = /tmp\n"), 1);
	assert_int_equal(nftw(w.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- the card reader ---- */

static void expect_message(struct world *w, enum bus_name name, enum bus_type type)
{
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;

	while (next(w, until_ms))
		if (w->msg->header.name == name && w->msg->header.type == type)
			return;
	fail_msg("no %s", bus_name_text(name));
}

static void insert_card(struct world *w, const char *name)
{
	char file[512];

	assert_true(vt_format(file, sizeof(file), "%s/tests/drivers/data/cards/%s",
		getenv("VT_SOURCE_DIR"), name));
	command(w, "card insert", file, NULL);
}

static void send_list(struct world *w)
{
	struct vt_error error;

	bus_make_command(w->msg, w->conn, BUS_CERTIFICATE_LIST);
	assert_true(vt_copy(w->msg->payload.certificate_query.device, DEVICE_ID_SIZE, "reader"));
	assert_int_equal(bus_conn_send(w->conn, w->msg, &error), VT_OK);
}

/* Returns the id of the first certificate that can sign. */
static void expect_list(struct world *w, char id[CARD_CERTIFICATE_ID_SIZE])
{
	send_list(w);
	expect_message(w, BUS_CERTIFICATE_LIST, BUS_COMPLETION);
	assert_int_equal(w->msg->header.completion, BUS_SUCCESS);
	const struct certificate_list *list = &w->msg->payload.certificate_list;
	assert_true(list->count > 0);
	for (size_t i = 0; i < list->count; i++) {
		assert_true(strncmp(list->certificates[i].certificate, "MII", 3) == 0);
		if (list->certificates[i].can_sign) {
			memcpy(id, list->certificates[i].id, CARD_CERTIFICATE_ID_SIZE);
			return;
		}
	}
	fail_msg("nothing to sign with");
}

static void expect_signed(
	struct world *w, const char *id, const char *pin, enum sign_outcome outcome)
{
	struct vt_error error;

	bus_make_command(w->msg, w->conn, BUS_CERTIFICATE_SIGN);
	struct certificate_sign *sign = &w->msg->payload.certificate_sign;
	assert_true(vt_copy(sign->device, sizeof(sign->device), "reader"));
	assert_true(vt_copy(sign->certificate, sizeof(sign->certificate), id));
	assert_true(vt_copy(sign->pin, sizeof(sign->pin), pin));
	sign->hash = CARD_SHA256;
	memset(sign->digest, 'a', 64);
	assert_int_equal(bus_conn_send(w->conn, w->msg, &error), VT_OK);
	expect_message(w, BUS_CERTIFICATE_SIGN, BUS_COMPLETION);
	assert_int_equal(w->msg->header.completion, BUS_SUCCESS);
	assert_string_equal(sign_outcome_names[w->msg->payload.certificate_signed.outcome],
		sign_outcome_names[outcome]);
	assert_int_equal(
		w->msg->payload.certificate_signed.signature[0] != '\0', outcome == SIGN_SIGNED);
}

static void expect_card(struct world *w, const char *name)
{
	insert_card(w, name);
	expect_message(w, BUS_CARD_INSERTED, BUS_UNSOLICITED);
	assert_string_equal(w->msg->payload.card_inserted.device, "reader");
	assert_true(w->msg->payload.card_inserted.readable);
	assert_true(strncmp(w->msg->payload.card_inserted.atr, "3b", 2) == 0);
}

static void start_reader(struct world *w, const char *device)
{
	start_world(w, device, "instant");
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;
	while (next(w, until_ms)) {
		const struct device_status *status = &w->msg->payload.device_status;
		if (w->msg->header.name == BUS_COMMON_STATUS_CHANGED &&
			strcmp(status->id, "reader") == 0 && status->state == DEVICE_READY)
			return;
	}
	fail_msg("the reader is never ready");
}

static void a_certificate_card_signs_at_every_level(void **state)
{
	static const char *const readers[] = {"ccid:level=tpdu,protocols=0",
		"ccid:level=tpdu,protocols=1", "ccid:level=short",
		"ccid:level=extended,message=65556"};
	char id[CARD_CERTIFICATE_ID_SIZE];
	struct world w;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(readers); i++) {
		start_reader(&w, readers[i]);
		send_list(&w);
		expect_message(&w, BUS_CERTIFICATE_LIST, BUS_COMPLETION);
		assert_int_equal(w.msg->header.completion, BUS_NOT_FOUND);
		expect_card(&w, "piv.card");
		expect_list(&w, id);
		expect_signed(&w, id, "000000", SIGN_WRONG_PIN);
		expect_signed(&w, id, "123456", SIGN_SIGNED);
		command(&w, "card remove", NULL, NULL);
		expect_message(&w, BUS_CARD_REMOVED, BUS_UNSOLICITED);
		stop_world(&w);
	}
}

static void forget_login(struct world *w)
{
	struct vt_error error;

	bus_make_command(w->msg, w->conn, BUS_COMMON_CANCEL);
	assert_int_equal(bus_conn_send(w->conn, w->msg, &error), VT_OK);
}

/* Forgetting a login resets the card: who comes right behind waits for it and is not refused. */
static void a_command_behind_a_forgotten_login_waits_for_the_card(void **state)
{
	char id[CARD_CERTIFICATE_ID_SIZE];
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=tpdu,protocols=0");
	expect_card(&w, "piv.card");
	for (int round = 0; round < 3; round++) {
		forget_login(&w);
		expect_list(&w, id);
		forget_login(&w);
		expect_signed(&w, id, "123456", SIGN_SIGNED);
	}
	stop_world(&w);
}

static void a_pad_takes_the_pin_and_can_be_cancelled(void **state)
{
	char id[CARD_CERTIFICATE_ID_SIZE];
	struct vt_error error;
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=tpdu,protocols=1,pin=verify");
	expect_card(&w, "piv.card");
	expect_list(&w, id);
	for (int round = 0; round < 2; round++) {
		bus_make_command(w.msg, w.conn, BUS_CERTIFICATE_SIGN);
		const int64_t request = w.msg->header.request_id;
		struct certificate_sign *sign = &w.msg->payload.certificate_sign;
		assert_true(vt_copy(sign->certificate, sizeof(sign->certificate), id));
		memset(sign->digest, 'a', 64);
		assert_int_equal(bus_conn_send(w.conn, w.msg, &error), VT_OK);
		expect_message(&w, BUS_CERTIFICATE_PIN_ENTRY, BUS_EVENT);
		assert_int_equal(w.msg->header.request_id, request);
		if (round == 0) {
			bus_make_command(w.msg, w.conn, BUS_COMMON_CANCEL);
			w.msg->payload.common_cancel.request_id = request;
			assert_int_equal(bus_conn_send(w.conn, w.msg, &error), VT_OK);
		} else {
			command(&w, "pin enter 123456", NULL, NULL);
		}
		expect_message(&w, BUS_CERTIFICATE_SIGN, BUS_COMPLETION);
		assert_string_equal(sign_outcome_names[w.msg->payload.certificate_signed.outcome],
			sign_outcome_names[round == 0 ? SIGN_CANCELED : SIGN_SIGNED]);
		if (round == 0)
			expect_list(&w, id);
	}
	stop_world(&w);
}

static void a_reader_unplugged_with_its_card_comes_back(void **state)
{
	char id[CARD_CERTIFICATE_ID_SIZE];
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=short");
	expect_card(&w, "pkcs15.card");
	command(&w, "unplug", NULL, NULL);
	expect_message(&w, BUS_CARD_REMOVED, BUS_UNSOLICITED);
	expect_status(&w, DEVICE_ABSENT, "unplugged");
	command(&w, "plug", NULL, NULL);
	expect_message(&w, BUS_CARD_INSERTED, BUS_UNSOLICITED);
	expect_list(&w, id);
	stop_world(&w);
}

static void a_flapping_reader_is_quarantined(void **state)
{
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=short");
	for (int i = 0; i < 6; i++) {
		command(&w, "unplug", NULL, NULL);
		expect_status(&w, DEVICE_ABSENT, "unplugged");
		command(&w, "plug", NULL, NULL);
		if (i < 5)
			expect_status(&w, DEVICE_READY, "");
	}
	expect_status(&w, DEVICE_FAILED, "flapping");
	assert_true(strlen(w.msg->payload.device_status.advice) > 10);
	stop_world(&w);
}

static void send_order(struct world *w, enum bus_name name, const char *device, int64_t timeout_ms)
{
	struct vt_error error;

	bus_make_command(w->msg, w->conn, name);
	w->msg->header.timeout_ms = timeout_ms;
	assert_true(vt_copy(w->msg->payload.device_query.device,
		sizeof(w->msg->payload.device_query.device), device));
	assert_int_equal(bus_conn_send(w->conn, w->msg, &error), VT_OK);
}

static void expect_order(struct world *w, enum bus_name name, enum bus_completion_code code)
{
	expect_message(w, name, BUS_COMPLETION);
	assert_string_equal(bus_completion_code_names[w->msg->header.completion],
		bus_completion_code_names[code]);
}

static void expect_reset(struct world *w, enum device_state state, const char *reason)
{
	expect_order(w, BUS_DEVICE_RESET, BUS_SUCCESS);
	assert_string_equal(
		device_state_names[w->msg->payload.device_status.state], device_state_names[state]);
	assert_string_equal(w->msg->payload.device_status.reason, reason);
}

static void expect_test(struct world *w, enum test_outcome outcome, const char *reason)
{
	expect_order(w, BUS_DEVICE_TEST, BUS_SUCCESS);
	assert_string_equal(test_outcome_names[w->msg->payload.device_tested.outcome],
		test_outcome_names[outcome]);
	assert_string_equal(w->msg->payload.device_tested.reason, reason);
	assert_true(strlen(w->msg->payload.device_tested.detail) > 10 || !reason[0]);
}

static void a_reset_printer_is_ready_and_prints(void **state)
{
	char job[VT_UUID_SIZE];
	struct world w;

	(void)state;
	start_world(&w, "printer", "instant");
	expect_status(&w, DEVICE_READY, "");
	send_order(&w, BUS_DEVICE_RESET, "printer", 0);
	expect_reset(&w, DEVICE_READY, "");
	make_job(&w, job);
	send_form(&w, job);
	expect_outcome(&w, job, OUTCOME_PRINTED, "");
	send_order(&w, BUS_DEVICE_RESET, "printer", 0);
	expect_reset(&w, DEVICE_READY, "");
	assert_int_equal(w.msg->payload.device_status.sheets, 1);
	assert_int_equal(w.msg->payload.device_status.cuts, 1);
	assert_int_equal(w.msg->payload.device_status.errors, 0);
	assert_int_equal(w.msg->payload.device_status.resets, 2);
	send_order(&w, BUS_DEVICE_RESET, "kiosk", 0);
	expect_order(&w, BUS_DEVICE_RESET, BUS_NOT_FOUND);
	send_order(&w, BUS_DEVICE_TEST, "printer", 0);
	expect_test(&w, TEST_PASSED, "");
	command(&w, "unplug", NULL, NULL);
	expect_status(&w, DEVICE_ABSENT, "unplugged");
	send_order(&w, BUS_DEVICE_RESET, "printer", 0);
	expect_reset(&w, DEVICE_ABSENT, "unplugged");
	send_order(&w, BUS_DEVICE_TEST, "printer", 0);
	expect_test(&w, TEST_FAILED, "unplugged");
	stop_world(&w);
}

static void a_reset_ends_the_quarantine(void **state)
{
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=short");
	for (int i = 0; i < 6; i++) {
		command(&w, "unplug", NULL, NULL);
		expect_status(&w, DEVICE_ABSENT, "unplugged");
		command(&w, "plug", NULL, NULL);
		if (i < 5)
			expect_status(&w, DEVICE_READY, "");
	}
	expect_status(&w, DEVICE_FAILED, "flapping");
	send_order(&w, BUS_DEVICE_TEST, "reader", 0);
	expect_test(&w, TEST_FAILED, "flapping");
	send_order(&w, BUS_DEVICE_RESET, "reader", 0);
	expect_reset(&w, DEVICE_READY, "");
	stop_world(&w);
}

static void a_reader_is_tested_with_a_card(void **state)
{
	struct world w;

	(void)state;
	start_reader(&w, "ccid:level=short");
	send_order(&w, BUS_DEVICE_TEST, "reader", 200);
	expect_test(&w, TEST_FAILED, "noCard");
	send_order(&w, BUS_DEVICE_TEST, "reader", PATIENCE_MS);
	send_order(&w, BUS_DEVICE_RESET, "reader", 0);
	expect_order(&w, BUS_DEVICE_RESET, BUS_SEQUENCE_ERROR);
	expect_card(&w, "pkcs15.card");
	expect_test(&w, TEST_PASSED, "");
	stop_world(&w);
}

static void expect_scanner(struct world *w, enum device_state state, const char *reason)
{
	do
		expect_status(w, state, reason);
	while (strcmp(w->msg->payload.device_status.id, "scanner") != 0);
}

static void a_scanner_reads_is_tested_and_may_go_midway(void **state)
{
	static const char *const scanners[] = {"scanner", "scanner:layout=keyboard,usb=0c2e:0200"};
	struct world w;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(scanners); i++) {
		start_world(&w, scanners[i], "instant");
		expect_scanner(&w, DEVICE_READY, "");
		send_order(&w, BUS_BARCODE_READ, "", PATIENCE_MS);
		command(&w, "scan HEGG560427MVZRRL04", NULL, NULL);
		expect_order(&w, BUS_BARCODE_READ, BUS_SUCCESS);
		assert_string_equal(w.msg->payload.barcode_scanned.text, "HEGG560427MVZRRL04");
		send_order(&w, BUS_DEVICE_TEST, "scanner", 200);
		expect_test(&w, TEST_FAILED, "noScan");
		send_order(&w, BUS_DEVICE_TEST, "scanner", PATIENCE_MS);
		command(&w, "scan any code", NULL, NULL);
		expect_test(&w, TEST_PASSED, "");
		send_order(&w, BUS_BARCODE_READ, "scanner", PATIENCE_MS);
		command(&w, "unplug", NULL, NULL);
		expect_order(&w, BUS_BARCODE_READ, BUS_DEVICE_NOT_READY);
		command(&w, "plug", NULL, NULL);
		expect_scanner(&w, DEVICE_READY, "");
		stop_world(&w);
	}
}

static void a_stripe_is_read_and_a_payment_card_is_not(void **state)
{
	struct world w;

	(void)state;
	start_world(&w, "stripe", "instant");
	do
		expect_status(&w, DEVICE_READY, "");
	while (strcmp(w.msg->payload.device_status.id, "stripe") != 0);
	send_order(&w, BUS_CARD_READ_STRIPE, "stripe", PATIENCE_MS);
	command(&w, "swipe ;9912345678=30120000000?", NULL, NULL);
	expect_order(&w, BUS_CARD_READ_STRIPE, BUS_SUCCESS);
	assert_string_equal(w.msg->payload.stripe_swipe.account, "9912345678");
	send_order(&w, BUS_CARD_READ_STRIPE, "stripe", PATIENCE_MS);
	command(&w, "swipe ;4111111111111111=30121010000000000?", NULL, NULL);
	expect_order(&w, BUS_CARD_READ_STRIPE, BUS_SUCCESS);
	assert_int_equal(w.msg->payload.stripe_swipe.outcome, STRIPE_OUTCOME_PAYMENT);
	assert_string_equal(w.msg->payload.stripe_swipe.account, "");
	stop_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sheet_is_printed_and_strangers_read_its_codes),
		cmocka_unit_test(a_repeated_job_is_answered_and_not_printed_again),
		cmocka_unit_test(paper_out_is_told_and_refused_and_over_with_a_new_roll),
		cmocka_unit_test(an_unplugged_printer_comes_back_by_itself),
		cmocka_unit_test(
			an_unplug_in_the_middle_is_told_truly_and_nothing_is_left_for_the_next),
		cmocka_unit_test(sheets_wait_in_line_up_to_a_limit),
		cmocka_unit_test(an_outcome_finds_core_after_it_was_gone),
		cmocka_unit_test(a_killed_process_leaves_no_lie_and_no_rest_behind),
		cmocka_unit_test(nonsense_from_core_is_refused),
		cmocka_unit_test(a_bad_configuration_ends_the_process_with_a_reason),
		cmocka_unit_test(a_certificate_card_signs_at_every_level),
		cmocka_unit_test(a_command_behind_a_forgotten_login_waits_for_the_card),
		cmocka_unit_test(a_pad_takes_the_pin_and_can_be_cancelled),
		cmocka_unit_test(a_reader_unplugged_with_its_card_comes_back),
		cmocka_unit_test(a_flapping_reader_is_quarantined),
		cmocka_unit_test(a_reset_printer_is_ready_and_prints),
		cmocka_unit_test(a_reset_ends_the_quarantine),
		cmocka_unit_test(a_reader_is_tested_with_a_card),
		cmocka_unit_test(a_scanner_reads_is_tested_and_may_go_midway),
		cmocka_unit_test(a_stripe_is_read_and_a_payment_card_is_not),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
