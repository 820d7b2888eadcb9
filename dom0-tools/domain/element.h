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

#define ELEMENT_ATTRS_MAX    8
#define ELEMENT_CHILDREN_MAX 20

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

/* The table's root (value.c), and its parts for devices (value_disk.c, value_card.c). */
extern const struct element element_domain, element_disk, element_interface;

/* --- for the functions of the table ------------------------------------------------------------ */

/* malloc'ed, or NULL. */
char *attribute_get(const xmlNode *node, const char *name);

/*
 * Complain unless the attribute is absent (when optional) or one of the words; which one it is, or -1.  say is the words for
 * people.
 */
int attribute_check(struct reader *r, const xmlNode *node, const char *name, bool required, const char *const *words,
		    const char *say);

/* A decimal number from min to max in an attribute, left alone when it is missing; what: "an MTU". */
bool attribute_number(struct reader *r, const xmlNode *node, const char *name, uint64_t min, uint64_t max, const char *what,
		      uint64_t *out);

/* A decimal number without sign; false when it is not one or does not fit. */
bool number_read(const char *text, uint64_t *out);

#endif /* SOCLE_DOMAIN_ELEMENT_H */
