/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/decompress.c
 *
 * Memory and sanity around the decoders; see decompress.h.
 *
 * The output is taken at the size that the payload claims, capped, and the decoder can never write
 * past it. A claim that differs from what was really unpacked is refused: it is the cheapest sign of
 * a file that was cut and padded.
 */
#include <stdint.h>
#include <string.h>

#include <abi/errno.h>

#include "decompress.h"
#include "../decoders/decoders.h"

#define TRAILER_BYTES	4u

/* An ELF header; nothing shorter can be a kernel. */
#define MIN_UNPACKED	64u

static int unpack_copy(const void *in, size_t inlen, void *(*alloc)(size_t), void **out,
		       size_t *outlen, const char **why)
{
	void *copy = inlen <= PAYLOAD_MAX_UNPACKED ? alloc(inlen) : NULL;

	if (!copy) {
		*why = "not enough memory to hold the kernel";
		return -XEN_ENOMEM;
	}
	memcpy(copy, in, inlen);
	*out = copy;
	*outlen = inlen;
	return 0;
}

/* The size the payload claims, or 0 with *why. */
static size_t claimed_size(const void *in, size_t inlen, const char **why)
{
	uint32_t claim;

	if (inlen <= TRAILER_BYTES) {
		*why = "the compressed kernel is too short to be one";
		return 0;
	}
	memcpy(&claim, (const uint8_t *)in + inlen - TRAILER_BYTES, sizeof(claim));
	if (claim > PAYLOAD_MAX_UNPACKED) {
		*why = "the compressed kernel claims to be larger than 1 GiB: truncated or corrupt";
		return 0;
	}
	if (claim < MIN_UNPACKED) {
		*why = "the compressed kernel claims to be smaller than an ELF header: truncated or corrupt";
		return 0;
	}
	return claim;
}

/* Decode into buf of exactly claim bytes, with working memory taken for the time of the call. */
static int unpack_into(enum payload_kind kind, const void *in, size_t inlen,
		       void *(*alloc)(size_t), void (*dealloc)(void *, size_t), void *buf,
		       size_t claim, const char **why)
{
	size_t arena_len, got = 0;
	void *arena;
	int err;

	arena_len = decoders_arena_size(kind, in, inlen, why);
	if (arena_len == 0)
		return -XEN_ENOEXEC;
	arena = alloc(arena_len);
	if (!arena) {
		*why = "not enough memory to unpack the kernel";
		return -XEN_ENOMEM;
	}
	err = decoders_unpack(kind, in, inlen, buf, claim, &got, arena, arena_len, why);
	dealloc(arena, arena_len);
	if (err == -XEN_ENOSPC)
		err = -XEN_ENOEXEC;
	if (!err && got != claim) {
		*why = "the compressed kernel unpacks to another size than it claims: corrupt";
		err = -XEN_ENOEXEC;
	}
	return err;
}

int payload_unpack(enum payload_kind kind, const void *in, size_t inlen, void *(*alloc)(size_t),
		   void (*dealloc)(void *, size_t), void **out, size_t *outlen, const char **why)
{
	size_t claim;
	void *buf;
	int err;

	if (kind == PAYLOAD_ELF)
		return unpack_copy(in, inlen, alloc, out, outlen, why);
	claim = claimed_size(in, inlen, why);
	if (claim == 0)
		return -XEN_ENOEXEC;
	/* Linux's build appends the size to every form but gzip, which ends with it by itself. */
	if (kind != PAYLOAD_GZIP)
		inlen -= TRAILER_BYTES;
	buf = alloc(claim);
	if (!buf) {
		*why = "not enough memory to hold the unpacked kernel";
		return -XEN_ENOMEM;
	}
	err = unpack_into(kind, in, inlen, alloc, dealloc, buf, claim, why);
	if (err) {
		dealloc(buf, claim);
		return err;
	}
	*out = buf;
	*outlen = claim;
	return 0;
}
