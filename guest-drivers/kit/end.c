/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's end, and who wants to know of it (life.h). */
#include "kit/kit.h"
#include "kit/life.h"

struct kit_hook *kit_hooks;

void kit_hook_add(struct kit_hook *h)
{
	h->next = kit_hooks;
	kit_hooks = h;
}

void kit_end(unsigned int reason)
{
	for (struct kit_hook *h = kit_hooks; h; h = h->next)
		if (h->stop)
			h->stop(h->arg);
	kit_console_drain();
	kit_shutdown(reason);
}
