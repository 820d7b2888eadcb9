/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/handles.h
 *
 * The kernel's doors that a worker is given: grants and events, each opened anew for it, so that all that it has mapped and
 * bound goes with it.
 */
#ifndef SOCLE_DEVICE_HANDLES_H
#define SOCLE_DEVICE_HANDLES_H

#include <stdint.h>

#include "libsocle/error.h"

/* Each a descriptor, or -1 with the error.  The events' one can reach no other domain than this. */
int handle_grants_open(struct socle_error *e);
int handle_events_open(uint16_t domid, struct socle_error *e);

#endif /* SOCLE_DEVICE_HANDLES_H */
