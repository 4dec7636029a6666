#include "tools/virtual-devices/cards/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define MAX_LINE 1024
#define MAX_PART 65536 /* one certificate or key file */

/* What only the end of the file can decide. */
struct draft {
	struct image *image;
	const char *folder; /* borrowed */
	char pin[PIN_SIZE + 1], puk[PIN_SIZE + 1];
	int64_t tries, tries_left, puk_left; /* _left: -1 = all */
};

void image_destroy(struct image **image)
{
	struct image *self = *image;

	if (!self)
		return;
	for (size_t i = 0; i < self->key_count; i++) {
		free(self->keys[i].cert);
		key_destroy(&self->keys[i].key);
	}
	vt_wipe(self, sizeof(*self));
	free(self);
	*image = NULL;
}

/* --- files --- */

static enum vt_code read_file(
	const char *path, size_t max, struct vt_buf *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");

	if (!file)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "%s: %s", path, strerror(errno));
	vt_buf_init(ret, max);
	uint8_t *room = vt_buf_reserve(ret, max);
	if (!room)
		return vt_fail(error, VT_ERR_NOMEM, 0, "%s", path);
	vt_buf_added(ret, fread(room, 1, max, file));
	if (ferror(file))
		return vt_fail(error, VT_ERR_IO, 0, "%s: cannot be read", path);
	if (fgetc(file) != EOF)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: longer than %zu bytes", path, max);
	return VT_OK;
}

static bool join_path(char *ret, size_t size, const char *folder, const char *name)
{
	return name[0] == '/' ? vt_copy(ret, size, name)
			      : vt_format(ret, size, "%s/%s", folder, name);
}

static enum vt_code load_certificate(
	const char *path, struct image_key *key, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};
	VT_CLEANUP(vt_buf_finish) struct vt_buf der = {.max = MAX_PART};

	enum vt_code code = read_file(path, MAX_PART, &file, error);
	if (code == VT_OK)
		code = cert_parse(file.data, file.length, &der, error);
	if (code == VT_OK && !(key->cert = malloc(der.length)))
		code = vt_fail(error, VT_ERR_NOMEM, 0, "certificate");
	if (code != VT_OK)
		return code;
	memcpy(key->cert, der.data, der.length);
	key->cert_length = der.length;
	return VT_OK;
}

static enum vt_code load_key(
	const char *path, const char *password, struct image_key *key, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};

	enum vt_code code = read_file(path, MAX_PART, &file, error);
	if (code == VT_OK)
		code = key_parse(file.data, file.length, password, &key->key, error);
	return code;
}

/* --- a key --- */

struct key_words {
	const char *certificate, *private_key, *password; /* borrowed from the line */
};

/* A word behind the slot: NAME=VALUE or a switch. */
static bool key_word(struct image_key *key, struct key_words *words, char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	if (value && strcmp(word, "certificate") == 0)
		words->certificate = value;
	else if (value && strcmp(word, "private") == 0)
		words->private_key = value;
	else if (value && strcmp(word, "password") == 0)
		words->password = value;
	else if (!value && strcmp(word, "gzip") == 0)
		key->gzip = true;
	else if (!value && strcmp(word, "always") == 0)
		key->always = true;
	else
		return false;
	return true;
}

static bool slot_allowed(const struct image *image, uint8_t slot)
{
	for (size_t i = 0; i < image->key_count; i++)
		if (image->keys[i].slot == slot)
			return false;
	if (image->kind == IMAGE_PKCS15)
		return slot >= 1 && slot <= IMAGE_MAX_KEYS;
	return image->kind == IMAGE_PIV &&
	       (slot == 0x9a || (slot >= 0x9c && slot <= 0x9e) || (slot >= 0x82 && slot <= 0x95));
}

static enum vt_code fill_key(
	struct draft *d, struct image_key *key, char *value, struct vt_error *error)
{
	struct key_words words = {0};
	char path[1024], *save = NULL;
	char *label = strstr(value, "label=");

	if (label && label > value && label[-1] == ' ') {
		label[-1] = '\0';
		if (!vt_copy(key->label, sizeof(key->label), label + 6))
			return vt_fail(error, VT_ERR_LIMIT, 0, "label too long");
	}
	char *word = strtok_r(value, " \t", &save);
	if (!word || !vt_unhex(&key->slot, 1, word) || !slot_allowed(d->image, key->slot))
		return vt_fail(error, VT_ERR_PARSE, 0, "no such slot on this kind, or twice");
	while ((word = strtok_r(NULL, " \t", &save)) != NULL)
		if (!key_word(key, &words, word))
			return vt_fail(error, VT_ERR_PARSE, 0, "unknown word \"%.40s\"", word);
	if (!words.certificate && !words.private_key)
		return vt_fail(error, VT_ERR_PARSE, 0, "needs certificate= or private=");
	if (words.certificate) {
		if (!join_path(path, sizeof(path), d->folder, words.certificate))
			return vt_fail(error, VT_ERR_LIMIT, 0, "file name too long");
		enum vt_code code = load_certificate(path, key, error);
		if (code != VT_OK)
			return code;
	}
	if (!words.private_key)
		return VT_OK;
	if (!join_path(path, sizeof(path), d->folder, words.private_key))
		return vt_fail(error, VT_ERR_LIMIT, 0, "file name too long");
	return load_key(path, words.password, key, error);
}

static enum vt_code apply_key(struct draft *d, char *value, struct vt_error *error)
{
	struct image_key key = {0};

	if (d->image->key_count == IMAGE_MAX_KEYS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "more than %d keys", IMAGE_MAX_KEYS);
	enum vt_code code = fill_key(d, &key, value, error);
	/* Counted also when it is half made: image_destroy() frees it. */
	d->image->keys[d->image->key_count++] = key;
	return code;
}

/* --- lines --- */

static bool take_switch(const char *value, bool *ret)
{
	*ret = strcmp(value, "yes") == 0;
	return *ret || strcmp(value, "no") == 0;
}

/* Hex digits with blanks between bytes. */
static bool take_hex(const char *text, uint8_t *data, size_t max, size_t *ret_length)
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ' || *text == '\t') {
			text++;
			continue;
		}
		const char pair[3] = {text[0], text[1], '\0'};
		if (n == max || !vt_unhex(data + n, 1, pair))
			return false;
		n++;
		text += 2;
	}
	*ret_length = n;
	return n > 0;
}

static bool take_protocol(struct image *image, const char *value)
{
	int64_t n = -1;

	if (strcmp(value, "both") != 0 && vt_parse_i64(value, 0, 1, &n) != VT_OK)
		return false;
	image->protocol = (int)n;
	return true;
}

static bool apply_line(struct draft *d, const char *key, const char *value)
{
	struct image *image = d->image;
	size_t length = 0;

	if (strcmp(key, "label") == 0)
		return vt_copy(image->label, sizeof(image->label), value);
	if (strcmp(key, "protocol") == 0)
		return take_protocol(image, value);
	if (strcmp(key, "atr") == 0)
		return take_hex(value, image->atr, CARD_MAX_ATR, &image->atr_length) &&
		       image->atr_length >= 2;
	if (strcmp(key, "extended") == 0)
		return take_switch(value, &image->extended);
	if (strcmp(key, "chaining") == 0)
		return take_switch(value, &image->chaining);
	if (strcmp(key, "discovery") == 0)
		return take_switch(value, &image->discovery);
	if (strcmp(key, "pin") == 0)
		return vt_copy(d->pin, sizeof(d->pin), value);
	if (strcmp(key, "puk") == 0)
		return vt_copy(d->puk, sizeof(d->puk), value);
	if (strcmp(key, "tries") == 0)
		return vt_parse_i64(value, 1, 15, &d->tries) == VT_OK;
	if (strcmp(key, "tries_left") == 0)
		return vt_parse_i64(value, 0, 15, &d->tries_left) == VT_OK;
	if (strcmp(key, "puk_left") == 0)
		return vt_parse_i64(value, 0, 15, &d->puk_left) == VT_OK;
	if (strcmp(key, "serial") == 0)
		return take_hex(value, image->serial, sizeof(image->serial), &length) &&
		       length == sizeof(image->serial);
	if (strcmp(key, "database") == 0 && image->kind == IMAGE_CAC)
		return join_path(image->database, sizeof(image->database), d->folder, value);
	if (strcmp(key, "nicknames") == 0 && image->kind == IMAGE_CAC)
		return vt_copy(image->nicknames, sizeof(image->nicknames), value);
	return false;
}

/* "card KIND" on the first line. */
static enum vt_code apply_kind(struct image *image, const char *line, struct vt_error *error)
{
	static const char *const kinds[] = {"card piv", "card pkcs15", "card cac"};

	for (size_t i = 0; i < VT_ELEMENTS(kinds); i++) {
		if (strcmp(line, kinds[i]) != 0)
			continue;
		image->kind = (enum image_kind)i;
		return VT_OK;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "\"card piv\", \"card pkcs15\" or \"card cac\"");
}

static enum vt_code take_line(struct draft *d, int number, char *line, struct vt_error *error)
{
	line[strcspn(line, "#\r")] = '\0';
	size_t length = strlen(line);
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		line[--length] = '\0';
	if (number == 1)
		return apply_kind(d->image, line, error);
	char *key = line + strspn(line, " \t");
	if (*key == '\0')
		return VT_OK;
	char *value = strchr(key, ':');
	if (!value)
		return vt_fail(error, VT_ERR_PARSE, 0, "\"key: value\" wanted");
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcmp(key, "key") == 0)
		return apply_key(d, value, error);
	if (!apply_line(d, key, value))
		return vt_fail(error, VT_ERR_PARSE, 0,
			"\"%.40s\": no such key on this card, or a wrong value", key);
	return VT_OK;
}

/* --- the whole --- */

static enum vt_code finish(struct draft *d, struct vt_error *error)
{
	struct image *image = d->image;
	int64_t left = d->tries_left < 0 ? d->tries : d->tries_left;
	int64_t puk_left = d->puk_left < 0 ? d->tries : d->puk_left;

	if (!pin_init(&image->pin, d->pin, (unsigned)d->tries, (unsigned)left) ||
		!pin_init(&image->puk, d->puk, (unsigned)d->tries, (unsigned)puk_left))
		return vt_fail(error, VT_ERR_PARSE, 0,
			"pin, puk: 4 to 8 characters; no more tries left than there are");
	image->pin.min_length = image->kind == IMAGE_PIV ? 6 : 4;
	if (image->kind == IMAGE_CAC && image->database[0] == '\0')
		return vt_fail(error, VT_ERR_PARSE, 0, "database: missing");
	return VT_OK;
}

static enum vt_code fill(struct draft *d, const char *text, size_t length, struct vt_error *error)
{
	const char *end = text + length;
	int number = 1;

	for (const char *at = text; at < end || number == 1; number++) {
		char line[MAX_LINE];
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);
		if (n >= sizeof(line) || memchr(at, '\0', n))
			return vt_fail(error, VT_ERR_PARSE, 0, "line %d: no text below %zu bytes",
				number, sizeof(line));
		memcpy(line, at, n);
		line[n] = '\0';
		enum vt_code code = take_line(d, number, line, error);
		vt_wipe(line, sizeof(line));
		if (code != VT_OK)
			return vt_prefix(error, code, "line %d", number);
		at = stop ? stop + 1 : end;
	}
	return finish(d, error);
}

enum vt_code image_parse(const char *text, size_t length, const char *folder, struct image **ret,
	struct vt_error *error)
{
	static const uint8_t serial[16] = {
		0x56, 0x54, 0x2d, 0x43, 0x41, 0x52, 0x44, 0x2d, 0x80, [15] = 0x01};
	struct draft d = {.folder = folder,
		.pin = "123456",
		.puk = "12345678",
		.tries = 3,
		.tries_left = -1,
		.puk_left = -1};

	*ret = NULL;
	if (length > IMAGE_MAX_FILE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "longer than %d bytes", IMAGE_MAX_FILE);
	d.image = calloc(1, sizeof(*d.image));
	if (!d.image)
		return vt_fail(error, VT_ERR_NOMEM, 0, "card image");
	*d.image = (struct image){.protocol = -1,
		.extended = true,
		.chaining = true,
		.discovery = true,
		.nicknames = "cert1,cert2,cert3"};
	memcpy(d.image->serial, serial, sizeof(serial));
	enum vt_code code = fill(&d, text, length, error);
	if (code != VT_OK)
		image_destroy(&d.image);
	*ret = d.image;
	vt_wipe(&d, sizeof(d));
	return code;
}

enum vt_code image_load(const char *path, struct image **ret, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf file = {0};
	char folder[512];
	const char *slash = strrchr(path, '/');

	*ret = NULL;
	if (!(slash ? vt_format(folder, sizeof(folder), "%.*s", (int)(slash - path), path)
		    : vt_copy(folder, sizeof(folder), ".")))
		return vt_fail(error, VT_ERR_LIMIT, 0, "card image: path too long");
	enum vt_code code = read_file(path, IMAGE_MAX_FILE, &file, error);
	if (code != VT_OK)
		return code;
	code = image_parse(vt_buf_text(&file), file.length, folder, ret, error);
	return code == VT_OK ? VT_OK : vt_prefix(error, code, "%s", path);
}
