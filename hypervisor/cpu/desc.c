/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors of a CPU: GDT page, TSS, IDT, SYSCALL trampolines.
 *
 * Each CPU has one GDT page with the hypervisor's descriptors and the three flat ring-3 ones of the ABI. It
 * appears as page 14 of the GDT window of whatever vCPU runs here; the limit ends there. Its selectors are 0xe000 and
 * up. Before the first vCPU, and for idle vCPUs, GDTR points 0xe000 below the page: the
 * selectors are the same and nothing below is ever loaded.
 *
 * SYSCALL changes neither rsp nor GS, and the guest owns both GS bases. So LSTAR points to a few instructions
 * generated per CPU, with this CPU's stack address in them: save rsp, load the stack, push what an interrupt gate
 * would have pushed, jump to entry_syscall. They live in the text section and are written through the direct
 * map: no page is both writable and executable at one address. TSS, trampolines and IDT are written once.
 */
#include <string.h>
#include <abi/xen.h>
#include "asm/cr.h"
#include "asm/msr.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "debug/stack.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "mm/mm.h"

/* head.S leaves this much for struct cpu_info at the top of the boot stack. */
_Static_assert(sizeof(struct cpu_info) <= 1024, "head.S: BOOT_CPU_INFO_ROOM");
_Static_assert(sizeof(struct cpu_info) % 16 == 0, "alignment of guest_regs.es");
_Static_assert(offsetof(struct cpu_info, guest_regs.es) % 16 == 0, "the CPU aligns rsp before it pushes");

#define GDT_RESERVED_BASE 0xe000	/* offset of page 14 in a window */
#define GDT_INDEX(sel) (((sel) - GDT_RESERVED_BASE) / 8)

/* Descriptor words (SDM vol. 3, 3.4.5): present, code or data, DPL in bits 45-46, L bit 53, D bit 54, G bit 55. The
 * accessed bit is set so that the CPU never writes the page. */
#define DESC_HV_CS	0x00af9b000000ffffULL
#define DESC_HV_DS	0x00cf93000000ffffULL
#define DESC_GUEST_CS32	0x00cffb000000ffffULL
#define DESC_GUEST_DS	0x00cff3000000ffffULL
#define DESC_GUEST_CS64	0x00affb000000ffffULL
#define DESC_TYPE_TSS	9ULL
#define DESC_TYPE_LDT	2ULL

#define GATE_INTERRUPT	14
#define IST_PAGES	4	/* IST stacks, one page each, at the bottom of the stack block */

/* SYSCALL's CS is STAR[47:32], SS that + 8; SYSRET's 64-bit CS STAR[63:48] + 16, SS + 8 (SDM vol. 4, IA32_STAR). */
#define STAR_VALUE ((uint64_t)SEL_GUEST_CS32 << 48 | (uint64_t)SEL_HV_CS << 32)
/* IF, TF, DF, NT, AC, VM, RF are cleared on entry. */
#define SFMASK_VALUE (1u << 9 | 1u << 8 | 1u << 10 | 1u << 14 | 1u << 18 | 1u << 17 | 1u << 16)

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];		/* IST n is ist[n - 1] */
	uint64_t reserved2;
	uint16_t reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3, 8.7");

struct gate {
	uint64_t low, high;
};

/* One instruction each, in order; displacements are relative to the end of their instruction. */
struct trampoline {
	uint8_t save_rsp[3];		/* mov %rsp, disp(%rip) */
	int32_t save_disp;
	uint8_t load_rsp[2];		/* movabs $stack, %rsp */
	uint64_t stack;
	uint8_t push_ss;		/* push $imm32 */
	int32_t ss;
	uint8_t push_rsp[2];		/* push disp(%rip) */
	int32_t push_disp;
	uint8_t jump;			/* jmp rel32 */
	int32_t target;
	uint8_t pad[31];
} __attribute__((packed));
_Static_assert(sizeof(struct trampoline) == 64, "one cache line");

struct cpu_desc {
	struct tss tss;
	uint64_t *gdt;			/* the page, by its direct-map address */
};

extern char cpu0_stack[];
extern char syscall_trampolines[];	/* MAX_CPUS pairs (64-bit, 32-bit) in the text section, below */
__asm__(".pushsection .text.trampolines, \"ax\", @progbits\n"
	".balign 4096\n"
	".globl syscall_trampolines\n.hidden syscall_trampolines\n"
	"syscall_trampolines:\n"
	".fill 256 * 2 * 64, 1, 0xcc\n"
	".popsection\n");
_Static_assert(MAX_CPUS == 256, "size of syscall_trampolines");

static struct gate idt[256] __attribute__((aligned(4096)));
static uint64_t boot_gdt_page[512] __attribute__((aligned(4096)));
static struct cpu_desc cpu_desc[MAX_CPUS];
/* The guest's rsp between two instructions of a trampoline, which reach it rip-relative; one cache line per CPU. */
static struct { uint64_t rsp, pad[7]; } saved_rsp[MAX_CPUS] __attribute__((aligned(64)));

static const struct { uint8_t vector, ist; } ist_vectors[] = {
	{ 1, 4 },	/* #DB: MOV SS, then SYSCALL delivers it in ring 0 on the guest's rsp (CVE-2018-8897) */
	{ 2, 1 },	/* NMI */
	{ 8, 2 },	/* #DF */
	{ 18, 3 },	/* #MC */
};

/* Direct-map alias of something in the image. */
static void *image_alias(const void *p)
{
	return maddr_to_virt(image_to_maddr(p));
}

static void set_system_desc(uint64_t *gdt, unsigned int sel, uint64_t base, uint64_t limit, uint64_t type)
{
	gdt[GDT_INDEX(sel) + 1] = base >> 32;
	gdt[GDT_INDEX(sel)] = (limit & 0xffff) | (base & 0xffffff) << 16 | (0x80 | type) << 40 |
			      (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
}

static void fill_gdt(uint64_t *gdt, const struct tss *tss)
{
	gdt[GDT_INDEX(SEL_HV_CS)] = DESC_HV_CS;
	gdt[GDT_INDEX(SEL_HV_DS)] = DESC_HV_DS;
	gdt[GDT_INDEX(SEL_GUEST_CS32)] = DESC_GUEST_CS32;
	gdt[GDT_INDEX(SEL_GUEST_DS)] = DESC_GUEST_DS;
	gdt[GDT_INDEX(SEL_GUEST_CS64)] = DESC_GUEST_CS64;
	set_system_desc(gdt, SEL_TSS, (uint64_t)tss, sizeof(*tss) - 1, DESC_TYPE_TSS);
}

static void fill_tss(struct tss *tss, struct cpu_info *info, char *stack)
{
	tss->rsp[0] = (uint64_t)&info->guest_regs.es;
	for (unsigned int i = 0; i < IST_PAGES; i++)
		tss->ist[i] = (uint64_t)(stack + (i + 1) * PAGE_SIZE);
	/* Beyond the limit: no port is open to ring 3. */
	tss->iomap = sizeof(*tss);
}

static void fill_idt(void)
{
	for (unsigned int v = 0; v < 256; v++) {
		uint64_t target = trap_stubs[v], ist = 0, dpl = v == 3 || v == 4 ? 3 : 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(ist_vectors); i++)
			if (ist_vectors[i].vector == v)
				ist = ist_vectors[i].ist;
		idt[v].low = (target & 0xffff) | (uint64_t)SEL_HV_CS << 16 | ist << 32 |
			     (uint64_t)GATE_INTERRUPT << 40 | dpl << 45 | 1ULL << 47 | (target >> 16 & 0xffff) << 48;
		idt[v].high = target >> 32;
	}
}

static int32_t displacement(uint64_t from_end, uint64_t to)
{
	int64_t d = (int64_t)(to - from_end);

	if (d != (int32_t)d)
		panic("image too large: displacement of a trampoline does not fit");
	return (int32_t)d;
}

static void fill_trampoline(unsigned int cpu, unsigned int which, struct cpu_info *info, void (*entry)(void))
{
	struct trampoline *at = (struct trampoline *)syscall_trampolines + 2 * cpu + which;
	uint64_t slot = (uint64_t)&saved_rsp[cpu].rsp, va = (uint64_t)at;
	const struct trampoline t = {
		.save_rsp = { 0x48, 0x89, 0x25 },
		.save_disp = displacement(va + offsetof(struct trampoline, load_rsp), slot),
		.load_rsp = { 0x48, 0xbc },
		.stack = (uint64_t)&info->guest_regs.es,
		.push_ss = 0x68,
		.ss = SEL_GUEST_DS,
		.push_rsp = { 0xff, 0x35 },
		.push_disp = displacement(va + offsetof(struct trampoline, jump), slot),
		.jump = 0xe9,
		.target = displacement(va + offsetof(struct trampoline, pad), (uint64_t)entry),
	};

	memcpy(image_alias(at), &t, offsetof(struct trampoline, pad));
}

static void load_gdt_at(uint64_t base)
{
	struct table_ptr p = { .limit = GDT_RESERVED_BASE + PAGE_SIZE - 1, .base = base };

	lgdt(&p);
}

static void load_segments(void)
{
	/* A far return is the only way to load CS in long mode that both kinds of CPU have. */
	__asm__ volatile("pushq %q0\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmovl %k1, %%ss\n\t"
			 "movl %k2, %%ds\n\t"
			 "movl %k2, %%es\n\t"
			 "movl %k2, %%fs\n\t"
			 "movl %k2, %%gs\n\t"
			 : : "r"((uint64_t)SEL_HV_CS), "r"(SEL_HV_DS), "r"(0) : "rax", "memory");
}

static void write_syscall_msrs(unsigned int cpu)
{
	const struct trampoline *pair = (const struct trampoline *)syscall_trampolines + 2 * cpu;

	/* SCE before the first use; feature_init() completes EFER. */
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	wrmsr(MSR_STAR, STAR_VALUE);
	wrmsr(MSR_LSTAR, (uint64_t)&pair[0]);
	wrmsr(MSR_CSTAR, (uint64_t)&pair[1]);
	wrmsr(MSR_SFMASK, SFMASK_VALUE);
	/* SYSENTER from a guest raises #GP, which pv/ bounces. AMD CPUs have the registers too. */
	wrmsr(MSR_SYSENTER_CS, 0);
}

void desc_init_cpu(unsigned int cpu)
{
	struct table_ptr idt_ptr = { .limit = sizeof(idt) - 1, .base = (uint64_t)idt };
	struct cpu_info *info = this_cpu();
	char *stack = (char *)((uint64_t)info & ~(uint64_t)(CPU_STACK_SIZE - 1));
	struct cpu_desc *d = &cpu_desc[cpu];

	info->cpu = cpu;
	stack_paint();
	if (cpu == 0) {
		d->gdt = image_alias(boot_gdt_page);
		fill_idt();
	} else {
		d->gdt = hv_alloc_pages(0);
		if (!d->gdt)
			panic("no memory for the descriptors of CPU %u", cpu);
	}
	fill_tss(&d->tss, info, stack);
	fill_gdt(d->gdt, &d->tss);
	fill_trampoline(cpu, 0, info, entry_syscall);
	fill_trampoline(cpu, 1, info, entry_syscall32);
	load_gdt_at((uint64_t)d->gdt - GDT_RESERVED_BASE);
	load_segments();
	ltr(SEL_TSS);
	lldt(0);
	lidt(&idt_ptr);
	write_syscall_msrs(cpu);
}

uint64_t desc_gdt_mfn(unsigned int cpu)
{
	return virt_to_mfn(cpu_desc[cpu].gdt);
}

static void load_ldt(uint64_t *gdt, const struct vcpu *v)
{
	uint64_t base = PERDOMAIN_VIRT + ((uint64_t)v->id << PERDOMAIN_VCPU_SHIFT) + PERDOMAIN_LDT_OFFSET;

	if (!v->pv.ldt_ents) {
		lldt(0);
		return;
	}
	set_system_desc(gdt, SEL_LDT, base, (uint64_t)v->pv.ldt_ents * 8 - 1, DESC_TYPE_LDT);
	lldt(SEL_LDT);
}

void desc_leave_window(void)
{
	load_gdt_at((uint64_t)cpu_desc[this_cpu()->cpu].gdt - GDT_RESERVED_BASE);
}

void desc_load_vcpu(struct vcpu *v)
{
	struct cpu_desc *d = &cpu_desc[this_cpu()->cpu];

	if (v->idle) {
		lldt(0);
		desc_leave_window();
		return;
	}
	/* Present and writable for the LDT descriptor's accessed bit and TSS busy bit; no execute. */
	perdomain_set_pte(v, 14, virt_to_maddr(d->gdt) | 1ULL << 63 | 0x63);
	load_gdt_at(PERDOMAIN_VIRT + ((uint64_t)v->id << PERDOMAIN_VCPU_SHIFT));
	load_ldt(d->gdt, v);
}
