#!/usr/bin/python3
"""The card readers of libccid's source package (readers/*.txt: what about 690 readers say of
themselves) through `ventanillactl device descriptor --json`: each device is built again from the
text, and every field that is reported must be the one the text states.

The texts are LGPL-2.1+ and not ours: they are fetched with apt as a source package and kept below
the build folder. VT_READERS names a folder that has them already. Skipped (77) without them.
"""

import concurrent.futures
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

BUILD = os.environ["VT_BUILD_DIR"]
CTL = os.path.join(BUILD, "bin", "ventanillactl")
CACHE = os.path.join(BUILD, "cache", "libccid")
# The one of the running release first; its mirror may have dropped the archive.
SUITES = [None, "trixie"]
LEAST = 600

FEATURES = {0x02: "parameters", 0x04: "activation", 0x08: "voltage", 0x10: "clock", 0x20: "baudRate",
            0x40: "negotiation", 0x80: "PPS", 0x100: "clockStop", 0x200: "NAD", 0x400: "IFSD",
            0x100000: "wakeUp"}
LEVELS = {0: "character", 1: "TPDU", 2: "shortAPDU", 4: "extendedAPDU"}
FIELDS = [("bLength", "B"), ("bDescriptorType", "B"), ("bcdCCID", "H"), ("bMaxSlotIndex", "B"),
          ("bVoltageSupport", "B"), ("dwProtocols", "I"), ("dwDefaultClock", "I"),
          ("dwMaximumClock", "I"), ("bNumClockSupported", "B"), ("dwDataRate", "I"),
          ("dwMaxDataRate", "I"), ("bNumDataRatesSupported", "B"), ("dwMaxIFSD", "I"),
          ("dwSynchProtocols", "I"), ("dwMechanical", "I"), ("dwFeatures", "I"),
          ("dwMaxCCIDMessageLength", "I"), ("bClassGetResponse", "B"), ("bClassEnvelope", "B"),
          ("wLcdLayout", "H"), ("bPINSupport", "B"), ("bMaxCCIDBusySlots", "B")]


# ---- fetching ----

def source_lists(suite):
    """deb-src lines for the mirror that this machine uses."""
    uris = []
    for path in glob.glob("/etc/apt/sources.list.d/*.sources"):
        text = open(path, encoding="utf-8").read()
        for stanza in text.split("\n\n"):
            field = dict(re.findall(r"^(URIs|Suites|Signed-By|Types): *(.+)$", stanza, re.M))
            if "deb" in field.get("Types", "").split() and "security" not in field["URIs"]:
                uris.append((field["URIs"], suite or field["Suites"].split()[0],
                             field.get("Signed-By", "")))
    for path in ["/etc/apt/sources.list"] + glob.glob("/etc/apt/sources.list.d/*.list"):
        if not os.path.exists(path):
            continue
        for line in open(path, encoding="utf-8"):
            match = re.match(r"deb +(?:\[.*\] +)?(\S+) +(\S+) +main", line)
            if match and "security" not in match[1]:
                uris.append((match[1], suite or match[2], ""))
    return "\n\n".join(f"Types: deb-src\nURIs: {uri}\nSuites: {name}\nComponents: main\n" +
                       (f"Signed-By: {key}\n" if key else "") for uri, name, key in uris[:1])


def fetch(suite):
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "lists", "partial"))
        os.chmod(folder, 0o755)
        sources = os.path.join(folder, "source.sources")
        with open(sources, "w", encoding="utf-8") as file:
            file.write(source_lists(suite))
        config = os.path.join(folder, "apt.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'Dir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "/dev/null";\n'
                       f'Dir::State::Lists "{folder}/lists";\nAcquire::Retries "0";\n'
                       'Acquire::http::Timeout "20";\n')
        environment = os.environ | {"APT_CONFIG": config, "LC_ALL": "C"}
        for command in (["apt-get", "-qq", "update"],
                        ["apt-get", "-qq", "source", "--download-only", "ccid"]):
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True,
                                 check=False, timeout=120)
            if run.returncode != 0:
                return run.stderr.decode(errors="replace").strip().splitlines()[-1:]
        archive = glob.glob(os.path.join(folder, "ccid_*.orig.tar.*[z2]"))
        os.makedirs(CACHE, exist_ok=True)
        subprocess.run(["tar", "xf", archive[0], "-C", CACHE, "--strip-components=1",
                        "--wildcards", "*/readers/*.txt"], check=True)
    return []


def find_readers():
    folder = os.environ.get("VT_READERS", os.path.join(CACHE, "readers"))
    reasons = []
    for suite in SUITES:
        if len(glob.glob(os.path.join(folder, "*.txt"))) >= LEAST:
            break
        try:
            reasons += fetch(suite)
        except (OSError, subprocess.SubprocessError, IndexError) as error:
            reasons.append(str(error))
    found = sorted(glob.glob(os.path.join(folder, "*.txt")))
    if len(found) < LEAST:
        print(f"skipped: libccid's readers/*.txt cannot be fetched: {'; '.join(reasons)}")
        sys.exit(77)
    return found


# ---- text to bytes ----

def number(name, text):
    """The value of a field as the text writes it."""
    if name == "dwProtocols":
        high, low = re.match(r"0x(\w{4}) 0x(\w{4})", text).groups()
        return int(high + low, 16)
    if name in ("bcdCCID", "bcdDevice"):
        high, low = re.match(r"(\w+)\.(\w+)", text).groups()
        return int(high, 16) << 8 | int(low, 16)
    if "Clock" in name and name.startswith("dw"):
        return round(float(re.match(r"[\d.]+", text)[0]) * 1000)
    word = re.match(r"0x\w+|-?\d+", text)[0]
    value = int(word, 16) if word.startswith("0x") else int(word)
    return value & 0xffffffff


class Interface:
    """One section of a text."""

    def __init__(self, text):
        usb, _, ccid = text.partition("CCID Class Descriptor")
        self.usb = dict(re.findall(r"^ +(\w+): *(.*?) *$", usb, re.M))
        self.ccid = {name: number(name, value) for name, value in
                     re.findall(r"^ +(\w+): *(.*?) *$", ccid.replace("Enveloppe", "Envelope"), re.M)
                     if name in dict(FIELDS)}
        self.words = set(re.findall(r"^ +(T=[01]|[\d.]+V|PIN \w+)", ccid, re.M))
        self.device = tuple(number(n, self.usb[n]) for n in ("idVendor", "idProduct", "bcdDevice"))
        self.number = number("", self.usb["bInterfaceNumber"])
        self.kinds = {0: [], 1: [0x83], 2: [0x81, 0x02], 3: [0x81, 0x02, 0x83]}[
            number("", self.usb["bNumEndpoints"])]

    def class_descriptor(self):
        layout = "<" + "".join(kind for _, kind in FIELDS)
        data = struct.pack(layout, *[self.ccid[name] for name, _ in FIELDS])
        assert len(data) == 54
        return data

    def descriptors(self, is_behind):
        get = [number("", self.usb[n]) for n in ("bAlternateSetting", "bNumEndpoints",
                                                 "bInterfaceClass", "bInterfaceSubClass",
                                                 "bInterfaceProtocol")]
        head = struct.pack("BBBBBBBBB", 9, 4, self.number, *get, 0)
        ends = b"".join(struct.pack("<BBBBHB", 7, 5, e, 3 if e == 0x83 else 2, 8 if e == 0x83 else 64,
                                    16 if e == 0x83 else 0) for e in self.kinds)
        own = self.class_descriptor()
        return head + (ends + own if is_behind else own + ends)


def filler(index):
    """A keyboard beside the reader, for interface numbers that the text does not speak of."""
    return struct.pack("BBBBBBBBB", 9, 4, index, 0, 1, 3, 1, 1, 0) + \
        bytes([9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0]) + struct.pack("<BBBBHB", 7, 5, 0x84, 3, 8, 10)


def blob(interfaces, is_behind):
    by_number = {i.number: i for i in interfaces}
    body = b"".join(by_number[n].descriptors(is_behind) if n in by_number else filler(n)
                    for n in range(max(by_number) + 1))
    vid, pid, bcd = interfaces[0].device
    return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0, 64, vid, pid, bcd, 0, 0, 0, 1) + \
        struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), max(by_number) + 1, 1, 0, 0x80, 50) + body


def devices_of(path):
    """Sections of one text, those of one device together."""
    with open(path, encoding="utf-8", errors="replace") as file:
        sections = re.split(r"(?m)^(?= *idVendor:)", file.read())
    devices = []
    for section in sections:
        if "CCID Class Descriptor" not in section:
            continue
        interface = Interface(section)
        if devices and devices[-1][0].device == interface.device and \
                interface.number > devices[-1][-1].number:
            devices[-1].append(interface)
        else:
            devices.append([interface])
    return devices


# ---- comparing ----

def check_interface(interface, answer, problems, where):
    def same(what, ours, theirs):
        if ours != theirs:
            problems.append(f"{where}: {what}: {ours!r}, the text says {theirs!r}")

    ccid = answer["ccid"]
    for name, _ in FIELDS:
        ours = number(name, ccid[name]) if name == "bcdCCID" else ccid[name]
        same(name, ours, interface.ccid[name])
    same("class", answer["class"], number("", interface.usb["bInterfaceClass"]))
    same("protocol", answer["protocol"], number("", interface.usb["bInterfaceProtocol"]))
    same("endpoints", [e["address"] for e in answer["endpoints"]], interface.kinds)
    same("types", [e["type"] for e in answer["endpoints"]],
         ["interrupt" if e == 0x83 else "bulk" for e in interface.kinds])
    features = interface.ccid["dwFeatures"]
    same("level", ccid["exchangeLevel"], LEVELS[features >> 16 & 7])
    same("automatic", ccid["automaticFeatures"], [w for b, w in FEATURES.items() if features & b])
    same("protocols", set(ccid["protocols"]), {w for w in interface.words if w.startswith("T=")})
    same("voltages", {float(v[:-1]) for v in ccid["voltages"]},
         {float(w[:-1]) for w in interface.words if w.endswith("V")})
    names = {"PIN Verification": "verify", "PIN Modification": "modify"}
    same("PIN", set(ccid["pinSupport"]), {names[w] for w in interface.words if w in names})


def check_device(job):
    where, interfaces, is_behind = job
    problems = []
    with tempfile.NamedTemporaryFile() as file:
        file.write(blob(interfaces, is_behind))
        file.flush()
        run = subprocess.run([CTL, "device", "descriptor", file.name, "--json"], check=False,
                             capture_output=True, timeout=30)
    if run.returncode != 0:
        return [f"{where}: refused: {run.stderr.decode().strip()}"]
    answer = json.loads(run.stdout)
    device = (int(answer["idVendor"], 16), int(answer["idProduct"], 16),
              number("bcdDevice", answer["bcdDevice"]))
    if device != interfaces[0].device:
        problems.append(f"{where}: another device")
    readers = [i for i in answer["interfaces"] if "ccid" in i]
    if [i["number"] for i in readers] != [i.number for i in interfaces]:
        return problems + [f"{where}: other interfaces"]
    for interface, reader in zip(interfaces, readers):
        check_interface(interface, reader, problems, where)
    return problems


def main():
    jobs = []
    for index, path in enumerate(find_readers()):
        for device in devices_of(path):
            # The class descriptor stands before the endpoints or behind them; both are met.
            jobs.append((os.path.basename(path), device, index % 2 == 1))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for found in pool.map(check_device, jobs) for p in found]
    print(f"{len(jobs)} devices, {sum(len(j[1]) for j in jobs)} readers, "
          f"{sum(len(j[1]) > 1 or j[1][0].number > 0 for j in jobs)} composite")
    for problem in problems[:40]:
        print(problem)
    sys.exit(1 if problems or len(jobs) < LEAST else 0)


if __name__ == "__main__":
    main()
