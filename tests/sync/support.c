#include "tests/sync/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/base/text.h"

static char folder[64];

int support_start(void **state)
{
	char script[512];
	const char *source = getenv("VT_SOURCE_DIR");

	(void)state;
	if (!vt_format(folder, sizeof(folder), "/tmp/vt-sync.XXXXXX") || !mkdtemp(folder) ||
		!vt_format(script, sizeof(script), "%s/tests/sync/make_identities",
			source ? source : "."))
		return -1;
	const pid_t pid = fork();
	if (pid == 0) {
		execl(script, script, folder, (char *)NULL);
		_exit(127);
	}
	int status;
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int support_stop(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			(void)unlink(support_path(entry->d_name));
	if (dir)
		closedir(dir);
	return rmdir(folder);
}

const char *support_path(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];

	if (!vt_format(path, sizeof(paths[0]), "%s/%s", folder, name))
		abort();
	return path;
}

struct wsse_identity *support_identity(const char *name)
{
	struct wsse_identity *identity = NULL;
	struct vt_error error = {0};
	char cert[64], key[64];

	assert_true(vt_format(cert, sizeof(cert), "%s.pem", name));
	assert_true(vt_format(key, sizeof(key), "%s.key", name));
	if (wsse_identity_load(support_path(cert), support_path(key), &identity, &error))
		fail_msg("%s", error.msg);
	return identity;
}

struct wsse_trust *support_trust(const char *ca, const char *signer)
{
	struct wsse_trust *trust = NULL;
	struct vt_error error = {0};
	char cert[64];

	assert_true(vt_format(cert, sizeof(cert), "%s.pem", ca));
	if (wsse_trust_load(support_path(cert), signer, &trust, &error))
		fail_msg("%s", error.msg);
	return trust;
}

struct xml_doc *support_parse(const char *text)
{
	struct xml_doc *doc = NULL;
	struct vt_error error = {0};

	if (xml_parse(text, strlen(text), &doc, &error))
		fail_msg("%s", error.msg);
	return doc;
}

void support_serialize(struct xml_doc **doc, struct vt_buf *out)
{
	struct vt_error error = {0};

	vt_buf_init(out, 2 * XML_MAX_SIZE);
	if (xml_serialize(*doc, out, &error))
		fail_msg("%s", error.msg);
	xml_free(doc);
}

struct xml_doc *support_envelope(void)
{
	struct xml_doc *doc = soap_create("urn:uuid:8e03978e-40d5-43e8-bc93-6894a57f9324", NULL);
	struct xml_node *op = xml_add(soap_body(doc), "urn:prueba", "p", "consulta");

	(void)xml_add_same(op, "nombre", "Ñandú & <Ávila>");
	(void)xml_add_same(op, "clave", "ABCD010203HDFXYZ09");
	return doc;
}
