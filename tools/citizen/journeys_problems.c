/* Journeys of somebody who walks away, and without paper. */

#include "tools/citizen/journeys.h"

#include "terminal/base/text.h"
#include "tools/citizen/steps.h"
#include "tools/citizen/words.h"

/* Without a touch: a page that is turned would be somebody. */
static bool is_asked(struct citizen *c)
{
	look_again(c);
	return tree_contains(c->tree, words_in(c->lang, "¿Sigue ahí?"));
}

void timeout(struct citizen *c)
{
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	expect_text(c, "26 de junio de 1956");
	photograph(c);
	/* The citizen walks away. */
	c->begun = false;
	forget_touches(c);
	wait_until(c, is_asked, "the question whether anybody is there");
	photograph(c);
	expect_screen(c, "attract");
	if (tree_contains(c->tree, "SABC5606"))
		fail(c, "the key is still on the screen");
	static const char *const parts[] = {"core", "ui"};
	for (size_t i = 0; i < VT_ELEMENTS(parts); i++)
		expect_forgotten_by(c, parts[i]);
	vt_copy_cut(c->outcome, sizeof(c->outcome), "timed-out");
}

/* The papers that cannot be printed are shown as QR; nothing is lost and nothing claimed. */
static void without_paper(struct citizen *c, const char *switch_off, const char *banner)
{
	if (!world_devices(&c->world, switch_off) && !c->disturbed)
		fail(c, "the printer does not obey: %s", switch_off);
	enter(c);
	expect_text(c, banner);
	tap(c, "button", "Obtener mi CURP*");
	expect_screen(c, "intro");
	tap(c, "button", "Comenzar");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	go_on(c);
	confirm_identity(c, NULL);
	expect_screen(c, "done");
	note_folio(c);
	if (world_complete_sheets(&c->world) != c->sheets)
		fail(c, "a sheet came out of a printer that cannot print");
	leave(c);
	wait_until(c, is_settled, "everything is confirmed");
	expect_forgotten(c);
	vt_copy_cut(c->outcome, sizeof(c->outcome), "accepted");
}

void paper_out(struct citizen *c)
{
	without_paper(c, "paper out", "sin papel");
}

void printer_unplugged(struct citizen *c)
{
	without_paper(c, "unplug printer", "mpresora");
}
