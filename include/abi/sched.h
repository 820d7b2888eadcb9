/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/sched.h
 *
 * sched_op(29): yield, block, poll, shutdown, watchdog.
 */
#ifndef SOCLE_ABI_SCHED_H
#define SOCLE_ABI_SCHED_H

#include <stdint.h>

/* Operations. */
#define SCHEDOP_yield           0
#define SCHEDOP_block           1
#define SCHEDOP_shutdown        2
#define SCHEDOP_poll            3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code   5
#define SCHEDOP_watchdog        6
#define SCHEDOP_pin_override    7

/* Shutdown reasons. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1
#define SHUTDOWN_suspend    2
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX        5

/* ops 2 and 5; 4 bytes. */
struct sched_shutdown {
    uint32_t reason; /* SHUTDOWN_* */
};

/* op 3; 24 bytes. */
struct sched_poll {
    uint64_t ports; /* handle: u32 ports */
    uint32_t nr_ports;
    uint8_t _pad0[4];
    uint64_t timeout; /* absolute ns, 0 = none */
};

/* op 4; 8 bytes. */
struct sched_remote_shutdown {
    uint16_t domain_id;
    uint8_t _pad0[2];
    uint32_t reason;
};

/* op 6; 8 bytes. */
struct sched_watchdog {
    uint32_t id; /* 0 = new, returned */
    uint32_t timeout; /* seconds, 0 = off */
};

/* op 7; 4 bytes. */
struct sched_pin_override {
    int32_t pcpu;
};

#endif /* SOCLE_ABI_SCHED_H */
