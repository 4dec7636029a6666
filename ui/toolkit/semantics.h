#ifndef VT_UI_TOOLKIT_SEMANTICS_H
#define VT_UI_TOOLKIT_SEMANTICS_H

/* The tree as others read it: tests, speech, audits (UI.md §18).
 *
 * {"screen":[w,h],"revision":R,"focused":"id","tree":[{"role","name","id","value","description","lang",
 *  "rect":[x,y,w,h],"action","states":[…],"px","lines","clipped","fg","texts":[…],"children":[…]}]}
 *
 * Nodes without role are not listed; their children count as the parent's. A text outside every
 * role is listed as "note". The texts of a node that are no nodes of their own stand in "texts":
 * {"text","rect","px","lines","clipped","fg"}; px is the smallest, fg the first of them. */

#include "terminal/base/buf.h"
#include "ui/toolkit/ui.h"

/* Appends the members `"screen":…,"revision":…,"focused":…,"tree":[…]` without the braces around
 * them, so that the caller can put more members in. */
void semantics_write_members(struct ui *ui, int64_t revision, struct vt_buf *out);
/* The whole object. */
void semantics_write(struct ui *ui, int64_t revision, struct vt_buf *out);
/* Appends text as a JSON string. */
void semantics_write_text(struct vt_buf *out, const char *text);
/* Accessible name of a node: its own, else the texts inside, joined by blanks. Valid until the next
 * call. */
const char *semantics_name(struct ui *ui, const struct node *node);
/* The listed children of a listed node, one by one: the first if at is NULL, else the one after at;
 * NULL at the end. Where such a child hangs: NULL for the root. */
const struct node *semantics_next_child(const struct node *parent, const struct node *at);
const struct node *semantics_parent(const struct node *node);

#endif
