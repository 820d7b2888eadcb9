/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/network.c
 *
 * Networks of our own.  Their bridges carry an alias, so that one of an administrator with the same name is never taken for
 * ours, nor removed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "net/internal.h"

#define FORWARD "/proc/sys/net/ipv4/ip_forward"

bool net_name_is_plain(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= NET_NAME_MAX || !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return false;
	return true;
}

/* The bridge has an address of its own choice: the kernel's would be the ports', which is the same for all of them. */
static int bridge_make(struct net_host *h, const char *name, struct socle_error *e)
{
	struct nlattr *info;
	uint8_t mac[6];
	struct nl_msg m;

	if (getrandom(mac, sizeof(mac), 0) != sizeof(mac))
		return socle_fail(e, errno, "no random number for its address: %s", strerror(errno));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
	nl_link_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0);
	mnl_attr_put_strz(m.head, IFLA_IFNAME, name);
	mnl_attr_put(m.head, IFLA_ADDRESS, sizeof(mac), mac);
	info = mnl_attr_nest_start(m.head, IFLA_LINKINFO);
	mnl_attr_put_strz(m.head, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(m.head, info);
	return nl_talk(h, &m, NULL, NULL, e);
}

static int alias_set(struct net_host *h, int index, struct socle_error *e)
{
	struct nl_msg m;

	nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, index);
	mnl_attr_put_str(m.head, IFLA_IFALIAS, NET_OURS);
	return nl_talk(h, &m, NULL, NULL, e);
}

static int address_add(struct net_host *h, int index, const struct net_network *n, struct socle_error *e)
{
	struct socle_error why = { 0 };
	struct ifaddrmsg *addr;
	struct nl_msg m;

	m.head = mnl_nlmsg_put_header(m.room);
	m.head->nlmsg_type = RTM_NEWADDR;
	m.head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	addr = mnl_nlmsg_put_extra_header(m.head, sizeof(*addr));
	addr->ifa_family = AF_INET;
	addr->ifa_prefixlen = n->prefix;
	addr->ifa_index = (uint32_t)index;
	mnl_attr_put(m.head, IFA_LOCAL, 4, &n->address);
	mnl_attr_put(m.head, IFA_ADDRESS, 4, &n->address);
	if (nl_talk(h, &m, NULL, NULL, &why) && why.code != EEXIST)
		return socle_fail(e, why.code, "its address: %s", why.text);
	return 0;
}

static int forward_enable(struct socle_error *e)
{
	int fd = open(FORWARD, O_WRONLY | O_CLOEXEC), r;

	r = fd >= 0 && write(fd, "1\n", 2) == 2 ? 0 : socle_fail(e, errno, "cannot write %s: %s", FORWARD, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int network_check(const struct net_network *n, struct socle_error *e)
{
	if (!net_name_is_plain(n->name))
		return socle_fail(e, EINVAL, "'%s' is no name of a network: a letter, then letters, digits, '-', '_', '.', at "
				  "most %u in all", n->name, NET_NAME_MAX - 1);
	if ((n->kind == NET_NAT && !n->address) || (n->address && (n->prefix < 8 || n->prefix > 30)))
		return socle_fail(e, EINVAL, "network '%s': with NAT it needs an address, and a prefix is 8 to 30", n->name);
	return 0;
}

/* The bridge, made if it is not there: its index in *l. */
static int bridge_have(struct net_host *h, const struct net_network *n, struct link *l, struct socle_error *e)
{
	int r = link_get(h, n->name, l, e);

	if (r > 0 && !(l->is_bridge && l->ours))
		return socle_fail_id(e, EEXIST, "interface-taken",
				     "an interface '%s' exists that belongs to somebody else; use <interface "
				  "type='bridge'> for it, or name the network differently", n->name);
	if (r)
		return r < 0 ? -1 : 0;
	if (bridge_make(h, n->name, e) || link_get(h, n->name, l, e) != 1)
		return -1;
	return alias_set(h, l->index, e);
}

int net_network_up(struct net_host *h, const struct net_network *n, struct socle_error *e)
{
	struct link l;

	if (network_check(n, e))
		return -1;
	if (bridge_have(h, n, &l, e) || link_without_addresses(h, l.index, e) ||
	    (n->address && address_add(h, l.index, n, e)) || link_flags_set(h, l.index, true, e))
		return socle_wrap(e, "cannot make network '%s'", n->name);
	/* Rules first: from the moment that packets may be forwarded, those that may not are dropped. */
	if (n->kind == NET_NAT && (nat_rules_up(n, e) || forward_enable(e)))
		return socle_wrap(e, "cannot connect network '%s' to the outside", n->name);
	return 0;
}

int net_network_down(struct net_host *h, const struct net_network *n, struct socle_error *e)
{
	struct link l;
	int r;

	if (network_check(n, e))
		return -1;
	r = link_get(h, n->name, &l, e);
	if (r <= 0 || !l.is_bridge || !l.ours)
		return r < 0 ? -1 : 0;
	r = link_count_ports(h, l.index, e);
	if (r == 0)
		r = link_delete(h, l.index, e) || (n->kind == NET_NAT && nat_rules_down(n, e)) ? -1 : 0;
	return r < 0 ? socle_wrap(e, "cannot remove network '%s'", n->name) : 0;
}
