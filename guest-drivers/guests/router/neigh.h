/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours: which hardware address an IP address has on an interface (ARP, RFC 826; neighbour discovery, RFC 4861). Entries are
 * asked for when they are wanted, again when they are old, and given up after some tries. One frame waits for an answer, the
 * latest. When the table is full the entry that was used longest ago goes. Pure.
 */
#ifndef SOCLE_GUESTS_ROUTER_NEIGH_H
#define SOCLE_GUESTS_ROUTER_NEIGH_H

#include <stdbool.h>
#include <stdint.h>
#include "net/addr.h"

#define NEIGH_MAX	64u
#define NEIGH_HOLD_MAX	2048u
#define NEIGH_SECOND	1000000000UL
#define NEIGH_FRESH	(30 * NEIGH_SECOND)	/* after it was heard of last */
#define NEIGH_TRIES	3u

struct neigh {
	bool used, known;
	uint8_t interface, tries;
	struct net_addr addr;
	struct net_mac mac;
	uint64_t heard, asked, wanted;	/* times */
	uint16_t held;			/* bytes of the frame that waits */
	uint8_t frame[NEIGH_HOLD_MAX];
};

struct neigh_table {
	struct neigh entry[NEIGH_MAX];
	uint64_t lost;			/* frames that waited in vain, or were too long to wait */
};

enum neigh_answer {
	NEIGH_KNOWN,	/* send */
	NEIGH_WAIT,	/* it may be held */
	NEIGH_NOBODY,	/* it was asked for often enough */
};

/* *ask is set when the caller has to send a question now. */
enum neigh_answer neigh_want(struct neigh_table *t, unsigned int interface, const struct net_addr *a, uint64_t now, struct neigh **out,
			     bool *ask);
/* A copy of a frame waits for the entry; pieces are appended, *held is 0 before the first. */
bool neigh_hold(struct neigh_table *t, struct neigh *n, const void *data, uint32_t len);
/* Somebody says so. An entry is made if `make`. Returns it if there is one; the frame that waits, if any, is the caller's to send. */
struct neigh *neigh_heard(struct neigh_table *t, unsigned int interface, const struct net_addr *a, const struct net_mac *mac, uint64_t now,
			  bool make);
/* Each second: calls ask() for those that frames wait for, and gives up those that do not answer. */
void neigh_tick(struct neigh_table *t, uint64_t now, void (*ask)(void *arg, const struct neigh *n), void *arg);
/* The interface was down: forget all of it. */
void neigh_flush(struct neigh_table *t, unsigned int interface);

#endif
