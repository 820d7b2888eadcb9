/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/names.h
 *
 * Names, UUIDs and domain ids: who is who.  A guest is found by its reservation (reserve.h), at the same cost however many
 * there are; one that has none, since other tools made it, by what stands in the store.
 */
#ifndef SOCLE_DOMAIN_NAMES_H
#define SOCLE_DOMAIN_NAMES_H

#include "domain/config.h"
#include "domain/context.h"
#include "domain/reserve.h"

#define SOCLE_RUN_DIR "/run/socle"
#define SOCLE_LOG_DIR "/var/log/socle"
#define SOCLE_NAMES_DIR SOCLE_RUN_DIR "/names"

/* Where reservations are, and who lives. */
struct reserve_place names_place(struct domain_ctx *ctx);

/*
 * Take the name and the UUID of a description.  A guest of that name that is about to be gone is waited for.  -1 with
 * DOMAIN_E_EXISTS and who has them.
 */
int names_reserve(struct domain_ctx *ctx, const struct domain_config *cfg, struct reserve *r, struct socle_error *e);

/* What the reservation of this domain says; false when there is none, or it is of another guest. */
bool names_reserved(struct domain_ctx *ctx, uint16_t domid, struct reserve_line *l);

/* A guest whose reservation said this is gone: wait until nobody holds its name. */
void names_leave_wait(const struct reserve_line *l);

/*
 * A name, a UUID or a decimal domain id: 0 with *domid, or -1 (DOMAIN_E_NOT_FOUND and a guess).  One that is starting or
 * rebooting, and has no domain just now, is waited for some seconds.
 */
int names_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e);

/* malloc'ed name of a domain; "(null)" never: a domain without one gets "domain-N". */
char *names_of(struct domain_ctx *ctx, uint16_t domid);

/* mkdir with parents' existence assumed; existing is fine. */
int dir_ensure(const char *path, unsigned int mode, struct socle_error *e);

#endif /* SOCLE_DOMAIN_NAMES_H */
