#include "offline-queue/sync/outcome.h"

#include <string.h>
#include <time.h>

#include "terminal/base/assert.h"

static struct outcome answer(enum work_result_kind result, const char *cause)
{
	return (struct outcome){.result = result, .cause = cause, .reached = true};
}

/* Statuses that decide without the body, or before it. False: look at the body. */
static bool decide_by_loud_status(const struct outcome_seen *seen, struct outcome *ret)
{
	const int status = seen->status;

	if (status >= 300 && status <= 399)
		*ret = answer(WORK_UNKNOWN, "lane"); /* a portal, or hostile: never followed */
	else if (status == 401 || status == 403)
		*ret = answer(WORK_RETRY_AFTER, "lane");
	else if (status == 409)
		*ret = answer(WORK_UNKNOWN, "running");
	else if (status == 408 || status == 425)
		*ret = answer(WORK_UNKNOWN, "server");
	else if (status == 429 || (status == 503 && seen->has_retry_after))
		*ret = answer(WORK_RETRY_AFTER, "later");
	else
		return false;
	if (seen->has_retry_after)
		ret->retry_after_ms = seen->retry_after_ms;
	return true;
}

static struct outcome decide_by_quiet_status(int status)
{
	switch (status) {
	case 400:
	case 404:
	case 405:
	case 410:
	case 413:
	case 415:
		return answer(WORK_REJECTED, "defect");
	case 422:
		return answer(WORK_REJECTED, "conflict");
	default: /* numbers, not an enum */
		break;
	}
	/* 2xx without a body we know, 5xx, and statuses nobody listed. */
	return answer(WORK_UNKNOWN, status >= 500 && status <= 599 ? "server" : "answer");
}

static struct outcome decide_by_body(const struct outcome_seen *seen)
{
	const bool is_2xx = seen->status >= 200 && seen->status <= 299;

	switch (seen->body) {
	case BODY_APPLIED:
		/* A result under an error status contradicts itself. */
		return is_2xx ? answer(WORK_ACCEPTED, "") : decide_by_quiet_status(seen->status);
	case BODY_REFUSED:
		return answer(WORK_REJECTED, "business");
	case BODY_INVALID:
		return is_2xx ? answer(WORK_UNKNOWN, "answer")
			      : decide_by_quiet_status(seen->status);
	case BODY_RUNNING:
		return answer(WORK_UNKNOWN, "running");
	case BODY_NOT_KNOWN:
		/* Only an inquiry may say this, and only with success. */
		return seen->inquiry && is_2xx ? answer(WORK_NOT_KNOWN, "not-known")
					       : answer(WORK_UNKNOWN, "answer");
	case BODY_DEFECT:
		return answer(WORK_REJECTED, seen->status == 422 ? "conflict" : "defect");
	case BODY_SERVER_FAILED:
		return answer(WORK_UNKNOWN, "server");
	case BODY_SECURITY_FAILED:
		return answer(WORK_RETRY_AFTER, "lane");
	case BODY_NONE:
		return decide_by_quiet_status(seen->status);
	}
	VT_UNREACHABLE();
}

static struct outcome decide(const struct outcome_seen *seen)
{
	struct outcome outcome;

	switch (seen->transport) {
	case TRANSPORT_NOT_SENT:
		return (struct outcome){WORK_RETRY_AFTER, "network", 0, false};
	case TRANSPORT_TLS:
		return (struct outcome){WORK_RETRY_AFTER, "lane", 0, false};
	case TRANSPORT_LOST:
		return (struct outcome){WORK_UNKNOWN, "timeout", 0, false};
	case TRANSPORT_TIMEOUT:
		return (struct outcome){WORK_UNKNOWN, "timeout", 0, false};
	case TRANSPORT_TOO_LARGE:
		return answer(WORK_UNKNOWN, "answer");
	case TRANSPORT_ANSWER:
		if (decide_by_loud_status(seen, &outcome))
			return outcome;
		return decide_by_body(seen);
	}
	VT_UNREACHABLE();
}

struct outcome outcome_decide(const struct outcome_seen *seen)
{
	struct outcome outcome = decide(seen);
	const bool is_verdict = seen->body == BODY_APPLIED || seen->body == BODY_REFUSED ||
				seen->body == BODY_NOT_KNOWN;

	/* An inquiry settles only by an answer to the question; its own failure says nothing about
	 * the work, neither "refused" nor "send again". */
	if (seen->inquiry && outcome.result != WORK_UNKNOWN &&
		!(is_verdict && seen->transport == TRANSPORT_ANSWER &&
			strcmp(outcome.cause, "lane") != 0 && strcmp(outcome.cause, "later") != 0 &&
			strcmp(outcome.cause, "defect") != 0))
		outcome.result = WORK_UNKNOWN;
	VT_ASSERT(outcome.cause && outcome.result < WORK_RESULT_COUNT);
	return outcome;
}

/* ---- Retry-After ---- */

static bool take_digits(const char **p, int digits, int max, int *ret)
{
	int value = 0;

	for (; digits > 0; digits--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*ret = value;
	return value <= max;
}

static bool take_text(const char **p, const char *text)
{
	const size_t length = strlen(text);

	if (strncmp(*p, text, length) != 0)
		return false;
	*p += length;
	return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the name of the day is not checked against the date. */
static bool parse_date(const char *p, int64_t *ret_unix_ms)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm = {0};
	bool found = false;

	if (strlen(p) != 29 || p[3] != ',' || p[4] != ' ')
		return false;
	p += 5;
	if (!take_digits(&p, 2, 31, &tm.tm_mday) || tm.tm_mday < 1 || !take_text(&p, " "))
		return false;
	for (int i = 0; i < 12 && !found; i++) {
		found = take_text(&p, months[i]);
		tm.tm_mon = i;
	}
	if (!found || !take_text(&p, " ") || !take_digits(&p, 4, 9999, &tm.tm_year) ||
		!take_text(&p, " ") || !take_digits(&p, 2, 23, &tm.tm_hour) ||
		!take_text(&p, ":") || !take_digits(&p, 2, 59, &tm.tm_min) || !take_text(&p, ":") ||
		!take_digits(&p, 2, 60, &tm.tm_sec) || strcmp(p, " GMT") != 0)
		return false;
	tm.tm_year -= 1900;
	*ret_unix_ms = (int64_t)timegm(&tm) * 1000;
	return true;
}

bool outcome_parse_retry_after(const char *value, int64_t now_unix_ms, int64_t *ret_ms)
{
	int64_t ms = 0;

	if (value[0] >= '0' && value[0] <= '9') {
		for (const char *p = value; *p; p++) {
			if (*p < '0' || *p > '9')
				return false;
			/* Beyond the cap digits only lengthen. */
			if (ms <= OUTCOME_MAX_RETRY_MS)
				ms = ms * 10 + (*p - '0');
		}
		ms = ms > OUTCOME_MAX_RETRY_MS ? OUTCOME_MAX_RETRY_MS : ms * 1000;
	} else {
		if (!parse_date(value, &ms))
			return false;
		ms -= now_unix_ms;
	}
	*ret_ms = ms < 0 ? 0 : ms > OUTCOME_MAX_RETRY_MS ? OUTCOME_MAX_RETRY_MS : ms;
	return true;
}
