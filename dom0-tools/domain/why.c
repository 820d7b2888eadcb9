/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/why.c
 *
 * See why.h.  The handshake is in pv-abi, 8.2: the backend offers (InitWait), the frontend answers (Initialised, Connected), the
 * backend connects; each end closes in its turn.
 */
#include "domain/why.h"

#include <stddef.h>

#include <abi/io/xenbus.h>

static const char *going(const struct why_device *d)
{
	if (!d->kernel && !d->supervised)
		return "is to go, but the guest's supervisor does not run: 'socle supervise' starts one";
	if (d->front && d->front < XenbusStateClosing)
		return "is to go, and waits for the guest to let it go: it may still be mounted or in use there ('--force' does not ask)";
	return "is to go, and waits for its backend to finish what it was given";
}

/* Neither is connected yet: whose turn is it? */
static const char *connecting(const struct why_device *d)
{
	if (d->back < XenbusStateInitWait && d->kernel)
		return "waits for the kernel's backend: is its module loaded (xen-blkback, xen-netback)?";
	if (d->back < XenbusStateInitWait)
		return "waits for its backend to open what is behind it: the image may be locked by somebody else, or its server slow";
	if (d->front < XenbusStateInitialised)
		return "is ready, and waits for the guest: its kernel has not started the driver (yet), or has none";
	return "has been answered by the guest, and waits for its backend to take the guest's rings";
}

const char *why_device(const struct why_device *d)
{
	if (d->error && *d->error)
		return d->error;
	if (!d->back)
		return "has no backend: its nodes are gone from the store; detach it with '--force'";
	if (d->asked_to_go || d->back >= XenbusStateClosing)
		return going(d);
	if (!d->kernel && !d->supervised)
		return "is not served: the guest's supervisor does not run; 'socle supervise' starts one";
	if (d->back == XenbusStateConnected && d->front == XenbusStateConnected && !d->kernel && !d->worker)
		return "is connected, but its worker is gone: the supervisor starts another";
	if (d->front >= XenbusStateClosing && d->back == XenbusStateConnected)
		return "has been given up by the guest, and waits for its backend to notice";
	if (d->back == XenbusStateConnected)
		return d->front == XenbusStateConnected ? NULL : "is connected, and waits for the guest to use it";
	return connecting(d);
}
