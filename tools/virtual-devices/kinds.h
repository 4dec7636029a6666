#ifndef VT_VDEV_KINDS_H
#define VT_VDEV_KINDS_H

/* Devices from words: "printer:id=left,usblp", "ccid:level=extended,card=FILE",
 * "keyboard:unplugged". */

#include "terminal/base/error.h"
#include "tools/virtual-devices/vdev.h"

/* What holds for every device that does not say otherwise. */
struct kind_defaults {
	uint32_t seed;
	unsigned speed_percent;
	bool instant;
};

struct kind_device {
	struct vdev *dev;   /* owned by the caller */
	const char *driver; /* kernel driver bound at each plug: "usblp", "usbhid", or NULL */
};

/* index: 1 for the first of its kind, for the id of those who give none ("printer", "printer2").
 * VT_ERR_NOT_FOUND: no such kind; VT_ERR_INVALID: an option. error says which. */
VT_MUST_USE enum vt_code kind_create(const char *text, int index,
	const struct kind_defaults *defaults, struct kind_device *ret, struct vt_error *error);
/* True if both texts name the same kind. */
bool kind_is_same(const char *a, const char *b);
/* vdev_command(), and "card insert FILE [slot N]", for which a reader itself has no files. */
VT_MUST_USE enum vt_code kind_command(struct vdev *dev, const char *line, struct vt_buf *reply);
/* "instant" or a decimal factor with at most two places: 1, 0.5, 10. */
bool kind_parse_speed(const char *text, unsigned *ret_percent, bool *ret_instant);
/* One line for each kind with its options, for --help. */
extern const char kind_help[];

#endif
