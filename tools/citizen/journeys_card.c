/* Journeys with a card: signing in, and requests that are signed with it. */

#include "tools/citizen/journeys.h"

#include <stdio.h>

#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/steps.h"
#include "tools/citizen/words.h"

/* ---- signing in with a card ---- */

/* Of the demo's cards (tools/demo): seldom enough to be looked for in memory. */
#define CARD_PIN       "73914628"
#define CARD_PIN_WRONG "73914629"

#define TAKE_CARD "Ya puede retirar su tarjeta"

static void insert_card(struct citizen *c, const char *name)
{
	char command[256];

	snprintf(
		command, sizeof(command), "card insert %s/cards/cards/%s.card", c->world.run, name);
	if (!world_devices(&c->world, command))
		fail(c, "the card %s does not go in", name);
}

static void remove_card(struct citizen *c)
{
	if (!world_devices(&c->world, "card remove"))
		fail(c, "the card does not come out");
}

/* As soon as the screen says so; without it the screen is another: a finger that is down meanwhile
 * does nothing. */
static void take_card(struct citizen *c)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;

	expect_text(c, TAKE_CARD);
	remove_card(c);
	while (tree_contains(c->tree, words_in(c->lang, TAKE_CARD))) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "the screen does not see that the card is out");
		look_again(c);
	}
}

/* To the words that will be signed. */
static void present_card(struct citizen *c, const char *name)
{
	enter(c);
	tap(c, "button", "Obtener mi CURP*");
	expect_screen(c, "intro");
	tap(c, "button", "Entrar con mi e.firma");
	expect_screen(c, "card");
	expect_text(c, "Nunca una tarjeta bancaria");
	insert_card(c, name);
	mark(c, "inserted");
}

static void type_pin(struct citizen *c, const char *pin)
{
	expect_screen(c, "pin");
	type_text(c, pin);
	if (tree_contains(c->tree, pin))
		fail(c, "the PIN stands on the screen");
	photograph(c);
	tap(c, "button", "Firmar");
}

/* The screen asks for the PIN on the reader's pad and takes none itself. */
static void expect_pad(struct citizen *c)
{
	struct tree_node node;

	expect_text(c, "Escriba su PIN en el lector");
	expect_screen(c, "pin");
	expect_text(c, "Aquí nadie lo ve");
	if (tree_find(c->tree, "key", "5", &node) || tree_find(c->tree, "button", "Firmar", &node))
		fail(c, "the screen wants the PIN itself");
}

/* Keys on the reader, as soon as its pad asks. */
static void press_pad(struct citizen *c, const char *keys)
{
	char command[64];

	expect_pad(c);
	snprintf(command, sizeof(command), "pin %s", keys);
	if (!world_devices_when(&c->world, "waiting=pin", command))
		fail(c, "the pad does not take \"pin %s\"", keys);
}

static void agree_to_sign(struct citizen *c)
{
	expect_text(c, "Entro con mi e.firma en la terminal");
	expect_screen(c, "card");
	tap(c, "button", "Firmar con mi PIN");
}

static void expect_secrets_forgotten(struct citizen *c)
{
	static const char *const parts[] = {"core", "ui", "sync", "devices"};

	expect_forgotten(c);
	for (size_t i = 0; i < VT_ELEMENTS(parts); i++) {
		const int found = world_memory_count(world_pid(&c->world, parts[i]), CARD_PIN);
		if (found > 0)
			fail(c, "the PIN is still %d times in the memory of %s", found, parts[i]);
	}
}

/* The form is filled in by the certificate: one touch is left. */
static void use_identity(struct citizen *c)
{
	expect_text(c, "Su identidad quedó comprobada");
	expect_screen(c, "card");
	mark(c, "signed");
	tap(c, "button", "Continuar");
	expect_screen(c, "curp");
	expect_text(c, "De su certificado");
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
}

void signin_card(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN);
	take_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

void signin_wrong_pin(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	expect_text(c, "Intentos que quedan: 2");
	type_pin(c, CARD_PIN);
	take_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

void signin_removed(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	expect_screen(c, "pin");
	remove_card(c);
	expect_screen(c, "problem");
	expect_text(c, "La tarjeta se retiró antes de tiempo");
	insert_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN);
	take_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

/* Typed on the reader: no process of the terminal has held the PIN, not even while the card signed.
 */
static void expect_pin_nowhere(struct citizen *c)
{
	static const char *const parts[] = {"core", "ui", "sync", "devices"};
	static const char *const pins[] = {CARD_PIN, CARD_PIN_WRONG};

	for (size_t i = 0; i < VT_ELEMENTS(parts) * VT_ELEMENTS(pins); i++) {
		const char *part = parts[i / VT_ELEMENTS(pins)];
		const int found =
			world_memory_count(world_pid(&c->world, part), pins[i % VT_ELEMENTS(pins)]);
		if (found > 0)
			fail(c, "a PIN of the reader's pad is %d times in the memory of %s", found,
				part);
	}
}

void signin_pinpad(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	press_pad(c, "cancel");
	expect_text(c, "Canceló en el lector");
	photograph(c);
	tap(c, "button", "Intentar de nuevo");
	press_pad(c, "form");
	expect_text(c, "El PIN no tiene el largo");
	photograph(c);
	tap(c, "button", "Intentar de nuevo");
	press_pad(c, "timeout");
	expect_text(c, "Se acabó el tiempo para la tarjeta");
	expect_screen(c, "problem");
	tap(c, "button", "Intentar de nuevo");
	agree_to_sign(c);
	expect_pad(c);
	remove_card(c);
	expect_text(c, "La tarjeta se retiró antes de tiempo");
	expect_screen(c, "problem");
	insert_card(c, "holder");
	agree_to_sign(c);
	expect_pad(c);
	tap(c, "button", "Cancelar");
	agree_to_sign(c);
	press_pad(c, "enter " CARD_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	expect_text(c, "Intentos que quedan: 2");
	photograph(c);
	expect_pin_nowhere(c);
	tap(c, "button", "Intentar de nuevo");
	press_pad(c, "enter " CARD_PIN);
	expect_text(c, TAKE_CARD);
	expect_pin_nowhere(c);
	take_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_pin_nowhere(c);
}

static void go_on_without_card(struct citizen *c)
{
	remove_card(c);
	tap(c, "button", "Seguir sin la tarjeta");
	expect_screen(c, "intro");
	tap(c, "button", "Comenzar");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}

/* Refused, and the other way leads on. */
static void signin_refused(struct citizen *c, const char *card, const char *reason)
{
	present_card(c, card);
	expect_screen(c, "problem");
	expect_text(c, reason);
	go_on_without_card(c);
}

void signin_expired(struct citizen *c)
{
	signin_refused(c, "expired", "Su certificado ya venció");
}

/* Only its authority knows: sync asked. */
void signin_revoked(struct citizen *c)
{
	signin_refused(c, "revoked", "Su certificado fue revocado");
}

/* Three wrong ones, the last only after a warning; the other way leads on. */
void signin_pinpad_blocked(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	press_pad(c, "enter " CARD_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	tap(c, "button", "Intentar de nuevo");
	press_pad(c, "enter " CARD_PIN_WRONG);
	expect_text(c, "Queda un solo intento para su PIN");
	expect_screen(c, "problem");
	tap(c, "button", "Usar el último intento");
	press_pad(c, "enter " CARD_PIN_WRONG);
	expect_text(c, "El PIN de su tarjeta está bloqueado");
	expect_pin_nowhere(c);
	go_on_without_card(c);
}

/* The citizen goes without the card. */
void signin_left_behind(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN);
	use_identity(c);
	expect_screen(c, "done");
	mark(c, "done");
	note_folio(c);
	take_sheet(c);
	c->begun = false;
	tap(c, "button", "Listo");
	expect_text(c, "Su tarjeta sigue en el lector");
	expect_screen(c, "card");
	if (tree_contains(c->tree, "SALGADO"))
		fail(c, "the name is still on the screen");
	expect_secrets_forgotten(c);
	remove_card(c);
	expect_screen(c, "attract");
	wait_until(c, is_settled, "everything is confirmed");
	vt_copy_cut(c->outcome, sizeof(c->outcome), "accepted");
}

/* ---- a request that is signed with the card ---- */

/* Signed in with the card, which stays in; the form complete. */
static void ask_for_copy(struct citizen *c)
{
	enter(c);
	tap(c, "button", "*Copia certificada de mi CURP*");
	expect_screen(c, "intro");
	tap(c, "button", "Entrar con mi e.firma");
	expect_screen(c, "card");
	insert_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN);
	expect_text(c, "Su identidad quedó comprobada");
	tap(c, "button", "Continuar");
	expect_screen(c, "curp");
	expect_text(c, "De su certificado");
	go_on(c);
	answer_choice(c, "Cuántas copias", "Dos copias*");
	expect_screen(c, "review");
	tap(c, "button", "Firmar mi solicitud");
}

/* Every line that is signed stands on the screen; then the PIN. */
static void read_request(struct citizen *c)
{
	expect_text(c, "Pido lo siguiente y lo firmo");
	expect_screen(c, "card");
	expect_text(c, CURP_CONCEPCION);
	expect_text(c, "MX-DEMO-0001");
	photograph(c);
	tap(c, "button", "Firmar con mi PIN");
}

static void sign_request(struct citizen *c)
{
	read_request(c);
	type_pin(c, CARD_PIN);
	mark(c, "submitted");
	expect_screen(c, "done");
	take_card(c);
}

void curp_certified(struct citizen *c)
{
	ask_for_copy(c);
	sign_request(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

/* The signature waits in the queue, with the request that it belongs to. */
void curp_certified_offline(struct citizen *c)
{
	if (!world_agency(&c->world, "down") && !c->disturbed)
		fail(c, "the agency cannot be switched off");
	ask_for_copy(c);
	sign_request(c);
	note_folio(c);
	take_sheet(c);
	leave(c);
	wait_until(c, is_known, "core knows the folio");
	if (is_accepted(c))
		fail(c, "accepted while the agency was down");
	expect_secrets_forgotten(c);
	if (!world_agency(&c->world, "up") && !c->disturbed)
		fail(c, "the agency cannot be switched on");
	wait_until(c, is_accepted, "the request is delivered");
	mark(c, "delivered");
	vt_copy_cut(c->outcome, sizeof(c->outcome), "provisional-delivered");
}

/* Back at the review, with all that was answered. */
static void back_to_request(struct citizen *c)
{
	tap(c, "button", "Volver a mi solicitud");
	expect_screen(c, "review");
	expect_text(c, CURP_CONCEPCION);
	tap(c, "button", "Firmar mi solicitud");
}

/* Another's card, an expired one, one that is taken out, a wrong PIN: the form outlives them all.
 */
void curp_certified_problems(struct citizen *c)
{
	ask_for_copy(c);
	expect_text(c, "Pido lo siguiente y lo firmo");
	remove_card(c);
	expect_screen(c, "problem");
	expect_text(c, "La tarjeta se retiró antes de tiempo");
	insert_card(c, "other-person");
	expect_text(c, "Esta tarjeta es de otra persona");
	expect_screen(c, "problem");
	remove_card(c);
	insert_card(c, "expired");
	expect_text(c, "Su certificado ya venció");
	expect_screen(c, "problem");
	remove_card(c);
	back_to_request(c);
	expect_screen(c, "card");
	insert_card(c, "holder");
	read_request(c);
	type_pin(c, CARD_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	type_pin(c, CARD_PIN);
	mark(c, "submitted");
	expect_screen(c, "done");
	take_card(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}
