/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/filter.c
 *
 * See filter.h.
 */
#include "netd/filter.h"

#include <string.h>

enum { ICMP6_ROUTER_SOLICIT = 133, ICMP6_ROUTER_ADVERT = 134, ICMP6_NEIGHBOUR_SOLICIT = 135, ICMP6_NEIGHBOUR_ADVERT = 136,
       ICMP6_REDIRECT = 137, ICMP6_MLD_REPORT = 131, ICMP6_MLD_DONE = 132, ICMP6_MLD2_REPORT = 143 };
enum { OPTION_SOURCE = 1, OPTION_TARGET = 2 };
enum { ARP_LENGTH = 28, DHCP_CLIENT = 68, DHCP_SERVER = 67 };

static const uint8_t zero[16];

/* RFC 4291, appendix A: ff:fe in the middle, and the bit that says "universal" turned over. */
static void link_local(uint8_t ip[16], const uint8_t mac[6])
{
	memset(ip, 0, 16);
	ip[0] = 0xfe;
	ip[1] = 0x80;
	memcpy(ip + 8, mac, 3);
	ip[8] ^= 2;
	ip[11] = 0xff;
	ip[12] = 0xfe;
	memcpy(ip + 13, mac + 3, 3);
}

bool net_filter_set(struct net_filter *f, const struct ctl_setup_net *setup)
{
	*f = (struct net_filter){ .mac = setup->filter_mac, .ip = setup->filter_ip };
	if (setup->nr_ip4 > sizeof(setup->ip4) / sizeof(setup->ip4[0]) ||
	    setup->nr_ip6 > sizeof(setup->ip6) / sizeof(setup->ip6[0]))
		return false;
	memcpy(f->address, setup->mac, 6);
	f->nr_ip4 = setup->nr_ip4;
	memcpy(f->ip4, setup->ip4, sizeof(setup->ip4));
	f->nr_ip6 = setup->nr_ip6 + 1;
	memcpy(f->ip6, setup->ip6, setup->nr_ip6 * sizeof(setup->ip6[0]));
	link_local(f->ip6[setup->nr_ip6], f->address);
	return true;
}

static bool own_ip4(const struct net_filter *f, const uint8_t *ip)
{
	for (uint32_t i = 0; i < f->nr_ip4; i++)
		if (!memcmp(&f->ip4[i], ip, 4))
			return true;
	return false;
}

static bool own_ip6(const struct net_filter *f, const uint8_t *ip)
{
	for (uint32_t i = 0; i < f->nr_ip6; i++)
		if (!memcmp(f->ip6[i], ip, 16))
			return true;
	return false;
}

/* The sender within ARP, for Ethernet and IPv4; other kinds of ARP do not exist. */
static const char *arp_check(const struct net_filter *f, const uint8_t *p, uint32_t left)
{
	static const uint8_t kind[6] = { 0, 1, 8, 0, 6, 4 };

	if (left < ARP_LENGTH || memcmp(p, kind, sizeof(kind)))
		return "an ARP packet of an unknown kind";
	if (f->mac && memcmp(p + 8, f->address, 6))
		return "ARP in the name of another Ethernet address";
	if (f->ip && memcmp(p + 14, zero, 4) && !own_ip4(f, p + 14))
		return "ARP in the name of another IPv4 address";
	return NULL;
}

static bool asks_for_address(const uint8_t *frame, const struct net_headers *h)
{
	const uint8_t *udp = frame + h->l4;

	return h->proto == PROTO_UDP && h->l4_found && !h->fragment && h->end - h->l4 >= 8 &&
	       net_be16(udp) == DHCP_CLIENT && net_be16(udp + 2) == DHCP_SERVER;
}

static const char *ip4_check(const struct net_filter *f, const uint8_t *frame, const struct net_headers *h)
{
	const uint8_t *source = frame + h->l3 + 12;

	if (h->ip != 4)
		return "an IPv4 packet that is not whole";
	if (own_ip4(f, source) || (!memcmp(source, zero, 4) && asks_for_address(frame, h)))
		return NULL;
	return "another IPv4 address";
}

/* Options are {type, length in 8 bytes, ...}; the ones that name an Ethernet address must name the guest's. */
static const char *options_check(const struct net_filter *f, const uint8_t *p, uint32_t left, bool from_nobody)
{
	while (left) {
		uint32_t n = left >= 8 ? p[1] * 8u : 0;

		if (!n || n > left)
			return "neighbour discovery with wrong options";
		if (p[0] == OPTION_SOURCE && from_nobody)
			return "neighbour discovery of nobody that names a sender";
		if ((p[0] == OPTION_SOURCE || p[0] == OPTION_TARGET) && memcmp(p + 2, f->address, 6))
			return "neighbour discovery in the name of another Ethernet address";
		p += n;
		left -= n;
	}
	return NULL;
}

/* `from_nobody`: the source is ::, for which few messages are made. */
static const char *icmp6_check(const struct net_filter *f, const uint8_t *p, uint32_t left, bool from_nobody)
{
	if (left < 4)
		return "an ICMPv6 message that is not whole";
	switch (p[0]) {
	case ICMP6_ROUTER_ADVERT: case ICMP6_REDIRECT:
		return "a router's message";
	case ICMP6_ROUTER_SOLICIT:
		return left < 8 ? "a router solicitation that is not whole" : options_check(f, p + 8, left - 8, from_nobody);
	case ICMP6_NEIGHBOUR_SOLICIT:
		if (left < 24 || (from_nobody && !own_ip6(f, p + 8)))
			return "a question whether another's IPv6 address is free";
		return options_check(f, p + 24, left - 24, from_nobody);
	case ICMP6_NEIGHBOUR_ADVERT:
		if (left < 24 || from_nobody || !own_ip6(f, p + 8))
			return "neighbour discovery in the name of another IPv6 address";
		return options_check(f, p + 24, left - 24, false);
	case ICMP6_MLD_REPORT: case ICMP6_MLD_DONE: case ICMP6_MLD2_REPORT:
		return NULL;
	default:
		return from_nobody ? "no IPv6 address" : NULL;
	}
}

static bool is_discovery(uint8_t type)
{
	return type >= ICMP6_ROUTER_SOLICIT && type <= ICMP6_REDIRECT;
}

static const char *ip6_check(const struct net_filter *f, const uint8_t *frame, const struct net_headers *h)
{
	const uint8_t *source = frame + h->l3 + 8;
	bool from_nobody;

	if (h->ip != 6)
		return "an IPv6 packet that is not whole";
	from_nobody = !memcmp(source, zero, 16);
	if (!from_nobody && !own_ip6(f, source))
		return "another IPv6 address";
	if (h->later_fragment)
		return from_nobody ? "no IPv6 address" : NULL; /* its first fragment is judged */
	if (!h->l4_found)
		return "an IPv6 packet whose headers are not whole";
	if (h->proto != PROTO_ICMP6)
		return from_nobody ? "no IPv6 address" : NULL;
	if (h->fragment && (h->end - h->l4 < 1 || is_discovery(frame[h->l4])))
		return "neighbour discovery in fragments"; /* RFC 6980 */
	if (h->fragment)
		return from_nobody ? "no IPv6 address" : NULL;
	return icmp6_check(f, frame + h->l4, h->end - h->l4, from_nobody);
}

const char *net_filter_check(const struct net_filter *f, const uint8_t *frame, uint32_t len, const struct net_headers *h)
{
	const char *why = NULL;

	if (f->mac && memcmp(frame + 6, f->address, 6))
		return "another Ethernet address";
	if (h->ethertype == ETHERTYPE_ADDRESS && (f->mac || f->ip) && (why = arp_check(f, frame + h->l3, len - h->l3)))
		return why;
	if (!f->ip)
		return NULL;
	if (h->tags)
		return "a VLAN's tag";
	switch (h->ethertype) {
	case ETHERTYPE_ADDRESS: return NULL;
	case ETHERTYPE_IP4: return ip4_check(f, frame, h);
	case ETHERTYPE_IP6: return ip6_check(f, frame, h);
	default: return "neither IPv4, ARP nor IPv6";
	}
}
