#ifndef VT_QUEUE_JOURNAL_KEY_H
#define VT_QUEUE_JOURNAL_KEY_H

/* The key that signs the journal's checkpoints, and SHA-256: all of libcrypto that the journal
 * needs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offline-queue/queue/journal.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

struct journal_key;

/* What a checkpoint says; signed as text (journal_key.c), so that openssl(1) can check it. */
struct journal_checkpoint {
	const char *terminal;
	int64_t sequence, at_unix_ms;
	uint8_t hash[JOURNAL_HASH_SIZE];
};

/* path NULL: a key that only hashes. VT_ERR_NOT_FOUND, VT_ERR_IO; VT_ERR_UNTRUSTED: others may read
 * it, or it is no P-256 key. Own it; journal_key_close(). */
VT_MUST_USE enum vt_code journal_key_open(
	const char *path, struct journal_key **ret_key, struct vt_error *error);
/* *key becomes NULL; accepts NULL inside. */
void journal_key_close(struct journal_key **key);
bool journal_key_signs(const struct journal_key *key);
/* First 16 bytes of SHA-256 over the public key (SubjectPublicKeyInfo); zeroes without a key. */
const uint8_t *journal_key_id(const struct journal_key *key);
VT_MUST_USE enum vt_code journal_key_pem(
	const struct journal_key *key, char ret_pem[JOURNAL_PEM_SIZE]);

/* The text that is signed, with its NUL; false if it does not fit. */
VT_MUST_USE bool journal_key_text(
	const struct journal_checkpoint *checkpoint, char *dst, size_t size);
VT_MUST_USE enum vt_code journal_key_sign(struct journal_key *key,
	const struct journal_checkpoint *checkpoint, uint8_t ret_signature[JOURNAL_SIGNATURE_MAX],
	size_t *ret_length);
/* VT_ERR_UNTRUSTED: not ours. */
VT_MUST_USE enum vt_code journal_key_verify(struct journal_key *key,
	const struct journal_checkpoint *checkpoint, const uint8_t *signature, size_t length);

/* SHA-256 over a, then b. */
VT_MUST_USE enum vt_code journal_key_hash(struct journal_key *key, const void *a, size_t a_length,
	const void *b, size_t b_length, uint8_t ret_hash[JOURNAL_HASH_SIZE]);

#endif
