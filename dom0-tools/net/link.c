/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/link.c
 *
 * Network interfaces of this kernel: what they are, up and down, their bridge, their end.
 */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "net/internal.h"

bool net_vif_name(char name[NET_NAME_MAX], unsigned int domid, unsigned int devid)
{
	return (unsigned int)snprintf(name, NET_NAME_MAX, "vif%u.%u", domid, devid) < NET_NAME_MAX;
}

static void bridge_data_read(const struct nlattr *data, struct link *l)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, data) {
		if (mnl_attr_get_type(a) == IFLA_BR_VLAN_FILTERING && mnl_attr_get_payload_len(a) >= 1)
			l->vlan_filtering = mnl_attr_get_u8(a);
		if (mnl_attr_get_type(a) == IFLA_BR_VLAN_DEFAULT_PVID && mnl_attr_get_payload_len(a) >= 2)
			l->default_pvid = mnl_attr_get_u16(a);
	}
}

static void kind_read(const struct nlattr *info, struct link *l)
{
	const struct nlattr *a, *data = NULL;

	mnl_attr_for_each_nested(a, info) {
		if (mnl_attr_get_type(a) == IFLA_INFO_DATA)
			data = a;
		if (mnl_attr_get_type(a) != IFLA_INFO_KIND || mnl_attr_validate(a, MNL_TYPE_STRING))
			continue;
		l->is_bridge = mnl_attr_get_payload_len(a) >= 6 && !memcmp(mnl_attr_get_payload(a), "bridge", 6);
		l->is_tap = mnl_attr_get_payload_len(a) >= 3 && !memcmp(mnl_attr_get_payload(a), "tun", 3);
	}
	if (l->is_bridge && data)
		bridge_data_read(data, l);
}

static void counters_read(const struct nlattr *a, struct link *l)
{
	struct rtnl_link_stats64 s = { 0 };
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(&s, mnl_attr_get_payload(a), n < sizeof(s) ? n : sizeof(s));
	l->counters = (struct net_counters){
		.rx_bytes = s.rx_bytes, .rx_frames = s.rx_packets, .rx_dropped = s.rx_dropped,
		.tx_bytes = s.tx_bytes, .tx_frames = s.tx_packets, .tx_dropped = s.tx_dropped,
	};
}

static void link_read(const struct nlmsghdr *n, void *to)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(n);
	const struct nlattr *a;
	struct link *l = to;

	if (n->nlmsg_type != RTM_NEWLINK)
		return;
	*l = (struct link){ .index = info->ifi_index, .up = info->ifi_flags & IFF_UP };
	mnl_attr_for_each(a, n, sizeof(*info)) {
		switch (mnl_attr_get_type(a)) {
		case IFLA_MASTER: l->master = (int)mnl_attr_get_u32(a); break;
		case IFLA_MTU: l->mtu = mnl_attr_get_u32(a); break;
		case IFLA_LINKINFO: kind_read(a, l); break;
		case IFLA_STATS64: counters_read(a, l); break;
		case IFLA_IFALIAS: l->ours = !strcmp(mnl_attr_get_str(a), NET_OURS); break;
		default: break;
		}
	}
}

int link_get(struct net_host *h, const char *name, struct link *l, struct socle_error *e)
{
	struct socle_error why = { 0 };
	struct nl_msg m;

	if (!*name || strlen(name) >= NET_NAME_MAX)
		return socle_fail(e, EINVAL, "'%s' is no name of an interface: 1 to %u characters", name, NET_NAME_MAX - 1);
	nl_link_begin(&m, RTM_GETLINK, 0, AF_UNSPEC, 0);
	mnl_attr_put_strz(m.head, IFLA_IFNAME, name);
	*l = (struct link){ 0 };
	if (nl_talk(h, &m, link_read, l, &why))
		return why.code == ENODEV ? 0 : socle_fail(e, why.code, "cannot look at '%s': %s", name, why.text);
	return l->index > 0;
}

int link_flags_set(struct net_host *h, int index, bool up, struct socle_error *e)
{
	struct nl_msg m;
	struct ifinfomsg *info = nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, index);

	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	return nl_talk(h, &m, NULL, NULL, e);
}

int link_master_set(struct net_host *h, int index, int master, struct socle_error *e)
{
	struct nl_msg m;

	nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, index);
	mnl_attr_put_u32(m.head, IFLA_MASTER, (uint32_t)master);
	return nl_talk(h, &m, NULL, NULL, e);
}

int link_delete(struct net_host *h, int index, struct socle_error *e)
{
	struct socle_error why = { 0 };
	struct nl_msg m;

	nl_link_begin(&m, RTM_DELLINK, 0, AF_UNSPEC, index);
	if (nl_talk(h, &m, NULL, NULL, &why) && why.code != ENODEV)
		return socle_fail(e, why.code, "%s", why.text);
	return 0;
}

int link_without_addresses(struct net_host *h, int index, struct socle_error *e)
{
	struct socle_error why = { 0 };
	struct nlattr *spec, *inet6;
	struct nl_msg m;

	nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, index);
	spec = mnl_attr_nest_start(m.head, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(m.head, AF_INET6);
	mnl_attr_put_u8(m.head, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(m.head, inet6);
	mnl_attr_nest_end(m.head, spec);
	/* Without IPv6 in the kernel, or with it switched off, there is nothing to prevent. */
	if (nl_talk(h, &m, NULL, NULL, &why) && why.code != EAFNOSUPPORT && why.code != EOPNOTSUPP)
		return socle_fail(e, why.code, "%s", why.text);
	return 0;
}

struct port_count {
	int bridge, ports;
};

static void port_count(const struct nlmsghdr *n, void *to)
{
	struct port_count *c = to;
	const struct nlattr *a;

	if (n->nlmsg_type != RTM_NEWLINK)
		return;
	mnl_attr_for_each(a, n, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(a) == IFLA_MASTER && (int)mnl_attr_get_u32(a) == c->bridge)
			c->ports++;
}

int link_count_ports(struct net_host *h, int bridge, struct socle_error *e)
{
	struct port_count c = { .bridge = bridge };
	struct nl_msg m;

	nl_link_begin(&m, RTM_GETLINK, NLM_F_DUMP, AF_UNSPEC, 0);
	return nl_talk(h, &m, port_count, &c, e) ? -1 : c.ports;
}

int net_link_exists(struct net_host *h, const char *name, struct socle_error *e)
{
	struct link l;

	return link_get(h, name, &l, e);
}

int net_link_counters(struct net_host *h, const char *name, struct net_counters *c, struct socle_error *e)
{
	struct link l;
	int r = link_get(h, name, &l, e);

	if (r == 0)
		return socle_fail_id(e, ENODEV, "no-interface", "there is no interface '%s'; its card may be detached", name);
	if (r > 0)
		*c = l.counters;
	return r > 0 ? 0 : -1;
}

int net_link_remove(struct net_host *h, const char *name, struct socle_error *e)
{
	struct link l;
	int r = link_get(h, name, &l, e);

	if (r <= 0)
		return r;
	if (l.is_tap)
		r = link_delete(h, l.index, e);
	else
		r = link_flags_set(h, l.index, false, e) || (l.master && link_master_set(h, l.index, 0, e)) ? -1 : 0;
	return r ? socle_wrap(e, "cannot remove interface '%s'", name) : 0;
}

int net_port_link(struct net_host *h, const char *name, bool up, struct socle_error *e)
{
	struct link l;
	int r = link_get(h, name, &l, e);

	if (r == 0)
		return socle_fail_id(e, ENODEV, "no-interface", "there is no interface '%s'; its card may be detached", name);
	if (r < 0)
		return -1;
	if (link_flags_set(h, l.index, up, e))
		return socle_wrap(e, "cannot switch interface '%s' %s", name, up ? "on" : "off");
	return 0;
}
