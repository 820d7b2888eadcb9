/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/network.c
 *
 * See network.h.
 *
 *   <network>
 *     <name>guests</name>
 *     <forward mode='nat'/>                            or 'bridge': an administrator's; none: isolated
 *     <bridge name='guests'/>                          the network's name when it is left out
 *     <ip address='192.168.77.1' prefix='24'/>         the bridge's own; 'nat' must have one
 *   </network>
 */
#include "domain/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/xml.h"

#define FILE_MAX 65536u

static char *attribute(const xmlNode *node, const char *name)
{
	return (char *)xmlGetNoNsProp(node, (const xmlChar *)name);
}

static bool is(const xmlNode *node, const char *name)
{
	return strcmp((const char *)node->name, name) == 0;
}

static void take_forward(struct vif_config *c, const xmlNode *node, struct diag_list *diags)
{
	char *mode = attribute(node, "mode");

	if (mode && strcmp(mode, "nat") == 0)
		c->kind = VIF_NAT;
	else if (mode && strcmp(mode, "bridge") == 0)
		c->kind = VIF_BRIDGE;
	else
		xml_complain(diags, node, "mode='%.40s' is not possible; use 'nat' or 'bridge', or leave <forward> out for an "
			     "isolated network", mode ? mode : "");
	xmlFree(mode);
}

static void take_bridge(struct vif_config *c, const xmlNode *node, struct diag_list *diags)
{
	char *name = attribute(node, "name");

	if (!name || !*name || strlen(name) >= sizeof(c->bridge) || strpbrk(name, "/ \t\n:"))
		xml_complain(diags, node, "<bridge> needs the attribute 'name', of 1 to 15 characters");
	else
		strcpy(c->bridge, name);
	xmlFree(name);
}

static void take_ip(struct vif_config *c, const xmlNode *node, struct diag_list *diags)
{
	char *address = attribute(node, "address"), *prefix = attribute(node, "prefix"), both[64];

	snprintf(both, sizeof(both), "%.40s/%.4s", address ? address : "", prefix ? prefix : "");
	if (!vif_address_parse(c, both))
		xml_complain(diags, node, "<ip> needs an IPv4 'address' and a 'prefix' of 8 to 30");
	xmlFree(address);
	xmlFree(prefix);
}

static void take_name(const char *name, const xmlNode *node, struct diag_list *diags)
{
	xmlChar *text = xmlNodeGetContent(node);

	if (!text || strcmp((const char *)text, name) != 0)
		xml_complain(diags, node, "it is called '%.40s', its file '%s'", text ? (const char *)text : "", name);
	xmlFree(text);
}

static void document_take(const char *name, const xmlNode *root, struct vif_config *c, struct diag_list *diags)
{
	if (!root || !is(root, "network")) {
		diag_add(diags, 0, 0, "the root element is not <network>");
		return;
	}
	for (const xmlNode *n = root->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (is(n, "name"))
			take_name(name, n, diags);
		else if (is(n, "forward"))
			take_forward(c, n, diags);
		else if (is(n, "bridge"))
			take_bridge(c, n, diags);
		else if (is(n, "ip"))
			take_ip(c, n, diags);
		else if (!is(n, "uuid"))
			xml_complain(diags, n, "<%s> is not known inside <network>", (const char *)n->name);
	}
	if (c->kind == VIF_NAT && !c->prefix)
		xml_complain(diags, root, "a network of mode 'nat' needs an <ip>");
	if (c->kind == VIF_BRIDGE && c->prefix)
		xml_complain(diags, root, "the address of an administrator's bridge is the administrator's: no <ip>");
}

int network_parse(const char *name, const char *text, size_t len, struct vif_config *c, struct diag_list *diags)
{
	xmlDoc *doc = xml_read(name, text, len, diags);

	c->kind = VIF_ISOLATED;
	c->address = 0;
	c->prefix = 0;
	snprintf(c->bridge, sizeof(c->bridge), "%s", name);
	if (doc)
		document_take(name, xmlDocGetRootElement(doc), c, diags);
	xmlFreeDoc(doc);
	return diags->count ? -1 : 0;
}

int network_find(const char *name, struct vif_config *c, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	char path[96], *text = malloc(FILE_MAX);
	ssize_t n = -1;
	int fd, r;

	snprintf(path, sizeof(path), SOCLE_NETWORK_DIR "/%s.xml", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && diags && text)
		n = read(fd, text, FILE_MAX);
	if (n < 0) {
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "no-such-network",
				  "network '%s': cannot read '%s': %s", name, path, strerror(errno));
	} else {
		r = network_parse(name, text, (size_t)n, c, diags);
		if (r)
			socle_fail_id(e, DOMAIN_E_CONFIG, "bad-network",
				      "network '%s': %s:%u: %s", name, path, diags->item[0].line,
				   diags->kept ? diags->item[0].text : "it cannot be used");
		diag_clear(diags);
	}
	if (fd >= 0)
		close(fd);
	free(text);
	free(diags);
	return r;
}
