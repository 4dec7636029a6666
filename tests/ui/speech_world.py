"""What the process tests share: a scripted core, the test socket, an X server."""
import json
import os
import socket
import subprocess


class Core:
    """The other end of the ui's socket."""

    def __init__(self, path, wait_s):
        self.wait_s = wait_s
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(wait_s)
        self.request = 0
        self.kept = []

    def accept(self):
        self.conn, _ = self.listener.accept()
        self.conn.settimeout(self.wait_s)
        hello = self.read()
        assert hello["header"]["name"] == "Terminal.Hello", hello
        assert hello["payload"]["program"] == "ventanilla-ui", hello

    def read(self):
        data = self.conn.recv(65536)
        return json.loads(data) if data else None

    def until(self, name):
        """The next message of this name; intents that come before it are kept."""
        for i, message in enumerate(self.kept):
            if message["header"]["name"] == name:
                return self.kept.pop(i)
        while True:
            message = self.read()
            assert message, f"closed before {name}"
            if message["header"]["name"] == name:
                return message
            if message["header"]["name"] == "Intent.Act":
                self.kept.append(message)

    def show(self, model):
        self.request += 1
        self.conn.send(json.dumps({"header": {"type": "command", "name": "Screen.Show",
                                              "requestId": self.request, "version": "1.0"},
                                   "payload": model}).encode())
        done = self.until("Screen.Show")
        assert done["header"]["requestId"] == self.request, done
        assert done["header"].get("completionCode", "success") == "success", done


class Ui:
    """The test socket."""

    def __init__(self, path, wait_s):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(wait_s)
        self.sock.connect(path)
        self.file = self.sock.makefile("rw")

    def ask(self, request):
        self.file.write(json.dumps(request) + "\n")
        self.file.flush()
        return json.loads(self.file.readline())

    def tree(self, after=None):
        return self.ask({"get": "tree"} if after is None else {"get": "tree", "after": after})

    def until(self, predicate):
        tree = self.tree()
        while not predicate(tree):
            tree = self.tree(after=tree["frame"])
        return tree


def start_x(folder, size="1080x1920"):
    """An X server on a free display; returns the process and the environment for its clients."""
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write_fd], stderr=subprocess.DEVNULL)
    os.close(write_fd)
    number = os.fdopen(read_fd).readline().strip()
    env = dict(os.environ, DISPLAY=f":{number}", SDL_VIDEODRIVER="x11", LC_ALL="C.UTF-8",
               TZ="UTC", HOME=folder, XDG_RUNTIME_DIR=folder)
    return server, env
