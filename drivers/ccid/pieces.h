#ifndef VT_DRIVERS_CCID_PIECES_H
#define VT_DRIVERS_CCID_PIECES_H

/* One command APDU and its response, cut into what the layer below carries (ISO/IEC 7816-3 §12,
 * 7816-4 §5.3): command chaining where only short ones go, T=0's missing Le, GET RESPONSE after
 * 61xx, the right Le after 6Cxx. Pure: the caller carries `piece` down and brings its answer back.
 *
 *   piece = part of the command ─► 9000, more parts: next part
 *                                  61xx: piece = GET RESPONSE ─► data, 61xx …
 *                                  6Cxx: the same piece once more with Le = xx
 *                                  else: done, the response is all data and the last SW1 SW2 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

/* What the layer below carries in one piece. */
enum pieces_carrier {
	CARRY_EXTENDED, /* any APDU: T=1, readers at extended APDU level */
	CARRY_SHORT,	/* short APDUs */
	CARRY_TPDU0	/* T=0 TPDUs: P3 always, data or Le but not both */
};

struct pieces {
	enum pieces_carrier carrier;
	size_t max_data;			/* of one short piece, 1 … 255 */
	struct vt_buf command, piece, response; /* owned: may hold secrets */
	/* of the command */
	size_t data_at, data_length, sent;
	uint32_t le;	    /* 0: no answer expected; 65,536 at most */
	bool is_fetching;   /* the piece is a GET RESPONSE */
	bool was_corrected; /* 6Cxx for this piece was obeyed already */
};

/* Command is copied. VT_ERR_INVALID: its lengths contradict each other. VT_ERR_NOMEM. On success
 * the first piece is ready. The caller finishes job in every case. */
VT_MUST_USE enum vt_code pieces_begin(struct pieces *job, enum pieces_carrier carrier,
	size_t max_data, const uint8_t *command, size_t length);
void pieces_finish(struct pieces *job);

enum pieces_verdict {
	PIECES_SEND,  /* the next piece is ready */
	PIECES_DONE,  /* response holds data, SW1 and SW2 */
	PIECES_FAILED /* the card breaks the rules: less than a status word, data without end */
};
/* The answer to the piece. */
VT_MUST_USE enum pieces_verdict pieces_take(struct pieces *job, const uint8_t *data, size_t length);
/* May the card run this command twice? Not the ones that count tries or move secrets. */
bool pieces_may_repeat(const uint8_t *command, size_t length);

#endif
