/* The card machine against the virtual cards, contact by contact: every kind lists and signs; the
 * PIN's rules; every exchange of every operation broken in every way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/cmocka_prelude.h"

#include "terminal/base/cleanup.h"
#include "terminal/certificate/certificate.h"
#include "tests/drivers/card_host.h"
#include "tools/virtual-devices/card.h"

static const uint8_t digest[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static struct card *open_card(const char *name)
{
	const char *root = getenv("VT_SOURCE_DIR");
	struct vt_error error = {0};
	struct card *card = NULL;
	char path[600];

	snprintf(path, sizeof(path), "%s/tests/drivers/data/cards/%s", root ? root : ".", name);
	if (card_open(path, &card, &error) != VT_OK)
		fail_msg("%s", error.msg);
	return card;
}

/* ---- all goes well ---- */

static void assert_certificate(
	struct card_host *host, size_t index, const char *id, const char *rfc, bool can_sign)
{
	const struct smartcard_certificate *own = smartcard_certificate_at(host->smartcard, index);
	struct certificate_identity identity;
	struct certificate *certificate = NULL;

	assert_string_equal(own->id, id);
	assert_int_equal(own->can_sign, can_sign);
	assert_int_equal(certificate_parse(own->der, own->length, &certificate, NULL), VT_OK);
	certificate_identity(certificate, &identity);
	assert_string_equal(identity.rfc, rfc);
	certificate_destroy(&certificate);
}

static void lists_a_piv_card(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct card_host host = {0};
	struct card_pin pin;

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(smartcard_application(host.smartcard), CARD_PIV);
	assert_int_equal(smartcard_count(host.smartcard), 4);
	assert_certificate(&host, 0, "9c", "AAA010101AAA", true); /* gzip */
	assert_certificate(&host, 1, "9a", "EKU9003173C9", true);
	assert_certificate(&host, 2, "9e", "", false);
	assert_certificate(&host, 3, "9d", "", false);
	assert_true(smartcard_certificate_at(host.smartcard, 0)->pin_each_time);
	smartcard_pin(host.smartcard, &pin);
	assert_int_equal(pin.tries_left, 3);
	assert_int_equal(pin.min_length, 6);
	assert_int_equal(pin.max_length, 8);
	assert_int_equal(host.verifies, 0);
	card_host_finish(&host);
}

static void lists_a_pkcs15_card(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("pkcs15.card");
	struct card_host host = {0};
	struct card_pin pin;

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(smartcard_application(host.smartcard), CARD_PKCS15);
	assert_int_equal(smartcard_count(host.smartcard), 3);
	assert_certificate(&host, 0, "01", "EKU9003173C9", true);
	assert_string_equal(smartcard_certificate_at(host.smartcard, 0)->label, "e.firma");
	assert_false(smartcard_certificate_at(host.smartcard, 0)->pin_each_time);
	assert_certificate(&host, 1, "02", "AAA010101AAA", true);
	assert_true(smartcard_certificate_at(host.smartcard, 1)->pin_each_time);
	assert_certificate(&host, 2, "03", "", true);
	smartcard_pin(host.smartcard, &pin);
	assert_int_equal(pin.tries_left, 3);
	assert_int_equal(pin.min_length, 4);
	assert_int_equal(host.verifies, 0);
	card_host_finish(&host);
}

/* Every key and hash, over both protocols; the signature is checked with the certificate. */
static void signs_all(const char *file, const char *pin, const char *const *ids, bool t0)
{
	static const enum certificate_hash hashes[] = {
		CERTIFICATE_SHA256, CERTIFICATE_SHA384, CERTIFICATE_SHA512};
	VT_CLEANUP(card_destroy) struct card *card = open_card(file);
	struct card_host host = {.t0 = t0};

	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	for (; *ids; ids++)
		for (int hash = 0; hash < CARD_HASH_COUNT; hash++) {
			struct certificate *certificate = NULL;
			const struct smartcard_certificate *own = NULL;

			assert_int_equal(
				card_host_sign(&host, *ids, pin, (enum card_hash)hash, digest),
				SMARTCARD_OK);
			for (size_t i = 0; i < smartcard_count(host.smartcard); i++) {
				own = smartcard_certificate_at(host.smartcard, i);
				if (strcmp(own->id, *ids) == 0)
					break;
			}
			assert_int_equal(
				certificate_parse(own->der, own->length, &certificate, NULL),
				VT_OK);
			assert_int_equal(certificate_verify(certificate, hashes[hash], digest,
						 certificate_digest_length(hashes[hash]),
						 host.signature, host.signature_length),
				VT_OK);
			certificate_destroy(&certificate);
		}
	assert_false(host.secret_left);
	card_host_finish(&host);
}

static void every_key_signs(void **state)
{
	static const char *const piv[] = {"9c", "9a", NULL};
	static const char *const piv_free[] = {"9e", NULL};
	static const char *const pkcs15[] = {"01", "02", "03", NULL};

	(void)state;
	for (int t0 = 0; t0 < 2; t0++) {
		signs_all("piv.card", "123456", piv, t0);
		signs_all("piv.card", NULL, piv_free, t0);
		signs_all("pkcs15.card", "1234", pkcs15, t0);
	}
}

static void first_certificate_that_signs_is_the_default(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct card_host host = {0};

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(card_host_sign(&host, "", "123456", CARD_SHA256, digest), SMARTCARD_OK);
	assert_int_equal(card_host_sign(&host, "82", "123456", CARD_SHA256, digest),
		SMARTCARD_NO_CERTIFICATE);
	assert_int_equal(
		card_host_sign(&host, "9d", "123456", CARD_SHA256, digest), SMARTCARD_NO_KEY);
	card_host_finish(&host);
}

/* ---- PIN ---- */

static enum smartcard_outcome verify(struct card_host *host, const char *pin, bool use_last_try)
{
	struct vt_secret secret = {0};
	struct smartcard_request request = {
		.operation = SMARTCARD_VERIFY, .pin = &secret, .use_last_try = use_last_try};

	assert_true(vt_secret_set(&secret, pin));
	return card_host_do(host, &request);
}

static void last_try_is_never_burnt(const char *file, const char *right)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card(file);
	struct card_host host = {0};

	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(verify(&host, "77777777", false), SMARTCARD_PIN_WRONG);
	assert_int_equal(host.result.tries_left, 2);
	assert_int_equal(verify(&host, "77777777", false), SMARTCARD_PIN_WRONG);
	assert_int_equal(host.result.tries_left, 1);
	assert_int_equal(smartcard_sign_outcome(host.result.outcome, 1), SIGN_LAST_TRY);
	assert_int_equal(host.verifies, 2);
	/* Also for the right PIN, for a signature, after another insertion: nothing is sent. */
	assert_int_equal(verify(&host, right, false), SMARTCARD_LAST_TRY);
	assert_int_equal(card_host_sign(&host, "", right, CARD_SHA256, digest), SMARTCARD_LAST_TRY);
	card_host_finish(&host);
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(verify(&host, right, false), SMARTCARD_LAST_TRY);
	assert_int_equal(host.result.tries_left, 1);
	assert_int_equal(host.verifies, 2);
	/* Insisted on, the right one opens and the counter is full again. */
	assert_int_equal(verify(&host, right, true), SMARTCARD_OK);
	assert_int_equal(host.verifies, 3);
	for (int i = 0; i < 3; i++)
		(void)verify(&host, "77777777", true);
	assert_int_equal(host.result.outcome, SMARTCARD_BLOCKED);
	assert_int_equal(host.result.tries_left, 0);
	assert_int_equal(host.verifies, 6);
	assert_int_equal(verify(&host, right, true), SMARTCARD_BLOCKED);
	assert_int_equal(host.verifies, 6);
	assert_false(host.secret_left);
	card_host_finish(&host);
}

static void last_try_of_each_kind(void **state)
{
	(void)state;
	last_try_is_never_burnt("piv.card", "123456");
	last_try_is_never_burnt("pkcs15.card", "1234");
}

static void malformed_pin_stays_here(void **state)
{
	static const char *const pins[] = {"", "12345", "123456789", "12345a", "12 456", "１２３"};
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct card_host host = {0};

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	for (size_t i = 0; i < VT_ELEMENTS(pins); i++)
		assert_int_equal(verify(&host, pins[i], false), SMARTCARD_PIN_FORM);
	assert_int_equal(host.verifies, 0);
	card_host_finish(&host);
}

static void signature_key_wants_the_pin_each_time(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct card_host host = {0};

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(
		card_host_sign(&host, "9a", NULL, CARD_SHA256, digest), SMARTCARD_PIN_NEEDED);
	assert_int_equal(verify(&host, "123456", false), SMARTCARD_OK);
	assert_int_equal(card_host_sign(&host, "9a", NULL, CARD_SHA256, digest), SMARTCARD_OK);
	assert_int_equal(
		card_host_sign(&host, "9c", NULL, CARD_SHA256, digest), SMARTCARD_PIN_NEEDED);
	assert_int_equal(card_host_sign(&host, "9c", "123456", CARD_SHA256, digest), SMARTCARD_OK);
	/* After a log-out the login is gone. */
	assert_int_equal(
		card_host_do(&host, &(struct smartcard_request){.operation = SMARTCARD_LOGOUT}),
		SMARTCARD_OK);
	assert_int_equal(host.resets, 1);
	assert_int_equal(smartcard_count(host.smartcard), 0);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(
		card_host_sign(&host, "9a", NULL, CARD_SHA256, digest), SMARTCARD_PIN_NEEDED);
	card_host_finish(&host);
}

static enum smartcard_outcome sign_with_pad(struct card_host *host, const char *id)
{
	struct smartcard_request request = {.operation = SMARTCARD_SIGN,
		.certificate = id,
		.use_pad = true,
		.hash = CARD_SHA256,
		.digest = digest,
		.digest_length = 32};

	return card_host_do(host, &request);
}

static void pad_of_the_reader(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct card_host host = {.pad = "123456"};

	(void)state;
	card_host_begin(&host, card);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_OK);
	host.pad = "654321";
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_PIN_WRONG);
	assert_int_equal(host.result.tries_left, 2);
	host.pad = NULL;
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_PAD_CANCELLED);
	host.pad_sw = 0x6401;
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_PAD_CANCELLED);
	host.pad_sw = 0x6400;
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_PAD_TIMED_OUT);
	host.pad_sw = 0x6403;
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_PIN_FORM);
	host.pad_sw = 0x6983;
	assert_int_equal(sign_with_pad(&host, "9c"), SMARTCARD_BLOCKED);
	card_host_finish(&host);
}

/* ---- refusals of START ---- */

static void start_is_refused(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	struct vt_secret pin = {.value = "123456"};
	struct smartcard_request list = {.operation = SMARTCARD_LIST};
	struct smartcard_request sign = {
		.operation = SMARTCARD_SIGN, .pin = &pin, .digest = digest, .digest_length = 32};
	struct smartcard_event event = {.type = SMARTCARD_EV_START, .now_ms = 2000};
	struct smartcard_effects effects;
	struct card_host host = {0};

	(void)state;
	card_host_begin(&host, card);
	event.request = &sign;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_ERR_STATE);
	assert_int_equal(card_host_list(&host), SMARTCARD_OK);
	sign.digest_length = 20;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_ERR_INVALID);
	sign.digest_length = 32;
	sign.use_pad = true;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_ERR_INVALID);
	assert_int_equal(effects.count, 0);
	event.request = &list;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_OK);
	assert_int_equal(effects.list[0].type, SMARTCARD_FX_SEND);
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_ERR_BUSY);
	/* A reply with another number is nobody's. */
	event.type = SMARTCARD_EV_REPLY;
	event.number = 0;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_OK);
	assert_int_equal(effects.count, 0);
	assert_int_equal(smartcard_get_state(host.smartcard), SMARTCARD_BUSY);
	event.type = SMARTCARD_EV_REMOVED;
	assert_int_equal(smartcard_step(host.smartcard, &event, &effects), VT_OK);
	assert_int_equal(effects.count, 1);
	assert_int_equal(effects.list[0].result.outcome, SMARTCARD_REMOVED);
	assert_int_equal(smartcard_wake_ms(host.smartcard), INT64_MAX);
	card_host_finish(&host);
}

/* ---- every exchange broken in every way ---- */

/* What may come out. A spoilt answer that the operation can live without leaves it OK. */
static bool may_be(enum card_host_fault fault, enum smartcard_outcome outcome)
{
	switch (fault) {
	case CARD_HOST_REMOVE:
		return outcome == SMARTCARD_REMOVED;
	case CARD_HOST_SILENT:
	case CARD_HOST_TIME:
		return outcome == SMARTCARD_SILENT;
	case CARD_HOST_FAIL:
		return outcome == SMARTCARD_READER;
	case CARD_HOST_EMPTY:
	case CARD_HOST_ONE:
	case CARD_HOST_STRANGE:
	case CARD_HOST_ENDLESS:
		return outcome == SMARTCARD_MALFORMED;
	case CARD_HOST_CANCEL:
		return outcome == SMARTCARD_CANCELLED;
	case CARD_HOST_CUT:
	case CARD_HOST_GARBAGE:
	case CARD_HOST_NO_FAULT:
	case CARD_HOST_FAULT_COUNT:
		break;
	}
	return outcome != SMARTCARD_REMOVED && outcome != SMARTCARD_CANCELLED;
}

static void matrix(const char *file, const char *id, const char *pin)
{
	for (int fault = CARD_HOST_REMOVE; fault < CARD_HOST_FAULT_COUNT; fault++)
		for (int signs = 0; signs < 2; signs++)
			for (int n = 1;; n++) {
				VT_CLEANUP(card_destroy) struct card *card = open_card(file);
				struct card_host host = {.fault = (enum card_host_fault)fault};
				enum smartcard_outcome outcome;

				card_host_begin(&host, card);
				if (signs) {
					assert_int_equal(card_host_list(&host), SMARTCARD_OK);
					host.fault_at = n;
					outcome =
						card_host_sign(&host, id, pin, CARD_SHA256, digest);
				} else {
					host.fault_at = n;
					outcome = card_host_list(&host);
				}
				assert_false(host.secret_left);
				assert_true(host.verifies <= 1);
				if (host.exchanges < n) {
					assert_int_equal(outcome, SMARTCARD_OK);
					card_host_finish(&host);
					break;
				}
				if (!may_be(host.fault, outcome))
					fail_msg("%s: fault %d at exchange %d of %s: %s", file,
						fault, n, signs ? "sign" : "list",
						smartcard_outcome_word(outcome));
				/* It works again, unless the card is gone. */
				host.fault_at = 0;
				if (fault == CARD_HOST_REMOVE)
					assert_int_equal(smartcard_get_state(host.smartcard),
						SMARTCARD_ABSENT);
				else
					assert_int_equal(card_host_list(&host), SMARTCARD_OK);
				card_host_finish(&host);
			}
}

static void each_exchange_fails_in_each_way(void **state)
{
	(void)state;
	matrix("piv.card", "9c", "123456");
	matrix("pkcs15.card", "01", "1234");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_a_piv_card),
		cmocka_unit_test(lists_a_pkcs15_card),
		cmocka_unit_test(every_key_signs),
		cmocka_unit_test(first_certificate_that_signs_is_the_default),
		cmocka_unit_test(last_try_of_each_kind),
		cmocka_unit_test(malformed_pin_stays_here),
		cmocka_unit_test(signature_key_wants_the_pin_each_time),
		cmocka_unit_test(pad_of_the_reader),
		cmocka_unit_test(start_is_refused),
		cmocka_unit_test(each_exchange_fails_in_each_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
