#ifndef VT_CARDS_APPLET_H
#define VT_CARDS_APPLET_H

/* What the certificate cards share as struct card: ATR, status, switches, the border between whole
 * commands and card.c. An applet fills in `command` and its own state.
 *
 * Switches (`virtual-devices card command …`): "pin tries N". Status: "pin_tries", "verified",
 * "keys". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/cards/image.h"

/* Bytes a command chain may carry: RSA-4096 in its template is 520. */
#define APPLET_MAX_CHAIN 4096

struct applet;

struct applet_ops {
	const char *name; /* "piv" */
	/* Selection and half-done work end; the PIN was logged out already. */
	void (*reset)(struct applet *applet);
	/* One command of class 00: appends the answer's data and returns the status word. Data
	 * beside a status other than 9000 and 6282 is dropped. */
	uint16_t (*command)(
		struct applet *applet, const struct card_command *command, struct vt_buf *ret);
	/* Frees what lies in the applet beside the members below; not the struct. */
	void (*finish)(struct applet *applet);
};

/* First member of each applet. */
struct applet {
	struct card base;
	const struct applet_ops *ops;
	struct image *image; /* owned */
};

/* Sets the members; takes the image. */
void applet_init(struct applet *applet, const struct applet_ops *ops, struct image *image);

/* Makes the card of an image and takes it: *image is NULL afterwards, also on failure.
 * VT_ERR_NOMEM, VT_ERR_LIMIT (contents do not fit on the card), VT_ERR_UNSUPPORTED (kind without
 * applet). */
VT_MUST_USE enum vt_code applet_create(
	struct image **image, struct card **ret_card, struct vt_error *error);

/* Opens a card file of kind piv or pkcs15: for card-kinds.c. */
VT_MUST_USE enum vt_code applet_open(
	const char *path, struct card **ret_card, struct vt_error *error);

#endif
