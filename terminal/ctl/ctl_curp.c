/* ventanillactl curp: check keys, and the root of a person. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/domain/curp.h"

struct checking {
	struct vt_date today;
	bool json;
	struct vt_buf out;
	size_t count, invalid;
};

/* The key as it was given, without what would break its line. */
static void shown_key(const char *given, char *ret_key, size_t size)
{
	size_t used = 0;

	for (; *given && used + 1 < size; given++) {
		if ((unsigned char)*given > 0x20 && *given != 0x7f)
			ret_key[used++] = *given;
	}
	ret_key[used] = 0;
}

static void append_facts(struct vt_buf *out, const char *key)
{
	struct curp_facts facts;
	char birth[DATE_SIZE];

	if (!curp_decode(key, &facts) || !facts.has_century || !facts.entity)
		return;
	date_format_iso(facts.birth, birth);
	vt_buf_printf(out, ",\"birthDate\":\"%s\",\"sex\":\"%c\",\"entity\":\"%s\"", birth,
		facts.sex, facts.entity->code);
}

static void check_one(struct checking *c, const char *given)
{
	char key[CURP_SIZE], shown[128];
	const bool is_key = curp_normalise(given, key);
	const enum curp_error error = is_key ? curp_check(key, c->today) : CURP_FORMAT;

	shown_key(given, shown, sizeof(shown));
	c->invalid += error ? 1 : 0;
	if (!c->json) {
		printf(error ? "%s invalid %s\n" : "%s valid\n", shown, curp_error_name(error));
	} else {
		vt_buf_append_text(&c->out, c->count > 0 ? ",{\"key\":" : "{\"key\":");
		ctl_json_string(&c->out, shown);
		vt_buf_append_text(&c->out, error ? ",\"valid\":false" : ",\"valid\":true");
		if (error)
			vt_buf_printf(&c->out, ",\"error\":\"%s\"", curp_error_name(error));
		else
			append_facts(&c->out, key);
		vt_buf_append_byte(&c->out, '}');
		ctl_json_flush(&c->out);
	}
	c->count++;
}

/* One key per line; blank lines are skipped. */
static void check_input(struct checking *c)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) >= 0) {
		if (line[strspn(line, " \t\r\n")])
			check_one(c, line);
	}
	if (line)
		vt_wipe(line, size);
	free(line);
}

enum ctl_exit ctl_curp_check(const struct ctl_options *options)
{
	struct checking c = {.today = options->today, .json = options->json};
	char today[DATE_SIZE];
	enum ctl_exit code = CTL_OK;

	date_format_iso(c.today, today);
	vt_buf_init(&c.out, CTL_MAX_JSON);
	vt_buf_printf(&c.out, "{\"schema\":\"ventanilla.curp.check/1\",\"today\":\"%s\",\"keys\":[",
		today);
	for (int i = 0; i < options->arg_count; i++) {
		if (strcmp(options->args[i], "-") == 0)
			check_input(&c);
		else
			check_one(&c, options->args[i]);
	}
	vt_buf_append_text(&c.out, "]}");
	if (c.json)
		code = ctl_json_print(&c.out);
	vt_buf_finish(&c.out);
	if (ferror(stdin)) {
		ctl_complain(CTL_TEXT("no se pudo leer la entrada", "cannot read the input"), NULL);
		return CTL_FAILURE;
	}
	if (code)
		return code;
	return c.invalid > 0 ? CTL_PROBLEMS : CTL_OK;
}

enum ctl_exit ctl_curp_root(const struct ctl_options *options)
{
	struct curp_person person = {
		.first_surname = options->first_surname,
		.second_surname = options->second_surname,
		.names = options->names,
		.sex = options->sex && strlen(options->sex) == 1 ? options->sex[0] : 0,
		.entity = options->entity,
	};
	char root[CURP_ROOT_SIZE];
	struct vt_error error;
	struct vt_buf out;

	if (!options->birth || !date_parse_iso(options->birth, &person.birth)) {
		ctl_complain(CTL_TEXT("--birth debe ser un día AAAA-MM-DD",
				     "--birth must be a day YYYY-MM-DD"),
			NULL);
		return CTL_USAGE;
	}
	if (curp_root(&person, root, &error) != VT_OK) {
		ctl_complain(CTL_TEXT("datos no válidos", "invalid data"), error.msg);
		return CTL_USAGE;
	}
	if (!options->json) {
		puts(root);
		return CTL_OK;
	}
	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_printf(&out, "{\"schema\":\"ventanilla.curp.root/1\",\"root\":\"%s\"}", root);
	return ctl_json_print(&out);
}
