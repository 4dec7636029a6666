/* Cards and certificates from the command line, for certificates.py:
 *
 *   card FILE AUTHORITIES PIN          list a virtual card and sign with each certificate of it
 *   check CERT AUTHORITIES USE UNIX_S  USE: efirma, sign
 *   ocsp-request CERT ISSUER           DER on stdout
 *   ocsp CERT ISSUER ANSWER UNIX_S
 *   crl CERT ISSUER LIST UNIX_S GRACE_S
 *
 * Certificates are DER. One line for each thing found, words first. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/certificate/revocation.h"
#include "tests/drivers/card_host.h"
#include "tools/virtual-devices/card.h"

static const uint8_t digest[64] = {7};

static void die(const char *what)
{
	fprintf(stderr, "smartcard_tool: %s\n", what);
	exit(2);
}

static void read_whole(const char *path, struct vt_buf *ret)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");
	uint8_t *room;

	vt_buf_init(ret, REVOCATION_MAX_CRL + 1);
	room = vt_buf_reserve(ret, 1024 * 1024);
	if (!file || !room)
		die(path);
	vt_buf_added(ret, fread(room, 1, 1024 * 1024, file));
}

static struct certificate *read_certificate(const char *path)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf = {0};
	struct certificate *certificate;
	struct vt_error error = {0};

	read_whole(path, &buf);
	if (certificate_parse(buf.data, buf.length, &certificate, &error)) {
		printf("malformed: %s\n", error.msg);
		exit(0);
	}
	return certificate;
}

static struct certificate_store *read_store(const char *folder)
{
	struct certificate_store *store = NULL;
	struct vt_error error = {0};

	if (certificate_store_load(folder, &store, &error))
		die(error.msg);
	return store;
}

static int64_t unix_ms(const char *text)
{
	int64_t seconds = 0;

	if (vt_parse_i64(text, 0, INT64_MAX / 1000, &seconds))
		die("not a time");
	return seconds * 1000;
}

static void print_answer(const struct revocation_answer *answer)
{
	printf("%s fresh=%d source=%s why=%s\n", revocation_status_names[answer->status],
		answer->is_fresh, answer->source, answer->why);
}

/* ---- cards ---- */

static void print_certificate(struct card_host *host, const struct certificate_store *store,
	const struct smartcard_certificate *own, const char *pin)
{
	struct certificate_identity identity;
	struct certificate *certificate = NULL;
	enum smartcard_outcome signing;
	int64_t now = (int64_t)time(NULL) * 1000;

	if (certificate_parse(own->der, own->length, &certificate, NULL))
		die("the machine listed what is no certificate");
	certificate_identity(certificate, &identity);
	printf("certificate %s %s %s", own->id, certificate_kind_names[identity.kind],
		certificate_outcome_word(
			certificate_check(certificate, store, CERTIFICATE_USE_EFIRMA, now)));
	signing = card_host_sign(host, own->id, pin, CARD_SHA256, digest);
	printf(" %s rfc=%s curp=%s holder=%s serial=%s\n", smartcard_outcome_word(signing),
		identity.rfc, identity.curp, identity.holder, identity.serial);
	certificate_destroy(&certificate);
}

static int run_card(const char *file, const char *folder, const char *pin)
{
	static const char *const applications[] = {"none", "piv", "pkcs15", "cac"};
	struct certificate_store *store = read_store(folder);
	struct card_host host = {0};
	struct vt_error error = {0};
	struct card_pin card_pin;
	struct card *card = NULL;

	if (card_open(file, &card, &error)) {
		fprintf(stderr, "%s\n", error.msg);
		return error.code == VT_ERR_UNSUPPORTED ? 77 : 2;
	}
	card_host_begin(&host, card);
	printf("list %s\n", smartcard_outcome_word(card_host_list(&host)));
	smartcard_pin(host.smartcard, &card_pin);
	printf("application %s tries=%d exchanges=%d\n",
		applications[smartcard_application(host.smartcard)], card_pin.tries_left,
		host.exchanges);
	for (size_t i = 0; i < smartcard_count(host.smartcard); i++)
		print_certificate(&host, store, smartcard_certificate_at(host.smartcard, i), pin);
	printf("verifies %d secret_left=%d\n", host.verifies, host.secret_left);
	card_host_finish(&host);
	card_destroy(&card);
	certificate_store_destroy(&store);
	return 0;
}

/* ---- certificates ---- */

static int run_check(char **a)
{
	struct certificate *certificate = read_certificate(a[0]);
	struct certificate_store *store = read_store(a[1]);
	enum certificate_use use =
		strcmp(a[2], "efirma") == 0 ? CERTIFICATE_USE_EFIRMA : CERTIFICATE_USE_SIGN;
	struct certificate_der chain[CERTIFICATE_MAX_DEPTH + 1];
	struct certificate_identity id;

	certificate_identity(certificate, &id);
	printf("%s %s chain=%zu rfc=%s curp=%s representative=%s,%s serial=%s holder=%s\n",
		certificate_outcome_word(certificate_check(certificate, store, use, unix_ms(a[3]))),
		certificate_kind_names[id.kind],
		certificate_chain(certificate, store, unix_ms(a[3]), chain, VT_ELEMENTS(chain)),
		id.rfc, id.curp, id.representative_rfc, id.representative_curp, id.serial,
		id.holder);
	certificate_identity_finish(&id);
	certificate_store_destroy(&store);
	certificate_destroy(&certificate);
	return 0;
}

static int run_revocation(const char *verb, char **a, int count)
{
	struct certificate *certificate = read_certificate(a[0]);
	struct certificate *issuer = read_certificate(a[1]);
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf = {0};
	struct revocation_answer answer = {0};
	struct revocation_list *list = NULL;
	struct vt_error error = {0};

	if (strcmp(verb, "ocsp-request") == 0) {
		vt_buf_init(&buf, 4096);
		if (revocation_ocsp_request(certificate, issuer, &buf, &error))
			die(error.msg);
		fwrite(buf.data, 1, buf.length, stdout);
	} else if (strcmp(verb, "ocsp") == 0 && count == 4) {
		read_whole(a[2], &buf);
		revocation_ocsp_judge(
			certificate, issuer, buf.data, buf.length, unix_ms(a[3]), &answer);
		print_answer(&answer);
	} else if (strcmp(verb, "crl") == 0 && count == 5) {
		read_whole(a[2], &buf);
		if (revocation_list_parse(issuer, buf.data, buf.length, &list, &error)) {
			printf("refused: %s\n", error.msg);
		} else {
			revocation_list_judge(
				list, certificate, unix_ms(a[3]), unix_ms(a[4]), &answer);
			print_answer(&answer);
		}
		revocation_list_destroy(&list);
	} else {
		die("usage: see the source");
	}
	certificate_destroy(&issuer);
	certificate_destroy(&certificate);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "card") == 0)
		return run_card(argv[2], argv[3], argv[4]);
	if (argc == 6 && strcmp(argv[1], "check") == 0)
		return run_check(argv + 2);
	if (argc >= 4)
		return run_revocation(argv[1], argv + 2, argc - 2);
	die("usage: see the source");
}
