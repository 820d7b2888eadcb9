/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages in the image: a table that mkpages.sh makes of a folder at build time. */
#ifndef SOCLE_GUESTS_WEBD_PAGES_H
#define SOCLE_GUESTS_WEBD_PAGES_H

#include <stdint.h>

struct webd_page {
	const char *path, *type;
	const void *data;
	uint64_t length, etag;
};

extern const struct webd_page webd_pages[];
extern const uint64_t webd_nr_pages;

#endif
