/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text: %s %c %d %i %u %x %X %o %p %%, lengths hh h l ll z, flags - 0 + space #, width and
 * precision as numbers or *. No floating point, no %n. The result is always terminated when size > 0; the
 * return value is the length the whole text would have, as in C.
 */
#ifndef SOCLE_LIB_FORMAT_H
#define SOCLE_LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
