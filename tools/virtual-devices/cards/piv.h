#ifndef VT_CARDS_PIV_H
#define VT_CARDS_PIV_H

/* A PIV card application [NIST SP 800-73-4 part 2]: SELECT, GET DATA, VERIFY, CHANGE REFERENCE
 * DATA, RESET RETRY COUNTER, GENERAL AUTHENTICATE (signature, RSA decipherment, ECDH). PUT DATA and
 * GENERATE are refused with 6982: nobody logs in as its administrator. */

#include "tools/virtual-devices/cards/applet.h"

/* Takes the image, also on failure. VT_ERR_NOMEM, VT_ERR_LIMIT: contents that do not fit. */
VT_MUST_USE enum vt_code piv_create(struct image *image, struct card **ret_card);

#endif
