#!/usr/bin/env python3
"""Language packs from the catalogue to the table of ventanillactl: tools/language-pack (msgfmt, openssl) makes them,
ventanillactl installs, lists, refuses, rolls back and removes them.
usage: tests/unit/language.py [BUILD]"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("VT_BUILD_DIR", ROOT / "build"))
failures = []


def check(what, is_right, detail=""):
    print(f"{'ok  ' if is_right else 'FAIL'} {what}{'' if is_right else ': ' + str(detail)}")
    if not is_right:
        failures.append(what)


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, check=False, **more)


def ctl(folder, *words, lang="C"):
    return run(BUILD / "bin" / "ventanillactl", "language", *words, "--config", folder / "terminal.conf",
               env={**os.environ, "LC_ALL": lang})


def make_signer(folder, name, usage="codeSigning"):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-addext", "keyUsage=digitalSignature", "-addext", f"extendedKeyUsage={usage}",
        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")


def make_pack(folder, name, po, signer="idiomas", clips=None):
    signing = ["--cert", folder / f"{signer}.pem", "--key", folder / f"{signer}.key"] if signer else []
    return run(ROOT / "tools" / "language-pack", po, "--out", folder / name, *signing,
               *(["--clips", clips] if clips else []))


def changed_po(folder, name, *pairs):
    text = (ROOT / "locales" / "packs" / "yua.po").read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused_by_the_tool(folder):
    for name, pair in {
        "stale": ('msgid "Help"', 'msgid "Nobody says this"'),
        "glyph": ("Áantaj", "\u4e2d"),
        "review": ("X-Review", "X-Nothing"),
    }.items():
        done = make_pack(folder, f"bad-{name}", changed_po(folder, f"{name}.po", pair))
        check(f"the tool refuses: {name}", done.returncode != 0 and not (folder / f"bad-{name}").exists(), done.stdout)


def recordings(folder, name, *rows, sounds=("help.wav",)):
    clips = folder / name
    clips.mkdir()
    (clips / "clips.tsv").write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    for sound in sounds:
        shutil.copy(next((ROOT / "assets" / "sounds").glob("*.wav")), clips / sound)
    return clips


def recordings_of_a_pack(folder):
    po = ROOT / "locales" / "packs" / "yua.po"
    away = "id:%d option is not available now"
    for name, rows in {
        "no-file": ["gone.wav\tÁantaj", "help.wav\tx"], "no-such-id": ["help.wav\tid:Nobody says this"],
        "no-star": [f"help.wav\t{away}"], "twice": ["help.wav\tid:Help", "help.wav\tÁantaj"],
        "silent": ["# nothing"], "no-text": ["help.wav"], "path": ["../help.wav\tÁantaj", "help.wav\tx"],
    }.items():
        done = make_pack(folder, f"clips-{name}", po, clips=recordings(folder, f"sounds-{name}", *rows))
        check(f"the tool refuses recordings: {name}", done.returncode != 0 and "line" in done.stderr + done.stdout
              or "says nothing" in done.stderr, done.stderr)
    bad = recordings(folder, "sounds-form", "help.wav\tid:Help")
    (bad / "help.wav").write_bytes(b"RIFF")
    done = make_pack(folder, "clips-form", po, clips=bad)
    check("the tool refuses recordings of another form", done.returncode != 0 and "form" in done.stderr, done.stderr)
    good = recordings(folder, "sounds", "help.wav\tid:Help", f"* help.wav\t{away}", "help.wav\tid:Search for a service")
    done = make_pack(folder, "clips-good", po, clips=good)
    table = (folder / "clips-good" / "clips.tsv").read_text(encoding="utf-8").splitlines()
    check("a message is said as the screen has it, in the pack's words or in Spanish, in all its forms",
          table == ["help.wav\tÁantaj", "* help.wav\t* opción no está disponible por ahora",
                    "* help.wav\t* opciones no están disponibles por ahora", "help.wav\tBuscar un trámite"], table)
    header = changed_po(folder, "header.po", ("Language: yua", "Language: tzh"))
    header.write_text(header.read_text(encoding="utf-8").split("\n#. ")[0], encoding="utf-8")
    make_pack(folder, "mute", header)
    check("a language neither written nor heard is refused", ctl(folder, "install", folder / "mute").returncode == 9)
    make_pack(folder, "heard", header, clips=good)
    check("one that is heard only is taken", ctl(folder, "install", folder / "heard").returncode == 0)
    ctl(folder, "remove", "tzh")


def life_of_a_pack(folder):
    clips = recordings(folder, "clips", "help.wav\tÁantaj")
    for lang in ("nah", "yua"):
        done = make_pack(folder, lang, ROOT / "locales" / "packs" / f"{lang}.po", clips=clips if lang == "yua" else None)
        check(f"{lang} is made", done.returncode == 0, done.stderr)
        done = ctl(folder, "install", folder / lang)
        check(f"{lang} is installed", done.returncode == 0 and "installed" in done.stdout, done.stderr)
    listed = json.loads(ctl(folder, "list", "--json").stdout)
    check("the list is JSON with a schema", listed["schema"] == "ventanilla.language.list/1")
    rows = {row["lang"]: row for row in listed["languages"]}
    check("both are listed", sorted(rows) == ["nah", "yua"], rows)
    check("with their own names", rows["yua"]["name"] == "maayatꞌaan" and rows["nah"]["nameSpanish"] == "Náhuatl", rows)
    check("and whether they speak", rows["yua"]["clips"] and not rows["nah"]["clips"], rows)
    check("and that nobody has reviewed them", rows["yua"]["review"] == "sourced", rows)
    done = ctl(folder, "show", "yua", lang="es_MX.UTF-8")
    check("show is for people, in Spanish", "sin revisar" in done.stdout and done.returncode == 0, done.stdout)
    newer = changed_po(folder, "newer.po", ("X-Counter: 1", "X-Counter: 2"), ("X-Version: 1.0", "X-Version: 1.1"))
    make_pack(folder, "newer", newer)
    check("a newer one is installed", ctl(folder, "install", folder / "newer").returncode == 0)
    done = ctl(folder, "install", folder / "yua")
    check("an older one is refused", done.returncode == 4 and "older" in done.stderr, done.stderr)
    done = ctl(folder, "rollback", "yua", "--json")
    check("rollback returns to it", json.loads(done.stdout).get("version") == "1.0", done.stdout)
    check("unknown languages are not found", ctl(folder, "show", "tzh").returncode == 3)
    check("remove", ctl(folder, "remove", "nah").returncode == 0)
    check("remove again: not found", ctl(folder, "remove", "nah").returncode == 3)


def refused_by_the_terminal(folder):
    make_signer(folder, "otros")
    make_signer(folder, "cliente", "clientAuth")
    po = changed_po(folder, "third.po", ("X-Counter: 1", "X-Counter: 3"))
    for name, signer in (("unsigned", None), ("stranger", "otros"), ("purpose", "cliente")):
        make_pack(folder, name, po, signer)
        done = ctl(folder, "install", folder / name)
        check(f"{name}: refused, with the reason", done.returncode == 4 and "refused" in done.stderr, done.stderr)
    make_pack(folder, "broken", po)
    with (folder / "broken" / "ventanilla.mo").open("ab") as out:
        out.write(b"x")
    done = ctl(folder, "install", folder / "broken")
    check("a changed file is refused by name", done.returncode == 9 and "ventanilla.mo" in done.stderr, done.stderr)
    check("no folder: not found", ctl(folder, "install", folder / "nothing").returncode == 3)
    row = json.loads(ctl(folder, "show", "yua", "--json").stdout)["language"]
    check("and what was there still is", row["version"] == "1.0" and row["state"] == "ok", row)
    # A pack that is damaged after its installation is shown as such and not offered.
    texts = folder / "store" / "yua" / "ventanilla.mo"
    texts.write_bytes(texts.read_bytes()[:-1] + b"!")
    done = ctl(folder, "show", "yua", "--json")
    check("damage is noticed", done.returncode == 9 and
          json.loads(done.stdout)["language"]["state"] == "refused", done.stdout)
    with (folder / "terminal.conf").open("a", encoding="utf-8") as conf:
        conf.write("allow_unsigned = yes\n")
    check("a development terminal takes unsigned ones", ctl(folder, "install", folder / "unsigned").returncode == 0)


def main():
    with tempfile.TemporaryDirectory(prefix="ventanilla-language-") as name:
        folder = pathlib.Path(name)
        (folder / "store").mkdir()
        make_signer(folder, "idiomas")
        (folder / "terminal.conf").write_text(
            f"[languages]\nstore = {folder}/store\nsigners = {folder}/idiomas.pem\n", encoding="utf-8")
        refused_by_the_tool(folder)
        recordings_of_a_pack(folder)
        life_of_a_pack(folder)
        refused_by_the_terminal(folder)
    print(f"language: {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
