#include "drivers/ipp/message.h"

#include <string.h>

#include <cups/ipp.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"

#define URI "ipp://localhost/ipp/print"
/* Of a Get-Jobs answer: our job is among the last ones. */
#define JOBS_LIMIT 20
/* PWG 5101.1: hundredths of a millimetre. */
#define LETTER_X 21590
#define LETTER_Y 27940

/* ---- requests ---- */

static ssize_t append(void *context, ipp_uchar_t *data, size_t length)
{
	struct vt_buf *out = context;

	vt_buf_append(out, data, length);
	return out->failed ? -1 : (ssize_t)length;
}

static void add_media(ipp_t *ipp, const struct ippu_request *request)
{
	ipp_t *size = ippNew(), *media = ippNew();

	(void)ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "x-dimension", LETTER_X);
	(void)ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "y-dimension", LETTER_Y);
	(void)ippAddCollection(media, IPP_TAG_ZERO, "media-size", size);
	if (request->source[0])
		(void)ippAddString(media, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-source", NULL,
			request->source);
	if (request->media_type[0])
		(void)ippAddString(media, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-type", NULL,
			request->media_type);
	(void)ippAddCollection(ipp, IPP_TAG_JOB, "media-col", media);
	(void)ippAddString(
		ipp, IPP_TAG_JOB, IPP_CONST_TAG(IPP_TAG_KEYWORD), "sides", NULL, "one-sided");
	ippDelete(size);
	ippDelete(media);
}

static void add_wanted(ipp_t *ipp, size_t count, const char *const *names)
{
	(void)ippAddStrings(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_KEYWORD),
		"requested-attributes", (int)count, NULL, names);
}

static void add_own(ipp_t *ipp, const struct ippu_request *request)
{
	static const char *const printer[] = {"printer-state", "printer-state-reasons",
		"printer-is-accepting-jobs", "document-format-supported",
		"pwg-raster-document-type-supported", "pwg-raster-document-resolution-supported",
		"media-col-ready", "printer-input-tray"};
	static const char *const job[] = {
		"job-id", "job-name", "job-state", "job-impressions-completed"};

	switch (request->ask) {
	case IPPU_ASK_PRINTER:
		add_wanted(ipp, VT_ELEMENTS(printer), printer);
		break;
	case IPPU_ASK_PRINT:
	case IPPU_ASK_VALIDATE:
		(void)ippAddString(
			ipp, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, request->job);
		(void)ippAddString(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_MIMETYPE),
			"document-format", NULL, "image/pwg-raster");
		add_media(ipp, request);
		break;
	case IPPU_ASK_JOB:
		(void)ippAddInteger(
			ipp, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", request->job_id);
		add_wanted(ipp, VT_ELEMENTS(job), job);
		break;
	case IPPU_ASK_CANCEL:
		(void)ippAddInteger(
			ipp, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", request->job_id);
		break;
	case IPPU_ASK_ENDED:
	case IPPU_ASK_UNENDED:
		(void)ippAddInteger(ipp, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "limit", JOBS_LIMIT);
		(void)ippAddString(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_KEYWORD),
			"which-jobs", NULL,
			request->ask == IPPU_ASK_ENDED ? "completed" : "not-completed");
		add_wanted(ipp, VT_ELEMENTS(job), job);
		break;
	}
}

static ipp_t *make(const struct ippu_request *request)
{
	static const ipp_op_t operations[] = {
		[IPPU_ASK_PRINTER] = IPP_OP_GET_PRINTER_ATTRIBUTES,
		[IPPU_ASK_PRINT] = IPP_OP_PRINT_JOB,
		[IPPU_ASK_JOB] = IPP_OP_GET_JOB_ATTRIBUTES,
		[IPPU_ASK_ENDED] = IPP_OP_GET_JOBS,
		[IPPU_ASK_UNENDED] = IPP_OP_GET_JOBS,
		[IPPU_ASK_CANCEL] = IPP_OP_CANCEL_JOB,
		[IPPU_ASK_VALIDATE] = IPP_OP_VALIDATE_JOB,
	};
	/* Not ippNewRequest(): it reads the system's languages from disk. */
	ipp_t *ipp = ippNew();

	if (!ipp)
		return NULL;
	(void)ippSetVersion(ipp, 2, 0);
	(void)ippSetOperation(ipp, operations[request->ask]);
	(void)ippSetRequestId(ipp, request->id);
	(void)ippAddString(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_CHARSET),
		"attributes-charset", NULL, "utf-8");
	(void)ippAddString(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_LANGUAGE),
		"attributes-natural-language", NULL, "es-mx");
	(void)ippAddString(
		ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_URI), "printer-uri", NULL, URI);
	(void)ippAddString(ipp, IPP_TAG_OPERATION, IPP_CONST_TAG(IPP_TAG_NAME),
		"requesting-user-name", NULL, "ventanilla");
	add_own(ipp, request);
	return ipp;
}

enum vt_code ippu_request_encode(
	const struct ippu_request *request, struct vt_buf *out, struct vt_error *error)
{
	ipp_t *ipp = make(request);

	if (!ipp)
		return vt_fail(error, VT_ERR_NOMEM, 0, "ipp: out of memory");
	vt_buf_printf(out,
		"POST /ipp/print HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n"
		"Content-Length: %zu\r\n\r\n",
		ippLength(ipp) + request->document_length);
	const ipp_state_t state = ippWriteIO(out, append, 1, NULL, ipp);
	ippDelete(ipp);
	return state == IPP_STATE_DATA && !out->failed
		       ? VT_OK
		       : vt_fail(error, VT_ERR_NOMEM, 0, "ipp: request not written");
}

/* ---- bounds of an answer ---- */

struct cursor {
	const uint8_t *data;
	size_t length, at;
};

/* A two-byte length and so many bytes. */
static bool skip_text(struct cursor *c, size_t *ret_length)
{
	if (c->length - c->at < 2)
		return false;
	*ret_length = (size_t)c->data[c->at] << 8 | c->data[c->at + 1];
	c->at += 2;
	if (c->length - c->at < *ret_length)
		return false;
	c->at += *ret_length;
	return true;
}

/* Tags, lengths, depth and number (RFC 8010 §3). */
static enum vt_code check(const uint8_t *data, size_t length, struct vt_error *error)
{
	struct cursor c = {.data = data, .length = length, .at = 8};
	size_t values = 0, depth = 0, name, value;

	if (length < 9 || data[0] < 1 || data[0] > 2)
		return vt_fail(error, VT_ERR_PARSE, 0, "ipp: no answer of IPP 1 or 2");
	while (c.at < length) {
		const uint8_t tag = data[c.at++];
		if (tag == IPP_TAG_END)
			return c.at == length && depth == 0
				       ? VT_OK
				       : vt_fail(error, VT_ERR_PARSE, 0, "ipp: wrong end");
		if (tag < 0x10) {
			if (tag == 0 || depth > 0)
				return vt_fail(error, VT_ERR_PARSE, 0, "ipp: misplaced group");
			continue;
		}
		if (tag >= 0x7f || !skip_text(&c, &name) || !skip_text(&c, &value))
			return vt_fail(error, VT_ERR_PARSE, 0, "ipp: value out of bounds");
		depth += tag == IPP_TAG_BEGIN_COLLECTION;
		if (tag == IPP_TAG_END_COLLECTION && depth-- == 0)
			return vt_fail(error, VT_ERR_PARSE, 0, "ipp: collection without begin");
		if (++values > IPPU_MAX_VALUES || depth > IPPU_MAX_DEPTH)
			return vt_fail(error, VT_ERR_LIMIT, 0, "ipp: answer too large or deep");
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "ipp: no end");
}

static ssize_t read_bytes(void *context, ipp_uchar_t *data, size_t length)
{
	struct cursor *c = context;
	const size_t n = length < c->length - c->at ? length : c->length - c->at;

	memcpy(data, c->data + c->at, n);
	c->at += n;
	return (ssize_t)n;
}

/* ---- answers ---- */

static int integer(ipp_t *ipp, const char *name, ipp_tag_t tag, int none)
{
	ipp_attribute_t *attribute = ippFindAttribute(ipp, name, tag);

	return attribute ? ippGetInteger(attribute, 0) : none;
}

static const char *text(ipp_t *ipp, const char *name)
{
	const char *value = ippGetString(ippFindAttribute(ipp, name, IPP_TAG_ZERO), 0, NULL);

	return value ? value : "";
}

static bool has_text(ipp_t *ipp, const char *name, const char *value)
{
	ipp_attribute_t *attribute = ippFindAttribute(ipp, name, IPP_TAG_ZERO);

	for (int i = 0; attribute && i < ippGetCount(attribute); i++) {
		const char *one = ippGetString(attribute, i, NULL);
		if (one && strcmp(one, value) == 0)
			return true;
	}
	return false;
}

/* printer-state-reasons (RFC 8011 §5.4.12, PWG 5100.9), "-error" and so on cut off, to our words;
 * the first one in this order is told. */
static const struct {
	const char *reason, *word;
} stops[] = {{"media-jam", "jam"}, {"cover-open", "cover"}, {"door-open", "cover"},
	{"interlock-open", "cover"}, {"input-tray-missing", "tray"}, {"media-empty", "paper"},
	{"media-needed", "paper"}, {"marker-supply-empty", "supply"}, {"toner-empty", "supply"},
	{"marker-waste-full", "supply"}, {"fuser-over-temp", "device"}, {"paused", "paused"},
	{"moving-to-paused", "paused"}, {"shutdown", "device"}, {"stopped-partly", "device"},
	{"timed-out", "device"}, {"output-area-full", "output"}};

static bool is_reason(const char *told, const char *reason)
{
	const size_t length = strlen(reason);

	return strncmp(told, reason, length) == 0 &&
	       (told[length] == '\0' || strcmp(told + length, "-error") == 0 ||
		       strcmp(told + length, "-warning") == 0 ||
		       strcmp(told + length, "-report") == 0);
}

static bool has_reason(ipp_attribute_t *reasons, const char *reason)
{
	for (int i = 0; reasons && i < ippGetCount(reasons); i++) {
		const char *told = ippGetString(reasons, i, NULL);
		if (told && is_reason(told, reason))
			return true;
	}
	return false;
}

static void read_reasons(ipp_t *ipp, struct ippu_answer *ret)
{
	ipp_attribute_t *reasons = ippFindAttribute(ipp, "printer-state-reasons", IPP_TAG_KEYWORD);

	for (size_t i = 0; i < VT_ELEMENTS(stops) && !ret->reason[0]; i++)
		if (has_reason(reasons, stops[i].reason))
			vt_copy_cut(ret->reason, sizeof(ret->reason), stops[i].word);
	ret->is_paper_low = has_reason(reasons, "media-low");
	ret->is_supply_low =
		has_reason(reasons, "marker-supply-low") || has_reason(reasons, "toner-low");
}

/* A number in "type=sheetFeedAutoRemovableTray;maxcapacity=250;level=0;name=tray-1;" */
static int tray_number(const char *tray, const char *key, int none)
{
	const char *at = strstr(tray, key);
	int64_t value;
	char digits[12];

	if (!at)
		return none;
	at += strlen(key);
	const size_t length = strcspn(at, ";");
	if (length >= sizeof(digits))
		return none;
	memcpy(digits, at, length);
	digits[length] = '\0';
	return vt_parse_i64(digits, -10, 1000000, &value) ? none : (int)value;
}

#define TRAY_SIZE 256

/* The n-th printer-input-tray (PWG 5100.13 §5.6.4) as text. */
static bool tray_text(ipp_attribute_t *trays, int n, char ret[TRAY_SIZE])
{
	int length = 0;
	const char *bytes = ippGetOctetString(trays, n, &length);

	if (!bytes || length <= 0 || length >= TRAY_SIZE)
		return false;
	memcpy(ret, bytes, (size_t)length);
	ret[length] = '\0';
	return true;
}

static bool is_named(const char *tray, const char *source)
{
	const char *name = strstr(tray, "name=");
	const size_t length = strlen(source);

	return length > 0 && name && strncmp(name + 5, source, length) == 0 &&
	       (name[5 + length] == ';' || name[5 + length] == '\0');
}

/* The tray of that name; where trays have names of their own, the n-th of as many. */
static enum paper_state tray_level(ipp_t *ipp, const char *source, int n, int count)
{
	ipp_attribute_t *trays = ippFindAttribute(ipp, "printer-input-tray", IPP_TAG_STRING);
	const int tray_count = trays ? ippGetCount(trays) : 0;
	char text[TRAY_SIZE];
	int found = -1;

	for (int i = 0; i < tray_count && found < 0; i++)
		if (tray_text(trays, i, text) && is_named(text, source))
			found = i;
	if (found < 0 && tray_count == count)
		found = n;
	if (found < 0 || !tray_text(trays, found, text))
		return PAPER_UNKNOWN;
	const int level = tray_number(text, "level=", -2);
	const int capacity = tray_number(text, "maxcapacity=", -2);
	if (level == 0)
		return PAPER_OUT;
	if (level > 0 && capacity > 0 && level * 10 <= capacity)
		return PAPER_LOW;
	return level > 0 || level == -3 ? PAPER_FULL : PAPER_UNKNOWN; /* -3: at least one */
}

static void read_trays(ipp_t *ipp, struct ippu_answer *ret)
{
	ipp_attribute_t *ready = ippFindAttribute(ipp, "media-col-ready", IPP_TAG_BEGIN_COLLECTION);

	ret->has_trays = ready != NULL;
	for (int i = 0; ready && i < ippGetCount(ready) && ret->tray_count < IPPU_MAX_TRAYS; i++) {
		ipp_t *media = ippGetCollection(ready, i);
		ipp_t *size = ippGetCollection(
			ippFindAttribute(media, "media-size", IPP_TAG_BEGIN_COLLECTION), 0);
		if (!size || integer(size, "x-dimension", IPP_TAG_INTEGER, 0) != LETTER_X ||
			integer(size, "y-dimension", IPP_TAG_INTEGER, 0) != LETTER_Y)
			continue;
		struct ippu_tray *tray = &ret->trays[ret->tray_count++];
		vt_copy_cut(tray->source, sizeof(tray->source), text(media, "media-source"));
		vt_copy_cut(tray->media_type, sizeof(tray->media_type), text(media, "media-type"));
		tray->level = tray_level(ipp, tray->source, i, ippGetCount(ready));
	}
}

static void read_printer(ipp_t *ipp, struct ippu_answer *ret)
{
	ipp_attribute_t *dots = ippFindAttribute(
		ipp, "pwg-raster-document-resolution-supported", IPP_TAG_RESOLUTION);
	ipp_attribute_t *accepting =
		ippFindAttribute(ipp, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);

	ret->printer_state = integer(ipp, "printer-state", IPP_TAG_ENUM, 0);
	ret->is_accepting = accepting && ippGetBoolean(accepting, 0);
	read_reasons(ipp, ret);
	for (int i = 0; dots && i < ippGetCount(dots); i++) {
		int y;
		ipp_res_t unit;
		if (ippGetResolution(dots, i, &y, &unit) == PAGE_DPI && y == PAGE_DPI &&
			unit == IPP_RES_PER_INCH)
			ret->takes_pwg =
				has_text(ipp, "document-format-supported", "image/pwg-raster");
	}
	for (int type = 0; type < PWG_TYPE_COUNT; type++)
		ret->takes_type[type] =
			has_text(ipp, "pwg-raster-document-type-supported", pwg_type_names[type]);
	read_trays(ipp, ret);
}

/* The job that is meant: by number, or by our name among several. */
static void read_job(const struct ippu_request *request, ipp_t *ipp, struct ippu_answer *ret)
{
	const bool is_list = request->ask == IPPU_ASK_ENDED || request->ask == IPPU_ASK_UNENDED;
	int id = 0, state = 0, impressions = -1;
	bool is_named = false;

	/* Groups follow each other without a name of their own; one ends where job-id comes again
	 * or the group tag changes. */
	for (ipp_attribute_t *a = ippFirstAttribute(ipp);; a = ippNextAttribute(ipp)) {
		const char *name = a ? ippGetName(a) : NULL;
		if (!name) { /* separator, or the end */
			const bool is_ours =
				is_list ? is_named
					: (request->job_id == 0 || request->job_id == id);
			if (id > 0 && is_ours && ret->job_state == IPPU_JOB_UNSEEN) {
				ret->job_id = id;
				ret->job_state = state;
				ret->impressions = impressions;
			}
			id = state = 0;
			impressions = -1;
			is_named = false;
			if (!a)
				return;
		} else if (ippGetGroupTag(a) != IPP_TAG_JOB) {
			continue;
		} else if (strcmp(name, "job-id") == 0 && ippGetValueTag(a) == IPP_TAG_INTEGER) {
			id = ippGetInteger(a, 0);
		} else if (strcmp(name, "job-state") == 0 && ippGetValueTag(a) == IPP_TAG_ENUM) {
			state = ippGetInteger(a, 0);
		} else if (strcmp(name, "job-impressions-completed") == 0 &&
			   ippGetValueTag(a) == IPP_TAG_INTEGER) {
			impressions = ippGetInteger(a, 0);
		} else if (strcmp(name, "job-name") == 0) {
			const char *value = ippGetString(a, 0, NULL);
			is_named = value && strcmp(value, request->job) == 0;
		}
	}
}

enum vt_code ippu_answer_decode(const struct ippu_request *request, const uint8_t *data,
	size_t length, struct ippu_answer *ret, struct vt_error *error)
{
	struct cursor cursor = {.data = data, .length = length};

	*ret = (struct ippu_answer){0};
	const enum vt_code code = check(data, length, error);
	if (code)
		return code;
	ipp_t *ipp = ippNew();
	if (!ipp || ippReadIO(&cursor, read_bytes, 1, NULL, ipp) != IPP_STATE_DATA) {
		ippDelete(ipp);
		return vt_fail(error, VT_ERR_PARSE, 0, "ipp: refused by libcups");
	}
	if (ippGetRequestId(ipp) != request->id) {
		ippDelete(ipp);
		return vt_fail(error, VT_ERR_PARSE, 0, "ipp: answer to another request");
	}
	ret->status = (int)ippGetStatusCode(ipp);
	ret->impressions = -1;
	if (request->ask == IPPU_ASK_PRINTER)
		read_printer(ipp, ret);
	else
		read_job(request, ipp, ret);
	ippDelete(ipp);
	return VT_OK;
}
