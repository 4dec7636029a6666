/* Journeys of a technician. */

#include "tools/citizen/journeys.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/steps.h"
#include "tools/citizen/words.h"

/* Of tools/demo.conf.in. */
#define STAFF_PIN	"246813"
#define STAFF_PIN_WRONG "246814"
/* In the header of the reference panel: no targets, so the tree does not name them. */
#define CLOCK_X	 980
#define CLOCK_Y	 62
#define EMBLEM_X 82
#define EMBLEM_Y 62

/* The touch process measures the time: where it was held up, a person does it again. */
static void make_gesture(struct citizen *c)
{
	for (int tries = 0; tries < 5; tries++) {
		hand_hold(c->hand, CLOCK_X, CLOCK_Y, 5200 + 2000 * tries);
		hand_tap(c->hand, EMBLEM_X, EMBLEM_Y);
		hand_tap(c->hand, EMBLEM_X, EMBLEM_Y);
		for (int looks = 0; looks < 10; looks++) {
			look_again(c);
			if (strcmp(tree_kind(c->tree), "staff") == 0)
				return;
		}
	}
	fail(c, "the gesture leads nowhere");
}

/* Touches what leads to text. A device's news may draw the screen anew under the finger, which then
 * does nothing: a person touches again. */
static void press(struct citizen *c, const char *role, const char *name, const char *text)
{
	struct tree_node node;

	for (int tries = 0; tries < 8; tries++) {
		if (tries == 0 || tree_find(c->tree, role, words_in(c->lang, name), &node))
			tap(c, role, name);
		for (int looks = 0; looks < 8; looks++) {
			look_again(c);
			if (tree_contains(c->tree, words_in(c->lang, text)))
				return;
		}
	}
	expect_text(c, text);
}

static void type_staff_pin(struct citizen *c, const char *pin)
{
	expect_screen(c, "staff");
	type_text(c, pin);
	if (tree_contains(c->tree, pin))
		fail(c, "the PIN stands on the screen");
	photograph(c);
	tap(c, "button", "Entrar");
}

static bool is_closed(struct citizen *c)
{
	return world_status_has(&c->world, "\"session\":\"maintenance\"");
}

/* Whoever comes next is spoken to in Spanish. */
static void leave_maintenance(struct citizen *c, const char *text)
{
	const char *lang = c->lang;
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	struct tree_node node;

	tap(c, "button", "Salir");
	c->lang = "es-MX";
	while (!tree_contains(c->tree, text)) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" does not appear", text);
		for (int looks = 0; looks < 8 && !tree_contains(c->tree, text); looks++)
			look_again(c);
		/* As in press(): under the finger it may have been drawn anew. */
		if (tree_find(c->tree, "button", words_in(lang, "Salir"), &node))
			hand_tap(c->hand, node.x + node.w / 2, node.y + node.h / 2);
	}
}

/* Tests the printer, sees it pass, looks at every tab, takes the terminal out of service and back,
 * leaves. */
void maintenance(struct citizen *c)
{
	enter(c);
	make_gesture(c);
	type_staff_pin(c, STAFF_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	type_staff_pin(c, STAFF_PIN);
	expect_screen(c, "maintenance");
	c->begun = false;
	mark(c, "entered");
	wait_until(c, is_closed, "core knows of the technician");
	expect_text(c, "Lista");
	press(c, "button", "Epson*", "Contadores de su vida");
	press(c, "button", "Probar", "¿salió bien?");
	photograph(c);
	mark(c, "printed");
	c->sheets++;
	c->printed = world_sheets(&c->world) == c->sheets;
	if (!c->printed)
		fail(c, "%d sheets instead of %d", world_sheets(&c->world), c->sheets);
	press(c, "button", "Salió bien", "Reiniciar");
	press(c, "button", "Reiniciar", "Último reinicio");
	photograph(c);
	press(c, "button", "Atrás", "Prueba: bien");
	press(c, "tab", "Red", "Servicio renapo");
	photograph(c);
	press(c, "tab", "Cola", "Por entregar");
	photograph(c);
	press(c, "tab", "Bitácora", "screen entered");
	photograph(c);
	press(c, "button", "Fuera de servicio", "¿Por qué está fuera de servicio?");
	press(c, "button", "Trabajos de mantenimiento: Elegir", "¿Cuándo vuelve");
	press(c, "button", "Mañana: Elegir", "Esta terminal está fuera de servicio");
	leave_maintenance(c, "Vuelve a dar servicio mañana");
	expect_screen(c, "out-of-service");
	make_gesture(c);
	type_staff_pin(c, STAFF_PIN);
	expect_screen(c, "maintenance");
	press(c, "button", "Dar servicio", "Fuera de servicio");
	leave_maintenance(c, "Toque la pantalla");
	expect_screen(c, "attract");
	vt_copy_cut(c->outcome, sizeof(c->outcome), "maintained");
}

/* One question about the place: what was answered stands in its row. */
static void tell(struct citizen *c, const char *row, const char *question, const char *text)
{
	press(c, "button", row, question);
	type_text(c, text);
	/* Each row's button is on the page of rows only. */
	press(c, "button", "Continuar", "Estado: Cambiar");
	expect_text(c, text);
}

/* Where the terminal stands; the height of its screen; its size, by a card that is three pixels
 * wider than the outline. */
static void tell_place(struct citizen *c)
{
	press(c, "button", "Estado: Cambiar", "¿En qué estado está esta terminal?");
	tap(c, "radio", "Oaxaca");
	press(c, "button", "Continuar", "Estado: Cambiar");
	tell(c, "Municipio: Cambiar", "¿En qué municipio está?", "OAXACA");
	tell(c, "Sitio: Cambiar", "¿Cómo se llama el lugar?", "MERCADO");
	tell(c, "Altura de la pantalla: Cambiar", "¿A qué altura está", "900");
	press(c, "button", "Tamaño de la imagen: Medir", "Mida la pantalla");
	for (int i = 0; i < 3; i++) {
		tap(c, "button", "Un pixel más ancho");
		await_change(c);
	}
	photograph(c);
	press(c, "button", "Coincide", "el tamaño de antes vuelve");
	press(c, "button", "Se ve bien", "El tamaño nuevo");
	photograph(c);
}

/* Touches the bright cross, where it is. */
static void touch_cross(struct citizen *c)
{
	struct tree_node cross;

	expect_node(c, "img", "Cruz");
	if (!tree_find(c->tree, "img", "Cruz", &cross))
		fail(c, "the cross went away");
	hand_tap(c->hand, cross.x + cross.w / 2, cross.y + cross.h / 2);
}

static void calibrate(struct citizen *c)
{
	press(c, "button", "Pantalla táctil: Calibrar", "Cruz 1 de 9");
	for (int i = 1; i <= 9; i++) {
		char progress[32];

		snprintf(progress, sizeof(progress), "Cruz %d de 9", i);
		expect_text(c, progress);
		touch_cross(c);
	}
	expect_text(c, "Toque la décima cruz");
	touch_cross(c);
	expect_text(c, "La calibración nueva");
	photograph(c);
}

static void listen_to_tones(struct citizen *c)
{
	press(c, "button", "Bocina y audífonos: Probar tono", "¿Suena cada lado?");
	tap(c, "button", "Bocina, izquierda: Tocar");
	tap(c, "button", "Bocina, derecha: Tocar");
	tap(c, "button", "Audífonos, izquierda: Tocar");
	tap(c, "button", "Audífonos, derecha: Tocar");
	photograph(c);
	press(c, "button", "Suena bien", "Dispositivos encontrados");
}

/* What ventanillactl says about the terminal now. 348 px are a card of 85.6 mm at 4.065 px/mm. */
static bool is_as_told(struct citizen *c)
{
	return world_status_has(&c->world, "\"entity\":\"OC\",\"municipality\":\"OAXACA\","
					   "\"site\":\"MERCADO\",\"panel\":{\"pxPerM\":4065,"
					   "\"bottomMm\":900,\"touch\":{\"xx\":");
}

/* Goes through the first start of a terminal that serves nobody yet: tells where it is, measures
 * and calibrates its screen, tests its printer and its sound on the way and activates it; then a
 * citizen may come. */
void first_start(struct citizen *c)
{
	const char *lang = c->lang;

	c->lang = "es-MX"; /* nobody could choose yet */
	expect_screen(c, "out-of-service");
	mark(c, "closed");
	make_gesture(c);
	type_staff_pin(c, STAFF_PIN);
	expect_text(c, "Paso 1 de 8");
	mark(c, "entered");
	press(c, "button", "Continuar", "Red y servicios");
	expect_text(c, "Servicio renapo");
	photograph(c);
	press(c, "button", "Continuar", "Alta de esta terminal");
	press(c, "button", "Continuar", "Lugar y pantalla");
	tell_place(c);
	press(c, "button", "Continuar", "Dispositivos encontrados");
	expect_text(c, "Lista");
	photograph(c);
	press(c, "button", "Epson*", "Contadores de su vida");
	press(c, "button", "Probar", "¿salió bien?");
	mark(c, "printed");
	c->sheets++;
	c->printed = world_sheets(&c->world) == c->sheets;
	if (!c->printed)
		fail(c, "%d sheets instead of %d", world_sheets(&c->world), c->sheets);
	press(c, "button", "Salió bien", "Reiniciar");
	press(c, "button", "Atrás", "Prueba: bien");
	listen_to_tones(c);
	press(c, "button", "Continuar", "Calibrar la pantalla");
	calibrate(c);
	press(c, "button", "Continuar", "Trámite de prueba");
	press(c, "button", "Continuar", "¿Está lista?");
	photograph(c);
	wait_until(c, is_as_told, "ventanillactl says what was told and measured");
	press(c, "button", "Activar", "Mantenimiento");
	leave_maintenance(c, "Toque la pantalla");
	expect_screen(c, "attract");
	c->lang = lang;
	enter(c);
	vt_copy_cut(c->outcome, sizeof(c->outcome), "activated");
}
