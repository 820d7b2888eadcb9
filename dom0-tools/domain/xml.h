/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/xml.h
 *
 * The seam between libxml2 and the rest: a document whose elements know line and column, and a
 * check against the schema.
 */
#ifndef SOCLE_DOMAIN_XML_H
#define SOCLE_DOMAIN_XML_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "domain/diag.h"

/* Well-formed or NULL with entries in diags.  DOCTYPE is refused.  Free with xmlFreeDoc(). */
xmlDoc *xml_read(const char *name, const char *text, size_t len, struct diag_list *diags);

/* Where an element's start tag begins. */
void xml_position(const xmlNode *node, unsigned int *line, unsigned int *column);

/* Add a complaint about an element, its XPath at the end. */
void xml_complain(struct diag_list *diags, const xmlNode *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Does the document match the schema?  Complaints go to diags. */
bool xml_validate(xmlDoc *doc, struct diag_list *diags);

#endif /* SOCLE_DOMAIN_XML_H */
