#ifndef VT_DRIVERS_USB_USB_H
#define VT_DRIVERS_USB_USB_H

/* The USB transport as one table of functions, so that drivers run over libusb (usb_libusb.c) in
 * the product and over a virtual device called directly (tests/drivers/usb_direct.c) in unit tests.
 *
 * Nothing here blocks. Everything that takes time is a transfer: it is submitted, and its done
 * function is called later from the event loop, exactly once, with status and count. One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/usb/desc.h"
#include "drivers/usb/io.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* bus << 8 | address: new at each plug, never reused while we know the device. */
typedef uint32_t usb_key;

/* Largest data of one transfer (above the 14 KiB of a receipt band we cut ourselves). */
#define USB_MAX_TRANSFER 16384

/* The values of libusb's enum libusb_transfer_status. */
enum usb_status {
	USB_COMPLETED,
	USB_ERROR,
	USB_TIMED_OUT,
	USB_CANCELLED,
	USB_STALL,
	USB_NO_DEVICE,
	USB_OVERFLOW,
	USB_STATUS_COUNT
};

struct usb_device_info {
	usb_key key;
	struct usb_desc desc;
};

struct usb_transfer;
/* A transfer has ended: t->status and t->actual are valid, t is the owner's again and may be
 * submitted anew from here. */
typedef void usb_done_fn(struct usb_transfer *t, void *owner);

struct usb_transfer {
	uint8_t endpoint; /* 0x80 = IN; 0 = control with setup */
	enum usb_transfer_type type;
	uint8_t setup[8];    /* control only; wLength must equal length */
	uint8_t *data;	     /* borrowed from submit until done; IN: filled before done */
	size_t length;	     /* ≤ USB_MAX_TRANSFER */
	unsigned timeout_ms; /* 0 = none */
	usb_done_fn *done;
	void *owner;
	enum usb_status status; /* result */
	size_t actual;		/* result: bytes moved, also of failed and cancelled transfers */
	void *backend;		/* private; not NULL while in flight */
};

/* Who wants to know about plug and unplug. Called from the event loop only, never from inside a
 * function of this table. left() may come before the device's transfers end. */
struct usb_watch {
	void (*arrived)(void *owner, const struct usb_device_info *info);
	void (*left)(void *owner, usb_key key);
	void (*refused)(void *owner, usb_key key, const char *reason); /* malformed descriptors */
	void *owner;
};

struct usb_handle;
struct usb;

struct usb_ops {
	/* Present devices, at most max; returns how many. */
	size_t (*list)(struct usb *usb, struct usb_device_info *ret, size_t max);
	/* Starts hotplug: arrived() for each device that is present now or comes later. */
	enum vt_code (*watch)(
		struct usb *usb, const struct usb_watch *watch, struct vt_error *error);
	/* VT_ERR_NOT_FOUND: gone meanwhile. VT_ERR_DENIED: no permission on the node. */
	enum vt_code (*open)(struct usb *usb, usb_key key, struct usb_handle **ret_handle,
		struct vt_error *error);
	/* Ends the session at once for the caller: no done function runs after it; transfers in
	 * flight are cancelled behind the scenes and *their data is no longer touched*. */
	void (*close)(struct usb_handle *handle);
	/* Takes an interface from a kernel driver if need be. VT_ERR_BUSY: another program has it.
	 */
	enum vt_code (*claim)(struct usb_handle *handle, uint8_t interface, struct vt_error *error);
	enum vt_code (*set_alternate)(struct usb_handle *handle, uint8_t interface,
		uint8_t alternate, struct vt_error *error);
	/* Bulk, interrupt or control. VT_ERR_NOT_FOUND: device gone; done is not called then. */
	enum vt_code (*submit)(
		struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error);
	/* Asks for an early end: done comes with USB_CANCELLED or what really happened. */
	void (*cancel)(struct usb_handle *handle, struct usb_transfer *t);
	/* Clears the halt of t->endpoint; ends through t->done like a transfer. */
	enum vt_code (*clear_halt)(
		struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error);
	/* Port reset; ends through t->done. The device may come back under a new key. */
	enum vt_code (*reset)(
		struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error);
	void (*destroy)(struct usb *usb);
};

/* A back end's object begins with this. */
struct usb {
	const struct usb_ops *ops;
};

/* Closes everything and frees; all handles must be closed before. NULL allowed; *usb = NULL. */
void usb_destroy(struct usb **usb);
/* Opens a device and takes one interface of it, in the alternate setting that was described. The
 * errors are those of open, claim and set_alternate; nothing stays open then. The caller closes
 * *ret_handle by the table's close(). */
VT_MUST_USE enum vt_code usb_take(struct usb *usb, usb_key key,
	const struct usb_interface *interface, struct usb_handle **ret_handle,
	struct vt_error *error);
/* For a driver's port: what its machine is told. *is_gone becomes true when the transfer says that
 * the device is no more there; it is never taken back here. */
enum usb_io usb_io_of(enum usb_status status, bool *is_gone);
/* Fills the 8 setup bytes of a control transfer. */
void usb_setup(uint8_t setup[8], uint8_t type, uint8_t request, uint16_t value, uint16_t index,
	uint16_t length);

#endif
