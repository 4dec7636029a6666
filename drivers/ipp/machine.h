#ifndef VT_DRIVERS_IPP_MACHINE_H
#define VT_DRIVERS_IPP_MACHINE_H

/* A letter-size printer on IPP over USB as a pure step function: one document at a time, and only
 * the printer's own word makes it printed. No USB, clock or libcups inside: exchanges come back as
 * events, what is to be asked goes out as effects. The drawing stands in machine.c. */

#include "drivers/ipp/message.h"

enum ippu_state {
	IPPU_ABSENT,	 /* no device */
	IPPU_ASKING,	 /* just attached, or back: what is it, how is it */
	IPPU_IDLE,	 /* known and polled; may be unable to print */
	IPPU_CHECKING,	 /* document accepted: fresh attributes before its first byte */
	IPPU_VALIDATING, /* would the printer take it so? */
	IPPU_SUBMITTING, /* Print-Job and the document on their way */
	IPPU_WATCHING,	 /* the printer has the job: polled until it has ended */
	IPPU_CANCELLING, /* it takes too long: taken back */
	IPPU_RESOLVING,	 /* what became of the job, of which an answer was lost? */
	IPPU_RESETTING,	 /* port reset: half a message may hang in either pipe */
	IPPU_BROKEN,	 /* does not answer as it should: waiting before the next reset */
	IPPU_STATE_COUNT
};
extern const char *const ippu_state_names[IPPU_STATE_COUNT];

enum ippu_event_type {
	IPPU_EV_ATTACHED,
	IPPU_EV_DETACHED,
	IPPU_EV_ANSWER, /* the exchange asked for has ended */
	IPPU_EV_RESET,	/* the port reset has ended */
	IPPU_EV_PRINT,	/* only when ippu_is_free() */
	IPPU_EV_TIME	/* ippu_wake_ms() has come */
};

struct ippu_event {
	enum ippu_event_type type;
	int64_t now_ms;
	const struct ippu_answer *answer; /* ANSWER: NULL = the exchange failed */
	bool is_protocol;		  /* ANSWER: it failed because what came was no IPP */
	bool is_good;			  /* RESET */
	/* ANSWER to PRINT, DETACHED: what of the document was handed to USB */
	bool any_handed, all_handed;
	/* PRINT */
	const char *job; /* uuid text */
	enum paper_kind paper;
	int page_count;
	size_t document_length;
};

enum ippu_effect_type {
	IPPU_FX_EXCHANGE, /* request; one at a time */
	IPPU_FX_RESET,	  /* end everything in flight, reset the port */
	IPPU_FX_BEGUN,	  /* the first byte of the document goes out with the next exchange */
	IPPU_FX_DONE,	  /* the document has its outcome: result */
	IPPU_FX_RESOLVED  /* an outcome that was unknown became known: result */
};

struct ippu_effect {
	enum ippu_effect_type type;
	struct ippu_request request;
	struct printer_print_result result;
};

#define IPPU_MAX_EFFECTS 4
struct ippu_effects {
	size_t count;
	struct ippu_effect list[IPPU_MAX_EFFECTS];
};

struct ippu_view {
	enum device_state state;
	enum paper_state paper; /* of the plain tray */
	const char *reason;	/* word, "" when ready */
	size_t tray_count;
	struct printer_tray trays[PRINTER_MAX_TRAYS];
};

struct ippu_counters {
	int64_t sheets; /* pages of documents that were completed */
	int64_t errors, resets;
};

/* The media-type that makes a tray one of security paper; makers and PWG 5101.1 differ. */
struct ippu_media {
	char security[40];
};

struct ippu_machine;

/* first_id: random, so that a late answer to an earlier process is not taken for ours. NULL: no
 * memory. */
struct ippu_machine *ippu_create(const struct ippu_media *media, uint32_t first_id);
/* NULL allowed; *machine = NULL. */
void ippu_destroy(struct ippu_machine **machine);
/* One event in, effects out. The only refusal: IPPU_EV_PRINT while a document is in work
 * (VT_ERR_BUSY). */
VT_MUST_USE enum vt_code ippu_step(
	struct ippu_machine *machine, const struct ippu_event *event, struct ippu_effects *effects);
int64_t ippu_wake_ms(const struct ippu_machine *machine);
bool ippu_is_free(const struct ippu_machine *machine);
enum ippu_state ippu_get_state(const struct ippu_machine *machine);
/* How the printer wants its raster; PWG_SGRAY_8 while nothing is known. */
enum pwg_type ippu_raster_type(const struct ippu_machine *machine);
void ippu_view(const struct ippu_machine *machine, struct ippu_view *ret);
void ippu_counters(const struct ippu_machine *machine, struct ippu_counters *ret);

#endif
