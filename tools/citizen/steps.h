#ifndef VT_CITIZEN_STEPS_H
#define VT_CITIZEN_STEPS_H

/* Steps that several journeys share. One that does not come true ends the program (citizen.h). */

#include "tools/citizen/citizen.h"

/* In the demo agency's population, whatever its seed. */
#define CURP_CONCEPCION "SABC560626MDFLRN01"

/* From the attract screen to the services, in the citizen's language and look. */
void enter(struct citizen *c);
/* Enters and begins that service, without a card. */
void begin(struct citizen *c, const char *service);
/* From the services to the settings of accessibility. */
void open_access(struct citizen *c);
/* Touches "Continuar". */
void go_on(struct citizen *c);

/* Waits for the question, answers it and goes on. */
void answer_name(struct citizen *c, const char *question, const char *name);
void answer_date(struct citizen *c, const char *question, const char *digits);
void answer_choice(struct citizen *c, const char *question, const char *choice);

/* "Are these your data?", where text stands too unless it is NULL. Where the line went meanwhile
 * there is a provisional receipt instead. */
void confirm_identity(struct citizen *c, const char *text);
/* Remembers the folio on the screen. */
void note_folio(struct citizen *c);
/* The sheet is said to be printed, and one more really came out. */
void take_sheet(struct citizen *c);
/* Done, back to the attract screen. */
void leave(struct citizen *c);
/* The confirmation: folio, paper in the hand, everything delivered; the citizen leaves and is
 * forgotten. */
void finish(struct citizen *c, const char *outcome);

/* No process of the terminal, or that part, remembers the key once its citizen is gone. Memory is
 * open to root only: others are told so. */
void expect_forgotten(struct citizen *c);
void expect_forgotten_by(struct citizen *c, const char *part);

/* For wait_until: core knows the folio; it is accepted; nothing is left to deliver. */
bool is_known(struct citizen *c);
bool is_accepted(struct citizen *c);
bool is_settled(struct citizen *c);

#endif
