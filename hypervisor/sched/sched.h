/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs. Per-CPU run queues ordered by weighted virtual time; one lock a queue. */
#ifndef SOCLE_SCHED_SCHED_H
#define SOCLE_SCHED_SCHED_H
#include <stdbool.h>
#include <stdint.h>
struct vcpu; struct domain; struct spinlock; struct vcpu_runstate_info;
void sched_init(void);			/* run queue and idle vCPU of the boot CPU */
void sched_init_cpu(void);		/* of another one */
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_fini(struct vcpu *v);
bool sched_runnable(const struct vcpu *v);
void sched_wake(struct vcpu *v);	/* if runnable (online, not blocked, not paused): queue it, preempt if it should */
void sched_sleep(struct vcpu *v);	/* not runnable any more: dequeue, or reschedule if running */
void sched_sleep_sync(struct vcpu *v);	/* the same, and waits until v's registers are saved (unless v is current) */
void sched_run(void);			/* from exit.c on WORK_RESCHED: picks, switches context (current changes) */
void sched_block(void);			/* SCHEDOP_block of current */
void sched_yield(void);
void vcpu_kick(struct vcpu *v);		/* an event became deliverable: wake if blocked, else force an exit */
void sched_raise_nmi(struct vcpu *v);	/* v gets an NMI as soon as it has a handler and is not in one */
void sched_poll_wake(struct vcpu *v);	/* a polled port became pending: clears v->polling, wakes */
void sched_publish_runstate(struct vcpu *v);	/* writes the guest's copy when its VA is reachable */
uint64_t sched_cpu_time(const struct vcpu *v);	/* ns it has run, the present slice included */
uint64_t sched_idle_time(unsigned int cpu);
/* As if the present state had just ended. */
void sched_get_runstate(const struct vcpu *v, struct vcpu_runstate_info *out);
/* Its waits for a processor, by how long they were: SOCLE_WAIT_BUCKETS of socle/op.h. */
void sched_get_waits(const struct vcpu *v, uint64_t *out);
/* Locks what the scheduler knows of v. The caller unlocks it. */
struct spinlock *sched_lock_vcpu(const struct vcpu *v);
/* Calls fn(v) with current's kernel page tables loaded, whatever mode it is in. */
void sched_with_kernel_tables(struct vcpu *v, void (*fn)(struct vcpu *));
/* Weight 1..65535, cap in percent of one CPU (0 = none). 0 or -XEN_EINVAL */
int sched_set_share(struct domain *d, uint16_t weight, uint16_t cap);
/* CPUs that v may use (NULL: unchanged; -XEN_EINVAL if it names none of the machine's), and those it prefers. */
int sched_set_affinity(struct vcpu *v, const uint64_t *hard, const uint64_t *soft);
void sched_get_affinity(const struct vcpu *v, uint64_t *hard, uint64_t *soft);
/* This CPU and no other until it is released with -1, whatever the affinity. 0 or -XEN_EINVAL: no such CPU. */
int sched_nail(struct vcpu *v, int cpu);
/* How far a woken vCPU must lag behind the running one to take its CPU, in microseconds. */
uint32_t sched_ratelimit_us(void);
int sched_set_ratelimit_us(uint32_t us);
/* One piece of a debug key's dump, a CPU; *at begins at 0, true while more is left. Waits for no lock. */
bool sched_dump(uint64_t *at);
/* sched_ops.c */
void sched_watchdog_init(struct domain *d);
void sched_watchdog_fini(struct domain *d);
/* Before its own code can want one: its last watchdog, of id NR_WATCHDOGS, is set to so many seconds, for it to stop when it is up. */
void sched_watchdog_preset(struct domain *d, uint32_t seconds);
long do_sched_op(uint64_t cmd, uint64_t arg);
long do_set_timer_op(uint64_t timeout);	/* time/vtime.c */
#endif
