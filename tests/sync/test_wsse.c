/* Signatures that must be believed, and attacks that must not (domain.md §7.2). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "offline-queue/sync/wsse.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tests/sync/support.h"

static enum vt_code verify_text(
	const char *text, const char *ca, const char *signer, int64_t now, struct vt_error *error)
{
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = support_trust(ca, signer);
	VT_CLEANUP(xml_free) struct xml_doc *doc = NULL;
	struct wsse_verdict verdict;

	*error = (struct vt_error){0};
	if (xml_parse(text, strlen(text), &doc, error))
		return VT_ERR_PARSE;
	enum vt_code code = wsse_verify(doc, trust, now, &verdict, error);
	assert_true((code == VT_OK) == (verdict.body != NULL));
	return code;
}

static void sign_text(const char *identity_name, int64_t now, struct vt_buf *out)
{
	VT_CLEANUP(wsse_identity_free)
	struct wsse_identity *identity = support_identity(identity_name);
	struct xml_doc *doc = support_envelope();
	struct vt_error error = {0};

	if (wsse_sign(doc, identity, now, &error))
		fail_msg("%s", error.msg);
	support_serialize(&doc, out);
}

static void check_round_trip(const char *identity, const char *method)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = support_trust("ca", "agency.test");
	const int64_t now = vt_clock_unix_ms();
	struct wsse_verdict verdict;
	struct vt_error error = {0};
	char text[64];

	sign_text(identity, now, &out);
	assert_non_null(strstr(vt_buf_text(&out), method));
	assert_null(strstr(vt_buf_text(&out) + 50, "\n"));
	VT_CLEANUP(xml_free) struct xml_doc *doc = support_parse(vt_buf_text(&out));
	if (wsse_verify(doc, trust, now, &verdict, &error))
		fail_msg("%s", error.msg);
	assert_ptr_equal(verdict.body, soap_body(doc));
	assert_string_equal(verdict.message_id, "urn:uuid:8e03978e-40d5-43e8-bc93-6894a57f9324");
	assert_string_equal(verdict.relates_to, "");
	assert_string_equal(verdict.signer, "agency.test");
	assert_int_equal(strlen(verdict.fingerprint), 64);
	assert_int_equal(verdict.created_unix_ms, now);
	struct xml_node *name = xml_child_local(soap_payload(verdict.body), "nombre");
	assert_int_equal(xml_text(name, text, sizeof(text)), VT_OK);
	assert_string_equal(text, "Ñandú & <Ávila>");
}

static void what_we_sign_we_verify(void **state)
{
	(void)state;
	check_round_trip("agency", "xmldsig-more#rsa-sha256");
	check_round_trip("agency-ec", "xmldsig-more#ecdsa-sha256");
}

static void verifying_twice_gives_the_same(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = support_trust("ca", NULL);
	struct wsse_verdict verdict;
	const int64_t now = vt_clock_unix_ms();

	sign_text("terminal", now, &out);
	VT_CLEANUP(xml_free) struct xml_doc *doc = support_parse(vt_buf_text(&out));
	assert_int_equal(wsse_verify(doc, trust, now, &verdict, NULL), VT_OK);
	assert_string_equal(verdict.signer, "terminal-001");
	/* Ids are entered once; the second look fails closed or succeeds, but never crashes. */
	(void)!wsse_verify(doc, trust, now, &verdict, NULL);
}

static void time_window_is_five_minutes_each_way(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	const int64_t now = 1770000000000;
	struct vt_error error;

	/* Certificates of the tests are younger than this: take the clock of today. */
	const int64_t base = vt_clock_unix_ms() > now ? vt_clock_unix_ms() : now;
	sign_text("agency-ec", base + WSSE_WINDOW_MS, &out);
	assert_int_equal(verify_text(vt_buf_text(&out), "ca", NULL, base, &error), VT_OK);
	assert_int_equal(
		verify_text(vt_buf_text(&out), "ca", NULL, base - 1, &error), VT_ERR_TIMEOUT);
	assert_int_equal(
		verify_text(vt_buf_text(&out), "ca", NULL, base + 2 * WSSE_WINDOW_MS - 1, &error),
		VT_OK);
	assert_int_equal(
		verify_text(vt_buf_text(&out), "ca", NULL, base + 2 * WSSE_WINDOW_MS, &error),
		VT_ERR_TIMEOUT);
}

static void signers_that_are_not_the_expected_one_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *identity, *ca, *signer;
		enum vt_code code;
	} rows[] = {
		{"agency", "ca", "agency.test", VT_OK},
		{"agency", "ca", "localhost", VT_OK}, /* by its SAN */
		{"agency", "ca", NULL, VT_OK}, {"agency", "rogue", "agency.test", VT_ERR_UNTRUSTED},
		{"impostor", "ca", "agency.test", VT_ERR_UNTRUSTED},
		{"impostor", "rogue", "agency.test", VT_OK},
		{"other", "ca", "agency.test", VT_ERR_UNTRUSTED}, {"other", "ca", NULL, VT_OK},
		{"expired", "ca", "agency.test", VT_ERR_UNTRUSTED},
		{"agency", "ca", "agency.tes", VT_ERR_UNTRUSTED},
		{"agency", "ca", "test", VT_ERR_UNTRUSTED},
		{"ca", "ca", NULL, VT_ERR_UNTRUSTED}, /* the CA's own key is no signer */
	};
	const int64_t now = vt_clock_unix_ms();

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		VT_CLEANUP(vt_buf_finish) struct vt_buf out;
		struct vt_error error;
		sign_text(rows[i].identity, now, &out);
		const enum vt_code code =
			verify_text(vt_buf_text(&out), rows[i].ca, rows[i].signer, now, &error);
		if (code != rows[i].code)
			fail_msg("row %zu: %d %s", i, code, error.msg);
	}
}

static void weak_and_foreign_keys_are_not_loaded(void **state)
{
	(void)state;
	struct wsse_identity *identity = NULL;
	struct wsse_trust *trust = NULL;
	struct vt_error error = {0};

	assert_int_equal(wsse_identity_load(support_path("weak.pem"), support_path("weak.key"),
				 &identity, &error),
		VT_ERR_CRYPTO);
	assert_int_equal(wsse_identity_load(support_path("agency.pem"),
				 support_path("agency-ec.key"), &identity, &error),
		VT_ERR_CRYPTO);
	assert_int_equal(wsse_identity_load(support_path("agency.key"), support_path("agency.key"),
				 &identity, &error),
		VT_ERR_CRYPTO);
	assert_int_equal(wsse_identity_load(support_path("missing"), support_path("agency.key"),
				 &identity, &error),
		VT_ERR_IO);
	assert_null(identity);
	assert_int_equal(
		wsse_trust_load(support_path("agency.key"), NULL, &trust, &error), VT_ERR_CRYPTO);
	assert_int_equal(wsse_trust_load(support_path("missing"), NULL, &trust, &error), VT_ERR_IO);
	assert_null(trust);
}

static void signing_twice_is_refused(void **state)
{
	(void)state;
	VT_CLEANUP(wsse_identity_free)
	struct wsse_identity *identity = support_identity("terminal");
	VT_CLEANUP(xml_free) struct xml_doc *doc = support_envelope();
	VT_CLEANUP(xml_free) struct xml_doc *other = xml_create(NULL, NULL, "a");

	assert_int_equal(wsse_sign(doc, identity, 1000, NULL), VT_OK);
	assert_int_equal(wsse_sign(doc, identity, 1000, NULL), VT_ERR_INVALID);
	assert_int_equal(wsse_sign(other, identity, 1000, NULL), VT_ERR_INVALID);
}

/* ---- attacks: a signed envelope, changed by text surgery ---- */

/* Text between the first `from` and the following `to`, both included; owned by the caller. */
static char *cut(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from);
	const char *end = start ? strstr(start, to) : NULL;

	assert_non_null(start);
	assert_non_null(end);
	return strndup(start, (size_t)(end - start) + strlen(to));
}

/* text with the first `what` replaced by `with`. */
static char *swap(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);
	char *result = NULL;

	assert_non_null(at);
	assert_true(
		asprintf(&result, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what)) > 0);
	return result;
}

static void check_refused(const char *text, const char *reason)
{
	struct vt_error error;
	const enum vt_code code =
		verify_text(text, "ca", "agency.test", vt_clock_unix_ms(), &error);

	if (code != VT_ERR_UNTRUSTED && code != VT_ERR_PARSE)
		fail_msg("accepted or odd: %d", code);
	if (!strstr(error.msg, reason))
		fail_msg("refused, but because: %s", error.msg);
}

static void swap_is_refused(
	const char *text, const char *what, const char *with, const char *reason)
{
	VT_CLEANUP(vt_freep) char *changed = swap(text, what, with);

	check_refused(changed, reason);
}

static void changed_content_is_refused(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	swap_is_refused(text, "ABCD010203", "ABCE010203", "does not match");
	swap_is_refused(text, "8e03978e", "8e03978f", "does not match");
	swap_is_refused(text, "</wsu:Created>", "</wsu:Created> ", "does not match");
	swap_is_refused(text, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", "does not match");
	swap_is_refused(text, "<ds:DigestValue>", "<ds:DigestValue>AAAA", "does not match");
}

static void wrapped_bodies_are_refused(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	VT_CLEANUP(vt_freep) char *body = cut(text, "<soap:Body", "</soap:Body>");
	VT_CLEANUP(vt_freep) char *fresh = swap(body, "ABCD010203", "EVIL010203");
	VT_CLEANUP(vt_freep) char *id = cut(body, " wsu:Id=\"", "\">");
	char *p;

	id[strlen(id) - 1] = '\0'; /* the id's attribute is the last one of the start tag */
	VT_CLEANUP(vt_freep) char *no_id = swap(fresh, id, "");

	/* 1: a second Body with the same id, before and after the signed one. */
	assert_true(asprintf(&p, "%s%s", fresh, body) > 0);
	swap_is_refused(text, body, p, "one Body");
	free(p);
	assert_true(asprintf(&p, "%s%s", body, fresh) > 0);
	swap_is_refused(text, body, p, "one Body");
	free(p);
	/* 2: the signed Body moved into the header, a new one in its place, same or no id. */
	assert_true(asprintf(&p, "<x>%s</x></soap:Header>", body) > 0);
	VT_CLEANUP(vt_freep) char *hidden = swap(text, body, fresh);
	swap_is_refused(hidden, "</soap:Header>", p, "one id");
	VT_CLEANUP(vt_freep) char *hidden2 = swap(text, body, no_id);
	swap_is_refused(hidden2, "</soap:Header>", p, "something else");
	/* … and inside the Security header, the classic place. */
	free(p);
	assert_true(asprintf(&p, "%s</wsse:Security>", body) > 0);
	swap_is_refused(hidden2, "</wsse:Security>", p, "unknown element");
	free(p);
	/* … and inside the Signature as an Object. */
	assert_true(asprintf(&p, "<ds:Object>%s</ds:Object></ds:Signature>", body) > 0);
	swap_is_refused(hidden2, "</ds:Signature>", p, "malformed Signature");
	free(p);
	/* 3: the signed Body inside the new one. */
	assert_true(asprintf(&p, "<soap:Body><x>%s</x></soap:Body>", body) > 0);
	swap_is_refused(text, body, p, "something else");
	free(p);
	/* 4: the Envelope inside another one. */
	VT_CLEANUP(vt_freep) char *inner = cut(text, "<soap:Envelope", "</soap:Envelope>");
	assert_true(asprintf(&p,
			    "<soap:Envelope xmlns:soap=\"" SOAP_NS
			    "\"><soap:Header>%s</soap:Header><soap:Body><x/></soap:Body>"
			    "</soap:Envelope>",
			    inner) > 0);
	check_refused(p, "Security headers");
	free(p);
	/* 5: Body renamed, so that "the Body" is somebody else's. */
	assert_true(asprintf(&p, "<soap:Body><x/></soap:Body>%s", body) > 0);
	swap_is_refused(text, body, p, "one Body");
	free(p);
}

static void ids_must_be_unique_and_plain(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	VT_CLEANUP(vt_freep) char *attribute = cut(strstr(text, "<soap:Body"), "wsu:Id=\"", "\">");
	attribute[strlen(attribute) - 1] = '\0';
	VT_CLEANUP(vt_freep) char *value = swap(attribute, "wsu:Id", "");
	static const char *const names[] = {"wsu:Id", "Id", "ID", "xml:id"};
	for (size_t i = 0; i < VT_ELEMENTS(names); i++) {
		char *p;
		assert_true(asprintf(&p, "<x %s%s/></soap:Header>", names[i], value) > 0);
		swap_is_refused(text, "</soap:Header>", p, "one id");
		free(p);
	}
	VT_CLEANUP(vt_freep) char *reference = cut(text, "<ds:Reference URI=\"", "\">");
	swap_is_refused(text, reference, "<ds:Reference URI=\"\">", "something else");
	swap_is_refused(text, reference, "<ds:Reference>", "strange URI");
	swap_is_refused(text, reference, "<ds:Reference URI=\"#xpointer(/)\">", "something else");
	swap_is_refused(
		text, reference, "<ds:Reference URI=\"file:///etc/passwd\">", "something else");
	swap_is_refused(
		text, reference, "<ds:Reference URI=\"http://127.0.0.1/\">", "something else");
}

static void everything_that_counts_must_be_signed(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	/* References in the order Timestamp, Body, MessageID. */
	VT_CLEANUP(vt_freep) char *first = cut(text, "<ds:Reference", "</ds:Reference>");
	const char *after = strstr(text, "</ds:Reference>") + strlen("</ds:Reference>");
	VT_CLEANUP(vt_freep) char *second = cut(after, "<ds:Reference", "</ds:Reference>");
	after = strstr(after, "</ds:Reference>") + strlen("</ds:Reference>");
	VT_CLEANUP(vt_freep) char *third = cut(after, "<ds:Reference", "</ds:Reference>");

	swap_is_refused(text, first, "", "Timestamp not signed");
	swap_is_refused(text, second, "", "Body not signed");
	swap_is_refused(text, third, "", "addressing header not signed");
	swap_is_refused(text, third, second, "something else");
	swap_is_refused(text, "</soap:Header>",
		"<wsa:RelatesTo xmlns:wsa=\"" WSA_NS "\">urn:uuid:1</wsa:RelatesTo></soap:Header>",
		"addressing header not signed");
	char *p;
	assert_true(asprintf(&p, "%s%s", third, third) > 0);
	swap_is_refused(text, third, p, "too many references");
	free(p);
	VT_CLEANUP(vt_freep) char *timestamp = cut(text, "<wsu:Timestamp", "</wsu:Timestamp>");
	swap_is_refused(text, timestamp, "", "missing");
	assert_true(asprintf(&p, "%s%s", timestamp, timestamp) > 0);
	swap_is_refused(text, timestamp, p, "must be unique");
	free(p);
	VT_CLEANUP(vt_freep) char *security = cut(text, "<wsse:Security ", "</wsse:Security>");
	swap_is_refused(text, security, "", "Security headers");
	VT_CLEANUP(vt_freep) char *signature = cut(text, "<ds:Signature ", "</ds:Signature>");
	swap_is_refused(text, signature, "", "missing");
}

static void only_allowed_algorithms_pass(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	swap_is_refused(text, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2000/09/xmldsig#rsa-sha1", "signature method");
	swap_is_refused(text, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2000/09/xmldsig#hmac-sha1", "signature method");
	swap_is_refused(text, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "signature method");
	swap_is_refused(text, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "does not match");
	swap_is_refused(text, "http://www.w3.org/2001/04/xmlenc#sha256",
		"http://www.w3.org/2000/09/xmldsig#sha1", "digest method");
	swap_is_refused(text,
		"<ds:CanonicalizationMethod Algorithm=\""
		"http://www.w3.org/2001/10/xml-exc-c14n#",
		"<ds:CanonicalizationMethod "
		"Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
		"canonicalisation");
	swap_is_refused(text, "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#",
		"<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116",
		"transform");
	swap_is_refused(text,
		"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
		"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>"
		"<ds:Transform "
		"Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>",
		"transform");
	swap_is_refused(text, "</ds:Transforms>",
		"<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">"
		"<ds:XPath>false()</ds:XPath></ds:Transform></ds:Transforms>",
		"transform");
}

static void keys_come_from_the_token_only(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	VT_CLEANUP(vt_freep) char *info = cut(text, "<ds:KeyInfo>", "</ds:KeyInfo>");
	VT_CLEANUP(vt_freep)
	char *token = cut(text, "<wsse:BinarySecurityToken", "</wsse:BinarySecurityToken>");

	swap_is_refused(text, info,
		"<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>"
		"<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>",
		"KeyInfo");
	swap_is_refused(
		text, info, "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>", "KeyInfo");
	swap_is_refused(text, info, "", "malformed Signature");
	swap_is_refused(text, info,
		"<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1/\"/></ds:KeyInfo>",
		"KeyInfo");
	swap_is_refused(text, "</wsse:SecurityTokenReference>",
		"<x/></wsse:SecurityTokenReference>", "KeyInfo");
	swap_is_refused(text, "</ds:KeyInfo>", "<ds:KeyValue/></ds:KeyInfo>", "KeyInfo");
	swap_is_refused(text, token, "", "missing");

	/* Somebody else's token by the same CA, same id. */
	VT_CLEANUP(vt_buf_finish) struct vt_buf other;
	sign_text("agency-ec", vt_clock_unix_ms(), &other);
	VT_CLEANUP(vt_freep)
	char *theirs = cut(vt_buf_text(&other), "X509v3\">MII", "</wsse:BinarySecurityToken>");
	VT_CLEANUP(vt_freep) char *mine = cut(text, "X509v3\">MII", "</wsse:BinarySecurityToken>");
	swap_is_refused(text, mine, theirs, "does not match");
	swap_is_refused(text, mine, "X509v3\"></wsse:BinarySecurityToken>", "malformed token");
	swap_is_refused(text, mine, "X509v3\">MIIC</wsse:BinarySecurityToken>", "malformed token");
	swap_is_refused(text, "X509v3\">MII", "X509PKIPathv1\">MII", "malformed token");
}

static void hostile_xml_never_reaches_the_verifier(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	swap_is_refused(text, "<soap:Envelope",
		"<!DOCTYPE e [<!ATTLIST soap:Body wsu:Id ID #IMPLIED>]><soap:Envelope",
		"document type");
	swap_is_refused(text, "ABCD010203", "&boom;", "xml:");
}

static void malformed_times_are_refused(void **state)
{
	(void)state;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	sign_text("agency-ec", vt_clock_unix_ms(), &out);
	const char *text = vt_buf_text(&out);
	VT_CLEANUP(vt_freep) char *created = cut(text, "<wsu:Created>", "</wsu:Created>");
	static const char *const bad[] = {"", "hoy", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00-06:00", "2026-01-01 00:00:00Z",
		"2026-01-01T00:00:00Zx"};
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		char *p;
		assert_true(asprintf(&p, "<wsu:Created>%s</wsu:Created>", bad[i]) > 0);
		swap_is_refused(text, created, p, "malformed Timestamp");
		free(p);
	}
	swap_is_refused(text, created, "", "malformed Timestamp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_we_verify),
		cmocka_unit_test(verifying_twice_gives_the_same),
		cmocka_unit_test(time_window_is_five_minutes_each_way),
		cmocka_unit_test(signers_that_are_not_the_expected_one_are_refused),
		cmocka_unit_test(weak_and_foreign_keys_are_not_loaded),
		cmocka_unit_test(signing_twice_is_refused),
		cmocka_unit_test(changed_content_is_refused),
		cmocka_unit_test(wrapped_bodies_are_refused),
		cmocka_unit_test(ids_must_be_unique_and_plain),
		cmocka_unit_test(everything_that_counts_must_be_signed),
		cmocka_unit_test(only_allowed_algorithms_pass),
		cmocka_unit_test(keys_come_from_the_token_only),
		cmocka_unit_test(hostile_xml_never_reaches_the_verifier),
		cmocka_unit_test(malformed_times_are_refused),
	};

	return cmocka_run_group_tests(tests, support_start, support_stop);
}
