/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/filter.h
 *
 * Does a guest speak in its own name?  Its Ethernet address, and with `ip` its IP addresses, in every place where a frame
 * says who sent it: IPv4 and IPv6 sources, ARP, neighbour discovery (RFC 4861) with its options.
 *
 * With `ip` the guest is a host and nothing else: IPv4, ARP and IPv6 only, no VLAN tags, no router's messages, and no
 * fragments that hide what kind of message they are.  Beside its own addresses it may use
 *   0.0.0.0  to ask for an address by DHCP, and in ARP to find out whether one is free (RFC 5227)
 *   ::       to find out whether its address is free, and to join groups before it is known (RFC 4862, RFC 3590)
 *   fe80::   with the interface identifier that its Ethernet address makes (RFC 4291, appendix A)
 *
 * Pure.
 */
#ifndef SOCLE_NETD_FILTER_H
#define SOCLE_NETD_FILTER_H

#include "device/control.h"
#include "netd/headers.h"

struct net_filter {
	bool mac, ip;
	uint8_t address[6];
	uint32_t nr_ip4, nr_ip6;
	uint32_t ip4[8];         /* network byte order */
	uint8_t ip6[9][16];      /* the link-local address last, at nr_ip6 - 1 */
};

/* False when the numbers of addresses are beyond their arrays. */
bool net_filter_set(struct net_filter *f, const struct ctl_setup_net *setup);

/* NULL: it may pass; else whose name it takes.  `len` is the frame's, h what net_headers_find() found in it. */
const char *net_filter_check(const struct net_filter *f, const uint8_t *frame, uint32_t len, const struct net_headers *h);

#endif /* SOCLE_NETD_FILTER_H */
