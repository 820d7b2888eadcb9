/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/xenbus.c
 *
 * See xenbus.h.  pv-abi 8.3 has the usual way; the other pairs come from frontends that start anew (another kernel, a driver
 * unbound and bound again) without having said good-bye, and from those that say nonsense.
 *
 * A frontend that is Connected while we are Closing is left alone: it has been told, and a guest that does not listen is
 * the tools' to deal with.  One that is Closing is served until it is Closed: Linux before 5.14 says Closing while the disk is
 * still mounted, and Closed when its last user has gone.  One that comes back from Closed begins at the features again, whatever it claims to be: what it
 * had mapped before is gone.
 */
#include "device/xenbus.h"

#include <stddef.h>

#include <abi/io/xenbus.h>

#define REST(state)    { DEVICE_REST, XenbusState##state }
#define ADVERTISE      { DEVICE_ADVERTISE, XenbusStateInitWait }
#define CONNECT        { DEVICE_CONNECT, XenbusStateConnected }
#define AGAIN          ADVERTISE /* what was served before is dropped with it */
#define REMOVE         { DEVICE_REMOVE, XenbusStateClosed }
#define WAITING        { DEVICE_DISCONNECT, XenbusStateInitWait }
#define CLOSING        REST(Closing) /* what is served stays served */
#define CLOSED         { DEVICE_DISCONNECT, XenbusStateClosed }

#define FRESH { ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE, ADVERTISE }

/* Columns: Unknown, Initialising, InitWait, Initialised, Connected, Closing, Closed, Reconfiguring, Reconfigured. */
static const struct device_step wanted[DEVICE_STATES][DEVICE_STATES] = {
	[XenbusStateUnknown] = FRESH,
	[XenbusStateInitialising] = FRESH,
	[XenbusStateInitWait] = { CLOSED, WAITING, WAITING, CONNECT, CONNECT, CLOSING, CLOSED, WAITING, WAITING },
	[XenbusStateInitialised] = FRESH, /* we never are; somebody wrote it */
	[XenbusStateConnected] = { CLOSED, AGAIN, AGAIN, REST(Connected), REST(Connected), CLOSING, CLOSED,
				   REST(Connected), REST(Connected) },
	[XenbusStateClosing] = { CLOSED, AGAIN, REST(Closing), REST(Closing), REST(Closing), CLOSING, CLOSED,
				 REST(Closing), REST(Closing) },
	[XenbusStateClosed] = { CLOSED, AGAIN, CLOSED, AGAIN, AGAIN, CLOSED, CLOSED, CLOSED, CLOSED },
	[XenbusStateReconfiguring] = FRESH,
	[XenbusStateReconfigured] = FRESH,
};

/*
 * The tools have taken it offline.  A frontend that never connected, or has let go, is not asked; one that uses the
 * device goes on until it says that it closes: it has things to write back.
 */
static const struct device_step unwanted[DEVICE_STATES] = {
	[XenbusStateUnknown] = REMOVE,
	[XenbusStateInitialising] = REMOVE,
	[XenbusStateInitWait] = REMOVE,
	[XenbusStateInitialised] = REST(Closing),
	[XenbusStateConnected] = REST(Closing),
	[XenbusStateClosing] = CLOSING,
	[XenbusStateClosed] = REMOVE,
	[XenbusStateReconfiguring] = REST(Closing),
	[XenbusStateReconfigured] = REST(Closing),
};

/* The frontend uses rings that nobody serves: our worker, or the supervisor before us, died. */
static bool is_orphan(unsigned int ours, unsigned int theirs, bool online)
{
	if (theirs != XenbusStateInitialised && theirs != XenbusStateConnected)
		return false;
	return ours == XenbusStateConnected || (ours == XenbusStateClosing && !online);
}

struct device_step device_step(unsigned int ours, unsigned int theirs, bool online, bool linked)
{
	struct device_step step;

	if (ours >= DEVICE_STATES)
		ours = XenbusStateUnknown;
	if (theirs >= DEVICE_STATES)
		theirs = XenbusStateUnknown;
	step = online ? wanted[ours][theirs] : unwanted[theirs];
	if (step.act == DEVICE_DISCONNECT && !linked)
		step.act = DEVICE_REST;
	if (step.act == DEVICE_REST && !linked && is_orphan(ours, theirs, online))
		step.act = DEVICE_RESUME;
	return step;
}

const char *device_state_name(unsigned int state)
{
	static const char *const names[DEVICE_STATES] = {
		"unknown", "initialising", "waiting", "initialised", "connected", "closing", "closed", "reconfiguring",
		"reconfigured",
	};

	return state < DEVICE_STATES ? names[state] : names[0];
}
