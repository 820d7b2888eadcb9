/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking all there is of everything a guest can ask for: ports, grant frames, handles of mappings, pages, pins, watchdogs,
 * vCPU areas, event words, timers. Each ends with the errno for it, and each is there again when it was given back. Then
 * floods of events and mappings, and whatever makes the hypervisor write its log. The guest ends with all of it in its hands:
 * the runner sees whether it comes back.
 */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"
#include "kit/events.h"

#define MOST_PORTS	EVTCHN_2L_NR_CHANNELS

static uint8_t window[PAGE_SIZE] PAGE_ALIGNED, granted[PAGE_SIZE] PAGE_ALIGNED, words[4 * PAGE_SIZE] PAGE_ALIGNED;
static uint64_t tables[64][512] PAGE_ALIGNED;
static uint64_t frames[8192];

/* ---- ports --------------------------------------------------------------------------------------------- */

static unsigned int open_all(long *last)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	unsigned int n = 0;

	while (n < 2 * MOST_PORTS && !(*last = kit_evtchn(EVTCHNOP_alloc_unbound, &alloc)))
		n++;
	return n;
}

static void close_from(uint32_t first)
{
	for (struct evtchn_close c = { .port = first }; c.port < MOST_PORTS; c.port++)
		kit_evtchn(EVTCHNOP_close, &c);
}

static void test_ports(void)
{
	/* A guest's first two are its store's and its console's. */
	uint32_t first = kit_privileged() ? 1 : 3;
	unsigned int n, again;
	long rc;

	n = open_all(&rc);
	CHECK(rc == -XEN_ENOSPC && n > 100 && n < MOST_PORTS, "ports end: %u of them, then %ld", n, rc);
	CHECK_EQ(kit_ipi_bind(0), -XEN_ENOSPC, "none is left for an interrupt");
	CHECK_EQ(kit_send(first), 0, "those there are work");
	close_from(first);
	again = open_all(&rc);
	CHECK_EQ(again, n, "as many again");
	close_from(first);
}

/* ---- grants --------------------------------------------------------------------------------------------- */

static void test_grant_frames(void)
{
	static uint64_t list[4096];
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .frame_list = (uint64_t)list };

	long rc = hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &size, 1);

	CHECK(!rc && !size.status && size.max_nr_frames && size.max_nr_frames <= 4096, "%u grant frames", size.max_nr_frames);
	setup.nr_frames = size.max_nr_frames;
	CHECK(!hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) && !setup.status, "all of them");
	setup.nr_frames++;
	CHECK(!hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) && setup.status == GNTST_general_error, "and no more");
	/* The reference lets them go, and then has no table. */
	CHECK(!on_socle() || !free_mfn(list[0]), "they are not ours to give back");
}

static void test_handles(void)
{
	uint32_t handle = 0, top = 0, n = 0;
	int16_t status = 0;

	offer(8, granted, GTF_permit_access);
	/* Each overwrites the entry of the one before: its handle stays in use, which is our loss. */
	while (n < 200000 && !(status = map_grant(8, GNTMAP_host_map | GNTMAP_readonly, (uint64_t)window, &handle))) {
		top = handle > top ? handle : top;
		n++;
	}
	/* The reference counts the uses of one grant in seven bits. */
	CHECK(n == 200000 || status == (on_socle() ? GNTST_no_space : GNTST_general_error), "handles end or are many: %u, then %d", n, status);
	CHECK(n > 100, "but there are enough");
	CHECK(grant_entries()[8].flags & GTF_reading, "the page is in use");
	CHECK_EQ(unmap_grant(top, (uint64_t)window), 0, "one goes");
	CHECK_EQ(map_grant(8, GNTMAP_host_map | GNTMAP_readonly, (uint64_t)window, &handle), 0, "and one comes");
	kit_mmu_update(kit_pte_maddr(window), pte_of(window));
}

/* ---- memory ------------------------------------------------------------------------------------------------ */

static void test_pages(void)
{
	uint64_t before = reservation();
	uint16_t self = DOMID_SELF;
	unsigned int n = 0, gone = 0;
	long most = hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_reservation, &self);

	while (n < 8192 && (frames[n] = allocate_mfn()))
		n++;
	CHECK(n == 8192 || reservation() == (uint64_t)most, "pages end at the limit: %u more, %lu of %ld", n, reservation(), most);
	while (n)
		gone += !free_mfn(frames[--n]);
	CHECK(!gone && reservation() == before, "and go back");
}

static void test_pins(void)
{
	unsigned int refused = 0;

	for (unsigned int i = 0; i < 64; i++)
		refused += kit_make_readonly(tables[i]) || kit_mmuext((unsigned int)MMUEXT_PIN_L1_TABLE + i % 4, kit_va_to_mfn(tables[i]));
	CHECK(!refused, "every page may be pinned: %u refused", refused);
	for (unsigned int i = 0; i < 64; i++)
		refused += kit_mmuext(MMUEXT_PIN_L1_TABLE + i % 4, kit_va_to_mfn(tables[i])) != -XEN_EINVAL;
	CHECK(!refused, "once: %u were twice", refused);
	/* They stay: the end of the domain has to unpin them. Entries of one refer to the next. */
	for (unsigned int i = 0; i + 1 < 64; i++)
		if (i % 4 != 3)
			for (unsigned int j = 0; j < 512; j++)
				refused += kit_mmu_update((kit_va_to_mfn(tables[i + 1]) << 12) + j * 8,
							  i % 4 == 2 && j >= 256 && j < 272 ? 0 : kit_va_to_mfn(tables[i]) << 12 | PTE_P | PTE_RW | PTE_US) != 0 &&
					   !(i % 4 == 2 && j >= 256 && j < 272);
	CHECK(!refused, "trees as wide as they can be: %u refused", refused);
}

/* ---- small things ---------------------------------------------------------------------------------------------- */

static void test_watchdogs(void)
{
	struct sched_watchdog w = { .timeout = 3600 };
	unsigned int n = 0;
	long id;

	while (n < 100 && (id = (int)hypercall2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &w)) > 0)
		n++;
	CHECK(n >= 1 && n < 100 && id == -XEN_ENOSPC, "watchdogs end: %u, then %ld", n, id);
	for (w.id = 1, w.timeout = 0; w.id <= n; w.id++)
		CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &w), 0, "one is put to sleep");
}

static void test_areas(void)
{
	struct vcpu_register_vcpu_info info = { .mfn = kit_va_to_mfn(words), .offset = 128 };
	unsigned int id = 2;

	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, id, 0) < 0)
		return;
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, id, &info), 0, "a vcpu_info");
	for (unsigned int i = 0; i < 100; i++)
		if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, id, &info) != -XEN_EINVAL)
			kit_bail("a second vcpu_info");
	CHECK_EQ(kit_make_readonly(words), 0, "its page may be mapped as one likes");
	CHECK(kit_mmuext(MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(words)) < 0, "but not be a table");
	CHECK_EQ(kit_make_writable(words), 0, "any more");
}

static void test_event_words(void)
{
	struct evtchn_init_control control = { .control_gfn = kit_va_to_mfn(words + PAGE_SIZE), .offset = 0 };
	struct evtchn_expand_array array = { .array_gfn = kit_va_to_mfn(words + 2 * PAGE_SIZE) };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	unsigned int n = 0;
	long rc = 0;

	CHECK_EQ(kit_evtchn(EVTCHNOP_init_control, &control), 0, "a control block");
	CHECK_EQ(kit_evtchn(EVTCHNOP_init_control, &control), -XEN_EINVAL, "once");
	while (n < 1000 && !(rc = kit_evtchn(EVTCHNOP_expand_array, &array)))
		n++;
	CHECK(n == EVTCHN_FIFO_NR_CHANNELS / 1024 && rc == -XEN_ENOSPC, "pages of event words end: %u, then %ld", n, rc);
	/* All in one and the same page, and the guest writes it as it likes: queues of rubbish. */
	for (unsigned int i = 0; i < 4 * PAGE_SIZE; i++)
		words[i] = (uint8_t)(i * 7 + 3);
	for (unsigned int i = 0; i < 300; i++) {
		int port = kit_ipi_bind(0);

		if (port < 0)
			break;
		kit_send((uint32_t)port);
		memset(words + PAGE_SIZE, (int)(i & 0xff), PAGE_SIZE);
		kit_send((uint32_t)port);
	}
	CHECK(true, "events through words that hold rubbish");
	/* A port of a vCPU without a control block: its events are lost, and the log hears of it, within bounds. */
	{
		int port = kit_ipi_bind(1);

		for (unsigned int i = 0; port > 0 && i < 3000; i++)
			kit_send((uint32_t)port);
	}
	if (kit_privileged())
		CHECK_EQ(kit_evtchn(EVTCHNOP_reset, &reset), 0, "all ports are closed at once");
}

static volatile unsigned int upcalls;

static void on_event(void *arg)
{
	(void)arg;
	upcalls++;
}

static void test_event_flood(void)
{
	int port = kit_ipi_bind(0);

	kit_events_init();
	kit_listen((uint32_t)port, on_event, NULL);
	kit_events_enable();
	for (unsigned int i = 0; i < 20000; i++)
		kit_send((uint32_t)port);
	kit_events_disable();
	CHECK(upcalls > 10000 && upcalls <= 20000, "20000 events to oneself: %u upcalls", upcalls);
	close_from((uint32_t)port);
}

static void test_timer_flood(void)
{
	struct vcpu_set_periodic_timer fast = { .period_ns = 1000000 }, faster = { .period_ns = 999999 };
	struct vcpu_set_singleshot_timer now = { .timeout_abs_ns = 1 };
	struct sched_poll soon = { .timeout = 1 };

	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, &faster), -XEN_EINVAL, "no period below a millisecond");
	for (unsigned int v = 0; v < 4; v++)
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, v, &fast);
	for (unsigned int i = 0; i < 10000; i++) {
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &now);
		if (i % 10 == 0)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &soon);
	}
	CHECK(true, "timers that have always expired");
	for (unsigned int v = 0; v < 4; v++)
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, v, 0);
}

/* Whatever is refused may be logged by a debug build; dom0 has its own console besides. */
static void test_log_flood(void)
{
	static char line[512];
	uint64_t start = kit_time();

	for (unsigned int i = 0; i < 5000; i++) {
		hypercall5(60, i, i, i, i, i);
		kit_mmu_update(0x200000, i);
		hypercall2(__HYPERVISOR_set_debugreg, 0, HV_START);
		KIT_TRY("rdmsr", , "c"(0x12345678));
		hypercall3(__HYPERVISOR_console_io, 0, kit_privileged() ? 0 : sizeof(line), line);
	}
	CHECK(kit_time() > start, "thousands of refusals, and time goes on");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	own_domid();
	test_ports();
	test_grant_frames();
	test_handles();
	test_pages();
	test_pins();
	test_watchdogs();
	test_areas();
	test_event_flood();
	test_timer_flood();
	test_log_flood();
	test_event_words();
	tap_done();
}
