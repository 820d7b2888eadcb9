/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/domain.h
 *
 * Questions about existing domains.  getdomaininfo answers with the next higher domain when the one
 * asked for does not exist; the functions here hide that trap.
 */
#ifndef SOCLE_LIBSOCLE_DOMAIN_H
#define SOCLE_LIBSOCLE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsocle/hypercall.h"

/* 0; -ESRCH when that very domain does not exist; another -errno. */
int socle_domain_info(struct socle_hv *hv, uint16_t domid, struct xen_domctl_getdomaininfo *out);

/* At most max domains with an id >= first, ascending: how many, or -errno. */
int socle_domain_list(struct socle_hv *hv, uint16_t first, struct xen_domctl_getdomaininfo *out,
		      size_t max);

/*
 * Is this event channel of a domain one to the control domain, bound to one of its own or (again) for it to bind?  No as well
 * when the domain is gone.
 */
bool socle_domain_port_is_ours(struct socle_hv *hv, uint16_t domid, uint32_t port);

#endif /* SOCLE_LIBSOCLE_DOMAIN_H */
