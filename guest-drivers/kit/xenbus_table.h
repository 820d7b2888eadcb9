/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frontend does when the state of its backend changes, as a table of its own phase and the backend's state (pv-abi
 * 8.3). Pure.
 *
 *   START --negotiate--> OFFERED --connect--> UP --changed--> UP
 *     ^                     |                  |
 *     +------- again -------+------ close -----+--> CLOSED --again--> START
 *
 * A backend that was started again says InitWait while we are OFFERED, UP or CLOSED; all is torn down and negotiated anew. BROKEN is
 * where a driver puts a device whose backend broke the rules; it stays there.
 */
#ifndef SOCLE_KIT_XENBUS_TABLE_H
#define SOCLE_KIT_XENBUS_TABLE_H

#include <abi/io/xenbus.h>

enum kit_device_phase { KIT_DEVICE_START, KIT_DEVICE_OFFERED, KIT_DEVICE_UP, KIT_DEVICE_CLOSED, KIT_DEVICE_BROKEN };

enum kit_device_act {
	KIT_ACT_NONE,
	KIT_ACT_NEGOTIATE,	/* read what it offers, make rings, publish them: OFFERED */
	KIT_ACT_CONNECT,	/* read what the device is: UP */
	KIT_ACT_CHANGED,	/* read again what the device is */
	KIT_ACT_AGAIN,		/* tear down, announce a new start: START, and look at the backend again */
	KIT_ACT_CLOSE,		/* tear down: CLOSED */
};

/* The act for a phase and the number that stands in the backend's state node; 0 when there is none. */
enum kit_device_act kit_device_act(enum kit_device_phase phase, unsigned long backend_state);

#endif
