/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/plug.c
 *
 * See plug.h.
 */
#include "device/plug.h"

#include <string.h>

#define TRIES 5

static bool is_of_ours(const struct vif_config *c)
{
	return c->kind == VIF_NAT || c->kind == VIF_ISOLATED;
}

static struct net_network network_of(const struct vif_config *c)
{
	struct net_network n = { .kind = c->kind == VIF_NAT ? NET_NAT : NET_ISOLATED, .address = c->address,
				 .prefix = c->prefix };

	memcpy(n.name, c->bridge, sizeof(n.name));
	return n;
}

static int bridge_ready(struct net_host *net, const struct vif_config *c, struct socle_error *e)
{
	struct net_network n = network_of(c);

	if (c->kind == VIF_ETHERNET)
		return 0;
	if (c->kind == VIF_BRIDGE)
		return net_bridge_check(net, c->bridge, c->vlan != 0, e);
	return net_network_up(net, &n, e);
}

int plug_in(struct net_host *net, const char *ifname, const struct vif_config *c, struct socle_error *e)
{
	struct net_port p = { .mtu = c->mtu, .vlan = c->vlan, .isolated = c->isolated, .only_mac = c->filter_mac };

	int r = -1;

	if (c->kind != VIF_ETHERNET)
		memcpy(p.bridge, c->bridge, sizeof(p.bridge));
	memcpy(p.mac, c->mac, sizeof(p.mac));
	/* Another guest's last card may take a network of ours away between the two. */
	for (int i = 0; r && i < TRIES; i++) {
		if (bridge_ready(net, c, e))
			return -1;
		r = net_port_join(net, ifname, &p, e);
		if (!is_of_ours(c) || net_link_exists(net, c->bridge, NULL) != 0)
			break;
	}
	return r;
}

int plug_out(struct net_host *net, const struct vif_config *c, struct socle_error *e)
{
	struct net_network n = network_of(c);

	return is_of_ours(c) ? net_network_down(net, &n, e) : 0;
}
