/* agency: the reference government server for demo and tests. See README.md. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/config.h"
#include "terminal/base/harden.h"
#include "terminal/base/text.h"
#include "tools/agency/control.h"
#include "tools/agency/ingest.h"
#include "tools/agency/server.h"

#define PATH_SIZE 512

struct options {
	const char *dir;
	const char *pki;
	const char *control;  /* NULL: none */
	const char *log;      /* NULL: stderr */
	const char *today;    /* NULL: the clock's */
	const char *citizens; /* NULL: nobody's signed requests are taken */
	int64_t port;
	int64_t seed;
};

/* Everything main() owns. */
struct agency {
	struct event_base *base;
	struct event *on_term;
	struct event *on_int;
	struct store *store;
	struct tls *tls;
	struct wsse_trust *trust;
	struct envelope_signers signers;
	struct registry_account account;
	struct citizens *citizens;
	FILE *log;
	struct server *server;
	struct control *control;
};

static int usage(void)
{
	fprintf(stderr, "usage: agency --dir DIR --pki DIR [--port N] [--seed N] [--control PATH]\n"
			"              [--log FILE] [--today YYYY-MM-DD] [--citizens FILE]\n"
			"       agency ingest FILE --dir DIR --pki DIR [--today YYYY-MM-DD] "
			"[--citizens FILE]\n"
			"       agency requests --dir DIR --pki DIR\n"
			"       agency control PATH COMMAND…\n");
	return 2;
}

static bool is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";

	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

static bool parse_options(int argc, char *argv[], struct options *options)
{
	static const struct option names[] = {
		{"dir", required_argument, NULL, 'd'},
		{"pki", required_argument, NULL, 'k'},
		{"port", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 's'},
		{"control", required_argument, NULL, 'c'},
		{"log", required_argument, NULL, 'l'},
		{"today", required_argument, NULL, 't'},
		{"citizens", required_argument, NULL, 'z'},
		{0},
	};
	bool ok = true;

	*options = (struct options){.seed = 42};
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		switch (c) {
		case 'd':
			options->dir = optarg;
			break;
		case 'k':
			options->pki = optarg;
			break;
		case 'p':
			ok = ok && !vt_parse_i64(optarg, 0, 65535, &options->port);
			break;
		case 's':
			ok = ok && !vt_parse_i64(optarg, 0, INT64_MAX, &options->seed);
			break;
		case 'c':
			options->control = optarg;
			break;
		case 'l':
			options->log = optarg;
			break;
		case 't':
			options->today = optarg;
			ok = ok && is_date(optarg);
			break;
		case 'z':
			options->citizens = optarg;
			break;
		default:
			ok = false;
		}
	}
	return ok && optind == argc && options->dir && options->pki;
}

static enum vt_code path_in(
	const char *dir, const char *name, char ret_path[PATH_SIZE], struct vt_error *error)
{
	if (!vt_format(ret_path, PATH_SIZE, "%s/%s", dir, name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "path too long");
	return VT_OK;
}

/* The institution's account from renapo.ini and renapo.password (tools/demo-pki). */
static enum vt_code load_account(
	const char *pki, struct registry_account *account, struct vt_error *error)
{
	VT_CLEANUP(vt_config_close) struct vt_config *config = NULL;
	VT_CLEANUP(vt_fclosep) FILE *in = NULL;
	char path[PATH_SIZE];
	enum vt_code code = path_in(pki, "renapo.ini", path, error);

	if (!code)
		code = vt_config_load(path, &config, error);
	if (code)
		return code;
	const char *user = vt_config_require(config, "renapo", "usuario", error);
	const char *entity = vt_config_require(config, "renapo", "entidad", error);
	if (!user || !entity)
		return VT_ERR_INVALID;
	if (!vt_copy(account->user, sizeof(account->user), user) ||
		!vt_copy(account->entity, sizeof(account->entity), entity))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: value too long", path);
	code = path_in(pki, "renapo.password", path, error);
	if (code)
		return code;
	in = fopen(path, "re");
	if (!in || !fgets(account->password, sizeof(account->password), in))
		return vt_fail(error, VT_ERR_IO, errno, "%s: cannot be read", path);
	account->password[strcspn(account->password, "\r\n")] = '\0';
	return VT_OK;
}

static enum vt_code load_identity(const char *pki, const char *cert, const char *key,
	struct wsse_identity **ret_identity, struct vt_error *error)
{
	char cert_path[PATH_SIZE], key_path[PATH_SIZE];
	enum vt_code code = path_in(pki, cert, cert_path, error);

	if (!code)
		code = path_in(pki, key, key_path, error);
	return code ? code : wsse_identity_load(cert_path, key_path, ret_identity, error);
}

static enum vt_code load_pki(
	const struct options *options, struct agency *agency, struct vt_error *error)
{
	char ca[PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
	enum vt_code code = path_in(options->pki, "ca.pem", ca, error);

	if (!code)
		code = path_in(options->pki, "server.pem", cert, error);
	if (!code)
		code = path_in(options->pki, "server.key", key, error);
	if (!code)
		code = tls_create(cert, key, ca, &agency->tls, error);
	if (!code)
		code = wsse_trust_load(ca, NULL, &agency->trust, error);
	if (!code)
		code = load_identity(options->pki, "agency-sign.pem", "agency-sign.key",
			&agency->signers.good, error);
	if (!code)
		code = load_identity(options->pki, "bad/other-ca-sign.pem", "bad/sign.key",
			&agency->signers.wrong_ca, error);
	if (!code)
		code = load_account(options->pki, &agency->account, error);
	if (!code && options->citizens)
		code = citizens_load(options->citizens, &agency->citizens, error);
	agency->account.citizens = agency->citizens;
	return code;
}

static enum vt_code open_files(
	const struct options *options, struct agency *agency, struct vt_error *error)
{
	char path[PATH_SIZE];

	if (mkdir(options->dir, 0700) != 0 && errno != EEXIST)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", options->dir, strerror(errno));
	agency->log = options->log ? fopen(options->log, "ae") : stderr;
	if (!agency->log)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", options->log, strerror(errno));
	enum vt_code code = path_in(options->dir, "agency.db", path, error);
	return code ? code : store_open(path, (uint64_t)options->seed, &agency->store, error);
}

/* DIR/port appears whole and last: who waits for it finds everything else ready. */
static enum vt_code write_port(const char *dir, int port, struct vt_error *error)
{
	char path[PATH_SIZE], temporary[PATH_SIZE];
	VT_CLEANUP(vt_fclosep) FILE *out = NULL;
	enum vt_code code = path_in(dir, "port", path, error);

	if (!code)
		code = path_in(dir, "port.new", temporary, error);
	if (code)
		return code;
	out = fopen(temporary, "we");
	if (!out || fprintf(out, "%d\n", port) < 0 || fflush(out) != 0 ||
		rename(temporary, path) != 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	return VT_OK;
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	(void)number, (void)what;
	event_base_loopbreak(user);
}

static enum vt_code start(
	const struct options *options, struct agency *agency, struct vt_error *error)
{
	agency->base = event_base_new();
	if (!agency->base)
		return vt_fail(error, VT_ERR_NOMEM, 0, "out of memory");
	agency->on_term = evsignal_new(agency->base, SIGTERM, on_signal, agency->base);
	agency->on_int = evsignal_new(agency->base, SIGINT, on_signal, agency->base);
	if (!agency->on_term || !agency->on_int || event_add(agency->on_term, NULL) != 0 ||
		event_add(agency->on_int, NULL) != 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "out of memory");
	const struct server_options server = {
		.base = agency->base,
		.tls = agency->tls,
		.store = agency->store,
		.trust = agency->trust,
		.signers = agency->signers,
		.account = &agency->account,
		.log = agency->log,
		.today = options->today,
		.port = (int)options->port,
	};
	enum vt_code code = server_create(&server, &agency->server, error);
	if (!code && options->control)
		code = control_create(agency->base, options->control, agency->server, agency->store,
			&agency->control, error);
	if (!code)
		code = write_port(options->dir, server_port(agency->server), error);
	return code;
}

static void finish(struct agency *agency)
{
	control_destroy(&agency->control);
	server_destroy(&agency->server);
	if (agency->on_term)
		event_free(agency->on_term);
	if (agency->on_int)
		event_free(agency->on_int);
	if (agency->base)
		event_base_free(agency->base);
	tls_destroy(&agency->tls);
	wsse_trust_free(&agency->trust);
	wsse_identity_free(&agency->signers.good);
	wsse_identity_free(&agency->signers.wrong_ca);
	citizens_free(&agency->citizens);
	store_close(&agency->store);
	vt_wipe(&agency->account, sizeof(agency->account));
	if (agency->log && agency->log != stderr)
		fclose(agency->log);
}

static enum vt_code ingest(const struct options *options, struct agency *agency, const char *file,
	struct vt_error *error)
{
	char ca[PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
	enum vt_code code = path_in(options->pki, "ca.pem", ca, error);

	if (!code)
		code = path_in(options->pki, "agency-seal.pem", cert, error);
	if (!code)
		code = path_in(options->pki, "agency-seal.key", key, error);
	if (code)
		return code;
	const struct ingest_options ingest = {
		.store = agency->store,
		.account = &agency->account,
		.ca = ca,
		.cert = cert,
		.key = key,
		.today = options->today,
	};
	struct ingest_report report = {0};
	code = ingest_file(&ingest, file, &report, error);
	printf("terminal %s parts %d applied %d replayed %d refused %d failed %d\n",
		report.terminal[0] ? report.terminal : "-", report.parts, report.applied,
		report.replayed, report.refused, report.failed);
	if (!code && report.failed > 0)
		code = vt_fail(error, VT_ERR_INVALID, 0, "%s: some were not understood", file);
	return code;
}

static enum vt_code print_requests(struct agency *agency, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, 64 * 1024 * 1024);
	const enum vt_code code = store_print_requests(agency->store, &out, error);
	if (!code)
		fputs(vt_buf_text(&out), stdout);
	return code;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct agency agency = {0};
	struct vt_error error = {0};

	if (argc >= 4 && strcmp(argv[1], "control") == 0)
		return control_ask(argv[2], argc - 3, argv + 3);
	const bool is_ingest = argc >= 3 && strcmp(argv[1], "ingest") == 0;
	const bool is_requests = argc >= 2 && strcmp(argv[1], "requests") == 0;
	const char *file = is_ingest ? argv[2] : NULL;
	const int words = is_ingest ? 2 : is_requests ? 1 : 0;
	argv[words] = argv[0]; /* the rest is as for the server */
	argv += words;
	argc -= words;
	if (!parse_options(argc, argv, &options))
		return usage();
	vt_harden_process();

	enum vt_code code = load_pki(&options, &agency, &error);
	if (!code)
		code = open_files(&options, &agency, &error);
	if (!code && is_ingest)
		code = ingest(&options, &agency, file, &error);
	else if (!code && is_requests)
		code = print_requests(&agency, &error);
	else if (!code)
		code = start(&options, &agency, &error);
	if (!code && words == 0)
		event_base_dispatch(agency.base);
	else if (code)
		fprintf(stderr, "agency: %s\n", error.msg);
	finish(&agency);
	return code ? 1 : 0;
}
