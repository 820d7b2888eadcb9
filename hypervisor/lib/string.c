/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and string functions. The compiler itself emits calls to the first four. Copies and fills use the
 * string instructions: modern CPUs move whole cache lines with them (SDM vol. 1, 7.3.9.3), and they leave
 * the vector registers, which belong to the guest, alone. Eight bytes an item and the rest by bytes: older
 * CPUs and emulators take a step for each item, and clearing the memory of a domain is the longest loop there is.
 * Short copies, which a decoder makes by the million, do not repay the start of a string instruction.
 */
#include <stdint.h>
#include <string.h>

typedef uint64_t uint64_unaligned_t __attribute__((aligned(1), may_alias));

#define SHORT_COPY 32

/* Plain moves. The empty statements keep the compiler from seeing a memcpy() here and calling it. */
static void copy_short(uint8_t *d, const uint8_t *s, size_t n)
{
	for (; n >= 8; n -= 8, d += 8, s += 8) {
		*(uint64_unaligned_t *)d = *(const uint64_unaligned_t *)s;
		__asm__ volatile("" : : : "memory");
	}
	for (; n; n--) {
		*d++ = *s++;
		__asm__ volatile("" : : : "memory");
	}
}

void *memcpy(void *dst, const void *src, size_t n)
{
	size_t words = n / 8, rest = n % 8;
	void *d = dst;

	if (n < SHORT_COPY)
		copy_short(dst, src, n);
	else
		__asm__ volatile("rep movsq\n\tmov %3, %2\n\trep movsb"
				 : "+D"(d), "+S"(src), "+c"(words) : "r"(rest) : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = (char *)dst + n - 1;
	const char *s = (const char *)src + n - 1;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	__asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(d), "+S"(s), "+c"(n) : : "memory", "cc");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint64_t item = (uint8_t)c * 0x0101010101010101ULL;
	size_t words = n / 8, rest = n % 8;
	void *d = dst;

	__asm__ volatile("rep stosq\n\tmov %3, %1\n\trep stosb"
			 : "+D"(d), "+c"(words) : "a"(item), "r"(rest) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const uint8_t *p = s;

	for (; n; n--, p++)
		if (*p == (uint8_t)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	/* The empty statement keeps the compiler from seeing a strlen() here and calling it. */
	for (; s[n]; n++)
		__asm__ volatile("");
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (uint8_t)*a - (uint8_t)*b;
		if (!*a)
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

char *strstr(const char *s, const char *needle)
{
	size_t n = strlen(needle);

	for (; *s || !n; s++)
		if (!strncmp(s, needle, n))
			return (char *)(uintptr_t)s;
	return NULL;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t copy = n < size ? n : size - 1;

		memcpy(dst, src, copy);
		dst[copy] = 0;
	}
	return n;
}
