/* Journeys to a CURP, each as a citizen would tell it. Persons are invented and always in the demo
 * agency's population, whatever its seed (tools/agency/README.md). */

#include "tools/citizen/journeys.h"

#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "tools/citizen/steps.h"
#include "tools/citizen/words.h"

struct person {
	const char *first_surname, *second_surname, *names, *birth, *sex, *entity;
};

static void search_by_data(struct citizen *c, const struct person *person)
{
	expect_screen(c, "curp");
	tap(c, "button", "No la conozco*");
	answer_name(c, "primer apellido", person->first_surname);
	answer_name(c, "segundo apellido", person->second_surname);
	answer_name(c, "nombre", person->names);
	answer_date(c, "fecha de nacimiento", person->birth);
	answer_choice(c, "sexo", person->sex);
	answer_choice(c, "nació", person->entity);
	expect_screen(c, "review");
	tap(c, "button", "Consultar*");
	mark(c, "submitted");
}

static bool is_confirmed_once(struct citizen *c)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf ledger;

	vt_buf_init(&ledger, 1 << 20);
	return world_ledger(&c->world, &ledger) && ledger.length > 0;
}
void curp_by_key(struct citizen *c)
{
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	expect_text(c, "26 de junio de 1956");
	photograph(c);
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}

/* Somebody helps with the setting; from the calibration on, two keys are all there is. */
static void choose_switches(struct citizen *c)
{
	open_access(c);
	tap(c, "radio", "Interruptores: Dos interruptores");
	expect_text(c, "Presione el interruptor para mover");
	photograph(c);
	hand_key(c->hand, CITIZEN_SWITCH_MOVE);
	expect_text(c, "Presione el interruptor para elegir");
	hand_key(c->hand, CITIZEN_SWITCH_SELECT);
	c->scans = true;
	tap(c, "button", "Listo");
	expect_screen(c, "home");
	photograph(c);
}

void curp_by_switches(struct citizen *c)
{
	enter(c);
	choose_switches(c);
	tap(c, "button", "Obtener mi CURP*");
	expect_screen(c, "intro");
	tap(c, "button", "Comenzar");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	expect_text(c, "26 de junio de 1956");
	photograph(c);
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}

void curp_typo(struct citizen *c)
{
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, "SABC560626MDFLRN09");
	go_on(c);
	expect_text(c, "Hay un problema");
	photograph(c);
	tap(c, "key", "Borrar");
	type_text(c, "1");
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, NULL);
	finish(c, "accepted");
}

void curp_by_data(struct citizen *c)
{
	static const struct person concepcion = {
		"SALGADO", "BRISEÑO", "CONCEPCION", "26061956", "Mujer", "Ciudad de México"};

	/* A registry that takes its time, so that the waiting screen is seen (only our own agency
	 * can be told). */
	const bool is_slow = world_agency(&c->world, "fault ConsultaCurpDetalle delay 1500 1");
	begin(c, "Obtener mi CURP*");
	search_by_data(c, &concepcion);
	if (is_slow && !c->disturbed) {
		expect_screen(c, "wait");
		expect_text(c, "Suele tardar");
		photograph(c);
	}
	confirm_identity(c, CURP_CONCEPCION);
	finish(c, "accepted");
}

void curp_homonyms(struct citizen *c)
{
	static const struct person juan = {
		"HERNANDEZ", "GARCIA", "JUAN", "15031980", "Hombre", "Estado de México"};

	begin(c, "Obtener mi CURP*");
	search_by_data(c, &juan);
	finish(c, "several");
}

void curp_none(struct citizen *c)
{
	static const struct person nobody = {
		"QUINTANAR", "INEXISTENTE", "ZENAIDA", "01021990", "Mujer", "Jalisco"};

	begin(c, "Obtener mi CURP*");
	search_by_data(c, &nobody);
	finish(c, "none");
}

void curp_offline(struct citizen *c)
{
	/* Refused where a citizen before, interrupted, has done so. */
	if (!world_agency(&c->world, "down") && !c->disturbed)
		fail(c, "the agency cannot be switched off");
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	go_on(c);
	mark(c, "submitted");
	expect_screen(c, "done");
	note_folio(c);
	take_sheet(c);
	leave(c);
	wait_until(c, is_known, "core knows the folio");
	if (is_accepted(c))
		fail(c, "accepted while the agency was down");
	if (!world_agency(&c->world, "up") && !c->disturbed)
		fail(c, "the agency cannot be switched on");
	wait_until(c, is_accepted, "the transaction is delivered");
	mark(c, "delivered");
	wait_until(c, is_confirmed_once, "the agency's ledger has it");
	vt_copy_cut(c->outcome, sizeof(c->outcome), "provisional-delivered");
}
