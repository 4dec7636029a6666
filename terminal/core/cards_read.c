/* Whose certificate the card has: list, choose, judge, ask whether it is revoked. */

#include <string.h>

#include "terminal/base/base64.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/core/cards.h"

/* A slow card needs some seconds for eight certificates; a responder is asked for as long as a
 * service. */
#define LIST_MS	 25000
#define CHECK_MS 8000

bool cards_send_list(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (!core->devices.conn)
		return false;
	bus_make_command(core->tx, core->devices.conn, BUS_CERTIFICATE_LIST);
	core->tx->header.timeout_ms = LIST_MS;
	desk->asked = core->tx->header.request_id;
	desk->phase = CARD_LISTING;
	memcpy(core->tx->payload.certificate_query.device, desk->device, sizeof(desk->device));
	core_arm(core->card_timer, vt_clock_monotonic_ms() + LIST_MS + CARDS_GRACE_MS);
	return peer_send(&core->devices);
}

void cards_read(struct core *core)
{
	struct card_desk *desk = &core->cards;

	if (desk->phase != CARD_IDLE && desk->peer) {
		cards_tell_identity(core, "card-reader", NULL);
		return;
	}
	certificate_destroy(&desk->certificate);
	desk->is_checked = false;
	desk->peer = NULL;
	if (!cards_send_list(core))
		cards_tell_identity(core, "card-no-reader", NULL);
}

struct certificate *cards_parse(const struct card_certificate *item)
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
enum certificate_outcome cards_choose(
	struct core *core, const struct certificate_list *list, enum certificate_use use)
{
	struct card_desk *desk = &core->cards;
	enum certificate_outcome outcome = CERTIFICATE_OUTCOME_COUNT;

	for (size_t i = 0; i < list->count && outcome != CERTIFICATE_GOOD; i++) {
		if (!list->certificates[i].can_sign)
			continue;
		struct certificate *certificate = cards_parse(&list->certificates[i]);
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

bool cards_send_check(struct core *core, const struct certificate *certificate, const char *text)
{
	struct certificate_der chain[CARD_MAX_ISSUERS];
	struct card_desk *desk = &core->cards;
	const size_t count = certificate_chain(
		certificate, desk->authorities, core_unix_ms(core), chain, CARD_MAX_ISSUERS);

	if (!core->sync.conn || count == 0)
		return false;
	bus_make_command(core->tx, core->sync.conn, BUS_CERTIFICATE_CHECK);
	struct certificate_check *check = &core->tx->payload.certificate_check;
	core->tx->header.timeout_ms = CHECK_MS;
	desk->asked = core->tx->header.request_id;
	desk->phase = CARD_CHECKING;
	vt_copy_cut(check->certificate, sizeof(check->certificate), text);
	for (size_t i = 0; i < count; i++) {
		if (vt_base64_encode(check->issuers[i].certificate, CERTIFICATE_TEXT_SIZE,
			    chain[i].data, chain[i].length))
			break;
		check->issuer_count++;
	}
	core_arm(core->card_timer, vt_clock_monotonic_ms() + CHECK_MS + CARDS_GRACE_MS);
	(void)peer_send(&core->sync); /* if it is gone, cards_sync_gone() has told so */
	return true;
}

void cards_tell_checked(struct core *core, enum check_status status)
{
	struct card_desk *desk = &core->cards;
	struct certificate_identity identity;

	if (status == CHECK_REVOKED || status == CHECK_UNKNOWN) {
		cards_tell_identity(
			core, status == CHECK_REVOKED ? "card-revoked" : "card-not-checked", NULL);
		return;
	}
	desk->is_checked = status == CHECK_GOOD;
	certificate_identity(desk->certificate, &identity);
	cards_tell_identity(core, "", &identity);
	certificate_identity_finish(&identity);
}

/* The words of the problem screens (ui/screens/texts.c) for what devices cannot do. */
const char *cards_list_problem(enum bus_completion_code code)
{
	if (code == BUS_NOT_FOUND)
		return "card-removed";
	if (code == BUS_DEVICE_NOT_READY)
		return "card-no-reader";
	if (code == BUS_TIME_OUT)
		return "card-timeout";
	return code == BUS_INVALID_DATA ? "card-unreadable" : "card-reader";
}

void cards_list_for_citizen(struct core *core, const struct certificate_list *list)
{
	struct card_desk *desk = &core->cards;

	desk->pin = list->pin;
	const enum certificate_outcome outcome = cards_choose(core, list, CERTIFICATE_USE_EFIRMA);
	if (outcome == CERTIFICATE_OUTCOME_COUNT)
		cards_tell_identity(core, "card-none", NULL);
	else if (outcome != CERTIFICATE_GOOD)
		cards_tell_identity(core, certificate_outcome_text_id(outcome), NULL);
	else if (!cards_send_check(core, core->cards.certificate, core->cards.text))
		cards_tell_checked(core, CHECK_UNAVAILABLE);
}
