/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants: pages that another domain may map or copy.
 *
 * A reference is given out once and comes back when nobody uses it. The other domain may keep a page mapped for as long as it
 * likes; then the grant cannot be ended, and neither reference nor page may be used again. kit_grant_end_page() keeps such a
 * pair until the other side has let go, so that a driver need not.
 */
#ifndef SOCLE_KIT_GRANT_H
#define SOCLE_KIT_GRANT_H

#include <stdbool.h>
#include <stdint.h>

/* A reference to a page of ours (any address in it) for a domain, or a negative errno. */
int kit_grant(uint16_t domid, const void *page, bool readonly);
/* 0: nobody can reach the page any more; -XEN_EBUSY: somebody has it mapped, and the reference stays taken. */
int kit_grant_end(uint32_t ref);
/* Ends the grant of a page of kit_page_alloc(1), and frees it as soon as nobody has it mapped. */
void kit_grant_end_page(uint32_t ref, void *page);
/* Is it in use by the other side at this moment? */
bool kit_grant_busy(uint32_t ref);
unsigned int kit_grants_kept(void);	/* pairs that kit_grant_end_page() has to keep at present */
/* The table must not be mapped while the guest is saved. Afterwards it may be a new, empty one: what was out is ended as ever. */
void kit_grants_suspend(void);
void kit_grants_resume(bool is_new);

#endif
