"""The panel and the keypad of the guest: its reports as shell lines, for its root to write."""
# HID usage page 7
MOD = {"ctrl": 1, "shift": 2, "alt": 4, "gui": 8}
KEY = {"delete": 0x4C, "esc": 0x29, "tab": 0x2B, "print": 0x46, "sysrq": 0x46, "space": 0x2C, "menu": 0x65, "pause": 0x48,
       "power": 0x66, "right": 0x4F, "left": 0x50, "down": 0x51, "up": 0x52, "insert": 0x49, "mute": 0x7F,
       **{f"f{n}": 0x39 + n for n in range(1, 13)}, **{f"f{n}": 0x68 + n - 13 for n in range(13, 25)},
       **{chr(97 + n): 4 + n for n in range(26)}, **{str(n): 0x1D + n for n in range(1, 10)}, "0": 0x27}


def report(node, data):
    text = "".join(f"\\x{byte:02x}" for byte in data)
    return f"printf '{text}' >/dev/gadget/{node}\n"


def chord(text, node="keypad.keyboard"):
    """A chord pressed key by key and let go."""
    text, _, times = text.partition("*")
    script, modifiers, keys = "", 0, []
    for word in text.split("+"):
        if word in MOD:
            modifiers |= MOD[word]
        else:
            keys.append(KEY[word])
        script += report(node, bytes([modifiers, 0] + keys + [0] * (6 - len(keys))))
    return (script + report(node, bytes(8))) * int(times or 1)


def fingers(width, height, *points):
    """One report: (x, y) in pixels of each finger that is down; fewer than before are lifted."""
    data = b""
    for number in range(10):
        if number < len(points):
            x, y = points[number][0] * 4096 // width, points[number][1] * 4096 // height
            data += bytes([1, number, x & 255, x >> 8, y & 255, y >> 8])
        else:
            data += bytes([0, number, 0, 0, 0, 0])
    return report("panel.touch", data + bytes([10]))
