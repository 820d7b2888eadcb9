/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Micro-benchmarks of the PV interface: one kernel that runs unchanged as dom0 on Socle and on Xen. One line a result
 * (guest/measure.c); tests/bench/micro/run.sh compares.
 */
#include <abi/sched.h>
#include "micro/micro.h"

void kit_main(struct start_info *si)
{
	const struct vcpu_time_info *t;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	t = &kit_vcpu_info()->time;
	/* Nanoseconds = (ticks << shift) * mul >> 32. */
	kit_printf("BENCH-CLOCK %u %d\n", t->tsc_to_system_mul, t->tsc_shift);
	bench_calls();
	bench_traps();
	bench_tables();
	bench_events();
	bench_peers();
	bench_holds();
	bench_fifo();
	kit_printf("BENCH-DONE\n");
	kit_shutdown(SHUTDOWN_reboot);
}
