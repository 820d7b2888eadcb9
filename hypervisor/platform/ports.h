/* SPDX-License-Identifier: BSD-2-Clause */
/* What a domain has written to the ports that are emulated for it. Part of struct domain. */
#ifndef SOCLE_PLATFORM_PORTS_H
#define SOCLE_PLATFORM_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct port_state {
	uint32_t pci_address;		/* 0xcf8 */
	uint8_t rtc_index;		/* 0x70 */
	/* PIT channel 2 and its gate (0x42, 0x43, 0x61) */
	uint8_t pit_control, pit_gate;	/* command byte; bits 0-1 of port 0x61 */
	bool pit_write_high, pit_read_high, pit_latched;
	uint16_t pit_reload, pit_latch;
	uint64_t pit_start;		/* system time at which it was loaded */
};

#endif
