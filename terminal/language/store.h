#ifndef VT_LANGUAGE_STORE_H
#define VT_LANGUAGE_STORE_H

/* The installed language packs of a terminal, each whole or not there.
 *
 *	STORE/yua ─► .packs/yua-3-1f09…   what is offered: one symbolic link, swapped by rename
 *	STORE/.packs/yua.previous ─► …    what a rollback returns to
 *	STORE/.packs/yua-3-1f09…/         the files of a pack (pack.h), never changed
 *
 * An install copies and hashes into a new folder, makes it durable, then swaps the link: a power
 *cut leaves the old pack or the new one. What an interrupted install left is removed by the next.
 *One writer at a time, by a lock on the store; readers need none. The store's own folder changes
 *with every swap, so that readers see from its time whether to look again. Blocks. */

#include "terminal/language/pack.h"

#define STORE_MAX_LANGUAGES 14 /* with Spanish and English a screen of sixteen */

struct store {
	const char *folder; /* exists */
	struct pack_trust trust;
	/* Tests only, else NULL: called before each step that changes the store; an errno other
	 * than 0 is what that step fails with. */
	int (*before_step)(void *userdata, const char *step);
	void *userdata;
};

struct store_language {
	struct pack pack; /* without its files */
	bool has_clips, has_previous;
	enum vt_code code; /* why it is not offered; only lang is certain then */
	char reason[160];
};

/* Installs the pack in the folder at source. *ret is what is installed now (without files).
 * VT_ERR_STATE: older than what is installed; VT_ERR_LIMIT: too many languages; VT_ERR_BUSY:
 * another install runs; the errors of pack_open() and pack_check_files(). After a failure what was
 * installed before still is. */
VT_MUST_USE enum vt_code store_install(
	const struct store *store, const char *source, struct pack *ret, struct vt_error *error);
/* Takes a language away, and what a rollback would return to. VT_ERR_NOT_FOUND. */
VT_MUST_USE enum vt_code store_remove(
	const struct store *store, const char *lang, struct vt_error *error);
/* Returns to the pack before the last install; the two change places. VT_ERR_NOT_FOUND: there is
 * none. */
VT_MUST_USE enum vt_code store_rollback(
	const struct store *store, const char *lang, struct pack *ret, struct vt_error *error);
/* The installed languages by code, each checked again: signature, hashes, texts. Those that fail
 * have code set. VT_ERR_NOT_FOUND: no such folder. */
VT_MUST_USE enum vt_code store_list(const struct store *store,
	struct store_language ret[STORE_MAX_LANGUAGES], size_t *ret_count, struct vt_error *error);

#endif
