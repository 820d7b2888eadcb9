/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/queue.c
 *
 * See queue.h.
 */
#include "netd/queue.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netd/card.h"
#include "device/log.h"

#define READ_MAX (NET_TAP_HEADER + 65536 + 32) /* a whole IP packet of segments, its Ethernet header and tags */
#define VLAN_TAG 4u

static void notify(struct net_queue *q, int port)
{
	if (port >= 0)
		q->card->io->notify(q->card->io->context, (uint32_t)port);
}

/* --- guest -> tap ---------------------------------------------------------------------------- */

struct outgoing {
	struct net_packet packet;
	uint8_t *frame;
	bool failed;
};

static int16_t refuse(struct net_card *c, const char *why)
{
	c->stats.refused++;
	log_counted(c->stats.refused, "the guest is refused: %s", why);
	return NETIF_RSP_ERROR;
}

static int16_t frame_write(struct net_queue *q, const uint8_t *frame, uint32_t len)
{
	struct net_card *c = q->card;

	if (write(q->tap, frame - NET_TAP_HEADER, NET_TAP_HEADER + len) >= 0) {
		c->stats.tx_frames++;
		c->stats.tx_bytes += len;
		return NETIF_RSP_OKAY;
	}
	if (errno == EINVAL)
		return refuse(c, "a frame of which the kernel can make nothing");
	c->stats.tx_dropped++;
	/* EIO: the interface is down, which is somebody's wish. */
	if (errno != EAGAIN && errno != ENOBUFS && errno != EIO) {
		c->stats.errors++;
		log_counted(c->stats.errors, "the tap takes no frames: %s", strerror(errno));
	}
	return NETIF_RSP_DROPPED;
}

static int16_t frame_send(struct net_queue *q, struct outgoing *o)
{
	struct net_card *c = q->card;
	struct virtio_net_hdr header;
	uint32_t len = o->packet.size;
	struct net_headers h;
	const char *why;

	net_headers_find(o->frame, len, &h); /* true: a packet has 14 bytes or is wrong */
	why = net_filter_check(&c->filter, o->frame, len, &h);
	if (why) {
		c->stats.spoofed++;
		log_counted(c->stats.spoofed, "a frame of the guest is dropped: it is in the name of, or is, %s", why);
		return NETIF_RSP_DROPPED;
	}
	if (!o->packet.gso_size && len > c->mtu + ETHER_HEADER + h.tags * VLAN_TAG)
		return refuse(c, "a frame longer than the MTU");
	why = net_offload_to_tap(&o->packet, o->frame, &h, &header);
	if (why)
		return refuse(c, why);
	memcpy(o->frame - NET_TAP_HEADER, &header, NET_TAP_HEADER);
	net_card_show(c, PCAPNG_FROM_GUEST, o->frame, len);
	return frame_write(q, o->frame, len);
}

static int16_t groups_change(struct net_card *c, const struct net_packet *p)
{
	if (!c->multicast_control)
		return refuse(c, "multicast control, which was not negotiated");
	if (p->group_remove)
		net_multicast_remove(&c->journal->multicast, p->group);
	else if (!net_multicast_add(&c->journal->multicast, p->group))
		return refuse(c, "more multicast groups than there may be, or none");
	return NETIF_RSP_OKAY;
}

static int16_t packet_finish(struct net_queue *q, struct outgoing *o)
{
	if (o->packet.wrong)
		return refuse(q->card, o->packet.wrong);
	if (o->packet.group_add || o->packet.group_remove)
		return groups_change(q->card, &o->packet);
	if (o->failed)
		return refuse(q->card, "pages that cannot be read");
	return frame_send(q, o);
}

/* Lay a packet out: all but its first piece begins with a page. */
static void packet_copy(struct net_batch *b, struct outgoing *o)
{
	const struct net_packet *p = &o->packet;
	uint32_t at = 0;

	o->failed = false;
	if (!p->size)
		return;
	o->frame = net_batch_place(b, p->pieces > 1 ? p->piece[0].size : 0);
	net_batch_placed(b, o->frame, p->size);
	for (uint32_t i = 0; i < p->pieces; at += p->piece[i++].size)
		net_batch_from_guest(b, &p->piece[i], o->frame + at, &o->failed);
}

/* Why a step ended: nothing is left, this was enough for one, or a limit says later. */
enum end { END_EMPTY, END_ROUND, END_LIMIT };

static uint32_t packets_take(struct net_queue *q, struct outgoing *out, enum end *end)
{
	struct net_card *c = q->card;
	uint32_t n = 0, size;
	int r;

	*end = END_EMPTY;
	net_batch_clear(&c->batch);
	while ((size = net_tx_peek(&q->tx))) {
		if (n == NET_ROUND || !net_batch_has_room(&c->batch)) {
			*end = END_ROUND;
			break;
		}
		if (!net_card_may_pass(c, false, size)) {
			*end = END_LIMIT;
			break;
		}
		r = net_tx_take(&q->tx, &out[n].packet);
		if (r <= 0)
			break;
		net_card_passed(c, false, out[n].packet.size);
		packet_copy(&c->batch, &out[n++]);
	}
	if (q->tx.ring.broken)
		net_card_break(c, "the guest's transmit ring has impossible indices, or a part of a packet");
	return n;
}

bool net_queue_from_guest(struct net_queue *q)
{
	static struct outgoing out[NET_ROUND];
	struct net_card *c = q->card;
	enum end end;
	uint32_t n = packets_take(q, out, &end);

	net_batch_run(&c->batch);
	for (uint32_t i = 0; i < n; i++)
		net_tx_answer(&q->tx, out[i].packet.slots, packet_finish(q, &out[i]));
	if (net_ring_push(&q->tx.ring))
		notify(q, q->tx_port);
	if (c->broken)
		return false;
	/* While a limit holds packets back, time tells when to look again, and events would not help. */
	return end == END_ROUND || (end == END_EMPTY && net_ring_rearm(&q->tx.ring, 1));
}

void net_queue_settle(struct net_queue *q)
{
	net_tx_answer(&q->tx, net_tx_owed(&q->tx), NETIF_RSP_DROPPED);
	/* Always: the predecessor may have published answers and died before it said so. */
	(void)net_ring_push(&q->tx.ring);
	(void)net_ring_push(&q->rx.ring);
	notify(q, q->tx_port);
	if (q->rx_port != q->tx_port)
		notify(q, q->rx_port);
}

/* --- tap -> guest ---------------------------------------------------------------------------- */

struct incoming {
	struct net_rx_frame frame;
	bool failed;
};

/* 1: a frame for the guest lies at `at`; 0: one that is dropped; -1: none is left. */
static int frame_read(struct net_queue *q, uint8_t *at, struct net_rx_frame *f)
{
	struct net_card *c = q->card;
	ssize_t got = read(q->tap, at - NET_TAP_HEADER, READ_MAX);
	struct virtio_net_hdr header;
	uint32_t len;

	if (got < (ssize_t)(NET_TAP_HEADER + NET_FRAME_MIN)) {
		if (got >= 0 || errno == EAGAIN)
			return got >= 0 ? 0 : -1;
		c->stats.errors++;
		log_counted(c->stats.errors, "the tap gives no frames: %s", strerror(errno));
		if (errno == EBADFD)
			net_card_break(c, "the tap is gone");
		return -1;
	}
	len = (uint32_t)got - NET_TAP_HEADER;
	memcpy(&header, at - NET_TAP_HEADER, sizeof(header));
	if (c->multicast_control && !net_multicast_wants(&c->journal->multicast, at))
		return 0;
	if (!net_offload_to_guest(&header, at, len, &c->caps, f) || (!c->sg && net_rx_pieces(f) > 1)) {
		c->stats.rx_dropped++;
		return 0;
	}
	return 1;
}

static void frame_hold(struct net_queue *q, const struct net_rx_frame *f, const uint8_t *data)
{
	q->held = *f;
	q->no_buffers = true;
	memcpy(q->held_data, data, f->len);
}

static void frame_copy(struct net_queue *q, const uint8_t *data, struct incoming *in)
{
	struct net_batch *b = &q->card->batch;
	uint32_t left = in->frame.len, n;

	in->failed = false;
	for (uint32_t i = 0; i < net_rx_pieces(&in->frame); i++, left -= n) {
		n = left < NET_RING_PAGE ? left : NET_RING_PAGE;
		net_batch_to_guest(b, net_rx_piece(&q->rx, &in->frame, i), data + (size_t)i * NET_RING_PAGE, n, &in->failed);
	}
	net_card_passed(q->card, true, in->frame.len);
	net_card_show(q->card, PCAPNG_TO_GUEST, data, in->frame.len);
}

/* The frame that waited, if there are buffers for it now. */
static bool held_place(struct net_queue *q, struct incoming *in)
{
	in->frame = q->held;
	if (!net_rx_place(&q->rx, &in->frame))
		return false;
	q->no_buffers = false;
	frame_copy(q, q->held_data, in);
	return true;
}

/* As many frames as there are, and room, and buffers. */
static uint32_t frames_take(struct net_queue *q, struct incoming *in)
{
	struct net_card *c = q->card;
	struct net_batch *b = &c->batch;
	uint32_t n = 0;

	net_batch_clear(b);
	if (q->no_buffers && !held_place(q, &in[n++]))
		return 0;
	for (uint32_t tries = 0; tries < 2 * NET_ROUND && n < NET_ROUND && net_batch_has_room(b); tries++) {
		uint8_t *at = net_batch_place(b, 0);
		int r = net_card_may_pass(c, true, 1) ? frame_read(q, at, &in[n].frame) : -1;

		if (r < 0) {
			q->tap_ready = false;
			break;
		}
		if (r == 0)
			continue;
		if (!net_rx_place(&q->rx, &in[n].frame)) {
			frame_hold(q, &in[n].frame, at);
			break;
		}
		net_batch_placed(b, at, in[n].frame.len);
		frame_copy(q, at, &in[n++]);
	}
	return n;
}

static void frames_answer(struct net_queue *q, const struct incoming *in, uint32_t n)
{
	struct net_card *c = q->card;

	for (uint32_t i = 0; i < n; i++) {
		net_rx_answer(&q->rx, &in[i].frame, !in[i].failed);
		if (in[i].failed) {
			c->stats.rx_dropped++;
			refuse(c, "receive buffers that cannot be written");
		} else {
			c->stats.rx_frames++;
			c->stats.rx_bytes += in[i].frame.len;
		}
	}
}

bool net_queue_to_guest(struct net_queue *q)
{
	static struct incoming in[NET_ROUND];
	struct net_card *c = q->card;
	uint32_t n, have;

	if (!q->tap_ready && !q->no_buffers)
		return false;
	(void)net_rx_fetch(&q->rx);
	n = frames_take(q, in);
	net_batch_run(&c->batch);
	frames_answer(q, in, n);
	if (net_ring_push(&q->rx.ring))
		notify(q, q->rx_port);
	if (q->rx.ring.broken)
		net_card_break(c, "the guest's receive ring has impossible indices");
	if (c->broken)
		return false;
	if (!q->no_buffers)
		return q->tap_ready;
	have = q->rx.ring.at->req_cons - q->rx.placed;
	return net_ring_rearm(&q->rx.ring, net_rx_slots(&q->held) - have);
}

void net_queue_drain(struct net_queue *q)
{
	/* Twice what a tap queues; frames that come meanwhile are as old as the connection. */
	for (uint32_t i = 0; i < 2000 && read(q->tap, q->held_data, READ_MAX) > 0; i++)
		;
	q->no_buffers = false;
}
