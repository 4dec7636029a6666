#include "tools/virtual-devices/cards/cac.h"

#include "tools/virtual-devices/cards/image.h"

#ifdef VT_HAVE_LIBCACARD

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <libcacard.h>

#include "terminal/base/text.h"

/* Bytes of one answer: a T=0 card gives at most 256 and the status. */
#define MAX_ANSWER 258

struct cac {
	struct card base;
	VReader *reader; /* borrowed from started */
};

static struct cac *cac_of(struct card *card)
{
	return (struct cac *)(void *)card;
}

static size_t op_atr(const struct card *card, int protocol, uint8_t *atr)
{
	const struct cac *cac = (const struct cac *)(const void *)card;
	int length = CARD_MAX_ATR;

	(void)protocol; /* T=0, always */
	if (vreader_power_on(cac->reader, atr, &length) != VREADER_OK || length < 0)
		return 0;
	return (size_t)length;
}

static void op_reset(struct card *card)
{
	(void)vreader_power_off(cac_of(card)->reader);
}

static void op_apdu(struct card *card, const struct card_command *c, struct card_response *r)
{
	uint8_t command[5 + 255 + 1], answer[MAX_ANSWER];
	int length = sizeof(answer);

	/* libcacard reads beyond what is shorter than a header; longer ones T=0 does not have. */
	if (c->raw_length < 4 || c->raw_length > sizeof(command)) {
		r->sw = CARD_SW_WRONG_LENGTH;
		return;
	}
	memcpy(command, c->raw, c->raw_length);
	VReaderStatus status = vreader_xfr_bytes(
		cac_of(card)->reader, command, (int)c->raw_length, answer, &length);
	vt_wipe(command, sizeof(command));
	if (status != VREADER_OK || length < 2) {
		r->sw = CARD_SW_FAILED;
		return;
	}
	size_t data = (size_t)length - 2;
	r->sw = (uint16_t)(answer[data] << 8 | answer[data + 1]);
	card_add(r, answer, data);
}

static void op_status(const struct card *card, struct vt_buf *reply)
{
	const struct cac *cac = (const struct cac *)(const void *)card;

	vt_buf_printf(reply, "reader: %s\n", vreader_get_name(cac->reader));
}

/* libcacard has one set of readers per process and cannot be started again: what was started stays,
 * and a card that was pulled out and put in again gets it back. */
static struct {
	VReader *reader; /* one reference, never given up */
	char options[1024];
	bool in_use;
} started;

static void op_destroy(struct card *card)
{
	started.in_use = false;
	free(cac_of(card));
}

/* A reader with one CAC card of the nicknames. vcard_emul_init() has queued the card's arrival
 * before it returns. */
static enum vt_code start(const char *options, struct vt_error *error)
{
	VCardEmulOptions *parsed = vcard_emul_options(options);

	if (!parsed || vcard_emul_init(parsed) != VCARD_EMUL_OK)
		return vt_fail(error, VT_ERR_DEVICE, 0, "libcacard does not take the database");
	for (VEvent *event; (event = vevent_get_next_vevent()) != NULL;) {
		if (event->type == VEVENT_CARD_INSERT && !started.reader)
			started.reader = vreader_reference(event->reader);
		vevent_delete(event);
	}
	if (!started.reader)
		return vt_fail(error, VT_ERR_DEVICE, 0, "libcacard finds no such certificate");
	return VT_OK;
}

static enum vt_code take_reader(const struct image *image, struct vt_error *error)
{
	char options[sizeof(started.options)];

	if (strpbrk(image->database, "\"()") || strpbrk(image->nicknames, "\"()") ||
		!vt_format(options, sizeof(options),
			"db=\"sql:%s\" use_hw=no soft=(,Virtual Reader,CAC,,%s)", image->database,
			image->nicknames))
		return vt_fail(error, VT_ERR_INVALID, 0, "database, nicknames: too long or quoted");
	if (started.in_use || (started.options[0] && strcmp(started.options, options) != 0))
		return vt_fail(error, VT_ERR_BUSY, 0, "libcacard: one card per process");
	if (started.options[0] == '\0') {
		memcpy(started.options, options, sizeof(options));
		enum vt_code code = start(options, error);
		if (code != VT_OK)
			return code;
	}
	if (!started.reader)
		return vt_fail(error, VT_ERR_FAILED, 0, "libcacard failed before");
	started.in_use = true;
	return VT_OK;
}

enum vt_code cac_open(const char *path, struct card **ret_card, struct vt_error *error)
{
	static const struct card_ops ops = {.name = "cac",
		.atr = op_atr,
		.reset = op_reset,
		.apdu = op_apdu,
		.status = op_status,
		.destroy = op_destroy,
		.raw = true};
	struct image *image;
	struct vt_error why = {0};

	enum vt_code code = image_load(path, &image, error);
	if (code != VT_OK)
		return code;
	code = take_reader(image, &why);
	image_destroy(&image);
	if (code != VT_OK)
		return vt_fail(error, code, 0, "%s: %s", path, why.msg);
	struct cac *cac = calloc(1, sizeof(*cac));
	if (!cac) {
		started.in_use = false;
		return vt_fail(error, VT_ERR_NOMEM, 0, "%s", path);
	}
	card_init(&cac->base, &ops);
	cac->reader = started.reader;
	*ret_card = &cac->base;
	return VT_OK;
}

#else

enum vt_code cac_open(const char *path, struct card **ret_card, struct vt_error *error)
{
	(void)ret_card;
	return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
		"%s: built without libcacard (install libcacard-dev and configure again)", path);
}

#endif
