#include "drivers/printer/code128.h"

#include <stdbool.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"

enum { SET_A, SET_B, SET_C, SET_COUNT };
/* Symbol values with a meaning of their own (ISO/IEC 15417 table 1). */
enum { START_A = 103, STOP = 106, CHECK_MODULUS = 103, SHIFT = 98 };
/* To set … from anywhere else. */
static const uint8_t code_set[SET_COUNT] = {[SET_A] = 101, [SET_B] = 100, [SET_C] = 99};

static const char *const patterns[] = {"212222", "222122", "222221", "121223", "121322", "131222",
	"122213", "122312", "132212", "221213", "221312", "231212", "112232", "122132", "122231",
	"113222", "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131",
	"311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
	"111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311",
	"112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331", "231131",
	"213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
	"314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221",
	"112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111",
	"241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212",
	"421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
	"114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412", "211214",
	"211232", "2331112"};

/* Best way to encode text[i…] when in a set: cost in symbols and the first step. */
struct plan {
	uint16_t cost[CODE128_MAX_TEXT + 1][SET_COUNT];
	uint8_t next_set[CODE128_MAX_TEXT + 1][SET_COUNT]; /* set used for the character here */
	bool shifted[CODE128_MAX_TEXT + 1][SET_COUNT];	   /* it is only borrowed */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Can this set encode what stands at text[i], and how many characters at once? */
static size_t covers(const char *text, size_t i, int set)
{
	const unsigned char c = (unsigned char)text[i];

	if (set == SET_C)
		return is_digit(text[i]) && is_digit(text[i + 1]) ? 2 : 0;
	return set == SET_A ? c < 0x60 : c >= 0x20;
}

static void plan_at(const char *text, size_t i, struct plan *plan)
{
	for (int set = 0; set < SET_COUNT; set++) {
		plan->cost[i][set] = UINT16_MAX;
		for (int use = 0; use < SET_COUNT; use++) {
			const size_t taken = covers(text, i, use);
			if (taken == 0)
				continue;
			const unsigned change = use == set ? 0 : 1;
			const unsigned stay = change + 1u + plan->cost[i + taken][use];
			if (stay < plan->cost[i][set]) {
				plan->cost[i][set] = (uint16_t)stay;
				plan->next_set[i][set] = (uint8_t)use;
				plan->shifted[i][set] = false;
			}
			/* One character of A within B or the other way round. */
			if (use == set || use == SET_C || set == SET_C)
				continue;
			const unsigned shift = 2u + plan->cost[i + 1][set];
			if (shift < plan->cost[i][set]) {
				plan->cost[i][set] = (uint16_t)shift;
				plan->next_set[i][set] = (uint8_t)use;
				plan->shifted[i][set] = true;
			}
		}
	}
}

static uint8_t symbol_of(const char *text, size_t i, int set)
{
	const unsigned char c = (unsigned char)text[i];

	if (set == SET_C)
		return (uint8_t)((text[i] - '0') * 10 + (text[i + 1] - '0'));
	if (set == SET_A && c < 0x20)
		return (uint8_t)(c + 64);
	return (uint8_t)(c - 32);
}

static void add(struct code128 *code, uint8_t symbol)
{
	VT_ASSERT(code->symbol_count < CODE128_MAX_SYMBOLS);
	code->symbols[code->symbol_count++] = symbol;
}

static void emit(const char *text, size_t length, const struct plan *plan, struct code128 *ret)
{
	int set = SET_A;

	for (int other = SET_A + 1; other < SET_COUNT; other++)
		if (plan->cost[0][other] < plan->cost[0][set])
			set = other;
	add(ret, (uint8_t)(START_A + set));
	for (size_t i = 0; i < length;) {
		const int use = plan->next_set[i][set];
		const bool is_shifted = plan->shifted[i][set];
		if (is_shifted)
			add(ret, SHIFT);
		else if (use != set)
			add(ret, code_set[use]);
		add(ret, symbol_of(text, i, use));
		i += covers(text, i, use);
		if (!is_shifted)
			set = use;
	}
	unsigned sum = ret->symbols[0];
	for (size_t i = 1; i < ret->symbol_count; i++)
		sum += (unsigned)i * ret->symbols[i];
	add(ret, (uint8_t)(sum % CHECK_MODULUS));
	add(ret, STOP);
}

enum vt_code code128_encode(const char *text, struct code128 *ret, struct vt_error *error)
{
	const size_t length = strlen(text);
	struct code128 code = {0};
	struct plan plan;

	if (length == 0)
		return vt_fail(error, VT_ERR_INVALID, 0, "code128: empty");
	if (length > CODE128_MAX_TEXT)
		return vt_fail(error, VT_ERR_LIMIT, 0, "code128: too long");
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] > 0x7f)
			return vt_fail(error, VT_ERR_INVALID, 0, "code128: not ASCII");
	memset(plan.cost[length], 0, sizeof(plan.cost[length]));
	for (size_t i = length; i-- > 0;)
		plan_at(text, i, &plan);
	emit(text, length, &plan, &code);
	*ret = code;
	return VT_OK;
}

size_t code128_width(const struct code128 *code)
{
	return (code->symbol_count - 1) * 11 + 13;
}

const char *code128_pattern(uint8_t symbol)
{
	VT_ASSERT(symbol < VT_ELEMENTS(patterns));
	return patterns[symbol];
}
