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
	if (c->hand)
		photograph(c);
	exit(1);
}

void photograph(struct citizen *c)
{
	char path[512];
	struct vt_error error;

	snprintf(path, sizeof(path), "%s/screens/%02d-%s.png", c->out, ++c->shots,
		c->tree ? tree_kind(c->tree) : "start");
	if (hand_photograph(c->hand, path, &error) != VT_OK)
		fprintf(stderr, "citizen: %s\n", error.msg);
}

static void refresh(struct citizen *c)
{
	struct vt_error error;

	if (tree_read(c->tree, &error) != VT_OK)
		fail(c, "%s", error.msg);
}

/* The next frame, or a fresh look if there is none for a while. */
static void look_again(struct citizen *c)
{
	struct vt_error error;

	if (c->begun &&
		(strcmp(tree_kind(c->tree), "attract") == 0 || tree_contains(c->tree, "core-lost")))
		fail(c, "the session is over");
	if (tree_next(c->tree, 500, &error) != VT_OK)
		refresh(c);
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

static struct tree_node await_node(struct citizen *c, const char *role, const char *es)
{
	const char *name = words_in(c->lang, es);
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	struct tree_node node;

	refresh(c);
	while (!tree_find(c->tree, role, name, &node) || node.disabled) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "no %s \"%s\"", role, name);
		look_again(c);
	}
	return node;
}

void expect_node(struct citizen *c, const char *role, const char *name)
{
	(void)await_node(c, role, name);
}

void expect_text(struct citizen *c, const char *es)
{
	const char *text = words_in(c->lang, es);
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;

	refresh(c);
	while (!tree_contains(c->tree, text)) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" does not appear", text);
		look_again(c);
	}
}

void tap(struct citizen *c, const char *role, const char *name)
{
	const struct tree_node node = await_node(c, role, name);

	hand_tap(c->hand, node.x + node.w / 2, node.y + node.h / 2);
}

void await_change(struct citizen *c)
{
	struct vt_error error;

	if (tree_next(c->tree, 2000, &error) != VT_OK)
		fail(c, "the touch changed nothing");
}

void type_text(struct citizen *c, const char *text)
{
	const char *p = text;

	while (*p) {
		const char *start = p;
		struct vt_error error;
		char key[8];
		(void)vt_utf8_next(&p);
		snprintf(key, sizeof(key), "%.*s", (int)(p - start), start);
		const struct tree_node node =
			await_node(c, "key", strcmp(key, " ") == 0 ? "Espacio" : key);
		hand_tap(c->hand, node.x + node.w / 2, node.y + node.h / 2);
		/* Each key must have been drawn before the next: the keyboard may change under it.
		 */
		if (tree_next(c->tree, 2000, &error) != VT_OK)
			fail(c, "the key %s did nothing", key);
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
	json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:o}", "journey",
		c->journey, "outcome", c->outcome, "folio", c->folio, "transaction",
		txn.transaction, "state", txn.state, "receipt", txn.receipt, "printed", c->printed,
		"sheets", world_sheets(&c->world), "timings_ms", timings);
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
	if (hand_open(display, &c.hand, &error) != VT_OK ||
		tree_open(socket_path, CITIZEN_PATIENCE_MS, &c.tree, &error) != VT_OK)
		fail(&c, "%s", error.msg);
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
