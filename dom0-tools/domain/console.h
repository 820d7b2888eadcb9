/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/console.h
 *
 * A guest's console as the console daemon offers it: a Unix socket with raw bytes both ways, and a
 * log file.
 */
#ifndef SOCLE_DOMAIN_CONSOLE_H
#define SOCLE_DOMAIN_CONSOLE_H

#include <stddef.h>

#include "domain/context.h"

/* Is the daemon running?  -1 with DOMAIN_E_NO_DAEMON. */
int console_check_daemon(struct socle_error *e);

/* Wait until the daemon has taken over the console of a new guest. */
int console_wait(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e);

/* A connected socket, or -1 with the error. */
int console_connect(uint16_t domid, struct socle_error *e);

/* The path of the log of a guest's console. */
void console_log_path(const char *name, char *out, size_t size);

#endif /* SOCLE_DOMAIN_CONSOLE_H */
