#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hold a text to Prometheus' text format 0.0.4, and to what its readers expect beyond that.

    prom.py [FILE]    says each fault with its line; the exit code tells whether there was one

Each family stands together: HELP, TYPE, samples. Counters end in _total and are not negative; histograms have ascending bounds,
buckets that do not fall, +Inf equal to their count, and a sum. No sample stands twice.
"""
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)?\})? (\S+)\Z" % (NAME, LABEL, LABEL))


def number(text):
    if text in ("+Inf", "-Inf", "NaN"):
        return float(text.replace("Inf", "inf").replace("NaN", "nan"))
    if not re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        raise ValueError(text)
    return float(text)


class Text:
    def __init__(self):
        self.faults, self.done, self.seen = [], set(), set()
        self.name = self.type = None
        self.samples = []

    def fault(self, line, why):
        self.faults.append("line %d: %s" % (line, why))

    def begin(self, line, name):
        self.end(line)
        if name in self.done:
            self.fault(line, name + " stands in two places")
        self.name, self.type, self.samples = name, None, []

    def end(self, line):
        if self.name is None:
            return
        self.done.add(self.name)
        if self.type is None:
            self.fault(line, self.name + " has no type")
        if self.type == "histogram":
            self.histograms(line)
        self.name = None

    def histograms(self, line):
        groups = {}
        for suffix, labels, value in self.samples:
            rest = frozenset(l for l in labels if not l.startswith("le="))
            le = [l[4:-1] for l in labels if l.startswith("le=")]
            g = groups.setdefault(rest, {"_bucket": [], "_sum": [], "_count": []})
            if suffix == "_bucket" and len(le) != 1:
                self.fault(line, self.name + " has a bucket without a bound")
            elif suffix == "_bucket":
                g[suffix].append((number(le[0]), value))
            else:
                g[suffix].append(value)
        for g in groups.values():
            bounds = [b for b, _ in g["_bucket"]]
            counts = [c for _, c in g["_bucket"]]
            if len(g["_sum"]) != 1 or len(g["_count"]) != 1:
                self.fault(line, self.name + " wants one sum and one count")
            elif bounds != sorted(set(bounds)) or not bounds or not math.isinf(bounds[-1]):
                self.fault(line, self.name + " has bounds that do not ascend to +Inf")
            elif counts != sorted(counts) or counts[-1] != g["_count"][0]:
                self.fault(line, self.name + " has buckets that fall, or do not end in its count")

    def sample(self, line, text):
        m = SAMPLE.match(text)
        if not m:
            return self.fault(line, "no sample: " + text)
        name, labels = m.group(1), re.findall(LABEL, m.group(2) or "")
        suffix = next((s for s in ("_bucket", "_sum", "_count") if self.type == "histogram" and name == (self.name or "") + s), "")
        if name != (self.name or "") + suffix or (self.type == "histogram" and not suffix):
            return self.fault(line, name + " does not stand below its type")
        keys = [l.split("=")[0] for l in labels]
        if len(set(keys)) != len(keys):
            self.fault(line, "a label stands twice")
        if (name, frozenset(labels)) in self.seen:
            self.fault(line, "it stands twice: " + text)
        self.seen.add((name, frozenset(labels)))
        try:
            value = number(m.group(3))
        except ValueError:
            return self.fault(line, "no number: " + m.group(3))
        if self.type == "counter" and (not name.endswith("_total") or not value >= 0):
            self.fault(line, "a counter ends in _total and is not negative: " + text)
        self.samples.append((suffix, labels, value))

    def line(self, n, text):
        m = re.match(r"# (HELP|TYPE) (%s) (.+)\Z" % NAME, text)
        if m and m.group(1) == "HELP":
            self.begin(n, m.group(2))
        elif m and (m.group(2) != self.name or self.type or m.group(3) not in ("counter", "gauge", "histogram")):
            self.fault(n, "a type out of place: " + text)
        elif m:
            self.type = m.group(3)
        elif self.name is None:
            self.fault(n, "neither help nor type before it: " + text)
        else:
            self.sample(n, text)


def main():
    with open(sys.argv[1], "rb") if len(sys.argv) > 1 else sys.stdin.buffer as f:
        raw = f.read().decode("utf-8")
    t = Text()
    lines = raw.split("\n")
    if lines.pop() != "" or not lines:
        t.fault(len(lines), "it does not end with a line's end")
    for n, text in enumerate(lines, 1):
        t.line(n, text)
    t.end(len(lines))
    print("\n".join(t.faults), end="\n" if t.faults else "")
    return 1 if t.faults else 0


sys.exit(main())
