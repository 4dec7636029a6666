#ifndef VT_CARDS_CAC_H
#define VT_CARDS_CAC_H

/* A CAC (GSC-IS) card by libcacard: a card that is not ours, behind the same interface. Its keys
 * and certificates lie in an NSS database (`database:` and `nicknames:` of the card file), its PIN
 * is the database's password and has no counter. */

#include "terminal/base/attributes.h"
#include "tools/virtual-devices/card.h"

/* For card-kinds.c. libcacard keeps one set of readers per process: VT_ERR_BUSY for a second card
 * or for another database; the same may be opened again after it was destroyed. VT_ERR_UNSUPPORTED
 * where it was built without libcacard; VT_ERR_DEVICE if libcacard does not take the database or
 * finds no certificate. */
VT_MUST_USE enum vt_code cac_open(const char *path, struct card **ret_card, struct vt_error *error);

#endif
