#include "tests/drivers/documents.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

static struct receipt_line *add(
	struct receipt *ret, enum receipt_kind kind, const char *text, const char *value)
{
	struct receipt_line *line = &ret->lines[ret->line_count++];

	VT_ASSERT(ret->line_count <= RECEIPT_MAX_LINES);
	line->kind = kind;
	vt_copy_cut(line->text, sizeof(line->text), text);
	vt_copy_cut(line->value, sizeof(line->value), value);
	return line;
}

static void certificate(struct receipt *ret)
{
	add(ret, RECEIPT_TEXT, "Registro Nacional de Población", "")->centred = true;
	add(ret, RECEIPT_TITLE, "Constancia de la Clave Única de Registro de Población", "");
	add(ret, RECEIPT_RULE, "", "");
	add(ret, RECEIPT_BIG, "IICP850312MJCXNL08", "");
	add(ret, RECEIPT_PAIR, "Nombre(s)", "PALOMA");
	add(ret, RECEIPT_PAIR, "Primer apellido", "ÍÑIGUEZ");
	add(ret, RECEIPT_PAIR, "Segundo apellido", "CAÑAS");
	add(ret, RECEIPT_PAIR, "Fecha de nacimiento", "12 de marzo de 1985");
	add(ret, RECEIPT_PAIR, "Sexo", "Mujer");
	add(ret, RECEIPT_PAIR, "Entidad de nacimiento", "Jalisco");
	add(ret, RECEIPT_PAIR, "Fecha de inscripción", "04/02/1999");
	add(ret, RECEIPT_PAIR, "Documento probatorio",
		"Acta de nacimiento. Tlaquepaque, Jalisco; año 1985, libro 0002, acta 00598");
	add(ret, RECEIPT_SPACE, "", "");
	add(ret, RECEIPT_TEXT,
		"Esta Clave Única de Registro de Población se expide con base en los datos que "
		"identifican su documento probatorio.",
		"");
	add(ret, RECEIPT_TEXT, "CURP certificada: verificada con el Registro Civil.", "")->bold =
		true;
	add(ret, RECEIPT_QR,
		"IICP850312MJCXNL08||ÍÑIGUEZ|CAÑAS|PALOMA|MUJER|12/03/1985|JALISCO|14|", "");
	add(ret, RECEIPT_BARCODE, "IICP850312MJCXNL08", "");
	add(ret, RECEIPT_RULE, "", "");
	add(ret, RECEIPT_TEXT,
		"Trámite gratuito. Folio 0001-A3K7-94ZQ-11HX, terminal VT-0001, 29/11/2026 10:42. "
		"Muestra: la persona no existe.",
		"")
		->centred = true;
}

static void copy(struct receipt *ret)
{
	add(ret, RECEIPT_TEXT, "Registro Civil del Estado de Yucatán", "")->centred = true;
	add(ret, RECEIPT_TITLE, "Copia certificada de acta de nacimiento", "");
	add(ret, RECEIPT_RULE, "", "");
	add(ret, RECEIPT_PAIR, "Oficialía", "0001, Mérida");
	add(ret, RECEIPT_PAIR, "Libro, acta, foja", "0007, 00412, 206");
	add(ret, RECEIPT_PAIR, "Fecha de registro", "21 de agosto de 1991");
	add(ret, RECEIPT_PAIR, "Persona registrada", "JOSÉ NAHÚM PECH CAAMAL");
	add(ret, RECEIPT_PAIR, "Fecha y lugar de nacimiento", "2 de agosto de 1991, Valladolid");
	add(ret, RECEIPT_PAIR, "Madre", "MARÍA X’ÓOCHIL CAAMAL UC");
	add(ret, RECEIPT_PAIR, "Padre", "ERNESTO PECH EK");
	add(ret, RECEIPT_PAIR, "Anotaciones marginales", "Sin anotaciones");
	add(ret, RECEIPT_SPACE, "", "");
	add(ret, RECEIPT_TEXT,
		"La presente copia concuerda con el acta que obra en los archivos del Registro "
		"Civil. "
		"Puede comprobarse con el identificador electrónico impreso abajo.",
		"");
	add(ret, RECEIPT_BIG, "31050000120260012345", "");
	add(ret, RECEIPT_QR, "Acta 31-0001-1991-00412. Identificador 31050000120260012345.", "");
	add(ret, RECEIPT_BARCODE, "31050000120260012345", "");
	add(ret, RECEIPT_TEXT, "Muestra: la persona no existe.", "")->centred = true;
}

static void several_pages(struct receipt *ret)
{
	char label[32];

	certificate(ret);
	ret->copy = true;
	for (int i = 1; ret->line_count < RECEIPT_MAX_LINES; i++) {
		(void)snprintf(label, sizeof(label), "Anotación %d", i);
		add(ret, RECEIPT_PAIR, label,
			"El contenido de esta anotación ocupa más de una línea de la columna de la "
			"derecha.");
	}
}

bool document_of(const char *name, struct receipt *ret)
{
	static const struct {
		const char *name;
		void (*fill)(struct receipt *ret);
	} documents[] = {{"certificate", certificate}, {"copy", copy}, {"long", several_pages}};

	memset(ret, 0, sizeof(*ret));
	vt_copy_cut(ret->lang, sizeof(ret->lang), "es-MX");
	for (size_t i = 0; i < VT_ELEMENTS(documents); i++)
		if (strcmp(documents[i].name, name) == 0) {
			documents[i].fill(ret);
			return true;
		}
	return false;
}
