/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/context.h
 *
 * What every operation on domains needs: the hypervisor, the store, a flag that asks for an early
 * end, and a clock for the phases of a creation.
 */
#ifndef SOCLE_DOMAIN_CONTEXT_H
#define SOCLE_DOMAIN_CONTEXT_H

#include <signal.h>
#include <stdint.h>

#include "domain/work.h"
#include "libsocle/error.h"
#include "libsocle/hypercall.h"
#include "libsocle/store.h"

#define PHASES_MAX 16u

struct phases {
	unsigned int count;
	struct {
		const char *name;
		uint64_t end_ns; /* monotonic; a phase begins where the one before ended */
	} phase[PHASES_MAX];
	uint64_t begin_ns;
};

struct domain_ctx {
	struct socle_hv *hv;
	struct socle_store *store;
	const volatile sig_atomic_t *stop; /* non-zero: the user wants an end; may be NULL */
	struct phases *phases;             /* may be NULL */
	struct work *work;                 /* for who looks on; may be NULL */
	int guard_fd;                      /* of watch_fork(), told of a birth; 0 = none */
	struct reserve *reserve;           /* of the guest that is being made, told the same; may be NULL */
};

/* Open what is not open yet.  0, or -1 with the error filled in and nothing changed. */
int domain_ctx_open(struct domain_ctx *ctx, struct socle_error *e);
void domain_ctx_close(struct domain_ctx *ctx);

/* -1 with "interrupted" when an end was asked for. */
int domain_ctx_check_stop(const struct domain_ctx *ctx, struct socle_error *e);

/* The work since the phase before (or the beginning) is called name. */
void phase_end(struct domain_ctx *ctx, const char *name);

uint64_t clock_ns(void);
void sleep_ms(unsigned int ms);

#endif /* SOCLE_DOMAIN_CONTEXT_H */
