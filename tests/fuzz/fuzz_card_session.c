/* A hostile card for a whole session: the input is a script of events, each two bytes (kind,
 * length) and data; replies answer what is out. The machine must keep its promises: one DONE for
 * each START, never more than one VERIFY for a request and none without a status query right before
 * it, no PIN left behind, bounded exchanges, no signature that was not checked.
 *
 * Kinds: 0-9 reply OK, 10 silent, 11 reader failed, 12 late number, 13 cancel, 14 time, 15 removed,
 * 16 inserted, 17 list, 18 sign with PIN, 19 sign with the pad, 20 verify, 21 logout,
 * 22 sign with the last try. */

#include <string.h>

#include "drivers/smartcard/smartcard.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static const char pin[] = "13579246";
static const uint8_t digest[32] = {1}; /* not what the recorded cards have signed */

struct session {
	struct smartcard *card;
	int64_t now_ms;
	uint32_t number;
	bool waits, is_pad, status_asked;
	int dones, starts, verifies;
};

static bool is_verify(const uint8_t *apdu, size_t length)
{
	return length > 5 && apdu[1] == 0x20;
}

static void watch(struct session *s, const struct smartcard_effects *effects)
{
	VT_ASSERT(effects->count <= SMARTCARD_MAX_EFFECTS);
	for (size_t i = 0; i < effects->count; i++) {
		const struct smartcard_effect *fx = &effects->list[i];

		switch (fx->type) {
		case SMARTCARD_FX_SEND:
			VT_ASSERT(!s->waits && fx->length >= 4 && i + 1 == effects->count);
			if (is_verify(fx->apdu, fx->length)) {
				VT_ASSERT(fx->is_secret && s->status_asked && ++s->verifies <= 1);
			} else {
				/* Where no PIN belongs there is none. */
				VT_ASSERT(!memmem(fx->apdu, fx->length, pin, 8));
			}
			/* GET RESPONSE of the status query belongs to it. */
			if (fx->apdu[1] != 0xc0)
				s->status_asked = fx->apdu[1] == 0x20 && fx->length == 4;
			s->number = fx->number;
			s->waits = true;
			s->is_pad = false;
			break;
		case SMARTCARD_FX_ASK_PAD:
			VT_ASSERT(!s->waits && s->status_asked && ++s->verifies <= 1);
			VT_ASSERT(fx->pad.apdu_length <= sizeof(fx->pad.apdu));
			s->status_asked = false;
			s->number = fx->number;
			s->waits = s->is_pad = true;
			break;
		case SMARTCARD_FX_CANCEL:
			break;
		case SMARTCARD_FX_RESET:
			VT_ASSERT(smartcard_get_state(s->card) == SMARTCARD_FAILED);
			break;
		case SMARTCARD_FX_DONE:
			VT_ASSERT(++s->dones == s->starts);
			VT_ASSERT(fx->result.outcome < SMARTCARD_OUTCOME_COUNT);
			/* Nobody here has a key. */
			VT_ASSERT(fx->result.operation != SMARTCARD_SIGN ||
				  fx->result.outcome != SMARTCARD_OK);
			s->waits = false;
			break;
		}
	}
}

static void step(struct session *s, struct smartcard_event *event)
{
	struct smartcard_effects effects;

	event->now_ms = s->now_ms;
	if (event->type == SMARTCARD_EV_REPLY && event->number == s->number)
		s->waits = false;
	if (smartcard_step(s->card, event, &effects) != VT_OK)
		VT_ASSERT(effects.count == 0 && event->type == SMARTCARD_EV_START);
	watch(s, &effects);
}

static void start(struct session *s, enum smartcard_operation operation, bool with_pad, bool last)
{
	struct vt_secret secret = {0};
	struct smartcard_request request = {.operation = operation,
		.use_pad = with_pad,
		.use_last_try = last,
		.digest = digest,
		.digest_length = sizeof(digest)};
	struct smartcard_event event = {.type = SMARTCARD_EV_START, .request = &request};
	struct smartcard_effects effects;

	VT_ASSERT(vt_secret_set(&secret, pin));
	if (!with_pad && (operation == SMARTCARD_SIGN || operation == SMARTCARD_VERIFY))
		request.pin = &secret;
	event.now_ms = s->now_ms;
	s->starts++;
	s->verifies = 0;
	s->status_asked = false;
	if (smartcard_step(s->card, &event, &effects) != VT_OK) {
		VT_ASSERT(effects.count == 0);
		s->starts--;
	}
	watch(s, &effects);
}

static void reply(struct session *s, const uint8_t *data, size_t length, enum smartcard_io io)
{
	struct smartcard_event event = {.type = SMARTCARD_EV_REPLY,
		.number = s->number,
		.io = io,
		.data = data,
		.length = length};

	step(s, &event);
}

static void simple(struct session *s, enum smartcard_event_type type)
{
	static const uint8_t atr[] = {0x3b, 0};
	struct smartcard_event event = {.type = type, .atr = atr, .atr_length = 2};

	if (type == SMARTCARD_EV_TIME && smartcard_wake_ms(s->card) != INT64_MAX)
		s->now_ms = smartcard_wake_ms(s->card);
	if (type == SMARTCARD_EV_REMOVED)
		s->waits = false;
	step(s, &event);
}

static void play(struct session *s, int kind, const uint8_t *data, size_t length)
{
	switch (kind) {
	case 10:
		reply(s, NULL, 0, SMARTCARD_IO_TIMED_OUT);
		break;
	case 11:
		reply(s, NULL, 0, s->is_pad ? SMARTCARD_IO_CANCELLED : SMARTCARD_IO_FAILED);
		break;
	case 12:
		step(s, &(struct smartcard_event){.type = SMARTCARD_EV_REPLY,
				.number = s->number - 1,
				.data = data,
				.length = length});
		break;
	case 13:
		simple(s, SMARTCARD_EV_CANCEL);
		break;
	case 14:
		simple(s, SMARTCARD_EV_TIME);
		break;
	case 15:
		simple(s, SMARTCARD_EV_REMOVED);
		break;
	case 16:
		simple(s, SMARTCARD_EV_INSERTED);
		break;
	case 17:
		start(s, SMARTCARD_LIST, false, false);
		break;
	case 18:
		start(s, SMARTCARD_SIGN, false, false);
		break;
	case 19:
		start(s, SMARTCARD_SIGN, true, false);
		break;
	case 20:
		start(s, SMARTCARD_VERIFY, false, false);
		break;
	case 21:
		start(s, SMARTCARD_LOGOUT, false, false);
		break;
	case 22:
		start(s, SMARTCARD_SIGN, false, true);
		break;
	default:
		reply(s, data, length, SMARTCARD_IO_OK);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct session s = {.card = smartcard_create(), .now_ms = 1};

	if (!s.card)
		return 0;
	simple(&s, SMARTCARD_EV_INSERTED);
	start(&s, SMARTCARD_LIST, false, false);
	while (length >= 3) {
		int kind = data[0] % 32;
		size_t size = (size_t)(data[1] << 8 | data[2]);

		data += 3;
		length -= 3;
		size = size < length ? size : length;
		play(&s, kind, data, size);
		data += size;
		length -= size;
		VT_ASSERT(s.dones == s.starts || s.waits);
	}
	simple(&s, SMARTCARD_EV_REMOVED);
	VT_ASSERT(s.dones == s.starts);
	smartcard_destroy(&s.card);
	return 0;
}
