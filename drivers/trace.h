#ifndef VT_DRIVERS_TRACE_H
#define VT_DRIVERS_TRACE_H

/* The trace of a sheet in work as a small file, so that the next process knows what this one left
 * in the printer (printer.h). Job id and a counter, no personal data. */

#include "drivers/printer/printer.h"

/* Writes path, or removes it if the trace says nothing. VT_ERR_IO; the old file is then still there
 * or gone, never half. */
VT_MUST_USE enum vt_code trace_store(
	const char *path, const struct printer_trace *trace, struct vt_error *error);
/* VT_ERR_NOT_FOUND: none. VT_ERR_PARSE: a file that says nothing usable; *ret is then dirty without
 * a job, the careful reading. */
VT_MUST_USE enum vt_code trace_load(
	const char *path, struct printer_trace *ret, struct vt_error *error);

#endif
