#ifndef SYNC_CHECKER_H
#define SYNC_CHECKER_H

/* Has the issuer revoked a certificate? Carries out Certificate.Check: asks the configured OCSP
 * responder, then the list, and decides by the policy of terminal/certificate/revocation.h. SAT's
 * certificates name no address (domain.md §6.1), so both are configuration:
 *
 *   [revocation]
 *   ocsp_url = http://…          absent: only the list is asked
 *   crl_url = http://…           absent: only OCSP is asked
 *   crl_cache = FILE             keeps the last list over a restart; absent: in memory only
 *   grace_h = 24                 a list may be so much older than its nextUpdate
 *   timeout_ms = 4000            for each of the two requests
 *
 * Answers and lists are signed, so plain http is enough and no identity of ours goes out;
 * redirects, proxies and sizes as in http.h. A list is kept only after its issuer's signature was
 * checked, never replaced by an older one, and fetched anew once half of its time is over, while
 * there is a network: so that the next check may do without. */

#include "offline-queue/sync/http.h"
#include "terminal/base/config.h"
#include "terminal/bus/card.h"
#include "terminal/bus/messages.h"

struct checker;

/* Checks in flight; one more is answered at once as unavailable. */
#define CHECKER_MAX 4

/* Called once for each check, possibly from inside checker_start(). */
typedef void (*checker_done)(
	void *user, const struct bus_header *header, const struct certificate_checked *result);

/* Reads [revocation]; without it every check is unavailable. http is borrowed. VT_ERR_INVALID,
 * VT_ERR_LIMIT, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code checker_create(struct http *http, const struct vt_config *config,
	checker_done done, void *user, struct checker **ret_checker, struct vt_error *error);
/* Ends what is in flight without calling back. Accepts NULL; *checker becomes NULL. */
void checker_destroy(struct checker **checker);

/* Both are copied. */
void checker_start(struct checker *checker, const struct bus_header *header,
	const struct certificate_check *check);
/* Forgets all checks (core is gone); no call back. */
void checker_cancel(struct checker *checker);

#endif
