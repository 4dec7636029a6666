#ifndef VT_DRIVERS_PRINTER_PRINTER_PORT_H
#define VT_DRIVERS_PRINTER_PRINTER_PORT_H

/* The printer machine on a USB device: carries out its effects as transfers of usb.h and brings
 * their ends back as events. Knows no loop: its owner asks for the next wake-up time. */

#include "drivers/device_id.h"
#include "drivers/printer/printer.h"
#include "drivers/usb/usb.h"

struct printer_port;

/* Called from inside the port's functions and from transfers' ends; they may call the port again.
 */
struct printer_port_owner {
	void *owner;
	int64_t (*now_ms)(void *owner); /* monotonic */
	/* The first byte of a sheet goes out next: keep printer_get_trace(). Must not call the
	 * port. */
	void (*begun)(void *owner);
	void (*done)(void *owner, const struct printer_print_result *result);
	void (*resolved)(void *owner, const struct printer_print_result *result);
	/* What the printer says of itself before anything is sent to it; NULL: it does not, or
	 * nonsense. May put another profile and void mark in the place of those of
	 * printer_port_attach(). False: it is none of ours, the port lets it go. Must not call the
	 * port. NULL: the printer is not asked. */
	bool (*identified)(void *owner, const struct device_id *id, struct printer_profile *profile,
		struct sheet *void_mark);
	/* View, wake-up time or readiness may have changed. */
	void (*changed)(void *owner);
};

/* Borrows usb. salt: random. NULL: no memory. */
struct printer_port *printer_port_create(
	struct usb *usb, const struct printer_port_owner *owner, uint32_t salt);
/* NULL allowed; *port = NULL. No call to the owner. */
void printer_port_destroy(struct printer_port **port);

/* Is there an interface that a printer of ours has: class 7.1, both bulk directions (or a vendor
 * class with them, as older interface boards)? NULL if not. */
const struct usb_interface *printer_port_interface(const struct usb_desc *desc);

/* Opens and claims the device. void_mark is taken over on success. VT_ERR_STATE: a printer is
 * attached already; VT_ERR_UNSUPPORTED: no interface of a printer; else as usb_ops.open, claim. */
VT_MUST_USE enum vt_code printer_port_attach(struct printer_port *port,
	const struct usb_device_info *info, const struct printer_profile *profile,
	struct sheet *void_mark, struct vt_error *error);
/* The device is gone (hotplug): true if it was this port's. */
bool printer_port_detach(struct printer_port *port, usb_key key);
/* Attached, but not asked yet what it is: it cannot print, and that is no failure. */
bool printer_port_is_identifying(const struct printer_port *port);
/* 0 if none is attached. */
usb_key printer_port_key(const struct printer_port *port);

/* VT_ERR_BUSY: a sheet is in work, the caller keeps sheet; else it is taken over. */
VT_MUST_USE enum vt_code printer_port_print(
	struct printer_port *port, const char *job, struct sheet *sheet);
int64_t printer_port_wake_ms(const struct printer_port *port);
/* To be called when the wake-up time has come. */
void printer_port_wake(struct printer_port *port);
/* The machine, for its views; borrowed. */
struct printer *printer_port_machine(struct printer_port *port);

#endif
