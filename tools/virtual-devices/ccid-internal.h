#ifndef VT_VDEV_CCID_INTERNAL_H
#define VT_VDEV_CCID_INTERNAL_H

/* What the files of the reader share.
 *
 *   ccid-reader.c    USB: descriptors, pipes, the queue of replies and their faults; life
 *   ccid-commands.c  the messages of CCID 1.1 §6
 *   ccid-pin.c       Secure: the pad
 *   ccid-switch.c    switches and status
 *
 *   bulk OUT → a whole message → ccid_message() ─→ reply at once
 *                                    │              └→ queue → faults ("lie") → bulk IN
 *                                    └→ pending in its slot: card thinks, pad waits for a person
 *                                       tick → time extensions, at last the reply */

#include "tools/virtual-devices/card-link.h"
#include "tools/virtual-devices/ccid-reader.h"

/* Message types (CCID 1.1 §6.1, §6.2). */
#define PC_POWER_ON	   0x62
#define PC_POWER_OFF	   0x63
#define PC_GET_SLOT_STATUS 0x65
#define PC_XFR_BLOCK	   0x6f
#define PC_GET_PARAMETERS  0x6c
#define PC_RESET_PARAMS	   0x6d
#define PC_SET_PARAMETERS  0x61
#define PC_ESCAPE	   0x6b
#define PC_ICC_CLOCK	   0x6e
#define PC_T0_APDU	   0x6a
#define PC_SECURE	   0x69
#define PC_MECHANICAL	   0x71
#define PC_ABORT	   0x72
#define PC_SET_RATE	   0x73
#define RDR_DATA_BLOCK	   0x80
#define RDR_SLOT_STATUS	   0x81
#define RDR_PARAMETERS	   0x82
#define RDR_ESCAPE	   0x83
#define RDR_RATE	   0x84

/* bError (CCID 1.1 table 6.2-2); 1 … 7F = index of the wrong byte. */
#define CCID_ERROR_NOT_SUPPORTED 0x00
#define CCID_ERROR_LENGTH	 0x01
#define CCID_ERROR_SLOT		 0x05
#define CCID_ERROR_VALUE	 0x07
#define CCID_ERROR_LEVEL	 0x08
#define CCID_ERROR_BUSY		 0xe0
#define CCID_ERROR_PIN_CANCELLED 0xef
#define CCID_ERROR_PIN_TIMEOUT	 0xf0
#define CCID_ERROR_PROTOCOL	 0xf6
#define CCID_ERROR_ATR_TS	 0xf8
#define CCID_ERROR_MUTE		 0xfe
#define CCID_ERROR_ABORTED	 0xff
#define CCID_ERROR_EMV		 0xbb

/* dwFeatures. */
#define FEATURE_AUTO_VOLTAGE 0x08
#define FEATURE_AUTO_ON	     0x04
#define FEATURE_AUTO_PARAMS  0x40
#define FEATURE_AUTO_PPS     0x80

#define CCID_HEADER	 10
#define CCID_MAX_LIES	 16
#define CCID_MAX_REPLIES 64

/* A message on its way to the host. */
struct ccid_reply {
	struct ccid_reply *next;
	size_t length, at;
	bool zero_first, zero_last;
	size_t split; /* bytes of the first transfer; 0 = all */
	uint8_t bytes[];
};

enum ccid_lie_kind {
	LIE_LENGTH,
	LIE_SLOT,
	LIE_SEQ,
	LIE_STATUS,
	LIE_ERROR,
	LIE_TYPE,
	LIE_CUT,
	LIE_PAD,
	LIE_ZERO,
	LIE_LOST,
	LIE_TWICE,
	LIE_SPLIT,
	LIE_COUNT
};

struct ccid_lie {
	enum ccid_lie_kind kind;
	uint32_t value;
	unsigned at, times; /* as in struct vdev_fault */
};

enum ccid_wait {
	WAIT_NONE,
	WAIT_CARD, /* the answer is there and comes at ready_ms */
	WAIT_MUTE, /* nothing will come: given up at ready_ms */
	WAIT_PIN,  /* a person must press keys until ready_ms */
};

struct ccid_slot {
	struct card *card; /* owned; NULL = empty */
	struct card_link link;
	bool active;	      /* powered */
	bool changed;	      /* to be notified */
	bool mute;	      /* switch */
	uint8_t voltage;      /* the only class it answers at: 1 5 V, 2 3 V, 4 1.8 V; 0 = any */
	int64_t remove_after; /* bytes until it is pulled out; -1 = not */
	/* parameters as told by SetParameters */
	int protocol;
	uint8_t params[7];
	/* the command in work */
	enum ccid_wait wait;
	uint8_t type, seq;
	int64_t ready_ms, extension_ms;
	unsigned extensions; /* still to be sent by the switch */
	bool pulled;	     /* the card was pulled out in the middle */
	/* extended APDU level: pieces of a chain */
	struct vt_buf command; /* from the host */
	struct vt_buf answer;  /* to the host */
	size_t answer_at;
	/* Secure */
	uint8_t pin_block[512];
	size_t pin_length;
	/* Abort: both halves must come with the same seq */
	bool abort_control, abort_bulk;
	uint8_t abort_control_seq, abort_bulk_seq;
};

struct ccid_reader {
	struct vdev base;
	struct ccid_reader_options options;
	uint8_t device_descriptor[18];
	uint8_t config_descriptor[128];
	uint32_t features;
	char id[32], serial[32], product[64];
	const char *strings[3];
	struct ccid_slot slots[CCID_READER_MAX_SLOTS];
	bool emv_mode;
	/* bulk OUT: the message that is arriving */
	struct vt_buf in;
	size_t skip; /* bytes of a refused message still to come */
	struct ccid_reply *first, **last;
	size_t reply_count;
	struct ccid_lie lies[CCID_MAX_LIES];
	size_t lie_count;
	unsigned extend; /* switch: time extensions before each answer; UINT_MAX = endless */
	uint64_t messages;
};

static inline struct ccid_reader *ccid_of(struct vdev *dev)
{
	return (struct ccid_reader *)(void *)dev;
}

/* --- ccid-reader.c --- */

/* Queues a reply; data of length bytes behind the header. status and error are bStatus without the
 * card's bits, and bError; special is byte 9. */
void ccid_reply(struct ccid_reader *r, uint8_t type, uint8_t slot, uint8_t seq, uint8_t status,
	uint8_t error, uint8_t special, const uint8_t *data, size_t length);
#define CCID_STATUS_OK	      0x00
#define CCID_STATUS_FAILED    0x40
#define CCID_STATUS_EXTENSION 0x80
/* The slot lost its card or its power: the command in work ends with bError MUTE. */
void ccid_slot_lost(struct ccid_reader *r, unsigned index);
void ccid_remove(struct ccid_reader *r, unsigned index, struct card **ret_card);

/* --- ccid-commands.c --- */

void ccid_message(struct ccid_reader *r, const uint8_t *message, size_t length);
/* The control half of Abort. */
void ccid_abort_control(struct ccid_reader *r, uint8_t slot, uint8_t seq);
/* Time goes on. */
void ccid_tick(struct ccid_reader *r);
int64_t ccid_next_ms(const struct ccid_reader *r);
/* Sends bytes to the card of a slot and lets the answer come in its time, as the reply to the
 * command in work (type, seq). */
void ccid_to_card(struct ccid_reader *r, unsigned index, const uint8_t *data, size_t length);
void ccid_fail(struct ccid_reader *r, unsigned index, uint8_t error);
/* The reply to the command in work, of the reader's own making. */
void ccid_succeed(
	struct ccid_reader *r, unsigned index, uint8_t special, const uint8_t *data, size_t length);

/* --- ccid-pin.c --- */

/* Checks the PIN block and waits for the person. */
void ccid_secure(struct ccid_reader *r, unsigned index, const uint8_t *data, size_t length);
/* Keys pressed: up to three entries. False with a reason in reply. */
bool ccid_pin_entered(struct ccid_reader *r, unsigned index, size_t count,
	const char *const *entries, struct vt_buf *reply);
/* The person confirmed too few or too many digits, and the reader gives up (PC/SC part 10: SW
 * 6403): the card saw nothing. */
void ccid_pin_form(struct ccid_reader *r, unsigned index);

/* --- ccid-switch.c --- */

enum vt_code ccid_command(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply);
void ccid_status(const struct vdev *dev, struct vt_buf *reply);

#endif
