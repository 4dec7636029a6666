/* What the card signs, and whether it has. */

#include <string.h>

#include "terminal/base/base64.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/cards.h"

/* The citizen has 45 s at the reader's pad (drivers/smartcard), and RSA 4096 ten more. */
#define SIGN_MS	  70000
#define NONCE	  32
#define CHALLENGE 1024

void cards_send_sign(struct core *core, const char *pin)
{
	struct card_desk *desk = &core->cards;
	struct certificate_sign *sign = &core->tx->payload.certificate_sign;

	bus_make_command(core->tx, core->devices.conn, BUS_CERTIFICATE_SIGN);
	core->tx->header.timeout_ms = SIGN_MS;
	desk->asked = core->tx->header.request_id;
	desk->phase = CARD_SIGNING;
	memcpy(sign->device, desk->device, sizeof(sign->device));
	memcpy(sign->certificate, desk->id, sizeof(sign->certificate));
	vt_copy_cut(sign->pin, sizeof(sign->pin), pin);
	sign->last_try = desk->last_try;
	sign->hash = desk->hash;
	memcpy(sign->digest, desk->digest, sizeof(sign->digest));
	core_arm(core->card_timer, vt_clock_monotonic_ms() + SIGN_MS + CARDS_GRACE_MS);
	(void)peer_send(&core->devices); /* if it is gone, cards_devices_gone() has told so */
}

/* What the card signs: bound to here and now, and to what the citizen read. */
static bool make_challenge(struct core *core)
{
	struct card_desk *desk = &core->cards;
	uint8_t nonce[NONCE], digest[CERTIFICATE_MAX_DIGEST];
	char nonce_hex[2 * NONCE + 1], text[CHALLENGE];

	vt_random(nonce, sizeof(nonce));
	vt_hex(nonce_hex, nonce, sizeof(nonce));
	if (!vt_format(text, sizeof(text),
		    "ventanilla.sign-in/1\nterminal: %s\nsession: %lld\nunix-ms: %lld\nnonce: "
		    "%s\ntext: %s\n",
		    core->terminal, (long long)core->sessions + 1, (long long)core_unix_ms(core),
		    nonce_hex, session_sign_text(core->session)) ||
		certificate_digest(CERTIFICATE_SHA256, text, strlen(text), digest))
		return false;
	desk->hash = CARD_SHA256;
	vt_hex(desk->digest, digest, certificate_digest_length(CERTIFICATE_SHA256));
	return true;
}

/* The digest of a signature over the request that is on the screen. */
static bool begin_cms(struct core *core, const char *request)
{
	static const enum card_hash hashes[CERTIFICATE_HASH_COUNT] = {
		[CERTIFICATE_SHA256] = CARD_SHA256,
		[CERTIFICATE_SHA384] = CARD_SHA384,
		[CERTIFICATE_SHA512] = CARD_SHA512,
	};
	struct card_desk *desk = &core->cards;
	struct vt_error error = {0};

	if (cms_begin(desk->certificate, request, strlen(request), core_unix_ms(core), &desk->cms,
		    &error)) {
		vt_log(VT_LOG_ERROR, "request: %s", error.msg);
		return false;
	}
	const enum certificate_hash hash = cms_hash(desk->cms);
	desk->hash = hashes[hash];
	vt_hex(desk->digest, cms_digest(desk->cms), certificate_digest_length(hash));
	return true;
}

static bool prepare(struct core *core)
{
	const char *request = session_sign_request(core->session);

	cms_destroy(&core->cards.cms);
	return core->cards.certificate &&
	       (request ? begin_cms(core, request) : make_challenge(core));
}

void cards_sign(struct core *core, const char *pin, bool last_try)
{
	struct card_desk *desk = &core->cards;
	const bool is_technicians = desk->phase != CARD_IDLE && desk->peer;

	if (is_technicians || !prepare(core)) {
		cards_tell_signed(core, SIGN_FAILED, -1, NULL);
		return;
	}
	if (!core->devices.conn) {
		cards_tell_signed(core, SIGN_REMOVED, -1, NULL);
		return;
	}
	desk->peer = NULL;
	desk->last_try = last_try;
	cards_send_sign(core, pin ? pin : "");
}

/* A signature that this certificate's key did not make is none. */
static bool is_good(const struct card_desk *desk, const struct certificate_signed *result)
{
	static const enum certificate_hash hashes[CARD_HASH_COUNT] = {
		[CARD_SHA256] = CERTIFICATE_SHA256,
		[CARD_SHA384] = CERTIFICATE_SHA384,
		[CARD_SHA512] = CERTIFICATE_SHA512,
	};
	uint8_t digest[CERTIFICATE_MAX_DIGEST], signature[CARD_SIGNATURE_SIZE];
	const enum certificate_hash hash = hashes[desk->hash];
	const size_t length = certificate_digest_length(hash);
	size_t signature_length;

	return desk->certificate && vt_unhex(digest, length, desk->digest) &&
	       vt_base64_decode(signature, sizeof(signature), result->signature,
		       &signature_length) == VT_OK &&
	       certificate_verify(desk->certificate, hash, digest, length, signature,
		       signature_length) == VT_OK;
}

/* … nor is a request signed before the whole of it verifies. */
static bool finish_cms(
	struct card_desk *desk, const struct certificate_signed *result, char text[VT_MAX_CMS_TEXT])
{
	uint8_t signature[CARD_SIGNATURE_SIZE], der[CMS_MAX_DER];
	struct vt_error error = {0};
	size_t length, size;

	if (vt_base64_decode(signature, sizeof(signature), result->signature, &length) ||
		cms_finish(desk->cms, signature, length, der, &size, &error)) {
		vt_log(VT_LOG_WARNING, "request: %s", error.msg);
		return false;
	}
	return vt_base64_encode(text, VT_MAX_CMS_TEXT, der, size) == VT_OK;
}

/* To the session: the outcome, and what the signature was for. */
static void tell_citizen(struct core *core, const struct certificate_signed *result)
{
	struct card_desk *desk = &core->cards;
	enum sign_outcome outcome = result->outcome;
	char cms[VT_MAX_CMS_TEXT] = "";

	if (outcome == SIGN_SIGNED && desk->cms && !finish_cms(desk, result, cms))
		outcome = SIGN_FAILED;
	cards_tell_signed(core, outcome, result->tries_left, cms[0] ? cms : NULL);
	vt_wipe(cms, sizeof(cms));
}

enum sign_outcome cards_failed_outcome(enum bus_completion_code code)
{
	if (code == BUS_NOT_FOUND || code == BUS_DEVICE_NOT_READY)
		return SIGN_REMOVED;
	if (code == BUS_TIME_OUT)
		return SIGN_TIMED_OUT;
	return code == BUS_CANCELED ? SIGN_CANCELED : SIGN_FAILED;
}

void cards_signed(struct core *core, const struct bus_message *msg)
{
	struct card_desk *desk = &core->cards;
	struct certificate_signed result = {.tries_left = -1};

	if (desk->phase != CARD_SIGNING || msg->header.request_id != desk->asked)
		return;
	if (msg->header.completion == BUS_SUCCESS)
		result = msg->payload.certificate_signed;
	else
		result.outcome = cards_failed_outcome(msg->header.completion);
	if (result.outcome == SIGN_SIGNED && !is_good(desk, &result))
		result.outcome = SIGN_FAILED;
	if (result.outcome != SIGN_SIGNED)
		result.signature[0] = '\0';
	if (!desk->peer) {
		tell_citizen(core, &result);
		return;
	}
	struct peer *peer = desk->peer;
	const struct bus_header request = desk->request;
	desk->peer = NULL;
	cards_forget(core);
	bus_make_completion(core->tx, &request, BUS_SUCCESS, NULL);
	core->tx->payload.certificate_signed = result;
	(void)peer_send(peer);
}

void cards_pin_entry(struct core *core, const struct bus_message *msg)
{
	struct session_event event = {.type = SESSION_PIN_ENTRY};

	if (core->cards.phase != CARD_SIGNING || core->cards.peer ||
		msg->header.request_id != core->cards.asked)
		return;
	event.u.digits = msg->payload.certificate_pin_entry.digits;
	citizen_feed(core, &event);
}
