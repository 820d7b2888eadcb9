/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * multicall: a list of hypercalls in guest memory, run in order, each result stored into its entry. A failing
 * entry stops nothing. Between entries, and when an entry makes itself a continuation, the rest of the list becomes
 * a continuation of the multicall (pv-abi 2.3). The state is per CPU and never outlives one do_multicall().
 */
#include <stddef.h>
#include <abi/xen.h>
#include "cpu/cpu.h"
#include "hypercall/hypercall.h"
#include "hypercall/internal.h"
#include "lib/util.h"
#include "mm/mm.h"

/* Between entries the clock is read this seldom: an entry that takes long asks for itself. */
#define CLOCK_EVERY 8

/* The part of an entry that a call reads: op, result and four arguments. */
#define ENTRY_HEAD (offsetof(struct multicall_entry, args) + 4 * sizeof(uint64_t))

static struct state {
	bool running;			/* a list is being worked on */
	bool captured;			/* its entry asked to be continued, with: */
	unsigned int nr;
	unsigned int nargs;
	uint64_t args[5];
} state[MAX_CPUS];

bool multicall_capture(unsigned int nr, unsigned int nargs, const uint64_t *args)
{
	struct state *s = &state[this_cpu()->cpu];
	unsigned int i;

	if (!s->running)
		return false;
	s->captured = true;
	s->nr = nr;
	s->nargs = nargs < 5 ? nargs : 5;
	for (i = 0; i < s->nargs; i++)
		s->args[i] = args[i];
	return true;
}

static long call_entry(const struct multicall_entry *e)
{
	/* An iret replaces the registers that the multicall itself returns with. */
	if (e->op == __HYPERVISOR_multicall || e->op == __HYPERVISOR_iret)
		return refuse(-XEN_EINVAL, "hypercall %lu in a list", e->op);
	return hypercall_call(e->op, e->args);
}

/* Writes the captured arguments into the entry at gva, to be called again. */
static int store_continuation(const struct state *s, uint64_t gva)
{
	const uint64_t nr = s->nr;

	if (copy_to_guest(gva, &nr, sizeof(nr)))
		return -XEN_EFAULT;
	return copy_to_guest(gva + offsetof(struct multicall_entry, args), s->args, s->nargs * sizeof(s->args[0]));
}

static bool should_stop(uint32_t done)
{
	if (done % CLOCK_EVERY == CLOCK_EVERY - 1)
		return preempt_check();
	return READ_ONCE(this_cpu()->work) & WORK_RESCHED;
}

/* Works on *list and *count until the end, an error, or a reason to go on later (-XEN_ERESTART). */
static long run_list(struct state *s, uint64_t *list, uint32_t *count)
{
	struct multicall_entry e;
	uint32_t done = 0;
	uint64_t result;

	for (; *count; *list += sizeof(e), --*count, done++) {
		if (done && should_stop(done))
			return -XEN_ERESTART;
		if (copy_from_guest(&e, *list, ENTRY_HEAD))
			return -XEN_EFAULT;
		result = call_entry(&e);
		if (s->captured)
			return store_continuation(s, *list) ? -XEN_EFAULT : -XEN_ERESTART;
		if (copy_to_guest(*list + offsetof(struct multicall_entry, result), &result, sizeof(result)))
			return -XEN_EFAULT;
	}
	return 0;
}

long do_multicall(uint64_t list, uint64_t count)
{
	struct state *s = &state[this_cpu()->cpu];
	uint32_t left = (uint32_t)count;
	long rc;

	s->running = true;
	s->captured = false;
	rc = run_list(s, &list, &left);
	s->running = false;
	return rc == -XEN_ERESTART ? hypercall_continue(__HYPERVISOR_multicall, 2, list, left, 0, 0, 0) : rc;
}
