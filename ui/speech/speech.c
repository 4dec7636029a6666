#include "ui/speech/speech.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "ui/screens/locale.h"
#include "ui/toolkit/hash.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/semantics.h"

const char *const earcon_names[EARCON_COUNT] = {[EARCON_CLICK] = "click",
	[EARCON_SUCCESS] = "success",
	[EARCON_ERROR] = "error",
	[EARCON_CHIME] = "chime",
	[EARCON_CLOSE] = "close"};

/* Seconds of the warning at which it is spoken again (UI.md §7). */
static const int warning_steps[] = {45, 20, 10};
/* Boxes one types into, on one screen: a date has three. */
#define MAX_BOXES  4
#define MAX_NOTICE 24 /* nodes whose change is told */
#define MAX_ORDERS 8

struct box {
	uint64_t key;
	char value[VT_MAX_VALUE];
};
struct told {
	uint64_t key, hash;
};

struct speech {
	bool has_headphones, is_on, is_paused;
	bool came_by_plug;  /* speech was switched on by the plug, not by the person */
	bool declined;	    /* the person switched it off with the plug in */
	bool wants, wished; /* core should hear wish */
	bool wish;
	bool setting;	       /* what core's settings say … */
	bool is_setting_stale; /* … and that core was asked to take it back */
	int rate, volume;
	int64_t next_id;
	int64_t saying;	      /* id of the SAY that is out; 0 = none */
	size_t at;	      /* next utterance of the list */
	bool has_greeted;     /* how the keys work was said */
	bool is_told_private; /* the notice about personal data was said in this list */
	struct utterances list;

	/* what was seen last */
	int64_t place;
	bool in_session, was_seen;
	char lang[16];
	char focus[VT_MAX_ID * 2];
	uint64_t focus_hash; /* states of the focused node */
	uint64_t modal;
	int warning_s;
	bool turned_page;
	size_t box_count;
	struct box boxes[MAX_BOXES];
	size_t told_count;
	struct told told[MAX_NOTICE];

	size_t order_count;
	struct speech_order orders[MAX_ORDERS]; /* all but SAY */
};

struct speech *speech_create(void)
{
	struct speech *speech = calloc(1, sizeof(*speech));

	if (speech) {
		speech->rate = SPEECH_RATE_DEFAULT;
		speech->volume = SPEECH_VOLUME_DEFAULT;
	}
	return speech;
}

void speech_destroy(struct speech **speech)
{
	if (!*speech)
		return;
	vt_wipe(*speech, sizeof(**speech));
	free(*speech);
	*speech = NULL;
}

static void speech_check(const struct speech *speech)
{
	VT_ASSERT(speech->at <= speech->list.count);
	VT_ASSERT(speech->is_on || speech->saying == 0);
	VT_ASSERT(!speech->is_paused || speech->is_on);
}

/* ---- orders ---- */

static void order(struct speech *speech, enum speech_order_kind kind, enum earcon earcon)
{
	/* A full list loses sounds only: STOP and FORGET always find room, being at most one each.
	 */
	if (speech->order_count == MAX_ORDERS) {
		if (kind == SPEECH_EARCON)
			return;
		speech->order_count--;
	}
	speech->orders[speech->order_count++] = (struct speech_order){.kind = kind,
		.earcon = earcon,
		.headphones = speech->has_headphones,
		.volume = speech->volume};
}

static void play(struct speech *speech, enum earcon earcon)
{
	order(speech, SPEECH_EARCON, earcon);
}

void speech_tone(struct speech *speech, int side, bool to_headphones)
{
	if (speech->order_count == MAX_ORDERS)
		return;
	speech->orders[speech->order_count++] = (struct speech_order){.kind = SPEECH_TONE,
		.earcon = EARCON_COUNT,
		.side = side,
		.headphones = to_headphones,
		.volume = SPEECH_VOLUME_DEFAULT};
}

/* Ends what is being said and drops what was to follow; the list stays, for repeating. */
static void silence(struct speech *speech)
{
	if (speech->saying != 0 || speech->is_paused)
		order(speech, SPEECH_STOP, EARCON_COUNT);
	speech->saying = 0;
	speech->is_paused = false;
	speech->at = speech->list.count;
}

/* A new list: what was there is neither said nor kept. */
static void start_list(struct speech *speech)
{
	silence(speech);
	utter_clear(&speech->list);
	speech->at = 0;
	speech->is_told_private = false;
}

/* More for the list that is being said. */
static void continue_list(struct speech *speech)
{
	/* What has been said is not needed for repeating the last thing. */
	if (speech->at == speech->list.count && speech->saying == 0)
		start_list(speech);
}

static void private_instead(struct speech *speech, struct speech_order *ret)
{
	bool is_echo = ret->utter == UTTER_ECHO;
	const char *text = is_echo ? _("Asterisk")
			   : speech->is_told_private
				   ? ""
				   : _("These are personal data. Plug in headphones to hear them.");

	speech->is_told_private |= !is_echo;
	vt_wipe(ret->text, sizeof(ret->text));
	vt_copy_cut(ret->text, sizeof(ret->text), text);
	vt_copy_cut(ret->lang, sizeof(ret->lang), locale_get());
	ret->personal = false;
	ret->utter = is_echo ? UTTER_ECHO : UTTER_NOTICE;
}

bool speech_take_order(struct speech *speech, struct speech_order *ret)
{
	if (speech->order_count > 0) {
		*ret = speech->orders[0];
		speech->order_count--;
		memmove(&speech->orders[0], &speech->orders[1],
			speech->order_count * sizeof(speech->orders[0]));
		return true;
	}
	while (speech->is_on && !speech->is_paused && speech->saying == 0 &&
		speech->at < speech->list.count) {
		const struct utterance *u = &speech->list.list[speech->at];

		*ret = (struct speech_order){.kind = SPEECH_SAY,
			.id = ++speech->next_id,
			.utter = u->kind,
			.personal = u->personal,
			.headphones = speech->has_headphones,
			.rate = speech->rate,
			.volume = speech->volume,
			.earcon = EARCON_COUNT};
		vt_copy_cut(ret->lang, sizeof(ret->lang), u->lang);
		vt_copy_cut(ret->in_use, sizeof(ret->in_use), locale_get());
		vt_copy_cut(ret->text, sizeof(ret->text), utter_text(&speech->list, speech->at));
		speech->at++;
		if (ret->personal && !speech->has_headphones)
			private_instead(speech, ret);
		if (ret->text[0] == '\0')
			continue;
		const char *spanish = locale_spanish_of(ret->text);
		vt_copy_cut(ret->spanish, sizeof(ret->spanish), spanish ? spanish : "");
		VT_ASSERT(!ret->personal || ret->headphones);
		speech->saying = ret->id;
		speech_check(speech);
		return true;
	}
	return false;
}

void speech_said(struct speech *speech, int64_t id)
{
	/* What was stopped meanwhile answers for nobody. */
	if (id == speech->saying)
		speech->saying = 0;
}

/* ---- on and off ---- */

static void forget_seen(struct speech *speech)
{
	vt_wipe(speech->boxes, sizeof(speech->boxes));
	speech->box_count = speech->told_count = 0;
	speech->focus[0] = '\0';
	speech->was_seen = false;
}

/* The only place where is_on changes. */
static void set_on(struct speech *speech, bool is_on)
{
	if (is_on == speech->is_on)
		return;
	if (!is_on) {
		start_list(speech);
		forget_seen(speech);
		speech->has_greeted = false;
	}
	speech->is_on = is_on;
	speech_check(speech);
}

static void settle(struct speech *speech)
{
	set_on(speech, speech->setting || (speech->has_headphones && !speech->declined));
}

void speech_set_headphones(struct speech *speech, bool are_in)
{
	if (are_in == speech->has_headphones)
		return;
	/* At once: not one more syllable for the room. */
	if (!are_in)
		silence(speech);
	speech->has_headphones = are_in;
	speech->declined = false;
	speech->wished = false;
	if (!are_in && speech->came_by_plug) {
		speech->came_by_plug = false;
		speech->wants = speech->is_setting_stale = speech->setting;
		speech->wish = false;
		speech->setting = false;
	}
	settle(speech);
}

bool speech_take_wish(struct speech *speech, bool *ret_on)
{
	if (speech->has_headphones && speech->is_on && speech->in_session && !speech->setting &&
		!speech->wished) {
		speech->wants = speech->wish = speech->came_by_plug = true;
	}
	if (!speech->wants)
		return false;
	speech->wants = false;
	speech->wished = true;
	*ret_on = speech->wish;
	return true;
}

bool speech_is_on(const struct speech *speech)
{
	return speech->is_on;
}

bool speech_is_speaking(const struct speech *speech)
{
	return speech->saying != 0 || (speech->is_on && speech->at < speech->list.count);
}

bool speech_has_headphones(const struct speech *speech)
{
	return speech->has_headphones;
}

/* ---- the person ---- */

void speech_interrupt(struct speech *speech)
{
	silence(speech);
}

void speech_acted(struct speech *speech, const char *action)
{
	if (strcmp(action, "key") == 0)
		play(speech, EARCON_CLICK);
	else if (strcmp(action, "page") == 0)
		speech->turned_page = true;
}

void speech_repeat(struct speech *speech)
{
	silence(speech);
	speech->at = 0;
	speech->is_told_private = false;
}

void speech_toggle_pause(struct speech *speech)
{
	if (!speech_is_speaking(speech))
		return;
	speech->is_paused = !speech->is_paused;
	order(speech, speech->is_paused ? SPEECH_PAUSE : SPEECH_RESUME, EARCON_COUNT);
}

void speech_where(struct speech *speech, struct ui *ui)
{
	const struct node *node = ui_find(ui, input_focus(ui));

	start_list(speech);
	utter_screen(ui, &speech->list);
	for (size_t i = 0; i < speech->list.count; i++)
		if (speech->list.list[i].kind != UTTER_TITLE)
			speech->list.count = i;
	if (node)
		utter_node(ui, node, true, &speech->list);
}

void speech_explore(struct speech *speech, struct ui *ui, const struct node *node)
{
	start_list(speech);
	utter_node(ui, node, false, &speech->list);
}

void speech_notice(struct speech *speech, const char *text)
{
	start_list(speech);
	utter_add(&speech->list, UTTER_NOTICE, false, locale_get(), text);
}

/* ---- what a frame changed ---- */

/* Words of a node that are nobody's in particular. */
static uint64_t public_hash(uint64_t hash, const struct node *node)
{
	if (node->hidden || node->spec.role == ROLE_TIMER)
		return hash;
	if (node->spec.text && !node->spec.personal)
		hash = hash_text(hash, node->spec.text);
	for (const struct node *child = node->first_child; child; child = child->next)
		hash = public_hash(hash, child);
	return hash;
}

static uint64_t control_hash(const struct node *node)
{
	return hash_u64(HASH_START, node->spec.states);
}

static struct told *told_of(struct speech *speech, uint64_t key)
{
	for (size_t i = 0; i < speech->told_count; i++)
		if (speech->told[i].key == key)
			return &speech->told[i];
	if (speech->told_count == MAX_NOTICE)
		return NULL;
	speech->told[speech->told_count] = (struct told){.key = key};
	return &speech->told[speech->told_count++];
}

/* Alerts and statuses that say something new; speaks them if say. True if an alert did. */
static bool see_news(struct speech *speech, struct ui *ui, const struct node *node, bool say)
{
	bool is_alert = node->spec.role == ROLE_ALERT, is_news = false;

	if (node->hidden)
		return false;
	if (is_alert || node->spec.role == ROLE_STATUS) {
		struct told *told = told_of(speech, node->key);
		uint64_t hash = public_hash(HASH_START, node);
		if (!told || told->hash == hash)
			return false;
		told->hash = hash;
		if (say && is_alert)
			start_list(speech);
		else if (say)
			continue_list(speech);
		if (say)
			utter_subtree(ui, node, &speech->list);
		return is_alert;
	}
	for (const struct node *child = node->first_child; child; child = child->next)
		is_news |= see_news(speech, ui, child, say);
	return is_news;
}

static struct box *box_of(struct speech *speech, uint64_t key)
{
	for (size_t i = 0; i < speech->box_count; i++)
		if (speech->boxes[i].key == key)
			return &speech->boxes[i];
	if (speech->box_count == MAX_BOXES)
		return NULL;
	speech->boxes[speech->box_count] = (struct box){.key = key};
	return &speech->boxes[speech->box_count++];
}

/* What was typed, told if say. */
static void see_boxes(struct speech *speech, const struct node *node, bool say)
{
	if (node->hidden)
		return;
	if (node->spec.role == ROLE_TEXTBOX || node->spec.role == ROLE_SEARCHBOX) {
		struct box *box = box_of(speech, node->key);
		const char *value = node->spec.value ? node->spec.value : "";
		if (!box || strcmp(box->value, value) == 0)
			return;
		if (say) {
			continue_list(speech);
			utter_echo(node, box->value, value, speech->lang, &speech->list);
		}
		vt_wipe(box->value, sizeof(box->value));
		vt_copy_cut(box->value, sizeof(box->value), value);
		return;
	}
	for (const struct node *child = node->first_child; child; child = child->next)
		see_boxes(speech, child, say);
}

static bool land(struct ui *ui)
{
	const struct node *first = utter_first_focus(ui);

	if (!first)
		return false;
	input_set_focus(ui, first->spec.id, true);
	return true;
}

/* Where the focus is, and that the machine knows. */
static const struct node *note_focus(struct speech *speech, const struct ui *ui)
{
	const struct node *node = ui_find(ui, input_focus(ui));

	vt_copy_cut(speech->focus, sizeof(speech->focus), input_focus(ui));
	speech->focus_hash = node ? control_hash(node) : 0;
	return node;
}

static void say_focus(struct speech *speech, struct ui *ui, bool with_description)
{
	const struct node *node = note_focus(speech, ui);

	if (node)
		utter_node(ui, node, with_description, &speech->list);
}

static uint64_t modal_of(const struct ui *ui)
{
	const struct node *top = ui_modal_root(ui);

	return top && top->spec.states & STATE_MODAL ? top->key : 0;
}

/* Another screen, another language, a dialogue that came or went: everything anew. */
static bool say_screen(struct speech *speech, struct ui *ui)
{
	bool is_dialogue = speech->modal != 0;
	bool has_moved;

	start_list(speech);
	if (!speech->has_greeted)
		utter_add(&speech->list, UTTER_NOTICE, false, speech->lang,
			_("Speech is on. Arrows move, Enter chooses, Escape goes back, F1 helps."));
	speech->has_greeted = true;
	if (!is_dialogue)
		forget_seen(speech);
	speech->was_seen = true;
	utter_screen(ui, &speech->list);
	has_moved = land(ui);
	say_focus(speech, ui, false);
	see_boxes(speech, ui_root(ui), false);
	(void)see_news(speech, ui, ui_root(ui), false);
	return has_moved;
}

static bool say_page(struct speech *speech, struct ui *ui)
{
	bool has_moved;

	start_list(speech);
	speech->turned_page = false;
	has_moved = land(ui);
	utter_add(&speech->list, UTTER_NOTICE, false, speech->lang, _("Next page"));
	utter_contents(ui, &speech->list);
	say_focus(speech, ui, false);
	return has_moved;
}

/* The same screen, a little different. */
static bool say_changes(struct speech *speech, struct ui *ui)
{
	const struct node *focused = ui_find(ui, input_focus(ui));
	bool has_moved = false;

	see_boxes(speech, ui_root(ui), true);
	if (see_news(speech, ui, ui_root(ui), true)) {
		play(speech, EARCON_ERROR);
		has_moved = land(ui);
		say_focus(speech, ui, false);
		return has_moved;
	}
	if (!focused) {
		/* The control is gone, as "Mostrar" after it did its work. */
		has_moved = land(ui);
		if (has_moved)
			continue_list(speech);
		say_focus(speech, ui, false);
	} else if (strcmp(focused->spec.id, speech->focus) != 0) {
		start_list(speech);
		say_focus(speech, ui, true);
	} else if (control_hash(focused) != speech->focus_hash) {
		continue_list(speech);
		utter_states(ui, focused, &speech->list);
		(void)note_focus(speech, ui);
	}
	return has_moved;
}

static void see_warning(struct speech *speech, const struct speech_scene *scene)
{
	int before = speech->warning_s, now = scene->warning_s;
	bool is_due = now > 0 && before == 0;

	speech->warning_s = now;
	for (size_t i = 0; before > 0 && i < VT_ELEMENTS(warning_steps); i++)
		is_due |= now > 0 && before > warning_steps[i] && now <= warning_steps[i];
	if (!is_due)
		return;
	play(speech, EARCON_CHIME);
	/* The dialogue itself is said when it comes: it has the time in it. */
	if (!speech->is_on || before == 0)
		return;
	char text[96];
	(void)snprintf(text, sizeof(text),
		locale_plural("%d second left", "%d seconds left", (unsigned long)now), now);
	start_list(speech);
	utter_add(&speech->list, UTTER_WARNING, false, speech->lang, text);
}

static void take_settings(struct speech *speech, const struct screen_settings *settings)
{
	speech->rate = settings->rate > 0 && settings->rate <= SPEECH_RATE_STEPS
			       ? settings->rate
			       : SPEECH_RATE_DEFAULT;
	speech->volume = settings->volume > 0 && settings->volume <= SPEECH_VOLUME_STEPS
				 ? settings->volume
				 : SPEECH_VOLUME_DEFAULT;
	if (!settings->speech)
		speech->is_setting_stale = false;
	else if (speech->is_setting_stale)
		return;
	if (settings->speech)
		speech->declined = false;
	else if (speech->setting && speech->has_headphones)
		speech->declined = true;
	speech->setting = settings->speech;
}

static void end_session(struct speech *speech)
{
	if (speech->is_on)
		play(speech, EARCON_CLOSE);
	start_list(speech);
	forget_seen(speech);
	speech->declined = speech->wished = speech->wants = speech->came_by_plug = false;
	speech->setting = speech->is_setting_stale = false;
	speech->has_greeted = false;
	speech->warning_s = 0;
	speech->turned_page = false;
	order(speech, SPEECH_FORGET, EARCON_COUNT);
}

bool speech_see(struct speech *speech, struct ui *ui, const struct speech_scene *scene)
{
	bool is_other, has_moved = false;
	uint64_t modal = modal_of(ui);

	if (speech->in_session && !scene->in_session)
		end_session(speech);
	speech->in_session = scene->in_session;
	take_settings(speech, scene->settings);
	settle(speech);
	is_other = !speech->was_seen || scene->place != speech->place || modal != speech->modal ||
		   strcmp(speech->lang, ui_lang(ui)) != 0;
	if (scene->place != speech->place && scene->is_good)
		play(speech, EARCON_SUCCESS);
	speech->place = scene->place;
	speech->modal = modal;
	vt_copy_cut(speech->lang, sizeof(speech->lang), ui_lang(ui));
	see_warning(speech, scene);
	if (speech->is_on) {
		if (is_other)
			has_moved = say_screen(speech, ui);
		else if (speech->turned_page)
			has_moved = say_page(speech, ui);
		else
			has_moved = say_changes(speech, ui);
	}
	speech->turned_page = false;
	speech_check(speech);
	return has_moved;
}
