/* SPDX-License-Identifier: BSD-2-Clause */
/* See life.h. */
#include <abi/sched.h>
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/store.h"
#include "kit/suspend.h"

#define NODE "control/shutdown"

static struct kit_watch watch;

/* The empty text is the answer; the tools wait for it (pv-abi 8.3). */
static void on_request(void *arg)
{
	char word[16];

	(void)arg;
	if (kit_store_read(0, NODE, word, sizeof(word)) || !*word)
		return;
	kit_store_write(0, NODE, "");
	if (!strcmp(word, "poweroff") || !strcmp(word, "halt"))
		kit_end(SHUTDOWN_poweroff);
	if (!strcmp(word, "reboot"))
		kit_end(SHUTDOWN_reboot);
	if (!strcmp(word, "suspend") && kit_suspend())
		return;
	kit_printf("%s: \"%s\" cannot be done\n", NODE, word);
}

void kit_life_start(void)
{
	if (watch.fn || !kit_start_info->store_mfn)
		return;
	kit_store_write(0, "control/feature-poweroff", "1");
	kit_store_write(0, "control/feature-reboot", "1");
	kit_store_write(0, "control/feature-suspend", "1");
	if (kit_watch_add(&watch, on_request, NULL, NODE))
		kit_printf("%s cannot be watched\n", NODE);
}
