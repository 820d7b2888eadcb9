/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints the time stamp counter. Under QEMU's -icount shift=0 that is the number of instructions since power-on: a
 * PV domain reads the counter itself, neither hypervisor intercepts it.
 */
#include <stdio.h>

int main(void)
{
	unsigned int low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	printf("%llu\n", (unsigned long long)high << 32 | low);
	return 0;
}
