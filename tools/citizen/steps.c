/* What several journeys share: arriving, answering, taking the paper, leaving. */

#include "tools/citizen/steps.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/words.h"

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

	if (!name)
		return;
	tap(c, "radio", name);
	/* In the new letters it may stand on another page. */
	for (;;) {
		if (expect_node(c, "radio", name).checked)
			break;
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" is not chosen", name);
		look_again(c);
	}
}

void open_access(struct citizen *c)
{
	static const char large[] = "Ajustes de accesibilidad";
	struct tree_node node;

	expect_screen(c, "home");
	/* In larger letters the button says what fits. */
	const bool is_large = tree_find(c->tree, "button", words_in(c->lang, large), &node);
	tap(c, "button", is_large ? large : "Accesibilidad");
	expect_screen(c, "access");
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
	open_access(c);
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

void enter(struct citizen *c)
{
	arrive(c);
	expect_screen(c, "home");
	c->begun = true;
	mark(c, "home");
	choose_language(c);
	choose_look(c);
}

void begin(struct citizen *c, const char *service)
{
	enter(c);
	tap(c, "button", service);
	expect_screen(c, "intro");
	tap(c, "button", "Comenzar");
}

void go_on(struct citizen *c)
{
	tap(c, "button", "Continuar");
}

void answer_name(struct citizen *c, const char *question, const char *name)
{
	expect_text(c, question);
	expect_screen(c, "question");
	type_text(c, name);
	go_on(c);
}

void answer_date(struct citizen *c, const char *question, const char *digits)
{
	expect_text(c, question);
	expect_screen(c, "question");
	type_text(c, digits);
	go_on(c);
}

void answer_choice(struct citizen *c, const char *question, const char *choice)
{
	expect_text(c, question);
	expect_screen(c, "question");
	tap(c, "radio", choice);
	go_on(c);
}

void note_folio(struct citizen *c)
{
	const struct tree_node node = expect_node(c, "status", "Folio *");

	/* "Folio DM01 - 0010 …": what the screen says, without its word and spaces. */
	const char *p = node.name + strlen("Folio ");
	size_t length = 0;
	for (; *p && length < sizeof(c->folio) - 1; p++) {
		if (*p != ' ' && (unsigned char)*p < 0x80)
			c->folio[length++] = *p;
	}
	c->folio[length] = 0;
}

bool is_accepted(struct citizen *c)
{
	struct world_txn txn;

	return world_transaction(&c->world, c->folio, &txn) && strcmp(txn.state, "ACCEPTED") == 0;
}

bool is_known(struct citizen *c)
{
	struct world_txn txn;

	return world_transaction(&c->world, c->folio, &txn);
}

void leave(struct citizen *c)
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
void take_sheet(struct citizen *c)
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

bool is_settled(struct citizen *c)
{
	return world_status_has(&c->world, "\"queued\":0");
}

/* The part does not remember the key. Its memory is open to root only: others are told so. */
void expect_forgotten_by(struct citizen *c, const char *part)
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
void expect_forgotten(struct citizen *c)
{
	static const char *const parts[] = {"core", "ui", "sync", "devices"};

	for (size_t i = 0; i < VT_ELEMENTS(parts); i++)
		expect_forgotten_by(c, parts[i]);
}

/* The confirmation: folio, paper in the hand, everything delivered; then the citizen leaves. */
void finish(struct citizen *c, const char *outcome)
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
void confirm_identity(struct citizen *c, const char *text)
{
	static const char *const outcomes[] = {"results", "done", NULL};

	if (c->disturbed && strcmp(expect_one(c, outcomes), "done") == 0)
		return;
	expect_screen(c, "results");
	if (text)
		expect_text(c, text);
	tap(c, "button", "Sí, son mis datos");
}
