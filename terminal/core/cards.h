#ifndef VT_CORE_CARDS_H
#define VT_CORE_CARDS_H

/* What the files of the card desk (cards.c has the drawing) share. Nobody else includes it. */

#include "terminal/core/core.h"

/* For an answer's own way: the other side's limit comes first. */
#define CARDS_GRACE_MS 2000

/* ---- cards.c: what is told, and the end of a phase ---- */
/* Ends the technician's operation with code; text may be NULL. desk->peer is set. */
void cards_answer(struct core *core, enum bus_completion_code code, const char *text);
/* Nobody is waited for any more. */
void cards_end_phase(struct core *core);
/* problem "" = good, then identity is set; both are borrowed for the call. */
void cards_tell_identity(
	struct core *core, const char *problem, const struct certificate_identity *identity);
/* cms: the signed request in base64, borrowed for the call; NULL = none. */
void cards_tell_signed(
	struct core *core, enum sign_outcome outcome, int tries_left, const char *cms);

/* ---- cards_read.c ---- */
/* Certificate.List to devices. False: they are gone, and nothing is waited for. */
bool cards_send_list(struct core *core);
/* NULL: not a certificate. The caller destroys it. */
struct certificate *cards_parse(const struct card_certificate *item);
/* Takes the first that is good for use; else the first that can sign, with what is wrong with it.
 * CERTIFICATE_OUTCOME_COUNT: none can sign. */
enum certificate_outcome cards_choose(
	struct core *core, const struct certificate_list *list, enum certificate_use use);
void cards_tell_checked(struct core *core, enum check_status status);
/* The words of the problem screens for what devices cannot do; never NULL. */
const char *cards_list_problem(enum bus_completion_code code);
/* Certificate.Check of this certificate, which came as text, to sync; the answer is
 * cards_checked(). False: nobody can be asked, and nothing is waited for. */
bool cards_send_check(struct core *core, const struct certificate *certificate, const char *text);
void cards_list_for_citizen(struct core *core, const struct certificate_list *list);

/* ---- cards_sign.c ---- */
/* Certificate.Sign of desk->digest to devices, which are there; pin is borrowed. */
void cards_send_sign(struct core *core, const char *pin);
enum sign_outcome cards_failed_outcome(enum bus_completion_code code);

/* ---- cards_technician.c ---- */
void cards_list_for_show(struct core *core, const struct certificate_list *list);
/* What became of the check that Card.Show waits for. */
void cards_show_checked(struct core *core, const struct certificate_checked *checked);
/* Wipes what it has gathered. */
void cards_show_drop(struct core *core);
void cards_list_for_sign(struct core *core, const struct certificate_list *list);

#endif
