#ifndef VT_TESTS_DRIVERS_CARD_RIG_H
#define VT_TESTS_DRIVERS_CARD_RIG_H

/* A card reader port, the direct USB backend and the virtual reader under one virtual clock. */

#include "drivers/ccid/ccid.h"
#include "drivers/ccid/quirks.h"
#include "terminal/base/buf.h"
#include "tests/drivers/usb_direct.h"
#include "tools/virtual-devices/card-test.h"
#include "tools/virtual-devices/ccid-reader.h"

struct card_rig {
	int64_t now_ms;
	struct vdev *dev;
	struct usb *usb;
	struct ccid_port *port;
	struct ccid_quirks quirks;
	/* what the port said */
	size_t arrivals, done_count, inserted_count, removed_count;
	struct ccid_result done; /* the last one; data in `data` */
	struct vt_buf data;
	uint32_t card[CCID_MAX_SLOTS]; /* as told; 0 = none */
	bool is_open[CCID_MAX_SLOTS];  /* an operation was begun and has not ended */
	enum vt_code attach_code;
};

/* options NULL: TPDU level, one slot. Attached and ready afterwards, unless it cannot be. */
void card_rig_start(struct card_rig *rig, const struct ccid_reader_options *options,
	const struct ccid_quirks *quirks);
void card_rig_stop(struct card_rig *rig);
/* A vdev switch or fault; fails the test if refused. */
void card_rig_command(struct card_rig *rig, const char *line);
/* Puts a test card in (protocol 0, 1, −1 both), with a file 0001 of 4096 bytes, and waits until the
 * port has told it. */
void card_rig_insert(struct card_rig *rig, unsigned slot, int protocol);
/* Until at most so much virtual time has passed. */
void card_rig_run(struct card_rig *rig, int64_t ms);
/* Until the slot's operation has ended; fails the test after ten minutes. */
enum ccid_outcome card_rig_wait(struct card_rig *rig, uint8_t slot);
/* Begins and waits. READER if it was refused. */
enum ccid_outcome card_rig_power_on(struct card_rig *rig, uint8_t slot);
enum ccid_outcome card_rig_exchange(
	struct card_rig *rig, uint8_t slot, const void *apdu, size_t length);
/* Until the port is ready again, at most two minutes; false if it is not. */
bool card_rig_settle(struct card_rig *rig);

#endif
