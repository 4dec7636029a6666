#include "tools/virtual-devices/cards/applet.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/cards/piv.h"
#include "tools/virtual-devices/cards/pkcs15.h"

static struct applet *applet_of(struct card *card)
{
	return (struct applet *)(void *)card;
}

static size_t op_atr(const struct card *card, int protocol, uint8_t *atr)
{
	const struct applet *applet = (const struct applet *)(const void *)card;
	const struct image *image = applet->image;
	char historical[16];

	if (image->atr_length > 0) {
		memcpy(atr, image->atr, image->atr_length);
		return image->atr_length;
	}
	VT_ASSERT(vt_format(historical, sizeof(historical), "VT-%s", applet->ops->name));
	return card_make_atr(atr, protocol >= 0 && image->protocol < 0 ? protocol : image->protocol,
		(const uint8_t *)historical, strlen(historical));
}

static void op_reset(struct card *card)
{
	struct applet *applet = applet_of(card);

	applet->image->pin.verified = false;
	applet->ops->reset(applet);
}

/* Status for a class byte that is not ours, or 0: proprietary, secure messaging, logical channels.
 */
static uint16_t class_refused(uint8_t cla)
{
	if (cla & 0xf0)
		return CARD_SW_CLA;
	if (cla & 0x0c)
		return CARD_SW_NO_SECURE_MESSAGING;
	if (cla & 0x03)
		return CARD_SW_NO_CHANNEL;
	return 0;
}

static void op_apdu(struct card *card, const struct card_command *c, struct card_response *r)
{
	struct applet *applet = applet_of(card);
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer = {.max = CARD_MAX_RESPONSE};

	r->sw = class_refused(c->cla);
	if (r->sw == 0 && c->extended && !applet->image->extended)
		r->sw = CARD_SW_WRONG_LENGTH;
	if (r->sw != 0)
		return;
	r->sw = applet->ops->command(applet, c, &answer);
	if (answer.failed != VT_OK)
		r->sw = CARD_SW_FAILED;
	if (r->sw == CARD_SW_OK || r->sw == CARD_SW_END_OF_FILE)
		card_add(r, answer.data, answer.length);
}

static enum vt_code op_command(
	struct card *card, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct pin *pin = &applet_of(card)->image->pin;
	int64_t tries;

	if (count != 3 || strcmp(words[0], "pin") != 0 || strcmp(words[1], "tries") != 0)
		return VT_ERR_NOT_FOUND;
	if (vt_parse_i64(words[2], 0, pin->tries, &tries) != VT_OK) {
		vt_buf_printf(reply, "pin tries: 0 to %u\n", pin->tries);
		return VT_ERR_INVALID;
	}
	pin->tries_left = (unsigned)tries;
	return VT_OK;
}

static void op_status(const struct card *card, struct vt_buf *reply)
{
	const struct image *image = ((const struct applet *)(const void *)card)->image;

	vt_buf_printf(reply, "pin_tries: %u\nverified: %s\nkeys: %zu\n", image->pin.tries_left,
		image->pin.verified ? "yes" : "no", image->key_count);
}

static void op_destroy(struct card *card)
{
	struct applet *applet = applet_of(card);

	applet->ops->finish(applet);
	image_destroy(&applet->image);
	free(applet);
}

void applet_init(struct applet *applet, const struct applet_ops *ops, struct image *image)
{
#define OPS(kind, chain)                                                           \
	{                                                                          \
		.name = kind, .atr = op_atr, .reset = op_reset, .apdu = op_apdu,   \
		.command = op_command, .status = op_status, .destroy = op_destroy, \
		.chain_max = chain, .data_without_le = true                        \
	}
	/* By kind, then without and with chaining. */
	static const struct card_ops card_ops[2][2] = {
		{OPS("piv", 0), OPS("piv", APPLET_MAX_CHAIN)},
		{OPS("pkcs15", 0), OPS("pkcs15", APPLET_MAX_CHAIN)},
	};
#undef OPS

	VT_ASSERT(image->kind == IMAGE_PIV || image->kind == IMAGE_PKCS15);
	card_init(&applet->base, &card_ops[image->kind == IMAGE_PKCS15][image->chaining]);
	applet->ops = ops;
	applet->image = image;
}

enum vt_code applet_create(struct image **image, struct card **ret_card, struct vt_error *error)
{
	enum vt_code code = VT_ERR_UNSUPPORTED;
	struct image *mine = vt_take_ptr(image);

	switch (mine->kind) {
	case IMAGE_PIV:
		code = piv_create(mine, ret_card);
		break;
	case IMAGE_PKCS15:
		code = pkcs15_create(mine, ret_card);
		break;
	case IMAGE_CAC:
		image_destroy(&mine);
		break;
	}
	if (code == VT_OK)
		return VT_OK;
	return vt_fail(error, code, 0, "%s",
		code == VT_ERR_LIMIT ? "the contents do not fit on the card" : vt_code_text(code));
}

enum vt_code applet_open(const char *path, struct card **ret_card, struct vt_error *error)
{
	struct image *image;
	enum vt_code code = image_load(path, &image, error);

	if (code == VT_OK)
		code = applet_create(&image, ret_card, error);
	return code;
}
