/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_supervisor_lost.c
 *
 * What becomes of a guest's devices when their supervisor or the store daemon goes away and comes back, and at the guest's end.
 */
#include "supervisor_world.h"

START_TEST(one_supervisor_a_guest)
{
	struct socle_error e = { 0 };

	ck_assert_ptr_null(supervisor_new(&e));
	ck_assert_int_eq(e.code, EBUSY);
}
END_TEST

/* The supervisor in a process of its own, which is killed; then another one. */
static void supervisor_followed(void)
{
	struct socle_error e = { 0 };
	pid_t child;

	supervisor_close(sup);
	sup = NULL;
	disk_attach(); /* before there is one who might look at half of it */
	child = fork();
	if (child == 0) {
		socle_store_close(store); /* that of its parent's is not its own */
		store = socle_store_open_now(NULL);
		sup = supervisor_new(NULL);
		if (!sup || !store)
			_exit(1);
		supervisor_store(sup, store);
		for (;;)
			turn(20);
	}
	for (int i = 0; i < 1000 && !ours_is("2"); i++)
		usleep(20000);
	front_connect();
	for (int i = 0; i < 1000 && !ours_is("4"); i++)
		usleep(20000);
	front_state("4");
	ck_assert(ours_is("4"));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	trace_forget();
	sup = supervisor_new(&e);
	ck_assert_msg(sup != NULL, "%s", e.text);
	supervisor_store(sup, store);
	TOLD("CONNECT resume=1 queues=1 pages=1 ref=8 port=15");
	ck_assert_str_eq(node(BACK, "state"), "4");
	ck_assert_int_gt(worker_pid(), 0);
}

START_TEST(another_supervisor_takes_over)
{
	supervisor_followed();
}
END_TEST

/* How many were offered, a new supervisor knows only when it has a worker: the choice was within the offer all the same. */
START_TEST(a_successor_takes_the_queues_that_were_chosen)
{
	socle_store_write(tools, 0, FRONT "/multi-queue-num-queues", "1");
	supervisor_followed();
}
END_TEST

START_TEST(a_store_that_starts_anew_takes_no_disk_away)
{
	int32_t pid;

	disk_connected();
	pid = worker_pid();
	supervisor_store(sup, NULL);
	stored_stop();
	turn(10);
	stored_start();
	supervisor_store(sup, store);
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert_int_eq(worker_pid(), pid);
}
END_TEST

/* Whatever the supervisor asks just then: what it cannot read is not gone. */
START_TEST(a_store_that_goes_away_while_it_is_asked_takes_nothing_away)
{
	struct socle_error e = { 0 };
	int32_t pid;

	disk_connected();
	pid = worker_pid();
	trace_forget();
	for (unsigned int n = 1, left = 0; left == 0; n++) {
		questions_left = n;
		supervisor_work(sup);
		left = questions_left;
		questions_left = 0;
		supervisor_store(sup, NULL);
		socle_store_close(store);
		store = socle_store_open_now(&e);
		ck_assert_msg(store != NULL, "%s", e.text);
		supervisor_store(sup, store);
		ck_assert_msg(!trace_has("DISCONNECT") && !trace_has("STOP"), "the worker lost its guest at question %u", n);
		ck_assert_msg(!trace_has("LIMITS"), "the limits were lost at question %u", n);
	}
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert_int_eq(worker_pid(), pid);
	ck_assert_str_eq(node(BACK, "state"), "4");
}
END_TEST

START_TEST(the_guest_s_end_releases_all)
{
	struct ask q = { .what = ASK_END };
	struct ask_answer a;
	pid_t child;
	int status;

	disk_connected();
	child = fork();
	if (child == 0)
		_exit(ask_send(run_dir, &q, -1, &a, LIMIT_MS, NULL) < 0);
	while (waitpid(child, &status, WNOHANG) == 0)
		turn(10);
	ck_assert_int_eq(status, 0);
	ck_assert(trace_has("STOP"));
	trace_forget();
	socle_store_write(tools, 0, BACK "/online", "1");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert(!trace_has("SETUP")); /* the nodes are still there, and nobody serves them */
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, one_supervisor_a_guest);
	tcase_add_test(t, another_supervisor_takes_over);
	tcase_add_test(t, a_successor_takes_the_queues_that_were_chosen);
	tcase_add_test(t, a_store_that_starts_anew_takes_no_disk_away);
	tcase_add_test(t, a_store_that_goes_away_while_it_is_asked_takes_nothing_away);
	tcase_add_test(t, the_guest_s_end_releases_all);
}

int main(int argc, char **argv)
{
	(void)argc;
	return world_run(argv[0], "supervisor_lost", add);
}
