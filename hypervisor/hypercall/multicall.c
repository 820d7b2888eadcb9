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
#include "mm/mm.h"

static struct {
	bool running;			/* an entry's handler is active */
	bool captured;			/* it asked to be continued, with: */
	unsigned int nr;
	unsigned int nargs;
	uint64_t args[5];
} state[MAX_CPUS];

bool multicall_capture(unsigned int nr, unsigned int nargs, const uint64_t *args)
{
	unsigned int cpu = this_cpu()->cpu, i;

	if (!state[cpu].running)
		return false;
	state[cpu].captured = true;
	state[cpu].nr = nr;
	state[cpu].nargs = nargs < 5 ? nargs : 5;
	for (i = 0; i < state[cpu].nargs; i++)
		state[cpu].args[i] = args[i];
	return true;
}

static long call_entry(const struct multicall_entry *e)
{
	unsigned int cpu = this_cpu()->cpu;
	long ret;

	/* An iret replaces the registers that the multicall itself returns with. */
	if (e->op == __HYPERVISOR_multicall || e->op == __HYPERVISOR_iret)
		return refuse(-XEN_EINVAL, "hypercall %lu in a list", e->op);
	state[cpu].running = true;
	state[cpu].captured = false;
	ret = hypercall_call(e->op, e->args);
	state[cpu].running = false;
	return ret;
}

/* Writes the captured arguments into the entry at gva, to be called again. */
static int store_continuation(uint64_t gva, struct multicall_entry *e)
{
	unsigned int cpu = this_cpu()->cpu, i;

	e->op = state[cpu].nr;
	for (i = 0; i < state[cpu].nargs; i++)
		e->args[i] = state[cpu].args[i];
	return copy_to_guest(gva, e, sizeof(*e));
}

long do_multicall(uint64_t list, uint64_t count)
{
	struct multicall_entry e;
	uint32_t left;
	uint64_t result;

	for (left = (uint32_t)count; left; left--, list += sizeof(e)) {
		if (left != (uint32_t)count && preempt_check())
			return hypercall_continue(__HYPERVISOR_multicall, 2, list, left, 0, 0, 0);
		if (copy_from_guest(&e, list, sizeof(e)))
			return -XEN_EFAULT;
		result = call_entry(&e);
		if (state[this_cpu()->cpu].captured) {
			state[this_cpu()->cpu].captured = false;
			if (store_continuation(list, &e))
				return -XEN_EFAULT;
			return hypercall_continue(__HYPERVISOR_multicall, 2, list, left, 0, 0, 0);
		}
		if (copy_to_guest(list + offsetof(struct multicall_entry, result), &result, sizeof(result)))
			return -XEN_EFAULT;
	}
	return 0;
}
