/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices behind the log, for boot/ and debug/ only; everybody else prints with debug/log.h. */
#ifndef SOCLE_DEBUG_CONSOLE_H
#define SOCLE_DEBUG_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Options are known: opens the devices they name and prints what the ring holds so far. */
void console_configure(void);
void console_remap(void);		/* after mm_boot_init(): VGA memory gets its final mapping */
void console_release_vga(void);		/* dom0 takes the screen */
/* To the devices, "\n" becoming "\r\n" on serial lines. Caller: log.c, under the console lock or in a panic. */
void console_write(const char *s, size_t n);
/* Waits until the UART has sent everything (bounded). */
void console_drain(void);
/* The hypervisor owns the UART: its ports and its interrupt are refused to dom0. */
bool console_owns_uart(uint16_t *first_port, uint16_t *last_port, uint32_t *gsi);

/* log.c: everything in the ring, for console_configure(). */
void log_replay(void);
/* panic.c's: stop taking locks. */
void log_enter_panic(void);

#endif
