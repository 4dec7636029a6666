#include "offline-queue/sync/checker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/base64.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/certificate/revocation.h"

#define TIMEOUT_MS     4000
#define MAX_TIMEOUT_MS 60000
#define GRACE_H	       24
#define MAX_GRACE_H    (30 * 24)

/* One Certificate.Check: OCSP, then the list if that is needed. */
struct check {
	struct checker *checker; /* NULL: free */
	struct bus_header header;
	struct certificate *certificate, *issuer; /* owned */
	uint64_t request;			  /* in flight, 0 = none */
	bool asks_ocsp;				  /* which client it belongs to */
	struct revocation_answer ocsp;
	bool has_ocsp;
};

struct checker {
	struct http *http; /* borrowed */
	checker_done done;
	void *user;
	struct http_client *ocsp, *crl; /* NULL: not configured */
	int64_t timeout_ms, grace_ms;
	char cache[256];		    /* "" = none */
	struct vt_buf list;		    /* last list that was believed, as it came */
	bool was_loaded;		    /* the cache file was looked at */
	uint64_t refreshing;		    /* request that fetches a list for later, 0 = none */
	struct certificate *refresh_issuer; /* owned; of that request */
	struct check checks[CHECKER_MAX];
};

/* ---- certificates in base64 ---- */

static struct certificate *read_certificate(const char *text)
{
	struct certificate *certificate = NULL;
	uint8_t der[CERTIFICATE_MAX_DER];
	size_t length;

	if (vt_base64_decode(der, sizeof(der), text, &length) ||
		certificate_parse(der, length, &certificate, NULL))
		return NULL;
	return certificate;
}

/* ---- the list ---- */

static void load_cache(struct checker *c)
{
	uint8_t *room;
	size_t length;

	if (c->was_loaded || !c->cache[0])
		return;
	c->was_loaded = true;
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(c->cache, "rbe");
	room = file ? vt_buf_reserve(&c->list, VT_MAX_HTTP_BODY) : NULL;
	if (!room)
		return;
	length = fread(room, 1, VT_MAX_HTTP_BODY, file);
	vt_buf_added(&c->list, length);
}

static void save_cache(const struct checker *c)
{
	char path[sizeof(c->cache) + 8];
	bool good;

	if (!c->cache[0] || !vt_format(path, sizeof(path), "%s.new", c->cache))
		return;
	VT_CLEANUP(vt_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	good = fd >= 0 && write(fd, c->list.data, c->list.length) == (ssize_t)c->list.length &&
	       fsync(fd) == 0 && rename(path, c->cache) == 0;
	if (!good)
		vt_log(VT_LOG_WARNING, "revocation: %s cannot be kept: %s", c->cache,
			strerror(errno));
}

/* The kept list, read with an issuer; NULL if there is none of that issuer. The caller destroys. */
static struct revocation_list *kept_list(struct checker *c, const struct certificate *issuer)
{
	struct revocation_list *list = NULL;

	load_cache(c);
	if (c->list.length == 0 ||
		revocation_list_parse(issuer, c->list.data, c->list.length, &list, NULL))
		return NULL;
	return list;
}

/* Takes what was fetched if the issuer has signed it and it is not older than what there is. */
static void take_list(struct checker *c, const struct certificate *issuer,
	const struct http_answer *answer, char why[96])
{
	struct revocation_list *fetched = NULL, *kept;
	struct vt_error error = {0};

	if (answer->transport != TRANSPORT_ANSWER || answer->status != 200) {
		if (!vt_format(why, 96, "list: %s",
			    answer->transport == TRANSPORT_ANSWER ? "HTTP status" : "no answer"))
			why[0] = '\0';
		return;
	}
	if (revocation_list_parse(issuer, answer->body, answer->body_length, &fetched, &error)) {
		vt_copy_cut(why, 96, error.msg);
		return;
	}
	kept = kept_list(c, issuer);
	if (!kept || revocation_list_this_update(fetched) > revocation_list_this_update(kept)) {
		vt_buf_reset(&c->list);
		vt_buf_append(&c->list, answer->body, answer->body_length);
		save_cache(c);
	}
	revocation_list_destroy(&kept);
	revocation_list_destroy(&fetched);
}

static uint64_t fetch_list(struct checker *c, http_done done, void *user)
{
	struct http_request request = {.method = "GET", .path = "", .timeout_ms = c->timeout_ms};
	uint64_t id = 0;

	if (!c->crl || http_start(c->crl, &request, done, user, &id, NULL))
		return 0;
	return id;
}

static void on_refreshed(void *user, uint64_t request, const struct http_answer *answer)
{
	struct checker *c = user;
	char why[96] = "";

	VT_ASSERT(request == c->refreshing);
	c->refreshing = 0;
	take_list(c, c->refresh_issuer, answer, why);
	certificate_destroy(&c->refresh_issuer);
	if (why[0])
		vt_log(VT_LOG_DEBUG, "revocation: %s", why);
}

/* Half of the list's time is over, or there is none: another one for later. Takes issuer if it
 * needs it. */
static void refresh_list(struct checker *c, struct certificate **issuer)
{
	struct revocation_list *list = kept_list(c, *issuer);
	int64_t now_ms = http_unix_ms(c->http);
	bool is_young =
		list &&
		(revocation_list_this_update(list) + revocation_list_next_update(list)) / 2 >
			now_ms;

	revocation_list_destroy(&list);
	if (is_young || c->refreshing)
		return;
	c->refreshing = fetch_list(c, on_refreshed, c);
	if (c->refreshing)
		c->refresh_issuer = vt_take_ptr(issuer);
}

/* ---- one check ---- */

static void free_check(struct check *check)
{
	certificate_destroy(&check->certificate);
	certificate_destroy(&check->issuer);
	vt_wipe(check, sizeof(*check));
}

static enum check_status status_of(enum revocation_status status)
{
	static const enum check_status statuses[REVOCATION_STATUS_COUNT] = {
		[REVOCATION_GOOD] = CHECK_GOOD,
		[REVOCATION_REVOKED] = CHECK_REVOKED,
		[REVOCATION_UNKNOWN] = CHECK_UNKNOWN,
		[REVOCATION_UNAVAILABLE] = CHECK_UNAVAILABLE};

	return statuses[status];
}

static void tell(
	struct checker *c, const struct bus_header *header, const struct revocation_answer *answer)
{
	struct certificate_checked result = {.status = status_of(answer->status),
		.this_update_unix_ms = answer->this_update_unix_ms,
		.next_update_unix_ms = answer->next_update_unix_ms};

	vt_copy_cut(result.source, sizeof(result.source), answer->source);
	vt_copy_cut(result.detail, sizeof(result.detail),
		answer->status == REVOCATION_GOOD && !answer->is_fresh
			? "good, but the list is past its nextUpdate"
			: answer->why);
	c->done(c->user, header, &result);
}

/* What the kept list says; unavailable if there is none. */
static void judge_kept(struct check *check, struct revocation_answer *ret)
{
	struct checker *c = check->checker;
	struct revocation_list *list = kept_list(c, check->issuer);

	*ret = (struct revocation_answer){
		.status = REVOCATION_UNAVAILABLE, .source = "crl", .why = "no list of this issuer"};
	if (list)
		revocation_list_judge(
			list, check->certificate, http_unix_ms(c->http), c->grace_ms, ret);
	revocation_list_destroy(&list);
}

static void finish(struct check *check, const char *why)
{
	struct checker *c = check->checker;
	const struct bus_header header = check->header;
	struct revocation_answer crl, answer;

	judge_kept(check, &crl);
	if (crl.status == REVOCATION_UNAVAILABLE && why[0])
		vt_copy_cut(crl.why, sizeof(crl.why), why);
	revocation_decide(check->has_ocsp ? &check->ocsp : NULL, &crl, &answer);
	/* The responder's reason alone does not say that the list failed, too. */
	if (answer.status == REVOCATION_UNAVAILABLE && c->crl && crl.why[0])
		vt_copy_cut(answer.why, sizeof(answer.why), crl.why);
	if (check->has_ocsp && check->ocsp.status != REVOCATION_UNAVAILABLE)
		refresh_list(c, &check->issuer);
	free_check(check);
	tell(c, &header, &answer);
}

static void on_list(void *user, uint64_t request, const struct http_answer *answer)
{
	struct check *check = user;
	char why[96] = "";

	VT_ASSERT(check->checker && check->request == request);
	check->request = 0;
	take_list(check->checker, check->issuer, answer, why);
	finish(check, why);
}

/* The kept list if it is fresh, else a new one. */
static void ask_list(struct check *check)
{
	struct revocation_answer kept;

	judge_kept(check, &kept);
	if (kept.status == REVOCATION_REVOKED ||
		(kept.status == REVOCATION_GOOD && kept.is_fresh)) {
		finish(check, "");
		return;
	}
	check->asks_ocsp = false;
	check->request = fetch_list(check->checker, on_list, check);
	if (!check->request)
		finish(check, check->checker->crl ? "list: cannot be asked for" : "");
}

static void on_ocsp(void *user, uint64_t request, const struct http_answer *answer)
{
	struct check *check = user;

	VT_ASSERT(check->checker && check->request == request);
	check->request = 0;
	check->has_ocsp = true;
	if (answer->transport == TRANSPORT_ANSWER && answer->status == 200) {
		revocation_ocsp_judge(check->certificate, check->issuer, answer->body,
			answer->body_length, http_unix_ms(check->checker->http), &check->ocsp);
	} else {
		check->ocsp = (struct revocation_answer){
			.status = REVOCATION_UNAVAILABLE, .source = "ocsp"};
		vt_copy_cut(check->ocsp.why, sizeof(check->ocsp.why),
			answer->transport == TRANSPORT_ANSWER ? "responder: HTTP status"
							      : "responder: no answer");
	}
	if (check->ocsp.status == REVOCATION_GOOD || check->ocsp.status == REVOCATION_REVOKED)
		finish(check, "");
	else
		ask_list(check);
}

static void ask_ocsp(struct check *check)
{
	struct checker *c = check->checker;
	VT_CLEANUP(vt_buf_finish) struct vt_buf body = {0};
	struct http_request request = {.method = "POST",
		.path = "",
		.headers = {"Content-Type: application/ocsp-request",
			"Accept: application/ocsp-response"},
		.timeout_ms = c->timeout_ms};

	vt_buf_init(&body, REVOCATION_MAX_OCSP);
	if (!c->ocsp || revocation_ocsp_request(check->certificate, check->issuer, &body, NULL)) {
		ask_list(check);
		return;
	}
	request.body = body.data;
	request.body_length = body.length;
	check->asks_ocsp = true;
	if (http_start(c->ocsp, &request, on_ocsp, check, &check->request, NULL)) {
		check->request = 0;
		ask_list(check);
	}
}

static void refuse(struct checker *c, const struct bus_header *header, const char *why)
{
	struct revocation_answer answer = {.status = REVOCATION_UNAVAILABLE, .source = ""};

	vt_copy_cut(answer.why, sizeof(answer.why), why);
	tell(c, header, &answer);
}

void checker_start(
	struct checker *c, const struct bus_header *header, const struct certificate_check *request)
{
	struct check *check = NULL;

	for (size_t i = 0; i < CHECKER_MAX && !check; i++)
		if (!c->checks[i].checker)
			check = &c->checks[i];
	if (!check) {
		refuse(c, header, "too many checks in flight");
		return;
	}
	if (!c->ocsp && !c->crl && !c->cache[0]) {
		refuse(c, header, "no [revocation] in the configuration");
		return;
	}
	*check = (struct check){.checker = c,
		.header = *header,
		.certificate = read_certificate(request->certificate),
		.issuer = request->issuer_count > 0
				  ? read_certificate(request->issuers[0].certificate)
				  : NULL};
	if (!check->certificate || !check->issuer) {
		free_check(check);
		refuse(c, header, "certificate or issuer cannot be read");
		return;
	}
	ask_ocsp(check);
}

void checker_cancel(struct checker *c)
{
	for (size_t i = 0; i < CHECKER_MAX; i++) {
		struct check *check = &c->checks[i];

		if (check->checker && check->request)
			http_cancel(check->asks_ocsp ? c->ocsp : c->crl, check->request);
		if (check->checker)
			free_check(check);
	}
}

/* ---- life ---- */

static enum vt_code open_client(struct http *http, const struct vt_config *config, const char *key,
	struct http_client **ret, struct vt_error *error)
{
	struct http_options options = {
		.url = vt_config_get(config, "revocation", key, NULL), .is_public = true};
	enum vt_code code;

	if (!options.url)
		return VT_OK;
	code = http_client_create(http, &options, ret, error);
	return code ? vt_prefix(error, code, "revocation: %s", key) : VT_OK;
}

enum vt_code checker_create(struct http *http, const struct vt_config *config, checker_done done,
	void *user, struct checker **ret_checker, struct vt_error *error)
{
	struct checker *c = calloc(1, sizeof(*c));
	enum vt_code code;
	int64_t grace_h = 0;

	if (!c)
		return vt_fail(error, VT_ERR_NOMEM, 0, "revocation: out of memory");
	c->http = http;
	c->done = done;
	c->user = user;
	vt_buf_init(&c->list, VT_MAX_HTTP_BODY);
	code = open_client(http, config, "ocsp_url", &c->ocsp, error);
	if (!code)
		code = open_client(http, config, "crl_url", &c->crl, error);
	if (!code)
		code = vt_config_i64(
			config, "revocation", "grace_h", GRACE_H, 0, MAX_GRACE_H, &grace_h, error);
	if (!code)
		code = vt_config_i64(config, "revocation", "timeout_ms", TIMEOUT_MS, 1,
			MAX_TIMEOUT_MS, &c->timeout_ms, error);
	if (!code && !vt_copy(c->cache, sizeof(c->cache),
			     vt_config_get(config, "revocation", "crl_cache", "")))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "revocation: crl_cache: too long");
	if (code) {
		checker_destroy(&c);
		return code;
	}
	c->grace_ms = grace_h * 3600 * 1000;
	*ret_checker = c;
	return VT_OK;
}

void checker_destroy(struct checker **checker)
{
	struct checker *c = *checker;

	if (!c)
		return;
	checker_cancel(c);
	http_client_destroy(&c->ocsp);
	http_client_destroy(&c->crl);
	certificate_destroy(&c->refresh_issuer);
	vt_buf_finish(&c->list);
	free(c);
	*checker = NULL;
}
