/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity and life of domains.
 *
 * A domain is built in the dark, module by module along one table, and published last; from then on domain_get() finds
 * it. The list itself holds one reference, which teardown.c gives up when a dead domain has nothing left, so
 * a count of zero is never seen from outside.
 *
 *   building --first unpause--> live --destroy--> dying --all given back--> dead --last reference--> freed
 *       `--------------------------destroy------------^
 *
 * Three system domains exist from the first instruction: owners of frames that belong to no guest (dom_xen: pages of the
 * hypervisor that guests may map; dom_io: device memory), and dom_idle, whose vCPUs run when nobody else does. They are not listed.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <abi/errno.h>
#include <abi/grant_table.h>
#include <abi/sched.h>
#include "asm/atomic.h"
#include "boot/cmdline.h"
#include "cpu/smp.h"
#include "debug/keys.h"
#include "debug/last.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "domain/internal.h"
#include "domain/policy.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "lib/format.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include "time/clock.h"

#define GRANT_FRAMES_DEFAULT	64	/* limits of Xen 4.17, which toolstacks ask for by -1 */
#define MAPTRACK_FRAMES_DEFAULT	1024
#define GRANT_VERSION_MAX	2	/* a ceiling that creators name; version 1 is what there is */
#define SHUTDOWN_CODE_UNKNOWN	(~0u)

#define SYSTEM_DOMAIN(n, ident) [n] = { \
	.id = (ident), .system = true, .refs = 1, .life = DOMAIN_LIVE, .max_pages = ~0UL, \
	.lock = SPINLOCK_INIT(RANK_DOMAIN), .access_lock = SPINLOCK_INIT(RANK_ACCESS), .page_lock = SPINLOCK_INIT(RANK_PAGE), .mm_lock = SPINLOCK_INIT(RANK_MM), \
	.link = LIST_HEAD_INIT(systems[n].link), .page_list = LIST_HEAD_INIT(systems[n].page_list), \
	.drain_list = LIST_HEAD_INIT(systems[n].drain_list), .grow_list = LIST_HEAD_INIT(systems[n].grow_list), \
	.reap_link = LIST_HEAD_INIT(systems[n].reap_link), \
	.sched = { .weight = FAIR_WEIGHT_DEFAULT }, .shutdown_code = SHUTDOWN_CODE_UNKNOWN, \
}

static struct domain systems[3] = {
	SYSTEM_DOMAIN(0, DOMID_IO), SYSTEM_DOMAIN(1, DOMID_XEN), SYSTEM_DOMAIN(2, DOMID_IDLE),
};

struct domain *dom_io = &systems[0], *dom_xen = &systems[1], *dom_idle = &systems[2];
struct domain *dom0;

/* One creation at a time: from the choice of the id to its publication. */
static struct spinlock create_lock = SPINLOCK_INIT(RANK_DOMCTL);
static struct spinlock list_lock = SPINLOCK_INIT(RANK_DOMLIST);
static struct list_head domains = LIST_HEAD_INIT(domains);

/* ---- lookup and references ------------------------------------------------------------------------- */

/* The first one from that id on. One that the reaper has claimed counts only for the choice of ids. List lock held. */
static struct domain *find_from(domid_t from, bool claimed_too)
{
	struct domain *d;

	list_for_each_entry(d, &domains, link)
		if (d->id >= from && (claimed_too || READ_ONCE(d->refs)))
			return d;
	return NULL;
}

struct domain *domain_get_next(domid_t from)
{
	struct domain *d;

	spin_lock(&list_lock);
	d = find_from(from, false);
	if (d)
		domain_ref(d);
	spin_unlock(&list_lock);
	return d;
}

bool domain_try_get_next(domid_t from, struct domain **out)
{
	if (!dump_trylock(&list_lock))
		return false;
	*out = find_from(from, false);
	if (*out)
		domain_ref(*out);
	spin_unlock(&list_lock);
	return true;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = domain_get_next(id);

	if (d && d->id != id) {
		domain_put(d);
		return NULL;
	}
	return d;
}

struct domain *domain_get_any(domid_t id)
{
	if (id != DOMID_SELF)
		return domain_get(id);
	domain_ref(current->domain);
	return current->domain;
}

void domain_ref(struct domain *d)
{
	(void)atomic_inc(&d->refs);
}

void domain_put(struct domain *d)
{
	bool dead = d->life == DOMAIN_DEAD;	/* looked at first: the reaper may free d once the count has dropped */

	if (atomic_dec(&d->refs) == 1 && dead)
		domain_reap_soon();
}

bool domain_claim(struct domain *d)
{
	bool alone;

	spin_lock(&list_lock);
	alone = cmpxchg32(&d->refs, 1, 0) == 1;
	spin_unlock(&list_lock);
	return alone;
}

void domain_unclaim(struct domain *d)
{
	spin_lock(&list_lock);
	atomic_store(&d->refs, 1);
	spin_unlock(&list_lock);
}

void domain_set_life(struct domain *d, enum domain_life to)
{
	bool ok = (to == DOMAIN_LIVE && d->life == DOMAIN_BUILDING) || (to == DOMAIN_DYING && d->life < DOMAIN_DYING) ||
		  (to == DOMAIN_DEAD && d->life == DOMAIN_DYING);

	if (!ok)
		panic("domain %u goes from life %d to %d", d->id, d->life, to);
	d->life = to;
}

/* ---- building -------------------------------------------------------------------------------------- */

/* Before anything else shares it: events masked on every vCPU (pv-abi 1.6). */
static int shared_info_init(struct domain *d)
{
	unsigned int i;

	d->shared_info = hv_alloc_pages(0);
	if (!d->shared_info)
		return -XEN_ENOMEM;
	for (i = 0; i < ARRAY_SIZE(d->shared_info->vcpu_info); i++)
		d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
	page_share(d->shared_info, d, true);
	return 0;
}

bool domain_retract_shared_info(struct domain *d)
{
	if (d->shared_info && !page_unshare(d->shared_info, d))
		return false;
	if (d->shared_info)
		hv_free_pages(d->shared_info, 0);
	d->shared_info = NULL;
	return true;
}

/* Teardown retracts it before this, while it can still wait; here only a domain that was never published comes by. */
static void shared_info_fini(struct domain *d)
{
	if (!domain_retract_shared_info(d))
		panic("domain %u: its shared page is still mapped", d->id);
}

static void access_fini(struct domain *d)
{
	if (d->privileged) {
		platform_domain_fini(d);
		return;
	}
	rangeset_free(d->ioports);
	rangeset_free(d->iomem);
	rangeset_free(d->irqs);
	d->ioports = d->iomem = d->irqs = NULL;
}

/* dom0 gets all the hardware that the hypervisor does not keep; others what domctl gives them. */
static int access_init(struct domain *d)
{
	if (d->privileged)
		return platform_domain_init(d);
	d->ioports = rangeset_new();
	d->iomem = rangeset_new();
	d->irqs = rangeset_new();
	if (d->ioports && d->iomem && d->irqs)
		return 0;
	access_fini(d);
	return -XEN_ENOMEM;
}

static int sched_part_init(struct domain *d)
{
	fair_group_init(&d->sched);
	sched_watchdog_init(d);
	return 0;
}

/* What a domain consists of. Built from the first row to the last, undone from the last to the first. */
static const struct module {
	int (*init)(struct domain *d);
	void (*fini)(struct domain *d);
} modules[] = {
	{ sched_part_init, sched_watchdog_fini },
	{ mm_domain_init, mm_domain_fini },
	{ shared_info_init, shared_info_fini },
	{ evtchn_domain_init, evtchn_domain_fini },
	{ grant_domain_init, grant_domain_fini },
	{ access_init, access_fini },
};

static void modules_undo(struct domain *d, unsigned int from)
{
	while (from--)
		modules[from].fini(d);
}

void domain_free(struct domain *d)
{
	unsigned int i;

	spin_lock(&list_lock);
	list_del(&d->link);
	spin_unlock(&list_lock);
	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	modules_undo(d, ARRAY_SIZE(modules));
	hv_free(d->e820);
	hv_free(d);
}

static int config_check(const struct xen_domctl_createdomain *cfg, bool privileged)
{
	if (cfg->flags & ~XEN_DOMCTL_CDF_xs_domain || cfg->iommu_opts || cfg->vmtrace_size)
		return -XEN_EINVAL;	/* HVM, IOMMU and tracing: not here */
	if (!cfg->max_vcpus || cfg->max_vcpus > MAX_VCPUS_PER_DOMAIN)
		return -XEN_EINVAL;
	if (cfg->arch.emulation_flags & ~(privileged ? XEN_X86_EMU_PIT : 0u))
		return -XEN_EOPNOTSUPP;
	if (cfg->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX)
		return -XEN_EINVAL;
	if ((cfg->grant_opts & XEN_DOMCTL_GRANT_version_mask) > GRANT_VERSION_MAX ||
	    cfg->grant_opts & ~XEN_DOMCTL_GRANT_version_mask)
		return -XEN_EINVAL;
	if (cfg->max_grant_frames < -1 || cfg->max_grant_frames > GRANT_FRAMES_DEFAULT ||
	    cfg->max_maptrack_frames < -1 || cfg->max_maptrack_frames > MAPTRACK_FRAMES_DEFAULT)
		return -XEN_EINVAL;
	return cfg->cpupool_id ? -XEN_ESRCH : 0;
}

static struct domain *domain_alloc(const struct xen_domctl_createdomain *cfg, bool privileged)
{
	struct domain *d = hv_alloc(sizeof(*d));

	if (!d)
		return NULL;
	d->privileged = privileged;
	memcpy(d->handle, cfg->handle, sizeof(d->handle));
	d->refs = 2;			/* the list's and the caller's */
	d->life = DOMAIN_BUILDING;
	spin_init(&d->teardown_lock, RANK_DOMCTL);
	spin_init(&d->lock, RANK_DOMAIN);
	spin_init(&d->access_lock, RANK_ACCESS);
	spin_init(&d->page_lock, RANK_PAGE);
	spin_init(&d->mm_lock, RANK_MM);
	list_init(&d->link);
	list_init(&d->page_list);
	list_init(&d->drain_list);
	list_init(&d->reap_link);
	d->create_flags = cfg->flags;
	d->max_vcpus = cfg->max_vcpus;
	d->max_evtchn_port = cfg->max_evtchn_port;
	d->max_grant_frames = cfg->max_grant_frames < 0 ? GRANT_FRAMES_DEFAULT : cfg->max_grant_frames;
	d->max_maptrack_frames = cfg->max_maptrack_frames < 0 ? MAPTRACK_FRAMES_DEFAULT : cfg->max_maptrack_frames;
	d->pause_count = 1;
	/* dom0 is started by its builder, the others by a toolstack that counts its own pauses. */
	d->controller_pause = privileged ? 0 : 1;
	d->shutdown_code = SHUTDOWN_CODE_UNKNOWN;
	memset(d->cpuid_mask, 0xff, sizeof(d->cpuid_mask));
	return d;
}

static bool id_in_use(domid_t id)
{
	const struct domain *d;
	bool used;

	spin_lock(&list_lock);
	d = find_from(id, true);
	used = d && d->id == id;
	spin_unlock(&list_lock);
	return used;
}

/* The list is in ascending order of ids. */
static void publish(struct domain *d)
{
	struct domain *after;

	spin_lock(&list_lock);
	after = find_from(d->id, true);
	list_add_tail(&d->link, after ? &after->link : &domains);
	spin_unlock(&list_lock);
}

/* Round robin, so that a dead domain's id is not soon somebody else's. create_lock held. */
static int id_choose(domid_t wanted, domid_t *id)
{
	static domid_t last;
	unsigned int tries;

	if (wanted < DOMID_FIRST_RESERVED) {
		*id = wanted;
		return id_in_use(wanted) ? -XEN_EEXIST : 0;
	}
	for (tries = 1; tries < DOMID_FIRST_RESERVED; tries++) {
		last = last + 1 < DOMID_FIRST_RESERVED ? last + 1 : 1;
		if (!id_in_use(last)) {
			*id = last;
			return 0;
		}
	}
	return -XEN_ENOMEM;
}

static int domain_build(struct domain *d, domid_t wanted)
{
	unsigned int i;
	int rc = id_choose(wanted, &d->id);

	hv_charge(d, 0, d);
	for (i = 0; !rc && i < ARRAY_SIZE(modules); i++) {
		rc = modules[i].init(d);
		if (rc)
			modules_undo(d, i);
	}
	if (rc)
		return rc;
	vtime_domain_wallclock(d);
	publish(d);
	return 0;
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg, bool privileged, struct domain **out)
{
	struct domain *d;
	int rc = config_check(cfg, privileged);

	if (rc)
		return rc;
	d = domain_alloc(cfg, privileged);
	if (!d)
		return -XEN_ENOMEM;
	spin_lock(&create_lock);
	rc = domain_build(d, id);
	spin_unlock(&create_lock);
	if (rc)
		hv_free(d);
	else
		*out = d;
	return rc;
}

/* ---- pausing --------------------------------------------------------------------------------------- */

static void for_each_vcpu(struct domain *d, void (*fn)(struct vcpu *))
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			fn(d->vcpu[i]);
}

void domain_pause(struct domain *d)
{
	(void)atomic_inc(&d->pause_count);
	for_each_vcpu(d, sched_sleep_sync);
}

void domain_unpause(struct domain *d)
{
	if (atomic_dec(&d->pause_count))
		return;
	if (d->life == DOMAIN_BUILDING) {
		spin_lock(&d->lock);
		if (d->life == DOMAIN_BUILDING)
			domain_set_life(d, DOMAIN_LIVE);
		d->creation_finished = true;
		spin_unlock(&d->lock);
		/* Builders start a guest with a cleared shared_info. */
		vtime_domain_wallclock(d);
	}
	for_each_vcpu(d, sched_wake);
}

/* ---- its own end ----------------------------------------------------------------------------------- */

static void __attribute__((noreturn)) machine_follow(uint32_t reason)
{
	static const char *const names[] = { "powered off", "rebooted", "suspended", "crashed", "was stopped by its watchdog" };

	printk("Domain 0 %s\n", reason < ARRAY_SIZE(names) ? names[reason] : "shut down for an unknown reason");
	switch (reason) {
	case SHUTDOWN_poweroff:
		machine_poweroff();
	case SHUTDOWN_reboot:
		machine_restart();
	case SHUTDOWN_crash:
	case SHUTDOWN_watchdog:
		if (!options.noreboot) {
			printk("The machine restarts. The option noreboot would halt it instead.\n");
			machine_restart();
		}
	}
	printk("The machine is halted.\n");
	/* Nothing is printed from here on: another CPU may stop with the log's lock held. */
	smp_stop_others();
	machine_halt();
}

/*
 * Locks of any rank may be held here: a guest can earn its end in the middle of a page-table update. So this
 * takes none but those of the scheduler and leaves the news to a timer.
 */
void domain_shutdown(struct domain *d, uint32_t reason)
{
	if (__atomic_exchange_n(&d->shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	(void)cmpxchg32(&d->shutdown_code, SHUTDOWN_CODE_UNKNOWN, reason);
	if (d->privileged)
		machine_follow(d->shutdown_code);
	last_words_record(d, reason == SHUTDOWN_crash && d->last_words[0] ? SOCLE_END_CRASH : SOCLE_END_SHUTDOWN,
			  d->shutdown_code);
	(void)atomic_inc(&d->pause_count);
	for_each_vcpu(d, sched_sleep);
	atomic_store(&d->shut_down, true);
	domain_notify();
}

void domain_resume(struct domain *d)
{
	if (!__atomic_exchange_n(&d->shut_down, false, __ATOMIC_SEQ_CST))
		return;
	atomic_store(&d->shutdown_code, SHUTDOWN_CODE_UNKNOWN);
	atomic_store(&d->crashed, false);
	atomic_store(&d->shutting_down, false);
	domain_unpause(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	struct vcpu *v = current;
	va_list args;

	/* Several of its vCPUs may have a reason; the first one counts. */
	if (READ_ONCE(d->shutting_down) || __atomic_exchange_n(&d->crashed, true, __ATOMIC_SEQ_CST))
		return;
	va_start(args, fmt);
	vsnprintf(d->last_words, sizeof(d->last_words), fmt, args);
	va_end(args);
	if (v && v->domain == d) {
		printk("Domain %u crashed on vCPU %u: %s\n", d->id, v->id, d->last_words);
		show_registers(guest_regs());
	} else {
		printk("Domain %u crashed: %s\n", d->id, d->last_words);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}
