/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rewrite.c
 *
 * See rewrite.h.  What is put in stands on a line of its own where its neighbour does.
 */
#include "domain/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>
#include <uuid/uuid.h>

#include "device/vif.h"
#include "domain/xml.h"

static bool is_called(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

/* NULL: the first element, whatever it is. */
static xmlNode *child_find(const xmlNode *parent, const char *name)
{
	for (xmlNode *n = parent->children; n; n = n->next)
		if (name ? is_called(n, name) : n->type == XML_ELEMENT_NODE)
			return n;
	return NULL;
}

static xmlNode *element_new(xmlDoc *doc, const char *name, const char *text)
{
	return xmlNewDocNode(doc, NULL, (const xmlChar *)name, (const xmlChar *)text);
}

/* Behind an element, after the same white space that stands before that one. */
static void put_behind(xmlNode *at, xmlNode *n)
{
	xmlNode *space = at->prev && at->prev->type == XML_TEXT_NODE && xmlIsBlankNode(at->prev) ? xmlCopyNode(at->prev, 0) : NULL;

	xmlAddNextSibling(at, n);
	if (space)
		xmlAddPrevSibling(n, space);
}

static bool name_set(xmlNode *root, const char *name)
{
	xmlNode *n = child_find(root, "name");

	if (n)
		xmlNodeSetContent(n, (const xmlChar *)name); /* letters, digits and _.+- only: nothing to escape */
	return n != NULL;
}

static bool uuid_set(xmlDoc *doc, xmlNode *root, const uint8_t uuid[16])
{
	xmlNode *n = child_find(root, "uuid"), *name = child_find(root, "name");
	char text[37];

	uuid_unparse_lower(uuid, text);
	if (n) {
		xmlNodeSetContent(n, (const xmlChar *)text);
		return true;
	}
	n = name ? element_new(doc, "uuid", text) : NULL;
	if (n)
		put_behind(name, n);
	return n != NULL;
}

static bool mac_set(xmlDoc *doc, xmlNode *card, const uint8_t mac[6], bool anew)
{
	xmlNode *n = child_find(card, "mac"), *at;
	char text[18];

	vif_mac_print(mac, text);
	if (n && !anew)
		return true;
	if (n)
		return xmlSetProp(n, (const xmlChar *)"address", (const xmlChar *)text) != NULL;
	n = element_new(doc, "mac", NULL);
	if (!n || !xmlSetProp(n, (const xmlChar *)"address", (const xmlChar *)text)) {
		xmlFreeNode(n);
		return false;
	}
	at = child_find(card, "source");
	if (!at)
		at = child_find(card, NULL);
	if (at)
		put_behind(at, n);
	else
		xmlAddChild(card, n);
	return true;
}

/* Cards count in the order of the description, as in its reading. */
static bool macs_set(xmlDoc *doc, const xmlNode *root, const struct identity *id)
{
	const xmlNode *devices = child_find(root, "devices");
	unsigned int index = 0;

	for (xmlNode *n = devices ? devices->children : NULL; n; n = n->next) {
		uint8_t mac[6];

		if (!is_called(n, "interface"))
			continue;
		vif_mac_make(id->uuid, index++, mac);
		if (!mac_set(doc, n, mac, id->new_macs))
			return false;
	}
	return true;
}

char *description_rewrite(const char *text, size_t len, const struct identity *id, size_t *out_len, struct diag_list *diags)
{
	xmlDoc *doc = xml_read("", text, len, diags);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlChar *dump = NULL;
	char *out = NULL;
	int n = 0;

	if (root && (!id->name || name_set(root, id->name)) && uuid_set(doc, root, id->uuid) && macs_set(doc, root, id))
		xmlDocDumpMemory(doc, &dump, &n);
	xmlFreeDoc(doc);
	if (dump && (out = malloc((size_t)n + 1)) != NULL) {
		memcpy(out, dump, (size_t)n + 1);
		*out_len = (size_t)n;
	} else if (!diags->count) {
		diag_add(diags, 0, 0, "out of memory");
	}
	xmlFree(dump);
	return out;
}
