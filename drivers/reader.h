#ifndef VT_DRIVERS_READER_H
#define VT_DRIVERS_READER_H

/* The terminal's card reader: a ccid_port and the card in it, as core knows them (bus/card.h).
 *
 *   usb arrives ─► ccid_port ─► slot: card in ─► power on ─► MediaInsertedEvent
 *   Certificate.List, Certificate.Sign ─► smartcard step machine ◄─► ccid_port: APDUs, PIN pad
 *                                              └─► completion
 *
 * One reader, its first slot, one operation at a time. The PIN lives in the step machine while its
 * operation lasts and in nothing here. One thread; nothing blocks. */

#include <stdbool.h>
#include <stdint.h>

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

/* A device that came: true if it is a card reader, taken into use or standing by. Every reader of
 * the class is served: what a card says is judged by core, whoever carries it. */
bool reader_arrived(struct reader *reader, const struct usb_device_info *info);
/* A device that left: true if it was one of ours. */
bool reader_left(struct reader *reader, usb_key key);

/* Certificate.List, Certificate.Sign, Common.Cancel from core. True if it is one of them: its
 * completion follows, perhaps before this returns. */
bool reader_command(struct reader *reader, const struct bus_message *msg);
/* Core is gone: what it asked for is given up. */
void reader_core_gone(struct reader *reader);
/* Core is back: tells it of the card that is in. */
void reader_greet(struct reader *reader);

void reader_status(const struct reader *reader, struct device_status *ret);
/* Monotonic time of the next reader_wake(); INT64_MAX: none. */
int64_t reader_wake_ms(const struct reader *reader);
void reader_wake(struct reader *reader);

#endif
