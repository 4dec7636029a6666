/* Language packs (terminal/language): messages, manifests, trust, and installs that fail or die at
 * every step. Packs are made here with keys of this run; tests/unit/language.py has those that
 * msgfmt and openssl make. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/language/mo.h"
#include "terminal/language/store.h"

/* ---- catalogues as bytes ---- */

#define HEADER \
	"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"

struct entry {
	const char *id, *text;
	size_t id_length, text_length; /* 0 = strlen: plurals have NULs inside */
};

static size_t length_of(const char *text, size_t length)
{
	return length ? length : strlen(text);
}

/* A .mo of the header and the entries, which are in order. */
static size_t make_mo(uint8_t *out, const char *header, const struct entry *entries, size_t count)
{
	uint32_t words[7] = {
		0x950412de, 0, (uint32_t)count + 1, 28, 28 + ((uint32_t)count + 1) * 8};
	uint32_t at = 28 + ((uint32_t)count + 1) * 16;

	memcpy(out, words, sizeof(words));
	for (size_t table = 0; table < 2; table++) {
		for (size_t i = 0; i <= count; i++) {
			const char *text = table ? (i ? entries[i - 1].text : header)
						 : (i ? entries[i - 1].id : "");
			size_t length = i == 0	? strlen(text)
					: table ? length_of(text, entries[i - 1].text_length)
						: length_of(text, entries[i - 1].id_length);
			uint32_t row[2] = {(uint32_t)length, at};

			memcpy(out + words[3 + table] + i * 8, row, sizeof(row));
			memcpy(out + at, text, length);
			out[at + length] = '\0';
			at += (uint32_t)length + 1;
		}
	}
	return at;
}

static const struct entry good[] = {
	{"%d day left", "%d kʼiin", 0, 0},
	{"Cancel", "P'ate", 0, 0},
	{"one\0many %d", "jun\0%d", 11, 6},
};

static enum vt_code parse(
	const char *header, const struct entry *entries, size_t count, struct mo **ret)
{
	uint8_t data[2048];
	struct vt_error error;

	return mo_parse(data, make_mo(data, header, entries, count), ret, &error);
}

static void messages_are_found_and_what_is_missing_is_not(void **state)
{
	struct mo *mo = NULL;
	(void)state;

	assert_int_equal(parse(HEADER, good, 3, &mo), VT_OK);
	assert_int_equal(mo_count(mo), 3);
	assert_string_equal(mo_text(mo, "Cancel"), "P'ate");
	assert_null(mo_text(mo, "Help"));
	char value[16];
	assert_true(mo_header(mo, "Content-Type", value, sizeof(value)) == false);
	assert_false(mo_header(mo, "X-Keys", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_null(mo_text(mo, ""));
	assert_null(mo_text(NULL, "Cancel"));
	assert_string_equal(mo_plural(mo, "one", "many %d", 1), "jun");
	assert_string_equal(mo_plural(mo, "one", "many %d", 2), "%d");
	assert_null(mo_plural(mo, "two", "many %d", 2));
	/* Directives are those of both ids: other ids, other arguments. */
	assert_null(mo_plural(mo, "one", "many", 2));
	assert_null(mo_text(mo, "one"));
	assert_null(mo_plural(mo, "Cancel", "Cancel", 2));
	mo_destroy(&mo);
}

static void a_text_is_known_also_when_printf_filled_it(void **state)
{
	struct mo *mo = NULL;
	(void)state;

	assert_int_equal(parse(HEADER, good, 3, &mo), VT_OK);
	assert_string_equal(mo_find(mo, "P'ate"), "Cancel");
	assert_string_equal(mo_find(mo, "12 kʼiin"), "%d day left");
	assert_null(mo_find(mo, " kʼiin"));
	assert_null(mo_find(mo, "12 kʼiin más"));
	assert_null(mo_find(mo, "Cancelar"));
	assert_null(mo_find(mo, "7"));
	mo_destroy(&mo);
}

static void other_directives_refuse_the_file(void **state)
{
	static const char *const bad[] = {"%s kʼiin", "kʼiin", "%n kʼiin", "%d %d", "%1$d kʼiin",
		"%*d kʼiin", "%ld kʼiin", "%d %"};
	struct mo *mo = NULL;
	(void)state;

	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		const struct entry one = {"%d day left", bad[i], 0, 0};

		assert_int_equal(parse(HEADER, &one, 1, &mo), VT_ERR_PARSE);
		assert_null(mo);
	}
	assert_true(mo_same_directives("%s: %zu %%", "%s %zu %%"));
	assert_false(mo_same_directives("%s %zu", "%zu %s"));
	assert_false(mo_same_directives("plain", "%n"));
}

static void malformed_catalogues_are_refused(void **state)
{
	const struct entry unsorted[] = {{"b", "x", 0, 0}, {"a", "x", 0, 0}};
	const struct entry twice[] = {{"a", "x", 0, 0}, {"a", "y", 0, 0}};
	const struct entry control = {"a", "x\x01", 0, 0}, latin = {"a", "ma\xf1", 0, 0};
	const struct entry forms = {"one\0many", "jun", 8, 0};
	struct mo *mo = NULL;
	struct vt_error error;
	uint8_t data[2048];
	size_t length;
	(void)state;

	assert_int_equal(parse(HEADER, unsorted, 2, &mo), VT_ERR_PARSE);
	assert_int_equal(parse(HEADER, twice, 2, &mo), VT_ERR_PARSE);
	assert_int_equal(parse(HEADER, &control, 1, &mo), VT_ERR_PARSE);
	assert_int_equal(parse(HEADER, &latin, 1, &mo), VT_ERR_PARSE);
	assert_int_equal(parse(HEADER, &forms, 1, &mo), VT_ERR_PARSE);
	assert_int_equal(parse("charset=latin1", good, 3, &mo), VT_ERR_PARSE);
	assert_int_equal(
		parse("charset=UTF-8\nPlural-Forms: nplurals=3; plural=n%3;", good, 3, &mo),
		VT_ERR_UNSUPPORTED);
	length = make_mo(data, HEADER, good, 3);
	for (size_t cut = 0; cut < length; cut++)
		assert_int_not_equal(mo_parse(data, cut, &mo, &error), VT_OK);
	/* An offset far outside, in each row of both tables. */
	for (size_t row = 0; row < 8; row++) {
		uint32_t far = 0xfffffff0u, kept;

		memcpy(&kept, data + 28 + row * 8 + 4, 4);
		memcpy(data + 28 + row * 8 + 4, &far, 4);
		assert_int_equal(mo_parse(data, length, &mo, &error), VT_ERR_PARSE);
		memcpy(data + 28 + row * 8 + 4, &kept, 4);
	}
	assert_int_equal(mo_parse(data, MO_MAX_BYTES + 1, &mo, &error), VT_ERR_LIMIT);
	assert_null(mo);
}

static void both_byte_orders_are_read(void **state)
{
	uint8_t data[2048];
	size_t length = make_mo(data, HEADER, good, 3);
	struct mo *mo = NULL;
	struct vt_error error;
	(void)state;

	for (size_t at = 0; at < 28 + 8 * 8; at += 4) {
		uint32_t word;

		memcpy(&word, data + at, 4);
		word = __builtin_bswap32(word);
		memcpy(data + at, &word, 4);
	}
	assert_int_equal(mo_parse(data, length, &mo, &error), VT_OK);
	assert_string_equal(mo_text(mo, "Cancel"), "P'ate");
	mo_destroy(&mo);
}

/* ---- packs on disk ---- */

struct world {
	char root[64], store[96], pack[96], trust[96], other_trust[96];
	EVP_PKEY *key, *other_key;
	X509 *cert, *other_cert;
};

static void write_file(const char *folder, const char *name, const void *data, size_t length)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *out = fopen(path, "wbe");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *make_cert(EVP_PKEY *key, const char *usage, long from_s, long to_s)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_int_equal(X509_set_version(cert, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_UTF8, (const unsigned char *)"Idiomas", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	add_extension(cert, NID_key_usage, "digitalSignature");
	add_extension(cert, NID_ext_key_usage, usage);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void write_cert(const char *path, X509 *cert)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, cert), 1);
	assert_int_equal(fclose(out), 0);
}

static void sign(const struct world *w, EVP_PKEY *key, X509 *cert)
{
	char path[256];
	BIO *content, *out;
	CMS_ContentInfo *cms;

	snprintf(path, sizeof(path), "%s/" PACK_MANIFEST, w->pack);
	content = BIO_new_file(path, "r");
	cms = CMS_sign(cert, key, NULL, content, CMS_BINARY | CMS_DETACHED);
	assert_non_null(cms);
	snprintf(path, sizeof(path), "%s/" PACK_SIGNATURE, w->pack);
	out = BIO_new_file(path, "w");
	assert_int_equal(i2d_CMS_bio(out, cms), 1);
	BIO_free(out);
	BIO_free(content);
	CMS_ContentInfo_free(cms);
}

/* Writes texts and a manifest for them, with rows of other files behind, and signs it. */
static void make_pack(const struct world *w, int counter, const char *word, const char *more)
{
	const struct entry entry = {"Cancel", word, 0, 0};
	uint8_t data[2048], digest[32];
	char hash[65], manifest[2048];
	size_t length = make_mo(data, HEADER, &entry, 1);

	assert_int_equal(EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL), 1);
	vt_hex(hash, digest, sizeof(digest));
	write_file(w->pack, PACK_TEXTS, data, length);
	snprintf(manifest, sizeof(manifest),
		"{\"product\":\"ventanilla\",\"format\":1,\"lang\":\"yua\",\"name\":\"maayatꞌaan\","
		"\"nameSpanish\":\"Maya\",\"version\":\"1.%d\",\"counter\":%d,"
		"\"review\":\"sourced\",\"files\":[{\"name\":\"" PACK_TEXTS
		"\",\"size\":%zu,\"sha256\":\"%s\"}%s]}",
		counter, counter, length, hash, more);
	write_file(w->pack, PACK_MANIFEST, manifest, strlen(manifest));
	sign(w, w->key, w->cert);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->root, sizeof(w->root), "/tmp/ventanilla-language-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	snprintf(w->store, sizeof(w->store), "%s/store", w->root);
	snprintf(w->pack, sizeof(w->pack), "%s/pack", w->root);
	snprintf(w->trust, sizeof(w->trust), "%s/trust.pem", w->root);
	snprintf(w->other_trust, sizeof(w->other_trust), "%s/other.pem", w->root);
	assert_int_equal(mkdir(w->store, 0700), 0);
	assert_int_equal(mkdir(w->pack, 0700), 0);
	w->key = EVP_EC_gen("P-256");
	w->other_key = EVP_EC_gen("P-256");
	w->cert = make_cert(w->key, "codeSigning", -60, 3600);
	w->other_cert = make_cert(w->other_key, "codeSigning", -60, 3600);
	write_cert(w->trust, w->cert);
	write_cert(w->other_trust, w->other_cert);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	EVP_PKEY_free(w->key);
	EVP_PKEY_free(w->other_key);
	X509_free(w->cert);
	X509_free(w->other_cert);
	(void)nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

static struct store store_of(const struct world *w)
{
	return (struct store){.folder = w->store,
		.trust = {.signers = w->trust, .now_unix_ms = vt_clock_unix_ms()}};
}

static enum vt_code install(const struct store *store, const struct world *w)
{
	struct pack pack = {0};
	struct vt_error error = {0};

	return store_install(store, w->pack, &pack, &error);
}

/* Counter of what is offered; 0 = nothing. Whatever is there must be whole. */
static int64_t offered(const struct store *store)
{
	struct store_language list[STORE_MAX_LANGUAGES];
	struct vt_error error;
	size_t count = 0;

	assert_int_equal(store_list(store, list, &count, &error), VT_OK);
	if (count == 0)
		return 0;
	assert_int_equal(count, 1);
	assert_int_equal(list[0].code, VT_OK);
	assert_string_equal(list[0].pack.lang, "yua");
	assert_string_equal(list[0].pack.name, "maayatꞌaan");
	return list[0].pack.counter;
}

static void a_signed_pack_is_installed_exchanged_and_removed(void **state)
{
	struct world *w = *state;
	struct store store = store_of(w);
	struct pack pack = {0};
	struct vt_error error = {0};

	make_pack(w, 1, "P'ate", "");
	assert_int_equal(install(&store, w), VT_OK);
	assert_int_equal(offered(&store), 1);
	/* The same again changes nothing. */
	assert_int_equal(install(&store, w), VT_OK);
	assert_int_equal(store_rollback(&store, "yua", &pack, &error), VT_ERR_NOT_FOUND);
	make_pack(w, 2, "P'at", "");
	assert_int_equal(install(&store, w), VT_OK);
	assert_int_equal(offered(&store), 2);
	make_pack(w, 1, "P'ate", "");
	assert_int_equal(install(&store, w), VT_ERR_STATE);
	make_pack(w, 2, "another of the same counter", "");
	assert_int_equal(install(&store, w), VT_ERR_STATE);
	assert_int_equal(offered(&store), 2);
	assert_int_equal(store_rollback(&store, "yua", &pack, &error), VT_OK);
	assert_int_equal(pack.counter, 1);
	assert_int_equal(offered(&store), 1);
	make_pack(w, 2, "P'at", "");
	assert_int_equal(install(&store, w), VT_OK);
	assert_int_equal(offered(&store), 2);
	assert_int_equal(store_remove(&store, "yua", &error), VT_OK);
	assert_int_equal(store_remove(&store, "yua", &error), VT_ERR_NOT_FOUND);
	assert_int_equal(store_remove(&store, "../pack", &error), VT_ERR_NOT_FOUND);
	assert_int_equal(offered(&store), 0);
}

static void who_is_not_trusted_installs_nothing(void **state)
{
	struct world *w = *state;
	struct store store = store_of(w);
	struct pack pack = {0};
	struct vt_error error = {0};
	X509 *odd;
	char path[256];

	make_pack(w, 1, "P'ate", "");
	store.trust.signers = NULL;
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	store.trust.signers = "/nonexistent/trust.pem";
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	store.trust.signers = w->other_trust;
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	store.trust.signers = w->trust;
	/* Somebody else's signature, then one of another text, none of any length, none. */
	sign(w, w->other_key, w->other_cert);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	make_pack(w, 2, "P'at", "");
	snprintf(path, sizeof(path), "%s/" PACK_SIGNATURE, w->pack);
	char kept[256];
	snprintf(kept, sizeof(kept), "%s/kept", w->root);
	assert_int_equal(rename(path, kept), 0);
	make_pack(w, 1, "P'ate", "");
	assert_int_equal(rename(kept, path), 0);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	write_file(w->pack, PACK_SIGNATURE, "", 0);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	write_file(w->pack, PACK_SIGNATURE, "\x30\x80\x00\x00", 4);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	/* allow_unsigned allows none, not a wrong one. */
	store.trust.allow_unsigned = true;
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	store.trust.allow_unsigned = false;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	/* Certificates of another purpose, and out of their time. */
	make_pack(w, 1, "P'ate", "");
	odd = make_cert(w->key, "clientAuth", -60, 3600);
	write_cert(w->trust, odd);
	X509_free(odd);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	write_cert(w->trust, w->cert);
	store.trust.now_unix_ms += INT64_C(7200000);
	assert_int_equal(install(&store, w), VT_ERR_UNTRUSTED);
	store.trust.now_unix_ms -= INT64_C(7200000);
	assert_int_equal(offered(&store), 0);
	assert_int_equal(store_install(&store, w->pack, &pack, &error), VT_OK);
	assert_true(pack.is_signed);
}

static void a_development_terminal_may_take_unsigned_packs(void **state)
{
	struct world *w = *state;
	struct store store = store_of(w);
	struct pack pack = {0};
	struct vt_error error = {0};
	char path[256];

	make_pack(w, 1, "P'ate", "");
	snprintf(path, sizeof(path), "%s/" PACK_SIGNATURE, w->pack);
	assert_int_equal(unlink(path), 0);
	store.trust.allow_unsigned = true;
	assert_int_equal(store_install(&store, w->pack, &pack, &error), VT_OK);
	assert_false(pack.is_signed);
	assert_int_equal(offered(&store), 1);
	/* Where it is not allowed (any more) it is not offered. */
	store.trust.allow_unsigned = false;
	struct store_language list[STORE_MAX_LANGUAGES];
	size_t count;
	assert_int_equal(store_list(&store, list, &count, &error), VT_OK);
	assert_int_equal(list[0].code, VT_ERR_UNTRUSTED);
}

static void what_the_manifest_does_not_say_is_refused(void **state)
{
	static const struct {
		const char *more;
		enum vt_code code;
	} rows[] = {
		{",{\"name\":\"" PACK_TEXTS "\",\"size\":1,\"sha256\":\"00\"}", VT_ERR_PARSE},
		{",{\"name\":\"../x.wav\",\"size\":1,\"sha256\":\"00\"}", VT_ERR_PARSE},
		{",{\"name\":\".x.wav\",\"size\":1,\"sha256\":\"00\"}", VT_ERR_PARSE},
		{",{\"name\":\"font.ttf\",\"size\":1,\"sha256\":\"00\"}", VT_ERR_UNSUPPORTED},
		{",{\"name\":\"a.wav\",\"size\":99999999,\"sha256\":\"00\"}", VT_ERR_LIMIT},
		{",{\"name\":\"a.wav\",\"size\":-1,\"sha256\":\"00\"}", VT_ERR_LIMIT},
		{",{\"name\":\"a.wav\",\"size\":1,\"sha256\":\"00\"}", VT_ERR_PARSE},
		{",{\"name\":\"a.wav\",\"size\":1}", VT_ERR_PARSE},
		{"],\"x\":[", VT_ERR_PARSE},
		{"],\"lang\":\"nah\",\"x\":[", VT_ERR_PARSE},
	};
	struct world *w = *state;
	struct store store = store_of(w);

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		make_pack(w, 1, "P'ate", rows[i].more);
		assert_int_equal(install(&store, w), rows[i].code);
	}
	/* A changed file, a longer one, one that is a link, none. */
	make_pack(w, 1, "P'ate", "");
	char path[256];
	snprintf(path, sizeof(path), "%s/" PACK_TEXTS, w->pack);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 100), 1);
	close(fd);
	assert_int_equal(install(&store, w), VT_ERR_CORRUPT);
	make_pack(w, 1, "P'ate", "");
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "X", 1), 1);
	close(fd);
	assert_int_equal(install(&store, w), VT_ERR_CORRUPT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(install(&store, w), VT_ERR_CORRUPT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(install(&store, w), VT_ERR_CORRUPT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(install(&store, w), VT_ERR_CORRUPT);
	assert_int_equal(unlink(path), 0);
	/* What the ui could not read is not installed, whoever signed it. */
	make_pack(w, 1, "%n", "");
	assert_int_equal(install(&store, w), VT_ERR_PARSE);
	assert_int_equal(offered(&store), 0);
}

static void no_pack_replaces_a_language_of_the_firmware(void **state)
{
	static const char *const langs[] = {
		"es-MX", "es", "en", "en-US", "qps", "Yua", "yua/x", "y", "yua-", ""};
	char json[512];
	(void)state;

	for (size_t i = 0; i < VT_ELEMENTS(langs); i++) {
		struct pack pack = {0};
		struct vt_error error;

		snprintf(json, sizeof(json),
			"{\"product\":\"ventanilla\",\"format\":1,\"lang\":\"%s\",\"name\":\"x\","
			"\"nameSpanish\":\"x\",\"version\":\"1\",\"counter\":1,"
			"\"review\":\"sourced\",\"files\":[]}",
			langs[i]);
		assert_int_not_equal(pack_parse(json, strlen(json), &pack, &error), VT_OK);
		assert_null(pack.files);
	}
}

/* ---- every step fails; every step is the last ---- */

struct fault {
	int step, at;
	bool dies;
};

static int on_step(void *userdata, const char *name)
{
	struct fault *fault = userdata;

	(void)name;
	if (fault->step++ != fault->at)
		return 0;
	if (fault->dies)
		_exit(9);
	return ENOSPC;
}

/* Installs counter 2 over 1 with a fault at each step until none is left: before and after, one of
 * the two is whole, and the next install succeeds. Returns the steps there are. */
static int at_every_step(struct world *w, bool dies)
{
	struct store store = store_of(w);
	int at = 0;

	for (bool is_done = false; !is_done; at++) {
		struct fault fault = {.at = at, .dies = dies};
		struct store faulty = store;
		struct vt_error error;
		int status = 0;
		enum vt_code code = VT_OK;

		assert_int_equal(
			store_remove(&store, "yua", &error), at ? VT_OK : VT_ERR_NOT_FOUND);
		make_pack(w, 1, "P'ate", "");
		assert_int_equal(install(&store, w), VT_OK);
		make_pack(w, 2, "P'at", "");
		faulty.before_step = on_step;
		faulty.userdata = &fault;
		if (dies) {
			pid_t child = fork();

			if (child == 0)
				_exit(install(&faulty, w) == VT_OK ? 0 : 1);
			assert_int_equal(waitpid(child, &status, 0), child);
			is_done = WEXITSTATUS(status) == 0;
			assert_true(is_done || WEXITSTATUS(status) == 9);
		} else {
			code = install(&faulty, w);
			is_done = code == VT_OK;
			assert_true(is_done || code == VT_ERR_FULL);
		}
		int64_t counter = offered(&store);
		assert_true(counter == 1 || counter == 2);
		assert_true(!is_done || counter == 2);
		assert_int_equal(install(&store, w), VT_OK);
		assert_int_equal(offered(&store), 2);
	}
	return at;
}

static void a_failure_at_any_step_leaves_one_pack_whole(void **state)
{
	assert_true(at_every_step(*state, false) > 6);
}

static void a_death_at_any_step_leaves_one_pack_whole(void **state)
{
	assert_true(at_every_step(*state, true) > 6);
}

static void a_second_writer_is_told_to_wait(void **state)
{
	struct world *w = *state;
	struct store store = store_of(w);
	int fd = open(w->store, O_RDONLY | O_CLOEXEC);

	make_pack(w, 1, "P'ate", "");
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(install(&store, w), VT_ERR_BUSY);
	close(fd);
	assert_int_equal(install(&store, w), VT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_found_and_what_is_missing_is_not),
		cmocka_unit_test(a_text_is_known_also_when_printf_filled_it),
		cmocka_unit_test(other_directives_refuse_the_file),
		cmocka_unit_test(malformed_catalogues_are_refused),
		cmocka_unit_test(both_byte_orders_are_read),
		cmocka_unit_test_setup_teardown(
			a_signed_pack_is_installed_exchanged_and_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_is_not_trusted_installs_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_development_terminal_may_take_unsigned_packs, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_the_manifest_does_not_say_is_refused, setup, teardown),
		cmocka_unit_test(no_pack_replaces_a_language_of_the_firmware),
		cmocka_unit_test_setup_teardown(
			a_failure_at_any_step_leaves_one_pack_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_death_at_any_step_leaves_one_pack_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_writer_is_told_to_wait, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
