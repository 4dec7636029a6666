#ifndef VT_AGENCY_POPULATION_H
#define VT_AGENCY_POPULATION_H

/* The registry's people: invented, the same ones for the same seed, so that a scripted citizen
 * finds whom the script names. */

#include <stdint.h>

#include "tools/agency/names.h"

/* Rows generated from the seed; the fixed ones come on top. */
#define POPULATION_SIZE 2000

/* One registry record; widths of the Instructivo p. 20-28, all UTF-8, "" where there is nothing. */
struct person {
	char curp[CURP_SIZE];
	char first[NAMES_SIZE];
	char second[NAMES_SIZE];
	char names[NAMES_SIZE];
	char sex[2];
	char birth[11];	     /* YYYY-MM-DD */
	char entity[3];	     /* of birth, "NE" abroad */
	char nationality[4]; /* annex 5 */
	char document[2];    /* documento probatorio: 1, 3, 4, 7 */
	char year[5];	     /* of the birth act */
	char foja[6];
	char tomo[4];
	char libro[5];
	char acta[6];
	char crip[16];
	char registry_entity[3];       /* INEGI number */
	char registry_municipality[4]; /* INEGI number */
	char foreigner[8];	       /* number in the foreigners' registry */
	char letter[10];	       /* year and folio of a letter or certificate */
	char status[4];		       /* AN … BJD */
	char is_latin1[2];	       /* "1": this record's answers go out in Latin-1 */
	char former[CURP_SIZE];	       /* key before a change that altered it (RCC), else "" */
};

/* Takes one record; anything but VT_OK ends the generation with that code. */
typedef enum vt_code (*population_take)(void *context, const struct person *person);

/* True if the key (of a record or a former one) is given already. */
typedef bool (*population_taken)(void *context, const char *curp);

/* The fixed people of the scripts, then POPULATION_SIZE from seed. Every status, entity and kind of
 * document occurs; every 40th is a homonym of the one before. VT_ERR_LIMIT if a root has no
 * homonymy character left (cannot happen with these lists). */
VT_MUST_USE enum vt_code population_generate(
	uint64_t seed, population_take take, population_taken taken, void *context);

#endif
