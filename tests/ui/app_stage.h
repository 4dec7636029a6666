#ifndef VT_TESTS_UI_APP_STAGE_H
#define VT_TESTS_UI_APP_STAGE_H

/* The whole ui but its window and its sockets, for one test at a time. */

#include "ui/app.h"

/* 2026-11-23 16:00:10 UTC: ten seconds into a minute. */
#define APP_STAGE_UNIX_MS 1795449610000

/* The reference panel with a quarter of its pixels: for tests in which nobody looks. */
struct profile app_stage_small(void);

/* With the assets of VT_SOURCE_DIR and the catalogues of VT_BUILD_DIR, as it starts: no core yet.
 * *ret_time is when. The caller owns *ret_app; the process ends with a message on failure. */
void app_stage_open(const struct profile *profile, struct app **ret_app, struct app_time *ret_time);

#endif
