/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_supervisor.c
 *
 * The supervisor of a guest's devices (dom0-tools/device) with the real store daemon and workers that only pretend: whole
 * lives of devices, with guests and workers that die, lie or fall silent in between.
 */
#include "supervisor_world.h"

START_TEST(a_disk_lives_and_is_detached)
{
	disk_attach();
	OURS("2");
	ck_assert_str_eq(node(BACK, "max-ring-page-order"), "4");
	ck_assert_str_eq(node(BACK, "feature-discard"), "1");
	TOLD("SETUP domid=7 devid=51712 uid=1879048199 fds=");
	TOLD("limit2=1000/2000");
	front_connect();
	OURS("4");
	ck_assert_str_eq(node(BACK, "sectors"), "2048");
	ck_assert_str_eq(node(BACK, "sector-size"), "512");
	TOLD("CONNECT resume=0 queues=1 pages=1 ref=8 port=15");
	front_state("4");
	ck_assert_int_gt(worker_pid(), 0);
	/* The tools ask for its end; the guest writes back first. */
	socle_store_write(tools, 0, BACK "/online", "0");
	socle_store_write(tools, 0, BACK "/state", "5");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert(!trace_has("DISCONNECT"));
	/* It may say so while it still uses it. */
	front_state("5");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert(!trace_has("DISCONNECT"));
	front_state("6");
	ck_assert(comes(node_is_gone, BACK));
	ck_assert(comes(node_is_gone, FRONT));
	TOLD("DISCONNECT");
	TOLD("STOP");
}
END_TEST

START_TEST(a_frontend_comes_back)
{
	disk_connected();
	front_state("5");
	OURS("5");
	front_state("6");
	OURS("6");
	TOLD("DISCONNECT");
	trace_forget();
	front_state("1");
	OURS("2");
	front_connect();
	OURS("4");
	TOLD("CONNECT resume=0");
	ck_assert(!trace_has("SETUP")); /* the same worker */
}
END_TEST

START_TEST(a_killed_worker_is_followed_by_another)
{
	int before;

	disk_connected();
	before = descriptors();
	for (int i = 0; i < 25; i++) {
		int32_t pid = worker_pid();

		ck_assert_int_gt(pid, 0);
		trace_forget();
		/* Not too young, or it would be taken for one that cannot live. */
		for (uint64_t until = device_clock_ms() + 1100; i % 5 == 0 && device_clock_ms() < until;)
			turn(50);
		kill(pid, SIGKILL);
		TOLD("CONNECT resume=1 queues=1 pages=1 ref=8 port=15");
		ck_assert_str_eq(node(BACK, "state"), "4");
		ck_assert_int_ne(worker_pid(), pid);
		ck_assert_uint_eq(nr_told[DEVICE_RESTARTED], (unsigned int)i + 1);
	}
	ck_assert_uint_eq(nr_told[DEVICE_ATTACHED], 1);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

START_TEST(a_worker_that_cannot_live_is_given_up)
{
	setenv("FAKE_MANNER", "die", 1);
	setenv("FAKE_WHAT", "CONNECT", 1);
	disk_attach();
	OURS("2");
	front_connect();
	OURS("5");
	ck_assert(error_is_there("its worker ended 11 times soon after its start"));
	ck_assert_uint_eq(nr_told[DEVICE_FAILED], 1);
	unsetenv("FAKE_MANNER");
	/* Only the tools can end this. */
	front_state("6");
	front_state("1");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert_str_eq(node(BACK, "state"), "5");
	ck_assert_int_eq(worker_pid(), 0);
	socle_store_write(tools, 0, BACK "/online", "0");
	ck_assert(comes(node_is_gone, BACK));
}
END_TEST

START_TEST(surprise_removal_ends_the_worker)
{
	int32_t pid;

	disk_connected();
	pid = worker_pid();
	ck_assert_int_eq(socle_store_rm(tools, 0, BACK), 0);
	TOLD("STOP");
	for (uint64_t until = device_clock_ms() + LIMIT_MS; kill(pid, 0) == 0 && device_clock_ms() < until;)
		turn(10);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert(node_is_gone(FRONT));
	ck_assert_uint_eq(nr_told[DEVICE_DETACHED], 1);
}
END_TEST

static const struct { const char *key, *value; } nonsense[] = {
	{ "ring-ref", "eight" }, { "event-channel", "-1" }, { "multi-queue-num-queues", "4096" }, { "ring-page-order", "9" },
	{ "protocol", "x86_32-abi" },
};

START_TEST(a_frontend_s_nonsense_closes_its_disk)
{
	char path[128];

	disk_attach();
	OURS("2");
	socle_store_write(tools, 0, FRONT "/ring-ref", "8");
	socle_store_write(tools, 0, FRONT "/event-channel", "15");
	snprintf(path, sizeof(path), FRONT "/%s", nonsense[_i].key);
	socle_store_write(tools, 0, path, "%s", nonsense[_i].value);
	front_state("3");
	OURS("5");
	ck_assert(error_is_there(nonsense[_i].key) || error_is_there("protocol"));
	/* It may mend its ways. */
	socle_store_rm(tools, 0, path);
	front_state("6");
	OURS("6");
	front_state("1");
	OURS("2");
	front_connect();
	OURS("4");
}
END_TEST

START_TEST(a_state_of_noise_does_no_harm)
{
	static const char *const states[] = { "", "x", "99", "-1", "4 4", "18446744073709551616", "1", "6", "5", "8", "7", "3" };

	disk_connected();
	for (unsigned int i = 0; i < 60; i++) {
		front_state(states[i * 7 % 12]);
		turn(1);
	}
	front_state("6");
	OURS("6");
	front_state("1");
	OURS("2");
	front_connect();
	OURS("4");
}
END_TEST

/* Each round of nonsense is worth a line to those who look; thousands of them would fill their disk. */
START_TEST(a_guest_fills_no_log)
{
	disk_attach();
	OURS("2");
	nr_said = 0;
	for (unsigned int i = 0; i < FLOOD_LINES + 150; i++) {
		front_state("3"); /* without rings */
		OURS("5");
		front_state("6");
		OURS("6");
		front_state("1");
		OURS("2");
	}
	ck_assert_uint_ge(nr_said, FLOOD_LINES);
	ck_assert_uint_le(nr_said, FLOOD_LINES + 100); /* a slow machine's time passes as well */
}
END_TEST

START_TEST(no_image_is_an_error_the_tools_can_read)
{
	unlink(image);
	disk_attach();
	ck_assert(comes(error_is_there, "No such file"));
	ck_assert_int_eq(worker_pid(), 0);
}
END_TEST

START_TEST(an_image_of_another_guest_is_not_taken)
{
	int fd = open(image, O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	disk_attach();
	ck_assert(comes(error_is_there, "is in use"));
	ck_assert(comes(error_is_there, "[disk-in-use]")); /* what socle explain knows goes with it */
	ck_assert(error_is_there("test_superv"));
	close(fd);
}
END_TEST

START_TEST(a_lock_that_is_let_go_is_waited_for)
{
	int fd = open(image, O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	disk_attach();
	for (int i = 0; i < 10; i++)
		turn(20);
	ck_assert(!error_is_there("is"));
	close(fd);
	OURS("2");
}
END_TEST

START_TEST(a_guest_that_breaks_the_ring_loses_its_worker_only)
{
	disk_attach();
	OURS("2");
	supervisor_close(sup);
	sup = supervisor_new(NULL);
	setenv("FAKE_MANNER", "broken", 1);
	setenv("FAKE_WHAT", "CONNECT", 1);
	supervisor_store(sup, store);
	front_connect();
	OURS("5");
	ck_assert(error_is_there("its ring makes no sense"));
	unsetenv("FAKE_MANNER");
	front_state("6");
	OURS("6");
	front_state("1");
	OURS("2");
	front_connect();
	OURS("4");
}
END_TEST

START_TEST(a_worker_that_says_nothing_useful_is_ended)
{
	setenv("FAKE_MANNER", "noise", 1);
	setenv("FAKE_WHAT", "DISCONNECT", 1);
	disk_connected();
	front_state("5");
	OURS("5");
	front_state("6");
	OURS("6");
	ck_assert_int_eq(worker_pid(), 0);
	unsetenv("FAKE_MANNER");
	front_state("1");
	OURS("2");
}
END_TEST

START_TEST(limits_and_size_change_while_it_runs)
{
	disk_connected();
	socle_store_write(tools, 0, BACK "/config/limit-total-bytes", "5000 6000");
	TOLD("LIMITS 5000/6000");
	trace_forget();
	socle_store_write(tools, 0, BACK "/config/limit-total-bytes", "lots");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert(!trace_has("LIMITS"));
	socle_store_write(tools, 0, BACK "/config/resize", "1");
	TOLD("RESIZE");
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert_str_eq(node(BACK, "sectors"), "4096");
	ck_assert_str_eq(node(BACK, "config/resized"), "1 4096");
	ck_assert_str_eq(node(BACK, "state"), "4");
	ck_assert_uint_eq(nr_told[DEVICE_LIMITED], 1);
	ck_assert_uint_eq(nr_told[DEVICE_RESIZED], 1);
}
END_TEST

/* Somebody who has the right to asks for another name: the owner decides. */
START_TEST(a_name_is_the_owner_s)
{
	static const char *const names[] = { "wob", "taken" };

	disk_connected();
	for (unsigned int i = 0; i < 2; i++) {
		struct ask q = { .what = ASK_RENAME };
		struct ask_answer a = { 0 };
		struct socle_error e = { 0 };
		int status = 0;
		pid_t child;

		snprintf(q.name, sizeof(q.name), "%s", names[i]);
		child = fork();
		if (child == 0) {
			int conn = ask_send(run_dir, &q, -1, &a, LIMIT_MS, &e);

			_exit(i ? conn >= 0 || strcmp(e.id, "name-taken") != 0 : conn < 0);
		}
		while (waitpid(child, &status, WNOHANG) == 0)
			turn(10);
		ck_assert_int_eq(status, 0);
		ck_assert_str_eq(renamed_to, names[i]);
	}
}
END_TEST

static void card_attach(void)
{
	static const char back[] = "/local/domain/0/backend/svif/7/0";
	struct vif_config c = { .kind = VIF_BRIDGE, .bridge = "br0", .mtu = 1500, .queues = 1 };
	char key[KEY_MAX], value[VIF_VALUE_MAX], path[256];

	for (unsigned int i = 0; vif_config_key(&c, i, key, value); i++) {
		snprintf(path, sizeof(path), "%s/%s", back, key);
		socle_store_write(tools, 0, path, "%s", value);
	}
	socle_store_write(tools, 0, "/local/domain/7/device/vif/0/state", "1");
	snprintf(path, sizeof(path), "%s/frontend", back);
	socle_store_write(tools, 0, path, "/local/domain/7/device/vif/0");
}

START_TEST(a_card_is_captured_as_long_as_somebody_listens)
{
	struct ask q = { .what = ASK_CAPTURE, .cls = DEVICE_CARD };
	struct ask_answer a;
	pid_t child;

	card_attach();
	TOLD("SETUP domid=7 devid=0");
	child = fork();
	if (child == 0) {
		if (ask_send(run_dir, &q, 2, &a, LIMIT_MS, NULL) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	TOLD("CAPTURE 1 fds=1");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	TOLD("CAPTURE 0 fds=0");
}
END_TEST

/* The tool learns that its capture is over when the worker that wrote it is. */
START_TEST(a_capture_ends_with_its_worker)
{
	static const char back[] = "/local/domain/0/backend/svif/7/0";
	struct ask q = { .what = ASK_CAPTURE, .cls = DEVICE_CARD };
	struct ask_answer a;
	char byte;
	pid_t child;
	int status;

	card_attach();
	TOLD("SETUP domid=7 devid=0");
	child = fork();
	if (child == 0) {
		int conn = ask_send(run_dir, &q, 2, &a, LIMIT_MS, NULL);

		_exit(conn < 0 ? 1 : read(conn, &byte, 1) == 0 ? 0 : 2);
	}
	TOLD("CAPTURE 1 fds=1");
	ck_assert_int_eq(socle_store_rm(tools, 0, back), 0);
	while (waitpid(child, &status, WNOHANG) == 0)
		turn(10);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(many_rounds_leave_nothing)
{
	int before = 0;

	for (int i = 0; i < 40; i++) {
		disk_connected();
		socle_store_write(tools, 0, BACK "/online", "0");
		front_state("6");
		ck_assert(comes(node_is_gone, BACK));
		if (i == 0)
			before = descriptors();
	}
	ck_assert_int_eq(descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0); /* the store daemon is the only child */
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_disk_lives_and_is_detached);
	tcase_add_test(t, a_frontend_comes_back);
	tcase_add_test(t, a_killed_worker_is_followed_by_another);
	tcase_add_test(t, a_worker_that_cannot_live_is_given_up);
	tcase_add_test(t, surprise_removal_ends_the_worker);
	tcase_add_loop_test(t, a_frontend_s_nonsense_closes_its_disk, 0, sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_test(t, a_state_of_noise_does_no_harm);
	tcase_add_test(t, a_guest_fills_no_log);
	tcase_add_test(t, no_image_is_an_error_the_tools_can_read);
	tcase_add_test(t, an_image_of_another_guest_is_not_taken);
	tcase_add_test(t, a_lock_that_is_let_go_is_waited_for);
	tcase_add_test(t, a_guest_that_breaks_the_ring_loses_its_worker_only);
	tcase_add_test(t, a_worker_that_says_nothing_useful_is_ended);
	tcase_add_test(t, limits_and_size_change_while_it_runs);
	tcase_add_test(t, a_name_is_the_owner_s);
	tcase_add_test(t, a_card_is_captured_as_long_as_somebody_listens);
	tcase_add_test(t, a_capture_ends_with_its_worker);
	tcase_add_test(t, many_rounds_leave_nothing);
}

int main(int argc, char **argv)
{
	(void)argc;
	return world_run(argv[0], "supervisor", add);
}
