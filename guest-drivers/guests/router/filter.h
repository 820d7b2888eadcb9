/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for packets that are forwarded, tried in order; the first that matches decides. Stateless. Pure.
 *
 * A rule with ports is about packets whose ports are known. Those of later fragments and of headers cut short are not: they match
 * such a rule if it denies and do not if it allows, so that cutting a packet up opens no door.
 */
#ifndef SOCLE_GUESTS_ROUTER_FILTER_H
#define SOCLE_GUESTS_ROUTER_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include "net/addr.h"
#include "net/packet.h"

#define FILTER_RULES_MAX	64u
#define FILTER_ANY		255u

struct filter_ports { uint16_t low, high; };	/* all: 0 to 65535 */

struct filter_rule {
	bool allow;
	uint8_t in, out;		/* interface, or FILTER_ANY */
	bool has_proto, has_src, has_dst, has_sport, has_dport;
	uint8_t proto;
	struct net_prefix src, dst;
	struct filter_ports sport, dport;
	uint64_t packets, bytes;
};

struct filter {
	struct filter_rule rule[FILTER_RULES_MAX];
	unsigned int nr;
	bool allow;			/* what no rule matches */
	uint64_t packets, bytes;	/* of these */
};

/*
 * allow|deny[,in=N][,out=N][,proto=tcp|udp|icmp|icmp6|NUMBER][,src=PREFIX][,dst=PREFIX][,sport=N[-M]][,dport=N[-M]]
 * False: *why says which word is wrong, pointing into the text.
 */
bool filter_rule_parse(const char *text, struct filter_rule *r, const char **why);
bool filter_allows(struct filter *f, const struct net_packet *p, const struct net_addr *src, const struct net_addr *dst, unsigned int in,
		   unsigned int out);

#endif
