/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/callback.h
 *
 * callback_op(30): entry points of the guest kernel.
 */
#ifndef SOCLE_ABI_CALLBACK_H
#define SOCLE_ABI_CALLBACK_H

#include <stdint.h>

/* Operations. */
#define CALLBACKOP_register   0
#define CALLBACKOP_unregister 1

/* Types and flags. */
#define CALLBACKTYPE_event               0
#define CALLBACKTYPE_failsafe            1
#define CALLBACKTYPE_syscall             2
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi                 4
#define CALLBACKTYPE_sysenter            5
#define CALLBACKTYPE_syscall32           7
#define CALLBACKF_mask_events            1

/* op 0, in; 16 bytes. */
struct callback_register {
    uint16_t type;
    uint16_t flags;
    uint8_t _pad0[4];
    uint64_t address;
};

/* op 1, in; 4 bytes. */
struct callback_unregister {
    uint16_t type;
    uint16_t _unused;
};

#endif /* SOCLE_ABI_CALLBACK_H */
