#include "ui/screens/search.h"

#include <assert.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"
#include "ui/toolkit/icon_table.h"

#define QUERY_SIZE 128
#define ITEM_SIZE  512

/* Base letters of U+00C0 … U+017F. */
static const char bases[] =
	"aaaaaaaceeeeiiiidnooooo ouuuuyts"
	"aaaaaaaceeeeiiiidnooooo ouuuuyty"
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkk"
	"llllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static_assert(sizeof(bases) - 1 == 0x180 - 0xC0, "one base letter for each");

/* '\0' = nothing stands for it (a mark above or below), ' ' = it parts words. */
static char base_of(uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		return (char)(cp - 'A' + 'a');
	if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
		return (char)cp;
	if (cp >= 0xC0 && cp < 0x180)
		return bases[cp - 0xC0];
	if (cp == 0x197 || cp == 0x268) /* ɨ of Ñuu Savi and others */
		return 'i';
	if (cp == 0x244 || cp == 0x289)
		return 'u';
	/* Marks, and the saltillo inside words. */
	if ((cp >= 0x300 && cp < 0x370) || cp == 0xA78B || cp == 0xA78C || cp == 0x2BC)
		return '\0';
	return ' ';
}

void search_fold(char *dst, size_t size, const char *text)
{
	size_t length = 0;

	while (*text != '\0' && length + 1 < size) {
		const char base = base_of(vt_utf8_next(&text));

		if (base == '\0' || (base == ' ' && (length == 0 || dst[length - 1] == ' ')))
			continue;
		dst[length++] = base;
	}
	while (length > 0 && dst[length - 1] == ' ')
		length--;
	dst[length] = '\0';
}

static bool is_small_word(const char *word, size_t length)
{
	static const char *const words[] = {"a", "al", "de", "del", "el", "en", "la", "las", "lo",
		"los", "mi", "mis", "para", "por", "su", "un", "una", "y", "an", "for", "my", "of",
		"the", "to"};

	for (size_t i = 0; i < VT_ELEMENTS(words); i++)
		if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
			return true;
	return false;
}

/* Does a word of hay begin with these letters? */
static bool begins_a_word(const char *hay, const char *word, size_t length)
{
	for (const char *p = hay; *p != '\0'; p += strspn(p, " ")) {
		if (strncmp(p, word, length) == 0)
			return true;
		p += strcspn(p, " ");
	}
	return false;
}

/* All words of the folded query. A small word counts only where nothing else was written. */
static bool is_meant(const char *hay, const char *query)
{
	bool has_word = false, is_first = true;

	for (const char *p = query; *p != '\0'; p += strspn(p, " ")) {
		const size_t length = strcspn(p, " ");
		const bool is_last = p[length] == '\0';

		if (!is_small_word(p, length) || (is_first && is_last)) {
			has_word = true;
			if (!begins_a_word(hay, p, length))
				return false;
		}
		is_first = false;
		p += length;
	}
	return has_word;
}

size_t search_find(const struct screen_item *items, size_t count, const char *query,
	size_t ret_index[SCREEN_MAX_ITEMS])
{
	char words[QUERY_SIZE], name[ITEM_SIZE], all[ITEM_SIZE], text[ITEM_SIZE * 2];
	bool is_found[SCREEN_MAX_ITEMS] = {false};
	size_t found = 0;

	search_fold(words, sizeof(words), query);
	for (size_t i = 0; i < count && i < SCREEN_MAX_ITEMS; i++) {
		search_fold(name, sizeof(name), items[i].label);
		is_found[i] = is_meant(name, words);
		if (is_found[i])
			ret_index[found++] = i;
	}
	for (size_t i = 0; i < count && i < SCREEN_MAX_ITEMS; i++) {
		if (is_found[i] || !vt_format(text, sizeof(text), "%s %s %s %s", items[i].label,
					   items[i].detail2, items[i].keywords, items[i].detail))
			continue;
		search_fold(all, sizeof(all), text);
		if (is_meant(all, words))
			ret_index[found++] = i;
	}
	return found;
}

/* ---- the screen: a box, what it finds, the keyboard ---- */

static void query_box(struct build *b)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text;

	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_ROW,
			.width = length_fill(1),
			.min_height = part_target(b, 100),
			.pad = insets_xy(part_pad(b, 20) + 8, b->is_split ? 4 : part_pad(b, 8) + 6),
			.gap = 14,
			.cross = ALIGN_CENTER,
			.fill = COLOR_SURFACE,
			.border = COLOR_ACTION,
			.border_width = 5,
			.radius = 16,
			.role = ROLE_SEARCHBOX,
			.id = "field",
			.name = _("Search for a service"),
			.value = text,
			.editable = true});
	widget_icon(ui, "magnifying-glass", ICON_BOLD, 40, COLOR_ICON);
	if (text[0] != '\0')
		widget_text(ui, b->room > ROOM_SNUG ? TYPE_BODY_STRONG : TYPE_CARD_TITLE,
			COLOR_TEXT, text);
	node_add(ui, &(struct node_spec){.width = length_units(4),
			     .height = length_units(b->room > ROOM_SNUG ? 34 : 48),
			     .fill = COLOR_ACTION_TEXT,
			     .radius = 2});
	node_end(ui);
}

static void result(struct build *b, const struct screen_item *item)
{
	struct ui *ui = b->ui;
	const bool is_open = item->state == ITEM_AVAILABLE || item->state == ITEM_SELECTED;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 104),
			       .pad = part_insets(b, 20, 10),
			       .gap = 18,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_CONTROL,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 20,
			       .role = ROLE_BUTTON,
			       .states = is_open ? 0 : STATE_DISABLED,
			       .id = node_text(ui, "open-%s", item->id),
			       .action = is_open ? "open" : NULL,
			       .arg = item->id});
	if (b->room <= ROOM_SNUG)
		part_icon_box(b, icon_find(item->icon) != NULL ? item->icon : "file-text", 64,
			is_open ? COLOR_ICON : COLOR_TEXT2, is_open ? COLOR_TINT : COLOR_SURFACE2);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 2});
	widget_text(ui, TYPE_LABEL, COLOR_TEXT, item->label);
	if (!is_open)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, text_reason(item->reason, item->state));
	else if (item->detail2[0] != '\0' && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, item->detail2);
	node_end(ui);
	node_end(ui);
}

/* What to write, or what to try when nothing was found. */
static void words(struct build *b, const char *title, const char *text)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .gap = 4,
				  .role = ROLE_STATUS,
				  .id = "found"});
	if (title != NULL)
		widget_text(b->ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
	widget_text(b->ui, TYPE_BODY, COLOR_TEXT2, text);
	node_end(b->ui);
}

static void results(struct build *b)
{
	const struct screen_model *model = b->model;
	size_t index[SCREEN_MAX_ITEMS], count;

	count = search_find(model->items, model->item_count, b->view->entry.text, index);
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .gap = b->gutter > 16 ? 16 : 11,
				  .paged = true,
				  .page = b->view->page,
				  .id = "results"});
	if (b->view->entry.text[0] == '\0')
		words(b, NULL, _("Write what you need, for example: acta, beca, cita."));
	else if (count == 0)
		words(b, _("We found no service with that word"),
			_("Write another word or fewer letters, or see all the services."));
	for (size_t i = 0; i < count; i++)
		result(b, &model->items[index[i]]);
	part_pager(b, _("See more services"));
	node_end(b->ui);
}

/* Where keys and results do not stand on one screen the button says how many there are. */
static const char *results_label(struct build *b)
{
	const struct screen_model *model = b->model;
	const char *query = b->view->entry.text;
	size_t index[SCREEN_MAX_ITEMS];
	const size_t count = search_find(model->items, model->item_count, query, index);

	return query[0] == '\0' ? _("Read more") : node_text(b->ui, _("Results: %d"), (int)count);
}

void build_search(struct build *b)
{
	const struct header header = {
		.style = HEADER_KEYBOARD, .title = _("Search for a service"), .step = ""};

	struct actions actions = {.back = b->is_split ? _("Back") : _("See all the services"),
		.back_action = "search-end",
		.keyboard = true};

	frame_open(b, &header);
	if (frame_has_entry(b))
		query_box(b);
	if (frame_has_words(b))
		results(b);
	if (!frame_has_entry(b)) {
		actions.primary = _("Write");
		actions.primary_action = "write";
		actions.keyboard = false;
	} else if (b->is_split) {
		actions.primary = results_label(b);
		actions.primary_action = "read";
	}
	frame_close(b, &actions);
}

void part_search(struct build *b)
{
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "search",
			       .label = _("Search for a service"),
			       .action = "search",
			       .icon = "magnifying-glass",
			       .width = length_fill(1)});
}
