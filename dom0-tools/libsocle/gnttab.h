/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/gnttab.h
 *
 * Maps of pages that another domain granted to this one, over /dev/xen/gntdev.  What is mapped is
 * shared with a hostile peer: read each field once, into a local.
 */
#ifndef SOCLE_LIBSOCLE_GNTTAB_H
#define SOCLE_LIBSOCLE_GNTTAB_H

#include <stddef.h>
#include <stdint.h>

#include "libsocle/error.h"

struct socle_gnttab;

struct socle_gnttab *socle_gnttab_open(struct socle_error *e);
/* The same on a descriptor of /dev/xen/gntdev that was opened by somebody else; it is this object's now. */
struct socle_gnttab *socle_gnttab_adopt(int fd, struct socle_error *e);
void socle_gnttab_close(struct socle_gnttab *gt); /* NULL is allowed */

/* Map n references contiguously with PROT_*: all of them, or NULL with errno set. */
void *socle_gnttab_map(struct socle_gnttab *gt, uint16_t domid, const uint32_t *refs, size_t n,
		       int prot);
/* Undo a map; p and n exactly as mapped.  0 or -errno. */
int socle_gnttab_unmap(struct socle_gnttab *gt, void *p, size_t n);

/* The device's descriptor, for requests that have no function here (SET_UNMAP_NOTIFY). */
int socle_gnttab_fd(const struct socle_gnttab *gt);

#endif /* SOCLE_LIBSOCLE_GNTTAB_H */
