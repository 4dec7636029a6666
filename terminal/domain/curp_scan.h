#ifndef VT_DOMAIN_CURP_SCAN_H
#define VT_DOMAIN_CURP_SCAN_H

/* A key out of what a barcode reader read: the Code 128 of older certificates (the key alone), the
 * QR of today's ("CURP||APELLIDO1|APELLIDO2|NOMBRES|SEXO|DD/MM/AAAA|ENTIDAD|NN|", domain.md §2.10),
 * the back of a credential, or any text in which the key stands by itself. What is on a paper is
 * hostile input: only the key is taken, and it is checked like typed text. Pure. */

#include "terminal/domain/curp.h"

enum curp_scan {
	CURP_SCAN_GOOD,
	CURP_SCAN_NONE,	   /* no word in it has the form of a key */
	CURP_SCAN_WRONG,   /* one has, but its date, state or check digit is wrong */
	CURP_SCAN_SEVERAL, /* different good keys: whose? */
};

/* CURP_SCAN_GOOD if text (NUL-terminated UTF-8) holds exactly one good key, however often: a word
 * of 18 letters and digits that curp_check() accepts. Else ret_key is "". */
VT_MUST_USE enum curp_scan curp_from_scan(
	const char *text, struct vt_date today, char ret_key[CURP_SIZE]);

#endif
