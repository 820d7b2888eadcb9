/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/flood.h
 *
 * How much may be written to a log of which a guest is the cause: FLOOD_LINES at once, and then one in FLOOD_PAUSE_S seconds.
 * A guest can connect and disconnect its devices, break their rings and ask for nonsense as often as it likes, and a full
 * disk of the control domain is everybody's.
 *
 * Pure: the caller says what time it is, as for a bucket.
 */
#ifndef SOCLE_DEVICE_FLOOD_H
#define SOCLE_DEVICE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "device/bucket.h"

#define FLOOD_LINES   300u
#define FLOOD_PAUSE_S 10u

/* All zeroes in the beginning. */
struct flood {
	struct bucket bucket;
	uint64_t unsaid; /* lines that were left out since the last one */
};

/* May one more line be written?  Then *unsaid were left out before it, which is to be said as well. */
bool flood_passes(struct flood *f, uint64_t now, uint64_t *unsaid);

#endif /* SOCLE_DEVICE_FLOOD_H */
