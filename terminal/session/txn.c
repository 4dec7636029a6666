#include "terminal/session/txn.h"

#include <assert.h>
#include <string.h>

#include "offline-queue/queue/retry.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Every change of a transaction's state goes through set_state(), every wait through wait_until();
 * the on_… functions are the rows of reliability.md §2.2. They may change *txn freely, for
 * txn_step() hands them a copy and keeps it only if they succeed. */

#define X(name, value, text) [name] = text,
const char *const txn_state_names[TXN_STATE_COUNT] = {TXN_STATES(X)};
const char *const receipt_state_names[RECEIPT_STATE_COUNT] = {RECEIPT_STATES(X)};
const char *const txn_class_names[TXN_CLASS_COUNT] = {TXN_CLASSES(X)};
const char *const txn_cause_names[TXN_CAUSE_COUNT] = {TXN_CAUSES(X)};
#undef X

#define X(name, value, text) +1
static_assert(TXN_STATE_COUNT == 0 TXN_STATES(X), "record.h: states");
static_assert(RECEIPT_STATE_COUNT == 0 RECEIPT_STATES(X), "record.h: receipts");
static_assert(TXN_CLASS_COUNT == 0 TXN_CLASSES(X), "record.h: classes");
static_assert(TXN_CAUSE_COUNT == 0 TXN_CAUSES(X), "record.h: causes");
#undef X

/* Counters stop here instead of overflowing; nobody reads more into them. */
#define COUNTER_MAX 1000000

enum txn_cause txn_cause_from(const char *text)
{
	for (int i = 0; i < TXN_CAUSE_COUNT; i++) {
		if (strcmp(txn_cause_names[i], text) == 0)
			return (enum txn_cause)i;
	}
	return TXN_CAUSE_OTHER;
}

bool txn_is_settled(enum txn_state state)
{
	return state == TXN_ACCEPTED || state == TXN_REJECTED || state == TXN_EXPIRED;
}

static bool is_leased(enum txn_state state)
{
	return state == TXN_LEASED || state == TXN_INQUIRY;
}

static bool is_waiting(enum txn_state state)
{
	return state == TXN_JOURNALED || state == TXN_UNKNOWN;
}

void txn_init(struct txn *txn, enum txn_class class)
{
	*txn = (struct txn){.state = TXN_DRAFT, .class = class};
}

static bool counters_fit(const struct txn *txn)
{
	return txn->attempts >= 0 && txn->attempts <= COUNTER_MAX && txn->backoff >= 0 &&
	       txn->backoff <= COUNTER_MAX && txn->unknowns >= 0 && txn->unknowns <= COUNTER_MAX &&
	       txn->defects >= 0 && txn->defects <= COUNTER_MAX &&
	       (txn->defects > 0) == (txn->first_defect_unix_ms > 0);
}

static bool values_are_known(const struct txn *txn)
{
	return (unsigned)txn->state < TXN_STATE_COUNT &&
	       (unsigned)txn->receipt < RECEIPT_STATE_COUNT &&
	       (unsigned)txn->class < TXN_CLASS_COUNT && (unsigned)txn->cause < TXN_CAUSE_COUNT;
}

static bool history_fits_state(const struct txn *txn)
{
	switch (txn->state) {
	case TXN_DRAFT:
		return !txn->ever_leased && txn->attempts == 0 && txn->receipt == RECEIPT_NONE;
	case TXN_JOURNALED:
	case TXN_DEAD:
		return true;
	case TXN_UNKNOWN:
	case TXN_INQUIRY:
		/* Nobody to ask for class C. */
		return txn->ever_leased && txn->class != TXN_CLASS_C;
	case TXN_LEASED:
	case TXN_ACCEPTED:
	case TXN_REJECTED:
		return txn->ever_leased;
	case TXN_EXPIRED:
		return txn->cause == TXN_CAUSE_DISCARDED ||
		       (txn->cause == TXN_CAUSE_EXPIRED && !txn->ever_leased);
	}
	return false;
}

bool txn_check(const struct txn *txn)
{
	return values_are_known(txn) && counters_fit(txn) && history_fits_state(txn) &&
	       is_leased(txn->state) == vt_uuid_valid(txn->lease) &&
	       is_leased(txn->state) == (txn->lease[0] != '\0') &&
	       (is_leased(txn->state) || is_waiting(txn->state)) == (txn->due_unix_ms > 0) &&
	       (txn->due_unix_ms != TXN_HELD || !txn->ever_leased) &&
	       (txn->receipt != RECEIPT_FINAL || txn_is_settled(txn->state));
}

static void count(int *counter)
{
	if (*counter < COUNTER_MAX)
		(*counter)++;
}

/* The only place where a state changes. Leaving LEASED or INQUIRY gives the lease back. */
static void set_state(struct txn *txn, enum txn_state state, enum txn_cause cause)
{
	txn->state = state;
	txn->cause = cause;
	if (!is_leased(state))
		txn->lease[0] = '\0';
	if (!is_leased(state) && !is_waiting(state))
		txn->due_unix_ms = 0;
}

static void wait_until(struct txn *txn, const struct txn_event *event, int64_t asked_ms)
{
	txn->due_unix_ms = event->now_unix_ms +
			   retry_after_ms(asked_ms, (unsigned)txn->backoff, event->random);
	count(&txn->backoff);
}

static void die(struct txn *txn, struct txn_effects *effects, enum txn_cause cause)
{
	set_state(txn, TXN_DEAD, cause);
	effects->dead = true;
	effects->alarm = true;
}

static void settle(
	struct txn *txn, struct txn_effects *effects, enum txn_state state, enum txn_cause cause)
{
	set_state(txn, state, cause);
	txn->backoff = 0;
	effects->settled = true;
	effects->service_ok = true;
}

/* It may have taken effect: ask before anything else. Where nobody can be asked, a person must. */
static void doubt(struct txn *txn, const struct txn_event *event, struct txn_effects *effects,
	enum txn_cause cause)
{
	if (txn->class == TXN_CLASS_C) {
		die(txn, effects, cause);
		return;
	}
	set_state(txn, TXN_UNKNOWN, cause);
	wait_until(txn, event, event->retry_after_ms);
}

/* One of the three answers that are nobody's word about the transaction: count, blame, alarm. */
static void judge_failure(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	switch (event->cause) {
	case TXN_CAUSE_NETWORK: /* not sent: no attempt */
		effects->breaker = true;
		return;
	case TXN_CAUSE_LANE: /* clock, certificate, portal: not the record */
		effects->stop_service = true;
		effects->alarm = true;
		return;
	case TXN_CAUSE_RUNNING: /* the original is at work: no attempt */
		return;
	case TXN_CAUSE_ANSWER:
		count(&txn->unknowns);
		effects->alarm = txn->unknowns >= TXN_UNKNOWNS_TO_ALARM;
		break;
	case TXN_CAUSE_NONE:
	case TXN_CAUSE_BUSINESS:
	case TXN_CAUSE_LATER:
	case TXN_CAUSE_TIMEOUT:
	case TXN_CAUSE_SERVER:
	case TXN_CAUSE_CONFLICT:
	case TXN_CAUSE_DEFECT:
	case TXN_CAUSE_LEASE:
	case TXN_CAUSE_NOT_KNOWN:
	case TXN_CAUSE_EXPIRED:
	case TXN_CAUSE_DISCARDED:
	case TXN_CAUSE_RETRIED:
	case TXN_CAUSE_OTHER:
		break;
	}
	count(&txn->attempts);
	effects->breaker = event->result == TXN_RESULT_UNKNOWN;
}

/* The receiver calls the request itself wrong. The record is poison only if others get through, or
 * if it stays so for an hour; and even then not when the whole service seems to be away. */
static void on_defect(struct txn *txn, const struct txn_event *event, struct txn_effects *effects,
	enum txn_state otherwise)
{
	count(&txn->attempts);
	count(&txn->defects);
	if (txn->first_defect_unix_ms == 0)
		txn->first_defect_unix_ms = event->now_unix_ms;
	const bool others_pass = event->service_success_unix_ms > txn->first_defect_unix_ms;
	const bool stays = txn->defects >= TXN_DEFECTS_TO_DIE &&
			   event->now_unix_ms - txn->first_defect_unix_ms >= TXN_DEFECT_SPAN_MS;

	if ((others_pass || stays) && event->service_poisoned < TXN_POISONED_TO_STOP) {
		die(txn, effects, TXN_CAUSE_DEFECT);
		return;
	}
	if (others_pass || stays) {
		effects->stop_service = true;
		effects->alarm = true;
	}
	set_state(txn, otherwise, TXN_CAUSE_DEFECT);
	wait_until(txn, event, 0);
}

static void on_rejected(struct txn *txn, const struct txn_event *event, struct txn_effects *effects,
	enum txn_state otherwise)
{
	switch (event->cause) {
	case TXN_CAUSE_DEFECT:
		on_defect(txn, event, effects, otherwise);
		return;
	case TXN_CAUSE_CONFLICT:
		/* Never a new key: what the receiver holds under this one is unclear. */
		count(&txn->attempts);
		die(txn, effects, TXN_CAUSE_CONFLICT);
		return;
	case TXN_CAUSE_NONE:
	case TXN_CAUSE_BUSINESS:
	case TXN_CAUSE_OTHER:
		count(&txn->attempts);
		settle(txn, effects, TXN_REJECTED, TXN_CAUSE_BUSINESS);
		return;
	case TXN_CAUSE_NETWORK:
	case TXN_CAUSE_LATER:
	case TXN_CAUSE_LANE:
	case TXN_CAUSE_TIMEOUT:
	case TXN_CAUSE_SERVER:
	case TXN_CAUSE_ANSWER:
	case TXN_CAUSE_RUNNING:
	case TXN_CAUSE_LEASE:
	case TXN_CAUSE_NOT_KNOWN:
	case TXN_CAUSE_EXPIRED:
	case TXN_CAUSE_DISCARDED:
	case TXN_CAUSE_RETRIED:
		break;
	}
	/* A refusal for a reason that is none: sync contradicts itself, so nothing is known. */
	judge_failure(txn, event, effects);
	doubt(txn, event, effects, event->cause);
}

static enum vt_code on_delivery_result(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	switch (event->result) {
	case TXN_RESULT_ACCEPTED:
		count(&txn->attempts);
		settle(txn, effects, TXN_ACCEPTED, TXN_CAUSE_NONE);
		return VT_OK;
	case TXN_RESULT_REJECTED:
		on_rejected(txn, event, effects, TXN_JOURNALED);
		return VT_OK;
	case TXN_RESULT_RETRY_AFTER:
		judge_failure(txn, event, effects);
		set_state(txn, TXN_JOURNALED, event->cause);
		wait_until(txn, event, event->retry_after_ms);
		return VT_OK;
	case TXN_RESULT_UNKNOWN:
		judge_failure(txn, event, effects);
		doubt(txn, event, effects, event->cause);
		return VT_OK;
	case TXN_RESULT_NOT_KNOWN: /* answers a question that was not asked */
		count(&txn->attempts);
		doubt(txn, event, effects, TXN_CAUSE_ANSWER);
		return VT_OK;
	case TXN_RESULT_COUNT:
		break;
	}
	return VT_ERR_INVALID;
}

static enum vt_code on_inquiry_result(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	switch (event->result) {
	case TXN_RESULT_ACCEPTED:
		count(&txn->attempts);
		settle(txn, effects, TXN_ACCEPTED, TXN_CAUSE_NONE);
		return VT_OK;
	case TXN_RESULT_REJECTED:
		on_rejected(txn, event, effects, TXN_UNKNOWN);
		return VT_OK;
	case TXN_RESULT_NOT_KNOWN:
		/* The backoff goes on: delivery lost, question answered, delivery lost … must not
		 * become a tight loop. */
		count(&txn->attempts);
		effects->service_ok = true;
		set_state(txn, TXN_JOURNALED, TXN_CAUSE_NOT_KNOWN);
		wait_until(txn, event, 0);
		return VT_OK;
	case TXN_RESULT_RETRY_AFTER:
	case TXN_RESULT_UNKNOWN:
		judge_failure(txn, event, effects);
		doubt(txn, event, effects, event->cause);
		return VT_OK;
	case TXN_RESULT_COUNT:
		break;
	}
	return VT_ERR_INVALID;
}

static enum vt_code on_commit(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)effects;
	if (txn->state != TXN_DRAFT)
		return VT_ERR_STATE;
	set_state(txn, TXN_JOURNALED, TXN_CAUSE_NONE);
	txn->due_unix_ms = event->now_unix_ms;
	return VT_OK;
}

/* Has due come? A due time further ahead than the longest wait means that the clock was set back
 * since (queue_due() judges alike). */
static bool is_due(const struct txn *txn, int64_t now_unix_ms)
{
	return txn->due_unix_ms <= now_unix_ms ||
	       (txn->due_unix_ms != TXN_HELD && txn->due_unix_ms - now_unix_ms > RETRY_MAX_WAIT_MS);
}

static enum vt_code on_lease(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	if (!is_waiting(txn->state))
		return VT_ERR_STATE;
	if (!event->lease || !vt_uuid_valid(event->lease) || event->lease_ms < 1 ||
		event->lease_ms > TXN_LEASE_MAX_MS)
		return VT_ERR_INVALID;
	if (!is_due(txn, event->now_unix_ms))
		return VT_ERR_AGAIN;
	effects->deliver = txn->state == TXN_JOURNALED;
	effects->inquire = txn->state == TXN_UNKNOWN;
	set_state(txn, txn->state == TXN_JOURNALED ? TXN_LEASED : TXN_INQUIRY, txn->cause);
	txn->ever_leased = true;
	txn->due_unix_ms = event->now_unix_ms + event->lease_ms;
	return vt_copy(txn->lease, sizeof(txn->lease), event->lease) ? VT_OK : VT_ERR_INVALID;
}

static enum vt_code on_result(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	if ((unsigned)event->cause >= TXN_CAUSE_COUNT || !event->lease)
		return VT_ERR_INVALID;
	/* Ids instead of pointers: a late answer finds nobody. The inquiry will learn what it
	 * said. */
	if (!is_leased(txn->state) || strcmp(event->lease, txn->lease) != 0)
		return VT_ERR_NOT_FOUND;
	if (txn->state == TXN_LEASED)
		return on_delivery_result(txn, event, effects);
	return on_inquiry_result(txn, event, effects);
}

static enum vt_code on_lease_expired(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	if (!is_leased(txn->state))
		return VT_ERR_STATE;
	count(&txn->attempts);
	doubt(txn, event, effects, TXN_CAUSE_LEASE);
	return VT_OK;
}

static enum vt_code on_expire(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)event;
	(void)effects;
	if (txn->state != TXN_JOURNALED || txn->ever_leased)
		return VT_ERR_STATE;
	set_state(txn, TXN_EXPIRED, TXN_CAUSE_EXPIRED);
	return VT_OK;
}

static enum vt_code on_discard(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)event;
	(void)effects;
	if (txn->state != TXN_DEAD && (txn->state != TXN_JOURNALED || txn->ever_leased))
		return VT_ERR_STATE;
	set_state(txn, TXN_EXPIRED, TXN_CAUSE_DISCARDED);
	return VT_OK;
}

static enum vt_code on_retry(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)effects;
	if ((txn->state != TXN_DEAD && !is_waiting(txn->state)) || txn->due_unix_ms == TXN_HELD)
		return VT_ERR_STATE;
	if (txn->state == TXN_DEAD)
		set_state(txn,
			txn->ever_leased && txn->class != TXN_CLASS_C ? TXN_UNKNOWN : TXN_JOURNALED,
			TXN_CAUSE_RETRIED);
	txn->backoff = 0;
	txn->unknowns = 0;
	txn->defects = 0;
	txn->first_defect_unix_ms = 0;
	txn->due_unix_ms = event->now_unix_ms;
	return VT_OK;
}

/* Sending it again and again would never succeed and would stand in its service's way. */
static enum vt_code on_damaged(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)event;
	if (!is_leased(txn->state))
		return VT_ERR_STATE;
	die(txn, effects, TXN_CAUSE_OTHER);
	return VT_OK;
}

static enum receipt_state receipt_after_doubt(enum receipt_state receipt)
{
	switch (receipt) {
	case RECEIPT_NONE:
	case RECEIPT_PROVISIONAL:
	case RECEIPT_UNKNOWN:
		return RECEIPT_UNKNOWN;
	case RECEIPT_FINAL: /* a copy in doubt takes nothing away */
	case RECEIPT_REPRINTED:
		return receipt;
	}
	return receipt;
}

static enum vt_code on_print(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	(void)effects;
	if ((unsigned)event->sheet >= TXN_SHEET_COUNT || (unsigned)event->print >= TXN_PRINT_COUNT)
		return VT_ERR_INVALID;
	/* Never print before commit, nor a final paper before the final word. */
	if (txn->state == TXN_DRAFT ||
		(event->sheet == TXN_SHEET_FINAL && !txn_is_settled(txn->state)))
		return VT_ERR_STATE;
	if (event->print == TXN_PRINT_UNKNOWN) {
		txn->receipt = receipt_after_doubt(txn->receipt);
	} else if (event->print == TXN_PRINT_DONE) {
		if (event->sheet == TXN_SHEET_COPY)
			txn->receipt = RECEIPT_REPRINTED;
		else if (txn->receipt == RECEIPT_FINAL || txn->receipt == RECEIPT_REPRINTED)
			return VT_OK;
		else if (event->sheet == TXN_SHEET_FINAL)
			txn->receipt = RECEIPT_FINAL;
		else
			txn->receipt = RECEIPT_PROVISIONAL;
	}
	return VT_OK;
}

static enum vt_code dispatch(
	struct txn *txn, const struct txn_event *event, struct txn_effects *effects)
{
	switch (event->type) {
	case TXN_COMMIT:
		return on_commit(txn, event, effects);
	case TXN_LEASE:
		return on_lease(txn, event, effects);
	case TXN_RESULT:
		return on_result(txn, event, effects);
	case TXN_LEASE_EXPIRED:
		return on_lease_expired(txn, event, effects);
	case TXN_EXPIRE:
		return on_expire(txn, event, effects);
	case TXN_DISCARD:
		return on_discard(txn, event, effects);
	case TXN_RETRY:
		return on_retry(txn, event, effects);
	case TXN_PRINT:
		return on_print(txn, event, effects);
	case TXN_DAMAGED:
		return on_damaged(txn, event, effects);
	case TXN_EVENT_COUNT:
		break;
	}
	return VT_ERR_INVALID;
}

static bool same(const struct txn *a, const struct txn *b)
{
	return a->state == b->state && a->receipt == b->receipt && a->cause == b->cause &&
	       a->ever_leased == b->ever_leased && a->attempts == b->attempts &&
	       a->backoff == b->backoff && a->unknowns == b->unknowns && a->defects == b->defects &&
	       a->first_defect_unix_ms == b->first_defect_unix_ms &&
	       a->due_unix_ms == b->due_unix_ms && strcmp(a->lease, b->lease) == 0;
}

enum vt_code txn_step(
	struct txn *txn, const struct txn_event *event, struct txn_effects *ret_effects)
{
	struct txn next = *txn;

	VT_ASSERT(txn_check(txn));
	*ret_effects = (struct txn_effects){0};
	if (event->now_unix_ms <= 0)
		return VT_ERR_INVALID;
	const enum vt_code code = dispatch(&next, event, ret_effects);
	if (code != VT_OK) {
		*ret_effects = (struct txn_effects){0};
		return code;
	}
	VT_ASSERT(txn_check(&next));
	ret_effects->changed = !same(txn, &next);
	*txn = next;
	return VT_OK;
}
