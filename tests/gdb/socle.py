# SPDX-License-Identifier: BSD-2-Clause
"""
The hypervisor seen from a debugger: commands for gdb on QEMU's stub (qemu -s or -gdb unix:PATH).

    gdb build/hypervisor/socle.elf -ex 'target remote :1234' -x tests/gdb/socle.py

    socle-cpus              who runs on each CPU
    socle-domains           domains and their vCPUs
    socle-page MFN          what the frame table says of a frame
    socle-walk VA [ROOT]    page tables from this CPU's root (or another, a machine address) down to VA
    socle-log [LINES]       the end of the log ring

Memory is read as the CPU of gdb's present thread sees it. The hypervisor is in every address space, so everything here
works wherever that CPU stopped, once the hypervisor has its own page tables.
"""

import gdb

# mm/layout.h and mm/mm.h
FRAMETABLE = 0xffff818000000000
DIRECTMAP = 0xffff830000000000
PAGE_SHIFT = 12
FRAME_MASK = 0x000ffffffffff000
TYPES = {0: "none", 1: "L1 table", 2: "L2 table", 3: "L3 table", 4: "L4 table", 5: "descriptors", 7: "writable"}
TYPE_FLAGS = ((59, "pinned"), (58, "validated"), (57, "partial"))
COUNT_FLAGS = ((63, "allocated"), (62, "shared"))
PAGE_FLAGS = ("RAM", "free", "slab", "large", "boot", "M2P")
COUNT_MASK = (1 << 48) - 1
ENTRY_FLAGS = ((0, "P"), (1, "RW"), (2, "US"), (3, "PWT"), (4, "PCD"), (5, "A"), (6, "D"), (7, "PS"), (8, "G"), (52, "kernel"),
               (63, "NX"))


def value(text):
    return gdb.parse_and_eval(text)


def number(v):
    return int(v) & 0xffffffffffffffff


def static(file, name):
    """A static variable of one file."""
    return value("'%s'::%s" % (file, name))


def flags(word, names):
    return " ".join(name for bit, name in names if word >> bit & 1)


def who(domain):
    """A domain's id in words."""
    ident = number(domain["id"])
    return {0x7ff1: "I/O", 0x7ff2: "the hypervisor", 0x7fff: "idle"}.get(ident, "domain %d" % ident)


def vcpus(domain):
    for i in range(number(domain["max_vcpus"])):
        v = domain["vcpu"][i]
        if number(v):
            yield v.dereference()


def domains():
    """All domains of the list, each as a value."""
    head = static("domain.c", "domains")
    kind = gdb.lookup_type("struct domain")
    offset = [f for f in kind.fields() if f.name == "link"][0].bitpos // 8
    at = head["next"]
    while number(at) != number(head.address):
        yield gdb.Value(number(at) - offset).cast(kind.pointer()).dereference()
        at = at["next"]


def read_word(maddr):
    data = gdb.selected_inferior().read_memory(DIRECTMAP + maddr, 8)
    return int.from_bytes(bytes(data), "little")


class Command(gdb.Command):
    """A command that takes numbers, and says how it is used when they are not right."""
    least, most, usage = 0, 0, ""

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_STATUS)

    def invoke(self, text, from_tty):
        args = [number(value(a)) for a in gdb.string_to_argv(text)]
        if not self.least <= len(args) <= self.most:
            raise gdb.GdbError("usage: %s %s" % (self.name, self.usage))
        self.run(*args)


class Cpus(Command):
    """Who runs on each CPU."""
    name = "socle-cpus"

    def run(self):
        for cpu in range(number(static("smp.c", "nr_cpus"))):
            info = static("smp.c", "info")[cpu].dereference()
            v = info["current_vcpu"]
            if not number(v):
                print("CPU %d: no vCPU yet" % cpu)
                continue
            v = v.dereference()
            regs = info["guest_regs"]
            if int(v["idle"]):
                print("CPU %d: idle, work %x" % (cpu, number(info["work"])))
            else:
                print("CPU %d: %s vCPU %d, work %x, entered from %04x:%016x" % (
                    cpu, who(v["domain"].dereference()), number(v["id"]), number(info["work"]), number(regs["cs"]),
                    number(regs["rip"])))


class Domains(Command):
    """Domains and their vCPUs."""
    name = "socle-domains"

    def run(self):
        for d in domains():
            print("%s: %s, references %d, pauses %d, pages %d of %d" % (
                who(d), str(d["life"]), number(d["refs"]), number(d["pause_count"]), number(d["tot_pages"]),
                number(d["max_pages"])))
            for v in vcpus(d):
                state = [n for n in ("initialised", "online", "running", "blocked", "polling") if int(v[n])]
                print("  vCPU %d: %s; CPU %d, saved rip %04x:%016x" % (
                    number(v["id"]), ", ".join(state), number(v["cpu"]), number(v["regs"]["cs"]),
                    number(v["regs"]["rip"])))


class Page(Command):
    """What the frame table says of a frame: socle-page MFN."""
    name, least, most, usage = "socle-page", 1, 1, "MFN"

    def run(self, mfn):
        if mfn >= number(value("max_page")):
            raise gdb.GdbError("frame %x is beyond the memory, which ends at %x" % (mfn, number(value("max_page"))))
        kind = gdb.lookup_type("struct page")
        pg = gdb.Value(FRAMETABLE + mfn * kind.sizeof).cast(kind.pointer()).dereference()
        count, use, bits = number(pg["count"]), number(pg["type"]), number(pg["flags"])
        owner = pg["owner"]
        print("frame %x: owner %s" % (mfn, who(owner.dereference()) if number(owner) else "none"))
        print("  count %d %s" % (count & COUNT_MASK, flags(count, COUNT_FLAGS)))
        print("  type %s, count %d %s" % (TYPES.get(use >> 60, "?"), use & COUNT_MASK, flags(use, TYPE_FLAGS)))
        print("  %s, cursor %d" % (" ".join(n for i, n in enumerate(PAGE_FLAGS) if bits >> i & 1) or "not RAM",
                                   number(pg["cursor"])))


class Walk(Command):
    """Page tables down to an address: socle-walk VA [ROOT]."""
    name, least, most, usage = "socle-walk", 1, 2, "VA [ROOT]"

    def run(self, va, root=None):
        table = (number(value("$cr3")) if root is None else root) & FRAME_MASK
        for level in (4, 3, 2, 1):
            index = va >> PAGE_SHIFT + 9 * (level - 1) & 511
            entry = read_word(table + index * 8)
            print("L%d %012x[%3d] = %016x %s" % (level, table, index, entry, flags(entry, ENTRY_FLAGS)))
            if not entry & 1:
                print("not present")
                return
            if level == 1 or (level < 4 and entry >> 7 & 1):
                size = 1 << PAGE_SHIFT + 9 * (level - 1)
                print("machine address %x" % ((entry & FRAME_MASK & ~(size - 1)) | (va & size - 1)))
                return
            table = entry & FRAME_MASK


class Log(Command):
    """The end of the log ring: socle-log [LINES]."""
    name, least, most, usage = "socle-log", 0, 1, "[LINES]"

    def run(self, lines=40):
        ring = static("log.c", "ring")
        size = ring.type.sizeof
        data = bytes(gdb.selected_inferior().read_memory(number(ring.address), size))
        end, begin = number(static("log.c", "produced")), number(static("log.c", "oldest"))
        length = end - begin & 0xffffffff
        text = bytes(data[(begin + i) % size] for i in range(length)).decode("latin-1")
        for line in text.splitlines()[-lines:]:
            print(line)


for command in (Cpus, Domains, Page, Walk, Log):
    command()
