#ifndef VT_CITIZEN_TREE_H
#define VT_CITIZEN_TREE_H

/* The ui's semantic tree, read over the test socket of ventanilla-ui-test (UI.md §18). Everything
 * a scripted citizen knows about the screen comes from here, as a blind person's reader would. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"

struct tree; /* a connection and the last tree read */

struct tree_node {
	int x, y, w, h; /* pixels of the window */
	char name[256], value[256], id[64];
	bool disabled, checked;
};

/* Connects, waiting up to timeout_ms for the socket to appear. */
VT_MUST_USE enum vt_code tree_open(
	const char *path, int64_t timeout_ms, struct tree **ret_tree, struct vt_error *error);
void tree_close(struct tree **tree);

/* Reads the tree of the last presented frame; reconnects if the ui was restarted. */
VT_MUST_USE enum vt_code tree_read(struct tree *tree, struct vt_error *error);
/* Waits for a frame after the last one read; VT_ERR_TIMEOUT. */
VT_MUST_USE enum vt_code tree_next(struct tree *tree, int64_t timeout_ms, struct vt_error *error);

/* Of the last tree read. */
const char *tree_kind(const struct tree *tree);
int64_t tree_revision(const struct tree *tree);
int64_t tree_frame(const struct tree *tree);
/* Fingers that pressed nothing because the screen had just changed by itself. */
int64_t tree_missed(const struct tree *tree);
/* How often the ui closed the connection so far: it was started again. */
unsigned tree_restarts(const struct tree *tree);
/* First node with that role whose name is name ("*": any; "abc*": begins with it;
 * "*abc*": has it). */
bool tree_find(
	const struct tree *tree, const char *role, const char *name, struct tree_node *ret_node);
/* The first node that does this ("page"). */
bool tree_find_action(const struct tree *tree, const char *action, struct tree_node *ret_node);
/* What the ring of scanning is around (only the place of ret_node is filled); false: nothing. */
bool tree_mark(const struct tree *tree, struct tree_node *ret_node);
/* The first node that is not wholly on the screen; false: all is. */
bool tree_sticks_out(const struct tree *tree, struct tree_node *ret_node);
/* True if text stands anywhere in a name or value. */
bool tree_contains(const struct tree *tree, const char *text);
/* Of all that stands on the screen and where, but for the banner with its clock: two trees of the
 * same digest differ in nothing that a citizen acts upon (a key that is being pressed, the ring).
 */
uint64_t tree_digest(const struct tree *tree);
/* Roles and names of everything actionable, one a line, for a failure's report. */
void tree_print(const struct tree *tree);

#endif
