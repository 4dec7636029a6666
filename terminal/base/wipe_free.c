/* Every block a process frees is wiped first, whoever freed it: libraries keep citizens' data in
 * buffers that we never see (HTTP, TLS, XML, fonts), and freed memory is the first place where it
 * would be found. Linked into the processes that meet such data, not into tests.
 *
 * glibc lets a program put its own free() and realloc() in front (malloc(3), "Replacing malloc");
 * __libc_free is the one behind. Cost: a memset of what was used, under 1 % in tools/bench.
 * Sanitizers bring their own allocator and need this one out of the way. */

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VT_OWN_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VT_OWN_ALLOCATOR 1
#endif

#ifdef VT_OWN_ALLOCATOR
typedef int vt_no_wipe_free;
#else

void __libc_free(void *block);

static void wipe(void *block, size_t length)
{
	memset(block, 0, length);
	/* The compiler must believe that somebody reads the zeros. */
	__asm__ volatile("" : : "r"(block) : "memory");
}

void free(void *block)
{
	if (block)
		wipe(block, malloc_usable_size(block));
	__libc_free(block);
}

void *realloc(void *block, size_t length)
{
	if (!block)
		return malloc(length);
	if (length == 0) {
		free(block);
		return NULL;
	}
	const size_t old = malloc_usable_size(block);
	if (length <= old && length >= old / 2)
		return block;
	void *moved = malloc(length);
	if (!moved)
		return NULL;
	memcpy(moved, block, length < old ? length : old);
	free(block);
	return moved;
}

#endif
