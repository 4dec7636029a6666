#include "tools/citizen/journeys.h"

#include <string.h>

#include "terminal/base/text.h"

static const struct {
	const char *name, *outcome;
	void (*run)(struct citizen *);
} journeys[] = {
#define JOURNEY(name, outcome, run) {name, outcome, run},
#include "tools/citizen/journeys.def"
#undef JOURNEY
};

bool journey_run(struct citizen *c)
{
	for (size_t i = 0; i < VT_ELEMENTS(journeys); i++) {
		if (strcmp(journeys[i].name, c->journey) != 0)
			continue;
		journeys[i].run(c);
		if (strcmp(journeys[i].outcome, c->outcome) != 0)
			fail(c, "ended as \"%s\", not \"%s\"", c->outcome, journeys[i].outcome);
		return true;
	}
	return false;
}
