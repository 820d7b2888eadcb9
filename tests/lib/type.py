#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Type into a program on a terminal of its own and print what came.

    type.py SECONDS PROGRAM ARGUMENT... <STEPS

A step is a line: "expect TEXT" waits until TEXT has come since the last step that waited, "send TEXT" types, with Python's
escapes (\t, \r, \x03). The output is printed as it came. The exit code is 1 when a text did not come in time.
"""
import os
import pty
import select
import sys
import time


def main():
    end = time.monotonic() + float(sys.argv[1])
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    seen, since = b"", 0
    result = 0
    for step in sys.stdin.read().splitlines():
        what, _, text = step.partition(" ")
        raw = text.encode().decode("unicode_escape").encode("latin-1")
        if what == "send":
            os.write(fd, raw)
            continue
        while raw not in seen[since:]:
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                result = 1
                break
            try:
                piece = os.read(fd, 4096)
            except OSError:
                piece = b""
            if not piece:
                result = 1
                break
            seen += piece
        if result:
            print(f"did not come: {text}")
            break
        since = seen.index(raw, since) + len(raw)
    sys.stdout.buffer.write(seen)
    os.close(fd)
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    return result


sys.exit(main())
