/* What core and devices say of a device, in the reader's language. They say it in English (drivers/
 * advice.c, the drivers' tests, terminal/core/maintain.c): the ids of the ui's texts as well. */

#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/ctl/ctl.h"

static const struct ctl_text sentences[] = {
	{.es = "Ponga papel.", .en = "Put in paper."},
	{.es = "Cierre la tapa de la impresora.", .en = "Close the printer's cover."},
	{.es = "Saque la hoja atascada y cierre la impresora.",
		.en = "Take the jammed sheet out, then close the printer."},
	{.es = "Ponga tóner nuevo.", .en = "Put in new toner."},
	{.es = "El tóner está por acabarse: traiga un cartucho nuevo.",
		.en = "Toner is near its end: bring a new cartridge."},
	{.es = "Meta la bandeja de papel.", .en = "Put the paper tray in."},
	{.es = "La impresora está en pausa: reanúdela en su propio panel.",
		.en = "The printer is paused: let it go on at its own panel."},
	{.es = "Saque las hojas de la bandeja de la impresora.",
		.en = "Take the sheets out of the printer's tray."},
	{.es = "Libere la cuchilla atascada y cierre la tapa.",
		.en = "Clear the jammed cutter, then close the cover."},
	{.es = "Conecte el cable USB del dispositivo y enciéndalo.",
		.en = "Connect the device's USB cable and switch it on."},
	{.es = "Esta terminal no tiene. Si debería tenerlo, conéctelo y enciéndalo.",
		.en = "This terminal has none. If it should, connect it and switch it on."},
	{.es = "Apague y encienda el dispositivo; cámbielo si no basta.",
		.en = "Switch the device off and on; replace it if that does not help."},
	{.es = "No responde como su modelo: revise su renglón en la tabla.",
		.en = "It does not answer as its model should: check its line in the table."},
	{.es = "Otro programa o un permiso lo impide: vea el registro.",
		.en = "Another program or a missing permission keeps it: see the log."},
	{.es = "No responde: desconéctelo diez segundos; si no, cámbielo.",
		.en = "It does not answer: unplug it for ten seconds; then replace it."},
	{.es = "Falla la conexión USB: pruebe otro cable y otro puerto.",
		.en = "The USB connection fails: try another cable and another port."},
	{.es = "Este dispositivo no se puede usar: vea ventanillactl device descriptor.",
		.en = "This device cannot be used: see ventanillactl device descriptor."},
	{.es = "No manda reportes de su tipo: ajuste su modo o corrija su renglón en hid.tsv.",
		.en = "It sends no reports of its kind: set its mode, or correct its line in "
		      "hid.tsv."},
	{.es = "Al proceso de dispositivos le falta memoria: reinícielo.",
		.en = "The device process is out of memory: restart it."},
	{.es = "Se fue y volvió muchas veces: revise cable y corriente y reinícielo.",
		.en = "It came and went too often: check cable and power, then reset it."},
	{.es = "No respeta su protocolo: cámbielo y reinícielo.",
		.en = "It keeps breaking its protocol: replace it, then reset it."},
	{.es = "El papel está por acabarse: traiga un rollo nuevo.",
		.en = "Paper is near its end: bring a new roll."},
	{.es = "Se leyó una banda magnética.", .en = "A stripe was read."},
	{.es = "Se leyó un código.", .en = "A code was read."},
	{.es = "Deslice una tarjeta que no sea bancaria.",
		.en = "Swipe a card that is no payment card."},
	{.es = "Ponga cualquier código impreso bajo el lector.",
		.en = "Hold any printed code under the scanner."},
	{.es = "Inserte una tarjeta, el chip por delante, y pruebe de nuevo.",
		.en = "Insert a card, chip first, and test again."},
	{.es = "La tarjeta no da ATR: voltéela, límpiela o pruebe otra.",
		.en = "The card gives no ATR: turn it round, clean it or try another one."},
	{.es = "La tarjeta recibió corriente y dio su ATR.",
		.en = "The card was powered and told its ATR."},
	{.es = "Mire la hoja: renglones completos, los dos códigos legibles, bordes limpios.",
		.en = "Look at the sheet: lines complete, both codes readable, edges clean."},
	{.es = "No se imprimió nada útil.", .en = "Nothing usable was printed."},
	{.es = "La impresora no dijo si salió la hoja: mírela.",
		.en = "The printer did not say whether the sheet came out: look at it."},
};

/* The reasons a person meets; what is not here stays the word that logs and JSON have. */
static const struct {
	const char *reason;
	struct ctl_text text;
} reasons[] = {
	{"noScan", {"no se puso ningún código bajo el lector", "no code was held under it"}},
	{"noSwipe", {"no se deslizó ninguna tarjeta", "no card was swiped"}},
	{"noCard", {"no se insertó ninguna tarjeta", "no card was inserted"}},
	{"notInstalled", {"esta terminal no tiene", "this terminal has none"}},
	{"unplugged", {"desconectado", "unplugged"}},
	{"paper", {"sin papel", "no paper"}},
	{"cover", {"tapa abierta", "cover open"}},
};

const char *ctl_device_sentence(const char *english)
{
	for (size_t i = 0; i < VT_ELEMENTS(sentences); i++)
		if (strcmp(sentences[i].en, english) == 0)
			return ctl_say(sentences[i]);
	return english;
}

const char *ctl_device_reason(const char *reason)
{
	for (size_t i = 0; i < VT_ELEMENTS(reasons); i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			return ctl_say(reasons[i].text);
	return reason;
}

const char *ctl_device_request(const char *id)
{
	if (strcmp(id, "scanner") == 0)
		return ctl_device_sentence("Hold any printed code under the scanner.");
	if (strcmp(id, "stripe") == 0)
		return ctl_device_sentence("Swipe a card that is no payment card.");
	if (strcmp(id, "reader") == 0)
		return ctl_say(CTL_TEXT(
			"Inserte una tarjeta, el chip por delante.", "Insert a card, chip first."));
	return NULL;
}
