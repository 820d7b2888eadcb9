/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/element.c
 *
 * The generic half of reading a description: walk the tree along the table of value.c and refuse
 * whatever the table does not know, by name, with a guess at what was meant.  Values are trimmed of
 * white space at both ends before they are handed on, as libvirt does.  Depth is bounded by the
 * table, since an unknown element is not entered.
 */
#include "domain/element.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/xml.h"

static const char *node_name(const xmlNode *node)
{
	return (const char *)node->name;
}

static void check_attributes(struct reader *r, const xmlNode *node, const struct element *el)
{
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const char *name = (const char *)a->name, *guess;
		bool known = false;

		for (unsigned int i = 0; i < ELEMENT_ATTRS_MAX && el->attr[i]; i++)
			known |= strcmp(el->attr[i], name) == 0;
		if (known && !a->ns)
			continue;
		guess = diag_suggest(name, el->attr);
		xml_complain(r->diags, node, "<%s> has no attribute '%s'%s%s%s", el->name, name,
			     guess ? "; did you mean '" : "", guess ? guess : "",
			     guess ? "'?" : "");
	}
}

/* Text between child elements is layout only when it is white space. */
static void check_no_text(struct reader *r, const xmlNode *node, const struct element *el)
{
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (n->type == XML_ENTITY_REF_NODE ||
		    ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) &&
		     !xmlIsBlankNode(n))) {
			xml_complain(r->diags, node, "<%s> takes no text", el->name);
			return;
		}
	}
}

static const struct element *child_find(const struct element *el, const char *name,
					unsigned int *index)
{
	for (unsigned int i = 0; i < ELEMENT_CHILDREN_MAX && el->child[i]; i++) {
		if (strcmp(el->child[i]->name, name) == 0) {
			*index = i;
			return el->child[i];
		}
	}
	return NULL;
}

/* What other hosts' descriptions have, and why ours have not. */
static const char *why_refused(const char *name)
{
	static const struct {
		const char *name, *why;
	} words[] = {
		{ "graphics", "guests have no screen; 'socle console' is theirs" },
		{ "video", "guests have no screen; 'socle console' is theirs" },
		{ "input", "guests have no screen; 'socle console' is theirs" },
		{ "sound", "guests have no sound" },
		{ "emulator", "no program emulates devices for guests" },
		{ "controller", "disks and cards need no controllers here" },
		{ "hostdev", "guests get no real hardware; let the control domain drive it" },
		{ "serial", "the console is <console type='pty'/>, hvc0 in the guest" },
		{ "channel", "there is no such device; use the network, or the store" },
		{ "memballoon", "every guest has one; 'socle mem-set' uses it" },
		{ "rng", "there is no such device; guests have the processor's" },
		{ "filesystem", "share files over the network" },
		{ "bootloader", "name kernel and initrd in <os>, as files of the control domain" },
		{ "boot", "name kernel and initrd in <os>, as files of the control domain" },
		{ "loader", "name kernel and initrd in <os>, as files of the control domain" },
		{ "features", "the guest's kernel says itself what it needs" },
		{ "cpu", "guests see the processor that there is" },
		{ "clock", "a guest's clock starts with UTC" },
		{ "cputune", "shares of the processors are set by 'socle sched', pins by 'socle vcpu-pin'" },
		{ "memoryBacking", "a guest's memory is always its own, and never swapped" },
		{ "numatune", "guests have one node of memory" },
		{ "seclabel", "there are no security labels" },
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].why;
	return NULL;
}

static void refuse_child(struct reader *r, const xmlNode *child, const struct element *el)
{
	const char *names[ELEMENT_CHILDREN_MAX + 1] = { NULL }, *guess, *why = why_refused(node_name(child));

	for (unsigned int i = 0; i < ELEMENT_CHILDREN_MAX && el->child[i]; i++)
		names[i] = el->child[i]->name;
	guess = why ? NULL : diag_suggest(node_name(child), names);
	xml_complain(r->diags, child, "<%s> is not known inside <%s>%s%s%s", node_name(child), el->name,
		     why ? ": " : guess ? "; did you mean <" : "", why ? why : guess ? guess : "", guess ? ">?" : "");
}

static char *text_of(const xmlNode *node)
{
	xmlChar *content = xmlNodeGetContent(node);
	char *start = (char *)content, *end, *copy;

	if (!content)
		return NULL;
	while (isspace((unsigned char)*start))
		start++;
	end = start + strlen(start);
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	copy = strndup(start, (size_t)(end - start));
	xmlFree(content);
	return copy;
}

static void element_read(struct reader *r, const xmlNode *node, const struct element *el);

static void read_children(struct reader *r, const xmlNode *node, const struct element *el)
{
	const xmlNode *first[ELEMENT_CHILDREN_MAX] = { NULL };

	for (const xmlNode *n = node->children; n; n = n->next) {
		const struct element *child;
		unsigned int i, line, column;

		if (n->type != XML_ELEMENT_NODE)
			continue;
		child = n->ns ? NULL : child_find(el, node_name(n), &i);
		if (!child) {
			refuse_child(r, n, el);
			continue;
		}
		if (first[i] && !child->repeats) {
			xml_position(first[i], &line, &column);
			xml_complain(r->diags, n, "<%s> is given twice (first at line %u)",
				     child->name, line);
			continue;
		}
		if (!first[i])
			first[i] = n;
		element_read(r, n, child);
	}
	for (unsigned int i = 0; i < ELEMENT_CHILDREN_MAX && el->child[i]; i++)
		if (el->child[i]->required && !first[i])
			xml_complain(r->diags, node, "<%s> is missing inside <%s>",
				     el->child[i]->name, el->name);
}

static void element_read(struct reader *r, const xmlNode *node, const struct element *el)
{
	char *text = NULL;

	check_attributes(r, node, el);
	if (!el->has_text) {
		check_no_text(r, node, el);
	} else {
		text = text_of(node);
		if (!text) {
			diag_add(r->diags, 0, 0, "out of memory");
			return;
		}
	}
	if (el->take)
		el->take(r, node, text);
	free(text);
	read_children(r, node, el);
	if (el->finish)
		el->finish(r, node);
}

void element_read_document(xmlDoc *doc, struct domain_config *cfg, struct diag_list *diags)
{
	struct reader r = { .cfg = cfg, .diags = diags };
	const xmlNode *root = xmlDocGetRootElement(doc);

	if (!root || strcmp(node_name(root), element_domain.name) != 0 || root->ns) {
		if (root)
			xml_complain(diags, root, "the root element is <%s>, not <domain>",
				     node_name(root));
		else
			diag_add(diags, 0, 0, "the document has no element");
		return;
	}
	element_read(&r, root, &element_domain);
}
