#ifndef VT_DOMAIN_ENTITIES_H
#define VT_DOMAIN_ENTITIES_H

/* The 32 federal entities and NE "born abroad", with INEGI's number and the code of the CURP
 * (domain.md §2.3). The CURP code is not the ISO code and not in alphabetical order. */

#include <stddef.h>

struct entity {
	int inegi;		/* 1 … 32; 0 for NE */
	char code[3];		/* positions 12-13 of a CURP */
	const char *name;	/* official: "Coahuila de Zaragoza" */
	const char *short_name; /* as people say: "Coahuila"; the same in every language but NE */
};

#define ENTITY_COUNT 33

/* By INEGI number, NE last; i < ENTITY_COUNT. */
const struct entity *entity_at(size_t i);
/* code: at least two characters, of which the first two count ("JC…"). NULL if unknown. */
const struct entity *entity_by_code(const char *code);
/* NULL unless 1 … 32. */
const struct entity *entity_by_inegi(int number);
/* Name to show: short_name, except NE: "Nacido en el extranjero", lang en: "Born abroad". */
const char *entity_name(const struct entity *entity, const char *lang);

#endif
