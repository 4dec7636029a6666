/* Certificate cards: what devices tell of them, what the session asks, what technicians ask.
 *
 *   session ── read_card ─► Certificate.List ─► choose, judge ─► Certificate.Check ─► IDENTITY
 *           ── sign ──────► challenge, digest ─► Certificate.Sign ─► verify ─────────► SIGNED
 *   ctl     ── Card.Show ─► Certificate.List ─► judge each ─► completion
 *           ── Card.Sign ─► Certificate.List ─► choose ─► Certificate.Sign ─► completion
 *
 * One operation at a time; answers with another request id than the one that is waited for find
 * nobody. Nothing that a card says is believed: the certificate is judged here against our
 * authorities, and a signature counts only after it was verified here with that certificate's key
 * over a challenge made here: random, of this terminal, session and time, and with the very words
 * that the citizen read. The PIN goes from the ui's message into the one for devices; both are
 * wiped when they are sent. Only Card.Sign's waits in a vt_secret while the card is listed. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/base64.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* A slow card needs some seconds for eight certificates; the citizen at the reader's pad 45 s
 * (drivers/smartcard), and RSA 4096 ten more; a responder is asked for as long as a service. */
#define LIST_MS	  25000
#define SIGN_MS	  70000
#define CHECK_MS  8000
#define GRACE_MS  2000 /* for the answer's own way: the other side's limit comes first */
#define NONCE	  32
#define CHALLENGE 1024

/* ---- life ---- */

enum vt_code cards_open(struct core *core, struct vt_error *error)
{
	const char *folder = vt_config_get(core->config, "card", "authorities", "");

	if (!folder[0])
		return VT_OK;
	const enum vt_code code = certificate_store_load(folder, &core->cards.authorities, error);
	return code ? vt_prefix(error, code, "terminal.conf: [card] authorities") : VT_OK;
}

/* The card may still be in the reader: devices keep nothing of its holder. */
static void forget_there(struct core *core)
{
	if (!core->cards.is_in || !core->devices.conn)
		return;
	bus_make_command(core->tx, core->devices.conn, BUS_COMMON_CANCEL);
	(void)peer_send(&core->devices);
}

void cards_forget(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase != CARD_IDLE && desk->peer)
		return; /* a technician's */
	desk->phase = CARD_IDLE;
	desk->asked = 0;
	certificate_destroy(&desk->certificate);
	vt_wipe(desk->digest, sizeof(desk->digest));
	vt_wipe(desk->text, sizeof(desk->text));
	core_arm(core->card_timer, 0);
	forget_there(core);
}

void cards_close(struct core *core)
{
	certificate_destroy(&core->cards.certificate);
	certificate_store_destroy(&core->cards.authorities);
	vt_secret_finish(&core->cards.secret);
}

/* ---- what is told: to the session, or to the technician who asked ---- */

static void answer(struct core *core, enum bus_completion_code code, const char *text)
{
	struct card_desk *desk = &core->cards;
	struct peer *peer = desk->peer;

	desk->phase = CARD_IDLE;
	desk->asked = 0;
	desk->peer = NULL;
	vt_secret_finish(&desk->secret);
	cards_forget(core);
	bus_make_completion(core->tx, &desk->request, code, text);
	(void)peer_send(peer);
}

static void end_phase(struct core *core)
{
	core->cards.phase = CARD_IDLE;
	core->cards.asked = 0;
	core_arm(core->card_timer, 0);
}

static void tell_identity(
	struct core *core, const char *problem, const struct certificate_identity *identity)
{
	struct card_desk *desk = &core->cards;
	const struct session_certificate certificate = {
		.problem = problem,
		.holder = identity ? identity->holder : "",
		.rfc = !identity ? "" : identity->rfc,
		.curp = identity ? identity->curp : "",
		.is_checked = desk->is_checked,
		.pin = desk->pin,
	};
	struct session_event event = {.type = SESSION_IDENTITY, .u = {.certificate = &certificate}};

	end_phase(core);
	if (problem[0]) {
		certificate_destroy(&desk->certificate);
		vt_log(VT_LOG_NOTICE, "sign-in: refused: %s", problem);
		journal_note(core, (struct journal_fact){.event = JOURNAL_SIGN_IN,
					   .first = core->sessions + 1,
					   .second = -1,
					   .word = problem});
	}
	citizen_feed(core, &event);
}

static void tell_signed(struct core *core, enum sign_outcome outcome, int tries_left)
{
	/* The journal's words are lower case. */
	static const char *const words[SIGN_OUTCOME_COUNT] = {
		[SIGN_SIGNED] = "signed",
		[SIGN_WRONG_PIN] = "wrong-pin",
		[SIGN_LAST_TRY] = "last-try",
		[SIGN_BLOCKED] = "blocked",
		[SIGN_REMOVED] = "removed",
		[SIGN_CANCELED] = "canceled",
		[SIGN_TIMED_OUT] = "timed-out",
		[SIGN_REFUSED] = "refused",
		[SIGN_FAILED] = "failed",
	};
	struct session_event event = {.type = SESSION_SIGNED};

	end_phase(core);
	event.u.sign.outcome = outcome;
	event.u.sign.tries_left = tries_left;
	vt_log(VT_LOG_NOTICE, "sign-in: %s, tries left %d", words[outcome], tries_left);
	journal_note(core, (struct journal_fact){.event = JOURNAL_SIGN_IN,
				   .first = core->sessions + 1,
				   .second = tries_left,
				   .word = words[outcome]});
	citizen_feed(core, &event);
}

/* ---- cards come and go ---- */

static void feed_card(struct core *core)
{
	struct session_event event = {.type = SESSION_CARD};

	event.u.card.is_in = core->cards.is_in;
	event.u.card.is_readable = core->cards.is_readable;
	citizen_feed(core, &event);
}

void cards_inserted(struct core *core, const struct card_inserted *inserted)
{
	struct card_desk *desk = &core->cards;

	/* One reader serves the citizens: a card in a second one is not theirs. */
	if (desk->is_in && strcmp(desk->device, inserted->device) != 0) {
		vt_log(VT_LOG_WARNING, "device %s: a second card, ignored", inserted->device);
		return;
	}
	desk->is_in = true;
	desk->is_readable = inserted->readable;
	desk->slot = inserted->slot;
	memcpy(desk->device, inserted->device, sizeof(desk->device));
	memcpy(desk->atr, inserted->atr, sizeof(desk->atr));
	vt_log(VT_LOG_NOTICE, "device %s: card in%s", desk->device,
		desk->is_readable ? "" : ", it does not answer");
	feed_card(core);
}

void cards_removed(struct core *core, const struct card_removed *removed)
{
	struct card_desk *desk = &core->cards;

	if (!desk->is_in || strcmp(desk->device, removed->device) != 0 ||
		desk->slot != removed->slot)
		return;
	vt_log(VT_LOG_NOTICE, "device %s: card out", desk->device);
	desk->is_in = false;
	desk->is_readable = false;
	feed_card(core);
}

/* ---- reading ---- */

static bool send_list(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (!core->devices.conn)
		return false;
	bus_make_command(core->tx, core->devices.conn, BUS_CERTIFICATE_LIST);
	core->tx->header.timeout_ms = LIST_MS;
	desk->asked = core->tx->header.request_id;
	desk->phase = CARD_LISTING;
	memcpy(core->tx->payload.certificate_query.device, desk->device, sizeof(desk->device));
	core_arm(core->card_timer, vt_clock_monotonic_ms() + LIST_MS + GRACE_MS);
	return peer_send(&core->devices);
}

void cards_read(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase != CARD_IDLE && desk->peer) {
		tell_identity(core, "card-reader", NULL);
		return;
	}
	certificate_destroy(&desk->certificate);
	desk->is_checked = false;
	desk->peer = NULL;
	if (!send_list(core))
		tell_identity(core, "card-no-reader", NULL);
}

static struct certificate *parse(const struct card_certificate *item)
{
	struct certificate *certificate = NULL;
	uint8_t der[CERTIFICATE_DER_SIZE];
	struct vt_error error = {0};
	size_t length;

	if (vt_base64_decode(der, sizeof(der), item->certificate, &length) ||
		certificate_parse(der, length, &certificate, &error))
		return NULL;
	return certificate;
}

/* The first that is good for use; else the first that can sign, with what is wrong with it. */
static enum certificate_outcome choose(
	struct core *core, const struct certificate_list *list, enum certificate_use use)
{
	struct card_desk *desk = &core->cards;
	enum certificate_outcome outcome = CERTIFICATE_OUTCOME_COUNT;

	for (size_t i = 0; i < list->count && outcome != CERTIFICATE_GOOD; i++) {
		if (!list->certificates[i].can_sign)
			continue;
		struct certificate *certificate = parse(&list->certificates[i]);
		const enum certificate_outcome its =
			certificate ? certificate_check(certificate, desk->authorities, use,
					      core_unix_ms(core))
				    : CERTIFICATE_MALFORMED;
		if (its != CERTIFICATE_GOOD && outcome != CERTIFICATE_OUTCOME_COUNT) {
			certificate_destroy(&certificate);
			continue;
		}
		outcome = its;
		certificate_destroy(&desk->certificate);
		desk->certificate = certificate;
		memcpy(desk->id, list->certificates[i].id, sizeof(desk->id));
		memcpy(desk->text, list->certificates[i].certificate, sizeof(desk->text));
	}
	return outcome;
}

static bool send_check(struct core *core)
{
	struct certificate_der chain[CARD_MAX_ISSUERS];
	struct card_desk *desk = &core->cards;
	const size_t count = certificate_chain(
		desk->certificate, desk->authorities, core_unix_ms(core), chain, CARD_MAX_ISSUERS);

	if (!core->sync.conn || count == 0)
		return false;
	bus_make_command(core->tx, core->sync.conn, BUS_CERTIFICATE_CHECK);
	struct certificate_check *check = &core->tx->payload.certificate_check;
	core->tx->header.timeout_ms = CHECK_MS;
	desk->asked = core->tx->header.request_id;
	desk->phase = CARD_CHECKING;
	memcpy(check->certificate, desk->text, sizeof(check->certificate));
	for (size_t i = 0; i < count; i++) {
		if (vt_base64_encode(check->issuers[i].certificate, CERTIFICATE_TEXT_SIZE,
			    chain[i].data, chain[i].length))
			break;
		check->issuer_count++;
	}
	core_arm(core->card_timer, vt_clock_monotonic_ms() + CHECK_MS + GRACE_MS);
	return peer_send(&core->sync);
}

static void tell_checked(struct core *core, enum check_status status)
{
	struct card_desk *desk = &core->cards;
	struct certificate_identity identity;

	if (status == CHECK_REVOKED || status == CHECK_UNKNOWN) {
		tell_identity(
			core, status == CHECK_REVOKED ? "card-revoked" : "card-not-checked", NULL);
		return;
	}
	desk->is_checked = status == CHECK_GOOD;
	certificate_identity(desk->certificate, &identity);
	tell_identity(core, "", &identity);
	certificate_identity_finish(&identity);
}

/* The words of the problem screens (ui/screens/texts.c) for what devices cannot do. */
static const char *list_problem(enum bus_completion_code code)
{
	if (code == BUS_NOT_FOUND)
		return "card-removed";
	if (code == BUS_DEVICE_NOT_READY)
		return "card-no-reader";
	if (code == BUS_TIME_OUT)
		return "card-timeout";
	return code == BUS_INVALID_DATA ? "card-unreadable" : "card-reader";
}

static void list_for_citizen(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;

	desk->pin = list->pin;
	const enum certificate_outcome outcome = choose(core, list, CERTIFICATE_USE_EFIRMA);
	if (outcome == CERTIFICATE_OUTCOME_COUNT)
		tell_identity(core, "card-none", NULL);
	else if (outcome != CERTIFICATE_GOOD)
		tell_identity(core, certificate_outcome_text_id(outcome), NULL);
	else if (!send_check(core))
		tell_checked(core, CHECK_UNAVAILABLE);
}

/* ---- signing ---- */

static void send_sign(struct core *core, const char *pin)
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
	core_arm(core->card_timer, vt_clock_monotonic_ms() + SIGN_MS + GRACE_MS);
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

void cards_sign(struct core *core, const char *pin, bool last_try)
{
	struct card_desk *desk = &core->cards;

	if (!desk->certificate || !make_challenge(core)) {
		tell_signed(core, SIGN_FAILED, -1);
		return;
	}
	if (!core->devices.conn) {
		tell_signed(core, SIGN_REMOVED, -1);
		return;
	}
	desk->peer = NULL;
	desk->last_try = last_try;
	send_sign(core, pin ? pin : "");
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

static enum sign_outcome failed_outcome(enum bus_completion_code code)
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
		result.outcome = failed_outcome(msg->header.completion);
	if (result.outcome == SIGN_SIGNED && !is_good(desk, &result))
		result.outcome = SIGN_FAILED;
	if (result.outcome != SIGN_SIGNED)
		result.signature[0] = '\0';
	if (!desk->peer) {
		tell_signed(core, result.outcome, result.tries_left);
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

/* ---- technicians ---- */

static const char *status_of(const struct core *core, const struct certificate *certificate)
{
	const enum certificate_outcome outcome = certificate_check(
		certificate, core->cards.authorities, CERTIFICATE_USE_EFIRMA, core_unix_ms(core));

	return outcome == CERTIFICATE_GOOD ? "good" : certificate_outcome_text_id(outcome);
}

static void fill_identity(
	struct core *core, const struct card_certificate *item, struct card_identity *ret)
{
	struct certificate *certificate = parse(item);
	struct certificate_identity identity;

	memcpy(ret->id, item->id, sizeof(ret->id));
	memcpy(ret->label, item->label, sizeof(ret->label));
	ret->can_sign = item->can_sign;
	vt_copy_cut(ret->purpose, sizeof(ret->purpose), "other");
	vt_copy_cut(ret->status, sizeof(ret->status), "card-unreadable");
	if (!certificate)
		return;
	certificate_identity(certificate, &identity);
	vt_copy_cut(ret->holder, sizeof(ret->holder), identity.holder);
	vt_copy_cut(ret->rfc, sizeof(ret->rfc), identity.rfc);
	vt_copy_cut(ret->curp, sizeof(ret->curp), identity.curp);
	vt_copy_cut(ret->serial, sizeof(ret->serial), identity.serial);
	vt_copy_cut(ret->purpose, sizeof(ret->purpose), certificate_kind_names[identity.kind]);
	vt_copy_cut(ret->status, sizeof(ret->status), status_of(core, certificate));
	ret->not_before_unix_ms = identity.not_before_unix_ms;
	ret->not_after_unix_ms = identity.not_after_unix_ms;
	certificate_identity_finish(&identity);
	certificate_destroy(&certificate);
}

static void list_for_show(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;
	struct card_facts *facts = &core->tx->payload.card_facts;
	struct peer *peer = desk->peer;

	end_phase(core);
	desk->peer = NULL;
	bus_make_completion(core->tx, &desk->request, BUS_SUCCESS, NULL);
	memcpy(facts->device, desk->device, sizeof(facts->device));
	memcpy(facts->atr, desk->atr, sizeof(facts->atr));
	facts->application = list->application;
	facts->pin = list->pin;
	facts->count = list->count;
	for (size_t i = 0; i < list->count; i++)
		fill_identity(core, &list->certificates[i], &facts->certificates[i]);
	(void)peer_send(peer);
}

static void list_for_sign(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;

	if (choose(core, list, CERTIFICATE_USE_SIGN) == CERTIFICATE_OUTCOME_COUNT ||
		!desk->certificate) {
		answer(core, BUS_NOT_FOUND, "no certificate on the card can sign");
		return;
	}
	if (!core->devices.conn) {
		answer(core, BUS_DEVICE_NOT_READY, "the device process is gone");
		return;
	}
	char pin[CARD_PIN_SIZE];
	vt_copy_cut(pin, sizeof(pin), vt_secret_get(&desk->secret));
	vt_secret_finish(&desk->secret);
	send_sign(core, pin);
	vt_wipe(pin, sizeof(pin));
}

void cards_listed(struct core *core, const struct bus_message *msg)
{
	struct card_desk *desk = &core->cards;
	const struct bus_header *header = &msg->header;

	if (desk->phase != CARD_LISTING || header->request_id != desk->asked)
		return;
	if (header->completion != BUS_SUCCESS && desk->peer)
		answer(core, header->completion, header->error);
	else if (header->completion != BUS_SUCCESS)
		tell_identity(core, list_problem(header->completion), NULL);
	else if (!desk->peer)
		list_for_citizen(core, &msg->payload.certificate_list);
	else if (desk->request.name == BUS_CARD_SHOW)
		list_for_show(core, &msg->payload.certificate_list);
	else
		list_for_sign(core, &msg->payload.certificate_list);
}

void cards_checked(struct core *core, const struct bus_message *msg)
{
	if (core->cards.phase != CARD_CHECKING || msg->header.request_id != core->cards.asked)
		return;
	tell_checked(core, msg->header.completion == BUS_SUCCESS
				   ? msg->payload.certificate_checked.status
				   : CHECK_UNAVAILABLE);
}

/* May a technician have the card: nobody's service is under way, and the card rests. */
static bool is_free(const struct core *core)
{
	switch (session_get_state(core->session)) {
	case SESSION_ATTRACT:
	case SESSION_HOME:
	case SESSION_PROBLEM:
	case SESSION_SIGN_IN:
	case SESSION_CARD_LEFT:
	case SESSION_CLOSED:
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
		return core->cards.phase == CARD_IDLE;
	case SESSION_INTRO:
	case SESSION_ASK:
	case SESSION_REVIEW:
	case SESSION_SUBMITTING:
	case SESSION_WAITING:
	case SESSION_RESULTS:
	case SESSION_DONE:
	case SESSION_STATE_COUNT:
		break;
	}
	return false;
}

static bool has_reader(const struct core *core)
{
	return core->devices.conn && core->health.reader != READER_ABSENT;
}

static void refuse(
	struct core *core, struct peer *peer, enum bus_completion_code code, const char *text)
{
	const struct bus_header request = core->rx->header;

	bus_make_completion(core->tx, &request, code, text);
	(void)peer_send(peer);
}

void answer_card(struct core *core, struct peer *peer)
{
	struct card_desk *desk = &core->cards;
	const bool is_sign = core->rx->header.name == BUS_CARD_SIGN;
	const struct certificate_sign *sign = &core->rx->payload.certificate_sign;
	const char *device = is_sign ? sign->device : core->rx->payload.certificate_query.device;

	if (!has_reader(core)) {
		refuse(core, peer, BUS_DEVICE_NOT_READY, "no card reader");
		return;
	}
	if (!desk->is_in || (device[0] && strcmp(device, desk->device) != 0)) {
		refuse(core, peer, BUS_NOT_FOUND, "no card in the reader");
		return;
	}
	if (!is_free(core)) {
		refuse(core, peer, BUS_SEQUENCE_ERROR, "a citizen is using the card reader");
		return;
	}
	desk->peer = peer;
	desk->request = core->rx->header;
	journal_note_technician(peer, is_sign ? "card sign" : "card show", NULL);
	if (is_sign) {
		if (!vt_secret_set(&desk->secret, sign->pin))
			VT_UNREACHABLE(); /* a member is shorter than a secret */
		desk->last_try = sign->last_try;
		desk->hash = sign->hash;
		memcpy(desk->digest, sign->digest, sizeof(desk->digest));
	}
	if (!send_list(core))
		answer(core, BUS_DEVICE_NOT_READY, "the device process is gone");
}

/* ---- ends ---- */

void cards_cancel(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase == CARD_IDLE || desk->peer)
		return;
	if (desk->phase != CARD_CHECKING && core->devices.conn) {
		bus_make_command(core->tx, core->devices.conn, BUS_COMMON_CANCEL);
		core->tx->payload.common_cancel.request_id = desk->asked;
		(void)peer_send(&core->devices);
	}
	/* The session that waits at the reader's pad is told by the command's own end. */
	if (desk->phase != CARD_SIGNING)
		end_phase(core);
}

/* The other side has not kept its limit: nobody waits for it any more. */
static void give_up(struct core *core, enum bus_completion_code code, const char *text)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase == CARD_IDLE)
		return;
	if (desk->peer)
		answer(core, code, text);
	else if (desk->phase == CARD_SIGNING)
		tell_signed(core, failed_outcome(code), -1);
	else if (desk->phase == CARD_LISTING)
		tell_identity(core, list_problem(code), NULL);
	else
		tell_checked(core, CHECK_UNAVAILABLE);
}

void cards_timeout(struct core *core)
{
	vt_log(VT_LOG_WARNING, "card: no answer in time");
	give_up(core, BUS_TIME_OUT, "no answer in time");
}

void cards_devices_gone(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase != CARD_CHECKING)
		give_up(core, BUS_DEVICE_NOT_READY, "the device process is gone");
	if (!desk->is_in)
		return;
	desk->is_in = false;
	desk->is_readable = false;
	feed_card(core);
}

void cards_sync_gone(struct core *core)
{
	if (core->cards.phase == CARD_CHECKING)
		give_up(core, BUS_DEVICE_NOT_READY, "");
}

void cards_peer_gone(struct core *core, const struct peer *peer)
{
	struct card_desk *desk = &core->cards;

	if (desk->peer != peer)
		return;
	desk->peer = NULL;
	vt_secret_finish(&desk->secret);
	cards_cancel(core);
	cards_forget(core);
}
