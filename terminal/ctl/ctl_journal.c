/* The audit journal for a technician: its rows, its proof, and a checkpoint to keep elsewhere. Core
 * does the arithmetic; what makes the proof worth more than core's word is what comes from outside:
 * --public-key (whose signature it must be) and --checkpoint (what was true before). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"

/* Files given by people: a PEM or a checkpoint. */
#define FILE_SIZE 1024

static const struct bus_table *row_table(void)
{
	const struct bus_table *table = bus_payload_table(BUS_JOURNAL_SHOW, BUS_COMPLETION);

	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].kind == BUS_LIST)
			return table->fields[i].table;
	}
	VT_UNREACHABLE();
}

static enum ctl_exit ask(const struct ctl_options *options, struct remote *remote,
	enum bus_name name, int64_t cursor)
{
	bus_make_command(remote->msg, remote->conn, name);
	remote->msg->payload.journal_query.cursor = cursor;
	remote->deadline_ms = vt_clock_monotonic_ms() + options->timeout_ms;
	return ask_core(remote);
}

/* ---- show ---- */

static void add_row(struct ctl_table *table, const struct journal_entry *row)
{
	char number[24], time[32], first[24], second[24];

	snprintf(number, sizeof(number), "%lld%s", (long long)row->sequence,
		row->is_signed ? " *" : "");
	snprintf(first, sizeof(first), "%lld", (long long)row->first);
	snprintf(second, sizeof(second), "%lld", (long long)row->second);
	ctl_format_time(row->at_unix_ms, time);
	const char *cells[] = {number, time, row->event[0] ? row->event : "?", row->subject, first,
		second, row->word};
	ctl_table_add(table, cells);
}

static enum ctl_exit collect(const struct ctl_options *options, struct remote *remote,
	struct ctl_table *table, struct vt_buf *out)
{
	const struct journal_page *page = &remote->msg->payload.journal_page;
	int64_t cursor = 0, left = options->last;

	while (left > 0) {
		const enum ctl_exit code = ask(options, remote, BUS_JOURNAL_SHOW, cursor);
		if (code)
			return code;
		for (size_t i = 0; i < page->count && left > 0; i++, left--) {
			add_row(table, &page->rows[i]);
			vt_buf_append_text(out, left < options->last ? "," : "");
			append_object(out, NULL, row_table(), &page->rows[i]);
		}
		if (page->next == 0 || page->next == cursor)
			break;
		cursor = page->next;
	}
	return CTL_OK;
}

enum ctl_exit ctl_journal_show(const struct ctl_options *options)
{
	static const struct ctl_text headings[] = {{"NÚM. (* FIRMADO)", "NO. (* SIGNED)"},
		{"HORA", "TIME"}, {"HECHO", "FACT"}, {"SUJETO", "SUBJECT"}, {"A", "A"}, {"B", "B"},
		{"PALABRA", "WORD"}};
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	struct ctl_table table;
	struct vt_buf out;
	enum ctl_exit code = remote_open(options, &remote);

	if (code)
		return code;
	ctl_table_init(&table, VT_ELEMENTS(headings), headings);
	vt_buf_init(&out, (size_t)CTL_MAX_JSON * 64);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.journal.show/1\",\"rows\":[");
	code = collect(options, &remote, &table, &out);
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

/* ---- checkpoint ---- */

enum ctl_exit ctl_journal_checkpoint(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = remote_open(options, &remote);

	if (!code)
		code = ask(options, &remote, BUS_JOURNAL_CHECKPOINT, 0);
	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.journal.checkpoint/1", remote.msg);
	const struct journal_signed *point = &remote.msg->payload.journal_signed;
	printf("%ssignature %s\n", point->text, point->signature);
	return CTL_OK;
}

/* ---- verify ---- */

struct kept {
	char terminal[24], hash[65];
	int64_t sequence; /* 0 = none was given */
};

static enum ctl_exit read_file(const char *path, char text[FILE_SIZE])
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	const size_t length = file ? fread(text, 1, FILE_SIZE - 1, file) : 0;

	text[length] = '\0';
	if (length > 0 && feof(file))
		return CTL_OK;
	ctl_complain(CTL_TEXT("no se puede leer el archivo", "cannot read the file"), path);
	return file || errno != ENOENT ? CTL_USAGE : CTL_NOT_FOUND;
}

/* What `journal checkpoint` printed. The signature is for who holds the public key; the row it
 * names must still be there as it was. */
static enum ctl_exit read_checkpoint(const char *path, struct kept *ret_kept)
{
	char text[FILE_SIZE], number[24] = "";
	struct kept kept = {0};
	enum ctl_exit code = read_file(path, text);

	if (code)
		return code;
	if (sscanf(text,
		    "ventanilla journal checkpoint 1\nterminal %23[^\n]\nsequence %23[0-9]\n"
		    "hash %64[0-9a-f]\n",
		    kept.terminal, number, kept.hash) == 3 &&
		strlen(kept.hash) == 64 &&
		vt_parse_i64(number, 1, INT64_MAX - 1, &kept.sequence) == VT_OK) {
		*ret_kept = kept;
		return CTL_OK;
	}
	ctl_complain(CTL_TEXT("no es un punto de control", "it is no checkpoint"), path);
	return CTL_USAGE;
}

/* Without blanks and line ends: the same key written by another program. */
static bool same_pem(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " \t\r\n");
		b += strspn(b, " \t\r\n");
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

static void set_fault(struct journal_proof *sum, int64_t broken, const char *fault)
{
	sum->broken = broken;
	vt_copy_cut(sum->fault, sizeof(sum->fault), fault);
}

/* Pages from the first row to the end, or to the first fault. */
static enum ctl_exit walk(
	const struct ctl_options *options, struct remote *remote, struct journal_proof *sum)
{
	const struct journal_proof *page = &remote->msg->payload.journal_proof;
	int64_t from = 1;

	do {
		const enum ctl_exit code = ask(options, remote, BUS_JOURNAL_VERIFY, from);
		if (code)
			return code;
		const int64_t rows = sum->rows + page->rows;
		const int64_t checkpoints = sum->checkpoints + page->checkpoints;
		*sum = *page;
		sum->rows = rows;
		sum->checkpoints = checkpoints;
		if (page->next <= from)
			break;
		from = page->next;
	} while (true);
	return CTL_OK;
}

/* The kept checkpoint must name a row that is there, unchanged. */
static enum ctl_exit compare(const struct ctl_options *options, struct remote *remote,
	const struct kept *kept, struct journal_proof *sum)
{
	const struct journal_page *page = &remote->msg->payload.journal_page;

	if (kept->sequence > sum->last) {
		set_fault(sum, sum->last + 1, "truncated");
		return CTL_OK;
	}
	const enum ctl_exit code = ask(options, remote, BUS_JOURNAL_SHOW, kept->sequence + 1);
	if (code)
		return code;
	if (page->count == 0 || page->rows[0].sequence != kept->sequence ||
		strcmp(page->rows[0].hash, kept->hash) != 0)
		set_fault(sum, kept->sequence, "rewritten");
	return CTL_OK;
}

static const char *advice(const struct journal_proof *sum)
{
	if (sum->fault[0] == '\0')
		return "";
	if (strcmp(sum->fault, "key") == 0)
		return ctl_say(
			CTL_TEXT("otra llave firma: pregunte a la oficina por la huella vigente",
				"another key signs: ask the office which one is in force"));
	return ctl_say(CTL_TEXT(
		"alguien cambió la bitácora: guarde una copia de la carpeta de estado, "
		"no la repare y avise a la oficina",
		"somebody changed the journal: keep a copy of the state folder, mend nothing, tell "
		"the office"));
}

static void print_number(struct ctl_text name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	ctl_print_pair(name, text);
}

static enum ctl_exit print_proof(
	const struct ctl_options *options, const struct journal_proof *sum, const struct kept *kept)
{
	struct vt_buf out;

	if (options->json) {
		vt_buf_init(&out, CTL_MAX_JSON);
		append_object(&out, "ventanilla.journal.verify/1",
			bus_payload_table(BUS_JOURNAL_VERIFY, BUS_COMPLETION), sum);
		return ctl_json_print(&out);
	}
	print_number(CTL_TEXT("renglones sanos", "sound rows"), sum->rows);
	print_number(CTL_TEXT("puntos de control", "checkpoints"), sum->checkpoints);
	print_number(CTL_TEXT("último renglón", "last row"), sum->last);
	print_number(CTL_TEXT("último firmado", "last signed"), sum->last_signed);
	if (kept->sequence > 0)
		print_number(CTL_TEXT("comparado con el punto", "compared with checkpoint"),
			kept->sequence);
	if (!sum->public_key[0])
		ctl_print_pair(CTL_TEXT("firma", "signature"),
			ctl_say(CTL_TEXT("esta terminal no firma", "this terminal does not sign")));
	if (sum->fault[0]) {
		print_number(CTL_TEXT("primer renglón dañado", "first damaged row"), sum->broken);
		ctl_print_pair(CTL_TEXT("daño", "damage"), sum->fault);
		ctl_print_pair(CTL_TEXT("qué hacer", "what to do"), advice(sum));
	}
	return CTL_OK;
}

enum ctl_exit ctl_journal_verify(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	struct journal_proof sum = {0};
	struct kept kept = {0};
	char pem[FILE_SIZE] = "";
	enum ctl_exit code =
		options->checkpoint ? read_checkpoint(options->checkpoint, &kept) : CTL_OK;

	if (!code && options->public_key)
		code = read_file(options->public_key, pem);
	if (!code)
		code = remote_open(options, &remote);
	if (!code)
		code = walk(options, &remote, &sum);
	if (!code && !sum.fault[0] && kept.sequence > 0)
		code = compare(options, &remote, &kept, &sum);
	if (code)
		return code;
	if (!sum.fault[0] && options->public_key && !same_pem(pem, sum.public_key))
		set_fault(&sum, 1, "key");
	code = print_proof(options, &sum, &kept);
	return code ? code : sum.fault[0] ? CTL_PROBLEMS : CTL_OK;
}
