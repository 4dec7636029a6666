/* The card in the terminal's reader, for the technician who holds it: what is on it, and a
 * signature with it. The PIN is the certificate's; it comes from the console without echo, a file
 * or stdin, never from the command line, where anybody could read it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/base64.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"

/* What is signed is hashed here: only its digest leaves. */
#define MAX_DATA (64 * 1024 * 1024)
/* Reading eight certificates and asking whether they are revoked; and a citizen's time at the
 * reader's pad. */
#define SHOW_MS 60000
#define SIGN_MS 110000

/* ---- show ---- */

static const char *status_words(const char *status)
{
	static const struct {
		const char *id;
		struct ctl_text text;
	} rows[] = {
		{"good", {"vigente", "valid"}},
		{"card-expired", {"vencido", "expired"}},
		{"card-not-yet", {"todavía no es válido", "not valid yet"}},
		{"card-seal", {"sello (CSD), no e.firma", "seal (CSD), not an e.firma"}},
		{"card-not-efirma", {"no es e.firma", "not an e.firma"}},
		{"card-unknown-issuer", {"emisor desconocido", "unknown issuer"}},
		{"card-bad-chain", {"firma del emisor incorrecta", "issuer's signature is wrong"}},
		{"card-weak", {"clave o firma débil", "weak key or signature"}},
		{"card-purpose", {"no es para firmar", "not for signing"}},
		{"card-identity", {"sin RFC o CURP válidos", "no valid RFC or CURP"}},
	};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++)
		if (strcmp(rows[i].id, status) == 0)
			return ctl_say(rows[i].text);
	return ctl_say(CTL_TEXT("no se puede leer", "cannot be read"));
}

static void print_pin(const struct card_pin *pin)
{
	char text[64];

	if (pin->tries_left < 0)
		snprintf(text, sizeof(text), "%s",
			ctl_say(CTL_TEXT("la tarjeta no lo dice", "the card does not say")));
	else
		snprintf(text, sizeof(text), "%d", pin->tries_left);
	ctl_print_pair(CTL_TEXT("intentos de PIN", "PIN tries left"), text);
	if (pin->pad)
		ctl_print_pair(CTL_TEXT("PIN", "PIN"),
			ctl_say(CTL_TEXT("en las teclas del lector", "on the reader's keys")));
}

/* "no revocado (ocsp, 2026-11-29 08:00)", "no se sabe: …" */
static void print_revocation(const struct card_revocation *its)
{
	static const struct ctl_text words[CARD_REVOCATION_STATUS_COUNT] = {
		[CARD_REVOCATION_NOT_ASKED] = {"sin consultar", "not asked"},
		[CARD_REVOCATION_GOOD] = {"no revocado", "not revoked"},
		[CARD_REVOCATION_REVOKED] = {"REVOCADO", "REVOKED"},
		[CARD_REVOCATION_UNKNOWN] = {"no se sabe", "not known"},
	};
	char text[200], at[32] = "";

	if (its->this_update_unix_ms > 0)
		ctl_format_time(its->this_update_unix_ms, at);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", ctl_say(words[its->status]),
		its->source[0] ? " (" : "", its->source, its->source[0] && at[0] ? ", " : "",
		its->source[0] ? at : "", its->source[0] ? ")" : "", its->detail[0] ? ": " : "",
		its->detail);
	ctl_print_pair(CTL_TEXT("revocación", "revocation"), text);
}

static void print_certificate(const struct card_identity *its)
{
	char from[32], to[32];

	ctl_format_time(its->not_before_unix_ms, from);
	ctl_format_time(its->not_after_unix_ms, to);
	putchar('\n');
	ctl_print_pair(CTL_TEXT("certificado", "certificate"), its->id);
	ctl_print_pair(CTL_TEXT("titular", "holder"), its->holder);
	ctl_print_pair(CTL_TEXT("RFC", "RFC"), its->rfc);
	ctl_print_pair(CTL_TEXT("CURP", "CURP"), its->curp);
	ctl_print_pair(CTL_TEXT("número de serie", "serial number"), its->serial);
	ctl_print_pair(CTL_TEXT("tipo", "kind"), its->purpose);
	ctl_print_pair(CTL_TEXT("desde", "from"), from);
	ctl_print_pair(CTL_TEXT("hasta", "until"), to);
	ctl_print_pair(CTL_TEXT("estado", "status"), status_words(its->status));
	print_revocation(&its->revocation);
	ctl_print_pair(CTL_TEXT("puede firmar", "can sign"),
		its->can_sign ? ctl_say(CTL_TEXT("sí", "yes")) : "no");
}

static enum ctl_exit ask_card(
	const struct ctl_options *options, struct remote *remote, int64_t patience_ms)
{
	const int64_t own_ms = vt_clock_monotonic_ms() + patience_ms;

	/* Core waits for reader and citizen: longer than for anything else. */
	if (!options->has_timeout && remote->deadline_ms < own_ms)
		remote->deadline_ms = own_ms;
	return ask_core(remote);
}

enum ctl_exit ctl_card_show(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	enum ctl_exit code = remote_open(options, &remote);

	if (!code) {
		bus_make_command(remote.msg, remote.conn, BUS_CARD_SHOW);
		code = ask_card(options, &remote, SHOW_MS);
	}
	if (code)
		return code;
	if (options->json)
		return print_payload("ventanilla.card.show/1", remote.msg);
	const struct card_facts *facts = &remote.msg->payload.card_facts;
	ctl_print_pair(CTL_TEXT("lector", "reader"), facts->device);
	ctl_print_pair(CTL_TEXT("ATR", "ATR"), facts->atr);
	ctl_print_pair(
		CTL_TEXT("aplicación", "application"), card_application_names[facts->application]);
	print_pin(&facts->pin);
	for (size_t i = 0; i < facts->count; i++)
		print_certificate(&facts->certificates[i]);
	return CTL_OK;
}

/* ---- the PIN ---- */

/* One line, without its end. False if there is none or it is too long. */
static bool read_line(FILE *file, char pin[CARD_PIN_SIZE])
{
	size_t length = 0;
	int byte;

	while ((byte = getc(file)) != EOF && byte != '\n' && byte != '\r') {
		if (length == CARD_PIN_SIZE - 1)
			return false;
		pin[length++] = (char)byte;
	}
	pin[length] = '\0';
	return length > 0 || byte != EOF;
}

static bool ask_console(char pin[CARD_PIN_SIZE])
{
	VT_CLEANUP(vt_fclosep) FILE *console = fopen("/dev/tty", "r+e");
	struct termios shown, hidden;

	if (!console || tcgetattr(fileno(console), &shown) != 0)
		return false;
	setbuf(console, NULL); /* no copy of the PIN in libc's buffer */
	fputs(ctl_say(CTL_TEXT("PIN de la tarjeta (vacío: en el lector): ",
		      "PIN of the card (empty: on the reader): ")),
		console);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fileno(console), TCSAFLUSH, &hidden) != 0)
		return false;
	const bool is_read = read_line(console, pin);
	(void)tcsetattr(fileno(console), TCSAFLUSH, &shown);
	fputc('\n', console);
	return is_read;
}

static enum ctl_exit read_pin(const struct ctl_options *options, char pin[CARD_PIN_SIZE])
{
	const bool is_stdin = options->pin_file && strcmp(options->pin_file, "-") == 0;
	bool is_read;

	if (!options->pin_file) {
		is_read = ask_console(pin);
	} else {
		VT_CLEANUP(vt_fclosep)
		FILE *file =
			is_stdin ? fdopen(dup(STDIN_FILENO), "r") : fopen(options->pin_file, "re");
		if (!file) {
			ctl_complain(CTL_TEXT("no se puede leer el PIN", "cannot read the PIN"),
				options->pin_file);
			return errno == ENOENT ? CTL_NOT_FOUND : CTL_FAILURE;
		}
		setbuf(file, NULL);
		is_read = read_line(file, pin);
	}
	if (is_read)
		return CTL_OK;
	ctl_complain(CTL_TEXT("falta el PIN: en la consola, con --pin-file FILE o con --pin-file -",
			     "no PIN: on the console, by --pin-file FILE or --pin-file -"),
		NULL);
	return CTL_USAGE;
}

/* ---- sign ---- */

static enum ctl_exit digest_file(const char *path, char ret_hex[CARD_DIGEST_SIZE])
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	uint8_t digest[CERTIFICATE_MAX_DIGEST];
	struct vt_buf data;

	if (!file) {
		ctl_complain(CTL_TEXT("no se puede leer el archivo", "cannot read the file"), path);
		return errno == ENOENT ? CTL_NOT_FOUND : CTL_FAILURE;
	}
	vt_buf_init(&data, MAX_DATA);
	for (size_t got = 1; got > 0 && !data.failed;) {
		uint8_t *room = vt_buf_reserve(&data, 65536);
		got = room ? fread(room, 1, 65536, file) : 0;
		if (room)
			vt_buf_added(&data, got);
	}
	const bool is_bad =
		data.failed || ferror(file) ||
		certificate_digest(CERTIFICATE_SHA256,
			data.length ? data.data : (const uint8_t *)"", data.length, digest);
	vt_buf_finish(&data);
	if (is_bad) {
		ctl_complain(CTL_TEXT("no se puede leer el archivo (máximo 64 MiB)",
				     "cannot read the file (64 MiB at most)"),
			path);
		return CTL_FAILURE;
	}
	vt_hex(ret_hex, digest, certificate_digest_length(CERTIFICATE_SHA256));
	return CTL_OK;
}

static enum ctl_exit complain_of_outcome(const struct certificate_signed *result)
{
	static const struct {
		struct ctl_text text;
		enum ctl_exit code;
	} rows[SIGN_OUTCOME_COUNT] = {
		[SIGN_SIGNED] = {{"", ""}, CTL_OK},
		[SIGN_WRONG_PIN] = {{"PIN incorrecto; intentos que quedan",
					    "wrong PIN; tries left"},
			CTL_NOT_PERMITTED},
		[SIGN_PIN_FORM] = {{"el PIN no tiene el largo que pide la tarjeta; no se gastó "
				    "ningún intento",
					   "the PIN has not the length that the card wants; no "
					   "try was used"},
			CTL_NOT_PERMITTED},
		[SIGN_LAST_TRY] = {{"queda un solo intento y no se usó; con --last-try se usa",
					   "one try is left and was not used; --last-try uses it"},
			CTL_NOT_PERMITTED},
		[SIGN_BLOCKED] = {{"el PIN está bloqueado; desbloquéelo con su PUK",
					  "the PIN is blocked; unlock it with its PUK"},
			CTL_NOT_PERMITTED},
		[SIGN_REMOVED] = {{"la tarjeta se retiró", "the card was taken out"}, CTL_DEVICE},
		[SIGN_CANCELED] = {{"cancelado", "canceled"}, CTL_FAILURE},
		[SIGN_TIMED_OUT] = {{"la tarjeta no respondió a tiempo",
					    "the card did not answer in time"},
			CTL_TIMEOUT},
		[SIGN_REFUSED] = {{"la tarjeta no firma con esta clave",
					  "the card does not sign with this key"},
			CTL_DEVICE},
		[SIGN_FAILED] =
			{{"la firma no corresponde al certificado, o el lector falló",
				 "the signature does not fit the certificate, or the reader "
				 "failed"},
				CTL_DEVICE},
	};
	char tries[16] = "";

	if (result->outcome == SIGN_WRONG_PIN && result->tries_left >= 0)
		snprintf(tries, sizeof(tries), "%d", result->tries_left);
	ctl_complain(rows[result->outcome].text, tries[0] ? tries : NULL);
	return rows[result->outcome].code;
}

static enum ctl_exit write_signature(const struct ctl_options *options, const char *text)
{
	uint8_t bytes[CARD_SIGNATURE_SIZE];
	size_t length;

	if (!options->out_file) {
		puts(text);
		return CTL_OK;
	}
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(options->out_file, "we");
	if (!file || vt_base64_decode(bytes, sizeof(bytes), text, &length) ||
		fwrite(bytes, 1, length, file) != length || fflush(file) != 0) {
		ctl_complain(
			CTL_TEXT("no se puede escribir la firma", "cannot write the signature"),
			options->out_file);
		return CTL_FAILURE;
	}
	return CTL_OK;
}

enum ctl_exit ctl_card_sign(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	char digest[CARD_DIGEST_SIZE], pin[CARD_PIN_SIZE] = "";

	if (!options->data_file) {
		ctl_complain(CTL_TEXT("falta --data FILE", "--data FILE is missing"), NULL);
		return CTL_USAGE;
	}
	enum ctl_exit code = digest_file(options->data_file, digest);
	if (!code)
		code = read_pin(options, pin);
	if (!code)
		code = remote_open(options, &remote);
	if (!code) {
		bus_make_command(remote.msg, remote.conn, BUS_CARD_SIGN);
		struct certificate_sign *sign = &remote.msg->payload.certificate_sign;
		vt_copy_cut(sign->pin, sizeof(sign->pin), pin);
		vt_copy_cut(sign->digest, sizeof(sign->digest), digest);
		sign->last_try = options->last_try;
		code = ask_card(options, &remote, SIGN_MS);
	}
	vt_wipe(pin, sizeof(pin));
	if (code)
		return code;
	const struct certificate_signed *result = &remote.msg->payload.certificate_signed;
	if (options->json)
		code = print_payload("ventanilla.card.sign/1", remote.msg);
	if (result->outcome != SIGN_SIGNED)
		return complain_of_outcome(result);
	return code || (options->json && !options->out_file)
		       ? code
		       : write_signature(options, result->signature);
}
