#include "tools/agency/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "terminal/base/base64.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/agency/fees.h"

/* A line: a part in base64 (terminal/bus/messages.h bounds it to 48 KiB). */
#define LINE_MAX_BYTES (64 * 1024)

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void cms_freep(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static void json_freep(json_t **json)
{
	json_decref(*json);
}

/* ---- opening ---- */

struct keys {
	X509 *cert;
	EVP_PKEY *key;
	X509_STORE *trust;
};

static void keys_finish(struct keys *keys)
{
	X509_free(keys->cert);
	EVP_PKEY_free(keys->key);
	X509_STORE_free(keys->trust);
}

static enum vt_code distrust(struct vt_error *error, const char *why)
{
	ERR_clear_error();
	return vt_fail(error, VT_ERR_UNTRUSTED, 0, "ingest: %s", why);
}

static enum vt_code keys_load(
	const struct ingest_options *options, struct keys *keys, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *cert = fopen(options->cert, "re");
	VT_CLEANUP(vt_fclosep) FILE *key = fopen(options->key, "re");

	keys->cert = cert ? PEM_read_X509(cert, NULL, NULL, NULL) : NULL;
	keys->key = key ? PEM_read_PrivateKey(key, NULL, NULL, NULL) : NULL;
	keys->trust = X509_STORE_new();
	if (!keys->cert || !keys->key || !keys->trust ||
		X509_STORE_load_file(keys->trust, options->ca) != 1)
		return distrust(error, "the agency's own keys cannot be read");
	return VT_OK;
}

/* The terminal that signed: CN of the only signer. */
static bool signer_of(CMS_ContentInfo *cms, char terminal[TERMINAL_SIZE])
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	const bool is_one = signers && sk_X509_num(signers) == 1;
	const X509 *cert = is_one ? sk_X509_value(signers, 0) : NULL;

	const bool has_name = cert && X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					      NID_commonName, terminal, TERMINAL_SIZE) > 0;
	sk_X509_free(signers);
	return has_name;
}

/* base64 → sealed → signed → text in *ret_out (owned). */
static enum vt_code open_part(const struct keys *keys, const char *line, size_t length,
	char terminal[TERMINAL_SIZE], BIO **ret_out, struct vt_error *error)
{
	static unsigned char der[LINE_MAX_BYTES];
	const int decoded = length % 4 == 0 && length > 0
				    ? EVP_DecodeBlock(der, (const unsigned char *)line, (int)length)
				    : -1;

	if (decoded < 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "ingest: not a package");
	VT_CLEANUP(bio_freep) BIO *sealed_in = BIO_new_mem_buf(der, decoded);
	VT_CLEANUP(cms_freep) CMS_ContentInfo *sealed = d2i_CMS_bio(sealed_in, NULL);
	VT_CLEANUP(bio_freep) BIO *inner = BIO_new(BIO_s_secmem());
	VT_CLEANUP(bio_freep) BIO *out = BIO_new(BIO_s_secmem());

	if (!sealed || !inner || !out)
		return vt_fail(error, VT_ERR_PARSE, 0, "ingest: not a package");
	if (CMS_decrypt(sealed, keys->key, keys->cert, NULL, inner, CMS_BINARY) != 1)
		return distrust(error, "not sealed for this agency, or damaged");
	VT_CLEANUP(cms_freep) CMS_ContentInfo *signed_data = d2i_CMS_bio(inner, NULL);
	if (!signed_data ||
		CMS_verify(signed_data, NULL, keys->trust, NULL, out, CMS_BINARY) != 1 ||
		!signer_of(signed_data, terminal))
		return distrust(error, "no good signature of a terminal");
	*ret_out = vt_take_ptr(&out);
	return VT_OK;
}

/* ---- applying ---- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* What the terminal's adapter would send over the network, or the fingerprint would differ. */
static bool set_number(json_t *body, const char *name, const json_t *value)
{
	int64_t number;

	if (json_is_integer(value))
		return json_object_set_new(body, name, json_integer(json_integer_value(value))) ==
		       0;
	return json_is_string(value) &&
	       vt_parse_i64(json_string_value(value), 0, INT64_MAX, &number) == VT_OK &&
	       json_object_set_new(body, name, json_integer(number)) == 0;
}

static bool make_order(const json_t *payload, const char *key, json_t *body)
{
	static const char *const texts[] = {"product", "fare", "curp", "name"};
	const json_t *years = json_object_get(payload, "validityYears");
	bool good = body != NULL;

	for (size_t i = 0; i < VT_ELEMENTS(texts) && good; i++) {
		const char *text = text_of(payload, texts[i]);
		good = !text[0] || json_object_set_new(body, texts[i], json_string(text)) == 0;
	}
	return good && (!years || set_number(body, "validityYears", years)) &&
	       set_number(body, "amountCentavos", json_object_get(payload, "amountCentavos")) &&
	       json_object_set_new(body, "key", json_string(key)) == 0;
}

static void count(struct ingest_report *report, bool is_replayed, bool is_applied, bool is_refused)
{
	report->replayed += is_replayed;
	report->applied += !is_replayed && is_applied;
	report->refused += !is_replayed && !is_applied && is_refused;
	report->failed += !is_replayed && !is_applied && !is_refused;
}

static void apply_order(const struct ingest_options *options, const char *key,
	const json_t *payload, struct ingest_report *report)
{
	VT_CLEANUP(json_freep) json_t *body = json_object();
	char quoted[VT_UUID_SIZE + 2], today[16];
	const time_t now = (time_t)(vt_clock_unix_ms() / 1000);
	struct reply reply;
	struct tm tm;

	strftime(today, sizeof(today), "%Y-%m-%d", gmtime_r(&now, &tm));
	char *text = make_order(payload, key, body) ? json_dumps(body, JSON_COMPACT) : NULL;
	if (!text || !vt_format(quoted, sizeof(quoted), "\"%s\"", key)) {
		free(text);
		report->failed++;
		return;
	}
	reply_init(&reply);
	fees_issue(options->store, report->terminal, quoted, text, strlen(text),
		options->today ? options->today : today, vt_clock_unix_ms(), &reply);
	count(report, reply.is_replayed, reply.status == 201, reply.status == 412);
	reply_finish(&reply);
	vt_wipe(text, strlen(text));
	free(text);
}

static bool add_field(struct registry_fields *fields, const char *name, const char *value)
{
	size_t size = 0;

	if (!value[0])
		return true;
	char *dst = registry_add_field(fields, name, &size);
	return dst && vt_copy(dst, size, value);
}

/* The words of a signed request travel in base64, as its signature does. */
static bool add_text(struct registry_fields *fields, const char *name, const char *value)
{
	size_t size = 0;
	char *dst = registry_add_field(fields, name, &size);

	return dst && vt_base64_encode(dst, size, value, strlen(value)) == VT_OK;
}

/* The fields as the adapter names them; the account is the institution's own. */
static bool make_fields(const struct registry_account *account, const char *operation,
	const json_t *payload, struct registry_fields *fields, enum registry_operation *ret)
{
	static const struct {
		enum registry_operation operation;
		const char *member, *field;
	} rows[] = {
		{REGISTRY_BY_KEY, "curp", "cveCurp"},
		{REGISTRY_BY_DATA, "entidad", "cveAlfaEntFedNac"},
		{REGISTRY_BY_DATA, "fechaNacimiento", "fechaNacimiento"},
		{REGISTRY_BY_DATA, "nombres", "nombre"},
		{REGISTRY_BY_DATA, "primerApellido", "primerApellido"},
		{REGISTRY_BY_DATA, "segundoApellido", "segundoApellido"},
		{REGISTRY_BY_DATA, "sexo", "sexo"},
		{REGISTRY_COPY, "curp", "cveCurp"},
		{REGISTRY_COPY, "firma", "firma"},
		{REGISTRY_CONFIRM, "sessionId", "sessionID"},
	};

	if (strcmp(operation, "consultarPorCurp") == 0)
		*ret = REGISTRY_BY_KEY;
	else if (strcmp(operation, "consultarCurpDetalle") == 0)
		*ret = REGISTRY_BY_DATA;
	else if (strcmp(operation, "solicitarCopia") == 0)
		*ret = REGISTRY_COPY;
	else if (strcmp(operation, "confirm") == 0)
		*ret = REGISTRY_CONFIRM;
	else
		return false;
	bool good = true;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		if (rows[i].operation == *ret)
			good = good &&
			       add_field(fields, rows[i].field, text_of(payload, rows[i].member));
	}
	if (*ret == REGISTRY_COPY)
		good = good && add_text(fields, "solicitud", text_of(payload, "solicitud"));
	if (*ret == REGISTRY_CONFIRM)
		return good && add_field(fields, "Mssg", "OK");
	return good && add_field(fields, "tipoTransaccion", "1") &&
	       add_field(fields, *ret == REGISTRY_BY_DATA ? "cveUsuario" : "usuario",
		       account->user) &&
	       add_field(fields, "password", account->password) &&
	       add_field(fields, "cveEntidadEmisora", account->entity);
}

static void apply_query(const struct ingest_options *options, const char *key,
	const char *operation, const json_t *payload, struct ingest_report *report)
{
	struct registry_fields fields = {0};
	struct registry_call call = {.terminal = report->terminal,
		.key = key,
		.fields = &fields,
		.now_unix_ms = vt_clock_unix_ms()};
	struct registry_answer answer;

	if (make_fields(options->account, operation, payload, &fields, &call.operation)) {
		registry_answer_init(&answer);
		registry_call(options->store, options->account, &call, &answer);
		count(report, answer.is_replayed && !answer.fault,
			!answer.fault && strcmp(answer.result, "applied") == 0,
			!answer.fault && strcmp(answer.result, "rejected") == 0);
		registry_answer_finish(&answer);
	} else {
		report->failed++;
	}
	vt_wipe(&fields, sizeof(fields));
}

static void apply(const struct ingest_options *options, const json_t *transaction,
	struct ingest_report *report)
{
	const char *key = text_of(transaction, "key");
	const char *adapter = text_of(transaction, "adapter");
	const char *operation = text_of(transaction, "operation");
	const json_t *payload = json_object_get(transaction, "payload");

	if (!vt_uuid_valid(key) || !json_is_object(payload))
		report->failed++;
	else if (strcmp(adapter, "fees") == 0 && strcmp(operation, "sheet") == 0)
		apply_order(options, key, payload, report);
	else if (strcmp(adapter, "renapo") == 0)
		apply_query(options, key, operation, payload, report);
	else
		report->failed++;
}

enum vt_code ingest_text(const struct ingest_options *options, const char *terminal,
	const char *text, size_t length, struct ingest_report *report, struct vt_error *error)
{
	VT_CLEANUP(json_freep)
	json_t *json = length > 0 ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (strcmp(text_of(json, "format"), "ventanilla.export/1") != 0 ||
		!json_is_array(json_object_get(json, "transactions")))
		return vt_fail(error, VT_ERR_PARSE, 0, "ingest: not a package of version 1");
	/* One terminal's package: nobody speaks for another. */
	if (strcmp(text_of(json, "terminal"), terminal) != 0 ||
		(report->terminal[0] && strcmp(report->terminal, terminal) != 0))
		return distrust(error, "signed by another terminal than it names");
	vt_copy_cut(report->terminal, sizeof(report->terminal), terminal);
	report->parts++;
	/* The terminal shows where its audit journal stands: kept as a witness. */
	if (store_witness(options->store, terminal, text_of(json, "checkpoint"), vt_clock_unix_ms(),
		    error))
		return VT_ERR_IO;
	const json_t *list = json_object_get(json, "transactions");
	for (size_t i = 0; i < json_array_size(list); i++)
		apply(options, json_array_get(list, i), report);
	return VT_OK;
}

static enum vt_code apply_part(const struct ingest_options *options, const struct keys *keys,
	const char *line, size_t length, struct ingest_report *report, struct vt_error *error)
{
	VT_CLEANUP(bio_freep) BIO *text = NULL;
	char terminal[TERMINAL_SIZE];
	char *data = NULL;

	enum vt_code code = open_part(keys, line, length, terminal, &text, error);
	if (code)
		return code;
	const long size = BIO_get_mem_data(text, &data);
	return ingest_text(options, terminal, data, size > 0 ? (size_t)size : 0, report, error);
}

enum vt_code ingest_file(const struct ingest_options *options, const char *path,
	struct ingest_report *report, struct vt_error *error)
{
	VT_CLEANUP(keys_finish) struct keys keys = {0};
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "re");
	static char line[LINE_MAX_BYTES];

	*report = (struct ingest_report){0};
	if (!in)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	enum vt_code code = keys_load(options, &keys, error);
	while (!code && fgets(line, sizeof(line), in)) {
		const size_t length = strcspn(line, "\n");
		if (line[length] != '\n') /* cut off: the stick was pulled too early */
			code = vt_fail(error, VT_ERR_PARSE, 0, "ingest: the last part is cut off");
		else
			code = apply_part(options, &keys, line, length, report, error);
	}
	if (!code && report->parts == 0)
		code = vt_fail(error, VT_ERR_PARSE, 0, "ingest: an empty file");
	return code;
}
