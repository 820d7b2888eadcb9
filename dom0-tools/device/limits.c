/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/limits.c
 *
 * See limits.h.
 */
#include "device/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *disk_limit_name(unsigned int i)
{
	static const char *const names[CTL_LIMIT_COUNT] = {
		[CTL_LIMIT_READ_BYTES] = "read-bytes", [CTL_LIMIT_WRITE_BYTES] = "write-bytes",
		[CTL_LIMIT_TOTAL_BYTES] = "total-bytes", [CTL_LIMIT_READ_OPS] = "read-ops",
		[CTL_LIMIT_WRITE_OPS] = "write-ops", [CTL_LIMIT_TOTAL_OPS] = "total-ops",
	};

	return i < CTL_LIMIT_COUNT ? names[i] : NULL;
}

const char *card_limit_name(unsigned int i)
{
	static const char *const names[CTL_LIMIT_COUNT] = {
		[CTL_LIMIT_RX_BYTES] = "rx-bytes", [CTL_LIMIT_TX_BYTES] = "tx-bytes",
		[CTL_LIMIT_RX_FRAMES] = "rx-frames", [CTL_LIMIT_TX_FRAMES] = "tx-frames",
	};

	return i < CTL_LIMIT_COUNT ? names[i] : NULL;
}

int limits_read(const struct keys *back, const char *(*name)(unsigned int i), struct ctl_bucket limit[CTL_LIMIT_COUNT])
{
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++) {
		char key[KEY_MAX], *text;
		int n = 0, used = 0;

		limit[i] = (struct ctl_bucket){ 0 };
		if (!name(i))
			continue;
		snprintf(key, sizeof(key), "config/limit-%s", name(i));
		text = keys_text(back, key, 48);
		if (text)
			n = sscanf(text, "%" SCNu64 " %" SCNu64 "%n", &limit[i].rate, &limit[i].burst, &used);
		if (text && (n != 2 || text[used] || limit[i].rate > LIMIT_RATE_MAX || limit[i].burst > LIMIT_RATE_MAX)) {
			free(text);
			return -EINVAL;
		}
		free(text);
	}
	return 0;
}
