#ifndef VT_BASE_LOOP_H
#define VT_BASE_LOOP_H

/* What core, devices and sync have in common as event loops (STYLE rule 33). */

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Makes an sd_event loop, returned as void * so that no third-party type stands in this header (the
 * caller owns a reference): SIGTERM and SIGINT end it, the supervisor's watchdog is fed, and after
 * each turn the stack that the turn used is wiped. VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code vt_loop_create(void **ret_event, struct vt_error *error);

#endif
