/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler and the kit, as lwIP wants to know them. */
#ifndef SOCLE_GUESTS_WEBD_PORT_ARCH_CC_H
#define SOCLE_GUESTS_WEBD_PORT_ARCH_CC_H

#include <stdint.h>
#include <sys/types.h>

void kit_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void kit_bail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint32_t webd_random(void);

/* ssize_t is there; lwIP would make another one, which some of its files then see beside the first. */
#define SSIZE_MAX			INT64_MAX
#define LWIP_NO_UNISTD_H		1

#define LWIP_RAND()			webd_random()
#define LWIP_PLATFORM_DIAG(args)	do { kit_printf args; } while (0)
#define LWIP_PLATFORM_ASSERT(text)	kit_bail("lwIP: %s (%s:%d)", text, __FILE__, __LINE__)

#endif
