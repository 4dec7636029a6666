/* The letter-size printer.
 *
 *           attached                  good                poll
 *   ABSENT ──────────► ASKING ───────────────────► IDLE ◄──────┐
 *                        ▲ │ no answer               │ └───────┘
 *               good     │ ▼            backoff      │ print
 *            RESETTING ◄── BROKEN ◄──────────────┐   ▼
 *                ▲                               │ CHECKING ─► VALIDATING ─► SUBMITTING
 *                │ an answer was lost            │    │ bad: failed   │         │ taken
 *                └────────────────── from any ───┘    ▼               ▼         ▼
 *   RESETTING ─► RESOLVING ─► printed | failed |    IDLE            IDLE    WATCHING ─► printed |
 * failed unknown                                          │ too long ▲ CANCELLING ────┘ What may be
 * trusted:
 *   - "printed" is said in one place (settle()), for job-state completed, of a job of our number or
 *     name, with the impressions of the document where the printer counts them.
 *   - "failed" is said before the first byte of a document went out; when the printer says
 *     cancelled or aborted; and when it does not know the job and the end of the document never
 *     left us. Everything else is "unknown", and is asked about when the printer is back.
 *   - An exchange that failed leaves the pipes in doubt: the port is reset before the next one, so
 *     that nobody's answer is taken for the answer to another question.
 */
#include "drivers/ipp/machine.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

#define IDLE_POLL_MS  5000
#define BAD_POLL_MS   1500
#define WATCH_POLL_MS 400
/* A cold fuser, then a page each 6 s; a stop (jam, no paper) is waited for shorter: the citizen
 * stands there. Core waits 120 s. */
#define JOB_MS	   90000
#define STOPPED_MS 20000
#define CANCEL_MS  10000
/* To find out what became of a job whose answer was lost. */
#define RESOLVE_MS     25000
#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000

const char *const ippu_state_names[IPPU_STATE_COUNT] = {
	[IPPU_ABSENT] = "absent",
	[IPPU_ASKING] = "asking",
	[IPPU_IDLE] = "idle",
	[IPPU_CHECKING] = "checking",
	[IPPU_VALIDATING] = "validating",
	[IPPU_SUBMITTING] = "submitting",
	[IPPU_WATCHING] = "watching",
	[IPPU_CANCELLING] = "cancelling",
	[IPPU_RESOLVING] = "resolving",
	[IPPU_RESETTING] = "resetting",
	[IPPU_BROKEN] = "broken",
};

/* A document in work, or one whose outcome is still in doubt. */
struct document {
	bool is_used;
	char job[VT_UUID_SIZE];
	enum paper_kind paper;
	int page_count, job_id;
	size_t length;
	bool any_handed, all_handed;
	bool is_told; /* its outcome was said to be unknown */
	/* from now on in the printer's hands: until then it may take */
	int64_t until_ms, stopped_since_ms; /* 0 = it goes on */
};

struct ippu_machine {
	enum ippu_state state;
	struct ippu_media media;
	int64_t now_ms, wake_ms;
	struct ippu_effects *effects; /* borrowed during a step */
	struct ippu_request request;  /* in flight while is_asked */
	bool is_asked;
	int next_id;
	struct ippu_answer known; /* the last attributes */
	bool is_known;
	bool is_protocol; /* why it is broken */
	int64_t backoff_ms;
	struct document document;
	struct ippu_counters counters;
};

/* ---- small tools ---- */

static struct ippu_effect *effect(struct ippu_machine *m, enum ippu_effect_type type)
{
	VT_ASSERT(m->effects->count < IPPU_MAX_EFFECTS);
	struct ippu_effect *fx = &m->effects->list[m->effects->count++];
	*fx = (struct ippu_effect){.type = type};
	return fx;
}

/* The only place where the state changes. */
static void change_state(struct ippu_machine *m, enum ippu_state to, const char *cause)
{
	if (m->state != to)
		vt_log(VT_LOG_DEBUG, "letter: %s -> %s, %s", ippu_state_names[m->state],
			ippu_state_names[to], cause);
	m->state = to;
	m->wake_ms = INT64_MAX;
}

static void wake_in(struct ippu_machine *m, int64_t ms)
{
	m->wake_ms = m->now_ms + ms;
}

static void ask(struct ippu_machine *m, enum ippu_ask what)
{
	struct ippu_request *request = &m->request;

	VT_ASSERT(!m->is_asked);
	*request =
		(struct ippu_request){.ask = what, .id = m->next_id, .job_id = m->document.job_id};
	m->next_id = m->next_id == INT32_MAX ? 1 : m->next_id + 1;
	memcpy(request->job, m->document.job, sizeof(request->job));
	m->is_asked = true;
	m->wake_ms = INT64_MAX;
	effect(m, IPPU_FX_EXCHANGE)->request = *request;
}

static bool is_good(const struct ippu_answer *answer)
{
	return answer && answer->status < 0x0400;
}

/* ---- trays ---- */

static bool is_kind(
	const struct ippu_machine *m, const struct ippu_tray *tray, enum paper_kind *ret)
{
	if (strcmp(tray->media_type, m->media.security) == 0)
		*ret = PAPER_SECURITY;
	else if (strncmp(tray->media_type, "stationery", 10) == 0 || !tray->media_type[0] ||
		 strcmp(tray->media_type, "auto") == 0)
		*ret = PAPER_PLAIN;
	else
		return false;
	return true;
}

/* The tray of that paper that has most of it; NULL: none. */
static const struct ippu_tray *find_tray(const struct ippu_machine *m, enum paper_kind paper)
{
	const struct ippu_tray *best = NULL;
	enum paper_kind kind;

	for (size_t i = 0; i < m->known.tray_count; i++) {
		const struct ippu_tray *tray = &m->known.trays[i];
		if (!is_kind(m, tray, &kind) || kind != paper)
			continue;
		if (!best || (best->level == PAPER_OUT && tray->level != PAPER_OUT) ||
			(best->level == PAPER_LOW && tray->level == PAPER_FULL))
			best = tray;
	}
	return best;
}

/* Why a document on that paper cannot be printed now; "" = it can. */
static const char *obstacle(const struct ippu_machine *m, enum paper_kind paper)
{
	const struct ippu_answer *known = &m->known;
	const struct ippu_tray *tray = find_tray(m, paper);

	/* An empty tray is no obstacle for the other one's paper. */
	if (known->reason[0] && (strcmp(known->reason, "paper") != 0 || !known->has_trays))
		return known->reason;
	if (known->has_trays && (!tray || tray->level == PAPER_OUT))
		return "paper";
	if (!known->has_trays && paper != PAPER_PLAIN)
		return "paper";
	if (known->printer_state == IPPU_PRINTER_STOPPED || !known->is_accepting)
		return known->reason[0] ? known->reason : "device";
	return known->takes_pwg &&
			       (known->takes_type[PWG_SGRAY_8] || known->takes_type[PWG_BLACK_1])
		       ? ""
		       : "unsupported";
}

/* ---- outcomes ---- */

static void tell(struct ippu_machine *m, enum ippu_effect_type type, enum print_outcome outcome,
	const char *reason)
{
	struct printer_print_result *result = &effect(m, type)->result;

	memcpy(result->job, m->document.job, sizeof(result->job));
	result->outcome = outcome;
	vt_copy_cut(result->reason, sizeof(result->reason), reason);
	if (outcome == OUTCOME_PRINTED)
		m->counters.sheets += m->document.page_count;
	else if (!m->document.is_told)
		m->counters.errors++;
}

/* The document has its outcome; an unknown one is kept to be resolved. */
static void settle(struct ippu_machine *m, enum print_outcome outcome, const char *reason)
{
	struct document *document = &m->document;

	if (outcome == OUTCOME_UNKNOWN) {
		if (!document->is_told)
			tell(m, IPPU_FX_DONE, outcome, reason);
		document->is_told = true;
		return;
	}
	tell(m, document->is_told ? IPPU_FX_RESOLVED : IPPU_FX_DONE, outcome, reason);
	*document = (struct document){0};
}

/* In the hands of a caller who waits for it. */
static bool has_job(const struct ippu_machine *m)
{
	return m->document.is_used && !m->document.is_told;
}

/* ---- states ---- */

static void enter_idle(struct ippu_machine *m, const char *cause)
{
	change_state(m, IPPU_IDLE, cause);
	m->backoff_ms = 0;
	wake_in(m, obstacle(m, PAPER_PLAIN)[0] ? BAD_POLL_MS : IDLE_POLL_MS);
}

static void enter_broken(struct ippu_machine *m, bool is_protocol, const char *cause)
{
	if (has_job(m))
		settle(m, m->document.any_handed ? OUTCOME_UNKNOWN : OUTCOME_FAILED, "device");
	m->is_protocol = is_protocol;
	m->is_known = false;
	change_state(m, IPPU_BROKEN, cause);
	m->backoff_ms = m->backoff_ms == 0 ? BACKOFF_MIN_MS : m->backoff_ms * 2;
	if (m->backoff_ms > BACKOFF_MAX_MS)
		m->backoff_ms = BACKOFF_MAX_MS;
	wake_in(m, m->backoff_ms);
}

static void enter_resetting(struct ippu_machine *m, const char *cause)
{
	m->is_asked = false;
	m->counters.resets++;
	change_state(m, IPPU_RESETTING, cause);
	(void)effect(m, IPPU_FX_RESET);
}

/* An answer was lost after the document went out: what the printer knows decides. */
static void lose_answer(struct ippu_machine *m, bool is_protocol, const char *cause)
{
	if (m->document.until_ms <= m->now_ms) {
		enter_broken(m, is_protocol, cause);
		return;
	}
	m->is_protocol = is_protocol;
	enter_resetting(m, cause);
}

static void enter_resolving(struct ippu_machine *m)
{
	change_state(m, IPPU_RESOLVING, "what became of the job?");
	ask(m, m->document.job_id > 0 ? IPPU_ASK_JOB : IPPU_ASK_ENDED);
}

/* Has it ended, and how? False: it goes on. */
static bool judge(struct ippu_machine *m, const struct ippu_answer *answer)
{
	struct document *document = &m->document;

	document->job_id = answer->job_id;
	switch (answer->job_state) {
	case IPPU_JOB_COMPLETED:
		/* Fewer pages than the document has: some of it is missing. */
		if (answer->impressions > 0 && answer->impressions < document->page_count)
			settle(m, OUTCOME_UNKNOWN, "device");
		else
			settle(m, OUTCOME_PRINTED, "");
		if (document->is_told)
			*document = (struct document){0};
		return true;
	case IPPU_JOB_CANCELLED:
	case IPPU_JOB_ABORTED:
		settle(m, OUTCOME_FAILED, m->known.reason[0] ? m->known.reason : "device");
		return true;
	default:
		break;
	}
	if (answer->job_state != IPPU_JOB_STOPPED)
		document->stopped_since_ms = 0;
	else if (document->stopped_since_ms == 0)
		document->stopped_since_ms = m->now_ms;
	return false;
}

/* ---- answers ---- */

static void on_attributes(struct ippu_machine *m, const struct ippu_answer *answer)
{
	m->known = *answer;
	m->is_known = true;
	if (m->state == IPPU_ASKING && m->document.is_used) {
		enter_resolving(m);
		return;
	}
	if (m->state == IPPU_WATCHING) {
		ask(m, IPPU_ASK_JOB);
		return;
	}
	if (m->state != IPPU_CHECKING) {
		enter_idle(m, "attributes");
		return;
	}
	const char *reason = obstacle(m, m->document.paper);
	if (reason[0]) {
		settle(m, OUTCOME_FAILED, reason);
		enter_idle(m, reason);
		return;
	}
	change_state(m, IPPU_VALIDATING, "able to print");
	ask(m, IPPU_ASK_VALIDATE);
	const struct ippu_tray *tray = find_tray(m, m->document.paper);
	if (tray) {
		memcpy(m->request.source, tray->source, sizeof(tray->source));
		memcpy(m->request.media_type, tray->media_type, sizeof(tray->media_type));
		m->effects->list[m->effects->count - 1].request = m->request;
	}
}

static void submit(struct ippu_machine *m)
{
	const struct ippu_request validated = m->request;

	change_state(m, IPPU_SUBMITTING, "the printer would take it");
	(void)effect(m, IPPU_FX_BEGUN);
	ask(m, IPPU_ASK_PRINT);
	memcpy(m->request.source, validated.source, sizeof(validated.source));
	memcpy(m->request.media_type, validated.media_type, sizeof(validated.media_type));
	m->request.document_length = m->document.length;
	m->effects->list[m->effects->count - 1].request = m->request;
	m->document.until_ms = m->now_ms + JOB_MS;
}

static void watch(struct ippu_machine *m, const struct ippu_answer *answer)
{
	if (judge(m, answer)) {
		enter_idle(m, "the job has ended");
		return;
	}
	const int64_t stopped_ms = m->document.stopped_since_ms;
	if (m->now_ms >= m->document.until_ms ||
		(stopped_ms > 0 && m->now_ms >= stopped_ms + STOPPED_MS)) {
		if (m->state != IPPU_CANCELLING) {
			change_state(m, IPPU_CANCELLING, "it takes too long");
			m->document.until_ms = m->now_ms + CANCEL_MS;
			m->document.stopped_since_ms = 0;
			ask(m, IPPU_ASK_CANCEL);
			return;
		}
		if (has_job(m))
			settle(m, OUTCOME_UNKNOWN, "device");
		enter_idle(m, "not even cancelled");
		return;
	}
	if (m->state != IPPU_CANCELLING)
		change_state(m, IPPU_WATCHING, "in the printer's hands");
	wake_in(m, WATCH_POLL_MS);
}

/* RESOLVING: the printer's lists were asked. */
static void on_found(struct ippu_machine *m, const struct ippu_answer *answer)
{
	if (answer->job_state != IPPU_JOB_UNSEEN && is_good(answer)) {
		if (m->document.until_ms < m->now_ms + RESOLVE_MS)
			m->document.until_ms = m->now_ms + RESOLVE_MS;
		watch(m, answer);
		return;
	}
	if (m->request.ask == IPPU_ASK_ENDED) {
		ask(m, IPPU_ASK_UNENDED);
		return;
	}
	/* Not known here. What never left us whole cannot have been printed whole. */
	if (!m->document.all_handed)
		settle(m, OUTCOME_FAILED, "device");
	else if (has_job(m))
		settle(m, OUTCOME_UNKNOWN, "device");
	m->document = (struct document){0};
	enter_idle(m, "the job is not known");
}

static void on_answer(struct ippu_machine *m, const struct ippu_event *event)
{
	const struct ippu_answer *answer = event->answer;

	if (!m->is_asked)
		return;
	m->is_asked = false;
	if (m->request.ask == IPPU_ASK_PRINT) {
		m->document.any_handed = event->any_handed;
		m->document.all_handed = event->all_handed;
	}
	if (!answer) {
		if (m->document.is_used && m->document.any_handed && m->state != IPPU_ASKING)
			lose_answer(m, event->is_protocol, "no answer");
		else
			enter_broken(m, event->is_protocol, "no answer");
		return;
	}
	switch (m->request.ask) {
	case IPPU_ASK_PRINTER:
		if (is_good(answer))
			on_attributes(m, answer);
		else
			enter_broken(m, true, "no attributes");
		break;
	case IPPU_ASK_VALIDATE:
		if (is_good(answer)) {
			submit(m);
			break;
		}
		settle(m, OUTCOME_FAILED, "refused");
		enter_idle(m, "refused");
		break;
	case IPPU_ASK_PRINT:
		if (!is_good(answer)) {
			/* The printer's word: it did not take it. */
			settle(m, OUTCOME_FAILED, "refused");
			enter_idle(m, "refused");
			break;
		}
		if (answer->job_state == IPPU_JOB_UNSEEN)
			enter_resolving(m);
		else
			watch(m, answer);
		break;
	case IPPU_ASK_JOB:
		if (m->state == IPPU_RESOLVING)
			on_found(m, answer);
		else if (is_good(answer) && answer->job_state != IPPU_JOB_UNSEEN)
			watch(m, answer);
		else
			lose_answer(m, true, "the job is gone");
		break;
	case IPPU_ASK_ENDED:
	case IPPU_ASK_UNENDED:
		on_found(m, answer);
		break;
	case IPPU_ASK_CANCEL:
		wake_in(m, WATCH_POLL_MS);
		break;
	}
}

/* ---- other events ---- */

static void on_attached(struct ippu_machine *m)
{
	if (m->state != IPPU_ABSENT)
		return;
	m->is_known = false;
	m->backoff_ms = 0;
	change_state(m, IPPU_ASKING, "attached");
	ask(m, IPPU_ASK_PRINTER);
}

static void on_detached(struct ippu_machine *m, const struct ippu_event *event)
{
	if (m->is_asked && m->request.ask == IPPU_ASK_PRINT) {
		m->document.any_handed = event->any_handed;
		m->document.all_handed = event->all_handed;
	}
	if (has_job(m)) {
		if (m->document.any_handed)
			settle(m, OUTCOME_UNKNOWN, "absent");
		else
			settle(m, OUTCOME_FAILED, "absent");
	}
	m->is_asked = m->is_known = false;
	m->known = (struct ippu_answer){0};
	change_state(m, IPPU_ABSENT, "detached");
}

static void on_reset(struct ippu_machine *m, bool is_reset)
{
	if (m->state != IPPU_RESETTING)
		return;
	if (!is_reset) {
		enter_broken(m, m->is_protocol, "reset failed");
		return;
	}
	change_state(m, IPPU_ASKING, "port reset");
	ask(m, IPPU_ASK_PRINTER);
}

static enum vt_code on_print(struct ippu_machine *m, const struct ippu_event *event)
{
	if (!ippu_is_free(m))
		return VT_ERR_BUSY;
	/* One still in doubt is given up: it stays what was said of it. */
	m->document = (struct document){.is_used = true,
		.paper = event->paper,
		.page_count = event->page_count,
		.length = event->document_length};
	vt_copy_cut(m->document.job, sizeof(m->document.job), event->job);
	if (m->state == IPPU_ABSENT || m->state == IPPU_BROKEN) {
		settle(m, OUTCOME_FAILED, m->state == IPPU_ABSENT ? "absent" : "device");
		return VT_OK;
	}
	change_state(m, IPPU_CHECKING, "print");
	if (!m->is_asked) /* else the poll under way answers */
		ask(m, IPPU_ASK_PRINTER);
	return VT_OK;
}

static void on_time(struct ippu_machine *m)
{
	m->wake_ms = INT64_MAX;
	switch (m->state) {
	case IPPU_IDLE:
		ask(m, IPPU_ASK_PRINTER);
		break;
	case IPPU_WATCHING:
		/* Attributes first: they say why it stopped. */
		ask(m, m->document.stopped_since_ms > 0 && m->request.ask == IPPU_ASK_JOB
				? IPPU_ASK_PRINTER
				: IPPU_ASK_JOB);
		break;
	case IPPU_CANCELLING:
		ask(m, IPPU_ASK_JOB);
		break;
	case IPPU_BROKEN:
		enter_resetting(m, "backoff is over");
		break;
	case IPPU_ABSENT:
	case IPPU_ASKING:
	case IPPU_CHECKING:
	case IPPU_VALIDATING:
	case IPPU_SUBMITTING:
	case IPPU_RESOLVING:
	case IPPU_RESETTING:
	case IPPU_STATE_COUNT:
		break;
	}
}

static void check(const struct ippu_machine *m)
{
	VT_ASSERT(m->state != IPPU_ABSENT || !m->is_asked);
	VT_ASSERT(!m->is_asked || m->wake_ms == INT64_MAX);
	VT_ASSERT(!has_job(m) || m->state == IPPU_ASKING || m->state == IPPU_RESETTING ||
		  (m->state >= IPPU_CHECKING && m->state <= IPPU_RESOLVING));
	VT_ASSERT(m->document.job_id == 0 || m->document.any_handed);
}

/* ---- outside ---- */

struct ippu_machine *ippu_create(const struct ippu_media *media, uint32_t first_id)
{
	struct ippu_machine *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->media = *media;
	m->wake_ms = INT64_MAX;
	m->next_id = (int)(first_id % 0x3fffffff) + 1;
	return m;
}

void ippu_destroy(struct ippu_machine **machine)
{
	free(*machine);
	*machine = NULL;
}

enum vt_code ippu_step(
	struct ippu_machine *m, const struct ippu_event *event, struct ippu_effects *effects)
{
	enum vt_code code = VT_OK;

	effects->count = 0;
	m->effects = effects;
	m->now_ms = event->now_ms;
	switch (event->type) {
	case IPPU_EV_ATTACHED:
		on_attached(m);
		break;
	case IPPU_EV_DETACHED:
		on_detached(m, event);
		break;
	case IPPU_EV_ANSWER:
		on_answer(m, event);
		break;
	case IPPU_EV_RESET:
		on_reset(m, event->is_good);
		break;
	case IPPU_EV_PRINT:
		code = on_print(m, event);
		break;
	case IPPU_EV_TIME:
		on_time(m);
		break;
	}
	check(m);
	m->effects = NULL;
	return code;
}

int64_t ippu_wake_ms(const struct ippu_machine *machine)
{
	return machine->wake_ms;
}

bool ippu_is_free(const struct ippu_machine *machine)
{
	return !has_job(machine) && (machine->state == IPPU_ABSENT || machine->state == IPPU_IDLE ||
					    machine->state == IPPU_BROKEN);
}

enum ippu_state ippu_get_state(const struct ippu_machine *machine)
{
	return machine->state;
}

enum pwg_type ippu_raster_type(const struct ippu_machine *machine)
{
	return machine->is_known && !machine->known.takes_type[PWG_SGRAY_8] &&
			       machine->known.takes_type[PWG_BLACK_1]
		       ? PWG_BLACK_1
		       : PWG_SGRAY_8;
}

static void view_trays(const struct ippu_machine *m, struct ippu_view *ret)
{
	enum paper_kind kind;

	for (size_t i = 0; i < m->known.tray_count; i++) {
		const struct ippu_tray *tray = &m->known.trays[i];
		if (!is_kind(m, tray, &kind))
			continue;
		struct printer_tray *to = &ret->trays[ret->tray_count++];
		memcpy(to->name, tray->source, sizeof(to->name));
		to->paper = kind;
		to->level = tray->level;
	}
}

void ippu_view(const struct ippu_machine *m, struct ippu_view *ret)
{
	const struct ippu_tray *plain = find_tray(m, PAPER_PLAIN);

	*ret = (struct ippu_view){.state = DEVICE_READY, .reason = ""};
	view_trays(m, ret);
	if (m->state == IPPU_ABSENT) {
		ret->state = DEVICE_ABSENT;
		ret->reason = "unplugged";
		return;
	}
	if (m->state == IPPU_BROKEN) {
		ret->state = DEVICE_FAILED;
		ret->reason = m->is_protocol ? "protocol" : "device";
		return;
	}
	if (!m->is_known) {
		ret->state = m->backoff_ms > 0 ? DEVICE_FAILED : DEVICE_STARTING;
		ret->reason = m->backoff_ms == 0 ? "" : m->is_protocol ? "protocol" : "device";
		return;
	}
	const char *none = obstacle(m, PAPER_PLAIN), *other = obstacle(m, PAPER_SECURITY);
	ret->paper = plain			  ? plain->level
		     : strcmp(none, "paper") == 0 ? PAPER_OUT
		     : m->known.is_paper_low	  ? PAPER_LOW
						  : PAPER_FULL;
	if (none[0] && other[0]) {
		ret->state = DEVICE_FAILED;
		ret->reason = none;
	} else if (none[0] || m->known.is_supply_low || m->known.is_paper_low ||
		   ret->paper == PAPER_LOW) {
		ret->state = DEVICE_DEGRADED;
		ret->reason = none[0] ? none : m->known.is_supply_low ? "supplyLow" : "";
	}
}

void ippu_counters(const struct ippu_machine *machine, struct ippu_counters *ret)
{
	*ret = machine->counters;
}
