/* The reader's switches in words, and its status. */

#include <limits.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/ccid-internal.h"

static bool number(const char *text, int64_t max, int64_t *ret)
{
	return text && vt_parse_i64(text, 0, max, ret) == VT_OK;
}

/* Takes "slot N" off the end of the words; false if there is no such slot. */
static bool take_slot(const struct ccid_reader *r, size_t *count, const char *const *words,
	unsigned *ret_slot, struct vt_buf *reply)
{
	int64_t n = 0;

	if (*count >= 3 && strcmp(words[*count - 2], "slot") == 0 && strcmp(words[0], "lie") != 0) {
		if (!number(words[*count - 1], (int64_t)r->options.slots - 1, &n)) {
			vt_buf_printf(reply, "slot: 0 to %u\n", r->options.slots - 1);
			return false;
		}
		*count -= 2;
	}
	*ret_slot = (unsigned)n;
	return true;
}

/* --- card --- */

static enum vt_code card_voltage(struct ccid_slot *s, const char *word, struct vt_buf *reply)
{
	if (strcmp(word, "any") == 0)
		s->voltage = 0;
	else if (strcmp(word, "5") == 0)
		s->voltage = 1;
	else if (strcmp(word, "3") == 0)
		s->voltage = 2;
	else if (strcmp(word, "1.8") == 0)
		s->voltage = 4;
	else {
		vt_buf_append_text(reply, "card voltage: 5, 3, 1.8 or any\n");
		return VT_ERR_INVALID;
	}
	return VT_OK;
}

static enum vt_code card_words(struct ccid_reader *r, unsigned slot, size_t count,
	const char *const *words, struct vt_buf *reply)
{
	struct ccid_slot *s = &r->slots[slot];
	struct card *card;
	int64_t n;

	if (!s->card) {
		vt_buf_printf(reply, "no card in slot %u; try: card insert FILE\n", slot);
		return VT_ERR_STATE;
	}
	if (count == 1 && strcmp(words[0], "remove") == 0) {
		ccid_remove(r, slot, &card);
		card_destroy(&card);
		return VT_OK;
	}
	if (count == 3 && strcmp(words[0], "remove") == 0 && strcmp(words[1], "after") == 0 &&
		number(words[2], INT32_MAX, &n)) {
		s->remove_after = n;
		return VT_OK;
	}
	if (count == 2 && strcmp(words[0], "mute") == 0 &&
		(strcmp(words[1], "on") == 0 || strcmp(words[1], "off") == 0)) {
		s->mute = strcmp(words[1], "on") == 0;
		return VT_OK;
	}
	if (count == 2 && strcmp(words[0], "voltage") == 0)
		return card_voltage(s, words[1], reply);
	enum vt_code code = count > 0 && s->card->ops->command
				    ? s->card->ops->command(s->card, count, words, reply)
				    : VT_ERR_NOT_FOUND;
	if (code == VT_ERR_NOT_FOUND) {
		vt_buf_append_text(reply, "card: insert FILE, remove, remove after N, mute on|off, "
					  "voltage 5|3|1.8|any, or a switch of the card's own\n");
		return VT_ERR_INVALID;
	}
	return code;
}

static enum vt_code pin_words(struct ccid_reader *r, unsigned slot, size_t count,
	const char *const *words, struct vt_buf *reply)
{
	struct ccid_slot *s = &r->slots[slot];

	if (s->wait != WAIT_PIN) {
		vt_buf_append_text(reply, "the pad does not ask for a PIN\n");
		return VT_ERR_STATE;
	}
	if (count >= 2 && strcmp(words[0], "enter") == 0)
		return ccid_pin_entered(r, slot, count - 1, words + 1, reply) ? VT_OK
									      : VT_ERR_INVALID;
	if (count == 1 && strcmp(words[0], "cancel") == 0) {
		ccid_fail(r, slot, CCID_ERROR_PIN_CANCELLED);
		return VT_OK;
	}
	if (count == 1 && strcmp(words[0], "timeout") == 0) {
		ccid_fail(r, slot, CCID_ERROR_PIN_TIMEOUT);
		return VT_OK;
	}
	if (count == 1 && strcmp(words[0], "form") == 0) {
		ccid_pin_form(r, slot);
		return VT_OK;
	}
	vt_buf_append_text(reply, "pin: enter DIGITS [NEW [NEW]], cancel, timeout or form\n");
	return VT_ERR_INVALID;
}

/* --- lies --- */

static const struct {
	const char *name;
	bool hex, value;
	int64_t max;
} lie_kinds[LIE_COUNT] = {
	[LIE_LENGTH] = {"length", false, true, UINT32_MAX},
	[LIE_SLOT] = {"slot", false, true, 255},
	[LIE_SEQ] = {"seq", false, true, 255},
	[LIE_STATUS] = {"status", true, true, 255},
	[LIE_ERROR] = {"error", true, true, 255},
	[LIE_TYPE] = {"type", true, true, 255},
	[LIE_CUT] = {"cut", false, true, CCID_READER_MAX_MESSAGE},
	[LIE_PAD] = {"pad", false, true, 65536},
	[LIE_ZERO] = {"zero", false, false, 0},
	[LIE_LOST] = {"lost", false, false, 0},
	[LIE_TWICE] = {"twice", false, false, 0},
	[LIE_SPLIT] = {"split", false, true, CCID_READER_MAX_MESSAGE},
};

static enum vt_code lie_help(struct vt_buf *reply)
{
	vt_buf_append_text(reply, "lie: clear, or one of:");
	for (int i = 0; i < LIE_COUNT; i++)
		vt_buf_printf(reply, " %s%s", lie_kinds[i].name,
			!lie_kinds[i].value ? ""
			: lie_kinds[i].hex  ? " XX"
					    : " N");
	vt_buf_append_text(reply, "; then [at N] [times N]\n");
	return VT_ERR_INVALID;
}

static bool lie_value(int kind, const char *text, uint32_t *ret)
{
	int64_t n;
	uint8_t byte;

	if (lie_kinds[kind].hex) {
		if (!vt_unhex(&byte, 1, text))
			return false;
		*ret = byte;
		return true;
	}
	if (!number(text, lie_kinds[kind].max, &n))
		return false;
	*ret = (uint32_t)n;
	return true;
}

static enum vt_code lie_words(
	struct ccid_reader *r, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct ccid_lie lie = {.kind = LIE_COUNT, .at = 1, .times = 1};
	size_t i = 1;
	int64_t n;

	if (count == 1 && strcmp(words[0], "clear") == 0) {
		r->lie_count = 0;
		return VT_OK;
	}
	for (int kind = 0; kind < LIE_COUNT && count > 0; kind++) {
		if (strcmp(words[0], lie_kinds[kind].name) == 0)
			lie.kind = (enum ccid_lie_kind)kind;
	}
	if (lie.kind == LIE_COUNT)
		return lie_help(reply);
	if (lie_kinds[lie.kind].value &&
		(count < 2 || !lie_value((int)lie.kind, words[i++], &lie.value)))
		return lie_help(reply);
	for (; i < count; i += 2) {
		if (i + 1 == count || !number(words[i + 1], 1000000, &n))
			return lie_help(reply);
		if (strcmp(words[i], "at") == 0 && n > 0)
			lie.at = (unsigned)n;
		else if (strcmp(words[i], "times") == 0)
			lie.times = (unsigned)n;
		else
			return lie_help(reply);
	}
	if (r->lie_count == CCID_MAX_LIES) {
		vt_buf_append_text(reply, "lie: too many; try: lie clear\n");
		return VT_ERR_LIMIT;
	}
	r->lies[r->lie_count++] = lie;
	return VT_OK;
}

/* --- T=1 and time --- */

static enum vt_code t1_words(
	struct ccid_slot *s, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct card_link_faults *f = &s->link.faults;
	const struct {
		const char *name;
		unsigned *value;
	} faults[] = {{"edc", &f->bad_edc}, {"seq", &f->bad_seq}, {"nad", &f->bad_nad},
		{"refuse", &f->refuse}, {"lost", &f->lost}, {"wtx", &f->wtx}, {"abort", &f->abort}};
	int64_t n;

	if (count == 2 && strcmp(words[0], "ifs") == 0 && number(words[1], 254, &n)) {
		f->ifs = (uint8_t)n;
		return VT_OK;
	}
	for (size_t i = 0; i < VT_ELEMENTS(faults) && count == 2; i++) {
		if (strcmp(words[0], faults[i].name) == 0 && number(words[1], 1000000, &n)) {
			*faults[i].value = (unsigned)n;
			return VT_OK;
		}
	}
	vt_buf_append_text(
		reply, "t1: edc, seq, nad, refuse, lost, wtx or abort N, or ifs 1 to 254\n");
	return VT_ERR_INVALID;
}

static enum vt_code extend_words(
	struct ccid_reader *r, size_t count, const char *const *words, struct vt_buf *reply)
{
	int64_t n;

	if (count == 1 && strcmp(words[0], "off") == 0)
		r->extend = 0;
	else if (count == 1 && strcmp(words[0], "endless") == 0)
		r->extend = UINT_MAX;
	else if (count == 1 && number(words[0], 60, &n))
		r->extend = (unsigned)n;
	else {
		vt_buf_append_text(reply, "extend: 0 to 60, endless or off\n");
		return VT_ERR_INVALID;
	}
	return VT_OK;
}

enum vt_code ccid_command(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct ccid_reader *r = ccid_of(dev);
	const char *first = words[0];
	unsigned slot;

	if (strcmp(first, "card") != 0 && strcmp(first, "pin") != 0 && strcmp(first, "lie") != 0 &&
		strcmp(first, "t1") != 0 && strcmp(first, "extend") != 0)
		return VT_ERR_NOT_FOUND;
	if (!take_slot(r, &count, words, &slot, reply))
		return VT_ERR_INVALID;
	if (strcmp(first, "card") == 0)
		return card_words(r, slot, count - 1, words + 1, reply);
	if (strcmp(first, "pin") == 0)
		return pin_words(r, slot, count - 1, words + 1, reply);
	if (strcmp(first, "lie") == 0)
		return lie_words(r, count - 1, words + 1, reply);
	if (strcmp(first, "t1") == 0)
		return t1_words(&r->slots[slot], count - 1, words + 1, reply);
	return extend_words(r, count - 1, words + 1, reply);
}

/* --- status --- */

static const char *wait_name(enum ccid_wait wait)
{
	switch (wait) {
	case WAIT_NONE:
		break;
	case WAIT_CARD:
		return "card";
	case WAIT_MUTE:
		return "mute card";
	case WAIT_PIN:
		return "pin";
	}
	return "none";
}

/* Keys of slot 0 are bare, those of further slots end in its number. */
void ccid_status(const struct vdev *dev, struct vt_buf *reply)
{
	static const char *const levels[] = {"tpdu", "short", "extended"};
	const struct ccid_reader *r = (const struct ccid_reader *)(const void *)dev;

	vt_buf_printf(reply, "level: %s\nslots: %u\nmessages: %llu\n", levels[r->options.level],
		r->options.slots, (unsigned long long)r->messages);
	for (unsigned i = 0; i < r->options.slots; i++) {
		const struct ccid_slot *s = &r->slots[i];
		char at[12] = "";
		if (i > 0 && !vt_format(at, sizeof(at), "%u", i))
			continue;
		vt_buf_printf(reply, "card%s: %s\nactive%s: %s\nwaiting%s: %s\n", at,
			s->card ? s->card->ops->name : "none", at, s->active ? "yes" : "no", at,
			wait_name(s->wait));
		if (!s->card)
			continue;
		vt_buf_printf(reply, "protocol%s: T=%d\napdus%s: %llu\n", at, s->protocol, at,
			(unsigned long long)s->card->commands);
		if (s->card->ops->status && i == 0)
			s->card->ops->status(s->card, reply);
	}
}
