#ifndef VT_SESSION_SESSION_INTERNAL_H
#define VT_SESSION_SESSION_INTERNAL_H

/* The session's insides, shared by session.c (steps), session_form.c (answers and values) and
 * session_screen.c (models). Nobody else includes it. */

#include "terminal/session/document.h"
#include "terminal/session/session.h"

struct session_answer {
	bool given;
	char value[VT_MAX_VALUE]; /* as typed while wrong, normalised when right */
	char error[32];		  /* id of what is wrong, "" = nothing */
	bool scanned;		  /* given, and read from a document */
};

/* Steps of SESSION_SIGN_IN; session_card.c has the drawing. */
enum sign_step {
	STEP_INSERT,
	STEP_READING, /* core reads and checks the certificate */
	STEP_CONSENT, /* whose it is, and what will be signed */
	STEP_LAST,    /* one try is left: warned */
	STEP_PIN,
	STEP_PAD, /* the PIN is typed on the reader; the card works */
	STEP_SIGNING,
	STEP_DONE, /* the signature was good: identity holds */
};

#define SIGN_TEXT_SIZE 400

struct sign_in {
	enum sign_step step;
	enum session_state from;	     /* where it goes back to: HOME, INTRO, ASK or REVIEW */
	char holder[128], rfc[16], curp[24]; /* of the certificate: not believed before STEP_DONE */
	bool is_checked;
	struct card_pin pin;
	bool last_try;
	int digits;	/* typed on the reader's pad */
	bool gave_up;	/* the screen's own button has stopped the pad */
	char error[32]; /* of the PIN */
	char text[SIGN_TEXT_SIZE];
	int64_t busy_until_ms;
	/* What is signed is the request, from the review: its words, and the key they name. */
	bool is_request;
	char key[VT_UUID_SIZE];
	char request[VT_MAX_SIGNED_TEXT];
};

/* A request that a card has signed; nothing of it changes any more. */
struct signed_request {
	char key[VT_UUID_SIZE]; /* "" = nothing was signed */
	char text[VT_MAX_SIGNED_TEXT];
	char cms[VT_MAX_CMS_TEXT];
};

/* Steps of SESSION_SCAN; session_scan.c has the drawing. */
enum scan_step { SCAN_HOLD, SCAN_FAILED };

struct scan {
	enum scan_step step;
	int64_t wait_ms;  /* how long the scanner waits in all */
	int64_t until_ms; /* then nobody waits for it any more */
};

/* Who the citizen is: from a certificate whose key has signed. */
struct identity {
	bool is_proven;
	bool is_checked; /* the issuer said that it is not revoked */
	char holder[128], rfc[16], curp[24];
};

/* What is told of the place, a row and a screen each. */
enum place_field { PLACE_STATE, PLACE_MUNICIPALITY, PLACE_SITE, PLACE_HEIGHT, PLACE_FIELD_COUNT };

/* A technician at the screen. */
struct staff {
	enum staff_view view;
	enum staff_tab tab;
	char device[24];
	enum staff_order { ORDER_NONE, ORDER_TEST, ORDER_RESET } order; /* under way */
	bool is_all;	 /* one device after the other */
	size_t next;	 /* … this one comes next */
	bool asks;	 /* the sheet is out: "did it come out well?" */
	bool has_result; /* of device: outcome, reason, detail */
	bool was_reset;	 /* … it was a reset */
	enum test_outcome outcome;
	char reason[32], detail[120];
	struct {
		bool is_known;
		enum test_outcome outcome;
	} tested[STATUS_MAX_DEVICES];
	char error[32];	   /* of the code, or of STAFF_FIELD */
	int64_t locked_ms; /* monotonic: no try before */
	bool is_judging;   /* core looks at the code */
	char retry[VT_FOLIO_SIZE];
	char verdict[24];    /* what came of "try again", "" = nothing */
	char out_reason[24]; /* chosen, not yet in force */
	int64_t end_ms;	     /* the shift is over */
	enum place_field field;
	enum staff_view from; /* FIELD … SOUND: where they lead back to */
	bool has_trial;	      /* KEEP, CHECK: in force, not kept, until … */
	struct screen_panel trial;
	int64_t trial_until_ms;
	const char *note; /* what came of it, for the view behind; static, NULL = nothing */
	bool note_is_good;
	bool has_sound; /* the tones were heard, or not */
	bool sound_is_good;
};

/* Everything of one citizen; wiped as one block. */
struct citizen {
	enum session_state state;
	enum session_overlay overlay;
	char lang[12];
	struct screen_settings settings;
	const struct catalogue_service *service; /* borrowed from the catalogue */
	const struct catalogue_way *way;
	size_t question;  /* SESSION_ASK: index in way->questions */
	bool is_changing; /* came from the review, goes back there */
	struct session_answer answers[CATALOGUE_MAX_QUESTIONS]; /* by index in service->questions */
	char transaction[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	struct vt_date date; /* of the commit */
	int minute;
	int64_t wait_until_ms;
	void *answer; /* json_t, owned; NULL = none yet */
	const struct catalogue_outcome *outcome;
	enum print_state print;
	char print_reason[32];
	bool print_copy; /* the sheet in print is a copy */
	int sheets;	 /* print attempts */
	char problem[32];
	struct sign_in sign;
	struct scan scan;
	struct identity identity;
	struct signed_request request;
	struct staff staff;	    /* SESSION_STAFF, MAINTENANCE: then there is no citizen */
	int64_t card_left_until_ms; /* SESSION_CARD_LEFT */
	int64_t touched_ms;
	int64_t warning_until_ms;   /* > 0: the dialogue stands */
	char scratch[VT_MAX_VALUE]; /* of values_get() */
};

struct session {
	const struct catalogue *catalogue; /* borrowed */
	char terminal[24];
	struct session_times times;
	struct session_health health;
	int64_t revision;
	int64_t first_revision; /* of this screen: since then only what is beside it was drawn anew
				 */
	int64_t now_ms;
	struct vt_date today;
	int minute;
	bool card_in, card_readable;
	bool card_stale; /* it was left by somebody: nobody signs in with it */
	struct session_duty duty;
	struct session_place place;
	struct device_list devices; /* as core told them last */
	struct session_language languages[SESSION_MAX_LANGUAGES];
	size_t language_count; /* the first is the default */
	struct citizen c;
};

/* session.c: changes of state */
void session_enter(struct session *s, enum session_state state, struct session_effects *fx);
void session_end(struct session *s, struct session_effects *fx);
/* CARD_LEFT is over. */
void session_stop_reminding(struct session *s, struct session_effects *fx);
void session_problem(struct session *s, const char *problem, struct session_effects *fx);
/* Nobody is there: ATTRACT, or CLOSED while it does not serve. */
enum session_state session_rest(const struct session *s);
/* Nobody's data any more, in this state. */
void session_reset(struct session *s, enum session_state state);
/* Forgets the service but not language, settings and identity; back to the choice of services. */
void session_go_home(struct session *s, struct session_effects *fx);
void session_ask(struct session *s, size_t index, struct session_effects *fx);
/* ms as long as this citizen's settings make it. */
int64_t session_scaled(const struct session *s, int64_t ms);
/* The answers are complete, and signed where they must be. */
void session_submit(struct session *s, struct session_effects *fx);

/* session_card.c */
void card_begin(struct session *s, struct session_effects *fx);
/* The review was confirmed: the request is to be signed. */
void card_sign_request(struct session *s, struct session_effects *fx);
/* Is a request being signed, or did that end in the problem on the screen? */
bool card_is_request(const struct session *s);
/* The language changed: what is to be signed is read in the new one. */
void card_reword(struct session *s);
/* To where the sign-in began. */
void card_back(struct session *s, struct session_effects *fx);
/* Is the problem on the screen one of the sign-in? May it be tried again? */
bool card_is_problem(const struct session *s);
bool card_can_retry(const struct session *s);
void card_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx);
void card_event(struct session *s, const struct session_event *event, struct session_effects *fx);
bool card_is_busy(const struct session *s);
/* When the present step must have ended; 0 = it has no limit of its own. */
int64_t card_deadline(const struct session *s);
void card_timeout(struct session *s, struct session_effects *fx);
/* May this service rely on who the citizen is? */
bool card_serves(const struct session *s, const struct catalogue_service *service);
/* Offers what the certificate says as answers to the service's questions. */
void card_prefill(struct session *s);
/* Is this answer what the certificate says? */
bool card_answered(const struct session *s, const struct catalogue_question *question);
void card_check(const struct session *s);

/* session_scan.c */
/* May the question on the screen be answered by scanning, now? */
bool scan_is_offered(const struct session *s);
/* typed: what stands in the boxes so far. */
void scan_begin(struct session *s, const char *typed, struct session_effects *fx);
void scan_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx);
void scan_event(struct session *s, const struct session_event *event, struct session_effects *fx);
bool scan_is_busy(const struct session *s);
/* When the scanner must have answered. */
int64_t scan_deadline(const struct session *s);
void scan_timeout(struct session *s, struct session_effects *fx);
void scan_check(const struct session *s);

/* session_request.c */
/* Writes what is signed, from the answers, the certificate and sign.key, into sign.request; false:
 * it does not fit. */
VT_MUST_USE bool request_write(struct session *s);
/* Rows of the screen: exactly the lines that are signed. */
void request_model(const struct session *s, struct screen_model *model);
/* Do the answers speak of the certificate's holder? */
bool request_is_holders(const struct session *s, const char *curp, const char *rfc);

/* session_staff.c */
/* The hidden gesture. */
void staff_begin(struct session *s, struct session_effects *fx);
void staff_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx);
void staff_event(struct session *s, const struct session_event *event, struct session_effects *fx);
int64_t staff_deadline(const struct session *s);
void staff_timeout(struct session *s, struct session_effects *fx);
void staff_check(const struct session *s);
void staff_model(const struct session *s, struct screen_model *model);

enum staff_view staff_first_view(const struct session *s);
void staff_show(struct session *s, enum staff_view view, struct session_effects *fx);

/* session_panel.c */
struct screen_panel panel_in_force(const struct session *s);
/* Rows: of the place with the size of the picture; of that alone; of the touch screen; of what came
 * of the last change. */
void panel_add_density(const struct session *s, struct screen_model *model);
void panel_add_place(const struct session *s, struct screen_model *model);
void panel_add_touch(const struct session *s, struct screen_model *model);
void panel_add_note(const struct session *s, struct screen_model *model);
void panel_model(const struct session *s, struct screen_model *model);
/* A touched row, by its id: true if it leads to a view of this file. */
bool panel_open(struct session *s, const char *id, struct session_effects *fx);
void panel_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx);
/* When panel_timeout() is due; INT64_MAX = never. */
int64_t panel_deadline(const struct session *s);
void panel_timeout(struct session *s, struct session_effects *fx);
void panel_check(const struct session *s);

/* session_setup.c */
/* Has this terminal never been activated? */
bool setup_is_due(const struct session *s);
void setup_intent(struct session *s, enum intent_action action, struct session_effects *fx);
void setup_model(const struct session *s, struct screen_model *model);

/* session_form.c */
struct session_answer *form_answer(struct session *s, const struct catalogue_question *question);
const struct session_answer *form_peek(
	const struct session *s, const struct catalogue_question *question);
/* Takes what was typed or chosen; true if it is right. */
bool form_take(struct session *s, const struct catalogue_question *question, const char *typed);
/* Is the question asked with the answers so far? */
bool form_asked(const struct session *s, const struct catalogue_question *question);
/* Next asked question at or after index, or way->question_count; previous one before index, or
 * SIZE_MAX. */
size_t form_next(const struct session *s, size_t index);
size_t form_previous(const struct session *s, size_t index);
/* First asked question that still lacks a right answer, or way->question_count. */
size_t form_first_open(const struct session *s);
/* Is the choice offered now: condition, and a published fee where the question shows fees? */
bool form_offers(const struct session *s, const struct catalogue_question *question,
	const struct catalogue_choice *choice);
/* Published amount of a choice of years at the fare chosen so far (full until asked); 0 = none. */
int64_t form_choice_centavos(const struct session *s, const struct catalogue_choice *choice);
/* Fee that applies to the answers, NULL = none; and its amount, 0 = none. */
const struct catalogue_fee *form_fee(const struct session *s);
int64_t form_centavos(const struct session *s);
/* Lookup for templates and conditions. Holds pointers into s: not across steps. */
struct document_values form_values(const struct session *s);
/* Typed values of a question as people read them. */
void form_display(const struct session *s, const struct catalogue_question *question, char *text,
	size_t size);

/* Is the adapter of the service's first way out of reach now? */
/* Why the paper that a service cannot do without is not there; "" = it is, or none is needed. */
const char *session_lacks_paper(const struct session *s, const struct catalogue_service *service);
bool session_is_offline(const struct session *s, const struct catalogue_service *service);
/* Are there answers or results of a person in memory? */
bool session_is_personal(const struct session *s);

#endif
