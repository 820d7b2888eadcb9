/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/adopt.c
 *
 * A new watcher for a guest whose own was killed.  What it has to know stands in the guest's folder; the reservation says whether
 * somebody still is its watcher.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/devices.h"
#include "domain/event.h"
#include "domain/process.h"
#include "domain/names.h"
#include "domain/watch.h"
#include "domain/watcher.h"
#include "libsocle/domain.h"

/* In the new process: tell the starter how it went, and go on alone. */
__attribute__((noreturn))
static void adopt_run(struct watcher *w, int tell)
{
	struct socle_error err = { 0 };
	ssize_t told;

	process_leave();
	watcher_detach(w, tell);
	if (watcher_supervise(w, &err) && !err.code)
		err.code = EIO;
	told = write(tell, &err, sizeof(err));
	close(tell);
	if (err.code || told != (ssize_t)sizeof(err))
		_exit(1);
	watcher_say(w, "supervised again, by process %d", (int)getpid());
	watcher_tell(w, EVENT_SUPERVISED, NULL, NULL, NULL);
	watcher_run(w);
}

/*
 * The UUID tells this guest from others of its id, whatever the description says; and with it the name is taken, which the new
 * watcher inherits.
 */
static int identity_take(uint16_t domid, struct domain_config *cfg, struct reserve *reserve, struct socle_error *e)
{
	struct domain_ctx ctx = { .hv = socle_hv_open(e) };
	struct reserve_place place = names_place(&ctx);
	struct xen_domctl_getdomaininfo info;
	int r = ctx.hv ? socle_domain_info(ctx.hv, domid, &info) : -1;

	if (ctx.hv && r < 0)
		socle_refused(e, r, "the hypervisor does not tell about domain %u", domid);
	if (r == 0) {
		memcpy(cfg->uuid, info.handle, sizeof(cfg->uuid));
		cfg->has_uuid = true;
		r = reserve_adopt(reserve, &place, cfg->name, cfg->uuid, domid, e);
	}
	domain_ctx_close(&ctx);
	return r ? -1 : 0;
}

int watch_adopt(uint16_t domid, char *argv0, struct socle_error *e)
{
	struct watcher w = { .reserve = RESERVE_EMPTY, .go_fd = -1, .argv0 = argv0, .domid = domid };
	struct socle_error got = { .code = EPIPE, .text = "the new supervisor ended at once" };
	int tell[2];
	pid_t pid;

	w.cfg = watch_description(domid, e);
	if (!w.cfg || identity_take(domid, w.cfg, &w.reserve, e) || pipe2(tell, O_CLOEXEC)) {
		reserve_forget(&w.reserve);
		domain_config_free(w.cfg);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		adopt_run(&w, tell[1]);
	close(tell[1]);
	if (pid < 0 || read(tell[0], &got, sizeof(got)) != (ssize_t)sizeof(got))
		got.code = EPIPE;
	close(tell[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	reserve_forget(&w.reserve);
	domain_config_free(w.cfg);
	if (got.code)
		*e = got;
	return got.code ? -1 : 0;
}
