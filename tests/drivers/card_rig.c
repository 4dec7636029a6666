#include "tests/drivers/card_rig.h"

#include "tests/lib/cmocka_prelude.h"

static int64_t rig_now(void *owner)
{
	return ((struct card_rig *)owner)->now_ms;
}

static void rig_slot(void *owner, uint8_t slot, const struct ccid_slot *view)
{
	struct card_rig *rig = owner;

	/* A card is told once, and goes only when nothing is open for it. */
	assert_int_not_equal(rig->card[slot] != 0, view->is_present);
	assert_true(!rig->is_open[slot] || view->is_present);
	assert_true(view->card != rig->card[slot]);
	rig->card[slot] = view->card;
	if (view->is_present)
		rig->inserted_count++;
	else
		rig->removed_count++;
}

static void rig_done(void *owner, const struct ccid_result *result)
{
	struct card_rig *rig = owner;

	assert_true(rig->is_open[result->slot]);
	rig->is_open[result->slot] = false;
	rig->done_count++;
	rig->done = *result;
	vt_buf_reset(&rig->data);
	if (result->length > 0)
		vt_buf_append(&rig->data, result->data, result->length);
	assert_true(result->outcome == CCID_DONE || result->length == 0);
}

static void rig_changed(void *owner)
{
	(void)owner;
}

static void rig_arrived(void *owner, const struct usb_device_info *info)
{
	struct card_rig *rig = owner;
	const struct usb_interface *interface = ccid_port_interface(&info->desc, 0);
	struct vt_error error = {0};

	rig->arrivals++;
	rig->attach_code = VT_ERR_NOT_FOUND;
	if (interface)
		rig->attach_code =
			ccid_port_attach(rig->port, info, interface, &rig->quirks, &error);
}

static void rig_left(void *owner, usb_key key)
{
	struct card_rig *rig = owner;

	(void)ccid_port_detach(rig->port, key);
}

void card_rig_start(struct card_rig *rig, const struct ccid_reader_options *options,
	const struct ccid_quirks *quirks)
{
	const struct usb_watch watch = {.arrived = rig_arrived, .left = rig_left, .owner = rig};
	const struct ccid_port_owner owner = {.owner = rig,
		.now_ms = rig_now,
		.slot = rig_slot,
		.done = rig_done,
		.changed = rig_changed};

	*rig = (struct card_rig){.now_ms = 1000};
	if (quirks)
		rig->quirks = *quirks;
	vt_buf_init(&rig->data, CCID_MAX_RESPONSE);
	rig->dev = ccid_reader_create(options);
	assert_non_null(rig->dev);
	rig->usb = usb_direct_create(rig->dev);
	rig->port = ccid_port_create(rig->usb, &owner);
	assert_non_null(rig->port);
	assert_int_equal(rig->usb->ops->watch(rig->usb, &watch, NULL), VT_OK);
	card_rig_run(rig, 0);
	assert_int_equal(rig->arrivals, 1);
}

void card_rig_stop(struct card_rig *rig)
{
	ccid_port_destroy(&rig->port);
	usb_destroy(&rig->usb);
	vdev_destroy(&rig->dev);
	vt_buf_finish(&rig->data);
}

void card_rig_command(struct card_rig *rig, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	if (vdev_command(rig->dev, line, &reply))
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

static void take_effects(struct card_rig *rig)
{
	struct vdev_effect effect;

	while (vdev_take_effect(rig->dev, &effect))
		vdev_effect_finish(&effect);
}

/* One instant: everything that can happen without time passing. */
static void settle(struct card_rig *rig)
{
	for (int i = 0; i < 100000; i++) {
		const bool moved = usb_direct_run(rig->usb, rig->now_ms);
		const bool is_due = ccid_port_wake_ms(rig->port) <= rig->now_ms;
		take_effects(rig);
		if (is_due)
			ccid_port_wake(rig->port);
		if (!moved && !is_due)
			return;
	}
	fail_msg("never quiet at one instant");
}

static bool advance(struct card_rig *rig, int64_t end_ms)
{
	int64_t next_ms = ccid_port_wake_ms(rig->port);
	const int64_t usb_ms = usb_direct_wake_ms(rig->usb);

	if (usb_ms < next_ms)
		next_ms = usb_ms;
	if (next_ms <= rig->now_ms)
		next_ms = rig->now_ms + 1;
	rig->now_ms = next_ms > end_ms ? end_ms : next_ms;
	settle(rig);
	return rig->now_ms < end_ms;
}

void card_rig_run(struct card_rig *rig, int64_t ms)
{
	const int64_t end_ms = rig->now_ms + ms;

	settle(rig);
	while (rig->now_ms < end_ms && advance(rig, end_ms))
		;
}

void card_rig_insert(struct card_rig *rig, unsigned slot, int protocol)
{
	const struct card_test_options options = {.protocol = protocol};
	static const uint8_t large[CARD_TEST_MAX_BYTES];
	struct card *card = card_test_create(&options);

	assert_non_null(card);
	assert_int_equal(card_test_put(card, 0x0001, large, sizeof(large)), VT_OK);
	assert_int_equal(ccid_reader_insert(rig->dev, slot, card), VT_OK);
	card_rig_run(rig, 1000);
	assert_int_not_equal(rig->card[slot], 0);
}

enum ccid_outcome card_rig_wait(struct card_rig *rig, uint8_t slot)
{
	const int64_t end_ms = rig->now_ms + 600000;

	settle(rig);
	while (rig->is_open[slot] && advance(rig, end_ms))
		;
	if (rig->is_open[slot])
		fail_msg("the operation never ends");
	return rig->done.outcome;
}

enum ccid_outcome card_rig_power_on(struct card_rig *rig, uint8_t slot)
{
	rig->is_open[slot] = ccid_port_power_on(rig->port, slot) == VT_OK;
	return rig->is_open[slot] ? card_rig_wait(rig, slot) : CCID_READER;
}

enum ccid_outcome card_rig_exchange(
	struct card_rig *rig, uint8_t slot, const void *apdu, size_t length)
{
	rig->is_open[slot] = ccid_port_exchange(rig->port, slot, apdu, length, 0) == VT_OK;
	return rig->is_open[slot] ? card_rig_wait(rig, slot) : CCID_READER;
}

bool card_rig_settle(struct card_rig *rig)
{
	const int64_t end_ms = rig->now_ms + 120000;
	struct ccid_view view;

	do
		ccid_port_view(rig->port, &view);
	while (view.state != CCID_STATE_READY && advance(rig, end_ms));
	return view.state == CCID_STATE_READY;
}
