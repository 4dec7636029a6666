#ifndef VT_DRIVERS_IPP_PORT_H
#define VT_DRIVERS_IPP_PORT_H

/* The letter-size printer's machine on a USB device: an exchange is an HTTP request on a bulk OUT
 * pipe and its whole answer on the bulk IN pipe beside it (USB-IF "IPP over USB" 1.0: class 7/1/4).
 * Knows no loop: its owner asks for the next wake-up time. */

#include "drivers/ipp/machine.h"
#include "drivers/usb/usb.h"

struct ippu_port;

/* Called from inside the port's functions and from transfers' ends; they may call the port again.
 */
struct ippu_port_owner {
	void *owner;
	int64_t (*now_ms)(void *owner); /* monotonic */
	void (*done)(void *owner, const struct printer_print_result *result);
	void (*resolved)(void *owner, const struct printer_print_result *result);
	void (*changed)(void *owner);
};

/* Borrows usb. NULL: no memory. */
struct ippu_port *ippu_port_create(struct usb *usb, const struct ippu_port_owner *owner,
	const struct ippu_media *media, uint32_t salt);
/* NULL allowed; *port = NULL. No call to the owner. */
void ippu_port_destroy(struct ippu_port **port);
/* The first interface 7/1/4 with both bulk directions; NULL if there is none. */
const struct usb_interface *ippu_port_interface(const struct usb_desc *desc);
/* Opens and claims. VT_ERR_STATE: a printer is attached already; VT_ERR_UNSUPPORTED: no such
 * interface; else as usb_ops.open, claim. */
VT_MUST_USE enum vt_code ippu_port_attach(
	struct ippu_port *port, const struct usb_device_info *info, struct vt_error *error);
/* The device is gone (hotplug): true if it was this port's. */
bool ippu_port_detach(struct ippu_port *port, usb_key key);
/* 0 if none is attached. */
usb_key ippu_port_key(const struct ippu_port *port);
/* VT_ERR_BUSY: a document is in work, the caller keeps it; else it is taken over (the struct is
 * zeroed) and wiped when its outcome is known. */
VT_MUST_USE enum vt_code ippu_port_print(struct ippu_port *port, const char *job,
	enum paper_kind paper, int page_count, struct vt_buf *document);
int64_t ippu_port_wake_ms(const struct ippu_port *port);
/* To be called when the wake-up time has come. */
void ippu_port_wake(struct ippu_port *port);
/* The machine, for its views; borrowed. */
struct ippu_machine *ippu_port_machine(struct ippu_port *port);

#endif
