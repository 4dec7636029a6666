#ifndef SYNC_SERVICE_H
#define SYNC_SERVICE_H

/* One configured web service: its adapter, its connection, and whether it can be reached.
 *
 *   UNKNOWN ──reached──► UP ──not sent, TLS──► DOWN ──reached──► UP      [service_note]
 *
 * The results of real work feed the state. A time-out or a broken connection says too little: it
 * starts a probe (HEAD, its status does not matter) that decides. While DOWN a probe runs every
 * probe_ms; while UP and idle every probe_up_ms (0: never), both spread at random over the second
 * half of that time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "offline-queue/sync/adapter.h"
#include "offline-queue/sync/http.h"
#include "terminal/base/config.h"

enum link_state { LINK_UNKNOWN, LINK_UP, LINK_DOWN };

struct service;

/* Called from the event loop when the state changed to UP or DOWN. */
typedef void (*service_changed)(void *user, struct service *service);

/* Opens the adapter ops with the section "[adapter NAME]" of config: url, ca, cert, key,
 * patience_ms and the adapter's own keys; probe_ms and probe_up_ms of [sync]. The first probe
 * starts at once. A service whose files or keys are wrong is created all the same, DOWN for the
 * reason "configuration" and unusable, with error filled for the log: the others shall work. NULL:
 * no memory or no event source. */
struct service *service_create(struct http *http, struct sd_event *event,
	const struct adapter_ops *ops, const struct vt_config *config, service_changed changed,
	void *user, struct vt_error *error);
void service_destroy(struct service **service);

const char *service_name(const struct service *service);
/* False: it cannot be used (configuration). */
bool service_is_usable(const struct service *service);
enum link_state service_link(const struct service *service);
/* Why it is DOWN: "connect", "certificate", "lost", "timeout", "configuration"; else "". */
const char *service_reason(const struct service *service);
/* How long a request may take when core sets no deadline. */
int64_t service_patience_ms(const struct service *service);

/* Builds and starts the request for work. done gets what service_read() needs. Errors: those of the
 * adapter's build (VT_ERR_INVALID: a defect, never sent) and of http_start(). */
VT_MUST_USE enum vt_code service_start(struct service *service, const struct work_deliver *work,
	int64_t timeout_ms, http_done done, void *user, uint64_t *ret_request,
	struct vt_error *error);
void service_cancel(struct service *service, uint64_t request);
/* Reads an answer to work into reading (init by the caller) and decides. Feeds the link state. */
struct outcome service_read(struct service *service, const struct work_deliver *work,
	const struct http_answer *answer, struct adapter_reading *reading);

#endif
