#ifndef VT_VDEV_CCID_READER_H
#define VT_VDEV_CCID_READER_H

/* A smartcard reader: USB class 0B, CCID 1.1, of any exchange level, with any number of slots, and
 * a PIN pad if wanted. Interface 0, bulk OUT 01, bulk IN 82, interrupt IN 83.
 *
 * Switches (vdev_command); slots count from 0 and are 0 where not named:
 *   card insert FILE [slot N]      (the server opens FILE; tests: ccid_reader_insert())
 *   card remove [slot N]
 *   card remove after N [slot N]   pulled out when N bytes crossed the contacts (command + answer)
 *   card mute on|off [slot N]      the card says nothing any more
 *   card voltage 5|3|1.8|any [slot N]   the only class the card answers at
 *   card WORDS…                    the card's own switches
 *   pin enter DIGITS [NEW [NEW]] · pin cancel|timeout|form     at the pad, while it asks; form: it
 *                                  gives a PIN of wrong length back
 *   extend N|endless|off           time extensions before each answer of a card
 *   lie KIND [VALUE] [at N] [times N]   the at-th reply from now, and so many, are wrong:
 *     length N (dwLength is N) · slot N · seq N (too high by N) · status XX · error XX · type XX
 *     (hex) · cut N (only N bytes) · pad N (N bytes too many) · zero (an empty transfer first) ·
 *     lost · twice · split N (in two transfers)
 *   lie clear
 *   t1 edc|seq|nad|refuse|lost|wtx|abort N [slot N] · t1 ifs N     see card-link.h
 * and those of vdev.h. */

#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/vdev.h"

#define CCID_READER_VENDOR_ID  0x0e0f
#define CCID_READER_PRODUCT_ID 0x0004
#define CCID_READER_EP_OUT     0x01
#define CCID_READER_EP_IN      0x82
#define CCID_READER_EP_NOTIFY  0x83
#define CCID_READER_MAX_SLOTS  8
#define CCID_READER_PACKET     64
/* Most bytes of a message that this reader can announce: an extended APDU and its header. */
#define CCID_READER_MAX_MESSAGE 65556
/* A mute card is given up after this time. */
#define CCID_READER_MUTE_MS 1500
/* While a card thinks, a time extension goes out this often. */
#define CCID_READER_EXTENSION_MS 400

enum ccid_level { CCID_LEVEL_TPDU, CCID_LEVEL_SHORT_APDU, CCID_LEVEL_EXTENDED_APDU };

struct ccid_reader_options {
	const char *id;			/* name for commands; NULL = "reader" */
	const char *serial;		/* USB serial string; NULL = "VT000002" */
	const char *product;		/* USB product string; NULL = "Virtual CCID" */
	uint16_t vendor_id, product_id; /* both 0 = 0e0f:0004 */
	enum ccid_level level;
	unsigned protocols;   /* dwProtocols: 1 = T=0, 2 = T=1; 0 = both */
	unsigned slots;	      /* 0 = 1 */
	unsigned busy_slots;  /* bMaxCCIDBusySlots; 0 = 1 */
	bool no_notify;	      /* no interrupt endpoint */
	uint32_t max_message; /* dwMaxCCIDMessageLength; 0 = 271 */
	uint32_t max_ifsd;    /* dwMaxIFSD; 0 = 254 */
	uint8_t pin_support;  /* bPINSupport: 1 verify, 2 modify */
	uint8_t voltages;     /* bVoltageSupport: 1 = 5 V, 2 = 3 V, 4 = 1.8 V; 0 = all */
	/* dwFeatures without the level. 0 = usual ones: TPDU 230 (the host chooses voltage and PPS
	 * and speaks IFSD), APDU 4BA (all automatic but the parameters). */
	uint32_t features;
	bool no_features;     /* really none at all */
	bool vendor_class;    /* interface class FF, as 24 known readers have it */
	bool descriptor_last; /* the class descriptor behind the endpoints (OZ776) */
	bool emv_mode;	      /* power-on fails with BB until Escape 1F 01 (GemPC433) */
	bool zero_packets;    /* an empty packet after each full last one (GemPC on USB 3) */
	uint32_t seed;
};

/* A reader with power and cable in and no card; options may be NULL. NULL only for no memory. */
struct vdev *ccid_reader_create(const struct ccid_reader_options *options);
/* True if dev was made by ccid_reader_create(). */
bool ccid_reader_is(const struct vdev *dev);
/* Puts a card in; the reader owns it on success. VT_ERR_LIMIT: no such slot, VT_ERR_EXISTS: there
 * is one already. */
VT_MUST_USE enum vt_code ccid_reader_insert(struct vdev *dev, unsigned slot, struct card *card);
/* Takes the card out and gives it to the caller; NULL if there is none. */
struct card *ccid_reader_remove(struct vdev *dev, unsigned slot);
/* The card in a slot, borrowed; NULL if there is none. */
struct card *ccid_reader_card(struct vdev *dev, unsigned slot);

#endif
