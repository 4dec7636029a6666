#include "ui/toolkit/qr.h"

#include <qrencode.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"

/* Says that the text is UTF-8 (ECI 26) where that matters: readers otherwise guess, and take
 * "BRISEÑO" for Japanese (seen: zbar). NULL: does not fit. */
static QRcode *encode_qr(const char *text)
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

bool qr_encode(struct qr *qr, const char *text)
{
	uint64_t hash = hash_text(HASH_START, text) | 1;

	if (qr->text_hash == hash)
		return qr->size > 0;
	qr_forget(qr);
	qr->text_hash = hash;
	QRcode *code = encode_qr(text);
	if (!code)
		return false;
	size_t count = (size_t)code->width * (size_t)code->width;
	for (size_t i = 0; i < count; i++)
		qr->dark[i] = code->data[i] & 1;
	qr->size = code->width;
	vt_wipe(code->data, count);
	QRcode_free(code);
	return true;
}

void qr_forget(struct qr *qr)
{
	vt_wipe(qr, sizeof(*qr));
}
