/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/internal.h
 *
 * What the files of this folder share: one netlink socket, requests and their acknowledgement, what is known of a link.
 */
#ifndef SOCLE_NET_INTERNAL_H
#define SOCLE_NET_INTERNAL_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/host.h"

#define NL_ROOM 8192u /* a request, and one part of an answer: what the kernel allocates for a dump */

struct net_host {
	struct mnl_socket *nl;
	uint32_t seq;
};

/* A request in the making; attributes are added with mnl_attr_put_*(m.head, ...). */
struct nl_msg {
	struct nlmsghdr *head;
	_Alignas(struct nlmsghdr) char room[NL_ROOM];
};

/* Head and a struct ifinfomsg. */
struct ifinfomsg *nl_link_begin(struct nl_msg *m, uint16_t type, uint16_t flags, uint8_t family, int index);

/*
 * Send and take the answers up to the acknowledgement; each is passed to each() unless that is NULL.  -1: the error has
 * the kernel's code and words, without a subject: wrap it.
 */
int nl_talk(struct net_host *h, struct nl_msg *m, void (*each)(const struct nlmsghdr *, void *), void *data,
	    struct socle_error *e);

struct link {
	int index, master;
	bool up, is_bridge, is_tap, vlan_filtering, ours;
	uint16_t default_pvid;
	uint32_t mtu;
	struct net_counters counters;
};

/* 1 found, 0 none of that name, -1. */
int link_get(struct net_host *h, const char *name, struct link *l, struct socle_error *e);
int link_flags_set(struct net_host *h, int index, bool up, struct socle_error *e);
int link_master_set(struct net_host *h, int index, int master, struct socle_error *e);
int link_delete(struct net_host *h, int index, struct socle_error *e);
/* dom0 gives itself no IPv6 address on it. */
int link_without_addresses(struct net_host *h, int index, struct socle_error *e);
/* How many ports a bridge has, -1 with an error. */
int link_count_ports(struct net_host *h, int bridge, struct socle_error *e);

/* A name that can stand in an nftables rule as it is. */
bool net_name_is_plain(const char *name);

int nat_rules_up(const struct net_network *n, struct socle_error *e);
int nat_rules_down(const struct net_network *n, struct socle_error *e);

/* The alias of a bridge that this file has made. */
#define NET_OURS "socle network"

#endif /* SOCLE_NET_INTERNAL_H */
