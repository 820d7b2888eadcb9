/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last step of a forwarded frame (forward.h): as it is where the other side takes it so; summed, cut into TCP segments, or into
 * fragments (RFC 791 section 3.2) where it does not.
 */
#include "kit/string.h"
#include "net/checksum.h"
#include "net/wire.h"
#include "guests/router/forward.h"

#define TCP_FIN_PSH	0x09u
#define TCP_CWR		0x80u

static void ip4_sum(uint8_t *ip)
{
	net_put16(ip + IP4_SUM, 0);
	net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, (ip[0] & 15u) * 4)));
}

static void set_length(const struct net_packet *p, uint8_t *frame, uint32_t end)
{
	uint8_t *ip = frame + p->l3;

	if (p->ip6) {
		net_put16(ip + IP6_LENGTH, end - p->l3 - IP6_HEADER);
		return;
	}
	net_put16(ip + IP4_TOTAL, end - p->l3);
	ip4_sum(ip);
}

/* One segment: the headers again, with the data from `at` on. */
static bool send_segment(struct router_frame *f, unsigned int out, const uint8_t *whole, uint32_t header, uint32_t at, uint32_t len)
{
	static uint8_t segment[NET_FRAME_MAX];
	uint8_t *tcp = segment + f->p.l4;
	struct net_packet p = f->p;
	bool first = at == header, last = at + len == f->len;

	memcpy(segment, whole, header);
	memcpy(segment + header, whole + at, len);
	p.end = header + len;
	net_put32(tcp + TCP_SEQ, net_get32(tcp + TCP_SEQ) + (at - header));
	if (!last)
		tcp[TCP_BITS] &= (uint8_t)~TCP_FIN_PSH;
	if (!first)
		tcp[TCP_BITS] &= (uint8_t)~TCP_CWR;
	if (p.ip4)
		net_put16(segment + p.l3 + IP4_ID, net_get16(segment + p.l3 + IP4_ID) + (at - header) / f->offload.gso_size);
	set_length(&p, segment, p.end);
	net_checksum_fill(&p, segment);
	return router_emit(f->r, out, segment, p.end);
}

static bool send_segments(struct router_frame *f, unsigned int out)
{
	uint32_t header = f->p.l4 + (f->head[f->p.l4 + TCP_OFFSET] >> 4) * 4u;
	const uint8_t *whole = router_straighten(f);
	bool sent = true;

	for (uint32_t at = header; at < f->len && sent; at += f->offload.gso_size) {
		uint32_t len = f->len - at < f->offload.gso_size ? f->len - at : f->offload.gso_size;

		sent = send_segment(f, out, whole, header, at, len);
	}
	return sent;
}

/* Options would have to be looked at one by one; packets with any are not cut. */
static bool send_fragments(struct router_frame *f, unsigned int out, uint32_t mtu)
{
	static uint8_t fragment[NET_FRAME_MAX];
	uint32_t header = f->p.l3 + IP4_HEADER, step = (mtu - IP4_HEADER) & ~7u;
	uint8_t *whole = router_straighten(f), *ip = fragment + f->p.l3;
	uint16_t where = net_get16(whole + f->p.l3 + IP4_FRAGMENT);
	bool sent = true;

	if ((whole[f->p.l3] & 15) != 5)
		return false;
	if (f->offload.csum_blank)
		net_checksum_fill(&f->p, whole);
	for (uint32_t at = header; at < f->len && sent; at += step) {
		uint32_t len = f->len - at < step ? f->len - at : step;

		memcpy(fragment, whole, header);
		memcpy(fragment + header, whole + at, len);
		net_put16(ip + IP4_FRAGMENT, (where + (at - header) / 8) | (at + len < f->len ? IP4_MORE_FRAGMENTS : 0));
		set_length(&f->p, fragment, header + len);
		sent = router_emit(f->r, out, fragment, header + len);
	}
	return sent;
}

static bool send_summed(struct router_frame *f, unsigned int out)
{
	uint8_t *whole = router_straighten(f);

	net_checksum_fill(&f->p, whole);
	return router_emit(f->r, out, whole, f->len);
}

static bool send_as_is(struct router_frame *f, unsigned int out)
{
	struct net_piece piece[ROUTER_PIECES_MAX + 1] = { { f->head, f->given } };

	memcpy(piece + 1, f->rest, f->nr_rest * sizeof(f->rest[0]));
	return f->r->output(f->r->arg, out, piece, f->nr_rest + 1, f->len, &f->offload);
}

bool router_send(struct router_frame *f, unsigned int out, const struct net_mac *to)
{
	const struct router_interface *i = &f->r->interface[out];

	memcpy(f->head + ETH_DST, to->b, 6);
	memcpy(f->head + ETH_SRC, i->mac.b, 6);
	if (!i->up)
		return false;
	if (f->offload.gso == NET_GSO_NONE && f->len - f->p.l3 > i->mtu)
		return send_fragments(f, out, i->mtu);
	if (net_terms_allow(&i->terms, f->len, &f->offload, f->p.ip6))
		return send_as_is(f, out);
	if (f->offload.gso != NET_GSO_NONE)
		return send_segments(f, out);
	return f->offload.csum_blank && send_summed(f, out);
}
