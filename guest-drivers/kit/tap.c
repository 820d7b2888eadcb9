/* SPDX-License-Identifier: BSD-2-Clause */
/* Test results as TAP on the console; the plan comes last, so a kernel that dies half-way has none and fails. */
#include <abi/sched.h>
#include "kit/kit.h"

static unsigned int count, bad;

void tap_check(bool good, const char *file, int line, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	kit_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	count++;
	if (good) {
		kit_printf("ok %u - %s\n", count, text);
		return;
	}
	bad++;
	kit_printf("not ok %u - %s (%s:%d)\n", count, text, file, line);
}

void tap_plan(void)
{
	kit_printf("1..%u\n# %u failed\n", count, bad);
}

void tap_done(void)
{
	tap_plan();
	kit_console_drain();
	/* dom0 reboots, as QEMU's -no-reboot ends with it on every hypervisor; a guest would be started again. */
	kit_shutdown(kit_privileged() ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}
