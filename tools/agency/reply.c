#include "tools/agency/reply.h"

#include <openssl/evp.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Larger than any terminal accepts: one of the faults is to be oversized. */
#define REPLY_MAX ((size_t)8 * VT_MAX_HTTP_BODY)

void reply_init(struct reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->status = 500;
	reply->content_type = "text/plain; charset=utf-8";
	reply->retry_after_s = -1;
	vt_buf_init(&reply->body, REPLY_MAX);
}

void reply_finish(struct reply *reply)
{
	vt_buf_finish(&reply->body);
}

void reply_problem(struct reply *reply, int status, const char *code, const char *title)
{
	reply->status = status;
	reply->content_type = "application/problem+json";
	reply->is_replayed = false;
	vt_copy_cut(reply->result, sizeof(reply->result), code);
	vt_buf_reset(&reply->body);
	vt_buf_printf(&reply->body,
		"{\"type\":\"urn:ventanilla:problem:%s\",\"title\":\"%s\",\"status\":%d,"
		"\"code\":\"%s\"}",
		code, title, status, code);
}

void fingerprint(
	const char *operation, const void *payload, size_t length, char ret_hex[FINGERPRINT_SIZE])
{
	uint8_t digest[32];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, operation, strlen(operation)) == 1 &&
		  EVP_DigestUpdate(ctx, "\n", 1) == 1 &&
		  EVP_DigestUpdate(ctx, payload, length) == 1 &&
		  EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

	VT_ASSERT(ok); /* only memory can fail here */
	EVP_MD_CTX_free(ctx);
	vt_hex(ret_hex, digest, sizeof(digest));
}
