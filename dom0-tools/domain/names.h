/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/names.h
 *
 * Names, UUIDs and domain ids: who is who, and nobody twice.  The store holds the names; a lock
 * file makes "look whether it is free" and "take it" one step for all tools on this host.
 */
#ifndef SOCLE_DOMAIN_NAMES_H
#define SOCLE_DOMAIN_NAMES_H

#include "domain/config.h"
#include "domain/context.h"

#define SOCLE_RUN_DIR "/run/socle"
#define SOCLE_LOG_DIR "/var/log/socle"

/* Hold the lock of this host's domains; a descriptor to close, or -1 with the error. */
int names_lock(struct socle_error *e);

/* Is the name or UUID free?  Call with the lock held.  -1 with DOMAIN_E_EXISTS and who has it. */
int names_check_free(struct domain_ctx *ctx, const struct domain_config *cfg,
		     struct socle_error *e);

/* A name, or a decimal domain id: 0 with *domid, or -1 (DOMAIN_E_NOT_FOUND and a guess). */
int names_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e);

/* malloc'ed name of a domain; "(null)" never: a domain without one gets "domain-N". */
char *names_of(struct domain_ctx *ctx, uint16_t domid);

/* mkdir with parents' existence assumed; existing is fine. */
int dir_ensure(const char *path, unsigned int mode, struct socle_error *e);

#endif /* SOCLE_DOMAIN_NAMES_H */
