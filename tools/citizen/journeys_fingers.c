/* A journey on a touch screen where more than one finger comes down, and fingers slip. */

#include "tools/citizen/journeys.h"

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/citizen/steps.h"

struct spot {
	int x, y;
};

static struct spot spot_of(struct citizen *c, const char *role, const char *es)
{
	const struct tree_node node = expect_node(c, role, es);

	return (struct spot){node.x + node.w / 2, node.y + node.h / 2};
}

static void put(struct citizen *c, int finger, enum finger_phase phase, struct spot at)
{
	hand_finger(c->hand, finger, phase, at.x, at.y);
}

/* The field shows it in groups. */
static bool is_text(const char *shown, const char *text)
{
	for (; *shown; shown++) {
		if (*shown != ' ' && *shown != *text++)
			return false;
	}
	return !*text;
}

/* The field says so: what was not to be typed would stand there, too. */
static void expect_typed(struct citizen *c, const char *text)
{
	const int64_t deadline = vt_clock_monotonic_ms() + CITIZEN_PATIENCE_MS;
	struct tree_node field = {0};
	char typed[64] = "";

	while (!tree_find(c->tree, "textbox", "*", &field) || !is_text(field.value, text)) {
		if (vt_clock_monotonic_ms() > deadline)
			fail(c, "\"%s\" was typed, not \"%s\"", typed, text);
		if (strncmp(field.value, "•", strlen("•")) != 0) /* masked after a while */
			vt_copy_cut(typed, sizeof(typed), field.value);
		look_again(c);
	}
}

/* Only the first finger acts, whichever is lifted first (UI.md §2). */
static void type_with_two(struct citizen *c, const char *key, const char *other, bool lifts_first)
{
	const struct spot first = spot_of(c, "key", key), second = spot_of(c, "key", other);

	put(c, 1, FINGER_DOWN, first);
	put(c, 2, FINGER_DOWN, second);
	put(c, lifts_first ? 1 : 2, FINGER_UP, lifts_first ? first : second);
	put(c, lifts_first ? 2 : 1, FINGER_UP, lifts_first ? second : first);
}

/* Down on one, up on another: neither acts, nor if it comes back. */
static void slip(struct citizen *c, struct spot from, struct spot to, bool comes_back)
{
	put(c, 1, FINGER_DOWN, from);
	put(c, 1, FINGER_MOTION, to);
	if (comes_back)
		put(c, 1, FINGER_MOTION, from);
	put(c, 1, FINGER_UP, comes_back ? from : to);
}

/* Lifted by a finger that was never put down. */
static void lift_another(struct citizen *c, const char *key)
{
	const struct spot at = spot_of(c, "key", key);

	put(c, 1, FINGER_DOWN, at);
	put(c, 2, FINGER_UP, at);
	put(c, 1, FINGER_MOTION, spot_of(c, "key", "8"));
	put(c, 1, FINGER_UP, at);
}

void curp_by_fingers(struct citizen *c)
{
	hand_use_fingers(c->hand, true);
	begin(c, "Obtener mi CURP*");
	expect_screen(c, "curp");
	type_text(c, "SA");
	type_with_two(c, "B", "X", false);
	expect_typed(c, "SAB");
	type_with_two(c, "C", "Z", true);
	expect_typed(c, "SABC");
	slip(c, spot_of(c, "key", "9"), spot_of(c, "key", "8"), false);
	slip(c, spot_of(c, "key", "9"), spot_of(c, "key", "8"), true);
	lift_another(c, "9");
	type_text(c, "560626MDFLRN01");
	expect_typed(c, CURP_CONCEPCION);
	slip(c, spot_of(c, "button", "Continuar"), spot_of(c, "key", "Borrar"), false);
	slip(c, spot_of(c, "key", "Borrar"), spot_of(c, "button", "Continuar"), false);
	/* Another touch is answered after those: they did nothing. */
	tap(c, "key", "Borrar");
	expect_typed(c, "SABC560626MDFLRN0");
	type_text(c, "1");
	expect_screen(c, "curp");
	photograph(c);
	go_on(c);
	mark(c, "submitted");
	confirm_identity(c, "SALGADO");
	finish(c, "accepted");
}
