#include "drivers/service-internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "drivers/hid_slot.h"
#include "drivers/lettering.h"
#include "drivers/printing.h"
#include "drivers/reader.h"
#include "drivers/usb/usb_libusb.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

static int64_t now_ms(void *owner)
{
	(void)owner;
	return vt_clock_monotonic_ms();
}

static void on_changed(void *owner, struct device *device)
{
	(void)device;
	slots_refresh(owner);
}

static enum vt_code load_fonts(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	static const char *const names[TEXT_FACE_COUNT] = {[TEXT_REGULAR] = "NotoSans-400.ttf",
		[TEXT_BOLD] = "NotoSans-600.ttf",
		[TEXT_TITLE] = "Montserrat-700.ttf"};
	const char *folder = vt_config_require(config, "devices", "fonts", error);
	char paths[TEXT_FACE_COUNT][PATH_MAX];
	const char *list[TEXT_FACE_COUNT];

	if (!folder)
		return error->code;
	for (int i = 0; i < TEXT_FACE_COUNT; i++) {
		if (!vt_format(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]))
			return vt_fail(error, VT_ERR_LIMIT, 0, "devices: fonts: path too long");
		list[i] = paths[i];
	}
	return text_fonts_load(list, &s->fonts, error);
}

/* [devices] key, else name beside the registry. */
static enum vt_code find_table(const struct vt_config *config, const char *key, const char *name,
	char ret_path[PATH_MAX], struct vt_error *error)
{
	const char *path = vt_config_get(config, "devices", key, NULL);
	const char *registry = vt_config_get(config, "devices", "registry", "");
	const char *slash = strrchr(registry, '/');

	if (path ? !vt_copy(ret_path, PATH_MAX, path)
		 : !vt_format(ret_path, PATH_MAX, "%.*s%s", slash ? (int)(slash - registry + 1) : 0,
			   registry, name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: %s: path too long", key);
	return VT_OK;
}

/* [devices] unknown_readers: "refuse", or "take" any card reader of class 0B. */
static enum vt_code take_unknown(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *word = vt_config_get(config, "devices", "unknown_readers", "refuse");

	s->readers->takes_unknown = strcmp(word, "take") == 0;
	if (!s->readers->takes_unknown && strcmp(word, "refuse") != 0)
		return vt_fail(
			error, VT_ERR_PARSE, 0, "devices: unknown_readers: \"take\" or \"refuse\"");
	return VT_OK;
}

/* Without a file of card readers or of HID readers none is driven, without one of printers only the
 * listed. Whoever names a file means it. */
static enum vt_code load_tables(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	char path[PATH_MAX];

	s->readers = calloc(1, sizeof(*s->readers));
	s->profiles = calloc(1, sizeof(*s->profiles));
	s->hid_table = calloc(1, sizeof(*s->hid_table));
	if (!s->readers || !s->profiles || !s->hid_table)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	enum vt_code code = take_unknown(s, config, error);
	if (!code)
		code = find_table(config, "readers", "readers.tsv", path, error);
	if (!code)
		code = readers_load(path, s->readers, error);
	if (code == VT_ERR_NOT_FOUND && !vt_config_get(config, "devices", "readers", NULL))
		code = VT_OK;
	if (!code)
		code = find_table(config, "printers", "printers.tsv", path, error);
	if (!code)
		code = profiles_load(path, s->profiles, error);
	if (code == VT_ERR_NOT_FOUND && !vt_config_get(config, "devices", "printers", NULL))
		code = VT_OK;
	if (!code)
		code = find_table(config, "hid", "hid.tsv", path, error);
	if (!code)
		code = hid_table_load(path, s->hid_table, error);
	if (code == VT_ERR_NOT_FOUND && !vt_config_get(config, "devices", "hid", NULL))
		code = VT_OK;
	return code;
}

static enum vt_code load_files(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *registry = vt_config_require(config, "devices", "registry", error);

	if (!registry)
		return error->code;
	s->registry = malloc(sizeof(*s->registry));
	if (!s->registry)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	enum vt_code code = registry_load(registry, s->registry, error);
	if (!code)
		code = load_tables(s, config, error);
	if (!code)
		code = load_fonts(s, config, error);
	return code;
}

static enum vt_code add_sources(struct service *s, struct vt_error *error)
{
	if (sd_event_add_time(s->event, &s->reconnect_source, CLOCK_MONOTONIC, 0, 0,
		    core_link_on_reconnect, s) < 0 ||
		sd_event_add_time(s->event, &s->wake_source, CLOCK_MONOTONIC, 0, 1000,
			slots_on_wake, s) < 0 ||
		sd_event_add_time(s->event, &s->attach_source, CLOCK_MONOTONIC, 0, 0,
			slots_on_attach_again, s) < 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_OFF);
	(void)sd_event_source_set_enabled(s->attach_source, SD_EVENT_OFF);
	return VT_OK;
}

static enum vt_code add_slot(struct service *s, struct device *device, struct vt_error *error)
{
	if (!device)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	VT_ASSERT(s->slot_count < MAX_SLOTS);
	s->slots[s->slot_count++].device = device;
	return VT_OK;
}

static enum vt_code add_printer(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *state = vt_config_get(config, "devices", "state", NULL);
	char path[PATH_MAX] = "";

	if (state && !vt_format(path, sizeof(path), "%s/printer.trace", state))
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: state: path too long");
	return add_slot(s, printing_create(&s->host, s->fonts, path), error);
}

/* Which media-type a tray of security paper has is the agency's and the printer's matter. */
static enum vt_code add_letter(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	struct ippu_media media;

	if (!vt_copy(media.security, sizeof(media.security),
		    vt_config_get(config, "devices", "security_media", "security")))
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: security_media: too long");
	return add_slot(s, lettering_create(&s->host, s->fonts, &media), error);
}

/* [devices] expected: what this terminal should have, ids in blanks; what is not there then counts
 * as unplugged. Anything else counts so once it has been there. */
static enum vt_code mark_expected(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *p = vt_config_get(config, "devices", "expected", "printer");
	size_t length;

	for (p += strspn(p, " ,"); *p; p += length, p += strspn(p, " ,")) {
		bool is_known = false;
		length = strcspn(p, " ,");
		for (size_t i = 0; i < s->slot_count; i++) {
			const char *id = s->slots[i].device->ops->id;
			if (strlen(id) != length || strncmp(id, p, length) != 0)
				continue;
			s->slots[i].is_expected = is_known = true;
		}
		if (!is_known)
			return vt_fail(error, VT_ERR_PARSE, 0, "devices: expected: no device %.*s",
				(int)length, p);
	}
	return VT_OK;
}

static enum vt_code start_devices(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const struct usb_watch watch = {.arrived = slots_on_arrived,
		.left = slots_on_left,
		.refused = slots_on_refused,
		.owner = s};

	enum vt_code code = usb_libusb_create(s->event, &s->usb, error);
	if (code)
		return code;
	s->host = (struct device_host){.owner = s,
		.usb = s->usb,
		.registry = s->registry,
		.profiles = s->profiles,
		.now_ms = now_ms,
		.is_connected = core_link_is_up,
		.message = core_link_message,
		.send = core_link_send,
		.send_copy = core_link_send_copy,
		.refuse = core_link_refuse,
		.changed = on_changed};
	/* The HID readers know a Common.Cancel of theirs; the card reader takes every other. */
	code = add_printer(s, config, error);
	if (!code)
		code = add_letter(s, config, error);
	if (!code)
		code = add_slot(s, hid_slot_create_scanner(&s->host, s->hid_table), error);
	if (!code)
		code = add_slot(s, hid_slot_create_stripe(&s->host, s->hid_table), error);
	if (!code)
		code = add_slot(s, reader_slot_create(&s->host, s->readers), error);
	if (!code)
		code = mark_expected(s, config, error);
	return code ? code : s->usb->ops->watch(s->usb, &watch, error);
}

enum vt_code service_create(struct sd_event *event, const char *socket_path,
	const struct vt_config *config, struct service **ret_service, struct vt_error *error)
{
	struct service *s = calloc(1, sizeof(*s));
	enum vt_code code = VT_OK;

	if (!s || !(s->message = calloc(1, sizeof(*s->message)))) {
		free(s);
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	}
	s->event = event;
	vt_uuid_make(s->run);
	if (!vt_copy(s->socket_path, sizeof(s->socket_path), socket_path))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "devices: socket path too long");
	if (!code)
		code = load_files(s, config, error);
	if (!code)
		code = add_sources(s, error);
	if (!code)
		code = start_devices(s, config, error);
	if (code) {
		service_destroy(&s);
		return code;
	}
	*ret_service = s;
	return VT_OK;
}

void service_destroy(struct service **service)
{
	struct service *s = *service;

	if (!s)
		return;
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].device->ops->destroy(s->slots[i].device);
	usb_destroy(&s->usb);
	sd_event_source_disable_unref(s->conn_source);
	sd_event_source_disable_unref(s->reconnect_source);
	sd_event_source_disable_unref(s->wake_source);
	sd_event_source_disable_unref(s->attach_source);
	bus_conn_close(&s->conn);
	text_fonts_close(&s->fonts);
	free(s->registry);
	free(s->readers);
	free(s->hid_table);
	free(s->profiles);
	free(s->message);
	free(s);
	*service = NULL;
}
