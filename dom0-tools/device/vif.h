/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/vif.h
 *
 * What is a card's own in the handshake: what the tools want of it, what is offered, what the frontend chose (pv-abi 8.5, 9.3).
 */
#ifndef SOCLE_DEVICE_VIF_H
#define SOCLE_DEVICE_VIF_H

#include "device/control.h"
#include "device/keys.h"
#include "libsocle/error.h"

#define VIF_NAME_MAX  16u /* of an interface of the host, with its NUL */
#define VIF_IPS_MAX   8u
#define VIF_VALUE_MAX 512u
#define VIF_MTU_MIN   68u
#define VIF_MTU_MAX   65521u

/* What the tap is plugged into. */
enum vif_kind {
	VIF_BRIDGE,   /* an administrator's bridge */
	VIF_ISOLATED, /* a bridge of ours, guests among themselves */
	VIF_NAT,      /* a bridge of ours, with a way out */
	VIF_ETHERNET, /* nothing: the administrator routes */
};

/* vif_config_key() and vif_config_read() are each other's inverse. */
struct vif_config {
	enum vif_kind kind;
	char bridge[VIF_NAME_MAX];
	char ifname[VIF_NAME_MAX];    /* of the tap; empty: vifN.I */
	uint32_t address;             /* of a bridge of ours, network byte order; 0: none */
	uint8_t prefix;
	uint8_t mac[6];
	uint32_t mtu;
	uint16_t vlan;                /* 0: none */
	bool isolated;
	bool filter_mac, filter_ip;
	uint32_t nr_ip4, nr_ip6;
	uint32_t ip4[VIF_IPS_MAX];    /* network byte order */
	uint8_t ip6[VIF_IPS_MAX][16];
	uint32_t queues;
	struct ctl_bucket limit[CTL_LIMIT_COUNT];
};

bool vif_config_key(const struct vif_config *c, unsigned int i, char key[KEY_MAX], char buf[VIF_VALUE_MAX]);
int vif_config_read(const struct keys *back, struct vif_config *c, struct socle_error *e);

/* Words with colons, lower case; and back: exactly six pairs of digits. */
void vif_mac_print(const uint8_t mac[6], char out[18]);
bool vif_mac_parse(const char *text, uint8_t mac[6]);

/* The same for the same guest, other than that of any other: 24 bits of a hash of UUID and index, as Xen's vendor (RFC 7042). */
void vif_mac_make(const uint8_t uuid[16], unsigned int index, uint8_t mac[6]);

/* One address, v4 or v6, added to the list; false when it is none or the list is full. */
bool vif_ip_add(struct vif_config *c, const char *text);

/* "10.0.0.1/24" */
bool vif_address_parse(struct vif_config *c, const char *text);

void vif_features(const struct vif_config *c, struct key_list *out);
int vif_connect_read(const struct keys *front, unsigned int queues, struct ctl_connect *c, struct socle_error *e);

#endif /* SOCLE_DEVICE_VIF_H */
