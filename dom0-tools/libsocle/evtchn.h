/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/evtchn.h
 *
 * Event channels of a dom0 process, over /dev/xen/evtchn.  The file descriptor is non-blocking and
 * becomes readable when a bound port fires; a fired port stays masked until socle_evtchn_unmask().
 * Binding functions return the local port (>= 0) or -errno, the others 0 or -errno.
 */
#ifndef SOCLE_LIBSOCLE_EVTCHN_H
#define SOCLE_LIBSOCLE_EVTCHN_H

#include <stdint.h>

#include "libsocle/error.h"

struct socle_evtchn;

struct socle_evtchn *socle_evtchn_open(struct socle_error *e);
/* The same on a descriptor of /dev/xen/evtchn, non-blocking, that was opened by somebody else; it is this object's now. */
struct socle_evtchn *socle_evtchn_adopt(int fd, struct socle_error *e);
void socle_evtchn_close(struct socle_evtchn *ec); /* NULL is allowed; unbinds everything */
int socle_evtchn_fd(const struct socle_evtchn *ec);

int socle_evtchn_bind_interdomain(struct socle_evtchn *ec, uint16_t domid, uint32_t remote_port);
int socle_evtchn_bind_virq(struct socle_evtchn *ec, unsigned int virq);
int socle_evtchn_bind_unbound(struct socle_evtchn *ec, uint16_t domid);
int socle_evtchn_unbind(struct socle_evtchn *ec, uint32_t port);
int socle_evtchn_notify(struct socle_evtchn *ec, uint32_t port);

/* The next fired port, or -errno; -EAGAIN when none is left. */
int socle_evtchn_pending(struct socle_evtchn *ec);
int socle_evtchn_unmask(struct socle_evtchn *ec, uint32_t port);

#endif /* SOCLE_LIBSOCLE_EVTCHN_H */
