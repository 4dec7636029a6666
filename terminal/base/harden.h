#ifndef VT_BASE_HARDEN_H
#define VT_BASE_HARDEN_H

/* What every process does first: no core dumps, not traceable, umask 0077, SIGPIPE ignored. */
void vt_harden_process(void);

#endif
