#ifndef VT_LANGUAGE_PACK_H
#define VT_LANGUAGE_PACK_H

/* A language pack: a folder that adds a language to the terminal without a new firmware.
 *
 *	manifest.json      what it is, and name, size and SHA-256 of every other file
 *	manifest.json.cms  detached CMS signature of it (DER)
 *	ventanilla.mo      messages of the ui; what is missing is said in Spanish (mo.h)
 *	clips.tsv, *.wav   recorded speech (ui/speech/clips.h); with it the texts may be none
 *
 * Trust as for configuration and catalogue (fleet.md §6): an own signer role, JSON and detached
 * CMS, a counter that only grows. Nothing but the manifest's bytes is touched before the signature
 *is right. No fonts: those of the image cover every letter in scope, and a font is code to FreeType
 * (reliability.md §7); tools/language-pack refuses texts that they cannot draw.
 *
 * Reads files, blocks; no clock. Used by core, which offers the languages, and by ventanillactl. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"

#define PACK_MANIFEST  "manifest.json"
#define PACK_SIGNATURE "manifest.json.cms"
#define PACK_TEXTS     "ventanilla.mo"
#define PACK_CLIPS     "clips.tsv"

/* A recorded language has a clip for each of some 700 messages, of 3 s and 130 KB on average. */
#define PACK_MAX_FILES	     1024
#define PACK_MAX_FILE_BYTES  ((int64_t)2 * 1024 * 1024)
#define PACK_MAX_BYTES	     ((int64_t)128 * 1024 * 1024)
#define PACK_MAX_MANIFEST    ((size_t)256 * 1024)
#define PACK_MAX_SIGNATURE   ((size_t)64 * 1024)
#define PACK_MAX_SIGNERS     16 /* certificates in the trust file */
#define PACK_MAX_TRUST_BYTES ((size_t)128 * 1024)

struct pack_file {
	char name[65];
	int64_t size;
	uint8_t sha256[32];
};

struct pack {
	char lang[12];	       /* BCP 47, as "yua" */
	char name[48];	       /* what its speakers call it */
	char name_spanish[48]; /* what the Spanish list says */
	char version[24];
	char review[12]; /* "reviewed" by native speakers, or "sourced" from published texts */
	int64_t counter;
	uint8_t id[32]; /* SHA-256 of the manifest: no two packs share it */
	bool is_signed; /* false only where a development terminal allows it */
	size_t file_count;
	struct pack_file *files; /* owned */
};

/* Who may sign. */
struct pack_trust {
	const char *signers; /* PEM file of certificates; NULL: nobody, every pack is refused */
	bool allow_unsigned; /* [languages] allow_unsigned: development only */
	int64_t now_unix_ms;
};

/* Reads and checks the manifest in folder; *ret is filled only on success (pack_finish()).
 * VT_ERR_NOT_FOUND: no manifest; VT_ERR_UNTRUSTED: no signature, or none of ours; VT_ERR_PARSE;
 * VT_ERR_LIMIT; VT_ERR_UNSUPPORTED: a newer format, a file of a kind that packs may not bring, a
 * language of the firmware; VT_ERR_IO; VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code pack_open(const char *folder, const struct pack_trust *trust,
	struct pack *ret, struct vt_error *error);
/* The same for a manifest in memory whose signature does not matter: for tests and fuzzing. */
VT_MUST_USE enum vt_code pack_parse(
	const char *json, size_t length, struct pack *ret, struct vt_error *error);
/* Frees; accepts a zeroed struct. */
void pack_finish(struct pack *pack);

/* Compares every file in folder with the manifest, and reads the texts as the ui will.
 * VT_ERR_CORRUPT: a file differs or is missing, with its name; VT_ERR_PARSE and the others of
 * mo_parse(). */
VT_MUST_USE enum vt_code pack_check_files(
	const char *folder, const struct pack *pack, struct vt_error *error);
/* Copies one file into the folder at to (a descriptor), hashing what is written; fsyncs it.
 * VT_ERR_CORRUPT, VT_ERR_NOT_FOUND, VT_ERR_IO, VT_ERR_FULL. */
VT_MUST_USE enum vt_code pack_copy_file(
	const char *folder, const struct pack_file *file, int to, struct vt_error *error);

/* May that be the name of a language: two or three letters, then subtags of two to eight. */
bool pack_is_lang(const char *lang);

#endif
