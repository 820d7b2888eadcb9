#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The life of Socle on a Debian host, boot after boot, as an administrator types it. TAP.

    steps.py FOLDER TESTS-BEFORE ACCELERATOR CPU

FOLDER has disk.img, a Debian system as it was installed, and stick.img with the packages. What each boot says is left in FOLDER/NAME.log.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Lost, Machine

work, count, accel, cpu = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
VARIABLES = os.path.join(work, "vars.fd")
OVMF = ("/usr/share/OVMF/OVMF_CODE_4M.fd", VARIABLES)
VARIABLE = "/sys/firmware/efi/efivars/SocleTest-5ec0de01-50c1-e0ef-0102-030405060708"
BOOT, COMMAND = 900, 300  # bounds against hanging on a busy machine without KVM
failed = False


def tap(good, name, why=""):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        failed = True
        for line in str(why).split("\n")[-30:]:
            print("# " + line)
    sys.stdout.flush()
    return good


def check(m, name, command, want=None, seconds=COMMAND, on_fail=None):
    """A command that has to end with 0, and to print what the regular expression says; another one tells more if it did not."""
    code, out = m.run(command, seconds)
    good = code == 0 and (want is None or re.search(want, out, re.M) is not None)
    if not good and on_fail:
        out += "\n" + m.run(on_fail, seconds)[1]
    return tap(good, name, f"exit code {code} of: {command}\n{out}")


def boot(name, firmware, story):
    """One boot: up to the login, what is done there, down again."""
    machine = Machine(work, name, [os.path.join(work, "disk.img"), os.path.join(work, "stick.img")], firmware, accel, cpu)
    try:
        story(machine)
    except Lost as lost:
        tap(False, f"{name}: it went as it should", f"{lost}\n{machine.tail()}")
        raise
    finally:
        machine.close()


def restart(m, name, command="systemctl reboot"):
    m.send(command + "\r")
    m.ended(BOOT)
    tap(True, f"{name}: the host restarts")


def documented(name):
    """The commands of the blocks "install" of a page, in their order, by the headings that they stand under."""
    found, heading, inside = {}, "", False
    path = os.path.join(TOP, "docs", name)
    if not os.path.exists(path):
        return found
    with open(path, encoding="utf-8") as page:
        for line in page.read().splitlines():
            if line.startswith("```"):
                inside = line == "```install"
            elif inside:
                found.setdefault(heading, []).append(line)
            elif line.startswith("## "):
                heading = line[3:]
    return found


def typed(m, heading, number, want=None, seconds=COMMAND):
    """A command as the page shows it."""
    command = PAGE[heading][number]
    check(m, f"installation.md, \"{heading}\": {command}", command, want, seconds)


# What stands where, and the contents of what decides how the system boots and runs. Left out: what any system changes as it runs, and the
# entry that GRUB's menu has for the settings of UEFI when it was made on a machine with it.
FILES = r"""files() {
find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /root -o -path /var/log -o -path /var/cache -o -path /var/tmp \
	-o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd/random-seed -o -path /var/lib/systemd/timers -o -path /lost+found \
	-o -path /mnt \) -prune -o -printf '%y %m %u:%g %p -> %l\n' | sort
ls -d /var/log/* /var/cache/* | grep -v '/apt$\|/lastlog\|/wtmp\|/btmp\|/faillog\|dpkg.log\|alternatives.log'
dpkg -l | grep '^..' | awk '{print $1, $2, $3}'
find /etc /boot -xdev -type f ! -name ld.so.cache ! -path /boot/grub/grub.cfg -exec md5sum {} + | sort -k 2
sed '/^### BEGIN .*uefi-firmware/,/^### END/d' /boot/grub/grub.cfg
}"""


def plain(m):
    """Plain Linux: packages are installed and change nothing of it."""
    m.login(BOOT)
    # What apt would ask is answered: there is no network to fetch recommendations from.
    m.run("printf 'APT::Get::Assume-Yes \"true\";\\nAPT::Install-Recommends \"false\";\\n' >/etc/apt/apt.conf.d/90test")
    m.run(FILES)
    m.run("files >/root/before; mount -o ro /dev/vdb /mnt; cd /mnt")
    typed(m, "Install", 0, seconds=900)
    m.run("cd /")
    check(m, "nothing of it runs on plain Linux, and nothing fails",
          "systemctl is-system-running; systemctl --no-legend --failed; systemctl is-active socle-stored socle-consoled socle-guests socle-autostart socle-modules socle-boot-healthy proc-xen.mount | sort | uniq -c",
          r"^running\n *7 inactive$")
    check(m, "its units are enabled", "systemctl is-enabled socle-stored socle-consoled socle-guests socle-autostart socle-boot-healthy | sort -u", r"^enabled$")
    check(m, "GRUB's menu has Socle, and plain Linux first", "grep -o '^menuentry .[^,]*' /boot/grub/grub.cfg", r"^menuentry 'Debian[^\n]*\nmenuentry 'Debian GNU/Linux 12 \(bookworm\)$")
    check(m, "plain Linux is what is booted until told otherwise", "socle-boot status", "^next boot: plain Linux$")
    check(m, "its pages are there for man", "zcat /usr/share/man/man8/socle-boot.8.gz /usr/share/man/man8/socle-create.8.gz | grep -c '^.Dt'", "^2$")
    check(m, "socle says what is missing on plain Linux", "socle list 2>&1; test $? != 0 && echo refused", r"(?s)socle: .*\nrefused$")
    # As an administrator sets it: the serial line is the hypervisor's, and what Linux says goes through it.
    check(m, "the administrator's options are taken",
          "sed -i 's/^GRUB_CMDLINE_SOCLE=.*/GRUB_CMDLINE_SOCLE=\"console=com1 dom0_mem=640M dom0_deadline=900\"/; "
          "s/^#GRUB_CMDLINE_LINUX_SOCLE=.*/GRUB_CMDLINE_LINUX_SOCLE=\"console=hvc0 systemd.show_status=no\"/' /etc/default/grub.d/socle.cfg && update-grub 2>&1 && "
          "grep -c 'multiboot2\\? .*dom0_deadline=900' /boot/grub/grub.cfg", r"^2$", 600)
    typed(m, "The first boot", 0, "the next boot tries Socle")
    check(m, "socle-boot tells what comes", "socle-boot status", "^next boot: Socle, once$")
    tap(PAGE["The first boot"][1] == "reboot", "installation.md, \"The first boot\": reboot")
    restart(m, "plain Linux", "reboot")


def healthy(m, name):
    """Up to a control domain that says it is healthy."""
    m.expect(r"\(hv\) .*", BOOT)
    m.login(BOOT)
    check(m, f"{name}: this is Socle's control domain", "socle-boot running && cat /sys/hypervisor/version/extra", "^-socle$")
    check(m, f"{name}: it says that it is healthy",
          "for i in $(seq 120); do systemctl is-active --quiet socle-boot-healthy && break; sleep 2; done; systemctl is-active socle-boot-healthy || "
          "{ journalctl -b --no-pager -o cat -u 'socle-*' | tail -n 25; false; }", "^active$", 600)
    # Healthy is what dom0 is before its guests are up: those of autostart are still being started then.
    m.run("for i in $(seq 90); do [ -z \"$(systemctl --no-legend list-jobs)\" ] && break; sleep 2; done", 300)
    check(m, f"{name}: no unit failed", "systemctl --no-legend --failed; systemctl is-active proc-xen.mount socle-stored socle-consoled socle-guests socle-autostart | sort | uniq -c", r"\A *5 active\Z",
          on_fail="systemctl status --no-pager proc-xen.mount socle-modules | cat; ls -la /proc/xen; grep xen /proc/mounts; lsmod | grep xen")


def first(m):
    """Socle for the first time: guests are started and defined."""
    healthy(m, "SeaBIOS")
    typed(m, "The first boot", 2, "^yes$")
    typed(m, "The first boot", 3, "Active: active")
    typed(m, "The first boot", 4, "^hypervisor")
    check(m, "once is once: GRUB has forgotten it", "socle-boot status", "^next boot: plain Linux$")
    check(m, "the hypervisor is told that dom0 is well: its deadline is off", "socle healthy; test $? = 10 && echo off", "^off$")
    check(m, "sessions end after the guests", "systemctl show -p Before $(systemctl --no-legend --plain list-units 'session-*.scope' | awk '{print $1; exit}')", "socle-guests.service")
    m.run("mount -o ro /dev/vdb /mnt; mkdir -p /var/lib/socle; cp /mnt/hello.elf /var/lib/socle/")
    check(m, "the guest of the kit's example starts", "socle create /mnt/hello.xml && for i in $(seq 60); do grep -q 'My command line says: morning' /var/log/socle/console-hello.log && break; sleep 1; done; "
          "cat /var/log/socle/console-hello.log", "My command line says: morning")
    typed(m, "The first guest", 0, seconds=600)
    check(m, "its Linux comes up to a shell on its console",
          "for i in $(seq 240); do grep -q '(initramfs)' /var/log/socle/console-initramfs.log && break; sleep 1; done; grep -o '(initramfs)' /var/log/socle/console-initramfs.log",
          r"^\(initramfs\)$", 600)
    check(m, "socle list shows it", "socle list", r"^ *\d+ +initramfs ")
    typed(m, "The first guest", 1)
    typed(m, "The first guest", 2)
    check(m, "it is to start with the host", "socle autostart", "^ *0 +initramfs")
    typed(m, "The first boot", 5)
    check(m, "Socle from now on", "socle-boot status", "^next boot: Socle$")
    restart(m, "SeaBIOS")


def second(m):
    """The same with UEFI: the guest is there by itself. Then a boot is made to fail."""
    healthy(m, "OVMF")
    check(m, "the guest of autostart runs, and nobody started it", "for i in $(seq 60); do socle list | grep -q initramfs && break; sleep 2; done; socle list", r"^ *\d+ +initramfs ", 600)
    check(m, "it was shut down before the host, not cut off", "tail -n 40 /var/log/socle/initramfs.log; grep -ci 'powered off\\|poweroff\\|shut down' /var/log/socle/initramfs.log", r"^[1-9]\d*$")
    check(m, "its Linux has the firmware's screen", "dmesg | grep -i 'efifb: \\|fb0: \\|colour frame buffer'", "efifb: mode is .*(.|\\n)*frame buffer device")
    check(m, "and the firmware's variables, by way of the hypervisor",
          "mountpoint -q /sys/firmware/efi/efivars || mount -t efivarfs none /sys/firmware/efi/efivars; ls /sys/firmware/efi/efivars | grep -c '^BootOrder-\\|^SecureBoot-'", "^[12]$")
    check(m, "a variable is written, read and removed", f"v={VARIABLE}; printf '\\007\\0\\0\\0socle' >$v && tail -c 5 $v && chattr -i $v && rm $v && test ! -e $v && echo ' gone'", "^socle gone$")
    check(m, "another one is left", f"printf '\\007\\0\\0\\0stays' >{VARIABLE}")
    check(m, "a store that cannot start", "systemctl mask socle-stored 2>&1; sed -i 's/dom0_deadline=900/dom0_deadline=150/' /etc/default/grub.d/socle.cfg && update-grub 2>&1 && "
          "grep -c 'dom0_deadline=150' /boot/grub/grub.cfg", r"^2$", 600)
    restart(m, "OVMF")


def sick(m):
    """A boot that does not come up healthy: the hypervisor ends it."""
    m.expect(r"\(hv\) .*", BOOT)
    m.ended(BOOT)
    tap(True, "a boot without a store is ended by the deadline")


def back(m):
    """Plain Linux by itself; all goes."""
    m.expect("plain Linux", BOOT)
    m.login(BOOT)
    check(m, "after a boot that was not healthy comes plain Linux", "test ! -e /sys/hypervisor/type && socle-boot status", "^next boot: plain Linux, because Socle did not come up")
    check(m, "the firmware kept the variable", f"mountpoint -q /sys/firmware/efi/efivars || mount -t efivarfs none /sys/firmware/efi/efivars; tail -c 5 {VARIABLE}", "stays$")
    m.run(FILES)
    m.run("systemctl unmask socle-stored; rm -rf /var/lib/socle")
    typed(m, "Remove", 0, seconds=900)
    check(m, "the system is what it was before", "files >/root/after; diff /root/before /root/after && echo same", "^same$")
    restart(m, "purged")


def end(m):
    m.login(BOOT)
    check(m, "plain Linux boots", "uname -s; ls /sys/hypervisor/type 2>&1; systemctl is-system-running", r"(?s)^Linux\n.*No such file.*\nrunning$")
    check(m, "GRUB does not know Socle any more", "! grep -qi socle /boot/grub/grub.cfg /boot/grub/grubenv && echo clean", "^clean$")
    m.send("systemctl poweroff\r")
    m.ended(BOOT)
    tap(True, "the host powers off")


PAGE = documented("installation.md")
known = sum(PAGE.values(), [])
for command in sum(documented("tutorial.md").values(), []):
    tap(command in known, f"the tutorial's '{command}' is one of those that are typed here")
shutil.copyfile("/usr/share/OVMF/OVMF_VARS_4M.fd", VARIABLES)
STORY = [("1-plain", None, plain), ("2-first", None, first), ("3-second", OVMF, second), ("4-sick", OVMF, sick), ("5-back", OVMF, back), ("6-end", None, end)]
try:
    for n, firmware, story in STORY:
        boot(n, firmware, story)
except Lost:
    pass
sys.exit(1 if failed else 0)
