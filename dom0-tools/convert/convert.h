/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/convert.h
 *
 * From a file of xl (xl.cfg(5)) to a description of ours.  Nothing is left out in silence: what has no equivalent here is named
 * with its place, its reason and what to do instead.  No file is touched: whether a disk's path is a block device is told by
 * its beginning with /dev/.
 */
#ifndef SOCLE_CONVERT_CONVERT_H
#define SOCLE_CONVERT_CONVERT_H

#include <stddef.h>

#include "domain/diag.h"

struct conversion {
	char *xml;            /* a description that domain_config_parse() accepts, malloc'ed; NULL when there are faults */
	size_t len;
	unsigned int faults;  /* errors of the file: no description comes of it */
	unsigned int losses;  /* keys and values that the description does not have */
};

/* All complaints, of both kinds, go to diags. */
void xl_convert(const char *name, const char *text, size_t len, struct conversion *out, struct diag_list *diags);

#endif /* SOCLE_CONVERT_CONVERT_H */
