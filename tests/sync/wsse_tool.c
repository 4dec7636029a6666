/* Lets scripts hold our WS-Security against other implementations:
 *   wsse_tool sign CERT KEY            envelope on stdin → signed envelope on stdout
 *   wsse_tool verify CA [SIGNER]       envelope on stdin → signer and payload's name, or exit 1 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offline-queue/sync/wsse.h"
#include "terminal/base/clock.h"

static enum vt_code read_input(struct vt_buf *in, struct xml_doc **ret_doc, struct vt_error *error)
{
	uint8_t *room;

	vt_buf_init(in, 2 * XML_MAX_SIZE);
	while ((room = vt_buf_reserve(in, 65536)) != NULL) {
		const size_t got = fread(room, 1, 65536, stdin);
		vt_buf_added(in, got);
		if (got == 0)
			break;
	}
	return xml_parse(in->data, in->length, ret_doc, error);
}

static enum vt_code do_sign(char **argv, struct xml_doc *doc, struct vt_error *error)
{
	VT_CLEANUP(wsse_identity_free) struct wsse_identity *identity = NULL;
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, 2 * XML_MAX_SIZE);
	enum vt_code code = wsse_identity_load(argv[2], argv[3], &identity, error);
	if (!code)
		code = wsse_sign(doc, identity, vt_clock_unix_ms(), error);
	if (!code)
		code = xml_serialize(doc, &out, error);
	if (!code)
		fputs(vt_buf_text(&out), stdout);
	return code;
}

static enum vt_code do_verify(char **argv, struct xml_doc *doc, struct vt_error *error)
{
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = NULL;
	struct wsse_verdict verdict;

	enum vt_code code = wsse_trust_load(argv[2], argv[3], &trust, error);
	if (!code)
		code = wsse_verify(doc, trust, vt_clock_unix_ms(), &verdict, error);
	if (!code)
		printf("%s %s\n", verdict.signer, xml_name(soap_payload(verdict.body)));
	return code;
}

int main(int argc, char **argv)
{
	VT_CLEANUP(xml_free) struct xml_doc *doc = NULL;
	VT_CLEANUP(vt_buf_finish) struct vt_buf in;
	struct vt_error error = {0};

	vt_buf_init(&in, 0);
	enum vt_code code = VT_ERR_INVALID;
	if (argc == 4 && strcmp(argv[1], "sign") == 0) {
		code = read_input(&in, &doc, &error);
		if (!code)
			code = do_sign(argv, doc, &error);
	} else if ((argc == 3 || argc == 4) && strcmp(argv[1], "verify") == 0) {
		code = read_input(&in, &doc, &error);
		if (!code)
			code = do_verify(argv, doc, &error);
	}
	if (code)
		fprintf(stderr, "wsse_tool: %s\n", error.msg[0] ? error.msg : vt_code_text(code));
	return code ? 1 : 0;
}
