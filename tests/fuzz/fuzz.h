/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzz targets share: taking typed pieces off the input, and claims about a result.
 *
 * Every piece of memory that a module under test may only read to its end is handed over as a heap block of exactly
 * that size, so that the address sanitizer sees one byte too many.
 */
#ifndef SOCLE_TESTS_FUZZ_FUZZ_H
#define SOCLE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define CLAIM(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: claim does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/* What is left of the input. At its end everything reads as zero. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t input_number(struct input *in, size_t width)
{
	uint64_t v = 0;
	size_t n = width < in->left ? width : in->left;

	if (n)
		memcpy(&v, in->at, n);
	in->at += n;
	in->left -= n;
	return v;
}

static inline uint8_t input_u8(struct input *in) { return (uint8_t)input_number(in, 1); }
static inline uint16_t input_u16(struct input *in) { return (uint16_t)input_number(in, 2); }
static inline uint32_t input_u32(struct input *in) { return (uint32_t)input_number(in, 4); }
static inline uint64_t input_u64(struct input *in) { return input_number(in, 8); }

/* A heap copy of the next n bytes (zeroes where the input ends); one byte is allocated for n = 0. */
static inline void *input_block(struct input *in, size_t n)
{
	size_t have = n < in->left ? n : in->left;
	uint8_t *p = calloc(1, n ? n : 1);

	if (!p)
		abort();
	if (have)
		memcpy(p, in->at, have);
	in->at += have;
	in->left -= have;
	return p;
}

/* The same, with a NUL added: text. */
static inline char *input_text(struct input *in, size_t n)
{
	size_t have = n < in->left ? n : in->left;
	char *p = calloc(1, have + 1);

	if (!p)
		abort();
	if (have)
		memcpy(p, in->at, have);
	in->at += have;
	in->left -= have;
	return p;
}

#endif
