/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/vbd.h
 *
 * What is a disk's own in the handshake: what the tools want of it, what is offered, what the frontend chose, what it is told
 * at the end (pv-abi 8.4, 9.2).
 */
#ifndef SOCLE_DEVICE_VBD_H
#define SOCLE_DEVICE_VBD_H

#include "device/control.h"
#include "device/keys.h"
#include "libsocle/error.h"

#define VBD_PATH_MAX 1024u

enum vbd_kind { VBD_FILE, VBD_BLOCK, VBD_NBD };

/* As the tools left it in the backend's folder; vbd_config_write() and vbd_config_read() are each other's inverse. */
struct vbd_config {
	enum vbd_kind kind;
	bool readonly, discard;
	uint32_t sector_size, physical_sector_size; /* 0: as the image has it */
	char path[VBD_PATH_MAX];    /* image, or the socket of an NBD server */
	char host[256];             /* NBD over TCP, with port; else empty */
	uint16_t port;
	char nbd_export[128];
	struct ctl_bucket limit[CTL_LIMIT_COUNT];
};

/* One key of the configuration: its name, and its value in buf; false for the one after the last. */
bool vbd_config_key(const struct vbd_config *c, unsigned int i, char key[KEY_MAX], char buf[VBD_PATH_MAX]);
int vbd_config_read(const struct keys *back, struct vbd_config *c, struct socle_error *e);

/* Offered before the frontend chooses.  discard: the image can do it, in units of that many bytes (0: it cannot). */
void vbd_features(const struct vbd_config *c, unsigned int queues, uint32_t discard, struct key_list *out);

/* What the frontend chose, every number within its bounds; else what is wrong with it. */
int vbd_connect_read(const struct keys *front, unsigned int queues, struct ctl_connect *c, struct socle_error *e);

/* Told when it is served. */
void vbd_properties(const struct ctl_setup_disk *s, uint64_t sectors, struct key_list *out);

#endif /* SOCLE_DEVICE_VBD_H */
