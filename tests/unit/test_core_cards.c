/* The card desk of core: its four files with devices, sync, session and technician played here.
 * Keys and certificates are real and made at the start; what the fakes see is counted. */

#include "tests/lib/cmocka_prelude.h"

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/base64.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

#define READER "usb-1-1"
#define TEXT   "Entro con mi e.firma en la terminal MX-TEST-1."

static struct {
	/* what the session was told last, and how often */
	int told;
	struct session_event event;
	char problem[32], curp[24], key[VT_UUID_SIZE], cms[VT_MAX_CMS_TEXT];
	const char *request; /* on the screen, NULL = a sign-in */
	bool is_checked;
	/* what was sent last, by name, and to whom */
	int sent[BUS_NAME_COUNT];
	struct bus_message message;
	struct peer *receiver;
	int64_t armed_ms;
	enum session_state state;
} world;

/* ---- what core has around the card desk ---- */

bool peer_send(struct peer *peer)
{
	world.message = *peer->core->tx;
	world.receiver = peer;
	world.sent[world.message.header.name]++;
	return peer->conn != NULL;
}

void citizen_feed(struct core *core, struct session_event *event)
{
	(void)core;
	world.told++;
	world.event = *event;
	if (event->type == SESSION_SIGNED)
		vt_copy_cut(
			world.cms, sizeof(world.cms), event->u.sign.cms ? event->u.sign.cms : "");
	if (event->type != SESSION_IDENTITY)
		return;
	vt_copy_cut(world.key, sizeof(world.key), event->u.certificate->key);
	vt_copy_cut(world.problem, sizeof(world.problem), event->u.certificate->problem);
	vt_copy_cut(world.curp, sizeof(world.curp), event->u.certificate->curp);
	world.is_checked = event->u.certificate->is_checked;
}

void core_arm(void *timer, int64_t at_ms)
{
	(void)timer;
	world.armed_ms = at_ms;
}

int64_t core_unix_ms(const struct core *core)
{
	(void)core;
	return (int64_t)time(NULL) * 1000;
}

void journal_note(struct core *core, struct journal_fact fact)
{
	(void)core, (void)fact;
}

void journal_note_technician(const struct peer *peer, const char *what, const char *subject)
{
	(void)peer, (void)what, (void)subject;
}

enum session_state session_get_state(const struct session *s)
{
	(void)s;
	return world.state;
}

const char *session_sign_text(const struct session *s)
{
	(void)s;
	return TEXT;
}

const char *session_sign_request(const struct session *s)
{
	(void)s;
	return world.request;
}

/* ---- keys ---- */

static EVP_PKEY *holder_key, *other_key, *p384_key;
static char rsa_text[CERTIFICATE_TEXT_SIZE], p384_text[CERTIFICATE_TEXT_SIZE];
static const char *holder_text; /* what is on the card: one of the two */
static struct certificate_der root;

static void add_name(X509_NAME *name, const char *field, const char *value)
{
	assert_true(X509_NAME_add_entry_by_txt(
		name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0));
}

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_true(X509_add_ext(x509, extension, -1));
	X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, long serial)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	assert_true(X509_set_version(x509, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x509), serial));
	X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
	assert_true(X509_set_pubkey(x509, key));
	return x509;
}

static size_t encode(X509 *x509, uint8_t **ret_der)
{
	*ret_der = NULL;
	const int length = i2d_X509(x509, ret_der);

	assert_true(length > 0);
	return (size_t)length;
}

static void make_leaf(X509 *authority, EVP_PKEY *root_key, EVP_PKEY *key, char *ret_text)
{
	X509 *leaf = make_certificate(key, 2);
	X509_NAME *name = X509_get_subject_name(leaf);
	uint8_t *der;

	X509_set_issuer_name(leaf, X509_get_subject_name(authority));
	add_name(name, "CN", "CONCEPCIÓN SALGADO BRISEÑO");
	add_name(name, "C", "MX");
	add_name(name, "2.5.4.45", "SABC5606262A8");
	add_name(name, "serialNumber", "SABC560626MDFLRN01");
	add_extension(leaf, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(leaf, NID_key_usage,
		"digitalSignature,nonRepudiation,dataEncipherment,keyAgreement");
	add_extension(leaf, NID_ext_key_usage, "emailProtection,clientAuth");
	assert_true(X509_sign(leaf, root_key, EVP_sha256()) > 0);
	const size_t length = encode(leaf, &der);
	assert_int_equal(vt_base64_encode(ret_text, CERTIFICATE_TEXT_SIZE, der, length), VT_OK);
	OPENSSL_free(der);
	X509_free(leaf);
}

static int make_keys(void **state)
{
	EVP_PKEY *root_key = EVP_RSA_gen(2048U);
	uint8_t *der;

	(void)state;
	holder_key = EVP_RSA_gen(2048U);
	other_key = EVP_RSA_gen(2048U);
	p384_key = EVP_EC_gen("P-384");
	X509 *authority = make_certificate(root_key, 1);
	X509_NAME *name = X509_get_subject_name(authority);

	add_name(name, "CN", "Autoridad de prueba");
	X509_set_issuer_name(authority, name);
	add_extension(authority, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(authority, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert_true(X509_sign(authority, root_key, EVP_sha256()) > 0);
	root.length = encode(authority, &der);
	root.data = der;
	make_leaf(authority, root_key, holder_key, rsa_text);
	make_leaf(authority, root_key, p384_key, p384_text);
	holder_text = rsa_text;
	X509_free(authority);
	EVP_PKEY_free(root_key);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	OPENSSL_free((void *)(uintptr_t)root.data);
	EVP_PKEY_free(holder_key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(p384_key);
	return 0;
}

/* What a card does with a digest. */
static void sign_with(EVP_PKEY *key, const char *digest_hex, char *ret, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	const size_t size_of_digest = strlen(digest_hex) / 2;
	uint8_t digest[48], signature[512];
	size_t length = sizeof(signature);

	assert_true(size_of_digest == 32 || size_of_digest == 48);
	assert_true(vt_unhex(digest, size_of_digest, digest_hex));
	assert_true(EVP_PKEY_sign_init(ctx) > 0);
	assert_true(!EVP_PKEY_is_a(key, "RSA") ||
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0);
	assert_true(EVP_PKEY_CTX_set_signature_md(
			    ctx, size_of_digest == 48 ? EVP_sha384() : EVP_sha256()) > 0 &&
		    EVP_PKEY_sign(ctx, signature, &length, digest, size_of_digest) > 0);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(vt_base64_encode(ret, size, signature, length), VT_OK);
}

/* ---- a core without anything else ---- */

static void connect_peer(struct core *core, struct peer *peer, int *ret_far)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	peer->core = core;
	peer->conn = bus_conn_create(fds[0]);
	assert_non_null(peer->conn);
	*ret_far = fds[1];
}

static int far_ends[3];

static int setup(void **state)
{
	struct core *core = calloc(1, sizeof(*core));
	struct card_inserted inserted = {.device = READER, .atr = "3b00", .readable = true};
	struct vt_error error;

	core->rx = calloc(1, sizeof(*core->rx));
	core->tx = calloc(1, sizeof(*core->tx));
	connect_peer(core, &core->devices, &far_ends[0]);
	connect_peer(core, &core->sync, &far_ends[1]);
	connect_peer(core, &core->ctl[0], &far_ends[2]);
	core->health.reader = READER_READY;
	core->cards.authorities = certificate_store_create();
	assert_int_equal(
		certificate_store_add(core->cards.authorities, root.data, root.length, &error),
		VT_OK);
	cards_inserted(core, &inserted);
	memset(&world, 0, sizeof(world));
	world.state = SESSION_SIGN_IN;
	*state = core;
	return 0;
}

static int teardown(void **state)
{
	struct core *core = *state;

	cards_close(core);
	bus_conn_close(&core->devices.conn);
	bus_conn_close(&core->sync.conn);
	bus_conn_close(&core->ctl[0].conn);
	for (size_t i = 0; i < VT_ELEMENTS(far_ends); i++)
		close(far_ends[i]);
	free(core->rx);
	free(core->tx);
	free(core);
	return 0;
}

/* The answer to what core waits for. */
static struct bus_message answer_to(
	const struct core *core, enum bus_name name, enum bus_completion_code code)
{
	struct bus_message msg = {.header = {.type = BUS_COMPLETION,
					  .name = name,
					  .request_id = core->cards.asked,
					  .completion = code}};

	return msg;
}

static void list(struct core *core)
{
	struct bus_message msg = answer_to(core, BUS_CERTIFICATE_LIST, BUS_SUCCESS);
	struct certificate_list *certificates = &msg.payload.certificate_list;

	certificates->application = CARD_PIV;
	certificates->pin = (struct card_pin){.tries_left = 3};
	certificates->count = 1;
	certificates->certificates[0].can_sign = true;
	vt_copy_cut(certificates->certificates[0].id, CARD_CERTIFICATE_ID_SIZE, "9c");
	vt_copy_cut(certificates->certificates[0].certificate, CERTIFICATE_TEXT_SIZE, holder_text);
	cards_listed(core, &msg);
}

static void check(struct core *core, enum check_status status)
{
	struct bus_message msg = answer_to(core, BUS_CERTIFICATE_CHECK, BUS_SUCCESS);

	msg.payload.certificate_checked.status = status;
	cards_checked(core, &msg);
}

static void answer_sign(struct core *core, enum sign_outcome outcome, EVP_PKEY *key)
{
	struct bus_message msg = answer_to(core, BUS_CERTIFICATE_SIGN, BUS_SUCCESS);
	struct certificate_signed *result = &msg.payload.certificate_signed;

	result->outcome = outcome;
	result->tries_left = 2;
	if (key)
		sign_with(key, world.message.payload.certificate_sign.digest, result->signature,
			sizeof(result->signature));
	cards_signed(core, &msg);
}

static void identify(struct core *core)
{
	cards_read(core);
	list(core);
	check(core, CHECK_GOOD);
	assert_string_equal(world.problem, "");
}

static void assert_told(int times, enum session_event_type type)
{
	assert_int_equal(world.told, times);
	assert_int_equal(world.event.type, type);
}

/* ---- tests ---- */

static void believes_a_signature_of_the_certificate(void **state)
{
	struct core *core = *state;

	identify(core);
	assert_told(1, SESSION_IDENTITY);
	assert_true(world.is_checked);
	assert_string_equal(world.curp, "SABC560626MDFLRN01");
	cards_sign(core, "271828", false);
	assert_string_equal(world.message.payload.certificate_sign.pin, "271828");
	assert_string_equal(world.message.payload.certificate_sign.certificate, "9c");
	answer_sign(core, SIGN_SIGNED, holder_key);
	assert_told(2, SESSION_SIGNED);
	assert_int_equal(world.event.u.sign.outcome, SIGN_SIGNED);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	assert_int_equal(world.armed_ms, 0);
}

#define REQUEST "Pido lo siguiente y lo firmo con mi e.firma.\nCopias: Dos copias\n"

/* As anybody would who gets text and signature. */
static bool verifies(const char *text)
{
	uint8_t der[CMS_MAX_DER];
	const unsigned char *p = der;
	size_t length;

	assert_int_equal(vt_base64_decode(der, sizeof(der), world.cms, &length), VT_OK);
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)length);
	BIO *content = BIO_new_mem_buf(text, -1);
	X509_STORE *trust = X509_STORE_new();
	p = root.data;
	X509 *authority = d2i_X509(NULL, &p, (long)root.length);
	assert_true(cms && X509_STORE_add_cert(trust, authority) == 1);
	/* CAdES: the certificate is the one that the signature names. */
	const bool is_good =
		CMS_verify(cms, NULL, trust, content, NULL, CMS_BINARY | CMS_CADES) == 1;
	X509_free(authority);
	X509_STORE_free(trust);
	BIO_free(content);
	CMS_ContentInfo_free(cms);
	return is_good;
}

static void signs_a_request_as_it_is_on_the_screen(void **state)
{
	struct core *core = *state;
	char first[VT_UUID_SIZE];

	world.request = REQUEST;
	identify(core);
	assert_true(vt_uuid_valid(world.key));
	memcpy(first, world.key, sizeof(first));
	cards_sign(core, "271828", false);
	answer_sign(core, SIGN_WRONG_PIN, NULL);
	assert_string_equal(world.cms, "");
	cards_sign(core, "271828", false);
	answer_sign(core, SIGN_SIGNED, holder_key);
	assert_int_equal(world.event.u.sign.outcome, SIGN_SIGNED);
	assert_true(verifies(REQUEST));
	assert_false(verifies("Copias: Tres copias\n"));
	assert_null(core->cards.cms);
	/* each reading of the card has its own key */
	identify(core);
	assert_string_not_equal(world.key, first);
}

/* P-384 goes with SHA-384 (SP 800-57 part 1, 5.6.1). */
static void signs_a_request_with_a_longer_key(void **state)
{
	struct core *core = *state;

	holder_text = p384_text;
	world.request = REQUEST;
	identify(core);
	holder_text = rsa_text;
	cards_sign(core, "271828", false);
	assert_int_equal(world.message.payload.certificate_sign.hash, CARD_SHA384);
	answer_sign(core, SIGN_SIGNED, p384_key);
	assert_int_equal(world.event.u.sign.outcome, SIGN_SIGNED);
	assert_true(verifies(REQUEST));
}

static void a_request_that_another_key_signed_is_none(void **state)
{
	static char too_long[VT_MAX_SIGNED_TEXT + 2];
	struct core *core = *state;

	world.request = REQUEST;
	identify(core);
	cards_sign(core, "271828", false);
	answer_sign(core, SIGN_SIGNED, other_key);
	assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	assert_string_equal(world.cms, "");
	assert_null(core->cards.cms);
	/* nor is one that is too long to be signed, which the card never sees */
	const int asked = world.sent[BUS_CERTIFICATE_SIGN];
	memset(too_long, 'a', sizeof(too_long) - 1);
	world.request = too_long;
	cards_sign(core, "271828", false);
	assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	assert_int_equal(world.sent[BUS_CERTIFICATE_SIGN], asked);
}

static void nothing_of_a_request_is_kept_when_the_citizen_leaves(void **state)
{
	struct core *core = *state;

	world.request = REQUEST;
	identify(core);
	cards_sign(core, "271828", false);
	assert_non_null(core->cards.cms);
	cards_cancel(core);
	cards_forget(core);
	assert_null(core->cards.cms);
}

static void never_makes_the_same_challenge_twice(void **state)
{
	struct core *core = *state;
	char first[CARD_DIGEST_SIZE];

	identify(core);
	cards_sign(core, "271828", false);
	memcpy(first, world.message.payload.certificate_sign.digest, sizeof(first));
	answer_sign(core, SIGN_WRONG_PIN, NULL);
	cards_sign(core, "271828", false);
	assert_string_not_equal(world.message.payload.certificate_sign.digest, first);
}

static void doubts_every_other_signature(void **state)
{
	struct core *core = *state;
	struct bus_message msg;

	identify(core);
	cards_sign(core, "271828", false);
	answer_sign(core, SIGN_SIGNED, other_key);
	assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	/* a good one, over what was asked before */
	cards_sign(core, "271828", false);
	msg = answer_to(core, BUS_CERTIFICATE_SIGN, BUS_SUCCESS);
	sign_with(holder_key, world.message.payload.certificate_sign.digest,
		msg.payload.certificate_signed.signature, CARD_SIGNATURE_SIZE);
	answer_sign(core, SIGN_WRONG_PIN, NULL);
	cards_sign(core, "271828", false);
	msg.header.request_id = core->cards.asked;
	cards_signed(core, &msg);
	assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	/* none, and no base64 */
	for (int i = 0; i < 2; i++) {
		cards_sign(core, "271828", false);
		msg = answer_to(core, BUS_CERTIFICATE_SIGN, BUS_SUCCESS);
		vt_copy_cut(msg.payload.certificate_signed.signature, CARD_SIGNATURE_SIZE,
			i == 0 ? "" : "no es base64!");
		cards_signed(core, &msg);
		assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	}
}

static void passes_on_what_the_card_refuses(void **state)
{
	struct core *core = *state;

	identify(core);
	for (int i = 0; i < SIGN_OUTCOME_COUNT; i++) {
		if (i == SIGN_SIGNED)
			continue;
		world.told = 0;
		cards_sign(core, "271828", false);
		answer_sign(core, (enum sign_outcome)i, NULL);
		assert_told(1, SESSION_SIGNED);
		assert_int_equal(world.event.u.sign.outcome, i);
		assert_int_equal(world.event.u.sign.tries_left, 2);
	}
}

static void names_each_refusal_of_devices(void **state)
{
	static const struct {
		enum bus_completion_code code;
		const char *list;
		enum sign_outcome sign;
	} rows[] = {
		{BUS_NOT_FOUND, "card-removed", SIGN_REMOVED},
		{BUS_DEVICE_NOT_READY, "card-no-reader", SIGN_REMOVED},
		{BUS_TIME_OUT, "card-timeout", SIGN_TIMED_OUT},
		{BUS_INVALID_DATA, "card-unreadable", SIGN_FAILED},
		{BUS_HARDWARE_ERROR, "card-reader", SIGN_FAILED},
		{BUS_CANCELED, "card-reader", SIGN_CANCELED},
	};
	struct core *core = *state;

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		cards_read(core);
		struct bus_message msg = answer_to(core, BUS_CERTIFICATE_LIST, rows[i].code);
		cards_listed(core, &msg);
		assert_string_equal(world.problem, rows[i].list);
		assert_int_equal(core->cards.phase, CARD_IDLE);
		identify(core);
		cards_sign(core, "271828", false);
		msg = answer_to(core, BUS_CERTIFICATE_SIGN, rows[i].code);
		cards_signed(core, &msg);
		assert_int_equal(world.event.u.sign.outcome, rows[i].sign);
	}
}

static void judges_by_what_the_issuer_says(void **state)
{
	static const char *const problems[CHECK_STATUS_COUNT] = {
		[CHECK_GOOD] = "",
		[CHECK_REVOKED] = "card-revoked",
		[CHECK_UNKNOWN] = "card-not-checked",
		[CHECK_UNAVAILABLE] = "", /* the session decides, by the service */
	};
	struct core *core = *state;

	for (int i = 0; i < CHECK_STATUS_COUNT; i++) {
		cards_read(core);
		list(core);
		check(core, (enum check_status)i);
		assert_string_equal(world.problem, problems[i]);
		assert_int_equal(world.is_checked, i == CHECK_GOOD);
		assert_int_equal(core->cards.certificate != NULL, problems[i][0] == '\0');
	}
	/* sync is gone, before or while it is asked */
	cards_read(core);
	list(core);
	cards_sync_gone(core);
	assert_string_equal(world.problem, "");
	assert_false(world.is_checked);
	bus_conn_close(&core->sync.conn);
	cards_read(core);
	list(core);
	assert_string_equal(world.problem, "");
	assert_false(world.is_checked);
}

/* At each step: the answer never comes, comes late, devices die, the citizen leaves. */
enum step { LISTING, CHECKING, SIGNING, STEPS };

static void reach(struct core *core, enum step step)
{
	if (step == SIGNING) {
		identify(core);
		cards_sign(core, "271828", false);
	} else {
		cards_read(core);
		if (step == CHECKING)
			list(core);
	}
	assert_int_equal(core->cards.phase, CARD_LISTING + (int)step);
	assert_true(world.armed_ms > 0);
	world.told = 0;
}

static void answer_step(struct core *core, enum step step, int64_t asked)
{
	core->cards.asked = core->cards.asked ? core->cards.asked : -1;
	const int64_t now = core->cards.asked;

	/* as answer_to() would have made it then */
	core->cards.asked = asked;
	struct bus_message msg = answer_to(core,
		step == LISTING	   ? BUS_CERTIFICATE_LIST
		: step == CHECKING ? BUS_CERTIFICATE_CHECK
				   : BUS_CERTIFICATE_SIGN,
		BUS_SUCCESS);
	core->cards.asked = now;
	if (step == LISTING)
		cards_listed(core, &msg);
	else if (step == CHECKING)
		cards_checked(core, &msg);
	else
		cards_signed(core, &msg);
}

static void a_lost_answer_is_told_once_and_a_late_one_finds_nobody(void **state)
{
	struct core *core = *state;

	for (int i = 0; i < STEPS; i++) {
		reach(core, (enum step)i);
		const int64_t asked = core->cards.asked;
		cards_timeout(core);
		assert_told(1, i == SIGNING ? SESSION_SIGNED : SESSION_IDENTITY);
		assert_int_equal(core->cards.phase, CARD_IDLE);
		answer_step(core, (enum step)i, asked);
		assert_int_equal(world.told, 1);
		core->cards.asked = 0;
		/* nor does it stand for the next one */
		reach(core, (enum step)i);
		answer_step(core, (enum step)i, asked);
		assert_int_equal(world.told, 0);
		cards_timeout(core);
	}
}

static void devices_die_at_each_step(void **state)
{
	struct core *core = *state;
	struct card_inserted inserted = {.device = READER, .readable = true};

	for (int i = 0; i < STEPS; i++) {
		reach(core, (enum step)i);
		cards_devices_gone(core);
		assert_false(core->cards.is_in);
		/* the end of the operation, if devices had it; and that the card is gone */
		assert_told(i == CHECKING ? 1 : 2, SESSION_CARD);
		assert_false(world.event.u.card.is_in);
		if (i == CHECKING)
			cards_timeout(core);
		cards_inserted(core, &inserted);
	}
}

static void nothing_is_kept_when_the_citizen_leaves_at_any_step(void **state)
{
	struct core *core = *state;

	for (int i = 0; i < STEPS; i++) {
		reach(core, (enum step)i);
		const int64_t asked = core->cards.asked;
		const int cancels = world.sent[BUS_COMMON_CANCEL];
		cards_cancel(core);
		assert_int_equal(world.sent[BUS_COMMON_CANCEL], cancels + (i != CHECKING));
		cards_forget(core);
		assert_null(core->cards.certificate);
		assert_int_equal(core->cards.text[0], 0);
		assert_int_equal(core->cards.digest[0], 0);
		answer_step(core, (enum step)i, asked);
		core->cards.asked = 0;
		assert_int_equal(world.told, 0);
	}
}

static void a_card_in_a_second_reader_is_nobodys(void **state)
{
	struct core *core = *state;
	struct card_inserted second = {.device = "usb-1-2", .readable = true};
	struct card_removed removed = {.device = "usb-1-2"};

	cards_inserted(core, &second);
	cards_removed(core, &removed);
	assert_int_equal(world.told, 0);
	assert_true(core->cards.is_in);
	assert_string_equal(core->cards.device, READER);
}

static void ask_show(struct core *core, enum bus_name name)
{
	memset(core->rx, 0, sizeof(*core->rx));
	core->rx->header = (struct bus_header){.type = BUS_COMMAND, .name = name, .request_id = 7};
	if (name == BUS_CARD_SIGN)
		vt_copy_cut(core->rx->payload.certificate_sign.pin, CARD_PIN_SIZE, "271828");
	answer_card(core, &core->ctl[0]);
}

static void a_technician_and_a_citizen_do_not_share_the_card(void **state)
{
	struct core *core = *state;

	world.state = SESSION_ASK;
	ask_show(core, BUS_CARD_SHOW);
	assert_ptr_equal(world.receiver, &core->ctl[0]);
	assert_int_equal(world.message.header.completion, BUS_SEQUENCE_ERROR);
	world.state = SESSION_ATTRACT;
	ask_show(core, BUS_CARD_SHOW);
	assert_ptr_equal(world.receiver, &core->devices);
	cards_read(core); /* a citizen comes meanwhile */
	assert_string_equal(world.problem, "card-reader");
	cards_sign(core, "271828", false);
	assert_told(2, SESSION_SIGNED);
	assert_int_equal(world.event.u.sign.outcome, SIGN_FAILED);
	assert_int_equal(world.sent[BUS_CERTIFICATE_SIGN], 0);
	/* whoever came first is answered all the same */
	list(core);
	check(core, CHECK_GOOD);
	assert_ptr_equal(world.receiver, &core->ctl[0]);
	assert_int_equal(world.message.header.name, BUS_CARD_SHOW);
	assert_int_equal(world.message.header.completion, BUS_SUCCESS);
	assert_string_equal(world.message.payload.card_facts.certificates[0].status, "good");
}

/* The answer of Card.Show, about its only certificate. */
static const struct card_revocation *shown(const struct core *core)
{
	assert_ptr_equal(world.receiver, &core->ctl[0]);
	assert_int_equal(world.message.header.name, BUS_CARD_SHOW);
	assert_int_equal(world.message.header.completion, BUS_SUCCESS);
	assert_int_equal(world.message.payload.card_facts.count, 1);
	assert_string_equal(world.message.payload.card_facts.certificates[0].status, "good");
	assert_null(core->cards.show);
	assert_null(core->cards.peer);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	assert_int_equal(world.told, 0);
	return &world.message.payload.card_facts.certificates[0].revocation;
}

static void begin_show(struct core *core)
{
	world.state = SESSION_ATTRACT;
	ask_show(core, BUS_CARD_SHOW);
	list(core);
}

static void show_says_what_the_issuer_says(void **state)
{
	static const enum card_revocation_status expected[CHECK_STATUS_COUNT] = {
		[CHECK_GOOD] = CARD_REVOCATION_GOOD,
		[CHECK_REVOKED] = CARD_REVOCATION_REVOKED,
		[CHECK_UNKNOWN] = CARD_REVOCATION_UNKNOWN,
		[CHECK_UNAVAILABLE] = CARD_REVOCATION_UNKNOWN,
	};
	struct core *core = *state;

	for (int i = 0; i < CHECK_STATUS_COUNT; i++) {
		begin_show(core);
		assert_ptr_equal(world.receiver, &core->sync);
		check(core, (enum check_status)i);
		assert_int_equal(shown(core)->status, expected[i]);
	}
	/* devices are not needed for it any more */
	begin_show(core);
	cards_devices_gone(core);
	world.told = 0;
	check(core, CHECK_GOOD);
	assert_int_equal(shown(core)->status, CARD_REVOCATION_GOOD);
}

static void show_says_unknown_when_nobody_can_be_asked(void **state)
{
	struct core *core = *state;

	begin_show(core);
	cards_timeout(core);
	assert_int_equal(shown(core)->status, CARD_REVOCATION_UNKNOWN);
	assert_string_equal(shown(core)->detail, "no answer in time");
	begin_show(core);
	cards_sync_gone(core);
	assert_int_equal(shown(core)->status, CARD_REVOCATION_UNKNOWN);
	assert_string_equal(shown(core)->detail, "sync is gone");
	bus_conn_close(&core->sync.conn);
	begin_show(core);
	assert_int_equal(shown(core)->status, CARD_REVOCATION_UNKNOWN);
	assert_string_equal(shown(core)->detail, "sync is not connected");
}

static void a_technician_who_leaves_meanwhile_leaves_nothing(void **state)
{
	struct core *core = *state;

	begin_show(core);
	const int64_t asked = core->cards.asked;
	cards_peer_gone(core, &core->ctl[0]);
	assert_null(core->cards.show);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	world.sent[BUS_CARD_SHOW] = 0;
	answer_step(core, CHECKING, asked);
	core->cards.asked = 0;
	assert_int_equal(world.sent[BUS_CARD_SHOW], 0);
	assert_int_equal(world.told, 0);
	/* nor does what a citizen has on the screen change by a technician who looks */
	identify(core);
	world.told = 0;
	begin_show(core);
	check(core, CHECK_REVOKED);
	(void)shown(core);
	cards_sign(core, "271828", false);
	answer_sign(core, SIGN_SIGNED, holder_key);
	assert_int_equal(world.event.u.sign.outcome, SIGN_SIGNED);
}

/* MediaRemovedEvent: who is told what, and what becomes of the operation. */
static void a_card_that_goes_is_told_once(void **state)
{
	struct core *core = *state;
	const struct card_removed removed = {.device = READER};
	const struct card_removed others[] = {{.device = "usb-1-2"}, {.device = READER, .slot = 1}};
	struct card_inserted inserted = {.device = READER, .readable = true};

	for (int i = 0; i < STEPS; i++) {
		reach(core, (enum step)i);
		for (size_t j = 0; j < VT_ELEMENTS(others); j++)
			cards_removed(core, &others[j]); /* another reader's, another slot's */
		assert_int_equal(world.told, 0);
		assert_true(core->cards.is_in);
		cards_removed(core, &removed);
		assert_told(1, SESSION_CARD);
		assert_false(world.event.u.card.is_in);
		cards_removed(core, &removed);
		assert_int_equal(world.told, 1);
		/* The command's own end follows, once, also when nobody is there for it. */
		assert_int_equal(core->cards.phase, CARD_LISTING + i);
		struct bus_message msg = answer_to(core,
			i == SIGNING ? BUS_CERTIFICATE_SIGN : BUS_CERTIFICATE_LIST, BUS_NOT_FOUND);
		if (i == SIGNING)
			cards_signed(core, &msg);
		else if (i == LISTING)
			cards_listed(core, &msg);
		else
			check(core, CHECK_GOOD);
		assert_told(2, i == SIGNING ? SESSION_SIGNED : SESSION_IDENTITY);
		assert_true(i != SIGNING || world.event.u.sign.outcome == SIGN_REMOVED);
		assert_true(i != LISTING || strcmp(world.problem, "card-removed") == 0);
		assert_int_equal(core->cards.phase, CARD_IDLE);
		cards_inserted(core, &inserted);
		assert_told(3, SESSION_CARD);
		assert_true(world.event.u.card.is_in);
	}
}

static void a_technicians_card_that_goes_ends_the_order(void **state)
{
	struct core *core = *state;
	const struct card_removed removed = {.device = READER};

	world.state = SESSION_ATTRACT;
	for (int i = 0; i < 2; i++) {
		const enum bus_name name = i == 0 ? BUS_CARD_SHOW : BUS_CARD_SIGN;
		ask_show(core, name);
		cards_removed(core, &removed);
		struct bus_message msg = answer_to(core, BUS_CERTIFICATE_LIST, BUS_NOT_FOUND);
		cards_listed(core, &msg);
		assert_ptr_equal(world.receiver, &core->ctl[0]);
		assert_int_equal(world.message.header.name, name);
		assert_int_equal(world.message.header.completion, BUS_NOT_FOUND);
		assert_int_equal(core->cards.phase, CARD_IDLE);
		struct card_inserted inserted = {.device = READER, .readable = true};
		cards_inserted(core, &inserted);
	}
}

/* ---- memory ---- */

/* Of libcrypto and of our own: the n-th allocation fails, and only that one. */
static long allocations, failing_at;

static bool allocation_fails(void)
{
	return ++allocations == failing_at;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return allocation_fails() ? NULL : malloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return allocation_fails() ? NULL : realloc(old, size);
}

static void crypto_free(void *old, const char *file, int line)
{
	(void)file, (void)line;
	free(old);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

/* A sign-in and a look at the card with allocation n failing. True if nothing failed. */
static bool live_with_failure(struct core *core, long n)
{
	char signature[CARD_SIGNATURE_SIZE];
	struct bus_message msg;

	world.problem[0] = '\0';
	world.event = (struct session_event){0};
	cards_read(core);
	allocations = 0;
	failing_at = n;
	list(core);
	if (core->cards.phase == CARD_CHECKING)
		check(core, CHECK_GOOD);
	failing_at = 0;
	assert_int_equal(world.event.type, SESSION_IDENTITY);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	if (!world.problem[0]) {
		assert_string_equal(world.curp, "SABC560626MDFLRN01");
		cards_sign(core, "271828", false);
		msg = answer_to(core, BUS_CERTIFICATE_SIGN, BUS_SUCCESS);
		sign_with(n % 2 ? holder_key : other_key,
			world.message.payload.certificate_sign.digest, signature,
			sizeof(signature));
		vt_copy_cut(
			msg.payload.certificate_signed.signature, CARD_SIGNATURE_SIZE, signature);
		allocations = 0;
		failing_at = n;
		cards_signed(core, &msg);
		failing_at = 0;
		assert_int_equal(world.event.type, SESSION_SIGNED);
		assert_true(world.event.u.sign.outcome == SIGN_FAILED ||
			    (n % 2 && world.event.u.sign.outcome == SIGN_SIGNED));
		cards_forget(core);
	}
	const long most = allocations;
	world.state = SESSION_ATTRACT;
	ask_show(core, BUS_CARD_SHOW);
	allocations = 0;
	failing_at = n;
	list(core);
	if (core->cards.phase == CARD_CHECKING)
		check(core, CHECK_GOOD);
	failing_at = 0;
	assert_ptr_equal(world.receiver, &core->ctl[0]);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	assert_null(core->cards.show);
	return allocations < n && most < n;
}

static void every_failing_allocation_ends_in_a_refusal_or_the_truth(void **state)
{
	struct core *core = *state;
	long n = 1;

	while (!live_with_failure(core, n)) {
		n += n < 200 ? 1 : 13;
		assert_true(n < 100000);
	}
	print_message("allocations: %ld\n", n);
	assert_true(n > 100);
}

static void a_technician_is_refused_without_a_card_or_reader(void **state)
{
	struct core *core = *state;
	struct card_removed removed = {.device = READER};

	world.state = SESSION_ATTRACT;
	cards_removed(core, &removed);
	ask_show(core, BUS_CARD_SIGN);
	assert_int_equal(world.message.header.completion, BUS_NOT_FOUND);
	core->health.reader = READER_ABSENT;
	ask_show(core, BUS_CARD_SIGN);
	assert_int_equal(world.message.header.completion, BUS_DEVICE_NOT_READY);
	assert_null(core->cards.peer);
}

static void the_technicians_pin_is_wiped_whatever_happens(void **state)
{
	struct core *core = *state;

	world.state = SESSION_ATTRACT;
	ask_show(core, BUS_CARD_SIGN);
	assert_string_equal(vt_secret_get(&core->cards.secret), "271828");
	cards_timeout(core);
	assert_string_equal(vt_secret_get(&core->cards.secret), "");
	ask_show(core, BUS_CARD_SIGN);
	cards_peer_gone(core, &core->ctl[0]);
	assert_string_equal(vt_secret_get(&core->cards.secret), "");
	assert_null(core->cards.peer);
	assert_int_equal(core->cards.phase, CARD_IDLE);
	ask_show(core, BUS_CARD_SIGN);
	list(core);
	assert_string_equal(vt_secret_get(&core->cards.secret), "");
	assert_int_equal(core->cards.phase, CARD_SIGNING);
	assert_int_equal(world.told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(believes_a_signature_of_the_certificate),
		T(signs_a_request_as_it_is_on_the_screen),
		T(signs_a_request_with_a_longer_key),
		T(a_request_that_another_key_signed_is_none),
		T(nothing_of_a_request_is_kept_when_the_citizen_leaves),
		T(never_makes_the_same_challenge_twice),
		T(doubts_every_other_signature),
		T(passes_on_what_the_card_refuses),
		T(names_each_refusal_of_devices),
		T(judges_by_what_the_issuer_says),
		T(a_lost_answer_is_told_once_and_a_late_one_finds_nobody),
		T(devices_die_at_each_step),
		T(nothing_is_kept_when_the_citizen_leaves_at_any_step),
		T(a_card_in_a_second_reader_is_nobodys),
		T(a_technician_and_a_citizen_do_not_share_the_card),
		T(a_technician_is_refused_without_a_card_or_reader),
		T(the_technicians_pin_is_wiped_whatever_happens),
		T(show_says_what_the_issuer_says),
		T(show_says_unknown_when_nobody_can_be_asked),
		T(a_technician_who_leaves_meanwhile_leaves_nothing),
		T(a_card_that_goes_is_told_once),
		T(a_technicians_card_that_goes_ends_the_order),
		T(every_failing_allocation_ends_in_a_refusal_or_the_truth),
#undef T
	};

	/* Before libcrypto allocates anything. */
	if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free))
		return 1;
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
