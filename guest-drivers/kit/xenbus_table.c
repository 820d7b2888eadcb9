/* SPDX-License-Identifier: BSD-2-Clause */
/* See xenbus_table.h. A backend that is Connected while we START has rings of before; it goes to InitWait when it
 * has seen our Initialising. Reconfiguring is of PCI only. */
#include "kit/xenbus_table.h"

#define STATES (XenbusStateReconfigured + 1)

static const unsigned char acts[][STATES] = {
	[KIT_DEVICE_START] = {
		[XenbusStateInitWait] = KIT_ACT_NEGOTIATE,
		[XenbusStateClosing] = KIT_ACT_CLOSE, [XenbusStateClosed] = KIT_ACT_CLOSE,
	},
	[KIT_DEVICE_OFFERED] = {
		[XenbusStateUnknown] = KIT_ACT_CLOSE, [XenbusStateInitialising] = KIT_ACT_AGAIN,
		[XenbusStateConnected] = KIT_ACT_CONNECT,
		[XenbusStateClosing] = KIT_ACT_CLOSE, [XenbusStateClosed] = KIT_ACT_CLOSE,
	},
	[KIT_DEVICE_UP] = {
		[XenbusStateUnknown] = KIT_ACT_CLOSE, [XenbusStateInitialising] = KIT_ACT_AGAIN,
		[XenbusStateInitWait] = KIT_ACT_AGAIN, [XenbusStateConnected] = KIT_ACT_CHANGED,
		[XenbusStateClosing] = KIT_ACT_CLOSE, [XenbusStateClosed] = KIT_ACT_CLOSE,
	},
	[KIT_DEVICE_CLOSED] = {
		[XenbusStateInitialising] = KIT_ACT_AGAIN, [XenbusStateInitWait] = KIT_ACT_AGAIN,
	},
	[KIT_DEVICE_BROKEN] = { [XenbusStateUnknown] = KIT_ACT_NONE },
};

enum kit_device_act kit_device_act(enum kit_device_phase phase, unsigned long backend_state)
{
	return backend_state < STATES ? acts[phase][backend_state] : KIT_ACT_NONE;
}
