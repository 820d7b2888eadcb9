/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/decoders/shim.c
 *
 * What the decoder libraries expect of a C library, for use where there is none.
 *
 * Everything here is local to decoders.o after its link: the memory functions cannot clash with the
 * hypervisor's own, nor depend on them. Memory is never taken from here: each library is given an
 * allocator (decoders.c), so malloc() and calloc() only satisfy the linker and return NULL, which
 * the libraries take as "no memory". A call that can only mean a broken stack or a broken length
 * stops the machine with ud2, which the hypervisor's trap handler reports with its address.
 *
 * Compiled with -ffreestanding, so that the loops below are not turned into calls of themselves.
 */
#include <stddef.h>
#include <stdint.h>

#include "decoders.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);
size_t strlen(const char *s);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void free(void *p);
_Noreturn void abort(void);
_Noreturn void __stack_chk_fail(void);
_Noreturn void decoders_no_legacy(void);
unsigned long long ZSTD_trace_decompress_begin(const void *dctx);
void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace);

/*
 * String instructions by eight bytes, the rest by one: fast microcode on real processors, and an
 * eighth of the iterations where each is interpreted. Matches of a few bytes, the usual case in a
 * decoder, do not repay the start of a string instruction.
 */
void *memcpy(void *to, const void *from, size_t n)
{
	void *d = to;
	size_t words = n / 8, rest = n % 8;

	if (n < 32) {
		for (size_t i = 0; i < n; i++)
			((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
		return to;
	}
	__asm__ volatile("rep movsq\n\tmov %3, %%rcx\n\trep movsb"
			 : "+D" (d), "+S" (from), "+c" (words) : "r" (rest) : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	uint8_t *d = to;
	const uint8_t *s = from;

	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *d = to;
	size_t words = n / 8, rest = n % 8;
	uint64_t fill = (uint8_t)byte * UINT64_C(0x0101010101010101);

	__asm__ volatile("rep stosq\n\tmov %2, %%rcx\n\trep stosb"
			 : "+D" (d), "+c" (words) : "r" (rest), "a" (fill) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const uint8_t *p = s;

	for (; n; n--, p++) {
		if (*p == (uint8_t)byte)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

void *malloc(size_t n)
{
	(void)n;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	(void)n;
	(void)size;
	return NULL;
}

void free(void *p)
{
	(void)p;
}

_Noreturn void abort(void)
{
	__builtin_trap();
}

_Noreturn void __stack_chk_fail(void)
{
	__builtin_trap();
}

/* libzstd's tracing hooks; 0 says that this call is not traced, so that the end is never called. */
unsigned long long ZSTD_trace_decompress_begin(const void *dctx)
{
	(void)dctx;
	return 0;
}

void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace)
{
	(void)ctx;
	(void)trace;
}

/*
 * The formats of zstd before 0.8 are 90 KiB of decoders for files that no kernel ever was. Naming
 * their entries here keeps them out of the link; decoders.c lets only today's format through, so
 * that none is reached.
 */
_Noreturn void decoders_no_legacy(void)
{
	__builtin_trap();
}

#define NO_LEGACY(name)	void name(void) __attribute__((alias("decoders_no_legacy")))

#define NO_LEGACY_VERSION(v)				\
	NO_LEGACY(ZSTD##v##_createDCtx);		\
	NO_LEGACY(ZSTD##v##_freeDCtx);			\
	NO_LEGACY(ZSTD##v##_decompress_usingDict);	\
	NO_LEGACY(ZSTD##v##_findFrameSizeInfoLegacy);	\
	NO_LEGACY(ZSTD##v##_getFrameParams);		\
	NO_LEGACY(ZBUFF##v##_createDCtx);		\
	NO_LEGACY(ZBUFF##v##_freeDCtx);			\
	NO_LEGACY(ZBUFF##v##_decompressInitDictionary);	\
	NO_LEGACY(ZBUFF##v##_decompressContinue)

NO_LEGACY_VERSION(v05);
NO_LEGACY_VERSION(v06);
NO_LEGACY_VERSION(v07);

/* Bounds laid out by decoders.lds. */
extern void (*const decoders_ctors_start[])(void) __attribute__((visibility("hidden")));
extern void (*const decoders_ctors_end[])(void) __attribute__((visibility("hidden")));

/* The libraries' constructors only look at CPUID and store function pointers: any number of runs. */
void decoders_init(void)
{
	void (*const *ctor)(void);

	for (ctor = decoders_ctors_start; ctor < decoders_ctors_end; ctor++)
		(*ctor)();
}
