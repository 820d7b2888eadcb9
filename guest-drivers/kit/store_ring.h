/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's side of the store's ring page (pv-abi 8.1): two byte rings, and messages out of the bytes. Pure. The daemon's indices
 * are read once a step; when they make no sense, or a message is longer than any may be, the ring is broken until the
 * page is attached again.
 */
#ifndef SOCLE_KIT_STORE_RING_H
#define SOCLE_KIT_STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/io/xs_wire.h>

struct kit_store_ring {
	struct xenstore_domain_interface *page;	/* hostile */
	uint32_t req_prod, rsp_cons;
	bool broken;
};

/* What came in: complete when got is the header and its len. The body has a NUL behind it. */
struct kit_store_message {
	struct xsd_sockmsg head;
	char body[XENSTORE_PAYLOAD_MAX + 1];
	uint32_t got;
};

void kit_store_ring_attach(struct kit_store_ring *r, struct xenstore_domain_interface *page);
/* As many bytes as there is room for. */
size_t kit_store_ring_put(struct kit_store_ring *r, const void *data, size_t n);
/* True when *m is complete; it is begun anew by m->got = 0. *moved: the daemon has more room than before. */
bool kit_store_ring_get(struct kit_store_ring *r, struct kit_store_message *m, bool *moved);
/* The errno of an error's name; XEN_EIO for one that is not known. */
int kit_store_error(const char *name);

#endif
