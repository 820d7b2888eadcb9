/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/host.h
 *
 * The host side of guests' cards: taps, the ports of bridges, networks of our own.  For root's processes (the
 * supervisor, `socle net`); a worker sees nothing of it but the tap's descriptors.  Netlink by libmnl, nftables by
 * libnftables: no shell, no other program.
 *
 * Order for one card:
 *
 *   net_bridge_check() or net_network_up()     what it shall be attached to is there
 *   net_tap_open() x queues                    (a kernel backend: xen-netback has made the interface)
 *   net_port_join()                            MTU, bridge, VLAN, isolation, up
 *   ...                                        the tap lives as long as one of its descriptors, wherever that is
 *   net_link_remove()                          gone at once, also when a worker still holds a queue
 *
 * All return 0 or -1 with a sentence in the error: the thing, the reason, what to do.  What failed half-way is undone by
 * net_link_remove(); nothing of an administrator's bridge is ever changed but the port that is added to it.
 */
#ifndef SOCLE_NET_HOST_H
#define SOCLE_NET_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsocle/error.h"

#define NET_NAME_MAX   16u   /* with its NUL: the kernel's IFNAMSIZ */
#define NET_QUEUES_MAX 8u
#define NET_MTU_MIN    68u
#define NET_MTU_MAX    65521u /* a frame with a VLAN's tag and its header still fits the ring's 16 bits */

struct net_host;

struct net_host *net_host_open(struct socle_error *e);
void net_host_close(struct net_host *h); /* NULL is allowed */

/* "vif3.0", as xen-netback names it too.  False when it would not fit. */
bool net_vif_name(char name[NET_NAME_MAX], unsigned int domid, unsigned int devid);

/*
 * A tap without an address, down, of `queues` queues: fd[0..queues) are non-blocking, close-on-exec, with the 10 bytes of
 * struct virtio_net_hdr before each frame, and without offloads until whoever reads them asks (netd/tap.h).  Refused
 * while an interface of that name exists.
 */
int net_tap_open(struct net_host *h, const char *name, unsigned int queues, int fd[], struct socle_error *e);

/* Where a card is plugged in. */
struct net_port {
	char bridge[NET_NAME_MAX]; /* "": on no bridge */
	uint32_t mtu;
	uint16_t vlan;     /* 1..4094: this VLAN only, untagged towards the guest; 0: whatever the bridge does with a port */
	bool isolated;     /* reaches only ports that are not isolated */
	bool only_mac;     /* frames of other senders are dropped by the bridge as well; it need not learn, nor flood unicast here */
	uint8_t mac[6];    /* the guest's, for only_mac */
};

/* For a tap or a kernel's vif.  Doing it again with other values changes the port. */
int net_port_join(struct net_host *h, const char *name, const struct net_port *port, struct socle_error *e);
/* The cable is out, the port stays: `<link state='down'/>`.  Nothing passes either way. */
int net_port_link(struct net_host *h, const char *name, bool up, struct socle_error *e);

/* An administrator's bridge: it exists, is one, and with `vlan` filters by VLAN. */
int net_bridge_check(struct net_host *h, const char *bridge, bool vlan, struct socle_error *e);

/*
 * Networks of our own: a bridge that belongs to us, made when the first card wants it.  ISOLATED: guests among themselves
 * (and, with an address, dom0).  NAT: the bridge has an address, guests reach the outside as dom0, nobody reaches them
 * from there.  No DHCP server is ours; guests have static addresses, or dnsmasq runs on the bridge.
 */
enum net_kind { NET_ISOLATED, NET_NAT };

struct net_network {
	char name[NET_NAME_MAX];   /* the bridge's */
	enum net_kind kind;
	uint32_t address;          /* of the bridge, network byte order; NAT must have one, 0: none */
	uint8_t prefix;            /* 8..30 */
};

int net_network_up(struct net_host *h, const struct net_network *n, struct socle_error *e);
/* Removes it when no port is left; one in use stays, and that is no error. */
int net_network_down(struct net_host *h, const struct net_network *n, struct socle_error *e);

/* As dom0 counts: rx is what came out of the tap, so what the guest sent. */
struct net_counters {
	uint64_t rx_bytes, rx_frames, rx_dropped, tx_bytes, tx_frames, tx_dropped;
};
int net_link_counters(struct net_host *h, const char *name, struct net_counters *c, struct socle_error *e);

/* 1 there, 0 not, -1 with an error. */
int net_link_exists(struct net_host *h, const char *name, struct socle_error *e);
/* A tap disappears; another kind of interface leaves its bridge and goes down.  None of that name: 0. */
int net_link_remove(struct net_host *h, const char *name, struct socle_error *e);

#endif /* SOCLE_NET_HOST_H */
