/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device.c
 *
 * See device.h.  A worker is started when it is needed: for the first offer, since only the image tells what can be offered,
 * and again for a connection after it died (device_worker.c).
 *
 *   no worker --start, SETUP--> ready --CONNECT--> linked --DISCONNECT--> ready
 *       ^------------------- death, nonsense, silence ----------'
 *
 * A disk that goes while the guest has its rings leaves in two steps.  Linux says Closed while it still has requests in the
 * ring or waits for room in it, and clears up when its nodes are gone: it waits for the answers then, without a bound.  So
 * the nodes go first, and the worker refuses what the guest still sends until the guest has closed its event channels, or
 * LEAVE_MS have passed.  Cards need none of this: what was not sent is lost.
 *
 * Faults of the frontend end in Closing, with the reason in config/error; it may come again.  Faults of ours (no image, no
 * program, a worker that dies again and again) end in Closing for good, until the tools remove the device.  An NBD server that
 * goes away under a disk is no such fault: the guest waits until it is back, and config/error says for what.
 */
#include "device/device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <abi/io/xenbus.h>

#include "device/device_worker.h"
#include "device/limits.h"
#include "device/vbd.h"
#include "device/vif.h"
#include "device/xenbus.h"

#define STEPS_MAX        8u
#define FORCE_MS         2000u  /* a guest whose device is taken away has heard of it */
#define LEAVE_MS         10000u /* and has cleared up behind it */
#define LEAVE_STEP_MS    20u
#define BREAK_WAIT_MS    1000  /* a guest that breaks one connection after the other costs a worker a second at most */

static const struct {
	const char *front, *back;
	const char *(*limit_name)(unsigned int i);
} classes[DEVICE_CLASSES] = {
	[DEVICE_DISK] = { "vbd", "svbd", disk_limit_name },
	[DEVICE_CARD] = { "vif", "svif", card_limit_name },
};

const char *device_front_type(enum device_class cls)
{
	return classes[cls].front;
}

const char *device_back_type(enum device_class cls)
{
	return classes[cls].back;
}

uint64_t device_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void device_init(struct device *d, const struct device_host *h, enum device_class cls, uint32_t devid)
{
	*d = (struct device){ .used = true, .dirty = true, .cls = cls, .devid = devid, .worker = WORKER_NONE };
	snprintf(d->back, sizeof(d->back), "/local/domain/0/backend/%s/%u/%u", classes[cls].back, h->domid, devid);
	snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u", h->domid, classes[cls].front, devid);
}

/* The numbers of xvd* devices: major 202, 16 a disk (pv-abi 9.1). */
void device_name(char out[DEVICE_NAME_MAX], enum device_class cls, uint32_t devid)
{
	if (cls == DEVICE_DISK && devid >> 8 == 202 && !(devid & 15))
		snprintf(out, DEVICE_NAME_MAX, "disk xvd%c", (char)('a' + (devid >> 4 & 15)));
	else
		snprintf(out, DEVICE_NAME_MAX, "%s %u", cls == DEVICE_DISK ? "disk" : "card", devid);
}

void device_tell(const struct device *d, const struct device_host *h, enum device_event what, const char *fmt, ...)
{
	char text[1200];
	struct device_line l = { what, d->cls, d->devid, text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	h->say(h->arg, &l);
}

/* --- the acts of the table --------------------------------------------------------------------- */

static void disconnect(struct device *d, const struct device_host *h)
{
	struct ctl_msg q = { .what = CTL_DISCONNECT }, a;
	struct socle_error e = { 0 };

	if (!d->linked)
		return;
	d->linked = false;
	if (worker_ask(&d->worker, &q, NULL, 0, &a, WORKER_ANSWER_MS, &e)) {
		device_say(d, h, "its worker did not let go and is ended: %s", e.text);
		device_worker_drop(d, false);
	}
}

static enum outcome advertise(struct device *d, const struct device_host *h, struct key_list *l, struct socle_error *e)
{
	struct keys back = keys_of_store(h->store, d->back);
	struct vbd_config disk;
	struct vif_config card;
	enum outcome out;

	disconnect(d, h);
	out = device_worker_need(d, h, false, e);
	if (out != OUT_DONE)
		return out;
	if (d->cls == DEVICE_DISK) {
		if (vbd_config_read(&back, &disk, e))
			return OUT_OURS;
		vbd_features(&disk, d->queues, d->discard, l);
	} else {
		if (vif_config_read(&back, &card, e))
			return OUT_OURS;
		vif_features(&card, l);
	}
	return OUT_DONE;
}

static void ports_note(struct device *d, const struct ctl_connect *c)
{
	d->nr_ports = d->cls == DEVICE_DISK ? c->queues : 0;
	for (uint32_t i = 0; i < d->nr_ports; i++)
		d->port[i] = c->disk.queue[i].port;
}

static enum outcome connect_front(struct device *d, const struct device_host *h, bool resume, struct key_list *l,
				  struct socle_error *e)
{
	struct keys front = keys_of_store(h->store, d->front);
	struct ctl_msg q = { .what = CTL_CONNECT }, a;
	enum outcome out;

	disconnect(d, h);
	/* First: only with a worker it is known how many queues were offered. */
	out = device_worker_need(d, h, resume, e);
	if (out != OUT_DONE)
		return out;
	if (d->cls == DEVICE_DISK ? vbd_connect_read(&front, d->queues, &q.connect, e)
				  : vif_connect_read(&front, d->queues, &q.connect, e))
		return OUT_FRONT;
	q.connect.resume = resume;
	out = device_worker_order(d, h, &q, &a, e);
	if (out != OUT_DONE)
		return out;
	d->linked = true;
	ports_note(d, &q.connect);
	d->linked_ms = device_clock_ms();
	device_tell(d, h, resume ? DEVICE_RESTARTED : DEVICE_ATTACHED, resume ? "served again, by process %d" :
	     "connected, served by process %d", (int)d->worker.pid);
	if (d->cls == DEVICE_DISK && !resume)
		vbd_properties(&d->setup.disk, d->sectors, l);
	return OUT_DONE;
}

static enum outcome act(struct device *d, const struct device_host *h, enum device_act what, struct key_list *l,
			struct socle_error *e)
{
	switch (what) {
	case DEVICE_ADVERTISE:
		return advertise(d, h, l, e);
	case DEVICE_CONNECT:
		return connect_front(d, h, false, l, e);
	case DEVICE_RESUME:
		return connect_front(d, h, true, l, e);
	case DEVICE_DISCONNECT:
		disconnect(d, h);
		return OUT_DONE;
	case DEVICE_REMOVE:
	case DEVICE_REST:
		break;
	}
	return OUT_DONE;
}

/* --- the store --------------------------------------------------------------------------------- */

static void state_write(struct device *d, const struct device_host *h, struct key_list *l, unsigned int state)
{
	int r;

	key_list_add(l, "state", "%u", state);
	r = keys_write(h->store, d->back, l);
	if (r && r != -ENOENT)
		device_say(d, h, "cannot write its nodes: %s", strerror(-r));
}

/* The operator finds the reason in the store and in the log; the guest sees a backend that closes. */
static void fail(struct device *d, const struct device_host *h, bool for_good, const struct socle_error *e)
{
	char packed[sizeof(e->text)];
	struct key_list l = { .text_key = "config/error", .text = packed };

	socle_error_pack(e, packed, sizeof(packed));
	device_tell(d, h, DEVICE_FAILED, "%s", e->text);
	disconnect(d, h);
	d->dead = for_good;
	if (for_good)
		device_worker_drop(d, true);
	if (h->store)
		state_write(d, h, &l, XenbusStateClosing);
}

static enum outcome limits_follow(struct device *d, const struct device_host *h, const struct keys *back,
				  struct socle_error *e)
{
	struct ctl_msg q = { .what = CTL_LIMITS }, a;
	enum outcome out;
	int r = limits_read(back, classes[d->cls].limit_name, q.limit);

	/* A limit that cannot be read is not lifted. */
	if (socle_store_lost(h->store))
		return OUT_DONE;
	if (r) {
		device_say(d, h, "its limits in the store make no sense; the old ones stay");
		return OUT_DONE;
	}
	if (memcmp(q.limit, d->setup.limit, sizeof(q.limit)) == 0)
		return OUT_DONE;
	memcpy(d->setup.limit, q.limit, sizeof(q.limit));
	out = device_worker_order(d, h, &q, &a, e);
	if (out == OUT_DONE)
		device_tell(d, h, DEVICE_LIMITED, "has other limits");
	return out;
}

static enum outcome size_follow(struct device *d, const struct device_host *h, const struct keys *back, struct socle_error *e)
{
	struct ctl_msg q = { .what = CTL_RESIZE }, a;
	uint64_t wished = d->resizes;
	struct key_list l = { 0 };
	enum outcome out;

	if (keys_number(back, "config/resize", UINT64_MAX, &wished) || wished == d->resizes)
		return OUT_DONE;
	d->resizes = wished;
	out = device_worker_order(d, h, &q, &a, e);
	if (out == OUT_DONE) {
		d->sectors = a.done.sectors;
		key_list_add(&l, "sectors", "%" PRIu64, d->sectors);
		device_tell(d, h, DEVICE_RESIZED, "has %" PRIu64 " sectors now", d->sectors);
	}
	/* "NUMBER SECTORS": the answer to the wish of that number; no sectors when it failed. */
	key_list_add(&l, "config/resized", "%" PRIu64 " %" PRIu64, wished, out == OUT_DONE ? d->sectors : 0);
	/* Writing the state again is what makes the frontend look at the size. */
	if (out == OUT_DONE && d->linked)
		key_list_add(&l, "state", "%d", XenbusStateConnected);
	keys_write(h->store, d->back, &l);
	return out;
}

/* What the tools may change while it runs. */
static void wishes_follow(struct device *d, const struct device_host *h)
{
	struct keys back = keys_of_store(h->store, d->back);
	struct socle_error e = { 0 };
	enum outcome out = OUT_DONE;

	if (d->ready)
		out = limits_follow(d, h, &back, &e);
	if (out == OUT_DONE && d->ready && d->cls == DEVICE_DISK)
		out = size_follow(d, h, &back, &e);
	if (out == OUT_FRONT)
		device_say(d, h, "cannot change it: %s", e.text);
	if (out == OUT_OURS)
		fail(d, h, true, &e);
}

static void nodes_remove(struct device *d, const struct device_host *h)
{
	const char *folders[] = { d->back, d->front };
	int r = keys_remove(h->store, folders, 2);

	if (r)
		device_say(d, h, "cannot remove its nodes: %s", strerror(-r));
}

/* --- outside ----------------------------------------------------------------------------------- */

void device_release(struct device *d, const struct device_host *h)
{
	disconnect(d, h);
	device_worker_drop(d, true);
	if (d->cls == DEVICE_CARD)
		device_card_close(d, h);
}

/* --- the device goes --------------------------------------------------------------------------- */

static void refuse(struct device *d, const struct device_host *h, bool at_once)
{
	struct ctl_msg q = { .what = CTL_REFUSE, .at_once = at_once }, a;
	struct socle_error e = { 0 };

	if (!d->linked || d->cls != DEVICE_DISK || d->refused)
		return;
	d->refused = true;
	if (worker_ask(&d->worker, &q, NULL, 0, &a, WORKER_ANSWER_MS, &e)) {
		device_say(d, h, "its worker does not refuse the guest's requests and is ended: %s", e.text);
		device_worker_drop(d, false);
	}
}

/* False, as device_update() says that it is gone. */
static bool left(struct device *d, const struct device_host *h, const char *how)
{
	char path[128];

	device_release(d, h);
	device_journal_path(d, h, path, sizeof(path));
	unlink(path); /* the last: what the tools wait for */
	device_tell(d, h, DEVICE_DETACHED, "%s", how);
	return false;
}

static bool guest_has_ports(const struct device *d, const struct device_host *h)
{
	bool any = false;

	for (uint32_t i = 0; i < d->nr_ports && h->port_is_ours; i++)
		any |= h->port_is_ours(h->arg, d->port[i]);
	return any;
}

/* Is there somebody to be answered, and time? */
static bool guest_holds(const struct device *d, const struct device_host *h)
{
	return d->linked && device_clock_ms() < d->leave_ms && guest_has_ports(d, h);
}

/*
 * Nobody serves the rings, because what is behind the disk cannot be had (an NBD server that went away, a worker that was given
 * up): one without an image says so to the guest.  Where that fails nothing is lost that was not lost before.
 */
static void stand_in(struct device *d, const struct device_host *h)
{
	struct keys front = keys_of_store(h->store, d->front);
	struct ctl_msg q = { .what = CTL_CONNECT }, a;
	struct socle_error e = { 0 };
	enum outcome out = OUT_OURS;
	int fds[DEVICE_FDS_MAX];
	unsigned int n = 0;

	if (d->cls != DEVICE_DISK || d->ready || vbd_connect_read(&front, CTL_QUEUES_MAX, &q.connect, &e))
		return;
	ports_note(d, &q.connect);
	if (!guest_has_ports(d, h))
		return;
	q.connect.resume = true;
	if (device_handles_open(d, h, true, fds, &n, &e) == 0) {
		d->setup.disk = (struct ctl_setup_disk){ .none = true, .sector_size = 512 };
		out = device_worker_set_up(d, h, fds, n, &e);
	}
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
	if (out == OUT_DONE)
		out = device_worker_order(d, h, &q, &a, &e);
	d->linked = d->refused = out == OUT_DONE;
	if (!d->linked) {
		device_say(d, h, "nobody answers the guest: %s", e.text);
		device_worker_drop(d, false);
	}
}

static bool leave(struct device *d, const struct device_host *h, bool at_once, const char *how)
{
	stand_in(d, h);
	nodes_remove(d, h);
	d->leave_ms = device_clock_ms() + LEAVE_MS;
	if (!guest_holds(d, h))
		return left(d, h, how);
	refuse(d, h, at_once);
	device_say(d, h, "%s; the guest has not let go of its rings yet", how);
	d->leaving = true;
	d->retry_ms = device_clock_ms() + LEAVE_STEP_MS;
	return true;
}

static bool has_new_nodes(const struct device *d, const struct device_host *h)
{
	struct keys back = keys_of_store(h->store, d->back);
	char *front = back.read(&back, "frontend");

	free(front);
	return front != NULL;
}

static bool leave_on(struct device *d, const struct device_host *h)
{
	/* The tools wait for the end of this, other programs may not. */
	if (has_new_nodes(d, h)) {
		left(d, h, "another one takes its place");
		device_init(d, h, d->cls, d->devid);
		return true;
	}
	if (!guest_holds(d, h))
		return left(d, h, device_clock_ms() < d->leave_ms ? "the guest has let go" : "the guest did not let go");
	d->retry_ms = device_clock_ms() + LEAVE_STEP_MS;
	return true;
}

/* The tools take it away without the guest's consent.  It is told all the same, and has a moment to close. */
static bool take_away(struct device *d, const struct device_host *h, unsigned int theirs)
{
	if (!d->leave_ms) {
		d->leave_ms = device_clock_ms() + FORCE_MS;
		stand_in(d, h);
	}
	refuse(d, h, true);
	if (!d->linked || theirs == XenbusStateUnknown || theirs == XenbusStateClosed || device_clock_ms() >= d->leave_ms)
		return leave(d, h, true, "taken away");
	d->retry_ms = d->leave_ms;
	return true;
}

static bool is_there(const struct device *d, const struct device_host *h)
{
	struct keys back = keys_of_store(h->store, d->back);
	char *front = back.read(&back, "frontend");
	bool there = front || errno != ENOENT;

	free(front);
	return there;
}

/* One step of the table; false when it has come to rest (or waits). */
static bool step(struct device *d, const struct device_host *h, unsigned int *ours, unsigned int theirs, bool online)
{
	struct device_step s = device_step(*ours, theirs, online, d->linked);
	struct socle_error e = { 0 };
	struct key_list l = { 0 };
	enum outcome out;

	if (d->dead || (s.act == DEVICE_REST && s.next == *ours))
		return false;
	out = act(d, h, s.act, &l, &e);
	if (out == OUT_LATER || (out != OUT_DONE && socle_store_lost(h->store)))
		return false; /* without the store, nobody is to blame */
	if (out != OUT_DONE) {
		fail(d, h, out == OUT_OURS, &e);
		return false;
	}
	if (l.n || s.next != *ours)
		state_write(d, h, &l, s.next);
	*ours = s.next;
	return true;
}

bool device_update(struct device *d, const struct device_host *h)
{
	struct keys back = keys_of_store(h->store, d->back), front = keys_of_store(h->store, d->front);
	uint64_t ours = 0, theirs = 0, online = 1;
	unsigned int now;

	d->dirty = false;
	if (d->leaving)
		return leave_on(d, h);
	if (!is_there(d, h))
		return leave(d, h, true, "removed");
	keys_number(&back, "state", UINT32_MAX, &ours);
	keys_number(&front, "state", UINT32_MAX, &theirs);
	keys_number(&back, "online", 1, &online);
	/* What was not read stands there still; with the next connection the device is looked at again. */
	if (socle_store_lost(h->store))
		return true;
	if (!online && keys_flag(&back, "config/force"))
		return take_away(d, h, (unsigned int)theirs);
	now = (unsigned int)ours;
	for (unsigned int i = 0; i < STEPS_MAX; i++) {
		if (device_step(now, (unsigned int)theirs, online != 0, d->linked).act == DEVICE_REMOVE)
			return leave(d, h, false, "detached");
		if (!step(d, h, &now, (unsigned int)theirs, online != 0))
			break;
	}
	wishes_follow(d, h);
	return true;
}

/* It has stopped serving, and may be the guest's by now: a fresh one comes when the frontend does, and not too often. */
static void worker_disown(struct device *d, const struct device_host *h)
{
	struct socle_error e = { 0 };
	uint64_t now = device_clock_ms();
	int wait = worker_luck_try(&d->breaks, now - d->linked_ms);

	socle_fail_id(&e, EPROTO, "guest-protocol", "the guest broke the protocol: %s", d->worker.why);
	d->retry_ms = now + (unsigned int)(wait < 0 || wait > BREAK_WAIT_MS ? BREAK_WAIT_MS : wait);
	d->linked = false;
	device_worker_drop(d, false);
	if (d->refused)
		d->dirty = true;
	else
		fail(d, h, false, &e);
}

void device_listen(struct device *d, const struct device_host *h)
{
	struct socle_error e = { 0 };

	if (!d->worker.pid)
		return;
	if (!worker_listen(&d->worker)) {
		device_say(d, h, d->worker.talkative ? "its worker (process %d) fills its log, and is ended" :
		    "its worker (process %d) ended", (int)d->worker.pid);
		if (d->refused) {
			device_worker_drop(d, false);
			d->dirty = true;
			return;
		}
		if (device_worker_mourn(d, h, &e) == OUT_OURS)
			fail(d, h, true, &e);
		return;
	}
	if (d->worker.broken)
		worker_disown(d, h);
}

int device_stats(struct device *d, struct ctl_stats *out, struct socle_error *e)
{
	struct ctl_msg q = { .what = CTL_STATS }, a;

	if (!d->ready)
		return socle_fail_id(e, ENODEV, "no-worker", "it has no worker at the moment");
	if (worker_ask(&d->worker, &q, NULL, 0, &a, WORKER_ANSWER_MS, e))
		return -1;
	*out = a.stats;
	return 0;
}

int device_capture(struct device *d, int fd, struct socle_error *e)
{
	struct ctl_msg q = { .what = CTL_CAPTURE, .capture = fd >= 0 }, a;

	if (d->cls != DEVICE_CARD || !d->ready)
		return socle_fail_id(e, ENODEV, "no-worker", "it has no worker at the moment");
	return worker_ask(&d->worker, &q, &fd, fd >= 0, &a, WORKER_ANSWER_MS, e);
}
