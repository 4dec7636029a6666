#include "tools/agency/faults.h"

#include <assert.h>
#include <string.h>

#include "terminal/base/text.h"

static const char *const kind_texts[] = {
	[FAULT_NONE] = "none",
	[FAULT_DELAY] = "delay",
	[FAULT_DROP_BEFORE] = "drop-before",
	[FAULT_DROP_AFTER] = "drop-after",
	[FAULT_STATUS] = "status",
	[FAULT_MALFORMED] = "malformed",
	[FAULT_OVERSIZED] = "oversized",
	[FAULT_EXPIRED] = "expired",
	[FAULT_BAD_SIGNATURE] = "bad-signature",
	[FAULT_UNSIGNED] = "unsigned",
	[FAULT_WRONG_CA] = "wrong-ca",
	[FAULT_WRAPPED] = "wrapped",
	[FAULT_LATIN1] = "latin1",
	[FAULT_SLOW_DRIP] = "slow-drip",
};
static_assert(VT_ELEMENTS(kind_texts) == FAULT_KIND_MAX, "a text for each kind");

#define WORDS_MAX 8

/* The words of an order, split in place. */
struct words {
	char text[200];
	const char *word[WORDS_MAX];
	size_t count;
	size_t next;
};

const char *fault_kind_text(enum fault_kind kind)
{
	return kind_texts[kind];
}

static bool kind_parse(const char *text, enum fault_kind *ret)
{
	for (size_t i = 0; i < FAULT_KIND_MAX; i++) {
		if (strcmp(kind_texts[i], text) == 0) {
			*ret = (enum fault_kind)i;
			return true;
		}
	}
	return false;
}

static bool split(struct words *words, const char *order)
{
	char *save = NULL;

	words->count = words->next = 0;
	if (!vt_copy(words->text, sizeof(words->text), order))
		return false;
	for (char *p = strtok_r(words->text, " \t", &save); p != NULL;
		p = strtok_r(NULL, " \t", &save)) {
		if (words->count == WORDS_MAX)
			return false;
		words->word[words->count++] = p;
	}
	return true;
}

static const char *take(struct words *words)
{
	return words->next < words->count ? words->word[words->next++] : "";
}

static bool take_number(struct words *words, int min, int max, int *ret)
{
	int64_t value;

	if (vt_parse_i64(take(words), min, max, &value) != VT_OK)
		return false;
	*ret = (int)value;
	return true;
}

static enum vt_code parse(struct words *words, struct fault *ret_fault, struct vt_error *error)
{
	struct fault fault = {.retry_after_s = -1, .remaining = -1};
	const char *word = take(words);

	if (!kind_parse(word, &fault.kind)) {
		if (!vt_copy(fault.path, sizeof(fault.path), word))
			return vt_fail(error, VT_ERR_PARSE, 0, "path too long");
		if (!kind_parse(take(words), &fault.kind))
			return vt_fail(error, VT_ERR_PARSE, 0, "no such fault");
	}
	if (fault.kind == FAULT_DELAY && !take_number(words, 0, 600000, &fault.delay_ms))
		return vt_fail(error, VT_ERR_PARSE, 0, "delay MS, up to 600000");
	if (fault.kind == FAULT_STATUS) {
		if (!take_number(words, 200, 599, &fault.status))
			return vt_fail(error, VT_ERR_PARSE, 0, "status N, 200 to 599");
		if (words->next < words->count &&
			strcmp(words->word[words->next], "retry-after") == 0) {
			words->next++;
			if (!take_number(words, 0, 86400, &fault.retry_after_s)) {
				return vt_fail(
					error, VT_ERR_PARSE, 0, "retry-after S, up to 86400");
			}
		}
	}
	if (words->next < words->count && !take_number(words, 1, 1000000, &fault.remaining))
		return vt_fail(error, VT_ERR_PARSE, 0, "count: 1 to 1000000");
	if (words->next < words->count)
		return vt_fail(error, VT_ERR_PARSE, 0, "words left over");
	*ret_fault = fault;
	return VT_OK;
}

static void drop(struct faults *faults, size_t i)
{
	memmove(&faults->list[i], &faults->list[i + 1],
		(faults->count - i - 1) * sizeof(faults->list[0]));
	faults->count--;
}

enum vt_code faults_order(struct faults *faults, const char *order, struct vt_error *error)
{
	struct words words;
	struct fault fault;

	if (!split(&words, order))
		return vt_fail(error, VT_ERR_PARSE, 0, "order too long");
	enum vt_code code = parse(&words, &fault, error);

	if (code != VT_OK)
		return code;
	for (size_t i = faults->count; i-- > 0;) {
		const struct fault *old = &faults->list[i];
		bool is_same = strcmp(old->path, fault.path) == 0;
		bool is_cleared = fault.kind == FAULT_NONE && (is_same || fault.path[0] == '\0');

		if (is_cleared || (is_same && old->remaining < 0))
			drop(faults, i);
	}
	if (fault.kind == FAULT_NONE)
		return VT_OK;
	if (faults->count == FAULTS_MAX)
		return vt_fail(error, VT_ERR_FULL, 0, "too many faults");
	faults->list[faults->count++] = fault;
	return VT_OK;
}

static bool meets_soap_only(enum fault_kind kind)
{
	return kind >= FAULT_EXPIRED && kind <= FAULT_LATIN1;
}

static bool meets(const struct fault *fault, const struct fault_target *target)
{
	if (meets_soap_only(fault->kind) && !target->is_soap)
		return false;
	return fault->path[0] ? strstr(target->text, fault->path) != NULL : !target->is_probe;
}

struct fault faults_take(struct faults *faults, const struct fault_target *target)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		if (!meets(fault, target))
			continue;
		struct fault taken = *fault;

		if (fault->remaining > 0 && --fault->remaining == 0)
			drop(faults, i);
		return taken;
	}
	return (struct fault){.kind = FAULT_NONE};
}
