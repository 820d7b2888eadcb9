# SPDX-License-Identifier: BSD-2-Clause
"""A machine in QEMU with somebody at its serial line: starts it with a firmware, logs in, gives commands to its shell, waits for its end."""
import os
import re
import socket
import subprocess
import time

PROMPT = "socle-test# "


class Lost(Exception):
    """What was waited for did not come."""


class Machine:
    def __init__(self, work, name, disks, firmware, accel, cpu, memory=1280):
        self.seen, self.at, self.count = "", 0, 0
        self.log = open(os.path.join(work, name + ".log"), "wb")
        path = os.path.join(work, "serial")
        if os.path.exists(path):
            os.unlink(path)
        command = ["qemu-system-x86_64", "-accel", accel, "-cpu", cpu, "-m", str(memory), "-smp", "2", "-display", "none", "-no-reboot", "-net", "none",
                   "-serial", f"unix:{path},server=on,wait=on", "-vga", "std"]
        for disk in disks:
            command += ["-drive", f"if=virtio,format=raw,file={disk}"]
        # A firmware of two parts: what is read only, and the variables, which stay from boot to boot.
        if firmware:
            command += ["-drive", f"if=pflash,format=raw,readonly=on,file={firmware[0]}", "-drive", f"if=pflash,format=raw,file={firmware[1]}"]
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.line = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 600
        while self.qemu.poll() is None and time.monotonic() < end:
            try:
                self.line.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self.line.settimeout(1)

    def _read(self):
        """Whether the machine may still say something."""
        try:
            piece = self.line.recv(65536)
        except socket.timeout:
            return True
        except OSError:
            return False
        self.log.write(piece)
        self.log.flush()
        self.seen += piece.decode("latin-1").replace("\r", "")
        return bool(piece)

    def expect(self, pattern, seconds):
        """The match of a regular expression in what came since the last one."""
        end = time.monotonic() + seconds
        while True:
            match = re.compile(pattern, re.M).search(self.seen, self.at)
            if match:
                self.at = match.end()
                return match
            if time.monotonic() > end:
                raise Lost(f"'{pattern}' did not come within {seconds} s")
            if not self._read():
                raise Lost(f"the machine ended before '{pattern}' came")

    def send(self, text):
        self.line.sendall(text.encode())

    def login(self, seconds):
        self.expect(r"login: $", seconds)
        self.send("root\r")
        self.expect(r"Password: $", 120)
        self.send("socle\r")
        self.expect(r"# $", 120)
        # A shell that edits nothing, and shows nothing of what is typed: it is not to be taken for an answer.
        self.send(f"stty -echo cols 400; exec env TERM=dumb PAGER=cat DEBIAN_FRONTEND=noninteractive PS1='{PROMPT[:5]}''{PROMPT[5:]}' PS2= bash --norc --noediting\r")
        self.expect(re.escape(PROMPT), 60)

    def run(self, command, seconds=120):
        """Exit code and output of a command."""
        self.count += 1
        tag = f"@{self.count}@"
        self.send(f"{{ {command}\n}}; echo \"{tag[:-1]}\"\"@$?@\"\r")
        start = self.at
        match = self.expect(re.escape(tag) + r"(\d+)@\n", seconds)
        out = self.seen[start:match.start()].strip("\n")
        self.expect(re.escape(PROMPT), 60)
        return int(match.group(1)), out

    def ended(self, seconds):
        """Waits until the machine is off or restarts."""
        end = time.monotonic() + seconds
        while self.qemu.poll() is None and time.monotonic() < end:
            if not self._read():
                time.sleep(0.2)
        if self.qemu.poll() is None:
            raise Lost(f"the machine did not end within {seconds} s")

    def tail(self, lines=25):
        return "\n".join(self.seen.split("\n")[-lines:])

    def close(self):
        if self.qemu.poll() is None:
            self.qemu.kill()
        self.qemu.wait()
        self.line.close()
        self.log.close()
