/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end: registers, a symbolised backtrace, and then restart, or halt with option noreboot. Backtraces follow
 * frame pointers and stay inside the stack block of this CPU, so a damaged chain ends the walk and nothing
 * else. The symbol table is made by gensyms.sh from the first link.
 */
#include <string.h>
#include "asm/atomic.h"
#include "asm/cr.h"
#include "boot/cmdline.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/console.h"
#include "debug/log.h"
#include "lib/format.h"
#include "lib/util.h"
#include "platform/platform.h"

#define MAX_FRAMES 32

struct symbol {
	uint64_t addr, name;		/* name: offset into hv_sym_names */
};

extern const struct symbol hv_syms[], hv_syms_end[];
extern const char hv_sym_names[];

static bool is_text(uint64_t addr)
{
	return addr >= (uint64_t)__text_start && addr < (uint64_t)__text_end;
}

/* Last symbol at or below addr. */
static const struct symbol *find_symbol(uint64_t addr)
{
	const struct symbol *low = hv_syms, *high = hv_syms_end;

	while (low < high) {
		const struct symbol *mid = low + (high - low) / 2;

		if (mid->addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low == hv_syms ? NULL : low - 1;
}

static void print_address(const char *what, uint64_t addr)
{
	const struct symbol *s = is_text(addr) ? find_symbol(addr) : NULL;

	if (s)
		printk("  %s %016llx %s+0x%llx\n", what, (unsigned long long)addr, hv_sym_names + s->name,
		       (unsigned long long)(addr - s->addr));
	else
		printk("  %s %016llx\n", what, (unsigned long long)addr);
}

void show_address(const char *what, uint64_t addr)
{
	print_address(what, addr);
}

static void walk_frames(uint64_t rbp)
{
	uint64_t low = (uint64_t)this_cpu() & ~(uint64_t)(CPU_STACK_SIZE - 1);
	uint64_t high = low + CPU_STACK_SIZE - 16;

	for (unsigned int i = 0; i < MAX_FRAMES; i++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (rbp < low || rbp > high || rbp % 8)
			return;
		if (!is_text(frame[1]))
			return;
		print_address("from", frame[1]);
		/* Callers' frames lie above; anything else is a loop or damage. */
		if (frame[0] <= rbp)
			return;
		rbp = frame[0];
	}
}

void show_registers(const struct cpu_user_regs *r)
{
	bool guest = r->cs & 3;

	printk("CPU %u, %s\n", this_cpu()->cpu, guest ? "guest" : "hypervisor");
	printk("rip %04x:%016llx  rflags %08llx  vector %u error %x\n", r->cs, (unsigned long long)r->rip,
	       (unsigned long long)r->rflags, r->entry_vector, r->error_code);
	printk("rsp %04x:%016llx  rbp %016llx\n", r->ss, (unsigned long long)r->rsp, (unsigned long long)r->rbp);
	printk("rax %016llx  rbx %016llx  rcx %016llx\n", (unsigned long long)r->rax,
	       (unsigned long long)r->rbx, (unsigned long long)r->rcx);
	printk("rdx %016llx  rsi %016llx  rdi %016llx\n", (unsigned long long)r->rdx,
	       (unsigned long long)r->rsi, (unsigned long long)r->rdi);
	printk("r8  %016llx  r9  %016llx  r10 %016llx\n", (unsigned long long)r->r8,
	       (unsigned long long)r->r9, (unsigned long long)r->r10);
	printk("r11 %016llx  r12 %016llx  r13 %016llx\n", (unsigned long long)r->r11,
	       (unsigned long long)r->r12, (unsigned long long)r->r13);
	printk("r14 %016llx  r15 %016llx\n", (unsigned long long)r->r14, (unsigned long long)r->r15);
	printk("cr0 %08llx  cr2 %016llx  cr3 %016llx  cr4 %08llx\n", (unsigned long long)read_cr0(),
	       (unsigned long long)read_cr2(), (unsigned long long)read_cr3(), (unsigned long long)read_cr4());
}

void show_stack(const struct cpu_user_regs *r)
{
	if (r->cs & 3)
		return;
	printk("Backtrace:\n");
	print_address("at  ", r->rip);
	walk_frames(r->rbp);
}

static void begin_panic(void)
{
	static uint32_t first;		/* a: the CPU that panicked first, + 1 */
	uint32_t me = this_cpu()->cpu + 1, other;

	irq_disable();
	other = cmpxchg32(&first, 0, me);
	if (other && other != me)
		cpu_stop();
	log_enter_panic();
	/* A panic inside a panic must not print for ever. */
	if (other)
		machine_halt();
	smp_stop_others();
	console_configure();
	printk("\n");
	printk("****************************************\n");
}

static void __attribute__((noreturn)) end_panic(void)
{
	printk("****************************************\n");
	printk(options.noreboot ? "Halted (option noreboot).\n" : "Restarting the machine.\n");
	console_drain();
	if (options.noreboot)
		machine_halt();
	machine_restart();
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	begin_panic();
	printk("Panic on CPU %u: %s\n", this_cpu()->cpu, text);
	printk("Backtrace:\n");
	walk_frames((uint64_t)__builtin_frame_address(0));
	end_panic();
}

void panic_regs(const struct cpu_user_regs *r, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	begin_panic();
	printk("Panic on CPU %u: %s\n", this_cpu()->cpu, text);
	show_registers(r);
	show_stack(r);
	end_panic();
}
