/* The demo authority's responder as a parser of OCSP requests: any bytes get a whole OCSPResponse,
 * and "good" is never said of a certificate that is not in the index. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "terminal/base/buf.h"
#include "tools/agency/responder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void must(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static FILE *create(const char *folder, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	must(file != NULL, "file");
	return file;
}

/* A key and a certificate that it signed itself; the same for authority and responder. */
static void write_identity(const char *folder, const char *cert, const char *key)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	X509_NAME *name = X509_NAME_new();

	must(X509_NAME_add_entry_by_txt(
		     name, "CN", MBSTRING_ASC, (const uint8_t *)"fuzz", -1, -1, 0) == 1 &&
			X509_set_subject_name(x509, name) == 1 &&
			X509_set_issuer_name(x509, name) == 1 &&
			X509_gmtime_adj(X509_getm_notBefore(x509), 0) &&
			X509_gmtime_adj(X509_getm_notAfter(x509), 86400) &&
			X509_set_pubkey(x509, pkey) == 1 && X509_sign(x509, pkey, EVP_sha256()) > 0,
		"certificate");
	FILE *file = create(folder, cert);
	must(PEM_write_X509(file, x509) == 1 && fclose(file) == 0, cert);
	file = create(folder, key);
	must(PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0,
		key);
	X509_NAME_free(name);
	X509_free(x509);
	EVP_PKEY_free(pkey);
}

static struct responder *make_responder(void)
{
	static const char *const names[] = {
		"ca.pem", "ca.key", "ocsp.pem", "ocsp.key", "index.txt"};
	char folder[] = "/tmp/fuzz-ocsp-XXXXXX", path[300];
	struct responder *responder = NULL;

	must(mkdtemp(folder) != NULL, "folder");
	write_identity(folder, names[0], names[1]);
	write_identity(folder, names[2], names[3]);
	FILE *file = create(folder, names[4]);
	fputs("V\t301127012052Z\t\t01\tunknown\t/CN=a\n"
	      "R\t301127012052Z\t261129012056Z,keyCompromise\t02\tunknown\t/CN=b\n",
		file);
	must(fclose(file) == 0, "index");
	must(responder_load(folder, &responder, NULL) == VT_OK, "responder");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		must(unlink(path) == 0, path);
	}
	must(rmdir(folder) == 0, folder);
	return responder;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct responder *responder;
	struct vt_buf answer = {.max = 1024 * 1024};

	if (length > 16384)
		return 0;
	if (!responder)
		responder = make_responder();
	must(responder_answer(responder, RESPONDER_SAY_INDEX, RESPONDER_FAULT_NONE, data, length,
		     INT64_C(1800000000000), &answer) == VT_OK,
		"no answer");
	const uint8_t *at = answer.data;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer.length);
	must(response && at == answer.data + answer.length, "no OCSPResponse");
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	for (int i = 0; basic && i < OCSP_resp_count(basic); i++) {
		ASN1_INTEGER *serial = NULL;
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		/* borrowed; the API wants it writable */
		OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single);
		must(OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) == 1, "id");
		if (OCSP_single_get0_status(single, NULL, NULL, NULL, NULL) ==
			V_OCSP_CERTSTATUS_GOOD)
			must(ASN1_INTEGER_get(serial) == 1, "good of a stranger");
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	vt_buf_finish(&answer);
	return 0;
}
