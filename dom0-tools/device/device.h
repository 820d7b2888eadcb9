/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device.h
 *
 * One device of a guest, with its worker: driven along the handshake's table (xenbus.h) from what stands in the store.
 */
#ifndef SOCLE_DEVICE_DEVICE_H
#define SOCLE_DEVICE_DEVICE_H

#include "device/control.h"
#include "device/keys.h"
#include "device/vif.h"
#include "device/worker.h"
#include "libsocle/error.h"

/* Workers of a guest run as this user and group, plus the guest's id. */
#define DEVICE_UID_BASE 0x70000000u

enum device_class { DEVICE_DISK, DEVICE_CARD, DEVICE_CLASSES };

/*
 * Types in the store.  Our own backends must not be called vbd and vif: a dom0 kernel with xen-blkback or xen-netback takes
 * all of those for its own.
 */
const char *device_front_type(enum device_class cls); /* "vbd", "vif" */
const char *device_back_type(enum device_class cls);  /* "svbd", "svif" */

/* What happened to a device; SAID for what is of interest to who reads its guest's log only. */
enum device_event { DEVICE_SAID, DEVICE_ATTACHED, DEVICE_DETACHED, DEVICE_FAILED, DEVICE_RESTARTED, DEVICE_LIMITED, DEVICE_RESIZED };

/* A line of the guest's log about one of its devices. */
struct device_line {
	enum device_event what;
	enum device_class cls;
	uint32_t devid;
	const char *text; /* without the device's name */
};

/* "disk xvda", "card 0": as users know it. */
#define DEVICE_NAME_MAX 24u
void device_name(char out[DEVICE_NAME_MAX], enum device_class cls, uint32_t devid);

/* What the devices of one guest share. */
struct device_host {
	uint16_t domid;
	struct socle_store *store; /* NULL while there is no connection */
	char run_dir[64], log_dir[64];
	char name[72]; /* of the guest, in the names of its workers' logs */
	const char *program[DEVICE_CLASSES];
	void *arg;
	void (*say)(void *arg, const struct device_line *l); /* into the guest's log */
	bool (*port_is_ours)(void *arg, uint32_t port); /* is this event channel of the guest's one to us? */
};

struct device {
	bool used, dirty;
	enum device_class cls;
	uint32_t devid;
	char back[KEYS_PATH_MAX], front[KEYS_PATH_MAX];

	struct worker worker;
	bool ready;   /* the worker has its image or tap */
	bool linked;  /* it serves the guest's rings */
	bool dead;    /* given up, until the tools remove it */
	struct worker_luck luck;
	struct worker_luck breaks; /* connections that the guest has broken soon after they began */
	uint64_t linked_ms;        /* when the last one began */
	uint64_t born_ms;      /* of the worker */
	uint64_t retry_ms;     /* not before; 0: at once */
	uint64_t patience_ms;  /* how long to wait for a lock; 0: nobody waits */
	unsigned int away;     /* tries to reach its NBD server, since that went away under the guest */
	unsigned int restarts; /* of the worker, while the guest used it */
	struct ctl_setup setup;
	uint64_t sectors;
	uint32_t queues, discard;
	uint64_t resizes;      /* asked for so far */
	uint32_t port[CTL_QUEUES_MAX], nr_ports; /* the guest's, of a disk's rings */

	bool refused;          /* the guest's requests are: the worker is used for nothing else any more */
	bool leaving;          /* its nodes are gone, and the guest may still wait for answers */
	uint64_t leave_ms;     /* until when a guest that was told may hold it; 0: it was not told */

	int tap[CTL_QUEUES_MAX]; /* a card's, kept while it exists */
	unsigned int nr_taps;
	struct vif_config plugged; /* as it was when they were made */
	char ifname[16];
};

void device_init(struct device *d, const struct device_host *h, enum device_class cls, uint32_t devid);

/*
 * Look at the store and do what there is to do.  False when the device is gone: the tools removed its nodes, or it was taken
 * offline and the frontend has let go, or had the time for it; nothing of it is left then.
 */
bool device_update(struct device *d, const struct device_host *h);

/* Its worker spoke unasked, or ended. */
void device_listen(struct device *d, const struct device_host *h);

/* It shall not be served any more, whatever the guest thinks; the nodes stay. */
void device_release(struct device *d, const struct device_host *h);

int device_stats(struct device *d, struct ctl_stats *out, struct socle_error *e);

/* Write the card's frames to fd until it is closed or capture ends (fd -1). */
int device_capture(struct device *d, int fd, struct socle_error *e);

uint64_t device_clock_ms(void);

/* --- for the two classes (device_disk.c, device_card.c) ----------------------------------------- */

#define DEVICE_FDS_MAX CTL_FDS_MAX

/*
 * Fill in d->setup, and open what the worker needs behind the device; fds[0..*n) are appended to, the caller closes them
 * whatever the answer.  -1 with EAGAIN: somebody else holds it, who may let go.
 */
int device_disk_open(struct device *d, const struct device_host *h, int *fds, unsigned int *n, struct socle_error *e);
int device_card_open(struct device *d, const struct device_host *h, int *fds, unsigned int *n, struct socle_error *e);

/* Take away what device_card_open() has made in this host. */
void device_card_close(struct device *d, const struct device_host *h);

#endif /* SOCLE_DEVICE_DEVICE_H */
