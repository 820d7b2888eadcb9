/* SPDX-License-Identifier: BSD-2-Clause */
/* What is typed at the guest's console. Output is kit_printf() (kit.h). */
#ifndef SOCLE_KIT_CONSOLE_H
#define SOCLE_KIT_CONSOLE_H

#include <stddef.h>

/* fn is called from this vCPU's loop when there may be something to read. -XEN_ENODEV: the guest has no console. */
int kit_console_listen(void (*fn)(void *arg), void *arg);
size_t kit_console_read(char *text, size_t n);	/* what is there; 0 is nothing */

#endif
