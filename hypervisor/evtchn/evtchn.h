/* SPDX-License-Identifier: BSD-2-Clause */
/* Event channels: ports, delivery (2-level and FIFO), virtual IRQs. One lock a domain's port table (rank: evtchn). */
#ifndef SOCLE_EVTCHN_EVTCHN_H
#define SOCLE_EVTCHN_EVTCHN_H
#include <stdbool.h>
#include <stdint.h>
struct domain; struct vcpu; struct vcpu_info;
int evtchn_domain_init(struct domain *d);
int evtchn_relinquish(struct domain *d);		/* closes every port; 0 or -XEN_ERESTART */
void evtchn_domain_fini(struct domain *d);
void evtchn_vcpu_fini(struct vcpu *v);
bool evtchn_upcall_pending(const struct vcpu *v);	/* pending && !mask */
bool evtchn_port_pending(struct domain *d, uint32_t port);	/* for SCHEDOP_poll, even if masked */
bool evtchn_port_valid(struct domain *d, uint32_t port);
void virq_raise_vcpu(struct vcpu *v, uint32_t virq);	/* per-vCPU: TIMER, DEBUG */
void virq_raise_global(uint32_t virq);			/* to dom0 (or its handler): CONSOLE, DOM_EXC, CON_RING, ... */
bool virq_try_raise_global(uint32_t virq);		/* the same, unless the lock is not to be had: false */
/* One piece of a debug key's dump; *at begins at 0, true while more is left. Waits for no lock. */
bool evtchn_dump(struct domain *d, uint32_t *at);
/* pirq delivery: irq/pirq.c calls it when the line fires; port as given at bind, which may be closed by now. */
void evtchn_raise_pirq(struct domain *d, uint32_t port, uint32_t pirq);
/* irq/pirq.c supplies these to evtchn */
int pirq_bind(struct domain *d, uint32_t pirq, uint32_t flags, uint32_t port);	/* 0, -XEN_EINVAL, -XEN_EPERM, -XEN_EEXIST */
void pirq_unbind(struct domain *d, uint32_t pirq);
uint32_t pirq_limit(const struct domain *d);
/* From now on v's vcpu_info is there, and nobody writes to the old one. */
void evtchn_vcpu_info_replace(struct vcpu *v, struct vcpu_info *to);
/* The same with its contents, and everything pending: VCPUOP_register_vcpu_info. */
void evtchn_vcpu_info_move(struct vcpu *v, struct vcpu_info *to);
long do_event_channel_op(uint64_t cmd, uint64_t arg);
#endif
