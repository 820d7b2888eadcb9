/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's command line: one typed table (boot/cmdline.c). */
#ifndef SOCLE_BOOT_CMDLINE_H
#define SOCLE_BOOT_CMDLINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct options {
	uint64_t dom0_mem;		/* bytes; 0 = default */
	char console[32];		/* "com1,vga" */
	uint32_t com1_baud;
	uint16_t com1_port;
	bool noreboot;
	bool debug;
	bool acpi;
	uint32_t sched_slice_us;
	uint32_t max_cpus;		/* of the machine; 0 = all */
	uint32_t dom0_max_vcpus;	/* 0 = as many as the machine has CPUs */
	bool smap;
	uint32_t dom0_deadline;		/* seconds for the control domain to come up; 0 = for ever */
};
extern struct options options;
bool cmdline_knows(const char *word, size_t n);	/* is it an option: one of the table, or anything with a value */
void cmdline_parse(const char *line);	/* unknown or malformed options are named on the console */
#endif
