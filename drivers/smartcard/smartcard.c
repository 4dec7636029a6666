/* The card machine.
 *
 *            INSERTED            START                      reply, last of the operation
 *   ABSENT ───────────► IDLE ───────────► BUSY ───────────────────────────────► IDLE  + DONE
 *     ▲                  ▲                 │ ▲ │
 *     │ REMOVED          │ INSERTED        │ │ └─ silent, malformed, reader ──► FAILED + RESET,
 * DONE │ (any state;      │                 ▼ │ pad's answer                       │ │  DONE
 * removed)  FAILED ◄── time ── PAD                                    │
 *     └──────────────────┴────────────────────────────────────────────────────────┘
 *
 *   LIST    PIV ─not here─► PKCS#15 ─not here─► CAC ─not here─► noApplication
 *            └──────found, certificates read──────┴─► [PLACE] ─► STATUS ─► ok
 *   VERIFY  [PLACE] ─► STATUS ─► refuse, or PIN ─► ok
 *   SIGN    [[PLACE] ─► STATUS ─► refuse, or PIN ─►] SIGN ─► signature checked ─► ok
 *
 * What may be trusted:
 *   - BUSY and PAD: exactly one exchange is out, with card->number; any other REPLY is ignored.
 *   - The PIN is in card->pin only from START until its VERIFY is encoded, in exchange.raw only
 * until its reply; both are wiped when the operation ends, however it ends.
 *   - tries is what the card said last; a VERIFY without a fresh STATUS before it does not exist.
 *   - A signature leaves here only after certificate_verify() with the certificate it was asked
 * for.
 */
#include "drivers/smartcard/smartcard.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

const char *const smartcard_state_names[SMARTCARD_STATE_COUNT] = {
	[SMARTCARD_ABSENT] = "absent",
	[SMARTCARD_IDLE] = "idle",
	[SMARTCARD_BUSY] = "busy",
	[SMARTCARD_PAD] = "pad",
	[SMARTCARD_FAILED] = "failed",
};

static const struct {
	const char *word, *text;
	enum sign_outcome sign;
} outcomes[SMARTCARD_OUTCOME_COUNT] = {
#define X(name, word, sign, text) [name] = {word, text, sign},
	SMARTCARD_OUTCOMES(X)
#undef X
};

/* In this order: a card that has both PIV and CAC applets shows the newer one. */
static const struct application *const applications[] = {
	&piv_application, &pkcs15_application, &cac_application};

const char *smartcard_outcome_word(enum smartcard_outcome outcome)
{
	return outcomes[outcome].word;
}

const char *smartcard_outcome_text(enum smartcard_outcome outcome)
{
	return outcomes[outcome].text;
}

enum sign_outcome smartcard_sign_outcome(enum smartcard_outcome outcome, int tries_left)
{
	if (outcome == SMARTCARD_PIN_WRONG && tries_left == 1)
		return SIGN_LAST_TRY;
	if (outcome == SMARTCARD_PIN_WRONG && tries_left == 0)
		return SIGN_BLOCKED;
	return outcomes[outcome].sign;
}

/* ---- small tools ---- */

static struct smartcard_effect *effect(struct smartcard *c, enum smartcard_effect_type type)
{
	struct smartcard_effect *fx;

	VT_ASSERT(c->effects->count < SMARTCARD_MAX_EFFECTS);
	fx = &c->effects->list[c->effects->count++];
	*fx = (struct smartcard_effect){.type = type};
	return fx;
}

/* The only place where the state changes. */
static void change_state(struct smartcard *c, enum smartcard_state to, const char *cause)
{
	if (c->state != to)
		vt_log(VT_LOG_DEBUG, "card: %s -> %s, %s", smartcard_state_names[c->state],
			smartcard_state_names[to], cause);
	c->state = to;
	if (to != SMARTCARD_BUSY && to != SMARTCARD_PAD)
		c->deadline_ms = INT64_MAX;
}

static void forget_pin(struct smartcard *c)
{
	vt_secret_finish(&c->pin);
	exchange_finish(&c->exchange);
	c->has_pin = c->use_pad = c->use_last_try = false;
}

static void forget_card(struct smartcard *c)
{
	c->application = NULL;
	c->listed = false;
	c->count = 0;
	vt_wipe(c->certificates, sizeof(c->certificates));
	vt_wipe(c->keys, sizeof(c->keys));
	vt_buf_finish(&c->cac.tags);
	vt_buf_finish(&c->cac.values);
	vt_buf_finish(&c->pkcs15.file);
	vt_wipe(&c->cac, sizeof(c->cac));
	vt_wipe(&c->pkcs15, sizeof(c->pkcs15));
}

static bool is_broken(enum smartcard_outcome outcome)
{
	return outcome == SMARTCARD_SILENT || outcome == SMARTCARD_READER ||
	       outcome == SMARTCARD_MALFORMED;
}

static void finish_operation(struct smartcard *c, enum smartcard_outcome outcome)
{
	struct smartcard_effect *fx = effect(c, SMARTCARD_FX_DONE);

	fx->result = (struct smartcard_result){
		.operation = c->operation, .outcome = outcome, .tries_left = c->tries, .sw = c->sw};
	if (outcome == SMARTCARD_OK && c->operation == SMARTCARD_SIGN) {
		fx->result.signature = c->signature;
		fx->result.length = c->signature_length;
	}
	forget_pin(c);
	vt_wipe(c->digest, sizeof(c->digest));
	c->has_operation = c->cancelling = false;
	c->phase = PHASE_NONE;
}

void smartcard_end(struct smartcard *c, enum smartcard_outcome outcome)
{
	VT_ASSERT(c->has_operation);
	if (is_broken(outcome)) {
		effect(c, SMARTCARD_FX_RESET);
		change_state(c, SMARTCARD_FAILED, outcomes[outcome].word);
		finish_operation(c, outcome);
		forget_card(c);
		return;
	}
	change_state(c, SMARTCARD_IDLE, outcomes[outcome].word);
	finish_operation(c, outcome);
}

/* ---- exchanges ---- */

static void send_raw(struct smartcard *c)
{
	struct smartcard_effect *fx = effect(c, SMARTCARD_FX_SEND);

	fx->number = ++c->number;
	fx->apdu = c->exchange.raw;
	fx->length = c->exchange.raw_length;
	fx->is_secret = c->exchange.command.is_secret;
	change_state(c, SMARTCARD_BUSY, "command");
	c->deadline_ms = c->now_ms + SMARTCARD_EXCHANGE_MS;
}

void smartcard_send(struct smartcard *c, const struct apdu_command *command)
{
	exchange_begin(&c->exchange, command, c->extended);
	send_raw(c);
}

void smartcard_ask_pad(struct smartcard *c, const struct smartcard_pad *pad)
{
	struct smartcard_effect *fx = effect(c, SMARTCARD_FX_ASK_PAD);

	fx->number = ++c->number;
	fx->pad = *pad;
	change_state(c, SMARTCARD_PAD, "pad");
	c->deadline_ms = c->now_ms + SMARTCARD_PAD_MS;
}

enum smartcard_outcome smartcard_refusal(uint16_t sw)
{
	if (sw == 0x6982)
		return SMARTCARD_PIN_NEEDED;
	if (sw == 0x6983)
		return SMARTCARD_BLOCKED;
	return SMARTCARD_REFUSED;
}

/* ---- the phases ---- */

static void list_next(struct smartcard *c)
{
	if (c->probe == VT_ELEMENTS(applications)) {
		c->application = NULL;
		smartcard_end(c, SMARTCARD_NO_APPLICATION);
		return;
	}
	c->application = applications[c->probe];
	c->application->list(c);
}

void smartcard_not_here(struct smartcard *c)
{
	c->probe++;
	list_next(c);
}

/* VERIFY's place, its status, and on. */
static void begin_pin(struct smartcard *c)
{
	if (c->application->place) {
		c->phase = PHASE_PLACE;
		c->application->place(c);
	} else {
		pin_begin(c);
	}
}

void smartcard_listed(struct smartcard *c)
{
	c->listed = true;
	for (size_t i = 0; i < c->count; i++)
		if (c->certificates[i].can_sign) {
			c->index = i;
			begin_pin(c);
			return;
		}
	smartcard_end(c, SMARTCARD_OK);
}

void smartcard_placed(struct smartcard *c)
{
	pin_begin(c);
}

static void begin_sign(struct smartcard *c)
{
	c->phase = PHASE_SIGN;
	c->application->sign(c);
}

void smartcard_verified(struct smartcard *c)
{
	if (c->cancelling)
		smartcard_end(c, SMARTCARD_CANCELLED);
	else if (c->operation == SMARTCARD_SIGN)
		begin_sign(c);
	else
		smartcard_end(c, SMARTCARD_OK);
}

static enum certificate_hash certificate_hash_of(enum card_hash hash)
{
	static const enum certificate_hash hashes[CARD_HASH_COUNT] = {
		[CARD_SHA256] = CERTIFICATE_SHA256,
		[CARD_SHA384] = CERTIFICATE_SHA384,
		[CARD_SHA512] = CERTIFICATE_SHA512};

	return hashes[hash];
}

void smartcard_signed(struct smartcard *c, const uint8_t *signature, size_t length)
{
	const struct smartcard_certificate *own = &c->certificates[c->index];
	struct certificate *certificate = NULL;
	enum vt_code code;

	if (length == 0 || length > sizeof(c->signature)) {
		smartcard_end(c, SMARTCARD_BAD_SIGNATURE);
		return;
	}
	code = certificate_parse(own->der, own->length, &certificate, NULL);
	if (!code)
		code = certificate_verify(certificate, certificate_hash_of(c->hash), c->digest,
			c->digest_length, signature, length);
	certificate_destroy(&certificate);
	if (code) {
		smartcard_end(
			c, code == VT_ERR_NOMEM ? SMARTCARD_NO_MEMORY : SMARTCARD_BAD_SIGNATURE);
		return;
	}
	memcpy(c->signature, signature, length);
	c->signature_length = length;
	smartcard_end(c, SMARTCARD_OK);
}

/* ---- certificates ---- */

/* A label of the card's own: UTF-8 without control characters, cut to what fits; else "". */
static void clean_label(char *dst, size_t size, const char *label, size_t length)
{
	char text[256];

	dst[0] = '\0';
	if (length >= sizeof(text) || !vt_utf8_valid(label, length))
		return;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)label[i] < 0x20 || label[i] == 0x7f)
			return;
	memcpy(text, label, length);
	text[length] = '\0';
	vt_copy_cut(dst, size, text);
}

static bool is_known_size(const struct certificate_identity *id)
{
	if (id->is_rsa)
		return id->key_bits >= 2048 && id->key_bits <= 4096 && id->key_bits % 8 == 0;
	return id->key_bits == 256 || id->key_bits == 384;
}

int smartcard_add(struct smartcard *c, const char *id, const char *label, size_t label_length,
	const uint8_t *der, size_t length)
{
	struct certificate *certificate = NULL;
	struct certificate_identity identity;
	struct smartcard_certificate *own;

	if (c->count == MAX_KEYS || length > sizeof(own->der) ||
		certificate_parse(der, length, &certificate, NULL))
		return -1;
	certificate_identity(certificate, &identity);
	certificate_destroy(&certificate);
	own = &c->certificates[c->count];
	*own = (struct smartcard_certificate){.length = length};
	c->keys[c->count] =
		(struct key){.is_rsa = identity.is_rsa, .bits = (size_t)identity.key_bits};
	c->keys[c->count].exists = is_known_size(&identity);
	certificate_identity_finish(&identity);
	vt_copy_cut(own->id, sizeof(own->id), id);
	clean_label(own->label, sizeof(own->label), label, label_length);
	memcpy(own->der, der, length);
	return (int)c->count++;
}

/* ---- events ---- */

static void on_inserted(struct smartcard *c, const struct smartcard_event *event)
{
	if (c->has_operation)
		return; /* the reader's layer powers only cards that wait for it */
	forget_card(c);
	c->tries = -1;
	c->wrong_uncounted = false;
	c->extended = event->extended;
	change_state(c, SMARTCARD_IDLE, "inserted");
}

static void on_removed(struct smartcard *c)
{
	bool had_operation = c->has_operation;

	change_state(c, SMARTCARD_ABSENT, "removed");
	if (had_operation)
		finish_operation(c, SMARTCARD_REMOVED);
	forget_card(c);
}

/* The certificate that is meant; false if there is none, or none that has a key. */
static bool find_certificate(struct smartcard *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (id && id[0] ? strcmp(id, c->certificates[i].id) == 0
				: c->certificates[i].can_sign) {
			c->index = i;
			return true;
		}
	return false;
}

static enum vt_code check_request(const struct smartcard *c, const struct smartcard_request *r)
{
	if (c->has_operation)
		return VT_ERR_BUSY;
	if (c->state != SMARTCARD_IDLE)
		return VT_ERR_STATE;
	if (r->operation == SMARTCARD_LIST || r->operation == SMARTCARD_LOGOUT)
		return VT_OK;
	if (!c->listed)
		return VT_ERR_STATE;
	if (r->use_pad && r->pin)
		return VT_ERR_INVALID;
	if (r->operation == SMARTCARD_VERIFY)
		return r->use_pad || r->pin ? VT_OK : VT_ERR_INVALID;
	if (r->hash >= CARD_HASH_COUNT || !r->digest ||
		r->digest_length != certificate_digest_length(certificate_hash_of(r->hash)))
		return VT_ERR_INVALID;
	return VT_OK;
}

static void start_list(struct smartcard *c)
{
	forget_card(c);
	c->phase = PHASE_LIST;
	c->probe = 0;
	list_next(c);
}

static void start_with_key(struct smartcard *c, const struct smartcard_request *r)
{
	if (!find_certificate(c, r->certificate)) {
		smartcard_end(c, SMARTCARD_NO_CERTIFICATE);
		return;
	}
	if (!c->keys[c->index].exists) {
		smartcard_end(c, SMARTCARD_NO_KEY);
		return;
	}
	if (r->operation == SMARTCARD_SIGN) {
		c->hash = r->hash;
		memcpy(c->digest, r->digest, r->digest_length);
		c->digest_length = r->digest_length;
	}
	if (r->pin)
		c->pin = *r->pin;
	c->has_pin = r->pin != NULL;
	c->use_pad = r->use_pad;
	c->use_last_try = r->use_last_try;
	if (c->has_pin || c->use_pad)
		begin_pin(c);
	else if (c->certificates[c->index].pin_each_time)
		smartcard_end(c, SMARTCARD_PIN_NEEDED);
	else
		begin_sign(c);
}

static enum vt_code on_start(struct smartcard *c, const struct smartcard_request *r)
{
	enum vt_code code = check_request(c, r);

	if (code)
		return code;
	c->has_operation = true;
	c->operation = r->operation;
	c->sw = 0;
	vt_wipe(c->signature, sizeof(c->signature));
	c->signature_length = 0;
	switch (r->operation) {
	case SMARTCARD_LIST:
		start_list(c);
		break;
	case SMARTCARD_VERIFY:
	case SMARTCARD_SIGN:
		start_with_key(c, r);
		break;
	case SMARTCARD_LOGOUT:
		forget_card(c);
		effect(c, SMARTCARD_FX_RESET);
		change_state(c, SMARTCARD_FAILED, "logout");
		finish_operation(c, SMARTCARD_OK);
		break;
	case SMARTCARD_OPERATION_COUNT:
		VT_UNREACHABLE();
	}
	return VT_OK;
}

static void on_pad_reply(struct smartcard *c, const struct smartcard_event *event)
{
	switch (event->io) {
	case SMARTCARD_IO_OK:
		pin_pad_reply(c, event->data, event->length);
		break;
	case SMARTCARD_IO_CANCELLED:
		smartcard_end(c, c->cancelling ? SMARTCARD_CANCELLED : SMARTCARD_PAD_CANCELLED);
		break;
	case SMARTCARD_IO_TIMED_OUT:
		/* The reader's layer has cut the card's power. */
		effect(c, SMARTCARD_FX_RESET);
		change_state(c, SMARTCARD_FAILED, "pad timed out");
		finish_operation(c, SMARTCARD_PAD_TIMED_OUT);
		forget_card(c);
		break;
	case SMARTCARD_IO_FAILED:
		smartcard_end(c, SMARTCARD_READER);
		break;
	}
}

/* The whole answer to a command is there. */
static void on_answer(struct smartcard *c)
{
	bool was_pin = c->phase == PHASE_PIN;

	c->sw = c->exchange.sw;
	if (c->cancelling && !was_pin) {
		smartcard_end(c, SMARTCARD_CANCELLED);
		return;
	}
	switch (c->phase) {
	case PHASE_LIST:
	case PHASE_PLACE:
	case PHASE_SIGN:
		c->application->reply(c);
		break;
	case PHASE_STATUS:
	case PHASE_PIN:
		pin_reply(c);
		break;
	case PHASE_NONE:
		VT_UNREACHABLE();
	}
}

static void on_reply(struct smartcard *c, const struct smartcard_event *event)
{
	if (event->number != c->number || !c->has_operation)
		return;
	if (c->state == SMARTCARD_PAD) {
		on_pad_reply(c, event);
		return;
	}
	if (event->io != SMARTCARD_IO_OK) {
		smartcard_end(c, event->io == SMARTCARD_IO_FAILED ? SMARTCARD_READER
				 : event->io == SMARTCARD_IO_CANCELLED && c->cancelling
					 ? SMARTCARD_CANCELLED
					 : SMARTCARD_SILENT);
		return;
	}
	switch (exchange_take(&c->exchange, event->data, event->length)) {
	case APDU_SEND:
		send_raw(c);
		break;
	case APDU_DONE:
		on_answer(c);
		break;
	case APDU_MALFORMED:
		c->sw = c->exchange.sw;
		smartcard_end(c, SMARTCARD_MALFORMED);
		break;
	}
}

static void on_cancel(struct smartcard *c)
{
	if (!c->has_operation || c->cancelling)
		return;
	c->cancelling = true;
	/* A command is let come to its end: what the card has done with it must be known. */
	if (c->state == SMARTCARD_PAD)
		effect(c, SMARTCARD_FX_CANCEL);
}

static void on_time(struct smartcard *c)
{
	if (c->now_ms < c->deadline_ms)
		return;
	effect(c, SMARTCARD_FX_CANCEL);
	if (c->state == SMARTCARD_PAD) {
		effect(c, SMARTCARD_FX_RESET);
		change_state(c, SMARTCARD_FAILED, "nobody at the pad");
		finish_operation(c, SMARTCARD_PAD_TIMED_OUT);
		forget_card(c);
	} else {
		smartcard_end(c, SMARTCARD_SILENT);
	}
}

/* ---- outside ---- */

static void check(const struct smartcard *c)
{
	VT_ASSERT(c->has_operation == (c->state == SMARTCARD_BUSY || c->state == SMARTCARD_PAD));
	VT_ASSERT(c->has_operation == (c->deadline_ms != INT64_MAX));
	VT_ASSERT(c->has_operation || (!c->pin.value[0] && c->exchange.raw_length == 0));
	VT_ASSERT(!c->has_operation || c->phase != PHASE_NONE);
	VT_ASSERT(!c->listed || c->application);
	VT_ASSERT(c->count <= MAX_KEYS);
}

struct smartcard *smartcard_create(void)
{
	struct smartcard *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->deadline_ms = INT64_MAX;
	c->tries = -1;
	return c;
}

void smartcard_destroy(struct smartcard **card)
{
	struct smartcard *c = *card;

	if (!c)
		return;
	forget_card(c);
	vt_wipe(c, sizeof(*c));
	free(c);
	*card = NULL;
}

enum vt_code smartcard_step(struct smartcard *c, const struct smartcard_event *event,
	struct smartcard_effects *ret_effects)
{
	enum vt_code code = VT_OK;

	ret_effects->count = 0;
	c->effects = ret_effects;
	c->now_ms = event->now_ms;
	switch (event->type) {
	case SMARTCARD_EV_INSERTED:
		on_inserted(c, event);
		break;
	case SMARTCARD_EV_REMOVED:
		on_removed(c);
		break;
	case SMARTCARD_EV_START:
		code = on_start(c, event->request);
		break;
	case SMARTCARD_EV_REPLY:
		on_reply(c, event);
		break;
	case SMARTCARD_EV_CANCEL:
		on_cancel(c);
		break;
	case SMARTCARD_EV_TIME:
		on_time(c);
		break;
	}
	check(c);
	c->effects = NULL;
	return code;
}

int64_t smartcard_wake_ms(const struct smartcard *card)
{
	return card->deadline_ms;
}

enum smartcard_state smartcard_get_state(const struct smartcard *card)
{
	return card->state;
}

enum card_application smartcard_application(const struct smartcard *card)
{
	return card->listed ? card->application->id : CARD_NO_APPLICATION;
}

size_t smartcard_count(const struct smartcard *card)
{
	return card->listed ? card->count : 0;
}

const struct smartcard_certificate *smartcard_certificate_at(
	const struct smartcard *card, size_t index)
{
	VT_ASSERT(index < smartcard_count(card));
	return &card->certificates[index];
}

void smartcard_pin(const struct smartcard *card, struct card_pin *ret)
{
	*ret = (struct card_pin){.tries_left = card->tries};
	for (size_t i = 0; i < smartcard_count(card); i++)
		if (card->certificates[i].can_sign) {
			ret->min_length = card->keys[i].pin.min;
			ret->max_length = card->keys[i].pin.max;
			return;
		}
}
