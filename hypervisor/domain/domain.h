/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a domain and a vCPU are. Life of a domain: building -> live -> dying -> dead (domain/teardown.c);
 * whoever adds a resource tests "not dying" under the lock that teardown takes. domain_get() is the only
 * way from a domid to a domain: it returns a reference or NULL.
 *
 * Lock legend: I immutable after publish, a atomic, d domain lock, p page_lock, m mm_lock, o owning vCPU
 * (or it is paused), s scheduler's queue lock.
 */
#ifndef SOCLE_DOMAIN_DOMAIN_H
#define SOCLE_DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/xen.h>
#include <abi/arch-x86_64.h>
#include <abi/domctl.h>
#include <abi/vcpu.h>
#include <abi/callback.h>
#include <abi/memory.h>
#include <socle/op.h>
#include "cpu/cpu.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/rangeset.h"
#include "mm/mm.h"
#include "platform/ports.h"
#include "sched/fair.h"
#include "time/timer.h"

#define MAX_VCPUS_PER_DOMAIN 128
#define NR_WATCHDOGS 2		/* SCHEDOP_watchdog */
#define CPU_WORDS (MAX_CPUS / 64)

typedef uint16_t domid_t;

/* Feature words of CPUID that domctl set_cpu_policy can narrow; the table is in policy.c. */
#define POLICY_WORDS 11

enum domain_life { DOMAIN_BUILDING, DOMAIN_LIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain_evtchn;	/* evtchn/ */
struct domain_grant;	/* grant/ */
struct domain_pirq;	/* irq/pirq.c */
struct rangeset;

struct domain {
	domid_t id;				/* I */
	bool privileged;			/* I: control and hardware domain (dom0) */
	bool system;				/* I: idle, DOMID_IO, DOMID_XEN: not listed, never runs guests' code */
	uint8_t handle[16];			/* d: UUID */
	uint32_t refs;				/* a */
	enum domain_life life;			/* d: changed only by domain_set_life() */
	struct spinlock teardown_lock;		/* one step of the end at a time, outermost */
	unsigned int teardown_step;		/* under it */
	uint32_t teardown_vcpu;			/* under it: next to give up what it holds */
	struct spinlock lock;
	struct list_head link;			/* domain list, ascending ids (domlist lock) */

	struct spinlock page_lock;
	struct list_head page_list;		/* p: all pages owned */
	struct list_head drain_list;		/* p: pages teardown still has to look at */
	bool draining;				/* p: page_list has been moved there */
	uint64_t tot_pages, max_pages;		/* p */
	uint64_t outstanding;			/* p: claim */
	struct spinlock grow_lock;
	struct list_head grow_list;		/* mm/grow.c, under grow_lock: blocks charged to it and not all adopted yet */
	struct spinlock mm_lock;		/* m: this domain's page-table trees */
	uint64_t *perdomain_l3;			/* I: direct-map pointer; in slot 258 of its roots */
	mfn_t perdomain_l3_mfn;			/* I */

	struct shared_info *shared_info;	/* I: hypervisor page shared with the guest */
	unsigned int max_vcpus;			/* I */
	struct vcpu *vcpu[MAX_VCPUS_PER_DOMAIN];	/* I each once set */
	struct domain_evtchn *evtchn;		/* I: set by evtchn_domain_init() */
	struct domain_grant *grant;		/* I */
	struct domain_pirq *pirq;		/* I: NULL unless it may have real interrupts */
	uint32_t max_evtchn_port;		/* I */
	int32_t max_grant_frames, max_maptrack_frames;	/* I */

	uint32_t controller_pause;		/* d: counted pauses by domctl */
	uint32_t pause_count;			/* a: all pauses; >0 = no vCPU runs */
	bool shutting_down, shut_down;		/* a */
	uint32_t shutdown_code;			/* a: all-ones until known */
	bool creation_finished;			/* d: first unpause */

	struct port_state ports;		/* platform/ports.c, under its lock */
	struct spinlock access_lock;
	struct rangeset *ioports, *iomem, *irqs;	/* I pointers, sets under access_lock: what hardware it may touch; NULL = none */
	uint32_t vm_assist;			/* d: VMASST_* bits */
	struct e820entry *e820; uint32_t nr_e820;	/* d: XENMEM_set_memory_map */
	int64_t time_offset;			/* d: seconds, settimeoffset */
	uint32_t tsc_mode, tsc_incarnation;	/* d */
	struct fair_group sched;		/* s: weight, cap and what is left of the cap's budget */
	struct domain_watchdog { struct domain *domain; struct timer timer; bool used; } watchdog[NR_WATCHDOGS];	/* d */
	uint32_t create_flags;			/* I: XEN_DOMCTL_CDF_* */
	struct list_head reap_link;		/* teardown.c: dead, waiting for its last reference */
	uint32_t cpuid_mask[POLICY_WORDS];	/* I after creation_finished: features it may see, see policy.c */
	bool crashed;				/* a: who sets it writes the last words */
	char last_words[128];			/* reason of the crash */
};

/* What pv/ keeps per vCPU. Owner: o. */
struct vcpu_pv {
	struct trap_info traps[256];
	uint64_t event_callback, failsafe_callback, syscall_callback, syscall32_callback, sysenter_callback;
	bool failsafe_masks_events, syscall_masks_events, syscall32_masks_events, sysenter_masks_events;
	uint16_t kernel_ss;
	uint64_t kernel_sp;
	uint64_t fs_base, gs_base_kernel, gs_base_user;	/* valid while not running */
	uint64_t cr4;			/* guest view */
	uint64_t cr2;			/* guest's last */
	bool ts;			/* virtual CR0.TS */
	uint8_t iopl;			/* virtual IOPL */
	uint64_t iobmp; uint32_t iobmp_limit;	/* PHYSDEVOP_set_iobitmap */
	uint64_t dr[8];
	mfn_t gdt_mfn[14]; unsigned int gdt_ents;
	uint64_t ldt_base; unsigned int ldt_ents;
	mfn_t ldt_mfn[16]; uint32_t ldt_taken;	/* pages in the window, bit per page */
	bool nmi_pending;		/* with the next one: tested at once on the way out */
	bool failsafe_pending;		/* the return or a selector load failed: failsafe frame is due */
	bool nmi_masked;
	uint64_t upcall_rip, upcall_rsp;	/* what the last upcall interrupted; 0: it slept since */
	bool by_iret;			/* what is under way to the guest was made by the iret hypercall */
	unsigned int upcalls_here;
	int pending_trap;		/* exception to be bounced at exit, -1 none; see pv/inject.c */
	uint32_t pending_error; bool pending_has_error;
	uint32_t tsc_aux;
};

struct vcpu_sched {
	struct fair_entity fair;	/* s: place in the run queue */
	uint64_t charged;		/* s: system time up to which its run time is accounted */
	bool yielded;			/* s: gave way on purpose */
	unsigned int last_cpu;		/* o: where its timers are */
	unsigned int nailed;		/* a: the CPU it is nailed to + 1, 0 = none */
	uint64_t hard[CPU_WORDS], soft[CPU_WORDS];	/* s: affinity; there is always a CPU in hard */
};

struct vcpu {
	unsigned int id;			/* I */
	struct domain *domain;			/* I */
	bool idle;				/* I */
	unsigned int cpu;			/* s: whose queue it belongs to; changes while it does not run */
	bool running;				/* a: set under s when chosen, cleared when its CPU is done with it: sched/core.c */
	bool initialised;			/* d, read by all: has a context */
	bool online;				/* d, read by all: !down */
	bool blocked, polling;			/* a/o: SCHEDOP_block, poll */
	uint32_t poll_port_single;		/* o: port when polling exactly one, 0 = many */
	uint32_t pause_count;			/* a */
	bool kernel_mode;			/* o: guest kernel (true) or user */
	struct cpu_user_regs regs;		/* o: while not running; else cpu_info.guest_regs */
	struct page *root_kernel, *root_user;	/* o: page-table roots, referenced and typed */
	struct page *old_table;			/* o: replaced table whose teardown goes on with the next operation */

	struct vcpu_info *info;			/* changes under the event lock: in shared_info or the registered page */
	struct vcpu_info own_info;		/* for ids beyond shared_info's 32, until one is registered */
	struct page *info_page;			/* d: registered page, referenced and writable-typed; else NULL */
	uint64_t runstate_va;			/* o: VCPUOP_register_runstate_memory_area, 0 none */
	struct vcpu_runstate_info runstate;	/* s */
	uint64_t waits[SOCLE_WAIT_BUCKETS];	/* s: turns by how long it had waited for them, socle/op.h */
	uint64_t time_va;			/* o: secondary time area */
	struct vcpu_time_info time_base;	/* o: clock parameters it was given last */

	struct vcpu_pv pv;
	struct vcpu_sched sched;
	struct timer singleshot, periodic, poll_timer;	/* time/vtime.c, sched */
	struct timer breath;			/* pv/inject.c: its interrupt is all that it does */
	uint64_t periodic_period;

	void *xsave;				/* o: area, 64-byte aligned */
	uint64_t xcr0;				/* o */
	uint32_t virq_to_port[24];		/* event lock of the domain */
};

extern struct domain *dom0, *dom_io, *dom_xen, *dom_idle;

struct domain *domain_get(domid_t id);		/* reference or NULL; DOMID_SELF is resolved by domain_get_any() */
struct domain *domain_get_any(domid_t id);	/* also DOMID_SELF */
void domain_ref(struct domain *d);		/* caller already holds one */
void domain_put(struct domain *d);
struct domain *domain_get_next(domid_t from);	/* reference on the first domain with id >= from, or NULL */
/* The same for debug keys: false if the list's lock is not to be had. */
bool domain_try_get_next(domid_t from, struct domain **out);
/* cfg as in XEN_DOMCTL_createdomain; id DOMID_INVALID = choose. 0 + *out (referenced, building, paused once) or errno. */
int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg, bool privileged, struct domain **out);
int domain_destroy(struct domain *d);		/* resumable: 0 or -XEN_ERESTART */
/* No domain is being freed this moment. *begun tells two such moments apart: the same number means that none was between. */
bool domain_reaping_none(uint32_t *begun);
void domain_pause(struct domain *d);		/* waits until no vCPU runs */
void domain_unpause(struct domain *d);
int vcpu_create(struct domain *d, unsigned int id);	/* 0, -XEN_EINVAL, -XEN_EEXIST, -XEN_ENOMEM */
/* Loads a context into a vCPU that has none (VCPUOP_initialise). 0 or errno, all or nothing; -XEN_EEXIST, -XEN_ERESTART. */
int vcpu_initialise(struct vcpu *v, const struct vcpu_guest_context *c);
/* The same from outside (setvcpucontext, dom0 builder), also for one that has a context. Its domain is paused. */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
int vcpu_reset(struct vcpu *v);			/* back to the state after vcpu_create(); paused by the caller. 0, -XEN_ERESTART */
int vcpu_up(struct vcpu *v);			/* 0, or -XEN_EINVAL without a context */
void vcpu_down(struct vcpu *v);			/* the last one's end is the domain's */
/* Moves v's vcpu_info into a page of its domain (pv-abi 2.5, op 10). 0, -XEN_ENXIO, -XEN_EINVAL. */
int vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset);
void vcpu_pause(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
struct vcpu *vcpu_get(struct domain *d, uint32_t id);	/* clamped index, or NULL */

/* The guest did something that only its own death can answer; logs guest, vCPU, reason, registers. */
void domain_crash(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* SCHEDOP_shutdown and friends; dom0's acts on the machine. May be called under any lock. */
void domain_shutdown(struct domain *d, uint32_t reason);
void domain_resume(struct domain *d);		/* a suspend that was cancelled: as if it had not been shut down */
/* Has memory or ports of a device: may choose cache types and empty the caches. For all others the first would let
 * them write past what we check (writes that wait in a buffer), the second slow down the machine. */
static inline bool domain_has_devices(const struct domain *d)
{
	return d->privileged || !rangeset_is_empty(d->iomem) || !rangeset_is_empty(d->ioports);
}
/* Is all of [first, last] in one of d's sets? */
static inline bool domain_may_access(struct domain *d, const struct rangeset *set, uint64_t first, uint64_t last)
{
	bool may;

	spin_lock(&d->access_lock);
	may = rangeset_contains_range(set, first, last);
	spin_unlock(&d->access_lock);
	return may;
}
static inline bool domain_is_dying(const struct domain *d) { return d->life >= DOMAIN_DYING; }

#endif
