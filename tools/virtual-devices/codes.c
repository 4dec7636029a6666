#include "tools/virtual-devices/codes.h"

#include <qrencode.h>
#include <string.h>

#include "terminal/base/attributes.h"

/* --- QR --- */

static QRencodeMode best_mode(const uint8_t *data, size_t length)
{
	static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	QRencodeMode mode = QR_MODE_NUM;

	for (size_t i = 0; i < length; i++) {
		if (data[i] >= '0' && data[i] <= '9')
			continue;
		if (data[i] == '\0' || !strchr(alphanumeric, data[i]))
			return QR_MODE_8;
		mode = QR_MODE_AN;
	}
	return mode;
}

enum vt_code codes_qr_encode(const uint8_t *data, size_t length, int level, struct codes_qr *ret)
{
	static const QRecLevel levels[] = {QR_ECLEVEL_L, QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};

	if (length == 0 || level < 0 || level > 3)
		return VT_ERR_INVALID;
	if (length > CODES_MAX_QR_DATA)
		return VT_ERR_LIMIT;
	QRinput *input = QRinput_new2(0, levels[level]);
	if (!input)
		return VT_ERR_NOMEM;
	QRcode *code = NULL;
	if (QRinput_append(input, best_mode(data, length), (int)length, data) == 0)
		code = QRcode_encodeInput(input);
	QRinput_free(input);
	if (!code)
		return VT_ERR_LIMIT;
	ret->size = code->width;
	for (int i = 0; i < code->width * code->width; i++)
		ret->modules[i] = code->data[i] & 1;
	QRcode_free(code);
	return VT_OK;
}

/* --- linear: elements --- */

/* Appends elements given as digits, "2112". */
static void add(struct codes_bar *bar, const char *widths)
{
	for (; *widths && bar->count < CODES_MAX_ELEMENTS; widths++)
		bar->widths[bar->count++] = (uint8_t)(*widths - '0');
}

static void set_text(struct codes_bar *bar, const uint8_t *data, size_t length)
{
	if (length > sizeof(bar->text) - 1)
		length = sizeof(bar->text) - 1;
	memcpy(bar->text, data, length);
	bar->text[length] = '\0';
}

static bool all_digits(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (data[i] < '0' || data[i] > '9')
			return false;
	}
	return true;
}

/* --- EAN and UPC (GS1 General Specifications, 5.2) --- */

static uint8_t ean_check_digit(const uint8_t *digits, size_t length)
{
	int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += (digits[i] - '0') * ((length - i) % 2 == 1 ? 3 : 1);
	return (uint8_t)('0' + (10 - sum % 10) % 10);
}

static void add_ean_digit(struct codes_bar *bar, uint8_t digit, char set)
{
	static const char *const a[10] = {
		"3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112"};
	char reversed[5] = {0};
	const char *widths = a[digit - '0'];

	for (int i = 0; i < 4; i++)
		reversed[i] = widths[3 - i];
	add(bar, set == 'B' ? reversed : widths);
}

static enum vt_code encode_ean(
	const uint8_t *data, size_t length, size_t full_length, struct codes_bar *ret)
{
	/* Which set each left digit takes tells the first digit of an EAN-13. */
	static const char *const parity[10] = {"AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB",
		"ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"};
	uint8_t digits[14];

	if ((length != full_length && length != full_length - 1) || !all_digits(data, length))
		return VT_ERR_INVALID;
	memcpy(digits, data, length);
	uint8_t check = ean_check_digit(digits, full_length - 1);
	if (length == full_length && digits[length - 1] != check)
		return VT_ERR_INVALID;
	digits[full_length - 1] = check;
	set_text(ret, digits, full_length);

	bool first_is_parity = full_length == 13;
	size_t at = first_is_parity ? 1 : 0;
	size_t half = (full_length - at) / 2;
	add(ret, "111");
	for (size_t i = 0; i < half; i++, at++)
		add_ean_digit(ret, digits[at], first_is_parity ? parity[digits[0] - '0'][i] : 'A');
	add(ret, "11111");
	for (size_t i = 0; i < half; i++, at++)
		add_ean_digit(ret, digits[at], 'C');
	add(ret, "111");
	return VT_OK;
}

/* --- Code 39 and ITF --- */

static enum vt_code encode_code39(const uint8_t *data, size_t length, struct codes_bar *ret)
{
	static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*";
	static const char *const widths[] = {"111331311", "311311113", "113311113", "313311111",
		"111331113", "311331111", "113331111", "111311313", "311311311", "113311311",
		"311113113", "113113113", "313113111", "111133113", "311133111", "113133111",
		"111113313", "311113311", "113113311", "111133311", "311111133", "113111133",
		"313111131", "111131133", "311131131", "113131131", "111111333", "311111331",
		"113111331", "111131331", "331111113", "133111113", "333111111", "131131113",
		"331131111", "133131111", "131111313", "331111311", "133111311", "131313111",
		"131311131", "131113131", "111313131", "131131311"};

	set_text(ret, data, length);
	/* Start and stop "*" may be in the data or not. */
	if (length > 0 && data[0] == '*') {
		data++;
		length--;
	}
	if (length > 0 && data[length - 1] == '*')
		length--;
	if (length == 0)
		return VT_ERR_INVALID;
	add(ret, widths[43]);
	for (size_t i = 0; i < length; i++) {
		const char *at = data[i] ? strchr(characters, data[i]) : NULL;
		if (!at || *at == '*')
			return VT_ERR_INVALID;
		add(ret, "1");
		add(ret, widths[at - characters]);
	}
	add(ret, "1");
	add(ret, widths[43]);
	return VT_OK;
}

static enum vt_code encode_itf(const uint8_t *data, size_t length, struct codes_bar *ret)
{
	static const char *const widths[10] = {"11331", "31113", "13113", "33111", "11313", "31311",
		"13311", "11133", "31131", "13131"};

	if (length < 2 || length % 2 != 0 || !all_digits(data, length))
		return VT_ERR_INVALID;
	set_text(ret, data, length);
	add(ret, "1111");
	for (size_t i = 0; i < length; i += 2) {
		for (int k = 0; k < 5; k++) {
			char pair[3] = {
				widths[data[i] - '0'][k], widths[data[i + 1] - '0'][k], '\0'};
			add(ret, pair);
		}
	}
	add(ret, "311");
	return VT_OK;
}

/* --- Code 128 (ISO/IEC 15417) --- */

static const char *const code128_widths[107] = {"212222", "222122", "222221", "121223", "121322",
	"131222", "122213", "122312", "132212", "221213", "221312", "231212", "112232", "122132",
	"122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212", "223112",
	"312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321",
	"232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113",
	"231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
	"231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311",
	"332111", "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122",
	"141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
	"413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211",
	"411212", "421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141",
	"114113", "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412",
	"211214", "211232", "2331112"};

enum { C128_FNC3 = 96, C128_FNC2 = 97, C128_SHIFT = 98, C128_FNC1 = 102, C128_STOP = 106 };

struct code128 {
	struct codes_bar *bar;
	char set;
	unsigned weight;
	unsigned long sum;
	size_t text_length;
};

static void code128_symbol(struct code128 *c, int value)
{
	add(c->bar, code128_widths[value]);
	c->sum += (unsigned long)value * (c->weight ? c->weight : 1);
	c->weight++;
}

static void code128_text(struct code128 *c, char character)
{
	if (c->text_length + 1 < sizeof(c->bar->text))
		c->bar->text[c->text_length++] = character >= ' ' ? character : ' ';
	c->bar->text[c->text_length] = '\0';
}

static int code128_value(char set, uint8_t byte)
{
	if (set == 'A' && byte < 0x60)
		return byte < 0x20 ? byte + 64 : byte - 32;
	if (set == 'B' && byte >= 0x20 && byte < 0x80)
		return byte - 32;
	return -1;
}

static bool code128_character(struct code128 *c, uint8_t byte)
{
	if (c->set == 'C') {
		if (byte > 99)
			return false;
		code128_text(c, (char)('0' + byte / 10));
		code128_text(c, (char)('0' + byte % 10));
		code128_symbol(c, byte);
		return true;
	}
	int value = code128_value(c->set, byte);
	if (value < 0)
		return false;
	code128_text(c, (char)byte);
	code128_symbol(c, value);
	return true;
}

/* The character behind "{". *skip becomes the bytes of data it needed beyond itself. */
static bool code128_control(struct code128 *c, const uint8_t *at, size_t left, size_t *skip)
{
	switch (at[0]) {
	case 'A':
	case 'B':
	case 'C':
		if (c->set != (char)at[0])
			code128_symbol(c, at[0] == 'A' ? 101 : at[0] == 'B' ? 100 : 99);
		c->set = (char)at[0];
		return true;
	case 'S': {
		int value = left > 1 ? code128_value(c->set == 'A' ? 'B' : 'A', at[1]) : -1;
		if (c->set == 'C' || value < 0)
			return false;
		code128_symbol(c, C128_SHIFT);
		code128_symbol(c, value);
		code128_text(c, (char)at[1]);
		*skip = 1;
		return true;
	}
	case '1':
		code128_symbol(c, C128_FNC1);
		return true;
	case '2':
	case '3':
		code128_symbol(c, at[0] == '2' ? C128_FNC2 : C128_FNC3);
		return c->set != 'C';
	case '4':
		code128_symbol(c, c->set == 'A' ? 101 : 100);
		return c->set != 'C';
	case '{':
		return code128_character(c, '{');
	default:
		return false;
	}
}

static enum vt_code encode_code128(const uint8_t *data, size_t length, struct codes_bar *ret)
{
	struct code128 c = {.bar = ret};

	if (length < 3 || data[0] != '{' || data[1] < 'A' || data[1] > 'C')
		return VT_ERR_INVALID;
	c.set = (char)data[1];
	code128_symbol(&c, 103 + data[1] - 'A');
	c.weight = 1;
	for (size_t i = 2; i < length; i++) {
		size_t skip = 0;
		/* In set C "{" is the value 123, which is none: always a control. */
		if (data[i] != '{') {
			if (!code128_character(&c, data[i]))
				return VT_ERR_INVALID;
			continue;
		}
		if (i + 1 == length || !code128_control(&c, data + i + 1, length - i - 1, &skip))
			return VT_ERR_INVALID;
		i += 1 + skip;
	}
	add(ret, code128_widths[c.sum % 103]);
	add(ret, code128_widths[C128_STOP]);
	return VT_OK;
}

enum vt_code codes_bar_encode(int system, const uint8_t *data, size_t length, struct codes_bar *ret)
{
	ret->count = 0;
	ret->text[0] = '\0';
	if (length > 255)
		return VT_ERR_LIMIT;
	switch (system) {
	case CODES_UPC_A:
		return encode_ean(data, length, 12, ret);
	case CODES_EAN13:
		return encode_ean(data, length, 13, ret);
	case CODES_EAN8:
		return encode_ean(data, length, 8, ret);
	case CODES_CODE39:
		return encode_code39(data, length, ret);
	case CODES_ITF:
		return encode_itf(data, length, ret);
	case CODES_CODE128:
		return encode_code128(data, length, ret);
	default:
		return VT_ERR_UNSUPPORTED;
	}
}
