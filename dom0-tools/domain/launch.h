/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/launch.h
 *
 * From a description to a running guest with a watcher: the one way in which guests are made, by whatever command.
 */
#ifndef SOCLE_DOMAIN_LAUNCH_H
#define SOCLE_DOMAIN_LAUNCH_H

#include "domain/config.h"
#include "domain/context.h"

/*
 * All or nothing: on failure nothing of it is left, and its name is free again.  argv0 is the program's title, for the watcher
 * to replace.
 */
int domain_launch(struct domain_ctx *ctx, struct domain_config *cfg, char *argv0, uint16_t *domid, struct socle_error *e);

#endif /* SOCLE_DOMAIN_LAUNCH_H */
