/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/event_channel.h
 *
 * event_channel_op(32): operations, structures, FIFO layout.
 */
#ifndef SOCLE_ABI_EVENT_CHANNEL_H
#define SOCLE_ABI_EVENT_CHANNEL_H

#include <stdint.h>

/* Operations. */
#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq        1
#define EVTCHNOP_bind_pirq        2
#define EVTCHNOP_close            3
#define EVTCHNOP_send             4
#define EVTCHNOP_status           5
#define EVTCHNOP_alloc_unbound    6
#define EVTCHNOP_bind_ipi         7
#define EVTCHNOP_bind_vcpu        8
#define EVTCHNOP_unmask           9
#define EVTCHNOP_reset            10
#define EVTCHNOP_init_control     11
#define EVTCHNOP_expand_array     12
#define EVTCHNOP_set_priority     13

/* evtchn_bind_pirq.flags. */
#define BIND_PIRQ__WILL_SHARE 1

/* evtchn_status.status. */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5

/* Two-level and FIFO event words. */
#define EVTCHN_2L_NR_CHANNELS        0x1000
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     0xf
#define EVTCHN_FIFO_MAX_QUEUES       0x10
#define EVTCHN_FIFO_PENDING          0x1f
#define EVTCHN_FIFO_MASKED           0x1e
#define EVTCHN_FIFO_LINKED           0x1d
#define EVTCHN_FIFO_BUSY             0x1c
#define EVTCHN_FIFO_LINK_BITS        0x11
#define EVTCHN_FIFO_LINK_MASK        0x1ffff
#define EVTCHN_FIFO_NR_CHANNELS      0x20000

/* op 0: connect to a remote unbound port; 12 bytes. */
struct evtchn_bind_interdomain {
    uint16_t remote_dom;
    uint8_t _pad0[2];
    uint32_t remote_port;
    uint32_t local_port; /* out */
};

/* op 1; 12 bytes. */
struct evtchn_bind_virq {
    uint32_t virq;
    uint32_t vcpu;
    uint32_t port; /* out */
};

/* op 2; 12 bytes. */
struct evtchn_bind_pirq {
    uint32_t pirq;
    uint32_t flags;
    uint32_t port; /* out */
};

/* op 3; 4 bytes. */
struct evtchn_close {
    uint32_t port;
};

/* op 4; 4 bytes. */
struct evtchn_send {
    uint32_t port;
};

/* op 5; 24 bytes. */
struct evtchn_status {
    uint16_t dom;
    uint8_t _pad0[2];
    uint32_t port;
    uint32_t status; /* out: EVTCHNSTAT_* */
    uint32_t vcpu; /* out */
    union {
        struct {
            uint16_t dom;
        } unbound;
        struct {
            uint16_t dom;
            uint8_t _pad0[2];
            uint32_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u;
};

/* op 6; 8 bytes. */
struct evtchn_alloc_unbound {
    uint16_t dom; /* owner of the port */
    uint16_t remote_dom; /* who may connect */
    uint32_t port; /* out */
};

/* op 7; 8 bytes. */
struct evtchn_bind_ipi {
    uint32_t vcpu;
    uint32_t port; /* out */
};

/* op 8: move notifications; 8 bytes. */
struct evtchn_bind_vcpu {
    uint32_t port;
    uint32_t vcpu;
};

/* op 9; 4 bytes. */
struct evtchn_unmask {
    uint32_t port;
};

/* op 10: close everything; 2 bytes. */
struct evtchn_reset {
    uint16_t dom;
};

/* op 11: switch a vCPU to FIFO mode; 24 bytes. */
struct evtchn_init_control {
    uint64_t control_gfn;
    uint32_t offset;
    uint32_t vcpu;
    uint8_t link_bits; /* out */
    uint8_t _pad[7];
};

/* op 12: add a page of event words; 8 bytes. */
struct evtchn_expand_array {
    uint64_t array_gfn;
};

/* op 13; 8 bytes. */
struct evtchn_set_priority {
    uint32_t port;
    uint32_t priority;
};

/* FIFO control block of a vCPU (shared memory); 72 bytes. */
struct evtchn_fifo_control_block {
    uint32_t ready;
    uint32_t _rsvd;
    uint32_t head[16];
};

#endif /* SOCLE_ABI_EVENT_CHANNEL_H */
