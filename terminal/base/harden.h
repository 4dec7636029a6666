#ifndef VT_BASE_HARDEN_H
#define VT_BASE_HARDEN_H

/* What every process does first: no core dumps, not traceable, umask 0077, SIGPIPE ignored. */
void vt_harden_process(void);

/* Zeroes what earlier calls left on the stack below the caller (64 KiB: the deepest of our
 * libraries, the XML signature, needs half of that). To be called from the event loop, at the end
 * of a turn. */
void vt_wipe_stack(void);

#endif
