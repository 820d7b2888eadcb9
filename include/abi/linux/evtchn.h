/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/linux/evtchn.h
 *
 * Requests of Linux's /dev/xen/evtchn; read() yields ports, write() unmasks them.
 */
#ifndef SOCLE_ABI_LINUX_EVTCHN_H
#define SOCLE_ABI_LINUX_EVTCHN_H

#include <stdint.h>

/* Requests. */
#define IOCTL_EVTCHN_BIND_VIRQ         0x44500
#define IOCTL_EVTCHN_BIND_INTERDOMAIN  0x84501
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT 0x44502
#define IOCTL_EVTCHN_UNBIND            0x44503
#define IOCTL_EVTCHN_NOTIFY            0x44504
#define IOCTL_EVTCHN_RESET             0x4505
#define IOCTL_EVTCHN_RESTRICT_DOMID    0x24506

/* BIND_VIRQ, returns the port; 4 bytes. */
struct ioctl_evtchn_bind_virq {
    uint32_t virq;
};

/* BIND_INTERDOMAIN, returns the local port; 8 bytes. */
struct ioctl_evtchn_bind_interdomain {
    uint32_t remote_domain;
    uint32_t remote_port;
};

/* BIND_UNBOUND_PORT, returns the local port; 4 bytes. */
struct ioctl_evtchn_bind_unbound_port {
    uint32_t remote_domain;
};

/* UNBIND; 4 bytes. */
struct ioctl_evtchn_unbind {
    uint32_t port;
};

/* NOTIFY; 4 bytes. */
struct ioctl_evtchn_notify {
    uint32_t port;
};

/* RESTRICT_DOMID; 2 bytes. */
struct ioctl_evtchn_restrict_domid {
    uint16_t domid;
};

#endif /* SOCLE_ABI_LINUX_EVTCHN_H */
