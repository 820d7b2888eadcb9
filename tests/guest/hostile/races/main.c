/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of hostile/mappings from two vCPUs at once. One frame, two incompatible uses: both vCPUs try to take it, and
 * whoever has it checks that the other has not. One entry, one handle, one port, one vCPU: two vCPUs change it, and afterwards
 * as many references are left as before. Each race is run for a while, not a number of rounds: on one CPU the time slices
 * have to fall between them.
 */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"

#define DURATION	60000000UL	/* ns a race */
#define PATIENCE	2000000000UL

static uint8_t window[2][PAGE_SIZE] PAGE_ALIGNED;	/* one for each vCPU to map into */
static uint64_t subject[512] PAGE_ALIGNED, other[512] PAGE_ALIGNED, root[512] PAGE_ALIGNED, second[512] PAGE_ALIGNED;
static uint64_t home[2];				/* the windows' own entries */
static uint64_t end;
static volatile uint64_t claims;			/* uses that are held now, a bit each */
static volatile uint32_t clashes, won[2];
static struct kit_barrier barrier;

/* Longer if one of the two has not had its turn yet. */
static bool more(void)
{
	uint64_t now = kit_time();

	return now < end || (now < end + PATIENCE && !(won[0] && won[1]));
}

/* A moment in which the other one may come in: on one CPU only a yield is one, on several it need not be. */
static void moment(void)
{
	static uint32_t random[2] = { 12345, 54321 };
	uint32_t *r = &random[kit_vcpu_id()];

	*r = *r * 1664525 + 1013904223;
	if (*r >> 30 == 0)
		kit_relax();
	else
		for (unsigned int i = 0; i < 50; i++)
			__asm__ volatile("pause");
}

static void claim(unsigned int me, uint64_t bit, uint64_t excluded)
{
	won[me]++;
	if (__atomic_fetch_or(&claims, bit, __ATOMIC_SEQ_CST) & excluded)
		clashes++;
	moment();
	if (__atomic_load_n(&claims, __ATOMIC_SEQ_CST) & excluded)
		clashes++;
	__atomic_fetch_and(&claims, ~bit, __ATOMIC_SEQ_CST);
}

static void race(void (*first)(void *), void (*other_one)(void *))
{
	clashes = won[0] = won[1] = 0;
	claims = 0;
	end = kit_time() + DURATION;
	kit_vcpu_run(1, other_one, NULL);
	first(NULL);
	kit_vcpu_wait(1);
}

static void pin_as(unsigned int me, unsigned int cmd, uint64_t mfn, uint64_t bit, uint64_t excluded)
{
	if (!kit_mmuext(cmd, mfn)) {
		claim(me, bit, excluded);
		if (kit_mmuext(MMUEXT_UNPIN_TABLE, mfn))
			clashes += 1000;
	}
	moment();
}

/* ---- a frame ---------------------------------------------------------------------------------------- */

static void write_it(void *arg)
{
	volatile uint64_t *view = (volatile uint64_t *)window[1];

	(void)arg;
	for (uint64_t i = 0; more(); i++) {
		moment();
		if (kit_mmu_update(kit_pte_maddr(window[1]), kit_va_to_mfn(subject) << 12 | RAM))
			continue;
		/* Held until the mapping is gone. Whatever is written is no present entry. */
		won[1]++;
		if (__atomic_fetch_or(&claims, 2, __ATOMIC_SEQ_CST) & 1)
			clashes++;
		view[i % 512] = i << 1;
		__atomic_fetch_and(&claims, ~2UL, __ATOMIC_SEQ_CST);
		kit_mmu_update(kit_pte_maddr(window[1]), home[1]);
	}
}

static void pin_it_still(void *arg)
{
	uint64_t mfn = kit_va_to_mfn(subject), seen[512];

	(void)arg;
	while (more()) {
		moment();
		if (kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn))
			continue;
		won[0]++;
		if (__atomic_fetch_or(&claims, 1, __ATOMIC_SEQ_CST) & 2)
			clashes++;
		memcpy(seen, subject, sizeof(seen));
		moment();
		/* A table does not change but by updates, and nobody makes any. */
		if (memcmp(seen, subject, sizeof(seen)))
			clashes++;
		__atomic_fetch_and(&claims, ~1UL, __ATOMIC_SEQ_CST);
		kit_mmuext(MMUEXT_UNPIN_TABLE, mfn);
	}
}

static void pin_l1(void *arg) { (void)arg; while (more()) pin_as(0, MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(subject), 1, 2); }
static void pin_l2(void *arg) { (void)arg; while (more()) pin_as(1, MMUEXT_PIN_L2_TABLE, kit_va_to_mfn(subject), 2, 1); }
static void pin_l1_too(void *arg) { (void)arg; while (more()) pin_as(1, MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(subject), 2, 1); }

static void gdt_it(void *arg)
{
	uint64_t mfn = kit_va_to_mfn(subject);

	(void)arg;
	while (more()) {
		moment();
		if (hypercall2(__HYPERVISOR_set_gdt, &mfn, 16))
			continue;
		claim(1, 2, 1);
		hypercall2(__HYPERVISOR_set_gdt, 0, 0);
	}
}

static void grant_it(void *arg)
{
	uint32_t handle;

	(void)arg;
	while (more()) {
		moment();
		if (map_grant(9, GNTMAP_host_map, (uint64_t)window[1], &handle))
			continue;
		won[1]++;
		if (__atomic_fetch_or(&claims, 2, __ATOMIC_SEQ_CST) & 1)
			clashes++;
		*(volatile uint64_t *)window[1] += 2;
		__atomic_fetch_and(&claims, ~2UL, __ATOMIC_SEQ_CST);
		unmap_grant(handle, (uint64_t)window[1]);
	}
}

static void check_race(const char *what)
{
	CHECK(!clashes && won[0] && won[1], "%s: %u clashes, %u and %u wins", what, clashes, won[0], won[1]);
}

static void test_frame(void)
{
	CHECK_EQ(kit_make_readonly(subject), 0, "the subject is read-only");
	race(pin_it_still, write_it);
	check_race("a page table against a writable mapping");
	memset(other, 0, sizeof(other));
	kit_make_writable(subject);
	memset(subject, 0, sizeof(subject));
	kit_make_readonly(subject);
	race(pin_l1, pin_l2);
	check_race("an L1 against an L2");
	race(pin_l1, pin_l1_too);
	check_race("one pin against another");
	race(pin_l1, gdt_it);
	check_race("a page table against a GDT");
	offer(9, subject, GTF_permit_access);
	race(pin_it_still, grant_it);
	check_race("a page table against a grant");
	offer(9, subject, 0);
	CHECK_EQ(kit_make_writable(subject), 0, "the subject is writable again");
	kit_mmu_update(kit_pte_maddr(window[1]), home[1]);
	CHECK(unreferenced(subject), "and nobody refers to it");
}

/* ---- an entry ----------------------------------------------------------------------------------------- */

static void set_entry(unsigned int me, const void *page)
{
	while (more()) {
		won[me] += !kit_mmu_update(kit_pte_maddr(window[0]), pte_of(page));
		won[me] += !kit_mmu_update(kit_pte_maddr(window[0]) | MMU_PT_UPDATE_PRESERVE_AD, kit_va_to_mfn(page) << 12 | PTE_P);
	}
}
static void set_subject(void *arg) { (void)arg; set_entry(0, subject); }
static void set_other(void *arg) { (void)arg; set_entry(1, other); }

/* By trapped writes, through a read-only view of the table. */
static void write_entry(void *arg)
{
	uint64_t *view = (uint64_t *)window[1] + ((uint64_t)window[0] >> 12 & 511), value;
	struct kit_fault fault;

	(void)arg;
	if (kit_mmu_update(kit_pte_maddr(window[1]), PTE_FRAME(*kit_walk(window[0], 2)) << 12 | PTE_P))
		clashes++;
	while (more()) {
		value = pte_of(other);
		KIT_CATCH(&fault, "xchgq %0, (%1)", "+r"(value), "r"(view));
		KIT_CATCH(&fault, "lock andb $0xfd, (%0)", , "r"(view));
		KIT_CATCH(&fault, "movq $0, (%0)", , "r"(view));
		won[1] += !fault.seen;
	}
	kit_mmu_update(kit_pte_maddr(window[1]), home[1]);
}

static void test_entry(void)
{
	race(set_subject, set_other);
	check_race("two frames for one entry");
	CHECK_EQ(kit_mmu_update(kit_pte_maddr(window[0]), home[0]), 0, "the entry is its own again");
	CHECK(unreferenced(subject) && unreferenced(other), "and both frames are free of references");
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	race(set_subject, write_entry);
	check_race("updates against trapped writes");
	CHECK_EQ(kit_mmu_update(kit_pte_maddr(window[0]), home[0]), 0, "the entry is its own again");
	CHECK(unreferenced(subject) && unreferenced(other), "and both frames are free of references");
}

/* ---- a tree --------------------------------------------------------------------------------------------- */

static void switch_roots(void *arg)
{
	uint64_t boot = kit_va_to_mfn((void *)kit_start_info->pt_base);

	(void)arg;
	while (more()) {
		won[1] += !kit_mmuext(MMUEXT_NEW_BASEPTR, kit_va_to_mfn(root));
		won[1] += !kit_mmuext(MMUEXT_NEW_USER_BASEPTR, kit_va_to_mfn(second));
		kit_mmuext(MMUEXT_NEW_BASEPTR, boot);
		kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
	}
}

/* Whenever a root can be written it is nobody's. Two entries of its lower half change while it may be in use. */
static void shake_roots(void *arg)
{
	uint64_t mfn = kit_va_to_mfn(root), l3 = *kit_walk(window[0], 4);

	(void)arg;
	while (more()) {
		won[0] += !kit_mmuext(MMUEXT_PIN_L4_TABLE, mfn);
		kit_mmu_update(mfn << 12 | 8, l3);
		kit_mmu_update(mfn << 12 | 8, 0);
		kit_mmuext(MMUEXT_UNPIN_TABLE, mfn);
		kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(second));
		kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(second));
		if (!kit_make_writable(root)) {
			root[1] = 0;
			kit_make_readonly(root);
		}
	}
}

static void test_tree(void)
{
	memset(root, 0, sizeof(root));
	memset(second, 0, sizeof(second));
	root[511] = second[511] = ((uint64_t *)kit_start_info->pt_base)[511];
	CHECK(!kit_make_readonly(root) && !kit_make_readonly(second), "two roots");
	race(shake_roots, switch_roots);
	check_race("pins and changes of a root against its use");
	CHECK(!kit_make_writable(root) && !kit_make_writable(second), "both are ordinary pages afterwards");
	memset(root, 0, sizeof(root));
	memset(second, 0, sizeof(second));
	CHECK(unreferenced(root) && unreferenced(second), "without references");
}

/* ---- giving back ------------------------------------------------------------------------------------------ */

static volatile uint64_t bait;

/* The frame that went may be referred to still, and counts until it is not. */
static uint64_t another(void)
{
	uint64_t mfn = 0;

	KIT_WAIT((mfn = allocate_mfn()), "a frame");
	return mfn;
}

static void map_bait(void *arg)
{
	(void)arg;
	while (more()) {
		won[1] += !kit_mmu_update(kit_pte_maddr(window[1]), bait << 12 | RAM);
		moment();
		kit_mmu_update(kit_pte_maddr(window[1]), home[1]);
	}
}

static void free_bait(void *arg)
{
	(void)arg;
	while (more()) {
		moment();
		if (!free_mfn(bait))
			clashes++;
		bait = another();
		won[0]++;
	}
}

static void free_twice(void *arg)
{
	(void)arg;
	kit_barrier(&barrier, 2);
	won[kit_vcpu_id()] += free_mfn(bait);
}

static void test_free(void)
{
	uint64_t mfn = kit_va_to_mfn(second), pages = reservation();
	unsigned int lost = 0;

	/* One page of ours is unmapped and serves. */
	CHECK_EQ(kit_set_pte(second, 0), 0, "a page is unmapped");
	bait = mfn;
	race(free_bait, map_bait);
	check_race("a mapping against giving back");
	for (unsigned int i = 0; i < 50; i++) {
		won[0] = won[1] = 0;
		kit_vcpu_run(1, free_twice, NULL);
		free_twice(NULL);
		kit_vcpu_wait(1);
		/* Xen may tell both that they did it. */
		lost += won[0] + won[1] == 0;
		bait = another();
	}
	CHECK(!lost, "of two who give back a frame one does: %u times not", lost);
	/* Back where it was, M2P and all. */
	((uint64_t *)kit_start_info->mfn_list)[((uint64_t)second - KIT_VIRT_BASE) / PAGE_SIZE] = bait;
	kit_mmu_update(bait << 12 | MMU_MACHPHYS_UPDATE, ((uint64_t)second - KIT_VIRT_BASE) / PAGE_SIZE);
	CHECK(!kit_make_writable(second) && unreferenced(second), "the last one serves in its place");
	CHECK_EQ(reservation(), pages, "as many pages as before");
}

/* ---- handles, ports, vCPUs ---------------------------------------------------------------------------------- */

static uint32_t handle;

static void unmap_twice(void *arg)
{
	(void)arg;
	kit_barrier(&barrier, 2);
	won[kit_vcpu_id()] += !unmap_grant(handle, (uint64_t)window[0]);
}

static void test_handles(void)
{
	unsigned int wrong = 0;

	offer(10, subject, GTF_permit_access);
	for (unsigned int i = 0; i < 50; i++) {
		won[0] = won[1] = 0;
		wrong += map_grant(10, GNTMAP_host_map, (uint64_t)window[0], &handle) != 0;
		kit_vcpu_run(1, unmap_twice, NULL);
		unmap_twice(NULL);
		kit_vcpu_wait(1);
		wrong += won[0] + won[1] != 1;
	}
	CHECK(!wrong, "a grant is unmapped by one of two: %u times not", wrong);
	CHECK(!(grant_entries()[10].flags & (GTF_reading | GTF_writing)), "and marked as unused");
	offer(10, subject, 0);
	kit_mmu_update(kit_pte_maddr(window[0]), home[0]);
	CHECK(unreferenced(subject), "and without references");
}

static void churn_ports(void *arg)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bind = { .remote_dom = own_domid() };
	struct evtchn_close close;

	(void)arg;
	while (more()) {
		if (kit_evtchn(EVTCHNOP_alloc_unbound, &alloc))
			continue;
		bind.remote_port = alloc.port;
		kit_evtchn(EVTCHNOP_bind_interdomain, &bind);
		won[kit_vcpu_id()]++;
		kit_send(alloc.port);
		/* Ports of the other vCPU as well: they are the domain's. */
		for (close.port = 1; close.port < 8; close.port++) {
			kit_send(close.port);
			kit_evtchn(EVTCHNOP_close, &close);
		}
	}
}

static unsigned int open_ports(void)
{
	unsigned int n = 0;

	for (uint32_t port = 1; port < 64; port++) {
		struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

		n += !kit_evtchn(EVTCHNOP_status, &s) && s.status != EVTCHNSTAT_closed;
	}
	return n;
}

static void test_ports(void)
{
	struct evtchn_close close;

	if (!kit_privileged())
		return;		/* a guest's first ports are its console's and its store's */
	race(churn_ports, churn_ports);
	check_race("ports opened, used and closed by both");
	for (close.port = 1; close.port < 64; close.port++)
		kit_evtchn(EVTCHNOP_close, &close);
	CHECK_EQ(open_ports(), 0, "all are closed afterwards");
}

static void initialise_third(void *arg)
{
	static struct vcpu_guest_context c;	/* both vCPUs write the same */

	(void)arg;
	c.flags = VGCF_in_kernel;
	c.ctrlreg[3] = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	c.user_regs.rflags = 0x200;
	kit_barrier(&barrier, 2);
	won[kit_vcpu_id()] += !hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 2, &c);
}

static void test_vcpus(void)
{
	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 2, 0))
		return;		/* no third one */
	won[0] = won[1] = 0;
	kit_vcpu_run(1, initialise_third, NULL);
	initialise_third(NULL);
	kit_vcpu_wait(1);
	CHECK_EQ(won[0] + won[1], 1, "a vCPU is initialised by one of two");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK_EQ(kit_smp_init(2), 2, "two vCPUs");
	home[0] = pte_of(window[0]);
	home[1] = pte_of(window[1]);
	own_domid();
	test_frame();
	test_entry();
	test_tree();
	test_free();
	test_handles();
	test_ports();
	test_vcpus();
	tap_done();
}
