#ifndef VT_DRIVERS_CCID_T1_H
#define VT_DRIVERS_CCID_T1_H

/* The T=1 protocol (ISO/IEC 7816-3:2006 §11) of the host, for readers at TPDU level: one command
 * becomes blocks, blocks become one response. A pure machine: the caller carries `block` to the
 * card and brings back what came.
 *
 *   SENDING ──card's R(next)──► SENDING (next block) ──card's I──► RECEIVING ──last I──► done
 *      ▲ │ R(same), EDC: again        │ 3 errors                     │ 3 errors
 *      │ └────────────────────────────┴──────────────────────────────┴──► RESYNCH ──E0──┐
 *      └──── the command anew, unless it must not be repeated ◄─────────────────────────┘
 *
 * What may be trusted: `response` holds data of blocks whose number and EDC were right, in order;
 * `ns` is the number of the I-block that the card has to acknowledge, `nr` the one it sends next.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"

/* NAD, PCB, LEN, 254 bytes, CRC. */
#define T1_MAX_BLOCK  259
#define T1_MAX_DATA   254
#define T1_FIRST_SIZE 32 /* IFSC and IFSD before anything was said */

enum t1_mode { T1_IDLE, T1_SENDING, T1_RECEIVING, T1_IFS, T1_RESYNCH, T1_ABORTED };

enum t1_verdict {
	T1_SEND,  /* carry block[block_length] to the card, then t1_receive() */
	T1_DONE,  /* the response is whole */
	T1_FAILED /* beyond repair: the card must be reset */
};

struct t1 {
	enum t1_mode mode;
	bool has_crc;
	uint8_t ifsc, ifsd;	/* data bytes the card, we take in a block: 1 … 254 */
	uint8_t max_data;	/* what the reader carries in a block, whatever the card takes */
	uint8_t ns, nr;		/* 0 or 1 */
	const uint8_t *command; /* borrowed from t1_begin until done or failed */
	size_t length, sent, chunk;
	bool may_repeat;
	struct vt_buf *response; /* borrowed likewise */
	size_t response_start;	 /* what it held before */
	int tries, resyncs, extensions;
	uint8_t wtx; /* factor for the next block's waiting time; 0 = none (bBWI of XfrBlock) */
	uint8_t block[T1_MAX_BLOCK];
	size_t block_length;
	bool block_is_r;
};

/* After a reset of the card. ifsc (of the ATR), ifsd, max_data: 1 … 254. */
void t1_init(struct t1 *t1, uint8_t ifsc, uint8_t ifsd, uint8_t max_data, bool has_crc);
/* S(IFS request): tells the card what we take; ifsd counts once the card has agreed. */
void t1_begin_ifs(struct t1 *t1, uint8_t ifsd);
/* A command of 1 or more bytes; the data of the response is appended to it. may_repeat: it may run
 * twice on the card (not so a VERIFY, which would cost a second try). The first block is ready. */
void t1_begin(struct t1 *t1, const uint8_t *command, size_t length, bool may_repeat,
	struct vt_buf *response);
/* What came from the card for the last block; length 0: nothing, or the reader saw bad parity.
 * More bytes than the block says are ignored (some readers add some). */
VT_MUST_USE enum t1_verdict t1_receive(struct t1 *t1, const uint8_t *data, size_t length);

/* For secure PIN entry, where the reader makes the block itself: NAD, PCB and LEN 0 of the next
 * I-block; the toggle behind the answer. */
void t1_prologue(const struct t1 *t1, uint8_t ret_prologue[3]);
/* Takes the block that answered it; false: it is none of ours. */
bool t1_take_secure(struct t1 *t1, const uint8_t *data, size_t length, struct vt_buf *response);

#endif
