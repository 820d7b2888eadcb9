/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_op(29): what a guest asks about its own running (pv-abi 2.6), and the watchdogs, which end a domain that has
 * stopped asking.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include <abi/sched.h>
#include "asm/barrier.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define POLL_PORTS_MAX 128
#define NS_PER_S 1000000000UL

/* ---- watchdogs ---------------------------------------------------------------------------------------- */

static void watchdog_bites(void *arg)
{
	struct domain_watchdog *w = arg;

	if (!w->domain->shutting_down)
		log_guest("Domain %u: its watchdog has expired\n", w->domain->id);
	domain_shutdown(w->domain, SHUTDOWN_watchdog);
}

void sched_watchdog_init(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < NR_WATCHDOGS; i++) {
		d->watchdog[i].domain = d;
		timer_init(&d->watchdog[i].timer, watchdog_bites, &d->watchdog[i]);
	}
}

void sched_watchdog_fini(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < NR_WATCHDOGS; i++) {
		timer_kill(&d->watchdog[i].timer);
		d->watchdog[i].used = false;
	}
}

void sched_watchdog_preset(struct domain *d, uint32_t seconds)
{
	struct domain_watchdog *w = &d->watchdog[NR_WATCHDOGS - 1];

	spin_lock(&d->lock);
	w->used = true;
	timer_set(&w->timer, system_time() + seconds * NS_PER_S);
	spin_unlock(&d->lock);
}

/* A new one; its id counts from 1. */
static long watchdog_new(struct domain *d, uint32_t seconds)
{
	unsigned int i;

	if (!seconds)
		return -XEN_EINVAL;
	for (i = 0; i < NR_WATCHDOGS; i++) {
		if (d->watchdog[i].used)
			continue;
		d->watchdog[i].used = true;
		timer_set(&d->watchdog[i].timer, system_time() + seconds * NS_PER_S);
		return i + 1;
	}
	return -XEN_ENOSPC;
}

static long watchdog_change(struct domain *d, uint32_t id, uint32_t seconds)
{
	struct domain_watchdog *w;
	unsigned int i;

	if (!idx_clamp(id - 1UL, NR_WATCHDOGS, &i) || !d->watchdog[i].used)
		return -XEN_EINVAL;
	w = &d->watchdog[i];
	if (seconds) {
		timer_set(&w->timer, system_time() + seconds * NS_PER_S);
	} else {
		timer_stop(&w->timer);
		w->used = false;
	}
	return 0;
}

static long op_watchdog(uint64_t arg)
{
	struct domain *d = current->domain;
	struct sched_watchdog op;
	long rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	spin_lock(&d->lock);
	rc = op.id ? watchdog_change(d, op.id, op.timeout) : watchdog_new(d, op.timeout);
	spin_unlock(&d->lock);
	return rc;
}

/* ---- yield, block, poll -------------------------------------------------------------------------------- */

static long op_yield(uint64_t arg)
{
	(void)arg;
	sched_yield();
	return 0;
}

static long op_block(uint64_t arg)
{
	(void)arg;
	current->pv.upcall_rip = 0;	/* who sleeps is no circle: see pv/inject.c */
	sched_block();
	return 0;
}

/* 1: a port is pending; 0: none is; or an errno. v->polling is set already, so that an event from now on wakes. */
static long poll_look(struct vcpu *v, const struct sched_poll *op)
{
	uint32_t i, port;

	if (evtchn_upcall_pending(v))
		return 1;
	for (i = 0; i < op->nr_ports; i++) {
		if (copy_from_guest(&port, op->ports + i * sizeof(port), sizeof(port)))
			return -XEN_EFAULT;
		if (!evtchn_port_valid(v->domain, port))
			return -XEN_EINVAL;
		if (op->nr_ports == 1) {
			WRITE_ONCE(v->poll_port_single, port);
			smp_mb();
		}
		if (evtchn_port_pending(v->domain, port))
			return 1;
	}
	return 0;
}

static long op_poll(uint64_t arg)
{
	struct vcpu *v = current;
	struct sched_poll op;
	long rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	if (op.nr_ports > POLL_PORTS_MAX)
		return -XEN_EINVAL;
	if (op.nr_ports && !guest_range_ok(op.ports, op.nr_ports * sizeof(uint32_t)))
		return -XEN_EFAULT;
	/* One that was armed while the last poll was being woken. */
	timer_stop(&v->poll_timer);
	WRITE_ONCE(v->poll_port_single, 0);	/* while more than one is looked at, any event wakes */
	WRITE_ONCE(v->polling, true);
	smp_mb();
	rc = poll_look(v, &op);
	if (rc) {
		sched_poll_wake(v);
		return rc > 0 ? 0 : rc;
	}
	if (op.timeout)
		timer_set(&v->poll_timer, op.timeout);
	cpu_raise_work(WORK_RESCHED);
	return 0;
}

/* ---- ends ------------------------------------------------------------------------------------------------ */

static long op_shutdown(uint64_t arg)
{
	struct sched_shutdown op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	domain_shutdown(current->domain, (uint8_t)op.reason);	/* getdomaininfo has eight bits for it */
	return 0;
}

static long op_shutdown_code(uint64_t arg)
{
	struct domain *d = current->domain;
	struct sched_shutdown op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	if (!d->shutting_down)
		d->shutdown_code = (uint8_t)op.reason;
	return 0;
}

static long op_remote_shutdown(uint64_t arg)
{
	struct sched_remote_shutdown op;
	struct domain *d;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	d = domain_get(op.domain_id);
	if (!d)
		return -XEN_ESRCH;
	domain_shutdown(d, (uint8_t)op.reason);
	domain_put(d);
	return 0;
}

/* dom0 may nail its caller to a CPU for the time of a firmware call; negative releases it. */
static long op_pin_override(uint64_t arg)
{
	struct sched_pin_override op;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	return sched_nail(current, op.pcpu < 0 ? -1 : op.pcpu);
}

static long (*const ops[])(uint64_t arg) = {
	[SCHEDOP_yield] = op_yield,
	[SCHEDOP_block] = op_block,
	[SCHEDOP_shutdown] = op_shutdown,
	[SCHEDOP_poll] = op_poll,
	[SCHEDOP_remote_shutdown] = op_remote_shutdown,
	[SCHEDOP_shutdown_code] = op_shutdown_code,
	[SCHEDOP_watchdog] = op_watchdog,
	[SCHEDOP_pin_override] = op_pin_override,
};

long do_sched_op(uint64_t cmd, uint64_t arg)
{
	unsigned int i;

	if (!idx_clamp((uint32_t)cmd, ARRAY_SIZE(ops), &i))
		return -XEN_ENOSYS;
	return ops[i](arg);
}
