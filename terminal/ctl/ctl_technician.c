/* "technician code": the line of terminal.conf that lets technicians in at the screen. Asks nobody;
 * the code comes by stdin, never from the command line, where anybody could read it. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/passcode.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"

enum ctl_exit ctl_technician_code(const struct ctl_options *options)
{
	char code[32] = "", line[PASSCODE_TEXT_SIZE];
	struct vt_error error;

	(void)options;
	setbuf(stdin, NULL); /* no copy in libc's buffer */
	if (fgets(code, sizeof(code), stdin))
		code[strcspn(code, "\r\n")] = '\0';
	const enum vt_code result = passcode_make(code, line, &error);
	vt_wipe(code, sizeof(code));
	if (result) {
		ctl_complain(
			CTL_TEXT("el código tiene seis dígitos y llega por la entrada estándar",
				"the code has six digits and comes by standard input"),
			NULL);
		return CTL_USAGE;
	}
	printf("[technician]\ncode = %s\n", line);
	return CTL_OK;
}
