/* Card.Show and Card.Sign of a technician. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/core/cards.h"

static const char *status_of(const struct core *core, const struct certificate *certificate)
{
	const enum certificate_outcome outcome = certificate_check(
		certificate, core->cards.authorities, CERTIFICATE_USE_EFIRMA, core_unix_ms(core));

	return outcome == CERTIFICATE_GOOD ? "good" : certificate_outcome_text_id(outcome);
}

static void fill_identity(
	struct core *core, const struct card_certificate *item, struct card_identity *ret)
{
	struct certificate *certificate = cards_parse(item);
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

/* ---- Card.Show: revocation, one certificate after the other ---- */

/* All of them together: whoever stands there does not wait for eight dead responders. */
#define SHOW_CHECKS_MS 20000

/* Gathered while sync asks; personal. */
struct card_show {
	struct certificate_list list;
	struct card_facts facts;
	size_t next; /* the one that is asked after */
	int64_t until_ms;
};

void cards_show_drop(struct core *core)
{
	if (core->cards.show)
		vt_wipe(core->cards.show, sizeof(*core->cards.show));
	free(core->cards.show);
	core->cards.show = NULL;
}

static void answer_show(struct core *core)
{
	struct card_desk *desk = &core->cards;
	struct peer *peer = desk->peer;

	cards_end_phase(core);
	desk->peer = NULL;
	bus_make_completion(core->tx, &desk->request, BUS_SUCCESS, NULL);
	core->tx->payload.card_facts = desk->show->facts;
	cards_show_drop(core);
	(void)peer_send(peer);
}

/* False: nobody can be asked about it; why is a sentence for technicians. */
static bool ask_after(struct core *core, size_t i, const char **why)
{
	const struct card_certificate *item = &core->cards.show->list.certificates[i];
	struct certificate *certificate;

	*why = "the other certificates took all the time there was";
	if (vt_clock_monotonic_ms() >= core->cards.show->until_ms)
		return false;
	*why = "sync is not connected";
	certificate = cards_parse(item);
	const bool is_asked = certificate && cards_send_check(core, certificate, item->certificate);
	certificate_destroy(&certificate);
	return is_asked;
}

/* Asks after the next good one; what is not good anyway is not asked after. */
static void ask_on(struct core *core)
{
	struct card_show *show = core->cards.show;
	const char *why;

	for (; show->next < show->facts.count; show->next++) {
		struct card_identity *its = &show->facts.certificates[show->next];
		if (strcmp(its->status, "good") != 0)
			continue;
		if (ask_after(core, show->next, &why))
			return;
		its->revocation.status = CARD_REVOCATION_UNKNOWN;
		vt_copy_cut(its->revocation.detail, sizeof(its->revocation.detail), why);
	}
	answer_show(core);
}

void cards_show_checked(struct core *core, const struct certificate_checked *checked)
{
	static const enum card_revocation_status statuses[CHECK_STATUS_COUNT] = {
		[CHECK_GOOD] = CARD_REVOCATION_GOOD,
		[CHECK_REVOKED] = CARD_REVOCATION_REVOKED,
		[CHECK_UNKNOWN] = CARD_REVOCATION_UNKNOWN,
		[CHECK_UNAVAILABLE] = CARD_REVOCATION_UNKNOWN,
	};
	struct card_show *show = core->cards.show;
	struct card_revocation *revocation = &show->facts.certificates[show->next].revocation;

	*revocation = (struct card_revocation){.status = statuses[checked->status],
		.this_update_unix_ms = checked->this_update_unix_ms,
		.next_update_unix_ms = checked->next_update_unix_ms};
	memcpy(revocation->source, checked->source, sizeof(revocation->source));
	vt_copy_cut(revocation->detail, sizeof(revocation->detail),
		checked->detail[0]		   ? checked->detail
		: checked->status == CHECK_UNKNOWN ? "its issuer does not know it"
						   : "");
	show->next++;
	ask_on(core);
}

void cards_list_for_show(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;
	struct card_show *show = calloc(1, sizeof(*show));

	if (!show) {
		cards_answer(core, BUS_INTERNAL_ERROR, "out of memory");
		return;
	}
	desk->show = show;
	show->list = *list;
	show->until_ms = vt_clock_monotonic_ms() + SHOW_CHECKS_MS;
	memcpy(show->facts.device, desk->device, sizeof(show->facts.device));
	memcpy(show->facts.atr, desk->atr, sizeof(show->facts.atr));
	show->facts.application = list->application;
	show->facts.pin = list->pin;
	show->facts.count = list->count;
	for (size_t i = 0; i < list->count; i++)
		fill_identity(core, &list->certificates[i], &show->facts.certificates[i]);
	ask_on(core);
}

/* ---- Card.Sign ---- */

void cards_list_for_sign(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;

	if (cards_choose(core, list, CERTIFICATE_USE_SIGN) == CERTIFICATE_OUTCOME_COUNT ||
		!desk->certificate) {
		cards_answer(core, BUS_NOT_FOUND, "no certificate on the card can sign");
		return;
	}
	if (!core->devices.conn) {
		cards_answer(core, BUS_DEVICE_NOT_READY, "the device process is gone");
		return;
	}
	char pin[CARD_PIN_SIZE];
	vt_copy_cut(pin, sizeof(pin), vt_secret_get(&desk->secret));
	vt_secret_finish(&desk->secret);
	cards_send_sign(core, pin);
	vt_wipe(pin, sizeof(pin));
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
	case SESSION_SCAN:
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
	if (!cards_send_list(core))
		cards_answer(core, BUS_DEVICE_NOT_READY, "the device process is gone");
}
