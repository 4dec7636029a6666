#ifndef VT_DRIVERS_IPP_MESSAGE_H
#define VT_DRIVERS_IPP_MESSAGE_H

/* IPP (RFC 8010, 8011; PWG 5100.7 for trays) as far as one printer on a USB cable needs it:
 * requests made and answers read by libcups, on memory. Before libcups sees an answer, its bounds
 * are checked here: libcups itself reads collections as deep as they come. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/ipp/pwg.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"
#include "terminal/bus/messages.h"

/* Values in an answer, and collections within collections (media-col has two). */
#define IPPU_MAX_VALUES 4096
#define IPPU_MAX_DEPTH	6
#define IPPU_MAX_TRAYS	PRINTER_MAX_TRAYS

enum ippu_ask {
	IPPU_ASK_PRINTER,  /* Get-Printer-Attributes */
	IPPU_ASK_PRINT,	   /* Print-Job; the document follows the message */
	IPPU_ASK_JOB,	   /* Get-Job-Attributes of job_id */
	IPPU_ASK_ENDED,	   /* Get-Jobs that are completed, for the one named job */
	IPPU_ASK_UNENDED,  /* Get-Jobs that are not */
	IPPU_ASK_CANCEL,   /* Cancel-Job */
	IPPU_ASK_VALIDATE, /* Validate-Job: would it be taken? */
};

struct ippu_request {
	enum ippu_ask ask;
	int id;			/* of the request, > 0; the answer repeats it */
	int job_id;		/* JOB, CANCEL */
	char job[VT_UUID_SIZE]; /* job-name: ours */
	char source[32];	/* PRINT, VALIDATE: media-source, "" = the printer's choice */
	char media_type[40];	/* PRINT, VALIDATE: media-type */
	size_t document_length; /* PRINT: bytes behind the message */
};

struct ippu_tray {
	char source[32];     /* "tray-1" */
	char media_type[40]; /* "stationery" */
	enum paper_state level;
};

/* job-state, RFC 8011 §5.3.7. */
enum ippu_job_state {
	IPPU_JOB_UNSEEN = 0,
	IPPU_JOB_PENDING = 3,
	IPPU_JOB_STOPPED = 6,
	IPPU_JOB_CANCELLED = 7,
	IPPU_JOB_ABORTED = 8,
	IPPU_JOB_COMPLETED = 9
};

#define IPPU_PRINTER_STOPPED 5

struct ippu_answer {
	int status; /* IPP status; ≥ 0x0400 = refused */
	/* PRINTER */
	int printer_state; /* 3 idle, 4 processing, 5 stopped; 0 = not told */
	bool is_accepting;
	char reason[32]; /* our word for what keeps it from printing, "" = nothing */
	bool is_supply_low, is_paper_low;
	bool takes_pwg; /* image/pwg-raster, 300 dpi */
	bool takes_type[PWG_TYPE_COUNT];
	bool has_trays;
	size_t tray_count;
	struct ippu_tray trays[IPPU_MAX_TRAYS];
	/* PRINT, JOB, ENDED, UNENDED: the job, IPPU_JOB_UNSEEN if it is not in the answer */
	int job_id;
	int job_state;
	int impressions; /* completed; -1 = not told */
};

/* Appends the HTTP request (headers and IPP message, without the document). VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code ippu_request_encode(
	const struct ippu_request *request, struct vt_buf *out, struct vt_error *error);
/* Reads the answer to request. VT_ERR_LIMIT, VT_ERR_PARSE: not IPP, or the answer to another
 * request; error says what is wrong with it. *ret is zero then. */
VT_MUST_USE enum vt_code ippu_answer_decode(const struct ippu_request *request, const uint8_t *data,
	size_t length, struct ippu_answer *ret, struct vt_error *error);

#endif
