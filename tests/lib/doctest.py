#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the commands that pages of docs/ show, and hold what they print to what the pages show.

    doctest.py script PAGE...            the commands, as a shell script for dom0
    doctest.py judge CONSOLE PAGE...     TAP, from the console of a dom0 that ran that script
    doctest.py check PAGE...             faults of the pages themselves: a block that nobody runs

A page is a session in its order. What counts are its fenced blocks, by the word behind the fence:

    dom0            "dom0# COMMAND", then what it prints. A line "..." stands for any lines, "..." within a line for any text; how much
                    white space there is between two words does not matter. A command has to succeed, unless the next one is "echo $?".
                    Lines "guest# COMMAND" under "socle console" are typed there, "Ctrl-]" leaves it.
    xml file=PATH   a file: it is there before the next command runs
    sh file=PATH    likewise
    install         commands of a host that is being installed: tests/install runs them
    xml, text, ...  shows something; nothing runs

The script prints a line a command, "DOC PAGE:LINE EXIT-CODE BASE64": consoles are shared, and nobody writes into the middle of that.
"""
import base64
import re
import sys

FENCE = re.compile(r"^```(.*)$")
RUN = ("dom0", "install")
SHOWN = ("xml", "text", "c", "ini", "json", "make", "asm")


class Command:
    def __init__(self, page, line, text):
        self.page, self.line, self.text = page, line, text
        self.shown = []          # lines that are expected
        self.typed = []          # lines that are typed into a console
        self.code_matters = True

    @property
    def name(self):
        return f"{self.page.rsplit('/', 1)[-1]}:{self.line}"


class File:
    def __init__(self, path):
        self.path, self.lines = path, []


def blocks(page):
    """The fenced blocks of a page: (line number of the first line, words of the fence, lines)."""
    words, first, lines = None, 0, []
    with open(page, encoding="utf-8") as f:
        for number, line in enumerate(f.read().splitlines(), 1):
            fence = FENCE.match(line)
            if fence and words is None:
                words, first, lines = fence.group(1).split(), number + 1, []
            elif fence:
                yield first, words, lines
                words = None
            elif words is not None:
                lines.append(line)
    if words is not None:
        raise SystemExit(f"{page}:{first - 1}: a block without an end")


def commands_of(page, first, lines):
    found = []
    for number, line in enumerate(lines, first):
        if line.startswith("dom0# "):
            found.append(Command(page, number, line[len("dom0# "):]))
        elif found and found[-1].text.endswith("\\"):
            found[-1].text += "\n" + line
        elif not found:
            raise SystemExit(f"{page}:{number}: no 'dom0# COMMAND' before this line")
        elif line.startswith("guest# "):
            found[-1].typed.append(line[len("guest# "):])
            found[-1].shown.append("..." + line[len("guest# "):])
        elif line == "Ctrl-]":
            found[-1].typed.append("\x1d")
        else:
            found[-1].shown.append(line)
    return found


def steps(page):
    """What a page does, in order: commands and files."""
    result = []
    for first, words, lines in blocks(page):
        path = next((w[len("file="):] for w in words[1:] if w.startswith("file=")), None)
        if words[:1] == ["dom0"]:
            result += commands_of(page, first, lines)
        elif path:
            made = File(path)
            made.lines = lines
            result.append(made)
    commands = [s for s in result if isinstance(s, Command)]
    for one, following in zip(commands, commands[1:]):
        one.code_matters = following.text != "echo $?"
    return result


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def script(pages):
    print("""#!/bin/sh
returns() { return "$1"; }
code=0
# Runs a command in this shell, with $? of the one before it, and reports. A session ends with the first that fails.
report() { # place must-succeed
	echo "DOC $1 $code $(tr -d '\\r' </tmp/doc.out | base64 | tr -d '\\n')"
	[ $code = 0 ] || [ "$2" = no ] || exit 1
}
run() { # place must-succeed command
	returns $code
	eval "$3" >/tmp/doc.out 2>&1 </dev/null
	code=$?
	report "$1" "$2"
}
talk() { # place must-succeed command: what is typed comes from standard input
	{ sleep 2; while IFS= read -r line; do printf '%s\\n' "$line"; sleep 2; done </tmp/doc.typed; printf '\\035'; } | eval "$3" >/tmp/doc.out 2>&1
	code=$?
	report "$1" "$2"
}
cd /root""")
    for page in pages:
        for step in steps(page):
            must = "yes" if getattr(step, "code_matters", True) else "no"
            if isinstance(step, File):
                body = "\n".join(step.lines)
                print(f"mkdir -p \"$(dirname {step.path})\"\ncat >{step.path} <<'END-OF-FILE'\n{body}\nEND-OF-FILE")
            elif step.typed:
                body = "\n".join(t for t in step.typed if t != "\x1d")
                print(f"cat >/tmp/doc.typed <<'END-OF-TEXT'\n{body}\nEND-OF-TEXT\ntalk {step.name} {must} {quote(step.text)}")
            else:
                print(f"run {step.name} {must} {quote(step.text)}")
    print("echo 'BATCH done'")


def pattern(line):
    parts = [r"\s+".join(re.escape(w) for w in part.split()) for part in line.split("...")]
    ends = [(p != p.lstrip(), p != p.rstrip()) for p in line.split("...")]
    text = ""
    for i, part in enumerate(parts):
        text += (".*" if i else "") + (r"\s+" if ends[i][0] and part and i else "") + part + (r"\s+" if ends[i][1] and part and i + 1 < len(parts) else "")
    return re.compile(r"\s*" + text + r"\s*$")


def fits(shown, printed):
    """Whether the lines printed are the ones shown; else the first line that is missing."""
    at, gap = 0, False
    for line in shown:
        if line.strip() == "...":
            gap = True
            continue
        want = pattern(line)
        while at < len(printed) and not want.match(printed[at]):
            if not gap:
                return f"'{printed[at]}' where the page shows '{line}'"
            at += 1
        if at == len(printed):
            return f"nothing is like '{line}'"
        at, gap = at + 1, False
    if at < len(printed) and not gap and shown:
        return f"'{printed[at]}' is printed as well"
    return None


def judge(console, pages):
    ran = {}
    with open(console, encoding="utf-8", errors="replace") as f:
        for line in f:
            found = re.match(r"DOC (\S+) (\d+) ([A-Za-z0-9+/=]*)\s*$", line)
            if found:
                ran[found.group(1)] = int(found.group(2)), base64.b64decode(found.group(3)).decode("utf-8", "replace")
    commands = [s for page in pages for s in steps(page) if isinstance(s, Command)]
    if not commands:
        raise SystemExit("no page has a command")
    failed = 0
    for number, c in enumerate(commands, 1):
        code, text = ran.get(c.name, (None, ""))
        printed = [line for line in text.splitlines() if line.strip()]
        shown = [line for line in c.shown if line.strip()]
        if code is None:
            why = "it was not run"
        elif code and c.code_matters:
            why = f"exit code {code}"
        else:
            why = fits(shown, printed)
        print(f"{'not ok' if why else 'ok'} {number} - {c.name}: {c.text.splitlines()[0]}")
        if why:
            failed = 1
            print(f"# {why}")
            for line in printed[-12:]:
                print(f"#   {line}")
    print(f"1..{len(commands)}")
    return failed


def check(pages):
    faults = 0
    for page in pages:
        found = list(blocks(page))
        session = any(words[:1] == ["dom0"] for _, words, _ in found)
        for first, words, _ in found:
            word = words[0] if words else ""
            made = any(w.startswith("file=") for w in words[1:])
            if word in RUN or word in SHOWN or word == "sh" and (made or not session) or not word and not session:
                continue
            print(f"{page}:{first - 1}: a block '{word}': one of {', '.join(RUN + SHOWN)} says who runs it")
            faults = 1
        steps(page)
    return faults


def main():
    what, arguments = sys.argv[1], sys.argv[2:]
    if what == "script":
        return script(arguments)
    if what == "judge":
        return judge(arguments[0], arguments[1:])
    if what == "check":
        return check(arguments)
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
