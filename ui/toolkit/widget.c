#include "ui/toolkit/widget.h"

struct node *widget_text(struct ui *ui, enum type_role type, enum color fg, const char *text)
{
	return node_add(ui, &(struct node_spec){.text = text, .type = type, .fg = fg});
}

struct node *widget_heading(struct ui *ui, enum type_role type, enum color fg, const char *text)
{
	return node_add(ui,
		&(struct node_spec){.text = text, .type = type, .fg = fg, .role = ROLE_HEADING});
}

struct node *widget_icon(
	struct ui *ui, const char *icon, enum icon_style style, int size, enum color fg)
{
	return node_add(ui, &(struct node_spec){.icon = icon,
				    .icon_style = style,
				    .icon_size = size,
				    .icon_grows = true,
				    .fg = fg});
}

void widget_spacer(struct ui *ui, int weight)
{
	node_add(ui,
		&(struct node_spec){.width = length_fill(weight), .height = length_fill(weight)});
}

void widget_line(struct ui *ui, enum color color)
{
	node_add(ui, &(struct node_spec){
			     .width = length_fill(1), .height = length_units(2), .fill = color});
}

/* Colours of a button. */
struct dress {
	enum color fill, border, fg;
	int shadow;
};

static struct dress dress_button(const struct button *b)
{
	if (b->disabled)
		return (struct dress){COLOR_DISABLED_BG, COLOR_LINE, COLOR_DISABLED, 0};
	switch (b->kind) {
	case BUTTON_PRIMARY:
		return (struct dress){COLOR_ACTION, COLOR_NONE, COLOR_ON_ACTION, 1};
	case BUTTON_SECONDARY:
		return (struct dress){COLOR_SURFACE, COLOR_ACTION, COLOR_ACTION_TEXT, 0};
	case BUTTON_TINT:
		return (struct dress){COLOR_TINT, COLOR_NONE, COLOR_ACTION_TEXT, 0};
	case BUTTON_DANGER:
		return (struct dress){COLOR_SURFACE, COLOR_ERROR, COLOR_ERROR, 0};
	}
	return (struct dress){0};
}

static bool is_plain(const struct ui *ui, enum color a, enum color b)
{
	return ui_palette(ui)->argb[a] == ui_palette(ui)->argb[b];
}

/* Letters reach beyond the box of their line: g below, J and W to the sides. What is around the
 * words of a button keeps off those as well. */
#define OVERHANG_Y 2
#define OVERHANG_X 2
#define KEY_RADIUS 14

struct node *widget_button(struct ui *ui, const struct button *b)
{
	static const int heights[] = {104, 84, 66, 54}, tint_heights[] = {84, 81, 60, 54};
	static const int pads_x[] = {36, 26, 18, 12}, pads_y[] = {16, 10, 6, 3};
	bool is_tint = b->kind == BUTTON_TINT;
	struct dress dress = dress_button(b);
	int dense = b->dense > 0 && b->dense < 4 ? b->dense : 0;
	int least = b->min_height > 0 ? b->min_height : (is_tint ? tint_heights : heights)[dense];
	int tail = dense > 0 ? OVERHANG_Y : 0; /* the roomy ones have air enough */
	int pad_x = is_tint ? pads_x[dense] * 7 / 9 : pads_x[dense];

	/* Where a theme has no tints an edge must tell that this is a button. */
	if (dress.border == COLOR_NONE && is_plain(ui, dress.fill, COLOR_SURFACE))
		dress.border = COLOR_CONTROL;
	struct node *node = node_begin(ui, &(struct node_spec){
						   .layout = LAYOUT_ROW,
						   .width = b->width,
						   .min_height = least,
						   .min_width = least,
						   .pad = insets_xy(pad_x, pads_y[dense]),
						   .gap = dense >= 2 ? 8
							  : is_tint  ? 12
								     : 20,
						   .main = ALIGN_CENTER,
						   .cross = ALIGN_CENTER,
						   .fill = dress.fill,
						   .border = dress.border,
						   .border_width = ui_palette(ui)->border_control,
						   .radius = is_tint ? 16 : 20,
						   .shadow = dress.shadow,
						   .role = ROLE_BUTTON,
						   .id = b->id,
						   .name = b->name ? b->name : b->label,
						   .description = b->description,
						   .action = b->action,
						   .arg = b->arg,
						   .states = b->disabled ? STATE_DISABLED : 0,
					   });
	int icon_size = is_tint ? 34 : 40;
	if (b->icon)
		widget_icon(ui, b->icon, ICON_BOLD, icon_size, dress.fg);
	if (b->label)
		node_add(ui, &(struct node_spec){.text = b->label,
				     .type = is_tint ? TYPE_BODY_STRONG : TYPE_BUTTON,
				     .fg = dress.fg,
				     .pad = {tail, 0, tail, 0},
				     .text_align = TEXT_CENTER});
	if (b->icon_after)
		widget_icon(ui, b->icon_after, ICON_BOLD, icon_size, dress.fg);
	node_end(ui);
	return node;
}

/* Lower keys have no room below their label. */
#define DOT_HEIGHT 92

/* Corners would touch the label. */
static bool is_narrow(struct ui *ui, const struct key *key)
{
	return key->wide && key->label && key->width.kind == LENGTH_FIXED &&
	       ui_text_width(ui, TYPE_KEY_WORD, key->label) + 2 * KEY_RADIUS > key->width.value;
}

/* Around the label of a key whose edge takes this much on each side: as much as there is room for.
 * The face of the text has a J that goes below its line, that of the titles has not. */
static struct insets key_air(struct ui *ui, const struct key *key, enum type_role type, int edge)
{
	int width = key->width.value, x, y;

	if (!key->label || key->icon || key->dot || key->width.kind != LENGTH_FIXED)
		return (struct insets){0};
	x = (width - 2 * edge - ui_text_width(ui, type, key->label)) / 2;
	y = key->wide ? (key->height - 2 * edge - ui_text_height(ui, type, key->label, width)) / 2
		      : 0;
	x = x < 0 ? 0 : x < OVERHANG_X ? x : OVERHANG_X;
	y = y < 0 ? 0 : y < OVERHANG_Y ? y : OVERHANG_Y;
	return insets_xy(x, y);
}

struct node *widget_key(struct ui *ui, const struct key *key)
{
	enum color fg = key->disabled ? COLOR_DISABLED : key->wide ? COLOR_ACTION_TEXT : COLOR_TEXT;
	bool needs_edge = is_plain(ui, COLOR_SURFACE, COLOR_SURFACE2);
	enum type_role type = key->wide ? TYPE_KEY_WORD : TYPE_KEY;
	/* A narrow one has a thin edge and small corners. */
	int border = key->disabled || is_narrow(ui, key) ? 2 : 3;
	struct insets air = key_air(ui, key, type, border + 2);
	struct node *node = node_begin(
		ui, &(struct node_spec){
			    .layout = LAYOUT_ROW,
			    .width = key->width.kind == LENGTH_FIT ? length_units(85) : key->width,
			    .height = length_units(key->height > 0 ? key->height : 92),
			    .gap = 12,
			    .main = ALIGN_CENTER,
			    .cross = ALIGN_CENTER,
			    .fill = key->disabled ? COLOR_DISABLED_BG : COLOR_SURFACE,
			    .border = needs_edge ? (key->disabled ? COLOR_DISABLED : COLOR_CONTROL)
						 : COLOR_NONE,
			    .border_width = border,
			    .radius = is_narrow(ui, key) ? 6 : KEY_RADIUS,
			    .shadow = key->disabled ? 0 : 1,
			    .role = ROLE_KEY,
			    .id = key->id,
			    .name = key->name ? key->name : key->label,
			    .action = key->action ? key->action : "key",
			    .arg = key->arg,
			    .states = key->disabled ? STATE_DISABLED : 0,
			    .repeats = key->repeats,
		    });
	/* On a low key it keeps its size. */
	if (key->icon)
		node_add(ui,
			&(struct node_spec){.icon = key->icon,
				.icon_style = ICON_BOLD,
				.icon_size = 38,
				.icon_grows = key->label && (key->height == 0 || key->height > 80),
				.fg = fg});
	if (key->dot && key->height >= DOT_HEIGHT)
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .cross = ALIGN_CENTER});
	if (key->label)
		node_add(ui, &(struct node_spec){
				     .text = key->label, .type = type, .pad = air, .fg = fg});
	if (key->dot && key->height >= DOT_HEIGHT) {
		node_add(ui, &(struct node_spec){.width = length_units(26),
				     .height = length_units(6),
				     .fill = fg,
				     .radius = 3});
		node_end(ui);
	}
	node_end(ui);
	return node;
}
