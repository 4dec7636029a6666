#include "tests/ui/screens_fixtures.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/text.h"
#include "terminal/domain/entities.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

/* The text of the language; es for all others, as core falls back. */
static const char *in(const char *lang, const char *es, const char *en)
{
	return strcmp(lang, "en") == 0 ? en : es;
}

static struct screen_item *add(
	struct screen_model *m, enum item_kind kind, const char *id, const char *label)
{
	struct screen_item *item = &m->items[m->item_count++];

	item->kind = kind;
	SET(item->id, id);
	SET(item->label, label);
	return item;
}

static void start(struct screen_model *m, const char *lang, enum screen_kind kind)
{
	memset(m, 0, sizeof(*m));
	m->screen = kind;
	m->revision = 7;
	SET(m->lang, lang);
	SET(m->terminal, "MX-OAX-0412");
}

static void in_curp(struct screen_model *m, const char *lang)
{
	SET(m->service, "curp");
	SET(m->service_name, in(lang, "Obtener mi CURP", "Get my CURP"));
	SET(m->agency, in(lang, "Registro Nacional de Población", "National Population Registry"));
	SET(m->icon, "identification-card");
	m->is_free = true;
	m->no_charge = true;
	m->personal = true;
	m->can_back = true;
}

static void in_fee(struct screen_model *m, const char *lang)
{
	SET(m->service, "passport-fee");
	SET(m->service_name, in(lang, "Hoja de pago de pasaporte", "Passport payment sheet"));
	SET(m->agency, in(lang, "Secretaría de Relaciones Exteriores", "Foreign Ministry"));
	SET(m->icon, "credit-card");
	m->no_charge = true;
	m->personal = true;
	m->can_back = true;
}

/* ---- without a service ---- */

struct service_row {
	const char *id, *icon, *agency, *es, *en;
};
static const struct service_row services[] = {
	{"sat.cita", "calendar-check", "SAT", "Cita en el SAT", "Appointment at SAT"},
	{"issste.cita", "heartbeat", "ISSSTE", "Cita médica ISSSTE", "Medical appointment"},
	{"empleo", "briefcase", "STPS", "Mis solicitudes de empleo", "My job applications"},
	{"trabajaen", "users-three", "SABG", "Concursos de plazas públicas",
		"Public service openings"},
	{"compras", "handshake", "ComprasMX", "Licitaciones y contratos", "Tenders and contracts"},
	{"transparencia", "file-magnifying-glass", "Transparencia para el Pueblo",
		"Solicitudes de información", "Information requests"},
	{"luz.reporte", "lamp-pendant", "CFE", "Reportar luminaria apagada",
		"Report a street lamp"},
	{"sep.calificaciones", "exam", "SEP", "Calificaciones escolares", "School marks"},
	{"tsa.expediente", "scales", "TSA", "Estado de juicios agrarios", "Agrarian court cases"},
	{"sre.becas", "student", "AMEXCID", "Becas de la SRE", "Foreign Ministry grants"},
	{"conacyt.beca", "graduation-cap", "SECIHTI", "Becas crédito", "Student loans"},
	{"educal", "books", "EDUCAL", "Librerías EDUCAL", "EDUCAL bookshops"},
	{"stps.becas", "hammer", "STPS", "Becas para desempleados", "Grants for the unemployed"},
	{"rupa", "seal-check", "SABG", "Registro de personas (RUPA)", "Register of persons (RUPA)"},
	{"sare", "storefront", "Municipio", "Apertura rápida de empresas", "Open a business"},
	{"imss.movimientos", "suitcase", "IMSS", "Movimientos afiliatorios", "IMSS records"},
	{"imss.nss", "first-aid-kit", "IMSS", "Número de Seguridad Social",
		"Social security number"},
	{"acta", "certificate", "Registro Civil", "Copia certificada de acta", "Certified copy"},
	{"portal", "list-bullets", "ATDT", "Catálogo de trámites", "List of all services"},
};

static void home(struct screen_model *m, const char *lang)
{
	struct screen_item *item;

	start(m, lang, SCREEN_HOME);
	item = add(m, ITEM_FEATURE, "curp", in(lang, "Obtener mi CURP", "Get my CURP"));
	SET(item->detail, in(lang, "Consulta e impresión. Gratuito.", "Look-up and print. Free."));
	SET(item->icon, "identification-card");
	item = add(
		m, ITEM_FEATURE, "passport-fee", in(lang, "Pagar pasaporte", "Pay for a passport"));
	SET(item->detail, in(lang, "Hoja de ayuda para el pago de derechos en el banco.",
				  "Payment sheet to take to the bank."));
	SET(item->icon, "credit-card");
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		item = add(m, ITEM_CARD, services[i].id, in(lang, services[i].es, services[i].en));
		SET(item->detail2, services[i].agency);
		SET(item->icon, services[i].icon);
		item->state = ITEM_SOON;
		SET(item->reason, "soon");
	}
}

/* As it will be with every service built. */
static void home_full(struct screen_model *m, const char *lang)
{
	home(m, lang);
	for (size_t i = 0; i < m->item_count; i++) {
		m->items[i].state = ITEM_AVAILABLE;
		m->items[i].reason[0] = '\0';
	}
}

static void home_degraded(struct screen_model *m, const char *lang)
{
	home_full(m, lang);
	m->offline = true;
	m->no_paper = true;
	for (size_t i = 2; i < m->item_count; i++) {
		if (strcmp(m->items[i].id, "luz.reporte") == 0 ||
			strcmp(m->items[i].id, "educal") == 0)
			continue;
		m->items[i].state = ITEM_UNAVAILABLE;
		SET(m->items[i].reason, "offline");
	}
}

static void attract(struct screen_model *m, const char *lang)
{
	home(m, lang);
	m->screen = SCREEN_ATTRACT;
}

static void language(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_LANGUAGE);
	SET(add(m, ITEM_CHOICE, "es-MX", "Español")->detail, "Español");
	SET(add(m, ITEM_CHOICE, "en", "English")->detail, "Inglés");
	m->can_back = true;
}

static void access_settings(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_ACCESS);
	m->can_back = true;
}

static void help(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_HELP);
	m->can_back = true;
}

static void out_of_service(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_OUT_OF_SERVICE);
	SET(m->problem, "storage");
}

/* ---- CURP ---- */

static void intro_curp(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_INTRO);
	in_curp(m, lang);
	m->personal = false;
	SET(m->title, m->service_name);
	SET(m->lead,
		in(lang,
			"Consulte su clave en el Registro Nacional de Población y llévela impresa.",
			"Look up your key in the national registry and take it printed."));
	SET(add(m, ITEM_NOTE, "needs", "")->detail,
		in(lang, "Su CURP, o los datos de su acta de nacimiento.",
			"Your CURP, or the data of your birth certificate."));
	SET(add(m, ITEM_NOTE, "get", "")->detail,
		in(lang, "La constancia impresa y un código QR con su folio.",
			"The printed certificate and a QR code with your folio."));
	SET(add(m, ITEM_NOTE, "time", "")->detail,
		in(lang, "Unos dos minutos.", "About two minutes."));
	SET(add(m, ITEM_NOTE, "offline", "")->detail,
		in(lang, "Guardamos su solicitud y la enviamos al volver la red.",
			"We keep your request and send it when the network is back."));
	SET(add(m, ITEM_NOTE, "privacy", "")->detail,
		in(lang,
			"Sus datos se usan solo para consultar su CURP y se borran de la terminal "
			"al "
			"terminar. Aviso completo: www.gob.mx/privacidad",
			"Your data are used only to look up your CURP and are erased from the "
			"terminal "
			"when you finish. Full notice: www.gob.mx/privacidad"));
}

static void curp(struct screen_model *m, const char *lang, const char *value, const char *error)
{
	start(m, lang, SCREEN_CURP);
	in_curp(m, lang);
	m->step = 1;
	m->steps = 2;
	m->has_field = true;
	m->has_other_way = true;
	m->field.type = FIELD_CURP;
	SET(m->field.name, "curp");
	SET(m->field.label, in(lang, "Escriba su CURP", "Write your CURP"));
	SET(m->field.value, value);
	SET(m->field.error, error);
	SET(m->title, m->field.label);
}

static void curp_empty(struct screen_model *m, const char *lang)
{
	curp(m, lang, "", "");
}

static void curp_typing(struct screen_model *m, const char *lang)
{
	curp(m, lang, "NUIG850312MJCXB", "");
}

static void curp_complete(struct screen_model *m, const char *lang)
{
	curp(m, lang, "BEML920313HMCLNS09", "");
}

static void curp_error(struct screen_model *m, const char *lang)
{
	curp(m, lang, "BEML920313HMCLNS08", "curp.CHECK");
}

static void question(struct screen_model *m, const char *lang, enum field_type type, int step)
{
	start(m, lang, SCREEN_QUESTION);
	in_curp(m, lang);
	m->step = step;
	m->steps = 6;
	m->has_field = true;
	m->field.type = type;
	m->field.max_length = 50;
	SET(m->field.name, "answer");
}

static void question_name(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_NAME, 1);
	SET(m->field.label,
		in(lang, "¿Cuál es su primer apellido?", "What is your first surname?"));
	SET(m->field.hint, in(lang, "Como está escrito en su acta de nacimiento.",
				   "As it is written on your birth certificate."));
	SET(m->field.value, "MUÑOZ PEÑA");
}

static void question_name_error(struct screen_model *m, const char *lang)
{
	question_name(m, lang);
	m->field.value[0] = '\0';
	SET(m->field.error, "required");
}

static void question_optional(struct screen_model *m, const char *lang)
{
	question_name(m, lang);
	SET(m->field.label,
		in(lang, "¿Cuál es su segundo apellido?", "What is your second surname?"));
	m->field.optional = true;
	m->field.value[0] = '\0';
}

static void question_date(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_DATE, 4);
	SET(m->field.label, in(lang, "¿Cuándo nació?", "When were you born?"));
	SET(m->field.hint, in(lang, "Por ejemplo: 27 03 1985", "For example: 27 03 1985"));
	SET(m->field.value, "13/03/1992");
}

static void question_sex(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_CHOICE, 5);
	SET(m->field.label,
		in(lang, "¿Qué sexo dice su acta?", "Which sex is on your certificate?"));
	add(m, ITEM_CHOICE, "M", in(lang, "Mujer", "Woman"));
	add(m, ITEM_CHOICE, "H", in(lang, "Hombre", "Man"));
	add(m, ITEM_CHOICE, "X", in(lang, "No binario", "Non-binary"));
	SET(m->field.value, "H");
}

static void question_entity(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_ENTITY, 6);
	SET(m->field.label, in(lang, "¿En qué estado nació?", "In which state were you born?"));
	for (size_t i = 0; i < ENTITY_COUNT; i++)
		add(m, ITEM_CHOICE, entity_at(i)->code, entity_name(entity_at(i), lang));
}

static void question_email(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_EMAIL, 3);
	SET(m->field.label, in(lang, "¿A qué correo le escribimos?", "Which e-mail do you use?"));
	m->field.optional = true;
	SET(m->field.value, "luis@");
}

static void question_number(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_NUMBER, 3);
	SET(m->field.label, in(lang, "¿Cuál es su teléfono?", "What is your telephone number?"));
	SET(m->field.hint, in(lang, "Diez números.", "Ten digits."));
	m->field.max_length = 10;
	SET(m->field.value, "55501");
}

static void question_text(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_TEXT, 3);
	SET(m->field.label, in(lang, "¿En qué calle está?", "In which street is it?"));
	SET(m->field.value, "AV. 5 DE MAYO 17-B");
}

static void wait_curp(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_WAIT);
	in_curp(m, lang);
	m->can_back = false;
	SET(m->title, in(lang, "Consultando su CURP", "Looking up your CURP"));
	m->expected_ms = 6000;
	m->can_cancel = true;
}

static struct screen_item *row(
	struct screen_model *m, const char *id, const char *label, const char *value, bool personal)
{
	struct screen_item *item = add(m, ITEM_ROW, id, label);

	SET(item->value, value);
	item->personal = personal;
	return item;
}

static void results(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_RESULTS);
	in_curp(m, lang);
	m->asks_identity = true;
	SET(m->title, in(lang, "¿Son estos sus datos?", "Are these your data?"));
	row(m, "row0", "CURP", "BEML920313HMCLNS09", true);
	row(m, "row1", in(lang, "Nombre", "Name"), "LUIS ENRIQUE BELTRÁN MENDOZA", true);
	row(m, "row2", in(lang, "Fecha de nacimiento", "Birth date"),
		in(lang, "13 de marzo de 1992", "13 March 1992"), true);
	row(m, "row3", in(lang, "Sexo", "Sex"), in(lang, "Hombre", "Man"), true);
	row(m, "row4", in(lang, "Entidad de nacimiento", "State of birth"), "Estado de México",
		true);
}

static void review_curp(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_REVIEW);
	in_curp(m, lang);
	row(m, "first", in(lang, "Primer apellido", "First surname"), "BELTRÁN", true)->changeable =
		true;
	row(m, "second", in(lang, "Segundo apellido", "Second surname"), "MENDOZA", true)
		->changeable = true;
	row(m, "names", in(lang, "Nombres", "Names"), "LUIS ENRIQUE", true)->changeable = true;
	row(m, "birth", in(lang, "Fecha de nacimiento", "Birth date"),
		in(lang, "13 de marzo de 1992", "13 March 1992"), true)
		->changeable = true;
	row(m, "sex", in(lang, "Sexo", "Sex"), in(lang, "Hombre", "Man"), true)->changeable = true;
	row(m, "entity", in(lang, "Entidad", "State"), "Estado de México", true)->changeable = true;
	SET(m->primary, in(lang, "Consultar mi CURP", "Look up my CURP"));
}

static void review_fee(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_REVIEW);
	in_fee(m, lang);
	row(m, "years", in(lang, "Trámite", "Service"),
		in(lang, "Renovación de pasaporte, 10 años", "Passport renewal, 10 years"), false)
		->changeable = true;
	row(m, "name", in(lang, "Titular", "Holder"), "LUIS ENRIQUE BELTRÁN MENDOZA", true)
		->changeable = true;
	row(m, "curp", "CURP", "BEML 920313 H MC LNS 09", true)->changeable = true;
	row(m, "agency", in(lang, "Dependencia", "Agency"),
		in(lang, "Secretaría de Relaciones Exteriores", "Foreign Ministry"), false);
	m->total_centavos = 412000;
	m->needs_consent = true;
	SET(m->lead, in(lang, "Confirmo que los datos son correctos",
			     "I confirm that the data are correct"));
	SET(m->primary, in(lang, "Imprimir hoja de pago", "Print payment sheet"));
}

/* As assets/catalog has it: long words on the button and at the box to tick. */
static void review_help_sheet(struct screen_model *m, const char *lang)
{
	review_fee(m, lang);
	m->item_count = 0;
	row(m, "curp", "CURP", "SABC560626MDFLRN01", true)->changeable = true;
	row(m, "name", in(lang, "Nombre", "Name"), "CONCEPCION SALGADO BRISEÑO", true)->changeable =
		true;
	row(m, "tariff", in(lang, "Tarifa", "Fare"), in(lang, "Tarifa normal", "Full fare"), true)
		->changeable = true;
	row(m, "years", in(lang, "Vigencia", "Validity"), in(lang, "10 años", "10 years"), true)
		->changeable = true;
	SET(m->lead,
		in(lang, "Los datos son correctos. Entiendo que cada hoja paga un solo pasaporte.",
			"The data are right. I understand that each sheet pays for one passport "
			"only."));
	SET(m->primary, in(lang, "Obtener mi hoja de ayuda", "Get my payment sheet"));
}

static void timeout(struct screen_model *m, const char *lang)
{
	review_fee(m, lang);
	m->warning_ms = 45000;
}

static void done(struct screen_model *m, const char *lang, enum print_state print)
{
	start(m, lang, SCREEN_DONE);
	in_curp(m, lang);
	m->can_back = false;
	SET(m->outcome, "accepted");
	SET(m->title, in(lang, "Su constancia quedó registrada", "Your certificate is registered"));
	SET(m->folio, "0412-0A7K-7F3K-9QX2");
	SET(m->qr, "https://www.gob.mx/folio/0412-0A7K-7F3K-9QX2?t=curp&d=20251014");
	SET(add(m, ITEM_STEP, "step0",
		    in(lang, "Guarde su constancia: no tiene vencimiento.",
			    "Keep your certificate: it does not expire."))
			->detail,
		"");
	add(m, ITEM_STEP, "step1",
		in(lang, "Revise que sus datos estén completos.",
			"Check that your data are complete."));
	add(m, ITEM_STEP, "step2",
		in(lang, "Si algo no es correcto, acuda a un módulo de RENAPO.",
			"If something is wrong, go to a RENAPO module."));
	m->print = print;
}

static void done_printing(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_BUSY);
}

static void done_printed(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_PRINTED);
}

static void done_failed(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_FAILED);
	SET(m->print_reason, "paper");
}

static void done_unknown(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_UNKNOWN);
}

static void done_provisional(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_PRINTED);
	SET(m->outcome, "provisional");
	SET(m->title, in(lang, "Su solicitud está a salvo y se enviará",
			      "Your request is safe and will be sent"));
	SET(m->lead,
		in(lang, "El registro no respondió a tiempo. Consulte el resultado con su folio.",
			"The registry did not answer in time. Ask with your folio."));
}

/* A signed request; the card is still in. */
static void done_signed(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_PRINTED);
	m->card_in = true;
	SET(m->title,
		in(lang, "Su solicitud firmada fue recibida", "Your signed request was received"));
	SET(m->lead,
		in(lang,
			"El Registro Nacional de Población aceptó su firma. Recoja la copia con "
			"su acuse.",
			"The National Population Registry accepted your signature. Collect the "
			"copy with your receipt."));
	row(m, "row0", in(lang, "Folio del RENAPO", "RENAPO's folio"), "100000001", true);
	row(m, "row1", in(lang, "Copias", "Copies"), in(lang, "Dos copias", "Two copies"), true);
}

static void done_fee(struct screen_model *m, const char *lang)
{
	done(m, lang, PRINT_PRINTED);
	in_fee(m, lang);
	m->can_back = false;
	SET(m->title, in(lang, "Su hoja de pago está lista", "Your payment sheet is ready"));
	row(m, "row0", in(lang, "Clave de referencia", "Reference key"), "504002123", false);
	row(m, "row1", in(lang, "Cadena de la dependencia", "Agency string"), "00412030000123",
		false);
	row(m, "row2", in(lang, "Importe", "Amount"), "$ 4,120.00", false);
}

static void problem_service(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_PROBLEM);
	in_curp(m, lang);
	SET(m->problem, "service-unavailable");
}

static void problem_folio(struct screen_model *m, const char *lang)
{
	problem_service(m, lang);
	SET(m->problem, "core-lost");
	SET(m->folio, "0412-0A7K-7F3K-9QX2");
}

/* ---- signing in with a card ---- */

static void in_card(struct screen_model *m, const char *lang, const char *outcome)
{
	start(m, lang, SCREEN_CARD);
	in_curp(m, lang);
	SET(m->outcome, outcome);
	m->card_in = true;
}

static void certificate(struct screen_model *m)
{
	row(m, "holder", "", "CONCEPCIÓN SALGADO BRISEÑO", true);
	row(m, "curp", "", "SABC560626MDFLRN01", true);
	row(m, "rfc", "", "SABC5606262A8", true);
}

static void card_insert(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "insert");
	m->card_in = false;
}

static void card_stale(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "stale");
}

static void card_consent(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "consent");
	SET(m->lead,
		in(lang,
			"Entro con mi e.firma en la terminal MX-OAX-0412, el 23 de noviembre de "
			"2026 a las 10:42 horas, para el trámite «Obtener mi CURP».",
			"I sign in with my e.firma at terminal MX-OAX-0412, on 23 November 2026 at "
			"10:42, for the service “Get my CURP”."));
	certificate(m);
}

/* As session_request.c writes it, with the longest answers that are usual. */
static void card_request(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "request");
	SET(m->service_name, in(lang, "Copia certificada de mi CURP", "Certified copy of my CURP"));
	SET(m->lead, in(lang, "Pido lo siguiente y lo firmo con mi e.firma.",
			     "I request the following and sign it with my e.firma."));
	row(m, "row0", in(lang, "Trámite", "Service"),
		in(lang, "Copia certificada de mi CURP", "Certified copy of my CURP"), false);
	row(m, "row1", in(lang, "Dependencia", "Agency"),
		in(lang, "Registro Nacional de Población", "National Population Registry"), false);
	row(m, "row2", "CURP", "SABC560626MDFLRN01", true);
	row(m, "row3", in(lang, "Copias", "Copies"), "2", true);
	row(m, "row4", in(lang, "Firma", "Signed by"), "CONCEPCIÓN SALGADO BRISEÑO", true);
	row(m, "row5", "RFC", "SABC5606262A8", true);
	row(m, "row6", "Terminal", "MX-OAX-0412", false);
	row(m, "row7", in(lang, "Fecha y hora", "Date and time"),
		in(lang, "23 de noviembre de 2026, 10:42", "23 November 2026, 10:42"), false);
	row(m, "row8", in(lang, "Número de solicitud", "Request number"),
		"018f2c5e-7a4b-4c3d-9e21-5b7f60a1d2c3", false);
}

static void card_signed(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "signed");
	m->can_back = false;
	certificate(m);
}

static void card_left(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_CARD);
	SET(m->outcome, "left");
	m->card_in = true;
}

static void pin(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_PIN);
	in_curp(m, lang);
	m->has_field = true;
	m->field.type = FIELD_NUMBER;
	SET(m->field.name, "pin");
	m->field.min_length = 6;
	m->field.max_length = 8;
	m->tries_left = 3;
}

static void pin_wrong(struct screen_model *m, const char *lang)
{
	pin(m, lang);
	SET(m->field.error, "pin.wrong");
	m->tries_left = 2;
}

static void pin_pad(struct screen_model *m, const char *lang)
{
	pin(m, lang);
	m->pad = true;
	SET(m->outcome, "typing");
	m->pin_digits = 4;
}

static void pin_pad_canceled(struct screen_model *m, const char *lang)
{
	pin(m, lang);
	m->pad = true;
	SET(m->field.error, "pin.canceled");
}

static void signing_reading(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "reading");
	m->screen = SCREEN_SIGNING;
	m->can_cancel = true;
}

static void signing(struct screen_model *m, const char *lang)
{
	in_card(m, lang, "signing");
	m->screen = SCREEN_SIGNING;
}

static void problem_card(struct screen_model *m, const char *lang, const char *problem)
{
	start(m, lang, SCREEN_PROBLEM);
	in_curp(m, lang);
	SET(m->problem, problem);
	m->card_in = true;
}

static void problem_card_removed(struct screen_model *m, const char *lang)
{
	problem_card(m, lang, "card-removed");
	m->can_retry = true;
}

static void problem_card_last(struct screen_model *m, const char *lang)
{
	problem_card(m, lang, "card-last-try");
}

static void problem_card_revoked(struct screen_model *m, const char *lang)
{
	problem_card(m, lang, "card-revoked");
}

static void problem_card_other(struct screen_model *m, const char *lang)
{
	problem_card(m, lang, "card-other-person");
	SET(m->outcome, "request");
	m->can_retry = true;
}

static void problem_card_request(struct screen_model *m, const char *lang)
{
	problem_card(m, lang, "card-expired");
	SET(m->outcome, "request");
}

static void home_sign_in(struct screen_model *m, const char *lang)
{
	home(m, lang);
	m->sign_in = SIGN_IN_OFFERED;
}

static void home_signed_in(struct screen_model *m, const char *lang)
{
	home(m, lang);
	SET(m->holder, "CONCEPCIÓN SALGADO BRISEÑO");
	m->personal = true;
}

static void intro_sign_in(struct screen_model *m, const char *lang)
{
	intro_curp(m, lang);
	m->sign_in = SIGN_IN_OFFERED;
}

static void curp_sign_in(struct screen_model *m, const char *lang)
{
	curp_empty(m, lang);
	m->sign_in = SIGN_IN_OFFERED;
}

static void curp_certified(struct screen_model *m, const char *lang)
{
	curp_complete(m, lang);
	m->field.certified = true;
}

static void review_certified(struct screen_model *m, const char *lang)
{
	review_curp(m, lang);
	m->items[0].certified = true;
}

static void curp_scan(struct screen_model *m, const char *lang)
{
	curp_typing(m, lang);
	m->can_scan = true;
}

/* "Scan" of UI.md section 10: with switches the keyboard has another order. */
static void curp_switches(struct screen_model *m, const char *lang)
{
	curp_typing(m, lang);
	m->settings.switches = 1;
}

static void name_switches(struct screen_model *m, const char *lang)
{
	question_name(m, lang);
	m->settings.switches = 1;
}

static void email_switches(struct screen_model *m, const char *lang)
{
	question_email(m, lang);
	m->settings.switches = 1;
}

static void curp_scan_error(struct screen_model *m, const char *lang)
{
	curp_error(m, lang);
	m->can_scan = true;
}

static void curp_ways(struct screen_model *m, const char *lang)
{
	curp_sign_in(m, lang);
	m->can_scan = true;
}

static void curp_scanned(struct screen_model *m, const char *lang)
{
	curp_complete(m, lang);
	m->can_scan = true;
	SET(m->outcome, "scanned");
}

static void scan(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_SCAN);
	in_curp(m, lang);
	m->expected_ms = 30000;
	m->scanner_place = SCANNER_BELOW;
}

static void scan_left(struct screen_model *m, const char *lang)
{
	scan(m, lang);
	m->scanner_place = SCANNER_LEFT;
}

static void problem_scan(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_PROBLEM);
	in_curp(m, lang);
	SET(m->problem, "scan-no-curp");
	m->can_retry = true;
}

static void problem_scan_gone(struct screen_model *m, const char *lang)
{
	problem_scan(m, lang);
	SET(m->problem, "scan-gone");
	m->can_retry = false;
}

/* ---- screens whose services are not built yet ---- */

static void in_appointment(
	struct screen_model *m, const char *lang, enum screen_kind kind, int step)
{
	start(m, lang, kind);
	SET(m->service, "sat.cita");
	SET(m->service_name, in(lang, "Cita en el SAT", "Appointment at SAT"));
	m->can_back = true;
	m->step = step;
	m->steps = 3;
	m->has_field = true;
	m->field.type = FIELD_CHOICE;
	SET(m->field.name, "slot");
}

static void place(struct screen_model *m, const char *lang)
{
	static const char *const offices[][3] = {{"oax-1", "Oaxaca Centro", "0.8 km"},
		{"oax-2", "Oaxaca Reforma", "2.4 km"},
		{"oax-3", "Santa Lucía del Camino", "4.1 km"}, {"oax-4", "Tlacolula", "31 km"},
		{"oax-5", "Miahuatlán", "98 km"}};

	in_appointment(m, lang, SCREEN_PLACE, 1);
	for (size_t i = 0; i < sizeof(offices) / sizeof(offices[0]); i++) {
		struct screen_item *item = add(m, ITEM_CHOICE, offices[i][0], offices[i][1]);

		SET(item->detail, in(lang, "Lunes a viernes, 9:00 a 16:00",
					  "Monday to Friday, 9:00 to 16:00"));
		SET(item->value, offices[i][2]);
	}
	SET(m->field.value, "oax-2");
}

/* All days of a month; free_days are those with places. */
static void days_of(struct screen_model *m, const char *month, int count, const char *free_days)
{
	for (int day = 1; day <= count; day++) {
		char id[16], label[8], wanted[8];
		struct screen_item *item;

		(void)snprintf(id, sizeof(id), "%s-%02d", month, day);
		(void)snprintf(label, sizeof(label), "%d", day);
		(void)snprintf(wanted, sizeof(wanted), " %d ", day);
		item = add(m, ITEM_CHOICE, id, label);
		if (strstr(free_days, wanted) == NULL)
			item->state = ITEM_UNAVAILABLE;
	}
	SET(m->months.shown, month);
}

/* Three months are offered, the first is on the screen. */
static void calendar(struct screen_model *m, const char *lang)
{
	in_appointment(m, lang, SCREEN_CALENDAR, 2);
	days_of(m, "2025-11", 30, " 13 14 17 18 19 20 21 24 25 26 27 28 ");
	SET(m->months.next, "2025-12");
	SET(m->field.value, "2025-11-19");
}

static void calendar_full(struct screen_model *m, const char *lang)
{
	in_appointment(m, lang, SCREEN_CALENDAR, 2);
	days_of(m, "2025-12", 31, "");
	SET(m->months.previous, "2025-11");
	SET(m->months.next, "2026-01");
	SET(m->months.next_free, "2026-01");
}

/* The last one, a month of six weeks: none follows, and nothing is chosen. */
static void calendar_last(struct screen_model *m, const char *lang)
{
	in_appointment(m, lang, SCREEN_CALENDAR, 2);
	days_of(m, "2026-08", 31, " 1 3 31 ");
	SET(m->months.previous, "2026-07");
}

static void calendar_none(struct screen_model *m, const char *lang)
{
	in_appointment(m, lang, SCREEN_CALENDAR, 2);
	days_of(m, "2026-08", 31, "");
	SET(m->months.previous, "2026-07");
}

static void hour(struct screen_model *m, const char *lang)
{
	in_appointment(m, lang, SCREEN_HOUR, 3);
	SET(m->lead, in(lang, "Miércoles 19 de noviembre de 2025", "Wednesday 19 November 2025"));
	for (int half = 18; half < 32; half++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%02d:%s", half / 2, half % 2 == 0 ? "00" : "30");
		if (half % 5 == 3)
			add(m, ITEM_CHOICE, id, id)->state = ITEM_UNAVAILABLE;
		else
			add(m, ITEM_CHOICE, id, id);
	}
	SET(m->field.value, "11:00");
}

static void report_place(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_TEXT, 2);
	SET(m->service_name, in(lang, "Reportar luminaria apagada", "Report a street lamp"));
	SET(m->field.label, in(lang, "¿Entre qué calles está?", "Between which streets is it?"));
	SET(m->field.hint, in(lang, "El número del poste ayuda, si lo ve.",
				   "The number of the pole helps, if you see it."));
	SET(m->field.value, "HIDALGO Y JUÁREZ");
}

static void receipt(struct screen_model *m, const char *lang)
{
	question(m, lang, FIELD_CHOICE, 0);
	m->steps = 0;
	SET(m->field.label,
		in(lang, "¿Cómo quiere su comprobante?", "How do you want your receipt?"));
	add(m, ITEM_CHOICE, "print", in(lang, "Impreso", "Printed"));
	add(m, ITEM_CHOICE, "qr",
		in(lang, "En mi teléfono, con un código QR", "On my phone, with a QR code"));
	add(m, ITEM_CHOICE, "none", in(lang, "Sin comprobante", "No receipt"));
	SET(m->field.value, "print");
}

static void directory(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_RESULTS);
	SET(m->service, "educal");
	SET(m->service_name, in(lang, "Librerías EDUCAL", "EDUCAL bookshops"));
	m->can_back = true;
	SET(m->title, in(lang, "Librerías cerca de aquí", "Bookshops near here"));
	row(m, "row0", "Oaxaca Centro",
		in(lang, "Macedonio Alcalá 102, 10:00 a 20:00",
			"Macedonio Alcalá 102, 10:00 to 20:00"),
		false);
	row(m, "row1", "Juchitán",
		in(lang, "Casa de la Cultura, 9:00 a 18:00", "House of Culture, 9:00 to 18:00"),
		false);
	SET(m->primary, in(lang, "Imprimir la lista", "Print the list"));
}

static void payment(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_PAYMENT);
	in_fee(m, lang);
	m->can_back = false;
	m->can_cancel = true;
	m->total_centavos = 412000;
	add(m, ITEM_STEP, "insert",
		in(lang, "Acerque o inserte su tarjeta en el lector, a la derecha.",
			"Hold or insert your card at the reader, on the right."))
		->state = ITEM_SELECTED;
}

static void staff_pin(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_STAFF);
	m->can_back = true;
	m->has_field = true;
	m->field.type = FIELD_NUMBER;
	m->field.max_length = 6;
	SET(m->field.name, "pin");
	SET(m->field.value, "123");
}

static void staff_locked(struct screen_model *m, const char *lang)
{
	staff_pin(m, lang);
	m->field.value[0] = '\0';
	SET(m->field.error, "staff.wait");
	m->expected_ms = 900000;
}

/* Message ids, as core sends them. */
static struct screen_item *fact(struct screen_model *m, const char *id, const char *label,
	const char *value, const char *reason)
{
	struct screen_item *item = row(m, id, label, value, false);

	SET(item->reason, reason);
	return item;
}

static void staff_tabs(struct screen_model *m, const char *lang, size_t current)
{
	static const char *const tabs[][2] = {{"devices", "Devices"}, {"network", "Network"},
		{"queue", "Queue"}, {"version", "Version"}, {"log", "Log"}};

	start(m, lang, SCREEN_MAINTENANCE);
	SET(m->outcome, "tabs");
	for (size_t i = 0; i < 5; i++)
		add(m, ITEM_TAB, tabs[i][0], tabs[i][1])->state =
			i == current ? ITEM_SELECTED : ITEM_AVAILABLE;
}

static void maintenance(struct screen_model *m, const char *lang)
{
	struct screen_item *item;

	staff_tabs(m, lang, 0);
	item = fact(m, "printer", "EPSON TM-T88VI", "{1}. Test: {2}|Ready|passed", "ok");
	SET(item->detail2, "Open");
	SET(item->icon, "printer");
	item = fact(m, "scanner", "Honeywell 1900", "Not working", "error");
	SET(item->detail2, "Open");
	SET(item->icon, "barcode");
	item = fact(m, "reader", "Gemalto PC Twin Reader", "Works, but needs care", "warn");
	SET(item->detail2, "Open");
	SET(item->icon, "identification-card");
}

static void maintenance_queue(struct screen_model *m, const char *lang)
{
	struct screen_item *item;

	staff_tabs(m, lang, 2);
	SET(m->outcome, "out");
	SET(m->lead, "This terminal is out of service.");
	item = fact(m, "verdict", "SM01-0010-0010-ABCD", "Not tried again: {1}|inDoubt", "warn");
	SET(item->icon, "cloud-arrow-up");
	fact(m, "storage", "Storage", "Good", "ok");
	fact(m, "pending", "Still to deliver", "{1}, the oldest since {2}|3|2 h", "warn");
	item = fact(m, "SM01-0010-0010-ABCD", "SM01-0010-0010-ABCD",
		"{1}, tries: {2}|Needs a person|9", "error");
	SET(item->detail, "curp");
	SET(item->detail2, "Try again");
}

static void maintenance_device(struct screen_model *m, const char *lang)
{
	struct screen_item *item;

	start(m, lang, SCREEN_MAINTENANCE);
	SET(m->outcome, "asks");
	SET(m->title, "EPSON TM-T88VI");
	m->can_back = true;
	item = fact(m, "result", "Last test", "Passed", "ok");
	SET(item->icon, "list-checks");
	SET(item->detail, "Look at the sheet: did it come out well?");
	item = fact(m, "state", "State", "Works, but needs care", "warn");
	SET(item->icon, "printer");
	SET(item->detail, "Paper is near its end: bring a new roll.");
	fact(m, "usb", "Connection", "USB {1}, name {2}|04b8:0e28|printer", "");
	fact(m, "counters", "Counters of its life",
		"Sheets {1}, cuts {2}, cards read {3}, errors {4}, resets {5}|12|12|0|1|0", "");
}

static void maintenance_busy(struct screen_model *m, const char *lang)
{
	maintenance(m, lang);
	SET(m->outcome, "busy");
}

static void maintenance_choice(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_MAINTENANCE);
	SET(m->outcome, "choice");
	SET(m->title, "Why is it out of service?");
	m->can_back = true;
	SET(fact(m, "maintenance", "Maintenance work", "", "")->detail2, "Choose");
	SET(fact(m, "paper", "No paper to put in", "", "")->detail2, "Choose");
	SET(fact(m, "device", "A device is broken", "", "")->detail2, "Choose");
}

static void out_of_service_until(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_OUT_OF_SERVICE);
	SET(m->problem, "maintenance");
	SET(m->outcome, "tomorrow");
}

static void setup(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_SETUP);
	m->step = 5;
	m->steps = 8;
	m->can_back = true;
	SET(m->title, in(lang, "Dispositivos encontrados", "Devices found"));
	SET(row(m, "printer", in(lang, "Impresora", "Printer"), in(lang, "Encontrada", "Found"),
		    false)
			->reason,
		"ok");
	SET(row(m, "reader", in(lang, "Lector de tarjetas", "Card reader"),
		    in(lang, "No está", "Missing"), false)
			->reason,
		"error");
}

static void setup_step(struct screen_model *m, const char *lang, int step, const char *title)
{
	start(m, lang, SCREEN_SETUP);
	m->step = step;
	m->steps = 8;
	m->can_back = true;
	SET(m->title, title);
}

static void setup_enrolment(struct screen_model *m, const char *lang)
{
	setup_step(m, lang, 3, "Enrolment of this terminal");
	SET(m->outcome, "not-connected");
	SET(m->lead, "Nobody enrols terminals yet. This one works without it: go on.");
	fact(m, "terminal", "Terminal", "T001", "");
}

/* A row with its button. */
static void choice_row(struct screen_model *m, const char *id, const char *icon, const char *label,
	const char *value, const char *button)
{
	struct screen_item *item =
		fact(m, id, label, value, strcmp(value, "Not told yet") == 0 ? "warn" : "ok");

	SET(item->icon, icon);
	SET(item->detail2, button);
}

static void setup_place(struct screen_model *m, const char *lang)
{
	setup_step(m, lang, 4, "Place and screen");
	choice_row(m, "state", "map-trifold", "State", "Oaxaca", "Change");
	choice_row(m, "municipality", "map-pin-area", "Municipality", "OAXACA DE JUÁREZ", "Change");
	choice_row(m, "site", "buildings", "Site", "Not told yet", "Change");
	choice_row(m, "height", "wheelchair", "Height of the screen", "{1} mm|850", "Change");
	choice_row(m, "density", "credit-card", "Size of the picture", "{1} px/mm|4.03", "Measure");
}

static void setup_calibrate(struct screen_model *m, const char *lang)
{
	struct screen_item *item;

	setup_step(m, lang, 6, "Calibrate the screen");
	item = fact(m, "note", "What came of it", "Kept", "ok");
	SET(item->icon, "check");
	SET(item->detail, "The new calibration");
	choice_row(m, "touch", "hand-tap", "Touch screen", "Calibrated", "Calibrate");
	SET(m->items[1].detail, "Nine points, {1} mm off on average|0.8");
}

static void setup_height(struct screen_model *m, const char *lang)
{
	setup_step(m, lang, 4, "");
	m->has_field = true;
	m->field.type = FIELD_NUMBER;
	m->field.max_length = 4;
	SET(m->field.name, "height");
	SET(m->field.label, "How high is the lower edge of the screen?");
	SET(m->field.hint,
		"In millimetres, from the floor. What seated people reach depends on it.");
	SET(m->field.value, "850");
}

static void setup_height_error(struct screen_model *m, const char *lang)
{
	setup_height(m, lang);
	SET(m->field.value, "12");
	SET(m->field.error, "staff.height");
}

static void maintenance_sound(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_MAINTENANCE);
	SET(m->outcome, "sound");
	SET(m->title, "Does each side sound?");
	m->can_back = true;
	choice_row(m, "speaker-left", "speaker-high", "Speaker, left", "", "Play");
	choice_row(m, "speaker-right", "speaker-high", "Speaker, right", "", "Play");
	choice_row(m, "headphones-left", "headphones", "Headphones, left", "", "Play");
	choice_row(m, "headphones-right", "headphones", "Headphones, right", "", "Play");
}

static void measure(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_MEASURE);
	m->step = 4;
	m->steps = 8;
	m->can_back = true;
}

static void measure_keep(struct screen_model *m, const char *lang)
{
	measure(m, lang);
	SET(m->outcome, "keep");
	m->expected_ms = 15000;
}

static void touch(struct screen_model *m, const char *lang)
{
	start(m, lang, SCREEN_TOUCH);
	m->step = 6;
	m->steps = 8;
	m->can_back = true;
}

static void touch_check(struct screen_model *m, const char *lang)
{
	touch(m, lang);
	SET(m->outcome, "check");
	m->expected_ms = 15000;
	m->panel.touch.error_um = 840;
}

const struct fixture fixtures[] = {
	{.name = "attract", .fill = attract},
	{.name = "language", .fill = language},
	{.name = "home", .fill = home},
	{.name = "search-empty", .fill = home_full, .press = "search"},
	{.name = "search", .fill = home_degraded, .press = "search", .type = "BECA"},
	{.name = "search-none", .fill = home, .press = "search", .type = "XYZ"},
	{.name = "home-page-2", .fill = home, .taps = 1},
	{.name = "home-full", .fill = home_full},
	{.name = "home-degraded", .fill = home_degraded},
	{.name = "intro-curp", .fill = intro_curp},
	{.name = "curp-empty", .fill = curp_empty},
	{.name = "curp-typing", .fill = curp_typing},
	{.name = "curp-complete", .fill = curp_complete},
	{.name = "curp-error", .fill = curp_error},
	{.name = "curp-masked", .fill = curp_complete, .masked = true},
	{.name = "question-name", .fill = question_name},
	/* Each with its row of keys, and the note that the rest is Spanish. */
	{.name = "question-name-nah", .fill = question_name, .lang = "nah"},
	{.name = "question-name-yua", .fill = question_name, .lang = "yua"},
	{.name = "question-name-error", .fill = question_name_error},
	{.name = "question-optional", .fill = question_optional, .press = "key-accent"},
	{.name = "question-date", .fill = question_date},
	{.name = "question-sex", .fill = question_sex},
	{.name = "question-entity", .fill = question_entity},
	{.name = "question-email", .fill = question_email},
	{.name = "question-number", .fill = question_number},
	{.name = "question-text", .fill = question_text},
	{.name = "place", .fill = place},
	{.name = "calendar", .fill = calendar},
	{.name = "calendar-full", .fill = calendar_full},
	{.name = "calendar-last", .fill = calendar_last},
	{.name = "calendar-none", .fill = calendar_none},
	{.name = "hour", .fill = hour},
	{.name = "report-place", .fill = report_place},
	{.name = "receipt", .fill = receipt},
	{.name = "directory", .fill = directory},
	{.name = "payment", .fill = payment},
	{.name = "staff-pin", .fill = staff_pin},
	{.name = "staff-locked", .fill = staff_locked},
	{.name = "maintenance", .fill = maintenance},
	{.name = "maintenance-queue", .fill = maintenance_queue},
	{.name = "maintenance-device", .fill = maintenance_device},
	{.name = "maintenance-busy", .fill = maintenance_busy},
	{.name = "maintenance-choice", .fill = maintenance_choice},
	{.name = "out-of-service-until", .fill = out_of_service_until},
	{.name = "setup", .fill = setup},
	{.name = "setup-enrolment", .fill = setup_enrolment},
	{.name = "setup-place", .fill = setup_place},
	{.name = "setup-height", .fill = setup_height},
	{.name = "setup-height-error", .fill = setup_height_error},
	{.name = "setup-calibrate", .fill = setup_calibrate},
	{.name = "maintenance-sound", .fill = maintenance_sound},
	{.name = "measure", .fill = measure},
	{.name = "measure-keep", .fill = measure_keep, .since_show_ms = 3000},
	{.name = "touch", .fill = touch, .points = 4},
	/* All nine in one place. */
	{.name = "touch-refused", .fill = touch, .points = 9},
	{.name = "touch-check", .fill = touch_check, .since_show_ms = 3000},
	{.name = "wait", .fill = wait_curp, .since_show_ms = 2000},
	{.name = "wait-long", .fill = wait_curp, .since_show_ms = 12000},
	{.name = "results", .fill = results},
	{.name = "results-masked", .fill = results, .masked = true},
	{.name = "review-curp", .fill = review_curp},
	{.name = "review-fee", .fill = review_fee},
	{.name = "review-fee-consent", .fill = review_fee, .press = "primary"},
	{.name = "review-help-sheet", .fill = review_help_sheet},
	{.name = "review-ticked", .fill = review_help_sheet, .press = "consent"},
	{.name = "timeout", .fill = timeout, .since_show_ms = 17000},
	{.name = "done-printing", .fill = done_printing, .since_show_ms = 9000},
	{.name = "done-printed", .fill = done_printed},
	{.name = "done-failed", .fill = done_failed},
	{.name = "done-unknown", .fill = done_unknown},
	{.name = "done-provisional", .fill = done_provisional},
	{.name = "done-signed", .fill = done_signed},
	{.name = "done-fee", .fill = done_fee},
	{.name = "problem-service", .fill = problem_service},
	{.name = "problem-folio", .fill = problem_folio},
	{.name = "out-of-service", .fill = out_of_service},
	{.name = "restarting", .fill = home, .waiting_for_core = true},
	{.name = "access", .fill = access_settings},
	{.name = "help", .fill = help},
	{.name = "curp-scan", .fill = curp_scan},
	{.name = "curp-switches", .fill = curp_switches},
	{.name = "question-name-switches", .fill = name_switches},
	{.name = "question-email-switches", .fill = email_switches},
	{.name = "curp-scan-error", .fill = curp_scan_error},
	{.name = "curp-ways", .fill = curp_ways},
	{.name = "curp-scanned", .fill = curp_scanned},
	{.name = "scan", .fill = scan, .since_show_ms = 500},
	{.name = "scan-left", .fill = scan_left},
	{.name = "problem-scan", .fill = problem_scan},
	{.name = "problem-scan-gone", .fill = problem_scan_gone},
	{.name = "card-insert", .fill = card_insert},
	{.name = "card-stale", .fill = card_stale},
	{.name = "card-consent", .fill = card_consent},
	{.name = "card-request", .fill = card_request},
	{.name = "card-signed", .fill = card_signed},
	{.name = "card-left", .fill = card_left},
	{.name = "card-left-flash", .fill = card_left, .since_show_ms = 700},
	{.name = "pin-empty", .fill = pin},
	{.name = "pin-typing", .fill = pin, .press = "key-5"},
	{.name = "pin-wrong", .fill = pin_wrong},
	{.name = "pin-pad", .fill = pin_pad},
	{.name = "pin-pad-canceled", .fill = pin_pad_canceled},
	{.name = "signing-reading", .fill = signing_reading, .since_show_ms = 2000},
	{.name = "signing", .fill = signing, .since_show_ms = 2000},
	{.name = "problem-card-removed", .fill = problem_card_removed},
	{.name = "problem-card-last-try", .fill = problem_card_last},
	{.name = "problem-card-revoked", .fill = problem_card_revoked},
	{.name = "problem-card-other-person", .fill = problem_card_other},
	{.name = "problem-card-request", .fill = problem_card_request},
	{.name = "home-sign-in", .fill = home_sign_in},
	{.name = "home-signed-in", .fill = home_signed_in},
	{.name = "intro-sign-in", .fill = intro_sign_in},
	{.name = "curp-sign-in", .fill = curp_sign_in},
	{.name = "curp-certified", .fill = curp_certified},
	{.name = "review-certified", .fill = review_certified},
};
const size_t fixture_count = sizeof(fixtures) / sizeof(fixtures[0]);

const struct fixture *fixture_find(const char *name)
{
	for (size_t i = 0; i < fixture_count; i++)
		if (strcmp(fixtures[i].name, name) == 0)
			return &fixtures[i];
	return NULL;
}
