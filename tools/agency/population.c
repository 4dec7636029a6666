#include "tools/agency/population.h"

#include <inttypes.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* In the order of INEGI's numbers, 01 to 32; abroad last. */
static const char entities[33][3] = {"AS", "BC", "BS", "CC", "CL", "CM", "CS", "CH", "DF", "DG",
	"GT", "GR", "HG", "JC", "MC", "MN", "MS", "NT", "NL", "OC", "PL", "QT", "QR", "SP", "SL",
	"SR", "TC", "TS", "TL", "VZ", "YN", "ZS", "NE"};

static const char *const statuses[] = {"AN", "AH", "CRA", "RCN", "RCC", "BD", "BDA", "BCC", "BCN",
	"BSU", "BAP", "BDM", "BDP", "BJD"};

static const char *const surnames[] = {"HERNÁNDEZ", "GARCÍA", "MARTÍNEZ", "LÓPEZ", "GONZÁLEZ",
	"PÉREZ", "RODRÍGUEZ", "SÁNCHEZ", "RAMÍREZ", "CRUZ", "FLORES", "GÓMEZ", "MORALES", "VÁZQUEZ",
	"REYES", "JIMÉNEZ", "TORRES", "DÍAZ", "GUTIÉRREZ", "RUIZ", "MENDOZA", "AGUILAR", "ORTIZ",
	"MORENO", "CASTILLO", "ROMERO", "ÁLVAREZ", "MÉNDEZ", "CHÁVEZ", "RIVERA", "JUÁREZ", "RAMOS",
	"DOMÍNGUEZ", "HERRERA", "MEDINA", "CASTRO", "VARGAS", "GUZMÁN", "VELÁZQUEZ", "MUÑOZ",
	"ROJAS", "DE LA CRUZ", "CONTRERAS", "SALAZAR", "LUNA", "ORTEGA", "GUERRERO", "ESTRADA",
	"BAUTISTA", "CORTÉS", "SOTO", "ALVARADO", "ESPINOZA", "LARA", "ÁVILA", "RÍOS", "CERVANTES",
	"SILVA", "DELGADO", "VEGA", "MÁRQUEZ", "SANDOVAL", "FERNÁNDEZ", "LEÓN", "CARRILLO", "MEJÍA",
	"SOLÍS", "NÚÑEZ", "ROSAS", "VALDEZ", "IBARRA", "CAMPOS", "SANTOS", "CAMACHO", "PEÑA",
	"MALDONADO", "NAVARRO", "ROSALES", "ACOSTA", "MIRANDA", "TREJO", "CABRERA", "VALENCIA",
	"NAVA", "CASTAÑEDA", "PACHECO", "ROBLES", "MOLINA", "ROCHA", "FUENTES", "HUERTA", "PADILLA",
	"ESPINOSA", "MEZA", "MONTES DE OCA", "PONCE DE LEÓN", "ARGÜELLO", "ÑANDÚ", "OÑATE",
	"ZÚÑIGA", "ICH", "PECH", "CHAN", "CANUL", "DZUL", "D'AMICO", "O'FARRIL", "DIAZ-COUDER",
	"MC GREGOR", "VAN DEN BERG", "DEL ÁNGEL", "DE LOS SANTOS", "Y BARRA", "IBÁÑEZ", "YÁÑEZ",
	"PEDRERO", "XICOTÉNCATL", "QUIROZ", "ULLOA"};

static const char *const women[] = {"MARÍA GUADALUPE", "MARÍA ELENA", "JUANA", "MARGARITA",
	"VERÓNICA", "LETICIA", "ROSA MARÍA", "ALEJANDRA", "ELIZABETH", "PATRICIA", "GABRIELA",
	"ANA LAURA", "MARÍA DE LOS ÁNGELES", "MA. DEL CARMEN", "FRANCISCA", "ADRIANA", "CLAUDIA",
	"YOLANDA", "SILVIA", "TERESA", "MARÍA JOSÉ", "XIMENA", "SOFÍA", "VALENTINA", "REGINA",
	"CAMILA", "BEGOÑA", "ROCÍO", "ITZEL", "CITLALI", "XÓCHITL", "ÚRSULA", "LUZ MARÍA", "MARÍA",
	"NOEMÍ", "ÍNGRID", "DULCE MARÍA", "ESPERANZA", "ROSARIO", "BEATRIZ"};

static const char *const men[] = {"JOSÉ LUIS", "JUAN CARLOS", "MIGUEL ÁNGEL", "FRANCISCO JAVIER",
	"JOSÉ", "JUAN", "ANTONIO", "MARTÍN", "ALEJANDRO", "ROBERTO", "PEDRO", "FERNANDO", "JESÚS",
	"JORGE", "RAÚL", "SERGIO", "RICARDO", "EDUARDO", "JAVIER", "JOSÉ MARÍA", "JUAN PABLO",
	"ARTURO", "RUBÉN", "MARIO", "ENRIQUE", "SANTIAGO", "MATÍAS", "SEBASTIÁN", "DIEGO",
	"EMILIANO", "ÓSCAR", "ÁNGEL", "ÍÑIGO", "TOÑO", "CUAUHTÉMOC", "NEZAHUALCÓYOTL", "ISMAEL",
	"ULISES", "J. JESÚS", "OTHÓN"};

static const char *const abroad[] = {"USA", "ESP", "COL", "CUB", "ARG", "GTM", "HND", "CHN", "FRA"};

/* xoshiro would be finer; splitmix64 is eight lines and its sequence is defined everywhere. */
struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice, uint64_t sides)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % sides;
}

static void set(char *dst, size_t size, const char *text)
{
	bool fits = vt_copy(dst, size, text);

	VT_ASSERT(fits); /* every list entry is ours */
}

#define SET(member, text) set(member, sizeof(member), text)

static void set_number(char *dst, size_t size, int digits, uint64_t number)
{
	bool fits = vt_format(dst, size, "%0*" PRIu64, digits, number);

	VT_ASSERT(fits);
}

static struct names_parts parts_of(const struct person *p)
{
	return (struct names_parts){.first = p->first,
		.second = p->second,
		.names = p->names,
		.birth = p->birth,
		.sex = p->sex[0],
		.entity = p->entity};
}

/* The first key of this root that nobody has; ret_order tells how many have one. */
static enum vt_code give_key(const struct person *p, population_taken taken, void *context,
	char ret_curp[CURP_SIZE], unsigned *ret_order)
{
	struct names_parts parts = parts_of(p);

	for (unsigned order = 0;; order++) {
		enum vt_code code = names_make_curp(&parts, order, ret_curp);

		if (code != VT_OK)
			return code;
		if (!taken(context, ret_curp)) {
			*ret_order = order;
			return VT_OK;
		}
	}
}

static unsigned entity_number(const char *entity)
{
	for (unsigned i = 0; i < VT_ELEMENTS(entities); i++)
		if (strcmp(entities[i], entity) == 0)
			return i + 1;
	return 33;
}

/* Birth act, or the papers of those born abroad. */
static void give_papers(struct person *p, struct dice *dice)
{
	int64_t year = 0;
	enum vt_code code =
		vt_parse_i64((char[]){p->birth[0], p->birth[1], p->birth[2], p->birth[3], '\0'},
			1900, 2100, &year);

	VT_ASSERT(code == VT_OK);
	unsigned number = entity_number(p->entity);
	uint64_t kind = roll(dice, 3);

	p->year[0] = p->foja[0] = p->tomo[0] = p->libro[0] = p->acta[0] = p->crip[0] = '\0';
	p->registry_entity[0] = p->registry_municipality[0] = '\0';
	p->foreigner[0] = p->letter[0] = '\0';
	SET(p->nationality, "MEX");
	if (number <= 32) {
		SET(p->document, "1");
		set_number(p->year, sizeof(p->year), 4, (uint64_t)year);
		set_number(p->foja, sizeof(p->foja), 5, 1 + roll(dice, 400));
		set_number(p->libro, sizeof(p->libro), 4, 1 + roll(dice, 40));
		set_number(p->acta, sizeof(p->acta), 5, 1 + roll(dice, 9000));
		set_number(p->registry_entity, sizeof(p->registry_entity), 2, number);
		/* 002 and 003 are municipalities in every entity. */
		set_number(p->registry_municipality, sizeof(p->registry_municipality), 3,
			2 + roll(dice, 2));
		if (roll(dice, 4) == 0)
			set_number(p->tomo, sizeof(p->tomo), 3, 1 + roll(dice, 20));
		if (roll(dice, 3) == 0)
			set_number(p->crip, sizeof(p->crip), 15, roll(dice, 999999999999999ULL));
	} else if (kind == 0) {
		SET(p->document, "3");
		SET(p->nationality, abroad[roll(dice, VT_ELEMENTS(abroad))]);
		set_number(p->foreigner, sizeof(p->foreigner), 7, 1 + roll(dice, 9999999));
	} else {
		SET(p->document, kind == 1 ? "4" : "7");
		set_number(p->letter, sizeof(p->letter), 9,
			(uint64_t)(year + 20 > 2020 ? 2020 : year + 20) * 100000 +
				roll(dice, 99999));
	}
}

struct fixed {
	const char *first, *second, *names, *sex, *birth, *entity, *status;
	const char *curp;	  /* what must come out */
	const char *former_names; /* RCC: names before the change, and */
	const char *former;	  /* the key they gave */
};

/* The people scripts speak of, whatever the seed. All invented; the keys are the published
 * specimens of the Instructivo and of python-stdnum, the names made to fit them. */
static const struct fixed fixed_people[] = {
	{"SALGADO", "BRISEÑO", "CONCEPCIÓN", "M", "1956-06-26", "DF", "AN", "SABC560626MDFLRN01",
		"", ""},
	{"HERNÁNDEZ", "GARCÍA", "GUADALUPE", "M", "1956-04-27", "VZ", "RCC", "", "GLORIA",
		"HEGG560427MVZRRL04"},
	{"HERNÁNDEZ", "GARCÍA", "JUAN", "H", "1980-03-15", "MC", "AN", "", "", ""},
	{"HERNÁNDEZ", "GARCÍA", "JUAN", "H", "1980-03-15", "MC", "AH", "", "", ""},
	{"BELTRÁN", "MENDOZA", "LUIS", "H", "1992-03-13", "MC", "AN", "BEML920313HMCLNS09", "", ""},
	{"PÉREZ", "GÓMEZ", "LUISA", "M", "1989-09-09", "JC", "BD", "PEGL890909MJCRMS08", "", ""},
	{"BORA", "", "WINSTON", "H", "1931-08-20", "NE", "AN", "BOXW310820HNERXN09", "", ""},
	{"ACALA", "ACEVES", "ACACIO", "H", "1900-01-01", "DF", "AN", "AAAA000101HDFCCC09", "", ""},
	{"ALANÍS", "ARANDA", "ALAN", "H", "2000-02-29", "DF", "AN", "AAAA000229HDFLRLA0", "", ""},
	{"ÑANDÚ", "ARGÜELLO", "MARÍA DE LOS ÁNGELES", "M", "1975-10-02", "OC", "AN", "", "", ""},
	{"TEO", "CABALLERO", "JOE", "X", "1900-06-13", "MS", "AN", "TECJ000613XMSXBX06", "", ""},
};

static enum vt_code add_fixed(
	struct dice *dice, population_take take, population_taken taken, void *context)
{
	for (size_t i = 0; i < VT_ELEMENTS(fixed_people); i++) {
		const struct fixed *f = &fixed_people[i];
		struct person p = {0};
		unsigned order;

		SET(p.first, f->first);
		SET(p.second, f->second);
		SET(p.sex, f->sex);
		SET(p.birth, f->birth);
		SET(p.entity, f->entity);
		SET(p.status, f->status);
		/* The trap of domain.md §3: old rows whose bytes never became UTF-8. */
		SET(p.is_latin1, strcmp(f->first, "ÑANDÚ") == 0 ? "1" : "0");
		if (f->former[0] != '\0') {
			SET(p.names, f->former_names);
			enum vt_code code = give_key(&p, taken, context, p.former, &order);

			VT_ASSERT(code == VT_OK && strcmp(p.former, f->former) == 0);
		}
		SET(p.names, f->names);
		enum vt_code code = give_key(&p, taken, context, p.curp, &order);

		if (code != VT_OK)
			return code;
		VT_ASSERT(f->curp[0] == '\0' || strcmp(p.curp, f->curp) == 0);
		give_papers(&p, dice);
		code = take(context, &p);
		if (code != VT_OK)
			return code;
	}
	return VT_OK;
}

static void give_names(struct person *p, struct dice *dice)
{
	bool is_man = p->sex[0] == 'H' || (p->sex[0] == 'X' && roll(dice, 2) == 0);

	SET(p->first, surnames[roll(dice, VT_ELEMENTS(surnames))]);
	/* One surname only: about 1 in 60. */
	SET(p->second, roll(dice, 60) == 0 ? "" : surnames[roll(dice, VT_ELEMENTS(surnames))]);
	SET(p->names,
		is_man ? men[roll(dice, VT_ELEMENTS(men))] : women[roll(dice, VT_ELEMENTS(women))]);
}

static void draw_person(struct person *p, struct dice *dice, unsigned i)
{
	unsigned year = 1930 + (unsigned)roll(dice, 95); /* to 2024 */
	unsigned month = 1 + (unsigned)roll(dice, 12);
	unsigned day = 1 + (unsigned)roll(dice, 28);

	memset(p, 0, sizeof(*p));
	SET(p->is_latin1, "0");
	SET(p->sex, roll(dice, 100) == 0 ? "X" : roll(dice, 2) == 0 ? "H" : "M");
	give_names(p, dice);
	bool fits = vt_format(p->birth, sizeof(p->birth), "%04u-%02u-%02u", year, month, day);

	VT_ASSERT(fits);
	SET(p->entity, entities[i % VT_ELEMENTS(entities)]);
	/* 14 of 56 go through all statuses, the rest is normal. */
	SET(p->status, i % 56 < VT_ELEMENTS(statuses) ? statuses[i % 56] : "AN");
}

enum vt_code population_generate(
	uint64_t seed, population_take take, population_taken taken, void *context)
{
	struct dice dice = {.state = seed};
	struct person p = {0};
	enum vt_code code = add_fixed(&dice, take, taken, context);

	for (unsigned i = 0; code == VT_OK && i < POPULATION_SIZE; i++) {
		unsigned order;

		if (i % 40 == 39) {
			SET(p.status, "AH"); /* same names, birth, sex, entity as the one before */
			p.former[0] = '\0';
		} else {
			draw_person(&p, &dice, i);
		}
		give_papers(&p, &dice);
		if (strcmp(p.status, "RCC") == 0) {
			/* The key was made from another name. */
			struct person before = p;

			SET(before.names, strcmp(p.names, "ISMAEL") == 0 ? "OTHÓN" : "ISMAEL");
			code = give_key(&before, taken, context, p.former, &order);
		}
		if (code == VT_OK)
			code = give_key(&p, taken, context, p.curp, &order);
		if (code == VT_OK && order > 0 && strcmp(p.status, "AN") == 0)
			SET(p.status, "AH");
		/* A former key that happens to be the new root's next one is no change at all. */
		if (code == VT_OK && strcmp(p.former, p.curp) == 0) {
			SET(p.status, "RCN");
			p.former[0] = '\0';
		}
		if (code == VT_OK)
			code = take(context, &p);
	}
	return code;
}
