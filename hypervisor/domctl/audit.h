/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit of all frames, as a debug key. */
#ifndef SOCLE_DOMCTL_AUDIT_H
#define SOCLE_DOMCTL_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

/* struct debug_key.piece: *at is 0 at first; false when the audit is over and its result has been printed. */
bool audit_step(uint64_t *at);

#endif
