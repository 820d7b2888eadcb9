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

size_t payload_size(enum payload_kind kind, const void *in, size_t inlen, const char **why)
{
	uint32_t claim;

	if (kind == PAYLOAD_ELF) {
		*why = "the kernel is empty or larger than 1 GiB";
		return inlen <= PAYLOAD_MAX_UNPACKED ? inlen : 0;
	}
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

/* Linux's build appends the size to every form but gzip, which ends with it by itself. */
static size_t stream_len(enum payload_kind kind, size_t inlen)
{
	return kind == PAYLOAD_GZIP ? inlen : inlen - TRAILER_BYTES;
}

size_t payload_work_size(enum payload_kind kind, const void *in, size_t inlen, const char **why)
{
	/* Copying takes none; one byte, so that 0 is the error. */
	return kind == PAYLOAD_ELF ? 1 : decoders_arena_size(kind, in, stream_len(kind, inlen), why);
}

int payload_unpack_to(enum payload_kind kind, const void *in, size_t inlen, void *work, size_t worklen,
		      void *out, size_t outlen, const char **why)
{
	size_t got = 0;
	int err;

	if (kind == PAYLOAD_ELF) {
		memcpy(out, in, outlen);
		return 0;
	}
	err = decoders_unpack(kind, in, stream_len(kind, inlen), out, outlen, &got, work, worklen, why);
	if (err == -XEN_ENOSPC)
		err = -XEN_ENOEXEC;
	if (!err && got != outlen) {
		*why = "the compressed kernel unpacks to another size than it claims: corrupt";
		err = -XEN_ENOEXEC;
	}
	return err;
}

int payload_unpack(enum payload_kind kind, const void *in, size_t inlen, void *(*alloc)(size_t),
		   void (*dealloc)(void *, size_t), void **out, size_t *outlen, const char **why)
{
	size_t size = payload_size(kind, in, inlen, why), worklen;
	void *buf, *work;
	int err;

	worklen = size ? payload_work_size(kind, in, inlen, why) : 0;
	if (worklen == 0)
		return -XEN_ENOEXEC;
	buf = alloc(size);
	if (!buf) {
		*why = "not enough memory to hold the unpacked kernel";
		return -XEN_ENOMEM;
	}
	work = alloc(worklen);
	if (work) {
		err = payload_unpack_to(kind, in, inlen, work, worklen, buf, size, why);
		dealloc(work, worklen);
	} else {
		*why = "not enough memory to unpack the kernel";
		err = -XEN_ENOMEM;
	}
	if (err) {
		dealloc(buf, size);
		return err;
	}
	*out = buf;
	*outlen = size;
	return 0;
}
