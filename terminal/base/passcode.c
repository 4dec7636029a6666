#include "terminal/base/passcode.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "terminal/base/base64.h"
#include "terminal/base/text.h"

/* Cost of what we make: 16 MiB, about 50 ms on a terminal's processor. */
#define MAKE_LOG2_N 14
#define MAKE_R	    8
#define MAKE_P	    1
/* What a line may ask for: a weaker one is no protection, a costlier one freezes the screen. */
#define MIN_LOG2_N 12
#define MAX_LOG2_N 16
#define MAX_R	   8
#define MAX_P	   2
#define MAX_MEMORY ((uint64_t)80 * 1024 * 1024)

bool passcode_is_well_formed(const char *code)
{
	return strlen(code) == PASSCODE_DIGITS && strspn(code, "0123456789") == PASSCODE_DIGITS;
}

static bool derive(const struct passcode *passcode, const char *code, uint8_t hash[PASSCODE_HASH])
{
	return EVP_PBE_scrypt(code, strlen(code), passcode->salt, sizeof(passcode->salt),
		       (uint64_t)1 << passcode->log2_n, (uint64_t)passcode->r,
		       (uint64_t)passcode->p, MAX_MEMORY, hash, PASSCODE_HASH) == 1;
}

enum vt_code passcode_make(const char *code, char text[PASSCODE_TEXT_SIZE], struct vt_error *error)
{
	struct passcode passcode = {.log2_n = MAKE_LOG2_N, .r = MAKE_R, .p = MAKE_P};
	char salt[VT_BASE64_SIZE(PASSCODE_SALT)], hash[VT_BASE64_SIZE(PASSCODE_HASH)];

	text[0] = '\0';
	if (!passcode_is_well_formed(code))
		return vt_fail(error, VT_ERR_INVALID, 0, "a technician's code has six digits");
	vt_random(passcode.salt, sizeof(passcode.salt));
	if (!derive(&passcode, code, passcode.hash))
		return vt_fail(error, VT_ERR_NOMEM, 0, "scrypt: out of memory");
	enum vt_code result =
		vt_base64_encode(salt, sizeof(salt), passcode.salt, sizeof(passcode.salt));
	if (!result)
		result = vt_base64_encode(hash, sizeof(hash), passcode.hash, sizeof(passcode.hash));
	if (!result && !vt_format(text, PASSCODE_TEXT_SIZE, "scrypt:%d:%d:%d:%s:%s",
			       passcode.log2_n, passcode.r, passcode.p, salt, hash))
		result = VT_ERR_LIMIT;
	vt_wipe(&passcode, sizeof(passcode));
	return result;
}

/* The part up to the next colon, or the end, into part[size]; moves *p behind it. */
static bool next_part(const char **p, char *part, size_t size)
{
	const size_t length = strcspn(*p, ":");

	if (length == 0 || length >= size)
		return false;
	memcpy(part, *p, length);
	part[length] = '\0';
	*p += length + ((*p)[length] == ':');
	return true;
}

static enum vt_code next_number(const char **p, int min, int max, int *ret)
{
	char part[8];
	int64_t number;

	if (!next_part(p, part, sizeof(part)))
		return VT_ERR_PARSE;
	const enum vt_code code = vt_parse_i64(part, min, max, &number);
	if (code == VT_OK)
		*ret = (int)number;
	return code;
}

static enum vt_code next_bytes(const char **p, uint8_t *data, size_t length)
{
	char part[64];
	size_t found;

	if (!next_part(p, part, sizeof(part)) ||
		vt_base64_decode(data, length, part, &found) != VT_OK || found != length)
		return VT_ERR_PARSE;
	return VT_OK;
}

enum vt_code passcode_parse(const char *text, struct passcode *ret, struct vt_error *error)
{
	struct passcode passcode;
	const char *p = text;
	char scheme[8];
	enum vt_code code = VT_ERR_PARSE;

	if (next_part(&p, scheme, sizeof(scheme)) && strcmp(scheme, "scrypt") == 0 &&
		!(code = next_number(&p, MIN_LOG2_N, MAX_LOG2_N, &passcode.log2_n)) &&
		!(code = next_number(&p, 1, MAX_R, &passcode.r)) &&
		!(code = next_number(&p, 1, MAX_P, &passcode.p)) &&
		!(code = next_bytes(&p, passcode.salt, sizeof(passcode.salt))) &&
		!(code = next_bytes(&p, passcode.hash, sizeof(passcode.hash))) && *p == '\0' &&
		p[-1] != ':') {
		*ret = passcode;
		return VT_OK;
	}
	return vt_fail(error, code ? code : VT_ERR_PARSE, 0,
		"technician's code: \"ventanillactl technician code\" writes this line");
}

bool passcode_matches(const struct passcode *passcode, const char *code)
{
	uint8_t hash[PASSCODE_HASH];

	if (!passcode_is_well_formed(code) || !derive(passcode, code, hash))
		return false;
	const bool is_same = CRYPTO_memcmp(hash, passcode->hash, sizeof(hash)) == 0;
	vt_wipe(hash, sizeof(hash));
	return is_same;
}
