/* What a technician should do, from the word a driver gives: one table for all devices. */

#include <string.h>

#include "drivers/device.h"

const char *device_advice(const char *reason, enum device_state state)
{
	static const struct {
		const char *reason, *advice;
	} table[] = {
		{"paper", "Put in paper."},
		{"cover", "Close the printer's cover."},
		{"jam", "Take the jammed sheet out, then close the printer."},
		{"supply", "Put in new toner."},
		{"supplyLow", "Toner is near its end: bring a new cartridge."},
		{"tray", "Put the paper tray in."},
		{"paused", "The printer is paused: let it go on at its own panel."},
		{"output", "Take the sheets out of the printer's tray."},
		{"cutter", "Clear the jammed cutter, then close the cover."},
		{"unplugged", "Connect the device's USB cable and switch it on."},
		{"notInstalled",
			"This terminal has none. If it should, connect it and switch it on."},
		{"device", "Switch the device off and on; replace it if that does not help."},
		{"protocol",
			"It does not answer as its model should: check its line in the table."},
		{"refused", "Another program or a missing permission keeps it: see the log."},
		{"silent", "It does not answer: unplug it for ten seconds; then replace it."},
		{"transfer", "The USB connection fails: try another cable and another port."},
		{"unsupported", "This device cannot be used: see ventanillactl device descriptor."},
		{"unlike", "It sends no reports of its kind: set its mode, or correct its line in "
			   "hid.tsv."},
		{"memory", "The device process is out of memory: restart it."},
		{"flapping", "It came and went too often: check cable and power, then reset it."},
		{"lying", "It keeps breaking its protocol: replace it, then reset it."},
	};

	for (size_t i = 0; i < VT_ELEMENTS(table); i++)
		if (strcmp(table[i].reason, reason) == 0)
			return table[i].advice;
	return state == DEVICE_DEGRADED ? "Paper is near its end: bring a new roll." : "";
}
