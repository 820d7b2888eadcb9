/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rewrite.h
 *
 * A description with another identity: the text as its author wrote it, comments and layout with it, but for a name, a UUID and
 * the addresses of cards.
 */
#ifndef SOCLE_DOMAIN_REWRITE_H
#define SOCLE_DOMAIN_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/diag.h"

struct identity {
	const char *name;   /* NULL: as it is */
	uint8_t uuid[16];
	bool new_macs;      /* those that are given as well: it is another guest */
};

/*
 * malloc'ed text in which name, <uuid> and a <mac> in each <interface> are given; NULL with a complaint.  The description has
 * been read without one.
 */
char *description_rewrite(const char *text, size_t len, const struct identity *id, size_t *out_len, struct diag_list *diags);

#endif /* SOCLE_DOMAIN_REWRITE_H */
