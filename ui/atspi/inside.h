#ifndef VT_UI_ATSPI_INSIDE_H
#define VT_UI_ATSPI_INSIDE_H

/* Between the files of this folder. sd-bus types stand as void *, so that no third-party header
 * stands here. */

#include <pthread.h>
#include <stdatomic.h>

#include "ui/atspi/atspi.h"
#include "ui/atspi/view.h"

/* As many as a tree has nodes (ui_state.h). */
#define EVENTS_MAX_NODES 1024

/* A node as the bus was told of it last. */
struct told {
	char path[VIEW_PATH_BYTES];
	char parent[VIEW_PATH_BYTES];
	int index;
	uint64_t states, name, text; /* the texts as hashes */
};

/* What a question is about: found by its path, good for the answer to it. */
struct object {
	struct atspi *atspi;
	const struct node *node; /* NULL: the application */
};

struct atspi {
	struct app *app;
	const struct presenter *presenter;
	unsigned event;
	struct view view;
	const struct app_time *time; /* while questions are answered */
	struct object asked;

	/* the bus */
	void *session, *bus; /* sd_bus *: where to ask for the address; the accessibility bus */
	char address[512];   /* of the latter, as told */
	char name[64];	     /* our name on it */
	char desktop[64], desktop_path[128]; /* what the application hangs below */
	int32_t id;			     /* the registry's number for us */
	bool is_calling, is_registered;

	/* the thread that waits */
	pthread_t thread;
	bool has_thread;
	int wake_fd;
	atomic_bool is_ending;
	atomic_int fd; /* -1: nothing to wait for */
	atomic_int poll_events, timeout_ms;

	/* events.c */
	uint64_t screen; /* hash of what makes it another one */
	size_t told_count;
	struct told told[EVENTS_MAX_NODES], now[EVENTS_MAX_NODES];
};

#define INTERFACE(name) "org.a11y.atspi." name

/* objects.c: the node of a path for an interface that it has; 1 if there is one, else 0. */
int objects_find(
	struct atspi *atspi, const char *path, bool (*has)(const struct node *), void **ret);
/* texts.c: the interfaces of boxes; negative errno. */
int texts_export(struct atspi *atspi);
/* objects.c: hangs everything that can be asked on the bus; negative errno. */
int objects_export(struct atspi *atspi);
/* bus.c: the view of this moment. */
void atspi_look(struct atspi *atspi);
/* bus.c: something waits to be sent. */
void atspi_arm(struct atspi *atspi);

#endif
