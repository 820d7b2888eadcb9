/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/worker.c
 *
 * See worker.h.  One thread, one poll loop over the control socket, the event channels and the image.  Each round of the
 * engine is bounded, and the control socket is looked at between any two, so a guest that keeps its rings full, or sends
 * events without end, cannot keep the supervisor's word away.
 */
#include "blkd/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <abi/linux/evtchn.h>

#include "blkd/engine.h"
#include "blkd/file.h"
#include "device/log.h"
#include "blkd/nbd.h"
#include "device/answer.h"
#include "device/sandbox.h"

#define SECOND         1000000000ull
#define EVENTS_A_ROUND 64
#define LOCK_TRIES     10
#define LOCK_WAIT_MS   100
#define MEMLOCK        (64u << 20) /* of all disks of one guest together, as the kernel counts by user */
#define THREADS        512u
#define FILES          32u
#define MEMORY         (256u << 20) /* mapped: about 25 MiB are used, 70 with libnbd */

enum { FD_GNTDEV, FD_EVTCHN, FD_JOURNAL, FD_IMAGE, FD_DIRECT, FDS };

struct worker {
	int ctl;
	bool is_set_up, over;
	bool parting;          /* the supervisor is gone: end when nothing is in flight */
	struct ctl_msg ending; /* the DISCONNECT or STOP that is to be answered when nothing is in flight; what 0: none */
	struct blk_guest guest;
	struct blk_journal *journal;
	union {                /* the engine's image is the first member of either */
		struct blk_file file;
		struct blk_nbd nbd;
	};
	struct blk_engine engine;
};

static struct worker worker;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* --- SETUP ----------------------------------------------------------------------------------- */

/*
 * All of it has its memory now: a full file system must not end the process by SIGBUS later.  The map keeps the open file, and
 * with it the lock that the supervisor took on it: whoever has that serves the disk.
 */
static int journal_map(struct worker *w, int fd, struct socle_error *e)
{
	int r = posix_fallocate(fd, 0, sizeof(struct blk_journal));
	void *p;

	if (r)
		return socle_fail(e, r, "no room for its journal: %s", strerror(r));
	p = mmap(NULL, sizeof(struct blk_journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return socle_fail(e, errno, "cannot map its journal: %s", strerror(errno));
	w->journal = p;
	close(fd);
	return 0;
}

/* On NFS an flock() is a record lock of the server's, so the two would exclude each other. */
static bool has_one_kind_of_lock(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NFS_SUPER_MAGIC;
}

/*
 * The supervisor holds the lock of the descriptor that data mostly go through; the other one needs its own, of another
 * kind, because an open file cannot share an flock() with another.  A predecessor's is gone when its last write is; for
 * longer than a moment the supervisor waits (EAGAIN), who has more to do meanwhile.
 */
static int image_lock(int fd, bool readonly, struct socle_error *e)
{
	struct flock lock = { .l_type = readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };
	const struct timespec pause = { .tv_nsec = LOCK_WAIT_MS * 1000000L };
	int r = -1;

	for (int i = 0; i < LOCK_TRIES && r; i++) {
		r = fcntl(fd, F_OFD_SETLK, &lock);
		if (r && errno != EAGAIN && errno != EACCES && errno != EINTR)
			return socle_fail(e, errno, "cannot lock its file: %s", strerror(errno));
		if (r)
			nanosleep(&pause, NULL);
	}
	return r ? socle_fail(e, EAGAIN, "another process uses its file, or has not ended its last writes") : 0;
}

static int guest_open(struct worker *w, uint16_t domid, const int *fds, struct socle_error *e)
{
	w->guest.domid = domid;
	w->guest.gt = socle_gnttab_adopt(fds[FD_GNTDEV], e);
	w->guest.ec = socle_evtchn_adopt(fds[FD_EVTCHN], e);
	return w->guest.gt && w->guest.ec ? 0 : -1;
}

static int image_open(struct worker *w, const struct ctl_setup_disk *d, const int *fds, uint8_t *memory, struct socle_error *e)
{
	const struct blk_nbd_wants wants = { .export = d->nbd_export, .readonly = d->readonly,
					     .can_discard = d->can_discard, .sector_size = d->sector_size };

	if (d->nbd)
		return blk_nbd_open(&w->nbd, fds[FD_IMAGE], &wants, e);
	if (!(d->has_direct && has_one_kind_of_lock(fds[FD_IMAGE])) && image_lock(fds[FD_IMAGE], d->readonly, e))
		return -1;
	return blk_file_open(&w->file, fds[FD_IMAGE], d->has_direct ? fds[FD_DIRECT] : -1, memory, d->can_discard, e);
}

static int engine_make(struct worker *w, const struct ctl_setup_disk *d, const int *fds, struct socle_error *e)
{
	struct blk_limits limits = { .unit = d->sector_size / BLKIF_SECTOR_SIZE, .readonly = d->readonly };
	struct blk_image *image = d->nbd ? &w->nbd.image : &w->file.image;
	uint8_t *memory = blk_engine_memory();
	int r;

	if (!memory)
		return socle_fail(e, errno, "no memory for buffers: %s", strerror(errno));
	if (d->none) {
		blk_engine_init(&w->engine, NULL, &w->guest, w->journal, memory, &limits);
		return 0;
	}
	if (image_open(w, d, fds, memory, e))
		return -1;
	r = image->ops->measure(image, &limits.sectors);
	if (r)
		return socle_fail(e, -r, "cannot find its size: %s", strerror(-r));
	if (d->sectors > limits.sectors)
		return socle_fail(e, EINVAL, "it has %llu sectors, not %llu", (unsigned long long)limits.sectors,
				  (unsigned long long)d->sectors);
	limits.sectors = d->sectors ? d->sectors : limits.sectors - limits.sectors % limits.unit;
	limits.can_discard = image->can_discard && !d->readonly;
	blk_engine_init(&w->engine, image, &w->guest, w->journal, memory, &limits);
	return 0;
}

static int sandbox_enter(struct worker *w, uint32_t uid, const int *fds, unsigned int n, struct socle_error *e)
{
	int keep[FDS + 1] = { w->ctl };
	struct sandbox s = { .uid = uid, .keep = keep, .nr_keep = n + 1, .memlock = MEMLOCK, .threads = THREADS,
			     .files = FILES, .memory = MEMORY };

	memcpy(keep + 1, fds, n * sizeof(*fds));
	return sandbox_drop(&s, e);
}

static int filter_load(struct socle_error *e)
{
	static const unsigned long ioctls[] = {
		IOCTL_GNTDEV_MAP_GRANT_REF, IOCTL_GNTDEV_UNMAP_GRANT_REF, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
		IOCTL_GNTDEV_GRANT_COPY, IOCTL_EVTCHN_BIND_INTERDOMAIN, IOCTL_EVTCHN_UNBIND, IOCTL_EVTCHN_NOTIFY,
	};
	/* What its ring may register is restricted (blkd/file.h). */
	static const int more[] = { SCMP_SYS(io_uring_register) };

	return sandbox_filter(ioctls, sizeof(ioctls) / sizeof(ioctls[0]), more, 1, e);
}

static int setup(struct worker *w, const struct ctl_setup *s, const int *fds, unsigned int n, struct socle_error *e)
{
	const struct ctl_setup_disk *d = &s->disk;

	if (w->is_set_up)
		return socle_fail(e, EALREADY, "it was set up before");
	log_init("blkd", "disk", s->domid, s->devid);
	if (n != (d->none ? FD_IMAGE : d->has_direct ? FDS : FDS - 1u))
		return socle_fail(e, EINVAL, "%u descriptors came", n);
	if (d->nbd && (d->has_direct || !memchr(d->nbd_export, '\0', sizeof(d->nbd_export))))
		return socle_fail(e, EINVAL, "its NBD server is not described well");
	if (d->sector_size != 512 && d->sector_size != 4096)
		return socle_fail(e, EINVAL, "sectors of %u bytes are not served", d->sector_size);
	w->is_set_up = true;
	if (sandbox_enter(w, s->uid, fds, n, e) || journal_map(w, fds[FD_JOURNAL], e) || guest_open(w, s->domid, fds, e) ||
	    engine_make(w, d, fds, e) || filter_load(e))
		return -1;
	blk_throttle_set(&w->engine.throttle, s->limit, now_ns());
	return 0;
}

/* --- the other questions --------------------------------------------------------------------- */

static int connect_rings(struct worker *w, const struct ctl_connect *c, struct socle_error *e)
{
	struct blk_rings rings = { .queues = c->queues, .pages = c->disk.ring_pages, .persistent = c->disk.persistent };

	if (!w->is_set_up || w->engine.queues)
		return socle_fail(e, EALREADY, w->is_set_up ? "it is connected" : "it is not set up");
	for (uint32_t i = 0; i < BLK_QUEUES_MAX; i++) {
		memcpy(rings.queue[i].ref, c->disk.queue[i].ref, sizeof(rings.queue[i].ref));
		rings.queue[i].port = c->disk.queue[i].port;
	}
	return blk_engine_connect(&w->engine, &rings, c->resume, e);
}

static int resize(struct worker *w, struct socle_error *e)
{
	uint64_t sectors;
	int r = w->engine.image ? w->engine.image->ops->measure(w->engine.image, &sectors) : -ENODEV;

	if (r)
		return socle_fail(e, -r, "cannot find its size: %s", strerror(-r));
	w->engine.limits.sectors = sectors - sectors % w->engine.limits.unit;
	return 0;
}

static void answer(struct worker *w, const struct ctl_msg *q, const int *fds, unsigned int n)
{
	struct socle_error e = { 0 };
	int r = 0;

	switch (q->what) {
	case CTL_SETUP: r = setup(w, &q->setup, fds, n, &e); break;
	case CTL_CONNECT: r = connect_rings(w, &q->connect, &e); break;
	case CTL_LIMITS: blk_throttle_set(&w->engine.throttle, q->limit, now_ns()); break;
	case CTL_RESIZE: r = resize(w, &e); break;
	case CTL_STATS: ctl_stats(w->ctl, q, &w->engine.stats); return;
	case CTL_REFUSE: blk_engine_close(&w->engine, q->at_once); break;
	case CTL_DISCONNECT:
		if (!w->engine.closing)
			blk_engine_close(&w->engine, false);
		w->ending = *q;
		return;
	case CTL_STOP: w->ending = *q; return;
	default: r = socle_fail(&e, EOPNOTSUPP, "a disk's worker does not know question %u", q->what); break;
	}
	if (r) {
		log_line("%s", e.text);
		ctl_failed(w->ctl, q, &e);
	} else {
		ctl_done(w->ctl, q, w->engine.limits.sectors);
	}
}

/* One question a round. */
static void control_listen(struct worker *w)
{
	struct ctl_msg q;
	int fds[CTL_FDS_MAX];
	unsigned int n;
	int r = ctl_question(w->ctl, &q, fds, &n);

	if (r < 0) {
		w->parting = true;
	} else if (r) {
		answer(w, &q, fds, n);
		if (q.what != CTL_SETUP)
			ctl_fds_close(fds, n);
	}
}

/* --- the loop -------------------------------------------------------------------------------- */

/* Which ring it was does not matter, all are looked at; so as many as come in one piece are taken, and unmasked in one. */
static void ports_listen(struct worker *w)
{
	uint32_t ports[EVENTS_A_ROUND];
	int fd = socle_evtchn_fd(w->guest.ec);
	ssize_t n = read(fd, ports, sizeof(ports));

	if (n > 0 && write(fd, ports, (size_t)n) != n)
		log_line("cannot unmask its event channels: %s", strerror(errno));
}

/* Nothing is in flight: whoever waits for that is told. */
static void rest(struct worker *w)
{
	bool broken = w->engine.broken;

	blk_engine_disconnect(&w->engine);
	if (broken) {
		log_line("the indices of its rings make no sense; the guest's disk is closed");
		ctl_broken(w->ctl, "the indices of its rings make no sense");
	}
	if (w->ending.what)
		ctl_done(w->ctl, &w->ending, w->engine.limits.sectors);
	w->over = w->parting || w->ending.what == CTL_STOP;
	w->ending.what = 0;
}

/* True when it is to be called again right away. */
static bool work(struct worker *w)
{
	bool ending = w->parting || w->ending.what || w->engine.broken, more = false;

	if (!ending)
		return blk_engine_step(&w->engine, now_ns());
	if (!w->engine.queues || blk_engine_drain(&w->engine, now_ns()))
		rest(w);
	else
		more = w->engine.nr_waiting == w->engine.busy;
	return more;
}

static int wait_for_work(struct worker *w, struct pollfd p[3], bool more)
{
	struct timespec t = { .tv_sec = (time_t)(w->engine.wake / SECOND), .tv_nsec = (long)(w->engine.wake % SECOND) };
	int r;

	p[0] = (struct pollfd){ .fd = w->ctl, .events = POLLIN };
	p[1] = p[2] = (struct pollfd){ .fd = -1 };
	if (w->engine.queues) {
		p[1] = (struct pollfd){ .fd = socle_evtchn_fd(w->guest.ec), .events = POLLIN };
		if (!w->engine.gone)
			p[2] = w->engine.image->ops->waits_for(w->engine.image);
	}
	if (w->parting)
		p[0].fd = -1;
	if (more)
		t = (struct timespec){ 0 };
	r = ppoll(p, 3, more || w->engine.wake ? &t : NULL, NULL);
	return r < 0 && errno != EINTR ? -errno : 0;
}

static int serve(struct worker *w)
{
	bool more = false;

	while (!w->over) {
		struct pollfd p[3];
		int r = wait_for_work(w, p, more);

		if (r) {
			log_line("cannot poll: %s", strerror(-r));
			return 1;
		}
		if (p[0].revents)
			control_listen(w);
		if (p[1].revents)
			ports_listen(w);
		more = work(w);
		if (w->is_set_up && w->engine.image && w->engine.image->lost && !w->engine.gone) {
			log_line("its image is lost; a successor has to connect to it anew");
			return 1;
		}
	}
	return 0;
}

int blk_worker_run(int control_fd)
{
	signal(SIGPIPE, SIG_IGN);
	worker.ctl = control_fd;
	return serve(&worker);
}
