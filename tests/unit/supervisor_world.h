/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/supervisor_world.h
 *
 * The world of a supervisor under test: the real store daemon, workers that only pretend (fake_worker.c), a disk of one guest,
 * and a store that goes away when it is asked.
 */
#ifndef SOCLE_TESTS_SUPERVISOR_WORLD_H
#define SOCLE_TESTS_SUPERVISOR_WORLD_H

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/ask.h"
#include "device/device.h"
#include "device/flood.h"
#include "device/handles.h"
#include "device/supervisor.h"
#include "device/vbd.h"
#include "device/vif.h"
#include "suite.h"

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
static unsigned int nr_said, nr_told[DEVICE_RESIZED + 1]; /* by enum device_event */
static bool guest_has_ports; /* its event channels to us are there */

/* --- what the kernel would give ----------------------------------------------------------------- */

static int null_open(struct socle_error *e)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd < 0 ? socle_fail(e, errno, "cannot open /dev/null: %s", strerror(errno)) : fd;
}

int handle_grants_open(struct socle_error *e)
{
	return null_open(e);
}

int handle_events_open(uint16_t domid, struct socle_error *e)
{
	(void)domid;
	return null_open(e);
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

/* --- a store that goes away --------------------------------------------------------------------- */

static unsigned int questions_left; /* of the supervisor's connection; 0: no end */

int __real_store_wire_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts, unsigned int n,
			   char **body, size_t *len);
int __wrap_store_wire_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts, unsigned int n,
			   char **body, size_t *len);

int __wrap_store_wire_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts, unsigned int n,
			   char **body, size_t *len)
{
	if (st == store && questions_left && --questions_left == 0)
		shutdown(socle_store_fd(st), SHUT_RDWR);
	return __real_store_wire_call(st, type, tx, parts, n, body, len);
}

/* --- the world ---------------------------------------------------------------------------------- */

static inline void on_say(void *arg, const char *text)
{
	(void)arg;
	nr_said++;
	snprintf(last_said, sizeof(last_said), "%s", text);
	if (getenv("VERBOSE"))
		fprintf(stderr, "say: %s\n", text);
}

static inline void on_device_say(void *arg, const struct device_line *l)
{
	char text[1200], name[DEVICE_NAME_MAX];

	device_name(name, l->cls, l->devid);
	snprintf(text, sizeof(text), "%s: %s", name, l->text);
	nr_told[l->what]++;
	on_say(arg, text);
}

static char renamed_to[ASK_NAME_MAX];

static inline int on_rename(void *arg, const char *name, struct socle_error *e)
{
	(void)arg;
	snprintf(renamed_to, sizeof(renamed_to), "%s", name);
	return strcmp(name, "taken") == 0 ? socle_fail_id(e, EEXIST, "name-taken", "somebody has it") : 0;
}

static inline bool on_port(void *arg, uint32_t port)
{
	(void)arg;
	return guest_has_ports && port == 15;
}

static inline void stored_start(void)
{
	struct socle_error e = { 0 };

	unlink(socket_path);
	stored_pid = fork();
	if (stored_pid == 0) {
		execl(stored_path, "stored", "--no-domains", "--foreground", "--socket", socket_path, (char *)NULL);
		_exit(127);
	}
	/* Its socket has a name before it listens. */
	for (int i = 0; i < 1000 && !(tools = socle_store_open(&e)); i++)
		usleep(20000);
	ck_assert_msg(tools != NULL, "%s", e.text);
	store = socle_store_open_now(&e);
	ck_assert_msg(store != NULL, "%s", e.text);
}

static inline void stored_stop(void)
{
	socle_store_close(store);
	socle_store_close(tools);
	store = tools = NULL;
	kill(stored_pid, SIGKILL);
	waitpid(stored_pid, NULL, 0);
}

static inline struct supervisor *supervisor_new(struct socle_error *e)
{
	struct supervisor_options o = { .domid = DOMID, .run_dir = run_dir, .log_dir = dir, .name = "guest", .disk_program = worker_path,
					.card_program = worker_path, .say = on_say,
					.device_say = on_device_say, .rename = on_rename, .port_is_ours = on_port };

	return supervisor_open(&o, e);
}

static inline void image_make(off_t size)
{
	int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(ftruncate(fd, size), 0);
	close(fd);
}

static inline void begin(void)
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

static inline void end(void)
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
static inline void turn(int ms)
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

static inline char *node(const char *folder, const char *key)
{
	static char value[2048];
	char path[256], *text;

	snprintf(path, sizeof(path), "%s/%s", folder, key);
	text = socle_store_read(tools, 0, path, NULL);
	snprintf(value, sizeof(value), "%s", text ? text : "");
	free(text);
	return value;
}

static inline bool comes(bool (*what)(const void *arg), const void *arg)
{
	for (uint64_t until = device_clock_ms() + LIMIT_MS; device_clock_ms() < until; turn(20))
		if (what(arg))
			return true;
	return false;
}

static inline bool ours_is(const void *state)
{
	return strcmp(node(BACK, "state"), state) == 0;
}

#define OURS(state) ck_assert_msg(comes(ours_is, state), "state is %s, not %s; %s", node(BACK, "state"), state, last_said)

static inline bool trace_has(const void *text)
{
	static char all[65536];
	int fd = open(trace_path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, all, sizeof(all) - 1);

	all[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return strstr(all, text) != NULL;
}

static inline void trace_forget(void)
{
	unlink(trace_path);
}

#define TOLD(text) ck_assert_msg(comes(trace_has, text), "no '%s' was told to the worker", text)

static inline bool node_is_gone(const void *folder)
{
	return !*node(folder, "state");
}

static inline bool error_is_there(const void *part)
{
	return strstr(node(BACK, "config/error"), part) != NULL;
}

static inline void disk_write(const struct vbd_config *c)
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

static inline void disk_attach(void)
{
	struct vbd_config c = { .kind = VBD_FILE, .discard = true };

	strcpy(c.path, image);
	c.limit[CTL_LIMIT_TOTAL_BYTES] = (struct ctl_bucket){ 1000, 2000 };
	disk_write(&c);
}

static inline void front_state(const char *state)
{
	ck_assert_int_eq(socle_store_write(tools, 0, FRONT "/state", "%s", state), 0);
}

static inline void front_connect(void)
{
	socle_store_write(tools, 0, FRONT "/ring-ref", "8");
	socle_store_write(tools, 0, FRONT "/event-channel", "15");
	front_state("3");
}

static inline void disk_connected(void)
{
	disk_attach();
	OURS("2");
	front_connect();
	OURS("4");
	front_state("4");
}

static inline int32_t worker_pid(void)
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

static inline int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Run the tests that add() puts into the case. */
static inline int world_run(const char *self, const char *name, void (*add)(TCase *t))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);

	snprintf(here, sizeof(here), "%.*s", (int)(strrchr(self, '/') - self), self);
	snprintf(stored_path, sizeof(stored_path), "%s/../../dom0-tools/stored/stored", here);
	snprintf(worker_path, sizeof(worker_path), "%s/fake_worker", here);
	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, begin, end);
	add(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}

#endif /* SOCLE_TESTS_SUPERVISOR_WORLD_H */
