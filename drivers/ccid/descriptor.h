#ifndef VT_DRIVERS_CCID_DESCRIPTOR_H
#define VT_DRIVERS_CCID_DESCRIPTOR_H

/* The class descriptor of a card reader (USB CCID 1.1 §5.1) from untrusted bytes. Pure; also used
 * by ventanillactl. Multi-byte fields are little endian on the wire, in host order here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/usb/desc.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Length of the descriptor, dwLength of the smallest message: its header. */
#define CCID_DESC_LENGTH   54
#define CCID_HEADER_LENGTH 10

/* Bits of dwFeatures: what the reader does by itself. */
enum ccid_feature {
	CCID_AUTO_PARAMETERS = 0x02, /* configuration by the ATR */
	CCID_AUTO_ACTIVATION = 0x04, /* powers a card on that is inserted */
	CCID_AUTO_VOLTAGE = 0x08,
	CCID_AUTO_CLOCK = 0x10,
	CCID_AUTO_BAUD_RATE = 0x20,
	CCID_AUTO_NEGOTIATION = 0x40, /* of parameters, its own way */
	CCID_AUTO_PPS = 0x80,
	CCID_CLOCK_STOP = 0x100,
	CCID_NAD = 0x200, /* takes other node addresses than 0 */
	CCID_AUTO_IFSD = 0x400,
	CCID_WAKE_UP = 0x100000
};

/* What the host and the reader exchange (CCID 1.1 §5.1, dwFeatures 70000). */
enum ccid_exchange {
	CCID_EXCHANGE_CHARACTER,
	CCID_EXCHANGE_TPDU,
	CCID_EXCHANGE_SHORT_APDU,
	CCID_EXCHANGE_EXTENDED_APDU,
	CCID_EXCHANGE_COUNT
};
/* "character", "TPDU", "shortAPDU", "extendedAPDU". */
extern const char *const ccid_exchange_names[CCID_EXCHANGE_COUNT];

/* The fields in their order, with the names of the specification beside them. */
struct ccid_desc {
	uint8_t length, type;	      /* bLength 54; bDescriptorType 21, of a few readers FF */
	uint16_t bcd_ccid;	      /* bcdCCID */
	uint8_t max_slot_index;	      /* bMaxSlotIndex: slots − 1 */
	uint8_t voltages;	      /* bVoltageSupport: 1 = 5 V, 2 = 3 V, 4 = 1.8 V */
	uint32_t protocols;	      /* dwProtocols: bit 0 T=0, bit 1 T=1 */
	uint32_t default_clock_khz;   /* dwDefaultClock */
	uint32_t max_clock_khz;	      /* dwMaximumClock */
	uint8_t clock_count;	      /* bNumClockSupported */
	uint32_t data_rate_bps;	      /* dwDataRate */
	uint32_t max_data_rate_bps;   /* dwMaxDataRate */
	uint8_t data_rate_count;      /* bNumDataRatesSupported */
	uint32_t max_ifsd;	      /* dwMaxIFSD, bytes */
	uint32_t synch_protocols;     /* dwSynchProtocols */
	uint32_t mechanical;	      /* dwMechanical */
	uint32_t features;	      /* dwFeatures: enum ccid_feature and the level */
	uint32_t max_message;	      /* dwMaxCCIDMessageLength, header included */
	uint8_t class_get_response;   /* bClassGetResponse; FF = echoes the command's class */
	uint8_t class_envelope;	      /* bClassEnvelope */
	uint8_t lcd_lines, lcd_chars; /* wLcdLayout: high byte, low byte */
	uint8_t pin_support;	      /* bPINSupport: 1 verify, 2 modify */
	uint8_t max_busy_slots;	      /* bMaxCCIDBusySlots */
	enum ccid_exchange level;
};

/* VT_ERR_PARSE with the reason: another length or type, two exchange levels at once, a maximum
 * message that holds no header. Values that are only strange are kept as they are. *ret is
 * untouched on failure. */
VT_MUST_USE enum vt_code ccid_desc_parse(
	const uint8_t *data, size_t length, struct ccid_desc *ret, struct vt_error *error);

/* Does the interface call itself a card reader: class 0B, or FF with a class descriptor of the
 * right size? */
bool ccid_desc_is_reader(const struct usb_interface *interface);

#endif
