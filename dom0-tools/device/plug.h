/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/plug.h
 *
 * A card's interface of this host, our tap or the kernel's vif, plugged in where its description says.
 */
#ifndef SOCLE_DEVICE_PLUG_H
#define SOCLE_DEVICE_PLUG_H

#include "device/vif.h"
#include "net/host.h"

/* The bridge is there, or made when it is one of ours; then the interface is its port, and up. */
int plug_in(struct net_host *net, const char *ifname, const struct vif_config *c, struct socle_error *e);

/* The interface is gone: a network of ours goes with its last port. */
int plug_out(struct net_host *net, const struct vif_config *c, struct socle_error *e);

#endif /* SOCLE_DEVICE_PLUG_H */
