/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/headers.c
 *
 * See headers.h.  Numbers: IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 4302.
 */
#include "netd/headers.h"

#include <string.h>

#define TAGS_MAX 2
#define EXTENSIONS_MAX 16 /* more of them is nobody's packet; a bound for the loop */

static void ip4_find(const uint8_t *p, uint32_t left, struct net_headers *h)
{
	uint32_t header, total, fragment;

	if (left < 20 || p[0] >> 4 != 4)
		return;
	header = (p[0] & 15) * 4u;
	total = net_be16(p + 2);
	if (header < 20 || total < header || total > left)
		return;
	fragment = net_be16(p + 6);
	h->ip = 4;
	h->proto = p[9];
	h->fragment = fragment & 0x3fff; /* more fragments, or an offset */
	h->later_fragment = fragment & 0x1fff;
	h->l4 = h->l3 + header;
	h->end = h->l3 + total;
	h->l4_found = true;
}

/* The length of an extension header: 0 when it is none, or not whole. */
static uint32_t extension_length(uint8_t proto, const uint8_t *p, uint32_t left)
{
	uint32_t n;

	switch (proto) {
	case PROTO_HOP: case PROTO_ROUTING: case PROTO_OPTIONS: case PROTO_MOBILITY:
		n = left < 2 ? 0 : (p[1] + 1u) * 8;
		break;
	case PROTO_AH:
		n = left < 2 ? 0 : (p[1] + 2u) * 4;
		break;
	case PROTO_FRAGMENT:
		n = 8;
		break;
	default:
		return 0;
	}
	return n <= left ? n : 0;
}

static bool is_extension(uint8_t proto)
{
	return proto == PROTO_HOP || proto == PROTO_ROUTING || proto == PROTO_OPTIONS || proto == PROTO_MOBILITY ||
	       proto == PROTO_AH || proto == PROTO_FRAGMENT;
}

static void ip6_find(const uint8_t *frame, uint32_t left, struct net_headers *h)
{
	const uint8_t *p = frame + h->l3;
	uint32_t at = 40, end, n;

	if (left < 40 || p[0] >> 4 != 6)
		return;
	end = 40u + net_be16(p + 4); /* of length 0, a jumbogram, there are none here: nothing is found in it */
	if (end > left)
		return;
	h->ip = 6;
	h->proto = p[6];
	h->end = h->l3 + end;
	for (int i = 0; is_extension(h->proto) && !h->later_fragment; i++, at += n) {
		n = i < EXTENSIONS_MAX ? extension_length(h->proto, p + at, end - at) : 0;
		if (!n)
			return;
		if (h->proto == PROTO_FRAGMENT) {
			h->fragment |= net_be16(p + at + 2) & 0xfff9;
			h->later_fragment = net_be16(p + at + 2) & 0xfff8;
		}
		h->proto = p[at];
	}
	h->l4 = h->l3 + at;
	h->l4_found = true;
}

bool net_headers_find(const uint8_t *frame, uint32_t len, struct net_headers *h)
{
	uint32_t at = 12;

	memset(h, 0, sizeof(*h));
	if (len < ETHER_HEADER)
		return false;
	h->ethertype = net_be16(frame + at);
	while ((h->ethertype == ETHERTYPE_TAG || h->ethertype == ETHERTYPE_STAG) && h->tags < TAGS_MAX && len - at >= 6) {
		at += 4;
		h->tags++;
		h->ethertype = net_be16(frame + at);
	}
	h->l3 = at + 2;
	h->end = len;
	if (h->ethertype == ETHERTYPE_IP4)
		ip4_find(frame + h->l3, len - h->l3, h);
	else if (h->ethertype == ETHERTYPE_IP6)
		ip6_find(frame, len - h->l3, h);
	return true;
}
