#include "offline-queue/queue/journal_key.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define CURVE "prime256v1"

/* Contexts are kept: a fact must not fail for want of them, and fetching costs more than hashing.
 */
struct journal_key {
	EVP_PKEY *pkey; /* NULL: hashes only */
	EVP_MD *sha256;
	EVP_MD_CTX *hash, *sign;
	uint8_t id[16];
};

static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32] = "";

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, CURVE) == 0;
}

static enum vt_code make_id(struct journal_key *key)
{
	unsigned char *der = NULL;
	uint8_t hash[JOURNAL_HASH_SIZE];
	const int length = i2d_PUBKEY(key->pkey, &der);
	enum vt_code code = VT_ERR_CRYPTO;

	if (length > 0)
		code = journal_key_hash(key, der, (size_t)length, "", 0, hash);
	if (code == VT_OK)
		memcpy(key->id, hash, sizeof(key->id));
	OPENSSL_free(der);
	return code;
}

static enum vt_code read_file(const char *path, EVP_PKEY **ret_pkey, struct vt_error *error)
{
	struct stat st;
	char pem[1024];
	VT_CLEANUP(vt_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"journal key: open: %s", strerror(errno));
	if (fstat(fd, &st) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "journal key: %s", strerror(errno));
	if ((st.st_mode & 077) != 0)
		return vt_fail(error, VT_ERR_UNTRUSTED, 0,
			"journal key: others may read it (mode %03o)", (unsigned)st.st_mode & 0777);
	const ssize_t length = read(fd, pem, sizeof(pem));
	if (length < 0)
		return vt_fail(error, VT_ERR_IO, errno, "journal key: read: %s", strerror(errno));
	BIO *bio = BIO_new_mem_buf(pem, (int)length);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	vt_wipe(pem, sizeof(pem));
	if (!pkey || !is_p256(pkey)) {
		EVP_PKEY_free(pkey);
		return vt_fail(error, VT_ERR_UNTRUSTED, 0, "journal key: not a P-256 key in PEM");
	}
	*ret_pkey = pkey;
	return VT_OK;
}

enum vt_code journal_key_open(
	const char *path, struct journal_key **ret_key, struct vt_error *error)
{
	struct journal_key *key = calloc(1, sizeof(*key));
	enum vt_code code = VT_OK;

	*ret_key = NULL;
	if (!key)
		return vt_fail(error, VT_ERR_NOMEM, 0, "journal key: out of memory");
	key->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	key->hash = EVP_MD_CTX_new();
	key->sign = EVP_MD_CTX_new();
	if (!key->sha256 || !key->hash || !key->sign)
		code = vt_fail(error, VT_ERR_NOMEM, 0, "journal key: out of memory");
	if (code == VT_OK && path)
		code = read_file(path, &key->pkey, error);
	if (code == VT_OK && path && make_id(key) != VT_OK)
		code = vt_fail(error, VT_ERR_CRYPTO, 0, "journal key: its id");
	if (code != VT_OK) {
		journal_key_close(&key);
		return code;
	}
	*ret_key = key;
	return VT_OK;
}

void journal_key_close(struct journal_key **key)
{
	if (!*key)
		return;
	EVP_MD_CTX_free((*key)->sign);
	EVP_MD_CTX_free((*key)->hash);
	EVP_MD_free((*key)->sha256);
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

bool journal_key_signs(const struct journal_key *key)
{
	return key->pkey != NULL;
}

const uint8_t *journal_key_id(const struct journal_key *key)
{
	return key->id;
}

enum vt_code journal_key_pem(const struct journal_key *key, char ret_pem[JOURNAL_PEM_SIZE])
{
	char *text = NULL;

	if (!key->pkey)
		return VT_ERR_NOT_FOUND;
	BIO *bio = BIO_new(BIO_s_mem());
	enum vt_code code = VT_ERR_CRYPTO;
	if (bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
		const long length = BIO_get_mem_data(bio, &text);
		if (length > 0 && length < JOURNAL_PEM_SIZE) {
			memcpy(ret_pem, text, (size_t)length);
			ret_pem[length] = '\0';
			code = VT_OK;
		}
	}
	BIO_free(bio);
	return code;
}

/* ---- signatures ---- */

/* Text, so that a person and openssl(1) can read what was signed. The last line has its newline. */
bool journal_key_text(const struct journal_checkpoint *checkpoint, char *dst, size_t size)
{
	char hex[2 * JOURNAL_HASH_SIZE + 1];

	vt_hex(hex, checkpoint->hash, JOURNAL_HASH_SIZE);
	return vt_format(dst, size,
		"ventanilla journal checkpoint 1\nterminal %s\nsequence %lld\nhash %s\nat %lld\n",
		checkpoint->terminal, (long long)checkpoint->sequence, hex,
		(long long)checkpoint->at_unix_ms);
}

enum vt_code journal_key_sign(struct journal_key *key, const struct journal_checkpoint *checkpoint,
	uint8_t ret_signature[JOURNAL_SIGNATURE_MAX], size_t *ret_length)
{
	char text[JOURNAL_TEXT_SIZE];
	size_t length = JOURNAL_SIGNATURE_MAX;

	if (!key->pkey || !journal_key_text(checkpoint, text, sizeof(text)))
		return VT_ERR_INVALID;
	EVP_MD_CTX_reset(key->sign);
	if (EVP_DigestSignInit_ex(key->sign, NULL, "SHA256", NULL, NULL, key->pkey, NULL) != 1 ||
		EVP_DigestSign(key->sign, ret_signature, &length, (const uint8_t *)text,
			strlen(text)) != 1)
		return VT_ERR_CRYPTO;
	*ret_length = length;
	return VT_OK;
}

enum vt_code journal_key_verify(struct journal_key *key,
	const struct journal_checkpoint *checkpoint, const uint8_t *signature, size_t length)
{
	char text[JOURNAL_TEXT_SIZE];

	if (!key->pkey || !journal_key_text(checkpoint, text, sizeof(text)))
		return VT_ERR_INVALID;
	EVP_MD_CTX_reset(key->sign);
	if (EVP_DigestVerifyInit_ex(key->sign, NULL, "SHA256", NULL, NULL, key->pkey, NULL) != 1)
		return VT_ERR_CRYPTO;
	return EVP_DigestVerify(
		       key->sign, signature, length, (const uint8_t *)text, strlen(text)) == 1
		       ? VT_OK
		       : VT_ERR_UNTRUSTED;
}

enum vt_code journal_key_hash(struct journal_key *key, const void *a, size_t a_length,
	const void *b, size_t b_length, uint8_t ret_hash[JOURNAL_HASH_SIZE])
{
	if (EVP_DigestInit_ex2(key->hash, key->sha256, NULL) != 1 ||
		EVP_DigestUpdate(key->hash, a, a_length) != 1 ||
		EVP_DigestUpdate(key->hash, b, b_length) != 1 ||
		EVP_DigestFinal_ex(key->hash, ret_hash, NULL) != 1)
		return VT_ERR_CRYPTO;
	return VT_OK;
}

/* ---- making the file ---- */

static enum vt_code write_whole(int fd, const char *text, size_t length, struct vt_error *error)
{
	if (write(fd, text, length) == (ssize_t)length && fsync(fd) == 0)
		return VT_OK;
	return vt_fail(error, errno == ENOSPC ? VT_ERR_FULL : VT_ERR_IO, errno,
		"journal key: write: %s", strerror(errno));
}

static enum vt_code sync_folder_of(const char *path, struct vt_error *error)
{
	char copy[512];

	if (!vt_copy(copy, sizeof(copy), path))
		return vt_fail(error, VT_ERR_INVALID, 0, "journal key: path too long");
	VT_CLEANUP(vt_closep) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return vt_fail(
			error, VT_ERR_IO, errno, "journal key: sync folder: %s", strerror(errno));
	return VT_OK;
}

/* Under another name first: a cut leaves no half key. link() never replaces one that is there. */
static enum vt_code place_file(
	const char *path, const char *text, size_t length, struct vt_error *error)
{
	char spare[512];

	if (!vt_format(spare, sizeof(spare), "%s.new", path))
		return vt_fail(error, VT_ERR_INVALID, 0, "journal key: path too long");
	if (unlink(spare) < 0 && errno != ENOENT)
		return vt_fail(error, VT_ERR_IO, errno, "journal key: %s", strerror(errno));
	VT_CLEANUP(vt_closep) int fd = open(spare, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "journal key: create: %s", strerror(errno));
	enum vt_code code = write_whole(fd, text, length, error);
	if (code == VT_OK && link(spare, path) < 0)
		code = vt_fail(error, errno == EEXIST ? VT_ERR_EXISTS : VT_ERR_IO, errno,
			"journal key: link: %s", strerror(errno));
	unlink(spare);
	return code == VT_OK ? sync_folder_of(path, error) : code;
}

enum vt_code queue_journal_key_create(const char *path, struct vt_error *error)
{
	char *pem = NULL;

	if (access(path, F_OK) == 0)
		return vt_fail(error, VT_ERR_EXISTS, EEXIST, "journal key: it exists");
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	enum vt_code code = VT_OK;
	if (!pkey || !bio ||
		PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
		code = vt_fail(error, VT_ERR_CRYPTO, 0, "journal key: cannot make one");
	const long length = code == VT_OK ? BIO_get_mem_data(bio, &pem) : 0;
	if (code == VT_OK)
		code = place_file(path, pem, (size_t)length, error);
	if (pem)
		vt_wipe(pem, (size_t)length);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return code;
}
