/* SPDX-License-Identifier: BSD-2-Clause */
/* How the last domains ended, kept after they are gone. */
#ifndef SOCLE_DEBUG_LAST_H
#define SOCLE_DEBUG_LAST_H

#include <stdbool.h>
#include <stdint.h>
#include <socle/op.h>

struct domain;

void last_words_init(void);		/* boot, before the first domain */
/* d has ended: kind is SOCLE_END_*, reason its shutdown code. Once an end. May be called under any lock. */
void last_words_record(const struct domain *d, uint32_t kind, uint32_t reason);
/* The oldest record kept whose number is not below seq; false if there is none. */
bool last_words_read(uint64_t seq, struct socle_last_words *out);

#endif
