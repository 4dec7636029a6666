/* A disk that fails, for a real process: LD_PRELOAD. While the file $VT_BAD_DISK exists, what
 * SQLite does to a file whose path holds $VT_BAD_PATH is answered with EIO. */

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd)
{
	char link[64], path[512];
	const char *trigger = getenv("VT_BAD_DISK"), *part = getenv("VT_BAD_PATH");

	if (!trigger || !part || access(trigger, F_OK) != 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	const ssize_t length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	errno = EIO;
	return strstr(path, part) != NULL;
}

typedef ssize_t (*write_fn)(int, const void *, size_t, off64_t);
typedef ssize_t (*read_fn)(int, void *, size_t, off64_t);
typedef int (*sync_fn)(int);

/* dlsym() gives an object pointer; ISO C knows no way to a function from there but its bytes. */
static void find_next(const char *name, void *ret_function, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(ret_function, &symbol, size);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	write_fn next;

	find_next("pwrite64", &next, sizeof(next));
	return fails(fd) ? -1 : next(fd, data, length, offset);
}

ssize_t pread64(int fd, void *data, size_t length, off64_t offset)
{
	read_fn next;

	find_next("pread64", &next, sizeof(next));
	return fails(fd) ? -1 : next(fd, data, length, offset);
}

int fdatasync(int fd)
{
	sync_fn next;

	find_next("fdatasync", &next, sizeof(next));
	return fails(fd) ? -1 : next(fd);
}

int fsync(int fd)
{
	sync_fn next;

	find_next("fsync", &next, sizeof(next));
	return fails(fd) ? -1 : next(fd);
}
