#ifndef VT_CTL_REMOTE_H
#define VT_CTL_REMOTE_H

/* Asking core: one connection, one command at a time, one completion each. */

#include "terminal/bus/conn.h"
#include "terminal/ctl/ctl.h"

struct remote {
	struct bus_conn *conn;	 /* owned */
	struct bus_message *msg; /* owned: the command, then its completion */
	int64_t deadline_ms;	 /* monotonic */
};

/* Connects and says hello; complains by itself. The caller finishes remote in every case. */
enum ctl_exit remote_open(const struct ctl_options *options, struct remote *remote);
void remote_finish(struct remote *remote);
/* Sends remote->msg, made by bus_make_command(), and judges the completion; on CTL_OK its payload
 * is in remote->msg. Complains by itself. */
enum ctl_exit ask_core(struct remote *remote);
/* Opens, asks the command `name` without a payload. The caller finishes remote in every case. */
enum ctl_exit ask_simple(
	const struct ctl_options *options, enum bus_name name, struct remote *remote);
/* "name: value", as ctl_print_pair(). */
void ctl_print_number(struct ctl_text name, int64_t value);
/* {"schema":"…", and the members of object; without the schema if it is NULL. */
void append_object(
	struct vt_buf *out, const char *schema, const struct bus_table *table, const void *object);
/* The payload of a completion as JSON on stdout. */
enum ctl_exit print_payload(const char *schema, const struct bus_message *msg);

/* What a person can do about a DEAD transaction of this cause. */
const char *ctl_queue_advice(const char *cause);

#endif
