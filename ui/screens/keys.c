#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* The on-screen keyboards as nodes. How large a key is follows from the panel and the room: 20 mm
 * and more on the reference panel, never under 13 mm. Where even four rows of those have no place
 * the rows stand on pages of two, with "Delete" and "More keys" beside them on each. */

#define KEY_GAP	      11 /* 2.7 mm; 10 would be 2.48 */
#define KEY_MAX_WIDTH 85
#define PAD_MAX_WIDTH 270
#define ROWS_A_PAGE   2
#define NARROW_KEY    68
#define NARROW_SIDE   8
#define NARROW_PAD    5 /* border and air */

struct keys {
	const struct keyboard *keyboard;
	bool is_pad;
	int width, height; /* of one key */
	int pad_x, pad_y;  /* around all */
	bool is_paged;
	bool is_narrow; /* the W of the titles' face would touch the edge */
};

static struct keys keys_measure(struct build *b, enum keyboard_layout layout)
{
	static const int heights[ROOM_COUNT] = {92, 81, 64, 54};
	static const int pad_heights[ROOM_COUNT] = {110, 92, 70, 54};
	static const int beside_widths[ROOM_COUNT] = {180, 150, 120, 100};
	static const int pads_x[ROOM_COUNT] = {17, 12, 8, 6}, pads_y[ROOM_COUNT] = {16, 12, 8, 6};
	struct keys k = {.keyboard = b->model->settings.switches != 0 ? keyboard_get_scan(layout)
								      : keyboard_get(layout),
		.is_pad = keyboard_is_pad(layout)};
	int columns, line, room = ui_width(b->ui), side = b->room == ROOM_AMPLE ? 34 : b->margin;

	k.pad_x = pads_x[b->room];
	k.pad_y = pads_y[b->room];
	k.is_paged = !k.is_pad && b->room == ROOM_LEAST && !b->keyboard_beside;
	k.height = (k.is_pad ? pad_heights : heights)[b->room];
	line = ui_text_height(b->ui, TYPE_KEY, "0", KEY_MAX_WIDTH) + 2 * 5;
	if (k.height < line)
		k.height = line;
	columns = k.keyboard->columns + (k.is_paged ? 1 : 0);
	/* Beside the content it leaves the content nearly half of the width. */
	if (b->keyboard_beside)
		room = room * (b->room == ROOM_AMPLE ? 58 : 54) / 100;
	room -= 2 * k.pad_x + (columns - 1) * KEY_GAP;
	/* Where keys are narrow they may come nearer to the edge than the words do. */
	if (!k.is_pad && (room - 2 * side) / columns < NARROW_KEY && side > NARROW_SIDE)
		side = NARROW_SIDE;
	if (side == NARROW_SIDE) {
		room += 2 * (k.pad_x - NARROW_PAD);
		k.pad_x = NARROW_PAD;
	}
	room -= 2 * side;
	k.width = k.is_pad ? PAD_MAX_WIDTH : KEY_MAX_WIDTH;
	if (room / columns < k.width)
		k.width = room / columns;
	k.is_narrow = k.width < NARROW_KEY ||
		      ui_text_width(b->ui, TYPE_KEY, "W") + 4 * NARROW_PAD > k.width;
	if (k.is_pad && b->keyboard_beside)
		k.width = beside_widths[b->room];
	return k;
}

static int keys_width(const struct keys *k)
{
	int columns = k->keyboard->columns + (k->is_paged ? 1 : 0);

	return columns * k->width + (columns - 1) * KEY_GAP + 2 * k->pad_x;
}

static const char *key_label(const struct keyboard_key *key)
{
	switch (key->kind) {
	case KEY_CHAR:
		return key->text;
	case KEY_ACCENT:
		return "´";
	case KEY_SPACE:
		return _("Space");
	case KEY_DELETE:
		return _("Delete");
	case KEY_CLEAR:
		return _("Clear");
	}
	return "";
}

/* What speech and tests call a key whose label is a mark. */
static const char *key_name(const struct keyboard_key *key)
{
	if (key->kind == KEY_ACCENT)
		return _("Accent");
	if (key->kind == KEY_CHAR && strcmp(key->text, "ꞌ") == 0)
		return _("Saltillo");
	if (key->kind != KEY_CHAR || key->text[1] != '\0')
		return NULL;
	switch (key->text[0]) {
	case '\'':
		return _("Apostrophe");
	case '-':
		return _("Hyphen");
	case '.':
		return _("Point");
	case '/':
		return _("Slash");
	case '@':
		return _("At sign");
	case '&':
		return _("Ampersand");
	case '_':
		return _("Underscore");
	default:
		return NULL;
	}
}

static void key_build(struct build *b, const struct keys *k, const struct keyboard_key *key)
{
	struct ui *ui = b->ui;
	const struct entry *entry = &b->view->entry;
	int width = key->columns * k->width + (key->columns - 1) * KEY_GAP;
	const char *label = key_label(key), *accented;
	bool fits, is_wide = key->columns > 1 || key->kind == KEY_DELETE || key->kind == KEY_CLEAR;
	bool is_word_out, has_sign = key->kind == KEY_DELETE || key->kind == KEY_CLEAR;

	fits = ui_text_width(ui, TYPE_KEY_WORD, label) + part_grown(b, 38) + 12 + 16 <= width;
	/* A narrow key shows the sign alone; its name is spoken all the same. */
	is_word_out = has_sign && ui_text_width(ui, TYPE_KEY_WORD, label) + 12 > width;
	if (entry->accent && key->kind == KEY_CHAR &&
		(accented = keyboard_accented(key->text)) != NULL)
		label = accented;
	widget_key(ui, &(struct key){
			       .id = node_text(ui, "key-%s", keyboard_key_id(key)),
			       .label = is_word_out ? NULL : label,
			       .name = is_word_out ? label : key_name(key),
			       .arg = keyboard_key_id(key),
			       .icon = !has_sign || (!fits && !is_word_out) ? NULL
				       : key->kind == KEY_DELETE	    ? "backspace"
				       : is_word_out			    ? "x"
									    : NULL,
			       .width = length_units(width),
			       .height = k->height,
			       .disabled = !entry_allows(entry, key),
			       .repeats = key->kind == KEY_DELETE,
			       .dot = k->is_pad && strcmp(label, "5") == 0,
			       .wide = is_wide || k->is_narrow,
		       });
}

static void row_build(struct build *b, const struct keys *k, size_t row)
{
	for (size_t i = 0; i < k->keyboard->rows[row].count; i++) {
		const struct keyboard_key *key = &k->keyboard->rows[row].keys[i];

		/* On pages it stands at the end of the upper row. */
		if (!k->is_paged || key->kind != KEY_DELETE)
			key_build(b, k, key);
	}
}

/* Two rows, and at their ends what every page needs. */
static void page_build(struct build *b, const struct keys *k)
{
	static const struct keyboard_key erase = {KEY_DELETE, NULL, 1};
	struct ui *ui = b->ui;
	size_t pages = (k->keyboard->row_count + ROWS_A_PAGE - 1) / ROWS_A_PAGE;
	size_t first = (size_t)b->view->key_page % pages * ROWS_A_PAGE;

	for (size_t r = first; r < first + ROWS_A_PAGE; r++) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_fill(1),
				       .gap = KEY_GAP,
				       .main = ALIGN_BETWEEN});
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = KEY_GAP});
		if (r < k->keyboard->row_count)
			row_build(b, k, r);
		node_end(ui);
		if (r == first)
			key_build(b, k, &erase);
		else
			widget_key(ui, &(struct key){.id = "more-keys",
					       .name = _("More keys"),
					       .action = "keys",
					       .icon = "caret-down",
					       .width = length_units(k->width),
					       .height = k->height,
					       .wide = true});
		node_end(ui);
	}
}

/* A complete key of eighteen takes nothing more: of all the keys one is left. */
static bool is_complete(const struct build *b)
{
	return b->view->entry.type == FIELD_CURP &&
	       strlen(b->view->entry.text) == (size_t)b->view->entry.max_length;
}

static void erase_build(struct build *b, const struct keys *k)
{
	const struct keyboard_key erase = {KEY_DELETE, NULL, k->keyboard->columns};

	key_build(b, k, &erase);
}

static void board_build(struct build *b, const struct keys *k)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .self = ALIGN_CENTER,
			       .pad = insets_xy(k->pad_x, k->pad_y),
			       .gap = KEY_GAP,
			       .fill = COLOR_SURFACE2,
			       .border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			       .border_width = 2,
			       .radius = 24,
			       .role = ROLE_GROUP,
			       .name = _("Keyboard"),
			       .id = "keyboard"});
	if (k->is_paged && is_complete(b))
		erase_build(b, k);
	else if (k->is_paged)
		page_build(b, k);
	for (size_t r = 0; !k->is_paged && r < k->keyboard->row_count; r++) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = KEY_GAP});
		row_build(b, k, r);
		node_end(ui);
	}
	node_end(ui);
}

int part_keyboard_width(struct build *b)
{
	enum keyboard_layout layout;

	if (!entry_layout(&b->view->entry, &layout))
		return 0;
	struct keys k = keys_measure(b, layout);

	return keys_width(&k);
}

void part_keyboard(struct build *b)
{
	static const int belows[ROOM_COUNT] = {24, 14, 11, 6};
	struct ui *ui = b->ui;
	enum keyboard_layout layout;
	struct keys k;

	if (!entry_layout(&b->view->entry, &layout))
		return;
	k = keys_measure(b, layout);
	if (!b->keyboard_beside) {
		board_build(b, &k);
		node_add(ui, &(struct node_spec){.height = length_units(belows[b->room])});
		return;
	}
	node_begin(ui, &(struct node_spec){
			       .layout = LAYOUT_COLUMN, .pad = {0, b->margin, belows[b->room], 0}});
	board_build(b, &k);
	node_end(ui);
}
