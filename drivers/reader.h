#ifndef VT_DRIVERS_READER_H
#define VT_DRIVERS_READER_H

/* The terminal's card reader: a ccid_port and the card in it, as core knows them (bus/card.h).
 *
 *   attached ─► ccid_port ─► slot: card in ─► power on ─► MediaInsertedEvent
 *   Certificate.List, Certificate.Sign ─► smartcard step machine ◄─► ccid_port: APDUs, PIN pad
 *                                              └─► completion
 *
 * One reader, its first slot, one operation at a time. The PIN lives in the step machine while its
 * operation lasts and in nothing here. One thread; nothing blocks. */

#include <stdbool.h>
#include <stdint.h>

#include "drivers/device.h"
#include "drivers/readers.h"
#include "drivers/usb/usb.h"
#include "terminal/bus/messages.h"

struct reader_owner {
	void *owner;
	int64_t (*now_ms)(void *owner); /* monotonic */
	/* To core, if it is there; msg is the reader's and is wiped behind the call. */
	void (*send)(void *owner, const struct bus_message *msg);
	/* Status or wake-up time may have changed. */
	void (*changed)(void *owner);
};

struct reader;

/* Borrows usb. NULL: no memory. */
struct reader *reader_create(struct usb *usb, const struct reader_owner *owner);
/* Wipes. NULL allowed; *reader = NULL. */
void reader_destroy(struct reader **reader);

/* Takes a reader into use. entry: its line of the table, borrowed. As ccid_port_attach(). */
VT_MUST_USE enum vt_code reader_attach(struct reader *reader, const struct usb_device_info *info,
	const struct reader_entry *entry, struct vt_error *error);
/* A device that left, or is let go: true if it was this one's. */
bool reader_detach(struct reader *reader, usb_key key);
usb_key reader_key(const struct reader *reader); /* 0: none attached */

/* Certificate.List, Certificate.Sign, Common.Cancel from core. True if it is one of them: its
 * completion follows, perhaps before this returns. */
bool reader_command(struct reader *reader, const struct bus_message *msg);
/* A command of core is in work. */
bool reader_is_busy(const struct reader *reader);
/* As device_ops.test: runs until a card is in, passes if the card told its ATR. */
enum device_verdict reader_test(
	const struct reader *reader, const char **ret_reason, const char **ret_step);
/* Core is gone: what it asked for is given up. */
void reader_core_gone(struct reader *reader);
/* Core is back: tells it of the card that is in. */
void reader_greet(struct reader *reader);

/* As device_ops.status. */
void reader_status(const struct reader *reader, struct device_status *ret);
/* Monotonic time of the next reader_wake(); INT64_MAX: none. */
int64_t reader_wake_ms(const struct reader *reader);
void reader_wake(struct reader *reader);

/* The reader as a slot of the process (reader_slot.c). Borrows host and readers. NULL: no memory.
 */
struct device *reader_slot_create(const struct device_host *host, const struct readers *readers);

#endif
