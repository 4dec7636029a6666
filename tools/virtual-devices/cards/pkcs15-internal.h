#ifndef VT_CARDS_PKCS15_INTERNAL_H
#define VT_CARDS_PKCS15_INTERNAL_H

/* The files of a PKCS#15 card: what pkcs15-files.c builds and pkcs15.c serves. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "tools/virtual-devices/cards/image.h"

#define P15_MF	      0x3f00
#define P15_DIR	      0x2f00
#define P15_DF	      0x5015
#define P15_ODF	      0x5031
#define P15_TOKEN     0x5032
#define P15_AODF      0x4401
#define P15_PRKDF     0x4402
#define P15_CDF	      0x4403
#define P15_CERT      0x4300 /* + number of the key, from 1 */
#define P15_MAX_FILES (IMAGE_MAX_KEYS + 10)
/* Offsets of READ BINARY have 15 bits. */
#define P15_MAX_EF 0x7fff

/* How keys and PIN are named in commands. */
#define P15_PIN_REFERENCE 0x01
#define P15_ALG_PKCS1	  0x11 /* the card pads a DigestInfo */
#define P15_ALG_RAW	  0x12 /* the host pads to the length of the modulus */
#define P15_ALG_ECDSA	  0x21 /* a hash in, DER out */

struct p15_file {
	uint16_t id;
	uint16_t parent; /* id of its DF; the MF is its own */
	bool is_df;
	struct vt_buf content; /* of an EF */
};

struct p15_files {
	struct p15_file file[P15_MAX_FILES];
	size_t count;
};

/* The registered AID of the application: "PKCS-15" behind the RID. */
extern const uint8_t p15_aid[12];

/* Builds all files from the image. False if there is no memory or one is too long. */
bool p15_build(struct p15_files *files, const struct image *image);
void p15_free(struct p15_files *files);

#endif
