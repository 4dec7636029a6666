/* ventanillactl: the technician's command line. One table says which commands there are; parsing,
 * help and shell completion are made from it. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/harden.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"

#define DEFAULT_TIMEOUT_S 5
#define MAX_TIMEOUT_S	  600
#define DEFAULT_LAST	  100
#define MAX_LAST	  1000000

/* Groups of options a command takes besides --json and --help. */
enum option_group {
	TAKES_SOCKET = 1 << 0, /* --socket --timeout */
	TAKES_TODAY = 1 << 1,
	TAKES_PERSON = 1 << 2,
	TAKES_UNSETTLED = 1 << 3,
	TAKES_REASON = 1 << 4,
	TAKES_SINCE = 1 << 5,
	TAKES_TO = 1 << 6,
	TAKES_LAST = 1 << 7,
	TAKES_PROOF = 1 << 8,
	TAKES_CARD = 1 << 9,
	TAKES_PAPER = 1 << 10,
	TAKES_CONFIG = 1 << 11,
};

struct command {
	const char *noun, *verb; /* verb "" = the noun alone */
	const char *arguments;	 /* for people */
	int min_args, max_args;	 /* max -1 = any number */
	unsigned options;
	struct ctl_text help;
	enum ctl_exit (*run)(const struct ctl_options *options);
};

static const struct command commands[] = {
	{"status", "", "", 0, 0, TAKES_SOCKET,
		{"estado de la terminal y de sus partes", "state of the terminal and its parts"},
		ctl_status},
	{"device", "list", "", 0, 0, TAKES_SOCKET, {"dispositivos", "devices"}, ctl_device_list},
	{"device", "show", "ID", 1, 1, TAKES_SOCKET,
		{"un dispositivo y qué hacer con él", "one device and what to do about it"},
		ctl_device_show},
	{"device", "reset", "ID", 1, 1, TAKES_SOCKET,
		{"reinicia su manejo y le quita la cuarentena",
			"starts its driver anew and ends its quarantine"},
		ctl_device_reset},
	{"device", "test", "ID", 1, 1, TAKES_SOCKET,
		{"prueba un dispositivo: hoja de prueba, o una tarjeta en el lector",
			"tests a device: a test sheet, or a card in the reader"},
		ctl_device_test},
	{"print", "test", "[--paper roll|letter]", 0, 0, TAKES_SOCKET | TAKES_PAPER,
		{"imprime la hoja de prueba", "prints the test sheet"}, ctl_print_test},
	{"device", "descriptor", "FILE", 1, 1, 0,
		{"qué dice ser un dispositivo USB (archivo \"descriptors\" de sysfs)",
			"what a USB device says it is (\"descriptors\" file of sysfs)"},
		ctl_device_descriptor},
	{"card", "show", "", 0, 0, TAKES_SOCKET,
		{"la tarjeta que está en el lector y sus certificados",
			"the card in the reader and its certificates"},
		ctl_card_show},
	{"card", "sign", "--data FILE [--out FILE]", 0, 0, TAKES_SOCKET | TAKES_CARD,
		{"firma un archivo con la tarjeta (SHA-256); pide el PIN del certificado",
			"signs a file with the card (SHA-256); asks the certificate's PIN"},
		ctl_card_sign},
	{"queue", "list", "[--unsettled]", 0, 0, TAKES_SOCKET | TAKES_UNSETTLED,
		{"transacciones, la más nueva primero", "transactions, newest first"},
		ctl_queue_list},
	{"queue", "show", "ID", 1, 1, TAKES_SOCKET,
		{"una transacción, por su id o su folio", "one transaction, by its id or folio"},
		ctl_queue_show},
	{"queue", "retry", "ID", 1, 1, TAKES_SOCKET,
		{"intenta de nuevo, ahora, con la misma llave",
			"tries again, now, with the same key"},
		ctl_queue_retry},
	{"queue", "discard", "ID --reason TEXT", 1, 1, TAKES_SOCKET | TAKES_REASON,
		{"abandona una transacción, para siempre", "gives a transaction up, for good"},
		ctl_queue_discard},
	{"queue", "reconcile", "[--since YYYY-MM-DD]", 0, 0, TAKES_SOCKET | TAKES_SINCE,
		{"compara con los servicios, sin cambiar nada",
			"compares with the services, changes nothing"},
		ctl_queue_reconcile},
	{"queue", "export", "--to DIR", 0, 0, TAKES_SOCKET | TAKES_TO,
		{"lo no entregado, firmado y cifrado, para llevarlo a mano",
			"what is undelivered, signed and sealed, to be carried by hand"},
		ctl_queue_export},
	{"journal", "show", "[--last N]", 0, 0, TAKES_SOCKET | TAKES_LAST,
		{"bitácora de auditoría, lo más nuevo primero", "audit journal, newest first"},
		ctl_journal_show},
	{"journal", "verify", "[--checkpoint FILE] [--public-key FILE]", 0, 0,
		TAKES_SOCKET | TAKES_PROOF,
		{"revisa la bitácora y nombra el primer renglón dañado",
			"proves the journal and names the first damaged row"},
		ctl_journal_verify},
	{"journal", "checkpoint", "", 0, 0, TAKES_SOCKET,
		{"firma hasta ahora; guárdelo fuera de la terminal",
			"signs up to now; keep it outside of the terminal"},
		ctl_journal_checkpoint},
	{"language", "list", "", 0, 0, TAKES_CONFIG,
		{"paquetes de idioma instalados", "installed language packs"}, ctl_language_list},
	{"language", "show", "LANG", 1, 1, TAKES_CONFIG,
		{"un paquete de idioma y si se ofrece",
			"one language pack and whether it is offered"},
		ctl_language_show},
	{"language", "install", "DIR", 1, 1, TAKES_CONFIG,
		{"instala un paquete de idioma firmado, entero o nada",
			"installs a signed language pack, whole or not at all"},
		ctl_language_install},
	{"language", "rollback", "LANG", 1, 1, TAKES_CONFIG,
		{"regresa al paquete anterior", "returns to the pack before"},
		ctl_language_rollback},
	{"language", "remove", "LANG", 1, 1, TAKES_CONFIG,
		{"deja de ofrecer un idioma", "offers a language no longer"}, ctl_language_remove},
	{"technician", "code", "", 0, 0, 0,
		{"el renglón de terminal.conf para un código de técnico (por la entrada)",
			"the line of terminal.conf for a technician's code (from stdin)"},
		ctl_technician_code},
	{"catalog", "lint", "FILE…", 1, -1, 0,
		{"revisa definiciones de servicios", "checks service definitions"},
		ctl_catalog_lint},
	{"catalog", "show", "FILE…", 1, -1, TAKES_TODAY,
		{"resume definiciones de servicios", "sums up service definitions"},
		ctl_catalog_show},
	{"curp", "check", "KEY…", 1, -1, TAKES_TODAY,
		{"revisa claves; \"-\" las lee de la entrada",
			"checks keys; \"-\" reads them from stdin"},
		ctl_curp_check},
	{"curp", "root", "--first-surname … --names … --birth … --sex … --entity …", 0, 0,
		TAKES_PERSON,
		{"raíz de 16 caracteres de una persona", "16-character root of a person"},
		ctl_curp_root},
};

enum option_id {
	OPTION_JSON = 256,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_SOCKET,
	OPTION_TIMEOUT,
	OPTION_TODAY,
	OPTION_UNSETTLED,
	OPTION_REASON,
	OPTION_SINCE,
	OPTION_TO,
	OPTION_LAST,
	OPTION_CHECKPOINT,
	OPTION_PUBLIC_KEY,
	OPTION_DATA,
	OPTION_OUT,
	OPTION_PIN_FILE,
	OPTION_LAST_TRY,
	OPTION_PAPER,
	OPTION_CONFIG,
	OPTION_FIRST_SURNAME,
	OPTION_SECOND_SURNAME,
	OPTION_NAMES,
	OPTION_BIRTH,
	OPTION_SEX,
	OPTION_ENTITY,
};

struct option_help {
	enum option_id id;
	unsigned group; /* 0 = every command */
	const char *name, *value;
	struct ctl_text help;
};

static const struct option_help option_helps[] = {
	{OPTION_JSON, 0, "json", NULL,
		{"un objeto JSON con el miembro \"schema\"",
			"one JSON object with a member \"schema\""}},
	{OPTION_HELP, 0, "help", NULL, {"esta ayuda", "this help"}},
	{OPTION_VERSION, 0, "version", NULL, {"versión del programa", "version of the program"}},
	{OPTION_SOCKET, TAKES_SOCKET, "socket", "PATH",
		{"socket del núcleo (si no, $VENTANILLA_RUN/ctl.sock o /run/ventanilla/ctl.sock)",
			"core's socket (else $VENTANILLA_RUN/ctl.sock or "
			"/run/ventanilla/ctl.sock)"}},
	{OPTION_TIMEOUT, TAKES_SOCKET, "timeout", "SECONDS",
		{"cuánto esperar al núcleo (5)", "how long to wait for core (5)"}},
	{OPTION_TODAY, TAKES_TODAY, "today", "YYYY-MM-DD",
		{"día que cuenta como hoy", "day that counts as today"}},
	{OPTION_UNSETTLED, TAKES_UNSETTLED, "unsettled", NULL,
		{"solo las que no han terminado", "only those not settled"}},
	{OPTION_REASON, TAKES_REASON, "reason", "TEXT",
		{"por qué, en una línea; se guarda y se registra: sin datos personales",
			"why, in one line; it is kept and logged: no personal data"}},
	{OPTION_SINCE, TAKES_SINCE, "since", "YYYY-MM-DD",
		{"solo las creadas desde ese día", "only those created since that day"}},
	{OPTION_TO, TAKES_TO, "to", "DIR",
		{"carpeta donde se escribe el paquete", "folder to write the package into"}},
	{OPTION_LAST, TAKES_LAST, "last", "N", {"cuántos renglones (100)", "how many rows (100)"}},
	{OPTION_CHECKPOINT, TAKES_PROOF, "checkpoint", "FILE",
		{"punto de control guardado: su renglón debe seguir igual",
			"checkpoint kept elsewhere: its row must still be the same"}},
	{OPTION_PUBLIC_KEY, TAKES_PROOF, "public-key", "FILE",
		{"llave (PEM) que debe firmar", "key (PEM) that must be the signer's"}},
	{OPTION_DATA, TAKES_CARD, "data", "FILE", {"lo que se firma", "what is signed"}},
	{OPTION_OUT, TAKES_CARD, "out", "FILE",
		{"dónde escribir la firma (si no, base64 a la salida)",
			"where to write the signature (else base64 to stdout)"}},
	{OPTION_PIN_FILE, TAKES_CARD, "pin-file", "FILE",
		{"archivo con el PIN; \"-\" lo lee de la entrada (si no, de la consola)",
			"file with the PIN; \"-\" reads it from stdin (else from the console)"}},
	{OPTION_LAST_TRY, TAKES_CARD, "last-try", NULL,
		{"usa el último intento del PIN: si falla, la tarjeta se bloquea",
			"uses the PIN's last try: if it fails, the card locks itself"}},
	{OPTION_PAPER, TAKES_PAPER, "paper", "SIZE",
		{"roll: recibo; letter: hoja carta", "roll: receipt; letter: letter-size page"}},
	{OPTION_CONFIG, TAKES_CONFIG, "config", "FILE",
		{"configuración (si no, /etc/ventanilla/terminal.conf)",
			"configuration (else /etc/ventanilla/terminal.conf)"}},
	{OPTION_FIRST_SURNAME, TAKES_PERSON, "first-surname", "TEXT",
		{"primer apellido", "first surname"}},
	{OPTION_SECOND_SURNAME, TAKES_PERSON, "second-surname", "TEXT",
		{"segundo apellido, si lo hay", "second surname, if any"}},
	{OPTION_NAMES, TAKES_PERSON, "names", "TEXT", {"nombre o nombres", "given name or names"}},
	{OPTION_BIRTH, TAKES_PERSON, "birth", "YYYY-MM-DD", {"nacimiento", "birth"}},
	{OPTION_SEX, TAKES_PERSON, "sex", "H|M|X", {"sexo", "sex"}},
	{OPTION_ENTITY, TAKES_PERSON, "entity", "CODE",
		{"entidad de nacimiento, dos letras", "entity of birth, two letters"}},
};

#define OPTION_COUNT VT_ELEMENTS(option_helps)

/* ---- help ---- */

static bool takes(unsigned groups, const struct option_help *option)
{
	return option->group == 0 || (groups & option->group);
}

static void print_options(unsigned groups)
{
	printf("\n%s:\n", ctl_say(CTL_TEXT("opciones", "options")));
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_help *option = &option_helps[i];
		char left[48];
		if (!takes(groups, option))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value ? " " : "",
			option->value ? option->value : "");
		printf("  %-26s %s\n", left, ctl_say(option->help));
	}
}

static void print_exit_codes(void)
{
	printf("\n%s\n",
		ctl_say(CTL_TEXT("códigos de salida: 0 bien · 1 falla · 2 uso · 3 no existe · "
				 "4 sin permiso · 5 dispositivo · 6 red o servicio · "
				 "7 tiempo · 8 ocupado · 9 la revisión halló problemas",
			"exit codes: 0 ok · 1 failure · 2 usage · 3 not found · 4 not "
			"permitted · 5 device · 6 network or service · 7 time-out · 8 busy · "
			"9 check found problems")));
}

/* Help of everything, or of one noun. */
static void print_help(const char *noun)
{
	unsigned groups = 0;

	printf("%s: ventanillactl %s\n\n", ctl_say(CTL_TEXT("uso", "usage")),
		noun ? noun : ctl_say(CTL_TEXT("SUSTANTIVO [VERBO] …", "NOUN [VERB] …")));
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		const struct command *command = &commands[i];
		char left[128];
		if (noun && strcmp(noun, command->noun) != 0)
			continue;
		groups |= command->options;
		snprintf(left, sizeof(left), "%s%s%s %s", command->noun, *command->verb ? " " : "",
			command->verb, command->arguments);
		/* Long usages take a line of their own. */
		if (vt_utf8_length(left) > 26)
			printf("  %s\n  %26s %s\n", left, "", ctl_say(command->help));
		else
			printf("  %s%*s %s\n", left, (int)(26 - vt_utf8_length(left)), "",
				ctl_say(command->help));
	}
	if (!noun)
		printf("  %-26s %s\n", "completion bash",
			ctl_say(CTL_TEXT(
				"completado para la consola", "completion for the shell")));
	print_options(groups);
	print_exit_codes();
}

/* Words after `ventanillactl`, `ventanillactl NOUN` and behind "--". */
static void print_completion(void)
{
	puts("# bash completion of ventanillactl; load it with:\n"
	     "#   source <(ventanillactl completion bash)\n"
	     "_ventanillactl() {\n"
	     "\tlocal cur=\"${COMP_WORDS[COMP_CWORD]}\" noun=\"${COMP_WORDS[1]}\"\n"
	     "\tlocal verb=\"${COMP_WORDS[2]}\" words=\"\"\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	printf("\t\twords=\"");
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		if (i == 0 || strcmp(commands[i].noun, commands[i - 1].noun) != 0)
			printf("%s ", commands[i].noun);
	}
	puts("completion --help --version\"\n\telse\n\t\tcase \"$noun $verb\" in");
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		printf("\t\t\"%s%s%s\"%s)\n\t\t\twords=\"", commands[i].noun,
			*commands[i].verb ? " " : "", commands[i].verb,
			*commands[i].verb ? "" : "*");
		for (size_t o = 0; o < OPTION_COUNT; o++) {
			if (takes(commands[i].options, &option_helps[o]) &&
				option_helps[o].id != OPTION_VERSION)
				printf("--%s ", option_helps[o].name);
		}
		puts("\" ;;");
	}
	puts("\t\tesac\n\t\tif [ \"$COMP_CWORD\" -eq 2 ]; then\n\t\t\tcase \"$noun\" in");
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		if (!*commands[i].verb ||
			(i > 0 && strcmp(commands[i].noun, commands[i - 1].noun) == 0))
			continue;
		printf("\t\t\t%s)\n\t\t\t\twords=\"", commands[i].noun);
		for (size_t j = i; j < VT_ELEMENTS(commands); j++) {
			if (strcmp(commands[j].noun, commands[i].noun) == 0)
				printf("%s ", commands[j].verb);
		}
		puts("--help\" ;;");
	}
	puts("\t\t\tcompletion) words=\"bash\" ;;\n\t\t\tesac\n\t\tfi\n\tfi\n"
	     "\tif [ \"$noun\" = catalog ] && [[ \"$cur\" != -* ]] && [ \"$COMP_CWORD\" -gt 2 ]; "
	     "then\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -F _ventanillactl ventanillactl");
}

/* ---- the command line ---- */

static bool is_noun(const char *word)
{
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].noun, word) == 0)
			return true;
	}
	return false;
}

static const struct command *find_command(const char *noun, const char *verb)
{
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].noun, noun) == 0 &&
			(!*commands[i].verb || (verb && strcmp(commands[i].verb, verb) == 0)))
			return &commands[i];
	}
	return NULL;
}

/* Takes one option; false: its value is wrong (already complained of). */
static bool take_option(struct ctl_options *options, int id, const char *value)
{
	int64_t seconds;

	switch ((enum option_id)id) {
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_HELP:
	case OPTION_VERSION:
		options->help = true;
		return true;
	case OPTION_SOCKET:
		options->socket = value;
		return true;
	case OPTION_TIMEOUT:
		if (vt_parse_i64(value, 1, MAX_TIMEOUT_S, &seconds) == VT_OK) {
			options->timeout_ms = seconds * 1000;
			options->has_timeout = true;
			return true;
		}
		ctl_complain(
			CTL_TEXT("--timeout: de 1 a 600 segundos", "--timeout: 1 to 600 seconds"),
			value);
		return false;
	case OPTION_TODAY:
		if (date_parse_iso(value, &options->today))
			return true;
		ctl_complain(
			CTL_TEXT("--today: un día AAAA-MM-DD", "--today: a day YYYY-MM-DD"), value);
		return false;
	case OPTION_UNSETTLED:
		options->unsettled = true;
		return true;
	case OPTION_REASON:
		options->reason = value;
		return true;
	case OPTION_TO:
		options->to = value;
		return true;
	case OPTION_LAST:
		if (vt_parse_i64(value, 1, MAX_LAST, &options->last) == VT_OK)
			return true;
		ctl_complain(CTL_TEXT("--last: de 1 a 1000000", "--last: 1 to 1000000"), value);
		return false;
	case OPTION_CHECKPOINT:
		options->checkpoint = value;
		return true;
	case OPTION_PUBLIC_KEY:
		options->public_key = value;
		return true;
	case OPTION_SINCE:
		options->has_since = date_parse_iso(value, &options->since);
		if (!options->has_since)
			ctl_complain(
				CTL_TEXT("--since: un día AAAA-MM-DD", "--since: a day YYYY-MM-DD"),
				value);
		return options->has_since;
	case OPTION_DATA:
		options->data_file = value;
		return true;
	case OPTION_OUT:
		options->out_file = value;
		return true;
	case OPTION_PIN_FILE:
		options->pin_file = value;
		return true;
	case OPTION_LAST_TRY:
		options->last_try = true;
		return true;
	case OPTION_PAPER:
		options->is_letter = strcmp(value, "letter") == 0;
		if (options->is_letter || strcmp(value, "roll") == 0)
			return true;
		ctl_complain(CTL_TEXT("--paper: roll o letter", "--paper: roll or letter"), value);
		return false;
	case OPTION_CONFIG:
		options->config = value;
		return true;
	case OPTION_FIRST_SURNAME:
		options->first_surname = value;
		return true;
	case OPTION_SECOND_SURNAME:
		options->second_surname = value;
		return true;
	case OPTION_NAMES:
		options->names = value;
		return true;
	case OPTION_BIRTH:
		options->birth = value;
		return true;
	case OPTION_SEX:
		options->sex = value;
		return true;
	case OPTION_ENTITY:
		options->entity = value;
		return true;
	}
	return false;
}

struct parsed {
	unsigned groups; /* groups of options that were given */
	bool version;
};

static bool parse_options(int argc, char **argv, struct ctl_options *options, struct parsed *parsed)
{
	struct option longs[OPTION_COUNT + 1] = {0};

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		longs[i] = (struct option){
			.name = option_helps[i].name,
			.has_arg = option_helps[i].value ? required_argument : no_argument,
			.val = (int)option_helps[i].id,
		};
	}
	opterr = 0;
	for (int id; (id = getopt_long(argc, argv, ":h", longs, NULL)) >= 0;) {
		if (id == '?' || id == ':') {
			ctl_complain(id == ':' ? CTL_TEXT("falta el valor de la opción",
							 "option without its value")
					       : CTL_TEXT("opción desconocida", "unknown option"),
				argv[optind - 1]);
			return false;
		}
		if (id == 'h')
			id = OPTION_HELP;
		parsed->version = parsed->version || id == OPTION_VERSION;
		for (size_t i = 0; i < OPTION_COUNT; i++)
			parsed->groups |= (int)option_helps[i].id == id ? option_helps[i].group : 0;
		if (!take_option(options, id, optarg))
			return false;
	}
	return true;
}

static enum ctl_exit usage(struct ctl_text text, const char *detail)
{
	ctl_complain(text, detail);
	fprintf(stderr, "%s\n",
		ctl_say(CTL_TEXT("vea: ventanillactl --help", "see: ventanillactl --help")));
	return CTL_USAGE;
}

static enum ctl_exit run_command(
	int count, char **words, struct ctl_options *options, const struct parsed *parsed)
{
	const char *noun = words[0];

	if (!is_noun(noun))
		return usage(CTL_TEXT("sustantivo desconocido", "unknown noun"), noun);
	if (options->help) {
		print_help(noun);
		return CTL_OK;
	}
	const struct command *command = find_command(noun, count > 1 ? words[1] : NULL);
	if (!command)
		return usage(CTL_TEXT("verbo desconocido o ausente", "verb unknown or missing"),
			count > 1 ? words[1] : noun);
	if (parsed->groups & ~command->options)
		return usage(CTL_TEXT("una opción no pertenece a este comando",
				     "an option does not belong to this command"),
			noun);
	const int used = *command->verb ? 2 : 1;
	options->arg_count = count - used;
	options->args = words + used;
	if (options->arg_count < command->min_args ||
		(command->max_args >= 0 && options->arg_count > command->max_args))
		return usage(
			CTL_TEXT("argumentos de menos o de más", "too few or too many arguments"),
			command->arguments);
	return command->run(options);
}

static enum ctl_exit run(int argc, char **argv)
{
	struct ctl_options options = {.timeout_ms = DEFAULT_TIMEOUT_S * INT64_C(1000),
		.last = DEFAULT_LAST,
		.today = ctl_today()};
	struct parsed parsed = {0};

	if (!parse_options(argc, argv, &options, &parsed))
		return usage(
			CTL_TEXT("no se entiende la orden", "cannot understand the command"), NULL);
	if (parsed.version) {
		printf("ventanillactl %s\n", VT_VERSION);
		return CTL_OK;
	}
	char **words = argv + optind;
	const int count = argc - optind;
	if (count == 0 && options.help) {
		print_help(NULL);
		return CTL_OK;
	}
	if (count == 0)
		return usage(CTL_TEXT("falta un sustantivo", "a noun is missing"), NULL);
	if (count == 2 && strcmp(words[0], "completion") == 0 && strcmp(words[1], "bash") == 0) {
		print_completion();
		return CTL_OK;
	}
	return run_command(count, words, &options, &parsed);
}

int main(int argc, char **argv)
{
	vt_harden_process();
	vt_log_init("ventanillactl", VT_LOG_ERROR);
	ctl_choose_language();
	const enum ctl_exit code = run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		ctl_complain(CTL_TEXT("no se pudo escribir la salida", "cannot write the output"),
			strerror(errno));
		return CTL_FAILURE;
	}
	return (int)code;
}
