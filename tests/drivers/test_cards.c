/* The certificate cards as applets: talks from data/cards/NAME.chat, signatures checked by
 * libcrypto, refusals of card files. What other people's hosts think of them: card_hosts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <zlib.h>

#include "tests/lib/cmocka_prelude.h"

#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/cards/chat.h"
#include "tools/virtual-devices/cards/image.h"
#include "tools/virtual-devices/cards/tlv.h"

static char folder[512];

static int find_folder(void **state)
{
	const char *root = getenv("VT_SOURCE_DIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/tests/drivers/data/cards", root ? root : ".");
	return 0;
}

static struct card *open_card(const char *name)
{
	struct vt_error error = {0};
	struct card *card = NULL;
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (card_open(path, &card, &error) != VT_OK)
		fail_msg("%s", error.msg);
	return card;
}

static void read_whole(const char *name, struct vt_buf *ret)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");
	assert_non_null(file);
	vt_buf_init(ret, CHAT_MAX_SCRIPT);
	uint8_t *room = vt_buf_reserve(ret, CHAT_MAX_SCRIPT);
	assert_non_null(room);
	vt_buf_added(ret, fread(room, 1, CHAT_MAX_SCRIPT, file));
}

static void run_chat(const char *card_name, const char *chat_name, int protocol, size_t answers)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card(card_name);
	VT_CLEANUP(vt_buf_finish) struct vt_buf script = {0};
	struct vt_error error = {0};
	size_t count = 0;

	read_whole(chat_name, &script);
	if (chat_run(card, protocol, vt_buf_text(&script), &count, &error) != VT_OK)
		fail_msg("%s: %s", chat_name, error.msg);
	assert_int_equal(count, answers);
}

static void piv_answers_as_written(void **state)
{
	(void)state;
	run_chat("piv.card", "piv.chat", 1, 67);
	run_chat("piv.card", "piv-sign.chat", 1, 21);
	run_chat("piv.card", "piv-t0.chat", 0, 7);
}

static void pkcs15_answers_as_written(void **state)
{
	(void)state;
	run_chat("pkcs15.card", "pkcs15.chat", 1, 49);
}

/* A chat that the card does not fulfil must not pass: else the files above prove nothing. */
static void chat_notices_other_answers(void **state)
{
	static const char *const wrong[] = {"> 00 20 00 80\n< 90 00\n", "> 00 20 00 80\n< 6D\n",
		"> 00 20 00 80\n< 6D 00 00\n", "> 00 20 00 80\n< 6D 00 * 00\n", "> 00 2\n",
		"hello\n", "< 90 00\n"};

	(void)state;
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	for (size_t i = 0; i < VT_ELEMENTS(wrong); i++)
		assert_int_not_equal(chat_run(card, 1, wrong[i], NULL, NULL), VT_OK);
	assert_int_equal(chat_run(card, 1, "> 00 20 00 80\n< 6D ??\n", NULL, NULL), VT_OK);
	assert_int_equal(chat_run(card, 1, "> 00 20 00 80\n< * 00\n", NULL, NULL), VT_OK);
}

/* --- signatures --- */

static uint16_t transmit(struct card *card, const uint8_t *apdu, size_t length, struct vt_buf *ret)
{
	const uint8_t *answer;
	size_t size;

	assert_int_equal(card_transmit(card, apdu, length, true, &answer, &size), 0);
	assert_true(size >= 2);
	if (ret)
		vt_buf_append(ret, answer, size - 2);
	return (uint16_t)(answer[size - 2] << 8 | answer[size - 1]);
}

static uint16_t send_hex(struct card *card, const char *hex, struct vt_buf *ret)
{
	uint8_t apdu[300];
	size_t length = 0;

	assert_true(chat_hex(hex, apdu, sizeof(apdu), &length));
	return transmit(card, apdu, length, ret);
}

static EVP_PKEY *public_key(const char *certificate)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};

	read_whole(certificate, &file);
	const uint8_t *at = file.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)file.length);
	assert_non_null(x509);
	EVP_PKEY *key = X509_get_pubkey(x509);
	X509_free(x509);
	assert_non_null(key);
	return key;
}

/* True if signature is PKCS#1 v1.5 with SHA-256 of "hola" by the certificate's key. */
static bool verifies(const char *certificate, const uint8_t *signature, size_t length)
{
	EVP_PKEY *key = public_key(certificate);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, signature, length, (const uint8_t *)"hola", 4) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

static void digest_info(uint8_t ret[51])
{
	static const uint8_t head[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

	memcpy(ret, head, sizeof(head));
	assert_int_equal(EVP_Digest("hola", 4, ret + sizeof(head), NULL, EVP_sha256(), NULL), 1);
}

/* The dynamic authentication template around a padded block: 7C { 82, 81 block }. */
static void piv_template(uint8_t ret[266])
{
	static const uint8_t head[] = {0x7c, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00};

	memcpy(ret, head, sizeof(head));
	memset(ret + 10, 0xff, 256);
	ret[10] = 0x00;
	ret[11] = 0x01;
	ret[10 + 256 - 52] = 0x00;
	digest_info(ret + 10 + 256 - 51);
}

static void login_piv(struct card *card)
{
	assert_int_equal(send_hex(card, "00A4040C05A000000308", NULL), 0x9000);
	assert_int_equal(send_hex(card, "0020008008313233343536FFFF", NULL), 0x9000);
}

/* 255 bytes chained, the rest, and the answer in two pieces. */
static void sign_chained(struct card *card, uint8_t slot, struct vt_buf *ret)
{
	uint8_t template[266], apdu[5 + 255];

	piv_template(template);
	memcpy(apdu, (const uint8_t[]){0x10, 0x87, 0x07, slot, 0xff}, 5);
	memcpy(apdu + 5, template, 255);
	assert_int_equal(transmit(card, apdu, 5 + 255, NULL), 0x9000);
	memcpy(apdu, (const uint8_t[]){0x00, 0x87, 0x07, slot, 11}, 5);
	memcpy(apdu + 5, template + 255, 11);
	apdu[16] = 0;
	assert_int_equal(transmit(card, apdu, 17, ret), 0x6108);
	assert_int_equal(send_hex(card, "00C0000008", ret), 0x9000);
}

static void sign_extended(struct card *card, uint8_t slot, struct vt_buf *ret)
{
	uint8_t apdu[7 + 266 + 2] = {0x00, 0x87, 0x07, slot, 0x00, 0x01, 0x0a};

	piv_template(apdu + 7);
	assert_int_equal(transmit(card, apdu, sizeof(apdu), ret), 0x9000);
}

static void check_piv_answer(const struct vt_buf *answer, const char *certificate)
{
	static const uint8_t head[] = {0x7c, 0x82, 0x01, 0x04, 0x82, 0x82, 0x01, 0x00};

	assert_int_equal(answer->length, sizeof(head) + 256);
	assert_memory_equal(answer->data, head, sizeof(head));
	assert_true(verifies(certificate, answer->data + sizeof(head), 256));
}

static void piv_signs_chained_and_extended(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	VT_CLEANUP(vt_buf_finish)
	struct vt_buf first = {.max = 4096}, second = {.max = 4096}, third = {.max = 4096};
	uint8_t atr[CARD_MAX_ATR];

	(void)state;
	assert_true(card_power_on(card, 1, atr) > 0);
	login_piv(card);
	sign_chained(card, 0x9a, &first);
	check_piv_answer(&first, "../certs/fake-fiel.cer");
	sign_extended(card, 0x9a, &second);
	check_piv_answer(&second, "../certs/fake-fiel.cer");
	login_piv(card);
	sign_chained(card, 0x9c, &third);
	check_piv_answer(&third, "../certs/expired-fiel.cer");
	vt_buf_finish(&second);
	vt_buf_finish(&third);
}

static void pkcs15_signs_a_digest_info(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("pkcs15.card");
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer = {.max = 4096};
	uint8_t atr[CARD_MAX_ATR], apdu[5 + 51 + 1] = {0x00, 0x2a, 0x9e, 0x9a, 51};

	(void)state;
	assert_true(card_power_on(card, 1, atr) > 0);
	assert_int_equal(send_hex(card, "002241B606800111840101", NULL), 0x9000);
	assert_int_equal(send_hex(card, "002000010831323334FFFFFFFF", NULL), 0x9000);
	digest_info(apdu + 5);
	assert_int_equal(transmit(card, apdu, sizeof(apdu), &answer), 0x9000);
	assert_true(verifies("../certs/fake-fiel.cer", answer.data, answer.length));
	answer.data[100] ^= 1;
	assert_false(verifies("../certs/fake-fiel.cer", answer.data, answer.length));
}

static void compressed_certificate_is_the_file(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("piv.card");
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer = {.max = 65536};
	VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};
	struct tlv object, packed, info;
	uint8_t der[4096], atr[CARD_MAX_ATR];
	z_stream stream = {.next_out = der, .avail_out = sizeof(der)};

	(void)state;
	assert_true(card_power_on(card, 1, atr) > 0);
	assert_int_equal(send_hex(card, "00A4040C05A000000308", NULL), 0x9000);
	assert_int_equal(send_hex(card, "00CB3FFF0000055C035FC10A0000", &answer), 0x9000);
	assert_true(tlv_find(answer.data, answer.length, 0x53, &object));
	assert_true(tlv_find(object.value, object.length, 0x70, &packed));
	assert_true(tlv_find(object.value, object.length, 0x71, &info));
	assert_int_equal(info.value[0], 0x01);
	uint8_t *in = malloc(packed.length);
	assert_non_null(in);
	memcpy(in, packed.value, packed.length);
	stream.next_in = in;
	stream.avail_in = (uInt)packed.length;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	inflateEnd(&stream);
	free(in);
	read_whole("../certs/expired-fiel.cer", &file);
	assert_int_equal(stream.total_out, file.length);
	assert_memory_equal(der, file.data, file.length);
}

/* --- card files --- */

static enum vt_code parse(const char *text, struct image **ret, struct vt_error *error)
{
	*error = (struct vt_error){0};
	return image_parse(text, strlen(text), folder, ret, error);
}

static void image_refuses_with_the_line(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "line 1"},
		{"card debit\n", "line 1"},
		{"card piv\npin 123456\n", "line 2"},
		{"card piv\n\ncolour: red\n", "line 3"},
		{"card piv\npin: 123\n", "pin"},
		{"card piv\npin: 123456789\n", "line 2"},
		{"card piv\npin: 12 456\n", "pin"},
		{"card piv\ntries: 0\n", "line 2"},
		{"card piv\ntries: 16\n", "line 2"},
		{"card piv\ntries: 3\ntries_left: 4\n", "tries"},
		{"card piv\nprotocol: 2\n", "line 2"},
		{"card piv\natr: 3B\n", "line 2"},
		{"card piv\natr: 3B 0\n", "line 2"},
		{"card piv\nextended: maybe\n", "line 2"},
		{"card piv\nserial: 00\n", "line 2"},
		{"card piv\nkey: 9B private=ec.key\n", "slot"},
		{"card piv\nkey: 9a private=ec.key\nkey: 9A private=ec.key\n", "line 3"},
		{"card piv\nkey: 9A\n", "needs"},
		{"card piv\nkey: 9A certificate=nobody.pem\n", "nobody.pem"},
		{"card piv\nkey: 9A certificate=ec.key\n", "certificate"},
		{"card piv\nkey: 9A private=ec.pem\n", "key"},
		{"card piv\nkey: 9A private=../certs/fake-fiel.key password=wrong\n", "password"},
		{"card piv\nkey: 9A private=ec.key colour=red\n", "colour"},
		{"card pkcs15\nkey: 00 private=ec.key\n", "slot"},
		{"card pkcs15\ndatabase: /tmp\n", "line 2"},
		{"card cac\n", "database"},
		{"card cac\ndatabase: /tmp\nkey: 01 private=ec.key\n", "line 3"},
	};
	struct vt_error error;
	struct image *image;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		if (parse(bad[i].text, &image, &error) == VT_OK)
			fail_msg("accepted: %s", bad[i].text);
		assert_null(image);
		if (!strstr(error.msg, bad[i].says))
			fail_msg("\"%s\" says \"%s\"", bad[i].text, error.msg);
	}
}

static void image_takes_all_it_documents(void **state)
{
	struct vt_error error;
	struct image *image;

	(void)state;
	if (parse("card piv # a comment\nlabel: Mi tarjeta\nprotocol: 1\natr: 3B 00\nextended: no\n"
		  "chaining: no\ndiscovery: no\npin: 12345678\ntries: 5\ntries_left: 0\npuk_left: "
		  "1\n"
		  "serial: 000102030405060708090a0b0c0d0e0f\r\n"
		  "key: 9A certificate=ec.pem private=ec.key gzip label=A b c\nkey: 83 "
		  "private=ec.key",
		    &image, &error) != VT_OK)
		fail_msg("%s", error.msg);
	assert_string_equal(image->label, "Mi tarjeta");
	assert_int_equal(image->protocol, 1);
	assert_int_equal(image->atr_length, 2);
	assert_false(image->extended || image->chaining || image->discovery);
	assert_int_equal(image->pin.tries, 5);
	assert_int_equal(image->pin.tries_left, 0);
	assert_int_equal(image->puk.tries_left, 1);
	assert_int_equal(image->serial[15], 0x0f);
	assert_int_equal(image->key_count, 2);
	assert_true(image->keys[0].gzip);
	assert_string_equal(image->keys[0].label, "A b c");
	assert_true(key_fits(image->keys[0].key, image->keys[0].cert, image->keys[0].cert_length));
	assert_null(image->keys[1].cert);
	image_destroy(&image);
}

static void switches_of_the_file_are_kept(void **state)
{
	VT_CLEANUP(card_destroy) struct card *card = open_card("poor.card");
	VT_CLEANUP(vt_buf_finish) struct vt_buf status = {.max = 4096};
	const char *const words[] = {"pin", "tries", "2"};
	uint8_t atr[CARD_MAX_ATR];

	(void)state;
	assert_int_equal(card_power_on(card, -1, atr), 11);
	assert_int_equal(atr[0], 0x3b);
	assert_int_equal(send_hex(card, "00A4040C05A000000308", NULL), 0x9000);
	assert_int_equal(send_hex(card, "00CB3FFF035C017E00", NULL), 0x6a82);
	assert_int_equal(send_hex(card, "00CB3FFF0000055C035FC1020000", NULL), 0x6700);
	assert_int_equal(send_hex(card, "10CB3FFF055C035FC102", NULL), 0x6884);
	assert_int_equal(send_hex(card, "0020008008313233343536FFFF", NULL), 0x6983);
	assert_int_equal(card->ops->command(card, 3, words, &status), VT_OK);
	card->ops->status(card, &status);
	assert_non_null(strstr(vt_buf_text(&status), "pin_tries: 2\n"));
	assert_int_equal(send_hex(card, "0020008008313233343536FFFF", NULL), 0x9000);
}

static void tlv_refuses_what_is_malformed(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t length;
	} bad[] = {{{0x5c}, 1}, {{0x5c, 0x01}, 2}, {{0x5c, 0x80, 0x00, 0x00}, 4},
		{{0x5c, 0x81, 0x01, 0x00}, 4}, {{0x5c, 0x82, 0x00, 0x01, 0x00}, 5},
		{{0x5c, 0x84, 0x00, 0x00, 0x00, 0x00}, 6}, {{0x5f, 0x81, 0x81, 0x01, 0x00}, 5},
		{{0x5f}, 1}, {{0x5c, 0x82, 0x01}, 3}};
	static const uint8_t good[] = {0x7f, 0x49, 0x81, 0x80};
	uint8_t longer[4 + 128] = {0};
	struct tlv found;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		size_t at = 0;
		assert_false(tlv_next(bad[i].bytes, bad[i].length, &at, &found));
		assert_int_equal(at, 0);
	}
	memcpy(longer, good, sizeof(good));
	assert_true(tlv_find(longer, sizeof(longer), 0x7f49, &found));
	assert_int_equal(found.length, 128);
	assert_false(tlv_find(longer, sizeof(longer) - 1, 0x7f49, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(piv_answers_as_written),
		cmocka_unit_test(pkcs15_answers_as_written),
		cmocka_unit_test(chat_notices_other_answers),
		cmocka_unit_test(piv_signs_chained_and_extended),
		cmocka_unit_test(pkcs15_signs_a_digest_info),
		cmocka_unit_test(compressed_certificate_is_the_file),
		cmocka_unit_test(image_refuses_with_the_line),
		cmocka_unit_test(image_takes_all_it_documents),
		cmocka_unit_test(switches_of_the_file_are_kept),
		cmocka_unit_test(tlv_refuses_what_is_malformed),
	};
	return cmocka_run_group_tests(tests, find_folder, NULL);
}
