/* SPDX-License-Identifier: BSD-2-Clause */
/* See checksum.h. Sums are kept in host order of big-endian words, so that a frame can be at any address. */
#include "kit/string.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "net/wire.h"

/* Two bytes of the sum in memory order; swapped once at the end, which the one's complement sum allows (RFC 1071 section 2). */
static uint64_t sum_native(const uint8_t *p, uint32_t len)
{
	uint64_t sum = 0, word;
	uint32_t half;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		sum += (word & 0xffffffff) + (word >> 32);
	}
	if (len >= 4) {
		memcpy(&half, p, 4);
		sum += half;
		p += 4;
		len -= 4;
	}
	for (uint32_t i = 0; i < len; i++)
		sum += (uint64_t)p[i] << (i & 1) * 8;
	return sum;
}

uint16_t net_sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

uint64_t net_sum_add(uint64_t sum, const void *data, uint32_t len)
{
	uint16_t native = net_sum_fold(sum_native(data, len));

	return sum + (uint16_t)(native << 8 | native >> 8);
}

uint16_t net_sum_replace(uint16_t field, uint16_t old, uint16_t new)
{
	return (uint16_t)~net_sum_fold((uint64_t)(uint16_t)~field + (uint16_t)~old + new);
}

static uint32_t upper_length(const struct net_packet *p)
{
	return p->end - p->l4;
}

uint64_t net_sum_pseudo(const struct net_packet *p, const uint8_t *frame)
{
	const uint8_t *ip = frame + p->l3;
	uint64_t sum = p->ip4 ? net_sum_add(0, ip + IP4_SRC, 8) : net_sum_add(0, ip + IP6_SRC, 32);

	return sum + p->proto + upper_length(p);
}

/* Where the checksum of the upper protocol is; 0 for one that has none we know. */
static uint32_t field_of(const struct net_packet *p)
{
	switch (p->has_l4 ? p->proto : PROTO_NONE) {
	case PROTO_TCP: return p->l4 + TCP_SUM;
	case PROTO_UDP: return p->l4 + UDP_SUM;
	case PROTO_ICMP: return p->ip4 ? p->l4 + ICMP_SUM : 0;
	case PROTO_ICMP6: return p->ip6 ? p->l4 + ICMP_SUM : 0;
	default: return 0;
	}
}

/* ICMP for IPv4 is the one without a pseudo header. */
static uint64_t upper_sum(const struct net_packet *p, const uint8_t *frame)
{
	uint64_t sum = p->proto == PROTO_ICMP ? 0 : net_sum_pseudo(p, frame);

	return net_sum_add(sum, frame + p->l4, upper_length(p));
}

bool net_checksum_good(const struct net_packet *p, const uint8_t *frame)
{
	uint32_t field = field_of(p);

	if (!field || (p->proto == PROTO_UDP && p->ip4 && !net_get16(frame + field)))
		return true;
	return net_sum_fold(upper_sum(p, frame)) == 0xffff;
}

void net_checksum_fill(const struct net_packet *p, uint8_t *frame)
{
	uint32_t field = field_of(p);
	uint16_t sum;

	if (!field)
		return;
	net_put16(frame + field, 0);
	sum = (uint16_t)~net_sum_fold(upper_sum(p, frame));
	/* A UDP checksum of 0 says that there is none. */
	net_put16(frame + field, p->proto == PROTO_UDP && !sum ? 0xffff : sum);
}

void net_checksum_blank(const struct net_packet *p, uint8_t *head)
{
	uint32_t field = field_of(p);

	if (field && (p->proto == PROTO_TCP || p->proto == PROTO_UDP))
		net_put16(head + field, net_sum_fold(net_sum_pseudo(p, head)));
}
