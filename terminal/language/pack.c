#include "terminal/language/pack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/language/mo.h"
#include "terminal/language/pack_internal.h"

#define FORMAT	    1
#define COPY_BYTES  65536
#define MAX_COUNTER INT32_MAX

/* ---- names ---- */

bool pack_is_lang(const char *lang)
{
	size_t length = strspn(lang, "abcdefghijklmnopqrstuvwxyz");

	if (length < 2 || length > 3 || strlen(lang) >= sizeof(((struct pack *)0)->lang))
		return false;
	for (lang += length; *lang == '-'; lang += length) {
		lang++;
		for (length = 0; isalnum((unsigned char)lang[length]);)
			length++;
		if (length < 2 || length > 8)
			return false;
	}
	return *lang == '\0';
}

/* Spanish and English are in the image; qps is of the tests. */
static bool is_built_in(const char *lang)
{
	return strncmp(lang, "es", 2) == 0 || strncmp(lang, "en", 2) == 0 ||
	       strcmp(lang, "qps") == 0;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return length > wanted && strcmp(name + length - wanted, end) == 0;
}

static enum vt_code check_name(const char *name, struct vt_error *error)
{
	if (*name == '\0' || *name == '.' || strlen(name) >= sizeof(((struct pack_file *)0)->name))
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: not the name of a file");
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return vt_fail(error, VT_ERR_PARSE, 0, "pack: not the name of a file");
	if (strcmp(name, PACK_TEXTS) != 0 && strcmp(name, PACK_CLIPS) != 0 &&
		!ends_with(name, ".wav"))
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"pack: %s: a pack holds " PACK_TEXTS ", " PACK_CLIPS " and .wav files only",
			name);
	return VT_OK;
}

/* ---- the manifest ---- */

static enum vt_code get_text(
	const json_t *root, const char *key, char *dst, size_t size, struct vt_error *error)
{
	const char *text = json_string_value(json_object_get(root, key));

	if (!text || *text == '\0')
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: manifest lacks \"%s\"", key);
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return vt_fail(error, VT_ERR_PARSE, 0, "pack: \"%s\" is no text", key);
	if (!vt_copy(dst, size, text))
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: \"%s\" is too long", key);
	return VT_OK;
}

static enum vt_code get_number(const json_t *root, const char *key, int64_t min, int64_t max,
	int64_t *ret, struct vt_error *error)
{
	const json_t *value = json_object_get(root, key);

	if (!json_is_integer(value))
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: manifest lacks \"%s\"", key);
	if (json_integer_value(value) < min || json_integer_value(value) > max)
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: \"%s\" is out of range", key);
	*ret = json_integer_value(value);
	return VT_OK;
}

static enum vt_code read_file_row(
	const json_t *row, struct pack *pack, int64_t *total, struct vt_error *error)
{
	struct pack_file *file = &pack->files[pack->file_count];
	char hash[65];
	enum vt_code code;

	if (!json_is_object(row) || json_object_size(row) != 3)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"pack: a file has a name, a size, a sha256 and nothing else");
	if ((code = get_text(row, "name", file->name, sizeof(file->name), error)) ||
		(code = check_name(file->name, error)) ||
		(code = get_number(row, "size", 0, PACK_MAX_FILE_BYTES, &file->size, error)) ||
		(code = get_text(row, "sha256", hash, sizeof(hash), error)))
		return code;
	if (!vt_unhex(file->sha256, sizeof(file->sha256), hash))
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: %s: no SHA-256", file->name);
	for (size_t i = 0; i < pack->file_count; i++)
		if (strcmp(pack->files[i].name, file->name) == 0)
			return vt_fail(error, VT_ERR_PARSE, 0, "pack: %s: named twice", file->name);
	*total += file->size;
	if (*total > PACK_MAX_BYTES)
		return vt_fail(
			error, VT_ERR_LIMIT, 0, "pack: over %lld bytes", (long long)PACK_MAX_BYTES);
	pack->file_count++;
	return VT_OK;
}

static enum vt_code read_files(const json_t *root, struct pack *pack, struct vt_error *error)
{
	const json_t *files = json_object_get(root, "files");
	size_t count = json_array_size(files);
	bool has_texts = false;
	int64_t total = 0;

	if (count > PACK_MAX_FILES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: over %d files", PACK_MAX_FILES);
	pack->files = calloc(count + 1, sizeof(*pack->files));
	if (!pack->files)
		return vt_fail(error, VT_ERR_NOMEM, 0, "pack");
	for (size_t i = 0; i < count; i++) {
		enum vt_code code = read_file_row(json_array_get(files, i), pack, &total, error);

		if (code != VT_OK)
			return code;
		has_texts |= strcmp(pack->files[i].name, PACK_TEXTS) == 0;
	}
	if (!has_texts)
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: without " PACK_TEXTS);
	return VT_OK;
}

static enum vt_code read_root(const json_t *root, struct pack *pack, struct vt_error *error)
{
	static const char *const keys[] = {"format", "product", "lang", "name", "nameSpanish",
		"version", "counter", "review", "files"};
	char product[16];
	int64_t format;
	enum vt_code code;

	if ((code = get_text(root, "product", product, sizeof(product), error)) ||
		(code = get_number(root, "format", 1, INT32_MAX, &format, error)))
		return code;
	if (strcmp(product, "ventanilla") != 0 || format != FORMAT)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"pack: format %lld of \"%s\" is not for this terminal", (long long)format,
			product);
	if (json_object_size(root) != VT_ELEMENTS(keys))
		return vt_fail(
			error, VT_ERR_PARSE, 0, "pack: manifest has a member we do not know");
	if ((code = get_text(root, "lang", pack->lang, sizeof(pack->lang), error)) ||
		(code = get_text(root, "name", pack->name, sizeof(pack->name), error)) ||
		(code = get_text(root, "nameSpanish", pack->name_spanish,
			 sizeof(pack->name_spanish), error)) ||
		(code = get_text(root, "version", pack->version, sizeof(pack->version), error)) ||
		(code = get_text(root, "review", pack->review, sizeof(pack->review), error)) ||
		(code = get_number(root, "counter", 1, MAX_COUNTER, &pack->counter, error)))
		return code;
	if (!pack_is_lang(pack->lang))
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: \"lang\" is no language code");
	if (is_built_in(pack->lang))
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"pack: %s is part of the firmware, no pack may replace it", pack->lang);
	if (strcmp(pack->review, "reviewed") != 0 && strcmp(pack->review, "sourced") != 0)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"pack: \"review\" is neither \"reviewed\" nor \"sourced\"");
	return read_files(root, pack, error);
}

enum vt_code pack_parse(const char *json, size_t length, struct pack *ret, struct vt_error *error)
{
	struct pack pack = {0};
	json_error_t problem;
	enum vt_code code;

	if (length > PACK_MAX_MANIFEST)
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: manifest too long");
	json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &problem);
	if (!json_is_object(root)) {
		json_decref(root);
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: manifest, line %d: no JSON object",
			problem.line);
	}
	code = read_root(root, &pack, error);
	json_decref(root);
	if (code == VT_OK && EVP_Digest(json, length, pack.id, NULL, EVP_sha256(), NULL) != 1)
		code = vt_fail(error, VT_ERR_CRYPTO, 0, "pack: SHA-256");
	if (code == VT_OK)
		*ret = pack;
	else
		pack_finish(&pack);
	return code;
}

void pack_finish(struct pack *pack)
{
	free(pack->files);
	*pack = (struct pack){0};
}

/* ---- files ---- */

enum vt_code pack_read(const char *folder, const char *name, size_t max, struct vt_buf *ret,
	struct vt_error *error)
{
	char path[PATH_MAX];
	ssize_t length;
	uint8_t *room;

	if (!vt_format(path, sizeof(path), "%s/%s", folder, name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: folder name too long");
	/* No links, and no device that never ends or never answers. */
	VT_CLEANUP(vt_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"pack: %s cannot be read: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return vt_fail(error, VT_ERR_PARSE, 0, "pack: %s is no plain file", name);
	vt_buf_init(ret, max);
	while ((room = vt_buf_reserve(ret, 4096)) != NULL && (length = read(fd, room, 4096)) > 0)
		vt_buf_added(ret, (size_t)length);
	if (ret->failed)
		return vt_fail(error, ret->failed, 0, "pack: %s is too long", name);
	return length < 0 ? vt_fail(error, VT_ERR_IO, errno, "pack: %s", name) : VT_OK;
}

enum vt_code pack_open(const char *folder, const struct pack_trust *trust, struct pack *ret,
	struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf manifest = {0}, signature = {0};
	bool is_signed = true;
	enum vt_code code =
		pack_read(folder, PACK_MANIFEST, PACK_MAX_MANIFEST + 4096, &manifest, error);

	if (code != VT_OK)
		return code;
	code = pack_read(folder, PACK_SIGNATURE, PACK_MAX_SIGNATURE + 4096, &signature, error);
	if (code == VT_ERR_NOT_FOUND && trust->allow_unsigned)
		is_signed = false;
	else if (code == VT_ERR_NOT_FOUND)
		return vt_fail(error, VT_ERR_UNTRUSTED, 0, "pack: it is not signed");
	else if (code != VT_OK)
		return code;
	else if ((code = pack_verify(&manifest, &signature, trust, error)) != VT_OK)
		return code;
	code = pack_parse(vt_buf_text(&manifest), manifest.length, ret, error);
	if (code == VT_OK)
		ret->is_signed = is_signed;
	return code;
}

/* Reads a file whole, hashing; writes what was read to the descriptor to, unless that is -1. */
static enum vt_code hash_file(
	int from, int to, const struct pack_file *file, EVP_MD_CTX *hash, struct vt_error *error)
{
	uint8_t block[COPY_BYTES], digest[EVP_MAX_MD_SIZE];
	int64_t size = 0;
	ssize_t length;

	while ((length = read(from, block, sizeof(block))) > 0) {
		size += length;
		if (size > file->size)
			break;
		if (EVP_DigestUpdate(hash, block, (size_t)length) != 1)
			return vt_fail(error, VT_ERR_CRYPTO, 0, "pack: SHA-256");
		for (ssize_t done = 0; to >= 0 && done < length;) {
			ssize_t part = write(to, block + done, (size_t)(length - done));

			if (part < 0 && errno != EINTR)
				return vt_fail(error, errno == ENOSPC ? VT_ERR_FULL : VT_ERR_IO,
					errno, "pack: %s: %s", file->name, strerror(errno));
			done += part > 0 ? part : 0;
		}
	}
	if (length < 0)
		return vt_fail(error, VT_ERR_IO, errno, "pack: %s", file->name);
	if (size != file->size || EVP_DigestFinal_ex(hash, digest, NULL) != 1 ||
		memcmp(digest, file->sha256, sizeof(file->sha256)) != 0)
		return vt_fail(error, VT_ERR_CORRUPT, 0, "pack: %s is not what the manifest says",
			file->name);
	return VT_OK;
}

static enum vt_code open_and_hash(
	const char *folder, const struct pack_file *file, int to, struct vt_error *error)
{
	char path[PATH_MAX];
	struct stat st;

	if (!vt_format(path, sizeof(path), "%s/%s", folder, file->name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "pack: folder name too long");
	VT_CLEANUP(vt_closep) int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (from < 0 || fstat(from, &st) != 0 || !S_ISREG(st.st_mode))
		return vt_fail(error, VT_ERR_CORRUPT, errno, "pack: %s is missing", file->name);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	enum vt_code code = VT_ERR_NOMEM;
	if (hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
		code = hash_file(from, to, file, hash, error);
	else
		(void)vt_fail(error, code, 0, "pack");
	EVP_MD_CTX_free(hash);
	return code;
}

enum vt_code pack_copy_file(
	const char *folder, const struct pack_file *file, int to, struct vt_error *error)
{
	VT_CLEANUP(vt_closep)
	int out =
		openat(to, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	enum vt_code code;

	if (out < 0)
		return vt_fail(error, errno == ENOSPC ? VT_ERR_FULL : VT_ERR_IO, errno,
			"pack: %s: %s", file->name, strerror(errno));
	code = open_and_hash(folder, file, out, error);
	if (code == VT_OK && fsync(out) != 0)
		code = vt_fail(error, VT_ERR_IO, errno, "pack: %s", file->name);
	return code;
}

static bool has_file(const struct pack *pack, const char *name)
{
	for (size_t i = 0; i < pack->file_count; i++)
		if (strcmp(pack->files[i].name, name) == 0)
			return true;
	return false;
}

enum vt_code pack_check_files(const char *folder, const struct pack *pack, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf texts = {0};
	VT_CLEANUP(mo_destroy) struct mo *mo = NULL;
	enum vt_code code = VT_OK;

	for (size_t i = 0; code == VT_OK && i < pack->file_count; i++)
		code = open_and_hash(folder, &pack->files[i], -1, error);
	if (code == VT_OK)
		code = pack_read(folder, PACK_TEXTS, MO_MAX_BYTES + 4096, &texts, error);
	if (code == VT_OK)
		code = mo_parse(vt_buf_text(&texts), texts.length, &mo, error);
	/* A language may be heard only: then the catalogue has a header and nothing else. */
	if (code == VT_OK && mo_count(mo) == 0 && !has_file(pack, PACK_CLIPS))
		code = vt_fail(error, VT_ERR_PARSE, 0, "texts: nothing is translated");
	return code;
}
