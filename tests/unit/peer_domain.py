#!/usr/bin/python3
"""python3-stdnum as an independent judge: mx.curp where it is right, iso7064.mod_37_36 for folios."""

import datetime
import json
import os
import random
import subprocess
import sys

try:
    from stdnum.exceptions import ValidationError
    from stdnum.iso7064 import mod_37_36
    from stdnum.mx import curp
except ImportError:
    print("python3-stdnum is not installed")
    sys.exit(77)

BUILD = os.environ["VT_BUILD_DIR"]
SEED = 20261123
CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
ENTITIES = ("AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT QR SP SL SR TC TS TL VZ YN ZS NE "
            "CX XX ZZ").split()


def some_key(dice):
    """A key of the right letter classes; about half of them with the right digit."""
    day = f"{dice.randrange(100):02d}{dice.randrange(0, 14):02d}{dice.randrange(0, 33):02d}"
    head = dice.choice("BCLMPRX") + dice.choice("AEIOUX") + dice.choice("CGMNRT") + dice.choice("AEIOX")
    # Letters at position 17 mean 2000 on; born after today is FUTURE to us and fine to stdnum: only
    # years that have been.
    century = dice.choice("0123456789") if int(day[:2]) > 25 else dice.choice("0123456789ABCDZ")
    key = head + day + dice.choice("HM") + dice.choice(ENTITIES) + "".join(dice.choices(CONSONANTS, k=3)) + century
    digit = curp.calc_check_digit(key) if dice.random() < 0.6 else str(dice.randrange(10))
    return key + digit


def peer_accepts(key):
    try:
        curp.validate(key)
        return True
    except ValidationError:
        return False


def main():
    dice = random.Random(SEED)
    keys = [some_key(dice) for _ in range(20000)]
    run = subprocess.run([os.path.join(BUILD, "bin", "ventanillactl"), "curp", "check", "-", "--json", "--today",
                          datetime.date(2026, 11, 23).isoformat()],
                         input="\n".join(keys).encode(), capture_output=True, check=False)
    answers = json.loads(run.stdout)["keys"]
    assert len(answers) == len(keys), (run.returncode, len(answers))
    wrong = [(a, peer_accepts(k)) for k, a in zip(keys, answers) if a["valid"] != peer_accepts(k)]
    valid = sum(a["valid"] for a in answers)
    reasons = {a["error"] for a in answers if not a["valid"]}
    folios = subprocess.run([os.path.join(BUILD, "tests", "made_folios")], capture_output=True, check=True)
    folios = folios.stdout.decode().split()
    wrong += [f for f in folios if not mod_37_36.is_valid(f.replace("-", ""))]
    print(f"seed {SEED}: {len(keys)} keys ({valid} valid, {sorted(reasons)}), {len(folios)} folios, "
          f"{len(wrong)} disagreements")
    for case in wrong[:20]:
        print(case)
    # The comparison is worth something only if every verdict occurred.
    assert valid > 1000 and reasons >= {"DATE", "STATE", "WORD", "CHECK"}
    assert len(folios) == 3000 and len(set(folios)) == 3000
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
