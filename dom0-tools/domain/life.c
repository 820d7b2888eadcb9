/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/life.c
 *
 * Birth and death of a guest.  A birth is a list of steps, and one undo for all of them: teardown
 * works on whatever exists, so it serves a creation that failed half-way, a user's destroy and a
 * guest's own end alike.  Whoever makes a guest has reserved its name and UUID before (reserve.h), so
 * creations run side by side.
 *
 * Order in teardown: backends first, since a page that they still map keeps the domain from
 * vanishing; then the hypervisor's part; then the store daemon is told, which unmaps its ring; then
 * the nodes, so that a user sees the guest until it is gone.
 */
#include "domain/life.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/sched.h>

#include "domain/build.h"
#include "domain/codes.h"
#include "domain/console.h"
#include "domain/devices.h"
#include "domain/disk.h"
#include "domain/event.h"
#include "domain/last.h"
#include "domain/names.h"
#include "domain/nodes.h"
#include "domain/plan.h"
#include "domain/uuid.h"
#include "domain/watch.h"
#include "libsocle/domain.h"

#define VANISH_MS      10000u
#define FIRST_LOOK_MS  200u
#define STEP_MS        10u
#define DESTROY_TRIES  1000u

static int memory_check(struct domain_ctx *ctx, const struct domain_config *cfg,
			struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	uint64_t free_kib, need = cfg->start_kib + PLAN_OVERHEAD_KIB;
	int r = socle_sysctl(ctx->hv, &op);

	if (r < 0)
		return socle_refused(e, r, "the hypervisor does not say how much memory is free");
	free_kib = op.u.physinfo.free_pages * 4;
	if (free_kib < need)
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "no-memory",
				  "not enough free memory: it needs %" PRIu64 " KiB, %" PRIu64
				  " KiB are free; give it less <memory> or stop another "
				  "guest",
				  need, free_kib);
	return 0;
}

static int file_check(const char *what, const char *path, struct socle_error *e)
{
	struct stat sb;

	if (!path)
		return 0;
	if (stat(path, &sb) || access(path, R_OK))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "file-missing", "cannot open %s '%s': %s", what, path,
				  strerror(errno));
	if (!S_ISREG(sb.st_mode))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "file-missing", "%s '%s' is not a regular file", what, path);
	return 0;
}

/* Bridges of an administrator: those of networks are made when they are wanted. */
static int bridges_check(const struct domain_config *cfg, struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_cards; i++) {
		const struct vif_config *c = &cfg->card[i].want;
		char path[64];

		snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", c->bridge);
		if (c->kind == VIF_BRIDGE && access(path, F_OK))
			return socle_fail_id(e, DOMAIN_E_BACKEND, "no-bridge", "interface %u: there is no bridge '%s'; make it (ip "
					     "link add %s type bridge; ip link set %s up), or name another", i, c->bridge, c->bridge,
					     c->bridge);
	}
	return 0;
}

int domain_check_files(struct domain_config *cfg, struct socle_error *e)
{
	struct domain_ctx files_only = { .store = NULL };

	domain_uuid_fill(cfg); /* addresses of cards follow from it */
	return file_check("kernel", cfg->kernel, e) || file_check("initrd", cfg->initrd, e) ||
	       disks_check(&files_only, cfg, e) || cards_settle(cfg, e) || bridges_check(cfg, e) ? -1 : 0;
}

/* Cheap checks before dear ones. */
int domain_check(struct domain_ctx *ctx, struct domain_config *cfg, struct kernel *kernel, struct socle_error *e)
{
	if (domain_check_files(cfg, e) || domain_ctx_open(ctx, e) || disks_check(ctx, cfg, e) ||
	    memory_check(ctx, cfg, e) || (cfg->console && console_check_daemon(e)))
		return -1;
	phase_end(ctx, "checks");
	if (kernel_load(cfg->kernel, kernel, e))
		return -1;
	phase_end(ctx, "read kernel");
	if (domain_ctx_check_stop(ctx, e)) {
		kernel_unload(kernel);
		return -1;
	}
	return 0;
}

/* An empty domain; its id, or -1. */
static int shell_make(struct domain_ctx *ctx, const struct domain_config *cfg,
		      struct socle_error *e)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .domain = DOMID_INVALID };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	int r;

	memcpy(c->handle, cfg->uuid, sizeof(c->handle));
	c->max_vcpus = cfg->vcpus;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = -1;    /* the hypervisor's own limits */
	c->max_maptrack_frames = -1;
	c->grant_opts = 1;           /* version 1 tables: all that stock Linux uses */
	r = socle_domctl(ctx->hv, &op);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor refused to make a domain");
	return op.domain;
}

static int vcpus_make(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		      struct socle_error *e)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus, .domain = domid };
	int r;

	op.u.max_vcpus.max = cfg->vcpus;
	r = socle_domctl(ctx->hv, &op);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor refused %u vCPUs", cfg->vcpus);
	return 0;
}

void domain_uuid_fill(struct domain_config *cfg)
{
	if (!cfg->has_uuid)
		uuid_make(cfg->uuid);
	cfg->has_uuid = true;
}

/* Those who wait for it learn that there is a domain now, before anything of it can be seen. */
static void birth_tell(struct domain_ctx *ctx, uint16_t domid)
{
	if (ctx->reserve)
		reserve_say(ctx->reserve, ctx->reserve->line.state, domid);
	if (ctx->guard_fd > 0)
		watch_born(ctx->guard_fd, domid);
}

/* A domain with a name in the store; its id, or -1. */
static int identity_make(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e)
{
	int domid = shell_make(ctx, cfg, e);

	if (domid < 0)
		return -1;
	birth_tell(ctx, (uint16_t)domid);
	if (nodes_create(ctx, (uint16_t)domid, cfg, e)) {
		domain_teardown(ctx, (uint16_t)domid, NULL);
		return -1;
	}
	return domid;
}

/* All steps after the identity; the caller undoes. */
static int body_make(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		     const struct kernel *kernel, struct socle_error *e)
{
	struct build_result built;

	if (vcpus_make(ctx, domid, cfg, e) || domain_build(ctx, domid, cfg, kernel, &built, e))
		return -1;
	if (domain_ctx_check_stop(ctx, e) || nodes_introduce(ctx, domid, cfg, &built, e))
		return -1;
	work_step(ctx->work, "console", WORK_BYTES, 0);
	if (cfg->console && console_wait(ctx, domid, e))
		return -1;
	phase_end(ctx, "store, console");
	work_step(ctx->work, "devices", WORK_BYTES, 0);
	if (devices_attach(ctx, domid, cfg, e))
		return -1;
	phase_end(ctx, "devices");
	return domain_ctx_check_stop(ctx, e);
}

int domain_create(struct domain_ctx *ctx, struct domain_config *cfg, uint16_t *domid,
		  struct socle_error *e)
{
	struct kernel kernel;
	int id, r;

	if (domain_check(ctx, cfg, &kernel, e))
		return -1;
	id = identity_make(ctx, cfg, e);
	if (id < 0) {
		kernel_unload(&kernel);
		return -1;
	}
	*domid = (uint16_t)id;
	last_name_keep(cfg->name, cfg->uuid);
	phase_end(ctx, "identity");
	r = body_make(ctx, *domid, cfg, &kernel, e);
	kernel_unload(&kernel);
	if (r)
		domain_teardown(ctx, *domid, NULL);
	return r;
}

const char *domain_end_name(uint32_t flags)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "powered off", [SHUTDOWN_reboot] = "rebooted",
		[SHUTDOWN_suspend] = "suspended", [SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "was stopped by its watchdog",
		[SHUTDOWN_soft_reset] = "asked for a soft reset",
	};
	uint32_t code = flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	if (flags & XEN_DOMINF_dying)
		return "was destroyed";
	if (!(flags & XEN_DOMINF_shutdown))
		return NULL;
	return code < sizeof(names) / sizeof(names[0]) ? names[code] : "ended";
}

static bool has_powered_off(uint32_t flags)
{
	return (flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) == XEN_DOMINF_shutdown &&
	       (flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_poweroff;
}

static int first_look(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	for (unsigned int ms = 0; ms < FIRST_LOOK_MS; ms += STEP_MS) {
		struct xen_domctl_getdomaininfo info;
		int r = socle_domain_info(ctx->hv, domid, &info);
		const char *end = r < 0 ? "vanished" : domain_end_name(info.flags);

		/* One that is off already did what it was made for; its end is the watcher's. */
		if (end && r >= 0 && has_powered_off(info.flags))
			return 0;
		if (end)
			return socle_fail_id(e, ECHILD, "died-at-start",
					  "the guest %s within %u ms of its start; see 'socle "
					  "dmesg' for the hypervisor's reason and 'socle log' for "
					  "its last words", end, ms);
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return 0;
}

int domain_start(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_unpausedomain, .domain = domid };
	int r = socle_domctl(ctx->hv, &op);

	if (r < 0)
		return socle_refused(e, r, "the hypervisor refused to start it");
	phase_end(ctx, "start");
	if (first_look(ctx, domid, e))
		return -1;
	if (ctx->reserve)
		reserve_say(ctx->reserve, RESERVE_RUNNING, domid);
	return 0;
}

/* The hypervisor's part.  Destruction is done in slices; "again" is not an error. */
static int hypervisor_destroy(struct domain_ctx *ctx, uint16_t domid)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain, .domain = domid };
	int r = -EBUSY;

	for (unsigned int i = 0; i < DESTROY_TRIES && (r == -EBUSY || r == -EAGAIN); i++)
		r = socle_domctl(ctx->hv, &op);
	return r == -ESRCH ? 0 : r;
}

static int vanish_wait(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;

	for (unsigned int ms = 0; ms < VANISH_MS; ms += STEP_MS) {
		if (socle_domain_info(ctx->hv, domid, &info) == -ESRCH)
			return 0;
		sleep_ms(STEP_MS);
	}
	return socle_fail_id(e, EBUSY, "pages-held",
			  "domain %u is dead, but %" PRIu64 " KiB of it are still in use: "
			  "some process in dom0 has its pages mapped",
			  domid, info.tot_pages * 4);
}

/* What undoes a creation that failed needs a store, and it may be the store's connection that failed. */
static void store_renew(struct domain_ctx *ctx)
{
	struct socle_store *fresh = ctx->store && socle_store_lost(ctx->store) ? socle_store_open(NULL) : NULL;

	if (!fresh)
		return;
	socle_store_close(ctx->store);
	ctx->store = fresh;
}

int domain_teardown(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	struct xen_domctl pause = { .cmd = XEN_DOMCTL_pausedomain, .domain = domid };
	int r, nodes = 0;

	if (domid == 0)
		return socle_fail_id(e, EPERM, "control-domain",
				  "Domain-0 is the control domain; use 'poweroff' inside it");
	socle_domctl(ctx->hv, &pause); /* it need not exist any more */
	store_renew(ctx);
	devices_end(ctx, domid);
	r = hypervisor_destroy(ctx, domid);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor refused to destroy domain %u", domid);
	if (ctx->store) {
		socle_store_release(ctx->store, domid); /* fails when it was never introduced */
		nodes = nodes_remove(ctx, domid);
	}
	if (vanish_wait(ctx, domid, e))
		return -1;
	guest_run_dir_remove(domid);
	if (nodes < 0)
		return socle_fail_id(e, DOMAIN_E_PARTIAL, "nodes-left", "domain %u is gone, but its store nodes could not be "
				  "removed: %s", domid, strerror(-nodes));
	return 0;
}

int domain_destroy(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	struct reserve_line said, now;
	bool reserved = domid && names_reserved(ctx, domid, &said), watched = false;

	if (reserved)
		reserve_look(SOCLE_NAMES_DIR, said.uuid, &now, &watched);
	if (domain_teardown(ctx, domid, e))
		return -1;
	if (reserved)
		names_leave_wait(&said);
	/* Its watcher tells it, if it has one. */
	if (reserved && !watched)
		event_tell((struct event){ .what = EVENT_GONE, .name = said.name, .uuid = said.uuid, .domid = domid,
					   .reason = "destroyed" });
	return 0;
}
