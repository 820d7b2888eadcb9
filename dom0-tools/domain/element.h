/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/element.h
 *
 * The grammar of a domain description as a table, and the walk over a document that follows it.
 */
#ifndef SOCLE_DOMAIN_ELEMENT_H
#define SOCLE_DOMAIN_ELEMENT_H

#include <libxml/tree.h>

#include "domain/config.h"
#include "domain/diag.h"

struct reader {
	struct domain_config *cfg;
	struct diag_list *diags;
	const xmlNode *memory, *current; /* where the sizes stand, for checks between them */
};

#define ELEMENT_ATTRS_MAX    4
#define ELEMENT_CHILDREN_MAX 12

struct element {
	const char *name;
	const char *attr[ELEMENT_ATTRS_MAX]; /* names that may be given, NULL-ended */
	const struct element *child[ELEMENT_CHILDREN_MAX]; /* NULL-ended */
	bool required, repeats, has_text;
	/* Take the values of this element; its children have not been looked at yet. */
	void (*take)(struct reader *r, const xmlNode *node, const char *text);
	/* Look at the whole, after the children. */
	void (*finish)(struct reader *r, const xmlNode *node);
};

/* Fill cfg from a well-formed document; all that is wrong goes to diags. */
void element_read_document(xmlDoc *doc, struct domain_config *cfg, struct diag_list *diags);

/* The table's root (value.c). */
extern const struct element element_domain;

#endif /* SOCLE_DOMAIN_ELEMENT_H */
