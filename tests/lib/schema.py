#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hold JSON to a schema of dom0-tools/data/schema.

    schema.py [--lines] SCHEMA [FILE]    --lines: each line is a document of its own

Says each fault with its place; the exit code tells whether there was one. Nothing at all to check is a fault too. Keys that
stand twice in an object are refused, which JSON leaves open.
"""
import json
import sys

import jsonschema


def unique(pairs):
    keys = [k for k, _ in pairs]
    twice = {k for k in keys if keys.count(k) > 1}
    if twice:
        raise ValueError("twice in one object: " + ", ".join(sorted(twice)))
    return dict(pairs)


def no_constant(word):
    raise ValueError(word + " is no JSON")


def main():
    arguments = sys.argv[1:]
    by_line = arguments[:1] == ["--lines"]
    arguments = arguments[by_line:]
    with open(arguments[0], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    with open(arguments[1], "rb") if len(arguments) > 1 else sys.stdin.buffer as f:
        text = f.read().decode("utf-8")
    documents = text.splitlines() if by_line else [text]
    faults = [] if documents else ["there is nothing"]
    for number, document in enumerate(documents, 1):
        try:
            value = json.loads(document, object_pairs_hook=unique, parse_constant=no_constant)
        except ValueError as e:
            faults.append(f"document {number}: {e}: {document[:200]!r}")
            continue
        for e in validator.iter_errors(value):
            faults.append(f"document {number}: {e.json_path}: {e.message[:200]}")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
