#ifndef VT_DRIVERS_SMARTCARD_TLV_H
#define VT_DRIVERS_SMARTCARD_TLV_H

/* Tag, length, value: BER-TLV as cards speak it (ISO/IEC 7816-4 §5.2.2, X.690 §8.1) and the simple
 * TLV of CAC cards (GSC-IS 2.1 §8: tags and lengths in one buffer, values in another). A leaf: it
 * includes nothing of ours, allocates nothing, writes outputs only on success, and is proven by
 * Frama-C WP (`tools/prove`): no read outside [p, p + n), every range it gives lies inside the
 * input.
 *
 * Refused: indefinite and overlong lengths, lengths of more than three bytes, lengths past the end,
 * tags of more than four bytes or written longer than needed. 00 before a tag is padding. */

#include <stddef.h>
#include <stdint.h>

/* The longest input that the proof covers: more is refused. */
#define TLV_MAX_INPUT 65536

/* The tag at p: its bytes as a number, 5F C1 05 = 0x5FC105. 1, or 0 if there is none. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_tag) && \valid(ret_used);
    requires \separated(ret_tag, ret_used, p + (0 .. n - 1));
    assigns *ret_tag, *ret_used;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> 1 <= *ret_used <= 4 && *ret_used <= n;
    ensures \result == 0 ==> *ret_tag == \old(*ret_tag) && *ret_used == \old(*ret_used); */
int tlv_read_tag(const uint8_t *p, size_t n, uint32_t *ret_tag, size_t *ret_used);

/* The length at p. 1, or 0. It may still lie past the end of whatever it is the length of. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_length) && \valid(ret_used);
    requires \separated(ret_length, ret_used, p + (0 .. n - 1));
    assigns *ret_length, *ret_used;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> 1 <= *ret_used <= 4 && *ret_used <= n && *ret_length <= 0xFFFFFF;
    ensures \result == 0 ==> *ret_length == \old(*ret_length) && *ret_used == \old(*ret_used); */
int tlv_read_length(const uint8_t *p, size_t n, size_t *ret_length, size_t *ret_used);

/* The object at p, which must lie in [p, p + n) whole: value at p[*ret_value], *ret_length bytes.
 * 1, or 0 if it is malformed or n is 0. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_tag) && \valid(ret_value) && \valid(ret_length);
    requires \separated(ret_tag, ret_value, ret_length, p + (0 .. n - 1));
    assigns *ret_tag, *ret_value, *ret_length;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> 2 <= *ret_value <= n && *ret_length <= n - *ret_value;
    ensures \result == 0 ==> *ret_tag == \old(*ret_tag) && *ret_value == \old(*ret_value) &&
	*ret_length == \old(*ret_length); */
int tlv_read(const uint8_t *p, size_t n, uint32_t *ret_tag, size_t *ret_value, size_t *ret_length);

/* The next object at or behind *at, padding skipped; *at moves behind it. 1: there is one, 0: the
 * end is reached, -1: malformed (*at stands still). Offsets count from p. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(at) && \valid(ret_tag) && \valid(ret_value) && \valid(ret_length);
    requires \separated(at, ret_tag, ret_value, ret_length, p + (0 .. n - 1));
    requires *at <= n;
    assigns *at, *ret_tag, *ret_value, *ret_length;
    ensures -1 <= \result <= 1;
    ensures *at <= n;
    ensures \result == 1 ==> *at > \old(*at) && *ret_value <= n &&
	*ret_length <= n - *ret_value && *at == *ret_value + *ret_length &&
	*ret_value >= \old(*at) + 2;
    ensures \result != 1 ==> *at == \old(*at); */
int tlv_walk(const uint8_t *p, size_t n, size_t *at, uint32_t *ret_tag, size_t *ret_value,
	size_t *ret_length);

/* The first object with this tag among those that stand in a row in [p, p + n). 1, or 0 if there is
 * none before the end or before something malformed. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_value) && \valid(ret_length);
    requires \separated(ret_value, ret_length, p + (0 .. n - 1));
    assigns *ret_value, *ret_length;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> 2 <= *ret_value <= n && *ret_length <= n - *ret_value;
    ensures \result == 0 ==>
	*ret_value == \old(*ret_value) && *ret_length == \old(*ret_length); */
int tlv_seek(const uint8_t *p, size_t n, uint32_t tag, size_t *ret_value, size_t *ret_length);

/* One entry of a CAC tag and length buffer: tag, then length or FF and two bytes, little endian. */
/*@ requires n <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_tag) && \valid(ret_length) && \valid(ret_used);
    requires \separated(ret_tag, ret_length, ret_used, p + (0 .. n - 1));
    assigns *ret_tag, *ret_length, *ret_used;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> 2 <= *ret_used <= 4 && *ret_used <= n && *ret_length <= 65535;
    ensures \result == 0 ==> *ret_tag == \old(*ret_tag) && *ret_used == \old(*ret_used) &&
	*ret_length == \old(*ret_length); */
int tlv_simple_read(
	const uint8_t *p, size_t n, uint8_t *ret_tag, size_t *ret_length, size_t *ret_used);

/* Where the value of a tag stands in a value buffer of values bytes: *ret_value from its start.
 * 1, or 0 if the buffer does not have the tag, is malformed, or promises more than values. */
/*@ requires n <= TLV_MAX_INPUT && values <= TLV_MAX_INPUT;
    requires \valid_read(p + (0 .. n - 1));
    requires \valid(ret_value) && \valid(ret_length);
    requires \separated(ret_value, ret_length, p + (0 .. n - 1));
    assigns *ret_value, *ret_length;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> *ret_value <= values && *ret_length <= values - *ret_value;
    ensures \result == 0 ==>
	*ret_value == \old(*ret_value) && *ret_length == \old(*ret_length); */
int tlv_simple_seek(const uint8_t *p, size_t n, size_t values, uint8_t tag, size_t *ret_value,
	size_t *ret_length);

#endif
