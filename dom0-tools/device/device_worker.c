/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device_worker.c
 *
 * See device_worker.h.  What was given to a worker is closed here: locks, ports and maps live as long as any copy of their descriptor,
 * and have to go with the worker.
 */
#include "device/device_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "device/handles.h"

#define LOCK_FRESH_MS    1000u  /* device managers look at a new disk under its lock */
#define LOCK_HEIR_MS     60000u /* a predecessor whose last I/O is under way */
#define LOCK_STEP_MS     50u
#define AWAY_STEP_MS     100u   /* and twice as long after each try to reach an NBD server, */
#define AWAY_MAX_MS      10000u /* up to this */

void device_journal_path(const struct device *d, const struct device_host *h, char *out, size_t size)
{
	snprintf(out, size, "%s/%s-%u.journal", h->run_dir, device_front_type(d->cls), d->devid);
}

/* With its lock, which its worker keeps: whoever has it serves the device. */
static int journal_open(const struct device *d, const struct device_host *h, bool heir, struct socle_error *e)
{
	char path[128];
	int fd;

	device_journal_path(d, h, path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return socle_fail(e, errno, "cannot open its journal '%s': %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		socle_fail(e, errno == EWOULDBLOCK ? EAGAIN : errno, "its last worker has not ended yet");
		close(fd);
		return -1;
	}
	if (!heir && ftruncate(fd, 0)) {
		socle_fail(e, errno, "cannot empty its journal '%s': %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int device_handles_open(struct device *d, const struct device_host *h, bool heir, int *fds, unsigned int *n,
			struct socle_error *e)
{
	*n = 0;
	memset(&d->setup, 0, sizeof(d->setup));
	d->setup.domid = h->domid;
	d->setup.devid = d->devid;
	d->setup.uid = DEVICE_UID_BASE + h->domid;
	for (unsigned int i = 0; i < 3; i++) {
		int fd = i == 0 ? handle_grants_open(e) : i == 1 ? handle_events_open(h->domid, e) :
			 journal_open(d, h, heir, e);

		if (fd < 0)
			return -1;
		fds[(*n)++] = fd;
	}
	return 0;
}

static int belongings_open(struct device *d, const struct device_host *h, bool heir, int *fds, unsigned int *n,
			   struct socle_error *e)
{
	if (device_handles_open(d, h, heir, fds, n, e))
		return -1;
	return d->cls == DEVICE_DISK ? device_disk_open(d, h, fds, n, e) : device_card_open(d, h, fds, n, e);
}

void device_worker_drop(struct device *d, bool orderly)
{
	worker_end(&d->worker, orderly);
	d->ready = d->linked = false;
}

enum outcome device_worker_mourn(struct device *d, const struct device_host *h, struct socle_error *e)
{
	uint64_t now = device_clock_ms();
	int wait = worker_luck_try(&d->luck, now - d->born_ms);

	d->restarts += d->linked;
	device_worker_drop(d, false);
	d->dirty = true;
	if (wait < 0) {
		socle_fail_id(e, EIO, "worker-dies",
			      "its worker ended %u times soon after its start; see its log in %s", WORKER_LIVES_SHORT + 1,
			   h->log_dir);
		return OUT_OURS;
	}
	d->retry_ms = wait ? now + (unsigned int)wait : 0;
	return OUT_LATER;
}

enum outcome device_worker_set_up(struct device *d, const struct device_host *h, const int *fds, unsigned int n,
				  struct socle_error *e)
{
	struct ctl_msg q = { .what = CTL_SETUP, .setup = d->setup }, a;
	char log[192];

	snprintf(log, sizeof(log), "%s/%s-%s-%u.log", h->log_dir, d->cls == DEVICE_DISK ? "blkd" : "netd", h->name, d->devid);
	if (worker_start(&d->worker, h->program[d->cls], log, e))
		return OUT_OURS;
	d->born_ms = device_clock_ms();
	if (worker_ask(&d->worker, &q, fds, n, &a, WORKER_ANSWER_MS, e) == 0) {
		d->ready = true;
		d->sectors = a.done.sectors;
		return OUT_DONE;
	}
	if (d->worker.ctl < 0) {
		device_say(d, h, "%s", e->text);
		return device_worker_mourn(d, h, e);
	}
	device_worker_drop(d, true);
	return OUT_OURS;
}

/* The operator sees what the guest waits for. */
static void away_say(struct device *d, const struct device_host *h, const struct socle_error *e)
{
	struct key_list l = { .text_key = "config/error", .text = e->text };

	device_say(d, h, "waits: %s", e->text);
	keys_write(h->store, d->back, &l);
}

static void away_over(struct device *d, const struct device_host *h)
{
	char path[KEYS_PATH_MAX + KEY_MAX];

	snprintf(path, sizeof(path), "%s/config/error", d->back);
	socle_store_rm(h->store, 0, path);
	device_say(d, h, "its NBD server is back after %u tries", d->away);
	d->away = 0;
}

static bool is_shortage(int code)
{
	return code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS;
}

/* Descriptors and memory that are short now may be there in a moment: tried again as after a worker's death. */
static uint64_t shortage_wait(struct device *d, const struct device_host *h, const struct socle_error *e)
{
	int wait = worker_luck_try(&d->luck, 0);

	if (wait < 0)
		return 0;
	device_say(d, h, "%s; it is tried again", e->text);
	return wait ? (uint64_t)wait : 1;
}

/* A worker could not be started: milliseconds until the next try, 0 when it is not worth one. */
static uint64_t patience(struct device *d, const struct device_host *h, bool heir, const struct socle_error *e)
{
	uint64_t now = device_clock_ms(), wait;

	if (e->code == EHOSTDOWN && (heir || d->born_ms)) {
		if (!d->away)
			away_say(d, h, e);
		wait = (uint64_t)AWAY_STEP_MS << (d->away < 10 ? d->away : 10);
		d->away++;
		return wait < AWAY_MAX_MS ? wait : AWAY_MAX_MS;
	}
	if (is_shortage(e->code))
		return shortage_wait(d, h, e);
	if (e->code != EAGAIN)
		return 0;
	if (!d->patience_ms)
		d->patience_ms = now + (heir ? LOCK_HEIR_MS : LOCK_FRESH_MS);
	return now < d->patience_ms ? LOCK_STEP_MS : 0;
}

enum outcome device_worker_need(struct device *d, const struct device_host *h, bool heir, struct socle_error *e)
{
	enum outcome out = OUT_OURS;
	int fds[DEVICE_FDS_MAX];
	unsigned int n = 0;
	uint64_t wait;

	if (d->ready)
		return OUT_DONE;
	if (device_clock_ms() < d->retry_ms)
		return OUT_LATER;
	if (belongings_open(d, h, heir, fds, &n, e) == 0)
		out = device_worker_set_up(d, h, fds, n, e);
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
	if (out == OUT_DONE)
		d->patience_ms = d->retry_ms = 0;
	if (out == OUT_DONE && d->away)
		away_over(d, h);
	wait = out == OUT_OURS ? patience(d, h, heir, e) : 0;
	if (!wait)
		return out;
	d->retry_ms = device_clock_ms() + wait;
	return OUT_LATER;
}

enum outcome device_worker_order(struct device *d, const struct device_host *h, struct ctl_msg *q, struct ctl_msg *a,
				 struct socle_error *e)
{
	if (worker_ask(&d->worker, q, NULL, 0, a, WORKER_ANSWER_MS, e) == 0)
		return OUT_DONE;
	if (d->worker.ctl >= 0)
		return OUT_FRONT;
	device_say(d, h, "%s", e->text);
	return device_worker_mourn(d, h, e);
}
