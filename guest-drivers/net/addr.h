/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as people write them: MAC, IPv4, IPv6 (RFC 4291 section 2.2, 5952 for output), and prefixes of both. Both families are
 * one type of 16 bytes, IPv4 as ::ffff:a.b.c.d, so that tables hold either. Pure.
 */
#ifndef SOCLE_NET_ADDR_H
#define SOCLE_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_addr { uint8_t b[16]; };
struct net_prefix { struct net_addr addr; uint8_t bits; };	/* bits of the 128 */
struct net_mac { uint8_t b[6]; };

#define NET_ADDR_TEXT	46	/* the longest text, with its NUL */

struct net_addr net_addr_ip4(const uint8_t b[4]);
static inline const uint8_t *net_addr_as_ip4(const struct net_addr *a) { return a->b + 12; }
bool net_addr_is_ip4(const struct net_addr *a);
bool net_addr_equal(const struct net_addr *a, const struct net_addr *b);
bool net_addr_is_multicast(const struct net_addr *a);
bool net_addr_is_zero(const struct net_addr *a);		/* 0.0.0.0 or :: */
bool net_prefix_has(const struct net_prefix *p, const struct net_addr *a);

/* All of the text has to be one; *out is set only then. A prefix without /N is one address; the address keeps its host bits. */
bool net_addr_parse(const char *text, struct net_addr *out);
bool net_prefix_parse(const char *text, struct net_prefix *out);
bool net_mac_parse(const char *text, struct net_mac *out);
void net_addr_print(char text[NET_ADDR_TEXT], const struct net_addr *a);

#endif
