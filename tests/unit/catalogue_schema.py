#!/usr/bin/python3
"""Loader and JSON Schema agree: every case is judged by ventanillactl catalog lint and by
python3-jsonschema. A case changes one shipped definition and says who must refuse it:
"good" nobody, "schema" both, "meaning" the loader alone (what a schema cannot say)."""

import copy
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

SOURCE = os.environ["VT_SOURCE_DIR"]
CTL = os.path.join(os.environ["VT_BUILD_DIR"], "bin", "ventanillactl")
CATALOG = os.path.join(SOURCE, "assets", "catalog")

DELETE = object()
LONG = "x" * 700
T = {"es-MX": "Texto"}


def load(name):
    with open(os.path.join(CATALOG, name), encoding="utf-8") as file:
        return json.load(file)


def at(path, value, verdict, says="", base="curp.json"):
    """One member changed, added or (DELETE) removed."""
    return base, [(path, value)], verdict, says


def both(changes, verdict, says="", base="curp.json"):
    return base, changes, verdict, says


FEE = "passport-fee.json"
SOON = "luz.reporte.json"
SIGNED = "curp-certified.json"
CASES = [
    # the card
    at("id", "Curp", "schema", "$.id"), at("id", "a..b", "schema"), at("id", "a-", "schema"),
    at("id", "1a", "schema"), at("id", "x" * 40, "schema"), at("id", "a.b-c", "good"),
    at("id", DELETE, "schema", "$: id is missing"), at("id", 5, "schema"), at("id", "", "schema"),
    at("version", 0, "schema", "$.version"), at("version", "1", "schema"), at("version", 1.5, "schema"),
    at("version", DELETE, "schema"), at("version", True, "schema"),
    at("homoclave", "SGG-2022-8403-010-A", "good"), at("homoclave", "abc", "schema"),
    at("agency", "x" * 31, "schema"), at("agency", DELETE, "schema"),
    at("agency_name", DELETE, "good"), at("agency_name", {"en": "x"}, "schema", "es-MX is missing"),
    at("name", "CURP", "schema", "$.name"), at("name", {}, "schema"),
    at("name", {"es-MX": ""}, "schema"), at("name", {"es-MX": "x" * 61}, "schema"),
    at("name", {"es-MX": "á" * 60}, "meaning", "bytes"), at("name", {"es-MX": "x", "español": "x"}, "schema"),
    at("name", {"es-MX": "x", "yua": "x", "en": "y"}, "good"), at("name", {"es-MX": "a\tb"}, "schema", "control"),
    at("name", {"es-MX": "{folio}"}, "meaning", "no placeholders"), at("name", {"es-MX": 5}, "schema"),
    at("name", {f"a{chr(97 + i)}": "x" for i in range(13)} | {"es-MX": "x"}, "schema", "languages"),
    at("icon", "Identification", "schema"), at("icon", DELETE, "schema"),
    at("archetype", "magic", "schema", "unknown value \"magic\""), at("archetype", DELETE, "schema"),
    at("status", "later", "schema"), at("status", DELETE, "schema"), at("status", "soon", "schema", "is soon has no"),
    at("feature", "red", "schema"), at("feature", DELETE, "good"), at("feature", None, "schema"),
    at("order", 0, "schema"), at("order", 10001, "schema"), at("order", 10000, "good"),
    at("free", "yes", "schema"), at("needs", ["network", "network"], "schema", "twice"),
    at("needs", ["magic"], "schema"), at("needs", "network", "schema"), at("needs", [], "good"),
    at("needs", [5], "schema"),
    at("identity", "maybe", "schema"), at("identity", "required", "meaning", "smartcard"),
    at("identity", DELETE, "meaning", "$.identity"), at("takes_unchecked", "yes", "schema"),
    at("in_order", 1, "schema"), at("in_order", True, "good"), at("priority", 4, "schema"),
    at("priority", 3, "good"), at("expires_minutes", -1, "schema"), at("expires_minutes", 1440, "good"),
    at("takes_unchecked", False, "good"), at("questions.0.claim", "name", "schema"),
    at("questions.0.claim", "rfc", "meaning", "belongs to type curp"),
    # requests that are signed
    at("signed", "yes", "schema", base=SIGNED), at("signed", False, "meaning", "signed.text is not known here", SIGNED),
    at("signed", True, "meaning", "signed without identity required"),
    at("identity", "optional", "meaning", "signed without identity required", SIGNED),
    at("needs", ["network"], "meaning", "smartcard", SIGNED), at("ways.0.review", DELETE, "meaning", "needs a review", SIGNED),
    at("ways.0.payload.firma", DELETE, "meaning", "{signed.cms}", SIGNED),
    at("ways.0.payload.solicitud", "{field.curp}", "meaning", "{signed.text}", SIGNED),
    at("ways.0.payload.solicitud", "x{signed.text}", "meaning", "{signed.text}", SIGNED),
    at("questions.0.claim", DELETE, "meaning", "claim curp", SIGNED),
    at("outcomes.0.qr", "{signed.cms}", "meaning", "not known here", SIGNED),
    both([("questions.0.type", "text"), ("questions.0.claim", "rfc"), ("questions.0.max_length", 13)],
         "meaning", "claim curp", SIGNED),
    both([("questions.1.type", "text"), ("questions.1.choices", DELETE), ("questions.1.max_length", 61),
          ("outcomes.0.rows", DELETE), ("documents.0.lines.7", DELETE)], "meaning", "max_length above 60", SIGNED),
    at("offline", "never", "schema"), at("patience_ms", 999, "schema"), at("patience_ms", DELETE, "good"),
    at("expected_ms", 30001, "schema"), at("surprise", 1, "schema", "$.surprise: unknown member"),
    at("$schema", DELETE, "good"), at("keywords", {"es-MX": "x" * 401}, "schema"),
    # notes
    at("notes", DELETE, "schema"), at("notes", [], "schema"), at("notes.0.kind", "gossip", "schema", "$.notes[0].kind"),
    at("notes", [{"kind": "cost", "text": T}], "schema", "privacy"), at("notes.0.extra", 1, "schema"),
    at("notes", [{"kind": "privacy", "text": T}] * 9, "schema"), at("notes", [{"kind": "privacy", "text": T}], "good"),
    at("wait", DELETE, "schema"), at("confirm", DELETE, "meaning", "review needs"),
    # questions
    at("questions", DELETE, "schema"), at("questions", [], "schema"), at("questions.0", "curp", "schema"),
    at("questions.0.name", "CURP", "schema"), at("questions.0.type", "colour", "schema", "$.questions[0].type"),
    at("questions.0.label", DELETE, "schema"), at("questions.0.row", DELETE, "schema"),
    at("questions.0.max_length", 0, "schema"), at("questions.0.max_length", 201, "schema"),
    at("questions.0.optional", 1, "schema"), at("questions.5.choices", DELETE, "schema", "choices is missing"),
    at("questions.0.choices", [{"id": "a", "label": T}], "schema", "belong to the type"),
    at("questions.5.choices", [], "schema"), at("questions.5.choices.0.id", "a b", "schema"),
    at("questions.5.choices.0.id", "H", "meaning", "there twice"), at("questions.1.name", "names", "meaning"),
    at("questions.5.choices", [{"id": f"c{i}", "label": T} for i in range(41)], "schema"),
    at("questions.0.shows_fee", True, "meaning", "shows_fee"),
    at("questions.0.name", "other", "meaning"), at("questions.0.hint", {"es-MX": "}"}, "meaning"),
    # ways
    at("ways", DELETE, "schema"), at("ways.0.id", "by-data", "meaning", "twice"),
    at("ways.0.questions", [], "schema"), at("ways.0.questions", ["curp", "curp"], "schema"),
    at("ways.0.questions", ["nobody"], "meaning", "$.ways[0].questions[0]"),
    at("ways.0.otherwise", "by-magic", "meaning", "otherwise"), at("ways.0.otherwise", "by-key", "meaning"),
    at("ways.0.adapter", DELETE, "schema"), at("ways.0.adapter", "Re Napo", "schema"),
    at("ways.0.operation", "a-b", "schema"), at("ways.0.confirm", "yes", "schema"),
    at("ways.0.payload", DELETE, "schema"), at("ways.0.payload", {}, "schema"),
    at("ways.0.payload", {"a-b": "x"}, "schema", "malformed name"), at("ways.0.payload", {"curp": 5}, "schema"),
    at("ways.0.payload", {"curp": "{field.names}"}, "meaning", "not asked before"),
    at("ways.0.payload", {"curp": "{answer.curp}"}, "meaning", "not known here"),
    at("ways.0.payload", {"curp": "{field.curp"}, "meaning", "brace"),
    at("ways.0.payload", {"curp": "{centavos}"}, "meaning", "without a fee table"),
    at("ways.0.payload", {"curp": "{field.curp}", "from": "{folio}"}, "good"),
    # conditions
    at("questions.2.ask_when", "field.first-surname", "good"),
    at("questions.1.ask_when", "field.names", "meaning", "not asked before"),
    at("questions.2.ask_when", "answer.x", "meaning", "not known here"),
    at("questions.2.ask_when", "field.", "schema"), at("questions.2.ask_when", "nonsense", "meaning", "not known"),
    at("questions.2.ask_when", {"value": "field.first-surname", "is": ["A", "B"]}, "good"),
    at("questions.2.ask_when", {"value": "field.first-surname"}, "schema", "one test"),
    at("questions.2.ask_when", {"is": "A"}, "schema"),
    at("questions.2.ask_when", {"value": "field.first-surname", "is": "A", "is_not": "B"}, "schema"),
    at("questions.2.ask_when", {"value": "field.first-surname", "is": []}, "schema"),
    at("questions.2.ask_when", {"value": "field.first-surname", "given": False}, "good"),
    at("questions.2.ask_when", {"value": "field.first-surname", "given": "no"}, "schema"),
    at("questions.2.ask_when", {"value": "field.first-surname", "age_below": 3}, "meaning", "no age"),
    at("questions.5.ask_when", {"value": "field.birth-date", "age_from": 18}, "good"),
    at("questions.5.ask_when", {"value": "field.birth-date", "age_from": 0}, "schema"),
    at("questions.2.ask_when", [], "schema"), at("questions.2.ask_when", ["field.first-surname"] * 7, "schema"),
    at("questions.2.ask_when", 5, "schema"),
    # outcomes
    at("outcomes", DELETE, "schema"), at("outcomes.1.id", "changed", "meaning", "twice"),
    at("outcomes.0.show", DELETE, "schema"), at("outcomes.0.title", DELETE, "schema"),
    at("outcomes.0.lead", {"es-MX": LONG}, "schema"), at("outcomes.0.rows.0.value", DELETE, "schema"),
    at("outcomes.0.rows.0.value", "{answer.a|shout}", "meaning", "unknown filter"),
    at("outcomes.0.document", "nothing", "meaning", "no document"), at("outcomes.0.qr", "x" * 291, "schema"),
    at("outcomes.0.when", "folio", "meaning", "not known here"),
    at("outcomes.0.steps", [T] * 7, "schema"), at("outcomes.0.steps", ["x"], "schema"),
    at("outcomes.5.provisional", False, "meaning", "provisional"), at("outcomes.5.when", "answer.x", "meaning"),
    at("outcomes.5.qr", "{answer.folio}", "meaning", "not known here"),
    at("outcomes.4.provisional", True, "meaning"), at("offline", "online-only", "meaning", "provisional"),
    # documents
    at("documents", DELETE, "meaning"), at("documents.0.lines", [], "schema"),
    at("documents.0.lang", "spanish", "schema"), at("documents.0.lines.0.kind", "picture", "schema"),
    at("documents.0.lines.0.text", DELETE, "schema", "$.documents[0].lines[0]"),
    at("documents.0.lines.0.text", "plain", "good"), at("documents.0.lines.0.text", 5, "schema"),
    at("documents.0.lines.0.value", "x", "schema"), at("documents.0.lines.5.text", T, "schema"),
    at("documents.0.lines.6.value", DELETE, "schema"), at("documents.0.lines.6.value", "x" * 151, "schema"),
    at("documents.0.lines.6.value", "{field.nobody}", "meaning", "not known"),
    at("documents.0.lines.0.text", {"es-MX": "x", "en": "{"}, "meaning", "brace"),
    at("documents.0.lines.6.value", "{amount}", "meaning", "fee table"),
    at("documents.0.lines", [{"kind": "rule"}] * 49, "schema"), at("documents.0.lines.0.bold", "yes", "schema"),
    at("documents.0.id", "constancia-2", "meaning", "no document"),
    both([("documents.4.id", "slip"), ("outcomes.5.document", DELETE)], "meaning", "no outcome prints"),
    # fees
    at("fees.rows", [], "schema", base=FEE), at("fees.rows.0.full_centavos", 0, "schema", base=FEE),
    at("fees.rows.0.full_centavos", 1655.0e2 + 0.5, "schema", base=FEE), at("fees.rows.0.full_centavos", DELETE, "schema", base=FEE),
    at("fees.rows.0.half_centavos", DELETE, "good", base=FEE), at("fees.rows.0.half_centavos", 999999, "meaning", "half is more", FEE),
    at("fees.rows.0.valid_from", "2024-13-01", "schema", "$.fees.rows[0].valid_from", FEE),
    at("fees.rows.0.valid_from", "2024-02-30", "meaning", "AAAA-MM-DD", FEE),
    at("fees.rows.0.valid_to", "2023-12-31", "meaning", "ends before", FEE),
    at("fees.rows.0.valid_to", "2025-01-01", "meaning", "overlaps", FEE),
    at("fees.rows.0.years", 4, "meaning", "no choice", FEE), at("fees.rows.0.years", 100, "schema", base=FEE),
    at("fees.rows.0.cadena", "123", "schema", base=FEE), at("fees.rows.0.cadena", DELETE, "good", base=FEE),
    at("fees.fare_question", "curp", "meaning", base=FEE), at("fees.fare_question", "half-reason", "meaning", base=FEE),
    at("fees.years_question", "fare", "meaning", base=FEE), at("fees.years_question", DELETE, "meaning", base=FEE),
    at("fees.surprise", 1, "schema", "$.fees.surprise", FEE), at("fees", [], "schema", base=FEE),
    at("free", True, "meaning", "free service", FEE), at("fees", DELETE, "meaning", base=FEE),
    at("consent", DELETE, "good", base=FEE), at("questions.4.shows_fee", DELETE, "meaning", base=FEE),
    # soon
    at("questions", [], "schema", base=SOON), at("fees", {}, "schema", base=SOON),
    at("documents", [], "schema", base=SOON), at("wait", T, "good", base=SOON),
    at("status", "available", "schema", base=SOON), at("detail", DELETE, "schema", base=SOON),
    at("offline", DELETE, "schema", base=SOON),
]


def change(document, path, value):
    *way, last = path.split(".")
    node = document
    for name in way:
        node = node[int(name)] if isinstance(node, list) else node[name]
    if isinstance(node, list):
        last = int(last)
    if value is DELETE:
        del node[last]
    else:
        node[last] = copy.deepcopy(value)


def main():
    validator = jsonschema.Draft202012Validator(load("service.schema.json"))
    validator.check_schema(validator.schema)
    shipped = sorted(n for n in os.listdir(CATALOG) if n.endswith(".json") and n != "service.schema.json")
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        documents = {}
        for name in shipped:
            documents[os.path.join(CATALOG, name)] = (load(name), "good", "")
        for number, (base, changes, verdict, says) in enumerate(CASES):
            document = load(base)
            for path, value in changes:
                change(document, path, value)
            file = os.path.join(folder, f"{number:03d}.json")
            with open(file, "w", encoding="utf-8") as out:
                json.dump(document, out, ensure_ascii=False)
            documents[file] = (document, verdict, says)
        run = subprocess.run([CTL, "catalog", "lint", "--json", *documents], capture_output=True, check=False)
        if run.returncode != 9:
            sys.exit(f"lint ended with {run.returncode}: {run.stderr.decode()}")
        answers = {entry["file"]: entry for entry in json.loads(run.stdout)["files"]}
    for file, (document, verdict, says) in documents.items():
        schema_ok = validator.is_valid(document)
        answer = answers[file]
        number = os.path.basename(file)
        what = CASES[int(number[:3])][:2] if number[:3].isdigit() else number
        if schema_ok != (verdict != "schema"):
            failures.append(f"{what}: the schema {'accepts' if schema_ok else 'refuses'} it")
        if answer["ok"] != (verdict == "good"):
            failures.append(f"{what}: the loader says {answer.get('error', 'ok')}")
        elif says and says not in answer.get("error", ""):
            failures.append(f"{what}: \"{says}\" is not in: {answer.get('error')}")
    for failure in failures:
        print(failure)
    print(f"{len(documents)} definitions, {len(failures)} disagreements")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
