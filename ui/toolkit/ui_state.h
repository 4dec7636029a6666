#ifndef VT_UI_TOOLKIT_UI_STATE_H
#define VT_UI_TOOLKIT_UI_STATE_H

/* Inside of struct ui, for the files of the toolkit only. */

#include "terminal/base/limits.h"
#include "ui/toolkit/damage.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/layout.h"
#include "ui/toolkit/paint.h"
#include "ui/toolkit/qr.h"
#include "ui/toolkit/text.h"
#include "ui/toolkit/ui.h"

/* A home screen has about 130 nodes, a screen of 40 rows with buttons about 400. */
#define UI_MAX_NODES 1024
/* Texts of one tree: 40 items of 600 bytes, twice. */
#define UI_ARENA_BYTES 65536
#define UI_MAX_LINES   2048
#define UI_MAX_DEPTH   32
/* A keyboard with the dock has about 60; what is more is not pressed right after a surprise. */
#define UI_MAX_TARGETS 128

/* A finger that is down on something. */
struct ui_press {
	bool is_down; /* a finger is down, whatever it touches */
	int64_t finger;
	int64_t down_ms;
	uint64_t key;	   /* of the pressed node; 0 = none or left */
	uint64_t action;   /* hash of what it did then */
	int64_t repeat_ms; /* next repetition; -1 = none */
	bool has_repeated;
};

/* What acted last: deaf for a while, if the citizen wants that. */
struct ui_acted {
	uint64_t key; /* of the node; 0 = nothing yet */
	int64_t at_ms;
};

/* What a finger that is on its way may have been aimed at: the targets before a surprise
 * (input_changes). */
struct ui_aim {
	int64_t until_ms; /* 0 = none to mind */
	struct ui_aimed {
		uint64_t does; /* hash of id and action */
		struct rect rect;
	} at[UI_MAX_TARGETS];
	size_t count;
	int64_t missed;
};

struct ui {
	struct profile profile;
	struct theme theme;
	struct ui_settings settings;
	struct canvas *canvas;
	struct text_cache *text;
	struct shape_cache *shapes;
	struct qr qr; /* the symbol shown last */

	/* current tree */
	struct node nodes[UI_MAX_NODES];
	size_t node_count;
	struct node *open[UI_MAX_DEPTH];
	size_t depth, too_deep; /* too_deep: node_begin() calls that found no place */
	enum vt_code failed;
	char arena[UI_ARENA_BYTES];
	size_t arena_used;
	char scratch[1024]; /* name that semantics_name() puts together */
	struct text_line lines[UI_MAX_LINES];
	size_t line_count;
	char lang[16];
	uint64_t modal_key; /* of the last visible node with STATE_MODAL; 0 = none */

	struct damage damage;
	struct ui_press press;
	struct ui_acted acted;
	struct ui_aim aim;
	char focus[VT_MAX_ID * 2];
	bool focus_visible;
	struct rect mark; /* of scanning; empty = none */
};

/* ---- between the files ---- */

/* render.c: paints the tree under one clip. */
void render_tree(struct ui *ui, struct rect clip);
/* render.c: what a node looks like, as a hash, and the ink it may leave. */
uint64_t render_hash(const struct ui *ui, const struct node *node);
struct rect render_ink(const struct ui *ui, const struct node *node);
/* render.c: ink of the focus ring around a node's rectangle. */
struct rect render_focus_ink(const struct ui *ui, struct rect around);

static inline int ui_px(const struct ui *ui, int units)
{
	/* Most paddings and gaps are none: a quarter of what a layout would cost. */
	return units == 0 ? 0 : profile_px(&ui->profile, units);
}
static inline bool node_is_text(const struct node *node)
{
	return node->spec.text != NULL;
}
static inline bool node_is_leaf_content(const struct node *node)
{
	return node->spec.text || node->spec.icon;
}
/* Type metrics of a text node under the current settings. */
struct type_metrics ui_type(const struct ui *ui, enum type_role role);
/* The node in the tree's memory with this key; NULL if none or hidden. */
struct node *ui_node_by_key(struct ui *ui, uint64_t key);
/* True if node is inside (or is) ancestor. */
bool node_is_inside(const struct node *node, const struct node *ancestor);
/* Size of an icon in pixels. */
int ui_icon_px(const struct ui *ui, const struct node *node);

#endif
