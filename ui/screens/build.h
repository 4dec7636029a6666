#ifndef VT_UI_SCREENS_BUILD_H
#define VT_UI_SCREENS_BUILD_H

/* Inside ui/screens only: the state of a screen, the frame that all screens share, and one build
 * function for each kind. Sizes are units of the reference panel (ui/toolkit/profile.h). */

#include "terminal/domain/date.h"
#include "ui/screens/entry.h"
#include "ui/screens/fit.h"
#include "ui/screens/keyboard.h"
#include "ui/screens/screen.h"
#include "ui/toolkit/widget.h"

/* How generously a screen is laid out. It is built with the first that fits its panel, text size
 * and language (screen.c): content gives way, the buttons and the dock stay whole. */
enum room {
	ROOM_AMPLE, /* the reference panel */
	ROOM_SNUG,  /* less padding; words beside icons */
	ROOM_TIGHT, /* decoration and second lines go; smaller titles */
	ROOM_LEAST, /* targets near 13 mm; the keyboard in pages */
	ROOM_COUNT
};

/* Where even ROOM_LEAST is too small, the content is split: it stands on pages, and on screens with
 * a keyboard the words and the entry with its keys are two sides. */
enum side {
	SIDE_AUTO,  /* the words first, the entry where something is in it */
	SIDE_WORDS, /* what there is to read and to choose */
	SIDE_ENTRY  /* the box and the keys */
};

/* A model with what the person has done on it. */
struct view {
	struct screen_model model;
	struct entry entry;
	const char *error; /* id of a mistake found here; "" = none; static text */
	bool error_seen;   /* the answer changed since the error was shown: core's error is stale */
	bool consent;
	bool is_searching;	/* home: the search stands over the services */
	int page;		/* of the list that is paged, from 0 */
	enum side side;		/* that was asked for, where the content is split */
	int key_page;		/* of a keyboard that is paged */
	char chosen[VT_MAX_ID]; /* language that is ticked but not sent */
	int card_px;		/* ruler.c: width of the outline, 0 = as the panel is now */
	struct crosses {	/* crosses.c */
		size_t count;
		struct fit_point points[FIT_POINTS];
		enum fit_verdict verdict; /* of all nine */
		double worst_mm;
	} crosses;
};

struct screen {
	struct view view; /* on the screen */
	struct view next; /* waiting for its turn, see screen.c */
	bool has_next;
	bool has_model;		   /* view holds a model */
	bool wait_seen;		   /* the waiting screen has been drawn … */
	int64_t wait_seen_unix_ms; /* … for the first time at this moment */
};

/* What a build function works with. */
struct build {
	struct ui *ui;
	const struct screen_env *env;
	const struct view *view;
	const struct screen_model *model; /* &view->model */
	bool is_plain;			  /* theme without shadows: edges must be drawn instead */
	enum text_size size;
	enum room room;
	bool is_split;	    /* the content does not fit in one piece, see enum side */
	bool is_entry_only; /* nothing to read besides it: one side is enough */
	bool is_wide;	    /* landscape: two panes */
	bool is_low;	    /* something to touch would stand too high: the header fills the top */
	int margin;	    /* at both sides of the screen: 48 units are 12 mm */
	int gutter;	    /* between cards and buttons; at least 11 units are 2.54 mm */
	bool keyboard_beside; /* the keyboard stands right of the content, not below */
};

/* Sizes and colours' edge for a build at this room. */
void build_measure(struct build *b, enum room room);

/* ---- frame.c ---- */

enum header_style {
	HEADER_COMPACT,	 /* as high as its words */
	HEADER_TALL,	 /* content with targets follows: these stay out of the top quarter */
	HEADER_KEYBOARD, /* compact; the targets of the content stand low by themselves */
	HEADER_OK	 /* green, centred: confirmation */
};
struct header {
	enum header_style style;
	const char *title, *lead; /* "" = none */
	bool is_large;		  /* the title of home */
	const char *step;	  /* line above the title, NULL = service and "Paso 1 de 3" */
};
/* Header, then content is open (a column of the room that is left): add nodes, then frame_close().
 */
void frame_open(struct build *b, const struct header *header);
/* Ends the content, then action row and dock. Any of the labels may be NULL. */
struct actions {
	const char *back;	 /* label of the left button, action "back" */
	const char *back_action; /* NULL = "back" */
	const char *primary;	 /* label of the right button */
	const char *primary_action;
	const char *primary_arg; /* NULL = none */
	const char *primary_icon, *primary_icon_after;
	const char *second; /* outlined button between them */
	const char *second_action, *second_icon;
	bool has_no_dock; /* core cannot answer it */
	bool keyboard;	  /* the keyboard of view->entry below the buttons */
};
void frame_close(struct build *b, const struct actions *actions);
/* For a screen whose pages are many in the least room: it is split there at once, so that "more"
 * stands in the row of actions and the pages have its place. Before frame_open(). */
void frame_split_pages(struct build *b);
/* What of a screen with a keyboard is drawn: all, or one side where it is split. */
bool frame_has_words(const struct build *b);
bool frame_has_entry(const struct build *b);
/* frame_close() of such a screen: the words lead to the entry, the entry back to the words. */
void frame_close_sides(struct build *b, const struct actions *actions);
/* dock.c: the last thing in the frame. */
void frame_dock(struct build *b);
/* timeout.c: dialogue over everything. */
void frame_timeout(struct build *b);
/* calibrate.c: dialogue that asks for a switch, over everything. */
void build_calibrate(struct build *b);
/* Nothing to touch stands above this, in pixels: the top quarter, in reach mode what a seated
 * person cannot reach. */
int frame_reach_top(const struct build *b);
/* Titles shrink with the room, not under body text. */
enum type_role frame_title_type(const struct build *b);
/* Width in units of what frame_open() has opened. */
int frame_content_width(struct build *b);
/* Seconds left of the dialogue. */
int frame_seconds_left(const struct screen_model *model, const struct screen_env *env);

/* ---- parts.c ---- */

/* Whether a list may stand whole in one panel: normal letters, all of the height, not long.
 * Otherwise its rows are paged one by one. */
bool part_is_roomy(const struct build *b);
/* A white panel, a column; part_close() ends it. id NULL = none. */
void part_card_open(struct build *b, const char *id, int pad, int gap);
void part_close(struct build *b);
/* A banner: icon, strong line, second line ("" = none). role ALERT, STATUS or NOTE. */
struct banner {
	const char *id, *icon, *title, *text;
	enum color ink, ground;
	enum node_role role;
};
void part_banner(struct build *b, const struct banner *banner);
/* "Hay un problema" with the words of the view's error; nothing if there is none. */
void part_error_summary(struct build *b);
/* How often a PIN may still be wrong; droppable as in node_spec. */
void part_tries(struct build *b, int droppable);
/* A text in sentences, each a node of its own, so that a list can page between them; the title
 * stays with the first. */
void part_paragraphs(struct build *b, const char *title, const char *text);
/* Where a mistake's words leave no room for the question, they have the screen until "Correct it".
 * True if this drew the whole screen. */
bool part_error_page(struct build *b);
/* Id of the error that stands now, "" if none. */
const char *part_error(const struct build *b);
/* The value of an item, or bullets while the privacy mask is on. */
const char *part_value(struct build *b, const char *value, bool personal);
/* "Mostrar" while the mask hides something here. */
void part_unmask(struct build *b);
/* Padding that shrinks with the room. */
int part_pad(const struct build *b, int units);
struct insets part_insets(const struct build *b, int x, int y);
/* Least height of a target: shrinks with the room, never under 12.7 mm. */
int part_target(const struct build *b, int units);
/* A button in the room there is. */
struct node *part_button(struct build *b, const struct button *button);
/* A row of two columns in landscape, nothing in portrait; left and right are weights. */
void part_panes_open(struct build *b, int left);
void part_panes_next(struct build *b, int right);
void part_panes_close(struct build *b);
/* Width in units of the widest word of a text: what does not break. */
int part_widest_word(struct build *b, enum type_role type, const char *text);
/* Units that follow the text size as body text does. */
int part_grown(const struct build *b, int units);
/* Units that follow the text size as titles do: for boxes around an icon. */
int part_scaled(const struct build *b, int units);
/* An icon that keeps the size it is given, for inside a box. */
void part_icon(struct build *b, const char *icon, enum icon_style style, int size, enum color fg);
/* Small square with a duotone icon on tint. */
void part_icon_box(struct build *b, const char *icon, int size, enum color fg, enum color ground);
/* A radio card; detail "" = none. */
struct radio {
	const char *id, *label, *detail, *value, *action, *arg, *lang;
	bool checked;
};
void part_radio(struct build *b, const struct radio *radio);
/* Width in units that a radio card with this label needs, so that none of its words is cut. */
int part_radio_width(struct build *b, const char *label);
/* "Ver más": a pager for the list with this id. */
void part_pager(struct build *b, const char *label);
/* "You can take your card now", if it is in. */
void part_take_card(struct build *b);
/* "No se ha hecho ningún cobro." if that holds. */
void part_money(struct build *b);
/* "Entrar con mi e.firma" where the model offers it, in a row or column this wide. */
void part_sign_in(struct build *b, int width);
/* Rows of kind ITEM_ROW in a card, with "Cambiar" where changeable and with_change. */
void part_rows(struct build *b, bool with_change);
/* The icon, or NULL where the label needs the width: beside a wrapped label it would stand far off.
 */
const char *part_button_icon(struct build *b, const char *icon, const char *label, int width);
/* Room that grows. */
void part_spacer(struct build *b);

/* ---- search.c ---- */

/* The button that begins it. */
void part_search(struct build *b);
/* Home while view->is_searching. */
void build_search(struct build *b);

/* ---- ruler.c ---- */

/* "First start | Step 4 of 8", or the technicians' own line. */
const char *ruler_step(struct build *b);
/* What is left of the model's expected_ms. */
int ruler_seconds_left(const struct build *b);
/* Width in pixels of the outline, and the density that it means. */
int ruler_card_px(const struct view *view, const struct ui *ui);
int ruler_px_per_m(int card_px);
/* Wider or narrower, as far as panel and bounds go; false: it is as it was. */
bool ruler_resize(struct view *view, const struct ui *ui, int by_px);

/* ---- crosses.c ---- */

/* What a touch means: one more cross, the map that fits all nine, or a hit or miss of the tenth. */
enum crosses_step { CROSSES_NEXT, CROSSES_FIT, CROSSES_REFUSED, CROSSES_HIT, CROSSES_MISSED };
/* x, y: pixels of the frame, as the panel says. *ret_touch is written with CROSSES_FIT. */
enum crosses_step crosses_take(
	struct view *view, const struct ui *ui, int x, int y, struct panel_touch *ret_touch);

/* ---- keys.c ---- */

/* The keyboard of the view's entry; nothing if it has none. */
void part_keyboard(struct build *b);
/* Its width in units, frame included. */
int part_keyboard_width(struct build *b);

/* ---- one for each kind; each calls frame_open() and frame_close() ---- */
void build_attract(struct build *b);
/* How long a service is shown while nobody is here (UI.md section 7), and how many take turns: at
 * most three that can be begun. */
#define ATTRACT_SLIDE_MS 8000
int attract_slide_count(const struct screen_model *model);
void build_language(struct build *b);
void build_home(struct build *b);
void build_intro(struct build *b);
void build_question(struct build *b);
void build_curp(struct build *b);
void build_wait(struct build *b);
void build_results(struct build *b);
void build_review(struct build *b);
void build_done(struct build *b);
void build_problem(struct build *b);
void build_out_of_service(struct build *b);
void build_access(struct build *b);
void build_help(struct build *b);
void build_scan(struct build *b);
void build_card(struct build *b);
void build_pin(struct build *b);
void build_signing(struct build *b);
void build_place(struct build *b);
void build_calendar(struct build *b);
void build_hour(struct build *b);
void build_payment(struct build *b);
void build_staff(struct build *b);
void build_maintenance(struct build *b);
void build_setup(struct build *b);
void build_ruler(struct build *b);
void build_crosses(struct build *b);

#endif
