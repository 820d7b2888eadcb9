/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/xenbus.h
 *
 * The handshake of a device as a table: what the backend does in each pair of its own state and the frontend's.  Pure; the
 * supervisor asks, acts, writes the new state, and asks again until there is nothing to do.
 */
#ifndef SOCLE_DEVICE_XENBUS_H
#define SOCLE_DEVICE_XENBUS_H

#include <stdbool.h>

#define DEVICE_STATES 9u /* XenbusStateUnknown to XenbusStateReconfigured */

enum device_act {
	DEVICE_REST,       /* nothing but the new state, if it is another */
	DEVICE_ADVERTISE,  /* a worker is ready; its features stand in the store; nothing is mapped */
	DEVICE_CONNECT,    /* the frontend's rings are served */
	DEVICE_RESUME,     /* the same rings are served on, by a new worker */
	DEVICE_DISCONNECT, /* nothing is served nor mapped */
	DEVICE_REMOVE,     /* the same; worker and nodes go */
};

struct device_step {
	enum device_act act;
	unsigned int next; /* our state when the act is done */
};

/*
 * online: the tools still want the device.  linked: a worker has its rings mapped.  A state beyond the table, which only a
 * broken peer writes, counts as Unknown.
 */
struct device_step device_step(unsigned int ours, unsigned int theirs, bool online, bool linked);

const char *device_state_name(unsigned int state);

#endif /* SOCLE_DEVICE_XENBUS_H */
