#ifndef VT_UI_SPEECH_SPEECH_H
#define VT_UI_SPEECH_SPEECH_H

/* When something is said: the machine between the screen and the voice (UI.md §7, §8, §11).
 *
 *	tree after each build ─► speech_see ──┐
 *	plug, keys, touch ─────► speech_… ────┼─► speech_take_order ─► voice.h (thread, child,
 *sound) an utterance is over ──► speech_said ─┘         one at a time
 *
 *	OFF ──plug in, "Escuchar"──► ON: SILENT ⇄ SPEAKING ⇄ PAUSED
 *	 ▲                            └──────── any act of the person: SILENT
 *	 └── plug out (if it came by the plug), switched off, session over
 *
 * Invariants [speech_check]
 * - A personal utterance leaves only while headphones are in; without them "asterisco" is said for
 *   what is typed and one notice for the rest.
 * - At most one SAY is out; its text is wiped here when the place changes or the session ends.
 * - Nothing is said while OFF; the chime of the warning sounds all the same.
 *
 * Pure: no clock, no sound, no thread. */

#include "terminal/bus/messages.h"
#include "ui/speech/utter.h"

/* UI.md §8; a file each in assets/sounds. */
enum earcon {
	EARCON_CLICK,	/* a key of the keyboard was pressed */
	EARCON_SUCCESS, /* the request is registered */
	EARCON_ERROR,	/* an answer has to be corrected */
	EARCON_CHIME,	/* the time runs out */
	EARCON_CLOSE,	/* the session is over */
	EARCON_COUNT
};
extern const char *const earcon_names[EARCON_COUNT];

enum speech_order_kind {
	SPEECH_SAY,
	SPEECH_STOP,   /* what is being said ends now */
	SPEECH_PAUSE,  /* … stands still */
	SPEECH_RESUME, /* … goes on */
	SPEECH_EARCON,
	SPEECH_TONE,  /* of a technician: on one side of one output */
	SPEECH_FORGET /* the session is over: nothing of it may stay in memory */
};

/* Speeds: 50 … 200 % of 125 words a minute. Zero in settings means 100 %. */
#define SPEECH_RATE_STEPS   7
#define SPEECH_RATE_DEFAULT 3
/* Steps of volume of 6 dB: below the 10 dB that EN 301 549 5.1.3.12 allows at most. */
#define SPEECH_VOLUME_STEPS   8
#define SPEECH_VOLUME_DEFAULT 6
#define SPEECH_VOLUME_STEP_DB 6

struct speech_order {
	enum speech_order_kind kind;
	int64_t id; /* of a SAY, to be told to speech_said() */
	enum utter_kind utter;
	bool personal, headphones;
	char lang[12];	 /* of the text */
	char in_use[12]; /* of the screen: its pack may have a recording of a Spanish text */
	int rate;	 /* 1 … SPEECH_RATE_STEPS */
	int volume;	 /* 1 … SPEECH_VOLUME_STEPS */
	enum earcon earcon;
	int side; /* of a TONE: -1 left, 1 right */
	char text[2048];
	char spanish[256]; /* the same for a voice that does not know lang; "" = there is none */
};

/* What the machine must know of a frame besides the tree. */
struct speech_scene {
	int64_t place;	 /* another number: another screen */
	bool in_session; /* somebody is being served */
	bool is_good;	 /* this screen is the good end of a request */
	int warning_s;	 /* seconds left of the warning; 0 = none */
	const struct screen_settings *settings;
};

struct speech;

/* NULL if there is no memory. */
struct speech *speech_create(void);
/* Wipes and frees; accepts NULL. */
void speech_destroy(struct speech **speech);

/* A technician's test tone, whether speech is on or not. side: -1 left, 1 right. */
void speech_tone(struct speech *speech, int side, bool to_headphones);

/* ---- the world ---- */
/* The plug went in or out. */
void speech_set_headphones(struct speech *speech, bool are_in);
/* A tree was built and is about to be painted. True if the focus was moved to where a person who
 * listens begins. */
bool speech_see(struct speech *speech, struct ui *ui, const struct speech_scene *scene);
/* The utterance with this id is over (or could not be said). */
void speech_said(struct speech *speech, int64_t id);

/* ---- the person ---- */
/* Somebody did something: what is being said ends. */
void speech_interrupt(struct speech *speech);
/* What was tapped: keys of the on-screen keyboard click, another page of a list is read. */
void speech_acted(struct speech *speech, const char *action);
void speech_repeat(struct speech *speech);
void speech_toggle_pause(struct speech *speech);
/* "¿Dónde estoy?": title, then the node one is on. */
void speech_where(struct speech *speech, struct ui *ui);
/* Says a node that a finger rests on. */
void speech_explore(struct speech *speech, struct ui *ui, const struct node *node);
/* Says a sentence about speech itself, in the language in use. */
void speech_notice(struct speech *speech, const char *text);

/* ---- what comes out ---- */
/* The next order, if there is one; the caller wipes it. */
bool speech_take_order(struct speech *speech, struct speech_order *ret);
bool speech_is_on(const struct speech *speech);
bool speech_is_speaking(const struct speech *speech);
/* True if core should know that speech is on (or off) and does not: *ret is what to tell. Once for
 * each change. */
bool speech_take_wish(struct speech *speech, bool *ret_on);
bool speech_has_headphones(const struct speech *speech);

#endif
