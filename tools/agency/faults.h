#ifndef VT_AGENCY_FAULTS_H
#define VT_AGENCY_FAULTS_H

/* The faults a test has ordered: which request gets which, and how often. Pure: text in, one fault
 * out per request. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/error.h"

#define FAULTS_MAX 16

enum fault_kind {
	FAULT_NONE,
	FAULT_DELAY,	     /* wait before the work: the original is "in progress" meanwhile */
	FAULT_DROP_BEFORE,   /* close without work and without answer */
	FAULT_DROP_AFTER,    /* work committed, close without answer */
	FAULT_STATUS,	     /* answer with this HTTP status, without work */
	FAULT_MALFORMED,     /* work committed, answer cut in the middle of the document */
	FAULT_OVERSIZED,     /* work committed, answer larger than a terminal accepts */
	FAULT_EXPIRED,	     /* work committed, Timestamp of an hour ago (SOAP) */
	FAULT_BAD_SIGNATURE, /* work committed, one byte of the signed body changed (SOAP) */
	FAULT_UNSIGNED,	     /* work committed, no wsse:Security (SOAP) */
	FAULT_WRONG_CA,	     /* work committed, signed by an agency of another authority (SOAP) */
	FAULT_WRAPPED,	 /* work committed, signed body moved away, another in its place (SOAP) */
	FAULT_LATIN1,	 /* work committed, bytes in Latin-1 though UTF-8 is declared (SOAP) */
	FAULT_SLOW_DRIP, /* work committed, answer byte by byte */
	FAULT_KIND_MAX
};

struct fault {
	enum fault_kind kind;
	char path[80];	   /* part of "PATH SOAPACTION"; "" meets all but /health and WSDLs */
	int delay_ms;	   /* FAULT_DELAY */
	int status;	   /* FAULT_STATUS */
	int retry_after_s; /* FAULT_STATUS; < 0: none */
	int remaining;	   /* requests still to meet; < 0: until cleared */
};

struct faults {
	struct fault list[FAULTS_MAX];
	size_t count;
};

/* Obeys one order, the words behind "fault":
 *   [PATH] delay MS | status N [retry-after S] | drop-before | … | none   [COUNT]
 * "none" clears those of PATH, or all. Faults with a COUNT queue up; one without stays until the
 * next order for the same PATH.
 * VT_ERR_PARSE with what is wrong; VT_ERR_FULL. Nothing changes then. */
VT_MUST_USE enum vt_code faults_order(
	struct faults *faults, const char *order, struct vt_error *error);

/* What a fault can meet. */
struct fault_target {
	const char *text; /* "PATH SOAPACTION" */
	bool is_soap;	  /* faults of the signature and the encoding meet SOAP only */
	bool is_probe;	  /* /health or a WSDL: met only by a fault that names it */
};

/* The fault for a request (the first that fits), counted down; kind FAULT_NONE if none fits. */
struct fault faults_take(struct faults *faults, const struct fault_target *target);

/* "bad-signature" etc. */
const char *fault_kind_text(enum fault_kind kind);

#endif
