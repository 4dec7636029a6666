#ifndef VT_UI_TOOLKIT_LAYOUT_H
#define VT_UI_TOOLKIT_LAYOUT_H

/* Sizes and places of a tree of nodes. Four passes, each over the whole tree (layout.c). Used by
 * ui_end(); here for tests and benchmarks, which lay the same tree out again. */

struct ui;

void layout_run(struct ui *ui);

#endif
