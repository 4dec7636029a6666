#ifndef VT_DRIVERS_DEVICE_H
#define VT_DRIVERS_DEVICE_H

/* One slot of the device process: a printer, a card reader … What differs stands in a table of
 * functions; service.c does for all of them what is the same: who is plugged in, who is
 * quarantined, status to core, counters, tests, time.
 *
 * A kind of device begins its struct with struct device and is made by a function of its own
 * (printing.h, reader.h). One thread; nothing blocks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/profiles.h"
#include "drivers/registry.h"
#include "drivers/usb/usb.h"
#include "terminal/bus/messages.h"

struct device;

/* What the process offers to its devices. All are called from the loop's thread. */
struct device_host {
	void *owner;
	struct usb *usb; /* borrowed */
	const struct registry *registry;
	const struct profiles *profiles;   /* of receipt printers */
	int64_t (*now_ms)(void *owner);	   /* monotonic */
	bool (*is_connected)(void *owner); /* to core */
	/* The one message for sending: fill it with bus_make_…(), then send(). */
	struct bus_message *(*message)(void *owner);
	void (*send)(void *owner);
	/* The same with a message of the device's own, which stays its. */
	void (*send_copy)(void *owner, const struct bus_message *msg);
	/* Answers a command with an error. */
	void (*refuse)(void *owner, const struct bus_header *request, enum bus_completion_code code,
		const char *text);
	/* Status, wake-up time or readiness may have changed; may call the device back. */
	void (*changed)(void *owner, struct device *device);
};

/* A step of a guided test: what the technician is told, and what came of it. */
enum device_verdict { DEVICE_TEST_RUNNING, DEVICE_TEST_PASSED, DEVICE_TEST_FAILED };

struct device_ops {
	const char *id;	   /* stable name: "printer", "reader" */
	const char *class; /* XFS4IoT interface: "Printer", "CardReader" */
	/* Is this USB device one for this slot? Only what a table lists is. */
	bool (*takes)(const struct device *device, const struct usb_device_info *info);
	/* Opens and claims; as usb_ops.open and claim, or why it cannot be used. */
	enum vt_code (*attach)(
		struct device *device, const struct usb_device_info *info, struct vt_error *error);
	/* Gone (hotplug) or given up; true if it was this one's. */
	bool (*detach)(struct device *device, usb_key key);
	usb_key (*key)(const struct device *device); /* 0: none attached */
	/* State, reason, model, usb, paper and counters since the process started; *ret is zeroed
	 * before, id, class and advice are added behind. */
	void (*status)(const struct device *device, struct device_status *ret);
	/* A command of core; false: not one of this kind. */
	bool (*command)(struct device *device, const struct bus_message *msg);
	/* A command, or a sheet of one, is in work: no moment for a reset. */
	bool (*is_busy)(const struct device *device);
	void (*core_came)(struct device *device);
	void (*core_went)(struct device *device);
	int64_t (*wake_ms)(const struct device *device); /* INT64_MAX: none */
	void (*wake)(struct device *device);
	/* A technician's test of a device that is ready: asked until it has ended or its time is
	 * over. ret_reason: a word, ret_step: what to do or what was found, one English sentence;
	 * while it runs, what is missing. NULL: ready or not is the whole test. */
	enum device_verdict (*test)(
		const struct device *device, const char **ret_reason, const char **ret_step);
	void (*destroy)(struct device *device);
};

struct device {
	const struct device_ops *ops;
	const struct device_host *host; /* borrowed */
};

/* The technician's sentence for a reason, from one table; "" if there is none. */
const char *device_advice(const char *reason, enum device_state state);

#endif
