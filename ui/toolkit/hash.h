#ifndef VT_UI_TOOLKIT_HASH_H
#define VT_UI_TOOLKIT_HASH_H

/* Fast 64-bit hash for caches and damage; not for anything an attacker may choose against us: a
 * collision repaints too little, it does not grant anything. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START 0x9E3779B97F4A7C15ull

static inline uint64_t hash_u64(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0xFF51AFD7ED558CCDull;
	hash ^= hash >> 32;
	return hash;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *p = data;
	uint64_t word;

	hash = hash_u64(hash, length);
	for (; length >= 8; p += 8, length -= 8) {
		memcpy(&word, p, 8);
		hash = hash_u64(hash, word);
	}
	word = 0;
	memcpy(&word, p, length);
	return hash_u64(hash, word);
}

static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	return text ? hash_bytes(hash, text, strlen(text)) : hash_u64(hash, 1);
}

#endif
