#include "tools/citizen/tree.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "terminal/base/buf.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"

/* A home screen's tree takes about 40 KiB. */
#define MAX_LINE (4 * 1024 * 1024)
/* How long a restarted ui may take until its socket answers again. */
#define RECONNECT_MS 10000

struct tree {
	char path[108];
	int fd;
	unsigned restarts;
	struct vt_buf input;
	json_t *root;
};

static int connect_once(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!vt_copy(address.sun_path, sizeof(address.sun_path), path))
		return -1;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static enum vt_code reconnect(struct tree *tree, int64_t timeout_ms, struct vt_error *error)
{
	const int64_t deadline = vt_clock_monotonic_ms() + timeout_ms;

	if (tree->fd >= 0)
		close(tree->fd);
	vt_buf_reset(&tree->input);
	while ((tree->fd = connect_once(tree->path)) < 0) {
		if (vt_clock_monotonic_ms() > deadline)
			return vt_fail(error, VT_ERR_TIMEOUT, 0, "no test socket of the ui");
		(void)poll(NULL, 0, 20);
	}
	return VT_OK;
}

enum vt_code tree_open(
	const char *path, int64_t timeout_ms, struct tree **ret_tree, struct vt_error *error)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree || !vt_copy(tree->path, sizeof(tree->path), path)) {
		free(tree);
		return vt_fail(error, VT_ERR_NOMEM, 0, "tree: path too long");
	}
	tree->fd = -1;
	vt_buf_init(&tree->input, MAX_LINE);
	enum vt_code code = reconnect(tree, timeout_ms, error);
	if (code)
		tree_close(&tree);
	else
		*ret_tree = tree;
	return code;
}

void tree_close(struct tree **tree)
{
	if (!*tree)
		return;
	if ((*tree)->fd >= 0)
		close((*tree)->fd);
	vt_buf_finish(&(*tree)->input);
	json_decref((*tree)->root);
	free(*tree);
	*tree = NULL;
}

static enum vt_code read_line(struct tree *tree, int64_t deadline, struct vt_error *error)
{
	for (;;) {
		const char *end = memchr(vt_buf_text(&tree->input), '\n', tree->input.length);
		if (end)
			return VT_OK;
		struct pollfd wait = {.fd = tree->fd, .events = POLLIN};
		const int64_t left = deadline - vt_clock_monotonic_ms();
		if (left <= 0 || poll(&wait, 1, (int)left) == 0)
			return vt_fail(error, VT_ERR_TIMEOUT, 0, "the ui presented nothing new");
		uint8_t *room = vt_buf_reserve(&tree->input, 65536);
		const ssize_t got = room ? read(tree->fd, room, 65536) : 0;
		if (got <= 0)
			return vt_fail(error, VT_ERR_CLOSED, errno, "the ui closed");
		vt_buf_added(&tree->input, (size_t)got);
	}
}

static enum vt_code ask(
	struct tree *tree, int64_t after, int64_t timeout_ms, struct vt_error *error)
{
	char request[96], text[64];
	json_error_t detail;

	if (after >= 0)
		snprintf(request, sizeof(request), "{\"get\":\"tree\",\"after\":%lld}\n",
			(long long)after);
	else
		snprintf(request, sizeof(request), "{\"get\":\"tree\"}\n");
	if (send(tree->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return vt_fail(error, VT_ERR_CLOSED, errno, "the ui closed");
	vt_buf_reset(&tree->input);
	enum vt_code code = read_line(tree, vt_clock_monotonic_ms() + timeout_ms, error);
	if (code)
		return code;
	json_t *root = json_loadb(
		vt_buf_text(&tree->input), tree->input.length, JSON_DISABLE_EOF_CHECK, &detail);
	if (!root)
		return vt_fail(error, VT_ERR_PARSE, 0, "tree: %s", detail.text);
	if (!json_object_get(root, "kind")) { /* the ui keeps only so many waiting requests */
		vt_copy_cut(text, sizeof(text),
			json_string_value(json_object_get(root, "error"))
				? json_string_value(json_object_get(root, "error"))
				: "no tree");
		json_decref(root);
		return vt_fail(error, VT_ERR_LIMIT, 0, "tree: %s", text);
	}
	json_decref(tree->root);
	tree->root = root;
	return VT_OK;
}

enum vt_code tree_read(struct tree *tree, struct vt_error *error)
{
	enum vt_code code = ask(tree, -1, 5000, error);

	if (code != VT_ERR_CLOSED && code != VT_ERR_TIMEOUT)
		return code;
	/* Once more for a ui that is killed just then. */
	for (int tries = 0; code && tries < 3; tries++) {
		tree->restarts += code == VT_ERR_CLOSED;
		code = reconnect(tree, RECONNECT_MS, error);
		if (code == VT_OK)
			code = ask(tree, -1, 5000, error);
	}
	return code;
}

enum vt_code tree_next(struct tree *tree, int64_t timeout_ms, struct vt_error *error)
{
	const enum vt_code code = ask(tree, tree_frame(tree), timeout_ms, error);
	struct vt_error ignored;

	tree->restarts += code == VT_ERR_CLOSED;
	/* A request that got no answer would answer the next one: start with a fresh connection. */
	if ((code == VT_ERR_TIMEOUT || code == VT_ERR_CLOSED) &&
		reconnect(tree, RECONNECT_MS, &ignored) == VT_OK && code == VT_ERR_CLOSED)
		return ask(tree, -1, timeout_ms, error);
	return code;
}

unsigned tree_restarts(const struct tree *tree)
{
	return tree->restarts;
}

const char *tree_kind(const struct tree *tree)
{
	const char *kind = json_string_value(json_object_get(tree->root, "kind"));

	return kind ? kind : "";
}

int64_t tree_revision(const struct tree *tree)
{
	return json_integer_value(json_object_get(tree->root, "revision"));
}

int64_t tree_frame(const struct tree *tree)
{
	return json_integer_value(json_object_get(tree->root, "frame"));
}

int64_t tree_missed(const struct tree *tree)
{
	return json_integer_value(json_object_get(tree->root, "missed"));
}

static const char *text_of(const json_t *node, const char *member)
{
	const char *text = json_string_value(json_object_get(node, member));

	return text ? text : "";
}

static bool matches(const char *text, const char *pattern)
{
	const size_t length = strlen(pattern);

	if (length > 2 && pattern[0] == '*' && pattern[length - 1] == '*')
		return memmem(text, strlen(text), pattern + 1, length - 2) != NULL;
	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(text, pattern, length - 1) == 0;
	return strcmp(text, pattern) == 0;
}

static bool has_state(const json_t *node, const char *state)
{
	const json_t *states = json_object_get(node, "states");

	for (size_t i = 0; i < json_array_size(states); i++) {
		const char *text = json_string_value(json_array_get(states, i));
		if (text && strcmp(text, state) == 0)
			return true;
	}
	return false;
}

static void fill(const json_t *node, struct tree_node *ret)
{
	const json_t *rect = json_object_get(node, "rect");

	*ret = (struct tree_node){
		.x = (int)json_integer_value(json_array_get(rect, 0)),
		.y = (int)json_integer_value(json_array_get(rect, 1)),
		.w = (int)json_integer_value(json_array_get(rect, 2)),
		.h = (int)json_integer_value(json_array_get(rect, 3)),
		.disabled = has_state(node, "disabled"),
		.checked = has_state(node, "checked"),
	};
	vt_copy_cut(ret->name, sizeof(ret->name), text_of(node, "name"));
	vt_copy_cut(ret->value, sizeof(ret->value), text_of(node, "value"));
	vt_copy_cut(ret->id, sizeof(ret->id), text_of(node, "id"));
}

static bool search_action(const json_t *list, const char *action, struct tree_node *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);

		if (strcmp(text_of(node, "action"), action) == 0) {
			fill(node, ret);
			return true;
		}
		if (search_action(json_object_get(node, "children"), action, ret))
			return true;
	}
	return false;
}

/* The last match wins: a dialogue is painted, and stands in the tree, after what it covers. */
static bool search(const json_t *list, const char *role, const char *name, struct tree_node *ret)
{
	bool found = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);
		if ((strcmp(role, "*") == 0 || strcmp(text_of(node, "role"), role) == 0) &&
			matches(text_of(node, "name"), name)) {
			fill(node, ret);
			found = true;
		}
		if (search(json_object_get(node, "children"), role, name, ret))
			found = true;
	}
	return found;
}

bool tree_mark(const struct tree *tree, struct tree_node *ret_node)
{
	const json_t *mark = json_object_get(tree->root, "mark");

	*ret_node = (struct tree_node){.x = (int)json_integer_value(json_array_get(mark, 0)),
		.y = (int)json_integer_value(json_array_get(mark, 1)),
		.w = (int)json_integer_value(json_array_get(mark, 2)),
		.h = (int)json_integer_value(json_array_get(mark, 3))};
	return json_array_size(mark) == 4;
}

bool tree_find(
	const struct tree *tree, const char *role, const char *name, struct tree_node *ret_node)
{
	return search(json_object_get(tree->root, "tree"), role, name, ret_node);
}

bool tree_find_action(const struct tree *tree, const char *action, struct tree_node *ret_node)
{
	return search_action(json_object_get(tree->root, "tree"), action, ret_node);
}

static bool sticks_out(const json_t *list, const struct tree_node *screen, struct tree_node *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);

		fill(node, ret);
		if (ret->x < screen->x || ret->y < screen->y ||
			ret->x + ret->w > screen->x + screen->w ||
			ret->y + ret->h > screen->y + screen->h ||
			sticks_out(json_object_get(node, "children"), screen, ret))
			return true;
	}
	return false;
}

bool tree_sticks_out(const struct tree *tree, struct tree_node *ret_node)
{
	const json_t *list = json_object_get(tree->root, "tree");
	struct tree_node screen;

	if (json_array_size(list) == 0)
		return false;
	fill(json_array_get(list, 0), &screen);
	return sticks_out(list, &screen, ret_node);
}

static bool list_contains(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);
		if (strstr(text_of(node, "name"), text) || strstr(text_of(node, "value"), text) ||
			list_contains(json_object_get(node, "children"), text))
			return true;
	}
	return false;
}

bool tree_contains(const struct tree *tree, const char *text)
{
	return list_contains(json_object_get(tree->root, "tree"), text);
}

/* FNV-1a, 64 bits. */
static uint64_t digest_text(uint64_t digest, const char *text)
{
	for (const char *p = text; *p; p++)
		digest = (digest ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return (digest ^ 0xff) * UINT64_C(1099511628211);
}

static uint64_t digest_list(uint64_t digest, const json_t *list)
{
	static const char *const members[] = {"role", "id", "name", "value"};
	char place[64];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);
		struct tree_node filled;
		if (strcmp(text_of(node, "role"), "banner") == 0)
			continue;
		fill(node, &filled);
		snprintf(place, sizeof(place), "%d %d %d %d %d %d", filled.x, filled.y, filled.w,
			filled.h, filled.disabled, filled.checked);
		for (size_t m = 0; m < VT_ELEMENTS(members); m++)
			digest = digest_text(digest, text_of(node, members[m]));
		digest = digest_text(digest, place);
		digest = digest_list(digest, json_object_get(node, "children"));
	}
	return digest;
}

uint64_t tree_digest(const struct tree *tree)
{
	return digest_list(UINT64_C(14695981039346656037), json_object_get(tree->root, "tree"));
}

static void print_list(const json_t *list, int depth)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);
		if (strcmp(text_of(node, "role"), "key") != 0)
			fprintf(stderr, "%*s%s \"%s\" id=%s%s\n", 2 * depth, "",
				text_of(node, "role"), text_of(node, "name"), text_of(node, "id"),
				has_state(node, "disabled") ? " disabled" : "");
		print_list(json_object_get(node, "children"), depth + 1);
	}
}

void tree_print(const struct tree *tree)
{
	fprintf(stderr, "screen %s, revision %lld, frame %lld\n", tree_kind(tree),
		(long long)tree_revision(tree), (long long)tree_frame(tree));
	print_list(json_object_get(tree->root, "tree"), 1);
}
