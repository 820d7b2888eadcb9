/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest guest: says so, and ends. */
#include "kit/kit.h"
#include "kit/run.h"

int main(int argc, char *argv[])
{
	kit_printf("Hello from a guest of %lu KiB, %lu ms after the machine's start.\n", kit_start_info->nr_pages * PAGE_SIZE / 1024,
		   kit_time() / 1000000);
	for (int i = 1; i < argc; i++)
		kit_printf("argument %d: %s\n", i, argv[i]);
	return 0;
}
