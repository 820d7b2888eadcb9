/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/hvline.h
 *
 * Whom a line of the hypervisor's log is about.  Pure.
 */
#ifndef SOCLE_DOMAIN_HVLINE_H
#define SOCLE_DOMAIN_HVLINE_H

#include <stddef.h>

/* The domain, or -1.  *text is where the line goes on after the hypervisor's mark. */
int hvline_domain(const char *line, size_t len, const char **text);

#endif /* SOCLE_DOMAIN_HVLINE_H */
