/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_power.c
 *
 * The commands that end, stop or continue a guest: shutdown and reboot ask it through the store,
 * destroy, pause and unpause do not ask.  After a shutdown the guest's watcher takes it away; with
 * --wait this waits for that; wait waits without asking.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/sched.h>

#include "domain/codes.h"
#include "domain/life.h"
#include "domain/names.h"
#include "domain/presence.h"
#include "libsocle/domain.h"
#include "socle/cmd_power.h"
#include "socle/progress.h"

#define TIMEOUT_DEFAULT_S 60u
#define TIMEOUT_MAX_S     86400u
#define STEP_MS           100u

static int guest_find(struct domain_ctx *ctx, const char *who, uint16_t *domid,
		      struct socle_error *e)
{
	if (domain_ctx_open(ctx, e) || names_find(ctx, who, domid, e))
		return -1;
	if (*domid == 0)
		return socle_fail_id(e, EPERM, "control-domain", "it is the control domain, in which this command runs");
	return 0;
}

/* Leave a request in the place where the guest's kernel looks for it. */
static int request_leave(struct domain_ctx *ctx, uint16_t domid, const char *what,
			 struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	char path[64];
	int r = socle_domain_info(ctx->hv, domid, &info);

	if (r == 0 && (info.flags & XEN_DOMINF_shutdown))
		return socle_fail_id(e, DOMAIN_E_NOT_RUNNING, "already-ended", "it has already %s; 'socle destroy' takes it away",
				  domain_end_name(info.flags));
	if (r == 0 && (info.flags & XEN_DOMINF_paused))
		return socle_fail_id(e, DOMAIN_E_NOT_RUNNING, "guest-paused",
				  "it is paused and cannot hear; 'socle unpause' it first");
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	r = socle_store_write(ctx->store, 0, path, "%s", what);
	return r < 0 ? socle_fail_id(e, -r, "store-refused", "cannot leave the request in the store: %s", strerror(-r))
		     : 0;
}

/* Its name is free as well, unless it goes on after a restart. */
static int name_wait(const struct reserve_line *said)
{
	struct reserve_line now;
	bool held;

	if (reserve_look(SOCLE_NAMES_DIR, said->uuid, &now, &held) == 0 && now.state != RESERVE_REBOOTING)
		names_leave_wait(said);
	return 0;
}

static int gone_wait(struct domain_ctx *ctx, uint16_t domid, unsigned int seconds,
		     struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	uint64_t begin = clock_ns(), end = begin + seconds * UINT64_C(1000000000);
	struct reserve_line said;
	bool reserved = names_reserved(ctx, domid, &said);

	work_step(ctx->work, "waits for its end", WORK_MS, seconds * UINT64_C(1000));
	while (clock_ns() < end) {
		work_done(ctx->work, (clock_ns() - begin) / 1000000);
		if (socle_domain_info(ctx->hv, domid, &info) == -ESRCH)
			return reserved ? name_wait(&said) : 0;
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	if (info.flags & XEN_DOMINF_shutdown)
		return socle_fail_id(e, ETIMEDOUT, "not-taken-away",
				  "it %s, but nobody took it away within %u s (preserved, "
				  "or its watcher died?); 'socle destroy' does",
				  domain_end_name(info.flags), seconds);
	return socle_fail_id(e, ETIMEDOUT, "shutdown-timeout",
			  "it did not end within %u s; look at its console, or use 'socle "
			  "destroy'",
			  seconds);
}

int power_shutdown_wait(const char *who, unsigned int seconds, bool shown)
{
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .work = &work };
	struct socle_error err = { 0 };
	struct progress progress;
	uint16_t domid = 0;
	char title[80];
	int r;

	snprintf(title, sizeof(title), "shut down '%.40s'", who);
	if (shown)
		progress_begin(&progress, title, &work);
	r = guest_find(&ctx, who, &domid, &err) || request_leave(&ctx, domid, "poweroff", &err) ||
	    (seconds && gone_wait(&ctx, domid, seconds, &err));
	if (shown)
		progress_end(&progress);
	domain_ctx_close(&ctx);
	return r ? report("shut down", who, &err) : EXIT_OK;
}

int cmd_shutdown(const struct invocation *inv)
{
	unsigned int seconds = TIMEOUT_DEFAULT_S;
	bool all = flag_given(inv, "all");
	int r = flag_number(inv, "timeout", "seconds", 1, TIMEOUT_MAX_S, &seconds);

	if (r)
		return r;
	if (all == (inv->nr_args > 0))
		return usage_error(inv->cmd, all ? "'--all' means every guest; no NAME goes with it" : "'shutdown' needs NAME");
	if (all)
		return shutdown_all(inv, seconds);
	stop_catch();
	if (!flag_given(inv, "wait") && !flag_given(inv, "timeout"))
		seconds = 0;
	return power_shutdown_wait(inv->args[0], seconds, seconds > 0);
}

/* Until it runs again, as another domain. */
static int back_wait(struct domain_ctx *ctx, uint16_t domid, unsigned int seconds, struct socle_error *e)
{
	struct reserve_line said;

	if (!names_reserved(ctx, domid, &said))
		return socle_fail_id(e, ENOTSUP, "no-watcher", "it has no watcher that would start it again; it was asked to reboot");
	return presence_wait(ctx, said.uuid, PRESENCE_RUNNING, domid, seconds, e);
}

int cmd_reboot(const struct invocation *inv)
{
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .work = &work };
	struct progress progress;
	char title[80];
	unsigned int seconds = TIMEOUT_DEFAULT_S;
	struct socle_error err = { 0 };
	uint16_t domid = 0;
	int r = flag_number(inv, "timeout", "seconds", 1, TIMEOUT_MAX_S, &seconds);
	bool wait = flag_given(inv, "wait") || flag_given(inv, "timeout");

	if (r)
		return r;
	stop_catch();
	snprintf(title, sizeof(title), "reboot '%.40s'", inv->args[0]);
	if (wait)
		progress_begin(&progress, title, &work);
	r = guest_find(&ctx, inv->args[0], &domid, &err) || request_leave(&ctx, domid, "reboot", &err) ||
	    (wait && back_wait(&ctx, domid, seconds, &err));
	if (wait)
		progress_end(&progress);
	domain_ctx_close(&ctx);
	return r ? report("reboot", inv->args[0], &err) : EXIT_OK;
}

int cmd_wait(const struct invocation *inv)
{
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .work = &work };
	struct progress progress;
	char title[80];
	const char *want = flag_value(inv, "for");
	char key[DOMAIN_NAME_MAX + 1];
	struct socle_error err = { 0 };
	enum presence p = PRESENCE_OFF;
	unsigned int seconds = 0;
	int r = flag_number(inv, "timeout", "seconds", 1, TIMEOUT_MAX_S, &seconds);

	if (r)
		return r;
	if (want && strcmp(want, "running") == 0)
		p = PRESENCE_RUNNING;
	else if (want && strcmp(want, "rebooting") == 0)
		p = PRESENCE_REBOOTING;
	else if (want && strcmp(want, "off") != 0)
		return usage_error(inv->cmd, "'--for' takes running, off or rebooting, not '%.40s'", want);
	stop_catch();
	snprintf(title, sizeof(title), "wait for '%.40s'", inv->args[0]);
	progress_begin(&progress, title, &work);
	r = domain_ctx_open(&ctx, &err) || presence_key(&ctx, inv->args[0], key, &err) ||
	    presence_wait(&ctx, key, p, 0, seconds, &err);
	progress_end(&progress);
	domain_ctx_close(&ctx);
	return r ? report("wait for", inv->args[0], &err) : EXIT_OK;
}

int cmd_destroy(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	uint16_t domid = 0;
	int r = guest_find(&ctx, inv->args[0], &domid, &err) || domain_destroy(&ctx, domid, &err);

	domain_ctx_close(&ctx);
	return r ? report("destroy", inv->args[0], &err) : EXIT_OK;
}

static int run_control(const struct invocation *inv, const char *verb, uint32_t cmd,
		       bool want_paused)
{
	struct xen_domctl op = { .cmd = cmd };
	struct xen_domctl_getdomaininfo info;
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	uint16_t domid = 0;
	int r = guest_find(&ctx, inv->args[0], &domid, &err);

	op.domain = domid;
	if (!r && (r = socle_domain_info(ctx.hv, domid, &info)) < 0)
		r = socle_refused(&err, r, "the hypervisor refused");
	/* The hypervisor counts pauses; a user means a state. */
	if (!r && !!(info.flags & XEN_DOMINF_paused) != want_paused &&
	    (r = socle_domctl(ctx.hv, &op)) < 0)
		r = socle_refused(&err, r, "the hypervisor refused");
	domain_ctx_close(&ctx);
	return r ? report(verb, inv->args[0], &err) : EXIT_OK;
}

int cmd_pause(const struct invocation *inv)
{
	return run_control(inv, "pause", XEN_DOMCTL_pausedomain, true);
}

int cmd_unpause(const struct invocation *inv)
{
	return run_control(inv, "unpause", XEN_DOMCTL_unpausedomain, false);
}

/* The last watchdog of the control domain is the one that the hypervisor set before it started (sched_watchdog_preset()). */
#define DEADLINE_ID 2u

int cmd_healthy(const struct invocation *inv)
{
	struct sched_watchdog op = { .id = DEADLINE_ID };
	struct socle_error e = { 0 };
	struct socle_hv *hv = socle_hv_open(&e);
	long r;

	(void)inv;
	if (!hv)
		return report("stop the deadline of the control domain", NULL, &e);
	r = socle_sched_op(hv, SCHEDOP_watchdog, &op, sizeof(op));
	socle_hv_close(hv);
	if (r == -EINVAL)
		socle_fail_id(&e, DOMAIN_E_NOT_RUNNING, "no-deadline", "none is set: it was stopped before, or the hypervisor was started without dom0_deadline=");
	else if (r < 0)
		socle_refused(&e, (int)r, "the hypervisor refused to stop it");
	return r < 0 ? report("stop the deadline of the control domain", NULL, &e) : EXIT_OK;
}
