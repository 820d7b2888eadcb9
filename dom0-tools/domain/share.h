/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/share.h
 *
 * What the scheduler is told and what it tells: shares of domains, CPUs of vCPUs, and the time that
 * vCPUs spent in each state.  Functions return 0 or -1 with the error.
 */
#ifndef SOCLE_DOMAIN_SHARE_H
#define SOCLE_DOMAIN_SHARE_H

#include <socle/op.h>

#include "domain/cpulist.h"
#include "libsocle/error.h"
#include "libsocle/hypercall.h"

struct share {
	unsigned int weight; /* 1 to 65535 */
	unsigned int cap;    /* percent of one CPU; 0 = none */
};

int share_get(struct socle_hv *hv, uint16_t domid, struct share *out, struct socle_error *e);
int share_set(struct socle_hv *hv, uint16_t domid, const struct share *s, struct socle_error *e);

/* CPUs that a vCPU may use, and those it prefers.  NULL leaves what is. */
int affinity_get(struct socle_hv *hv, uint16_t domid, unsigned int vcpu, struct cpulist *hard,
		 struct cpulist *soft, struct socle_error *e);
int affinity_set(struct socle_hv *hv, uint16_t domid, unsigned int vcpu,
		 const struct cpulist *hard, const struct cpulist *soft, struct socle_error *e);

int ratelimit_get(struct socle_hv *hv, unsigned int *us, struct socle_error *e);
int ratelimit_set(struct socle_hv *hv, unsigned int us, struct socle_error *e);

int host_cpus(struct socle_hv *hv, unsigned int *nr, struct socle_error *e);

/* The vCPU with that number or the next higher one: 0, or -errno (-ESRCH: none). */
int vcpu_times(struct socle_hv *hv, uint16_t domid, unsigned int vcpu,
	       struct socle_vcpu_times *out);

#endif /* SOCLE_DOMAIN_SHARE_H */
