/* The journeys, each as a citizen would tell it. Persons are invented and always in the demo
 * agency's population, whatever its seed (tools/agency/README.md). */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/citizen.h"
#include "tools/citizen/words.h"

#define CURP_CONCEPCION "SABC560626MDFLRN01"

/* ---- steps that several journeys share ---- */

static void choose_language(struct citizen *c)
{
	/* Its own name stands in the list. */
	static const char *const cards[][2] = {
		{"en", "English*"}, {"nah", "nawatl*"}, {"yua", "maayatꞌaan*"}};
	const char *lang = c->lang, *card = NULL;

	for (size_t i = 0; i < VT_ELEMENTS(cards); i++)
		card = strcmp(cards[i][0], lang) == 0 ? cards[i][1] : card;
	if (!card)
		return;
	c->lang = "es-MX"; /* until it is chosen, the terminal speaks Spanish */
	tap(c, "button", "Idioma");
	expect_screen(c, "language");
	tap(c, "radio", card);
	tap(c, "button", "Continuar");
	c->lang = lang;
	expect_text(c, "Obtener mi CURP");
	expect_screen(c, "home");
}

static void choose_setting(struct citizen *c, const char *name)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	struct tree_node node;

	if (!name)
		return;
	tap(c, "radio", name);
	while (!tree_find(c->tree, "radio", words_in(c->lang, name), &node) || !node.checked) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" is not chosen", name);
		look_again(c);
	}
}

/* Text size, contrast and height of the buttons, on the access screen. */
static void choose_look(struct citizen *c)
{
	static const char *const sizes[] = {NULL, "Tamaño de letra: Grande",
		"Tamaño de letra: Muy grande", "Tamaño de letra: Máxima"};
	static const char *const contrasts[] = {NULL, "Contraste: Blanco en negro",
		"Contraste: Negro en blanco", "Contraste: Poco brillo"};

	if (c->text_size + c->contrast + c->reach == 0)
		return;
	tap(c, "button", "Accesibilidad");
	expect_screen(c, "access");
	choose_setting(c, contrasts[c->contrast]);
	choose_setting(c, c->reach ? "Altura de los botones: Parte baja" : NULL);
	choose_setting(c, sizes[c->text_size]);
	tap(c, "button", "Listo");
	expect_screen(c, "home");
}

/* Touches the attract screen. Whoever was here before may have left what a restart of core showed
 * last, or the choice of services. */
static void arrive(struct citizen *c)
{
	static const char *const starts[] = {"attract", "problem", "home", NULL};

	const char *start = c->disturbed ? expect_one(c, starts) : "attract";
	if (strcmp(start, "problem") == 0) {
		photograph(c);
		tap(c, "button", "Terminar");
	}
	if (strcmp(start, "home") != 0)
		expect_screen(c, "attract");
	c->seen_revision = tree_revision(c->tree);
	c->arrived = true;
	if (strcmp(start, "home") != 0)
		tap(c, "button", "*");
}

static void enter(struct citizen *c)
{
	arrive(c);
	expect_screen(c, "home");
	c->begun = true;
	mark(c, "home");
	choose_language(c);
	choose_look(c);
}

static void begin(struct citizen *c, const char *service)
{
	enter(c);
	tap(c, "button", service);
	expect_screen(c, "intro");
	tap(c, "button", "Comenzar");
}

static void go_on(struct citizen *c)
{
	tap(c, "button", "Continuar");
}

static void answer_name(struct citizen *c, const char *question, const char *name)
{
	expect_text(c, question);
	expect_screen(c, "question");
	type_text(c, name);
	go_on(c);
}

static void answer_date(struct citizen *c, const char *question, const char *digits)
{
	expect_text(c, question);
	expect_screen(c, "question");
	type_text(c, digits);
	go_on(c);
}

static void answer_choice(struct citizen *c, const char *question, const char *choice)
{
	struct tree_node node;
	int pages = 0;

	expect_text(c, question);
	expect_screen(c, "question");
	/* A long list comes in pages. */
	while (!tree_find(c->tree, "radio", words_in(c->lang, choice), &node)) {
		if (++pages > 10)
			fail(c, "no choice \"%s\" on any page", choice);
		tap(c, "button", "Ver más*");
		await_change(c);
		photograph(c);
	}
	tap(c, "radio", choice);
	go_on(c);
}

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

static void note_folio(struct citizen *c)
{
	struct tree_node node;

	if (!tree_find(c->tree, "status", "Folio *", &node))
		fail(c, "no folio on the screen");
	/* "Folio DM01 - 0010 …": what the screen says, without its word and spaces. */
	const char *p = node.name + strlen("Folio ");
	size_t length = 0;
	for (; *p && length < sizeof(c->folio) - 1; p++) {
		if (*p != ' ' && (unsigned char)*p < 0x80)
			c->folio[length++] = *p;
	}
	c->folio[length] = 0;
}

static bool is_accepted(struct citizen *c)
{
	struct world_txn txn;

	return world_transaction(&c->world, c->folio, &txn) && strcmp(txn.state, "ACCEPTED") == 0;
}

static bool is_known(struct citizen *c)
{
	struct world_txn txn;

	return world_transaction(&c->world, c->folio, &txn);
}

static void leave(struct citizen *c)
{
	c->begun = false;
	tap(c, "button", "Listo");
	expect_screen(c, "attract");
}

/* Touches a button if it is still there. */
static void touch_now(struct citizen *c, const char *name)
{
	struct tree_node node;

	look_again(c);
	if (tree_find(c->tree, "button", name, &node))
		tap(c, "button", name);
}

/* What a person does whose printer was interrupted: looks into the tray and says what is there. */
static void take_sheet_disturbed(struct citizen *c)
{
	const int64_t deadline = vt_clock_monotonic_ms() + 3 * CITIZEN_PATIENCE_MS;
	struct tree_node node;

	while (!tree_contains(c->tree, "Su hoja está impresa")) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "neither paper nor a question about it");
		if (c->touch_count > 0 && c->touch_revision == tree_revision(c->tree)) {
			look_again(c); /* an answer is on its way */
		} else if (tree_find(c->tree, "button", "Sí, completo", &node)) {
			const bool is_there = world_complete_sheets(&c->world) > c->sheets;
			photograph(c);
			touch_now(c, is_there ? "Sí, completo" : "No salió bien");
		} else if (tree_find(c->tree, "button", "Imprimir de nuevo", &node)) {
			(void)poll(NULL, 0, 300); /* it is being started again */
			touch_now(c, "Imprimir de nuevo");
		} else {
			look_again(c);
		}
	}
	mark(c, "printed");
	photograph(c);
	/* The original may come out behind its copy. */
	c->printed = world_complete_sheets(&c->world) > c->sheets;
	if (!c->printed)
		fail(c, "no sheet came out");
	c->sheets = world_complete_sheets(&c->world);
}

/* The sheet is said to be printed, and one more really came out. */
static void take_sheet(struct citizen *c)
{
	if (c->disturbed) {
		take_sheet_disturbed(c);
		return;
	}
	expect_text(c, "Su hoja está impresa");
	mark(c, "printed");
	photograph(c);
	c->sheets++;
	c->printed = world_sheets(&c->world) == c->sheets;
	if (!c->printed)
		fail(c, "%d sheets instead of %d", world_sheets(&c->world), c->sheets);
}

static bool is_settled(struct citizen *c)
{
	return world_status_has(&c->world, "\"queued\":0");
}

/* The part does not remember the key. Its memory is open to root only: others are told so. */
static void expect_forgotten_by(struct citizen *c, const char *part)
{
	int found = world_memory_count(world_pid(&c->world, part), CURP_CONCEPCION);

	for (int tries = 0; c->disturbed && found == -1 && geteuid() == 0 && tries < 100; tries++) {
		(void)poll(NULL, 0, 50); /* it is just being started again */
		found = world_memory_count(world_pid(&c->world, part), CURP_CONCEPCION);
	}
	if (found == -2)
		fprintf(stderr, "citizen: the memory of %s is not searched: AddressSanitizer\n",
			part);
	else if (found < 0 && geteuid() != 0)
		fprintf(stderr, "citizen: the memory of %s is not searched: that takes root\n",
			part);
	else if (found < 0)
		fail(c, "the memory of %s cannot be read", part);
	else if (found > 0)
		fail(c, "the key is still %d times in the memory of %s", found, part);
}

/* No process of the terminal remembers the key once its citizen is gone. */
static void expect_forgotten(struct citizen *c)
{
	static const char *const parts[] = {"core", "ui", "sync", "devices"};

	for (size_t i = 0; i < VT_ELEMENTS(parts); i++)
		expect_forgotten_by(c, parts[i]);
}

/* The confirmation: folio, paper in the hand, everything delivered; then the citizen leaves. */
static void finish(struct citizen *c, const char *outcome)
{
	expect_screen(c, "done");
	mark(c, "done");
	note_folio(c);
	take_sheet(c);
	leave(c);
	wait_until(c, is_accepted, "the transaction is accepted");
	wait_until(c, is_settled, "everything is confirmed");
	expect_forgotten(c);
	vt_copy_cut(c->outcome, sizeof(c->outcome), outcome);
}

/* "Are these your data?" Where the line went meanwhile there is a provisional receipt instead. */
static void confirm_identity(struct citizen *c, const char *text)
{
	static const char *const outcomes[] = {"results", "done", NULL};

	if (c->disturbed && strcmp(expect_one(c, outcomes), "done") == 0)
		return;
	expect_screen(c, "results");
	if (text)
		expect_text(c, text);
	tap(c, "button", "Sí, son mis datos");
}

static bool is_confirmed_once(struct citizen *c)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf ledger;

	vt_buf_init(&ledger, 1 << 20);
	return world_ledger(&c->world, &ledger) && ledger.length > 0;
}

/* ---- the journeys ---- */

static void curp_by_key(struct citizen *c)
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
	tap(c, "button", "Accesibilidad");
	expect_screen(c, "access");
	while (!tree_contains(c->tree, "Dos interruptores")) {
		tap(c, "button", "Ver más ajustes");
		await_change(c);
	}
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

static void curp_by_switches(struct citizen *c)
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

static void curp_typo(struct citizen *c)
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

static void curp_by_data(struct citizen *c)
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

static void curp_homonyms(struct citizen *c)
{
	static const struct person juan = {
		"HERNANDEZ", "GARCIA", "JUAN", "15031980", "Hombre", "Estado de México"};

	begin(c, "Obtener mi CURP*");
	search_by_data(c, &juan);
	finish(c, "several");
}

static void curp_none(struct citizen *c)
{
	static const struct person nobody = {
		"QUINTANAR", "INEXISTENTE", "ZENAIDA", "01021990", "Mujer", "Jalisco"};

	begin(c, "Obtener mi CURP*");
	search_by_data(c, &nobody);
	finish(c, "none");
}

static void curp_offline(struct citizen *c)
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

static void passport_fee(struct citizen *c)
{
	pay_passport(c, NULL, "4,280.00");
	pay_passport(c, "60 años o más*", "2,140.00");
}

static void timeout(struct citizen *c)
{
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, CURP_CONCEPCION);
	expect_text(c, "26 de junio de 1956");
	photograph(c);
	/* The citizen walks away. */
	c->begun = false;
	forget_touches(c);
	expect_text(c, "¿Sigue ahí?");
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

static void paper_out(struct citizen *c)
{
	without_paper(c, "paper out", "sin papel");
}

static void printer_unplugged(struct citizen *c)
{
	without_paper(c, "unplug printer", "mpresora");
}

/* ---- scanning ---- */

/* On the demo's paper beside the key: nobody needs it, so it must be nowhere afterwards. */
#define SCAN_CANARY "QUETZALMARIPOSA"
#define SCAN_PAPER  CURP_CONCEPCION "||SALGADO|BRISENO|" SCAN_CANARY "|MUJER|26/06/1956|DF|09|"

static bool is_scanner_ready(struct citizen *c)
{
	return world_device_is(&c->world, "scanner", "ready");
}

static void begin_with_scanner(struct citizen *c)
{
	if (!world_devices(&c->world, "plug scanner"))
		fail(c, "the scanner cannot be plugged in");
	wait_until(c, is_scanner_ready, "the scanner is ready");
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
}

/* Holds a code under the scanner until another screen comes: the first time it may have been there
 * before the scanner was asked. */
static void hold_code(struct citizen *c, const char *code)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	char command[192];

	expect_screen(c, "scan");
	snprintf(command, sizeof(command), "scanner scan %s", code);
	while (strcmp(tree_kind(c->tree), "scan") == 0) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "the code under the scanner changes nothing");
		if (!world_devices(&c->world, command))
			fail(c, "the scanner does not obey: %s", command);
		for (int looks = 0; looks < 10 && strcmp(tree_kind(c->tree), "scan") == 0; looks++)
			look_again(c);
	}
}

static void curp_by_scan(struct citizen *c)
{
	static const char *const parts[] = {"core", "ui", "sync", "devices"};
	static const char *const ends[] = {"curp", "problem", NULL};

	begin_with_scanner(c);
	tap(c, "button", "Escanear mi CURP");
	hold_code(c, "qr https://example.mx/reverso");
	expect_text(c, "no contiene una CURP");
	expect_screen(c, "problem");
	do {
		tap(c, "button", "Intentar de nuevo");
		hold_code(c, "qr " SCAN_PAPER);
		/* The first code once more, if it was held twice. */
	} while (strcmp(expect_one(c, ends), "problem") == 0);
	expect_screen(c, "curp");
	expect_text(c, "Leída de su documento");
	expect_text(c, "26 de junio de 1956");
	mark(c, "scanned");
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
	for (size_t i = 0; i < VT_ELEMENTS(parts); i++) {
		const int found = world_memory_count(world_pid(&c->world, parts[i]), SCAN_CANARY);
		if (found > 0)
			fail(c, "what was scanned is still %d times in the memory of %s", found,
				parts[i]);
	}
}

/* It goes while it waits: the keys are there. */
static void scanner_unplugged(struct citizen *c)
{
	struct tree_node node;

	begin_with_scanner(c);
	type_text(c, "SABC");
	tap(c, "button", "Escanear mi CURP");
	expect_screen(c, "scan");
	if (!world_devices(&c->world, "unplug scanner"))
		fail(c, "the scanner cannot be unplugged");
	expect_text(c, "no funciona ahora");
	expect_screen(c, "problem");
	tap(c, "button", "Escribir mi CURP");
	expect_screen(c, "curp");
	if (tree_find(c->tree, "button", "Escanear mi CURP", &node))
		fail(c, "a scanner that is gone is offered");
	type_text(c, "560626MDFLRN01"); /* the first letters are still there */
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}

/* ---- signing in with a card ---- */

/* Of the demo's cards (tools/demo): seldom enough to be looked for in memory. */
#define CARD_PIN       "73914628"
#define CARD_PIN_WRONG "73914629"

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

static void signin_card(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN);
	expect_text(c, "Ya puede retirar su tarjeta");
	remove_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

static void signin_wrong_pin(struct citizen *c)
{
	present_card(c, "holder");
	agree_to_sign(c);
	type_pin(c, CARD_PIN_WRONG);
	expect_text(c, "El PIN no es correcto");
	expect_text(c, "Intentos que quedan: 2");
	type_pin(c, CARD_PIN);
	expect_text(c, "Ya puede retirar su tarjeta");
	remove_card(c);
	use_identity(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

static void signin_removed(struct citizen *c)
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
	expect_text(c, "Ya puede retirar su tarjeta");
	remove_card(c);
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

static void signin_pinpad(struct citizen *c)
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
	expect_text(c, "Ya puede retirar su tarjeta");
	expect_pin_nowhere(c);
	remove_card(c);
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

static void signin_expired(struct citizen *c)
{
	signin_refused(c, "expired", "Su certificado ya venció");
}

/* Only its authority knows: sync asked. */
static void signin_revoked(struct citizen *c)
{
	signin_refused(c, "revoked", "Su certificado fue revocado");
}

/* Three wrong ones, the last only after a warning; the other way leads on. */
static void signin_pinpad_blocked(struct citizen *c)
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
static void signin_left_behind(struct citizen *c)
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
	tap(c, "button", "RENAPO Copia certificada de mi CURP");
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
	expect_text(c, "Ya puede retirar su tarjeta");
	remove_card(c);
}

static void curp_certified(struct citizen *c)
{
	ask_for_copy(c);
	sign_request(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

/* The signature waits in the queue, with the request that it belongs to. */
static void curp_certified_offline(struct citizen *c)
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
static void curp_certified_problems(struct citizen *c)
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
	remove_card(c);
	finish(c, "accepted");
	expect_secrets_forgotten(c);
}

/* ---- a technician ---- */

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
		if (tries == 0 || tree_find(c->tree, role, name, &node))
			tap(c, role, name);
		for (int looks = 0; looks < 8; looks++) {
			look_again(c);
			if (tree_contains(c->tree, text))
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

/* Tests the printer, sees it pass, looks at every tab, takes the terminal out of service and back,
 * leaves. */
static void maintenance(struct citizen *c)
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
	press(c, "button", "Salir", "Vuelve a dar servicio mañana");
	expect_screen(c, "out-of-service");
	make_gesture(c);
	type_staff_pin(c, STAFF_PIN);
	expect_screen(c, "maintenance");
	press(c, "button", "Dar servicio", "Fuera de servicio");
	press(c, "button", "Salir", "Toque la pantalla");
	expect_screen(c, "attract");
	vt_copy_cut(c->outcome, sizeof(c->outcome), "maintained");
}

/* Goes through the first start of a terminal that serves nobody yet, tests its printer on the way
 * and activates it; then a citizen may come. */
static void first_start(struct citizen *c)
{
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
	press(c, "button", "Continuar", "Calibrar la pantalla");
	press(c, "button", "Continuar", "Trámite de prueba");
	press(c, "button", "Continuar", "¿Está lista?");
	photograph(c);
	press(c, "button", "Activar", "Mantenimiento");
	press(c, "button", "Salir", "Toque la pantalla");
	expect_screen(c, "attract");
	enter(c);
	vt_copy_cut(c->outcome, sizeof(c->outcome), "activated");
}

static const struct {
	const char *name;
	void (*run)(struct citizen *);
} journeys[] = {
	{"curp-by-data", curp_by_data},
	{"curp-by-key", curp_by_key},
	{"curp-by-scan", curp_by_scan},
	{"curp-by-switches", curp_by_switches},
	{"curp-certified", curp_certified},
	{"curp-certified-offline", curp_certified_offline},
	{"curp-certified-problems", curp_certified_problems},
	{"curp-homonyms", curp_homonyms},
	{"curp-none", curp_none},
	{"curp-offline", curp_offline},
	{"curp-typo", curp_typo},
	{"first-start", first_start},
	{"maintenance", maintenance},
	{"paper-out", paper_out},
	{"passport-fee", passport_fee},
	{"printer-unplugged", printer_unplugged},
	{"scanner-unplugged", scanner_unplugged},
	{"signin-card", signin_card},
	{"signin-expired", signin_expired},
	{"signin-left-behind", signin_left_behind},
	{"signin-pinpad", signin_pinpad},
	{"signin-pinpad-blocked", signin_pinpad_blocked},
	{"signin-removed", signin_removed},
	{"signin-revoked", signin_revoked},
	{"signin-wrong-pin", signin_wrong_pin},
	{"timeout", timeout},
};

bool journey_run(struct citizen *c)
{
	for (size_t i = 0; i < VT_ELEMENTS(journeys); i++) {
		if (strcmp(journeys[i].name, c->journey) == 0) {
			journeys[i].run(c);
			return true;
		}
	}
	return false;
}
