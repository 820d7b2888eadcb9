/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/presence.h
 *
 * Whether a guest is there, from one domain of it to the next, and waiting for that to change.
 */
#ifndef SOCLE_DOMAIN_PRESENCE_H
#define SOCLE_DOMAIN_PRESENCE_H

#include "domain/config.h"
#include "domain/context.h"

enum presence { PRESENCE_OFF, PRESENCE_STARTING, PRESENCE_RUNNING, PRESENCE_REBOOTING, PRESENCE_ENDING };

/*
 * What to look for when a user says "who": its name or UUID, or the number of a domain that only has that.  -1 with
 * DOMAIN_E_NOT_FOUND for one that does not run, is not defined and never was made here.
 */
int presence_key(struct domain_ctx *ctx, const char *who, char key[DOMAIN_NAME_MAX + 1], struct socle_error *e);

/* How it is now; *domid of one that runs. */
enum presence presence_look(struct domain_ctx *ctx, const char *key, uint16_t *domid);

/*
 * Wait until it is so; one that runs counts when its domain is another than "other" (0: any).  seconds 0: without limit.  -1 with
 * DOMAIN_E_TIMEOUT, or DOMAIN_E_NOT_RUNNING when it is off for good.
 */
int presence_wait(struct domain_ctx *ctx, const char *key, enum presence want, uint16_t other, unsigned int seconds,
		  struct socle_error *e);

const char *presence_word(enum presence p);

#endif /* SOCLE_DOMAIN_PRESENCE_H */
