/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/multicast.h
 *
 * Which groups a guest listens to, when it says so (feature-multicast-control): extra slots of type MCAST_ADD and MCAST_DEL
 * in its transmit ring.  Frames for other groups are not passed on to it; broadcasts always are.  Pure.
 */
#ifndef SOCLE_NETD_MULTICAST_H
#define SOCLE_NETD_MULTICAST_H

#include <stdbool.h>
#include <stdint.h>

#define NET_GROUPS_MAX 64u

/* The last address counts only once n covers it, so a killed process leaves a list that is whole. */
struct net_multicast {
	uint32_t n;
	uint8_t address[NET_GROUPS_MAX][6];
};

/* False: it is no group, or the list is full.  One that is there already is no error. */
bool net_multicast_add(struct net_multicast *m, const uint8_t address[6]);
void net_multicast_remove(struct net_multicast *m, const uint8_t address[6]);
bool net_multicast_wants(const struct net_multicast *m, const uint8_t to[6]);

#endif /* SOCLE_NETD_MULTICAST_H */
