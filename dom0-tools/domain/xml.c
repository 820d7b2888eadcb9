/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/xml.c
 *
 * Reading XML with places.  libxml2's tree keeps the line of an element but not its column, and the
 * line is that of the end of the start tag.  So the parser's start-element callback is wrapped: at
 * that moment the input stands behind the tag's attributes, and since an attribute value cannot
 * contain "<", the nearest "<" before it begins this tag.  Line and column are packed into the
 * node's private pointer.
 *
 * The network is never used, no external entity is loaded, a DOCTYPE is refused.
 */
#include "domain/xml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>

#include "domain/schema.h"

static void place_record(xmlParserCtxt *ctxt)
{
	const xmlParserInput *in = ctxt->input;
	const xmlChar *p = in->cur, *start;
	uint64_t line = (uint64_t)in->line, column = 1;

	if (!ctxt->node)
		return;
	while (p > in->base && *p != '<')
		line -= *--p == '\n';
	for (start = p; start > in->base && start[-1] != '\n'; start--)
		column += (start[-1] & 0xc0) != 0x80; /* count UTF-8 characters, not bytes */
	ctxt->node->_private = (void *)(uintptr_t)(line << 32 | column);
}

static void on_start_element(void *vctxt, const xmlChar *local, const xmlChar *prefix,
			     const xmlChar *uri, int nr_ns, const xmlChar **ns, int nr_attrs,
			     int nr_defaulted, const xmlChar **attrs)
{
	xmlSAX2StartElementNs(vctxt, local, prefix, uri, nr_ns, ns, nr_attrs, nr_defaulted, attrs);
	place_record(vctxt);
}

/* libxml2's texts end in a newline. */
static void on_error(void *data, xmlErrorPtr err)
{
	struct diag_list *diags = data;
	const char *text = err->message ? err->message : "error";

	diag_add(diags, err->line > 0 ? (unsigned int)err->line : 0,
		 err->int2 > 0 ? (unsigned int)err->int2 : 0, "%.*s",
		 (int)strcspn(text, "\n"), text);
}

xmlDoc *xml_read(const char *name, const char *text, size_t len, struct diag_list *diags)
{
	/* This thread's: a program that has a handler of its own gets it back. */
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *before_data = xmlStructuredErrorContext;
	xmlParserCtxt *ctxt = xmlCreateMemoryParserCtxt(text, (int)len);
	xmlDoc *doc;

	(void)name;
	if (!ctxt) {
		diag_add(diags, 0, 0, len ? "out of memory" : "the file is empty");
		return NULL;
	}
	xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES);
	ctxt->sax->startElementNs = on_start_element;
	ctxt->sax->serror = NULL;
	xmlSetStructuredErrorFunc(diags, on_error);
	xmlParseDocument(ctxt);
	xmlSetStructuredErrorFunc(before_data, before);
	doc = ctxt->myDoc;
	if (doc && ctxt->wellFormed && doc->intSubset)
		diag_add(diags, 1, 1, "a DOCTYPE is not allowed in a domain description");
	else if (!ctxt->wellFormed && !diags->count)
		diag_add(diags, 0, 0, "not well-formed XML");
	if (diags->count) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

void xml_position(const xmlNode *node, unsigned int *line, unsigned int *column)
{
	uint64_t place = (uint64_t)(uintptr_t)node->_private;

	*line = (unsigned int)(place >> 32);
	*column = (unsigned int)place;
}

void xml_complain(struct diag_list *diags, const xmlNode *node, const char *fmt, ...)
{
	/* What is only counted needs no path: finding it takes as long as the node has siblings. */
	xmlChar *path = diags->kept < DIAG_MAX ? xmlGetNodePath(node) : NULL;
	unsigned int line, column;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	xml_position(node, &line, &column);
	diag_add(diags, line, column, "%s (%s)", text, path ? (const char *)path : "?");
	xmlFree(path);
}

static void on_schema_error(void *data, xmlErrorPtr err)
{
	struct diag_list *diags = data;
	const char *text = err->message ? err->message : "error";
	unsigned int line = err->line > 0 ? (unsigned int)err->line : 0, column = 0;

	if (err->node)
		xml_position(err->node, &line, &column);
	diag_add(diags, line, column, "schema: %.*s", (int)strcspn(text, "\n"), text);
}

static void on_own_schema_error(void *data, xmlErrorPtr err)
{
	struct diag_list *diags = data;

	diag_add(diags, 0, 0, "the built-in schema is broken at its line %d: %s", err->line,
		 err->message ? err->message : "?");
}

bool xml_validate(xmlDoc *doc, struct diag_list *diags)
{
	size_t before = diags->count;
	xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewMemParserCtxt(
		domain_schema, (int)(domain_schema_end - domain_schema));
	xmlRelaxNG *schema = NULL;
	xmlRelaxNGValidCtxt *valid = NULL;
	int r = -1;

	if (parser) {
		xmlRelaxNGSetParserStructuredErrors(parser, on_own_schema_error, diags);
		schema = xmlRelaxNGParse(parser);
	}
	if (schema)
		valid = xmlRelaxNGNewValidCtxt(schema);
	if (valid) {
		xmlRelaxNGSetValidStructuredErrors(valid, on_schema_error, diags);
		r = xmlRelaxNGValidateDoc(valid, doc);
	}
	if (r != 0 && diags->count == before)
		diag_add(diags, 0, 0, "schema: the document does not match");
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	return r == 0;
}
