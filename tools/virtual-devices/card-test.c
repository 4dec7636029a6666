#include "tools/virtual-devices/card-test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define PIN_BYTES 8

struct test_file {
	uint16_t id;
	size_t length;
	uint8_t *data; /* owned */
};

struct card_test {
	struct card base;
	int protocol;
	uint8_t atr[CARD_MAX_ATR];
	size_t atr_length;
	uint8_t pin[PIN_BYTES];
	int max_tries, tries;
	bool verified;
	uint32_t random;
	struct test_file files[CARD_TEST_MAX_FILES];
	size_t file_count;
	struct test_file *selected;
};

static struct card_test *test_of(struct card *card)
{
	return (struct card_test *)(void *)card;
}

static struct test_file *find_file(struct card_test *t, uint16_t id)
{
	for (size_t i = 0; i < t->file_count; i++) {
		if (t->files[i].id == id)
			return &t->files[i];
	}
	return NULL;
}

/* --- commands --- */

static void do_select(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	struct test_file *file = NULL;

	/* By name: one application, any name that begins with F0. */
	bool by_name = c->p1 == 4 && c->length > 0 && c->data[0] == 0xf0;
	if (!by_name && (c->p1 == 0 || c->p1 == 2) && c->length == 2)
		file = find_file(t, (uint16_t)(c->data[0] << 8 | c->data[1]));
	bool root = c->p1 == 0 &&
		    (c->length == 0 || (c->length == 2 && c->data[0] == 0x3f && c->data[1] == 0));
	if (!by_name && !root && !file) {
		r->sw = CARD_SW_FILE_NOT_FOUND;
		return;
	}
	t->selected = file;
	if ((c->p2 & 0x0c) == 0x0c)
		return;
	/* FCI (ISO/IEC 7816-4 §5.3.3): 80 size, 82 descriptor, 83 identifier. */
	size_t size = file ? file->length : 0;
	const uint8_t fci[] = {0x6f, 11, 0x80, 2, (uint8_t)(size >> 8), (uint8_t)size, 0x82, 1,
		file ? 0x01 : 0x38, 0x83, 2, file ? (uint8_t)(file->id >> 8) : 0x3f,
		file ? (uint8_t)file->id : 0};
	card_add(r, fci, sizeof(fci));
}

/* The part of the selected file behind offset; false with SW set if there is none. */
static bool at_offset(struct card_test *t, const struct card_command *c, struct card_response *r,
	size_t *ret_offset)
{
	size_t offset = (size_t)c->p1 << 8 | c->p2;

	if (!t->selected) {
		r->sw = CARD_SW_NO_CURRENT_EF;
		return false;
	}
	if (offset > t->selected->length || c->p1 & 0x80) {
		r->sw = CARD_SW_WRONG_OFFSET;
		return false;
	}
	*ret_offset = offset;
	return true;
}

static void do_read(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	size_t offset;

	if (!at_offset(t, c, r, &offset))
		return;
	size_t n = t->selected->length - offset;
	/* End of file before Le: data and a warning. */
	if (c->le > n && c->le != 256 && c->le != 65536)
		r->sw = 0x6282;
	if (c->le > 0 && n > c->le)
		n = c->le;
	card_add(r, t->selected->data + offset, n);
}

static void do_update(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	size_t offset;

	if (!at_offset(t, c, r, &offset))
		return;
	if (c->length > t->selected->length - offset) {
		r->sw = 0x6a84;
		return;
	}
	if (c->length > 0)
		memcpy(t->selected->data + offset, c->data, c->length);
}

static void do_verify(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	if (c->p1 != 0 || (c->p2 != 1 && c->p2 != 0x81)) {
		r->sw = CARD_SW_REFERENCE_NOT_FOUND;
	} else if (t->tries == 0) {
		r->sw = CARD_SW_BLOCKED;
	} else if (c->length == 0) {
		r->sw = t->verified ? CARD_SW_OK : (uint16_t)(0x63c0 | t->tries);
	} else if (c->length != PIN_BYTES) {
		r->sw = CARD_SW_WRONG_LENGTH;
	} else if (memcmp(c->data, t->pin, PIN_BYTES) != 0) {
		t->verified = false;
		t->tries--;
		r->sw = t->tries == 0 ? CARD_SW_BLOCKED : (uint16_t)(0x63c0 | t->tries);
	} else {
		t->verified = true;
		t->tries = t->max_tries;
	}
}

static void do_change(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	struct card_command old = *c;

	if (c->length != 2 * PIN_BYTES) {
		r->sw = CARD_SW_WRONG_LENGTH;
		return;
	}
	old.length = PIN_BYTES;
	do_verify(t, &old, r);
	if (r->sw == CARD_SW_OK)
		memcpy(t->pin, c->data + PIN_BYTES, PIN_BYTES);
}

static void do_challenge(struct card_test *t, const struct card_command *c, struct card_response *r)
{
	size_t n = c->le == 0 || c->le > 256 ? 8 : c->le;

	for (size_t i = 0; i < n; i++) {
		t->random ^= t->random << 13;
		t->random ^= t->random >> 17;
		t->random ^= t->random << 5;
		const uint8_t byte = (uint8_t)t->random;
		card_add(r, &byte, 1);
	}
}

static void do_fill(const struct card_command *c, struct card_response *r)
{
	size_t n = (size_t)c->p1 << 8 | c->p2;

	for (size_t i = 0; i < n; i++) {
		const uint8_t byte = (uint8_t)i;
		card_add(r, &byte, 1);
	}
}

static void own_command(const struct card_command *c, struct card_response *r)
{
	switch (c->ins) {
	case 0x10:
		card_add(r, c->data, c->length);
		break;
	case 0x12:
		do_fill(c, r);
		break;
	case 0x14:
		r->delay_ms = ((uint32_t)c->p1 << 8 | c->p2) * 10;
		break;
	case 0x16:
		r->mute = true;
		break;
	case 0x18:
		r->sw = (uint16_t)(c->p1 << 8 | c->p2);
		break;
	default:
		r->sw = CARD_SW_INS;
		break;
	}
}

static void op_apdu(struct card *card, const struct card_command *c, struct card_response *r)
{
	static const uint8_t serial[8] = "VT-00001";
	struct card_test *t = test_of(card);

	if (c->cla == 0x80) {
		own_command(c, r);
		return;
	}
	if (c->cla != 0) {
		r->sw = CARD_SW_CLA;
		return;
	}
	switch (c->ins) {
	case 0xa4:
		do_select(t, c, r);
		break;
	case 0xb0:
		do_read(t, c, r);
		break;
	case 0xd6:
		do_update(t, c, r);
		break;
	case 0x84:
		do_challenge(t, c, r);
		break;
	case 0x20:
		do_verify(t, c, r);
		break;
	case 0x24:
		do_change(t, c, r);
		break;
	case 0xca:
		card_add(r, serial, sizeof(serial));
		break;
	case 0x10: /* ECHO in the class that may be chained */
		card_add(r, c->data, c->length);
		break;
	default:
		r->sw = CARD_SW_INS;
		break;
	}
}

/* --- life --- */

static size_t op_atr(const struct card *card, int protocol, uint8_t *atr)
{
	static const uint8_t historical[] = "VTPRUEBA";
	const struct card_test *t = (const struct card_test *)(const void *)card;

	if (t->atr_length > 0) {
		memcpy(atr, t->atr, t->atr_length);
		return t->atr_length;
	}
	return card_make_atr(atr, protocol >= 0 && t->protocol < 0 ? protocol : t->protocol,
		historical, sizeof(historical) - 1);
}

static void op_reset(struct card *card)
{
	struct card_test *t = test_of(card);

	t->selected = NULL;
	t->verified = false;
}

static void op_status(const struct card *card, struct vt_buf *reply)
{
	const struct card_test *t = (const struct card_test *)(const void *)card;

	vt_buf_printf(reply, "pin_tries: %d\nverified: %s\n", t->tries, t->verified ? "yes" : "no");
}

static enum vt_code op_command(
	struct card *card, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct card_test *t = test_of(card);
	int64_t tries;

	if (count != 3 || strcmp(words[0], "pin") != 0 || strcmp(words[1], "tries") != 0)
		return VT_ERR_NOT_FOUND;
	if (vt_parse_i64(words[2], 0, 15, &tries) != VT_OK) {
		vt_buf_append_text(reply, "pin tries: 0 to 15\n");
		return VT_ERR_INVALID;
	}
	t->tries = (int)tries;
	return VT_OK;
}

static void op_destroy(struct card *card)
{
	struct card_test *t = test_of(card);

	for (size_t i = 0; i < t->file_count; i++)
		free(t->files[i].data);
	vt_wipe(t->pin, sizeof(t->pin));
	free(t);
}

static const struct card_ops test_ops = {
	.name = "test",
	.atr = op_atr,
	.reset = op_reset,
	.apdu = op_apdu,
	.command = op_command,
	.status = op_status,
	.destroy = op_destroy,
	.chain_max = CARD_MAX_DATA,
};

static void set_pin(struct card_test *t, const char *pin)
{
	size_t length = strlen(pin);

	memset(t->pin, 0xff, sizeof(t->pin));
	memcpy(t->pin, pin, length < PIN_BYTES ? length : PIN_BYTES);
}

struct card *card_test_create(const struct card_test_options *options)
{
	static const uint8_t first[8] = {0x61, 0x06, 0x4f, 0x04, 'T', 'E', 'S', 'T'};
	struct card_test *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	card_init(&t->base, &test_ops);
	t->protocol = options ? options->protocol : -1;
	set_pin(t, options && options->pin ? options->pin : "1234");
	t->max_tries = t->tries = options && options->tries > 0 ? options->tries : 3;
	t->random = options && options->seed != 0 ? options->seed : 1;
	if (options && options->atr) {
		VT_ASSERT(options->atr_length <= CARD_MAX_ATR);
		memcpy(t->atr, options->atr, options->atr_length);
		t->atr_length = options->atr_length;
	}
	if (card_test_put(&t->base, 0x2f00, first, sizeof(first)) != VT_OK) {
		free(t);
		return NULL;
	}
	return &t->base;
}

enum vt_code card_test_put(struct card *card, uint16_t id, const uint8_t *data, size_t length)
{
	struct card_test *t = test_of(card);
	struct test_file *file = find_file(t, id);

	if (length > CARD_TEST_MAX_BYTES || (!file && t->file_count == CARD_TEST_MAX_FILES))
		return VT_ERR_LIMIT;
	uint8_t *copy = malloc(length + 1);
	if (!copy)
		return VT_ERR_NOMEM;
	if (length > 0)
		memcpy(copy, data, length);
	if (!file) {
		file = &t->files[t->file_count++];
		file->data = NULL;
	}
	free(file->data);
	*file = (struct test_file){.id = id, .length = length, .data = copy};
	return VT_OK;
}

/* --- card files --- */

/* Hex digits with blanks between bytes; false for anything else or more than max bytes. */
static bool parse_hex(const char *text, uint8_t *data, size_t max, size_t *ret_length)
{
	size_t n = 0;

	while (*text) {
		char pair[3] = {0};
		if (*text == ' ' || *text == '\t') {
			text++;
			continue;
		}
		pair[0] = text[0];
		pair[1] = text[1];
		if (n == max || !vt_unhex(data + n, 1, pair))
			return false;
		n++;
		text += 2;
	}
	*ret_length = n;
	return true;
}

static enum vt_code put_line(struct card_test *t, char *value)
{
	uint8_t data[CARD_TEST_MAX_BYTES], id[2];
	size_t length = 0;
	char *rest = value + strcspn(value, " \t");

	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	if (!vt_unhex(id, sizeof(id), value))
		return VT_ERR_PARSE;
	if (strncmp(rest, "text ", 5) == 0) {
		length = strlen(rest + 5);
		memcpy(data, rest + 5, length < sizeof(data) ? length : 0);
	} else if (!parse_hex(rest, data, sizeof(data), &length)) {
		return VT_ERR_PARSE;
	}
	return card_test_put(&t->base, (uint16_t)(id[0] << 8 | id[1]), data, length);
}

static enum vt_code apply_line(struct card_test *t, const char *key, char *value)
{
	int64_t n;

	if (strcmp(key, "file") == 0)
		return put_line(t, value);
	if (strcmp(key, "atr") == 0)
		return parse_hex(value, t->atr, sizeof(t->atr), &t->atr_length) &&
				       t->atr_length >= 2
			       ? VT_OK
			       : VT_ERR_PARSE;
	if (strcmp(key, "protocol") == 0 && strcmp(value, "both") == 0) {
		t->protocol = -1;
		return VT_OK;
	}
	if (strcmp(key, "protocol") == 0 && vt_parse_i64(value, 0, 1, &n) == VT_OK) {
		t->protocol = (int)n;
		return VT_OK;
	}
	if (strcmp(key, "pin") == 0 && *value && strlen(value) <= PIN_BYTES) {
		set_pin(t, value);
		return VT_OK;
	}
	if (strcmp(key, "tries") == 0 && vt_parse_i64(value, 1, 15, &n) == VT_OK) {
		t->max_tries = t->tries = (int)n;
		return VT_OK;
	}
	if (strcmp(key, "seed") == 0 && vt_parse_i64(value, 1, UINT32_MAX, &n) == VT_OK) {
		t->random = (uint32_t)n;
		return VT_OK;
	}
	return VT_ERR_PARSE;
}

enum vt_code card_test_open(const char *path, struct card **ret_card, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	VT_CLEANUP(card_destroy) struct card *card = card_test_create(NULL);
	char line[3 * CARD_TEST_MAX_BYTES + 100];

	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	if (!card)
		return vt_fail(error, VT_ERR_NOMEM, 0, "%s", path);
	for (int number = 1; fgets(line, sizeof(line), file); number++) {
		line[strcspn(line, "#\r\n")] = '\0';
		char *key = line + strspn(line, " \t");
		if (number == 1 || *key == '\0')
			continue;
		char *value = key + strcspn(key, ":");
		enum vt_code code = VT_ERR_PARSE;
		if (*value == ':') {
			*value++ = '\0';
			value += strspn(value, " \t");
			code = apply_line(test_of(card), key, value);
		}
		if (code != VT_OK)
			return vt_fail(error, code, 0, "%s:%d: %s", path, number,
				code == VT_ERR_LIMIT ? "too long, or too many files"
						     : "not a line of a test card");
	}
	*ret_card = card;
	card = NULL;
	return VT_OK;
}
