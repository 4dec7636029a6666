/* Certificate cards: what devices tell of them, what the session asks, what technicians ask.
 *
 *   session ── read_card ─► Certificate.List ─► choose, judge ─► Certificate.Check ─► IDENTITY
 *           ── sign ──────► challenge, digest ─► Certificate.Sign ─► verify ─────────► SIGNED
 *                      or ► request, CMS, digest ─► Certificate.Sign ─► verify whole ──► SIGNED
 *   ctl     ── Card.Show ─► Certificate.List ─► judge each ─► Certificate.Check each ─► completion
 *           ── Card.Sign ─► Certificate.List ─► choose ─► Certificate.Sign ─► completion
 *
 * One operation at a time; answers with another request id than the one that is waited for find
 * nobody. Nothing that a card says is believed: the certificate is judged here against our
 * authorities, and a signature counts only after it was verified here with that certificate's key
 * over a challenge made here: random, of this terminal, session and time, and with the very words
 * that the citizen read. A request is signed as a detached CMS (terminal/certificate/cms.h) over
 * the lines that the citizen read, and the session gets it only as a whole that verifies. The PIN
 * goes from the ui's message into the one for devices; both are wiped when they are sent. Only
 * Card.Sign's waits in a vt_secret while the card is listed.
 *
 *   cards.c             the reader, what is told to whom, and how operations end
 *   cards_read.c        whose certificate it is, and whether it may be believed
 *   cards_sign.c        what is signed, and whether it was
 *   cards_technician.c  Card.Show, Card.Sign */

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/cards.h"

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
	cms_destroy(&desk->cms);
	vt_wipe(desk->digest, sizeof(desk->digest));
	vt_wipe(desk->text, sizeof(desk->text));
	core_arm(core->card_timer, 0);
	forget_there(core);
}

void cards_close(struct core *core)
{
	certificate_destroy(&core->cards.certificate);
	cms_destroy(&core->cards.cms);
	certificate_store_destroy(&core->cards.authorities);
	cards_show_drop(core);
	vt_secret_finish(&core->cards.secret);
}

/* ---- what is told: to the session, or to the technician who asked ---- */

void cards_answer(struct core *core, enum bus_completion_code code, const char *text)
{
	struct card_desk *desk = &core->cards;
	struct peer *peer = desk->peer;

	desk->phase = CARD_IDLE;
	desk->asked = 0;
	desk->peer = NULL;
	vt_secret_finish(&desk->secret);
	cards_show_drop(core);
	cards_forget(core);
	bus_make_completion(core->tx, &desk->request, code, text);
	(void)peer_send(peer);
}

void cards_end_phase(struct core *core)
{
	core->cards.phase = CARD_IDLE;
	core->cards.asked = 0;
	core_arm(core->card_timer, 0);
}

/* A technician has the card: a citizen who comes meanwhile is told so, and the operation goes on.
 */
static bool is_technicians(const struct core *core)
{
	return core->cards.phase != CARD_IDLE && core->cards.peer;
}

void cards_tell_identity(
	struct core *core, const char *problem, const struct certificate_identity *identity)
{
	struct card_desk *desk = &core->cards;
	char key[VT_UUID_SIZE];

	vt_uuid_make(key);
	const struct session_certificate certificate = {
		.problem = problem,
		.holder = identity ? identity->holder : "",
		.rfc = !identity ? "" : identity->rfc,
		.curp = identity ? identity->curp : "",
		.is_checked = desk->is_checked,
		.key = key,
		.pin = desk->pin,
	};
	struct session_event event = {.type = SESSION_IDENTITY, .u = {.certificate = &certificate}};
	const bool is_ours = !is_technicians(core);

	if (is_ours)
		cards_end_phase(core);
	if (problem[0]) {
		if (is_ours)
			certificate_destroy(&desk->certificate);
		vt_log(VT_LOG_NOTICE, "sign-in: refused: %s", problem);
		journal_note(core, (struct journal_fact){.event = JOURNAL_SIGN_IN,
					   .first = core->sessions + 1,
					   .second = -1,
					   .word = problem});
	}
	citizen_feed(core, &event);
}

void cards_tell_signed(
	struct core *core, enum sign_outcome outcome, int tries_left, const char *cms)
{
	/* The journal's words are lower case. */
	static const char *const words[SIGN_OUTCOME_COUNT] = {
		[SIGN_SIGNED] = "signed",
		[SIGN_WRONG_PIN] = "wrong-pin",
		[SIGN_PIN_FORM] = "pin-form",
		[SIGN_LAST_TRY] = "last-try",
		[SIGN_BLOCKED] = "blocked",
		[SIGN_REMOVED] = "removed",
		[SIGN_CANCELED] = "canceled",
		[SIGN_TIMED_OUT] = "timed-out",
		[SIGN_REFUSED] = "refused",
		[SIGN_FAILED] = "failed",
	};
	struct session_event event = {.type = SESSION_SIGNED};

	if (!is_technicians(core))
		cards_end_phase(core);
	event.u.sign.outcome = outcome;
	event.u.sign.tries_left = tries_left;
	event.u.sign.cms = cms;
	cms_destroy(&core->cards.cms);
	vt_log(VT_LOG_NOTICE, "%s: %s, tries left %d", cms ? "request" : "sign-in", words[outcome],
		tries_left);
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

/* ---- answers of devices and sync ---- */

void cards_listed(struct core *core, const struct bus_message *msg)
{
	struct card_desk *desk = &core->cards;
	const struct bus_header *header = &msg->header;

	if (desk->phase != CARD_LISTING || header->request_id != desk->asked)
		return;
	if (header->completion != BUS_SUCCESS && desk->peer)
		cards_answer(core, header->completion, header->error);
	else if (header->completion != BUS_SUCCESS)
		cards_tell_identity(core, cards_list_problem(header->completion), NULL);
	else if (!desk->peer)
		cards_list_for_citizen(core, &msg->payload.certificate_list);
	else if (desk->request.name == BUS_CARD_SHOW)
		cards_list_for_show(core, &msg->payload.certificate_list);
	else
		cards_list_for_sign(core, &msg->payload.certificate_list);
}

static void tell_check(struct core *core, const struct certificate_checked *checked)
{
	if (core->cards.show)
		cards_show_checked(core, checked);
	else
		cards_tell_checked(core, checked->status);
}

void cards_checked(struct core *core, const struct bus_message *msg)
{
	struct certificate_checked checked = {.status = CHECK_UNAVAILABLE};

	if (core->cards.phase != CARD_CHECKING || msg->header.request_id != core->cards.asked)
		return;
	if (msg->header.completion == BUS_SUCCESS)
		checked = msg->payload.certificate_checked;
	tell_check(core, &checked);
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
		cards_end_phase(core);
}

/* The other side has not kept its limit: nobody waits for it any more. */
static void give_up(struct core *core, enum bus_completion_code code, const char *text)
{
	struct card_desk *desk = &core->cards;
	struct certificate_checked checked = {.status = CHECK_UNAVAILABLE};

	vt_copy_cut(checked.detail, sizeof(checked.detail), text);
	if (desk->phase == CARD_IDLE)
		return;
	if (desk->phase == CARD_CHECKING)
		tell_check(core, &checked);
	else if (desk->peer)
		cards_answer(core, code, text);
	else if (desk->phase == CARD_SIGNING)
		cards_tell_signed(core, cards_failed_outcome(code), -1, NULL);
	else
		cards_tell_identity(core, cards_list_problem(code), NULL);
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
		give_up(core, BUS_DEVICE_NOT_READY, "sync is gone");
}

void cards_peer_gone(struct core *core, const struct peer *peer)
{
	struct card_desk *desk = &core->cards;

	if (desk->peer != peer)
		return;
	desk->peer = NULL;
	vt_secret_finish(&desk->secret);
	cards_show_drop(core);
	cards_cancel(core);
	cards_forget(core);
}
