#include "drivers/reader.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/ccid.h"
#include "drivers/smartcard/smartcard.h"
#include "terminal/base/base64.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

/* The slot that citizens use. */
#define SLOT 0
/* USB LANGID of the pad's display: Spanish (Mexico). */
#define PAD_LANGUAGE 0x080a
/* A command without a time limit of its own. */
#define DEFAULT_MS 60000

struct reader {
	struct reader_owner owner;
	struct ccid_port *port;		  /* owned */
	struct smartcard *card;		  /* owned */
	struct bus_message *msg;	  /* owned: what is sent */
	const struct reader_entry *entry; /* of the one in use, or of the last one; or NULL */
	uint16_t vid, pid;
	/* the card */
	bool is_in, is_told, is_readable;
	char atr[CARD_ATR_SIZE];
	bool wants_reset;  /* as soon as the slot rests */
	bool wants_forget; /* as soon as the card rests: core's citizen is gone */
	/* the exchange below */
	uint32_t number; /* of the step machine, for its reply */
	bool is_sent;
	/* the command of core; request_id 0 = none */
	struct bus_header header;
	struct certificate_sign sign; /* waits while the card is listed; secret, wiped */
	bool has_sign, is_late;
	bool is_pending; /* it waits until the card is reset */
	int64_t until_ms;
};

static void step(struct reader *r, const struct smartcard_event *event);
static void forget(struct reader *r);
static void start_command(struct reader *r);

static int64_t now(const struct reader *r)
{
	return r->owner.now_ms(r->owner.owner);
}

/* ---- to core ---- */

static void send(struct reader *r)
{
	r->owner.send(r->owner.owner, r->msg);
	bus_message_finish(r->msg);
}

static void complete(struct reader *r, const struct bus_header *header,
	enum bus_completion_code code, const char *text)
{
	bus_make_completion(r->msg, header, code, text);
	send(r);
}

static void end_command(struct reader *r)
{
	r->header = (struct bus_header){0};
	vt_wipe(&r->sign, sizeof(r->sign));
	r->has_sign = false;
	r->is_late = false;
	r->is_pending = false;
}

/* The end of a command that never began. */
static void end_pending(struct reader *r, enum bus_completion_code code, const char *text)
{
	complete(r, &r->header, code, text);
	end_command(r);
}

static void tell_inserted(struct reader *r)
{
	r->is_told = true;
	bus_make_unsolicited(r->msg, BUS_CARD_INSERTED);
	vt_copy_cut(r->msg->payload.card_inserted.device, DEVICE_ID_SIZE, "reader");
	r->msg->payload.card_inserted.slot = SLOT;
	r->msg->payload.card_inserted.readable = r->is_readable;
	memcpy(r->msg->payload.card_inserted.atr, r->atr, sizeof(r->atr));
	send(r);
}

static void tell_removed(struct reader *r)
{
	if (!r->is_told)
		return;
	r->is_told = false;
	bus_make_unsolicited(r->msg, BUS_CARD_REMOVED);
	vt_copy_cut(r->msg->payload.card_removed.device, DEVICE_ID_SIZE, "reader");
	r->msg->payload.card_removed.slot = SLOT;
	send(r);
}

static void tell_pad(struct reader *r)
{
	if (!r->header.request_id)
		return;
	bus_make_unsolicited(r->msg, BUS_CERTIFICATE_PIN_ENTRY);
	r->msg->header.type = BUS_EVENT;
	r->msg->header.request_id = r->header.request_id;
	r->msg->payload.certificate_pin_entry.entry = PIN_ENTRY_WAITING;
	send(r);
}

/* ---- ends of operations ---- */

static void fill_list(struct reader *r, struct certificate_list *list)
{
	struct ccid_view view;

	ccid_port_view(r->port, &view);
	list->application = smartcard_application(r->card);
	smartcard_pin(r->card, &list->pin);
	list->pin.pad = view.has_pin_pad;
	for (size_t i = 0; i < smartcard_count(r->card) && list->count < CARD_MAX_CERTIFICATES;
		i++) {
		const struct smartcard_certificate *its = smartcard_certificate_at(r->card, i);
		struct card_certificate *item = &list->certificates[list->count];
		if (vt_base64_encode(
			    item->certificate, sizeof(item->certificate), its->der, its->length))
			continue;
		memcpy(item->id, its->id, sizeof(item->id));
		memcpy(item->label, its->label, sizeof(item->label));
		item->can_sign = its->can_sign;
		list->count++;
	}
}

static enum bus_completion_code failure_code(enum smartcard_outcome outcome)
{
	if (outcome == SMARTCARD_REMOVED)
		return BUS_NOT_FOUND;
	if (outcome == SMARTCARD_SILENT)
		return BUS_TIME_OUT;
	return outcome == SMARTCARD_CANCELLED ? BUS_CANCELED : BUS_HARDWARE_ERROR;
}

static void start_sign(struct reader *r);

static void on_listed(struct reader *r, const struct smartcard_result *result)
{
	const bool is_empty = result->outcome == SMARTCARD_NO_APPLICATION ||
			      result->outcome == SMARTCARD_NO_CERTIFICATE;

	if (result->outcome == SMARTCARD_OK && r->has_sign) {
		start_sign(r);
		return;
	}
	if (result->outcome != SMARTCARD_OK && (!is_empty || r->has_sign)) {
		complete(r, &r->header, r->is_late ? BUS_TIME_OUT : failure_code(result->outcome),
			smartcard_outcome_text(result->outcome));
		end_command(r);
		return;
	}
	bus_make_completion(r->msg, &r->header, BUS_SUCCESS, NULL);
	if (is_empty)
		r->msg->payload.certificate_list.pin.tries_left = -1;
	else
		fill_list(r, &r->msg->payload.certificate_list);
	end_command(r);
	send(r);
}

static void on_signed(struct reader *r, const struct smartcard_result *result)
{
	struct certificate_signed *answer = &r->msg->payload.certificate_signed;

	bus_make_completion(r->msg, &r->header, BUS_SUCCESS, NULL);
	answer->outcome = r->is_late ? SIGN_TIMED_OUT
				     : smartcard_sign_outcome(result->outcome, result->tries_left);
	answer->tries_left = result->tries_left;
	if (result->outcome == SMARTCARD_OK &&
		vt_base64_encode(answer->signature, sizeof(answer->signature), result->signature,
			result->length))
		answer->outcome = SIGN_FAILED;
	end_command(r);
	send(r);
}

static void on_done(struct reader *r, const struct smartcard_result *result)
{
	vt_log(result->outcome == SMARTCARD_OK ? VT_LOG_INFO : VT_LOG_NOTICE,
		"card: %s: %s, SW %04x, tries %d",
		result->operation == SMARTCARD_LIST   ? "list"
		: result->operation == SMARTCARD_SIGN ? "sign"
						      : "logout",
		smartcard_outcome_word(result->outcome), result->sw, result->tries_left);
	if (!r->header.request_id)
		return;
	if (result->operation == SMARTCARD_LIST)
		on_listed(r, result);
	else if (result->operation == SMARTCARD_SIGN)
		on_signed(r, result);
}

/* ---- the step machine and the reader below ---- */

/* An exchange that could not even begin ends as one that failed. */
static void fail_exchange(struct reader *r, enum vt_code code)
{
	const struct smartcard_event failed = {
		.type = code == VT_ERR_NOT_FOUND ? SMARTCARD_EV_REMOVED : SMARTCARD_EV_REPLY,
		.now_ms = now(r),
		.number = r->number,
		.io = SMARTCARD_IO_FAILED};

	r->is_sent = false;
	step(r, &failed);
}

static enum vt_code ask_pad(struct reader *r, const struct smartcard_pad *pad)
{
	struct ccid_pin_entry entry = {.apdu_length = pad->apdu_length,
		.min_digits = pad->min_digits,
		.max_digits = pad->max_digits,
		.is_bcd = pad->is_bcd,
		.language = PAD_LANGUAGE,
		.has_message = true};

	if (pad->apdu_length > sizeof(entry.apdu))
		return VT_ERR_LIMIT;
	memcpy(entry.apdu, pad->apdu, pad->apdu_length);
	tell_pad(r);
	return ccid_port_verify_pin(r->port, SLOT, &entry);
}

static void reset_card(struct reader *r)
{
	const enum vt_code code = ccid_port_power_on(r->port, SLOT);

	r->wants_reset = code == VT_ERR_BUSY;
	if (code && code != VT_ERR_BUSY && code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_WARNING, "card: cannot be reset");
}

static enum vt_code carry_out(struct reader *r, const struct smartcard_effect *effect)
{
	switch (effect->type) {
	case SMARTCARD_FX_SEND:
		r->number = effect->number;
		r->is_sent = true;
		return ccid_port_exchange(
			r->port, SLOT, effect->apdu, effect->length, SMARTCARD_EXCHANGE_MS);
	case SMARTCARD_FX_ASK_PAD:
		r->number = effect->number;
		r->is_sent = true;
		return ask_pad(r, &effect->pad);
	case SMARTCARD_FX_CANCEL:
		ccid_port_cancel(r->port, SLOT);
		return VT_OK;
	case SMARTCARD_FX_RESET:
		reset_card(r);
		return VT_OK;
	case SMARTCARD_FX_DONE:
		on_done(r, &effect->result);
		return VT_OK;
	}
	return VT_OK;
}

static void step(struct reader *r, const struct smartcard_event *event)
{
	struct smartcard_effects effects = {0};
	enum vt_code code = smartcard_step(r->card, event, &effects);

	if (code) {
		vt_log(VT_LOG_WARNING, "card: event %d: %s", (int)event->type, vt_code_text(code));
		return;
	}
	for (size_t i = 0; i < effects.count; i++) {
		code = carry_out(r, &effects.list[i]);
		if (code)
			fail_exchange(r, code);
	}
	vt_wipe(&effects, sizeof(effects));
}

static void on_powered(struct reader *r, const struct ccid_result *result)
{
	const struct smartcard_event inserted = {.type = SMARTCARD_EV_INSERTED,
		.now_ms = now(r),
		.atr = result->data,
		.atr_length = result->length};

	if (!r->is_in)
		return;
	r->is_readable = result->outcome == CCID_DONE;
	if (r->is_readable && result->length <= CCID_MAX_ATR)
		vt_hex(r->atr, result->data, result->length);
	if (r->is_readable)
		step(r, &inserted);
	if (!r->is_told)
		tell_inserted(r);
}

static void on_exchanged(struct reader *r, const struct ccid_result *result)
{
	struct smartcard_event reply = {.type = SMARTCARD_EV_REPLY,
		.now_ms = now(r),
		.number = r->number,
		.io = SMARTCARD_IO_FAILED,
		.data = result->data,
		.length = result->length};

	if (!r->is_sent)
		return;
	r->is_sent = false;
	if (result->outcome == CCID_DONE)
		reply.io = SMARTCARD_IO_OK;
	else if (result->outcome == CCID_TIMED_OUT)
		reply.io = SMARTCARD_IO_TIMED_OUT;
	else if (result->outcome == CCID_CANCELLED)
		reply.io = SMARTCARD_IO_CANCELLED;
	else if (result->outcome == CCID_REMOVED || result->outcome == CCID_GONE)
		reply.type = SMARTCARD_EV_REMOVED;
	step(r, &reply);
}

/* A command that waited for the card's reset: goes on, or the card does not answer any more. */
static void start_pending(struct reader *r)
{
	if (!r->is_pending)
		return;
	if (!r->is_readable)
		end_pending(r, BUS_INVALID_DATA, "the card does not answer");
	else if (smartcard_get_state(r->card) == SMARTCARD_IDLE)
		start_command(r);
}

static void on_port_done(void *owner, const struct ccid_result *result)
{
	struct reader *r = owner;

	if (result->slot != SLOT)
		return;
	if (result->operation == CCID_OP_POWER_ON)
		on_powered(r, result);
	else if (result->operation != CCID_OP_POWER_OFF)
		on_exchanged(r, result);
	if (r->wants_reset)
		reset_card(r);
	forget(r);
	start_pending(r);
	r->owner.changed(r->owner.owner);
}

static void on_slot(void *owner, uint8_t slot, const struct ccid_slot *view)
{
	struct reader *r = owner;
	const struct smartcard_event removed = {.type = SMARTCARD_EV_REMOVED, .now_ms = now(r)};

	if (slot != SLOT)
		return;
	if (r->is_in) {
		r->is_in = false;
		r->is_sent = false;
		r->wants_reset = false;
		r->wants_forget = false;
		if (r->is_pending)
			end_pending(r, BUS_NOT_FOUND, "the card was taken out");
		step(r, &removed);
		tell_removed(r);
	}
	if (view->is_present) {
		r->is_in = true;
		r->atr[0] = '\0';
		reset_card(r);
	}
	r->owner.changed(r->owner.owner);
}

static int64_t on_now(void *owner)
{
	return now(owner);
}

static void on_changed(void *owner)
{
	struct reader *r = owner;

	r->owner.changed(r->owner.owner);
}

/* ---- commands ---- */

static void start_list(struct reader *r)
{
	const struct smartcard_request request = {.operation = SMARTCARD_LIST};
	const struct smartcard_event start = {
		.type = SMARTCARD_EV_START, .now_ms = now(r), .request = &request};

	step(r, &start);
}

static void start_sign(struct reader *r)
{
	const struct certificate_sign *sign = &r->sign;
	uint8_t digest[(CARD_DIGEST_SIZE - 1) / 2];
	const size_t digest_length = strlen(sign->digest) / 2;
	VT_CLEANUP(vt_secret_finish) struct vt_secret pin = {0};
	struct ccid_view view;

	ccid_port_view(r->port, &view);
	const struct smartcard_request request = {.operation = SMARTCARD_SIGN,
		.certificate = sign->certificate,
		.pin = sign->pin[0] ? &pin : NULL,
		.use_pad = !sign->pin[0] && view.has_pin_pad,
		.use_last_try = sign->last_try,
		.hash = sign->hash,
		.digest = digest,
		.digest_length = digest_length};
	const struct smartcard_event start = {
		.type = SMARTCARD_EV_START, .now_ms = now(r), .request = &request};
	struct smartcard_effects effects = {0};

	if (!vt_secret_set(&pin, sign->pin) || !vt_unhex(digest, digest_length, sign->digest)) {
		complete(r, &r->header, BUS_INVALID_DATA, "digest is no hex");
		end_command(r);
		return;
	}
	const enum vt_code code = smartcard_step(r->card, &start, &effects);
	r->has_sign = false;
	vt_wipe(&r->sign, sizeof(r->sign));
	if (code) {
		complete(r, &r->header,
			code == VT_ERR_INVALID ? BUS_INVALID_DATA : BUS_HARDWARE_ERROR,
			vt_code_text(code));
		end_command(r);
		return;
	}
	for (size_t i = 0; i < effects.count; i++) {
		const enum vt_code failed = carry_out(r, &effects.list[i]);
		if (failed)
			fail_exchange(r, failed);
	}
	vt_wipe(&effects, sizeof(effects));
}

static void start_command(struct reader *r)
{
	r->is_pending = false;
	/* Known since the card was read; a reset has made it forget. */
	if (r->has_sign && smartcard_count(r->card) > 0)
		start_sign(r);
	else
		start_list(r);
}

/* BUS_SUCCESS, or why nothing can be asked of the card now. */
static enum bus_completion_code judge(const struct reader *r, const char *device, const char **text)
{
	if (ccid_port_key(r->port) == 0 || (device[0] && strcmp(device, "reader") != 0)) {
		*text = "no such reader";
		return BUS_DEVICE_NOT_READY;
	}
	if (!r->is_in) {
		*text = "no card in the reader";
		return BUS_NOT_FOUND;
	}
	if (!r->is_readable) {
		*text = "the card does not answer";
		return BUS_INVALID_DATA;
	}
	if (r->header.request_id) {
		*text = "the card is at work";
		return BUS_SEQUENCE_ERROR;
	}
	return BUS_SUCCESS;
}

/* Login and certificates go: nothing of the holder stays while a forgotten card is still in. */
static void forget(struct reader *r)
{
	const struct smartcard_request request = {.operation = SMARTCARD_LOGOUT};
	const struct smartcard_event start = {
		.type = SMARTCARD_EV_START, .now_ms = now(r), .request = &request};

	if (!r->wants_forget || smartcard_get_state(r->card) != SMARTCARD_IDLE)
		return;
	r->wants_forget = false;
	step(r, &start);
}

static void on_cancel(struct reader *r, const struct bus_message *msg)
{
	const struct smartcard_event cancel = {.type = SMARTCARD_EV_CANCEL, .now_ms = now(r)};
	const bool is_ours = r->header.request_id &&
			     msg->payload.common_cancel.request_id == r->header.request_id;

	complete(r, &msg->header, BUS_SUCCESS, NULL);
	if (is_ours && r->is_pending)
		end_pending(r, BUS_CANCELED, NULL);
	else if (is_ours)
		step(r, &cancel);
	if (msg->payload.common_cancel.request_id == 0) {
		r->wants_forget = r->is_in;
		forget(r);
	}
}

bool reader_command(struct reader *r, const struct bus_message *msg)
{
	const bool is_sign = msg->header.name == BUS_CERTIFICATE_SIGN;
	const char *text = NULL;

	if (msg->header.name == BUS_COMMON_CANCEL) {
		on_cancel(r, msg);
		return true;
	}
	if (!is_sign && msg->header.name != BUS_CERTIFICATE_LIST)
		return false;
	const enum bus_completion_code code = judge(r,
		is_sign ? msg->payload.certificate_sign.device
			: msg->payload.certificate_query.device,
		&text);
	if (code != BUS_SUCCESS) {
		complete(r, &msg->header, code, text);
		return true;
	}
	r->header = msg->header;
	r->until_ms = now(r) + (msg->header.timeout_ms > 0 ? msg->header.timeout_ms : DEFAULT_MS);
	if (is_sign) {
		r->sign = msg->payload.certificate_sign;
		r->has_sign = true;
	}
	/* Whoever was here before was just forgotten: the card is being reset. */
	if (smartcard_get_state(r->card) == SMARTCARD_IDLE)
		start_command(r);
	else
		r->is_pending = true;
	return true;
}

bool reader_is_busy(const struct reader *r)
{
	return r->header.request_id != 0;
}

enum device_verdict reader_test(
	const struct reader *r, const char **ret_reason, const char **ret_step)
{
	if (!r->is_in || !r->is_told) {
		*ret_reason = "noCard";
		*ret_step = "Insert a card, chip first, and test again.";
		return DEVICE_TEST_RUNNING;
	}
	if (!r->is_readable) {
		*ret_reason = "card";
		*ret_step = "The card gives no ATR: turn it round, clean it or try another one.";
		return DEVICE_TEST_FAILED;
	}
	*ret_reason = "";
	*ret_step = "The card was powered and told its ATR.";
	return DEVICE_TEST_PASSED;
}

void reader_core_gone(struct reader *r)
{
	const struct smartcard_event cancel = {.type = SMARTCARD_EV_CANCEL, .now_ms = now(r)};
	const bool is_busy = r->header.request_id != 0;

	end_command(r);
	if (is_busy)
		step(r, &cancel);
}

void reader_greet(struct reader *r)
{
	r->is_told = false;
	if (r->is_in && (r->is_readable || smartcard_get_state(r->card) == SMARTCARD_ABSENT))
		tell_inserted(r);
}

/* ---- devices ---- */

enum vt_code reader_attach(struct reader *r, const struct usb_device_info *info,
	const struct reader_entry *entry, struct vt_error *error)
{
	const enum vt_code code = ccid_port_attach(
		r->port, info, ccid_port_interface(&info->desc, 0), &entry->quirks, error);

	if (code)
		return code;
	r->entry = entry;
	r->vid = info->desc.vid;
	r->pid = info->desc.pid;
	return VT_OK;
}

bool reader_detach(struct reader *r, usb_key key)
{
	const struct ccid_slot none = {0};

	if (!ccid_port_detach(r->port, key))
		return false;
	if (r->is_in)
		on_slot(r, SLOT, &none);
	return true;
}

usb_key reader_key(const struct reader *r)
{
	return ccid_port_key(r->port);
}

void reader_status(const struct reader *r, struct device_status *ret)
{
	static const enum device_state states[] = {
		[CCID_STATE_ABSENT] = DEVICE_ABSENT,
		[CCID_STATE_STARTING] = DEVICE_STARTING,
		[CCID_STATE_READY] = DEVICE_READY,
		[CCID_STATE_BROKEN] = DEVICE_FAILED,
	};
	struct ccid_view view;

	ccid_port_view(r->port, &view);
	if (r->entry)
		vt_copy_cut(ret->model, sizeof(ret->model), r->entry->model);
	if (r->vid && !vt_format(ret->usb, sizeof(ret->usb), "%04x:%04x", r->vid, r->pid))
		ret->usb[0] = '\0';
	ret->state = states[view.state];
	vt_copy_cut(ret->reason, sizeof(ret->reason), view.reason);
	ret->reads = view.reads;
	ret->errors = view.errors;
	ret->resets = view.resets;
}

/* ---- time ---- */

int64_t reader_wake_ms(const struct reader *r)
{
	int64_t wake_ms = ccid_port_wake_ms(r->port);
	const int64_t card_ms = smartcard_wake_ms(r->card);

	if (card_ms < wake_ms)
		wake_ms = card_ms;
	if (r->header.request_id && !r->is_late && r->until_ms < wake_ms)
		wake_ms = r->until_ms;
	return wake_ms;
}

void reader_wake(struct reader *r)
{
	const struct smartcard_event time = {.type = SMARTCARD_EV_TIME, .now_ms = now(r)};
	const struct smartcard_event cancel = {.type = SMARTCARD_EV_CANCEL, .now_ms = now(r)};

	ccid_port_wake(r->port);
	if (now(r) >= smartcard_wake_ms(r->card))
		step(r, &time);
	if (r->header.request_id && !r->is_late && now(r) >= r->until_ms) {
		r->is_late = true;
		if (r->is_pending)
			end_pending(r, BUS_TIME_OUT, "the card is not ready");
		else
			step(r, &cancel);
	}
}

/* ---- life ---- */

struct reader *reader_create(struct usb *usb, const struct reader_owner *owner)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	const struct ccid_port_owner port_owner = {.owner = r,
		.now_ms = on_now,
		.slot = on_slot,
		.done = on_port_done,
		.changed = on_changed};
	r->owner = *owner;
	r->port = ccid_port_create(usb, &port_owner);
	r->card = smartcard_create();
	r->msg = calloc(1, sizeof(*r->msg));
	if (!r->port || !r->card || !r->msg)
		reader_destroy(&r);
	return r;
}

void reader_destroy(struct reader **reader)
{
	struct reader *r = *reader;

	if (!r)
		return;
	ccid_port_destroy(&r->port);
	smartcard_destroy(&r->card);
	if (r->msg)
		bus_message_finish(r->msg);
	free(r->msg);
	vt_wipe(r, sizeof(*r));
	free(r);
	*reader = NULL;
}
