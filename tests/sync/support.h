#ifndef TESTS_SYNC_SUPPORT_H
#define TESTS_SYNC_SUPPORT_H

/* What the tests of offline-queue/sync share: a temporary folder with identities, and texts. */

#include "offline-queue/sync/wsse.h"
#include "terminal/base/buf.h"

/* cmocka group set-up and tear-down: a folder with the files of make_identities, later removed. */
int support_start(void **state);
int support_stop(void **state);
/* Path of a file in that folder; valid until the eighth next call. */
const char *support_path(const char *name);

struct wsse_identity *support_identity(const char *name);
/* ca without ".pem"; signer may be NULL. */
struct wsse_trust *support_trust(const char *ca, const char *signer);
/* Parses text that must be good. */
struct xml_doc *support_parse(const char *text);
/* Serialises and frees doc; text in out, which is initialised here. */
void support_serialize(struct xml_doc **doc, struct vt_buf *out);
/* An envelope with a MessageID and a small Body. */
struct xml_doc *support_envelope(void);

#endif
