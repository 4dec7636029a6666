/* The demo cards before the terminal's own judgement of certificates: each is what its name says.
 * Runs tools/demo-cards once; the clock is the machine's, as in the demo. */

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/cmocka_prelude.h"

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate.h"
#include "terminal/certificate/revocation.h"
#include "tools/agency/responder.h"
#include "tools/virtual-devices/cards/image.h"

static char folder[] = "/tmp/demo-cards-XXXXXX";
static struct certificate_store *store;

static int run(const char *program, const char *argument, const char *more)
{
	char *argv[4] = {strdup(program), strdup(argument), more ? strdup(more) : NULL, NULL};
	pid_t pid = 0;
	int status = -1;

	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ) == 0)
		(void)waitpid(pid, &status, 0);
	for (size_t i = 0; i < 3; i++)
		free(argv[i]);
	return status;
}

static int make_cards(void **state)
{
	const char *root = getenv("VT_SOURCE_DIR");
	char path[600], trust[600];
	struct vt_error error = {0};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/tools/demo-cards", root ? root : ".");
	if (run(path, folder, NULL) != 0)
		return -1;
	/* Only the authority itself is believed. */
	snprintf(path, sizeof(path), "%s/ca/ca.pem", folder);
	snprintf(trust, sizeof(trust), "%s/trust", folder);
	if (mkdir(trust, 0700) != 0)
		return -1;
	snprintf(trust, sizeof(trust), "%s/trust/ca.pem", folder);
	if (link(path, trust) != 0)
		return -1;
	snprintf(trust, sizeof(trust), "%s/trust", folder);
	return certificate_store_load(trust, &store, &error) == VT_OK ? 0 : -1;
}

static int remove_cards(void **state)
{
	(void)state;
	certificate_store_destroy(&store);
	return run("rm", "-rf", folder);
}

static struct image *load(const char *name)
{
	struct vt_error error = {0};
	struct image *image = NULL;
	char path[600];

	snprintf(path, sizeof(path), "%s/cards/%s.card", folder, name);
	if (image_load(path, &image, &error) != VT_OK)
		fail_msg("%s", error.msg);
	return image;
}

static struct certificate *load_der(const uint8_t *der, size_t length)
{
	struct certificate *certificate = NULL;
	struct vt_error error = {0};

	if (certificate_parse(der, length, &certificate, &error) != VT_OK)
		fail_msg("%s", error.msg);
	return certificate;
}

static struct certificate *first_certificate(const struct image *image)
{
	assert_true(image->key_count > 0);
	return load_der(image->keys[0].cert, image->keys[0].cert_length);
}

static void each_card_is_what_its_name_says(void **state)
{
	static const struct {
		const char *card;
		enum certificate_outcome outcome;
	} rows[] = {
		{"holder", CERTIFICATE_GOOD},
		{"holder-t0", CERTIFICATE_GOOD},
		{"holder-gzip", CERTIFICATE_GOOD},
		{"holder-ec", CERTIFICATE_GOOD},
		{"holder-p384", CERTIFICATE_GOOD},
		{"holder-rsa3072", CERTIFICATE_GOOD},
		{"holder-p15", CERTIFICATE_GOOD},
		{"company", CERTIFICATE_GOOD},
		{"blocked", CERTIFICATE_GOOD},
		{"last-try", CERTIFICATE_GOOD},
		{"wrong-key", CERTIFICATE_GOOD},
		/* Known only to who asks the authority. */
		{"revoked", CERTIFICATE_GOOD},
		{"csd", CERTIFICATE_IS_SEAL},
		{"expired", CERTIFICATE_EXPIRED},
		{"not-yet", CERTIFICATE_NOT_YET},
		{"wrong-purpose", CERTIFICATE_NOT_EFIRMA},
		{"unknown-ca", CERTIFICATE_UNKNOWN_ISSUER},
		{"forged", CERTIFICATE_UNKNOWN_ISSUER},
		{"weak", CERTIFICATE_WEAK},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		struct image *image = load(rows[i].card);
		struct certificate *certificate = first_certificate(image);
		enum certificate_outcome outcome = certificate_check(
			certificate, store, CERTIFICATE_USE_EFIRMA, vt_clock_unix_ms());
		if (outcome != rows[i].outcome)
			fail_msg("%s: %s", rows[i].card, certificate_outcome_word(outcome));
		bool fits = key_fits(
			image->keys[0].key, image->keys[0].cert, image->keys[0].cert_length);
		assert_int_equal(fits, strcmp(rows[i].card, "wrong-key") != 0);
		certificate_destroy(&certificate);
		image_destroy(&image);
	}
}

static void certificate_of_a_server_signs_nothing(void **state)
{
	struct image *image = load("wrong-purpose");
	struct certificate *certificate = first_certificate(image);

	(void)state;
	assert_int_equal(
		certificate_check(certificate, store, CERTIFICATE_USE_SIGN, vt_clock_unix_ms()),
		CERTIFICATE_PURPOSE);
	certificate_destroy(&certificate);
	image_destroy(&image);
}

static void identities_come_out_as_they_went_in(void **state)
{
	static const struct {
		const char *card, *holder, *rfc, *curp, *representative;
	} rows[] = {
		{"holder", "CONCEPCIÓN SALGADO BRISEÑO", "SABC5606262A8", "SABC560626MDFLRN01", ""},
		{"company", "TORTILLERÍA LA ÑAPA SA DE CV", "TLN9901014AA", "",
			"SABC560626MDFLRN01"},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		struct certificate_identity identity;
		struct image *image = load(rows[i].card);
		struct certificate *certificate = first_certificate(image);
		certificate_identity(certificate, &identity);
		assert_string_equal(identity.holder, rows[i].holder);
		assert_string_equal(identity.rfc, rows[i].rfc);
		assert_string_equal(identity.curp, rows[i].curp);
		assert_string_equal(identity.representative_curp, rows[i].representative);
		assert_int_equal(strlen(identity.serial), 20);
		certificate_identity_finish(&identity);
		certificate_destroy(&certificate);
		image_destroy(&image);
	}
}

/* --- revocation: what the demo authority says, as the terminal understands it --- */

struct authority {
	struct responder *responder;
	struct certificate *issuer;
};

static void open_authority(struct authority *ret)
{
	struct certificate_der chain[CERTIFICATE_MAX_DEPTH + 1];
	struct vt_error error = {0};
	struct image *image = load("holder");
	struct certificate *holder = first_certificate(image);
	char path[600];

	/* The issuer as core hands it to sync: the first of the chain. */
	assert_int_equal(
		certificate_chain(holder, store, vt_clock_unix_ms(), chain, VT_ELEMENTS(chain)), 1);
	ret->issuer = load_der(chain[0].data, chain[0].length);
	certificate_destroy(&holder);
	image_destroy(&image);
	snprintf(path, sizeof(path), "%s/ca", folder);
	if (responder_load(path, &ret->responder, &error) != VT_OK)
		fail_msg("%s", error.msg);
}

static void close_authority(struct authority *authority)
{
	responder_destroy(&authority->responder);
	certificate_destroy(&authority->issuer);
}

struct revocation_row {
	const char *card;
	enum responder_say say;
	enum responder_fault fault;
	enum revocation_status ocsp, list;
};

static void check_row(const struct authority *authority, const struct revocation_row *row)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf request = {.max = 8192};
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer = {.max = 65536};
	VT_CLEANUP(vt_buf_finish) struct vt_buf list = {.max = 65536};
	int64_t now = vt_clock_unix_ms();
	struct image *image = load(row->card);
	struct certificate *certificate = first_certificate(image);
	struct revocation_answer told = {.status = REVOCATION_UNAVAILABLE};
	struct revocation_list *parsed = NULL;

	assert_int_equal(
		revocation_ocsp_request(certificate, authority->issuer, &request, NULL), VT_OK);
	assert_int_equal(responder_answer(authority->responder, row->say, row->fault, request.data,
				 request.length, now, &answer),
		VT_OK);
	revocation_ocsp_judge(
		certificate, authority->issuer, answer.data, answer.length, now, &told);
	if (told.status != row->ocsp)
		fail_msg("%s, %s, %s by OCSP: %s (%s)", row->card, responder_say_names[row->say],
			responder_fault_names[row->fault], revocation_status_names[told.status],
			told.why);
	assert_int_equal(
		responder_list(authority->responder, row->say, row->fault, now, &list), VT_OK);
	told = (struct revocation_answer){.status = REVOCATION_UNAVAILABLE};
	if (revocation_list_parse(authority->issuer, list.data, list.length, &parsed, NULL) ==
		VT_OK)
		revocation_list_judge(parsed, certificate, now, 0, &told);
	if (told.status != row->list)
		fail_msg("%s, %s, %s by list: %s (%s)", row->card, responder_say_names[row->say],
			responder_fault_names[row->fault], revocation_status_names[told.status],
			told.why);
	revocation_list_destroy(&parsed);
	certificate_destroy(&certificate);
	image_destroy(&image);
}

static void terminal_believes_the_authority_and_no_fault(void **state)
{
	static const struct revocation_row rows[] = {
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_NONE, REVOCATION_GOOD,
			REVOCATION_GOOD},
		{"company", RESPONDER_SAY_INDEX, RESPONDER_FAULT_NONE, REVOCATION_GOOD,
			REVOCATION_GOOD},
		{"revoked", RESPONDER_SAY_INDEX, RESPONDER_FAULT_NONE, REVOCATION_REVOKED,
			REVOCATION_REVOKED},
		{"revoked", RESPONDER_SAY_GOOD, RESPONDER_FAULT_NONE, REVOCATION_GOOD,
			REVOCATION_GOOD},
		{"holder", RESPONDER_SAY_REVOKED, RESPONDER_FAULT_NONE, REVOCATION_REVOKED,
			REVOCATION_REVOKED},
		{"holder", RESPONDER_SAY_HOLD, RESPONDER_FAULT_NONE, REVOCATION_REVOKED,
			REVOCATION_REVOKED},
		{"holder", RESPONDER_SAY_UNKNOWN, RESPONDER_FAULT_NONE, REVOCATION_UNKNOWN,
			REVOCATION_GOOD},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_STALE, REVOCATION_UNAVAILABLE,
			REVOCATION_UNAVAILABLE},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_FUTURE, REVOCATION_UNAVAILABLE,
			REVOCATION_UNAVAILABLE},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_WRONG_SIGNER,
			REVOCATION_UNAVAILABLE, REVOCATION_UNAVAILABLE},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_OTHER, REVOCATION_UNAVAILABLE,
			REVOCATION_UNAVAILABLE},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_TRY_LATER, REVOCATION_UNAVAILABLE,
			REVOCATION_UNAVAILABLE},
		{"holder", RESPONDER_SAY_INDEX, RESPONDER_FAULT_GARBAGE, REVOCATION_UNAVAILABLE,
			REVOCATION_UNAVAILABLE},
		{"revoked", RESPONDER_SAY_INDEX, RESPONDER_FAULT_STALE, REVOCATION_REVOKED,
			REVOCATION_REVOKED},
		{"revoked", RESPONDER_SAY_INDEX, RESPONDER_FAULT_WRONG_SIGNER,
			REVOCATION_UNAVAILABLE, REVOCATION_UNAVAILABLE},
	};
	struct authority authority = {0};

	(void)state;
	open_authority(&authority);
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++)
		check_row(&authority, &rows[i]);
	close_authority(&authority);
}

static void tries_are_as_told(void **state)
{
	static const struct {
		const char *card;
		unsigned left;
	} rows[] = {{"holder", 3}, {"last-try", 1}, {"blocked", 0}};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		struct image *image = load(rows[i].card);
		assert_int_equal(image->pin.tries_left, rows[i].left);
		image_destroy(&image);
	}
	struct image *empty = load("empty");
	assert_int_equal(empty->key_count, 0);
	image_destroy(&empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_card_is_what_its_name_says),
		cmocka_unit_test(certificate_of_a_server_signs_nothing),
		cmocka_unit_test(identities_come_out_as_they_went_in),
		cmocka_unit_test(terminal_believes_the_authority_and_no_fault),
		cmocka_unit_test(tries_are_as_told),
	};
	return cmocka_run_group_tests(tests, make_cards, remove_cards);
}
