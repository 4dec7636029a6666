#include "drivers/printer/qr.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "terminal/base/text.h"

static QRcode *encode(const char *text)
{
	const int length = (int)strlen(text);
	bool is_ascii = true;

	for (const char *p = text; *p; p++)
		is_ascii = is_ascii && (unsigned char)*p < 0x80;
	QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
	if (!input)
		return NULL;
	QRcode *code = NULL;
	if ((is_ascii || QRinput_appendECIheader(input, 26) == 0) &&
		QRinput_append(input, QR_MODE_8, length, (const unsigned char *)text) == 0)
		code = QRcode_encodeInput(input);
	QRinput_free(input);
	return code;
}

enum vt_code qr_encode(const char *text, struct qr *ret, struct vt_error *error)
{
	QRcode *code = encode(text);

	if (!code)
		return vt_fail(error, VT_ERR_LIMIT, 0, "render: text does not fit a QR code");
	const size_t count = (size_t)code->width * (size_t)code->width;
	uint8_t *modules = malloc(count);
	if (modules) {
		memcpy(modules, code->data, count);
		*ret = (struct qr){.width = code->width, .modules = modules};
	}
	vt_wipe(code->data, count);
	QRcode_free(code);
	return modules ? VT_OK : vt_fail(error, VT_ERR_NOMEM, 0, "render: out of memory");
}

void qr_finish(struct qr *qr)
{
	if (qr->modules)
		vt_wipe(qr->modules, (size_t)qr->width * (size_t)qr->width);
	free(qr->modules);
	*qr = (struct qr){0};
}
