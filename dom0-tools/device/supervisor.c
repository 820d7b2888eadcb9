/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/supervisor.c
 *
 * See supervisor.h.  The store's watches tell which device to look at; a device is looked at as a whole (device.c), so events
 * may be lost, doubled or merged.  A guest can write to its nodes as often as it likes: events are taken in bunches and a
 * device is looked at once a bunch.
 */
#include "device/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/ask.h"
#include "device/device.h"
#include "device/flood.h"

#define DEVICES_MAX  32u
#define CAPTURES_MAX 8u
#define TOKEN_BACK   "device-back"
#define TOKEN_FRONT  "device-front"

struct capture {
	int conn; /* -1: free; its end ends the capture */
	enum device_class cls;
	uint32_t devid;
	pid_t pid; /* of the worker that writes it: another one knows nothing of it */
};

struct supervisor {
	struct device_host host;
	struct device device[DEVICES_MAX];
	struct capture capture[CAPTURES_MAX];
	char program[DEVICE_CLASSES][512];
	int lock_fd, ask_fd;
	bool scan; /* devices may have come */
	bool over; /* the tools take the guest away: no device is looked at any more */
	bool full; /* said once */
	struct flood flood;
	void (*say)(void *arg, const char *text);
	void (*device_say)(void *arg, const struct device_line *l);
	int (*rename)(void *arg, const char *name, struct socle_error *e);
	void *say_arg;
	bool (*port_is_ours)(void *arg, uint32_t port); /* with say_arg */
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- birth and death --------------------------------------------------------------------------- */

static int lock_take(const char *dir, struct socle_error *e)
{
	char path[96], pid[16];
	int fd, n;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return socle_fail(e, errno, "cannot make '%s': %s", dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/supervisor", dir);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return socle_fail(e, errno, "cannot open '%s': %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		socle_fail_id(e, errno == EWOULDBLOCK ? EBUSY : errno, "supervised",
			      "it has a supervisor already (%s is locked)", path);
		close(fd);
		return -1;
	}
	/* For people; the lock is what counts. */
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)n, 0) != n)
		n = 0;
	return fd;
}

static void programs_find(struct supervisor *s, const struct supervisor_options *o)
{
	s->host.program[DEVICE_DISK] = o->disk_program ? o->disk_program :
		worker_program("blkd", s->program[DEVICE_DISK], sizeof(s->program[0]));
	s->host.program[DEVICE_CARD] = o->card_program ? o->card_program :
		worker_program("netd", s->program[DEVICE_CARD], sizeof(s->program[0]));
}

/* What devices say is mostly what guests make them do. */
static void devices_say(void *arg, const struct device_line *l)
{
	struct supervisor *s = arg;
	uint64_t unsaid;
	char note[64];

	if (!flood_passes(&s->flood, device_clock_ms() * 1000000, &unsaid))
		return;
	snprintf(note, sizeof(note), "%llu lines about its devices are left out", (unsigned long long)unsaid);
	if (unsaid)
		s->say(s->say_arg, note);
	s->device_say(s->say_arg, l);
}

static bool device_port_is_ours(void *arg, uint32_t port)
{
	const struct supervisor *s = arg;

	return s->port_is_ours && s->port_is_ours(s->say_arg, port);
}

struct supervisor *supervisor_open(const struct supervisor_options *o, struct socle_error *e)
{
	struct supervisor *s = calloc(1, sizeof(*s));

	if (!s) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->host = (struct device_host){ .domid = o->domid, .say = devices_say, .port_is_ours = device_port_is_ours, .arg = s };
	s->say = o->say;
	s->device_say = o->device_say;
	s->rename = o->rename;
	s->port_is_ours = o->port_is_ours;
	s->say_arg = o->arg;
	snprintf(s->host.run_dir, sizeof(s->host.run_dir), "%s", o->run_dir);
	snprintf(s->host.log_dir, sizeof(s->host.log_dir), "%s", o->log_dir);
	snprintf(s->host.name, sizeof(s->host.name), "%s", o->name);
	programs_find(s, o);
	for (unsigned int i = 0; i < CAPTURES_MAX; i++)
		s->capture[i].conn = -1;
	s->ask_fd = -1;
	s->lock_fd = lock_take(o->run_dir, e);
	if (s->lock_fd >= 0)
		s->ask_fd = ask_listen(o->run_dir, e);
	if (s->ask_fd >= 0)
		return s;
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
	return NULL;
}

static void front_watch(struct supervisor *s, const struct device *d, bool on)
{
	char path[KEYS_PATH_MAX + 8], token[48];

	snprintf(path, sizeof(path), "%s/state", d->front);
	snprintf(token, sizeof(token), TOKEN_FRONT "/%u/%u", d->cls, d->devid);
	if (on)
		socle_store_watch(s->host.store, path, token);
	else
		socle_store_unwatch(s->host.store, path, token);
}

static void all_release(struct supervisor *s)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		if (s->device[i].used)
			device_release(&s->device[i], &s->host);
		s->device[i].used = false;
	}
}

/* The owner's connection may serve another guest after this one. */
static void unwatch_all(struct supervisor *s)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		if (s->device[i].used)
			front_watch(s, &s->device[i], false);
	for (unsigned int cls = 0; cls < DEVICE_CLASSES; cls++) {
		char path[KEYS_PATH_MAX];

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", device_back_type(cls), s->host.domid);
		socle_store_unwatch(s->host.store, path, TOKEN_BACK);
	}
}

void supervisor_close(struct supervisor *s)
{
	char path[96];

	if (!s)
		return;
	if (s->host.store)
		unwatch_all(s);
	all_release(s);
	for (unsigned int i = 0; i < CAPTURES_MAX; i++)
		if (s->capture[i].conn >= 0)
			close(s->capture[i].conn);
	snprintf(path, sizeof(path), "%s/" ASK_SOCKET, s->host.run_dir);
	unlink(path);
	close(s->ask_fd);
	close(s->lock_fd);
	free(s);
}

/* --- which devices there are ------------------------------------------------------------------- */

static struct device *device_find(struct supervisor *s, enum device_class cls, uint32_t devid)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		if (s->device[i].used && s->device[i].cls == cls && s->device[i].devid == devid)
			return &s->device[i];
	return NULL;
}

static void device_add(struct supervisor *s, enum device_class cls, uint32_t devid)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		if (s->device[i].used)
			continue;
		device_init(&s->device[i], &s->host, cls, devid);
		front_watch(s, &s->device[i], true);
		return;
	}
	if (!s->full)
		s->say(s->say_arg, "the guest has more devices than are served; the last ones are not");
	s->full = true;
}

/* A folder's name as a device's number; others are nobody's device. */
static bool devid_parse(const char *name, uint32_t *devid)
{
	unsigned long n;
	char *end;

	if (*name < '0' || *name > '9')
		return false;
	errno = 0;
	n = strtoul(name, &end, 10);
	*devid = (uint32_t)n;
	return !errno && !*end && n <= INT32_MAX;
}

static void class_scan(struct supervisor *s, enum device_class cls)
{
	char path[KEYS_PATH_MAX], **names;
	unsigned int n = 0;
	uint32_t devid;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", device_back_type(cls), s->host.domid);
	names = socle_store_dir(s->host.store, 0, path, &n);
	for (unsigned int i = 0; names && i < n; i++)
		if (devid_parse(names[i], &devid) && !device_find(s, cls, devid))
			device_add(s, cls, devid);
	free(names);
}

/* A store daemon that was started anew knows nothing of the guest: that is not a wish to remove its devices. */
static bool guest_is_known(struct supervisor *s)
{
	char path[64], *there;

	snprintf(path, sizeof(path), "/local/domain/%u/domid", s->host.domid);
	there = socle_store_read(s->host.store, 0, path, NULL);
	free(there);
	return there != NULL;
}

void supervisor_store(struct supervisor *s, struct socle_store *store)
{
	s->host.store = store;
	if (!store)
		return;
	for (unsigned int cls = 0; cls < DEVICE_CLASSES; cls++) {
		char path[KEYS_PATH_MAX];

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", device_back_type(cls), s->host.domid);
		socle_store_watch(store, path, TOKEN_BACK);
	}
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		if (s->device[i].used)
			front_watch(s, &s->device[i], true);
		s->device[i].dirty = s->device[i].used;
	}
	s->scan = true;
}

/* ".../backend/svbd/N/D/..." */
static void back_event(struct supervisor *s, const char *path)
{
	for (unsigned int cls = 0; cls < DEVICE_CLASSES; cls++) {
		char folder[KEYS_PATH_MAX], name[16];
		struct device *d;
		uint32_t devid;
		int n = snprintf(folder, sizeof(folder), "/local/domain/0/backend/%s/%u", device_back_type(cls),
				 s->host.domid);

		if (strncmp(path, folder, (size_t)n) != 0 || path[n] != '/')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(path + n + 1, "/"), path + n + 1);
		d = devid_parse(name, &devid) ? device_find(s, cls, devid) : NULL;
		if (d)
			d->dirty = true;
		else
			s->scan = true;
		return;
	}
	/* The folder itself, or all of them. */
	s->scan = true;
	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		s->device[i].dirty |= s->device[i].used;
}

void supervisor_event(struct supervisor *s, const char *path, const char *token)
{
	unsigned int cls, devid;
	struct device *d;

	if (strcmp(token, TOKEN_BACK) == 0) {
		back_event(s, path);
		return;
	}
	if (sscanf(token, TOKEN_FRONT "/%u/%u", &cls, &devid) != 2 || cls >= DEVICE_CLASSES)
		return;
	d = device_find(s, cls, devid);
	if (d)
		d->dirty = true;
}

/* --- questions of the tools -------------------------------------------------------------------- */

static void capture_end(struct supervisor *s, struct capture *c)
{
	struct device *d = device_find(s, c->cls, c->devid);

	if (d && d->worker.pid == c->pid)
		device_capture(d, -1, NULL);
	close(c->conn);
	c->conn = -1;
}

/* True when the connection stays. */
static bool capture_begin(struct supervisor *s, int conn, const struct ask *q, struct device *d, int fd,
			  struct socle_error *e)
{
	for (unsigned int i = 0; i < CAPTURES_MAX; i++) {
		struct capture *c = &s->capture[i];

		if (c->conn >= 0 && c->cls == q->cls && c->devid == q->devid) {
			socle_fail_id(e, EBUSY, "capture-busy", "somebody captures its frames already");
			return false;
		}
	}
	for (unsigned int i = 0; i < CAPTURES_MAX; i++) {
		struct capture *c = &s->capture[i];

		if (c->conn >= 0)
			continue;
		if (fd < 0)
			socle_fail(e, EINVAL, "there is no file to write to");
		else if (device_capture(d, fd, e) == 0) {
			*c = (struct capture){ .conn = conn, .cls = q->cls, .devid = q->devid, .pid = d->worker.pid };
			return true;
		}
		return false;
	}
	socle_fail_id(e, EBUSY, "capture-busy", "too many captures");
	return false;
}

static void rename_to(struct supervisor *s, const struct ask *q, struct socle_error *e)
{
	char name[ASK_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(q->name), q->name);
	if (!s->rename)
		socle_fail(e, ENOTSUP, "its supervisor cannot give it another name");
	else if (s->rename(s->say_arg, name, e) == 0)
		snprintf(s->host.name, sizeof(s->host.name), "%s", name);
}

/* True when the connection stays. */
static bool question_answer(struct supervisor *s, int conn, const struct ask *q, int fd)
{
	struct ask_answer a = { .version = ASK_VERSION };
	struct device *d = q->cls < DEVICE_CLASSES ? device_find(s, q->cls, q->devid) : NULL;
	struct socle_error e = { 0 };
	bool stays = false;

	if (q->what == ASK_END) {
		s->over = true;
		all_release(s);
	} else if (q->what == ASK_RENAME) {
		rename_to(s, q, &e);
	} else if (!d) {
		socle_fail(&e, ENODEV, "it has no such device, or not with a backend of ours");
	} else if (q->what == ASK_CAPTURE) {
		stays = capture_begin(s, conn, q, d, fd, &e);
	} else if (q->what == ASK_STATS && d->ready) {
		device_stats(d, &a.stats, &e);
	}
	if (d) {
		a.restarts = d->restarts;
		a.pid = d->worker.pid;
		a.linked = d->linked;
	}
	a.error = e.code;
	socle_error_pack(&e, a.text, sizeof(a.text));
	ask_reply(conn, &a);
	return stays;
}

static void questions_take(struct supervisor *s)
{
	struct ask q;
	int conn, fd;

	while ((conn = accept4(s->ask_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		bool stays = ask_take(conn, &q, &fd) && question_answer(s, conn, &q, fd);

		if (fd >= 0)
			close(fd);
		if (!stays)
			close(conn);
	}
}

/* One ends when the tool has gone, or the worker; the closed connection tells the other. */
static void captures_check(struct supervisor *s)
{
	for (unsigned int i = 0; i < CAPTURES_MAX; i++) {
		struct capture *c = &s->capture[i];
		struct pollfd p = { .fd = c->conn, .events = POLLIN };
		const struct device *d = p.fd >= 0 ? device_find(s, c->cls, c->devid) : NULL;

		if (p.fd >= 0 && (poll(&p, 1, 0) > 0 || !d || d->worker.pid != c->pid))
			capture_end(s, c);
	}
}

/* --- the loop's part --------------------------------------------------------------------------- */

unsigned int supervisor_poll(const struct supervisor *s, struct pollfd fds[SUPERVISOR_FDS_MAX])
{
	unsigned int n = 0;

	fds[n++] = (struct pollfd){ .fd = s->ask_fd, .events = POLLIN };
	for (unsigned int i = 0; i < CAPTURES_MAX; i++)
		fds[n++] = (struct pollfd){ .fd = s->capture[i].conn, .events = POLLIN };
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		const struct device *d = &s->device[i];

		if (!d->used || !d->worker.pid)
			continue;
		fds[n++] = (struct pollfd){ .fd = d->worker.ctl, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = d->worker.pidfd, .events = POLLIN };
	}
	return n;
}

int supervisor_timeout(const struct supervisor *s)
{
	uint64_t now = device_clock_ms(), next = UINT64_MAX;

	if (!s->host.store || s->over)
		return -1;
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		const struct device *d = &s->device[i];

		if (d->used && d->dirty)
			return 0;
		if (d->used && d->retry_ms)
			next = min64(next, d->retry_ms > now ? d->retry_ms - now : 0);
	}
	return s->scan ? 0 : next == UINT64_MAX ? -1 : (int)min64(next, 60000);
}

static void devices_update(struct supervisor *s)
{
	uint64_t now = device_clock_ms();

	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		struct device *d = &s->device[i];

		if (!d->used)
			continue;
		if (d->retry_ms && now >= d->retry_ms) {
			d->retry_ms = 0;
			d->dirty = true;
		}
		if (!d->dirty || device_update(d, &s->host))
			continue;
		front_watch(s, d, false);
		d->used = false;
	}
}

void supervisor_work(struct supervisor *s)
{
	questions_take(s);
	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		if (s->device[i].used)
			device_listen(&s->device[i], &s->host);
	captures_check(s);
	if (!s->host.store || s->over)
		return;
	if (!guest_is_known(s)) {
		s->scan = false;
		for (unsigned int i = 0; i < DEVICES_MAX; i++)
			s->device[i].dirty = false;
		return;
	}
	if (s->scan) {
		s->scan = false;
		for (unsigned int cls = 0; cls < DEVICE_CLASSES; cls++)
			class_scan(s, cls);
	}
	devices_update(s);
}
