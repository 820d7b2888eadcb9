/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/guestlog.h
 *
 * A guest's log, /var/log/socle/NAME.log: what its watcher saw, and what the hypervisor said about it, one line an event, each
 * with its moment in UTC.  Renamed to NAME.log.1 when it is longer than a megabyte.
 */
#ifndef SOCLE_DOMAIN_GUESTLOG_H
#define SOCLE_DOMAIN_GUESTLOG_H

#include <stddef.h>
#include <stdint.h>

/* One line, "STAMP domain N: ...".  A full disk costs the line and nothing else. */
__attribute__((format(printf, 3, 4)))
void guestlog_say(const char *name, uint16_t domid, const char *fmt, ...);

/* A line of the hypervisor's, of that moment: "STAMP hypervisor: ...". */
void guestlog_hypervisor(const char *name, uint64_t ms, const char *text);

void guestlog_path(const char *name, char *out, size_t size);

#endif /* SOCLE_DOMAIN_GUESTLOG_H */
