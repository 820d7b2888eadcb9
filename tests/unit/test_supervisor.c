/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_supervisor.c
 *
 * The supervisor of a guest's devices (dom0-tools/device) with the real store daemon and workers that only pretend
 * (fake_worker.c): whole lives of devices, with guests, workers and supervisors that die, lie or fall silent in between.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/ask.h"
#include "device/device.h"
#include "device/handles.h"
#include "device/supervisor.h"
#include "device/vbd.h"
#include "device/vif.h"

#define DOMID    7
#define BACK     "/local/domain/0/backend/svbd/7/51712"
#define FRONT    "/local/domain/7/device/vbd/51712"
#define LIMIT_MS 60000 /* against hanging */

static char here[512], dir[] = "/tmp/socle-super-XXXXXX";
static char stored_path[600], worker_path[600], socket_path[64], run_dir[64], image[64], trace_path[64];
static pid_t stored_pid;
static struct socle_store *store, *tools; /* the supervisor's connection, and ours */
static struct supervisor *sup;
static char last_said[1200];

/* --- what the kernel would give ----------------------------------------------------------------- */

int handle_grants_open(struct socle_error *e)
{
	(void)e;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int handle_events_open(uint16_t domid, struct socle_error *e)
{
	(void)domid;
	(void)e;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int device_card_open(struct device *d, const struct device_host *h, int *fds, unsigned int *n, struct socle_error *e)
{
	(void)h;
	(void)e;
	d->queues = 1;
	fds[(*n)++] = open("/dev/null", O_RDWR | O_CLOEXEC);
	return 0;
}

void device_card_close(struct device *d, const struct device_host *h)
{
	(void)d;
	(void)h;
}

/* --- the world ---------------------------------------------------------------------------------- */

static void on_say(void *arg, const char *text)
{
	(void)arg;
	snprintf(last_said, sizeof(last_said), "%s", text);
	if (getenv("VERBOSE"))
		fprintf(stderr, "say: %s\n", text);
}

static void stored_start(void)
{
	struct socle_error e = { 0 };

	unlink(socket_path);
	stored_pid = fork();
	if (stored_pid == 0) {
		execl(stored_path, "stored", "--no-domains", "--foreground", "--socket", socket_path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && access(socket_path, F_OK); i++)
		usleep(20000);
	tools = socle_store_open(&e);
	ck_assert_msg(tools != NULL, "%s", e.text);
	store = socle_store_open(&e);
	ck_assert_msg(store != NULL, "%s", e.text);
}

static void stored_stop(void)
{
	socle_store_close(store);
	socle_store_close(tools);
	store = tools = NULL;
	kill(stored_pid, SIGKILL);
	waitpid(stored_pid, NULL, 0);
}

static struct supervisor *supervisor_new(struct socle_error *e)
{
	struct supervisor_options o = { .domid = DOMID, .run_dir = run_dir, .log_dir = dir, .disk_program = worker_path,
					.card_program = worker_path, .say = on_say };

	return supervisor_open(&o, e);
}

static void image_make(off_t size)
{
	int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(ftruncate(fd, size), 0);
	close(fd);
}

static void begin(void)
{
	struct socle_error e = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(socket_path, sizeof(socket_path), "%s/store", dir);
	snprintf(run_dir, sizeof(run_dir), "%s/7", dir);
	snprintf(image, sizeof(image), "%s/image", dir);
	snprintf(trace_path, sizeof(trace_path), "%s/trace", dir);
	setenv("SOCLE_STORE_SOCKET", socket_path, 1);
	setenv("FAKE_TRACE", trace_path, 1);
	unsetenv("FAKE_MANNER");
	unsetenv("FAKE_WHAT");
	stored_start();
	ck_assert_int_eq(socle_store_write(tools, 0, "/local/domain/7/domid", "7"), 0);
	image_make(1 << 20);
	sup = supervisor_new(&e);
	ck_assert_msg(sup != NULL, "%s", e.text);
	supervisor_store(sup, store);
}

static void end(void)
{
	char cmd[128];

	supervisor_close(sup);
	sup = NULL;
	stored_stop();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

/* One turn of the owner's loop. */
static void turn(int ms)
{
	struct pollfd fds[SUPERVISOR_FDS_MAX + 1];
	unsigned int n = supervisor_poll(sup, fds);
	int wait = supervisor_timeout(sup), r;
	char *path, *token;

	fds[n++] = (struct pollfd){ .fd = store ? socle_store_fd(store) : -1, .events = POLLIN };
	while (store && (r = socle_store_next_event(store, &path, &token)) != 0) {
		ck_assert_int_gt(r, 0);
		supervisor_event(sup, path, token);
		free(path);
		free(token);
		wait = 0;
	}
	poll(fds, n, wait < 0 || wait > ms ? ms : wait);
	supervisor_work(sup);
}

static char *node(const char *folder, const char *key)
{
	static char value[2048];
	char path[256], *text;

	snprintf(path, sizeof(path), "%s/%s", folder, key);
	text = socle_store_read(tools, 0, path, NULL);
	snprintf(value, sizeof(value), "%s", text ? text : "");
	free(text);
	return value;
}

static bool comes(bool (*what)(const void *arg), const void *arg)
{
	for (uint64_t until = device_clock_ms() + LIMIT_MS; device_clock_ms() < until; turn(20))
		if (what(arg))
			return true;
	return false;
}

static bool ours_is(const void *state)
{
	return strcmp(node(BACK, "state"), state) == 0;
}

#define OURS(state) ck_assert_msg(comes(ours_is, state), "state is %s, not %s; %s", node(BACK, "state"), state, last_said)

static bool trace_has(const void *text)
{
	static char all[65536];
	int fd = open(trace_path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, all, sizeof(all) - 1);

	all[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return strstr(all, text) != NULL;
}

static void trace_forget(void)
{
	unlink(trace_path);
}

#define TOLD(text) ck_assert_msg(comes(trace_has, text), "no '%s' was told to the worker", text)

static bool node_is_gone(const void *folder)
{
	return !*node(folder, "state");
}

static bool error_is_there(const void *part)
{
	return strstr(node(BACK, "config/error"), part) != NULL;
}

static void disk_write(const struct vbd_config *c)
{
	char key[KEY_MAX], value[VBD_PATH_MAX], path[256];

	for (unsigned int i = 0; vbd_config_key(c, i, key, value); i++) {
		snprintf(path, sizeof(path), BACK "/%s", key);
		ck_assert_int_eq(socle_store_write(tools, 0, path, "%s", value), 0);
	}
	socle_store_write(tools, 0, FRONT "/state", "1");
	socle_store_write(tools, 0, BACK "/online", "1");
	socle_store_write(tools, 0, BACK "/state", "1");
	socle_store_write(tools, 0, BACK "/frontend", FRONT);
}

static void disk_attach(void)
{
	struct vbd_config c = { .kind = VBD_FILE, .discard = true };

	strcpy(c.path, image);
	c.limit[CTL_LIMIT_TOTAL_BYTES] = (struct ctl_bucket){ 1000, 2000 };
	disk_write(&c);
}

static void front_state(const char *state)
{
	ck_assert_int_eq(socle_store_write(tools, 0, FRONT "/state", "%s", state), 0);
}

static void front_connect(void)
{
	socle_store_write(tools, 0, FRONT "/ring-ref", "8");
	socle_store_write(tools, 0, FRONT "/event-channel", "15");
	front_state("3");
}

static void disk_connected(void)
{
	disk_attach();
	OURS("2");
	front_connect();
	OURS("4");
	front_state("4");
}

static int32_t worker_pid(void)
{
	struct ask q = { .what = ASK_STATS, .cls = DEVICE_DISK, .devid = 51712 };
	struct ask_answer a = { 0 };
	int32_t pid = 0;
	int fd[2];
	pid_t child;

	/* The question is asked by another process: the answer comes from this one. */
	ck_assert_int_eq(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		int conn = ask_send(run_dir, &q, -1, &a, LIMIT_MS, NULL);

		if (conn < 0 || write(fd[1], &a.pid, sizeof(a.pid)) != sizeof(a.pid) || (a.pid && a.stats.reads != 7))
			_exit(1);
		_exit(0);
	}
	close(fd[1]);
	for (int status; waitpid(child, &status, WNOHANG) == 0;)
		turn(10);
	if (read(fd[0], &pid, sizeof(pid)) != sizeof(pid))
		pid = -1;
	close(fd[0]);
	return pid;
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* --- tests -------------------------------------------------------------------------------------- */

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
	front_state("5");
	TOLD("DISCONNECT");
	front_state("6");
	ck_assert(comes(node_is_gone, BACK));
	ck_assert(comes(node_is_gone, FRONT));
	TOLD("STOP");
}
END_TEST

START_TEST(a_frontend_comes_back)
{
	disk_connected();
	front_state("5");
	OURS("5");
	TOLD("DISCONNECT");
	front_state("6");
	OURS("6");
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
	}
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
}
END_TEST

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
	child = fork();
	if (child == 0) {
		socle_store_close(store); /* that of its parent's is not its own */
		store = socle_store_open(NULL);
		sup = supervisor_new(NULL);
		if (!sup || !store)
			_exit(1);
		supervisor_store(sup, store);
		for (;;)
			turn(20);
	}
	disk_attach();
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

int main(int argc, char **argv)
{
	Suite *s = suite_create("supervisor");
	TCase *t = tcase_create("supervisor");
	SRunner *r = srunner_create(s);
	int failed;

	(void)argc;
	snprintf(here, sizeof(here), "%.*s", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	snprintf(stored_path, sizeof(stored_path), "%s/../../dom0-tools/stored/stored", here);
	snprintf(worker_path, sizeof(worker_path), "%s/fake_worker", here);
	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_disk_lives_and_is_detached);
	tcase_add_test(t, a_frontend_comes_back);
	tcase_add_test(t, a_killed_worker_is_followed_by_another);
	tcase_add_test(t, a_worker_that_cannot_live_is_given_up);
	tcase_add_test(t, surprise_removal_ends_the_worker);
	tcase_add_loop_test(t, a_frontend_s_nonsense_closes_its_disk, 0, sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_test(t, a_state_of_noise_does_no_harm);
	tcase_add_test(t, no_image_is_an_error_the_tools_can_read);
	tcase_add_test(t, an_image_of_another_guest_is_not_taken);
	tcase_add_test(t, a_lock_that_is_let_go_is_waited_for);
	tcase_add_test(t, a_guest_that_breaks_the_ring_loses_its_worker_only);
	tcase_add_test(t, a_worker_that_says_nothing_useful_is_ended);
	tcase_add_test(t, limits_and_size_change_while_it_runs);
	tcase_add_test(t, one_supervisor_a_guest);
	tcase_add_test(t, another_supervisor_takes_over);
	tcase_add_test(t, a_successor_takes_the_queues_that_were_chosen);
	tcase_add_test(t, a_store_that_starts_anew_takes_no_disk_away);
	tcase_add_test(t, the_guest_s_end_releases_all);
	tcase_add_test(t, a_card_is_captured_as_long_as_somebody_listens);
	tcase_add_test(t, a_capture_ends_with_its_worker);
	tcase_add_test(t, many_rounds_leave_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
