/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_supervisor_short.c
 *
 * Devices when something is short: descriptors of the supervisor, memory of a worker, and workers themselves when their guest
 * breaks one connection after the other.
 */
#include <sys/resource.h>

#include "supervisor_world.h"

/* Room for so many more; all that there may be when it is negative. */
static void descriptors_limit(int more)
{
	struct rlimit l;
	int used = dup(0);

	close(used);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &l), 0);
	l.rlim_cur = more < 0 ? l.rlim_max : (rlim_t)(used + more);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &l), 0);
}

/* Each of what a worker is given has its turn to be the one that is missing. */
START_TEST(descriptors_that_are_short_are_waited_for)
{
	uint64_t until;
	int before = descriptors();

	descriptors_limit(_i);
	disk_attach();
	for (until = device_clock_ms() + 100; device_clock_ms() < until; turn(5))
		;
	ck_assert_str_eq(node(BACK, "state"), "1");
	ck_assert(strstr(last_said, "Too many open files; it is tried again"));
	descriptors_limit(-1);
	ck_assert_int_eq(descriptors(), before);
	OURS("2");
	front_connect();
	OURS("4");
}
END_TEST

START_TEST(a_worker_without_memory_is_tried_again_and_given_up)
{
	setenv("FAKE_MANNER", "poor", 1);
	setenv("FAKE_WHAT", "SETUP", 1);
	disk_attach();
	ck_assert(comes(trace_has, "SETUP"));
	unsetenv("FAKE_MANNER");
	OURS("2");
	front_state("6");
	OURS("6");
	supervisor_close(sup);
	sup = supervisor_new(NULL);
	setenv("FAKE_MANNER", "poor", 1);
	supervisor_store(sup, store);
	front_state("1");
	OURS("5");
	ck_assert(error_is_there("no memory for buffers"));
	ck_assert_int_eq(worker_pid(), 0);
}
END_TEST

/* Each time a worker is ended and another started: at first at once, later no more often than once a second. */
START_TEST(who_breaks_rings_again_and_again_has_to_wait)
{
	uint64_t began = 0;

	disk_attach();
	OURS("2");
	supervisor_close(sup);
	sup = supervisor_new(NULL);
	setenv("FAKE_MANNER", "broken", 1);
	setenv("FAKE_WHAT", "CONNECT", 1);
	supervisor_store(sup, store);
	for (int i = 0; i < 13; i++) {
		began = device_clock_ms();
		front_connect();
		OURS("5");
		front_state("6");
		OURS("6");
		front_state("1");
		OURS("2");
	}
	ck_assert_uint_ge(device_clock_ms() - began, 900);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, descriptors_that_are_short_are_waited_for, 0, 6);
	tcase_add_test(t, a_worker_without_memory_is_tried_again_and_given_up);
	tcase_add_test(t, who_breaks_rings_again_and_again_has_to_wait);
}

int main(int argc, char **argv)
{
	(void)argc;
	return world_run(argv[0], "supervisor_short", add);
}
