/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/plug.c
 *
 * See plug.h.
 */
#include "device/plug.h"

#include <string.h>

static int bridge_ready(struct net_host *net, const struct vif_config *c, struct socle_error *e)
{
	struct net_network n = { .kind = c->kind == VIF_NAT ? NET_NAT : NET_ISOLATED, .address = c->address,
				 .prefix = c->prefix };

	if (c->kind == VIF_ETHERNET)
		return 0;
	if (c->kind == VIF_BRIDGE)
		return net_bridge_check(net, c->bridge, c->vlan != 0, e);
	memcpy(n.name, c->bridge, sizeof(n.name));
	return net_network_up(net, &n, e);
}

int plug_in(struct net_host *net, const char *ifname, const struct vif_config *c, struct socle_error *e)
{
	struct net_port p = { .mtu = c->mtu, .vlan = c->vlan, .isolated = c->isolated, .only_mac = c->filter_mac };

	if (bridge_ready(net, c, e))
		return -1;
	if (c->kind != VIF_ETHERNET)
		memcpy(p.bridge, c->bridge, sizeof(p.bridge));
	memcpy(p.mac, c->mac, sizeof(p.mac));
	return net_port_join(net, ifname, &p, e);
}
