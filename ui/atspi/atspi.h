#ifndef VT_UI_ATSPI_ATSPI_H
#define VT_UI_ATSPI_ATSPI_H

/* The semantic tree for assistive technologies of a desktop (Orca, Accerciser, pyatspi): AT-SPI
 *over the accessibility bus. An optional build, for desks; the product has no D-Bus (UI.md §11).
 *
 *	bus fd ── thread waits ──SDL event──► atspi_serve: answers out of the current tree
 *	frame ───────────────────────────────► atspi_presented: tells what changed
 *
 * Everything but the waiting happens in the main thread; nothing blocks. */

#include "ui/app.h"
#include "ui/presenter.h"

struct atspi;

/* Looks for the accessibility bus (org.a11y.Bus of the session's bus) and registers there; without
 * one this is said once in the log, and the rest does nothing. app and presenter outlive it; event
 * is the SDL event upon which to call atspi_serve(). VT_ERR_NOMEM, VT_ERR_IO. */
VT_MUST_USE enum vt_code atspi_create(struct app *app, const struct presenter *presenter,
	unsigned event, struct atspi **ret, struct vt_error *error);
/* Leaves the bus; accepts NULL. */
void atspi_destroy(struct atspi **atspi);
/* The bus has something: reads, answers, acts, as far as it goes without waiting. Accepts NULL. */
void atspi_serve(struct atspi *atspi, const struct app_time *time);
/* There is a new frame: the tree before it is gone. */
void atspi_presented(struct atspi *atspi);

#endif
