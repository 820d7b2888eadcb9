/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/offload.c
 *
 * See offload.h.  Checksums: RFC 1071; the pseudo header: RFC 9293 3.1 and RFC 8200 8.1.
 */
#include "netd/offload.h"

#include <assert.h>
#include <linux/if_tun.h>
#include <string.h>

#define TCP_CHECKSUM 16u
#define UDP_CHECKSUM 6u
#define TCP_HEADER 20u
#define UDP_HEADER 8u

static_assert(sizeof(struct virtio_net_hdr) == NET_TAP_HEADER, "the tap's header");

static uint32_t sum_bytes(const uint8_t *p, uint32_t n, uint32_t sum)
{
	uint64_t wide = sum;

	for (; n >= 2; p += 2, n -= 2)
		wide += net_be16(p);
	if (n)
		wide += (uint32_t)*p << 8;
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	return (uint32_t)wide;
}

/* Not complemented: what stands in the checksum's place before the data is added. */
static uint16_t pseudo_sum(const uint8_t *frame, const struct net_headers *h)
{
	uint32_t sum = h->proto + (h->end - h->l4);

	if (h->ip == 4)
		return (uint16_t)sum_bytes(frame + h->l3 + 12, 8, sum);
	return (uint16_t)sum_bytes(frame + h->l3 + 8, 32, sum);
}

static void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Where the checksum of TCP or UDP is, behind l4; 0: not of those, a fragment, or not whole. */
static uint16_t checksum_place(const struct net_headers *h)
{
	uint32_t room = h->l4_found && !h->fragment ? h->end - h->l4 : 0;

	if (h->proto == PROTO_TCP && room >= TCP_HEADER)
		return TCP_CHECKSUM;
	if (h->proto == PROTO_UDP && room >= UDP_HEADER)
		return UDP_CHECKSUM;
	return 0;
}

static const char *segments_to_tap(const struct net_packet *p, uint8_t *frame, const struct net_headers *h,
				   struct virtio_net_hdr *out)
{
	uint8_t version = p->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? 4 : 6;
	uint32_t tcp;

	if (h->ip != version || h->proto != PROTO_TCP)
		return "segmentation of what is not TCP of that version";
	tcp = (frame[h->l4 + 12] >> 4) * 4u;
	if (tcp < TCP_HEADER || tcp > h->end - h->l4)
		return "segmentation of a wrong TCP header";
	/* Each segment repeats the headers and fits an IP packet. */
	if (p->gso_size > UINT16_MAX - (h->l4 - h->l3) - tcp)
		return "segments that are too large";
	out->gso_type = version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	out->gso_size = p->gso_size;
	out->hdr_len = (uint16_t)(h->l4 + tcp);
	return NULL;
}

const char *net_offload_to_tap(const struct net_packet *p, uint8_t *frame, const struct net_headers *h,
			       struct virtio_net_hdr *out)
{
	uint16_t place;
	const char *why;

	memset(out, 0, sizeof(*out));
	if (!p->gso_size && !(p->flags & NETTXF_csum_blank)) {
		out->flags = p->flags & NETTXF_data_validated ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
		return NULL;
	}
	place = checksum_place(h);
	if (!place)
		return "a checksum to fill in, of neither TCP nor UDP";
	if (p->gso_size && (why = segments_to_tap(p, frame, h, out)))
		return why;
	if (!(p->flags & NETTXF_csum_blank))
		put_be16(frame + h->l4 + place, pseudo_sum(frame, h));
	out->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	out->csum_start = (uint16_t)h->l4;
	out->csum_offset = place;
	return NULL;
}

/* The pseudo header's sum stands in the checksum's place, so summing up from `start` includes it. */
static bool checksum_fill(uint8_t *frame, uint32_t len, uint32_t start, uint32_t place)
{
	uint16_t sum;

	if (start > len || len - start < place + 2)
		return false;
	sum = (uint16_t)~sum_bytes(frame + start, len - start, 0);
	put_be16(frame + start + place, sum ? sum : 0xffff);
	return true;
}

bool net_offload_to_guest(const struct virtio_net_hdr *v, uint8_t *frame, uint32_t len,
			  const struct net_offload_caps *caps, struct net_rx_frame *out)
{
	struct net_headers h;

	*out = (struct net_rx_frame){ .len = len, .validated = v->flags & VIRTIO_NET_HDR_F_DATA_VALID };
	switch (v->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE: break;
	case VIRTIO_NET_HDR_GSO_TCPV4: out->gso_type = XEN_NETIF_GSO_TYPE_TCPV4; break;
	case VIRTIO_NET_HDR_GSO_TCPV6: out->gso_type = XEN_NETIF_GSO_TYPE_TCPV6; break;
	default: return false;
	}
	if (out->gso_type) {
		out->gso_size = v->gso_size;
		if (!v->gso_size || !(out->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? caps->gso4 : caps->gso6))
			return false;
	}
	if (!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return net_headers_find(frame, len, &h);
	if (!net_headers_find(frame, len, &h))
		return false;
	/* Behind a VLAN's tag stock frontends do not look for the place. */
	out->blank = !h.tags && checksum_place(&h) == v->csum_offset && h.l4 == v->csum_start &&
		     (h.ip == 4 ? caps->csum4 : caps->csum6);
	if (out->blank) {
		out->validated = true;
		return true;
	}
	return !out->gso_size && checksum_fill(frame, len, v->csum_start, v->csum_offset);
}

unsigned int net_offload_tap_flags(const struct net_offload_caps *caps)
{
	unsigned int flags = 0;

	if (caps->csum4 || caps->csum6)
		flags |= TUN_F_CSUM;
	if (caps->csum4 && caps->gso4)
		flags |= TUN_F_TSO4 | TUN_F_TSO_ECN;
	if (caps->csum6 && caps->gso6)
		flags |= TUN_F_TSO6 | TUN_F_TSO_ECN;
	return flags;
}
