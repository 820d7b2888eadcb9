/* SPDX-License-Identifier: BSD-2-Clause */
/* See harness.h. */
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "asm/atomic.h"
#include "boot/bootinfo.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "grant/grant.h"
#include "grant/internal.h"
#include "harness.h"
#include "lib/rangeset.h"
#include "pv/pv.h"

char test_ram[TEST_FRAMES * 4096] __attribute__((aligned(4096)));
char test_frames[TEST_FRAMES * sizeof(struct page)] __attribute__((aligned(64)));
uint64_t test_m2p[TEST_FRAMES];
__thread struct vcpu *test_current;
__thread struct cpu_info test_cpu;
__thread uint64_t test_cr3, test_cr4;
bool test_threads;
unsigned int test_flushes, test_preempt_percent, test_work;
void (*test_flush_hook)(void);
uint64_t test_guest_start, test_guest_end;
struct domain *test_dom[2], *dom0, *dom_io, *dom_xen, *dom_idle;
struct cpu_features host_features = { .paddr_bits = 46 };
struct bootinfo bootinfo;
uint64_t *idle_l4;
static uint64_t idle_root[512];
static struct domain system_dom[2];
static __thread uint64_t seed;

uint32_t rnd(uint32_t limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return limit ? (uint32_t)(seed >> 33) % limit : 0;
}

void rnd_seed(uint64_t s)
{
	seed = s * 2654435761u + 1;
}

/* ---- what the modules under test call ------------------------------------------------------------- */

unsigned int smp_nr_cpus(void) { return 1; }
struct cpu_info *smp_cpu_info(unsigned int cpu) { return cpu == 0 ? &test_cpu : NULL; }

void smp_relax(void)
{
	if (!test_threads)
		panic("the only CPU waits for another");
	sched_yield();
}

/* With threads each believes to be the only CPU: there is no TLB that could be stale. */
void smp_flush_tlbs(const uint64_t *cpus)
{
	if (!test_threads && cpus[0] != 1)
		panic("a flush on CPUs %lx: there is only one", cpus[0]);
	tlb_flush_local();
}

void test_raise_work(uint32_t bits) { test_work |= bits; }
bool preempt_check(void) { return rnd(100) < test_preempt_percent; }

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	abort();
}

void (*test_print)(const char *text);

void printk(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	if (!test_print)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	test_print(line);
}

long refuse_at(long err, const char *where, const char *fmt, ...)
{
	(void)where;
	(void)fmt;
	return err;
}

void domain_ref(struct domain *d) { (void)atomic_inc(&d->refs); }

void domain_put(struct domain *d)
{
	if (atomic_dec(&d->refs) == UINT32_MAX)
		panic("domain %u: reference count below 0", d->id);
}

struct domain *domain_get(domid_t id)
{
	for (int i = 0; i < 2; i++)
		if (test_dom[i] && test_dom[i]->id == id) {
			domain_ref(test_dom[i]);
			return test_dom[i];
		}
	return NULL;
}

struct domain *domain_get_any(domid_t id) { return domain_get(id == DOMID_SELF ? current->domain->id : id); }
void pv_vcpu_relinquish(struct vcpu *v) { (void)v; }

int pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents)
{
	(void)v;
	(void)base;
	return ents > 8192 ? -XEN_EINVAL : 0;
}

bool guest_range_ok(uint64_t gva, size_t len)
{
	uint64_t end = gva + len;

	return end >= gva && (end <= 0x800000000000 || gva >= HV_VIRT_END);
}

static bool guest_mapped(uint64_t gva, size_t len)
{
	if (!gva)
		return !len;
	return !test_guest_end || (gva >= test_guest_start && gva <= test_guest_end && len <= test_guest_end - gva);
}

int copy_from_guest(void *dst, uint64_t gva, size_t len)
{
	if (!guest_mapped(gva, len))
		return -XEN_EFAULT;
	if (!len)
		return 0;
	memcpy(dst, (const void *)gva, len);
	return 0;
}

int copy_to_guest(uint64_t gva, const void *src, size_t len)
{
	if (!guest_mapped(gva, len))
		return -XEN_EFAULT;
	if (!len)
		return 0;
	memcpy((void *)gva, src, len);
	return 0;
}

/* ---- hypercalls with continuations ------------------------------------------------------------------ */

static __thread struct { bool set; unsigned int nr; uint64_t a[5]; } again;

long hypercall_continue(unsigned int nr, unsigned int nargs, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	(void)nargs;
	again.set = true;
	again.nr = nr;
	again.a[0] = a0;
	again.a[1] = a1;
	again.a[2] = a2;
	again.a[3] = a3;
	again.a[4] = a4;
	return 0;
}

static long dispatch(unsigned int nr, const uint64_t *a)
{
	switch (nr) {
	case __HYPERVISOR_mmu_update:
		return do_mmu_update(a[0], a[1], a[2], a[3]);
	case __HYPERVISOR_mmuext_op:
		return do_mmuext_op(a[0], a[1], a[2], a[3]);
	case __HYPERVISOR_update_va_mapping:
		return do_update_va_mapping(a[0], a[1], a[2]);
	case __HYPERVISOR_update_va_mapping_otherdomain:
		return do_update_va_mapping_otherdomain(a[0], a[1], a[2], a[3]);
	case __HYPERVISOR_memory_op:
		return do_memory_op(a[0], a[1]);
	case __HYPERVISOR_grant_table_op:
		return do_grant_table_op(a[0], a[1], a[2]);
	}
	panic("hypercall %u", nr);
}

long hcall(unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, void (*between)(void))
{
	struct vcpu *self = test_current;
	uint64_t a[5] = { a0, a1, a2, a3, 0 };
	long rc;

	for (unsigned int round = 0; ; round++) {
		again.set = false;
		rc = dispatch(nr, a);
		if (!again.set)
			return rc;
		if (round > 100000)
			panic("hypercall %u never ends", nr);
		nr = again.nr;
		memcpy(a, again.a, sizeof(a));
		if (between)
			between();
		test_current = self;
	}
}

/* ---- the machine --------------------------------------------------------------------------------------- */

void vcpu_new(struct domain *d)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	v->id = d->max_vcpus;
	v->domain = d;
	v->kernel_mode = true;
	d->vcpu[d->max_vcpus++] = v;
}

static struct domain *domain_new(domid_t id, bool privileged)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->id = id;
	d->privileged = privileged;
	d->life = DOMAIN_LIVE;
	d->refs = 1;
	d->max_pages = 400;
	d->max_vcpus = 1;
	d->max_grant_frames = 2;
	d->max_maptrack_frames = 2;
	if (mm_domain_init(d) || grant_domain_init(d))
		panic("no memory");
	if (privileged) {
		d->iomem = rangeset_new();
		rangeset_add(d->iomem, MMIO_MFN, MMIO_MFN + 99);
	}
	d->vcpu[0] = calloc(1, sizeof(struct vcpu));
	d->vcpu[0]->domain = d;
	d->vcpu[0]->kernel_mode = true;
	d->vcpu[0]->running = true;
	return d;
}

void machine_reset(void)
{
	for (int i = 0; i < 2; i++)
		if (test_dom[i]) {
			for (unsigned int v = 0; v < test_dom[i]->max_vcpus; v++)
				free(test_dom[i]->vcpu[v]);
			free(test_dom[i]);
			test_dom[i] = NULL;
		}
	memset(test_frames, 0, sizeof(test_frames));
	memset(test_ram, 0, sizeof(test_ram));
	memset(test_m2p, 0xff, sizeof(test_m2p));
	max_page = 0;
	idle_l4 = idle_root;
	test_preempt_percent = 0;
	test_work = 0;
	frame_mark_ram(FIRST_RAM, TEST_FRAMES);
	palloc_init();
	palloc_add(FIRST_RAM, TEST_FRAMES);
	dom_io = &system_dom[0];
	dom_xen = &system_dom[1];
	dom_io->id = DOMID_IO;
	dom_xen->id = DOMID_XEN;
	dom_io->system = dom_xen->system = true;
	dom_io->refs = dom_xen->refs = 1;
	test_dom[0] = domain_new(0, true);
	test_dom[1] = domain_new(1, false);
	as_domain(0);
}

void as_domain(int i)
{
	test_current = test_dom[i]->vcpu[0];
}

mfn_t new_page(int dom)
{
	struct page *pg = dom_alloc_pages(test_dom[dom], 0, 0);

	if (!pg)
		panic("no page for domain %d", dom);
	return page_to_mfn(pg);
}

uint64_t *words(mfn_t mfn)
{
	return mfn_to_virt(mfn);
}

/* ---- recount --------------------------------------------------------------------------------------------- */

static uint32_t refs[TEST_FRAMES], types[TEST_FRAMES];

static void count_table(mfn_t mfn, const struct page *pg)
{
	uint64_t type = pg->type & PGT_type_mask, e;
	unsigned int n = pg->type & PGT_validated ? 512 : pg->cursor;
	struct page *target;

	for (unsigned int i = 0; i < n; i++) {
		if (type == PGT_l4 && slot_is_hypervisor(i))
			continue;
		e = words(mfn)[i];
		if (!(e & PTE_P) || pte_mfn(e) >= TEST_FRAMES || !mfn_is_ram(pte_mfn(e)))
			continue;
		target = mfn_to_page(pte_mfn(e));
		refs[pte_mfn(e)]++;
		if (type != PGT_l1 || (e & PTE_RW)) {
			types[pte_mfn(e)]++;
			if ((target->type & PGT_type_mask) != (type == PGT_l1 ? PGT_writable : type - PGT_l1))
				panic("SAFETY: entry %u of table %lx (type %lx) -> %lx of type %lx", i, mfn, type >> 60,
				      pte_mfn(e), target->type >> 60);
			if (type != PGT_l1 && (pg->type & PGT_validated) && !(target->type & PGT_validated))
				panic("SAFETY: entry %u of valid table %lx -> %lx, which is half torn down", i, mfn,
				      pte_mfn(e));
		}
		if (!(e & PTE_US))
			panic("SAFETY: entry %u of table %lx is a supervisor entry", i, mfn);
	}
}

static void count_held(const struct page *pg)
{
	if (pg) {
		refs[page_to_mfn(pg)]++;
		types[page_to_mfn(pg)]++;
	}
}

static void count_device_maps(struct domain *d)
{
	struct domain_grant *g = d->grant;

	for (uint32_t h = 0; g && h < g->nr_track_frames * TRACKS_PER_FRAME; h++) {
		const struct maptrack *t = &g->track[h / TRACKS_PER_FRAME][h % TRACKS_PER_FRAME];
		mfn_t mfn;

		if (!t->granter || !(t->flags & GNTMAP_device_map))
			continue;
		mfn = t->granter->grant->active[t->ref / ENTRIES_PER_FRAME][t->ref % ENTRIES_PER_FRAME].mfn;
		refs[mfn]++;
		if (!(t->flags & GNTMAP_readonly))
			types[mfn]++;
	}
}

void check_counts(const uint32_t *extra_refs, const uint32_t *extra_types)
{
	memset(refs, 0, sizeof(refs));
	memset(types, 0, sizeof(types));
	for (mfn_t m = FIRST_RAM; m < TEST_FRAMES; m++) {
		const struct page *pg = mfn_to_page(m);
		uint64_t type = pg->type & PGT_type_mask;

		refs[m] += (extra_refs ? extra_refs[m] : 0) + !!(pg->count & PGC_allocated);
		types[m] += extra_types ? extra_types[m] : 0;
		if (pg->count & PGC_xen_heap)
			types[m]++;
		if (pg->type & PGT_pinned)
			count_held(pg);
		if ((pg->type & PGT_partial) && !(pg->type & PGT_count_mask))
			refs[m]++;
		if (type_is_table(type) && (pg->type & (PGT_validated | PGT_partial)))
			count_table(m, pg);
	}
	for (int i = 0; i < 2; i++) {
		for (unsigned int v = 0; v < test_dom[i]->max_vcpus; v++) {
			count_held(test_dom[i]->vcpu[v]->root_kernel);
			count_held(test_dom[i]->vcpu[v]->root_user);
			count_held(test_dom[i]->vcpu[v]->old_table);
		}
		count_device_maps(test_dom[i]);
	}
	for (mfn_t m = FIRST_RAM; m < TEST_FRAMES; m++) {
		const struct page *pg = mfn_to_page(m);

		if ((pg->count & PGC_count_mask) != refs[m] || (pg->type & PGT_count_mask) != types[m])
			panic("page %lx: count %lx type %lx, but %u references and %u type references exist", m,
			      pg->count, pg->type, refs[m], types[m]);
	}
}
