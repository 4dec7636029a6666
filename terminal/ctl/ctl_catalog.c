/* ventanillactl catalog: check service definitions before they are signed, and read one. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "terminal/ctl/ctl.h"
#include "terminal/domain/money.h"
#include "terminal/session/catalogue.h"

static enum vt_code load(const char *path, struct catalogue **ret, struct vt_error *error)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return catalogue_load(path, ret, error);
	return catalogue_load_file(path, ret, error);
}

/* A shell's *.json names the schema as well: it is no service. */
static bool is_schema(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "service.schema.json") == 0;
}

/* ---- lint ---- */

struct linting {
	bool json;
	struct vt_buf out;
	size_t count, problems, missing;
};

static void lint_passed(struct linting *l, const char *path, const struct catalogue *catalogue)
{
	const size_t count = catalogue_count(catalogue);

	if (l->json) {
		vt_buf_append_text(&l->out, ",\"ok\":true,\"services\":[");
		for (size_t i = 0; i < count; i++) {
			const struct catalogue_service *service = catalogue_at(catalogue, i);
			vt_buf_printf(&l->out, "%s{\"id\":", i > 0 ? "," : "");
			ctl_json_string(&l->out, service->id);
			vt_buf_printf(&l->out, ",\"version\":%d}", service->version);
		}
		vt_buf_append_byte(&l->out, ']');
		return;
	}
	if (count == 1)
		printf("%s: %s (%s, %s %d)\n", path, ctl_say(CTL_TEXT("correcto", "ok")),
			catalogue_at(catalogue, 0)->id, ctl_say(CTL_TEXT("versión", "version")),
			catalogue_at(catalogue, 0)->version);
	else
		printf("%s: %s (%zu %s)\n", path, ctl_say(CTL_TEXT("correcto", "ok")), count,
			ctl_say(CTL_TEXT("servicios", "services")));
}

static void lint_failed(struct linting *l, const char *path, const struct vt_error *error)
{
	const bool is_missing = error->code == VT_ERR_IO && error->os == ENOENT;

	l->problems++;
	l->missing += is_missing ? 1 : 0;
	if (l->json) {
		vt_buf_append_text(&l->out, ",\"ok\":false,\"error\":");
		ctl_json_string(&l->out, error->msg);
		return;
	}
	char clean[sizeof(error->msg)];
	ctl_clean(clean, sizeof(clean), error->msg);
	printf("%s: %s: %s\n", path, ctl_say(CTL_TEXT("con errores", "has errors")), clean);
}

static void lint_one(struct linting *l, const char *path)
{
	struct catalogue *catalogue = NULL;
	struct vt_error error = {0};

	if (is_schema(path))
		return;
	if (l->json) {
		vt_buf_append_text(&l->out, l->count > 0 ? ",{\"file\":" : "{\"file\":");
		ctl_json_string(&l->out, path);
	}
	if (load(path, &catalogue, &error) == VT_OK)
		lint_passed(l, path, catalogue);
	else
		lint_failed(l, path, &error);
	if (l->json)
		vt_buf_append_byte(&l->out, '}');
	l->count++;
	catalogue_destroy(&catalogue);
}

enum ctl_exit ctl_catalog_lint(const struct ctl_options *options)
{
	struct linting l = {.json = options->json};
	enum ctl_exit code = CTL_OK;

	vt_buf_init(&l.out, CTL_MAX_JSON);
	vt_buf_append_text(&l.out, "{\"schema\":\"ventanilla.catalog.lint/1\",\"files\":[");
	for (int i = 0; i < options->arg_count; i++)
		lint_one(&l, options->args[i]);
	vt_buf_append_text(&l.out, "]}");
	if (l.json)
		code = ctl_json_print(&l.out);
	vt_buf_finish(&l.out);
	if (code)
		return code;
	if (l.problems > 0)
		return l.problems == l.missing ? CTL_NOT_FOUND : CTL_PROBLEMS;
	return CTL_OK;
}

/* ---- show ---- */

static void json_pair(struct vt_buf *out, const char *name, const char *value)
{
	vt_buf_printf(out, ",\"%s\":", name);
	ctl_json_string(out, value);
}

static void json_ways(struct vt_buf *out, const struct catalogue_service *service)
{
	vt_buf_append_text(out, ",\"ways\":[");
	for (size_t i = 0; i < service->way_count; i++) {
		const struct catalogue_way *way = &service->ways[i];
		vt_buf_append_text(out, i > 0 ? ",{\"id\":" : "{\"id\":");
		ctl_json_string(out, way->id);
		json_pair(out, "adapter", way->adapter);
		json_pair(out, "operation", way->operation);
		vt_buf_printf(
			out, ",\"review\":%s,\"questions\":[", way->has_review ? "true" : "false");
		for (size_t q = 0; q < way->question_count; q++) {
			vt_buf_append_text(out, q > 0 ? ",{\"name\":" : "{\"name\":");
			ctl_json_string(out, way->questions[q]->name);
			json_pair(out, "type", field_type_names[way->questions[q]->type]);
			vt_buf_printf(out, ",\"optional\":%s}",
				way->questions[q]->optional ? "true" : "false");
		}
		vt_buf_append_text(out, "]}");
	}
	vt_buf_append_byte(out, ']');
}

static void json_outcomes(struct vt_buf *out, const struct catalogue_service *service)
{
	vt_buf_append_text(out, ",\"outcomes\":[");
	for (size_t i = 0; i < service->outcome_count; i++) {
		const struct catalogue_outcome *outcome = &service->outcomes[i];
		vt_buf_append_text(out, i > 0 ? ",{\"id\":" : "{\"id\":");
		ctl_json_string(out, outcome->id);
		json_pair(out, "title", catalogue_text(&outcome->title, ctl_lang()));
		json_pair(out, "document", outcome->document ? outcome->document->id : "");
		vt_buf_append_byte(out, '}');
	}
	vt_buf_append_byte(out, ']');
}

static void json_fees(
	struct vt_buf *out, const struct catalogue_service *service, struct vt_date today)
{
	bool first = true;

	vt_buf_append_text(out, ",\"feesToday\":[");
	for (size_t i = 0; i < service->fee_count; i++) {
		const struct catalogue_fee *fee = &service->fees[i];
		if (fee_find(service, today, fee->years, FARE_FULL) != fee)
			continue;
		vt_buf_printf(out, "%s{\"years\":%d,\"fullCentavos\":%lld", first ? "" : ",",
			fee->years, (long long)fee->full_centavos);
		if (fee->half_centavos >= 0)
			vt_buf_printf(out, ",\"halfCentavos\":%lld", (long long)fee->half_centavos);
		json_pair(out, "cadena", fee->cadena);
		vt_buf_append_byte(out, '}');
		first = false;
	}
	vt_buf_append_byte(out, ']');
}

static void json_service(
	struct vt_buf *out, const struct catalogue_service *service, struct vt_date today)
{
	vt_buf_append_text(out, "{\"id\":");
	ctl_json_string(out, service->id);
	vt_buf_printf(out, ",\"version\":%d,\"order\":%d,\"free\":%s", service->version,
		service->order, service->is_free ? "true" : "false");
	json_pair(out, "name", catalogue_text(&service->name, ctl_lang()));
	json_pair(out, "agency", service->agency);
	json_pair(out, "archetype", service_archetype_names[service->archetype]);
	json_pair(out, "status", service_status_names[service->status]);
	json_pair(out, "offline", service_offline_names[service->offline]);
	json_ways(out, service);
	json_outcomes(out, service);
	json_fees(out, service, today);
	vt_buf_append_byte(out, '}');
}

static void show_fees(const struct catalogue_service *service, struct vt_date today)
{
	for (size_t i = 0; i < service->fee_count; i++) {
		const struct catalogue_fee *fee = &service->fees[i];
		char full[MONEY_SIZE], half[MONEY_SIZE] = "-", line[128];
		if (fee_find(service, today, fee->years, FARE_FULL) != fee)
			continue;
		money_format(fee->full_centavos, full);
		if (fee->half_centavos >= 0)
			money_format(fee->half_centavos, half);
		snprintf(line, sizeof(line), "%d %s: %s / %s", fee->years,
			ctl_say(CTL_TEXT("años", "years")), full, half);
		ctl_print_pair(CTL_TEXT("tarifa de hoy", "fee today"), line);
	}
	if (!fee_known(service, today))
		ctl_print_pair(CTL_TEXT("tarifa de hoy", "fee today"),
			ctl_say(CTL_TEXT("ninguna: el servicio no se ofrece",
				"none: the service is not offered")));
}

static void show_service(const struct catalogue_service *service, struct vt_date today)
{
	char line[256];

	ctl_print_pair(CTL_TEXT("servicio", "service"), service->id);
	snprintf(line, sizeof(line), "%d", service->version);
	ctl_print_pair(CTL_TEXT("versión", "version"), line);
	ctl_print_pair(CTL_TEXT("nombre", "name"), catalogue_text(&service->name, ctl_lang()));
	ctl_print_pair(CTL_TEXT("dependencia", "agency"), service->agency);
	ctl_print_pair(
		CTL_TEXT("arquetipo", "archetype"), service_archetype_names[service->archetype]);
	ctl_print_pair(CTL_TEXT("estado", "status"), service_status_names[service->status]);
	ctl_print_pair(
		CTL_TEXT("sin conexión", "offline"), service_offline_names[service->offline]);
	for (size_t i = 0; i < service->way_count; i++) {
		const struct catalogue_way *way = &service->ways[i];
		snprintf(line, sizeof(line), "%s → %s.%s", way->id, way->adapter, way->operation);
		ctl_print_pair(CTL_TEXT("camino", "way"), line);
		for (size_t q = 0; q < way->question_count; q++) {
			snprintf(line, sizeof(line), "%zu. %s (%s%s)", q + 1,
				way->questions[q]->name, field_type_names[way->questions[q]->type],
				way->questions[q]->optional
					? ctl_say(CTL_TEXT(", opcional", ", optional"))
					: "");
			ctl_print_pair(CTL_TEXT("  pregunta", "  question"), line);
		}
	}
	for (size_t i = 0; i < service->outcome_count; i++) {
		const struct catalogue_outcome *outcome = &service->outcomes[i];
		snprintf(line, sizeof(line), "%s: %s (%s)", outcome->id,
			catalogue_text(&outcome->title, ctl_lang()),
			outcome->document ? outcome->document->id
					  : ctl_say(CTL_TEXT("sin papel", "no paper")));
		ctl_print_pair(CTL_TEXT("resultado", "outcome"), line);
	}
	show_fees(service, today);
}

enum ctl_exit ctl_catalog_show(const struct ctl_options *options)
{
	struct catalogue *catalogue = NULL;
	struct vt_error error = {0};
	struct vt_buf out;
	bool first = true;

	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.catalog.show/1\",\"services\":[");
	for (int i = 0; i < options->arg_count; i++) {
		if (is_schema(options->args[i]))
			continue;
		if (load(options->args[i], &catalogue, &error) != VT_OK) {
			vt_buf_finish(&out);
			ctl_complain(CTL_TEXT("no se puede leer", "cannot read"), error.msg);
			return error.os == ENOENT ? CTL_NOT_FOUND : CTL_PROBLEMS;
		}
		for (size_t s = 0; s < catalogue_count(catalogue); s++) {
			if (!first)
				options->json ? vt_buf_append_byte(&out, ',') : (void)putchar('\n');
			first = false;
			if (options->json)
				json_service(&out, catalogue_at(catalogue, s), options->today);
			else
				show_service(catalogue_at(catalogue, s), options->today);
		}
		catalogue_destroy(&catalogue);
	}
	vt_buf_append_text(&out, "]}");
	if (options->json)
		return ctl_json_print(&out);
	vt_buf_finish(&out);
	return CTL_OK;
}
