/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/bridge.c
 *
 * A card's port of a bridge.
 *
 * With `only_mac` the bridge itself knows who is behind the port: the guest's address stands in its table for good, the
 * port is locked (Linux 5.18: frames of senders that the table does not place there are dropped), it learns nothing and gets
 * no unicast for others.  netd filters before that; this is for the day when a guest owns its netd.
 */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <string.h>

#include "net/internal.h"

/* Linux 5.18; the headers of older distributions do not have its name. */
#define BRPORT_LOCKED 39

int net_bridge_check(struct net_host *h, const char *bridge, bool vlan, struct socle_error *e)
{
	struct link l;
	int r = link_get(h, bridge, &l, e);

	if (r < 0)
		return -1;
	if (r == 0)
		return socle_fail_id(e, ENODEV, "no-bridge",
				     "there is no bridge '%s'; make it (ip link add %s type bridge; ip link set %s up) "
				  "or name another in <source bridge=.../>", bridge, bridge, bridge);
	if (!l.is_bridge)
		return socle_fail_id(e, EINVAL, "not-a-bridge",
				     "'%s' is an interface, but no bridge; make a bridge, put '%s' into it, and name "
				  "the bridge", bridge, bridge);
	if (vlan && !l.vlan_filtering)
		return socle_fail_id(e, EINVAL, "no-vlan-filtering",
				     "bridge '%s' does not separate VLANs; ip link set %s type bridge vlan_filtering 1",
				  bridge, bridge);
	return 0;
}

static int flags_set(struct net_host *h, int index, const struct net_port *p, struct socle_error *e)
{
	struct nlattr *nest;
	struct nl_msg m;

	nl_link_begin(&m, RTM_SETLINK, 0, AF_BRIDGE, index);
	nest = mnl_attr_nest_start(m.head, IFLA_PROTINFO | NLA_F_NESTED);
	mnl_attr_put_u8(m.head, IFLA_BRPORT_ISOLATED, p->isolated);
	mnl_attr_put_u8(m.head, IFLA_BRPORT_LEARNING, !p->only_mac);
	mnl_attr_put_u8(m.head, IFLA_BRPORT_UNICAST_FLOOD, !p->only_mac);
	/* A guest never becomes the root of the spanning tree. */
	mnl_attr_put_u8(m.head, IFLA_BRPORT_PROTECT, 1);
	mnl_attr_put_u8(m.head, BRPORT_LOCKED, p->only_mac);
	mnl_attr_nest_end(m.head, nest);
	return nl_talk(h, &m, NULL, NULL, e);
}

static int vlan_change(struct net_host *h, uint16_t type, int index, uint16_t vid, uint16_t flags, struct socle_error *e)
{
	struct bridge_vlan_info info = { .flags = flags, .vid = vid };
	struct nlattr *nest;
	struct nl_msg m;

	nl_link_begin(&m, type, 0, AF_BRIDGE, index);
	nest = mnl_attr_nest_start(m.head, IFLA_AF_SPEC);
	mnl_attr_put(m.head, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(m.head, nest);
	return nl_talk(h, &m, NULL, NULL, e);
}

/* A new port is in the bridge's default VLAN only. */
static int vlan_set(struct net_host *h, int index, const struct link *bridge, uint16_t vid, struct socle_error *e)
{
	if (!vid || vid == bridge->default_pvid)
		return 0;
	if (bridge->default_pvid && vlan_change(h, RTM_DELLINK, index, bridge->default_pvid, 0, e))
		return -1;
	return vlan_change(h, RTM_SETLINK, index, vid, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, e);
}

/* Without a VLAN in it, the request counts for all VLANs that the port is in. */
static int sender_set(struct net_host *h, int index, const uint8_t mac[6], struct socle_error *e)
{
	struct nl_msg m;
	struct ndmsg *nd;

	m.head = mnl_nlmsg_put_header(m.room);
	m.head->nlmsg_type = RTM_NEWNEIGH;
	m.head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	nd = mnl_nlmsg_put_extra_header(m.head, sizeof(*nd));
	nd->ndm_family = AF_BRIDGE;
	nd->ndm_ifindex = index;
	nd->ndm_flags = NTF_MASTER;
	nd->ndm_state = NUD_NOARP; /* stays, but is not an address of this host */
	mnl_attr_put(m.head, NDA_LLADDR, 6, mac);
	return nl_talk(h, &m, NULL, NULL, e);
}

static int bridge_join(struct net_host *h, int index, const struct net_port *p, struct socle_error *e)
{
	struct link bridge;

	if (net_bridge_check(h, p->bridge, p->vlan != 0, e) || link_get(h, p->bridge, &bridge, e) != 1 ||
	    link_master_set(h, index, bridge.index, e) || vlan_set(h, index, &bridge, p->vlan, e) ||
	    (p->only_mac && sender_set(h, index, p->mac, e)) || flags_set(h, index, p, e))
		return -1;
	return 0;
}

static int mtu_set(struct net_host *h, int index, uint32_t mtu, struct socle_error *e)
{
	struct nl_msg m;

	nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, index);
	mnl_attr_put_u32(m.head, IFLA_MTU, mtu);
	return nl_talk(h, &m, NULL, NULL, e);
}

int net_port_join(struct net_host *h, const char *name, const struct net_port *p, struct socle_error *e)
{
	struct link l;
	int r;

	if (p->vlan > 4094 || p->mtu < NET_MTU_MIN || p->mtu > NET_MTU_MAX || (p->vlan && !*p->bridge))
		return socle_fail(e, EINVAL, "interface '%s': a VLAN is 1 to 4094 and of a bridge, an MTU %u to %u; not VLAN %u, "
				  "MTU %u", name, NET_MTU_MIN, NET_MTU_MAX, p->vlan, p->mtu);
	r = link_get(h, name, &l, e);
	if (r == 0)
		return socle_fail_id(e, ENODEV, "no-interface",
				     "there is no interface '%s' to plug in; its backend has not made it, or has died",
				  name);
	/* Leaving a bridge forgets VLANs, flags and table entries, so what comes next starts from nothing. */
	if (r < 0 || (l.master && link_master_set(h, l.index, 0, e)) || mtu_set(h, l.index, p->mtu, e) ||
	    link_without_addresses(h, l.index, e) || (*p->bridge && bridge_join(h, l.index, p, e)) ||
	    link_flags_set(h, l.index, true, e))
		return socle_wrap(e, "cannot plug in interface '%s'", name);
	return 0;
}
