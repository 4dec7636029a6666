#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

/* The process's heart: one connection to core, the configured services, and the work in flight.
 *
 *   core ──Work.Deliver──► [work table] ──► service ──► adapter.build ──► http
 *   core ◄──completion──── [work table] ◄── outcome ◄── adapter.read  ◄── http
 *   core ◄──Work.LinkEvent── service (change, and all of them after connecting)
 *
 * Every command gets exactly one completion, BUS_SUCCESS with a struct work_result, whatever
 * happens to it here. When core goes away its work is cut and wiped: core settles it by inquiry
 * (reliability.md §2.2), a result for nobody helps nobody. Reconnects by timer: 100 ms, doubling to
 * 2 s. */

#include "terminal/base/config.h"
#include "terminal/base/error.h"

struct sd_event;
struct sync;

/* Deliveries in flight; core sends one per lane. One more is answered with retry-after "later". */
#define SYNC_MAX_WORKS 32

/* Opens all adapters that have a section in config, and starts to connect to core at socket_path.
 * Logs a service that cannot be used. VT_ERR_NOT_FOUND: no adapter section at all; VT_ERR_NOMEM,
 * VT_ERR_IO. event is borrowed and outlives the result. */
VT_MUST_USE enum vt_code sync_create(struct sd_event *event, const char *socket_path,
	const struct vt_config *config, struct sync **ret_sync, struct vt_error *error);
/* Cuts what is in flight. Accepts NULL in *sync. */
void sync_destroy(struct sync **sync);

#endif
