/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/card.c
 *
 * See card.h.
 */
#include "netd/card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "netd/ctrl.h"
#include "device/log.h"

#define EVENTS_A_ROUND 64

/* --- set up ---------------------------------------------------------------------------------- */

int net_card_init(struct net_card *c, const struct net_io *io, const struct ctl_setup *setup, const int *taps,
		  struct net_journal *journal, uint64_t now, struct socle_error *e)
{
	*c = (struct net_card){
		.io = io, .journal = journal, .mtu = setup->net.mtu, .capture_fd = -1, .ctrl_port = -1, .now = now,
		.wake = UINT64_MAX, .nr_taps = setup->net.queues,
	};
	if (!c->nr_taps || c->nr_taps > CTL_QUEUES_MAX || c->mtu > 65535 || !net_filter_set(&c->filter, &setup->net))
		return socle_fail(e, EINVAL, "a card of %u queues, MTU %u, %u and %u addresses cannot be", c->nr_taps, c->mtu,
				  setup->net.nr_ip4, setup->net.nr_ip6);
	memcpy(c->tap, taps, c->nr_taps * sizeof(*taps));
	net_card_limits_set(c, setup->limit, now);
	return net_batch_init(&c->batch, io, e);
}

void net_card_limits_set(struct net_card *c, const struct ctl_bucket *limit, uint64_t now)
{
	for (uint32_t i = 0; i < NET_LIMITS; i++)
		bucket_set(&c->limit[i], limit[i].rate, limit[i].burst, now);
}

/* --- connect --------------------------------------------------------------------------------- */

static int port_bind(struct net_card *c, uint32_t port, int *local, struct socle_error *e)
{
	*local = c->io->bind(c->io->context, port);
	return *local < 0 ? socle_fail(e, -*local, "cannot bind the guest's port %u: %s", port, strerror(-*local)) : 0;
}

static int page_map(struct net_card *c, uint32_t ref, void **page, struct socle_error *e)
{
	*page = c->io->map(c->io->context, ref);
	return *page ? 0 : socle_fail(e, errno, "cannot map the guest's ring, grant %u: %s", ref, strerror(errno));
}

static int queue_connect(struct net_queue *q, uint32_t i, const struct ctl_connect *with, struct socle_error *e)
{
	struct net_card *c = q->card;

	q->held_data = mmap(NULL, NET_FRAME_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q->held_data == MAP_FAILED) {
		q->held_data = NULL;
		return socle_fail(e, errno, "no memory for a frame: %s", strerror(errno));
	}
	if (page_map(c, with->net.queue[i].tx_ref, &q->tx_page, e) || page_map(c, with->net.queue[i].rx_ref, &q->rx_page, e))
		return -1;
	if (!net_tx_attach(&q->tx, q->tx_page, &c->journal->queue[i].tx, with->resume) ||
	    !net_rx_attach(&q->rx, q->rx_page, &c->journal->queue[i].rx, with->resume))
		return socle_fail(e, EPROTO, "the rings of queue %u have impossible indices", i);
	if (port_bind(c, with->net.queue[i].tx_port, &q->tx_port, e))
		return -1;
	q->rx_port = q->tx_port;
	return with->net.queue[i].rx_port == with->net.queue[i].tx_port ? 0 :
	       port_bind(c, with->net.queue[i].rx_port, &q->rx_port, e);
}

static int ctrl_connect(struct net_card *c, const struct ctl_connect *with, struct socle_error *e)
{
	if (!with->net.ctrl_ref && !with->net.ctrl_port)
		return 0;
	if (page_map(c, with->net.ctrl_ref, &c->ctrl_page, e))
		return -1;
	if (with->resume)
		net_ctrl_resume(&c->journal->ctrl);
	c->ctrl_waits = true;
	if (!net_ring_attach(&c->ctrl, c->ctrl_page, sizeof(struct xen_netif_ctrl_request), &c->journal->ctrl, with->resume))
		return socle_fail(e, EPROTO, "the control ring has impossible indices");
	return port_bind(c, with->net.ctrl_port, &c->ctrl_port, e);
}

/* Frames come to the queues that the guest has. */
static int taps_set(struct net_card *c, uint32_t queues, struct socle_error *e)
{
	int r = 0;

	for (uint32_t i = 0; i < queues && !r; i++)
		r = c->io->tap_queue(c->io->context, c->tap[i], true);
	for (uint32_t i = queues; i < c->nr_taps && !r; i++)
		r = c->io->tap_queue(c->io->context, c->tap[i], false);
	if (!r)
		r = c->io->tap_offload(c->io->context, c->tap[0], net_offload_tap_flags(&c->caps));
	return r ? socle_fail(e, -r, "cannot set up the tap: %s", strerror(-r)) : 0;
}

static void caps_set(struct net_card *c, const struct ctl_connect *with)
{
	c->sg = with->net.sg;
	c->multicast_control = with->net.multicast_control;
	c->caps = (struct net_offload_caps){
		.csum4 = with->net.csum4, .csum6 = with->net.csum6,
		/* Segments in one buffer would be no gain, and without checksums to fill in they cannot be. */
		.gso4 = with->net.gso4 && with->net.sg && with->net.csum4,
		.gso6 = with->net.gso6 && with->net.sg && with->net.csum6,
	};
}

static int request_check(const struct net_card *c, const struct ctl_connect *with, struct socle_error *e)
{
	if (!with->net.rx_copy)
		return socle_fail(e, EOPNOTSUPP, "the frontend wants its pages exchanged (no request-rx-copy); they are only "
				  "copied to");
	if (!with->queues || with->queues > c->nr_taps)
		return socle_fail(e, EINVAL, "the frontend wants %u queues of 1 to %u", with->queues, c->nr_taps);
	if (with->resume && !net_journal_fits(c->journal, with))
		return socle_fail(e, ESTALE, "the journal is of another connection; the card has to be connected anew");
	return 0;
}

int net_card_connect(struct net_card *c, const struct ctl_connect *with, struct socle_error *e)
{
	net_card_disconnect(c);
	if (request_check(c, with, e))
		return -1;
	if (!with->resume)
		net_journal_begin(c->journal, with);
	caps_set(c, with);
	for (uint32_t i = 0; i < with->queues; i++) {
		struct net_queue *q = &c->queue[i];

		*q = (struct net_queue){ .card = c, .tx_port = -1, .rx_port = -1, .tap = c->tap[i], .tap_ready = true };
		c->nr_queues = i + 1;
		if (queue_connect(q, i, with, e))
			goto failed;
	}
	if (ctrl_connect(c, with, e) || taps_set(c, with->queues, e))
		goto failed;
	net_journal_commit(c->journal);
	for (uint32_t i = 0; i < c->nr_queues; i++) {
		if (!with->resume)
			net_queue_drain(&c->queue[i]);
		net_queue_settle(&c->queue[i]);
	}
	return 0;
failed:
	net_card_disconnect(c);
	return -1;
}

static void port_unbind(struct net_card *c, int port)
{
	if (port >= 0)
		c->io->unbind(c->io->context, (uint32_t)port);
}

static void queue_disconnect(struct net_queue *q)
{
	struct net_card *c = q->card;

	port_unbind(c, q->tx_port);
	if (q->rx_port != q->tx_port)
		port_unbind(c, q->rx_port);
	if (q->tx_page)
		c->io->unmap(c->io->context, q->tx_page);
	if (q->rx_page)
		c->io->unmap(c->io->context, q->rx_page);
	if (q->held_data)
		munmap(q->held_data, NET_FRAME_ROOM);
}

/* All that was taken is answered: a step ends only then. */
void net_card_disconnect(struct net_card *c)
{
	if (c->nr_queues)
		net_journal_end(c->journal);
	for (uint32_t i = 0; i < c->nr_queues; i++)
		queue_disconnect(&c->queue[i]);
	c->nr_queues = 0;
	port_unbind(c, c->ctrl_port);
	if (c->ctrl_page)
		c->io->unmap(c->io->context, c->ctrl_page);
	c->ctrl_page = NULL;
	c->ctrl_port = -1;
	c->ctrl_waits = false;
	c->broken = NULL;
}

void net_card_fini(struct net_card *c)
{
	net_card_disconnect(c);
	(void)net_card_capture(c, -1, NULL, NULL);
	net_batch_fini(&c->batch);
}

/* --- capture --------------------------------------------------------------------------------- */

int net_card_capture(struct net_card *c, int fd, const char *name, struct socle_error *e)
{
	int flags, error;

	if (c->capture) {
		net_card_capture_flush(c);
		if (c->capture && c->capture->lost)
			log_line("the capture has ended; %llu frames are not in it, its reader was too slow",
				(unsigned long long)c->capture->lost);
		free(c->capture);
		c->capture = NULL;
		close(c->capture_fd);
		c->capture_fd = -1;
	}
	if (fd < 0)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || !(c->capture = malloc(sizeof(*c->capture)))) {
		error = errno;
		close(fd);
		return socle_fail(e, error, "cannot begin the capture: %s", strerror(error));
	}
	c->capture_fd = fd;
	pcapng_begin(c->capture, name);
	net_card_capture_flush(c);
	return 0;
}

void net_card_capture_flush(struct net_card *c)
{
	const void *data;
	ssize_t done;
	size_t n;

	while (c->capture && (n = pcapng_pending(c->capture, &data))) {
		done = write(c->capture_fd, data, n);
		if (done > 0) {
			pcapng_written(c->capture, (size_t)done);
			continue;
		}
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			return;
		log_line("the capture ends: %s", done ? strerror(errno) : "nothing can be written");
		free(c->capture);
		c->capture = NULL;
		close(c->capture_fd);
		c->capture_fd = -1;
	}
}

void net_card_show(struct net_card *c, enum pcapng_way way, const uint8_t *frame, uint32_t len)
{
	struct timespec t;

	if (!c->capture)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	pcapng_frame(c->capture, way, frame, len, (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

/* --- limits ---------------------------------------------------------------------------------- */

static uint32_t bytes_limit(bool to_guest)
{
	return to_guest ? CTL_LIMIT_RX_BYTES : CTL_LIMIT_TX_BYTES;
}

static uint32_t frames_limit(bool to_guest)
{
	return to_guest ? CTL_LIMIT_RX_FRAMES : CTL_LIMIT_TX_FRAMES;
}

bool net_card_may_pass(struct net_card *c, bool to_guest, uint32_t bytes)
{
	uint64_t a = bucket_wait(&c->limit[bytes_limit(to_guest)], bytes, c->now);
	uint64_t b = bucket_wait(&c->limit[frames_limit(to_guest)], 1, c->now);
	uint64_t wait = a > b ? a : b;

	if (!wait)
		return true;
	c->stats.throttled++;
	c->held_back |= to_guest;
	if (wait < UINT64_MAX - c->now && c->now + wait < c->wake)
		c->wake = c->now + wait;
	return false;
}

void net_card_passed(struct net_card *c, bool to_guest, uint32_t bytes)
{
	bucket_take(&c->limit[bytes_limit(to_guest)], bytes, c->now);
	bucket_take(&c->limit[frames_limit(to_guest)], 1, c->now);
}

/* --- at work --------------------------------------------------------------------------------- */

void net_card_break(struct net_card *c, const char *why)
{
	if (!c->broken)
		log_line("nothing is served any more: %s", why);
	c->broken = why;
}

void net_card_events(struct net_card *c)
{
	int port;

	/* Bounded: a guest that sends without end must not keep the supervisor's word from us. */
	for (int i = 0; i < EVENTS_A_ROUND && (port = c->io->pending(c->io->context)) >= 0; i++)
		c->ctrl_waits |= port == c->ctrl_port;
}

static void ctrl_serve(struct net_card *c)
{
	if (net_ctrl_serve(&c->ctrl, &c->ctrl_waits))
		c->io->notify(c->io->context, (uint32_t)c->ctrl_port);
	if (c->ctrl.broken)
		net_card_break(c, "the guest's control ring has impossible indices");
}

bool net_card_serve(struct net_card *c, uint64_t now)
{
	bool more = false;

	c->now = now;
	c->wake = UINT64_MAX;
	c->held_back = false;
	if (c->ctrl_waits && !c->broken)
		ctrl_serve(c);
	more = c->ctrl_waits;
	for (uint32_t i = 0; i < c->nr_queues && !c->broken; i++) {
		more |= net_queue_to_guest(&c->queue[i]);
		if (!c->broken)
			more |= net_queue_from_guest(&c->queue[i]);
	}
	net_card_capture_flush(c);
	return more && !c->broken;
}

bool net_card_wants_tap(const struct net_card *c, uint32_t i)
{
	return i < c->nr_queues && !c->broken && !c->queue[i].no_buffers && !c->held_back;
}
