/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/autostart.h
 *
 * Which definitions start with the host: their files NAME.start (startplan.h), read and changed.
 */
#ifndef SOCLE_DOMAIN_AUTOSTART_H
#define SOCLE_DOMAIN_AUTOSTART_H

#include "domain/startplan.h"
#include "libsocle/error.h"

/* malloc'ed, sorted; *nr of them.  A file that cannot be read is an error, which names it. */
int autostart_load(struct start_item **item, size_t *nr, struct socle_error *e);

/* The file of one, if there is any. */
bool autostart_is(const char *name);

/*
 * Let a definition start with the host, or change how; with the lock of the folder held.  Those that it comes after have to start
 * with the host as well; a ring is refused.
 */
int autostart_put(const struct start_item *s, struct socle_error *e);

/* It does not start with the host any more; refused while another comes after it. */
int autostart_drop(const char *name, struct socle_error *e);

/* Another starts after this one: refused with who it is. */
int autostart_check_unused(const char *name, struct socle_error *e);

/* Who came after one of this name comes after the other. */
int autostart_follow(const char *name, const char *to, struct socle_error *e);

#endif /* SOCLE_DOMAIN_AUTOSTART_H */
