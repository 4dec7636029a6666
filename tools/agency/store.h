#ifndef VT_AGENCY_STORE_H
#define VT_AGENCY_STORE_H

/* The agency's one SQLite file: people, and the ledger in which (terminal, key) is unique for ever.
 *
 * An effect and its ledger row are written between one store_begin() and one store_commit(); the
 * table `effects` has no uniqueness of its own, so that a double application would be seen in it
 * instead of being hidden by a constraint. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"
#include "tools/agency/population.h"

/* A terminal's id: the common name of its certificate. */
#define TERMINAL_SIZE 65
/* Session of an answered query: 32 hex digits. */
#define SESSION_SIZE	 33
#define FINGERPRINT_SIZE 65

struct store;

/* Opens or makes path; (re)generates the people if they are not those of seed. The ledger stays. */
VT_MUST_USE enum vt_code store_open(
	const char *path, uint64_t seed, struct store **ret_store, struct vt_error *error);
/* NULL allowed; *store becomes NULL. */
void store_close(struct store **store);

/* One write transaction at a time. abort after a failed begin or commit is allowed. */
VT_MUST_USE enum vt_code store_begin(struct store *store, struct vt_error *error);
VT_MUST_USE enum vt_code store_commit(struct store *store, struct vt_error *error);
void store_abort(struct store *store);

enum store_state { STORE_APPLIED, STORE_REJECTED };

/* What was decided about one (terminal, key). */
struct store_row {
	char operation[24];
	char fingerprint[FINGERPRINT_SIZE]; /* SHA-256 of the business payload, hex */
	enum store_state state;
	int status;		    /* HTTP status of the original answer */
	char session[SESSION_SIZE]; /* "" where nothing is to be confirmed */
	bool is_latin1;		    /* the answer goes out in Latin-1 */
	char reason[64];	    /* of a rejection, else "" */
	struct vt_buf answer;	    /* owned; the original answer's document */
};

/* Frees the answer. Accepts a zeroed struct. */
void store_row_finish(struct store_row *row);

/* The row of (terminal, key) into *ret_row (finish it). VT_ERR_NOT_FOUND: nothing decided yet. */
VT_MUST_USE enum vt_code store_find(struct store *store, const char *terminal, const char *key,
	struct store_row *ret_row, struct vt_error *error);
/* Writes the decision. VT_ERR_EXISTS: (terminal, key) is taken. */
VT_MUST_USE enum vt_code store_decide(struct store *store, const char *terminal, const char *key,
	const struct store_row *row, int64_t now_unix_ms, struct vt_error *error);
/* Notes that something was done in the world for this key: a document with this number went out. */
VT_MUST_USE enum vt_code store_effect(struct store *store, const char *terminal, const char *key,
	const char *document, struct vt_error *error);
/* Keeps a signed request and its signature (base64 both) as they came. */
VT_MUST_USE enum vt_code store_request(struct store *store, const char *terminal, const char *key,
	const char *text, const char *cms, struct vt_error *error);
/* Next value of a counter that starts at first. */
VT_MUST_USE enum vt_code store_next(struct store *store, const char *counter, int64_t first,
	int64_t *ret, struct vt_error *error);

/* Notes the confirmation of session; *ret_is_first tells whether it is the first. VT_ERR_NOT_FOUND:
 * no such session of this terminal. */
VT_MUST_USE enum vt_code store_confirm(struct store *store, const char *terminal,
	const char *session, int64_t now_unix_ms, bool *ret_is_first, struct vt_error *error);

/* The record of curp, or of the key that replaced it. VT_ERR_NOT_FOUND. */
VT_MUST_USE enum vt_code store_person_by_key(
	struct store *store, const char *curp, struct person *ret_person, struct vt_error *error);

/* Folded texts; "" in second, sex or entity does not narrow. */
struct store_query {
	char first[NAMES_SIZE];
	char second[NAMES_SIZE];
	char names[NAMES_SIZE];
	char birth[11];
	char sex[2];
	char entity[3];
};
/* Up to max records in order of their keys. */
VT_MUST_USE enum vt_code store_persons_by_data(struct store *store, const struct store_query *query,
	size_t max, struct person *ret_persons, size_t *ret_count, struct vt_error *error);

/* One decision, without what it was about. */
struct store_entry {
	int64_t sequence; /* ascending in the order of deciding */
	char key[VT_UUID_SIZE];
	enum store_state state;
	int64_t at_unix_ms;
};
/* Up to max decisions of a terminal behind the sequence `after`, of the fee service (sheets) or of
 * the registry, oldest first. */
VT_MUST_USE enum vt_code store_list(struct store *store, const char *terminal, bool sheets,
	int64_t after, size_t max, struct store_entry *ret_entries, size_t *ret_count,
	struct vt_error *error);
/* A terminal showed a checkpoint of its audit journal, "SEQUENCE HASH": kept for ever; two hashes
 * of one sequence are kept both. Anything else is ignored. */
VT_MUST_USE enum vt_code store_witness(struct store *store, const char *terminal,
	const char *checkpoint, int64_t now_unix_ms, struct vt_error *error);
/* Checkpoints in the form that `ventanillactl journal verify --checkpoint` takes, oldest first. */
VT_MUST_USE enum vt_code store_print_checkpoints(
	struct store *store, struct vt_buf *out, struct vt_error *error);

/* The ledger as TSV without personal data: terminal, key, operation, times applied, confirmed (1 or
 * 0, "-" where there is nothing to confirm). */
VT_MUST_USE enum vt_code store_print_ledger(
	struct store *store, struct vt_buf *out, struct vt_error *error);
/* The signed requests as TSV, oldest first: terminal, key, text, CMS, the last two in base64.
 * Personal: for whoever has to prove a request, never for a log. */
VT_MUST_USE enum vt_code store_print_requests(
	struct store *store, struct vt_buf *out, struct vt_error *error);
/* People by status and totals of the ledger, "name value" per line. */
VT_MUST_USE enum vt_code store_print_stats(
	struct store *store, struct vt_buf *out, struct vt_error *error);

#endif
