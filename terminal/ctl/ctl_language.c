/* ventanillactl language: the packs of this terminal. Works on their folder, with or without core:
 * core looks at it before each citizen. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/config.h"
#include "terminal/base/cleanup.h"
#include "terminal/ctl/ctl.h"
#include "terminal/language/store.h"

#define DEFAULT_CONFIG "/etc/ventanilla/terminal.conf"

/* Reads [languages]; the texts are borrowed from config. */
static enum ctl_exit open_store(
	const struct ctl_options *options, struct vt_config **config, struct store *ret)
{
	const char *path = options->config ? options->config : DEFAULT_CONFIG;
	struct vt_error error = {0};
	enum vt_code code = vt_config_load(path, config, &error);

	if (code == VT_OK) {
		*ret = (struct store){
			.folder = vt_config_require(*config, "languages", "store", &error),
			.trust = {.signers = vt_config_get(*config, "languages", "signers", NULL),
				.now_unix_ms = vt_clock_unix_ms()}};
		code = ret->folder ? vt_config_bool(*config, "languages", "allow_unsigned", false,
					     &ret->trust.allow_unsigned, &error)
				   : error.code;
	}
	if (code == VT_OK)
		return CTL_OK;
	ctl_complain(
		CTL_TEXT("no se pueden abrir los idiomas", "cannot open the languages"), error.msg);
	return code == VT_ERR_NOT_FOUND ? CTL_NOT_FOUND : CTL_FAILURE;
}

static enum ctl_exit complain_of(const struct vt_error *error)
{
	struct ctl_text text = CTL_TEXT(
		"no se pudo; todo sigue como estaba", "it failed; everything is as it was");
	enum ctl_exit code = CTL_FAILURE;

	switch ((int)error->code) {
	case VT_ERR_UNTRUSTED:
		text = CTL_TEXT("paquete rechazado: no está firmado por alguien de confianza",
			"pack refused: not signed by anybody trusted");
		code = CTL_NOT_PERMITTED;
		break;
	case VT_ERR_STATE:
		text = CTL_TEXT("paquete rechazado: es más antiguo que el instalado",
			"pack refused: older than the installed one");
		code = CTL_NOT_PERMITTED;
		break;
	case VT_ERR_PARSE:
	case VT_ERR_LIMIT:
	case VT_ERR_CORRUPT:
	case VT_ERR_UNSUPPORTED:
		text = CTL_TEXT("paquete rechazado: no está bien hecho",
			"pack refused: it is not well made");
		code = CTL_PROBLEMS;
		break;
	case VT_ERR_NOT_FOUND:
		text = CTL_TEXT("no existe", "not found");
		code = CTL_NOT_FOUND;
		break;
	case VT_ERR_BUSY:
		text = CTL_TEXT("ocupado, intente de nuevo", "busy, try again");
		code = CTL_BUSY;
		break;
	default:
		break;
	}
	ctl_complain(text, error->msg);
	return code;
}

/* ---- list, show ---- */

static const char *state_word(const struct store_language *one)
{
	return one->code == VT_OK ? one->pack.is_signed ? "ok" : "unsigned" : "refused";
}

static void json_language(struct vt_buf *out, const struct store_language *one)
{
	vt_buf_append_text(out, "{\"lang\":");
	ctl_json_string(out, one->pack.lang);
	vt_buf_append_text(out, ",\"name\":");
	ctl_json_string(out, one->pack.name);
	vt_buf_append_text(out, ",\"nameSpanish\":");
	ctl_json_string(out, one->pack.name_spanish);
	vt_buf_append_text(out, ",\"version\":");
	ctl_json_string(out, one->pack.version);
	vt_buf_printf(out, ",\"counter\":%lld,\"review\":", (long long)one->pack.counter);
	ctl_json_string(out, one->pack.review);
	vt_buf_printf(out, ",\"clips\":%s,\"previous\":%s,\"state\":\"%s\",\"reason\":",
		one->has_clips ? "true" : "false", one->has_previous ? "true" : "false",
		state_word(one));
	ctl_json_string(out, one->reason);
	vt_buf_append_byte(out, '}');
}

static enum ctl_exit print_table(const struct store_language *list, size_t count)
{
	static const struct ctl_text headings[] = {{"IDIOMA", "LANGUAGE"}, {"NOMBRE", "NAME"},
		{"EN ESPAÑOL", "IN SPANISH"}, {"VERSIÓN", "VERSION"}, {"TEXTOS", "TEXTS"},
		{"VOZ", "SPEECH"}, {"ESTADO", "STATE"}};
	struct ctl_table table;

	ctl_table_init(&table, VT_ELEMENTS(headings), headings);
	for (size_t i = 0; i < count; i++) {
		const struct pack *pack = &list[i].pack;
		const char *cells[] = {pack->lang, pack->name, pack->name_spanish, pack->version,
			pack->review, list[i].has_clips ? "clips" : "-", state_word(&list[i])};

		ctl_table_add(&table, cells);
	}
	return ctl_table_print(&table);
}

static enum ctl_exit list_all(
	const struct ctl_options *options, struct store_language *list, size_t *ret_count)
{
	VT_CLEANUP(vt_config_close) struct vt_config *config = NULL;
	struct store store;
	struct vt_error error = {0};
	enum ctl_exit code = open_store(options, &config, &store);

	if (code == CTL_OK && store_list(&store, list, ret_count, &error) != VT_OK)
		code = complain_of(&error);
	return code;
}

enum ctl_exit ctl_language_list(const struct ctl_options *options)
{
	struct store_language list[STORE_MAX_LANGUAGES];
	struct vt_buf out;
	size_t count = 0;
	enum ctl_exit code = list_all(options, list, &count);

	if (code != CTL_OK || !options->json)
		return code != CTL_OK ? code : print_table(list, count);
	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.language.list/1\",\"languages\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			vt_buf_append_byte(&out, ',');
		json_language(&out, &list[i]);
	}
	vt_buf_append_text(&out, "]}");
	return ctl_json_print(&out);
}

static void print_one(const struct store_language *one)
{
	const struct pack *pack = &one->pack;
	char counter[24];

	snprintf(counter, sizeof(counter), "%lld", (long long)pack->counter);
	ctl_print_pair(CTL_TEXT("idioma", "language"), pack->lang);
	ctl_print_pair(CTL_TEXT("nombre", "name"), pack->name);
	ctl_print_pair(CTL_TEXT("en español", "in Spanish"), pack->name_spanish);
	ctl_print_pair(CTL_TEXT("versión", "version"), pack->version);
	ctl_print_pair(CTL_TEXT("contador", "counter"), counter);
	ctl_print_pair(CTL_TEXT("textos", "texts"),
		strcmp(pack->review, "reviewed") == 0
			? ctl_say(CTL_TEXT("revisados por hablantes", "reviewed by speakers"))
			: ctl_say(CTL_TEXT("de fuentes publicadas, sin revisar",
				  "from published sources, not reviewed")));
	ctl_print_pair(CTL_TEXT("voz grabada", "recorded speech"),
		one->has_clips ? ctl_say(CTL_TEXT("sí", "yes")) : ctl_say(CTL_TEXT("no", "no")));
	ctl_print_pair(CTL_TEXT("se puede regresar", "can be rolled back"),
		one->has_previous ? ctl_say(CTL_TEXT("sí", "yes")) : ctl_say(CTL_TEXT("no", "no")));
	ctl_print_pair(CTL_TEXT("estado", "state"), state_word(one));
	if (one->reason[0] != '\0')
		ctl_print_pair(CTL_TEXT("por qué", "why"), one->reason);
}

enum ctl_exit ctl_language_show(const struct ctl_options *options)
{
	struct store_language list[STORE_MAX_LANGUAGES];
	struct vt_buf out;
	size_t count = 0, at = 0;
	enum ctl_exit code = list_all(options, list, &count);

	if (code != CTL_OK)
		return code;
	while (at < count && strcmp(list[at].pack.lang, options->args[0]) != 0)
		at++;
	if (at == count) {
		ctl_complain(
			CTL_TEXT("ese idioma no está instalado", "that language is not installed"),
			options->args[0]);
		return CTL_NOT_FOUND;
	}
	if (!options->json) {
		print_one(&list[at]);
	} else {
		vt_buf_init(&out, CTL_MAX_JSON);
		vt_buf_append_text(
			&out, "{\"schema\":\"ventanilla.language.show/1\",\"language\":");
		json_language(&out, &list[at]);
		vt_buf_append_byte(&out, '}');
		code = ctl_json_print(&out);
	}
	if (code == CTL_OK && list[at].code != VT_OK)
		code = CTL_PROBLEMS;
	return code;
}

/* ---- install, remove, rollback ---- */

static enum ctl_exit print_pack(
	const struct ctl_options *options, const char *schema, const struct pack *pack)
{
	struct store_language one = {.pack = *pack};
	struct vt_buf out;

	if (!options->json) {
		printf("%s (%s) %s: %s\n", pack->name, pack->lang, pack->version,
			ctl_say(CTL_TEXT("instalado; se ofrece a partir de la siguiente persona",
				"installed; offered from the next person on")));
		return CTL_OK;
	}
	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_printf(&out, "{\"schema\":\"%s\",\"lang\":", schema);
	ctl_json_string(&out, one.pack.lang);
	vt_buf_append_text(&out, ",\"version\":");
	ctl_json_string(&out, one.pack.version);
	vt_buf_printf(&out, ",\"counter\":%lld,\"state\":\"%s\"}", (long long)one.pack.counter,
		state_word(&one));
	return ctl_json_print(&out);
}

/* change: store_install() or store_rollback(). */
static enum ctl_exit change_pack(const struct ctl_options *options, const char *schema,
	enum vt_code (*change)(
		const struct store *, const char *, struct pack *, struct vt_error *))
{
	VT_CLEANUP(vt_config_close) struct vt_config *config = NULL;
	struct store store;
	struct pack pack = {0};
	struct vt_error error = {0};
	enum ctl_exit code = open_store(options, &config, &store);

	if (code != CTL_OK)
		return code;
	if (change(&store, options->args[0], &pack, &error) != VT_OK)
		return complain_of(&error);
	return print_pack(options, schema, &pack);
}

enum ctl_exit ctl_language_install(const struct ctl_options *options)
{
	return change_pack(options, "ventanilla.language.install/1", store_install);
}

enum ctl_exit ctl_language_rollback(const struct ctl_options *options)
{
	return change_pack(options, "ventanilla.language.rollback/1", store_rollback);
}

enum ctl_exit ctl_language_remove(const struct ctl_options *options)
{
	VT_CLEANUP(vt_config_close) struct vt_config *config = NULL;
	struct store store;
	struct vt_error error = {0};
	struct vt_buf out;
	enum ctl_exit code = open_store(options, &config, &store);

	if (code != CTL_OK)
		return code;
	if (store_remove(&store, options->args[0], &error) != VT_OK)
		return complain_of(&error);
	if (!options->json) {
		printf("%s: %s\n", options->args[0],
			ctl_say(CTL_TEXT("ya no se ofrece", "no longer offered")));
		return CTL_OK;
	}
	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.language.remove/1\",\"lang\":");
	ctl_json_string(&out, options->args[0]);
	vt_buf_append_byte(&out, '}');
	return ctl_json_print(&out);
}
