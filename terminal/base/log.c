#include "terminal/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "terminal/base/assert.h"

static const char *process_name = "ventanilla";
static enum vt_log_level highest = VT_LOG_INFO;

void vt_log_init(const char *process, enum vt_log_level max_level)
{
	process_name = process;
	highest = max_level;
}

void vt_log(enum vt_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	if (level > highest)
		return;
	int used = snprintf(line, sizeof(line), "<%d>%s: ", (int)level, process_name);
	va_start(args, fmt);
	int more = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, fmt, args);
	va_end(args);
	if (more > 0)
		used += more;
	if ((size_t)used > sizeof(line) - 2)
		used = (int)sizeof(line) - 2;
	for (int i = 0; i < used; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[used++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, (size_t)used) < 0)
		return;
}

void vt_assert_failed(const char *expression, const char *file, int line)
{
	vt_log(VT_LOG_ERROR, "assertion failed: %s (%s:%d)", expression, file, line);
	abort();
}
