/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest guest: says so, and ends; with the argument "stay" it waits for an order to go. */
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/run.h"
#include "kit/string.h"

int main(int argc, char *argv[])
{
	kit_printf("Hello from a guest of %lu KiB, %lu ms after the machine's start.\n", kit_start_info->nr_pages * PAGE_SIZE / 1024,
		   kit_time() / 1000000);
	for (int i = 1; i < argc; i++)
		kit_printf("argument %d: %s\n", i, argv[i]);
	if (argc > 1 && strncmp(argv[1], "stay", 5) == 0)
		kit_loop();
	return 0;
}
