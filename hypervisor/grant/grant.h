/* SPDX-License-Identifier: BSD-2-Clause */
/* Grant tables, version 1. */
#ifndef SOCLE_GRANT_GRANT_H
#define SOCLE_GRANT_GRANT_H
#include <stdbool.h>
#include <stdint.h>
#include "mm/mm.h"
struct domain;
int grant_domain_init(struct domain *d);		/* one frame exists from the start */
int grant_relinquish(struct domain *d);			/* drops d's mappings of others; 0 or -XEN_ERESTART */
bool grant_retract(struct domain *d);			/* after death: frees the shared frames; false while others map them (call again) */
void grant_domain_fini(struct domain *d);
/* XENMEM_acquire_resource: mfn of shared frame idx, growing the table; INVALID_MFN when beyond the limit. */
mfn_t grant_shared_mfn(struct domain *d, uint32_t idx);
uint32_t grant_in_use(struct domain *d);		/* entries that others use at this moment */
/* One piece of a debug key's dump; *at begins at 0, true while more is left. Waits for no lock. */
bool grant_dump(struct domain *d, uint32_t *at);
long do_grant_table_op(uint64_t cmd, uint64_t uop, uint64_t count);
#endif
