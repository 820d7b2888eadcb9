/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/plan.c
 *
 * See plan.h.  Where a guest's memory goes is asked of the code that lays it out (dom0_layout.c), how many nodes it gets of the
 * code that writes them (nodes.c).
 */
#include "domain/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/xen.h>
#include <hypervisor/domain/dom0_layout.h>

#include "device/control.h"
#include "domain/codes.h"
#include "domain/devices.h"
#include "domain/kernel.h"
#include "domain/life.h"
#include "domain/names.h"
#include "domain/nodes.h"

#define PAGE_KIB 4u

static void file_add(struct plan *p, const char *what, const char *path, bool writes)
{
	struct plan_file *f = &p->file[p->nr_files++];
	struct stat sb;

	*f = (struct plan_file){ .what = what, .path = path, .writes = writes };
	f->has_size = stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
	if (f->has_size)
		f->bytes = (uint64_t)sb.st_size;
}

static void bridge_add(struct plan *p, const char *name)
{
	char path[64];

	for (unsigned int i = 0; i < p->nr_bridges; i++)
		if (strcmp(p->bridge[i].name, name) == 0) {
			p->bridge[i].cards++;
			return;
		}
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
	p->bridge[p->nr_bridges++] = (struct plan_bridge){ .name = name, .exists = access(path, F_OK) == 0, .cards = 1 };
}

static unsigned int disk_queues(const struct domain_config *cfg)
{
	return cfg->vcpus < CTL_QUEUES_MAX ? cfg->vcpus : CTL_QUEUES_MAX;
}

void plan_price(const struct domain_config *cfg, struct plan *p)
{
	*p = (struct plan){ .start = cfg->start_kib, .max = cfg->max_kib, .overhead = PLAN_OVERHEAD_KIB };
	p->ports = p->grants = cfg->console ? 2 : 1; /* the store, the console */
	p->processes = 1;                            /* the watcher */
	p->nodes = nodes_count(cfg);
	file_add(p, "kernel", cfg->kernel, false);
	if (cfg->initrd)
		file_add(p, "initrd", cfg->initrd, false);
	for (unsigned int i = 0; i < cfg->nr_disks; i++) {
		const struct domain_disk *d = &cfg->disk[i];

		file_add(p, d->target, d->want.path, !d->want.readonly);
		p->ports += disk_queues(cfg);
		p->grants += disk_queues(cfg) * CTL_RING_PAGES;
		p->processes += !d->kernel;
	}
	for (unsigned int i = 0; i < cfg->nr_cards; i++) {
		const struct domain_card *c = &cfg->card[i];

		if (c->want.kind != VIF_ETHERNET)
			bridge_add(p, c->want.bridge);
		p->ports += 2 * c->want.queues;  /* a frontend may have one for each direction */
		p->grants += 2 * c->want.queues;
		p->processes += !c->kernel;
	}
}

/* How the guest's memory would be divided. */
static int layout_price(const struct domain_config *cfg, const struct elf_image *image, struct plan *p, struct socle_error *e)
{
	struct pv_layout_request req = { .image = image, .nr_pages = cfg->start_kib / PAGE_KIB, .store_and_console = true };
	struct pv_layout l;
	const char *why = "?";
	int r;

	for (unsigned int i = 0; i < p->nr_files; i++)
		if (strcmp(p->file[i].what, "initrd") == 0)
			req.initrd_len = p->file[i].bytes;
	r = pv_layout_compute(&req, &l, &why);
	if (r == -ENOMEM)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "memory-too-small", "%llu KiB are too little for this kernel and initrd "
				     "(%s); give the guest more <memory>", (unsigned long long)cfg->start_kib, why);
	if (r < 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' cannot be placed: %s", cfg->kernel, why);
	p->kernel = l.kernel.nr * PAGE_KIB;
	p->initrd = l.initrd.nr * PAGE_KIB;
	p->p2m = l.p2m.nr * PAGE_KIB;
	p->tables = pv_layout_nr_tables(&l) * PAGE_KIB;
	return 0;
}

static int kernel_price(const struct domain_config *cfg, const struct kernel *k, struct plan *p, struct socle_error *e)
{
	void *elf = malloc(k->size), *work = malloc(k->work);
	struct elf_image image;
	int r;

	if (elf && work)
		r = kernel_unpack(k, elf, work, &image, e);
	else
		r = socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "no memory in dom0 to unpack kernel '%s'", k->path);
	if (!r)
		r = layout_price(cfg, &image, p, e);
	free(work);
	free(elf);
	return r;
}

/* With name and UUID reserved, so that they are known to be free. */
static int plan_reserved(struct domain_ctx *ctx, struct domain_config *cfg, struct plan *p, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	struct kernel kernel;
	int r;

	if (domain_check(ctx, cfg, &kernel, e))
		return -1;
	plan_price(cfg, p);
	r = kernel_price(cfg, &kernel, p, e);
	kernel_unload(&kernel);
	if (r)
		return -1;
	r = socle_sysctl(ctx->hv, &op);
	if (r < 0)
		return socle_refused(e, r, "the hypervisor does not say how much memory is free");
	p->free = op.u.physinfo.free_pages * PAGE_KIB;
	return 0;
}

int domain_plan(struct domain_ctx *ctx, struct domain_config *cfg, struct plan *out, struct socle_error *e)
{
	struct reserve mine = RESERVE_EMPTY;
	int r;

	if (domain_check_files(cfg, e) || domain_ctx_open(ctx, e) || names_reserve(ctx, cfg, &mine, e))
		return -1;
	r = plan_reserved(ctx, cfg, out, e);
	reserve_release(&mine);
	return r;
}
