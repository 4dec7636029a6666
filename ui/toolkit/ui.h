#ifndef VT_UI_TOOLKIT_UI_H
#define VT_UI_TOOLKIT_UI_H

/* The toolkit's context: panel, theme, fonts, caches, the current tree and the frame it is painted
 * into. One thread only.
 *
 *	screen model ── ui_begin, node_*, ui_end ──► tree, laid out ──► damage ── ui_paint ──► frame
 *	finger, key ── input_* (input.h) ──► ui_action ──► screen
 *	tree ── semantics_write (semantics.h) ──► JSON for tests, speech, audits
 *
 * Everything is deterministic: the same calls give the same pixels. */

#include "ui/toolkit/canvas.h"
#include "ui/toolkit/node.h"

struct ui_options {
	struct profile profile;
	const char *assets; /* folder with fonts/ icons/ theme/ */
	const char *theme;  /* name of the theme; NULL = "reference" */
};

/* What the citizen chose; all zero = default. */
/* How forgiving keys are (UI.md section 2, key repeat; EN 301 549 5.7 and 5.8). */
enum key_pace {
	KEYS_NORMAL,
	KEYS_ONCE, /* what has acted is deaf to the same finger or key for half a second */
	KEYS_SLOW  /* the same, and what repeats while held does so after two seconds, every two */
};

struct ui_settings {
	enum text_size text_size;
	enum theme_mode mode;
	bool reach; /* everything operable in the lower part */
	bool calm;  /* no motion */
	enum key_pace keys;
};

/* Loads theme and icon table and opens the fonts as they are needed. VT_ERR_NOT_FOUND,
 * VT_ERR_PARSE, VT_ERR_NOMEM, VT_ERR_IO. */
VT_MUST_USE enum vt_code ui_create(
	const struct ui_options *options, struct ui **ret_ui, struct vt_error *error);
/* Wipes and frees; accepts NULL; *ui becomes NULL. */
void ui_destroy(struct ui **ui);

const struct profile *ui_profile(const struct ui *ui);
const struct theme_palette *ui_palette(const struct ui *ui);
const struct ui_settings *ui_settings(const struct ui *ui);
/* From the next ui_begin() on. */
void ui_set_settings(struct ui *ui, const struct ui_settings *settings);

/* The panel was measured: its density (1.5 … 12) and height. From the next ui_begin() on; all is
 * painted anew. */
void ui_set_panel(struct ui *ui, double px_per_mm, int screen_bottom_mm);

/* Screen size in units, rounded down. */
int ui_width(const struct ui *ui);
int ui_height(const struct ui *ui);
/* Width in units that text would take on one line; for layouts that depend on it. */
int ui_text_width(struct ui *ui, enum type_role type, const char *text);
/* Height in units that text would take when broken at width units. */
int ui_text_height(struct ui *ui, enum type_role type, const char *text, int width);

/* Starts a new tree. The root is a LAYOUT_STACK of the screen's size with role "screen", filled
 * with COLOR_BG; kind is the screen's name in the semantic tree. */
void ui_begin(struct ui *ui, const char *kind, const char *lang);
/* Lays out, keeps the focus on the same id, and finds what changed since the last painted tree.
 * VT_ERR_LIMIT: too many nodes or too much text; the tree is cut but usable. */
enum vt_code ui_end(struct ui *ui);
/* Whether everything visible of the current tree lies inside its parent, on no neighbour, and no
 * text is cut, and whether the pages that are not visible have room. A screen that does not fit is
 * built again with less (ui/screens/screen.c). */
bool ui_fits(const struct ui *ui);
/* Whether a heading has a page for itself, because no page has room for it and what follows. */
bool ui_is_torn(const struct ui *ui);
/* Upper edge, in pixels, of the highest thing to touch that is no whole screen, on this page or
 * another; INT_MAX if there is none. In a modal node if there is one. */
int ui_first_target(const struct ui *ui);
/* Paints what changed into the frame. Returns the damaged rectangles (borrowed until the next
 * call), none if nothing changed. */
const struct rect *ui_paint(struct ui *ui, size_t *ret_count);
/* A ring like that of the focus around a rectangle, until the next call: the part that scanning is
 * at. Empty = none. */
void ui_set_mark(struct ui *ui, struct rect mark);
/* The next ui_paint() paints everything. */
void ui_damage_all(struct ui *ui);
/* The frame as last painted. */
struct canvas *ui_canvas(struct ui *ui);

const struct node *ui_root(const struct ui *ui);
/* Node with this id in the current tree; NULL if none (or hidden). */
const struct node *ui_find(const struct ui *ui, const char *id);
/* What a person can reach now: the modal node on top, else the root; NULL before the first tree. */
const struct node *ui_modal_root(const struct ui *ui);
/* Language of the tree's texts, "" if none. */
const char *ui_lang(const struct ui *ui);
/* Pages of the paged node with this id at the last ui_end(); 1 if unknown. */
int ui_page_count(const struct ui *ui, const char *id);

/* Forgets all personal text runs and wipes them: called when the screen changes. */
void ui_forget_personal(struct ui *ui);

/* Sizes of caches, for tests and benchmarks. */
struct ui_cache_sizes {
	size_t text_bytes, text_runs, personal_runs, fonts, shape_bytes, node_count, arena_bytes;
};
struct ui_cache_sizes ui_cache_sizes(const struct ui *ui);

#endif
