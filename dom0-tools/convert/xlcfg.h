/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/xlcfg.h
 *
 * The syntax of xl's files (xl.cfg(5)): KEY=VALUE and KEY+=VALUE, a value being a string in either kind of quotes, a number, or
 * a list of values.  What the keys mean is not known here.
 */
#ifndef SOCLE_CONVERT_XLCFG_H
#define SOCLE_CONVERT_XLCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/diag.h"

#define XL_DEPTH_MAX 8u /* lists in lists; xl's own files have two */

enum xl_kind { XL_STRING, XL_NUMBER, XL_LIST };

struct xl_value {
	enum xl_kind kind;
	unsigned int line, column;
	char *text;                     /* of a string, without quotes; of a number, as it was written */
	struct xl_value *first, *next;  /* of a list; the next one of the list that it stands in */
};

struct xl_item {
	char *key;
	unsigned int line, column;
	struct xl_value *value;
	struct xl_item *next;
};

struct xl_file {
	struct xl_item *first;
};

/*
 * What can be read of it, in the order of the file; a key stands once.  Whatever is no syntax goes to diags with its place, and the
 * rest of that line is passed over.
 */
void xl_parse(const char *text, size_t len, struct xl_file *out, struct diag_list *diags);
void xl_free(struct xl_file *f);

const struct xl_item *xl_find(const struct xl_file *f, const char *key);

/* A number, decimal, octal with 0 or hexadecimal with 0x in front; xl takes one in quotes as well. */
bool xl_number(const struct xl_value *v, uint64_t *out);

/* 0, "" or []: what asks for nothing. */
bool xl_is_nothing(const struct xl_value *v);

#endif /* SOCLE_CONVERT_XLCFG_H */
