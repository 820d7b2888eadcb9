/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC: identity, acknowledgement, one-shot timer. Registers are reached through the MMIO page, or through
 * MSRs when the firmware left the APIC in x2APIC mode (it cannot be switched back without a reset of its
 * state, SDM vol. 3, 11.12.5). The timer counts down at a rate measured against the TSC, or uses the TSC
 * deadline where the CPU has it.
 */
#include "asm/barrier.h"
#include "asm/cpuid.h"
#include "asm/io.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "irq/irq.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "time/clock.h"

/* Register offsets (SDM vol. 3, table 11-1); the x2APIC MSR is 0x800 + offset / 16. */
#define APIC_ID		0x020
#define APIC_TPR	0x080
#define APIC_EOI	0x0b0
#define APIC_LDR	0x0d0
#define APIC_DFR	0x0e0
#define APIC_SPIV	0x0f0
#define APIC_ESR	0x280
#define APIC_LVT_CMCI	0x2f0
#define APIC_ICR	0x300
#define APIC_ICR_DEST	0x310
#define APIC_LVT_TIMER	0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PMC	0x340
#define APIC_LVT_LINT0	0x350
#define APIC_LVT_LINT1	0x360
#define APIC_LVT_ERROR	0x370
#define APIC_TIMER_INIT	0x380
#define APIC_TIMER_NOW	0x390
#define APIC_TIMER_DIV	0x3e0
#define SPIV_ENABLE	(1u << 8)
#define LVT_MASKED	(1u << 16)
#define LVT_NMI		(4u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define DIV_BY_1	0xb
/* Interrupt command (SDM vol. 3, figure 11-12). */
#define ICR_NMI		(4u << 8)
#define ICR_INIT	(5u << 8)
#define ICR_STARTUP	(6u << 8)
#define ICR_SELF	(1u << 18)
#define ICR_PENDING	(1u << 12)
#define ICR_ASSERT	(1u << 14)
#define APIC_BASE_X2	(1u << 10)
#define APIC_BASE_ENABLE (1u << 11)

#define PIC1_CMD	0x20
#define PIC2_CMD	0xa0

static bool x2apic, deadline;
static volatile uint8_t *apic_mmio;
static uint64_t timer_khz;

static uint32_t apic_read(unsigned int reg)
{
	return x2apic ? (uint32_t)rdmsr(MSR_X2APIC_BASE + reg / 16) : mmio_read32(apic_mmio + reg);
}

static void apic_write(unsigned int reg, uint32_t v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC_BASE + reg / 16, v);
	else
		mmio_write32(apic_mmio + reg, v);
}

uint32_t apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/* In xAPIC mode the command is two registers, and one command at a time is under way (SDM vol. 3, 11.6.1). */
static void send_command(uint32_t id, uint32_t command)
{
	if (x2apic) {
		/* The write does not wait for earlier stores, which the interrupt may be about (SDM vol. 3, 11.12.3). */
		smp_mb();
		wrmsr(MSR_X2APIC_BASE + APIC_ICR / 16, (uint64_t)id << 32 | command);
		return;
	}
	while (apic_read(APIC_ICR) & ICR_PENDING)
		cpu_relax();
	apic_write(APIC_ICR_DEST, id << 24);
	apic_write(APIC_ICR, command);
}

void apic_send_ipi(uint32_t id, uint8_t vector)
{
	send_command(id, ICR_ASSERT | vector);
}

void apic_send_nmi(uint32_t id)
{
	send_command(id, ICR_ASSERT | ICR_NMI);
}

/* For an NMI's handler, which may have come between the two registers of another command: this one needs no destination, and
 * is over on return. */
void apic_interrupt_self(uint8_t vector)
{
	if (x2apic) {
		wrmsr(MSR_X2APIC_BASE + APIC_ICR / 16, ICR_SELF | ICR_ASSERT | vector);
		return;
	}
	while (apic_read(APIC_ICR) & ICR_PENDING)
		cpu_relax();
	apic_write(APIC_ICR, ICR_SELF | ICR_ASSERT | vector);
	while (apic_read(APIC_ICR) & ICR_PENDING)
		cpu_relax();
}

void apic_send_init(uint32_t id)
{
	send_command(id, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t id, uint8_t page)
{
	send_command(id, ICR_ASSERT | ICR_STARTUP | page);
}

/* 8259s: vectors where nothing else is (their spurious interrupts still come), everything masked. */
static void mask_pics(void)
{
	outb(0x11, PIC1_CMD);
	outb(0x11, PIC2_CMD);
	outb(VECTOR_LEGACY_FIRST, PIC1_CMD + 1);
	outb(VECTOR_LEGACY_FIRST + 8, PIC2_CMD + 1);
	outb(1 << 2, PIC1_CMD + 1);
	outb(2, PIC2_CMD + 1);
	outb(1, PIC1_CMD + 1);
	outb(1, PIC2_CMD + 1);
	outb(0xff, PIC1_CMD + 1);
	outb(0xff, PIC2_CMD + 1);
}

void apic_map(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(cpuid(1).d & 1u << 9))
		panic("this CPU has no local APIC, or the firmware disabled it; Socle needs it");
	mask_pics();
	x2apic = base & APIC_BASE_X2;
	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if (!x2apic)
		apic_mmio = ioremap(base & 0x000ffffffffff000ULL, PAGE_SIZE);
	deadline = host_features.tsc_deadline;
}

void apic_init_cpu(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE), want = base | APIC_BASE_ENABLE | (x2apic ? APIC_BASE_X2 : 0);

	if (base != want)
		wrmsr(MSR_APIC_BASE, want);
	apic_write(APIC_TPR, 0);
	if (!x2apic) {
		/* Flat logical mode, this CPU alone in its group. */
		apic_write(APIC_DFR, ~0u);
		apic_write(APIC_LDR, 1u << 24);
	}
	apic_write(APIC_SPIV, SPIV_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	/* The machine's NMI is for one CPU to look into. */
	apic_write(APIC_LVT_LINT1, this_cpu()->cpu ? LVT_MASKED | LVT_NMI : LVT_NMI);
	apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
	apic_write(APIC_TIMER_DIV, DIV_BY_1);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_ESR, 0);
	/* Interrupts that firmware left in service would block ours. */
	for (unsigned int i = 0; i < 256; i++)
		apic_eoi();
}

void apic_report_error(void)
{
	apic_write(APIC_ESR, 0);
	printk("local APIC error %02x on CPU %u\n", apic_read(APIC_ESR), this_cpu()->cpu);
}

/* Count down for ten milliseconds of TSC, several times; noise only ever makes a count too large or small by a
 * delayed read, so the middle of the sorted counts is taken. */
void apic_timer_calibrate(void)
{
	uint64_t counts[5], window = tsc_khz * 10;

	if (deadline) {
		apic_write(APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
		printk("timer: TSC deadline\n");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		uint64_t start, now, ticks;
		unsigned int j = i;

		apic_write(APIC_TIMER_INIT, ~0u);
		start = rdtsc_ordered();
		do
			now = rdtsc_ordered();
		while (now - start < window);
		ticks = ~0u - apic_read(APIC_TIMER_NOW);
		ticks = ticks * window / (rdtsc_ordered() - start) / 10;
		for (; j && counts[j - 1] > ticks; j--)
			counts[j] = counts[j - 1];
		counts[j] = ticks;
	}
	apic_write(APIC_TIMER_INIT, 0);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	timer_khz = counts[ARRAY_SIZE(counts) / 2];
	if (!timer_khz)
		panic("the local APIC's timer does not count");
	printk("timer: local APIC, %llu.%03llu MHz\n", (unsigned long long)(timer_khz / 1000),
	       (unsigned long long)(timer_khz % 1000));
}

void apic_timer_init_cpu(void)
{
	apic_write(APIC_LVT_TIMER, deadline ? LVT_TSC_DEADLINE | VECTOR_TIMER : VECTOR_TIMER);
}

void apic_timer_set(uint64_t expires_ns)
{
	uint64_t now = system_time(), delta = expires_ns > now ? expires_ns - now : 0, ticks;

	/* Longer than a second: come back and look again, the counter has 32 bits only. */
	delta = MIN(delta, 1000000000ull);
	if (deadline) {
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + delta * tsc_khz / 1000000 + 1);
		return;
	}
	ticks = delta * timer_khz / 1000000 + 1;
	apic_write(APIC_TIMER_INIT, (uint32_t)MIN(ticks, 0xffffffffull));
}

void apic_timer_stop(void)
{
	if (deadline)
		wrmsr(MSR_TSC_DEADLINE, 0);
	else
		apic_write(APIC_TIMER_INIT, 0);
}
