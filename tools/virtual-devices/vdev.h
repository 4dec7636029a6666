#ifndef VT_VDEV_H
#define VT_VDEV_H

/* A virtual USB device as pure C: no libusb, no clock, no thread, no I/O. Transports attach it: a
 * test calls these functions directly (T0), the server answers unmodified libusb programs with them
 * (T1). The same input, time and seed always give the same output.
 *
 * A device speaks through the vdev_… functions only; they apply the standard requests, the plug and
 * power state and the fault layer, then ask the device's own operations. Not thread-safe. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

/* What a transfer may return instead of a number of bytes. */
enum vdev_result {
	VDEV_NAK = -1,	  /* not now: offer it again after any change or tick */
	VDEV_STALL = -2,  /* the endpoint refuses (control: request not known) */
	VDEV_GONE = -3,	  /* unplugged or without power: no device any more */
	VDEV_BABBLE = -4, /* device sent more than was asked (overflow) */
	VDEV_ERROR = -5,  /* bus error: bad CRC, no handshake */
};

/* Maxima of one device. */
#define VDEV_MAX_INTERFACES 8
#define VDEV_MAX_FAULTS	    32
#define VDEV_MAX_EFFECTS    64
/* Places kept free for what a device cannot hold back: paper torn by an accident. */
#define VDEV_EFFECT_RESERVE 8
#define VDEV_MAX_TRANSFER   (1024 * 1024)

/* The eight setup bytes in host order. */
struct vdev_setup {
	uint8_t type;	 /* bmRequestType: 80 = device to host */
	uint8_t request; /* bRequest */
	uint16_t value;
	uint16_t index;
	uint16_t length; /* bytes of the data stage */
};

enum vdev_speed { VDEV_SPEED_LOW = 1, VDEV_SPEED_FULL = 2, VDEV_SPEED_HIGH = 3 };

/* What the device is: constant bytes, borrowed from the device's own tables. */
struct vdev_descriptors {
	const uint8_t *device; /* 18 bytes */
	const uint8_t *config; /* all configurations one after the other (we use one) */
	size_t config_length;
	const char *const *strings; /* UTF-8; strings[0] is string index 1 */
	size_t string_count;
	enum vdev_speed speed;
};

/* One piece of paper that left the printer (or hangs torn out of it). */
struct vdev_sheet {
	unsigned number;  /* 1, 2 … in the order of leaving, whole and torn together */
	int width_px;	  /* dots of a row; 203 dpi = 8 per mm */
	int row_count;	  /* rows from the first one printed to the cut */
	size_t row_bytes; /* (width_px + 7) / 8 */
	bool partial;	  /* torn: power or paper went away in the middle of a sheet */
	bool cut_partial; /* the cutter left a bridge in the middle */
	bool is_page;	  /* a letter page at 300 dpi instead of a piece of the roll */
	char reason[24];  /* "cut", "power", "paper end", "unplug", "limit", "taken"; a page: its
			     tray */
	uint8_t *rows;	  /* row_count × row_bytes, most significant bit left, 1 = black */
};

enum vdev_effect_type {
	VDEV_EFFECT_SHEET, /* paper came out */
	VDEV_EFFECT_NOTE, /* something a person beside the device would notice: drawer opened … */
};

/* What the device wants from outside. The taker owns it: vdev_effect_finish(). */
struct vdev_effect {
	enum vdev_effect_type type;
	struct vdev_sheet *sheet; /* VDEV_EFFECT_SHEET, else NULL */
	char note[96];		  /* VDEV_EFFECT_NOTE, else "" */
};

/* Which transfers a fault counts and hits. */
enum vdev_event { VDEV_EVENT_ANY, VDEV_EVENT_CONTROL, VDEV_EVENT_OUT, VDEV_EVENT_IN };

enum vdev_fault_type {
	VDEV_FAULT_STALL,    /* the transfer stalls */
	VDEV_FAULT_ERROR,    /* bus error */
	VDEV_FAULT_BABBLE,   /* overflow (in and control in) */
	VDEV_FAULT_SHORT,    /* in: only the first `amount` bytes arrive, the rest is lost;
				out: `amount` bytes are taken, then a bus error */
	VDEV_FAULT_SPLIT,    /* in: the first `amount` bytes now, the rest as the next transfer */
	VDEV_FAULT_ZERO,     /* in: one extra zero-length packet comes first */
	VDEV_FAULT_DELAY,    /* NAK for `amount` ms */
	VDEV_FAULT_LOST,     /* in: the reply vanishes; out: taken but never reaches the device */
	VDEV_FAULT_REPEAT,   /* in: the reply comes twice */
	VDEV_FAULT_GARBAGE,  /* in: bytes replaced by seeded random ones; out: one bit flips */
	VDEV_FAULT_UNPLUG,   /* the cable goes at this transfer; out: after `amount` bytes */
	VDEV_FAULT_POWER,    /* the power goes at this transfer; out: after `amount` bytes */
	VDEV_FAULT_SEQUENCE, /* in: the first byte is one too high (wrong sequence or type) */
	VDEV_FAULT_COUNT
};

struct vdev_fault {
	enum vdev_fault_type type;
	enum vdev_event event;
	unsigned at;	/* hits the at-th such transfer from now; 1 = the next one */
	unsigned times; /* how many in a row; 0 = for ever */
	size_t amount;	/* bytes or ms, see the type */
};

struct vdev;

/* A device's own part. Each may be NULL except destroy: then STALL, NAK, or nothing happens.
 * None may block, look at a clock or call a vdev_… function on its own device except those marked
 * "for devices". */
struct vdev_ops {
	const char *name; /* kind, as written after --device: "printer" */
	const char *help; /* its own switches in one or more lines, or NULL */
	/* Class and vendor requests: out data in data[setup->length], in data into
	 * data[setup->length]. Returns bytes of the data stage, or VDEV_STALL. */
	int (*control)(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data);
	/* Takes up to length bytes from an OUT endpoint; returns how many (≥ 1 unless length is 0),
	 * VDEV_NAK or VDEV_STALL. Less than length means: the rest is offered again. */
	int (*out)(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length);
	/* One IN transfer of at most max bytes; returns its length (0 = zero-length packet),
	 * VDEV_NAK or VDEV_STALL. */
	int (*in)(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max);
	void (*reset)(struct vdev *dev);				   /* bus reset */
	bool (*set_interface)(struct vdev *dev, uint8_t itf, uint8_t alt); /* false = STALL */
	void (*power)(struct vdev *dev, bool on);
	void (*plug)(
		struct vdev *dev, bool in); /* the USB cable; power goes on where self-powered */
	void (*tick)(struct vdev *dev, int64_t now_ms);
	/* When tick is wanted next (monotonic ms of the owner), INT64_MAX = not at all. */
	int64_t (*next_ms)(const struct vdev *dev);
	/* A switch of the device's own, in words: "paper out". VT_ERR_NOT_FOUND: no such switch.
	 * Text for the person may be added to reply. */
	enum vt_code (*command)(
		struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply);
	/* A switch whose rest is one text, taken as it is: verb "scan", text "HOLA  MUNDO". Asked
	 * before command; VT_ERR_NOT_FOUND: not such a one. */
	enum vt_code (*text)(
		struct vdev *dev, const char *verb, const char *text, struct vt_buf *reply);
	void (*status)(const struct vdev *dev, struct vt_buf *reply); /* lines "name: value" */
	void (*destroy)(struct vdev *dev);			      /* frees everything */
};

/* First member of every device's struct. Fields are read freely and written by vdev.c and, where
 * noted, by the device. */
struct vdev {
	const struct vdev_ops *ops;	  /* set by the device */
	struct vdev_descriptors desc;	  /* set by the device */
	char id[32];			  /* name for commands; set by the device's options */
	bool plugged;			  /* cable; starts true */
	bool powered;			  /* starts true */
	uint8_t configuration;		  /* SET_CONFIGURATION, starts 1 */
	uint8_t alt[VDEV_MAX_INTERFACES]; /* current alternate settings */
	int64_t now_ms;			  /* last tick */
	uint64_t transfers;		  /* completed or failed transfers since creation */
	uint32_t halted;		  /* endpoints in halt: bit (ep & 15) + (IN ? 16 : 0) */
	uint32_t seed;			  /* state of the garbage generator; set by the device */
	struct vdev_fault faults[VDEV_MAX_FAULTS];
	size_t fault_count;
	int64_t delay_until_ms; /* fault DELAY in progress, 0 = none */
	uint8_t *held;		/* IN bytes the fault layer gives next (SPLIT, REPEAT) */
	size_t held_length;
	uint8_t held_endpoint; /* 0 = none */
	struct vdev_effect effects[VDEV_MAX_EFFECTS];
	size_t effect_count;
};

/* --- for transports and tests --- */

/* Frees the device and its untaken effects; accepts NULL; *dev becomes NULL. Fits VT_CLEANUP. */
void vdev_destroy(struct vdev **dev);
/* True while the host sees it: cable in and power on. A transport compares before and after each
 * call and announces the change (a new device number at each arrival). */
bool vdev_is_attached(const struct vdev *dev);
/* A control transfer on endpoint 0: standard requests here, all else to the device. data has room
 * for setup->length bytes (OUT: holds them). Returns bytes of the data stage or a vdev_result;
 * VDEV_NAK only under a delay fault. */
int vdev_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data);
/* Offers length bytes to an OUT endpoint; returns how many were taken or a vdev_result. The owner
 * goes on with the rest until all is taken, NAK or failure: what was taken stays taken. */
int vdev_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length);
/* One IN transfer; returns its length or a vdev_result. Ask for whole packets: a device that has
 * more than max when max is not a multiple of its packet size babbles (VDEV_BABBLE, bytes lost). */
int vdev_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max);
/* Ends a halt (CLEAR_FEATURE ENDPOINT_HALT). False if there is no such endpoint. */
bool vdev_clear_halt(struct vdev *dev, uint8_t endpoint);
/* Bus reset: configuration 1, all alternates 0, halts cleared. */
void vdev_reset(struct vdev *dev);
/* SET_INTERFACE; false if the interface or alternate does not exist or the device refuses. */
bool vdev_set_interface(struct vdev *dev, uint8_t itf, uint8_t alt);
void vdev_plug(struct vdev *dev, bool in);
void vdev_power(struct vdev *dev, bool on);
/* Tells the time (never backwards); lets prints, delays and timeouts go on. Call it before offering
 * transfers, too: the device counts its work from the last time it was told. */
void vdev_tick(struct vdev *dev, int64_t now_ms);
/* When vdev_tick() is wanted next; INT64_MAX if only a transfer or command can change anything. */
int64_t vdev_next_ms(const struct vdev *dev);
/* Moves the oldest effect to *ret; false if there is none. */
bool vdev_take_effect(struct vdev *dev, struct vdev_effect *ret);
void vdev_effect_finish(struct vdev_effect *effect);
/* Adds a fault; VT_ERR_LIMIT when the list is full. */
VT_MUST_USE enum vt_code vdev_add_fault(struct vdev *dev, const struct vdev_fault *fault);
void vdev_clear_faults(struct vdev *dev);
/* One switch in words, the same for tests and for `virtual-devices control`:
 *   plug · unplug · power on|off · status
 *   fault clear
 *   fault TYPE [control|out|in|any] [at N] [times N] [bytes N | ms N]
 *   and the device's own (printer.h).
 * VT_ERR_NOT_FOUND: unknown switch, VT_ERR_INVALID: wrong words; the reason is in reply. reply must
 * be initialised. */
VT_MUST_USE enum vt_code vdev_command(struct vdev *dev, const char *line, struct vt_buf *reply);
/* Only the switches with a text (vdev_ops.text): VT_ERR_NOT_FOUND if line is none of them. */
VT_MUST_USE enum vt_code vdev_text_command(
	struct vdev *dev, const char *line, struct vt_buf *reply);

/* Facts of the descriptors. */
bool vdev_has_interface(const struct vdev *dev, uint8_t itf);
/* Endpoint of the current alternate settings: type in endpoint numbering (control 0, iso 1, bulk 2,
 * interrupt 3), its packet size and interface; false if there is none. */
bool vdev_find_endpoint(const struct vdev *dev, uint8_t endpoint, int *ret_type,
	int *ret_packet_size, uint8_t *ret_itf);

/* --- for devices --- */

/* True if an effect that can wait has room; if not, the device waits and tries again. */
bool vdev_effect_room(const struct vdev *dev);
/* Puts an effect in the list, the reserve included; false if even that is full. On true the list
 * owns effect->sheet. */
VT_MUST_USE bool vdev_add_effect(struct vdev *dev, const struct vdev_effect *effect);
/* A note; dropped when there is no room. */
void vdev_note(struct vdev *dev, const char *fmt, ...) VT_PRINTF(2, 3);
/* Next pseudo-random number of the device's seed (xorshift32). */
uint32_t vdev_random(struct vdev *dev);
/* The shared standard requests (vdev_control() calls it first). Returns the length of the data
 * stage or VDEV_STALL, and false if the request is not a standard one. */
bool vdev_standard_request(
	struct vdev *dev, const struct vdev_setup *setup, uint8_t *data, int *ret_result);

#endif
