#include "ui/toolkit/qr.h"

#include <qrencode.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"

bool qr_encode(struct qr *qr, const char *text)
{
	uint64_t hash = hash_text(HASH_START, text) | 1;

	if (qr->text_hash == hash)
		return qr->size > 0;
	qr_forget(qr);
	qr->text_hash = hash;
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
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
