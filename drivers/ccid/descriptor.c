#include "drivers/ccid/descriptor.h"

#define LEVEL_MASK   UINT32_C(0x70000)
#define CLASS_READER 0x0b
#define CLASS_VENDOR 0xff

enum { DESC_CLASS = 0x21, DESC_VENDOR = 0xff };

const char *const ccid_exchange_names[CCID_EXCHANGE_COUNT] = {
	[CCID_EXCHANGE_CHARACTER] = "character",
	[CCID_EXCHANGE_TPDU] = "TPDU",
	[CCID_EXCHANGE_SHORT_APDU] = "shortAPDU",
	[CCID_EXCHANGE_EXTENDED_APDU] = "extendedAPDU",
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool read_level(uint32_t features, enum ccid_exchange *ret)
{
	switch (features & LEVEL_MASK) {
	case 0:
		*ret = CCID_EXCHANGE_CHARACTER;
		return true;
	case 0x10000:
		*ret = CCID_EXCHANGE_TPDU;
		return true;
	case 0x20000:
		*ret = CCID_EXCHANGE_SHORT_APDU;
		return true;
	case 0x40000:
		*ret = CCID_EXCHANGE_EXTENDED_APDU;
		return true;
	default:
		return false;
	}
}

enum vt_code ccid_desc_parse(
	const uint8_t *data, size_t length, struct ccid_desc *ret, struct vt_error *error)
{
	enum ccid_exchange level;

	if (length != CCID_DESC_LENGTH || data[0] != CCID_DESC_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"ccid: class descriptor of %zu bytes, not %d", length, CCID_DESC_LENGTH);
	if (data[1] != DESC_CLASS && data[1] != DESC_VENDOR)
		return vt_fail(error, VT_ERR_PARSE, 0, "ccid: class descriptor of type %02x",
			(unsigned)data[1]);
	if (!read_level(get32(data + 40), &level))
		return vt_fail(error, VT_ERR_PARSE, 0,
			"ccid: more than one exchange level: dwFeatures %08x",
			(unsigned)get32(data + 40));
	if (get32(data + 44) <= CCID_HEADER_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"ccid: messages of at most %u bytes hold nothing",
			(unsigned)get32(data + 44));
	*ret = (struct ccid_desc){
		.length = data[0],
		.type = data[1],
		.bcd_ccid = get16(data + 2),
		.max_slot_index = data[4],
		.voltages = data[5],
		.protocols = get32(data + 6),
		.default_clock_khz = get32(data + 10),
		.max_clock_khz = get32(data + 14),
		.clock_count = data[18],
		.data_rate_bps = get32(data + 19),
		.max_data_rate_bps = get32(data + 23),
		.data_rate_count = data[27],
		.max_ifsd = get32(data + 28),
		.synch_protocols = get32(data + 32),
		.mechanical = get32(data + 36),
		.features = get32(data + 40),
		.max_message = get32(data + 44),
		.class_get_response = data[48],
		.class_envelope = data[49],
		.lcd_chars = data[50],
		.lcd_lines = data[51],
		.pin_support = data[52],
		.max_busy_slots = data[53],
		.level = level,
	};
	return VT_OK;
}

bool ccid_desc_is_reader(const struct usb_interface *interface)
{
	return interface->class == CLASS_READER ||
	       (interface->class == CLASS_VENDOR &&
		       interface->class_desc_length == CCID_DESC_LENGTH);
}
