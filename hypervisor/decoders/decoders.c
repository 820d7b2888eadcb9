/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/decoders/decoders.c
 *
 * The four decoder libraries behind one call, each run in a single step from one buffer to another.
 *
 * All memory comes from the caller's arena, handed out upwards; only the youngest block can be given
 * back. That fits how the libraries behave (a state, a dictionary, short-lived options) and cannot
 * fragment; what does not fit ends as -XEN_ENOMEM. Input and claimed sizes are untrusted: the
 * libraries check their input, this file checks that all of it was used and nothing else.
 */
#define ZSTD_STATIC_LINKING_ONLY	/* ZSTD_initStaticDCtx, ZSTD_estimateDCtxSize */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <abi/errno.h>

#include "decoders.h"

#define ARENA_ALIGN		16u

/* zlib: state (about 7 KiB), and a 32 KiB window if the output turns out too small. */
#define GZIP_ARENA		(64u << 10)

/* liblzma: coder states beside the dictionary, which lzma_raw_decoder_memusage() counts. */
#define XZ_ARENA_EXTRA		(64u << 10)

/* xz -9 takes 64 MiB; what wants more than this was not made for a boot loader. */
#define XZ_ARENA_MAX		(UINT64_C(130) << 20)

/* Largest unpacked block of the legacy lz4 frame, and its magic number's size. */
#define LZ4_BLOCK_BYTES		(8u << 20)
#define LZ4_MAGIC_BYTES		4u

struct arena {
	uint8_t *base;
	size_t len;
	size_t used;
};

struct job {
	const uint8_t *in;
	size_t inlen;
	uint8_t *out;
	size_t outcap;
	size_t outlen;
	struct arena arena;
	const char *why;
};

/* Before each block handed out: where the arena's top was, so that the youngest can be undone. */
struct block_head {
	size_t below;
	size_t size;
};

_Static_assert(sizeof(struct block_head) == ARENA_ALIGN, "blocks stay aligned");

static void arena_init(struct arena *a, void *base, size_t len)
{
	size_t skew = (ARENA_ALIGN - (uintptr_t)base % ARENA_ALIGN) % ARENA_ALIGN;

	a->base = (uint8_t *)base + skew;
	a->len = len > skew ? len - skew : 0;
	a->used = 0;
}

static void *arena_alloc(struct arena *a, size_t size)
{
	struct block_head *head = (void *)(a->base + a->used);
	size_t room = a->len - a->used;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (room < sizeof(*head) || size > room - sizeof(*head))
		return NULL;
	head->below = a->used;
	head->size = size;
	a->used += sizeof(*head) + size;
	return head + 1;
}

static void arena_free(struct arena *a, void *p)
{
	struct block_head *head = p;

	if (!p)
		return;
	head--;
	if ((uint8_t *)p + head->size == a->base + a->used)
		a->used = head->below;
}

static int job_fail(struct job *job, int err, const char *why)
{
	job->why = why;
	return -err;
}

static voidpf zlib_alloc(voidpf opaque, uInt items, uInt size)
{
	return arena_alloc(opaque, (size_t)items * size);
}

static void zlib_free(voidpf opaque, voidpf p)
{
	arena_free(opaque, p);
}

static int unpack_gzip(struct job *job)
{
	z_stream zs = {
		.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = &job->arena,
		.next_in = (z_const Bytef *)job->in, .avail_in = (uInt)job->inlen,
		.next_out = job->out, .avail_out = (uInt)job->outcap,
	};
	int rc;

	if (job->inlen > UINT32_MAX || job->outcap > UINT32_MAX)
		return job_fail(job, XEN_ENOEXEC, "the gzip'ed kernel is larger than 4 GiB");
	/* 15 bits of window; 16 added asks for the gzip wrapper and its checks. */
	if (inflateInit2(&zs, 15 + 16) != Z_OK)
		return job_fail(job, XEN_ENOMEM, "not enough memory to inflate the kernel");
	rc = inflate(&zs, Z_FINISH);
	job->outlen = job->outcap - zs.avail_out;
	inflateEnd(&zs);
	if (rc == Z_STREAM_END && zs.avail_in == 0)
		return 0;
	if (rc == Z_STREAM_END)
		return job_fail(job, XEN_ENOEXEC, "the gzip'ed kernel is followed by other data");
	if (rc == Z_MEM_ERROR)
		return job_fail(job, XEN_ENOMEM, "not enough memory to inflate the kernel");
	if (rc == Z_BUF_ERROR && zs.avail_out == 0)
		return job_fail(job, XEN_ENOSPC, "the gzip'ed kernel is larger than it claims");
	if (rc == Z_BUF_ERROR)
		return job_fail(job, XEN_ENOEXEC, "the gzip'ed kernel is truncated");
	return job_fail(job, XEN_ENOEXEC, "the gzip'ed kernel is corrupt");
}

static void *xz_alloc(void *opaque, size_t items, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(items, size, &bytes) ? NULL : arena_alloc(opaque, bytes);
}

static void xz_free(void *opaque, void *p)
{
	arena_free(opaque, p);
}

/* Read the first block's header: its filters say how large the dictionary is. */
static size_t xz_arena_size(const uint8_t *in, size_t inlen, const char **why)
{
	uint8_t room[2048] __attribute__((aligned(ARENA_ALIGN)));
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	struct arena arena;
	lzma_allocator allocator = { xz_alloc, xz_free, &arena };
	lzma_stream_flags flags;
	lzma_block block = { .version = 0, .filters = filters };
	uint64_t need;

	arena_init(&arena, room, sizeof(room));
	*why = "the xz'ed kernel has a corrupt header";
	if (inlen < LZMA_STREAM_HEADER_SIZE + LZMA_BLOCK_HEADER_SIZE_MIN ||
	    lzma_stream_header_decode(&flags, in) != LZMA_OK || in[LZMA_STREAM_HEADER_SIZE] == 0)
		return 0;
	in += LZMA_STREAM_HEADER_SIZE;
	inlen -= LZMA_STREAM_HEADER_SIZE;
	block.header_size = lzma_block_header_size_decode(in[0]);
	block.check = flags.check;
	if (block.header_size > inlen ||
	    lzma_block_header_decode(&block, &allocator, in) != LZMA_OK)
		return 0;
	need = lzma_raw_decoder_memusage(filters);
	if (need > XZ_ARENA_MAX) {
		*why = "the xz'ed kernel needs a dictionary of more than 128 MiB";
		return 0;
	}
	return (size_t)need + XZ_ARENA_EXTRA;
}

static int unpack_xz(struct job *job)
{
	lzma_allocator allocator = { xz_alloc, xz_free, &job->arena };
	uint64_t limit = XZ_ARENA_MAX;
	size_t at = 0;
	lzma_ret rc;

	rc = lzma_stream_buffer_decode(&limit, 0, &allocator, job->in, &at, job->inlen, job->out,
				       &job->outlen, job->outcap);
	switch (rc) {
	case LZMA_OK:
		if (at == job->inlen)
			return 0;
		return job_fail(job, XEN_ENOEXEC, "the xz'ed kernel is followed by other data");
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return job_fail(job, XEN_ENOMEM, "not enough memory for the dictionary of the xz'ed kernel");
	case LZMA_BUF_ERROR:
		return job_fail(job, XEN_ENOSPC, "the xz'ed kernel is larger than it claims");
	case LZMA_OPTIONS_ERROR:
	case LZMA_UNSUPPORTED_CHECK:
		return job_fail(job, XEN_ENOEXEC, "the xz'ed kernel uses a filter or check that is unknown");
	default:
		return job_fail(job, XEN_ENOEXEC, "the xz'ed kernel is corrupt or truncated");
	}
}

/*
 * Exactly one frame of today's format: libzstd itself would also take several, and formats before
 * 0.8, whose decoders the hypervisor leaves out (shim.c).
 */
static bool zstd_one_frame(const struct job *job)
{
	uint32_t magic;

	if (job->inlen < sizeof(magic))
		return false;
	memcpy(&magic, job->in, sizeof(magic));
	return magic == ZSTD_MAGICNUMBER &&
	       ZSTD_findFrameCompressedSize(job->in, job->inlen) == job->inlen;
}

static int unpack_zstd(struct job *job)
{
	void *space = arena_alloc(&job->arena, ZSTD_estimateDCtxSize());
	ZSTD_DCtx *dctx = space ? ZSTD_initStaticDCtx(space, ZSTD_estimateDCtxSize()) : NULL;
	size_t got;

	if (!dctx)
		return job_fail(job, XEN_ENOMEM, "not enough memory for the zstd decoder");
	if (!zstd_one_frame(job))
		return job_fail(job, XEN_ENOEXEC,
				"the zstd'ed kernel is truncated, or more than one zstd frame");
	got = ZSTD_decompressDCtx(dctx, job->out, job->outcap, job->in, job->inlen);
	switch (ZSTD_getErrorCode(got)) {
	case ZSTD_error_no_error:
		job->outlen = got;
		return 0;
	case ZSTD_error_dstSize_tooSmall:
		return job_fail(job, XEN_ENOSPC, "the zstd'ed kernel is larger than it claims");
	default:
		return job_fail(job, XEN_ENOEXEC, "the zstd'ed kernel is corrupt");
	}
}

/*
 * The legacy frame: magic, then blocks of (32-bit packed size, data), each unpacking to 8 MiB
 * except the last. There is no end mark and no checksum: the end of the payload is the end.
 */
static int unpack_lz4(struct job *job)
{
	size_t at = LZ4_MAGIC_BYTES;

	while (at < job->inlen) {
		size_t room = job->outcap - job->outlen;
		uint32_t size;
		int got;

		if (job->inlen - at < sizeof(size))
			return job_fail(job, XEN_ENOEXEC, "the lz4'ed kernel is truncated");
		memcpy(&size, job->in + at, sizeof(size));
		at += sizeof(size);
		if (size == 0 || size > LZ4_COMPRESSBOUND(LZ4_BLOCK_BYTES))
			return job_fail(job, XEN_ENOEXEC, "the lz4'ed kernel has a block of an impossible size");
		if (size > job->inlen - at)
			return job_fail(job, XEN_ENOEXEC, "the lz4'ed kernel is truncated");
		if (room > LZ4_BLOCK_BYTES)
			room = LZ4_BLOCK_BYTES;
		got = LZ4_decompress_safe((const char *)job->in + at, (char *)job->out + job->outlen,
					  (int)size, (int)room);
		if (got < 0)
			return job_fail(job, XEN_ENOEXEC,
					"the lz4'ed kernel is corrupt or larger than it claims");
		at += size;
		job->outlen += (size_t)got;
	}
	return 0;
}

size_t decoders_arena_size(enum payload_kind kind, const void *in, size_t inlen, const char **why)
{
	switch (kind) {
	case PAYLOAD_GZIP:
		return GZIP_ARENA;
	case PAYLOAD_XZ:
		return xz_arena_size(in, inlen, why);
	case PAYLOAD_ZSTD:
		return ZSTD_estimateDCtxSize() + 4 * ARENA_ALIGN;
	case PAYLOAD_LZ4:
		return ARENA_ALIGN;
	case PAYLOAD_ELF:
		break;
	}
	*why = "the kernel is not compressed";
	return 0;
}

int decoders_unpack(enum payload_kind kind, const void *in, size_t inlen, void *out, size_t outcap,
		    size_t *outlen, void *arena, size_t arena_len, const char **why)
{
	struct job job = {
		.in = in, .inlen = inlen, .out = out, .outcap = outcap,
		.why = "the kernel is not compressed",
	};
	int err = -XEN_ENOEXEC;

	arena_init(&job.arena, arena, arena_len);
	if (kind == PAYLOAD_GZIP)
		err = unpack_gzip(&job);
	else if (kind == PAYLOAD_XZ)
		err = unpack_xz(&job);
	else if (kind == PAYLOAD_ZSTD)
		err = unpack_zstd(&job);
	else if (kind == PAYLOAD_LZ4)
		err = unpack_lz4(&job);
	if (err)
		*why = job.why;
	else
		*outlen = job.outlen;
	return err;
}
