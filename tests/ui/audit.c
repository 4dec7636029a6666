/* tools/audit: every screen in every state a citizen can put it in, through every audit of UI.md
 * section 18; usage() has the options.
 *
 * A state is panel × theme × contrast × text size × full or reach × language × fixture × view: the
 * pages of its content and of its keyboard, and both sides where it is split. Each gives
 * DIR/PANEL/THEME/CONTRAST/SIZE-MODE/LANGUAGE/FIXTURE.json (the semantic tree) and .png, further
 * views FIXTURE+2.json and so on. Findings are lines of DIR/violations.txt, the report is
 * DIR/openacr.yaml. The work is shared among processes, each taking every n-th screen with all its
 * views, so the totals do not depend on how many there are. */

#include "tests/ui/audit.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/buf.h"
#include "terminal/base/text.h"
#include "tests/ui/screens_stage.h"
#include "ui/toolkit/semantics.h"

#define MAX_CHOICES   16
#define MAX_JOBS      16
#define FLASH_STEP_MS 50
#define FLASH_FRAMES  61 /* three seconds */

static const char *const size_names[TEXT_SIZE_COUNT] = {"normal", "large", "extra", "max"};
static const char *const mode_names[] = {"full", "reach"};
static const char *const theme_names[] = {"reference", "neutral"};
static const char *const default_languages[] = {"es-MX", "en", "qps"};

/* What was asked for; an empty list is everything. */
struct choice {
	const char *values[MAX_CHOICES];
	size_t count;
};
static struct choice arg_lang, arg_panel, arg_theme, arg_size, arg_contrast, arg_mode, arg_screen;
static const char *arg_out;
static bool arg_no_png, arg_help;
static int64_t arg_sample = 1, arg_jobs = 1;

static void usage(FILE *to)
{
	fprintf(to,
		"usage: tools/audit --out DIR [--lang L ...] [--panel P ...] [--theme T ...]\n"
		"         [--size S ...] [--contrast C ...] [--mode full|reach ...] [--screen NAME "
		"...]\n"
		"         [--sample N] [--no-png] [--jobs N]\n"
		"  without a choice all of a kind are visited; --sample N visits every N-th "
		"screen\n"
		"  panels:");
	for (size_t i = 0; i < panel_count; i++)
		fprintf(to, " %s", panels[i].name);
	fprintf(to, "\n  sizes: normal large extra max; contrasts: light high-dark high-light "
		    "low-glare\n  exit status: 0 none, 1 violations, 2 usage, 3 cannot write\n");
}

static bool wants(const struct choice *choice, const char *value)
{
	for (size_t i = 0; i < choice->count; i++)
		if (strcmp(choice->values[i], value) == 0)
			return true;
	return choice->count == 0;
}

static bool choose(struct choice *choice, const char *value)
{
	if (choice->count == MAX_CHOICES)
		return false;
	choice->values[choice->count++] = value;
	return true;
}

/* ---- files ---- */

static void cannot_write(const char *path)
{
	fprintf(stderr, "audit: cannot write %s: %s\n", path, strerror(errno));
	exit(3);
}

/* Makes all folders of a path that ends in a file name. */
static void make_folders(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			cannot_write(path);
		*p = '/';
	}
}

static void write_tree(struct ui *ui, const char *path)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf json;
	FILE *file = fopen(path, "we");

	vt_buf_init(&json, 1 << 20);
	semantics_write(ui, 1, &json);
	if (file == NULL || json.failed != VT_OK ||
		fwrite(json.data, 1, json.length, file) != json.length || fclose(file) != 0)
		cannot_write(path);
}

/* ---- one state ---- */

struct state {
	const struct panel *panel;
	const char *theme, *lang;
	struct look look;
	const struct fixture *fixture;
};

static void describe(const struct state *s, char *dst, size_t size)
{
	(void)snprintf(dst, size, "%s/%s/%s/%s-%s/%s/%s", s->panel->name, s->theme,
		theme_mode_names[s->look.contrast], size_names[s->look.text_size],
		mode_names[s->look.reach], s->lang, s->fixture->name);
}

/* Three seconds of the screen, in the look it has. Once for each fixture and mode of motion. */
static void watch(struct stage *stage, const struct state *s, struct audit *audit)
{
	bool changed[FLASH_FRAMES];

	for (int calm = 0; calm < 2; calm++) {
		stage->calm = calm == 1;
		stage_show(stage, s->fixture, s->lang, &s->look);
		for (int i = 0; i < FLASH_FRAMES; i++) {
			stage_repaint(stage);
			changed[i] = i > 0 && stage->damaged > 0;
			stage->env.since_show_ms += FLASH_STEP_MS;
		}
		audit_flash(audit, changed, FLASH_FRAMES, FLASH_STEP_MS);
	}
	stage->calm = false;
}

static void write_state(struct stage *stage, const char *where)
{
	char path[700];
	struct vt_error error;

	(void)snprintf(path, sizeof(path), "%s/%s.json", arg_out, where);
	make_folders(path);
	write_tree(stage->ui, path);
	if (arg_no_png)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s.png", arg_out, where);
	if (canvas_write_png(ui_canvas(stage->ui), path, &error) != VT_OK) {
		fprintf(stderr, "audit: %s\n", error.msg);
		exit(3);
	}
}

/* The view that is on the screen, through all audits. */
static void look(struct stage *stage, const struct state *s, struct audit *audit,
	struct audit_totals *totals)
{
	audit_equality(audit, stage->ui);
	audit_layout(audit, stage->ui);
	audit_contrast(audit, stage->ui);
	audit_totals_add(totals, audit, (enum theme_mode)s->look.contrast);
	totals->states++;
	if ((int)ui_settings(stage->ui)->text_size < s->look.text_size)
		totals->smaller++;
	if (arg_out != NULL)
		write_state(stage, audit->where);
}

static void visit(
	struct stage *stage, const struct state *s, struct audit_totals *totals, FILE *list)
{
	char where[256], further[300];
	struct stage_views views = {.count = 0};
	const struct audit fresh = {
		.list = list, .lowest_contrast = 21.0, .masked = s->fixture->masked};
	struct audit audit = fresh;

	describe(s, where, sizeof(where));
	audit.where = where;
	if (s->look.text_size == 0 && s->look.contrast == 0 && !s->look.reach &&
		strcmp(s->lang, "es-MX") == 0)
		watch(stage, s, &audit);
	stage_show(stage, s->fixture, s->lang, &s->look);
	look(stage, s, &audit, totals);
	for (int number = 2; stage_next_view(stage, &views); number++) {
		(void)snprintf(further, sizeof(further), "%s+%d", where, number);
		audit = fresh;
		audit.where = further;
		if (views.is_uneven)
			audit_report(&audit, AUDIT_OVERFLOW, NULL, "pages are not counted alike");
		views.is_uneven = false;
		look(stage, s, &audit, totals);
	}
}

/* ---- all states ---- */

/* Visits those screens whose number is job modulo jobs. */
struct walk {
	struct stage stage;
	int64_t number, job;
	struct audit_totals totals;
	FILE *list;
};

static void walk_fixtures(struct walk *w, struct state *s)
{
	for (size_t i = 0; i < fixture_count; i++) {
		s->fixture = &fixtures[i];
		if (!wants(&arg_screen, s->fixture->name))
			continue;
		int64_t number = w->number++;

		if (number % arg_sample == 0 && number / arg_sample % arg_jobs == w->job)
			visit(&w->stage, s, &w->totals, w->list);
	}
}

static void walk_looks(struct walk *w, struct state *s)
{
	for (int contrast = 0; contrast < THEME_MODE_COUNT; contrast++) {
		for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
			for (int reach = 0; reach < 2; reach++) {
				if (!wants(&arg_contrast, theme_mode_names[contrast]) ||
					!wants(&arg_size, size_names[size]) ||
					!wants(&arg_mode, mode_names[reach]))
					continue;
				s->look = (struct look){"", size, contrast, reach == 1};
				walk_fixtures(w, s);
			}
		}
	}
}

static void walk_all(struct walk *w)
{
	struct state s = {0};

	for (size_t p = 0; p < panel_count; p++) {
		for (size_t t = 0; t < VT_ELEMENTS(theme_names); t++) {
			s.panel = &panels[p];
			s.theme = theme_names[t];
			if (!wants(&arg_panel, s.panel->name) || !wants(&arg_theme, s.theme))
				continue;
			stage_open(&w->stage, s.theme, &s.panel->profile);
			for (size_t l = 0; l < arg_lang.count; l++) {
				s.lang = arg_lang.values[l];
				walk_looks(w, &s);
			}
			stage_close(&w->stage);
		}
	}
}

/* A process that does one share and writes its totals into the pipe. */
static pid_t start_job(int64_t job, int *ret_fd)
{
	char path[600];
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0 || (pid = fork()) < 0) {
		perror("audit");
		exit(3);
	}
	*ret_fd = fds[0];
	if (pid > 0) {
		(void)close(fds[1]);
		return pid;
	}
	static struct walk w;

	w.job = job;
	if (arg_out != NULL) {
		(void)snprintf(path, sizeof(path), "%s/violations-%d.part", arg_out, (int)job);
		make_folders(path);
		w.list = fopen(path, "we");
		if (w.list == NULL)
			cannot_write(path);
		/* The whole set takes long: each finding can be read as soon as it is made. */
		(void)setvbuf(w.list, NULL, _IOLBF, 0);
	}
	walk_all(&w);
	if (w.list != NULL && fclose(w.list) != 0)
		cannot_write(path);
	_exit(write(fds[1], &w.totals, sizeof(w.totals)) == sizeof(w.totals) ? 0 : 3);
}

/* Joins the findings of the jobs, and shows the first ones. */
static void join_lists(void)
{
	char path[600], line[600];
	int shown = 0;
	FILE *all;

	(void)snprintf(path, sizeof(path), "%s/violations.txt", arg_out);
	all = fopen(path, "we");
	if (all == NULL)
		cannot_write(path);
	for (int64_t job = 0; job < arg_jobs; job++) {
		(void)snprintf(path, sizeof(path), "%s/violations-%d.part", arg_out, (int)job);
		FILE *part = fopen(path, "re");

		while (part != NULL && fgets(line, sizeof(line), part) != NULL) {
			fputs(line, all);
			if (shown++ < 40)
				fputs(line, stderr);
		}
		if (part != NULL)
			(void)fclose(part);
		(void)unlink(path);
	}
	if (fclose(all) != 0)
		cannot_write("violations.txt");
}

static bool run_jobs(struct audit_totals *totals)
{
	pid_t pids[MAX_JOBS];
	int fds[MAX_JOBS];
	bool good = true;

	for (int64_t job = 0; job < arg_jobs; job++)
		pids[job] = start_job(job, &fds[job]);
	for (int64_t job = 0; job < arg_jobs; job++) {
		struct audit_totals part;
		int status;

		if (read(fds[job], &part, sizeof(part)) == sizeof(part))
			audit_totals_merge(totals, &part);
		else
			good = false;
		(void)close(fds[job]);
		good = waitpid(pids[job], &status, 0) == pids[job] && status == 0 && good;
	}
	return good;
}

static bool parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},
		{"lang", required_argument, NULL, 'l'},
		{"panel", required_argument, NULL, 'p'},
		{"theme", required_argument, NULL, 't'},
		{"size", required_argument, NULL, 's'},
		{"contrast", required_argument, NULL, 'c'},
		{"mode", required_argument, NULL, 'm'},
		{"screen", required_argument, NULL, 'S'},
		{"sample", required_argument, NULL, 'n'},
		{"jobs", required_argument, NULL, 'j'},
		{"no-png", no_argument, NULL, 'N'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool good = true;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		struct choice *choice = c == 'l'   ? &arg_lang
					: c == 'p' ? &arg_panel
					: c == 't' ? &arg_theme
					: c == 's' ? &arg_size
					: c == 'c' ? &arg_contrast
					: c == 'm' ? &arg_mode
					: c == 'S' ? &arg_screen
						   : NULL;

		if (choice != NULL)
			good = choose(choice, optarg) && good;
		else if (c == 'o')
			arg_out = optarg;
		else if (c == 'N')
			arg_no_png = true;
		else if (c == 'h')
			arg_help = true;
		else if (c == 'n')
			good = vt_parse_i64(optarg, 1, 1000000, &arg_sample) == VT_OK && good;
		else if (c == 'j')
			good = vt_parse_i64(optarg, 1, MAX_JOBS, &arg_jobs) == VT_OK && good;
		else
			good = false;
	}
	for (size_t i = 0; i < arg_panel.count; i++)
		good = panel_find(arg_panel.values[i]) != NULL && good;
	for (size_t i = 0; i < arg_screen.count; i++)
		good = fixture_find(arg_screen.values[i]) != NULL && good;
	const bool is_any_language = arg_lang.count == 0;
	for (size_t i = 0; is_any_language && i < VT_ELEMENTS(default_languages); i++)
		good = choose(&arg_lang, default_languages[i]) && good;
	return good && arg_out != NULL && optind == argc;
}

int main(int argc, char **argv)
{
	struct audit_totals totals = {0};
	char path[600];
	bool good;

	good = parse(argc, argv);
	if (arg_help || !good) {
		usage(arg_help ? stdout : stderr);
		return arg_help ? 0 : 2;
	}
	for (size_t i = 0; i < fixture_count; i++)
		totals.screens += wants(&arg_screen, fixtures[i].name) ? 1 : 0;
	good = run_jobs(&totals);
	join_lists();
	(void)snprintf(path, sizeof(path), "%s/openacr.yaml", arg_out);
	if (!audit_write_report(path, &totals))
		cannot_write(path);
	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		printf("%-14s %9lld checks %6lld violations\n", audit_names[i],
			(long long)totals.checks[i], (long long)totals.errors[i]);
	printf("targets under 20 mm (allowed down to 12.7 mm): %lld\n", (long long)totals.warnings);
	printf("states in smaller letters than asked for, where these have no place: %lld\n",
		(long long)totals.smaller);
	int64_t checks = 0, violations = audit_totals_violations(&totals);

	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		checks += totals.checks[i];
	printf("screens %lld states %lld checks %lld violations %lld\n", (long long)totals.screens,
		(long long)totals.states, (long long)checks, (long long)violations);
	if (!good) {
		fprintf(stderr, "audit: a part of the work failed\n");
		return 3;
	}
	return violations > 0 ? 1 : 0;
}
