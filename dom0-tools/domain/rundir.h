/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rundir.h
 *
 * The folder of a running guest, /run/socle/N, and the description in it.
 */
#ifndef SOCLE_DOMAIN_RUNDIR_H
#define SOCLE_DOMAIN_RUNDIR_H

#include "domain/config.h"
#include "libsocle/error.h"

#define GUEST_RUN_DIR_MAX   48u
#define WATCHER_DESCRIPTION "domain.xml"

void guest_run_dir(char out[GUEST_RUN_DIR_MAX], uint16_t domid);

/* The description that a running guest was made from; NULL with the error. */
struct domain_config *watch_description(uint16_t domid, struct socle_error *e);

#endif /* SOCLE_DOMAIN_RUNDIR_H */
