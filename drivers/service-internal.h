#ifndef VT_DRIVERS_SERVICE_INTERNAL_H
#define VT_DRIVERS_SERVICE_INTERNAL_H

/* What the files of the process share: service.c (start and end), core_link.c (connection to core),
 * slots.c (devices taken, judged, told), orders.c (a technician's orders). */

#include "drivers/device.h"
#include "drivers/quarantine.h"
#include "drivers/service.h"
#include "terminal/bus/conn.h"

/* Supported devices plugged in at once; one of a kind is used, the others stand by. */
#define MAX_CANDIDATES 8
/* Foreign devices told once each; more than a kiosk's bus holds. */
#define MAX_FOREIGN 32
#define MAX_SLOTS   8

struct sd_event;
struct sd_event_source;

/* A device and what the process knows about it. */
struct slot {
	struct device *device; /* owned */
	bool is_refused;       /* there is one, but it cannot be had */
	bool is_expected;      /* [devices] expected: this terminal should have one */
	bool was_here;	       /* since this process started */
	struct device_status sent;
	/* Device.Reset or Device.Test of core that waits for the device; request_id 0 = none */
	struct bus_header order;
	int64_t order_until_ms;
	int64_t resets;	       /* by a technician */
	int64_t rest_until_ms; /* let go for a reset: not taken before */
};

struct service {
	struct sd_event *event; /* borrowed */
	char run[VT_UUID_SIZE]; /* of this process: core adds up what each one counted */
	char socket_path[108];
	struct registry *registry;
	struct readers *readers;
	struct profiles *profiles;
	struct hid_table *hid_table;
	struct text_fonts *fonts;
	struct usb *usb;
	struct device_host host;
	struct slot slots[MAX_SLOTS];
	size_t slot_count;
	struct quarantine quarantine;
	/* core */
	struct bus_conn *conn;
	struct sd_event_source *conn_source, *reconnect_source, *wake_source, *attach_source;
	struct bus_message *message; /* for reading and writing, one at a time */
	/* devices */
	struct usb_device_info candidates[MAX_CANDIDATES];
	size_t candidate_count;
	uint32_t foreign[MAX_FOREIGN];
	size_t foreign_count;
	bool is_refreshing;
};

/* ---- core_link.c ---- */
/* Sends s->message; a core that does not listen is dropped and comes back. owner: the service, as
 * in struct device_host. */
void core_link_send(void *owner);
void core_link_send_copy(void *owner, const struct bus_message *msg);
bool core_link_is_up(void *owner);
struct bus_message *core_link_message(void *owner);
void core_link_refuse(void *owner, const struct bus_header *request, enum bus_completion_code code,
	const char *text);
/* Time to look for core's socket. */
int core_link_on_reconnect(struct sd_event_source *source, uint64_t usec, void *userdata);

/* ---- slots.c ---- */
/* Vendor and product in one number, as the quarantine knows devices. */
uint32_t slots_id_of(const struct usb_desc *desc);
/* Why a device of this kind that is plugged in is left alone; NULL: none is. */
const char *slots_quarantine_of(const struct service *s, const struct slot *slot);
void slots_make_status(const struct service *s, const struct slot *slot, struct device_status *ret);
/* Tells core when something changed, or anyway. */
void slots_send_status(struct service *s, struct slot *slot, bool is_forced);
/* Brings everything to what it should be by now: attached, judged, told, armed. */
void slots_refresh(struct service *s);
int slots_on_attach_again(struct sd_event_source *source, uint64_t usec, void *userdata);
int slots_on_wake(struct sd_event_source *source, uint64_t usec, void *userdata);
/* struct usb_watch */
void slots_on_arrived(void *owner, const struct usb_device_info *info);
void slots_on_left(void *owner, usb_key key);
void slots_on_refused(void *owner, usb_key key, const char *reason);

/* ---- orders.c ---- */
/* Device.Reset, Device.Test: answered by slots_refresh(), which follows each message. */
void orders_take(struct service *s, const struct bus_message *msg);
/* Answers what a technician asked for, once it is known or its time is over. */
void orders_finish(struct service *s, struct slot *slot);

#endif
