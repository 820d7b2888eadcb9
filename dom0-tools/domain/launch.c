/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/launch.c
 *
 * See launch.h.  The order matters for "all or nothing": name and UUID are reserved before anything is looked at; the watcher is
 * forked, and has the reservation from then on; the guest is made complete and paused, it starts, and only when it has lived
 * through its first moments is the watcher told that the guest is now its own.  Until then every way out, a signal included,
 * goes through teardown, and after a kill -9 of this process the watcher does it.
 */
#include "domain/launch.h"

#include <unistd.h>

#include "domain/life.h"
#include "domain/names.h"
#include "domain/watch.h"

/* Made, started and let go. */
static int make(struct domain_ctx *ctx, struct domain_config *cfg, uint16_t *domid, struct socle_error *e)
{
	if (domain_create(ctx, cfg, domid, e))
		return -1;
	if (domain_start(ctx, *domid, e)) {
		domain_teardown(ctx, *domid, NULL);
		return -1;
	}
	watch_release(ctx->guard_fd, *domid);
	return 0;
}

int domain_launch(struct domain_ctx *ctx, struct domain_config *cfg, char *argv0, uint16_t *domid, struct socle_error *e)
{
	struct reserve mine = RESERVE_EMPTY;
	int r;

	if (domain_check_files(cfg, e) || domain_ctx_open(ctx, e) || names_reserve(ctx, cfg, &mine, e))
		return -1;
	ctx->guard_fd = watch_fork(cfg, &mine, argv0, e);
	if (ctx->guard_fd < 0) {
		reserve_release(&mine);
		return -1;
	}
	ctx->reserve = &mine;
	r = make(ctx, cfg, domid, e);
	ctx->reserve = NULL;
	if (r) {
		reserve_say(&mine, RESERVE_ENDING, 0);
		close(ctx->guard_fd); /* the watcher ends, and gives up the name */
	}
	ctx->guard_fd = 0;
	reserve_forget(&mine);
	if (r)
		names_leave_wait(&mine.line);
	return r;
}
