/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debug keys (debug/keys.h): what there is to see, from above all folders. Nothing here waits: what it prints may be
 * changing, and a lock that is not to be had is told instead of what it guards.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/vcpu.h>
#include "asm/msr.h"
#include "cpu/smp.h"
#include "debug/keys.h"
#include "debug/log.h"
#include "debug/stack.h"
#include "domctl/audit.h"
#include "domctl/domctl.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define VCPUS_A_PIECE 8u

/* A dump that goes from domain to domain: the id in the lower half, how far that one has come in the upper. */
static bool each_domain(uint64_t *at, bool (*fn)(struct domain *d, uint32_t *at))
{
	uint32_t id = (uint32_t)*at, inner = (uint32_t)(*at >> 32);
	struct domain *d = NULL;
	bool more;

	if (id >= DOMID_FIRST_RESERVED)
		return false;
	if (!domain_try_get_next((domid_t)id, &d)) {
		printk("  (the list of domains is locked)\n");
		return false;
	}
	if (!d)
		return false;
	if (d->id != id)
		inner = 0;
	more = fn(d, &inner);
	*at = more ? d->id | (uint64_t)inner << 32 : d->id + 1u;
	domain_put(d);
	return true;
}

/* ---- domains ---------------------------------------------------------------------------------------------- */

static void show_vcpu(const struct vcpu *v)
{
	static const char *const states[] = { "running", "runnable", "blocked", "offline" };
	int state = v->runstate.state;

	printk("  vCPU %u: %s%s%s%s%s, CPU %u, pauses %u, ran %lu us\n", v->id,
	       state >= 0 && state < (int)ARRAY_SIZE(states) ? states[state] : "?", v->initialised ? "" : ", no context",
	       v->online ? "" : ", down", v->blocked ? ", blocks" : "", v->polling ? ", polls" : "", v->cpu,
	       v->pause_count, v->runstate.time[RUNSTATE_running] / 1000);
	printk("    upcall %s%s, %s mode, root %lx, %s rip %04x:%016lx rsp %016lx\n",
	       v->info->evtchn_upcall_pending ? "pending" : "none", v->info->evtchn_upcall_mask ? " (masked)" : "",
	       v->kernel_mode ? "kernel" : "user", v->root_kernel ? page_to_mfn(v->root_kernel) : 0,
	       v->running ? "has the CPU; last" : "at", v->regs.cs, v->regs.rip, v->regs.rsp);
}

static bool show_domain(struct domain *d, uint32_t *at)
{
	static const char *const life[] = { "building", "live", "dying", "dead" };
	uint32_t end = MIN(*at + VCPUS_A_PIECE, d->max_vcpus), i;

	if (!*at)
		printk("domain %u: %s%s, references %u, pauses %u (%u of the toolstack), pages %lu of %lu, step %u%s%s\n",
		       d->id, life[d->life], d->shut_down ? ", shut down" : "", d->refs - 1, d->pause_count,
		       d->controller_pause, d->tot_pages, d->max_pages, d->teardown_step,
		       d->last_words[0] ? ", crashed: " : "", d->last_words);
	for (i = *at; i < end; i++)
		if (d->vcpu[i])
			show_vcpu(d->vcpu[i]);
	*at = end;
	return end < d->max_vcpus;
}

static bool key_domains(uint64_t *at)
{
	return each_domain(at, show_domain);
}

static bool key_events(uint64_t *at)
{
	return each_domain(at, evtchn_dump);
}

static bool key_grants(uint64_t *at)
{
	return each_domain(at, grant_dump);
}

/* ---- memory ----------------------------------------------------------------------------------------------- */

static bool show_memory(struct domain *d, uint32_t *at)
{
	(void)at;
	printk("  domain %u: %lu pages of %lu, %lu promised\n", d->id, d->tot_pages, d->max_pages, d->outstanding);
	return false;
}

static bool key_memory(uint64_t *at)
{
	if (!*at)
		printk("  machine: %lu pages, %lu free, %lu free above 4 GiB\n", total_pages, palloc_free_pages(),
		       palloc_free_above(32));
	return each_domain(at, show_memory);
}

/* ---- CPUs ------------------------------------------------------------------------------------------------- */

/* Only debug builds keep a list of them. */
static void show_locks(unsigned int cpu)
{
	const struct spinlock *l;
	unsigned int i;

	for (i = 0; (l = lock_held(cpu, i)) != NULL; i++)
		printk("  holds a lock of rank %u at %lx\n", l->rank, (uint64_t)l);
}

static bool key_cpus(uint64_t *at)
{
	unsigned int cpu = (unsigned int)*at;
	const struct cpu_info *ci;
	const struct vcpu *v;

	if (cpu >= smp_nr_cpus())
		return false;
	++*at;
	ci = smp_cpu_info(cpu);
	v = READ_ONCE(ci->current_vcpu);
	if (v->idle)
		printk("CPU %u: APIC id %u, idle, work %x\n", cpu, smp_apic_id(cpu), READ_ONCE(ci->work));
	else
		printk("CPU %u: APIC id %u, d%uv%u, work %x, last entered %lu us ago from %04x:%016lx\n", cpu,
		       smp_apic_id(cpu), v->domain->id, v->id, READ_ONCE(ci->work),
		       (rdtsc() - READ_ONCE(ci->entry_tsc)) * 1000 / tsc_khz, ci->guest_regs.cs, ci->guest_regs.rip);
	printk("  flushes asked %lu, done %lu\n", READ_ONCE(ci->flush_asked), READ_ONCE(ci->flush_done));
	printk("  stack: %u of %u bytes were used; exception stacks: %u, %u, %u, %u of %u\n", stack_used(cpu, 0),
	       stack_size(0), stack_used(cpu, 1), stack_used(cpu, 2), stack_used(cpu, 3), stack_used(cpu, 4), stack_size(1));
	show_locks(cpu);
	return true;
}

/* ---- the machine ------------------------------------------------------------------------------------------ */

static bool key_clock(uint64_t *at)
{
	if (!*at)
		printk("  up %lu us, TSC %lu kHz%s\n", system_time() / 1000, tsc_khz, tsc_stable ? ", stable" : "");
	return timer_dump(at);
}

static bool key_restart(uint64_t *at)
{
	(void)at;
	printk("Restarting the machine, as the key asks.\n");
	machine_restart();
}

static bool key_panic(uint64_t *at)
{
	(void)at;
	panic("the key asks for it");
}

static bool key_help(uint64_t *at);

const struct debug_key debug_keys[] = {
	{ .key = 'c', .what = "CPUs", .piece = key_cpus },
	{ .key = 'd', .what = "domains and their vCPUs", .piece = key_domains },
	{ .key = 'e', .what = "event channels", .piece = key_events },
	{ .key = 'g', .what = "grants", .piece = key_grants },
	{ .key = 'm', .what = "memory", .piece = key_memory },
	{ .key = 'r', .what = "run queues", .piece = sched_dump },
	{ .key = 't', .what = "clock and timers", .piece = key_clock },
	{ .key = 'a', .what = "audit of all frames (guests stand still)", .piece = audit_step, .alone = true },
	{ .key = 'h', .what = "this list", .piece = key_help, .alone = true },
	{ .key = 'q', .what = "the same as d", .piece = key_domains, .alone = true },
	{ .key = 'R', .what = "restart the machine", .piece = key_restart, .alone = true },
	{ .key = 'P', .what = "panic", .piece = key_panic, .alone = true },
};
const unsigned int nr_debug_keys = ARRAY_SIZE(debug_keys);

static bool key_help(uint64_t *at)
{
	unsigned int i;

	(void)at;
	for (i = 0; i < nr_debug_keys; i++)
		printk("  %c  %s\n", debug_keys[i].key, debug_keys[i].what);
	printk("  *  all but these last: everything there is to show\n");
	return false;
}
