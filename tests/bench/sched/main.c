/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shares, caps and wake-up latency of a scheduler that answers as credit2. Runs unchanged as dom0 on Socle and on Xen and
 * prints what the domains were charged and what they did; tests/bench/sched/run.sh judges.
 *
 *   seconds=N   how long each load runs (10)
 */
#include <abi/sched.h>
#include "sched/sched.h"

#define CREDIT2_NO_CAP	0

static struct peer load[LOADS];
static uint8_t comm_window[LOADS][PAGE_SIZE] PAGE_ALIGNED;
static uint32_t latency[LATENCIES] PAGE_ALIGNED;
static unsigned int seconds = 10;

static volatile struct load_comm *comm_of(unsigned int i)
{
	return (struct load_comm *)comm_window[i];
}

static void set_share(const struct peer *p, unsigned int weight, unsigned int cap)
{
	struct xen_domctl op = { .u.scheduler_op = {
		.sched_id = XEN_SCHEDULER_CREDIT2, .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = { .weight = (uint16_t)weight, .cap = (uint16_t)cap },
	} };

	bench_must(peer_domctl(p, &op, XEN_DOMCTL_scheduler_op), "scheduler_op");
}

static void pin(const struct peer *p, unsigned int cpu)
{
	static uint8_t map;
	struct xen_domctl op = { .u.vcpuaffinity = {
		.vcpu = 0, .flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = { .bitmap = (uint64_t)&map, .nr_bits = 8 },
	} };

	map = (uint8_t)(1U << cpu);
	bench_must(peer_domctl(p, &op, XEN_DOMCTL_setvcpuaffinity), "setvcpuaffinity");
}

static uint64_t cpu_time(const struct peer *p)
{
	struct xen_domctl op = { 0 };

	bench_must(peer_domctl(p, &op, XEN_DOMCTL_getdomaininfo), "getdomaininfo");
	return op.u.getdomaininfo.cpu_time;
}

static void make(unsigned int i, peer_entry_fn entry, unsigned int weight, unsigned int cap)
{
	peer_create(&load[i], &entry, 1);
	peer_map_frame(&load[i], peer_mfn(&load[i], peer_page), comm_window[i]);
	set_share(&load[i], weight, cap);
}

static void end(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		peer_destroy(&load[i]);
		bench_must(kit_make_writable(comm_window[i]), "window");
		bench_must(kit_mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)comm_window[i]), "INVLPG");
	}
}

/* Lets all run: half a second to settle, then the time that is measured. The bill goes to the console. */
static void run(const char *what, unsigned int nr, const unsigned int *weight, unsigned int cap)
{
	uint64_t time[LOADS], work[LOADS], start;

	for (unsigned int i = 0; i < nr; i++)
		peer_unpause(&load[i]);
	load_sleep_until(kit_time() + 500 * MS);
	start = kit_time();
	for (unsigned int i = 0; i < nr; i++)
		time[i] = cpu_time(&load[i]), work[i] = comm_of(i)->work;
	load_sleep_until(start + seconds * 1000 * MS);
	for (unsigned int i = 0; i < nr; i++)
		time[i] = cpu_time(&load[i]) - time[i], work[i] = comm_of(i)->work - work[i];
	start = kit_time() - start;
	for (unsigned int i = 0; i < nr; i++)
		kit_printf("BENCH-SHARE %s;%u;%u;%u;%lu;%lu;%lu\n", what, i, weight[i], cap, time[i], work[i], start);
}

/* ---- what is measured ------------------------------------------------------------------------------------------- */

static void shares(const char *what, unsigned int nr, const unsigned int *weight, bool pinned)
{
	for (unsigned int i = 0; i < nr; i++) {
		make(i, load_busy, weight[i], CREDIT2_NO_CAP);
		if (pinned)
			pin(&load[i], 0);
	}
	run(what, nr, weight, 0);
	end(nr);
}

static void caps(const char *what, unsigned int nr, unsigned int cap)
{
	static const unsigned int weight[2] = { 256, 256 };

	/* Only the first is capped. */
	for (unsigned int i = 0; i < nr; i++)
		make(i, load_busy, weight[i], i ? CREDIT2_NO_CAP : cap);
	run(what, nr, weight, cap);
	end(nr);
}

static void sort(uint32_t *v, unsigned int n)
{
	/* Shell's. */
	for (unsigned int gap = n / 2; gap; gap /= 2)
		for (unsigned int i = gap; i < n; i++) {
			uint32_t x = v[i];
			unsigned int j = i;

			for (; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

static void collect_latencies(const struct peer *p)
{
	for (unsigned int i = 0; i < sizeof(load_latency) / PAGE_SIZE; i++)
		peer_map_frame(p, peer_mfn(p, (uint8_t *)load_latency + i * PAGE_SIZE), (uint8_t *)latency + i * PAGE_SIZE);
}

static void wake_up(const char *what, unsigned int busy)
{
	unsigned int n;

	for (unsigned int i = 0; i < busy; i++)
		make(i, load_busy, 256, CREDIT2_NO_CAP);
	make(busy, load_sleeper, 256, CREDIT2_NO_CAP);
	for (unsigned int i = 0; i <= busy; i++)
		peer_unpause(&load[i]);
	load_sleep_until(kit_time() + 2 * seconds * 1000 * MS);
	comm_of(busy)->stop = 1;
	n = comm_of(busy)->samples;
	if (n < 100)
		bench_die("too few wake-ups", n);
	collect_latencies(&load[busy]);
	sort(latency, n);
	kit_printf("BENCH-WAKE %s;%u;%u;%u;%u\n", what, n, latency[n / 2], latency[n - 1 - n / 100], latency[n - 1]);
	for (unsigned int i = 0; i < sizeof(load_latency) / PAGE_SIZE; i++)
		bench_must(kit_make_writable((uint8_t *)latency + i * PAGE_SIZE), "window");
	bench_must(kit_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), "flush");
	end(busy + 1);
}

static void parse(const char *line)
{
	static const char name[] = "seconds=";

	for (; *line; line++)
		if (!strncmp(line, name, sizeof(name) - 1))
			for (seconds = 0, line += sizeof(name) - 1; *line >= '0' && *line <= '9'; line++)
				seconds = seconds * 10 + (unsigned int)(*line - '0');
	if (!seconds)
		bench_die("seconds=N wants a number", 0);
}

void kit_main(struct start_info *si)
{
	/* No weight asks for more than one CPU when there are two. */
	static const unsigned int two[] = { 256, 512 }, four[] = { 256, 256, 512, 512 };
	static unsigned int twenty[LOADS];

	kit_map_shared_info();
	kit_traps_init();
	parse(si->cmd_line);
	load_timer_init();
	for (unsigned int i = 0; i < LOADS; i++)
		twenty[i] = 128 * (1 + i % 4);
	shares("2 domains on one CPU", 2, two, true);
	shares("4 domains", 4, four, false);
	shares("20 domains", LOADS, twenty, false);
	caps("cap of 25 % alone", 1, 25);
	caps("cap of 25 % beside a busy domain", 2, 25);
	wake_up("alone", 0);
	wake_up("among 19 busy domains", LOADS - 1);
	kit_printf("BENCH-DONE\n");
	kit_shutdown(SHUTDOWN_reboot);
}
