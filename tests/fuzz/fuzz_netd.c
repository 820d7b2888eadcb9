/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's transmit slots -> frames, and a tap's frames -> a guest's buffers, with a guest that writes anything anywhere
 * between any two steps. The first byte chooses: a whole card with its rings, or one frame in a heap block of exactly its
 * size. What leaves is judged: whole, in the guest's own name, with checksums to be filled in only where there is room for one.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netd/card.h"
#include "device/log.h"
#include "fuzz.h"

#define PAGES 16u
#define RINGS 4u /* transmit, receive, control, and none */

static _Alignas(4096) uint8_t page[PAGES][4096];
static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 1, 2, 3 };
static int fired = -1;

static void *io_map(void *c, uint32_t ref) { (void)c; errno = EINVAL; return ref < RINGS ? page[ref] : NULL; }
static void io_unmap(void *c, void *p) { (void)c; (void)p; }
static int io_bind(void *c, uint32_t port) { (void)c; return (int)port; }
static void io_port(void *c, uint32_t port) { (void)c; (void)port; }
static int io_offload(void *c, int tap, unsigned int flags) { (void)c; (void)tap; (void)flags; return 0; }
static int io_queue(void *c, int tap, bool on) { (void)c; (void)tap; (void)on; return 0; }

static int io_pending(void *c)
{
	int port = fired;

	(void)c;
	fired = -1;
	return port >= 0 ? port : -EAGAIN;
}

static void io_copy(void *c, struct ioctl_gntdev_grant_copy_segment *s, uint32_t n)
{
	(void)c;
	for (uint32_t i = 0; i < n; i++) {
		bool from = s[i].flags & GNTCOPY_source_gref;
		uint32_t ref = from ? s[i].source.foreign.ref : s[i].dest.foreign.ref;
		uint16_t offset = from ? s[i].source.foreign.offset : s[i].dest.foreign.offset;

		CLAIM(s[i].len && offset + s[i].len <= 4096);
		s[i].status = ref < PAGES ? GNTST_okay : GNTST_bad_gntref;
		if (ref < PAGES && from)
			memcpy((void *)(uintptr_t)s[i].dest.virt, page[ref] + offset, s[i].len);
		else if (ref < PAGES)
			memcpy(page[ref] + offset, (void *)(uintptr_t)s[i].source.virt, s[i].len);
	}
}

static const struct net_io io = {
	.map = io_map, .unmap = io_unmap, .copy = io_copy, .bind = io_bind, .unbind = io_port, .notify = io_port,
	.pending = io_pending, .tap_offload = io_offload, .tap_queue = io_queue,
};

void log_line(const char *fmt, ...) { (void)fmt; }
void log_counted(uint64_t count, const char *fmt, ...) { (void)count; (void)fmt; }

static struct net_card card;
static struct net_journal journal;
static int tap[2] = { -1, -1 };

/* --- one frame ------------------------------------------------------------------------------- */

static void header_check(const struct virtio_net_hdr *v, uint32_t len)
{
	if (v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		CLAIM(v->csum_start >= 34 && (uint32_t)v->csum_start + v->csum_offset + 2 <= len);
	if (v->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		CLAIM(v->gso_size && v->hdr_len > v->csum_start && v->hdr_len <= len && v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

static void fuzz_frame(struct input *in)
{
	struct ctl_setup_net setup = { .filter_mac = true, .filter_ip = true, .nr_ip4 = 1, .nr_ip6 = 1 };
	struct net_packet p = { .flags = input_u8(in) & 3, .gso_type = input_u8(in) % 3, .gso_size = input_u16(in) };
	struct virtio_net_hdr v = { .flags = input_u8(in) & 3, .gso_type = input_u8(in) & 0x87, .csum_start = input_u16(in),
				    .csum_offset = input_u16(in), .gso_size = input_u16(in) };
	struct net_offload_caps caps = { true, input_u8(in) & 1, true, true };
	uint32_t len = (uint32_t)in->left;
	uint8_t *frame = input_block(in, len);
	struct net_filter filter;
	struct net_rx_frame out;
	struct net_headers h;

	if (!p.gso_type)
		p.gso_size = 0;
	p.size = len;
	memcpy(setup.mac, mac, 6);
	CLAIM(net_filter_set(&filter, &setup));
	if (net_headers_find(frame, len, &h)) {
		struct virtio_net_hdr made;

		CLAIM(h.l3 <= len && h.end <= len && (!h.l4_found || (h.l4 > h.l3 && h.l4 <= h.end)));
		if (!net_filter_check(&filter, frame, len, &h))
			CLAIM(!memcmp(frame + 6, mac, 6) && (h.ip || h.ethertype == ETHERTYPE_ADDRESS));
		if (!net_offload_to_tap(&p, frame, &h, &made))
			header_check(&made, len);
	}
	if (net_offload_to_guest(&v, frame, len, &caps, &out))
		CLAIM(out.len == len && (!out.gso_size || out.gso_type) && (!out.gso_size || out.blank || !(v.flags & 1)));
	free(frame);
}

/* --- a card ---------------------------------------------------------------------------------- */

static void frames_check(bool filtered)
{
	static uint8_t buf[80000];
	struct virtio_net_hdr v;
	ssize_t n;

	while ((n = read(tap[1], buf, sizeof(buf))) > 0) {
		CLAIM(n >= (ssize_t)(NET_TAP_HEADER + NET_FRAME_MIN) && n <= 65535 + (ssize_t)NET_TAP_HEADER);
		memcpy(&v, buf, sizeof(v));
		header_check(&v, (uint32_t)n - NET_TAP_HEADER);
		CLAIM(!filtered || !memcmp(buf + NET_TAP_HEADER + 6, mac, 6));
	}
}

/* An entry at a ring's producer, with what a polite guest would write unless the input says otherwise. */
static void request_put(struct input *in, uint32_t ring)
{
	struct sring_header *head = (void *)page[ring];
	uint8_t how = input_u8(in);
	struct netif_tx_request r = {
		.gref = RINGS + (how & 7), .offset = how & 0x40 ? input_u16(in) : 0, .flags = input_u8(in) & 15, .id = how,
		.size = how & 0x80 ? input_u16(in) : input_u8(in),
	};
	uint32_t size = ring == 0 ? 12 : 8, prod;

	memcpy(&prod, &head->req_prod, 4);
	if (ring == 0)
		memcpy(page[0] + 64 + (prod & 255) * 12, &r, 12);
	else
		memcpy(page[ring] + 64 + (prod & 255) * 8, (uint32_t[]){ how, RINGS + (how & 15) }, 8);
	if (how & 8) { /* or an extra slot */
		uint8_t *bytes = input_block(in, size);

		memcpy(page[ring] + 64 + (prod & 255) * size, bytes, size);
		free(bytes);
	}
	prod++;
	memcpy(&head->req_prod, &prod, 4);
}

static void scribble(struct input *in)
{
	uint32_t at = input_u16(in), v = input_u32(in);

	memcpy(page[(at >> 12) % RINGS] + (at & 0x80 ? at % 16 : at % 4093), &v, 4);
}

static void content_put(struct input *in)
{
	uint8_t which = input_u8(in);
	size_t n = input_u8(in);
	uint8_t *bytes = input_block(in, n);

	memcpy(page[RINGS + (which & 7)] + (which & 0x80 ? 6 : 0), bytes, n);
	free(bytes);
}

static void tap_send(struct input *in)
{
	static uint8_t buf[70000];
	size_t n = input_u16(in), head = 10 + input_u8(in) % 64;
	uint8_t *bytes = input_block(in, head);

	memset(buf, 0, sizeof(buf));
	memcpy(buf, bytes, head);
	free(bytes);
	(void)!write(tap[1], buf, n % 66000 + 1);
}

static bool card_connect(bool resume)
{
	struct ctl_connect c = {
		.resume = resume, .queues = 1,
		.net = { .rx_copy = true, .sg = true, .gso4 = true, .gso6 = true, .csum4 = true, .csum6 = true,
			 .multicast_control = true, .ctrl_ref = 2, .ctrl_port = 9, .queue = { { 0, 1, 7, 8 } } },
	};
	struct socle_error e = { 0 };

	return !net_card_connect(&card, &c, &e);
}

/* Killed, and followed by another: the journal is as it was. */
static bool card_follow(bool alive)
{
	static struct net_journal left;

	left = journal;
	net_card_disconnect(&card);
	journal = left;
	return card_connect(alive);
}

static void card_serve(void)
{
	for (int i = 0; i < 2; i++) {
		if (card.nr_queues)
			card.queue[0].tap_ready = true;
		net_card_serve(&card, 1000);
		if (card.nr_queues) {
			const struct net_queue *q = &card.queue[0];

			/* A step leaves nothing half done. */
			CLAIM(q->tx.ring.at->req_cons == q->tx.ring.at->rsp_prod);
			CLAIM(q->rx.placed == q->rx.ring.at->rsp_prod);
			CLAIM(q->rx.ring.at->req_cons - q->rx.placed <= 256);
		}
	}
}

/* One for all inputs: its memory is more work than an input. */
static void card_have(bool filtered)
{
	struct ctl_setup setup = { .net = { .queues = 1, .mtu = 1500 } };
	struct socle_error e = { 0 };

	memcpy(setup.net.mac, mac, 6);
	if (tap[0] < 0 && (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, tap) ||
			   net_card_init(&card, &io, &setup, tap, &journal, 1000, &e)))
		abort();
	card.filter.mac = filtered;
	card.stats = (struct ctl_stats){ 0 };
}

static void fuzz_card(struct input *in)
{
	bool filtered = input_u8(in) & 1, alive;

	memset(page, 0, sizeof(page));
	card_have(filtered);
	for (uint32_t i = 0; i < 8; i++)
		memcpy(page[RINGS + i] + 6, mac, 6);
	alive = card_connect(false);
	while (in->left) {
		switch (input_u8(in) % 8) {
		case 0: case 1: request_put(in, 0); break;
		case 2: request_put(in, 1); break;
		case 3: scribble(in); break;
		case 4: content_put(in); break;
		case 5: tap_send(in); break;
		case 6:
			fired = input_u8(in) & 15;
			net_card_events(&card);
			break;
		default:
			alive = input_u8(in) & 1 ? card_follow(alive) : card_connect(false);
		}
		if (alive)
			card_serve();
		frames_check(filtered);
	}
	net_card_disconnect(&card);
	while (read(tap[0], page, sizeof(page)) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (input_u8(&in) & 1)
		fuzz_frame(&in);
	else
		fuzz_card(&in);
	return 0;
}
