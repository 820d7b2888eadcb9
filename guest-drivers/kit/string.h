/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of string.h that a compiler calls and a driver needs, and printf into a buffer. Names and meanings are the
 * standard's; there is no locale and no floating point.
 */
#ifndef SOCLE_KIT_STRING_H
#define SOCLE_KIT_STRING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/*
 * %d %i %u %x %X %p %c %s %% with - 0 width .precision and h hh l ll z; returns what the whole text is long, and ends the
 * buffer with a NUL unless its size is 0.
 */
int kit_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int kit_snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Digits and nothing else, 64 bits at most. False leaves *value alone. */
bool kit_parse_number(const char *text, uint64_t *value);
/* The same with one of K M G T behind it, each 1024 times the one before. */
bool kit_parse_size(const char *text, uint64_t *value);

#endif
