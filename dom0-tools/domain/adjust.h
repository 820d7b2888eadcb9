/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/adjust.h
 *
 * What can be changed of a guest that runs beside its devices: how many vCPUs are online, how much memory it shall have, and keys
 * for its kernel.  A guest does these itself when it is asked through the store; functions return 0 or -1 with the error.
 */
#ifndef SOCLE_DOMAIN_ADJUST_H
#define SOCLE_DOMAIN_ADJUST_H

#include "domain/context.h"

/* Its limits are changed, to what the text says: an event. */
__attribute__((format(printf, 3, 4)))
void limits_tell(struct domain_ctx *ctx, uint16_t domid, const char *fmt, ...);

/* So many are online; at most as many as it was made with. */
int vcpus_set(struct domain_ctx *ctx, uint16_t domid, unsigned int nr, struct socle_error *e);

/*
 * Ask the guest to have so much, and let it have no more.  Refused: more than it was made for, more than is free, and (unless
 * forced) less than it can live with.
 */
int memory_set(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, bool force, struct socle_error *e);

/* Wait until it is so, within some KiB. */
int memory_wait(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, unsigned int seconds, struct socle_error *e);

/*
 * With less than this a guest that was made for max_kib starves: a small kernel with the least that it works with, and what
 * Linux keeps of each page that it may ever have, whether the page is there or not: a descriptor of 64 bytes and 8 bytes of its
 * list of frames, 1/56 of the whole.  Twice that, since its tables and caches are sized by the whole as well.
 */
static inline uint64_t memory_floor(uint64_t max_kib)
{
	uint64_t floor = (24u << 10) + max_kib / 28;

	return floor < max_kib ? floor : max_kib;
}

/* A key of Linux's magic SysRq. */
int sysrq_send(struct domain_ctx *ctx, uint16_t domid, char key, struct socle_error *e);

#endif /* SOCLE_DOMAIN_ADJUST_H */
