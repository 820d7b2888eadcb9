/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/xen.h
 *
 * The real struct net_io: grants and event channels of one guest over descriptors that came with SETUP, and taps.
 */
#ifndef SOCLE_NETD_XEN_H
#define SOCLE_NETD_XEN_H

#include <stddef.h>

#include "libsocle/error.h"
#include "netd/io.h"

/* Takes the descriptors over.  NULL with the error filled in. */
struct net_io *net_xen_open(int gntdev_fd, int evtchn_fd, uint16_t domid, struct socle_error *e);

/* The requests of ioctl() that it makes. */
extern const unsigned long net_xen_ioctls[];
extern const size_t net_xen_nr_ioctls;

#endif /* SOCLE_NETD_XEN_H */
