"""Hands and eyes on an X display for the process tests: keys, buttons and second pointers through XTEST,
requests to the window manager, pictures. Xlib by ctypes, so that nothing has to be installed for it."""
import ctypes
import ctypes.util
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_uint, c_ulong, \
    c_void_p


def library(name):
    return ctypes.CDLL(ctypes.util.find_library(name))


X, XTST, XI, XFIXES = library("X11"), library("Xtst"), library("Xi"), library("Xfixes")


class XImage(Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("xoffset", c_int), ("format", c_int),
                ("data", c_void_p), ("byte_order", c_int), ("unit", c_int), ("bit_order", c_int),
                ("pad", c_int), ("depth", c_int), ("bytes_per_line", c_int)]


class Cursor(Structure):
    _fields_ = [("x", ctypes.c_short), ("y", ctypes.c_short), ("width", ctypes.c_ushort),
                ("height", ctypes.c_ushort), ("xhot", ctypes.c_ushort), ("yhot", ctypes.c_ushort),
                ("serial", c_ulong), ("pixels", POINTER(c_ulong)), ("atom", c_ulong),
                ("name", c_char_p)]


class ClientMessage(Structure):
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p),
                ("window", c_ulong), ("message_type", c_ulong), ("format", c_int),
                ("data", c_long * 5)]


class Event(Union):
    _fields_ = [("client", ClientMessage), ("pad", c_long * 24)]


class AddMaster(Structure):
    _fields_ = [("type", c_int), ("name", c_char_p), ("send_core", c_int), ("enable", c_int),
                ("pad", c_long * 4)]


class DeviceInfo(Structure):
    _fields_ = [("deviceid", c_int), ("name", c_char_p), ("use", c_int), ("attachment", c_int),
                ("enabled", c_int), ("num_classes", c_int), ("classes", c_void_p)]


for function, result in ((X.XOpenDisplay, c_void_p), (X.XDefaultRootWindow, c_ulong),
                         (X.XInternAtom, c_ulong), (X.XStringToKeysym, c_ulong),
                         (X.XGetImage, POINTER(XImage)), (X.XCreateSimpleWindow, c_ulong),
                         (X.XKeysymToKeycode, ctypes.c_ubyte), (XI.XOpenDevice, c_void_p),
                         (XI.XIQueryDevice, POINTER(DeviceInfo)),
                         (XFIXES.XFixesGetCursorImage, POINTER(Cursor))):
    function.restype = result

# Nothing here may end a test because a window has gone meanwhile: what counts is looked at afterwards.
ERROR_HANDLER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda display, error: 0)
X.XSetErrorHandler(ERROR_HANDLER)

ADD_MASTER = 1
SUBSTRUCTURE = (1 << 19) | (1 << 20)


class Hand:
    def __init__(self, name):
        self.display = c_void_p(X.XOpenDisplay(name.encode()))
        assert self.display, f"no display {name}"
        self.root = X.XDefaultRootWindow(self.display)
        self.width = X.XDisplayWidth(self.display, 0)
        self.height = X.XDisplayHeight(self.display, 0)

    def sync(self):
        X.XSync(self.display, 0)

    # ---- keys: names of keysyms, "Control_L+Alt_L+Delete" ----

    def code(self, name):
        code = X.XKeysymToKeycode(self.display, c_ulong(X.XStringToKeysym(name.encode())))
        return code or self.bind(name)

    def bind(self, name):
        """Gives a keysym that this keyboard lacks the first key that means nothing."""
        keysym = X.XStringToKeysym(name.encode())
        assert keysym, name
        low, high, width = c_int(), c_int(), c_int()
        X.XDisplayKeycodes(self.display, byref(low), byref(high))
        X.XGetKeyboardMapping.restype = POINTER(c_ulong)
        for code in range(high.value, low.value, -1):
            row = X.XGetKeyboardMapping(self.display, ctypes.c_ubyte(code), 1, byref(width))
            if not any(row[:width.value]):
                syms = (c_ulong * 1)(keysym)
                X.XChangeKeyboardMapping(self.display, code, 1, syms, 1)
                self.sync()
                return code
        raise AssertionError(f"no key left for {name}")

    def chord(self, names, times=1):
        codes = [self.code(name) for name in names.split("+")]
        for _ in range(times):
            for code in codes:
                XTST.XTestFakeKeyEvent(self.display, code, 1, c_ulong(0))
            for code in reversed(codes):
                XTST.XTestFakeKeyEvent(self.display, code, 0, c_ulong(0))
        self.sync()

    # ---- pointer ----

    def move(self, x, y):
        XTST.XTestFakeMotionEvent(self.display, -1, int(x), int(y), c_ulong(0))
        self.sync()

    def button(self, number, is_down):
        XTST.XTestFakeButtonEvent(self.display, number, is_down, c_ulong(0))
        self.sync()

    def click(self, x, y, number=1, times=1):
        self.move(x, y)
        for _ in range(times):
            self.button(number, 1)
            self.button(number, 0)

    def drag(self, path, number=1):
        self.move(*path[0])
        self.button(number, 1)
        for point in path[1:]:
            self.move(*point)
        self.button(number, 0)

    # ---- a second pair of master devices ----

    def add_master(self, name):
        """The XTEST pointer of a new master pair."""
        change = AddMaster(ADD_MASTER, name.encode(), 1, 1)
        assert XI.XIChangeHierarchy(self.display, byref(change), 1) == 0
        self.sync()
        count = c_int()
        infos = XI.XIQueryDevice(self.display, 0, byref(count))
        ids = {infos[i].name.decode(): infos[i].deviceid for i in range(count.value)}
        return c_void_p(XI.XOpenDevice(self.display, c_ulong(ids[f"{name} XTEST pointer"])))

    def device_move(self, pointer, x, y):
        axes = (c_int * 2)(int(x), int(y))
        XTST.XTestFakeDeviceMotionEvent(self.display, pointer, 0, 0, axes, 2, c_ulong(0))
        self.sync()

    def device_button(self, pointer, number, is_down):
        XTST.XTestFakeDeviceButtonEvent(self.display, pointer, number, is_down, None, 0, c_ulong(0))
        self.sync()

    # ---- windows ----

    def atom(self, name):
        return X.XInternAtom(self.display, name.encode(), 0)

    def send(self, target, window, kind, *data, mask=SUBSTRUCTURE):
        event = Event()
        event.client = ClientMessage(33, 0, 1, None, window, self.atom(kind), 32,
                                     (c_long * 5)(*data))
        X.XSendEvent(self.display, c_ulong(target), 0, c_long(mask), byref(event))
        self.sync()

    def property(self, window, name):
        """Values of a property of 32-bit items, [] if there is none."""
        kind, form, count, left, data = c_ulong(), c_int(), c_ulong(), c_ulong(), c_void_p()
        X.XGetWindowProperty(self.display, c_ulong(window), c_ulong(self.atom(name)), c_long(0),
                             c_long(1024), 0, c_ulong(0), byref(kind), byref(form), byref(count),
                             byref(left), byref(data))
        if form.value != 32:
            return []
        values = list(ctypes.cast(data, POINTER(c_ulong))[:count.value])
        X.XFree(data)
        return values

    def decoy(self):
        """A window of another program, that may be closed, but does not close."""
        window = X.XCreateSimpleWindow(self.display, c_ulong(self.root), 0, 0, 200, 200, 0,
                                       c_ulong(0), c_ulong(0xFF00FF))
        protocols = (c_ulong * 1)(self.atom("WM_DELETE_WINDOW"))
        X.XSetWMProtocols(self.display, c_ulong(window), protocols, 1)
        X.XStoreName(self.display, c_ulong(window), b"decoy")
        X.XMapWindow(self.display, c_ulong(window))
        self.sync()
        return window

    def windows(self):
        """Those of the root, the uppermost last."""
        root, parent, children, count = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_uint()
        X.XQueryTree(self.display, c_ulong(self.root), byref(root), byref(parent),
                     byref(children), byref(count))
        if not count.value:
            return []
        found = list(children[:count.value])
        X.XFree(children)
        return found

    def resize(self, window, width, height):
        X.XResizeWindow(self.display, c_ulong(window), width, height)
        self.sync()

    def focus(self):
        window, revert = c_ulong(), c_int()
        X.XGetInputFocus(self.display, byref(window), byref(revert))
        return window.value

    def own(self, selection, window):
        X.XSetSelectionOwner(self.display, c_ulong(self.atom(selection)), c_ulong(window),
                             c_ulong(0))
        self.sync()

    def store_text(self, window, name, text):
        X.XChangeProperty(self.display, c_ulong(window), c_ulong(self.atom(name)), c_ulong(31), 8, 0,
                          text.encode(), len(text))
        self.sync()

    def next_event(self):
        """The next event of our own windows, None if there is none."""
        event = Event()
        if not X.XPending(self.display):
            return None
        X.XNextEvent(self.display, byref(event))
        return event

    # ---- eyes ----

    def picture(self):
        image = X.XGetImage(self.display, c_ulong(self.root), 0, 0, self.width, self.height,
                            c_ulong(0xFFFFFF), 2)
        data = ctypes.string_at(image.contents.data,
                                image.contents.bytes_per_line * image.contents.height)
        X.XFree(c_void_p(image.contents.data))
        X.XFree(image)
        return data

    def cursor_is_visible(self):
        cursor = XFIXES.XFixesGetCursorImage(self.display).contents
        return any(cursor.pixels[i] >> 24 & 0xFF for i in range(cursor.width * cursor.height))
