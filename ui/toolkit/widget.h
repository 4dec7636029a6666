#ifndef VT_UI_TOOLKIT_WIDGET_H
#define VT_UI_TOOLKIT_WIDGET_H

/* The few things every screen is made of, with the sizes of UI.md §6. Compositions of one screen
 * (cards, banners, CURP boxes, the dock) belong to ui/screens. */

#include "ui/toolkit/ui.h"

/* A text. fg COLOR_NONE = COLOR_TEXT. */
struct node *widget_text(struct ui *ui, enum type_role type, enum color fg, const char *text);
/* A heading with a role. */
struct node *widget_heading(struct ui *ui, enum type_role type, enum color fg, const char *text);
struct node *widget_icon(
	struct ui *ui, const char *icon, enum icon_style style, int size, enum color fg);
/* Takes weight shares of the room that is left. */
void widget_spacer(struct ui *ui, int weight);
/* Horizontal hairline of the parent's width. */
void widget_line(struct ui *ui, enum color color);

enum button_kind {
	BUTTON_PRIMARY,	  /* filled */
	BUTTON_SECONDARY, /* outlined */
	BUTTON_TINT,	  /* "Cambiar": tinted, 84 high */
	BUTTON_DANGER	  /* outlined in the error colour */
};
struct button {
	enum button_kind kind;
	const char *id, *label, *action, *arg;
	const char *icon;	/* before the label, NULL = none */
	const char *icon_after; /* after the label, NULL = none */
	const char *name;	/* spoken name, NULL = label */
	const char *description;
	struct length width; /* zero = fit */
	int min_height;	     /* 0 = 104 (84 for tint) */
	int dense;	     /* 0 … 3: less padding, lower, down to 13 mm */
	bool disabled;
};
struct node *widget_button(struct ui *ui, const struct button *button);

/* A key of an on-screen keyboard: a character, or an icon with a word. */
struct key {
	const char *id, *label, *arg; /* label NULL = the icon alone, then with a name */
	const char *action;	      /* NULL = "key" */
	const char *name;	      /* spoken: "ene", NULL = label */
	const char *icon;
	struct length width;	      /* zero = 85 units */
	int height;		      /* 0 = 92 units */
	bool disabled, repeats, wide; /* wide: label in TYPE_KEY_WORD */
	bool dot; /* the middle of a number pad: a bar below the label, where there is room */
};
struct node *widget_key(struct ui *ui, const struct key *key);

#endif
