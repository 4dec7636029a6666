#ifndef VT_QUEUE_SEAL_H
#define VT_QUEUE_SEAL_H

/* Sealing of personal data: AES-256-GCM under a random key per transaction, which is wrapped
 * (AES-256 key wrap, RFC 3394) by the terminal's key.
 *
 *   key file, 32 bytes ── wraps ──► data key, 32 bytes, one per transaction (40 bytes wrapped)
 *                                      └── seals ──► payload, answer: nonce 12 | text | tag 16
 *
 * The additional data of each seal is terminal | transaction id | column | version: nothing can be
 * moved to another row or column, and nothing in it ever changes. Destroying the wrapped key
 * destroys the text, wherever old pages of it may still lie. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

#define SEAL_KEY_SIZE	  32
#define SEAL_WRAPPED_SIZE 40
#define SEAL_NONCE_SIZE	  12
#define SEAL_TAG_SIZE	  16
#define SEAL_OVERHEAD	  (SEAL_NONCE_SIZE + SEAL_TAG_SIZE)

/* Which text a seal is made for; values are in the additional data: never renumber. */
enum seal_column { SEAL_CHECK = 0, SEAL_PAYLOAD = 1, SEAL_ANSWER = 2 };

struct sealer; /* holds the terminal key and the kept cipher contexts */

/* terminal: borrowed for the call, 1 … 23 characters. NULL: no memory (or no such cipher). */
struct sealer *sealer_create(const uint8_t key[SEAL_KEY_SIZE], const char *terminal);
/* Wipes the key. *sealer becomes NULL; accepts NULL inside. */
void sealer_destroy(struct sealer **sealer);

/* Makes a random data key and its wrapped form. */
VT_MUST_USE enum vt_code sealer_new_key(struct sealer *sealer, uint8_t ret_key[SEAL_KEY_SIZE],
	uint8_t ret_wrapped[SEAL_WRAPPED_SIZE]);
/* VT_ERR_UNTRUSTED: not wrapped by this terminal's key, or altered. */
VT_MUST_USE enum vt_code sealer_unwrap(struct sealer *sealer,
	const uint8_t wrapped[SEAL_WRAPPED_SIZE], uint8_t ret_key[SEAL_KEY_SIZE]);
/* ret_sealed has room for length + SEAL_OVERHEAD bytes. */
VT_MUST_USE enum vt_code sealer_seal(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
	const uint8_t id[16], enum seal_column column, const void *text, size_t length,
	uint8_t *ret_sealed);
/* Text into out, which is emptied first. VT_ERR_UNTRUSTED: altered, moved, or another key. */
VT_MUST_USE enum vt_code sealer_open(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
	const uint8_t id[16], enum seal_column column, const void *sealed, size_t length,
	struct vt_buf *out);

/* Key file: reads exactly 32 bytes. VT_ERR_NOT_FOUND, VT_ERR_IO; VT_ERR_UNTRUSTED if it has
 * another length or others may read it. */
VT_MUST_USE enum vt_code seal_key_read(
	const char *path, uint8_t ret_key[SEAL_KEY_SIZE], struct vt_error *error);

#endif
