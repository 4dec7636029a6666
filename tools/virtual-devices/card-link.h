#ifndef VT_VDEV_CARD_LINK_H
#define VT_VDEV_CARD_LINK_H

/* The card's half of the wire between reader and card: PPS, T=0 TPDUs with 61xx/6Cxx, T=1 blocks
 * (I, R, S; chaining, IFS, WTX, resynchronisation, LRC or CRC). A reader of TPDU level passes these
 * bytes on to its host; a reader of APDU level speaks them itself, so it uses card_link_apdu().
 *
 * Source: ISO/IEC 7816-3:2006 §8 (ATR), §9 (PPS), §10 (T=0), §11 (T=1). Pure; not thread-safe. */

#include "tools/virtual-devices/card.h"

#define CARD_MAX_BLOCK 259 /* NAD PCB LEN, 254 bytes, CRC */

/* What an ATR says. */
struct card_atr {
	unsigned protocols; /* bit T for each protocol offered; bit 0 if none is named */
	int first;	    /* the one that holds without a PPS */
	bool specific;	    /* TA2: no PPS, `first` is fixed */
	uint8_t fidi;	    /* TA1, 11 if absent */
	uint8_t ifsc;	    /* T=1: longest information field the card takes */
	bool crc;	    /* T=1: CRC instead of LRC */
};

/* False if the bytes are no ATR. */
bool card_atr_parse(const uint8_t *atr, size_t length, struct card_atr *ret);

/* What the wire brings back. */
struct card_link_answer {
	const uint8_t *data; /* borrowed until the next exchange */
	size_t length;
	int64_t delay_ms; /* it comes after this time */
	bool mute;	  /* nothing comes */
};

/* Misbehaviour of a T=1 card: each counts down to 0. */
struct card_link_faults {
	unsigned bad_edc; /* the next blocks of the card have a wrong check byte */
	unsigned bad_seq; /* the next I-blocks have a wrong N(S) */
	unsigned bad_nad; /* the next blocks have another NAD */
	unsigned refuse;  /* the next good blocks of the host are answered by R (EDC error) */
	unsigned lost;	  /* the next blocks of the card do not come: mute */
	unsigned wtx;	  /* time extensions asked for before the next answer */
	unsigned abort;	  /* the next chains of the card end in S(ABORT request) */
	uint8_t ifs;	  /* asks for this IFS before the next answer; 0 = not */
};

struct card_link {
	struct card *card; /* borrowed */
	struct card_atr atr;
	int protocol;	  /* the card's: the first offered, or what a PPS chose */
	bool pps_allowed; /* right after the ATR */
	struct card_link_faults faults;
	/* T=1; see card-t1.c */
	int nad;	    /* the host's node address byte, from its first block; -1 = none yet */
	bool ns, nr;	    /* N(S) of our next I-block, N(S) expected */
	size_t ifsd;	    /* longest information field the host takes */
	struct vt_buf in;   /* command so far */
	const uint8_t *out; /* answer, borrowed from the card; NULL = none */
	size_t out_length, out_at;     /* out_at: bytes sent and acknowledged */
	size_t out_part;	       /* bytes in the block that is on its way */
	int64_t wait_ms;	       /* thinking time left */
	bool s_pending;		       /* we asked (WTX, IFS, ABORT) and wait for the answer */
	uint8_t block[CARD_MAX_BLOCK]; /* last block we sent, for repetition */
	size_t block_length;
	bool block_is_bad; /* it was spoiled by a fault: repeat the good one */
};

/* The card was reset and gave this ATR. Faults stay. False if it is no ATR. */
bool card_link_begin(struct card_link *link, struct card *card, const uint8_t *atr, size_t length);
/* Frees what the link holds (not the card); may be begun again. Accepts a zeroed one. */
void card_link_finish(struct card_link *link);

/* TPDU level: one PPS, T=0 TPDU or T=1 block. False if a reader could not send these bytes (T=0:
 * length and P3 disagree). */
bool card_link_exchange(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret);
/* APDU level: one whole APDU. False: T=0 cannot carry it (extended length), or it is no APDU. */
bool card_link_apdu(
	struct card_link *link, const uint8_t *apdu, size_t length, struct card_link_answer *ret);
/* A reader that chooses the protocol itself (PPS is its business). False if the card has it not. */
bool card_link_choose(struct card_link *link, int protocol);

/* --- card-t1.c --- */

void card_t1_begin(struct card_link *link);
void card_t1_block(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret);
/* Check bytes of a block: one (LRC) or two (CRC) into edc; returns how many. */
size_t card_t1_edc(bool crc, const uint8_t *data, size_t length, uint8_t edc[2]);

#endif
