/* SPDX-License-Identifier: BSD-2-Clause */
/* See console.h; apart from the output, so that a guest which only prints has no loop. */
#include "kit/console.h"
#include "kit/events.h"
#include "kit/internal.h"
#include "kit/kit.h"

int kit_console_listen(void (*fn)(void *arg), void *arg)
{
	if (kit_privileged() || !kit_console())
		return -XEN_ENODEV;
	return kit_listen(kit_start_info->console.domU.evtchn, fn, arg);
}

size_t kit_console_read(char *text, size_t n)
{
	struct kit_console_ring *r = kit_privileged() ? NULL : kit_console();
	size_t got = r ? kit_console_ring_get(r, text, n) : 0;

	if (got)
		kit_send(kit_start_info->console.domU.evtchn);	/* there is room again */
	return got;
}
