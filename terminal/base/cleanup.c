#include "terminal/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void vt_freep(void *p)
{
	free(vt_take_ptr(p));
}

void vt_closep(int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void vt_fclosep(void *file)
{
	FILE *stream = vt_take_ptr(file);

	if (stream)
		fclose(stream);
}

int vt_take_fd(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

void *vt_take_ptr(void *p)
{
	void *taken, *none = NULL;

	/* Through memcpy: p may be the address of a pointer of any type. */
	memcpy(&taken, p, sizeof(taken));
	memcpy(p, &none, sizeof(none));
	return taken;
}
