/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs: made without a context, then given one (by VCPUOP_initialise, setvcpucontext or dom0's builder), then up.
 *
 * A context is checked as a whole before anything is changed; then come the page-table roots, which may take long to
 * validate and restart, then the rest. What a failed attempt took is given back, so the vCPU stays as it was made.
 * An initialised vCPU takes new registers only: tables that differ are refused (pv-abi 2.12).
 *
 * vcpu_info stands in shared_info for the first 32 vCPUs until the guest registers a place of its own; that page is then
 * referenced and typed writable, so that it can neither be freed nor become a page table under our pen.
 *
 * Birth, context, up, down and the place of vcpu_info change under the domain's lock: all vCPUs of a domain, and every
 * vCPU of the control domain, may ask at once. The vCPU in question is not up, or paused, or asks for itself.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <abi/errno.h>
#include <abi/sched.h>
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/internal.h"
#include "evtchn/evtchn.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/clock.h"

struct vcpu *vcpu_get(struct domain *d, uint32_t id)
{
	unsigned int i;

	return idx_clamp(id, d->max_vcpus, &i) ? d->vcpu[i] : NULL;
}

static struct vcpu_info *info_default(struct vcpu *v)
{
	return v->id < XEN_LEGACY_MAX_VCPUS ? &v->domain->shared_info->vcpu_info[v->id] : &v->own_info;
}

/* Everything but the allocations that can fail. */
static struct vcpu *vcpu_alloc(struct domain *d, unsigned int id)
{
	struct vcpu *v = hv_alloc(sizeof(*v));

	if (!v)
		return NULL;
	hv_charge(v, 0, d);
	v->id = id;
	v->domain = d;
	v->kernel_mode = true;
	v->pv.pending_trap = -1;
	v->own_info.evtchn_upcall_mask = 1;
	v->info = info_default(v);
	return v;
}

static int create(struct domain *d, unsigned int id)
{
	struct vcpu *v;
	int rc;

	if (id >= d->max_vcpus || domain_is_dying(d))
		return -XEN_EINVAL;
	if (d->vcpu[id])
		return -XEN_EEXIST;
	v = vcpu_alloc(d, id);
	if (!v)
		return -XEN_ENOMEM;
	rc = sched_vcpu_init(v);
	vtime_vcpu_init(v);
	if (!rc)
		rc = xstate_alloc(v);
	if (!rc)
		rc = mm_vcpu_init(v);
	if (!rc)
		rc = pv_vcpu_init(v);
	if (rc) {
		vcpu_free(v);
		return rc;
	}
	atomic_store(&d->vcpu[id], v);
	return 0;
}

int vcpu_create(struct domain *d, unsigned int id)
{
	int rc;

	spin_lock(&d->lock);
	rc = create(d, id);
	spin_unlock(&d->lock);
	return rc;
}

/* Never ran, or its domain is dead and vcpu_relinquish() has been here. */
void vcpu_free(struct vcpu *v)
{
	sched_vcpu_fini(v);
	vtime_vcpu_fini(v);
	if (v->domain->evtchn)
		evtchn_vcpu_fini(v);
	xstate_free(v);
	if (v->domain->vcpu[v->id] == v)
		v->domain->vcpu[v->id] = NULL;
	hv_free(v);
}

static void info_unregister(struct vcpu *v)
{
	struct page *pg = v->info_page;

	if (v->id >= XEN_LEGACY_MAX_VCPUS)
		v->own_info.evtchn_upcall_mask = 1;
	evtchn_vcpu_info_replace(v, info_default(v));
	v->info_page = NULL;
	if (pg)
		page_put_and_type(pg);
}

void vcpu_relinquish(struct vcpu *v)
{
	v->periodic_period = 0;
	timer_kill(&v->singleshot);
	timer_kill(&v->periodic);
	sched_poll_wake(v);		/* stops the timer; the pause keeps it from running */
	v->runstate_va = v->time_va = 0;
	v->time_base = (struct vcpu_time_info){ 0 };
	info_unregister(v);
	pv_vcpu_relinquish(v);
}

int vcpu_reset(struct vcpu *v)
{
	struct domain *d = v->domain;
	int rc = -XEN_EINVAL;

	spin_lock(&d->lock);
	/* A dying one's vCPUs are the teardown's. */
	if (!domain_is_dying(d)) {
		v->initialised = false;
		v->online = false;
		v->blocked = false;
		vcpu_relinquish(v);
		rc = mm_vcpu_relinquish(v);
	}
	if (!rc) {
		v->kernel_mode = true;
		memset(&v->regs, 0, sizeof(v->regs));
	}
	spin_unlock(&d->lock);
	return rc;
}

/* ---- context --------------------------------------------------------------------------------------- */

static uint64_t root_address(const struct page *pg)
{
	return pg ? page_to_mfn(pg) << PAGE_SHIFT : 0;
}

/* Do the context's tables equal those the vCPU has? */
static bool same_tables(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;

	if (c->ctrlreg[3] != root_address(v->root_kernel) || c->ctrlreg[1] != root_address(v->root_user) ||
	    c->ldt_base != v->pv.ldt_base || c->ldt_ents != v->pv.ldt_ents || c->gdt_ents != v->pv.gdt_ents)
		return false;
	for (i = 0; i < DIV_ROUND_UP(c->gdt_ents, 512); i++)
		if (c->gdt_frames[i] != v->pv.gdt_mfn[i])
			return false;
	return true;
}

static int set_roots(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = mm_new_baseptr(v, c->ctrlreg[3] >> PAGE_SHIFT);

	if (!rc && c->ctrlreg[1])
		rc = mm_new_user_baseptr(v, c->ctrlreg[1] >> PAGE_SHIFT);
	return rc;
}

static void context_apply(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (c->flags & VGCF_i387_valid)
		xstate_load_fxsave(v, c->fpu_ctxt.x);
	v->initialised = true;
	v->online = c->flags & VGCF_online;
}

/* The tables of descriptors first: they are quickly taken and given back, the roots may be neither. */
static int first_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = pv_set_tables(v, c);

	if (!rc)
		rc = set_roots(v, c);
	if (rc == -XEN_ERESTART)
		return rc;
	if (rc) {
		pv_vcpu_relinquish(v);
		mm_vcpu_drop_roots(v);
		return rc;
	}
	pv_set_context(v, c);
	context_apply(v, c);
	return 0;
}

/* What has a context gets registers, but keeps its tables. */
static int later_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (!same_tables(v, c))
		return -XEN_EOPNOTSUPP;
	pv_set_context(v, c);
	context_apply(v, c);
	return 0;
}

int vcpu_initialise(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct domain *d = v->domain;
	int rc = pv_context_check(c);

	if (rc)
		return rc;
	spin_lock(&d->lock);
	rc = v->initialised ? -XEN_EEXIST : first_context(v, c);
	spin_unlock(&d->lock);
	return rc;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct domain *d = v->domain;
	int rc = pv_context_check(c);

	if (rc)
		return rc;
	spin_lock(&d->lock);
	if (domain_is_dying(d))
		rc = -XEN_EINVAL;
	else
		rc = v->initialised ? later_context(v, c) : first_context(v, c);
	spin_unlock(&d->lock);
	return rc;
}

/* v is paused. */
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	spin_lock(&v->domain->lock);
	pv_get_context(v, c);
	c->flags |= VGCF_i387_valid;
	xstate_store_fxsave(v, c->fpu_ctxt.x);
	c->ctrlreg[3] = root_address(v->root_kernel);
	c->ctrlreg[1] = root_address(v->root_user);
	spin_unlock(&v->domain->lock);
}

/* ---- up, down, paused ------------------------------------------------------------------------------- */

int vcpu_up(struct vcpu *v)
{
	struct domain *d = v->domain;
	int rc = 0;

	spin_lock(&d->lock);
	if (!v->initialised) {
		rc = -XEN_EINVAL;
	} else {
		v->online = true;
		sched_wake(v);
	}
	spin_unlock(&d->lock);
	return rc;
}

/* Two that go down at once must not both see the other one up: a domain with no vCPU up would never end. */
void vcpu_down(struct vcpu *v)
{
	struct domain *d = v->domain;
	unsigned int i, others = 0;

	spin_lock(&d->lock);
	for (i = 0; i < d->max_vcpus; i++)
		others += d->vcpu[i] && d->vcpu[i] != v && d->vcpu[i]->online;
	if (others) {
		v->online = false;
		sched_sleep(v);
	}
	spin_unlock(&d->lock);
	if (!others)
		domain_shutdown(d, SHUTDOWN_poweroff);
}

void vcpu_pause(struct vcpu *v)
{
	(void)atomic_inc(&v->pause_count);
	sched_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (!atomic_dec(&v->pause_count))
		sched_wake(v);
}

/* ---- vcpu_info -------------------------------------------------------------------------------------- */

static int register_info(struct vcpu *v, mfn_t mfn, uint32_t offset)
{
	struct page *pg;

	if (v->info_page || (v != current && v->online) || domain_is_dying(v->domain))
		return -XEN_EINVAL;
	if (!mfn_is_ram(mfn))
		return -XEN_EINVAL;
	pg = mfn_to_page(mfn);
	if (page_get_and_type(pg, v->domain, PGT_writable))
		return -XEN_EINVAL;
	v->info_page = pg;
	evtchn_vcpu_info_move(v, (struct vcpu_info *)((uint8_t *)mfn_to_virt(mfn) + offset));
	return 0;
}

int vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset)
{
	struct domain *d = v->domain;
	int rc;

	if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || offset % 8)
		return -XEN_ENXIO;
	spin_lock(&d->lock);
	rc = register_info(v, mfn, offset);
	spin_unlock(&d->lock);
	return rc;
}
