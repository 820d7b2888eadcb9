/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/vif.c
 *
 * See vif.h.
 */
#include "device/vif.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/limits.h"

#define PORT_MAX 0x1ffffu /* the FIFO ABI's last port (pv-abi 5.3) */

static const char *const kinds[] = {
	[VIF_BRIDGE] = "bridge", [VIF_ISOLATED] = "isolated", [VIF_NAT] = "nat", [VIF_ETHERNET] = "ethernet",
};

/* --- values ------------------------------------------------------------------------------------ */

void vif_mac_print(const uint8_t mac[6], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

bool vif_mac_parse(const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	int used = 0;

	if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &used) != 6 || used != 17)
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return true;
}

bool vif_ip_add(struct vif_config *c, const char *text)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1 && c->nr_ip4 < VIF_IPS_MAX) {
		c->ip4[c->nr_ip4++] = four.s_addr;
		return true;
	}
	if (inet_pton(AF_INET6, text, &six) != 1 || c->nr_ip6 == VIF_IPS_MAX)
		return false;
	memcpy(c->ip6[c->nr_ip6++], &six, 16);
	return true;
}

bool vif_address_parse(struct vif_config *c, const char *text)
{
	char copy[32], *slash, *end;
	struct in_addr four;
	unsigned long n;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (!slash || slash[1] < '0' || slash[1] > '9')
		return false;
	*slash = '\0';
	n = strtoul(slash + 1, &end, 10);
	if (*end || n < 8 || n > 30 || inet_pton(AF_INET, copy, &four) != 1)
		return false;
	c->address = four.s_addr;
	c->prefix = (uint8_t)n;
	return true;
}

/* --- the tools' wishes ------------------------------------------------------------------------- */

enum { KEY_TYPE, KEY_BRIDGE, KEY_IFNAME, KEY_ADDRESS, KEY_MAC, KEY_MTU, KEY_VLAN, KEY_ISOLATED, KEY_FILTER_MAC, KEY_FILTER_IP,
       KEY_IPS, KEY_QUEUES, KEY_FIXED };

static const char *const config_keys[KEY_FIXED] = {
	"type", "bridge", "ifname", "address", "mac", "mtu", "vlan", "isolated", "filter-mac", "filter-ip", "ip", "queues",
};

static void ips_print(const struct vif_config *c, char buf[VIF_VALUE_MAX])
{
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < c->nr_ip4; i++)
		n += (size_t)snprintf(buf + n, VIF_VALUE_MAX - n, "%s%s", n ? " " : "",
				      inet_ntop(AF_INET, &c->ip4[i], text, sizeof(text)));
	for (unsigned int i = 0; i < c->nr_ip6; i++)
		n += (size_t)snprintf(buf + n, VIF_VALUE_MAX - n, "%s%s", n ? " " : "",
				      inet_ntop(AF_INET6, c->ip6[i], text, sizeof(text)));
}

bool vif_config_key(const struct vif_config *c, unsigned int i, char key[KEY_MAX], char buf[VIF_VALUE_MAX])
{
	const struct ctl_bucket *l = &c->limit[i >= KEY_FIXED ? i - KEY_FIXED : 0];
	char text[INET_ADDRSTRLEN];

	if (i >= KEY_FIXED && !card_limit_name(i - KEY_FIXED))
		return false;
	if (i >= KEY_FIXED)
		snprintf(key, KEY_MAX, "config/limit-%s", card_limit_name(i - KEY_FIXED));
	else
		snprintf(key, KEY_MAX, "config/%s", config_keys[i]);
	switch (i) {
	case KEY_TYPE: snprintf(buf, VIF_VALUE_MAX, "%s", kinds[c->kind]); break;
	case KEY_BRIDGE: snprintf(buf, VIF_VALUE_MAX, "%s", c->bridge); break;
	case KEY_IFNAME: snprintf(buf, VIF_VALUE_MAX, "%s", c->ifname); break;
	case KEY_ADDRESS:
		snprintf(buf, VIF_VALUE_MAX, "%s/%u", inet_ntop(AF_INET, &c->address, text, sizeof(text)), c->prefix);
		break;
	case KEY_MAC: vif_mac_print(c->mac, buf); break;
	case KEY_MTU: snprintf(buf, VIF_VALUE_MAX, "%" PRIu32, c->mtu); break;
	case KEY_VLAN: snprintf(buf, VIF_VALUE_MAX, "%u", c->vlan); break;
	case KEY_ISOLATED: snprintf(buf, VIF_VALUE_MAX, "%d", c->isolated); break;
	case KEY_FILTER_MAC: snprintf(buf, VIF_VALUE_MAX, "%d", c->filter_mac); break;
	case KEY_FILTER_IP: snprintf(buf, VIF_VALUE_MAX, "%d", c->filter_ip); break;
	case KEY_IPS: ips_print(c, buf); break;
	case KEY_QUEUES: snprintf(buf, VIF_VALUE_MAX, "%" PRIu32, c->queues); break;
	default: snprintf(buf, VIF_VALUE_MAX, "%" PRIu64 " %" PRIu64, l->rate, l->burst); break;
	}
	return true;
}

static bool text_read(const struct keys *k, const char *key, char *out, size_t size)
{
	char *text = keys_text(k, key, size - 1);

	if (text)
		strcpy(out, text);
	free(text);
	return text != NULL;
}

static bool ips_read(const struct keys *back, struct vif_config *c)
{
	char list[VIF_VALUE_MAX], *save = NULL;

	if (!text_read(back, "config/ip", list, sizeof(list)))
		return false;
	for (char *p = strtok_r(list, " ", &save); p; p = strtok_r(NULL, " ", &save))
		if (!vif_ip_add(c, p))
			return false;
	return true;
}

static bool kind_read(const struct keys *back, struct vif_config *c)
{
	char type[16], address[32];
	unsigned int i = 0;

	if (!text_read(back, "config/type", type, sizeof(type)) ||
	    !text_read(back, "config/address", address, sizeof(address)))
		return false;
	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(type, kinds[i]) != 0)
		i++;
	c->kind = (enum vif_kind)i;
	return i < sizeof(kinds) / sizeof(kinds[0]) &&
	       (strcmp(address, "0.0.0.0/0") == 0 || vif_address_parse(c, address));
}

int vif_config_read(const struct keys *back, struct vif_config *c, struct socle_error *e)
{
	uint64_t mtu = 0, vlan = 0, queues = 0;
	char mac[18];

	memset(c, 0, sizeof(*c));
	c->isolated = keys_flag(back, "config/isolated");
	c->filter_mac = keys_flag(back, "config/filter-mac");
	c->filter_ip = keys_flag(back, "config/filter-ip");
	if (!kind_read(back, c) || !text_read(back, "config/bridge", c->bridge, sizeof(c->bridge)) ||
	    !text_read(back, "config/ifname", c->ifname, sizeof(c->ifname)) ||
	    !text_read(back, "config/mac", mac, sizeof(mac)) || !vif_mac_parse(mac, c->mac) || !ips_read(back, c) ||
	    keys_number(back, "config/mtu", VIF_MTU_MAX, &mtu) || mtu < VIF_MTU_MIN ||
	    keys_number(back, "config/vlan", 4094, &vlan) || limits_read(back, card_limit_name, c->limit) ||
	    keys_number(back, "config/queues", CTL_QUEUES_MAX, &queues) || queues == 0)
		return socle_fail(e, EINVAL, "its configuration in the store is incomplete or makes no sense");
	c->mtu = (uint32_t)mtu;
	c->vlan = (uint16_t)vlan;
	c->queues = (uint32_t)queues;
	return 0;
}

/* --- the offer --------------------------------------------------------------------------------- */

void vif_features(const struct vif_config *c, struct key_list *out)
{
	static const char *const yes[] = {
		"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload", "feature-rx-copy",
		"feature-multicast-control", "feature-dynamic-multicast-control", "feature-split-event-channels",
		"feature-ctrl-ring",
	};

	for (unsigned int i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		key_list_add(out, yes[i], "1");
	key_list_add(out, "feature-rx-flip", "0");
	key_list_add(out, "multi-queue-max-queues", "%" PRIu32, c->queues);
}

/* --- the frontend's choice --------------------------------------------------------------------- */

/* One queue's two rings, and its one port or two; where is "" or "queue-N/". */
static int queue_read(const struct keys *front, const char *where, struct ctl_connect *c, unsigned int q,
		      struct socle_error *e)
{
	char key[KEY_MAX];
	uint64_t split;

	if (keys_need(front, where, "tx-ring-ref", UINT32_MAX, &c->net.queue[q].tx_ref, e) ||
	    keys_need(front, where, "rx-ring-ref", UINT32_MAX, &c->net.queue[q].rx_ref, e))
		return -1;
	snprintf(key, sizeof(key), "%sevent-channel-tx", where);
	if (keys_number(front, key, UINT64_MAX, &split) != -ENOENT)
		return keys_need(front, where, "event-channel-tx", PORT_MAX, &c->net.queue[q].tx_port, e) ||
		       keys_need(front, where, "event-channel-rx", PORT_MAX, &c->net.queue[q].rx_port, e) ? -1 : 0;
	if (keys_need(front, where, "event-channel", PORT_MAX, &c->net.queue[q].tx_port, e))
		return -1;
	c->net.queue[q].rx_port = c->net.queue[q].tx_port;
	return 0;
}

static int ctrl_read(const struct keys *front, struct ctl_connect *c, struct socle_error *e)
{
	uint64_t there;

	if (keys_number(front, "ctrl-ring-ref", UINT64_MAX, &there) == -ENOENT)
		return 0;
	return keys_need(front, "", "ctrl-ring-ref", UINT32_MAX, &c->net.ctrl_ref, e) ||
	       keys_need(front, "", "event-channel-ctrl", PORT_MAX, &c->net.ctrl_port, e) ? -1 : 0;
}

int vif_connect_read(const struct keys *front, unsigned int queues, struct ctl_connect *c, struct socle_error *e)
{
	uint64_t n = 1;
	char where[24];
	int r = keys_number(front, "multi-queue-num-queues", queues, &n);

	memset(c, 0, sizeof(*c));
	if ((r && r != -ENOENT) || n == 0)
		return keys_wrong("multi-queue-num-queues", r ? r : -ERANGE, e);
	c->queues = (uint32_t)n;
	c->net.rx_copy = keys_flag(front, "request-rx-copy");
	if (!c->net.rx_copy)
		return socle_fail(e, EPROTO, "the frontend does not ask for 'request-rx-copy', the only way that is offered");
	c->net.sg = keys_flag(front, "feature-sg");
	c->net.gso4 = keys_flag(front, "feature-gso-tcpv4");
	c->net.gso6 = keys_flag(front, "feature-gso-tcpv6");
	c->net.csum4 = !keys_flag(front, "feature-no-csum-offload");
	c->net.csum6 = keys_flag(front, "feature-ipv6-csum-offload");
	c->net.multicast_control = keys_flag(front, "request-multicast-control");
	if (ctrl_read(front, c, e))
		return -1;
	for (unsigned int q = 0; q < c->queues; q++) {
		snprintf(where, sizeof(where), "queue-%u/", q);
		if (queue_read(front, c->queues == 1 ? "" : where, c, q, e))
			return -1;
	}
	return 0;
}

void vif_mac_make(const uint8_t uuid[16], unsigned int index, uint8_t mac[6])
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (unsigned int i = 0; i < 16; i++)
		h = (h ^ uuid[i]) * 16777619u;
	h = (h ^ index) * 16777619u;
	h ^= h >> 15;
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = (uint8_t)(h >> 16) & 0x7f; /* libxl and libvirt keep to the lower half as well */
	mac[4] = (uint8_t)(h >> 8);
	mac[5] = (uint8_t)h;
}
