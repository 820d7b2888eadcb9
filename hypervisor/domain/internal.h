/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by domain.c, vcpu.c and teardown.c only. */
#ifndef SOCLE_DOMAIN_INTERNAL_H
#define SOCLE_DOMAIN_INTERNAL_H

#include "domain/domain.h"

/* domain.c */
/* The only place where life changes; under d->lock. Panics on a transition that is none. */
void domain_set_life(struct domain *d, enum domain_life to);
/* True if nobody but the list refers to d; then no domain_get() finds it any more, and its id stays taken. */
bool domain_claim(struct domain *d);
void domain_unclaim(struct domain *d);		/* the reverse: something still holds it after all */
void domain_free(struct domain *d);		/* claimed; off the list, modules backwards, the struct */
/* Takes the shared page back. False while somebody maps it. */
bool domain_retract_shared_info(struct domain *d);

/* vcpu.c */
void vcpu_relinquish(struct vcpu *v);		/* gives back all pages of the domain's that the vCPU holds */
void vcpu_free(struct vcpu *v);

/* teardown.c */
void domain_notify(void);			/* VIRQ_DOM_EXC soon, callable under any lock */
void domain_reap_soon(void);			/* a dead domain lost a reference */

#endif
