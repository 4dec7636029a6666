/* A small IPP printer behind two HTTP connections: attributes with two trays, Validate-Job,
 * Print-Job, Get-Job-Attributes, Get-Jobs, Cancel-Job. It prints PWG raster onto letter sheets.
 * Messages are read and written by libcups, the raster is read by libcups: neither line is shared
 * with the driver. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cups/ipp.h>
#include <cups/raster.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/ipp-printer.h"

#define MAX_REQUEST (48 * 1024 * 1024)
#define MAX_HEADERS 8192
#define MAX_ANSWER  65536
#define MAX_JOBS    32
#define TRAYS	    2

enum level { LEVEL_FULL, LEVEL_LOW, LEVEL_OUT, LEVEL_COUNT };
static const char *const level_names[LEVEL_COUNT] = {"full", "low", "out"};
static const char *const tray_names[TRAYS] = {"main", "security"};
static const char *const tray_types[TRAYS] = {"stationery", "security"};

struct job {
	int id, pages, printed;
	ipp_jstate_t state;
	char name[64];
	int tray;
	struct vt_buf document;
	int64_t page_at_ms;
};

struct link {
	struct vt_buf request, answer;
	size_t given;
	size_t head_length, total; /* known once the headers are there; 0 = not yet */
};

struct engine {
	struct ipp_back base;
	struct vdev *dev; /* borrowed */
	struct link links[IPP_PRINTER_LINKS];
	struct job jobs[MAX_JOBS];
	size_t job_count;
	int next_job;
	unsigned page_ms, sheets;
	int64_t now_ms;
	enum level trays[TRAYS], toner;
	bool cover_open, jammed, mute, aborts, black_only;
};

static struct engine *of(struct ipp_back *back)
{
	return (struct engine *)back;
}

static const char *stop_reason(const struct engine *e, int tray)
{
	return e->jammed		     ? "media-jam-error"
	       : e->cover_open		     ? "door-open-error"
	       : e->toner == LEVEL_OUT	     ? "marker-supply-empty-error"
	       : e->trays[tray] == LEVEL_OUT ? "media-empty-error"
					     : NULL;
}

/* ---- paper ---- */

static uint8_t dot(const cups_page_header2_t *header, const uint8_t *line, unsigned x)
{
	return header->cupsBitsPerPixel == 1 ? line[x / 8] >> (7 - x % 8) & 1 : line[x] < 128;
}

static struct vdev_sheet *read_page(cups_raster_t *raster, const cups_page_header2_t *header)
{
	struct vdev_sheet *sheet = calloc(1, sizeof(*sheet));
	uint8_t *line = malloc(header->cupsBytesPerLine);

	if (sheet && line) {
		sheet->width_px = (int)header->cupsWidth;
		sheet->row_count = (int)header->cupsHeight;
		sheet->row_bytes = (header->cupsWidth + 7) / 8;
		sheet->is_page = true;
		sheet->rows = calloc(header->cupsHeight, sheet->row_bytes);
	}
	bool is_whole = sheet && line && sheet->rows;
	for (unsigned y = 0; is_whole && y < header->cupsHeight; y++) {
		is_whole = cupsRasterReadPixels(raster, line, header->cupsBytesPerLine) ==
			   header->cupsBytesPerLine;
		for (unsigned x = 0; is_whole && x < header->cupsWidth; x++)
			if (dot(header, line, x))
				sheet->rows[(size_t)y * sheet->row_bytes + x / 8] |=
					(uint8_t)(0x80 >> x % 8);
	}
	free(line);
	if (is_whole)
		return sheet;
	if (sheet)
		free(sheet->rows);
	free(sheet);
	return NULL;
}

static ssize_t read_document(void *context, unsigned char *data, size_t length)
{
	struct vt_buf *document = context;
	const size_t n = length < document->length ? length : document->length;

	memcpy(data, document->data, n);
	vt_buf_consume(document, n);
	return (ssize_t)n;
}

static bool is_sane(const cups_page_header2_t *header)
{
	return header->cupsWidth > 0 && header->cupsWidth <= 5100 && header->cupsHeight > 0 &&
	       header->cupsHeight <= 6600 &&
	       (header->cupsBitsPerPixel == 1 || header->cupsBitsPerPixel == 8);
}

/* Lays every page of the document out as a sheet; false: no PWG raster, or no page whole. */
static bool print_pages(struct engine *e, struct job *job)
{
	cups_raster_t *raster = cupsRasterOpenIO(read_document, &job->document, CUPS_RASTER_READ);
	cups_page_header2_t header;

	while (raster && cupsRasterReadHeader2(raster, &header) && is_sane(&header)) {
		struct vdev_effect effect = {.type = VDEV_EFFECT_SHEET};
		effect.sheet = read_page(raster, &header);
		if (!effect.sheet)
			break;
		effect.sheet->number = ++e->sheets;
		vt_copy_cut(
			effect.sheet->reason, sizeof(effect.sheet->reason), tray_names[job->tray]);
		job->printed++;
		if (!vdev_add_effect(e->dev, &effect)) {
			free(effect.sheet->rows);
			free(effect.sheet);
		}
	}
	cupsRasterClose(raster);
	vt_buf_finish(&job->document);
	return job->printed > 0;
}

static void advance(struct engine *e)
{
	for (size_t i = 0; i < e->job_count; i++) {
		struct job *job = &e->jobs[i];
		if (job->state >= IPP_JSTATE_CANCELED)
			continue;
		if (e->aborts) {
			job->state = IPP_JSTATE_ABORTED;
			vt_buf_finish(&job->document);
		} else if (stop_reason(e, job->tray)) {
			job->state = IPP_JSTATE_STOPPED;
			job->page_at_ms = e->now_ms + e->page_ms;
		} else {
			job->state = IPP_JSTATE_PROCESSING;
			if (e->now_ms >= job->page_at_ms)
				job->state = print_pages(e, job) ? IPP_JSTATE_COMPLETED
								 : IPP_JSTATE_ABORTED;
		}
		return; /* one after the other */
	}
}

/* ---- answers ---- */

static void add_text(
	ipp_t *ipp, ipp_tag_t group, ipp_tag_t tag, const char *name, const char *value)
{
	(void)ippAddString(ipp, group, tag, name, NULL, value);
}

static void add_trays(const struct engine *e, ipp_t *ipp)
{
	ipp_attribute_t *ready = NULL, *input = NULL;

	for (int i = 0; i < TRAYS; i++) {
		ipp_t *media = ippNew(), *size = ippNew();
		char text[160];
		(void)ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "x-dimension", 21590);
		(void)ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "y-dimension", 27940);
		(void)ippAddCollection(media, IPP_TAG_ZERO, "media-size", size);
		add_text(media, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-source", tray_names[i]);
		add_text(media, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-type", tray_types[i]);
		const int length = snprintf(text, sizeof(text),
			"type=sheetFeedAutoRemovableTray;mediafeed=27940;mediaxfeed=21590;"
			"maxcapacity=250;level=%d;status=0;name=%s;",
			e->trays[i] == LEVEL_OUT   ? 0
			: e->trays[i] == LEVEL_LOW ? 12
						   : 200,
			tray_names[i]);
		if (!ready) {
			ready = ippAddCollection(ipp, IPP_TAG_PRINTER, "media-col-ready", media);
			input = ippAddOctetString(
				ipp, IPP_TAG_PRINTER, "printer-input-tray", text, length);
		} else {
			(void)ippSetCollection(ipp, &ready, i, media);
			(void)ippSetOctetString(ipp, &input, i, text, length);
		}
		ippDelete(size);
		ippDelete(media);
	}
}

static void add_printer(const struct engine *e, ipp_t *ipp)
{
	static const char *const types[] = {"black_1", "sgray_8"};
	const char *stop =
		e->jammed || e->cover_open || e->toner == LEVEL_OUT ? stop_reason(e, 0) : NULL;
	const char *reasons[4];
	int count = 0;

	if (stop)
		reasons[count++] = stop;
	if (e->trays[0] == LEVEL_OUT || e->trays[1] == LEVEL_OUT)
		reasons[count++] = "media-empty-warning";
	if (e->toner == LEVEL_LOW)
		reasons[count++] = "marker-supply-low-warning";
	if (count == 0)
		reasons[count++] = "none";
	(void)ippAddInteger(ipp, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state",
		stop ? IPP_PSTATE_STOPPED : IPP_PSTATE_IDLE);
	(void)ippAddStrings(ipp, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons", count,
		NULL, reasons);
	(void)ippAddBoolean(ipp, IPP_TAG_PRINTER, "printer-is-accepting-jobs", 1);
	add_text(ipp, IPP_TAG_PRINTER, IPP_TAG_MIMETYPE, "document-format-supported",
		"image/pwg-raster");
	(void)ippAddStrings(ipp, IPP_TAG_PRINTER, IPP_TAG_KEYWORD,
		"pwg-raster-document-type-supported", e->black_only ? 1 : 2, NULL, types);
	(void)ippAddResolution(ipp, IPP_TAG_PRINTER, "pwg-raster-document-resolution-supported",
		IPP_RES_PER_INCH, 300, 300);
	add_trays(e, ipp);
}

static void add_job(const struct job *job, ipp_t *ipp)
{
	char uri[64];

	(void)snprintf(uri, sizeof(uri), "ipp://localhost/ipp/print/%d", job->id);
	(void)ippAddInteger(ipp, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", job->id);
	add_text(ipp, IPP_TAG_JOB, IPP_TAG_URI, "job-uri", uri);
	add_text(ipp, IPP_TAG_JOB, IPP_TAG_NAME, "job-name", job->name);
	(void)ippAddInteger(ipp, IPP_TAG_JOB, IPP_TAG_ENUM, "job-state", (int)job->state);
	(void)ippAddInteger(
		ipp, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions-completed", job->printed);
}

static void list_jobs(const struct engine *e, ipp_t *request, ipp_t *ipp)
{
	ipp_attribute_t *which = ippFindAttribute(request, "which-jobs", IPP_TAG_KEYWORD);
	const char *text = which ? ippGetString(which, 0, NULL) : "not-completed";
	const bool ended = text && strcmp(text, "completed") == 0;

	for (size_t i = e->job_count; i-- > 0;)
		if ((e->jobs[i].state >= IPP_JSTATE_CANCELED) == ended) {
			add_job(&e->jobs[i], ipp);
			(void)ippAddSeparator(ipp);
		}
}

static struct job *find_job(struct engine *e, ipp_t *request)
{
	ipp_attribute_t *id = ippFindAttribute(request, "job-id", IPP_TAG_INTEGER);

	for (size_t i = 0; id && i < e->job_count; i++)
		if (e->jobs[i].id == ippGetInteger(id, 0))
			return &e->jobs[i];
	return NULL;
}

static int wanted_tray(ipp_t *request)
{
	ipp_attribute_t *media = ippFindAttribute(request, "media-col", IPP_TAG_BEGIN_COLLECTION);
	ipp_t *col = media ? ippGetCollection(media, 0) : NULL;
	ipp_attribute_t *source = col ? ippFindAttribute(col, "media-source", IPP_TAG_ZERO) : NULL;
	const char *text = source ? ippGetString(source, 0, NULL) : NULL;

	for (int i = 0; text && i < TRAYS; i++)
		if (strcmp(text, tray_names[i]) == 0)
			return i;
	return 0;
}

static struct job *new_job(struct engine *e, ipp_t *request, const uint8_t *data, size_t length)
{
	ipp_attribute_t *name = ippFindAttribute(request, "job-name", IPP_TAG_ZERO);
	const char *text = name ? ippGetString(name, 0, NULL) : NULL;

	if (e->job_count == MAX_JOBS) {
		vt_buf_finish(&e->jobs[0].document);
		memmove(e->jobs, e->jobs + 1, sizeof(e->jobs) - sizeof(e->jobs[0]));
		e->job_count--;
	}
	struct job *job = &e->jobs[e->job_count++];
	*job = (struct job){.id = ++e->next_job,
		.state = IPP_JSTATE_PENDING,
		.tray = wanted_tray(request),
		.page_at_ms = e->now_ms + e->page_ms};
	vt_copy_cut(job->name, sizeof(job->name), text ? text : "");
	vt_buf_init(&job->document, MAX_REQUEST);
	vt_buf_append(&job->document, data, length);
	return job;
}

static bool is_right_format(ipp_t *request)
{
	ipp_attribute_t *format = ippFindAttribute(request, "document-format", IPP_TAG_MIMETYPE);
	const char *text = format ? ippGetString(format, 0, NULL) : NULL;

	return text && strcmp(text, "image/pwg-raster") == 0;
}

static ipp_status_t act(
	struct engine *e, ipp_t *request, const uint8_t *data, size_t length, ipp_t *ipp)
{
	struct job *job = NULL;

	switch ((int)ippGetOperation(request)) {
	case IPP_OP_GET_PRINTER_ATTRIBUTES:
		add_printer(e, ipp);
		return IPP_STATUS_OK;
	case IPP_OP_VALIDATE_JOB:
		return is_right_format(request) ? IPP_STATUS_OK
						: IPP_STATUS_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED;
	case IPP_OP_PRINT_JOB:
		if (!is_right_format(request) || length < 4 || memcmp(data, "RaS2", 4) != 0)
			return IPP_STATUS_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED;
		job = new_job(e, request, data, length);
		add_job(job, ipp);
		return IPP_STATUS_OK;
	case IPP_OP_GET_JOB_ATTRIBUTES:
		job = find_job(e, request);
		if (job)
			add_job(job, ipp);
		return job ? IPP_STATUS_OK : IPP_STATUS_ERROR_NOT_FOUND;
	case IPP_OP_GET_JOBS:
		list_jobs(e, request, ipp);
		return IPP_STATUS_OK;
	case IPP_OP_CANCEL_JOB:
		job = find_job(e, request);
		if (job && job->state < IPP_JSTATE_CANCELED) {
			job->state = IPP_JSTATE_CANCELED;
			vt_buf_finish(&job->document);
			return IPP_STATUS_OK;
		}
		return job ? IPP_STATUS_ERROR_NOT_POSSIBLE : IPP_STATUS_ERROR_NOT_FOUND;
	default:
		return IPP_STATUS_ERROR_OPERATION_NOT_SUPPORTED;
	}
}

/* ---- HTTP ---- */

struct span {
	const uint8_t *data;
	size_t length;
};

static ssize_t read_span(void *context, ipp_uchar_t *data, size_t length)
{
	struct span *span = context;
	const size_t n = length < span->length ? length : span->length;

	memcpy(data, span->data, n);
	span->data += n;
	span->length -= n;
	return (ssize_t)n;
}

static ssize_t append(void *context, ipp_uchar_t *data, size_t length)
{
	vt_buf_append(context, data, length);
	return (ssize_t)length;
}

static void refuse(struct link *link, const char *status)
{
	vt_buf_printf(&link->answer, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", status);
}

static void answer(struct engine *e, struct link *link)
{
	struct span span = {.data = link->request.data + link->head_length,
		.length = link->total - link->head_length};
	ipp_t *request = ippNew(), *ipp = ippNew();

	if (ippReadIO(&span, read_span, 1, NULL, request) != IPP_STATE_DATA) {
		refuse(link, "400 Bad Request");
	} else if (!e->mute) {
		add_text(ipp, IPP_TAG_OPERATION, IPP_TAG_CHARSET, "attributes-charset", "utf-8");
		add_text(ipp, IPP_TAG_OPERATION, IPP_TAG_LANGUAGE, "attributes-natural-language",
			"en");
		int minor, major = ippGetVersion(request, &minor);
		(void)ippSetVersion(ipp, major, minor);
		(void)ippSetRequestId(ipp, ippGetRequestId(request));
		(void)ippSetStatusCode(ipp, act(e, request, span.data, span.length, ipp));
		vt_buf_printf(&link->answer,
			"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"
			"Content-Length: %zu\r\n\r\n",
			ippLength(ipp));
		(void)ippWriteIO(&link->answer, append, 1, NULL, ipp);
	}
	ippDelete(request);
	ippDelete(ipp);
}

/* Where the headers end and how much belongs to the request; false: nonsense. */
static bool read_headers(struct link *link)
{
	const char *text = vt_buf_text(&link->request), *end = strstr(text, "\r\n\r\n");
	int64_t length = 0;

	if (!end)
		return link->request.length <= MAX_HEADERS;
	if (strncmp(text, "POST ", 5) != 0)
		return false;
	for (const char *at = text; at < end;) {
		const char *line_end = strstr(at, "\r\n");
		char number[16] = "";
		if (strncasecmp(at, "content-length:", 15) == 0) {
			const char *digits = at + 15 + strspn(at + 15, " ");
			const size_t n = (size_t)(line_end - digits);
			if (n >= sizeof(number))
				return false;
			memcpy(number, digits, n);
			if (vt_parse_i64(number, 1, MAX_REQUEST - MAX_HEADERS, &length))
				return false;
		}
		at = line_end + 2;
	}
	link->head_length = (size_t)(end + 4 - text);
	link->total = link->head_length + (size_t)length;
	return length > 0;
}

static int write_link(struct ipp_back *back, int number, const uint8_t *data, size_t length)
{
	struct engine *e = of(back);
	struct link *link = &e->links[number];

	if (link->given < link->answer.length)
		return -1; /* the answer before is read first */
	vt_buf_append(&link->request, data, length);
	if (link->request.failed || (link->total == 0 && !read_headers(link))) {
		vt_buf_reset(&link->request);
		link->total = 0;
		refuse(link, "400 Bad Request");
	} else if (link->total > 0 && link->request.length >= link->total) {
		answer(e, link);
		vt_buf_reset(&link->request);
		link->total = 0;
	}
	return (int)length;
}

static int read_link(struct ipp_back *back, int number, uint8_t *data, size_t max)
{
	struct link *link = &of(back)->links[number];
	const size_t left = link->answer.length - link->given;
	const size_t n = left < max ? left : max;

	if (left == 0)
		return -1;
	memcpy(data, link->answer.data + link->given, n);
	link->given += n;
	if (link->given == link->answer.length) {
		vt_buf_reset(&link->answer);
		link->given = 0;
	}
	return (int)n;
}

static void hang_up(struct ipp_back *back, int number)
{
	struct link *link = &of(back)->links[number];

	vt_buf_reset(&link->request);
	vt_buf_reset(&link->answer);
	link->given = link->total = 0;
}

/* ---- life and switches ---- */

static void forget(struct engine *e)
{
	for (size_t i = 0; i < e->job_count; i++)
		vt_buf_finish(&e->jobs[i].document);
	e->job_count = 0;
}

static void power(struct ipp_back *back, bool on)
{
	(void)on;
	forget(of(back));
}

static void tick(struct ipp_back *back, int64_t now_ms)
{
	of(back)->now_ms = now_ms;
	advance(of(back));
}

static int64_t next_ms(const struct ipp_back *back)
{
	const struct engine *e = (const struct engine *)(const void *)back;

	for (size_t i = 0; i < e->job_count; i++)
		if (e->jobs[i].state < IPP_JSTATE_CANCELED)
			return stop_reason(e, e->jobs[i].tray)	   ? INT64_MAX
			       : e->jobs[i].page_at_ms > e->now_ms ? e->jobs[i].page_at_ms
								   : e->now_ms + 1;
	return INT64_MAX;
}

static bool read_level(const char *word, enum level *ret)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(word, level_names[i]) == 0) {
			*ret = (enum level)i;
			return true;
		}
	return false;
}

static bool read_switch(const char *word, const char *on, const char *off, bool *ret)
{
	if (strcmp(word, on) != 0 && strcmp(word, off) != 0)
		return false;
	*ret = strcmp(word, on) == 0;
	return true;
}

static bool obey(struct engine *e, size_t count, const char *const *words)
{
	const char *verb = words[0];

	if (count == 1 && strcmp(verb, "forget") == 0)
		forget(e);
	else if (count == 1 && strcmp(verb, "jam") == 0)
		e->jammed = true;
	else if (count == 2 && strcmp(verb, "jam") == 0 && strcmp(words[1], "clear") == 0)
		e->jammed = false;
	else if (count == 3 && strcmp(verb, "tray") == 0 && strcmp(words[1], tray_names[0]) == 0)
		return read_level(words[2], &e->trays[0]);
	else if (count == 3 && strcmp(verb, "tray") == 0 && strcmp(words[1], tray_names[1]) == 0)
		return read_level(words[2], &e->trays[1]);
	else if (count == 2 && strcmp(verb, "toner") == 0)
		return read_level(words[1], &e->toner);
	else if (count == 2 && strcmp(verb, "cover") == 0)
		return read_switch(words[1], "open", "close", &e->cover_open);
	else if (count == 2 && strcmp(verb, "mute") == 0)
		return read_switch(words[1], "on", "off", &e->mute);
	else if (count == 2 && strcmp(verb, "abort") == 0)
		return read_switch(words[1], "on", "off", &e->aborts);
	else
		return false;
	return true;
}

static enum vt_code command(
	struct ipp_back *back, size_t count, const char *const *words, struct vt_buf *reply)
{
	static const char *const verbs[] = {
		"forget", "jam", "tray", "toner", "cover", "mute", "abort"};

	for (size_t i = 0; i < VT_ELEMENTS(verbs); i++)
		if (strcmp(words[0], verbs[i]) == 0) {
			if (obey(of(back), count, words))
				return VT_OK;
			vt_buf_printf(reply, "%s: what?\n", words[0]);
			return VT_ERR_INVALID;
		}
	return VT_ERR_NOT_FOUND;
}

static void status(const struct ipp_back *back, struct vt_buf *reply)
{
	const struct engine *e = (const struct engine *)(const void *)back;

	for (int i = 0; i < TRAYS; i++)
		vt_buf_printf(reply, "tray_%s: %s\n", tray_names[i], level_names[e->trays[i]]);
	vt_buf_printf(reply, "sheets: %u\njobs: %zu\ncover: %s\njam: %s\ntoner: %s\n", e->sheets,
		e->job_count, e->cover_open ? "open" : "closed", e->jammed ? "yes" : "no",
		level_names[e->toner]);
}

static void destroy(struct ipp_back *back)
{
	struct engine *e = of(back);

	forget(e);
	for (int i = 0; i < IPP_PRINTER_LINKS; i++) {
		vt_buf_finish(&e->links[i].request);
		vt_buf_finish(&e->links[i].answer);
	}
	free(e);
}

struct ipp_back *ipp_engine_create(struct vdev *dev, const struct ipp_printer_options *options)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->base = (struct ipp_back){.write = write_link,
		.read = read_link,
		.hang_up = hang_up,
		.power = power,
		.tick = tick,
		.next_ms = next_ms,
		.command = command,
		.status = status,
		.destroy = destroy};
	e->dev = dev;
	e->page_ms = options->page_ms;
	e->black_only = options->black_only;
	for (int i = 0; i < IPP_PRINTER_LINKS; i++) {
		vt_buf_init(&e->links[i].request, MAX_REQUEST);
		vt_buf_init(&e->links[i].answer, MAX_ANSWER);
	}
	return &e->base;
}
