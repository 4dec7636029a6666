/* Commands that ask core: one connection, one command at a time, one completion each. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"
#include "terminal/domain/entities.h"

#define DEFAULT_SOCKET "/run/ventanilla/ctl.sock"
/* A terminal holds weeks of work at most; core answers pages of QUEUE_PAGE rows. */
#define MAX_PAGES 1000

/* ---- asking ---- */

void remote_finish(struct remote *remote)
{
	bus_conn_close(&remote->conn);
	if (remote->msg)
		bus_message_finish(remote->msg);
	free(remote->msg);
	remote->msg = NULL;
}

static enum ctl_exit complain_of_code(enum vt_code code, const struct vt_error *error)
{
	if (code == VT_ERR_TIMEOUT) {
		ctl_complain(
			CTL_TEXT("el núcleo no respondió a tiempo", "core did not answer in time"),
			NULL);
		return CTL_TIMEOUT;
	}
	if (code == VT_ERR_NETWORK && (error->os == EACCES || error->os == EPERM)) {
		ctl_complain(CTL_TEXT("sin permiso para hablar con el núcleo",
				     "not permitted to talk to core"),
			error->msg);
		return CTL_NOT_PERMITTED;
	}
	if (code == VT_ERR_NETWORK || code == VT_ERR_CLOSED) {
		ctl_complain(CTL_TEXT("no se puede hablar con el núcleo", "cannot talk to core"),
			error->msg);
		return CTL_NETWORK;
	}
	ctl_complain(CTL_TEXT("la respuesta del núcleo no se entiende",
			     "core's answer is not understood"),
		error->msg);
	return CTL_FAILURE;
}

/* Address from --socket, else $VENTANILLA_RUN/ctl.sock, else the system's. */
static bool socket_path(const struct ctl_options *options, char *path, size_t size)
{
	const char *run = getenv("VENTANILLA_RUN");

	if (options->socket)
		return vt_copy(path, size, options->socket);
	if (run && *run)
		return vt_format(path, size, "%s/ctl.sock", run);
	return vt_copy(path, size, DEFAULT_SOCKET);
}

enum ctl_exit remote_open(const struct ctl_options *options, struct remote *remote)
{
	struct vt_error error = {0};
	char path[256];

	*remote = (struct remote){.deadline_ms = vt_clock_monotonic_ms() + options->timeout_ms};
	if (!socket_path(options, path, sizeof(path))) {
		ctl_complain(
			CTL_TEXT("la ruta del socket es muy larga", "socket path too long"), NULL);
		return CTL_USAGE;
	}
	remote->msg = malloc(sizeof(*remote->msg));
	if (!remote->msg) {
		ctl_complain(CTL_TEXT("falta memoria", "out of memory"), NULL);
		return CTL_FAILURE;
	}
	enum vt_code code = bus_connect(path, &remote->conn, &error);
	if (!code)
		code = bus_conn_send_hello(remote->conn, "ventanillactl", &error);
	if (code) {
		char detail[512];
		snprintf(detail, sizeof(detail), "%s: %s", path, error.msg);
		vt_copy_cut(error.msg, sizeof(error.msg), detail);
		return complain_of_code(code, &error);
	}
	return CTL_OK;
}

/* Waits until the socket can be read, or written while something waits. VT_OK or VT_ERR_TIMEOUT. */
static enum vt_code wait_for_peer(const struct remote *remote)
{
	struct pollfd pfd = {.fd = bus_conn_fd(remote->conn), .events = POLLIN};
	const int64_t left = remote->deadline_ms - vt_clock_monotonic_ms();

	if (bus_conn_wants_write(remote->conn))
		pfd.events |= POLLOUT;
	if (left <= 0)
		return VT_ERR_TIMEOUT;
	const int ready = poll(&pfd, 1, (int)(left > 60000 ? 60000 : left));
	return ready < 0 && errno != EINTR ? VT_ERR_IO : VT_OK;
}

/* Sends remote->msg, made by bus_make_command(), and replaces it by its completion. Other messages
 * of core are passed over. */
static enum vt_code ask(struct remote *remote, struct vt_error *error)
{
	const int64_t request = remote->msg->header.request_id;
	enum vt_code code = bus_conn_send(remote->conn, remote->msg, error);

	while (!code) {
		code = bus_conn_flush(remote->conn, error);
		if (!code)
			code = bus_conn_read(remote->conn, remote->msg, error);
		if (!code && remote->msg->header.type == BUS_COMPLETION &&
			remote->msg->header.request_id == request)
			return VT_OK;
		if (code == VT_ERR_AGAIN)
			code = wait_for_peer(remote);
	}
	return code;
}

enum ctl_exit ask_core(struct remote *remote)
{
	const enum bus_name name = remote->msg->header.name;
	struct vt_error error = {0};
	enum vt_code code = ask(remote, &error);

	if (!code && remote->msg->header.name != name)
		code = vt_fail(&error, VT_ERR_PARSE, 0, "another command was answered");
	if (code)
		return complain_of_code(code, &error);
	const struct bus_header *header = &remote->msg->header;
	if (header->completion == BUS_SUCCESS)
		return CTL_OK;
	if (header->completion == BUS_NOT_FOUND) {
		ctl_complain(CTL_TEXT("no existe", "not found"), NULL);
		return CTL_NOT_FOUND;
	}
	const char *reason =
		header->error[0] ? header->error : bus_completion_code_names[header->completion];
	ctl_complain(CTL_TEXT("el núcleo no lo hizo", "core did not do it"), reason);
	switch (header->completion) {
	case BUS_NOT_PERMITTED:
		return CTL_NOT_PERMITTED;
	case BUS_DEVICE_NOT_READY:
	case BUS_HARDWARE_ERROR:
		return CTL_DEVICE;
	case BUS_TIME_OUT:
		return CTL_TIMEOUT;
	case BUS_INVALID_DATA:
		return CTL_USAGE;
	case BUS_SEQUENCE_ERROR:
		return CTL_BUSY;
	case BUS_SUCCESS:
	case BUS_NOT_FOUND:
	case BUS_COMMAND_ERROR_CODE:
	case BUS_CANCELED:
	case BUS_UNSUPPORTED_COMMAND:
	case BUS_INTERNAL_ERROR:
	case BUS_COMPLETION_CODE_COUNT:
		break;
	}
	return CTL_FAILURE;
}

enum ctl_exit ask_simple(
	const struct ctl_options *options, enum bus_name name, struct remote *remote)
{
	enum ctl_exit code = remote_open(options, remote);

	if (code)
		return code;
	bus_make_command(remote->msg, remote->conn, name);
	return ask_core(remote);
}

static void append_members(struct vt_buf *out, const struct bus_table *table, const char *object);

static void append_list(struct vt_buf *out, const struct bus_field *field, const char *object)
{
	size_t count;

	memcpy(&count, object + field->count_offset, sizeof(count));
	vt_buf_printf(out, "\"%s\":[", field->name);
	for (size_t i = 0; i < count; i++) {
		vt_buf_append_text(out, i > 0 ? ",{" : "{");
		append_members(out, field->table, object + field->offset + i * field->size);
		vt_buf_append_byte(out, '}');
	}
	vt_buf_append_byte(out, ']');
}

/* Members of *object without braces. On the bus an optional member that is "" or 0 is left out; a
 * stable schema has every member every time. */
static void append_members(struct vt_buf *out, const struct bus_table *table, const char *object)
{
	for (size_t i = 0; i < table->count; i++) {
		struct bus_field field = table->fields[i];
		struct bus_table one = *table;
		struct vt_buf body;
		if (i > 0)
			vt_buf_append_byte(out, ',');
		if (field.kind == BUS_LIST) {
			append_list(out, &field, object);
			continue;
		}
		if (field.kind == BUS_OBJECT) {
			vt_buf_printf(out, "\"%s\":", field.name);
			append_object(out, NULL, field.table, object + field.offset);
			continue;
		}
		field.optional = false;
		one.fields = &field;
		one.count = 1;
		vt_buf_init(&body, CTL_MAX_JSON);
		if (bus_encode(&one, object, &body, NULL) == VT_OK)
			vt_buf_append(out, body.data + 1, body.length - 2);
		else
			out->failed = VT_ERR_INVALID;
		vt_buf_finish(&body);
	}
}

void append_object(
	struct vt_buf *out, const char *schema, const struct bus_table *table, const void *object)
{
	vt_buf_append_byte(out, '{');
	if (schema)
		vt_buf_printf(out, "\"schema\":\"%s\",", schema);
	append_members(out, table, object);
	vt_buf_append_byte(out, '}');
}

enum ctl_exit print_payload(const char *schema, const struct bus_message *msg)
{
	struct vt_buf out;

	vt_buf_init(&out, CTL_MAX_JSON);
	append_object(
		&out, schema, bus_payload_table(msg->header.name, BUS_COMPLETION), &msg->payload);
	return ctl_json_print(&out);
}

/* ---- status ---- */

static const char *yes_no(bool value)
{
	return value ? ctl_say(CTL_TEXT("sí", "yes")) : ctl_say(CTL_TEXT("no", "no"));
}

void ctl_print_number(struct ctl_text name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	ctl_print_pair(name, text);
}

static struct ctl_text storage_advice(enum storage_problem problem)
{
	switch (problem) {
	case STORAGE_FULL:
		return CTL_TEXT("disco lleno: libere espacio; el servicio sigue por sí solo",
			"disk full: free space; service goes on by itself");
	case STORAGE_READ_ONLY:
		return CTL_TEXT("disco de solo lectura: revíselo y móntelo con escritura",
			"disk is read-only: check it and mount it writable");
	case STORAGE_MISSING:
		return CTL_TEXT("el almacén ya no está: monte de nuevo el disco de state_dir",
			"the store is gone: mount the disk of state_dir again");
	case STORAGE_NEWER:
		return CTL_TEXT("lo escribió una versión más nueva: reinstálela; el almacén queda "
				"intacto",
			"written by a newer version: install it again; the store is left alone");
	case STORAGE_KEY:
		return CTL_TEXT("la llave o la terminal no son las de este almacén: devuelva "
				"queue.key y journal.key; nada se sobrescribe",
			"key or terminal do not belong to this store: put back queue.key and "
			"journal.key; nothing is overwritten");
	case STORAGE_IO:
		return CTL_TEXT("el disco falla: revíselo; se reintenta cada diez segundos",
			"the disk fails: check it; tried again every ten seconds");
	case STORAGE_GOOD:
	case STORAGE_PROBLEM_COUNT:
		break;
	}
	return CTL_TEXT("", "");
}

static struct ctl_text trouble_advice(const char *trouble)
{
	if (strcmp(trouble, "lane") == 0)
		return CTL_TEXT("no nos acepta: revise certificado, reloj y portal de red",
			"it does not accept us: check certificate, clock and network portal");
	if (strcmp(trouble, "answer") == 0)
		return CTL_TEXT(
			"sus respuestas no se entienden o no son auténticas: avise a la oficina; "
			"nada se pierde, se pregunta de nuevo",
			"its answers are not understood or not authentic: tell the office; nothing "
			"is lost, it is asked again");
	if (strcmp(trouble, "conflict") == 0 || strcmp(trouble, "defect") == 0)
		return CTL_TEXT("rechaza una solicitud por su forma: vea queue list --unsettled",
			"it refuses a request for its form: see queue list --unsettled");
	return CTL_TEXT("no responde bien: nada se pierde, se pregunta de nuevo",
		"it does not answer well: nothing is lost, it is asked again");
}

static void print_storage(const struct terminal_status *status)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%s%s%s", status->storage,
		status->problem != STORAGE_GOOD ? " (" : "",
		status->problem != STORAGE_GOOD ? storage_problem_names[status->problem] : "",
		status->problem != STORAGE_GOOD ? ")" : "");
	ctl_print_pair(CTL_TEXT("almacenamiento", "storage"), text);
	if (status->problem != STORAGE_GOOD) {
		ctl_print_pair(CTL_TEXT("qué hacer", "what to do"),
			ctl_say(storage_advice(status->problem)));
		ctl_print_pair(CTL_TEXT("detalle", "detail"), status->detail);
	}
	if (status->aside[0]) {
		ctl_print_pair(CTL_TEXT("almacén dañado, apartado", "damaged store, put aside"),
			status->aside);
		ctl_print_pair(CTL_TEXT("qué hacer", "what to do"),
			ctl_say(CTL_TEXT(
				"sus transacciones están en él: cópielo para la oficina, no "
				"borre nada antes",
				"its transactions are in it: copy it for the office, delete "
				"nothing "
				"before")));
	}
	if (status->rolled_back)
		ctl_print_pair(CTL_TEXT("qué hacer", "what to do"),
			ctl_say(CTL_TEXT(
				"el almacén es una copia antigua: compare con queue reconcile",
				"the store is an old copy: compare with queue reconcile")));
}

static void print_clock(const struct terminal_status *status)
{
	char text[128], age[32];
	const int64_t off = status->clock_off_ms;

	ctl_format_age(off < 0 ? -off : off, age);
	snprintf(text, sizeof(text), "%s%s%s%s",
		status->clock_trusted
			? ctl_say(CTL_TEXT("firmado por un servicio", "signed by a service"))
			: ctl_say(CTL_TEXT("sin confirmar", "not confirmed")),
		off != 0 ? ctl_say(off > 0 ? CTL_TEXT("; el sistema adelanta ",
						     "; the system is ahead ")
					   : CTL_TEXT("; el sistema atrasa ",
						     "; the system is behind "))
			 : "",
		off != 0 ? age : "",
		off != 0 ? ctl_say(CTL_TEXT(": revise pila y origen de la hora",
				   ": check battery and source of the time"))
			 : "");
	ctl_print_pair(CTL_TEXT("reloj", "clock"), text);
}

static void print_services(const struct terminal_status *status)
{
	for (size_t i = 0; i < status->service_count; i++) {
		const struct status_service *service = &status->services[i];
		char text[256];
		snprintf(text, sizeof(text), "%s: %s%s%s%s", service->adapter,
			service->online ? ctl_say(CTL_TEXT("en línea", "online"))
					: ctl_say(CTL_TEXT("sin conexión", "offline")),
			service->reason[0] ? ", " : "", service->reason,
			service->trouble[0] ? ";" : "");
		ctl_print_pair(CTL_TEXT("servicio", "service"), text);
		if (service->trouble[0])
			ctl_print_pair(CTL_TEXT("qué hacer", "what to do"),
				ctl_say(trouble_advice(service->trouble)));
	}
}

/* "Mercado Central, Oaxaca de Juárez, Oaxaca": as far as it was told. */
static void print_place(const struct status_place *place)
{
	const struct entity *entity = entity_by_code(place->entity);
	const char *parts[] = {
		place->site, place->municipality, entity ? entity_name(entity, ctl_lang()) : ""};
	char text[320] = "";

	for (size_t i = 0; i < VT_ELEMENTS(parts); i++) {
		const size_t length = strlen(text);
		if (parts[i][0])
			snprintf(text + length, sizeof(text) - length, "%s%s",
				length > 0 ? ", " : "", parts[i]);
	}
	ctl_print_pair(CTL_TEXT("lugar", "place"),
		text[0] ? text : ctl_say(CTL_TEXT("no se ha dicho", "not told yet")));
}

static void print_panel(const struct screen_panel *panel)
{
	const char *as_configured = ctl_say(CTL_TEXT("según terminal.conf", "as in terminal.conf"));
	char text[64];

	snprintf(text, sizeof(text), "%d.%02d px/mm", (panel->px_per_m + 5) / 1000,
		(panel->px_per_m + 5) / 10 % 100);
	ctl_print_pair(CTL_TEXT("tamaño de la imagen", "size of the picture"),
		panel->px_per_m ? text : as_configured);
	snprintf(text, sizeof(text), "%d mm", panel->bottom_mm);
	ctl_print_pair(CTL_TEXT("altura de la pantalla", "height of the screen"),
		panel->bottom_mm ? text : as_configured);
	snprintf(text, sizeof(text), "%s, %d.%d mm", ctl_say(CTL_TEXT("calibrada", "calibrated")),
		panel->touch.error_um / 1000, panel->touch.error_um / 100 % 10);
	ctl_print_pair(CTL_TEXT("pantalla táctil", "touch screen"),
		panel_has_touch(&panel->touch)
			? text
			: ctl_say(CTL_TEXT("sin calibrar aquí", "not calibrated here")));
}

static void print_status(const struct terminal_status *status)
{
	char age[32];

	ctl_print_pair(CTL_TEXT("terminal", "terminal"), status->terminal);
	ctl_print_pair(CTL_TEXT("versión", "version"), status->version);
	print_place(&status->place);
	print_panel(&status->place.panel);
	ctl_print_pair(CTL_TEXT("sesión", "session"), status->session);
	print_storage(status);
	ctl_print_pair(CTL_TEXT("pantalla conectada", "ui connected"), yes_no(status->ui));
	ctl_print_pair(
		CTL_TEXT("dispositivos conectados", "devices connected"), yes_no(status->devices));
	ctl_print_pair(CTL_TEXT("envíos conectados", "sync connected"), yes_no(status->sync));
	ctl_print_pair(CTL_TEXT("en línea", "online"), yes_no(status->online));
	print_clock(status);
	print_services(status);
	ctl_print_pair(CTL_TEXT("impresora", "printer"), status->printer);
	ctl_print_number(CTL_TEXT("por enviar", "to send"), status->queued);
	ctl_print_number(CTL_TEXT("espera a una persona", "waiting for a person"), status->dead);
	ctl_format_age(status->oldest_ms, age);
	ctl_print_pair(CTL_TEXT("el más antiguo", "oldest"), status->queued > 0 ? age : "");
	ctl_print_number(CTL_TEXT("sesiones", "sessions"), status->sessions);
	ctl_format_age(status->uptime_ms, age);
	ctl_print_pair(CTL_TEXT("en marcha", "uptime"), age);
}

enum ctl_exit ctl_status(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = ask_simple(options, BUS_TERMINAL_STATUS, &remote);

	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.status/1", remote.msg);
	print_status(&remote.msg->payload.terminal_status);
	return CTL_OK;
}

/* ---- queue ---- */

static const struct bus_table *row_table(void)
{
	/* The only list in the payload of Queue.List. */
	const struct bus_table *table = bus_payload_table(BUS_QUEUE_LIST, BUS_COMPLETION);

	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].kind == BUS_LIST)
			return table->fields[i].table;
	}
	VT_UNREACHABLE();
}

static void add_row(struct ctl_table *table, const struct queue_row *row)
{
	char attempts[16], created[32], next[32] = "";

	snprintf(attempts, sizeof(attempts), "%d", row->attempts);
	ctl_format_time(row->created_unix_ms, created);
	if (row->next_ms > 0)
		ctl_format_age(row->next_ms, next);
	const char *cells[] = {row->folio[0] ? row->folio : row->transaction, row->service,
		row->state, row->receipt, attempts, row->cause, created, next};
	ctl_table_add(table, cells);
}

/* All pages, each given to the table or to the JSON. */
static enum ctl_exit collect_rows(const struct ctl_options *options, struct remote *remote,
	struct ctl_table *table, struct vt_buf *out)
{
	int64_t cursor = 0;
	bool first = true;

	for (int page = 0; page < MAX_PAGES; page++) {
		bus_make_command(remote->msg, remote->conn, BUS_QUEUE_LIST);
		remote->msg->payload.queue_query.cursor = cursor;
		remote->msg->payload.queue_query.unsettled_only = options->unsettled;
		enum ctl_exit code = ask_core(remote);
		if (code)
			return code;
		const struct queue_list *list = &remote->msg->payload.queue_list;
		for (size_t i = 0; i < list->count; i++) {
			add_row(table, &list->rows[i]);
			vt_buf_append_text(out, first ? "" : ",");
			append_object(out, NULL, row_table(), &list->rows[i]);
			first = false;
		}
		if (list->next == 0 || list->next == cursor)
			return CTL_OK;
		cursor = list->next;
	}
	return CTL_OK;
}

enum ctl_exit ctl_queue_list(const struct ctl_options *options)
{
	static const struct ctl_text headings[] = {{"FOLIO", "FOLIO"}, {"SERVICIO", "SERVICE"},
		{"ESTADO", "STATE"}, {"RECIBO", "RECEIPT"}, {"INTENTOS", "ATTEMPTS"},
		{"CAUSA", "CAUSE"}, {"CREADO", "CREATED"}, {"PRÓXIMO EN", "NEXT IN"}};
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	struct ctl_table table;
	struct vt_buf out;
	enum ctl_exit code = remote_open(options, &remote);

	if (code)
		return code;
	ctl_table_init(&table, VT_ELEMENTS(headings), headings);
	vt_buf_init(&out, (size_t)CTL_MAX_JSON * 64);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.queue.list/1\",\"rows\":[");
	code = collect_rows(options, &remote, &table, &out);
	vt_buf_append_text(&out, "]}");
	if (!code && options->json) {
		free(table.cells);
		return ctl_json_print(&out);
	}
	vt_buf_finish(&out);
	if (!code)
		return ctl_table_print(&table);
	free(table.cells);
	return code;
}

static void print_row(const struct queue_row *row)
{
	char text[32];

	ctl_print_pair(CTL_TEXT("transacción", "transaction"), row->transaction);
	ctl_print_pair(CTL_TEXT("folio", "folio"), row->folio);
	ctl_print_pair(CTL_TEXT("servicio", "service"), row->service);
	ctl_print_pair(CTL_TEXT("estado", "state"), row->state);
	ctl_print_pair(CTL_TEXT("recibo", "receipt"), row->receipt);
	ctl_print_number(CTL_TEXT("intentos", "attempts"), row->attempts);
	ctl_print_pair(CTL_TEXT("última causa", "last cause"), row->cause);
	ctl_format_time(row->created_unix_ms, text);
	ctl_print_pair(CTL_TEXT("creado", "created"), text);
	ctl_format_age(row->next_ms, text);
	ctl_print_pair(
		CTL_TEXT("próximo intento en", "next attempt in"), row->next_ms > 0 ? text : "");
	if (row->note[0])
		ctl_print_pair(CTL_TEXT("motivo del abandono", "given up because"), row->note);
	if (strcmp(row->state, "DEAD") == 0)
		ctl_print_pair(CTL_TEXT("qué hacer", "what to do"), ctl_queue_advice(row->cause));
}

enum ctl_exit ctl_queue_show(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = remote_open(options, &remote);

	if (code)
		return code;
	bus_make_command(remote.msg, remote.conn, BUS_QUEUE_SHOW);
	struct queue_query *query = &remote.msg->payload.queue_query;
	if (!vt_copy(query->id, sizeof(query->id), options->args[0])) {
		ctl_complain(CTL_TEXT("no hay tal transacción", "no such transaction"), NULL);
		return CTL_NOT_FOUND;
	}
	code = ask_core(&remote);
	if (code)
		return code;
	const struct queue_list *list = &remote.msg->payload.queue_list;
	if (list->count == 0) {
		ctl_complain(CTL_TEXT("no hay tal transacción", "no such transaction"),
			options->args[0]);
		return CTL_NOT_FOUND;
	}
	if (!options->json) {
		print_row(&list->rows[0]);
		return CTL_OK;
	}
	struct vt_buf out;
	vt_buf_init(&out, CTL_MAX_JSON);
	append_object(&out, "ventanilla.queue.row/1", row_table(), &list->rows[0]);
	return ctl_json_print(&out);
}
