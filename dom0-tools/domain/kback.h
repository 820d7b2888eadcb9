/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kback.h
 *
 * <driver name='kernel'/>: xen-blkback and xen-netback of this kernel, set up without hotplug scripts (pv-abi 8.3 to 8.5).
 */
#ifndef SOCLE_DOMAIN_KBACK_H
#define SOCLE_DOMAIN_KBACK_H

#include "device/device.h"
#include "domain/config.h"
#include "domain/context.h"

/* Its driver is in the kernel; -1 with what to load. */
int kback_check(enum device_class cls, struct socle_error *e);

#define KBACK_PHYSICAL_MAX 24u

/*
 * The block device for a disk, a loop device around a file: its "MAJOR:MINOR" in hexadecimal digits, and a descriptor that
 * keeps it until the backend has opened it.  -1 with the error.
 */
int kback_disk_open(const struct vbd_config *c, char physical[KBACK_PHYSICAL_MAX], struct socle_error *e);
int kback_disk_wait(struct domain_ctx *ctx, uint16_t domid, uint32_t devid, struct socle_error *e);

/* The interface that the backend makes: plugged in, and the backend told so. */
int kback_card_plug(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e);

/*
 * Wait until the kernel has forgotten the device.  One of the same name that came before would be taken for the old one, and
 * served by nobody.
 */
void kback_gone_wait(enum device_class cls, uint16_t domid, uint32_t devid);

/* A card's interface is gone, and the network that it was on if nobody else is there. */
void kback_card_unplug(const struct vif_config *c);

#endif /* SOCLE_DOMAIN_KBACK_H */
