/* The request that a citizen signs, line by line. There is one text: the screen's rows are its
 * lines, taken apart again, so that nothing is signed that is not shown and nothing shown that is
 * not signed. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/session/session_internal.h"

#define SEPARATOR ": "
/* Service and agency; terminal, date and number. */
#define LINES_BEFORE 2
#define LINES_AFTER  3

static bool is_english(const struct session *s)
{
	return strcmp(s->c.lang, "en") == 0;
}

/* One line each, and one row: cut to what a row holds, which check_signed_way() (catalogue_check.c)
 * leaves only to agencies and authorities with endless names. */
static void copy_row(char *dst, size_t size, const char *text)
{
	vt_copy_cut(dst, size, text);
	for (char *c = dst; *c; c++) {
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	}
}

static void add_line(struct vt_buf *out, const char *label, const char *value)
{
	struct screen_item row;

	if (!value[0])
		return;
	copy_row(row.label, sizeof(row.label), label);
	copy_row(row.value, sizeof(row.value), value);
	vt_buf_printf(out, "%s" SEPARATOR "%s\n", row.label, row.value);
	vt_wipe(&row, sizeof(row));
}

static void add_answers(const struct session *s, struct vt_buf *out)
{
	char value[sizeof(((struct screen_item *)NULL)->value)];

	for (size_t i = form_next(s, 0); i < s->c.way->question_count; i = form_next(s, i + 1)) {
		const struct catalogue_question *question = s->c.way->questions[i];
		form_display(s, question, value, sizeof(value));
		add_line(out, catalogue_text(&question->row, s->c.lang), value);
	}
	vt_wipe(value, sizeof(value));
}

/* Whose signature it is, and where and when it was made. */
static void add_signature(const struct session *s, struct vt_buf *out)
{
	const bool english = is_english(s);
	char date[DATE_LONG_SIZE], moment[DATE_LONG_SIZE + 16];

	date_format_long(s->today, s->c.lang, date);
	snprintf(moment, sizeof(moment), "%s, %02d:%02d", date, s->minute / 60, s->minute % 60);
	add_line(out, english ? "Signed by" : "Firma", s->c.sign.holder);
	add_line(out, "RFC", s->c.sign.rfc);
	add_line(out, "Terminal", s->terminal);
	add_line(out, english ? "Date and time" : "Fecha y hora", moment);
	add_line(out, english ? "Request number" : "Número de solicitud", s->c.sign.key);
}

bool request_write(struct session *s)
{
	const struct catalogue_service *service = s->c.service;
	const bool english = is_english(s);
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, sizeof(s->c.sign.request) - 1);
	vt_buf_append_text(&out, english ? "I request the following and sign it with my e.firma.\n"
					 : "Pido lo siguiente y lo firmo con mi e.firma.\n");
	add_line(&out, english ? "Service" : "Trámite", catalogue_text(&service->name, s->c.lang));
	add_line(&out, english ? "Agency" : "Dependencia",
		catalogue_text(&service->agency_name, s->c.lang));
	add_answers(s, &out);
	add_signature(s, &out);
	return !out.failed &&
	       vt_copy(s->c.sign.request, sizeof(s->c.sign.request), vt_buf_text(&out));
}

/* A part of a line into a member of the model: it fits, request_write() made it of such parts. */
static void take(char *dst, size_t size, const char *text, size_t length)
{
	VT_ASSERT(length < size);
	memcpy(dst, text, length);
	dst[length] = '\0';
}

void request_model(const struct session *s, struct screen_model *model)
{
	const char *line = s->c.sign.request;
	size_t length = strcspn(line, "\n");

	vt_copy_cut(model->outcome, sizeof(model->outcome), "request");
	model->can_back = true;
	take(model->lead, sizeof(model->lead), line, length);
	for (line += length + 1; *line; line += length + 1) {
		struct screen_item *item = &model->items[model->item_count];
		const char *value = strstr(line, SEPARATOR);
		length = strcspn(line, "\n");
		VT_ASSERT(model->item_count < SCREEN_MAX_ITEMS && value && value < line + length);
		item->kind = ITEM_ROW;
		snprintf(item->id, sizeof(item->id), "row%zu", model->item_count++);
		take(item->label, sizeof(item->label), line, (size_t)(value - line));
		value += strlen(SEPARATOR);
		take(item->value, sizeof(item->value), value, (size_t)(line + length - value));
	}
	/* Everything but what stands on the wall of the terminal, too. */
	for (size_t i = LINES_BEFORE; i + LINES_AFTER < model->item_count; i++)
		model->items[i].personal = true;
}

bool request_is_holders(const struct session *s, const char *curp, const char *rfc)
{
	for (size_t i = 0; i < s->c.way->question_count; i++) {
		const struct catalogue_question *question = s->c.way->questions[i];
		const char *claimed = question->claim == CLAIM_CURP  ? curp
				      : question->claim == CLAIM_RFC ? rfc
								     : NULL;
		if (claimed && form_asked(s, question) &&
			strcmp(form_peek(s, question)->value, claimed) != 0)
			return false;
	}
	return curp[0] != '\0';
}
