#include "offline-queue/queue/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "offline-queue/queue/queue.h"
#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* Contexts and ciphers are fetched once and kept: a fresh context per seal costs half as much again
 * (performance.md §1). */
struct sealer {
	uint8_t key[SEAL_KEY_SIZE];
	char terminal[QUEUE_TERMINAL_SIZE];
	EVP_CIPHER *gcm, *wrap;
	EVP_CIPHER_CTX *ctx, *wrap_ctx;
};

/* Of the additional data; raise when its layout changes. */
#define SEAL_VERSION 1
#define AAD_SIZE     (QUEUE_TERMINAL_SIZE + 16 + 2)

struct sealer *sealer_create(const uint8_t key[SEAL_KEY_SIZE], const char *terminal)
{
	struct sealer *sealer = calloc(1, sizeof(*sealer));

	if (!sealer)
		return NULL;
	memcpy(sealer->key, key, SEAL_KEY_SIZE);
	sealer->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	sealer->wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	sealer->ctx = EVP_CIPHER_CTX_new();
	sealer->wrap_ctx = EVP_CIPHER_CTX_new();
	if (!vt_copy(sealer->terminal, sizeof(sealer->terminal), terminal) || !sealer->gcm ||
		!sealer->wrap || !sealer->ctx || !sealer->wrap_ctx) {
		sealer_destroy(&sealer);
		return NULL;
	}
	EVP_CIPHER_CTX_set_flags(sealer->wrap_ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	return sealer;
}

void sealer_destroy(struct sealer **sealer)
{
	if (!*sealer)
		return;
	EVP_CIPHER_CTX_free((*sealer)->wrap_ctx);
	EVP_CIPHER_CTX_free((*sealer)->ctx);
	EVP_CIPHER_free((*sealer)->wrap);
	EVP_CIPHER_free((*sealer)->gcm);
	vt_wipe(*sealer, sizeof(**sealer));
	free(*sealer);
	*sealer = NULL;
}

enum vt_code sealer_new_key(struct sealer *sealer, uint8_t ret_key[SEAL_KEY_SIZE],
	uint8_t ret_wrapped[SEAL_WRAPPED_SIZE])
{
	int length = 0;

	vt_random(ret_key, SEAL_KEY_SIZE);
	if (EVP_EncryptInit_ex2(sealer->wrap_ctx, sealer->wrap, sealer->key, NULL, NULL) != 1 ||
		EVP_EncryptUpdate(sealer->wrap_ctx, ret_wrapped, &length, ret_key, SEAL_KEY_SIZE) !=
			1) {
		vt_wipe(ret_key, SEAL_KEY_SIZE);
		return VT_ERR_CRYPTO;
	}
	VT_ASSERT(length == SEAL_WRAPPED_SIZE);
	return VT_OK;
}

enum vt_code sealer_unwrap(struct sealer *sealer, const uint8_t wrapped[SEAL_WRAPPED_SIZE],
	uint8_t ret_key[SEAL_KEY_SIZE])
{
	uint8_t out[SEAL_WRAPPED_SIZE];
	int length = 0;

	if (EVP_DecryptInit_ex2(sealer->wrap_ctx, sealer->wrap, sealer->key, NULL, NULL) != 1)
		return VT_ERR_CRYPTO;
	if (EVP_DecryptUpdate(sealer->wrap_ctx, out, &length, wrapped, SEAL_WRAPPED_SIZE) != 1 ||
		length != SEAL_KEY_SIZE) {
		vt_wipe(out, sizeof(out));
		return VT_ERR_UNTRUSTED;
	}
	memcpy(ret_key, out, SEAL_KEY_SIZE);
	vt_wipe(out, sizeof(out));
	return VT_OK;
}

static void make_aad(const struct sealer *sealer, const uint8_t id[16], enum seal_column column,
	uint8_t aad[AAD_SIZE])
{
	memcpy(aad, sealer->terminal, QUEUE_TERMINAL_SIZE); /* zero-padded: a fixed length */
	memcpy(aad + QUEUE_TERMINAL_SIZE, id, 16);
	aad[QUEUE_TERMINAL_SIZE + 16] = (uint8_t)column;
	aad[QUEUE_TERMINAL_SIZE + 17] = SEAL_VERSION;
}

enum vt_code sealer_seal(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
	const uint8_t id[16], enum seal_column column, const void *text, size_t length,
	uint8_t *ret_sealed)
{
	uint8_t aad[AAD_SIZE];
	uint8_t *body = ret_sealed + SEAL_NONCE_SIZE;
	int used = 0, last = 0;

	VT_ASSERT(length <= VT_MAX_PAYLOAD);
	make_aad(sealer, id, column, aad);
	vt_random(ret_sealed, SEAL_NONCE_SIZE);
	if (EVP_EncryptInit_ex2(sealer->ctx, sealer->gcm, key, ret_sealed, NULL) != 1 ||
		EVP_EncryptUpdate(sealer->ctx, NULL, &used, aad, AAD_SIZE) != 1 ||
		EVP_EncryptUpdate(sealer->ctx, body, &used, text, (int)length) != 1 ||
		EVP_EncryptFinal_ex(sealer->ctx, body + used, &last) != 1 ||
		EVP_CIPHER_CTX_ctrl(
			sealer->ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, body + length) != 1)
		return VT_ERR_CRYPTO;
	VT_ASSERT((size_t)(used + last) == length);
	return VT_OK;
}

enum vt_code sealer_open(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
	const uint8_t id[16], enum seal_column column, const void *sealed, size_t length,
	struct vt_buf *out)
{
	const uint8_t *bytes = sealed;
	uint8_t aad[AAD_SIZE], tag[SEAL_TAG_SIZE], spare[16];
	int used = 0, last = 0;

	vt_buf_reset(out);
	if (length < SEAL_OVERHEAD || length > VT_MAX_PAYLOAD + SEAL_OVERHEAD)
		return VT_ERR_UNTRUSTED;
	const size_t text_length = length - SEAL_OVERHEAD;
	uint8_t *text = vt_buf_reserve(out, text_length);
	if (!text)
		return out->failed;
	make_aad(sealer, id, column, aad);
	memcpy(tag, bytes + length - SEAL_TAG_SIZE, SEAL_TAG_SIZE);
	if (EVP_DecryptInit_ex2(sealer->ctx, sealer->gcm, key, bytes, NULL) != 1 ||
		EVP_DecryptUpdate(sealer->ctx, NULL, &used, aad, AAD_SIZE) != 1 ||
		EVP_DecryptUpdate(
			sealer->ctx, text, &used, bytes + SEAL_NONCE_SIZE, (int)text_length) != 1 ||
		EVP_CIPHER_CTX_ctrl(sealer->ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) != 1)
		return VT_ERR_CRYPTO;
	if (EVP_DecryptFinal_ex(sealer->ctx, spare, &last) != 1) {
		/* What was decrypted before the tag was checked is nobody's business. */
		vt_wipe(text, text_length);
		return VT_ERR_UNTRUSTED;
	}
	vt_buf_added(out, text_length);
	return VT_OK;
}

static enum vt_code sync_folder_of(const char *path, struct vt_error *error)
{
	char copy[4096];

	if (!vt_copy(copy, sizeof(copy), path))
		return vt_fail(error, VT_ERR_INVALID, 0, "key: path too long");
	VT_CLEANUP(vt_closep) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "key: sync folder: %s", strerror(errno));
	return VT_OK;
}

static enum vt_code write_key(const char *path, struct vt_error *error)
{
	uint8_t key[SEAL_KEY_SIZE];
	VT_CLEANUP(vt_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "key: create: %s", strerror(errno));
	vt_random(key, sizeof(key));
	const bool is_written =
		write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) && fsync(fd) == 0;
	vt_wipe(key, sizeof(key));
	if (!is_written) {
		const int os = errno;
		unlink(path); /* half a key opens nothing */
		return vt_fail(error, os == ENOSPC ? VT_ERR_FULL : VT_ERR_IO, os, "key: write: %s",
			strerror(os));
	}
	return VT_OK;
}

/* Whole or not at all, also across a power cut; link() and not rename(), for an existing key is the
 * only way to the rows sealed with it. */
enum vt_code queue_key_create(const char *path, struct vt_error *error)
{
	char fresh[4096];

	if (!vt_format(fresh, sizeof(fresh), "%s.new", path))
		return vt_fail(error, VT_ERR_INVALID, 0, "key: path too long");
	if (access(path, F_OK) == 0)
		return vt_fail(error, VT_ERR_EXISTS, 0, "key: there is one");
	enum vt_code code = write_key(fresh, error);
	if (code)
		return code;
	if (link(fresh, path) < 0)
		code = vt_fail(error, errno == EEXIST ? VT_ERR_EXISTS : VT_ERR_IO, errno,
			"key: create: %s", strerror(errno));
	(void)unlink(fresh);
	return code ? code : sync_folder_of(path, error);
}

enum vt_code seal_key_read(const char *path, uint8_t ret_key[SEAL_KEY_SIZE], struct vt_error *error)
{
	uint8_t key[SEAL_KEY_SIZE + 1];
	struct stat st;
	VT_CLEANUP(vt_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"key: open: %s", strerror(errno));
	if (fstat(fd, &st) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "key: %s", strerror(errno));
	if ((st.st_mode & 077) != 0)
		return vt_fail(error, VT_ERR_UNTRUSTED, 0, "key: others may read it (mode %03o)",
			(unsigned)st.st_mode & 0777);
	const ssize_t length = read(fd, key, sizeof(key));
	if (length != SEAL_KEY_SIZE) {
		vt_wipe(key, sizeof(key));
		return vt_fail(error, length < 0 ? VT_ERR_IO : VT_ERR_UNTRUSTED,
			length < 0 ? errno : 0, "key: not %d bytes", SEAL_KEY_SIZE);
	}
	memcpy(ret_key, key, SEAL_KEY_SIZE);
	vt_wipe(key, sizeof(key));
	return VT_OK;
}
