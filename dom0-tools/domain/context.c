/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/context.c
 *
 * Opening and closing what domain operations work with, and their clock; see context.h.
 */
#include "domain/context.h"

#include <time.h>

#include "domain/codes.h"

int domain_ctx_open(struct domain_ctx *ctx, struct socle_error *e)
{
	struct socle_hv *hv = ctx->hv ? ctx->hv : socle_hv_open(e);
	struct socle_store *st;

	if (!hv)
		return -1;
	st = ctx->store ? ctx->store : socle_store_open(e);
	if (!st) {
		if (!ctx->hv)
			socle_hv_close(hv);
		return -1;
	}
	ctx->hv = hv;
	ctx->store = st;
	return 0;
}

void domain_ctx_close(struct domain_ctx *ctx)
{
	socle_store_close(ctx->store);
	socle_hv_close(ctx->hv);
	ctx->store = NULL;
	ctx->hv = NULL;
}

int domain_ctx_check_stop(const struct domain_ctx *ctx, struct socle_error *e)
{
	if (ctx->stop && *ctx->stop)
		return socle_fail_id(e, DOMAIN_E_INTERRUPTED, "interrupted", "interrupted");
	return 0;
}

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

void phase_end(struct domain_ctx *ctx, const char *name)
{
	struct phases *p = ctx->phases;

	work_step(ctx->work, NULL, WORK_BYTES, 0);
	if (!p || p->count == PHASES_MAX)
		return;
	p->phase[p->count].name = name;
	p->phase[p->count++].end_ns = clock_ns();
}
