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
	int64_t first_revision; /* of this screen: since then only health was drawn anew */
	int64_t now_ms;
	struct vt_date today;
	int minute;
	struct citizen c;
};

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

/* Languages a session may have. */
struct session_language {
	const char *code, *endonym, *spanish;
};
extern const struct session_language session_languages[];
extern const size_t session_language_count;

/* Is the adapter of the service's first way out of reach now? */
bool session_is_offline(const struct session *s, const struct catalogue_service *service);
/* Are there answers or results of a person in memory? */
bool session_is_personal(const struct session *s);

#endif
