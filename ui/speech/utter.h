#ifndef VT_UI_SPEECH_UTTER_H
#define VT_UI_SPEECH_UTTER_H

/* From the semantic tree to what is said: a list of utterances in the order of speaking.
 *
 *	tree (ui/toolkit) ── utter_screen ──► title, hint, errors, contents   (UI.md §11)
 *	                 ├── utter_node ────► name, what it is, value, states, explanation
 *	                 └── utter_echo ────► what was typed or deleted
 *
 * Pure. Words in the language in use (locale_use()), which must be that of the tree. What a
 * citizen typed or owns is marked personal: that goes to headphones only, and the list is wiped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/toolkit/ui.h"

/* In this order on a new screen. */
enum utter_kind {
	UTTER_TITLE,
	UTTER_HINT,
	UTTER_ERROR,
	UTTER_TEXT,
	UTTER_FOCUS,   /* the node one is on */
	UTTER_ECHO,    /* what was just typed */
	UTTER_WARNING, /* the time that is left */
	UTTER_NOTICE,  /* about speech itself */
	UTTER_KIND_COUNT
};
extern const char *const utter_kind_names[UTTER_KIND_COUNT];

struct utterance {
	enum utter_kind kind;
	bool personal;	 /* headphones only */
	char lang[12];	 /* of the text: BCP 47 */
	uint32_t offset; /* of the text in utterances.text */
};

/* 40 rows of label and value and their states; 40 × 600 bytes is what a model can hold at most. */
#define UTTER_MAX	 160
#define UTTER_TEXT_BYTES 32768

struct utterances {
	size_t count;
	struct utterance list[UTTER_MAX];
	size_t used;
	char text[UTTER_TEXT_BYTES];
	bool is_cut; /* something found no room */
};

/* Empties and wipes. */
void utter_clear(struct utterances *u);
/* Adds a text as it is. */
void utter_add(struct utterances *u, enum utter_kind kind, bool personal, const char *lang,
	const char *text);
static inline const char *utter_text(const struct utterances *u, size_t index)
{
	return u->text + u->list[index].offset;
}

/* Adds what a person hears on coming to the screen, the focused node excepted: headings, hints,
 * errors, then everything that is not a control. A dialogue over the screen hides the rest. */
void utter_screen(struct ui *ui, struct utterances *u);
/* Adds the same of what is below a node, as of an alert that has just appeared. */
void utter_subtree(struct ui *ui, const struct node *node, struct utterances *u);
/* Adds what is neither title nor hint nor error. */
void utter_contents(struct ui *ui, struct utterances *u);
/* Adds the states of a control in words: "elegida", "marcada". */
void utter_states(struct ui *ui, const struct node *node, struct utterances *u);
/* Adds what a person hears on coming to a node; with_description adds its explanation. */
void utter_node(
	struct ui *ui, const struct node *node, bool with_description, struct utterances *u);
/* Adds what became of a text box's value: the new characters by name, or that one was deleted.
 * Nothing if both are equal. A masked value is "asterisco", never its character. */
void utter_echo(const struct node *box, const char *before, const char *after, const char *lang,
	struct utterances *u);
/* Whether a node, or anything inside it, is a citizen's. */
bool utter_is_personal(const struct node *node);
/* First node of the tree that a person would land on: what is wrong, else the first control of the
 * contents; NULL if there is none. */
const struct node *utter_first_focus(const struct ui *ui);
/* Language of a node's texts: its own, else that of the screen. */
const char *utter_lang(const struct ui *ui, const struct node *node);

#endif
