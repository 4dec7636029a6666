#ifndef VT_VDEV_SESSION_H
#define VT_VDEV_SESSION_H

/* A session of hosts with virtual devices as readable text, written by `serve --session FILE` and
 * played again, without a host, by `virtual-devices replay FILE`: the same input must bring the
 * same output.
 *
 *   seed 1 · speed instant · speed 150       (percent) first, if not the usual
 *   device printer:serial=A                  each device, as after --device, in this order
 *   [MS] [ID] > 01 1B 40                     OUT transfer: endpoint, the bytes taken
 *   [MS] [ID] < 82:64 12                     IN transfer: endpoint, asked for, what came
 *   [MS] [ID] > 00 21 02 00 00 00 00 00 00   control: the eight setup bytes, then what was sent
 *   [MS] [ID] < 00 A1 01 00 00 00 00 01 00 : 18     or what came
 *   [MS] [ID] ! timeout 82:64                cancelled: nothing (more) had come
 *   [MS] [ID] ! stall|error|babble 82:64     the transfer failed so; with the bytes of an OUT one
 *   [MS] [ID] ! unplug                       the device is gone
 *   [MS] [ID] ! clear 82 · ! reset           the host cleared a halt, reset the device
 *   [MS] [ID] = paper out                    a switch (vdev.h), "card insert FILE" included
 *
 * MS since the start, never falling; ID may be left out where there is one device; '#' begins a
 * comment at the start of a line. A line without MS happens at the time of the one before. */

#include <stdint.h>

#include "terminal/base/error.h"

/* Longest transfer that a line carries. */
#define SESSION_MAX_BYTES (256 * 1024)
/* A device that says "not now" is asked again until so much of its time is over. */
#define SESSION_PATIENCE_MS 60000

/* Plays the file. *ret_lines counts what was played. VT_ERR_PARSE: not a session; VT_ERR_CORRUPT: a
 * device did something else than the file says; error has the line's number. May do I/O: card
 * files. */
VT_MUST_USE enum vt_code session_replay(
	const char *path, unsigned *ret_lines, struct vt_error *error);

#endif
