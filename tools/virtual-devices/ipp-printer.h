#ifndef VT_VDEV_IPP_PRINTER_H
#define VT_VDEV_IPP_PRINTER_H

/* A letter-size printer on IPP over USB: class 7/1/4, two interfaces, each one HTTP/1.1 connection.
 * What stands behind the pipes is a back end: the printer of ipp-engine.c, or a TCP connection to a
 * printer that is not ours (ipp-bridge.c: ippeveprinter).
 *
 * Switches of the engine: tray main|security full|low|out · cover open|close · jam [clear] · toner
 * full|low|out · mute on|off (takes requests, answers none) · abort on|off (gives up every job) ·
 * forget (its list of jobs is lost). */

#include "tools/virtual-devices/vdev.h"

/* Linux Foundation, composite gadget: what a Linux board with the printer gadget shows, too. */
#define IPP_PRINTER_VENDOR_ID  0x1d6b
#define IPP_PRINTER_PRODUCT_ID 0x0104
#define IPP_PRINTER_LINKS      2
/* Of interface n: OUT n + 1, IN 0x81 + n. */
#define IPP_PRINTER_EP_OUT 0x01
#define IPP_PRINTER_EP_IN  0x81

struct ipp_printer_options {
	const char *id, *serial;
	unsigned page_ms;     /* from the last byte to the paper; 0 = at once */
	unsigned bridge_port; /* TCP port of a printer on loopback; 0 = the engine */
	uint32_t seed;
	bool black_only; /* black_1, no sgray_8 */
};

/* NULL: no memory. */
struct vdev *ipp_printer_create(const struct ipp_printer_options *options);

/* --- back ends --- */

struct ipp_back {
	/* Takes what came on a link; -1: not now, -2: the link is broken. */
	int (*write)(struct ipp_back *back, int link, const uint8_t *data, size_t length);
	/* Gives what is to go out on a link; -1: nothing now. */
	int (*read)(struct ipp_back *back, int link, uint8_t *data, size_t max);
	/* The host's half of the link is gone: what was begun on it is dropped. */
	void (*hang_up)(struct ipp_back *back, int link);
	void (*power)(struct ipp_back *back, bool on);
	void (*tick)(struct ipp_back *back, int64_t now_ms);
	int64_t (*next_ms)(const struct ipp_back *back);
	enum vt_code (*command)(struct ipp_back *back, size_t count, const char *const *words,
		struct vt_buf *reply);
	void (*status)(const struct ipp_back *back, struct vt_buf *reply);
	void (*destroy)(struct ipp_back *back);
};

/* Sheets become effects of dev; borrowed. NULL: no memory. */
struct ipp_back *ipp_engine_create(struct vdev *dev, const struct ipp_printer_options *options);
struct ipp_back *ipp_bridge_create(unsigned port);

#endif
