/* Cards from files: the kinds, found by the first line "card NAME". */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "tools/virtual-devices/card-test.h"
#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/cards/applet.h"
#include "tools/virtual-devices/cards/cac.h"

const struct card_kind card_kinds[] = {
	{"test", card_test_open},
	{"piv", applet_open},
	{"pkcs15", applet_open},
	{"cac", cac_open},
	{NULL, NULL},
};

enum vt_code card_open(const char *path, struct card **ret_card, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	char line[100];

	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	if (!fgets(line, sizeof(line), file) || strncmp(line, "card ", 5) != 0)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"%s: not a card file: the first line must be \"card KIND\"", path);
	char *name = line + 5;
	name[strcspn(name, " \t\r\n")] = '\0';
	for (const struct card_kind *kind = card_kinds; kind->name; kind++) {
		if (strcmp(kind->name, name) == 0)
			return kind->open(path, ret_card, error);
	}
	return vt_fail(error, VT_ERR_NOT_FOUND, 0, "%s: no kind of card \"%s\"", path, name);
}
