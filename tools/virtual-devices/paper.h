#ifndef VT_VDEV_PAPER_H
#define VT_VDEV_PAPER_H

/* Sheets as pictures: DIR/paper-N.png, or DIR/paper-N-partial.png for a torn one. N counts on from
 * the highest number already in the folder. 203 dpi, with the paper's blank edges (80 mm roll). */

#include "terminal/base/error.h"
#include "tools/virtual-devices/vdev.h"

/* Blank millimetres left and right of the 72 mm that print. */
#define PAPER_MARGIN_PX 32

/* Writes the picture under a temporary name and renames it: whoever sees the name sees it whole.
 * ret_path (size ≥ 1) gets the path. VT_ERR_IO when the folder refuses;
 * then no file is left. */
VT_MUST_USE enum vt_code paper_write(const struct vdev_sheet *sheet, const char *dir,
	char *ret_path, size_t size, struct vt_error *error);

#endif
