#include "offline-queue/sync/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

static const struct adapter_ops *const adapters[] = {
	&fees_ops,
	&renapo_ops,
};

const struct adapter_ops *adapter_at(size_t i)
{
	return i < VT_ELEMENTS(adapters) ? adapters[i] : NULL;
}

const struct adapter_ops *adapter_find(const char *name)
{
	for (size_t i = 0; i < VT_ELEMENTS(adapters); i++)
		if (strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	return NULL;
}

void adapter_request_init(struct adapter_request *request)
{
	*request = (struct adapter_request){.method = "POST"};
	vt_buf_init(&request->body, VT_MAX_HTTP_BODY);
}

void adapter_request_finish(struct adapter_request *request)
{
	vt_buf_finish(&request->body);
}

bool adapter_add_header(struct adapter_request *request, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	/* The last row stays empty: it ends the list. */
	for (size_t i = 0; i < HTTP_MAX_HEADERS - 1; i++)
		if (!request->headers[i][0])
			return vt_format(request->headers[i], sizeof(request->headers[i]), "%s: %s",
				name, value);
	return false;
}

void adapter_reading_init(struct adapter_reading *reading)
{
	*reading = (struct adapter_reading){.body = BODY_NONE};
	vt_buf_init(&reading->answer, VT_MAX_PAYLOAD - 1);
}

void adapter_reading_finish(struct adapter_reading *reading)
{
	vt_buf_finish(&reading->answer);
}

enum vt_code adapter_read_secret(const char *path, char *dst, size_t size, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");

	dst[0] = '\0';
	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	/* No stdio buffer: it would keep a copy. */
	(void)setvbuf(file, NULL, _IONBF, 0);
	if (!fgets(dst, (int)size, file))
		return vt_fail(error, VT_ERR_INVALID, 0, "%s: empty", path);
	const size_t length = strcspn(dst, "\r\n");
	if (!dst[length] && length == size - 1) {
		vt_wipe(dst, size);
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: too long", path);
	}
	dst[length] = '\0';
	return length ? VT_OK : vt_fail(error, VT_ERR_INVALID, 0, "%s: empty", path);
}
