/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vCPUs after the first: made with VCPUOP_initialise, each with a stack, GDT page and vcpu_info of its own, then a loop
 * that runs the functions it is given. A vCPU without work polls with a time limit, so that it costs a machine of
 * one CPU next to nothing.
 */
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "kit/internal.h"
#include "kit/kit.h"

#define STACK_SIZE	(4 * PAGE_SIZE)
#define NAP_NS		200000UL
#define GDT_ENTRIES	16

static uint8_t stacks[KIT_MAX_VCPUS][STACK_SIZE] PAGE_ALIGNED;
static uint64_t gdts[KIT_MAX_VCPUS][512] PAGE_ALIGNED;
static struct vcpu_info infos[PAGE_SIZE / sizeof(struct vcpu_info)] PAGE_ALIGNED;
static bool used;
static struct work { void (*fn)(void *); void *arg; } work[KIT_MAX_VCPUS];

bool kit_smp_used(void)
{
	return used;
}

unsigned int kit_vcpu_id(void)
{
	uint64_t sp, offset;

	__asm__ volatile("mov %%rsp, %0" : "=r"(sp));
	offset = sp - (uint64_t)stacks;
	return offset < sizeof(stacks) ? (unsigned int)(offset / STACK_SIZE) : 0;
}

struct vcpu_info *kit_vcpu_info_of(unsigned int id)
{
	return id ? &infos[id] : &kit_shared_info->vcpu_info[0];
}

uint64_t kit_time(void)
{
	const volatile struct vcpu_time_info *t = &kit_vcpu_info()->time;
	uint32_t version, lo, hi;
	uint64_t ns, delta;

	do {
		version = t->version;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
		delta = ((uint64_t)hi << 32 | lo) - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version % 2 || version != t->version);
	return ns;
}

void kit_relax(void)
{
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

static void nap(void)
{
	struct sched_poll poll = { .timeout = kit_time() + NAP_NS };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

void kit_secondary(unsigned int id)
{
	struct work *w = &work[id];
	void (*fn)(void *);

	for (;;) {
		fn = __atomic_load_n(&w->fn, __ATOMIC_ACQUIRE);
		if (!fn) {
			nap();
			continue;
		}
		fn(w->arg);
		__atomic_store_n(&w->fn, NULL, __ATOMIC_RELEASE);
	}
}

void kit_vcpu_run(unsigned int id, void (*fn)(void *arg), void *arg)
{
	kit_vcpu_wait(id);
	work[id].arg = arg;
	__atomic_store_n(&work[id].fn, fn, __ATOMIC_RELEASE);
}

void kit_vcpu_wait(unsigned int id)
{
	KIT_WAIT(!__atomic_load_n(&work[id].fn, __ATOMIC_ACQUIRE), "the end of another vCPU's work");
}

void kit_barrier(struct kit_barrier *b, uint32_t n)
{
	uint32_t round = __atomic_load_n(&b->round, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&b->arrived, 1, __ATOMIC_ACQ_REL) == n) {
		b->arrived = 0;
		__atomic_store_n(&b->round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	KIT_WAIT(__atomic_load_n(&b->round, __ATOMIC_ACQUIRE) != round, "another vCPU at the barrier");
}

static void fill_context(struct vcpu_guest_context *c, unsigned int id)
{
	struct trap_info table[KIT_TRAP_ENTRIES];
	unsigned int n = kit_trap_table(table);
	uint64_t top = (uint64_t)stacks[id] + STACK_SIZE;

	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel | VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
	c->user_regs.rip = (uint64_t)kit_secondary_entry;
	c->user_regs.rsp = top;
	c->user_regs.rdi = id;
	c->user_regs.cs = FLAT_RING3_CS64;
	c->user_regs.ss = FLAT_RING3_SS64;
	c->user_regs.rflags = 0x1200;	/* IOPL 1, as the boot protocol of other vCPUs has it (pv-abi 2.12) */
	while (n--)
		c->trap_ctxt[table[n].vector] = table[n];
	c->gdt_frames[0] = kit_va_to_mfn(gdts[id]);
	c->gdt_ents = GDT_ENTRIES;
	c->kernel_ss = FLAT_RING3_SS64;
	c->kernel_sp = top;
	c->ctrlreg[3] = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	c->event_callback_eip = (uint64_t)kit_event_stub;
	c->failsafe_callback_eip = (uint64_t)kit_failsafe_stub;
	c->syscall_callback_eip = (uint64_t)kit_syscall_stub;
}

static void start(unsigned int id)
{
	static struct vcpu_guest_context context;	/* 5 KiB: too much for the stack */
	struct vcpu_register_vcpu_info info = {
		.mfn = kit_va_to_mfn(infos), .offset = (uint32_t)(id * sizeof(infos[0])),
	};
	long rc;

	used = true;
	if (kit_make_readonly(gdts[id]))
		kit_bail("the GDT of vCPU %u cannot be read-only", id);
	fill_context(&context, id);
	rc = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, id, &info);
	if (!rc)
		rc = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &context);
	if (!rc)
		rc = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0);
	if (rc)
		kit_bail("vCPU %u does not start: %ld", id, rc);
}

unsigned int kit_smp_init(unsigned int wanted)
{
	unsigned int id;

	for (id = 1; id < wanted && id < KIT_MAX_VCPUS; id++) {
		if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, id, 0) < 0)
			break;
		start(id);
	}
	return id;
}
