/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 2-level delivery (pv-abi 5.2): a bitmap of ports in shared_info, a word of selectors in vcpu_info, one upcall flag.
 * The guest clears bits concurrently, from any of its vCPUs: every access is one atomic operation, and nothing read
 * here is trusted for more than whether to notify that same guest.
 */
#include <abi/arch-x86_64.h>
#include "evtchn/internal.h"

static bool word_test_and_set(uint64_t *words, uint32_t bit)
{
	uint64_t mask = 1UL << (bit % 64);

	return __atomic_fetch_or(&words[bit / 64], mask, __ATOMIC_SEQ_CST) & mask;
}

static bool word_test_and_clear(uint64_t *words, uint32_t bit)
{
	uint64_t mask = 1UL << (bit % 64);

	return __atomic_fetch_and(&words[bit / 64], ~mask, __ATOMIC_SEQ_CST) & mask;
}

static bool word_test(const uint64_t *words, uint32_t bit)
{
	return __atomic_load_n(&words[bit / 64], __ATOMIC_SEQ_CST) >> (bit % 64) & 1;
}

static void select_port(struct domain *d, uint32_t port, const struct port *p)
{
	struct vcpu *v = d->vcpu[p->vcpu];

	if (v && !word_test_and_set(&v->info->evtchn_pending_sel, port / 64))
		vcpu_mark_upcall(v);
}

static bool two_level_set_pending(struct domain *d, uint32_t port, struct port *p)
{
	struct shared_info *s = d->shared_info;

	if (word_test_and_set(s->evtchn_pending, port))
		return false;
	if (!word_test(s->evtchn_mask, port))
		select_port(d, port, p);
	return true;
}

static void two_level_clear_pending(struct domain *d, uint32_t port)
{
	word_test_and_clear(d->shared_info->evtchn_pending, port);
}

static void two_level_unmask(struct domain *d, uint32_t port, struct port *p)
{
	struct shared_info *s = d->shared_info;

	if (word_test_and_clear(s->evtchn_mask, port) && word_test(s->evtchn_pending, port))
		select_port(d, port, p);
}

static bool two_level_is_pending(struct domain *d, uint32_t port)
{
	return word_test(d->shared_info->evtchn_pending, port);
}

static int two_level_set_priority(struct port *p, uint32_t priority)
{
	(void)p, (void)priority;
	return -XEN_ENOSYS;
}

const struct delivery delivery_2l = {
	.max_ports = EVTCHN_2L_NR_CHANNELS,
	.set_pending = two_level_set_pending,
	.clear_pending = two_level_clear_pending,
	.unmask = two_level_unmask,
	.is_pending = two_level_is_pending,
	.set_priority = two_level_set_priority,
};
