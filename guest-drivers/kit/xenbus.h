/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device of the guest: its nodes in the store, and the handshake with its backend. A driver fills in struct kit_device_ops;
 * when each of them is called is decided by the table in xenbus_table.h. First vCPU only, from the loop.
 */
#ifndef SOCLE_KIT_XENBUS_H
#define SOCLE_KIT_XENBUS_H

#include <stdbool.h>
#include <stdint.h>
#include "kit/loop.h"
#include "kit/store.h"
#include "kit/xenbus_table.h"

struct kit_device;

struct kit_device_ops {
	const char *type;	/* "vbd" */
	unsigned int offered;	/* the state that says that our rings can be mapped: Initialised for vbd, Connected for vif */
	/* Read the backend's features, make rings and ports. Nothing to undo when it fails. */
	int (*prepare)(struct kit_device *d);
	/* Write the keys of the frontend; called again when the transaction has to be done again. */
	int (*publish)(struct kit_device *d, uint32_t tx);
	/* The backend is connected: read what the device is, start. */
	int (*connect)(struct kit_device *d);
	/* It was, and has written something since: a new size, for instance. */
	void (*changed)(struct kit_device *d);
	/* Take rings and ports down, after prepare. again: a new backend is expected, what was asked for may be asked of it. */
	void (*disconnect)(struct kit_device *d, bool again);
	/* It was expected, and will not come: the tools have taken the device away. May be NULL. */
	void (*gone)(struct kit_device *d);
};

struct kit_device {
	const struct kit_device_ops *ops;
	void *driver;
	char node[40];		/* device/vbd/51712 */
	char backend[96];	/* /local/domain/0/backend/vbd/1/51712 */
	uint16_t backend_id;
	enum kit_device_phase phase;
	bool prepared, expected;
	struct kit_watch watch;
	char error[96];		/* why it is BROKEN */
};

/* The name (a number) of the n-th device of a type, or a negative errno: -XEN_ENOENT when there are not so many. */
int kit_device_name(const char *type, unsigned int n, char *name, size_t size);
/* Begins the handshake. */
int kit_device_open(struct kit_device *d, const struct kit_device_ops *ops, const char *name, void *driver);
/* Ends it: says Closed, takes all down, forgets the device. */
void kit_device_close(struct kit_device *d);
/* Until it is UP (0), BROKEN or CLOSED (-XEN_EIO), or the time has come (-XEN_ETIMEDOUT). */
int kit_device_wait(struct kit_device *d, uint64_t until);
/* The backend broke the rules: the device is taken down for good, and the reason said on the console and in the store. */
void kit_device_fail(struct kit_device *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* All devices begin anew after a resume. */
void kit_devices_resume(void);

/* Keys below the device's own node and the backend's. */
int kit_device_put(struct kit_device *d, uint32_t tx, const char *key, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Takes away a key that an earlier connection may have left. */
int kit_device_clear(struct kit_device *d, uint32_t tx, const char *key);
/* A number of the backend; what is not there, is no number or above max reads as otherwise. */
uint64_t kit_device_get(struct kit_device *d, const char *key, uint64_t max, uint64_t otherwise);

#endif
