/* Where the terminal stands and how its panel is (session_panel.c), kept in state_dir/place over
 * restarts. Numbers and names of a technician, nothing of a citizen. A file that cannot be believed
 * is left alone and counts as none: terminal.conf holds until somebody measures again. */

#include <string.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Far outside what session_place_is_sound() lets through; that each number fits an int. */
#define MOST 100000000

static enum vt_code read_numbers(
	const struct vt_config *kept, struct screen_panel *panel, struct vt_error *error)
{
	const struct {
		const char *section, *key;
		int *ret;
	} rows[] = {
		{"panel", "px_per_m", &panel->px_per_m},
		{"panel", "bottom_mm", &panel->bottom_mm},
		{"touch", "xx", &panel->touch.xx},
		{"touch", "xy", &panel->touch.xy},
		{"touch", "x0", &panel->touch.x0},
		{"touch", "yx", &panel->touch.yx},
		{"touch", "yy", &panel->touch.yy},
		{"touch", "y0", &panel->touch.y0},
		{"touch", "error_um", &panel->touch.error_um},
	};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		int64_t number = 0;
		const enum vt_code code = vt_config_i64(
			kept, rows[i].section, rows[i].key, 0, -MOST, MOST, &number, error);
		if (code)
			return code;
		*rows[i].ret = (int)number;
	}
	return VT_OK;
}

static enum vt_code read_kept(const char *path, struct session_place *ret, struct vt_error *error)
{
	struct session_place place = {0};
	struct vt_config *kept = NULL;
	enum vt_code code = vt_config_load(path, &kept, error);

	if (!code)
		code = read_numbers(kept, &place.panel, error);
	if (!code && (!vt_copy(place.entity, sizeof(place.entity),
			      vt_config_get(kept, "place", "entity", "")) ||
			     !vt_copy(place.municipality, sizeof(place.municipality),
				     vt_config_get(kept, "place", "municipality", "")) ||
			     !vt_copy(place.site, sizeof(place.site),
				     vt_config_get(kept, "place", "site", ""))))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "%s: a name is too long", path);
	vt_config_close(&kept);
	if (!code && !session_place_is_sound(&place))
		code = vt_fail(error, VT_ERR_PARSE, 0, "%s: out of bounds", path);
	if (!code)
		*ret = place;
	return code;
}

void place_open(struct core *core)
{
	struct session_place place;
	char path[128];
	struct vt_error error = {0};

	if (!vt_format(path, sizeof(path), "%s/place", core->state_dir))
		return; /* technician_open() has refused such a folder */
	const enum vt_code code = read_kept(path, &place, &error);
	if (code == VT_OK)
		session_set_place(core->session, &place);
	else if (code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_ERROR, "place: not believed, measure again: %s", error.msg);
}

static bool keep(const struct core *core)
{
	const struct session_place *place = session_place(core->session);
	const struct panel_touch *touch = &place->panel.touch;
	char text[1024];

	return vt_format(text, sizeof(text),
		       "[place]\nentity = %s\nmunicipality = %s\nsite = %s\n"
		       "[panel]\npx_per_m = %d\nbottom_mm = %d\n"
		       "[touch]\nxx = %d\nxy = %d\nx0 = %d\nyx = %d\nyy = %d\ny0 = %d\n"
		       "error_um = %d\n",
		       place->entity, place->municipality, place->site, place->panel.px_per_m,
		       place->panel.bottom_mm, touch->xx, touch->xy, touch->x0, touch->yx,
		       touch->yy, touch->y0, touch->error_um) &&
	       technician_write(core, "place", text);
}

void place_keep(const struct core *core, const struct session_effects *effects)
{
	if (effects->place && !keep(core))
		vt_log(VT_LOG_ERROR, "place: what was told or measured is lost at a restart");
}
