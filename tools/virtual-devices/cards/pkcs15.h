#ifndef VT_CARDS_PKCS15_H
#define VT_CARDS_PKCS15_H

/* A card with the file structure of ISO 7816-15 (PKCS#15): SELECT, READ BINARY,
 * VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, MANAGE SECURITY ENVIRONMENT, PERFORM SECURITY
 * OPERATION (signature, decipherment). */

#include "tools/virtual-devices/cards/applet.h"

/* Takes the image, also on failure. VT_ERR_NOMEM, VT_ERR_LIMIT: contents that do not fit. */
VT_MUST_USE enum vt_code pkcs15_create(struct image *image, struct card **ret_card);

#endif
