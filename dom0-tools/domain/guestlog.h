/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/guestlog.h
 *
 * A guest's log, /var/log/socle/NAME.log: what its watcher saw, one line an event, times in UTC.
 */
#ifndef SOCLE_DOMAIN_GUESTLOG_H
#define SOCLE_DOMAIN_GUESTLOG_H

#include <stdint.h>

struct guestlog {
	const char *name; /* of the guest */
	int fd;           /* -1: not open; it opens itself */
};

/* One line.  A full disk costs the line and nothing else. */
__attribute__((format(printf, 3, 4)))
void guestlog_say(struct guestlog *l, uint16_t domid, const char *fmt, ...);

#endif /* SOCLE_DOMAIN_GUESTLOG_H */
