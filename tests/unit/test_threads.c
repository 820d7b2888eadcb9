/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two domains with two vCPUs each, a thread a vCPU: all of them change page tables, grants and event channels of the same
 * few pages and ports at once, with operations that stop and go on. While they run, the modules' own assertions speak; when
 * they have stopped, every reference is recounted from the contents of the tables, every port has its peer, and after the
 * end of both domains all memory is back.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <abi/event_channel.h>
#include "asm/atomic.h"
#include "debug/log.h"
#include "evtchn/internal.h"
#include "grant/internal.h"
#include "lib/util.h"
#include "mm_host/harness.h"
/* libc has one of this name, too. */
#define sched_yield hypervisor_sched_yield
#include "sched/sched.h"
#include "suite.h"
#undef sched_yield

#define THREADS 4
#define STEPS 40000
#define POOL 18
#define REFS 8			/* grants in use, from 8 on */
#define PORTS 24

static mfn_t pool[2][POOL];
static const uint8_t role_of[POOL] = { 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0 };
static struct grant_entry_v1 *table;	/* domain 1's */
static struct shared_info shared[2];

struct runner {
	pthread_t thread;
	int dom, vcpu;
	uint64_t seed;
	void (*step)(struct runner *r);
	unsigned int succeeded, nr_maps;
	struct { uint32_t handle; uint64_t host_addr; } map[8];
};

/* ---- what evtchn/ calls beyond the harness ---- */

void vcpu_kick(struct vcpu *v) { (void)v; }
void sched_poll_wake(struct vcpu *v) { (void)v; }
struct vcpu *vcpu_get(struct domain *d, uint32_t id) { return id < d->max_vcpus ? d->vcpu[id] : NULL; }
int pirq_bind(struct domain *d, uint32_t pirq, uint32_t flags, uint32_t port)
{
	(void)d, (void)pirq, (void)flags, (void)port;
	return -XEN_EINVAL;
}
void pirq_unbind(struct domain *d, uint32_t pirq) { (void)d, (void)pirq; }
uint32_t pirq_limit(const struct domain *d) { (void)d; return 0; }
void log_guest(const char *fmt, ...) { (void)fmt; }

/* ---- threads ---- */

static void *run(void *arg)
{
	struct runner *r = arg;

	rnd_seed(r->seed);
	for (unsigned int i = 0; i < STEPS; i++) {
		test_current = test_dom[r->dom]->vcpu[r->vcpu];
		r->step(r);
	}
	return NULL;
}

/* Returns how many operations have succeeded. */
static unsigned int run_all(void (*step)(struct runner *r), unsigned int seed)
{
	static struct runner runners[THREADS];
	unsigned int succeeded = 0;

	test_threads = true;
	for (unsigned int i = 0; i < THREADS; i++) {
		runners[i] = (struct runner){ .dom = i & 1, .vcpu = i >> 1, .seed = seed * THREADS + i, .step = step };
		ck_assert_int_eq(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(runners[i].thread, NULL), 0);
		succeeded += runners[i].succeeded;
	}
	test_threads = false;
	return succeeded;
}

static uint64_t free_at_start;

static void world_new(void)
{
	machine_reset();
	free_at_start = palloc_free_pages();
	memset(shared, 0, sizeof(shared));
	for (int d = 0; d < 2; d++) {
		vcpu_new(test_dom[d]);
		for (int i = 0; i < POOL; i++)
			pool[d][i] = new_page(d);
		test_dom[d]->shared_info = &shared[d];
		test_dom[d]->max_evtchn_port = PORTS - 1;
		for (unsigned int v = 0; v < 2; v++)
			test_dom[d]->vcpu[v]->info = &shared[d].vcpu_info[v];
		ck_assert_int_eq(evtchn_domain_init(test_dom[d]), 0);
	}
	dom0 = test_dom[0];
	table = mfn_to_virt(grant_shared_mfn(test_dom[1], 0));
}

/* Both domains die; everything is free again but what they were made with. */
static void world_end(void)
{
	for (int d = 0; d < 2; d++) {
		as_domain(d);
		for (unsigned int v = 0; v < 2; v++)
			while (mm_finish_old_table(test_dom[d]->vcpu[v]))
				;
	}
	check_counts(NULL, NULL);
	test_current = NULL;
	for (int d = 0; d < 2; d++) {
		test_dom[d]->life = DOMAIN_DYING;
		while (evtchn_relinquish(test_dom[d]) || grant_relinquish(test_dom[d]))
			;
	}
	for (int d = 0; d < 2; d++)
		while (mm_domain_relinquish(test_dom[d]))
			;
	check_counts(NULL, NULL);
	for (int d = 0; d < 2; d++) {
		ck_assert_uint_eq(test_dom[d]->tot_pages, 0);
		ck_assert_uint_eq(test_dom[d]->refs, 1);
		evtchn_domain_fini(test_dom[d]);
		ck_assert(grant_retract(test_dom[d]));
	}
	for (unsigned int i = 8; i < 8 + REFS; i++)
		ck_assert_uint_eq(table[i].flags & (GTF_reading | GTF_writing), 0);
}

/* ---- page tables ---- */

static mfn_t pool_page(int dom, int role)
{
	unsigned int i, start = rnd(POOL);

	for (i = 0; i < POOL && role_of[(start + i) % POOL] != role; i++)
		;
	return READ_ONCE(pool[dom][(start + i) % POOL]);
}

static uint64_t random_pte(int dom, int role)
{
	uint64_t flags = PTE_P | (rnd(3) ? PTE_RW : 0) | (rnd(2) ? PTE_US : 0);
	int target = rnd(8) ? (role ? role - 1 : 0) : (int)rnd(5);

	return rnd(5) ? pool_page(rnd(10) ? dom : !dom, target) << PAGE_SHIFT | flags : 0;
}

static unsigned int random_slot(void)
{
	static const uint16_t slot[] = { 0, 1, 2, 256, 511 };

	return slot[rnd(ARRAY_SIZE(slot))];
}

static void op_store(int dom, int role)
{
	mfn_t mfn = pool_page(dom, role);
	struct page *pg = mfn_to_page(mfn);

	if (page_get_and_type(pg, test_dom[dom], PGT_writable))
		return;
	WRITE_ONCE(words(mfn)[random_slot()], random_pte(dom, role));
	page_put_and_type(pg);
}

static void op_mmuext(struct runner *r, int role)
{
	static const uint8_t cmds[] = { MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR,
					MMUEXT_TLB_FLUSH_ALL, MMUEXT_CLEAR_PAGE };
	int who = r->dom || rnd(4) ? r->dom : !r->dom;
	struct mmuext_op op = { .cmd = cmds[rnd(ARRAY_SIZE(cmds))] };
	uint32_t done = 0;

	if (role && rnd(2))
		op.cmd = MMUEXT_PIN_L1_TABLE + (uint32_t)role - 1;
	if (op.cmd == MMUEXT_NEW_BASEPTR || op.cmd == MMUEXT_NEW_USER_BASEPTR)
		role = 4;
	op.arg1.mfn = pool_page(who, role);
	(void)hcall(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, (uint64_t)&done, who == r->dom ? DOMID_SELF : (uint64_t)who, NULL);
	r->succeeded += done;
}

static void op_mmu_update(struct runner *r, int role)
{
	struct mmu_update u[3];
	uint64_t fd = r->dom || rnd(4) ? DOMID_SELF : 1;
	uint32_t done = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(u); i++) {
		u[i].ptr = (pool_page(r->dom, role) << PAGE_SHIFT) + random_slot() * 8 +
			   (rnd(3) ? MMU_NORMAL_PT_UPDATE : MMU_PT_UPDATE_PRESERVE_AD);
		u[i].val = random_pte(fd == 1 ? 1 : r->dom, role);
	}
	(void)hcall(__HYPERVISOR_mmu_update, (uint64_t)u, ARRAY_SIZE(u), (uint64_t)&done, fd, NULL);
	r->succeeded += done;
}

/* A trapped write: what it read may be old by the time it writes. */
static void op_emulated(int dom)
{
	uint64_t at = (pool_page(dom, 1) << PAGE_SHIFT) + random_slot() * 8, old;

	if (pt_read_entry(current, at, &old))
		(void)pt_emulated_write(current, at, old, random_pte(dom, 1));
}

static void op_balloon(int dom)
{
	uint64_t list[1];
	struct xen_memory_reservation r = { (uint64_t)list, 1, 0, 0, DOMID_SELF, { 0 } };
	unsigned int i = rnd(POOL);

	list[0] = READ_ONCE(pool[dom][i]);
	if (hcall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0, 0, NULL) != 1)
		return;
	list[0] = 7;
	if (hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0, 0, NULL) == 1)
		WRITE_ONCE(pool[dom][i], list[0]);
}

static void step_types(struct runner *r)
{
	int role = (int)rnd(5);

	switch (rnd(8)) {
	case 0:
	case 1:
		op_store(r->dom, role);
		break;
	case 2:
	case 3:
		op_mmuext(r, role);
		break;
	case 4:
	case 5:
		op_mmu_update(r, role);
		break;
	case 6:
		if (rnd(4))
			(void)hcall(__HYPERVISOR_update_va_mapping, (uint64_t)rnd(4) << 12, random_pte(r->dom, 1), 0, 0, NULL);
		else
			op_balloon(r->dom);
		break;
	default:
		op_emulated(r->dom);
	}
}

/* ---- grants: domain 1 offers and takes back, domain 0 maps, unmaps and copies ---- */

static void offer_or_end(void)
{
	uint32_t ref = 8 + rnd(REFS);
	uint16_t idle = GTF_permit_access;

	if (rnd(2)) {
		/* As a guest ends access: only while no mark is set. */
		(void)cmpxchg16(&table[ref].flags, idle, 0);
		(void)cmpxchg16(&table[ref].flags, (uint16_t)(idle | GTF_readonly), 0);
		return;
	}
	if (READ_ONCE(table[ref].flags))
		return;
	WRITE_ONCE(table[ref].frame, (uint32_t)pool_page(1, rnd(8) ? 0 : 1));
	WRITE_ONCE(table[ref].domid, 0);
	__atomic_store_n(&table[ref].flags, idle | (rnd(3) ? 0 : GTF_readonly), __ATOMIC_RELEASE);
}

static void map_one(struct runner *r)
{
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 8 + rnd(REFS), .dom = 1 };

	if (!rnd(3))
		m.flags |= GNTMAP_readonly;
	if (!rnd(3))
		m.flags |= GNTMAP_device_map;
	m.host_addr = (uint64_t)rnd(4) << PAGE_SHIFT;
	if (rnd(2)) {
		m.flags |= GNTMAP_contains_pte;
		m.host_addr = (pool_page(0, 1) << PAGE_SHIFT) + random_slot() * 8;
	}
	(void)hcall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uint64_t)&m, 1, 0, NULL);
	if (m.status)
		return;
	r->succeeded++;
	r->map[r->nr_maps].handle = m.handle;
	r->map[r->nr_maps++].host_addr = m.host_addr;
}

/* Now and then somebody else's handle. */
static void unmap_all(struct runner *r)
{
	struct gnttab_unmap_grant_ref u[ARRAY_SIZE(r->map)] = { 0 };

	for (unsigned int i = 0; i < r->nr_maps; i++) {
		u[i].handle = rnd(8) ? r->map[i].handle : rnd(64);
		u[i].host_addr = r->map[i].host_addr;
		u[i].dev_bus_addr = rnd(2) ? pool_page(1, 0) << PAGE_SHIFT : 0;
	}
	(void)hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uint64_t)u, r->nr_maps, 0, NULL);
	r->nr_maps = 0;
}

static void copy_one(void)
{
	struct gnttab_copy c = { .source.u.ref = 8 + rnd(REFS), .source.domid = 1, .dest.domid = DOMID_SELF,
				 .len = 64, .flags = GNTCOPY_source_gref };

	c.dest.u.gmfn = pool_page(0, 0);
	if (rnd(2)) {
		c.dest = c.source;
		c.dest.offset = 128;
		c.flags |= GNTCOPY_dest_gref;
	}
	(void)hcall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint64_t)&c, 1, 0, NULL);
}

static void step_grants(struct runner *r)
{
	if (r->dom || !rnd(3))
		step_types(r);
	if (r->dom)
		offer_or_end();
	else if (r->nr_maps == ARRAY_SIZE(r->map))
		unmap_all(r);
	else if (rnd(4))
		map_one(r);
	else
		copy_one();
}

/* ---- event channels ---- */

static long evtchn(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (uint64_t)arg);
}

static void op_fifo(struct runner *r)
{
	struct evtchn_init_control c = { .control_gfn = pool_page(r->dom, 0), .vcpu = rnd(2), .offset = rnd(4) * 64 };
	struct evtchn_expand_array e = { .array_gfn = pool_page(r->dom, 0) };

	(void)evtchn(EVTCHNOP_init_control, &c);
	(void)evtchn(EVTCHNOP_expand_array, &e);
}

/* What a guest's consumer does to words and heads, and worse. */
static void op_scribble(int dom)
{
	uint32_t *word = (uint32_t *)words(pool_page(dom, 0)) + rnd(PORTS);

	WRITE_ONCE(*word, rnd(2) ? 0 : rnd(1u << 31) << rnd(8));
}

static void step_evtchn(struct runner *r)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = (domid_t)rnd(2) };
	struct evtchn_bind_interdomain b = { .remote_dom = (domid_t)rnd(2), .remote_port = rnd(PORTS) };
	struct evtchn_bind_virq q = { .virq = rnd(2) ? VIRQ_TIMER : VIRQ_CONSOLE, .vcpu = rnd(2) };
	struct evtchn_bind_ipi i = { .vcpu = rnd(2) };
	struct evtchn_bind_vcpu v = { .port = rnd(PORTS), .vcpu = rnd(2) };
	struct evtchn_status st = { .dom = DOMID_SELF, .port = rnd(PORTS) };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	uint32_t port = rnd(PORTS);

	switch (rnd(16)) {
	case 0:
	case 1:
		r->succeeded += !evtchn(EVTCHNOP_alloc_unbound, &a);
		break;
	case 2:
	case 3:
	case 4:
		r->succeeded += !evtchn(EVTCHNOP_bind_interdomain, &b);
		break;
	case 5:
		r->succeeded += !evtchn(EVTCHNOP_bind_virq, &q);
		break;
	case 6:
		r->succeeded += !evtchn(EVTCHNOP_bind_ipi, &i);
		break;
	case 7:
		(void)evtchn(EVTCHNOP_bind_vcpu, &v);
		break;
	case 8:
		(void)evtchn(EVTCHNOP_unmask, &port);
		break;
	case 9:
		(void)evtchn(EVTCHNOP_status, &st);
		break;
	case 10:
		(void)evtchn(EVTCHNOP_close, &port);
		break;
	case 11:
		virq_raise_vcpu(test_dom[rnd(2)]->vcpu[rnd(2)], VIRQ_TIMER);
		virq_raise_global(VIRQ_CONSOLE);
		break;
	case 12:
		if (!rnd(100))
			(void)evtchn(EVTCHNOP_reset, &reset);
		else if (!rnd(20))
			op_fifo(r);
		else
			op_scribble(r->dom);
		break;
	default:
		r->succeeded += !evtchn(EVTCHNOP_send, &port);
	}
}

static struct port *port_at(struct domain *d, uint32_t n)
{
	return &d->evtchn->bucket[n / PORTS_PER_BUCKET][n % PORTS_PER_BUCKET];
}

/* Every end knows the other one, and every virq its port. */
static void check_ports(struct domain *d)
{
	uint32_t open = 0;

	for (uint32_t n = 1; n < d->evtchn->nr_ports; n++) {
		const struct port *p = port_at(d, n), *peer;

		open += p->state != PORT_FREE;
		if (p->state == PORT_VIRQ)
			ck_assert(d->vcpu[0]->virq_to_port[p->u.virq] == n || d->vcpu[1]->virq_to_port[p->u.virq] == n);
		if (p->state != PORT_INTERDOMAIN)
			continue;
		peer = port_at(p->u.peer.dom, p->u.peer.port);
		ck_assert_int_eq(peer->state, PORT_INTERDOMAIN);
		ck_assert_ptr_eq(peer->u.peer.dom, d);
		ck_assert_uint_eq(peer->u.peer.port, n);
	}
	ck_assert_uint_eq(d->evtchn->nr_open, open);
}

/* ---- tests ---- */

START_TEST(test_types)
{
	world_new();
	test_preempt_percent = _i % 2 ? 20 : 0;
	ck_assert_uint_gt(run_all(step_types, (unsigned int)_i + 1), 1000);
	world_end();
}
END_TEST

START_TEST(test_grants)
{
	world_new();
	test_preempt_percent = _i % 2 ? 20 : 0;
	ck_assert_uint_gt(run_all(step_grants, (unsigned int)_i + 1), 1000);
	world_end();
}
END_TEST

START_TEST(test_ports)
{
	world_new();
	ck_assert_uint_gt(run_all(step_evtchn, (unsigned int)_i + 1), 1000);
	check_ports(test_dom[0]);
	check_ports(test_dom[1]);
	for (int d = 0; d < 2; d++)
		while (evtchn_relinquish(test_dom[d]))
			;
	world_end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *tc = tcase_create("all at once");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, test_types, 0, 4);
	tcase_add_loop_test(tc, test_grants, 0, 4);
	tcase_add_loop_test(tc, test_ports, 0, 4);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
