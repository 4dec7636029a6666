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

static struct certificate *first_certificate(const struct image *image)
{
	struct certificate *certificate = NULL;
	struct vt_error error = {0};

	assert_true(image->key_count > 0);
	if (certificate_parse(
		    image->keys[0].cert, image->keys[0].cert_length, &certificate, &error) != VT_OK)
		fail_msg("%s", error.msg);
	return certificate;
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
		{"forged", CERTIFICATE_BAD_CHAIN},
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
		cmocka_unit_test(tries_are_as_told),
	};
	return cmocka_run_group_tests(tests, make_cards, remove_cards);
}
