/* A hostile certificate, OCSP answer and list. Whatever it is, no authority of ours stands behind
 * it: nothing may be good. The first byte chooses; issuer and certificate of the other two are
 * fixed. */

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/certificate/revocation.h"
#include "tests/fuzz/certificate_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* 2027-06-01 */
#define NOW INT64_C(1811808000000)

static struct certificate *load(const uint8_t *der, size_t length)
{
	struct certificate *certificate = NULL;

	VT_ASSERT(certificate_parse(der, length, &certificate, NULL) == VT_OK);
	return certificate;
}

static void fuzz_certificate(struct certificate_store *store, const uint8_t *data, size_t length)
{
	struct certificate *certificate = NULL;
	struct certificate_identity id;
	uint8_t digest[32] = {0};

	if (certificate_parse(data, length, &certificate, NULL))
		return;
	certificate_identity(certificate, &id);
	VT_ASSERT(vt_utf8_valid(id.holder, strlen(id.holder)));
	VT_ASSERT(strlen(id.curp) == 0 || strlen(id.curp) == 18);
	VT_ASSERT(id.kind == CERTIFICATE_OTHER || id.rfc[0]);
	for (int use = 0; use < 2; use++)
		if (certificate_check(certificate, store, (enum certificate_use)use, NOW) ==
			CERTIFICATE_GOOD)
			/* Only the one that our authority has signed. */
			VT_ASSERT(length == sizeof(pair_leaf) &&
				  memcmp(data, pair_leaf, length) == 0);
	VT_ASSERT(certificate_verify(certificate, CERTIFICATE_SHA256, digest, sizeof(digest), data,
			  length < 256 ? length : 256) != VT_OK);
	certificate_destroy(&certificate);
}

static void fuzz_revocation(int which, const uint8_t *data, size_t length)
{
	struct certificate *leaf = load(pair_leaf, sizeof(pair_leaf));
	struct certificate *issuer = load(pair_root, sizeof(pair_root));
	struct revocation_answer answer = {0}, decided;
	struct revocation_list *list = NULL;

	if (which == 1) {
		revocation_ocsp_judge(leaf, issuer, data, length, NOW, &answer);
		revocation_decide(&answer, NULL, &decided);
		VT_ASSERT(decided.status == REVOCATION_UNAVAILABLE);
	} else if (!revocation_list_parse(issuer, data, length, &list, NULL)) {
		/* PEM of the same list passes as well. */
		revocation_list_judge(list, leaf, NOW, REVOCATION_GRACE_MS, &answer);
		revocation_list_destroy(&list);
	}
	certificate_destroy(&issuer);
	certificate_destroy(&leaf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct certificate_store *store;

	if (!store) {
		store = certificate_store_create();
		VT_ASSERT(store && certificate_store_add(
					   store, pair_root, sizeof(pair_root), NULL) == VT_OK);
	}
	if (length < 1)
		return 0;
	if (data[0] % 3 == 0)
		fuzz_certificate(store, data + 1, length - 1);
	else
		fuzz_revocation(data[0] % 3, data + 1, length - 1);
	return 0;
}
