/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_device_end.c
 *
 * How a disk leaves its guest (dom0-tools/device/device.c): what the guest is told and when, who answers it meanwhile, and that
 * there is an end to it whatever guest and worker do; and what is waited for instead, an NBD server that went away.
 */
#include <sys/un.h>

#include "supervisor_world.h"

static bool journal_is_gone(const void *arg)
{
	char path[128];

	(void)arg;
	snprintf(path, sizeof(path), "%s/vbd-51712.journal", run_dir);
	return access(path, F_OK) != 0;
}

static void force(void)
{
	socle_store_write(tools, 0, BACK "/config/force", "1");
	socle_store_write(tools, 0, BACK "/online", "0");
	socle_store_write(tools, 0, BACK "/state", "5");
}

/* Its requests are refused at once; the nodes go when it says that it has closed; the worker when it has let go. */
START_TEST(a_disk_is_taken_away_from_a_guest_that_listens)
{
	int32_t pid;

	guest_has_ports = true;
	disk_connected();
	pid = worker_pid();
	force();
	TOLD("REFUSE 1");
	ck_assert_str_eq(node(BACK, "state"), "5");
	front_state("6");
	ck_assert(comes(node_is_gone, BACK));
	ck_assert(node_is_gone(FRONT));
	for (int i = 0; i < 20; i++)
		turn(5);
	ck_assert_int_eq(worker_pid(), pid);
	ck_assert(!journal_is_gone(NULL));
	guest_has_ports = false;
	ck_assert(comes(journal_is_gone, NULL));
	TOLD("STOP");
	ck_assert_int_eq(kill(pid, 0), -1);
}
END_TEST

/* It says nothing and lets nothing go: it has its time, and no more. */
START_TEST(a_disk_is_taken_away_from_a_guest_that_does_not_listen)
{
	guest_has_ports = true;
	disk_connected();
	force();
	ck_assert(comes(node_is_gone, BACK));
	ck_assert(comes(journal_is_gone, NULL));
	ck_assert(trace_has("REFUSE 1"));
	guest_has_ports = false;
}
END_TEST

/* Linux says that it has closed, and waits for what is still in its ring when its nodes go. */
START_TEST(a_guest_that_has_closed_is_answered_until_it_lets_go)
{
	guest_has_ports = true;
	disk_connected();
	socle_store_write(tools, 0, BACK "/online", "0");
	socle_store_write(tools, 0, BACK "/state", "5");
	front_state("6");
	ck_assert(comes(node_is_gone, BACK));
	TOLD("REFUSE 0"); /* what is in the ring is served */
	ck_assert(!trace_has("DISCONNECT"));
	guest_has_ports = false;
	ck_assert(comes(journal_is_gone, NULL));
	TOLD("DISCONNECT");
}
END_TEST

/* As long as the nodes say where the rings are, another one refuses in its place, without the image. */
START_TEST(a_worker_that_dies_while_its_disk_goes)
{
	guest_has_ports = true;
	disk_connected();
	force();
	TOLD("REFUSE 1");
	if (_i)
		front_state("6");
	ck_assert(!_i || comes(node_is_gone, BACK));
	trace_forget();
	kill(worker_pid(), SIGKILL);
	if (!_i) {
		TOLD("SETUP domid=7 devid=51712 uid=1879048199 fds=3");
		TOLD("CONNECT resume=1");
		ck_assert(comes(node_is_gone, BACK));
		kill(worker_pid(), SIGKILL);
	}
	ck_assert(comes(journal_is_gone, NULL));
	ck_assert(node_is_gone(BACK));
	ck_assert(!trace_has("fds=4") && !trace_has("fds=5")); /* nobody has the image */
	guest_has_ports = false;
}
END_TEST

/* Nobody has to wait for the end of the old one. */
START_TEST(a_new_disk_takes_the_place_of_one_that_goes)
{
	int32_t pid;

	guest_has_ports = true;
	disk_connected();
	pid = worker_pid();
	force();
	front_state("6");
	ck_assert(comes(node_is_gone, BACK));
	trace_forget();
	disk_attach();
	OURS("2");
	TOLD("STOP");
	TOLD("SETUP");
	front_connect();
	OURS("4");
	TOLD("CONNECT resume=0");
	ck_assert_int_ne(worker_pid(), pid);
	guest_has_ports = false;
}
END_TEST

/* It listens, and that is all that its workers want of it here. */
static int server_start(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sa.sun_path, path);
	unlink(path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 50), 0);
	return fd;
}

static bool no_error(const void *arg)
{
	(void)arg;
	return !*node(BACK, "config/error");
}

START_TEST(an_nbd_server_that_goes_away_is_waited_for)
{
	struct vbd_config c = { .kind = VBD_NBD };
	int server;

	snprintf(c.path, sizeof(c.path), "%s/server", dir);
	server = server_start(c.path);
	disk_write(&c);
	OURS("2");
	/* Before the guest has connected it, and after. */
	for (int i = 0; i < 2; i++) {
		if (i) {
			front_connect();
			OURS("4");
			front_state("4");
		}
		close(server);
		trace_forget();
		kill(worker_pid(), SIGKILL);
		if (!i)
			front_connect();
		ck_assert(comes(error_is_there, "cannot reach the NBD server"));
		for (uint64_t until = device_clock_ms() + 1500; device_clock_ms() < until;)
			turn(50);
		ck_assert_str_eq(node(BACK, "state"), i ? "4" : "2");
		ck_assert(!trace_has("SETUP"));
		server = server_start(c.path);
		TOLD(i ? "CONNECT resume=1" : "CONNECT resume=0");
		ck_assert(comes(no_error, NULL));
		OURS("4");
	}
	close(server);
}
END_TEST

/* The guest waits for answers that need the server: a worker without it gives them, so that it can let go. */
START_TEST(a_disk_whose_server_is_away_can_be_taken_away)
{
	struct vbd_config c = { .kind = VBD_NBD };
	int server;

	snprintf(c.path, sizeof(c.path), "%s/server", dir);
	server = server_start(c.path);
	guest_has_ports = true;
	disk_write(&c);
	OURS("2");
	front_connect();
	OURS("4");
	front_state("4");
	close(server);
	kill(worker_pid(), SIGKILL);
	ck_assert(comes(error_is_there, "cannot reach the NBD server"));
	trace_forget();
	if (_i)
		force();
	else
		socle_store_write(tools, 0, BACK "/online", "0");
	front_state("6");
	TOLD("SETUP domid=7 devid=51712 uid=1879048199 fds=3");
	TOLD("CONNECT resume=1 queues=1 pages=1 ref=8 port=15");
	ck_assert(comes(node_is_gone, BACK));
	ck_assert(!journal_is_gone(NULL));
	guest_has_ports = false;
	ck_assert(comes(journal_is_gone, NULL));
	TOLD("STOP");
}
END_TEST

/* Nobody is to wait for the wrong one. */
START_TEST(an_nbd_server_that_was_never_there_is_an_error)
{
	struct vbd_config c = { .kind = VBD_NBD };

	snprintf(c.path, sizeof(c.path), "%s/server", dir);
	disk_write(&c);
	OURS("5");
	ck_assert(error_is_there("cannot reach the NBD server"));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_nbd_server_that_goes_away_is_waited_for);
	tcase_add_loop_test(t, a_disk_whose_server_is_away_can_be_taken_away, 0, 2);
	tcase_add_test(t, an_nbd_server_that_was_never_there_is_an_error);
	tcase_add_test(t, a_disk_is_taken_away_from_a_guest_that_listens);
	tcase_add_test(t, a_disk_is_taken_away_from_a_guest_that_does_not_listen);
	tcase_add_test(t, a_guest_that_has_closed_is_answered_until_it_lets_go);
	tcase_add_loop_test(t, a_worker_that_dies_while_its_disk_goes, 0, 2);
	tcase_add_test(t, a_new_disk_takes_the_place_of_one_that_goes);
}

int main(int argc, char **argv)
{
	(void)argc;
	return world_run(argv[0], "device_end", add);
}
