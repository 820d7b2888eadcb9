/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/limits.h
 *
 * Limits of a device as the store keeps them: "config/limit-NAME" = "RATE BURST".
 */
#ifndef SOCLE_DEVICE_LIMITS_H
#define SOCLE_DEVICE_LIMITS_H

#include "device/control.h"
#include "device/keys.h"

#define LIMIT_RATE_MAX (UINT64_C(1) << 50)

/* The name of limits[i] of a disk or a card: "read-bytes", "rx-frames", ...; NULL when there is none. */
const char *disk_limit_name(unsigned int i);
const char *card_limit_name(unsigned int i);

/* All of them; missing is no limit.  0, or -EINVAL when one is not two numbers. */
int limits_read(const struct keys *back, const char *(*name)(unsigned int i), struct ctl_bucket limit[CTL_LIMIT_COUNT]);

#endif /* SOCLE_DEVICE_LIMITS_H */
