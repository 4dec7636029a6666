#ifndef VT_BASE_LIMITS_H
#define VT_BASE_LIMITS_H

/* Named maxima of everything that grows (STYLE rule 27). Sizes in bytes include the final NUL
 * where the thing is text. */

/* One message on a socket: a screen model with 40 items fits four times. */
#define VT_MAX_MESSAGE 65536
/* Depth of JSON from outside: our deepest message nests 6. */
#define VT_MAX_JSON_DEPTH 16
/* Ids of transactions and idempotency keys: UUID text, 36 characters. */
#define VT_UUID_SIZE 37
/* Folio: 4 groups of 4 with hyphens. */
#define VT_FOLIO_SIZE 20
/* One answer typed by a citizen: 200 characters of up to 4 bytes (domain.md §9 "text"). */
#define VT_MAX_VALUE 804
/* Fields of one form. */
#define VT_MAX_FIELDS 16
/* A service definition's id. */
#define VT_MAX_ID 40
/* A sealed business payload of one transaction. */
#define VT_MAX_PAYLOAD 16384
/* The words of a request that a citizen signs: about twenty lines. */
#define VT_MAX_SIGNED_TEXT 4096
/* Its detached signature (CMS, terminal/certificate/cms.h) in base64: 4.5 KiB of DER. */
#define VT_MAX_CMS_TEXT 6145
/* What a web service may answer to one request. */
#define VT_MAX_HTTP_BODY (1024 * 1024)

#endif
