/* Commands about devices: list, show, reset, test. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"

/* Core gives a device 20 s and a sheet 45 s (terminal/core/maintain.c), and wants some for itself.
 */
#define RESET_MS  25000
#define TEST_MS	  50000
#define LETTER_MS 125000

static const char *state_word(enum device_state state)
{
	static const struct ctl_text words[DEVICE_STATE_COUNT] = {
		[DEVICE_ABSENT] = {"ausente", "absent"},
		[DEVICE_STARTING] = {"arrancando", "starting"},
		[DEVICE_READY] = {"listo", "ready"},
		[DEVICE_DEGRADED] = {"pide atención", "degraded"},
		[DEVICE_FAILED] = {"con falla", "failed"},
	};

	return ctl_say(words[state]);
}

static const char *paper_word(enum paper_state paper)
{
	static const struct ctl_text words[PAPER_STATE_COUNT] = {
		[PAPER_UNKNOWN] = {"no se sabe", "unknown"},
		[PAPER_FULL] = {"hay", "full"},
		[PAPER_LOW] = {"por acabarse", "low"},
		[PAPER_OUT] = {"no hay", "out"},
	};

	return ctl_say(words[paper]);
}

static enum ctl_exit print_devices(const struct device_list *list)
{
	static const struct ctl_text headings[] = {{"ID", "ID"}, {"CLASE", "CLASS"},
		{"MODELO", "MODEL"}, {"USB", "USB"}, {"ESTADO", "STATE"}, {"PAPEL", "PAPER"},
		{"MOTIVO", "REASON"}};
	struct ctl_table table;

	ctl_table_init(&table, VT_ELEMENTS(headings), headings);
	for (size_t i = 0; i < list->count; i++) {
		const struct device_status *device = &list->devices[i];
		const char *cells[] = {device->id, device->class, device->model, device->usb,
			state_word(device->state), paper_word(device->paper),
			ctl_device_reason(device->reason)};
		ctl_table_add(&table, cells);
	}
	return ctl_table_print(&table);
}

enum ctl_exit ctl_device_list(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = ask_simple(options, BUS_DEVICE_LIST, &remote);

	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.device.list/1", remote.msg);
	return print_devices(&remote.msg->payload.device_list);
}

/* "main: plain, full" for each tray of a letter-size printer. */
static void print_trays(const struct device_status *device)
{
	char text[80];

	for (size_t i = 0; i < device->tray_count; i++) {
		const struct printer_tray *tray = &device->trays[i];
		if (vt_format(text, sizeof(text), "%s: %s, %s", tray->name,
			    paper_kind_names[tray->paper], paper_word(tray->level)))
			ctl_print_pair(CTL_TEXT("bandeja", "tray"), text);
	}
}

static enum ctl_exit print_device(
	const struct ctl_options *options, const char *schema, const struct device_status *device)
{
	if (options->json) {
		struct vt_buf out;
		vt_buf_init(&out, CTL_MAX_JSON);
		append_object(&out, schema,
			bus_payload_table(BUS_COMMON_STATUS_CHANGED, BUS_UNSOLICITED), device);
		return ctl_json_print(&out);
	}
	ctl_print_pair(CTL_TEXT("dispositivo", "device"), device->id);
	ctl_print_pair(CTL_TEXT("clase", "class"), device->class);
	ctl_print_pair(CTL_TEXT("modelo", "model"), device->model);
	ctl_print_pair(CTL_TEXT("USB", "USB"), device->usb);
	ctl_print_pair(CTL_TEXT("estado", "state"), state_word(device->state));
	ctl_print_pair(CTL_TEXT("papel", "paper"), paper_word(device->paper));
	print_trays(device);
	ctl_print_pair(CTL_TEXT("motivo", "reason"), ctl_device_reason(device->reason));
	ctl_print_pair(CTL_TEXT("qué hacer", "what to do"), ctl_device_sentence(device->advice));
	ctl_print_number(CTL_TEXT("hojas", "sheets"), device->sheets);
	ctl_print_number(CTL_TEXT("cortes", "cuts"), device->cuts);
	ctl_print_number(CTL_TEXT("lecturas", "reads"), device->reads);
	ctl_print_number(CTL_TEXT("errores", "errors"), device->errors);
	ctl_print_number(CTL_TEXT("reinicios", "resets"), device->resets);
	return CTL_OK;
}

enum ctl_exit ctl_device_show(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = ask_simple(options, BUS_DEVICE_LIST, &remote);

	if (code)
		return code;
	const struct device_list *list = &remote.msg->payload.device_list;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->devices[i].id, options->args[0]) == 0)
			return print_device(options, "ventanilla.device/1", &list->devices[i]);
	}
	ctl_complain(CTL_TEXT("no hay tal dispositivo", "no such device"), options->args[0]);
	return CTL_NOT_FOUND;
}

/* ---- reset, test ---- */

static enum ctl_exit ask_device(const struct ctl_options *options, enum bus_name name,
	const char *id, int64_t patience_ms, struct remote *remote)
{
	enum ctl_exit code = remote_open(options, remote);

	if (code)
		return code;
	if (!options->has_timeout)
		remote->deadline_ms = vt_clock_monotonic_ms() + patience_ms;
	bus_make_command(remote->msg, remote->conn, name);
	struct device_query *query = &remote->msg->payload.device_query;
	if (!vt_copy(query->device, sizeof(query->device), id)) {
		ctl_complain(CTL_TEXT("no hay tal dispositivo", "no such device"), id);
		return CTL_NOT_FOUND;
	}
	code = ask_core(remote);
	/* A device's own state is in the answer: without one, the device process is missing. */
	return code == CTL_DEVICE ? CTL_NETWORK : code;
}

enum ctl_exit ctl_device_reset(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code =
		ask_device(options, BUS_DEVICE_RESET, options->args[0], RESET_MS, &remote);

	if (code)
		return code;
	return print_device(
		options, "ventanilla.device.reset/1", &remote.msg->payload.device_status);
}

static const char *outcome_words(enum test_outcome outcome)
{
	switch (outcome) {
	case TEST_PASSED:
		return ctl_say(CTL_TEXT("bien", "passed"));
	case TEST_FAILED:
		return ctl_say(CTL_TEXT("falló", "failed"));
	case TEST_UNKNOWN:
	case TEST_OUTCOME_COUNT:
		break;
	}
	return ctl_say(CTL_TEXT("no se sabe", "unknown"));
}

static enum ctl_exit test(const struct ctl_options *options, const char *id)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	const char *request = ctl_device_request(id);

	if (request)
		fprintf(stderr, "%s\n", request);
	enum ctl_exit code = ask_device(options, BUS_DEVICE_TEST, id,
		strcmp(id, "letter") == 0 ? LETTER_MS : TEST_MS, &remote);

	if (code)
		return code;
	const struct device_tested *tested = &remote.msg->payload.device_tested;
	const enum test_outcome outcome = tested->outcome;
	if (options->json) {
		code = print_payload("ventanilla.device.test/1", remote.msg);
	} else {
		ctl_print_pair(CTL_TEXT("dispositivo", "device"), tested->device);
		ctl_print_pair(CTL_TEXT("prueba", "test"), outcome_words(outcome));
		ctl_print_pair(CTL_TEXT("motivo", "reason"), ctl_device_reason(tested->reason));
		ctl_print_pair(outcome == TEST_PASSED ? CTL_TEXT("detalle", "detail")
						      : CTL_TEXT("qué hacer", "what to do"),
			ctl_device_sentence(tested->detail));
	}
	if (code)
		return code;
	return outcome == TEST_PASSED ? CTL_OK : CTL_DEVICE;
}

enum ctl_exit ctl_device_test(const struct ctl_options *options)
{
	return test(options, options->args[0]);
}

enum ctl_exit ctl_print_test(const struct ctl_options *options)
{
	return test(options, options->is_letter ? "letter" : "printer");
}
