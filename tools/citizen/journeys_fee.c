/* Journeys to a payment. */

#include "tools/citizen/journeys.h"

#include "tools/citizen/steps.h"

/* reason: NULL = full fare, else the reason of the half fare. */
static void pay_passport(struct citizen *c, const char *reason, const char *amount)
{
	begin(c, "Pago de pasaporte*");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	go_on(c);
	answer_name(c, "A nombre de quién", "CONCEPCION SALGADO BRISEÑO");
	answer_choice(c, "tarifa", reason ? "Tarifa con descuento*" : "Tarifa normal*");
	if (reason)
		answer_choice(c, "motivo", reason);
	answer_choice(c, "cuántos años", "10 años*");
	expect_screen(c, "review");
	expect_text(c, amount);
	tap(c, "checkbox", "*");
	await_change(c);
	photograph(c);
	tap(c, "button", "Obtener*");
	mark(c, "submitted");
	finish(c, "accepted");
}

void passport_fee(struct citizen *c)
{
	pay_passport(c, NULL, "4,280.00");
	pay_passport(c, "60 años o más*", "2,140.00");
}
