#include "tests/drivers/card_host.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "tools/virtual-devices/card.h"

/* Far more than any operation needs. */
#define MAX_EXCHANGES 3000

static void power_on(struct card_host *host)
{
	uint8_t atr[CARD_MAX_ATR] = {0x3b, 0x00};
	struct smartcard_event event = {.type = SMARTCARD_EV_INSERTED,
		.now_ms = host->now_ms,
		.atr = atr,
		.atr_length = 2,
		.extended = host->extended};
	struct smartcard_effects effects;

	if (host->card)
		event.atr_length = card_power_on(host->card, host->t0 ? 0 : 1, atr);
	VT_ASSERT(smartcard_step(host->smartcard, &event, &effects) == VT_OK);
	VT_ASSERT(effects.count == 0);
}

static void begin(struct card_host *host)
{
	host->now_ms = 1000;
	host->smartcard = smartcard_create();
	VT_ASSERT(host->smartcard);
	power_on(host);
}

void card_host_begin(struct card_host *host, struct card *card)
{
	host->card = card;
	begin(host);
}

void card_host_begin_function(struct card_host *host, card_host_answer answer, void *user)
{
	host->answer = answer;
	host->user = user;
	begin(host);
}

void card_host_finish(struct card_host *host)
{
	smartcard_destroy(&host->smartcard);
}

/* ---- one exchange ---- */

static size_t ask(struct card_host *host, const uint8_t *apdu, size_t length, uint8_t *ret)
{
	const uint8_t *response;
	size_t used;

	if (!host->card)
		return host->answer(host->user, apdu, length, ret);
	if (card_transmit(host->card, apdu, length, !host->t0, &response, &used) < 0)
		return 0;
	VT_ASSERT(used <= 4096);
	memcpy(ret, response, used);
	return used;
}

/* Changes the answer as the fault says. */
static void spoil(struct card_host *host, struct smartcard_event *reply, uint8_t *data)
{
	switch (host->fault) {
	case CARD_HOST_REMOVE:
		reply->type = SMARTCARD_EV_REMOVED;
		break;
	case CARD_HOST_SILENT:
		reply->io = SMARTCARD_IO_TIMED_OUT;
		break;
	case CARD_HOST_FAIL:
		reply->io = SMARTCARD_IO_FAILED;
		break;
	case CARD_HOST_TIME:
		reply->type = SMARTCARD_EV_TIME;
		host->now_ms = smartcard_wake_ms(host->smartcard);
		break;
	case CARD_HOST_EMPTY:
		reply->length = 0;
		break;
	case CARD_HOST_ONE:
		reply->length = 1;
		break;
	case CARD_HOST_CUT:
		if (reply->length > 3) {
			size_t left = (reply->length - 2) / 2;

			memmove(data + left, data + reply->length - 2, 2);
			reply->length = left + 2;
		}
		break;
	case CARD_HOST_GARBAGE:
		memset(data, 0xff, reply->length - 2);
		break;
	case CARD_HOST_STRANGE:
		data[reply->length - 2] = 0x12;
		data[reply->length - 1] = 0x34;
		break;
	case CARD_HOST_ENDLESS:
		memset(data, 0xff, 256);
		data[256] = 0x61;
		data[257] = 0xff;
		reply->length = 258;
		host->fault_at++;
		break;
	case CARD_HOST_CANCEL:
	case CARD_HOST_NO_FAULT:
	case CARD_HOST_FAULT_COUNT:
		break;
	}
}

static void step(struct card_host *host, const struct smartcard_event *event);

static void exchange(struct card_host *host, const struct smartcard_effect *effect,
	const uint8_t *apdu, size_t length)
{
	static uint8_t data[4096];
	struct smartcard_event reply = {
		.type = SMARTCARD_EV_REPLY, .number = effect->number, .data = data};
	const uint8_t *sent = effect->apdu;
	bool is_secret = effect->is_secret;

	VT_ASSERT(++host->exchanges < MAX_EXCHANGES);
	host->now_ms += 5;
	if (length > 5 && apdu[1] == 0x20)
		host->verifies++;
	reply.length = ask(host, apdu, length, data);
	if (reply.length == 0)
		reply.io = SMARTCARD_IO_TIMED_OUT;
	if (host->exchanges == host->fault_at) {
		if (host->fault == CARD_HOST_CANCEL)
			step(host, &(struct smartcard_event){
					   .type = SMARTCARD_EV_CANCEL, .now_ms = host->now_ms});
		else
			spoil(host, &reply, data);
	}
	reply.now_ms = host->now_ms;
	step(host, &reply);
	/* The machine lives on: what it sent must not be there any more. */
	for (size_t i = 5; is_secret && sent && i < 5 + 4; i++)
		if (sent[i] == apdu[i] && sent[i] >= '0' && sent[i] <= '9')
			host->secret_left = true;
}

static void ask_pad(struct card_host *host, const struct smartcard_effect *effect)
{
	struct smartcard_effect verify = {.number = effect->number};
	uint8_t apdu[32], sw[2];
	struct smartcard_event reply = {
		.type = SMARTCARD_EV_REPLY, .number = effect->number, .now_ms = host->now_ms};

	if (host->pad && !host->pad_sw) {
		memcpy(apdu, effect->pad.apdu, effect->pad.apdu_length);
		memcpy(apdu + 5, host->pad, strlen(host->pad));
		exchange(host, &verify, apdu, effect->pad.apdu_length);
		return;
	}
	sw[0] = (uint8_t)(host->pad_sw >> 8);
	sw[1] = (uint8_t)host->pad_sw;
	reply.data = sw;
	reply.length = 2;
	if (!host->pad_sw)
		reply.io = SMARTCARD_IO_CANCELLED;
	step(host, &reply);
}

static void step(struct card_host *host, const struct smartcard_event *event)
{
	struct smartcard_effects effects;

	VT_ASSERT(smartcard_step(host->smartcard, event, &effects) == VT_OK);
	for (size_t i = 0; i < effects.count; i++) {
		const struct smartcard_effect *effect = &effects.list[i];
		uint8_t apdu[1024];

		switch (effect->type) {
		case SMARTCARD_FX_SEND:
			VT_ASSERT(i + 1 == effects.count && effect->length <= sizeof(apdu));
			memcpy(apdu, effect->apdu, effect->length);
			exchange(host, effect, apdu, effect->length);
			break;
		case SMARTCARD_FX_ASK_PAD:
			VT_ASSERT(i + 1 == effects.count);
			ask_pad(host, effect);
			break;
		case SMARTCARD_FX_CANCEL:
			break;
		case SMARTCARD_FX_RESET:
			host->resets++;
			break;
		case SMARTCARD_FX_DONE:
			host->dones++;
			host->result = effect->result;
			host->signature_length = effect->result.length;
			if (effect->result.length > 0)
				memcpy(host->signature, effect->result.signature,
					effect->result.length);
			break;
		}
	}
}

/* ---- operations ---- */

enum vt_code card_host_run(struct card_host *host, const struct smartcard_request *request)
{
	struct smartcard_event start = {.type = SMARTCARD_EV_START, .request = request};
	struct smartcard_effects effects;
	int dones = host->dones, resets = host->resets;
	enum vt_code code;

	host->exchanges = 0;
	start.now_ms = host->now_ms;
	/* A refused START has no effects: tried apart, because step() wants VT_OK. */
	if (smartcard_get_state(host->smartcard) != SMARTCARD_IDLE) {
		code = smartcard_step(host->smartcard, &start, &effects);
		VT_ASSERT(effects.count == 0);
		return code;
	}
	step(host, &start);
	VT_ASSERT(host->dones == dones + 1);
	if (host->resets > resets && !(host->fault_at > 0 && host->fault == CARD_HOST_REMOVE))
		power_on(host);
	return VT_OK;
}

enum smartcard_outcome card_host_do(struct card_host *host, const struct smartcard_request *request)
{
	VT_ASSERT(card_host_run(host, request) == VT_OK);
	return host->result.outcome;
}

enum smartcard_outcome card_host_list(struct card_host *host)
{
	return card_host_do(host, &(struct smartcard_request){.operation = SMARTCARD_LIST});
}

enum smartcard_outcome card_host_sign(struct card_host *host, const char *certificate,
	const char *pin, enum card_hash hash, const uint8_t *digest)
{
	static const size_t lengths[CARD_HASH_COUNT] = {32, 48, 64};
	struct vt_secret secret = {0};
	struct smartcard_request request = {.operation = SMARTCARD_SIGN,
		.certificate = certificate,
		.pin = pin ? &secret : NULL,
		.hash = hash,
		.digest = digest,
		.digest_length = lengths[hash]};

	VT_ASSERT(!pin || vt_secret_set(&secret, pin));
	return card_host_do(host, &request);
}
