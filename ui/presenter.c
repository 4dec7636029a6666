#include "ui/presenter.h"

#include <SDL.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "terminal/base/cleanup.h"

struct presenter {
	struct presenter_options options;
	SDL_Window *window;
	const struct ops *ops;
	SDL_Renderer *renderer; /* texture only */
	SDL_Texture *texture;
	bool is_fresh; /* nothing presented yet, or the window's memory is new */
	long count;
};

/* A back end. */
struct ops {
	const char *name;
	/* Makes what it needs for the window; false with SDL's error. */
	bool (*open)(struct presenter *p);
	/* Shows the rectangles; all = the whole window, borders included. */
	void (*present)(struct presenter *p, const struct canvas *canvas, const struct rect *rects,
		size_t count, bool all);
};

/* Where the frame lies in a window of another size: centred, never scaled. */
static SDL_Point origin(const struct presenter *p, int width, int height)
{
	bool is_turned = p->options.rotate % 180 != 0;
	int w = is_turned ? p->options.height_px : p->options.width_px;
	int h = is_turned ? p->options.width_px : p->options.height_px;

	return (SDL_Point){(width - w) / 2, (height - h) / 2};
}

/* ---- surface ---- */

static bool surface_open(struct presenter *p)
{
	SDL_Surface *surface = SDL_GetWindowSurface(p->window);

	if (!surface)
		return false;
	/* Our pixels are 0x??RRGGBB; anything else would need a conversion of each. */
	if (surface->format->BytesPerPixel != 4 || surface->format->Rmask != 0xFF0000 ||
		surface->format->Gmask != 0xFF00 || surface->format->Bmask != 0xFF) {
		SDL_SetError("window surface has format %s",
			SDL_GetPixelFormatName(surface->format->format));
		return false;
	}
	/* All of it is written with the first frame: one call instead of 2,000 page faults. An old
	 * kernel refuses, and faults. */
	(void)madvise(
		surface->pixels, (size_t)surface->pitch * (size_t)surface->h, MADV_POPULATE_WRITE);
	return true;
}

static void copy_rect(
	SDL_Surface *surface, const struct canvas *canvas, SDL_Point at, struct rect r)
{
	r = rect_intersect(r, (struct rect){-at.x, -at.y, surface->w, surface->h});
	r = rect_intersect(r, (struct rect){0, 0, canvas->width, canvas->height});
	for (int y = r.y; y < r.y + r.h; y++)
		memcpy((char *)surface->pixels + (ptrdiff_t)(y + at.y) * surface->pitch +
				4 * (ptrdiff_t)(r.x + at.x),
			canvas->pixels + (ptrdiff_t)y * canvas->width + r.x, 4 * (size_t)r.w);
}

static void surface_present(struct presenter *p, const struct canvas *canvas,
	const struct rect *rects, size_t count, bool all)
{
	SDL_Surface *surface = SDL_GetWindowSurface(p->window);
	SDL_Rect areas[64];
	int area_count = 0;

	if (!surface)
		return;
	SDL_Point at = origin(p, surface->w, surface->h);
	if (all) {
		if (at.x > 0 || at.y > 0)
			SDL_FillRect(surface, NULL, 0);
		copy_rect(surface, canvas, at, (struct rect){0, 0, canvas->width, canvas->height});
		SDL_UpdateWindowSurface(p->window);
		return;
	}
	SDL_Rect bounds = {0, 0, surface->w, surface->h};
	for (size_t i = 0; i < count && area_count < 64; i++) {
		SDL_Rect r = {rects[i].x + at.x, rects[i].y + at.y, rects[i].w, rects[i].h};
		copy_rect(surface, canvas, at, rects[i]);
		if (SDL_IntersectRect(&r, &bounds, &areas[area_count]))
			area_count++;
	}
	SDL_UpdateWindowSurfaceRects(p->window, areas, area_count);
}

/* ---- texture ---- */

static bool texture_open(struct presenter *p)
{
	p->renderer = SDL_CreateRenderer(p->window, -1, 0);
	if (!p->renderer)
		return false;
	/* Static and kept: the damage goes into it, never into the back buffer, whose content is
	 * undefined after a present. */
	p->texture = SDL_CreateTexture(p->renderer, SDL_PIXELFORMAT_ARGB8888,
		SDL_TEXTUREACCESS_STATIC, p->options.width_px, p->options.height_px);
	if (!p->texture)
		return false;
	SDL_SetTextureBlendMode(p->texture, SDL_BLENDMODE_NONE);
	return true;
}

/* One picture out of the texture. */
static void texture_draw(struct presenter *p, const struct canvas *canvas)
{
	int width = 0, height = 0;

	SDL_GetRendererOutputSize(p->renderer, &width, &height);
	/* Turned about its centre, which therefore must be that of the window. */
	SDL_Rect to = {(width - canvas->width) / 2, (height - canvas->height) / 2, canvas->width,
		canvas->height};
	SDL_SetRenderDrawColor(p->renderer, 0, 0, 0, 255);
	SDL_RenderClear(p->renderer);
	if (p->options.rotate == 0)
		SDL_RenderCopy(p->renderer, p->texture, NULL, &to);
	else
		SDL_RenderCopyEx(
			p->renderer, p->texture, NULL, &to, p->options.rotate, NULL, SDL_FLIP_NONE);
	SDL_RenderPresent(p->renderer);
}

static void texture_present(struct presenter *p, const struct canvas *canvas,
	const struct rect *rects, size_t count, bool all)
{
	struct rect whole = {0, 0, canvas->width, canvas->height};

	if (all) {
		rects = &whole;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		SDL_Rect r = {rects[i].x, rects[i].y, rects[i].w, rects[i].h};
		SDL_UpdateTexture(p->texture, &r,
			canvas->pixels + (ptrdiff_t)r.y * canvas->width + r.x, canvas->width * 4);
	}
	texture_draw(p, canvas);
	/* SDL's KMSDRM makes the surface anew in the swap after a change of size, behind the
	 * picture that was drawn: the swap shows an empty one, and a screen that does not move
	 * would stay black (SDL_kmsdrmopengles.c of 2.26, egl_surface_dirty; seen). */
	if (all && strcmp(SDL_GetCurrentVideoDriver(), "KMSDRM") == 0)
		texture_draw(p, canvas);
}

static const struct ops surface_ops = {"surface", surface_open, surface_present};
static const struct ops texture_ops = {"texture", texture_open, texture_present};

/* ---- common ---- */

static void set_hints(void)
{
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	SDL_SetHint(SDL_HINT_TOUCH_MOUSE_EVENTS, "0");
	SDL_SetHint(SDL_HINT_MOUSE_TOUCH_EVENTS, "0");
	SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
	SDL_SetHint(SDL_HINT_WINDOWS_NO_CLOSE_ON_ALT_F4, "1");
	/* Else a window that somebody closed could not be told from a display that has gone. */
	SDL_SetHint(SDL_HINT_QUIT_ON_LAST_WINDOW_CLOSE, "0");
	/* A press is a press, also the one that raises the window. */
	SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
	SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
	/* The display sends a pointer that is down to the window it went down in, whatever SDL
	 * does. SDL's own grab at each press costs an X server five answers that we would wait for.
	 */
	SDL_SetHint(SDL_HINT_MOUSE_AUTO_CAPTURE, "0");
	/* SDL's own way out of a grab: Alt+Tab minimises the window. */
	SDL_SetHint(SDL_HINT_ALLOW_ALT_TAB_WHILE_GRABBED, "0");
	/* "0" asks for the plain presentation of window surfaces. On X11 that is MIT-SHM instead of
	 * a detour through OpenGL (19 ms instead of 0.7, 110 MB less: UI.md §16); the surface back
	 * end sends only the damage, so that a GPU would gain nothing either. */
	if (strcmp(SDL_GetCurrentVideoDriver(), "x11") == 0)
		SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
}

/* What libraries below SDL would do at start and nobody here needs; whoever set it has it so. */
static void spare_start(void)
{
	/* Keys come as key codes: no sequences to compose, so Xlib need not read their 600 KB
	 * table. */
	(void)setenv("XCOMPOSEFILE", "/dev/null", 0);
	/* Input methods and desktop power management; without a bus libdbus would start one. */
	(void)setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:", 0);
}

/* Nothing of other programs is taken in: no files, no texts. */
static void refuse_drops(void)
{
	static const Uint32 drops[] = {
		SDL_DROPFILE, SDL_DROPTEXT, SDL_DROPBEGIN, SDL_DROPCOMPLETE, SDL_CLIPBOARDUPDATE};

	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		(void)SDL_EventState(drops[i], SDL_IGNORE);
}

static bool open_window(struct presenter *p)
{
	bool is_turned = p->options.rotate % 180 != 0;
	int w = is_turned ? p->options.height_px : p->options.width_px;
	int h = is_turned ? p->options.width_px : p->options.height_px;
	Uint32 flags =
		p->options.fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_BORDERLESS : 0;

	p->window = SDL_CreateWindow(
		"Ventanilla", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, w, h, flags);
	/* A kiosk's window holds keyboard and pointer, so that a window manager's own keys
	 * (Alt+Tab, Alt+F2, Print …) never reach it. */
	if (p->window && p->options.fullscreen)
		SDL_SetWindowGrab(p->window, SDL_TRUE);
	return p->window != NULL;
}

static void close_window(struct presenter *p)
{
	if (p->texture)
		SDL_DestroyTexture(p->texture);
	if (p->renderer)
		SDL_DestroyRenderer(p->renderer);
	if (p->window)
		SDL_DestroyWindow(p->window);
	p->texture = NULL;
	p->renderer = NULL;
	p->window = NULL;
}

/* The first back end that works with this driver. */
static bool open_any(struct presenter *p)
{
	const char *driver = SDL_GetCurrentVideoDriver();
	bool may_surface = p->options.kind != PRESENTER_TEXTURE && p->options.rotate == 0;
	bool may_texture = p->options.kind != PRESENTER_SURFACE;

	/* These two have no window surface; asking would make one over GL, scaled copies included.
	 */
	if (p->options.kind == PRESENTER_AUTO &&
		(strcmp(driver, "wayland") == 0 || strcmp(driver, "KMSDRM") == 0))
		may_surface = false;
	if (may_surface) {
		p->ops = &surface_ops;
		if (open_window(p) && p->ops->open(p))
			return true;
		close_window(p);
	}
	if (may_texture) {
		p->ops = &texture_ops;
		if (open_window(p) && p->ops->open(p))
			return true;
		close_window(p);
	}
	return false;
}

enum vt_code presenter_create(const struct presenter_options *options,
	struct presenter **ret_presenter, struct vt_error *error)
{
	VT_CLEANUP(presenter_destroy) struct presenter *p = calloc(1, sizeof(*p));

	if (!p)
		return vt_fail(error, VT_ERR_NOMEM, 0, "presenter");
	p->options = *options;
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	spare_start();
	/* Video only: joysticks and sensors would make SDL poll while it waits. */
	if (SDL_InitSubSystem(SDL_INIT_VIDEO) < 0)
		return vt_fail(error, VT_ERR_DEVICE, 0, "display: %s", SDL_GetError());
	set_hints();
	refuse_drops();
	if (!open_any(p))
		return vt_fail(error, VT_ERR_DEVICE, 0, "window: %s", SDL_GetError());
	SDL_ShowCursor(SDL_DISABLE);
	SDL_DisableScreenSaver();
	SDL_StopTextInput();
	p->is_fresh = true;
	*ret_presenter = vt_take_ptr(&p);
	return VT_OK;
}

void presenter_destroy(struct presenter **presenter)
{
	if (!*presenter)
		return;
	close_window(*presenter);
	if (SDL_WasInit(SDL_INIT_VIDEO))
		SDL_QuitSubSystem(SDL_INIT_VIDEO);
	free(*presenter);
	*presenter = NULL;
}

void presenter_present(
	struct presenter *p, const struct canvas *canvas, const struct rect *rects, size_t count)
{
	if (count == 0 && !p->is_fresh)
		return;
	p->ops->present(p, canvas, rects, count, p->is_fresh);
	p->is_fresh = false;
	p->count++;
}

void presenter_expose(struct presenter *p, const struct canvas *canvas)
{
	/* Nothing was shown yet, and the first frame is shown whole: opening a window exposes it.
	 */
	if (p->count == 0)
		return;
	p->is_fresh = true;
	presenter_present(p, canvas, NULL, 0);
}

void presenter_come_back(struct presenter *p)
{
	if (!p->options.fullscreen)
		return;
	SDL_RestoreWindow(p->window);
	SDL_RaiseWindow(p->window);
}

void presenter_map(const struct presenter *p, int x, int y, int *ret_x, int *ret_y)
{
	int width = 0, height = 0;

	SDL_GetWindowSize(p->window, &width, &height);
	SDL_Point at = origin(p, width, height);
	x -= at.x;
	y -= at.y;
	switch (p->options.rotate) {
	case 90:
		*ret_x = y;
		*ret_y = p->options.height_px - 1 - x;
		break;
	case 180:
		*ret_x = p->options.width_px - 1 - x;
		*ret_y = p->options.height_px - 1 - y;
		break;
	case 270:
		*ret_x = p->options.width_px - 1 - y;
		*ret_y = x;
		break;
	default:
		*ret_x = x;
		*ret_y = y;
	}
}

void presenter_map_finger(const struct presenter *p, float x, float y, int *ret_x, int *ret_y)
{
	int width = 0, height = 0;

	SDL_GetWindowSize(p->window, &width, &height);
	presenter_map(p, (int)(x * (float)width), (int)(y * (float)height), ret_x, ret_y);
}

struct rect presenter_to_window(const struct presenter *p, struct rect r)
{
	const int frame_w = p->options.width_px, frame_h = p->options.height_px;
	int width = 0, height = 0;

	SDL_GetWindowSize(p->window, &width, &height);
	SDL_Point at = origin(p, width, height);
	switch (p->options.rotate) {
	case 90:
		return (struct rect){at.x + frame_h - r.y - r.h, at.y + r.x, r.h, r.w};
	case 180:
		return (struct rect){
			at.x + frame_w - r.x - r.w, at.y + frame_h - r.y - r.h, r.w, r.h};
	case 270:
		return (struct rect){at.x + r.y, at.y + frame_w - r.x - r.w, r.h, r.w};
	default:
		return (struct rect){at.x + r.x, at.y + r.y, r.w, r.h};
	}
}

void presenter_place(const struct presenter *p, int *ret_x, int *ret_y)
{
	SDL_GetWindowPosition(p->window, ret_x, ret_y);
}

const char *presenter_name(const struct presenter *p)
{
	return p->ops->name;
}

bool presenter_can_wait(const struct presenter *p)
{
	const char *driver = SDL_GetCurrentVideoDriver();

	(void)p;
	return strcmp(driver, "x11") == 0 || strcmp(driver, "wayland") == 0;
}

long presenter_count(const struct presenter *p)
{
	return p->count;
}
