#ifndef VT_DRIVERS_MSR_STRIPE_H
#define VT_DRIVERS_MSR_STRIPE_H

/* An input report of a HID stripe reader becomes what may be known of the card.
 *
 * Two layouts, both found by usage: the point-of-sale page 8E (HID POS Usage Tables 1.02 §6:
 * lengths 11–13, data 21–23) and the vendor page FF00 of MagTek's readers (status 20–22, lengths
 * 28–2A, data 30–32, encode type 38; to confirm). Encrypted heads send blocks that only their owner
 * can read: they are passed on as they are.
 *
 * Payment cards are none of our business: a swipe with a payment card's number on any track is
 * wiped here, and only that it was one, with its masked number, leaves. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/hid/report.h"
#include "drivers/msr/track.h"

enum stripe_kind {
	STRIPE_NONE,	   /* this report is no swipe */
	STRIPE_GOOD,	   /* at least one track was read, none of a payment card */
	STRIPE_UNREADABLE, /* swiped, nothing could be read: swipe again */
	STRIPE_ENCRYPTED,  /* blocks; opaque */
	STRIPE_PAYMENT,	   /* refused and wiped */
};

struct stripe_track {
	enum track_verdict verdict;
	struct track track;
	size_t opaque_length; /* STRIPE_ENCRYPTED */
	uint8_t opaque[120];
};

struct stripe {
	enum stripe_kind kind;
	struct stripe_track tracks[3];
	char masked[TRACK_ACCOUNT_MAX + 1]; /* STRIPE_PAYMENT: for the log of a technician's test */
};

/* Does this device send swipes? */
bool stripe_is_reader(const struct hid_layout *layout);

/* Reads one input report. *ret is overwritten whole; stripe_finish(). */
void stripe_read(const struct hid_layout *layout, const uint8_t *p, size_t n, struct stripe *ret);
/* Wipes it. */
void stripe_finish(struct stripe *stripe);

#endif
