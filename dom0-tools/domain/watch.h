/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watch.h
 *
 * The watcher: one process for each guest, which supervises its devices, waits for its end and does what
 * the description says for that end.
 */
#ifndef SOCLE_DOMAIN_WATCH_H
#define SOCLE_DOMAIN_WATCH_H

#include "domain/config.h"
#include "domain/reserve.h"
#include "domain/rundir.h"
#include "libsocle/error.h"

/*
 * Fork a watcher for a guest that is about to be made; cfg->uuid is set, its name is reserved, which the
 * watcher inherits.  Returns a descriptor for the two calls below, to be closed if nothing comes of it.  When it is closed after watch_born()
 * without watch_release(), or the caller dies then, the watcher takes the domain away.  -1 with the
 * error. argv0 is the program's own title, which the watcher replaces to say whom it watches.
 */
int watch_fork(struct domain_config *cfg, const struct reserve *reserve, char *argv0, struct socle_error *e);

/*
 * Start a watcher for a guest that runs and has none: the one before was killed.  0, or -1 with the error (EBUSY: it has one).
 */
int watch_adopt(uint16_t domid, char *argv0, struct socle_error *e);

/* This domain now exists. */
void watch_born(int fd, uint16_t domid);

/* It runs, and is the watcher's from now on.  Closes the descriptor. */
void watch_release(int fd, uint16_t domid);

#endif /* SOCLE_DOMAIN_WATCH_H */
