/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router of two interfaces for IPv4 (RFC 1812) and IPv6 (RFC 8200, 4861): what to do with a frame that has come. It is forwarded to
 * the interface and neighbour that the longest matching prefix names, if the filter allows it; answered, if it is for the
 * router itself (echo, ARP, neighbour discovery); reported to its sender, if it cannot go on (ICMP errors, a limited number).
 *
 * Frames may be up to 64 KiB of TCP to be segmented, with blank checksums; they go out as they came where the other backend takes
 * them so, and are cut or summed here where it does not. Pure: frames leave through a function, time is an argument.
 */
#ifndef SOCLE_GUESTS_ROUTER_FORWARD_H
#define SOCLE_GUESTS_ROUTER_FORWARD_H

#include "net/addr.h"
#include "net/offload.h"
#include "net/packet.h"
#include "net/terms.h"
#include "guests/router/filter.h"
#include "guests/router/neigh.h"

#define ROUTER_INTERFACES	2u
#define ROUTER_ADDRS_MAX	8u	/* an interface */
#define ROUTER_ROUTES_MAX	64u

struct router_interface {
	struct net_mac mac;
	uint32_t mtu;
	bool up;
	struct net_terms terms;
	struct net_prefix addr[ROUTER_ADDRS_MAX];	/* addresses of ours, and the prefixes that are on this link */
	unsigned int nr_addrs;
};

struct router_route {
	struct net_prefix to;
	struct net_addr via;
	uint8_t interface;
};

/* Why packets end here; the names that are printed are in forward.c. */
enum router_drop {
	ROUTER_BAD, ROUTER_NOT_OURS, ROUTER_NOT_FORWARDED, ROUTER_DENIED, ROUTER_TTL, ROUTER_NO_ROUTE, ROUTER_TOO_BIG, ROUTER_NO_NEIGHBOUR,
	ROUTER_NOT_SENT, ROUTER_DROPS
};
extern const char *const router_drop_names[ROUTER_DROPS];

struct router {
	struct router_interface interface[ROUTER_INTERFACES];
	struct router_route route[ROUTER_ROUTES_MAX];
	unsigned int nr_routes;
	struct filter filter;
	struct neigh_table neigh;
	/* False: it was not sent. The pieces are free again when it returns. */
	bool (*output)(void *arg, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len,
		       const struct net_offload *o);
	void *arg;
	uint64_t forwarded, local, answered, errors, drops[ROUTER_DROPS];
	uint64_t error_at;		/* time, and how many errors may still be sent */
	uint32_t error_tokens;
	uint16_t ip_id;
};

/* The address of fe80::/64 that follows from the MAC, as the first of an interface. */
void router_add_link_local(struct router *r, unsigned int interface);
void router_input(struct router *r, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len,
		  const struct net_offload *o, uint64_t now);
void router_tick(struct router *r, uint64_t now);	/* each second */
void router_link(struct router *r, unsigned int interface, bool up);

/* ---- between the files of the core ---- */

#define ROUTER_HEAD_MAX		256u	/* bytes of a frame that are looked at, and quoted in errors */
#define ROUTER_PIECES_MAX	24u

/* A frame under way. */
struct router_frame {
	struct router *r;
	unsigned int in;
	uint64_t now;
	struct net_packet p;
	struct net_addr src, dst;
	struct net_offload offload;
	uint32_t len, given;		/* of the frame; of head */
	uint8_t head[ROUTER_HEAD_MAX];
	struct net_piece rest[ROUTER_PIECES_MAX];	/* behind head */
	unsigned int nr_rest;
};

void router_drop(struct router_frame *f, enum router_drop why);
const struct net_addr *router_own_addr(const struct router *r, unsigned int interface, bool ip4);
bool router_is_own(const struct router *r, const struct net_addr *a);
/* All of the frame's IP packet in one place: valid until the next call. */
uint8_t *router_straighten(struct router_frame *f);
bool router_emit(struct router *r, unsigned int interface, const uint8_t *frame, uint32_t len);

/* own.c: what is for the router itself */
void router_arp(struct router_frame *f);
void router_own(struct router_frame *f);
void router_ask(struct router *r, unsigned int interface, const struct net_addr *a);
enum router_error { ROUTER_ERROR_NO_ROUTE, ROUTER_ERROR_NO_HOST, ROUTER_ERROR_TTL, ROUTER_ERROR_TOO_BIG };
void router_error(struct router_frame *f, enum router_error what, uint32_t mtu);

/* cut.c: frames that the other side does not take whole */
bool router_send(struct router_frame *f, unsigned int out, const struct net_mac *to);

#endif
