/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/value_card.c
 *
 * The table's part for <interface>: see value.c.  A card is built up by its children; the one being read is the last.
 */
#include <stdlib.h>
#include <string.h>

#include "device/limits.h"
#include "domain/element.h"
#include "domain/xml.h"

#define MTU_USUAL   1500u
#define QUEUES_MOST CTL_QUEUES_MAX
#define KBYTES_MAX  (LIMIT_RATE_MAX / 1024)

static struct domain_card *card_current(struct reader *r)
{
	return &r->cfg->card[r->cfg->nr_cards - 1];
}

static void take_interface(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const types[] = { "bridge", "network", "ethernet", NULL };
	int type = attribute_check(r, node, "type", true, types, "'bridge', 'network' or 'ethernet'");

	(void)text;
	if (r->cfg->nr_cards == DOMAIN_CARDS_MAX)
		xml_complain(r->diags, node, "a guest has at most %u interfaces", DOMAIN_CARDS_MAX);
	else
		r->cfg->nr_cards++;
	*card_current(r) = (struct domain_card){
		.index = r->cfg->nr_cards - 1,
		.want = { .kind = type == 2 ? VIF_ETHERNET : VIF_BRIDGE, .mtu = MTU_USUAL, .queues = 1, .filter_mac = true },
	};
	/* Until <source> comes, which it must: a mark that it is wanted, and of which kind. */
	if (type == 1)
		strcpy(card_current(r)->network, "?");
}

static bool is_network(struct reader *r)
{
	return card_current(r)->network[0] != '\0';
}

/* Names that Linux takes for interfaces. */
static bool name_take(struct reader *r, const xmlNode *node, const char *attr, char out[VIF_NAME_MAX])
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	char *value = attribute_get(node, attr);
	bool fine = value && *value && strlen(value) < VIF_NAME_MAX && strspn(value, good) == strlen(value) &&
		    !strchr(".-", *value);

	if (fine)
		strcpy(out, value);
	else if (value)
		xml_complain(r->diags, node, "%s='%.40s' cannot be a name: use 1 to 15 letters, digits and _ . -", attr, value);
	xmlFree(value);
	return fine;
}

static void take_source(struct reader *r, const xmlNode *node, const char *text)
{
	struct domain_card *c = card_current(r);
	const char *want = is_network(r) ? "network" : "bridge", *other = is_network(r) ? "bridge" : "network";

	(void)text;
	if (c->want.kind == VIF_ETHERNET) {
		xml_complain(r->diags, node, "an interface of type 'ethernet' has no <source>");
		return;
	}
	if (xmlHasProp(node, (const xmlChar *)other) || !xmlHasProp(node, (const xmlChar *)want))
		xml_complain(r->diags, node, "an interface of type '%s' names its <source> in '%s'", want, want);
	name_take(r, node, want, is_network(r) ? c->network : c->want.bridge);
}

static void take_mac(struct reader *r, const xmlNode *node, const char *text)
{
	struct domain_card *c = card_current(r);
	char *value = attribute_get(node, "address");

	(void)text;
	c->has_mac = true;
	if (!value)
		xml_complain(r->diags, node, "<mac> needs the attribute 'address'");
	else if (!vif_mac_parse(value, c->want.mac))
		xml_complain(r->diags, node, "address='%.40s' is not six pairs of digits with colons between", value);
	else if (c->want.mac[0] & 1)
		xml_complain(r->diags, node, "address='%s' is a group's, not a card's: its first byte is odd", value);
	else if (!memcmp(c->want.mac, "\0\0\0\0\0", 6))
		xml_complain(r->diags, node, "address='%s' is nobody's", value);
	xmlFree(value);
}

static void take_model(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const types[] = { "netfront", NULL };

	(void)text;
	attribute_check(r, node, "type", true, types, "'netfront', the only card there is");
}

static void take_target(struct reader *r, const xmlNode *node, const char *text)
{
	(void)text;
	if (!xmlHasProp(node, (const xmlChar *)"dev"))
		xml_complain(r->diags, node, "<target> needs the attribute 'dev' with the interface's name here");
	name_take(r, node, "dev", card_current(r)->want.ifname);
}

static void take_mtu(struct reader *r, const xmlNode *node, const char *text)
{
	uint64_t n = MTU_USUAL;

	(void)text;
	if (!xmlHasProp(node, (const xmlChar *)"size"))
		xml_complain(r->diags, node, "<mtu> needs the attribute 'size'");
	attribute_number(r, node, "size", VIF_MTU_MIN, VIF_MTU_MAX, "an MTU", &n);
	card_current(r)->want.mtu = (uint32_t)n;
}

static void take_tag(struct reader *r, const xmlNode *node, const char *text)
{
	uint64_t n = 0;

	(void)text;
	if (!xmlHasProp(node, (const xmlChar *)"id"))
		xml_complain(r->diags, node, "<tag> needs the attribute 'id'");
	attribute_number(r, node, "id", 1, 4094, "a VLAN", &n);
	card_current(r)->want.vlan = (uint16_t)n;
}

/* inbound is towards the guest: what it receives. libvirt counts in kilobytes of 1024. */
static void take_bound(struct reader *r, const xmlNode *node, const char *text)
{
	bool in = strcmp((const char *)node->name, "inbound") == 0;
	struct ctl_bucket *b = &card_current(r)->want.limit[in ? CTL_LIMIT_RX_BYTES : CTL_LIMIT_TX_BYTES];
	uint64_t average = 0, burst = 0;

	(void)text;
	if (!xmlHasProp(node, (const xmlChar *)"average"))
		xml_complain(r->diags, node, "<%s> needs the attribute 'average', in KiB a second", (const char *)node->name);
	attribute_number(r, node, "average", 1, KBYTES_MAX, "a rate in KiB a second", &average);
	attribute_number(r, node, "burst", 1, KBYTES_MAX, "an amount of KiB", &burst);
	if (xmlHasProp(node, (const xmlChar *)"peak"))
		xml_complain(r->diags, node, "'peak' cannot be set: what 'burst' saved up goes as fast as it can");
	*b = (struct ctl_bucket){ .rate = average * 1024, .burst = burst * 1024 };
}

static void take_ip(struct reader *r, const xmlNode *node, const char *text)
{
	struct vif_config *c = &card_current(r)->want;
	char *value = attribute_get(node, "address");

	(void)text;
	if (!value)
		xml_complain(r->diags, node, "<ip> needs the attribute 'address'");
	else if (!vif_ip_add(c, value))
		xml_complain(r->diags, node, c->nr_ip4 == VIF_IPS_MAX || c->nr_ip6 == VIF_IPS_MAX
						     ? "'%.60s' is one address too many, or none; at most 8 of each kind"
						     : "'%.60s' is not an address of IPv4 or IPv6", value);
	else
		c->filter_ip = true;
	xmlFree(value);
}

static void take_filterref(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const filters[] = { "clean-traffic", "no-mac-spoofing", "allow-all", NULL };
	struct domain_card *c = card_current(r);
	int which = attribute_check(r, node, "filter", true, filters, "'clean-traffic', 'no-mac-spoofing' or 'allow-all'");

	(void)text;
	if (which >= 0)
		c->filter = (enum card_filter)(which + 1);
}

static void take_port(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const words[] = { "yes", "no", NULL };

	(void)text;
	card_current(r)->want.isolated = attribute_check(r, node, "isolated", true, words, "'yes' or 'no'") == 0;
}

static void take_driver(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const names[] = { "socle", "kernel", NULL };
	uint64_t queues = 1;

	(void)text;
	card_current(r)->kernel = attribute_check(r, node, "name", false, names, "'socle' or 'kernel'") == 1;
	attribute_number(r, node, "queues", 1, QUEUES_MOST, "a number of queues", &queues);
	card_current(r)->want.queues = (uint32_t)queues;
}

/* The filters' words, once it is known which addresses there are. */
static void filter_settle(struct reader *r, const xmlNode *node, struct domain_card *c)
{
	bool have_ip = c->want.nr_ip4 || c->want.nr_ip6;

	if (c->filter == CARD_FILTER_CLEAN && !have_ip)
		xml_complain(r->diags, node, "the filter 'clean-traffic' needs the guest's addresses, in <ip address=.../>");
	c->want.filter_mac = c->filter != CARD_FILTER_NONE;
	c->want.filter_ip = have_ip && (c->filter == CARD_FILTER_DEFAULT || c->filter == CARD_FILTER_CLEAN);
}

static void finish_interface(struct reader *r, const xmlNode *node)
{
	struct domain_card *c = card_current(r);

	if (c->want.kind == VIF_BRIDGE && !c->want.bridge[0] && (!is_network(r) || strcmp(c->network, "?") == 0))
		xml_complain(r->diags, node, "<source> is missing inside <interface>");
	if (c->want.kind == VIF_ETHERNET && (c->want.vlan || c->want.isolated))
		xml_complain(r->diags, node, "an interface of type 'ethernet' is on no bridge: it has no <vlan> and no isolated "
			     "<port>");
	filter_settle(r, node, c);
	if (c->kernel && c->want.filter_ip)
		xml_complain(r->diags, node, "the kernel's backend filters no IP addresses; use <driver name='socle'/>, or the "
			     "filter 'no-mac-spoofing'");
	if (c->kernel && (c->want.limit[CTL_LIMIT_RX_BYTES].rate))
		xml_complain(r->diags, node, "the kernel's backend limits <outbound> only; use <driver name='socle'/>");
	for (const struct domain_card *other = r->cfg->card; other < c; other++) {
		if (c->has_mac && other->has_mac && memcmp(c->want.mac, other->want.mac, 6) == 0)
			xml_complain(r->diags, node, "its MAC address is that of another interface");
		if (c->want.ifname[0] && strcmp(c->want.ifname, other->want.ifname) == 0)
			xml_complain(r->diags, node, "target '%s' is used by another interface", c->want.ifname);
	}
}

static const struct element
	el_source = { .name = "source", .attr = { "bridge", "network" }, .take = take_source },
	el_mac = { .name = "mac", .attr = { "address" }, .take = take_mac },
	el_model = { .name = "model", .attr = { "type" }, .take = take_model },
	el_target = { .name = "target", .attr = { "dev" }, .take = take_target },
	el_mtu = { .name = "mtu", .attr = { "size" }, .take = take_mtu },
	el_tag = { .name = "tag", .attr = { "id" }, .required = true, .take = take_tag },
	el_vlan = { .name = "vlan", .child = { &el_tag } },
	el_inbound = { .name = "inbound", .attr = { "average", "burst", "peak" }, .take = take_bound },
	el_outbound = { .name = "outbound", .attr = { "average", "burst", "peak" }, .take = take_bound },
	el_bandwidth = { .name = "bandwidth", .child = { &el_inbound, &el_outbound } },
	el_ip = { .name = "ip", .attr = { "address" }, .repeats = true, .take = take_ip },
	el_filterref = { .name = "filterref", .attr = { "filter" }, .take = take_filterref },
	el_port = { .name = "port", .attr = { "isolated" }, .take = take_port },
	el_driver = { .name = "driver", .attr = { "name", "queues" }, .take = take_driver };

const struct element element_interface = {
	.name = "interface", .attr = { "type" }, .repeats = true, .take = take_interface, .finish = finish_interface,
	.child = { &el_source, &el_mac, &el_model, &el_target, &el_mtu, &el_vlan, &el_bandwidth, &el_ip, &el_filterref,
		   &el_port, &el_driver },
};
