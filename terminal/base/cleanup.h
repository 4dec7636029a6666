#ifndef VT_BASE_CLEANUP_H
#define VT_BASE_CLEANUP_H

/* Clean-up by scope: VT_CLEANUP(vt_freep), VT_CLEANUP(vt_closep), and the take that disarms it. */

#include "terminal/base/attributes.h"

/* free() of what *(void **)p points to; p is the address of any object pointer. */
void vt_freep(void *p);
/* close() of the descriptor *fd if it is ≥ 0; keeps errno. */
void vt_closep(int *fd);
/* fclose() of the FILE * at *file if it is not NULL. */
void vt_fclosep(void *file);
/* Returns *fd and sets it to -1: ownership moves to the caller. */
int vt_take_fd(int *fd);
/* Returns the object pointer stored at p and stores NULL there. */
void *vt_take_ptr(void *p);

#endif
