#include "terminal/language/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/language/pack_internal.h"

#define PACKS "/.packs"
/* lang-counter-16 hex digits of the manifest's hash */
#define NAME_SIZE 64

static enum vt_code failed(int os, const char *what, struct vt_error *error)
{
	return vt_fail(error, os == ENOSPC ? VT_ERR_FULL : VT_ERR_IO, os, "languages: %s: %s", what,
		strerror(os));
}

/* Asks the test, if there is one, before a step. */
static enum vt_code step(const struct store *store, const char *name, struct vt_error *error)
{
	int os = store->before_step ? store->before_step(store->userdata, name) : 0;

	return os == 0 ? VT_OK : failed(os, name, error);
}

static enum vt_code path_of(char path[PATH_MAX], const struct store *store, const char *inner,
	const char *name, const char *end, struct vt_error *error)
{
	if (!vt_format(path, PATH_MAX, "%s%s/%s%s", store->folder, inner, name, end))
		return vt_fail(error, VT_ERR_LIMIT, 0, "languages: folder name too long");
	return VT_OK;
}

static enum vt_code sync_folder(const char *path, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? VT_OK : failed(errno, "fsync", error);
}

static enum vt_code lock(const struct store *store, int *ret_fd, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];

	if (fd < 0)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"languages: %s: %s", store->folder, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return vt_fail(error, VT_ERR_BUSY, errno, "languages: another install is running");
	if (!vt_format(path, sizeof(path), "%s" PACKS, store->folder))
		return vt_fail(error, VT_ERR_LIMIT, 0, "languages: folder name too long");
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return failed(errno, path, error);
	*ret_fd = vt_take_fd(&fd);
	return VT_OK;
}

/* ---- links ---- */

/* Name of the pack a link points to, "" if there is no such link. */
static void read_link(const char *path, char name[NAME_SIZE])
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	name[0] = '\0';
	if (length < 0)
		return;
	target[length] = '\0';
	slash = strrchr(target, '/');
	if (!vt_copy(name, NAME_SIZE, slash ? slash + 1 : target))
		name[0] = '\0';
}

/* Makes the link at path point to target, in one step. */
static enum vt_code swap_link(
	const struct store *store, const char *path, const char *target, struct vt_error *error)
{
	char fresh[PATH_MAX];
	enum vt_code code = path_of(fresh, store, PACKS, ".link", "", error);

	if (code == VT_OK)
		code = step(store, "link", error);
	if (code != VT_OK)
		return code;
	if ((unlink(fresh) != 0 && errno != ENOENT) || symlink(target, fresh) != 0)
		return failed(errno, "symlink", error);
	code = step(store, "rename", error);
	if (code == VT_OK && rename(fresh, path) != 0)
		code = failed(errno, "rename", error);
	return code;
}

/* What is offered now and what was before; both may be "". */
struct links {
	char current_path[PATH_MAX], previous_path[PATH_MAX];
	char current[NAME_SIZE], previous[NAME_SIZE];
};

static enum vt_code links_read(
	const struct store *store, const char *lang, struct links *ret, struct vt_error *error)
{
	enum vt_code code;

	if (!pack_is_lang(lang))
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "languages: no such language");
	if ((code = path_of(ret->current_path, store, "", lang, "", error)) ||
		(code = path_of(ret->previous_path, store, PACKS, lang, ".previous", error)))
		return code;
	read_link(ret->current_path, ret->current);
	read_link(ret->previous_path, ret->previous);
	return VT_OK;
}

/* previous first: a cut in between leaves what is offered as it was. */
static enum vt_code links_write(const struct store *store, const struct links *links,
	const char *current, const char *previous, struct vt_error *error)
{
	char target[NAME_SIZE + 16];
	enum vt_code code = VT_OK;

	if (previous[0] != '\0')
		code = swap_link(store, links->previous_path, previous, error);
	if (code == VT_OK && !vt_format(target, sizeof(target), ".packs/%s", current))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "languages: name too long");
	if (code == VT_OK)
		code = swap_link(store, links->current_path, target, error);
	if (code == VT_OK)
		code = sync_folder(store->folder, error);
	return code;
}

/* ---- what nothing points to any more ---- */

static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		(void)closedir(folder);
	(void)rmdir(path);
}

/* Does a link of the language of this pack name it? */
static bool is_wanted(const struct store *store, const char *name)
{
	struct links links;
	char lang[NAME_SIZE];
	char *end;

	/* lang-counter-hash: the last two hyphens are ours. */
	vt_copy_cut(lang, sizeof(lang), name);
	for (int i = 0; i < 2; i++) {
		end = strrchr(lang, '-');
		if (!end)
			return false;
		*end = '\0';
	}
	return links_read(store, lang, &links, NULL) == VT_OK &&
	       (strcmp(links.current, name) == 0 || strcmp(links.previous, name) == 0);
}

/* Removes what interrupted installs and replaced packs left. Best effort: it costs disk only. */
static void sweep(const struct store *store)
{
	char path[PATH_MAX], inner[PATH_MAX];
	const struct dirent *entry;
	DIR *folder;

	if (!vt_format(path, sizeof(path), "%s" PACKS, store->folder) || !(folder = opendir(path)))
		return;
	while ((entry = readdir(folder)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && !is_wanted(store, entry->d_name) &&
			vt_format(inner, sizeof(inner), "%s/%s", path, entry->d_name))
			remove_folder(inner);
	}
	(void)closedir(folder);
}

/* ---- reading ---- */

static enum vt_code open_checked(
	const struct store *store, const char *lang, struct pack *ret, struct vt_error *error)
{
	char path[PATH_MAX];
	struct pack pack = {0};
	enum vt_code code = path_of(path, store, "", lang, "", error);

	if (code == VT_OK)
		code = pack_open(path, &store->trust, &pack, error);
	if (code == VT_OK && strcmp(pack.lang, lang) != 0)
		code = vt_fail(error, VT_ERR_CORRUPT, 0, "languages: %s holds %s", lang, pack.lang);
	if (code == VT_OK)
		code = pack_check_files(path, &pack, error);
	if (code == VT_OK)
		*ret = pack;
	else
		pack_finish(&pack);
	return code;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct store_language *)a)->pack.lang,
		((const struct store_language *)b)->pack.lang);
}

static void list_one(const struct store *store, struct store_language *one)
{
	char lang[sizeof(one->pack.lang)];
	struct links links;
	struct vt_error error = {0};

	vt_copy_cut(lang, sizeof(lang), one->pack.lang);
	one->code = open_checked(store, lang, &one->pack, &error);
	if (one->code != VT_OK) {
		vt_copy_cut(one->pack.lang, sizeof(one->pack.lang), lang);
		vt_copy_cut(one->reason, sizeof(one->reason), error.msg);
	}
	for (size_t i = 0; i < one->pack.file_count; i++)
		one->has_clips |= strcmp(one->pack.files[i].name, PACK_CLIPS) == 0;
	free(one->pack.files);
	one->pack.files = NULL;
	one->pack.file_count = 0;
	if (links_read(store, lang, &links, NULL) == VT_OK)
		one->has_previous =
			links.previous[0] != '\0' && strcmp(links.previous, links.current) != 0;
}

enum vt_code store_list(const struct store *store, struct store_language ret[STORE_MAX_LANGUAGES],
	size_t *ret_count, struct vt_error *error)
{
	DIR *folder = opendir(store->folder);
	const struct dirent *entry;
	size_t count = 0;

	if (!folder)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"languages: %s: %s", store->folder, strerror(errno));
	while (count < STORE_MAX_LANGUAGES && (entry = readdir(folder)) != NULL) {
		struct stat st;

		if (!pack_is_lang(entry->d_name) ||
			fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISLNK(st.st_mode))
			continue;
		ret[count] = (struct store_language){0};
		vt_copy_cut(ret[count].pack.lang, sizeof(ret[count].pack.lang), entry->d_name);
		list_one(store, &ret[count]);
		count++;
	}
	(void)closedir(folder);
	qsort(ret, count, sizeof(ret[0]), by_name);
	*ret_count = count;
	return VT_OK;
}

/* ---- installing ---- */

/* Never back to an older one by an install: whoever wants that says rollback. */
static enum vt_code check_age(
	const struct store *store, const struct pack *pack, struct vt_error *error)
{
	struct store_language list[STORE_MAX_LANGUAGES];
	size_t count = 0;
	enum vt_code code = store_list(store, list, &count, error);

	for (size_t i = 0; code == VT_OK && i < count; i++) {
		if (strcmp(list[i].pack.lang, pack->lang) != 0)
			continue;
		if (list[i].code == VT_OK && pack->counter < list[i].pack.counter)
			return vt_fail(error, VT_ERR_STATE, 0,
				"languages: %s %s is installed, this one is older", pack->lang,
				list[i].pack.version);
		if (list[i].code == VT_OK && pack->counter == list[i].pack.counter &&
			memcmp(pack->id, list[i].pack.id, sizeof(pack->id)) != 0)
			return vt_fail(error, VT_ERR_STATE, 0,
				"languages: another pack with the counter %lld is installed",
				(long long)pack->counter);
		return VT_OK;
	}
	if (code == VT_OK && count == STORE_MAX_LANGUAGES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "languages: %d are installed, remove one",
			STORE_MAX_LANGUAGES);
	return code;
}

/* Manifest and signature as they were judged, then every file. */
static enum vt_code copy_all(const struct store *store, const char *source, const struct pack *pack,
	const char *path, struct vt_error *error)
{
	static const char *const heads[] = {PACK_MANIFEST, PACK_SIGNATURE};
	VT_CLEANUP(vt_closep) int to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum vt_code code = to < 0 ? failed(errno, path, error) : VT_OK;

	for (size_t i = 0; code == VT_OK && i < (pack->is_signed ? 2u : 1u); i++) {
		VT_CLEANUP(vt_buf_finish) struct vt_buf data = {0};

		code = pack_read(source, heads[i], PACK_MAX_MANIFEST + 4096, &data, error);
		if (code == VT_OK)
			code = step(store, "write", error);
		if (code != VT_OK)
			break;
		VT_CLEANUP(vt_closep)
		int out = openat(
			to, heads[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (out < 0 || write(out, data.data, data.length) != (ssize_t)data.length ||
			fsync(out) != 0)
			code = failed(errno, heads[i], error);
	}
	for (size_t i = 0; code == VT_OK && i < pack->file_count; i++) {
		code = step(store, "write", error);
		if (code == VT_OK)
			code = pack_copy_file(source, &pack->files[i], to, error);
	}
	if (code == VT_OK && fsync(to) != 0)
		code = failed(errno, path, error);
	return code;
}

/* The private copy is judged again, whole: what was read from the stick first may have changed. */
static enum vt_code check_copy(const struct store *store, const char *path, const struct pack *pack,
	struct vt_error *error)
{
	struct pack copy = {0};
	enum vt_code code = pack_open(path, &store->trust, &copy, error);

	if (code == VT_OK && memcmp(copy.id, pack->id, sizeof(copy.id)) != 0)
		code = vt_fail(error, VT_ERR_UNTRUSTED, 0, "languages: it changed meanwhile");
	if (code == VT_OK)
		code = pack_check_files(path, &copy, error);
	pack_finish(&copy);
	return code;
}

static enum vt_code place(const struct store *store, const char *source, const struct pack *pack,
	const char *name, struct vt_error *error)
{
	char fresh[PATH_MAX], final[PATH_MAX], packs[PATH_MAX];
	enum vt_code code;

	if ((code = path_of(fresh, store, PACKS, ".new", "", error)) ||
		(code = path_of(final, store, PACKS, name, "", error)) ||
		(code = path_of(packs, store, PACKS, "", "", error)) ||
		(code = step(store, "mkdir", error)))
		return code;
	remove_folder(fresh);
	if (mkdir(fresh, 0755) != 0)
		return failed(errno, "mkdir", error);
	code = copy_all(store, source, pack, fresh, error);
	if (code == VT_OK)
		code = check_copy(store, fresh, pack, error);
	if (code == VT_OK)
		code = step(store, "rename", error);
	if (code == VT_OK && rename(fresh, final) != 0)
		code = failed(errno, "rename", error);
	if (code == VT_OK)
		code = sync_folder(packs, error);
	if (code != VT_OK)
		remove_folder(fresh);
	return code;
}

enum vt_code store_install(
	const struct store *store, const char *source, struct pack *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int guard = -1;
	VT_CLEANUP(pack_finish) struct pack pack = {0};
	struct links links = {0};
	char name[NAME_SIZE], hash[17];
	enum vt_code code;

	if ((code = pack_open(source, &store->trust, &pack, error)) ||
		(code = lock(store, &guard, error)) || (code = check_age(store, &pack, error)) ||
		(code = links_read(store, pack.lang, &links, error)))
		return code;
	vt_hex(hash, pack.id, 8);
	if (!vt_format(name, sizeof(name), "%s-%lld-%s", pack.lang, (long long)pack.counter, hash))
		return vt_fail(error, VT_ERR_LIMIT, 0, "languages: name too long");
	if (strcmp(links.current, name) != 0) {
		/* After a rollback it is there already, but who knows how it fared: made anew. */
		if (strcmp(links.previous, name) == 0)
			(void)unlink(links.previous_path);
		sweep(store);
		code = place(store, source, &pack, name, error);
		if (code == VT_OK)
			code = links_write(store, &links, name, links.current, error);
		sweep(store);
	}
	if (code == VT_OK) {
		*ret = pack;
		ret->files = NULL;
		ret->file_count = 0;
	}
	return code;
}

enum vt_code store_remove(const struct store *store, const char *lang, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int guard = -1;
	struct links links = {0};
	enum vt_code code;

	if ((code = lock(store, &guard, error)) || (code = links_read(store, lang, &links, error)))
		return code;
	if (links.current[0] == '\0')
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "languages: %s is not installed", lang);
	if ((code = step(store, "unlink", error)))
		return code;
	if (unlink(links.current_path) != 0)
		return failed(errno, "unlink", error);
	(void)unlink(links.previous_path);
	code = sync_folder(store->folder, error);
	sweep(store);
	return code;
}

enum vt_code store_rollback(
	const struct store *store, const char *lang, struct pack *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int guard = -1;
	VT_CLEANUP(pack_finish) struct pack pack = {0};
	struct links links = {0};
	char path[PATH_MAX];
	enum vt_code code;

	if ((code = lock(store, &guard, error)) || (code = links_read(store, lang, &links, error)))
		return code;
	if (links.previous[0] == '\0' || links.current[0] == '\0' ||
		strcmp(links.previous, links.current) == 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0,
			"languages: there is no earlier pack of %s", lang);
	if ((code = path_of(path, store, PACKS, links.previous, "", error)) ||
		(code = pack_open(path, &store->trust, &pack, error)) ||
		(code = pack_check_files(path, &pack, error)) ||
		(code = links_write(store, &links, links.previous, links.current, error)))
		return code;
	*ret = pack;
	ret->files = NULL;
	ret->file_count = 0;
	return VT_OK;
}
