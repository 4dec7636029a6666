#ifndef VT_AGENCY_INGEST_H
#define VT_AGENCY_INGEST_H

/* Packages that came on a stick (ventanillactl queue export): opened, verified, and each of their
 * transactions applied under the same (terminal, key) as if it had come by the network. */

#include "tools/agency/registry.h"
#include "tools/agency/store.h"

struct ingest_options {
	struct store *store;
	const struct registry_account *account;
	const char *ca;		/* who certifies terminals */
	const char *cert, *key; /* for which packages are sealed */
	const char *today;	/* NULL: the clock's */
};

struct ingest_report {
	char terminal[TERMINAL_SIZE]; /* who signed; "" = none yet */
	int parts;
	int applied, replayed, refused; /* transactions */
	int failed;			/* transactions that are not understood */
};

/* Applies the file's parts in order; stops at the first that is not believed (VT_ERR_UNTRUSTED:
 * not sealed for us, bad or foreign signature, another terminal than the part before;
 * VT_ERR_PARSE): what was applied before stays applied, and coming again counts once. *report is
 * always written. */
VT_MUST_USE enum vt_code ingest_file(const struct ingest_options *options, const char *path,
	struct ingest_report *report, struct vt_error *error);

/* One part after its seal and signature: text (length bytes of JSON, untrusted in form, for another
 * terminal may have been tricked into signing it) of the terminal that signed. Adds to *report.
 * VT_ERR_PARSE: not of this format; VT_ERR_UNTRUSTED: names another terminal. */
VT_MUST_USE enum vt_code ingest_text(const struct ingest_options *options, const char *terminal,
	const char *text, size_t length, struct ingest_report *report, struct vt_error *error);

#endif
