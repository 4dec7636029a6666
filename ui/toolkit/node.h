#ifndef VT_UI_TOOLKIT_NODE_H
#define VT_UI_TOOLKIT_NODE_H

/* The one node type: layout, look and meaning of a thing on the screen.
 *
 * A screen is a tree of nodes, rebuilt whole at each change:
 *
 *	ui_begin(ui, "home");
 *	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 22, .width =
 *length_fill(1)}); node_add(ui, &(struct node_spec){.text = "Hola", .type = TYPE_BODY, .fg =
 *COLOR_TEXT}); node_end(ui); ui_end(ui);
 *
 * A zero member of node_spec always means "default". Lengths are units (profile.h). Strings are
 * copied; they live until the next ui_begin() and are wiped then. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "ui/toolkit/geometry.h"
#include "ui/toolkit/theme.h"
#include "ui/toolkit/type.h"

struct ui;

/* ---- layout ---- */

enum layout_kind {
	LAYOUT_COLUMN, /* children below each other */
	LAYOUT_ROW,    /* beside each other */
	LAYOUT_GRID, /* .columns equal columns, row by row; a row is as high as its highest child */
	LAYOUT_STACK /* on top of each other, all in the same place: badges, dialogues */
};

enum length_kind {
	LENGTH_FIT,   /* as large as the content; text may shrink down to its longest word */
	LENGTH_FIXED, /* value units */
	LENGTH_FILL,  /* share of what is left, by weight value */
	LENGTH_PX     /* value device pixels: only for what was measured in pixels */
};
struct length {
	enum length_kind kind;
	int value;
};
static inline struct length length_fit(void)
{
	return (struct length){LENGTH_FIT, 0};
}
static inline struct length length_units(int units)
{
	return (struct length){LENGTH_FIXED, units};
}
static inline struct length length_fill(int weight)
{
	return (struct length){LENGTH_FILL, weight};
}
static inline struct length length_px(int px)
{
	return (struct length){LENGTH_PX, px};
}

struct insets {
	int top, right, bottom, left; /* units */
};
static inline struct insets insets_all(int n)
{
	return (struct insets){n, n, n, n};
}
static inline struct insets insets_xy(int x, int y)
{
	return (struct insets){y, x, y, x};
}

enum align {
	ALIGN_DEFAULT, /* main axis: start; cross axis: stretch (text, icons: start) */
	ALIGN_START,
	ALIGN_CENTER,
	ALIGN_END,
	ALIGN_STRETCH, /* cross axis only */
	ALIGN_BETWEEN  /* main axis only: what is left goes between the children */
};

/* ---- look ---- */

#define RADIUS_PILL (-1) /* half the height */

enum icon_style {
	ICON_DUOTONE, /* 52–84 beside text; back layer at the theme's duotone strength */
	ICON_BOLD,    /* 38–44 inside buttons */
	ICON_FILL     /* status */
};

enum text_align { TEXT_START, TEXT_CENTER, TEXT_END };

/* Drawn by code behind the children, inside the node's rectangle, if the theme has decoration
 * (the emblem always). */
enum decor {
	DECOR_NONE,
	DECOR_EMBLEM,	  /* neutral stepped portal in fg, fits the node */
	DECOR_FRET_FIELD, /* stepped frets fading in from left to right, 0–13 % of fg */
	DECOR_FRET_BAND,  /* one row of frets in fg on a base line */
	DECOR_RING,	  /* ring_permille of a circle in fg, the rest in fg at 22 % */
	DECOR_GOLD_LINE	  /* hairline under the header: gold to light gold */
};

/* ---- meaning (UI.md §18) ---- */

/* What a node is called by, and so whose its name may be. */
enum role_naming {
	NAMED_BY_CONTENT, /* the texts inside, unless it has a name; a citizen's if they are */
	NAMED_BY_LABEL,	  /* a label of ours, nobody's, whatever stands inside */
	NAMED_AS_PICTURE  /* what the picture shows: a citizen's if the picture is */
};

/* X(ROLE_ id, "name in the semantic tree", what it is called by). The one list of roles. */
#define NODE_ROLES(X)                                   \
	X(SCREEN, "screen", NAMED_BY_LABEL)             \
	X(BANNER, "banner", NAMED_BY_LABEL)             \
	X(NAVIGATION, "navigation", NAMED_BY_LABEL)     \
	X(HEADING, "heading", NAMED_BY_CONTENT)         \
	X(BUTTON, "button", NAMED_BY_CONTENT)           \
	X(TEXTBOX, "textbox", NAMED_BY_LABEL)           \
	X(SEARCHBOX, "searchbox", NAMED_BY_LABEL)       \
	X(RADIO, "radio", NAMED_BY_CONTENT)             \
	X(RADIOGROUP, "radiogroup", NAMED_BY_LABEL)     \
	X(CHECKBOX, "checkbox", NAMED_BY_CONTENT)       \
	X(KEY, "key", NAMED_BY_CONTENT)                 \
	X(GROUP, "group", NAMED_BY_LABEL)               \
	X(ALERT, "alert", NAMED_BY_CONTENT)             \
	X(STATUS, "status", NAMED_BY_CONTENT)           \
	X(NOTE, "note", NAMED_BY_CONTENT)               \
	X(ALERTDIALOG, "alertdialog", NAMED_BY_LABEL)   \
	X(TIMER, "timer", NAMED_BY_CONTENT)             \
	X(PROGRESSBAR, "progressbar", NAMED_BY_CONTENT) \
	X(IMG, "img", NAMED_AS_PICTURE)                 \
	X(ROW, "row", NAMED_BY_CONTENT)                 \
	X(LIST, "list", NAMED_BY_LABEL)                 \
	X(LISTITEM, "listitem", NAMED_BY_CONTENT)       \
	X(TAB, "tab", NAMED_BY_CONTENT)                 \
	X(TABLIST, "tablist", NAMED_BY_LABEL)

enum node_role {
	ROLE_NONE, /* transparent: its children count as the parent's */
#define X(id, name, naming) ROLE_##id,
	NODE_ROLES(X)
#undef X
		ROLE_KIND_COUNT
};
extern const char *const node_role_names[ROLE_KIND_COUNT];
/* ROLE_NONE, if listed at all, is a text: its content. */
extern const enum role_naming node_role_naming[ROLE_KIND_COUNT];

/* States, to be or-ed. FOCUSED and PRESSED are the toolkit's own. */
enum node_state {
	STATE_DISABLED = 1 << 0,
	STATE_CHECKED = 1 << 1,
	STATE_INVALID = 1 << 2,
	STATE_BUSY = 1 << 3,
	STATE_EXPANDED = 1 << 4,
	STATE_MODAL = 1 << 5,
	STATE_CURRENT = 1 << 6
};

struct node_spec {
	/* layout */
	enum layout_kind layout;
	struct length width, height;
	int min_width, min_height; /* units; 0 = none */
	int max_width;		   /* units; 0 = none */
	struct insets pad;
	int gap;     /* between children along the axis; grid: both ways unless row_gap */
	int row_gap; /* grid: between rows; 0 = gap */
	int columns; /* grid */
	enum align main, cross; /* of the children */
	enum align self;	/* on the parent's cross axis (stack: horizontally) */
	enum align self_v;	/* stack: vertically; default start */
	struct insets offset;	/* stack: distance from the parent's edges besides its padding */
	int droppable;		/* > 0: goes when the parent column has no room, highest first */
	bool paged; /* column or grid: shows only the whole children that fit: page number `page`.
		     * Inside another paged column it only says that pages may end between its
		     * children; its own pager stays away. */
	int page;   /* from 0, taken modulo the number of pages */
	bool pager; /* last child of a paged node: stays on each page, hidden if one page is enough.
		     * If it holds another pager only that is hidden: the rest stands there anyway.
		     */
	bool divides;	 /* column or grid in a paged column: a page may end inside if it is higher
			    than one */
	bool equal_rows; /* grid: all rows as high as the highest */

	/* look */
	enum color fill;
	enum color fill_bottom; /* vertical gradient from fill to this, dithered */
	enum color border;
	int border_width; /* units; 0 with a border colour = 2 */
	int radius;	  /* units, RADIUS_PILL */
	int fill_percent; /* strength of the fill: 0 = 100; 22 for the track of a bar */
	int shadow;	  /* level 0 … 3 (UI.md §15.2) */
	bool scrim;	  /* whole rectangle darkened with COLOR_SCRIM */

	/* content: at most one of text, icon, qr, decor */
	const char *text; /* UTF-8; '\n' breaks */
	enum type_role type;
	enum color fg; /* of text, icon or decor; COLOR_NONE = COLOR_TEXT */
	enum text_align text_align;
	int max_lines;	  /* 0 = as many as it takes; the rest is reported as clipped */
	bool ellipsis;	  /* cut with "…" after max_lines; never on labels of controls */
	bool personal;	  /* text is a citizen's: its run is wiped when the screen goes */
	const char *icon; /* Phosphor name, icon_table.h */
	enum icon_style icon_style;
	int icon_size;	 /* units */
	bool icon_grows; /* icon grows with the text size */
	const char *qr;	 /* text of a QR code; the node needs a fixed size */
	enum decor decor;
	int ring_permille; /* DECOR_RING */

	/* meaning */
	enum node_role role;
	const char *id;	  /* unique on the screen; needed for role with action, focus, damage */
	const char *name; /* NULL = the texts inside */
	const char *description;
	const char *value;
	bool masked;	  /* value has a mark for each character typed, and is told as such only */
	const char *lang; /* of name and texts, if not the screen's */
	const char *action; /* what a tap does, told to the screen: makes the node a target */
	const char *arg;    /* passed along with action */
	unsigned states;
	bool editable;	/* in the focus order although it has no action */
	bool no_focus;	/* a target that is not in the focus order (attract's whole screen) */
	bool repeats;	/* action repeats while held, after 600 ms, every 120 ms; slow keys: 2 s */
	bool whole_hit; /* hits on children count as hits on this node (default for actions) */
};

/* A node of the current tree. Read-only for screens; valid until the next ui_begin(). */
struct node {
	struct node_spec spec; /* strings point into the frame's arena */
	struct node *parent, *first_child, *last_child, *next;
	uint64_t key;	  /* path from the root: ids where there are, else positions */
	struct rect rect; /* after ui_end() */
	struct rect ink;  /* rect plus shadow, focus ring and overhang of text */
	bool hidden;	  /* dropped, on another page, or inside such a node */
	bool is_clipped;  /* text did not fit */
	int text_px;	  /* font size used */
	int line_count;
	int page_count;	  /* paged: number of pages, else 0 */
	int first_target; /* paged: where, from the top of its content, the highest thing to touch
			   * stands on any of its pages; -1 = nothing, or one page */
	bool is_overfull; /* paged: one of its pages, perhaps not this one, is too high, or a word
			   * too wide */
	bool is_torn;	  /* paged: a heading stands on one page, all that it heads on the next */
	int lines_before; /* text that goes on from the page before: lines that stand there */
	/* of the layout: */
	int min_w, pref_w, min_h, pref_h, line_px;
	uint32_t first_line; /* index into the frame's lines */
	bool is_divided;     /* a page ends inside it */
};

/* Opens a node; what follows until node_end() is inside it. Returns NULL (and remembers the
 * failure, see ui_end()) when the tree is full; node_end() is due all the same. */
struct node *node_begin(struct ui *ui, const struct node_spec *spec);
void node_end(struct ui *ui);
/* A node without children. */
struct node *node_add(struct ui *ui, const struct node_spec *spec);
/* printf into the frame's arena, for names and texts: valid until the next ui_begin(). */
const char *node_text(struct ui *ui, const char *fmt, ...) VT_PRINTF(2, 3);

#endif
