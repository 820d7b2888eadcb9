/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/main.c
 *
 * netd: one network card of one guest, as the worker of that guest's supervisor (docs/devices.md, docs/netd.md).  It has what
 * came with SETUP and can get nothing else; one thread, one poll loop over the control socket, the event channels, the
 * tap's queues and the capture.
 *
 * Exit code: 0 after STOP or when the supervisor is gone, 1 when it could not be set up, 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "device/answer.h"
#include "device/sandbox.h"
#include "netd/card.h"
#include "device/log.h"
#include "netd/xen.h"

#define EXIT_USAGE 2
#define FILES      64u         /* its descriptors, and room for a capture's */
#define MEMLOCK    (8u << 20)
#define MEMORY     (64u << 20) /* mapped: about 5 MiB are used */
#define SECOND     1000000000ull

enum { FD_GNTDEV, FD_EVTCHN, FD_JOURNAL, FD_TAPS };
enum { POLL_CONTROL, POLL_EVENTS, POLL_CAPTURE, POLL_TAPS, POLL_COUNT = POLL_TAPS + CTL_QUEUES_MAX };

struct worker {
	int control, evtchn;
	bool set_up, over, told_broken;
	char name[32];          /* the interface's, for captures */
	struct net_card card;
};

static uint64_t now_get(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* --- SETUP ----------------------------------------------------------------------------------- */

/*
 * All of it has its memory now: a full file system must not end the process by SIGBUS later.  The map keeps the open file, and
 * with it the supervisor's lock; a descriptor could be written to, and /run is the host's memory.
 */
static struct net_journal *journal_map(int fd, struct socle_error *e)
{
	int r = posix_fallocate(fd, 0, sizeof(struct net_journal));
	void *p;

	if (r) {
		socle_fail(e, r, "no room for its journal: %s", strerror(r));
		return NULL;
	}
	p = mmap(NULL, sizeof(struct net_journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		socle_fail(e, errno, "cannot map its journal: %s", strerror(errno));
		return NULL;
	}
	close(fd);
	return p;
}

static int sandbox_enter(const struct worker *w, const struct ctl_setup *s, const int *fds, unsigned int n,
			 struct socle_error *e)
{
	int keep[CTL_FDS_MAX + 1] = { w->control };
	struct sandbox box = { .uid = s->uid, .keep = keep, .nr_keep = n + 1, .memlock = MEMLOCK, .threads = 0, .files = FILES,
			       .memory = MEMORY };
	/* A capture's descriptor comes as its opener made it, and must not make this process wait. */
	const int more[] = { SCMP_SYS(fcntl) };

	memcpy(keep + 1, fds, n * sizeof(*fds));
	if (sandbox_drop(&box, e))
		return -1;
	return sandbox_filter(net_xen_ioctls, net_xen_nr_ioctls, more, 1, e);
}

static int set_up(struct worker *w, const struct ctl_setup *s, const int *fds, unsigned int n, struct socle_error *e)
{
	struct net_journal *journal;
	struct net_io *io;

	if (w->set_up)
		return socle_fail(e, EBUSY, "it is set up already");
	if (n != FD_TAPS + s->net.queues)
		return socle_fail(e, EINVAL, "%u descriptors for %u queues", n, s->net.queues);
	log_init("netd", "card", s->domid, s->devid);
	snprintf(w->name, sizeof(w->name), "vif%u.%u", s->domid, s->devid);
	w->evtchn = fds[FD_EVTCHN];
	if (!(journal = journal_map(fds[FD_JOURNAL], e)) ||
	    !(io = net_xen_open(fds[FD_GNTDEV], fds[FD_EVTCHN], s->domid, e)) ||
	    sandbox_enter(w, s, fds, n, e) ||
	    net_card_init(&w->card, io, s, fds + FD_TAPS, journal, now_get(), e))
		return -1;
	w->set_up = true;
	return 0;
}

/* --- what the supervisor says ---------------------------------------------------------------- */

static void answer(const struct worker *w, const struct ctl_msg *q, int r, const struct socle_error *e)
{
	if (r)
		ctl_failed(w->control, q, e);
	else
		ctl_done(w->control, q, 0);
}

/* Half of a set-up process is of no use. */
static void setup_do(struct worker *w, const struct ctl_msg *q, const int *fds, unsigned int n)
{
	struct socle_error e = { 0 };
	int r = set_up(w, &q->setup, fds, n, &e);

	answer(w, q, r, &e);
	if (!r)
		return;
	log_line("%s", e.text);
	exit(1);
}

static int connect_do(struct worker *w, const struct ctl_connect *c, struct socle_error *e)
{
	w->told_broken = false;
	if (net_card_connect(&w->card, c, e))
		return -1;
	log_line("%s: %u queues%s%s%s", c->resume ? "it goes on" : "connected", c->queues, c->net.sg ? ", scatter-gather" : "",
		c->net.gso4 || c->net.gso6 ? ", segmentation" : "", c->net.csum4 || c->net.csum6 ? ", checksums" : "");
	return 0;
}

static int capture_do(struct worker *w, bool on, int *fds, unsigned int *n, struct socle_error *e)
{
	if (on != (*n == 1))
		return socle_fail(e, EINVAL, "a capture needs one descriptor");
	*n = 0;
	return net_card_capture(&w->card, on ? fds[0] : -1, w->name, e);
}

static void question_do(struct worker *w, const struct ctl_msg *q, int *fds, unsigned int *n)
{
	struct socle_error e = { 0 };
	int r = 0;

	switch (q->what) {
	case CTL_CONNECT:
		r = connect_do(w, &q->connect, &e);
		break;
	case CTL_DISCONNECT: case CTL_STOP:
		net_card_disconnect(&w->card);
		w->over = q->what == CTL_STOP;
		break;
	case CTL_LIMITS:
		net_card_limits_set(&w->card, q->limit, now_get());
		break;
	case CTL_CAPTURE:
		r = capture_do(w, q->capture, fds, n, &e);
		break;
	case CTL_STATS:
		ctl_stats(w->control, q, &w->card.stats);
		return;
	default:
		r = socle_fail(&e, ENOSYS, "a card has no such request (%u)", q->what);
	}
	if (r)
		log_line("%s", e.text);
	answer(w, q, r, &e);
}

static void control_take(struct worker *w)
{
	static struct ctl_msg q;
	int fds[CTL_FDS_MAX], r;
	unsigned int n;

	while (!w->over && (r = ctl_question(w->control, &q, fds, &n))) {
		struct socle_error e = { 0 };

		if (r < 0) {
			log_line("its supervisor is gone; it ends");
			net_card_disconnect(&w->card);
			w->over = true;
			return;
		}
		if (q.what == CTL_SETUP) {
			setup_do(w, &q, fds, n);
			continue;
		}
		if (w->set_up) {
			question_do(w, &q, fds, &n);
		} else {
			socle_fail(&e, EINVAL, "it is not set up yet");
			answer(w, &q, -1, &e);
		}
		ctl_fds_close(fds, n);
	}
}

/* --- at work --------------------------------------------------------------------------------- */

/* Frames come in on a tap when they can be passed on; a descriptor of -1 is not looked at. */
static void polls_set(const struct worker *w, struct pollfd p[POLL_COUNT])
{
	const struct net_card *c = &w->card;
	const void *data;

	p[POLL_CONTROL] = (struct pollfd){ .fd = w->control, .events = POLLIN };
	p[POLL_EVENTS] = (struct pollfd){ .fd = w->set_up ? w->evtchn : -1, .events = POLLIN };
	p[POLL_CAPTURE] = (struct pollfd){ .fd = -1, .events = POLLOUT };
	if (w->set_up && c->capture && pcapng_pending(c->capture, &data))
		p[POLL_CAPTURE].fd = c->capture_fd;
	for (uint32_t i = 0; i < CTL_QUEUES_MAX; i++)
		p[POLL_TAPS + i] = (struct pollfd){
			.fd = w->set_up && net_card_wants_tap(c, i) ? c->tap[i] : -1, .events = POLLIN,
		};
}

static int wait_for_work(struct worker *w, struct pollfd p[POLL_COUNT], bool more)
{
	uint64_t now = now_get(), wake = w->set_up ? w->card.wake : UINT64_MAX;
	uint64_t left = more || wake <= now ? 0 : wake - now;
	struct timespec t = { .tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND) };

	polls_set(w, p);
	return ppoll(p, POLL_COUNT, wake == UINT64_MAX && !more ? NULL : &t, NULL);
}

static bool round_do(struct worker *w, const struct pollfd p[POLL_COUNT])
{
	bool more;

	if (p[POLL_EVENTS].revents)
		net_card_events(&w->card);
	for (uint32_t i = 0; i < w->card.nr_queues; i++)
		if (p[POLL_TAPS + i].revents)
			w->card.queue[i].tap_ready = true;
	more = net_card_serve(&w->card, now_get());
	if (w->card.broken && !w->told_broken) {
		ctl_broken(w->control, w->card.broken);
		w->told_broken = true;
	}
	return more;
}

static int serve(struct worker *w)
{
	struct pollfd p[POLL_COUNT];
	bool more = false;

	while (!w->over) {
		if (wait_for_work(w, p, more) < 0 && errno != EINTR) {
			log_line("cannot wait: %s", strerror(errno));
			return 1;
		}
		if (p[POLL_CONTROL].revents)
			control_take(w);
		more = w->set_up && !w->over && round_do(w, p);
	}
	return 0;
}

static int usage(FILE *to)
{
	fputs("usage: netd --control FD\n"
	      "  FD  a socket to the supervisor of a guest's devices, which starts this program\n", to);
	return to == stdout ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static struct worker w = { .evtchn = -1 };
	char *end = NULL;
	long fd;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return usage(stdout);
	if (argc != 3 || strcmp(argv[1], "--control"))
		return usage(stderr);
	fd = strtol(argv[2], &end, 10);
	if (end == argv[2] || *end || fd < 0 || fd > INT_MAX || fcntl((int)fd, F_GETFD) < 0) {
		fprintf(stderr, "netd: '%s' is no open descriptor\n", argv[2]);
		return usage(stderr);
	}
	w.control = (int)fd;
	signal(SIGPIPE, SIG_IGN);
	return serve(&w);
}
