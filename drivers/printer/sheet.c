#include "drivers/printer/sheet.h"

void sheet_finish(struct sheet *sheet)
{
	vt_buf_finish(&sheet->stream);
	*sheet = (struct sheet){0};
}
