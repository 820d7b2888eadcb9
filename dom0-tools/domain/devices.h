/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/devices.h
 *
 * Devices of a guest as the tools see them: nodes in the store, which the guest's supervisor (or the kernel's backend) follows.
 */
#ifndef SOCLE_DOMAIN_DEVICES_H
#define SOCLE_DOMAIN_DEVICES_H

#include "device/device.h"
#include "domain/config.h"
#include "domain/context.h"
#include "domain/rundir.h"

/* One device of a guest: where it stands and who serves it. */
struct device_ref {
	enum device_class cls;
	uint32_t devid;
	bool kernel;
};

/* "/local/domain/0/backend/svbd/N/D", or vbd for the kernel's. */
void device_back_path(char out[KEYS_PATH_MAX], uint16_t domid, const struct device_ref *ref);

/*
 * All disks and cards of a guest that was just made: when this returns they wait for their frontends.  What stands after a
 * failure is the teardown's.
 */
int devices_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg, struct socle_error *e);

/* One device: until it waits for its frontend; on failure nothing is left. */
int disk_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, struct socle_error *e);
int card_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e);

/* Wait until the backend's state is at least this, or it says that it failed. */
int device_wait(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, unsigned int state, unsigned int ms,
		struct socle_error *e);

/*
 * Ask the guest to let go of it and wait until it is gone, or take it away at once.  -1 with ETIMEDOUT when the guest did not
 * within the time: it stays asked.
 */
int device_detach(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref, bool force, unsigned int ms,
		  struct socle_error *e);

/* What one device is and does; for lists. */
struct device_view {
	uint16_t domid;
	struct device_ref ref;
	unsigned int state;
	char dev[16];                /* a disk's target */
	char error[256];             /* why it does not work; else empty */
	struct vbd_config disk;
	struct vif_config card;
	uint64_t sectors;            /* a disk's, once it is connected */
	bool has_stats;
	struct ctl_stats stats;
	uint32_t restarts;
	int32_t pid;
};

/* All devices of a class, of one guest or (domid 0) of all; fn ends it by not returning 0, which is returned. */
int devices_each(struct domain_ctx *ctx, enum device_class cls, uint16_t domid,
		 int (*fn)(const struct device_view *v, void *arg), void *arg);

/* A guest's device by number: 0, or -1 (DOMAIN_E_NOT_FOUND). */
int device_find(struct domain_ctx *ctx, uint16_t domid, enum device_class cls, uint32_t devid, struct device_view *v,
		struct socle_error *e);

/* Change limits of a running device; those with a bit in mask. */
int device_limit(struct domain_ctx *ctx, const struct device_view *v, const struct ctl_bucket limit[CTL_LIMIT_COUNT],
		 unsigned int mask, struct socle_error *e);

/* The image of a running disk has another size: have it looked at; *sectors is what the guest is told. */
int disk_resize(struct domain_ctx *ctx, const struct device_view *v, uint64_t *sectors, struct socle_error *e);

/* Nobody serves the guest any more: its supervisor lets all go, and what runs as its user is ended. */
void devices_end(struct domain_ctx *ctx, uint16_t domid);

/* What stands under /run/socle/N; after the guest is gone. */
void guest_run_dir_remove(uint16_t domid);

/* Where a description names a network, find out what it is; and give each card an address. */
int cards_settle(struct domain_config *cfg, struct socle_error *e);

#endif /* SOCLE_DOMAIN_DEVICES_H */
