#ifndef VT_DRIVERS_PROFILES_H
#define VT_DRIVERS_PROFILES_H

/* assets/printers.tsv: what receipt printers can do, found by what they say of themselves
 * (device_id.h). A model is a line, not a branch; a printer that no line knows gets the last one,
 * which asks for little. */

#include "drivers/device_id.h"
#include "drivers/registry.h"
#include "drivers/tsv.h"

#define PROFILES_MAX 128
/* width_px … cutter_counter: in a row, in this order, also in devices.tsv. */
#define PROFILE_COLUMNS 11

struct printer_model {
	char name[64];
	char manufacturer[32]; /* MFG, any case; "*" in the last line */
	char model[64];	       /* MDL, any case; "TM-T88*": what begins so; "*" in the last line */
	struct printer_profile profile;
};

struct profiles {
	size_t count; /* 0: no table */
	struct printer_model models[PROFILES_MAX];
};

/* Refused besides what tsv.h refuses: a word or number out of range, a name, manufacturer and model
 * twice, a last line that is not the one for all others, or one before it. *ret is empty then. */
VT_MUST_USE enum vt_code profiles_parse(
	const char *text, size_t length, struct profiles *ret, struct vt_error *error);
VT_MUST_USE enum vt_code profiles_load(
	const char *path, struct profiles *ret, struct vt_error *error);
/* The first line that fits; NULL: none but the last one would. */
const struct printer_model *profiles_find(
	const struct profiles *profiles, const struct device_id *id);
/* The last line; NULL without a table. */
const struct printer_model *profiles_default(const struct profiles *profiles);

/* PROFILE_COLUMNS cells of line, from column first on. */
VT_MUST_USE enum vt_code profile_parse_cells(const struct tsv *tsv, const struct tsv_line *line,
	size_t first, struct printer_profile *ret, struct vt_error *error);

#endif
