/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/vcpu.h
 *
 * vcpu_op(24): vCPU life cycle, run state, timers.
 */
#ifndef SOCLE_ABI_VCPU_H
#define SOCLE_ABI_VCPU_H

#include <stdint.h>

#include "xen.h"

/* Operations. */
#define VCPUOP_initialise                     0
#define VCPUOP_up                             1
#define VCPUOP_down                           2
#define VCPUOP_is_up                          3
#define VCPUOP_get_runstate_info              4
#define VCPUOP_register_runstate_memory_area  5
#define VCPUOP_set_periodic_timer             6
#define VCPUOP_stop_periodic_timer            7
#define VCPUOP_set_singleshot_timer           8
#define VCPUOP_stop_singleshot_timer          9
#define VCPUOP_register_vcpu_info             10
#define VCPUOP_send_nmi                       11
#define VCPUOP_get_physid                     12
#define VCPUOP_register_vcpu_time_memory_area 13

/* Run states. */
#define RUNSTATE_running    0
#define RUNSTATE_runnable   1
#define RUNSTATE_blocked    2
#define RUNSTATE_offline    3
#define XEN_RUNSTATE_UPDATE (UINT64_C(1) << 63)

/* Single-shot timer flags. */
#define VCPU_SSHOTTMR_future 1

/* op 4, out; also the registered area; 48 bytes. */
struct vcpu_runstate_info {
    int32_t state; /* RUNSTATE_* */
    uint8_t _pad0[4];
    uint64_t state_entry_time;
    uint64_t time[4]; /* ns per state */
};

/* op 5, in; 8 bytes. */
struct vcpu_register_runstate_memory_area {
    union {
        uint64_t h; /* handle: struct vcpu_runstate_info */
        uint64_t v;
        uint64_t p;
    } addr;
};

/* op 6, in; 8 bytes. */
struct vcpu_set_periodic_timer {
    uint64_t period_ns;
};

/* op 8, in; 16 bytes. */
struct vcpu_set_singleshot_timer {
    uint64_t timeout_abs_ns;
    uint32_t flags;
    uint8_t _pad0[4];
};

/* op 10, in; 16 bytes. */
struct vcpu_register_vcpu_info {
    uint64_t mfn;
    uint32_t offset;
    uint32_t rsvd;
};

/* op 12, out; 8 bytes. */
struct vcpu_get_physid {
    uint64_t phys_id;
};

/* op 13, in; 8 bytes. */
struct vcpu_register_time_memory_area {
    union {
        uint64_t h; /* handle: struct vcpu_time_info */
        uint64_t v;
        uint64_t p;
    } addr;
};

#endif /* SOCLE_ABI_VCPU_H */
