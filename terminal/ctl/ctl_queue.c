/* What a person decides about transactions, and the comparison with the services' ledgers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"

/* Core asks about a page one by one, 8 s each at most. */
#define PAGE_PATIENCE_MS 150000

const char *ctl_queue_advice(const char *cause)
{
	if (strcmp(cause, "defect") == 0)
		return ctl_say(CTL_TEXT("el servicio no acepta la forma de la solicitud: avise a "
					"la oficina; cuando "
					"esté corregido, queue retry; si no procede, queue discard",
			"the service refuses the form of the request: tell the office; once "
			"mended, "
			"queue retry; if it is void, queue discard"));
	if (strcmp(cause, "conflict") == 0)
		return ctl_say(CTL_TEXT(
			"el servicio tiene otra solicitud bajo la misma llave: avise a la oficina "
			"y "
			"no repita el cobro; queue retry pregunta de nuevo, queue discard la "
			"abandona",
			"the service holds another request under the same key: tell the office and "
			"never charge again; queue retry asks again, queue discard gives it up"));
	if (strcmp(cause, "other") == 0)
		return ctl_say(CTL_TEXT(
			"el renglón fue alterado en el disco o la respuesta no se entiende: vea el "
			"registro, guarde una copia de la carpeta de estado y avise a la oficina; "
			"ella "
			"dice si queue retry o queue discard",
			"the row was altered on disk or the answer is not understood: see the log, "
			"keep a copy of the state folder and tell the office; it says whether "
			"queue "
			"retry or queue discard"));
	return ctl_say(CTL_TEXT(
		"no se sabe si tuvo efecto: pregunte a la oficina del servicio; si no lo tuvo, "
		"queue retry; si lo tuvo o ya no procede, queue discard",
		"unknown whether it took effect: ask the service's office; if it did not, queue "
		"retry; if it did or is void, queue discard"));
}

/* ---- decisions ---- */

static enum ctl_exit refuse(struct ctl_text text, const char *state, enum ctl_exit code)
{
	ctl_complain(text, state);
	return code;
}

static enum ctl_exit judge(const struct queue_decided *decided)
{
	const char *state = decided->state;

	switch (decided->verdict) {
	case VERDICT_DONE:
		return CTL_OK;
	case VERDICT_IN_FLIGHT:
		return refuse(CTL_TEXT("está en camino: espere su respuesta y vea queue show",
				      "it is under way: wait for its answer, see queue show"),
			state, CTL_BUSY);
	case VERDICT_IN_LANE:
		return refuse(CTL_TEXT("espera a la transacción anterior del mismo ciudadano",
				      "it waits for the same citizen's transaction before it"),
			state, CTL_BUSY);
	case VERDICT_SERVED:
		return refuse(CTL_TEXT("la terminal atiende ahora al ciudadano de esta transacción",
				      "the terminal is serving the citizen of this transaction"),
			state, CTL_BUSY);
	case VERDICT_IN_DOUBT:
		return refuse(
			CTL_TEXT("puede haber tenido efecto: no se abandona sin preguntar al "
				 "servicio; la terminal pregunta por sí sola",
				"it may have taken effect: not given up before the service is "
				"asked; the terminal asks by itself"),
			state, CTL_NOT_PERMITTED);
	case VERDICT_SETTLED:
		return refuse(CTL_TEXT("ya terminó: no hay nada que decidir",
				      "it is settled: there is nothing to decide"),
			state, CTL_NOT_PERMITTED);
	case QUEUE_VERDICT_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

/* On CTL_OK core's answer is in remote->msg. */
static enum ctl_exit decide(
	const struct ctl_options *options, enum bus_name name, struct remote *remote)
{
	enum ctl_exit code = remote_open(options, remote);

	if (code)
		return code;
	bus_make_command(remote->msg, remote->conn, name);
	struct queue_decision *decision = &remote->msg->payload.queue_decision;
	if (!vt_copy(decision->id, sizeof(decision->id), options->args[0])) {
		ctl_complain(CTL_TEXT("no hay tal transacción", "no such transaction"), NULL);
		return CTL_NOT_FOUND;
	}
	if (!vt_copy(decision->reason, sizeof(decision->reason),
		    options->reason ? options->reason : "")) {
		ctl_complain(
			CTL_TEXT("--reason: hasta 160 bytes", "--reason: up to 160 bytes"), NULL);
		return CTL_USAGE;
	}
	code = ask_core(remote);
	return code ? code : judge(&remote->msg->payload.queue_decided);
}

static void print_decided(struct ctl_text done, const struct queue_decided *decided)
{
	printf("%s: %s (%s)\n", decided->folio[0] ? decided->folio : decided->transaction,
		ctl_say(done), decided->state);
}

enum ctl_exit ctl_queue_retry(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	const enum ctl_exit code = decide(options, BUS_QUEUE_RETRY, &remote);

	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.queue.retry/1", remote.msg);
	print_decided(
		CTL_TEXT("se intenta de nuevo", "tried again"), &remote.msg->payload.queue_decided);
	return CTL_OK;
}

enum ctl_exit ctl_queue_discard(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};

	if (!options->reason || !options->reason[0]) {
		ctl_complain(CTL_TEXT("falta --reason: por qué se abandona, sin datos personales",
				     "--reason is missing: why it is given up, no personal data"),
			NULL);
		return CTL_USAGE;
	}
	const enum ctl_exit code = decide(options, BUS_QUEUE_DISCARD, &remote);
	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.queue.discard/1", remote.msg);
	print_decided(CTL_TEXT("abandonada", "given up"), &remote.msg->payload.queue_decided);
	return CTL_OK;
}

/* ---- comparison ---- */

static struct ctl_text finding_text(enum reconcile_finding finding)
{
	switch (finding) {
	case FINDING_UNKNOWN_THERE:
		return CTL_TEXT("terminada aquí, allá no existe", "settled here, unknown there");
	case FINDING_NOT_SETTLED_HERE:
		return CTL_TEXT("terminada allá, aquí no", "settled there, not here");
	case FINDING_DIFFERENT:
		return CTL_TEXT("el resultado difiere", "result differs");
	case FINDING_UNANSWERED:
		return CTL_TEXT("el servicio no contesta", "service does not answer");
	case FINDING_ONLY_THERE:
		return CTL_TEXT("solo allá: esta terminal no la conoce",
			"only there: this terminal does not know it");
	case FINDING_MOVING:
		return CTL_TEXT("en camino, pregunte después", "under way, ask later");
	case FINDING_SAME:
	case RECONCILE_FINDING_COUNT:
		break;
	}
	return CTL_TEXT("igual", "same");
}

struct comparison {
	int64_t compared, differences, unanswered, moving;
	struct ctl_table table;
	struct vt_buf rows; /* JSON */
	bool is_first;
};

static const struct bus_table *row_table(void)
{
	const struct bus_table *table = bus_payload_table(BUS_QUEUE_RECONCILE, BUS_COMPLETION);

	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].kind == BUS_LIST)
			return table->fields[i].table;
	}
	VT_UNREACHABLE();
}

static void add_row(struct comparison *sum, const struct reconcile_row *row)
{
	char created[32];

	sum->unanswered += row->finding == FINDING_UNANSWERED;
	sum->moving += row->finding == FINDING_MOVING;
	sum->differences += row->finding == FINDING_UNKNOWN_THERE ||
			    row->finding == FINDING_NOT_SETTLED_HERE ||
			    row->finding == FINDING_DIFFERENT || row->finding == FINDING_ONLY_THERE;
	ctl_format_time(row->created_unix_ms, created);
	const char *cells[] = {row->folio[0] ? row->folio
			       : row->key[0] ? row->key
					     : row->transaction,
		row->service, row->here, row->there, ctl_say(finding_text(row->finding)), created};
	ctl_table_add(&sum->table, cells);
	vt_buf_append_text(&sum->rows, sum->is_first ? "" : ",");
	append_object(&sum->rows, NULL, row_table(), row);
	sum->is_first = false;
}

static int64_t since_ms(const struct ctl_options *options)
{
	struct tm tm = {
		.tm_year = options->since.year - 1900,
		.tm_mon = options->since.month - 1,
		.tm_mday = options->since.day,
		.tm_isdst = -1,
	};

	return options->has_since ? (int64_t)mktime(&tm) * 1000 : 0;
}

/* Only for eyes: a pipe gets the result alone. */
static void show_progress(const struct comparison *sum, bool is_end)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s %lld%s", ctl_say(CTL_TEXT("comparadas", "compared")),
		(long long)sum->compared, is_end ? "\r\033[K" : "");
	fflush(stderr);
}

static enum ctl_exit compare(
	const struct ctl_options *options, struct remote *remote, struct comparison *sum)
{
	const int64_t patience =
		options->timeout_ms > PAGE_PATIENCE_MS ? options->timeout_ms : PAGE_PATIENCE_MS;
	const struct reconcile_list *list = &remote->msg->payload.reconcile_list;
	int64_t cursor = 0;

	do {
		bus_make_command(remote->msg, remote->conn, BUS_QUEUE_RECONCILE);
		remote->msg->payload.reconcile_query.cursor = cursor;
		remote->msg->payload.reconcile_query.since_unix_ms = since_ms(options);
		remote->deadline_ms = vt_clock_monotonic_ms() + patience;
		const enum ctl_exit code = ask_core(remote);
		if (code)
			return code;
		sum->compared += list->compared;
		for (size_t i = 0; i < list->count; i++)
			add_row(sum, &list->rows[i]);
		show_progress(sum, list->next == 0);
		if (list->next == cursor)
			break;
		cursor = list->next;
	} while (cursor != 0);
	return CTL_OK;
}

static void print_count(struct ctl_text name, int64_t count)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)count);
	ctl_print_pair(name, text);
}

/* Frees the table. */
static enum ctl_exit print_comparison(const struct ctl_options *options, struct comparison *sum)
{
	struct vt_buf out;

	if (!options->json) {
		const enum ctl_exit code = ctl_table_print(&sum->table);
		print_count(CTL_TEXT("comparadas", "compared"), sum->compared);
		print_count(CTL_TEXT("diferencias", "differences"), sum->differences);
		print_count(CTL_TEXT("sin respuesta", "unanswered"), sum->unanswered);
		print_count(CTL_TEXT("en camino", "under way"), sum->moving);
		return code;
	}
	free(sum->table.cells);
	vt_buf_init(&out, (size_t)CTL_MAX_JSON * 64);
	vt_buf_printf(&out,
		"{\"schema\":\"ventanilla.queue.reconcile/1\",\"compared\":%lld,"
		"\"differences\":%lld,\"unanswered\":%lld,\"moving\":%lld,\"rows\":[",
		(long long)sum->compared, (long long)sum->differences, (long long)sum->unanswered,
		(long long)sum->moving);
	if (sum->rows.failed)
		out.failed = sum->rows.failed;
	vt_buf_append(&out, sum->rows.data, sum->rows.length);
	vt_buf_append_text(&out, "]}");
	return ctl_json_print(&out);
}

enum ctl_exit ctl_queue_reconcile(const struct ctl_options *options)
{
	static const struct ctl_text headings[] = {{"FOLIO", "FOLIO"}, {"SERVICIO", "SERVICE"},
		{"AQUÍ", "HERE"}, {"ALLÁ", "THERE"}, {"HALLAZGO", "FINDING"},
		{"CREADO", "CREATED"}};
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	struct comparison sum = {.is_first = true};
	enum ctl_exit code = remote_open(options, &remote);

	if (code)
		return code;
	ctl_table_init(&sum.table, VT_ELEMENTS(headings), headings);
	vt_buf_init(&sum.rows, (size_t)CTL_MAX_JSON * 60);
	code = compare(options, &remote, &sum);
	if (code)
		free(sum.table.cells);
	else
		code = print_comparison(options, &sum);
	vt_buf_finish(&sum.rows);
	if (code)
		return code;
	if (sum.differences > 0)
		return CTL_PROBLEMS;
	return sum.unanswered > 0 ? CTL_NETWORK : CTL_OK;
}
