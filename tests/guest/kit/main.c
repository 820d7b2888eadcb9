/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kit itself, on a real hypervisor: all memory can be had and is the guest's own, grants are ended when nobody has
 * them mapped and kept while somebody has, the loop calls everything in its turn, under both event ABIs. The other domain is
 * this one.
 */
#include <abi/grant_table.h>
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"

static void test_pages(void)
{
	size_t left = kit_pages_left(), n = 0;
	uint64_t **chain = NULL, **page, **rest;
	bool zero = true, ours = true;

	CHECK(left > kit_start_info->nr_pages - 2048, "all but the image and its tables is free: %lu of %lu pages", left,
	      kit_start_info->nr_pages);
	/* Every page is chained to the one before, so that two addresses of one page would break the chain. */
	while ((page = kit_page_alloc(1))) {
		zero &= !page[0] && !page[1] && !page[511];
		page[0] = (uint64_t *)chain;
		page[1] = (uint64_t *)(n++ ^ 0x5a5a);
		chain = page;
	}
	CHECK(zero, "pages are zero");
	/* One table for 512 pages is taken out of them. */
	CHECK(n <= left && n > left - left / 500 - 8, "and %lu of them can be had", n);
	CHECK_EQ(kit_pages_left(), 0, "then none is left");
	for (page = chain; page; page = rest) {
		rest = (uint64_t **)page[0];
		ours &= page[1] == (uint64_t *)(--n ^ 0x5a5a) && kit_mfn_to_va(kit_va_to_mfn(page)) == page;
		kit_page_free(page, 1);
	}
	CHECK(ours && n == 0, "each has a frame of its own");
}

static void test_runs(void)
{
	size_t left = kit_pages_left(), n = 4096;
	uint8_t *run = kit_page_alloc(n), *more;

	CHECK(run, "a run of %lu pages", n);
	for (size_t i = 0; run && i < n; i++)
		run[i * PAGE_SIZE] = 1;
	CHECK(!kit_page_alloc(left), "more than there is is not to be had");
	kit_page_free(run, n);
	more = kit_malloc(3 * PAGE_SIZE);
	CHECK(more && !((uint64_t)more % 16), "blocks of several pages");
	memset(more, 0xa5, 3 * PAGE_SIZE);
	kit_free(more);
	CHECK_EQ(kit_pages_left(), left, "and all of it comes back");
}

static long map(uint32_t ref, void *at, uint32_t *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = (uint64_t)at, .flags = GNTMAP_host_map, .ref = ref, .dom = 0 };
	long rc = hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, 1);

	*handle = m.handle;
	return rc ? rc : m.status;
}

static long unmap(void *at, uint32_t handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = (uint64_t)at, .handle = handle };
	long rc = hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &u, 1);

	return rc ? rc : u.status;
}

/* A grant's domain is a number; as dom0 ours is 0. */
static void test_grants(void)
{
	uint64_t *page = kit_page_alloc(1), *window = kit_window_reserve(1);
	int ref = kit_grant(0, page, false), again;
	size_t left;
	uint32_t handle;

	CHECK(ref >= GNTTAB_NR_RESERVED_ENTRIES, "a grant has the reference %d", ref);
	*page = 4711;
	CHECK_EQ(map((uint32_t)ref, window, &handle), GNTST_okay, "it can be mapped");
	CHECK_EQ(*window, 4711, "and shows the page");
	CHECK(kit_grant_busy((uint32_t)ref), "it is in use then");
	CHECK_EQ(kit_grant_end((uint32_t)ref), -XEN_EBUSY, "and cannot be ended");
	kit_grant_end_page((uint32_t)ref, page);
	left = kit_pages_left();
	CHECK_EQ(kit_grants_kept(), 1, "what is mapped is kept");
	again = kit_grant(0, page, false);
	CHECK(again != ref, "its reference is not given out again");
	CHECK_EQ(kit_grant_end((uint32_t)again), 0, "another is ended at once");
	CHECK_EQ(*window, 4711, "the page is still there for who has it");
	CHECK_EQ(unmap(window, handle), GNTST_okay, "it is unmapped");
	CHECK_EQ(kit_grants_kept(), 0, "and kept no more");
	CHECK_EQ(kit_pages_left(), left + 1, "the page has come back");
}

static void test_table(void)
{
	enum { MANY = 1200 };
	static int refs[MANY];
	uint8_t *page = kit_page_alloc(1);
	bool good = true;

	for (int i = 0; i < MANY; i++)
		good &= (refs[i] = kit_grant(0, page, true)) > 0;
	CHECK(good, "the table grows to %d grants", MANY);
	for (int i = 0; good && i < MANY; i++)
		for (int k = i + 1; k < MANY; k++)
			good &= refs[i] != refs[k];
	CHECK(good, "all different");
	for (int i = 0; i < MANY; i++)
		good &= !kit_grant_end((uint32_t)refs[i]);
	CHECK(good, "and all can be ended");
	kit_page_free(page, 1);
}

enum { PORTS = 20 };
static unsigned int events[PORTS], ticks, tasks;
static struct kit_timer tick;
static struct kit_task task;

static void on_port(void *arg)
{
	(*(unsigned int *)arg)++;
}

static void on_task(void *arg)
{
	(void)arg;
	tasks++;
}

/* A task that adds itself has its turn once a round, so the timer has its own too. */
static void on_tick(void *arg)
{
	(void)arg;
	kit_task_add(&task);
	kit_task_add(&task);
	if (++ticks < 5)
		kit_timer_start(&tick, tick.due + 1000000);
}

static bool all_ticks(void *arg)
{
	(void)arg;
	return ticks == 5 && tasks == 5;
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static void test_ports(void)
{
	int ports[PORTS];
	bool good = true, once = true;

	for (int i = 0; i < PORTS; i++) {
		events[i] = 0;
		ports[i] = kit_ipi_bind(0);
		good &= ports[i] > 0 && !kit_listen((uint32_t)ports[i], on_port, &events[i]);
	}
	CHECK(good, "%d ports have handlers", PORTS);
	CHECK_EQ(kit_listen((uint32_t)ports[0], on_port, NULL), -XEN_EEXIST, "one each");
	CHECK(!kit_events_dispatch(), "nothing is pending");
	for (int i = 0; i < PORTS; i++)
		for (int k = 0; k <= i % 2; k++)
			kit_send((uint32_t)ports[i]);
	CHECK(kit_events_dispatch(), "something is pending");
	while (kit_events_dispatch())
		;
	for (int i = 0; i < PORTS; i++)
		once &= events[i] == 1;
	CHECK(once, "each was told once");
	kit_send((uint32_t)ports[3]);
	kit_port_wait((uint32_t)ports[3], 0);
	kit_port_clear((uint32_t)ports[3]);
	while (kit_events_dispatch())
		;
	CHECK_EQ(events[3], 1, "what was waited for and cleared is not told");
	for (int i = 0; i < PORTS; i++)
		kit_port_close((uint32_t)ports[i]);
}

static void test_loop(void)
{
	uint64_t begin = kit_time();

	ticks = tasks = 0;
	tick.fn = on_tick;
	task.fn = on_task;
	kit_timer_start(&tick, begin + 1000000);
	kit_loop_until(all_ticks, NULL, begin + 10 * KIT_SECOND);
	CHECK(ticks == 5 && tasks == 5, "a timer comes 5 times: %u, a task each: %u", ticks, tasks);
	CHECK(kit_time() >= begin + 5000000, "not too early");
	begin = kit_time();
	CHECK(!kit_loop_until(never, NULL, begin + 3000000), "a loop ends by the time");
	CHECK(kit_time() >= begin + 3000000, "and not before");
}

static volatile unsigned int far_calls, far_vcpu;
static volatile bool far_lives;

static void on_far(void *arg)
{
	(void)arg;
	far_vcpu = kit_vcpu_id();
	far_calls++;
	kit_loop_stop();
}

static void live_far(void *arg)
{
	kit_listen((uint32_t)(uint64_t)arg, on_far, NULL);
	far_lives = true;
	kit_loop();
}

/* Another vCPU lives in a loop of its own, and its port is its own. */
static void test_far(void)
{
	int port = kit_ipi_bind(1);

	far_calls = far_vcpu = 0;
	far_lives = false;
	kit_vcpu_run(1, live_far, (void *)(uint64_t)port);
	KIT_WAIT(far_lives, "the loop of vCPU 1");
	CHECK(!kit_events_dispatch() && !far_calls, "nothing for anybody");
	kit_send((uint32_t)port);
	kit_vcpu_wait(1);
	CHECK(far_calls == 1 && far_vcpu == 1, "vCPU %u has %u event", far_vcpu, far_calls);
	kit_port_close((uint32_t)port);
}

static void test_events(void)
{
	test_ports();
	test_loop();
	CHECK(kit_smp_init(2) == 2, "there is a second vCPU");
	test_far();
	CHECK_EQ(kit_events_fifo(), 0, "FIFO events are taken up");
	CHECK(kit_events_are_fifo(), "for good");
	test_ports();
	test_loop();
	test_far();
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	test_pages();
	test_runs();
	test_grants();
	test_table();
	test_events();
	tap_done();
}
