/* Journeys with a document under the scanner. */

#include "tools/citizen/journeys.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/clock.h"
#include "tools/citizen/steps.h"
#include "tools/citizen/words.h"

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

/* Where there is the least room a key that is begun stands alone: neither the scanner is offered
 * beside it nor is said where it was read. */
static bool is_roomy(struct citizen *c)
{
	struct tree_node node;

	return tree_find(c->tree, "button", words_in(c->lang, "Escanear mi CURP"), &node);
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

void curp_by_scan(struct citizen *c)
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
	expect_text(c, "26 de junio de 1956");
	if (is_roomy(c))
		expect_text(c, "Leída de su documento");
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
void scanner_unplugged(struct citizen *c)
{
	static const char begun[] = "SABC", rest[] = "560626MDFLRN01";

	begin_with_scanner(c);
	type_text(c, begun);
	const bool is_kept = is_roomy(c);
	for (size_t i = 0; !is_kept && i < strlen(begun); i++)
		tap(c, "key", "Borrar");
	tap(c, "button", "Escanear mi CURP");
	expect_screen(c, "scan");
	if (!world_devices(&c->world, "unplug scanner"))
		fail(c, "the scanner cannot be unplugged");
	expect_text(c, "no funciona ahora");
	expect_screen(c, "problem");
	tap(c, "button", "Escribir mi CURP");
	expect_screen(c, "curp");
	if (is_roomy(c))
		fail(c, "a scanner that is gone is offered");
	if (!is_kept)
		type_text(c, begun);
	type_text(c, rest); /* the first letters are still there */
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}
