#ifndef VT_TESTS_DRIVERS_CARD_HOST_H
#define VT_TESTS_DRIVERS_CARD_HOST_H

/* The card machine with a card in front of it, without any reader: carries out its effects on a
 * virtual card or on a function, keeps what went over the contacts, and breaks the nth exchange. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/smartcard/smartcard.h"
#include "terminal/base/buf.h"

struct card;

enum card_host_fault {
	CARD_HOST_NO_FAULT,
	CARD_HOST_REMOVE,  /* the card goes instead of answering */
	CARD_HOST_SILENT,  /* the reader's layer gives up */
	CARD_HOST_FAIL,	   /* the reader fails */
	CARD_HOST_TIME,	   /* nobody answers at all: the machine's own clock must end it */
	CARD_HOST_EMPTY,   /* a reply of no bytes */
	CARD_HOST_ONE,	   /* of one byte */
	CARD_HOST_CUT,	   /* half of the data is missing */
	CARD_HOST_GARBAGE, /* data of FF, status as it was */
	CARD_HOST_STRANGE, /* status word 1234 */
	CARD_HOST_ENDLESS, /* 61FF from now on, with data */
	CARD_HOST_CANCEL,  /* cancelled by us before the answer */
	CARD_HOST_FAULT_COUNT
};

/* A card that is a function: writes the response, returns its length (0: silent). */
typedef size_t (*card_host_answer)(
	void *user, const uint8_t *apdu, size_t length, uint8_t ret[4096]);

struct card_host {
	struct smartcard *smartcard; /* owned */
	struct card *card;	     /* borrowed; NULL: answer */
	card_host_answer answer;
	void *user;
	bool t0; /* the reader's TPDU level: case 3 and 4 look alike */
	bool extended;
	int fault_at; /* number of the exchange, from 1; 0 = none */
	enum card_host_fault fault;
	const char *pad; /* typed on the reader's pad; NULL: its cancel key */
	uint16_t pad_sw; /* 0: what the card says */
	/* what was seen */
	int64_t now_ms;
	int exchanges; /* of the last operation */
	int verifies;  /* VERIFY commands with a PIN in them, since the beginning */
	int resets, dones;
	bool secret_left; /* a command with a PIN was not wiped after its reply */
	struct smartcard_result result;
	uint8_t signature[SMARTCARD_MAX_SIGNATURE];
	size_t signature_length;
};

/* Machine created, card powered on, INSERTED stepped. */
void card_host_begin(struct card_host *host, struct card *card);
void card_host_begin_function(struct card_host *host, card_host_answer answer, void *user);
void card_host_finish(struct card_host *host);
/* Runs one operation to its DONE; asserts that there is exactly one. The code of START is returned;
 * the outcome stands in result. */
enum vt_code card_host_run(struct card_host *host, const struct smartcard_request *request);
/* The same with a code that must be VT_OK. */
enum smartcard_outcome card_host_do(
	struct card_host *host, const struct smartcard_request *request);
enum smartcard_outcome card_host_list(struct card_host *host);
/* Signs a digest of hash with a PIN (NULL: none). */
enum smartcard_outcome card_host_sign(struct card_host *host, const char *certificate,
	const char *pin, enum card_hash hash, const uint8_t *digest);

#endif
