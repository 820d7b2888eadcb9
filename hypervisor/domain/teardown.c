/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a domain, as a machine whose step is stored in the domain: each step gives something back and may stop in
 * the middle (-XEN_ERESTART), in which case the same call comes again and goes on.
 *
 * Dying: nobody can add a resource any more, its vCPUs never run again. The steps run from the things that others can
 * see (event channels) over what the vCPUs and grants hold to the memory itself, because each kind holds references
 * to frames that the later one wants to free. Dead: nothing is left but frames that other domains still map, the
 * shared page and the grant table. The reaper waits for these and for the last reference, then frees the domain; it looks whenever a reference goes
 * and, while any dead domain is left, every REAP_RETRY, because the last mapping of a frame is given up without notice.
 *
 * The news of all this, VIRQ_DOM_EXC, comes out of the same timer: domain_shutdown() may be called under any lock.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include "asm/atomic.h"
#include "debug/last.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "domain/internal.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "lib/util.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define REAP_RETRY 20000000ULL	/* 20 ms */

static struct spinlock reap_lock = SPINLOCK_INIT(RANK_DOMAIN);
static struct list_head dead = LIST_HEAD_INIT(dead);	/* reap_lock; each with the list's reference */
static bool news;					/* a: VIRQ_DOM_EXC is due */
static uint32_t reaps_begun, reaps_ended;		/* a */
static void do_chores(void *arg);
static struct timer chores = { .fn = do_chores };

/* ---- news and reaping -------------------------------------------------------------------------------- */

bool domain_reaping_none(uint32_t *begun)
{
	/* In this order: those that had ended are all that have begun. */
	uint32_t ended = atomic_load(&reaps_ended);

	*begun = atomic_load(&reaps_begun);
	return ended == *begun;
}

static bool try_reap(struct domain *d)
{
	if (READ_ONCE(d->tot_pages) || !domain_claim(d))
		return false;
	if (!grant_retract(d) || !domain_retract_shared_info(d)) {
		domain_unclaim(d);
		return false;
	}
	domain_free(d);
	return true;
}

/* Frees d if nothing refers to it any more. In between nobody else finds it, though it still owns pages. */
static bool reap(struct domain *d)
{
	bool gone;

	(void)atomic_inc(&reaps_begun);
	gone = try_reap(d);
	(void)atomic_inc(&reaps_ended);
	return gone;
}

/* Everything that can go now. Returns whether anything must wait. */
static bool reap_all(void)
{
	struct list_head waiting = LIST_HEAD_INIT(waiting);
	struct domain *d;
	bool left;

	spin_lock(&reap_lock);
	while (!list_empty(&dead)) {
		d = list_first(&dead, struct domain, reap_link);
		list_del(&d->reap_link);
		spin_unlock(&reap_lock);
		if (reap(d))
			__atomic_store_n(&news, true, __ATOMIC_SEQ_CST);
		else
			list_add_tail(&d->reap_link, &waiting);
		spin_lock(&reap_lock);
	}
	while (!list_empty(&waiting)) {
		d = list_first(&waiting, struct domain, reap_link);
		list_del(&d->reap_link);
		list_add_tail(&d->reap_link, &dead);
	}
	left = !list_empty(&dead);
	spin_unlock(&reap_lock);
	return left;
}

static void do_chores(void *arg)
{
	bool left = reap_all();

	(void)arg;
	if (__atomic_exchange_n(&news, false, __ATOMIC_SEQ_CST))
		virq_raise_global(VIRQ_DOM_EXC);
	if (left && !timer_active(&chores))
		timer_set(&chores, system_time() + REAP_RETRY);
}

static void chores_soon(void)
{
	timer_set(&chores, system_time());
}

void domain_notify(void)
{
	__atomic_store_n(&news, true, __ATOMIC_SEQ_CST);
	chores_soon();
}

void domain_reap_soon(void)
{
	chores_soon();
}

/* ---- the steps --------------------------------------------------------------------------------------- */

static int step_stop(struct domain *d)
{
	spin_lock(&d->lock);
	domain_set_life(d, DOMAIN_DYING);
	spin_unlock(&d->lock);
	domain_pause(d);
	if (!d->shutting_down)
		last_words_record(d, SOCLE_END_DESTROY, d->shutdown_code);
	sched_watchdog_fini(d);
	return 0;
}

/* Nobody else changes them any more: who may, looks for the end under the lock that step_stop() took. */
static int step_vcpus(struct domain *d)
{
	for (; d->teardown_vcpu < d->max_vcpus; d->teardown_vcpu++) {
		if (d->teardown_vcpu && preempt_check())
			return -XEN_ERESTART;
		if (d->vcpu[d->teardown_vcpu])
			vcpu_relinquish(d->vcpu[d->teardown_vcpu]);
	}
	return 0;
}

static int step_dead(struct domain *d)
{
	spin_lock(&d->lock);
	domain_set_life(d, DOMAIN_DEAD);
	spin_unlock(&d->lock);
	spin_lock(&reap_lock);
	list_add_tail(&d->reap_link, &dead);
	spin_unlock(&reap_lock);
	domain_notify();
	return 0;
}

static int (*const steps[])(struct domain *d) = {
	step_stop, evtchn_relinquish, step_vcpus, grant_relinquish, mm_domain_relinquish, step_dead,
};

int domain_destroy(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->teardown_lock);
	while (!rc && d->teardown_step < ARRAY_SIZE(steps)) {
		rc = steps[d->teardown_step](d);
		if (!rc)
			d->teardown_step++;
		if (!rc && d->teardown_step < ARRAY_SIZE(steps) && preempt_check())
			rc = -XEN_ERESTART;
	}
	spin_unlock(&d->teardown_lock);
	return rc;
}
