/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Last words. A domain's end is written into a ring at the moment it happens, with the registers of the vCPU whose
 * doing it was, so that it can be told when the domain and its memory are long gone. Records are numbered; the ring
 * keeps the last SOCLE_LAST_WORDS_KEPT and a reader finds gaps by the numbers.
 *
 * A domain may come to its end under any lock, so the ring has a lock of the console's rank, under which nothing
 * else is taken: neither the wall clock's, which is added when a record is read, nor a run queue's.
 */
#include <string.h>
#include "cpu/cpu.h"
#include "debug/last.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/lock.h"
#include "mm/mm.h"
#include "time/clock.h"

#define NSEC_PER_SEC 1000000000UL

static struct socle_last_words *ring;				/* I: record n at n % KEPT */
static uint64_t last_seq;					/* of the newest; 0 = none yet */
static struct spinlock ring_lock = SPINLOCK_INIT(RANK_CONSOLE);

void last_words_init(void)
{
	ring = hv_alloc(SOCLE_LAST_WORDS_KEPT * sizeof(ring[0]));
	if (!ring)
		panic("no memory for the last words of domains");
}

static void copy_regs(struct socle_regs *to, const struct cpu_user_regs *r, const struct vcpu *v)
{
	const struct page *root = v->kernel_mode || !v->root_user ? v->root_kernel : v->root_user;

	*to = (struct socle_regs){
		.rip = r->rip, .rflags = r->rflags, .rsp = r->rsp,
		.rax = r->rax, .rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx,
		.rsi = r->rsi, .rdi = r->rdi, .rbp = r->rbp,
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.cr2 = v->pv.cr2,
		.cr3 = root ? page_to_mfn(root) << PAGE_SHIFT : 0,
		.cs = r->cs, .ss = r->ss, .vector = r->entry_vector, .error_code = r->error_code,
	};
}

/* Not under the scheduler's locks: a slice that is running counts when it is over. */
static uint64_t time_used(const struct domain *d)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			sum += d->vcpu[i]->runstate.time[RUNSTATE_running];
	return sum;
}

void last_words_record(const struct domain *d, uint32_t kind, uint32_t reason)
{
	const struct vcpu *v = current;
	struct socle_last_words *w;
	uint64_t now = system_time();

	spin_lock(&ring_lock);
	w = &ring[++last_seq % SOCLE_LAST_WORDS_KEPT];
	memset(w, 0, sizeof(*w));
	w->seq = last_seq;
	w->uptime_ns = now;
	w->cpu_ns = time_used(d);
	memcpy(w->handle, d->handle, sizeof(w->handle));
	w->domid = d->id;
	w->kind = kind;
	w->reason = reason;
	w->cpu = this_cpu()->cpu;
	w->flags = d->creation_finished ? 0 : SOCLE_END_UNBORN;
	if (v && v->domain == d) {
		w->flags |= SOCLE_END_HAS_VCPU | (v->kernel_mode ? SOCLE_END_IN_KERNEL : 0);
		w->vcpu = v->id;
		copy_regs(&w->regs, guest_regs(), v);
	}
	if (kind == SOCLE_END_CRASH)
		strlcpy(w->words, d->last_words, sizeof(w->words));
	spin_unlock(&ring_lock);
}

bool last_words_read(uint64_t seq, struct socle_last_words *out)
{
	uint64_t oldest, sec;
	uint32_t nsec;
	bool found;

	spin_lock(&ring_lock);
	oldest = last_seq > SOCLE_LAST_WORDS_KEPT ? last_seq - SOCLE_LAST_WORDS_KEPT + 1 : 1;
	if (seq < oldest)
		seq = oldest;
	found = seq <= last_seq;
	if (found)
		*out = ring[seq % SOCLE_LAST_WORDS_KEPT];
	spin_unlock(&ring_lock);
	if (!found)
		return false;
	wallclock_get(&sec, &nsec);
	out->wall_ns = sec * NSEC_PER_SEC + nsec + out->uptime_ns;
	return true;
}
