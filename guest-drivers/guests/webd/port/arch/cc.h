/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler and the kit, as lwIP wants to know them. */
#ifndef SOCLE_GUESTS_WEBD_PORT_ARCH_CC_H
#define SOCLE_GUESTS_WEBD_PORT_ARCH_CC_H

#include <stdint.h>

void kit_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void kit_bail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint32_t webd_random(void);

#define LWIP_RAND()			webd_random()
#define LWIP_PLATFORM_DIAG(args)	do { kit_printf args; } while (0)
#define LWIP_PLATFORM_ASSERT(text)	kit_bail("lwIP: %s (%s:%d)", text, __FILE__, __LINE__)

#endif
