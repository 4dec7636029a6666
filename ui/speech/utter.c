#include "ui/speech/utter.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/limits.h"
#include "terminal/base/text.h"
#include "ui/screens/locale.h"
#include "ui/speech/spell.h"
#include "ui/toolkit/semantics.h"

const char *const utter_kind_names[UTTER_KIND_COUNT] = {[UTTER_TITLE] = "title",
	[UTTER_HINT] = "hint",
	[UTTER_ERROR] = "error",
	[UTTER_TEXT] = "text",
	[UTTER_FOCUS] = "focus",
	[UTTER_ECHO] = "echo",
	[UTTER_WARNING] = "warning",
	[UTTER_NOTICE] = "notice"};

/* ---- the list ---- */

void utter_clear(struct utterances *u)
{
	vt_wipe(u->text, u->used);
	u->count = u->used = 0;
	u->is_cut = false;
}

/* The question is the name of its box as well, and a title may stand in the contents: once is
 * enough. */
static bool is_title(const struct utterances *u, const char *text)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->list[i].kind == UTTER_TITLE && strcmp(utter_text(u, i), text) == 0)
			return true;
	return false;
}

static void add(struct utterances *u, enum utter_kind kind, bool personal, const char *lang,
	const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || ((kind == UTTER_FOCUS || kind == UTTER_TEXT) && is_title(u, text)))
		return;
	if (u->count == UTTER_MAX || length >= sizeof(u->text) - u->used) {
		u->is_cut = true;
		return;
	}
	struct utterance *one = &u->list[u->count++];
	*one = (struct utterance){.kind = kind, .personal = personal, .offset = (uint32_t)u->used};
	vt_copy_cut(one->lang, sizeof(one->lang), lang);
	memcpy(u->text + u->used, text, length + 1);
	u->used += length + 1;
}

/* What a language pack lacks is Spanish on the screen, and so it is said. */
static const char *lang_of(const char *lang, const char *text)
{
	return strcmp(lang, locale_get()) == 0 ? locale_lang_of(text) : lang;
}

void utter_add(struct utterances *u, enum utter_kind kind, bool personal, const char *lang,
	const char *text)
{
	add(u, kind, personal, lang_of(lang, text), text);
}

enum manner { AS_TEXT, AS_CHARACTERS };

/* Adds a text of the screen in the form in which it is said. */
static void add_spoken(struct utterances *u, enum utter_kind kind, bool personal, const char *lang,
	const char *text, enum manner manner)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf said;

	vt_buf_init(&said, UTTER_TEXT_BYTES);
	if (manner == AS_CHARACTERS && !strstr(text, "\xE2\x80\xA2"))
		spell_characters(&said, text);
	else
		spell_text(&said, text);
	if (said.failed)
		u->is_cut = true;
	else
		add(u, kind, personal, lang_of(lang, text), vt_buf_text(&said));
}

/* ---- the tree ---- */

const char *utter_lang(const struct ui *ui, const struct node *node)
{
	for (; node; node = node->parent)
		if (node->spec.lang && *node->spec.lang)
			return node->spec.lang;
	return ui_lang(ui);
}

bool utter_is_personal(const struct node *node)
{
	if (node->spec.personal)
		return true;
	for (const struct node *child = node->first_child; child; child = child->next)
		if (utter_is_personal(child))
			return true;
	return false;
}

static bool is_control(const struct node *node)
{
	return (node->spec.action && *node->spec.action) || node->spec.editable;
}

/* Parts of a screen that are met with the focus only: each of their controls speaks for itself. */
static bool is_apart(const struct node *node)
{
	return node->spec.role == ROLE_NAVIGATION || node->spec.role == ROLE_KEY ||
	       (node->spec.role == ROLE_GROUP && node->spec.id &&
		       (strcmp(node->spec.id, "keyboard") == 0 ||
			       strcmp(node->spec.id, "days") == 0));
}

/* To another month. At the end of what is offered it is no service that fails. */
static bool is_turn(const struct node *node)
{
	return node->parent && node->parent->spec.id &&
	       strcmp(node->parent->spec.id, "months") == 0;
}

static bool has_child_with_id(const struct node *node, const char *id)
{
	for (const struct node *child = node->first_child; child; child = child->next)
		if (child->spec.id && strcmp(child->spec.id, id) == 0)
			return true;
	return false;
}

/* A key cut into a word would be said as one: a CURP is spelled from its first letter on. */
static enum manner manner_of(const struct node *box)
{
	return box->spec.name && strcmp(box->spec.name, "CURP") == 0 ? AS_CHARACTERS : AS_TEXT;
}

/* A control with a heading in it is a screen of its own: attract. */
static bool has_heading(const struct node *node)
{
	for (const struct node *child = node->first_child; child; child = child->next)
		if (child->spec.role == ROLE_HEADING || has_heading(child))
			return true;
	return false;
}

struct gathering {
	struct ui *ui;
	struct utterances *u;
	enum utter_kind want; /* only this kind is taken: a round for each */
	bool has_title;
	bool any_heading; /* the screen has no title of its own: its first heading is */
	int unavailable;  /* buttons that cannot be used now: counted, not read */
};

static void take(struct gathering *g, enum utter_kind kind, const struct node *node,
	const char *text, bool personal)
{
	if (kind != g->want || !text)
		return;
	g->has_title |= kind == UTTER_TITLE;
	add_spoken(g->u, kind, personal, utter_lang(g->ui, node), text, AS_TEXT);
}

static enum utter_kind kind_inside(const struct node *node, enum utter_kind kind)
{
	if (node->spec.role == ROLE_ALERT)
		return UTTER_ERROR;
	if (node->spec.role == ROLE_BANNER)
		return UTTER_HINT;
	return node->spec.id && strcmp(node->spec.id, "hint") == 0 ? UTTER_HINT : kind;
}

static void gather(struct gathering *g, const struct node *node, enum utter_kind kind)
{
	const struct node_spec *spec = &node->spec;
	bool is_whole_screen = is_control(node) && has_heading(node);

	if (!node->hidden && spec->role == ROLE_BUTTON &&
		(!is_control(node) || spec->states & STATE_DISABLED)) {
		g->unavailable += is_turn(node) ? 0 : 1;
		return;
	}
	/* Brand and clock say nothing that helps. */
	if (node->hidden || is_apart(node) || (is_control(node) && !is_whole_screen) ||
		has_child_with_id(node, "clock"))
		return;
	if (g->any_heading && g->has_title)
		return;
	kind = kind_inside(node, kind);
	if (spec->role == ROLE_HEADING && kind != UTTER_ERROR) {
		bool as_title =
			kind == UTTER_HINT || ui_modal_root(g->ui)->spec.role == ROLE_ALERTDIALOG;
		take(g, as_title || g->any_heading ? UTTER_TITLE : UTTER_TEXT, node,
			semantics_name(g->ui, node), spec->personal);
		return;
	}
	/* A name that somebody gave speaks for what is inside. */
	if (spec->name && *spec->name &&
		(spec->role == ROLE_STATUS || spec->role == ROLE_TIMER || spec->role == ROLE_IMG ||
			spec->role == ROLE_PROGRESSBAR || spec->role == ROLE_NOTE ||
			spec->role == ROLE_ROW || spec->role == ROLE_LISTITEM)) {
		take(g, kind, node, spec->name, utter_is_personal(node));
		return;
	}
	if (spec->text)
		take(g, kind, node, spec->text, spec->personal);
	for (const struct node *child = node->first_child; child; child = child->next)
		gather(g, child, kind);
}

/* A round for one kind. */
static void gather_kind(
	struct ui *ui, const struct node *node, enum utter_kind kind, struct utterances *u)
{
	struct gathering g = {.ui = ui, .u = u, .want = kind};
	char text[128];

	gather(&g, node, UTTER_TEXT);
	if (kind == UTTER_TITLE && !g.has_title) {
		g.any_heading = true;
		gather(&g, node, UTTER_TEXT);
	}
	if (kind != UTTER_TEXT || g.unavailable == 0)
		return;
	(void)snprintf(text, sizeof(text),
		locale_plural("%d option is not available now", "%d options are not available now",
			(unsigned long)g.unavailable),
		g.unavailable);
	utter_add(u, UTTER_TEXT, false, ui_lang(ui), text);
}

void utter_subtree(struct ui *ui, const struct node *node, struct utterances *u)
{
	for (int kind = UTTER_TITLE; kind <= UTTER_TEXT; kind++)
		gather_kind(ui, node, (enum utter_kind)kind, u);
}

void utter_screen(struct ui *ui, struct utterances *u)
{
	const struct node *top = ui_modal_root(ui);

	if (top)
		utter_subtree(ui, top, u);
}

void utter_contents(struct ui *ui, struct utterances *u)
{
	const struct node *top = ui_modal_root(ui);

	if (top)
		gather_kind(ui, top, UTTER_TEXT, u);
}

/* ---- one node ---- */

static const char *role_word(const struct node *node)
{
	switch (node->spec.role) {
	case ROLE_BUTTON:
		return _("button");
	case ROLE_TEXTBOX:
		return _("text box");
	case ROLE_SEARCHBOX:
		return _("search box");
	case ROLE_RADIO:
		return _("option");
	case ROLE_CHECKBOX:
		return _("check box");
	case ROLE_TAB:
		return _("tab");
	case ROLE_KEY:
	case ROLE_NONE:
	case ROLE_SCREEN:
	case ROLE_BANNER:
	case ROLE_NAVIGATION:
	case ROLE_HEADING:
	case ROLE_RADIOGROUP:
	case ROLE_GROUP:
	case ROLE_ALERT:
	case ROLE_STATUS:
	case ROLE_NOTE:
	case ROLE_ALERTDIALOG:
	case ROLE_TIMER:
	case ROLE_PROGRESSBAR:
	case ROLE_IMG:
	case ROLE_ROW:
	case ROLE_LIST:
	case ROLE_LISTITEM:
	case ROLE_TABLIST:
	case ROLE_KIND_COUNT:
		break;
	}
	return NULL;
}

void utter_states(struct ui *ui, const struct node *node, struct utterances *u)
{
	unsigned states = node->spec.states;
	const char *word = NULL;

	if (node->spec.role == ROLE_CHECKBOX)
		word = states & STATE_CHECKED ? _("ticked") : _("not ticked");
	else if (node->spec.role == ROLE_RADIO || node->spec.role == ROLE_TAB)
		word = states & (STATE_CHECKED | STATE_CURRENT) ? _("chosen") : NULL;
	if (word)
		utter_add(u, UTTER_FOCUS, false, ui_lang(ui), word);
	if (states & STATE_DISABLED)
		utter_add(u, UTTER_FOCUS, false, ui_lang(ui), _("not available"));
	if (states & STATE_INVALID)
		utter_add(u, UTTER_FOCUS, false, ui_lang(ui), _("to be corrected"));
}

/* A key of a keyboard is said by the name of its letter. Beside a personal field the way to a key
 * would tell what is typed with it. */
static void add_key(struct ui *ui, const struct node *key, struct utterances *u)
{
	const struct node *field = ui_find(ui, "field");
	const char *name = semantics_name(ui, key);
	bool personal = (field && utter_is_personal(field)) || utter_is_personal(key);
	bool is_character = vt_utf8_length(name) == 1;

	add_spoken(u, UTTER_FOCUS, personal && is_character, ui_lang(ui), name,
		is_character ? AS_CHARACTERS : AS_TEXT);
	utter_states(ui, key, u);
}

void utter_node(struct ui *ui, const struct node *node, bool with_description, struct utterances *u)
{
	const struct node_spec *spec = &node->spec;
	const char *word = role_word(node), *lang = utter_lang(ui, node);
	bool is_box = spec->role == ROLE_TEXTBOX || spec->role == ROLE_SEARCHBOX;

	if (spec->role == ROLE_KEY) {
		add_key(ui, node, u);
		return;
	}
	add_spoken(u, UTTER_FOCUS, !is_box && utter_is_personal(node), lang,
		semantics_name(ui, node), AS_TEXT);
	if (word)
		utter_add(u, UTTER_FOCUS, false, ui_lang(ui), word);
	if (spec->value && *spec->value)
		add_spoken(u, UTTER_FOCUS, spec->personal, lang, spec->value, manner_of(node));
	else if (is_box)
		utter_add(u, UTTER_FOCUS, false, ui_lang(ui), _("empty"));
	utter_states(ui, node, u);
	if (with_description && spec->description && *spec->description)
		add_spoken(u, UTTER_FOCUS, false, lang, spec->description, AS_TEXT);
}

/* ---- echo ---- */

/* The whole key, or all but its blanks: those come with the last character of a CURP. */
static void keep_typed(struct vt_buf *out, const char *value, bool blanks_count)
{
	vt_buf_init(out, VT_MAX_VALUE);
	for (; *value; value++)
		if (blanks_count || *value != ' ')
			vt_buf_append_byte(out, (uint8_t)*value);
}

void utter_echo(const struct node *box, const char *before, const char *after, const char *lang,
	struct utterances *u)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf said;
	VT_CLEANUP(vt_buf_finish) struct vt_buf old;
	VT_CLEANUP(vt_buf_finish) struct vt_buf new;
	bool blanks_count = manner_of(box) != AS_CHARACTERS;
	size_t kept = 0;

	vt_buf_init(&said, UTTER_TEXT_BYTES);
	keep_typed(&old, before, blanks_count);
	keep_typed(&new, after, blanks_count);
	before = vt_buf_text(&old);
	after = vt_buf_text(&new);
	while (before[kept] && before[kept] == after[kept])
		kept++;
	while (kept > 0 && ((unsigned char)after[kept] & 0xC0) == 0x80)
		kept--;
	const char *grown = after + kept;
	if (before[kept] == '\0' && *grown == '\0')
		return;
	if (new.length < old.length) {
		utter_add(u, UTTER_ECHO, false, lang, _("deleted"));
		return;
	}
	if (vt_utf8_length(grown) == 1)
		spell_character(&said, vt_utf8_next(&grown));
	else
		spell_characters(&said, grown);
	if (!said.failed)
		utter_add(u, UTTER_ECHO, box->spec.personal, lang, vt_buf_text(&said));
}

/* ---- where one lands ---- */

static bool can_land(const struct node *node)
{
	return !node->hidden && node->spec.id && !node->spec.no_focus && is_control(node) &&
	       !(node->spec.states & STATE_DISABLED);
}

/* The first control below node in the order of reading; one that is wrong goes first. */
static const struct node *first_below(const struct node *node, const struct node *first)
{
	if (node->hidden || (first && first->spec.states & STATE_INVALID))
		return first;
	/* Another month is asked for when none of these days will do. */
	if (is_turn(node))
		return first;
	if (can_land(node) && (!first || node->spec.states & STATE_INVALID))
		first = node;
	for (const struct node *child = node->first_child; child; child = child->next)
		first = first_below(child, first);
	return first;
}

const struct node *utter_first_focus(const struct ui *ui)
{
	const struct node *top = ui_modal_root(ui), *content = ui_find(ui, "content"),
			  *primary = ui_find(ui, "primary"), *first = NULL;
	bool is_dialogue = top && top->spec.states & STATE_MODAL;

	if (content && !is_dialogue)
		first = first_below(content, NULL);
	if (!first && primary && !is_dialogue && can_land(primary))
		first = primary;
	return first || !top ? first : first_below(top, NULL);
}
