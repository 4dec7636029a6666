/* A web service's whole answer: XML, SOAP, WS-Security, RENAPO's text inside, as work and as
 * inquiry, by an adapter that demands signatures and by one that does not. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "offline-queue/sync/adapter.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* When the signed files of the corpus were made, and by whom: a CA whose key is gone. */
#define NOW_MS 1795451932429
static const char ca_pem[] = "-----BEGIN CERTIFICATE-----\n"
			     "MIIBuTCCAV+gAwIBAgIUE7kR0ZMcmQrI5ibcgMVjwIvxXI4wCgYIKoZIzj0EAwIw\n"
			     "KjEQMA4GA1UECgwHUHJ1ZWJhczEWMBQGA1UEAwwNQ0EgZGUgcHJ1ZWJhczAeFw0y\n"
			     "NjExMjMxNjM4NTFaFw0zNjExMjAxNjM4NTFaMCoxEDAOBgNVBAoMB1BydWViYXMx\n"
			     "FjAUBgNVBAMMDUNBIGRlIHBydWViYXMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
			     "AAQQ1p2wCbgTqAigIrANV+2OwuEcYdpjkjkI8k0d2O4aPLUIAXnffzWpb+61VzfB\n"
			     "ujLS/ia9eU8nCDl+SZah+/ieo2MwYTAdBgNVHQ4EFgQUZHPTpMYQPnutWICi5ktF\n"
			     "MoEGzM8wHwYDVR0jBBgwFoAUZHPTpMYQPnutWICi5ktFMoEGzM8wDwYDVR0TAQH/\n"
			     "BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIhANu81iWO\n"
			     "RHM0mLL0asUGe6DtBoRGbyqR8POEejo7OYHIAiBCuXhJx5lLBqAFggIHiKZXTG2Z\n"
			     "J789hZMHk3URKGJnew==\n"
			     "-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static struct adapter *open_adapter(bool is_signed)
{
	char folder[] = "/tmp/vt-fuzz.XXXXXX", ca[64], secret[64], conf[64];
	struct vt_config *config = NULL;
	struct adapter *adapter = NULL;
	struct vt_error error = {0};

	VT_ASSERT(mkdtemp(folder) && vt_format(ca, sizeof(ca), "%s/ca", folder) &&
		  vt_format(secret, sizeof(secret), "%s/secret", folder) &&
		  vt_format(conf, sizeof(conf), "%s/conf", folder));
	FILE *file = fopen(ca, "we");
	fputs(ca_pem, file);
	fclose(file);
	file = fopen(secret, "we");
	fputs("x\n", file);
	fclose(file);
	file = fopen(conf, "we");
	fprintf(file,
		"[adapter renapo]\nuser=u\nentity=09\npassword_file=%s\ntrust=%s\n"
		"signer=agency.test\nanswers_signed=%s\n",
		secret, ca, is_signed ? "yes" : "no");
	fclose(file);
	if (vt_config_load(conf, &config, &error) ||
		renapo_ops.open(config, "adapter renapo", &adapter, &error))
		fprintf(stderr, "%s\n", error.msg);
	VT_ASSERT(adapter);
	vt_config_close(&config);
	(void)unlink(ca);
	(void)unlink(secret);
	(void)unlink(conf);
	(void)rmdir(folder);
	return adapter;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct adapter *adapters[2];
	static struct work_deliver work = {.key = "8e03978e-40d5-43e8-bc93-6894a57f9324",
		.lease = "1c5a2f6e-0b7d-4a53-9d2e-5f0f4b8a7c61",
		.operation = "consultarPorCurp",
		.payload = "{\"curp\":\"SABC560626MDFLRN01\"}"};
	const struct http_answer answer = {
		.transport = TRANSPORT_ANSWER, .status = 200, .body = data, .body_length = length};

	for (int i = 0; i < 4; i++) {
		struct adapter_reading reading;
		if (!adapters[i % 2])
			adapters[i % 2] = open_adapter(i % 2);
		adapter_reading_init(&reading);
		(i < 2 ? renapo_ops.read : renapo_ops.read_inquiry)(
			adapters[i % 2], &work, &answer, NOW_MS, &reading);
		VT_ASSERT((reading.body == BODY_APPLIED) == (reading.answer.length > 0) ||
			  reading.body == BODY_INVALID);
		VT_ASSERT(reading.answer.length < VT_MAX_PAYLOAD);
		adapter_reading_finish(&reading);
	}
	return 0;
}
