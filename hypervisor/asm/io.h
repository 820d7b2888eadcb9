/* SPDX-License-Identifier: BSD-2-Clause */
/* Port and memory-mapped device access of exactly the named width. */
#ifndef SOCLE_ASM_IO_H
#define SOCLE_ASM_IO_H

#include <stdint.h>

#define DEFINE_PORT_IO(bits, suffix) \
static inline uint##bits##_t in##suffix(uint16_t port) \
{ \
	uint##bits##_t v; \
	__asm__ volatile("in" #suffix " %w1, %0" : "=a"(v) : "Nd"(port) : "memory"); \
	return v; \
} \
static inline void out##suffix(uint##bits##_t v, uint16_t port) \
{ \
	__asm__ volatile("out" #suffix " %0, %w1" : : "a"(v), "Nd"(port) : "memory"); \
}
DEFINE_PORT_IO(8, b)
DEFINE_PORT_IO(16, w)
DEFINE_PORT_IO(32, l)
#undef DEFINE_PORT_IO

#define DEFINE_MMIO(bits) \
static inline uint##bits##_t mmio_read##bits(const volatile void *p) \
{ \
	return *(const volatile uint##bits##_t *)p; \
} \
static inline void mmio_write##bits(volatile void *p, uint##bits##_t v) \
{ \
	*(volatile uint##bits##_t *)p = v; \
}
DEFINE_MMIO(8)
DEFINE_MMIO(16)
DEFINE_MMIO(32)
DEFINE_MMIO(64)
#undef DEFINE_MMIO

#endif
