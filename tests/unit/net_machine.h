/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/net_machine.h
 *
 * What netd's card runs on in its tests: pages, grants and event channels of this process's own, a socket for the tap, and a
 * guest that sends and receives.
 */
#ifndef SOCLE_TESTS_NET_MACHINE_H
#define SOCLE_TESTS_NET_MACHINE_H

#include <check.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_frame.h"
#include "net_front.h"
#include "netd/card.h"

#define PAGES     3072u
#define SECOND    1000000000ull
#define TX_REF    1u  /* of queue q: + 2q */
#define RX_REF    2u
#define DATA_REF  64u /* the guest's buffers */
#define BAD_REF   PAGES
#define TX_PORT   10u /* the guest's; ours is 100 more */
#define RX_PORT   11u

/* --- the machine ----------------------------------------------------------------------------- */

struct machine {
	uint8_t page[PAGES][4096];
	struct net_journal journal;
	uint32_t notified[256];    /* by our port */
	uint32_t mapped, bound, tap_flags, taps_on;
};

static struct machine *m;
static int tap_in[CTL_QUEUES_MAX], tap_out[CTL_QUEUES_MAX];
static int fired = -1; /* one port at a time */
static struct front_ring ftx, frx;

static inline void *io_map(void *context, uint32_t ref)
{
	(void)context;
	if (ref >= PAGES) {
		errno = EINVAL;
		return NULL;
	}
	m->mapped++;
	return m->page[ref];
}

static inline void io_unmap(void *context, void *page)
{
	(void)context;
	(void)page;
	m->mapped--;
}

static inline void io_copy(void *context, struct ioctl_gntdev_grant_copy_segment *s, uint32_t n)
{
	(void)context;
	for (uint32_t i = 0; i < n; i++) {
		bool from = s[i].flags & GNTCOPY_source_gref;
		uint32_t ref = from ? s[i].source.foreign.ref : s[i].dest.foreign.ref;
		uint16_t offset = from ? s[i].source.foreign.offset : s[i].dest.foreign.offset;

		s[i].status = GNTST_bad_gntref;
		if (ref >= PAGES)
			continue;
		ck_assert_uint_le(offset + s[i].len, 4096);
		if (from)
			memcpy((void *)(uintptr_t)s[i].dest.virt, m->page[ref] + offset, s[i].len);
		else
			memcpy(m->page[ref] + offset, (void *)(uintptr_t)s[i].source.virt, s[i].len);
		s[i].status = GNTST_okay;
	}
}

static inline int io_bind(void *context, uint32_t port)
{
	(void)context;
	if (port > 50)
		return -EINVAL;
	m->bound++;
	return (int)port + 100;
}

static inline void io_unbind(void *context, uint32_t port)
{
	(void)context;
	(void)port;
	m->bound--;
}

static inline void io_notify(void *context, uint32_t port)
{
	(void)context;
	__atomic_add_fetch(&m->notified[port], 1, __ATOMIC_SEQ_CST);
}

static inline int io_pending(void *context)
{
	int port = fired;

	(void)context;
	fired = -1;
	return port >= 0 ? port : -EAGAIN;
}

static inline int io_tap_offload(void *context, int tap, unsigned int flags)
{
	(void)context;
	(void)tap;
	m->tap_flags = flags;
	return 0;
}

static inline int io_tap_queue(void *context, int tap, bool on)
{
	(void)context;
	(void)tap;
	m->taps_on = on ? m->taps_on + 1 : m->taps_on;
	return 0;
}

static const struct net_io io = {
	.map = io_map, .unmap = io_unmap, .copy = io_copy, .bind = io_bind, .unbind = io_unbind, .notify = io_notify,
	.pending = io_pending, .tap_offload = io_tap_offload, .tap_queue = io_tap_queue,
};

static struct net_card card;
static struct ctl_setup setup_words;
static struct ctl_connect connect_words;
static struct socle_error err;
static uint64_t now;

static inline void ring_page(struct front_ring *f, uint32_t ref, uint32_t slot_size)
{
	memset(m->page[ref], 0, 4096);
	*f = (struct front_ring){ .shared = (void *)m->page[ref], .slots = m->page[ref] + 64, .slot_size = slot_size };
	f->shared->req_event = f->shared->rsp_event = 1;
}

static inline void setup(void)
{
	m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(m, MAP_FAILED);
	for (uint32_t i = 0; i < 2; i++) {
		int pair[2], size = 4 << 20;

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
		tap_in[i] = pair[0];
		tap_out[i] = pair[1];
		setsockopt(tap_out[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		setsockopt(tap_in[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	ring_page(&ftx, TX_REF, sizeof(struct netif_tx_request));
	ring_page(&frx, RX_REF, sizeof(struct netif_rx_request));
	setup_words = (struct ctl_setup){ .domid = 3, .net = { .queues = 2, .mtu = 1500, .mac = FRAME_MAC } };
	connect_words = (struct ctl_connect){
		.queues = 1, .net = { .rx_copy = true, .sg = true, .gso4 = true, .gso6 = true, .csum4 = true, .csum6 = true,
				      .queue = { { TX_REF, RX_REF, TX_PORT, RX_PORT } } },
	};
	err = (struct socle_error){ 0 };
	now = SECOND;
}

static inline void card_up(void)
{
	ck_assert_msg(!net_card_init(&card, &io, &setup_words, tap_in, &m->journal, now, &err), "%s", err.text);
	ck_assert_msg(!net_card_connect(&card, &connect_words, &err), "%s", err.text);
}

static inline void serve(void)
{
	int rounds = 0;

	card.queue[0].tap_ready = true;
	while (net_card_serve(&card, now))
		ck_assert_int_lt(rounds++, 100);
}

static inline void teardown(void)
{
	net_card_fini(&card);
	ck_assert_uint_eq(m->mapped, 0);
	ck_assert_uint_eq(m->bound, 0);
	for (uint32_t i = 0; i < 2; i++) {
		close(tap_in[i]);
		close(tap_out[i]);
	}
	munmap(m, sizeof(*m));
}

static struct frame f, got;

/* The frame in the guest's pages from `ref` on, `first` bytes in the first; then told to netd. */
static inline void guest_sends(uint16_t id, uint32_t ref, uint32_t first, uint16_t flags, uint16_t gso)
{
	uint32_t pieces = 1 + (f.len - first + 4095) / 4096, at = first;

	memcpy(m->page[ref] + 100, f.data, first);
	front_tx(&ftx, id, ref, 100, (uint16_t)f.len,
		 (uint16_t)(flags | (pieces > 1 ? NETTXF_more_data : 0) | (gso ? NETTXF_extra_info : 0)));
	if (gso)
		front_gso(&ftx, gso, XEN_NETIF_GSO_TYPE_TCPV4, 0);
	for (uint32_t i = 1; i < pieces; i++) {
		uint32_t n = f.len - at < 4096 ? f.len - at : 4096;

		memcpy(m->page[ref + i], f.data + at, n);
		front_tx(&ftx, (uint16_t)((id + i) & 255), ref + i, 0, (uint16_t)n, i + 1 < pieces ? NETTXF_more_data : 0);
		at += n;
	}
	front_publish(&ftx);
}

static inline int16_t sent_status(void)
{
	struct netif_tx_response r;

	ck_assert_msg(front_get(&ftx, &r, sizeof(r)), "no answer");
	return r.status;
}

/* What netd wrote to the tap: false for nothing; the header in *v. */
static inline bool tap_got(struct virtio_net_hdr *v)
{
	static uint8_t buf[70000];
	ssize_t n = read(tap_out[0], buf, sizeof(buf));

	if (n < 0)
		return false;
	ck_assert_int_gt(n, 10);
	memcpy(v, buf, sizeof(*v));
	got.len = (uint32_t)n - 10;
	memcpy(got.data, buf + 10, got.len);
	return true;
}

static inline void tap_sends(uint16_t gso)
{
	static uint8_t buf[70000];
	struct virtio_net_hdr v = { 0 };

	if (gso)
		v = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16,
					     .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = gso, .hdr_len = 54 };
	memcpy(buf, &v, 10);
	memcpy(buf + 10, f.data, f.len);
	ck_assert_int_eq(write(tap_out[0], buf, f.len + 10), f.len + 10);
}

static inline void buffers_offer(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		front_rx(&frx, frx.req_prod & 255, DATA_REF + (frx.req_prod & 255));
	front_publish(&frx);
}

/* One whole frame out of the receive ring: 0 for none; its GSO size in *gso. */
static inline uint32_t guest_got(uint16_t *gso)
{
	struct netif_rx_response r;
	struct netif_extra_info x;
	bool first = true;

	*gso = 0;
	got.len = 0;
	do {
		if (!front_get(&frx, &r, sizeof(r)))
			return 0;
		ck_assert_uint_eq(r.id, (frx.rsp_cons - 1) & 255);
		ck_assert_int_gt(r.status, 0);
		memcpy(got.data + got.len, m->page[DATA_REF + r.id], (uint32_t)r.status);
		got.len += (uint32_t)r.status;
		if (first && r.flags & NETRXF_extra_info) {
			ck_assert(front_get(&frx, &x, sizeof(x)));
			*gso = x.u.gso.size;
		}
		first = false;
	} while (r.flags & NETRXF_more_data);
	return got.len;
}

#endif /* SOCLE_TESTS_NET_MACHINE_H */
