#include "tests/ui/screens_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/screens/locale.h"
#include "ui/toolkit/semantics.h"

const struct panel panels[] = {
#define PANEL(name, ...) {name, {__VA_ARGS__}},
#include "tests/ui/panels.def"
#undef PANEL
};
const size_t panel_count = sizeof(panels) / sizeof(panels[0]);

const struct panel *panel_find(const char *name)
{
	for (size_t i = 0; i < panel_count; i++)
		if (strcmp(panels[i].name, name) == 0)
			return &panels[i];
	return NULL;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static const char *folder(const char *variable, const char *fallback)
{
	const char *value = getenv(variable);

	return value != NULL ? value : fallback;
}

static void open_screen(struct stage *stage)
{
	static char packs[420]; /* the locale goes on borrowing it */
	char locales[400];

	if (!vt_format(locales, sizeof(locales), "%s/locales", folder("VT_BUILD_DIR", "build")))
		die("stage", "folder name too long");
	screen_destroy(&stage->screen);
	stage->screen = screen_create(locales);
	if (!vt_format(packs, sizeof(packs), "%s/packs", locales))
		die("stage", "folder name too long");
	locale_set_packs(packs);
	if (stage->screen == NULL)
		die("screen_create", "no memory");
}

void stage_open(struct stage *stage, const char *theme, const struct profile *profile)
{
	struct ui_options options = {
		.profile = profile != NULL ? *profile : profile_reference(), .theme = theme};
	char assets[400];
	struct vt_error error;

	memset(stage, 0, sizeof(*stage));
	if (!vt_format(assets, sizeof(assets), "%s/assets", folder("VT_SOURCE_DIR", ".")))
		die("stage", "folder name too long");
	options.assets = assets;
	if (ui_create(&options, &stage->ui, &error) != VT_OK)
		die("ui_create", error.msg);
	open_screen(stage);
	stage->env.now_unix_ms = FIXTURE_NOW_UNIX_MS;
	stage->env.utc_offset_min = FIXTURE_UTC_OFFSET;
	stage->now_ms = 1000;
}

void stage_close(struct stage *stage)
{
	screen_destroy(&stage->screen);
	ui_destroy(&stage->ui);
}

void stage_repaint(struct stage *stage)
{
	screen_build(stage->screen, stage->ui, &stage->env);
	(void)ui_paint(stage->ui, &stage->damaged);
}

void stage_show_model(struct stage *stage, const struct screen_model *model)
{
	input_reset(stage->ui);
	screen_show(stage->screen, model);
	stage_repaint(stage);
}

/* Most pages that a keyboard has. */
#define KEY_PAGES 4

/* On small panels a key stands on another page of the keyboard, the keyboard on another side of the
 * screen, and the box to tick on another page of the content: goes there, as a person would. */
static void turn_to(struct stage *stage, const char *id)
{
	const struct node *primary = ui_find(stage->ui, "primary");

	for (int i = 0; i < STAGE_MAX_VIEWS && ui_find(stage->ui, id) == NULL; i++)
		if (!stage_tap(stage, "more"))
			break;
	if (strncmp(id, "key-", 4) != 0)
		return;
	if (ui_find(stage->ui, "keyboard") == NULL && primary != NULL &&
		primary->spec.action != NULL && strcmp(primary->spec.action, "write") == 0)
		(void)stage_tap(stage, "primary");
	for (int i = 0; i < KEY_PAGES && ui_find(stage->ui, id) == NULL; i++)
		(void)stage_tap(stage, "more-keys");
}

void stage_show(struct stage *stage, const struct fixture *fixture, const char *lang,
	const struct look *look)
{
	struct screen_model model;

	/* Nothing of the last fixture may stay: not the page, not the typed text. */
	open_screen(stage);
	fixture->fill(&model, fixture->lang != NULL ? fixture->lang : lang);
	if (look != NULL) {
		model.settings.text_size = look->text_size;
		model.settings.contrast = look->contrast;
		model.settings.reach = look->reach;
	}
	model.settings.calm = stage->calm;
	stage->env.since_show_ms = fixture->since_show_ms;
	stage->env.masked = fixture->masked;
	stage->env.waiting_for_core = fixture->waiting_for_core;
	input_set_focus(stage->ui, "", false);
	stage_show_model(stage, &model);
	for (int i = 0; i < fixture->taps; i++)
		(void)stage_tap(stage, "more");
	for (int i = 0; i < fixture->points; i++)
		(void)stage_tap(stage, SCREEN_POINT);
	if (fixture->press != NULL) {
		turn_to(stage, fixture->press);
		(void)stage_tap(stage, fixture->press);
	}
	if (fixture->type != NULL)
		stage_type(stage, fixture->type);
}

bool stage_tap(struct stage *stage, const char *id)
{
	const struct node *node = ui_find(stage->ui, id);
	struct input_result result;
	int x, y;

	memset(&stage->answer, 0, sizeof(stage->answer));
	if (node == NULL)
		return false;
	x = node->rect.x + node->rect.w / 2;
	y = node->rect.y + node->rect.h / 2;
	stage->now_ms += 50;
	(void)input_finger(stage->ui, INPUT_MOUSE, INPUT_DOWN, x, y, stage->now_ms);
	stage->now_ms += 50;
	result = input_finger(stage->ui, INPUT_MOUSE, INPUT_UP, x, y, stage->now_ms);
	/* As the process does: an exact panel. */
	if (result.acted && strcmp(result.action.action, SCREEN_POINT) == 0)
		(void)snprintf(result.action.arg, sizeof(result.action.arg), "%d:%d", x, y);
	if (result.acted)
		(void)screen_act(
			stage->screen, stage->ui, &stage->env, &result.action, &stage->answer);
	stage_repaint(stage);
	return result.acted;
}

/* Remembers the frame; false if it was there already. */
static bool is_new_view(struct stage *stage, struct stage_views *views)
{
	uint64_t hash = canvas_hash(ui_canvas(stage->ui));

	for (size_t i = 0; i < views->count; i++)
		if (views->seen[i] == hash)
			return false;
	if (views->count == STAGE_MAX_VIEWS)
		die("stage", "a screen with too many views");
	views->seen[views->count++] = hash;
	return true;
}

/* Pages of the content as it is laid out now. */
static int count_pages(const struct node *n)
{
	int most = n->hidden ? 0 : n->page_count;

	for (const struct node *child = n->first_child; child != NULL; child = child->next) {
		int inside = n->hidden ? 0 : count_pages(child);

		most = inside > most ? inside : most;
	}
	return most;
}

bool stage_next_view(struct stage *stage, struct stage_views *views)
{
	static const struct {
		const char *id, *action;
	} turns[] = {
		{"more", "page"},
		{"more-keys", "keys"},
		{"primary", "correct"},
		{"primary", "write"},
		{"primary", "read"},
		{"back", "read"},
	};

	for (size_t i = 0; i < VT_ELEMENTS(turns); i++) {
		const struct node *node = ui_find(stage->ui, turns[i].id);
		int pages = count_pages(ui_root(stage->ui));

		if (node == NULL || node->hidden || node->spec.action == NULL ||
			strcmp(node->spec.action, turns[i].action) != 0)
			continue;
		/* The view it starts from; known already after the first turn. */
		(void)is_new_view(stage, views);
		if (!stage_tap(stage, turns[i].id))
			continue;
		if (i == 0 && count_pages(ui_root(stage->ui)) != pages)
			views->is_uneven = true;
		if (is_new_view(stage, views))
			return true;
	}
	return false;
}

const char *stage_find(struct stage *stage, enum node_role role, const char *name)
{
	const struct node *top = ui_root(stage->ui), *n = top;

	while (n != NULL) {
		if (!n->hidden && n->spec.role == role &&
			strcmp(semantics_name(stage->ui, n), name) == 0)
			return n->spec.id;
		if (n->first_child != NULL && !n->hidden) {
			n = n->first_child;
			continue;
		}
		while (n != top && n->next == NULL)
			n = n->parent;
		n = n == top ? NULL : n->next;
	}
	return NULL;
}

bool stage_tap_named(struct stage *stage, enum node_role role, const char *name)
{
	const char *id = stage_find(stage, role, name);

	return id != NULL && stage_tap(stage, id);
}

void stage_type(struct stage *stage, const char *text)
{
	while (*text != '\0') {
		char id[32], letter[5] = "";
		uint32_t cp = vt_utf8_next(&text);

		(void)vt_utf8_encode(cp, letter);
		(void)snprintf(id, sizeof(id), "key-%s", cp == ' ' ? "space" : letter);
		turn_to(stage, id);
		(void)stage_tap(stage, id);
	}
}
