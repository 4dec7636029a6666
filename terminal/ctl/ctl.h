#ifndef VT_CTL_CTL_H
#define VT_CTL_CTL_H

/* ventanillactl: what its commands share. The program owns nothing: rules come from domain/ and
 * session/, everything about this terminal from core over its socket. Data go to stdout, messages
 * to stderr. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/domain/date.h"

/* Exit codes (UI.md §13). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILURE = 1,
	CTL_USAGE = 2,
	CTL_NOT_FOUND = 3,
	CTL_NOT_PERMITTED = 4,
	CTL_DEVICE = 5,
	CTL_NETWORK = 6, /* core or a service cannot be reached */
	CTL_TIMEOUT = 7,
	CTL_BUSY = 8,
	CTL_PROBLEMS = 9, /* a check ran and found something */
};

/* The command line after its noun and verb. Texts are borrowed from argv. */
struct ctl_options {
	bool json;
	bool help;
	const char *socket; /* NULL: from the environment */
	int64_t timeout_ms;
	bool unsettled;
	const char *reason; /* queue discard; NULL: none given */
	const char *to;	    /* queue export */
	bool has_since;
	struct vt_date since;	/* queue reconcile */
	int64_t last;		/* journal show: how many rows */
	const char *checkpoint; /* journal verify: file; NULL: none given */
	const char *public_key; /* journal verify: file; NULL: none given */
	struct vt_date today;	/* --today, else the local day */
	const char *first_surname, *second_surname, *names, *birth, *sex, *entity; /* curp root */
	bool has_timeout;      /* --timeout was given */
	const char *data_file; /* card sign: what is signed */
	const char *out_file;  /* card sign: where the signature goes; NULL: stdout, base64 */
	const char *pin_file;  /* card sign: "-" = stdin; NULL: the console */
	bool last_try;	       /* card sign */
	const char *config;    /* language: NULL = /etc/ventanilla/terminal.conf */
	bool is_letter;	       /* print test: the letter-size printer */
	int arg_count;
	char **args;
};

/* ---- texts ---- */

/* A message in both languages; every message stands beside its use. */
struct ctl_text {
	const char *es, *en;
};
#define CTL_TEXT(es_text, en_text) ((struct ctl_text){.es = (es_text), .en = (en_text)})

/* Spanish, unless the environment asks for C, POSIX or English (LC_ALL, LC_MESSAGES, LANG). Call
 * once. */
void ctl_choose_language(void);
const char *ctl_lang(void); /* "es-MX" or "en" */
const char *ctl_say(struct ctl_text text);
/* "ventanillactl: message: detail" on stderr; detail may be NULL. Control characters become '?'. */
void ctl_complain(struct ctl_text text, const char *detail);

/* ---- ctl_device_words.c ---- */

/* A sentence of device_status.advice or device_tested.detail, a reason of theirs; what is not known
 * comes back as it is. */
const char *ctl_device_sentence(const char *english);
const char *ctl_device_reason(const char *reason);
/* What a person has to do while this device is tested; NULL = nothing. */
const char *ctl_device_request(const char *id);

/* ---- tables ---- */

#define CTL_MAX_COLUMNS 8
#define CTL_CELL_SIZE	160

/* Rows of cells, printed with columns as wide as their longest cell. */
struct ctl_table {
	size_t columns, rows, room;
	char (*cells)[CTL_CELL_SIZE]; /* owned */
	bool failed;		      /* no memory */
};
/* First row = headings, `columns` of them. */
void ctl_table_init(struct ctl_table *table, size_t columns, const struct ctl_text *headings);
/* Adds a row of `columns` cells ("" = "-"); longer texts are cut. */
void ctl_table_add(struct ctl_table *table, const char *const *cells);
/* Prints to stdout and frees. */
enum ctl_exit ctl_table_print(struct ctl_table *table);

/* One "name: value" line of a record, names padded. */
void ctl_print_pair(struct ctl_text name, const char *value);
/* "2 d 3 h", "5 min", "12 s". */
void ctl_format_age(int64_t ms, char ret_text[32]);
/* "2026-11-23 10:42", local. */
void ctl_format_time(int64_t unix_ms, char ret_text[32]);
/* Text without control characters, for what comes from outside; cut to size. */
void ctl_clean(char *dst, size_t size, const char *text);

/* ---- JSON ---- */

/* Appends text as a JSON string. */
void ctl_json_string(struct vt_buf *out, const char *text);
/* Prints what is there so far, for answers of any length. */
void ctl_json_flush(struct vt_buf *out);
/* Prints out and a newline, and finishes it. CTL_OK, or CTL_FAILURE if it was cut or stdout fails.
 */
enum ctl_exit ctl_json_print(struct vt_buf *out);
#define CTL_MAX_JSON (1024 * 1024)

/* The local calendar day. */
struct vt_date ctl_today(void);

/* ---- commands ---- */

enum ctl_exit ctl_curp_check(const struct ctl_options *options);
enum ctl_exit ctl_curp_root(const struct ctl_options *options);
enum ctl_exit ctl_catalog_lint(const struct ctl_options *options);
enum ctl_exit ctl_catalog_show(const struct ctl_options *options);
enum ctl_exit ctl_status(const struct ctl_options *options);
enum ctl_exit ctl_device_list(const struct ctl_options *options);
enum ctl_exit ctl_device_show(const struct ctl_options *options);
enum ctl_exit ctl_device_reset(const struct ctl_options *options);
enum ctl_exit ctl_device_test(const struct ctl_options *options);
enum ctl_exit ctl_print_test(const struct ctl_options *options);
enum ctl_exit ctl_device_descriptor(const struct ctl_options *options);
enum ctl_exit ctl_card_show(const struct ctl_options *options);
enum ctl_exit ctl_card_sign(const struct ctl_options *options);
enum ctl_exit ctl_queue_list(const struct ctl_options *options);
enum ctl_exit ctl_queue_show(const struct ctl_options *options);
enum ctl_exit ctl_queue_retry(const struct ctl_options *options);
enum ctl_exit ctl_queue_discard(const struct ctl_options *options);
enum ctl_exit ctl_queue_export(const struct ctl_options *options);
enum ctl_exit ctl_queue_reconcile(const struct ctl_options *options);
enum ctl_exit ctl_technician_code(const struct ctl_options *options);
enum ctl_exit ctl_language_list(const struct ctl_options *options);
enum ctl_exit ctl_language_show(const struct ctl_options *options);
enum ctl_exit ctl_language_install(const struct ctl_options *options);
enum ctl_exit ctl_language_rollback(const struct ctl_options *options);
enum ctl_exit ctl_language_remove(const struct ctl_options *options);
enum ctl_exit ctl_journal_show(const struct ctl_options *options);
enum ctl_exit ctl_journal_verify(const struct ctl_options *options);
enum ctl_exit ctl_journal_checkpoint(const struct ctl_options *options);

#endif
