/* citizen --journey J --out DIR …: performs a journey on a real screen and leaves result.json. */

#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/citizen.h"
#include "tools/citizen/words.h"

void fail(struct citizen *c, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "citizen: %s: ", c->journey);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (c->tree)
		tree_print(c->tree);
	c->has_no_pictures = false;
	if (c->hand)
		photograph(c);
	exit(1);
}

void photograph(struct citizen *c)
{
	char path[512];
	struct vt_error error;

	c->shots++;
	if (c->has_no_pictures)
		return;
	snprintf(path, sizeof(path), "%s/screens/%02d-%s.png", c->out, c->shots,
		c->tree ? tree_kind(c->tree) : "start");
	if (hand_photograph(c->hand, path, &error) != VT_OK)
		fprintf(stderr, "citizen: %s\n", error.msg);
}

/* Each folio that a screen shows is a promise: tests/e2e/kill_journey looks whether it is kept.
 */
static void note_promise(struct citizen *c)
{
	struct tree_node node;
	char path[256];

	if (!tree_find(c->tree, "status", "Folio *", &node) || strcmp(node.name, c->noted) == 0)
		return;
	vt_copy_cut(c->noted, sizeof(c->noted), node.name);
	snprintf(path, sizeof(path), "%s/shown", c->world.run);
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "ae");
	if (!file || fprintf(file, "%s\n", node.name) < 0)
		fail(c, "%s: cannot be written", path);
}

static bool is_restarting(const struct citizen *c)
{
	const char *kind = tree_kind(c->tree);

	/* "" and "blank": a new ui has not drawn yet. */
	return !kind[0] || strcmp(kind, "restarting") == 0 || strcmp(kind, "blank") == 0;
}

/* What a journey shows holds the models of real services: all of it has its place. */
static void check_places(struct citizen *c)
{
	struct tree_node node;

	if (tree_sticks_out(c->tree, &node))
		fail(c, "%s \"%s\" is not wholly on the screen: %d,%d %dx%d", node.id, node.name,
			node.x, node.y, node.w, node.h);
}

static void refresh(struct citizen *c)
{
	struct vt_error error;

	if (tree_read(c->tree, &error) != VT_OK)
		fail(c, "%s", error.msg);
	check_places(c);
	note_promise(c);
}

void lost(struct citizen *c)
{
	fprintf(stderr, "citizen: %s: the session was lost at screen %s\n", c->journey,
		tree_kind(c->tree));
	exit(3);
}

void forget_touches(struct citizen *c)
{
	c->touch_count = 0;
	c->touch_revision = tree_revision(c->tree);
}

static void note_touch(struct citizen *c, const char *role, const char *name)
{
	if (c->is_replaying)
		return;
	if (c->touch_revision != tree_revision(c->tree))
		forget_touches(c);
	c->touched_ms = vt_clock_monotonic_ms();
	vt_copy_cut(c->touch_kind, sizeof(c->touch_kind), tree_kind(c->tree));
	if (c->touch_count == VT_ELEMENTS(c->touches))
		fail(c, "more touches on one screen than the citizen can remember");
	vt_copy_cut(c->touches[c->touch_count].role, sizeof(c->touches[0].role), role);
	vt_copy_cut(c->touches[c->touch_count++].name, sizeof(c->touches[0].name), name);
}

/* Touches again what a person would: all of this screen after the ui was started again, else the
 * last one if nothing came of it. */
static void replay(struct citizen *c, size_t first)
{
	struct tree_node node;
	struct vt_error error;
	int missing = 0;

	c->is_replaying = true;
	for (size_t i = first; i < c->touch_count;) {
		refresh(c);
		if (c->seen_restarts != tree_restarts(c->tree)) {
			c->seen_restarts = tree_restarts(c->tree);
			i = 0;
		}
		if (!is_restarting(c) && tree_revision(c->tree) != c->touch_revision)
			break; /* core had taken it */
		if (is_restarting(c) ||
			!tree_find(c->tree, c->touches[i].role, c->touches[i].name, &node) ||
			node.disabled) {
			if (++missing > 200)
				fail(c, "%s \"%s\" is gone", c->touches[i].role,
					c->touches[i].name);
			(void)poll(NULL, 0, 20);
			continue;
		}
		hand_tap(c->hand, node.x + node.w / 2, node.y + node.h / 2);
		i++;
		if (tree_next(c->tree, 1000, &error) != VT_OK)
			continue;
	}
	c->is_replaying = false;
	c->touched_ms = vt_clock_monotonic_ms();
}

/* A touch without an answer for so long is made again. */
#define TOUCH_AGAIN_MS 1500

static void be_patient(struct citizen *c)
{
	if (is_restarting(c) || c->is_replaying || !c->arrived)
		return;
	if (tree_revision(c->tree) < c->seen_revision ||
		tree_contains(c->tree, "La terminal se interrumpió"))
		lost(c);
	c->seen_revision = tree_revision(c->tree);
	const bool is_new_ui = c->seen_restarts != tree_restarts(c->tree);
	c->seen_restarts = tree_restarts(c->tree);
	/* These two are drawn anew when the terminal's health changes. */
	if (strcmp(c->touch_kind, tree_kind(c->tree)) == 0 &&
		(strcmp(c->touch_kind, "attract") == 0 || strcmp(c->touch_kind, "home") == 0))
		c->touch_revision = tree_revision(c->tree);
	if (c->touch_count == 0 || c->touch_revision != tree_revision(c->tree))
		return;
	if (is_new_ui)
		replay(c, 0);
	else if (vt_clock_monotonic_ms() - c->touched_ms > TOUCH_AGAIN_MS &&
		 strcmp(c->touches[c->touch_count - 1].role, "button") == 0)
		replay(c, c->touch_count - 1);
}

static void scan_to(struct citizen *c, const char *role, const char *name);

/* node is where it was seen; role and name find it again. */
static void touch(
	struct citizen *c, const char *role, const char *name, const struct tree_node *node)
{
	vt_copy_cut(c->last.role, sizeof(c->last.role), role);
	vt_copy_cut(c->last.name, sizeof(c->last.name), name);
	vt_copy_cut(c->last.kind, sizeof(c->last.kind), tree_kind(c->tree));
	if (c->scans)
		scan_to(c, role, name);
	else
		hand_tap(c->hand, node->x + node->w / 2, node->y + node->h / 2);
}

/* The screen changed by itself on the way there: a person touches once more. */
static void touch_missed(struct citizen *c)
{
	const int64_t missed = tree_missed(c->tree);
	const bool is_new = missed > c->missed;

	c->missed = missed;
	if (!is_new || strcmp(c->last.kind, tree_kind(c->tree)) != 0)
		return;
	fprintf(stderr, "citizen: the screen changed by itself: \"%s\" is touched again\n",
		c->last.name);
	const struct tree_node node = expect_node(c, c->last.role, c->last.name);
	hand_tap(c->hand, node.x + node.w / 2, node.y + node.h / 2);
}

void look_again(struct citizen *c)
{
	struct vt_error error;

	if (c->begun && strcmp(tree_kind(c->tree), "attract") == 0) {
		if (c->disturbed)
			lost(c);
		fail(c, "the session is over");
	}
	if (c->disturbed)
		be_patient(c);
	if (tree_next(c->tree, 500, &error) != VT_OK) {
		if (error.code == VT_ERR_LIMIT)
			(void)poll(NULL, 0, 50);
		refresh(c);
	}
	note_promise(c);
	touch_missed(c);
}

const char *expect_one(struct citizen *c, const char *const *kinds)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;

	for (refresh(c);; look_again(c)) {
		for (size_t i = 0; kinds[i]; i++) {
			if (strcmp(tree_kind(c->tree), kinds[i]) == 0)
				return kinds[i];
		}
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "screen %s expected, %s is there", kinds[0], tree_kind(c->tree));
	}
}

void expect_screen(struct citizen *c, const char *kind)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	char shot[48];

	refresh(c);
	while (strcmp(tree_kind(c->tree), kind) != 0) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "screen %s expected, %s is there", kind, tree_kind(c->tree));
		look_again(c);
	}
	snprintf(shot, sizeof(shot), "%s-%lld", kind, (long long)tree_revision(c->tree));
	if (strcmp(shot, c->last_shot) != 0) {
		vt_copy_cut(c->last_shot, sizeof(c->last_shot), shot);
		photograph(c);
	}
}

/* Two pages of one long text look the same in the tree: the next is not waited for longer. */
#define PAGE_MS 1500

/* Waits until the screen is another than that of digest. */
static bool await_other(struct citizen *c, uint64_t digest, int64_t patience_ms)
{
	const int64_t deadline = vt_clock_monotonic_ms() + patience_ms;
	struct vt_error error;

	for (refresh(c); tree_digest(c->tree) == digest;) {
		if (vt_clock_monotonic_ms() > deadline)
			return false;
		if (tree_next(c->tree, 500, &error) != VT_OK)
			refresh(c);
		touch_missed(c);
	}
	return true;
}

/* In larger letters and on smaller panels there are pages of lists and of keys, or the keyboard is
 * a screen of its own: turns to the next where nothing new comes by itself. True if it turned one.
 */
static bool look_further(struct citizen *c, const char *role)
{
	/* What the nodes do, for keys, for buttons and for all else. */
	static const char *const key_ways[] = {"keys", "write", "correct", "page", NULL};
	static const char *const button_ways[] = {"page", "read", NULL};
	static const char *const other_ways[] = {"page", "correct", NULL};
	const bool is_key = strcmp(role, "key") == 0;
	const char *const *way = is_key			       ? key_ways
				 : strcmp(role, "button") == 0 ? button_ways
							       : other_ways;
	const int64_t frame = tree_frame(c->tree);
	struct tree_node node;

	look_again(c);
	if (tree_frame(c->tree) != frame || c->disturbed)
		return false;
	while (*way && (!tree_find_action(c->tree, *way, &node) || node.disabled))
		way++;
	if (!*way)
		return false;
	const uint64_t digest = tree_digest(c->tree);
	touch(c, strcmp(*way, "keys") == 0 ? "key" : "button", node.name, &node);
	(void)await_other(c, digest, PAGE_MS);
	return true;
}

/* One more look before deadline; pages that are turned are given their time. */
static void look_through(struct citizen *c, const char *role, int *pages, int64_t *deadline)
{
	if (look_further(c, role) && ++*pages < CITIZEN_MAX_PAGES)
		*deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
}

struct tree_node expect_node(struct citizen *c, const char *role, const char *es)
{
	const char *name = words_in(c->lang, es);
	int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	struct tree_node node;
	int pages = 0;

	refresh(c);
	/* What was touched before a restart of the ui comes first. */
	while (!tree_find(c->tree, role, name, &node) || node.disabled ||
		(c->arrived && c->disturbed && !c->is_replaying &&
			c->seen_restarts != tree_restarts(c->tree))) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "no %s \"%s\"", role, name);
		look_through(c, role, &pages, &deadline);
	}
	return node;
}

void expect_text(struct citizen *c, const char *es)
{
	const char *text = words_in(c->lang, es);
	int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	int pages = 0;

	refresh(c);
	while (!tree_contains(c->tree, text)) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" does not appear", text);
		look_through(c, "", &pages, &deadline);
	}
}

static bool is_inside(const struct tree_node *mark, const struct tree_node *node)
{
	return node->x >= mark->x && node->y >= mark->y && node->x + node->w <= mark->x + mark->w &&
	       node->y + node->h <= mark->y + mark->h;
}

/* Moves the ring until it is around the node and nothing else, then selects. */
static void scan_to(struct citizen *c, const char *role, const char *name)
{
	struct tree_node node, mark;
	struct vt_error error;
	bool is_it = false;

	for (int presses = 0; presses < CITIZEN_MAX_PRESSES && !is_it; presses++) {
		node = expect_node(c, role, name);
		if (!tree_mark(c->tree, &mark)) {
			look_again(c);
			continue;
		}
		is_it = mark.x == node.x && mark.y == node.y && mark.w == node.w &&
			mark.h == node.h;
		hand_key(c->hand,
			is_inside(&mark, &node) ? CITIZEN_SWITCH_SELECT : CITIZEN_SWITCH_MOVE);
		if (!is_it && tree_next(c->tree, CITIZEN_PATIENCE_MS, &error) != VT_OK)
			fail(c, "a switch did nothing on the way to %s \"%s\"", role, name);
	}
	if (!is_it)
		fail(c, "scanning does not come to %s \"%s\"", role, name);
}

void tap(struct citizen *c, const char *role, const char *name)
{
	const struct tree_node node = expect_node(c, role, name);

	note_touch(c, role, name);
	c->digest = tree_digest(c->tree);
	touch(c, role, name, &node);
}

void await_change(struct citizen *c)
{
	struct vt_error error;

	if (c->disturbed) {
		const enum vt_code code = tree_next(c->tree, 2000, &error);
		(void)code; /* no frame: something is being started again */
		be_patient(c);
	} else if (!await_other(c, c->digest, CITIZEN_PATIENCE_MS)) {
		fail(c, "the touch changed nothing");
	}
}

void type_text(struct citizen *c, const char *text)
{
	const char *p = text;

	while (*p) {
		const char *start = p;
		char key[8];
		(void)vt_utf8_next(&p);
		snprintf(key, sizeof(key), "%.*s", (int)(p - start), start);
		const char *name = strcmp(key, " ") == 0 ? "Espacio" : key;
		tap(c, "key", name);
		/* What it typed must stand there before the next: the keyboard may change under it.
		 */
		await_change(c);
	}
}

void mark(struct citizen *c, const char *name)
{
	if (c->mark_count == VT_ELEMENTS(c->marks_ms))
		return;
	c->mark_names[c->mark_count] = name;
	c->marks_ms[c->mark_count++] = vt_clock_monotonic_ms() - c->started_ms;
}

void wait_until(struct citizen *c, bool (*condition)(struct citizen *), const char *what)
{
	const int64_t deadline = vt_clock_monotonic_ms() + 3 * CITIZEN_PATIENCE_MS;

	while (!condition(c)) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "waited in vain: %s", what);
		(void)poll(NULL, 0, 50);
	}
}

static bool write_result(struct citizen *c)
{
	char path[512];
	struct world_txn txn = {0};
	json_t *timings = json_object();

	if (c->folio[0])
		(void)world_transaction(&c->world, c->folio, &txn);
	for (size_t i = 0; i < c->mark_count; i++)
		json_object_set_new(timings, c->mark_names[i], json_integer(c->marks_ms[i]));
	json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:o}", "journey",
		c->journey, "outcome", c->outcome, "folio", c->folio, "transaction",
		txn.transaction, "state", txn.state, "receipt", txn.receipt, "printed", c->printed,
		"sheets", world_sheets(&c->world), "screens", c->shots, "timings_ms", timings);
	snprintf(path, sizeof(path), "%s/result.json", c->out);
	const bool ok = json_dump_file(result, path, JSON_INDENT(2)) == 0;
	json_decref(result);
	return ok;
}

int main(int argc, char **argv)
{
	static struct citizen c;
	const char *display = NULL, *socket_path = NULL;
	struct vt_error error = {0};
	bool uses_fingers = false;
	int option;
	static const struct option options[] = {
		{"journey", required_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'},
		{"display", required_argument, NULL, 'd'},
		{"seed", required_argument, NULL, 's'},
		{"lang", required_argument, NULL, 'l'},
		{"test-socket", required_argument, NULL, 't'},
		{"ctl", required_argument, NULL, 'c'},
		{"ctl-socket", required_argument, NULL, 'C'},
		{"agency", required_argument, NULL, 'a'},
		{"agency-control", required_argument, NULL, 'A'},
		{"devices", required_argument, NULL, 'v'},
		{"devices-control", required_argument, NULL, 'V'},
		{"paper", required_argument, NULL, 'p'},
		{"run", required_argument, NULL, 'r'},
		{"disturbed", no_argument, NULL, 'D'},
		{"look", required_argument, NULL, 'L'},
		{"text-size", required_argument, NULL, '1'},
		{"contrast", required_argument, NULL, '2'},
		{"reach", no_argument, NULL, '3'},
		{"hand", required_argument, NULL, 'h'},
		{"no-pictures", no_argument, NULL, 'n'},
		{"fonts", required_argument, NULL, 'F'},
		{0},
	};
	const struct {
		int option;
		const char **place;
	} places[] = {{'j', &c.journey}, {'o', &c.out}, {'d', &display}, {'l', &c.lang},
		{'t', &socket_path}, {'c', &c.world.ctl}, {'C', &c.world.ctl_socket},
		{'a', &c.world.agency}, {'A', &c.world.agency_control}, {'v', &c.world.devices},
		{'V', &c.world.devices_control}, {'p', &c.world.paper}, {'r', &c.world.run}};

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 2;
		c.disturbed = c.disturbed || option == 'D';
		c.reach = c.reach || option == '3';
		c.has_no_pictures = c.has_no_pictures || option == 'n';
		if (option == '1' || option == '2') {
			int64_t value;
			if (vt_parse_i64(optarg, 0, 3, &value) != VT_OK)
				return 2;
			*(option == '1' ? &c.text_size : &c.contrast) = (int)value;
		}
		if (option == 'h')
			uses_fingers = strcmp(optarg, "finger") == 0;
		if (option == 'L')
			c.world.look = optarg;
		else if (option == 'F')
			c.world.fonts = optarg;
		for (size_t i = 0; i < VT_ELEMENTS(places); i++) {
			if (places[i].option == option)
				*places[i].place = optarg;
		}
	}
	for (size_t i = 0; i < VT_ELEMENTS(places); i++) {
		if (!*places[i].place) {
			fprintf(stderr, "citizen: every option is needed; see tools/demo\n");
			return 2;
		}
	}
	c.started_ms = vt_clock_monotonic_ms();
	if (hand_open(display, socket_path, &c.hand, &error) != VT_OK ||
		tree_open(socket_path, CITIZEN_PATIENCE_MS, &c.tree, &error) != VT_OK)
		fail(&c, "%s", error.msg);
	hand_use_fingers(c.hand, uses_fingers);
	/* Of citizens before. */
	c.sheets = world_complete_sheets(&c.world);
	refresh(&c);
	c.missed = tree_missed(c.tree);
	if (!journey_run(&c)) {
		fprintf(stderr, "citizen: no journey \"%s\"\n", c.journey);
		return 2;
	}
	mark(&c, "total");
	const bool ok = write_result(&c);
	tree_close(&c.tree);
	hand_close(&c.hand);
	return ok ? 0 : 1;
}
