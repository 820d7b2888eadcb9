/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of the other CPUs, and what CPUs ask of each other (smp.h).
 *
 * CPUs are started one after the other by the boot CPU, before there is any guest: INIT, then the start-up interrupt
 * (SDM vol. 3, 8.4.4). A CPU that does not answer is named and left out, and numbers have no holes. The low page that
 * a start-up needs gets its contents back.
 *
 * A request to flush is a ticket: the asker raises the target's flush_asked and waits until flush_done has reached it.
 * The target looks at it in the interrupt's handler and in smp_relax(), which is in every loop that waits: so two
 * CPUs that ask each other, or one that holds a lock which the other wants, can not block each other.
 */
#include <string.h>
#include <abi/errno.h>
#include "asm/atomic.h"
#include "asm/barrier.h"
#include "asm/cr.h"
#include "asm/msr.h"
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "irq/irq.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include "time/clock.h"

#define LOW_MEMORY_END	0xa0000u
#define INIT_WAIT_US	10000u		/* SDM vol. 3, 8.4.4.1 */
#define STARTUP_WAIT_US	200u
#define ANSWER_WAIT_US	2000000u
#define TSC_ROUNDS_MIN	8u
#define TSC_ROUNDS_MAX	4000u
#define TSC_CHECK_US	3000u

/* boot/trampoline.S */
struct trampoline_words {
	uint64_t entry, root, stack, boot_root;
};
extern const char trampoline_start[], trampoline_end[], trampoline_words[];
extern char boot_l4[];
void trampoline_arrive(void);
void smp_cpu_main(void) __attribute__((noreturn));

static struct cpu_info *info[MAX_CPUS];
static uint32_t apic_ids[MAX_CPUS];
static unsigned int nr_cpus;		/* a: changes during boot only */
static bool stopping;			/* a: a panic asks all others to halt */

unsigned int smp_nr_cpus(void)
{
	return atomic_load(&nr_cpus);
}

struct cpu_info *smp_cpu_info(unsigned int cpu)
{
	return info[cpu];
}

uint32_t smp_apic_id(unsigned int cpu)
{
	return apic_ids[cpu];
}

void smp_register_cpu(void)
{
	struct cpu_info *ci = this_cpu();

	info[ci->cpu] = ci;
	ci->tlb_seen = ~0UL;
}

/* ---- requests ---------------------------------------------------------------------------------- */

static void serve(struct cpu_info *ci)
{
	uint64_t asked = atomic_load(&ci->flush_asked);

	if (asked == ci->flush_done)
		return;
	tlb_flush_local();
	atomic_store(&ci->flush_done, asked);
}

void smp_relax(void)
{
	cpu_relax();
	serve(this_cpu());
}

void smp_interrupt(void)
{
	serve(this_cpu());
}

void smp_kick(unsigned int cpu)
{
	apic_send_ipi(apic_ids[cpu], VECTOR_KICK);
}

void smp_kick_self(void)
{
	apic_interrupt_self(VECTOR_KICK);
}

void smp_raise_work(unsigned int cpu, uint32_t bits)
{
	uint32_t had = __atomic_fetch_or(&info[cpu]->work, bits, __ATOMIC_SEQ_CST);

	/* Whoever set the bits first has sent an interrupt, or is the CPU itself. */
	if (cpu != this_cpu()->cpu && (had & bits) != bits)
		smp_kick(cpu);
}

void smp_flush_tlbs(const uint64_t *cpus)
{
	unsigned int n = smp_nr_cpus(), me = this_cpu()->cpu, cpu;

	for (cpu = 0; cpu < n; cpu++) {
		if (cpu == me || !test_bit(cpu, cpus))
			continue;
		(void)atomic_inc(&info[cpu]->flush_asked);
		smp_kick(cpu);
	}
	if (test_bit(me, cpus))
		tlb_flush_local();
	for (cpu = 0; cpu < n; cpu++) {
		uint64_t ticket;

		if (cpu == me || !test_bit(cpu, cpus))
			continue;
		ticket = atomic_load(&info[cpu]->flush_asked);
		while ((int64_t)(atomic_load(&info[cpu]->flush_done) - ticket) < 0)
			smp_relax();
	}
}

void smp_stop_others(void)
{
	unsigned int me = this_cpu()->cpu;

	atomic_store(&stopping, true);
	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++)
		if (cpu != me)
			apic_send_nmi(apic_ids[cpu]);
}

bool smp_handle_nmi(void)
{
	if (!atomic_load(&stopping))
		return false;
	cpu_stop();
}

/* ---- do all TSCs count alike? ------------------------------------------------------------------- */

/*
 * The two CPUs take turns for a while; each reads its TSC after it has seen the other's reading. If a later reading is the
 * smaller one the counters differ. The offset is then taken from the shortest round trip.
 */
#define TSC_CHECK_OVER (~0UL)

static struct {
	uint64_t turn;			/* a: readings so far; even: the boot CPU's turn */
	uint64_t reading;		/* of the last one */
} tsc_check;

static bool too_late(uint64_t begin)
{
	return rdtsc_ordered() - begin > ANSWER_WAIT_US * tsc_khz / 1000;
}

/* False when the boot CPU has seen enough, or the turn never comes. */
static bool tsc_await(uint64_t turn)
{
	uint64_t begin = rdtsc_ordered(), seen;

	while ((seen = atomic_load(&tsc_check.turn)) != turn) {
		if (seen == TSC_CHECK_OVER || too_late(begin))
			return false;
		cpu_relax();
	}
	return true;
}

static bool tsc_next(uint64_t turn, uint64_t *mine, uint64_t *other)
{
	if (!tsc_await(turn))
		return false;
	*other = tsc_check.reading;
	*mine = rdtsc_ordered();
	tsc_check.reading = *mine;
	atomic_store(&tsc_check.turn, turn + 1);
	return true;
}

static void tsc_check_other(void)
{
	uint64_t mine, other, i = 1;

	while (tsc_next(i, &mine, &other))
		i += 2;
}

enum tsc_verdict { TSC_ALIKE, TSC_DIFFERENT, TSC_NO_ANSWER };

/* *behind: how far the other CPU's TSC is behind this one's (negative: ahead), if they differ. */
static enum tsc_verdict tsc_check_boot(int64_t *behind)
{
	uint64_t begin = rdtsc_ordered(), mine = 0, before, theirs = 0, best = ~0UL, i;
	bool warped = false;

	*behind = 0;
	for (i = 0; i < TSC_ROUNDS_MAX; i++) {
		before = mine;
		if (!tsc_next(2 * i, &mine, &theirs))
			return TSC_NO_ANSWER;
		if (i >= TSC_ROUNDS_MIN && mine - begin > TSC_CHECK_US * tsc_khz / 1000)
			break;
		if (!i)
			continue;
		warped |= theirs < before || mine < theirs;
		if (mine - before < best) {
			best = mine - before;
			*behind = (int64_t)(before + best / 2 - theirs);
		}
	}
	/* The other one's last reading comes first: it must not overwrite the end. */
	if (!tsc_await(2 * (i < TSC_ROUNDS_MAX ? i + 1 : i)))
		return TSC_NO_ANSWER;
	atomic_store(&tsc_check.turn, TSC_CHECK_OVER);
	return warped ? TSC_DIFFERENT : TSC_ALIKE;
}

/* ---- start --------------------------------------------------------------------------------------- */

static void wait_us(uint64_t us)
{
	uint64_t start = rdtsc_ordered();

	while (rdtsc_ordered() - start < us * tsc_khz / 1000)
		cpu_relax();
}

/* The new CPU makes the steps in this order, unless the boot CPU has given it up meanwhile: then it stops at the next one. Nobody
 * is started after it, so that what it still does harms nobody. */
enum { START_ASKED, START_ALIVE, START_READY, START_GIVEN_UP };

static struct {
	unsigned int cpu;
	uint64_t step;			/* a */
} start;

static void make_step(uint64_t step)
{
	if (cmpxchg64(&start.step, step - 1, step) != step - 1)
		cpu_stop();
}

/* False if the CPU has made the step after all. */
static bool give_up(uint64_t step)
{
	return cmpxchg64(&start.step, step - 1, START_GIVEN_UP) == step - 1;
}

/* First C on a new CPU's own stack. */
void smp_cpu_main(void)
{
	this_cpu()->cpu = start.cpu;
	make_step(START_ALIVE);
	smp_register_cpu();
	desc_init_cpu(start.cpu);
	feature_init_cpu();
	apic_init_cpu();
	apic_timer_init_cpu();
	tsc_check_other();
	sched_init_cpu();
	make_step(START_READY);
	cpu_start_guest_loop();
}

/* Highest whole page of usable memory that real mode reaches, 0 if there is none. */
static uint64_t find_low_page(void)
{
	uint64_t best = 0, page;

	for (unsigned int i = 0; i < bootinfo.nr_e820; i++) {
		const struct boot_memory *m = &bootinfo.e820[i];
		uint64_t end = MIN(m->addr + m->size, (uint64_t)LOW_MEMORY_END);

		if (m->type != E820_RAM || m->addr >= LOW_MEMORY_END || end < m->addr + PAGE_SIZE)
			continue;
		page = ROUND_DOWN(end - PAGE_SIZE, PAGE_SIZE);
		if (page >= MAX(m->addr, PAGE_SIZE) && page > best)
			best = page;
	}
	return best;
}

static bool await(uint64_t step)
{
	uint64_t begin = rdtsc_ordered();

	while (atomic_load(&start.step) < step) {
		if (too_late(begin) && give_up(step))
			return false;
		cpu_relax();
	}
	return true;
}

static void send_startup(uint32_t id, uint64_t page)
{
	apic_send_init(id);
	wait_us(INIT_WAIT_US);
	for (unsigned int i = 0; i < 2 && !atomic_load(&start.step); i++) {
		apic_send_startup(id, (uint8_t)(page >> PAGE_SHIFT));
		wait_us(STARTUP_WAIT_US);
	}
}

/* False if the new CPU has been given up. */
static bool compare_tsc(unsigned int cpu)
{
	int64_t behind;

	switch (tsc_check_boot(&behind)) {
	case TSC_ALIKE:
		return true;
	case TSC_DIFFERENT:
		printk("CPU %u: its TSC is %lld ticks behind; guests are told not to compare\n", cpu, (long long)behind);
		break;
	case TSC_NO_ANSWER:
		if (give_up(START_READY))
			return false;
		printk("CPU %u: its TSC can not be looked at; guests are told not to compare\n", cpu);
		break;
	}
	info[cpu]->tsc_offset = behind;
	tsc_stable = false;
	return true;
}

static bool start_cpu(uint32_t id, uint64_t page)
{
	struct trampoline_words *w;
	unsigned int cpu = nr_cpus;
	char *stack = hv_alloc_pages(CPU_STACK_ORDER);

	if (!stack)
		panic("no memory for the stack of CPU %u", cpu);
	memcpy(maddr_to_virt(page), trampoline_start, (size_t)(trampoline_end - trampoline_start));
	w = (struct trampoline_words *)((char *)maddr_to_virt(page) + (trampoline_words - trampoline_start));
	w->entry = (uint64_t)trampoline_arrive;
	w->root = virt_to_maddr(idle_l4);
	w->stack = (uint64_t)(stack + CPU_STACK_SIZE - ROUND_UP(sizeof(struct cpu_info), 16));
	w->boot_root = image_to_maddr(boot_l4);
	start.cpu = cpu;
	apic_ids[cpu] = id;
	atomic_store(&start.step, START_ASKED);
	tsc_check.turn = 0;
	send_startup(id, page);
	if (!await(START_ALIVE)) {
		/* It may still wake up and use its stack, which is therefore lost. */
		printk("CPU with APIC id %u does not start; it is left out\n", id);
		return false;
	}
	if (!compare_tsc(cpu) || !await(START_READY)) {
		printk("CPU with APIC id %u stops while it starts; it is left out\n", id);
		return false;
	}
	atomic_store(&nr_cpus, cpu + 1);
	return true;
}

void smp_boot_init(void)
{
	uint64_t page = find_low_page();
	uint32_t limit = options.max_cpus ? MIN(options.max_cpus, MAX_CPUS) : MAX_CPUS;
	void *kept = page ? hv_alloc_pages(0) : NULL;

	apic_ids[0] = apic_id();
	nr_cpus = 1;
	if (!kept) {
		printk("SMP: no page below 640 KiB is free; one CPU only\n");
		return;
	}
	memcpy(kept, maddr_to_virt(page), PAGE_SIZE);
	for (unsigned int i = 0; i < acpi_info.nr_cpus && nr_cpus < limit; i++)
		if (acpi_info.cpu[i].enabled && acpi_info.cpu[i].apic_id != apic_ids[0] &&
		    !start_cpu(acpi_info.cpu[i].apic_id, page))
			break;
	memcpy(maddr_to_virt(page), kept, PAGE_SIZE);
	hv_free_pages(kept, 0);
	printk("SMP: %u CPU%s, TSC %s\n", nr_cpus, nr_cpus == 1 ? "" : "s", tsc_stable ? "stable" : "not stable");
}
