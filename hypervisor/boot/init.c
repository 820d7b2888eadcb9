/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot list: what runs once, in this order, between head.S and the first guest. A step may use everything
 * above it and nothing below; a step that cannot do its work panics and says what the machine lacks.
 */
#include <stdint.h>
#include "boot/bootinfo.h"
#include "boot/boot.h"
#include "boot/cmdline.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/console.h"
#include "debug/last.h"
#include "debug/log.h"
#include "domain/dom0.h"
#include "domain/domain.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#ifdef SOCLE_DEBUG
#define BUILD_KIND " (debug)"
#else
#define BUILD_KIND ""
#endif

void boot_main(uint32_t magic, uint64_t info_paddr)
{
	console_early_init();
	printk("Socle 0.1.0" BUILD_KIND ": a hypervisor for x86-64 paravirtualised guests\n");
	bootinfo_init(magic, info_paddr);
	cmdline_parse(bootinfo.cmdline);
	console_configure();
	smp_register_cpu();
	desc_init_cpu(0);
	feature_init();
	mm_boot_init();
	console_remap();
	acpi_init();
	irq_boot_init();
	clock_init();
	timer_boot_init();
	console_irq_init();
	last_words_init();
	sched_init();
	smp_boot_init();
	if (dom0_create())
		panic("dom0 could not be built; the lines above say why");
	if (options.dom0_deadline)
		sched_watchdog_preset(dom0, options.dom0_deadline);
	console_release_vga();
	cpu_start_guest_loop();
}
