/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/decompress.h
 *
 * Unpack the payload that bzimage_payload() found.
 *
 * The decoders themselves are behind decoders/decoders.h; here sizes are bounded, the two buffers
 * (output and the decoder's working memory) are taken and given back, and the result is compared
 * with the size that the payload claims. Memory comes from the caller, so that the hypervisor can
 * use its boot allocator and a tool malloc().
 */
#ifndef SOCLE_DOMAIN_DECOMPRESS_H
#define SOCLE_DOMAIN_DECOMPRESS_H

#include <stddef.h>

#include "bzimage.h"

/* No kernel is larger unpacked; a claim above it is a corrupt or hostile file. */
#define PAYLOAD_MAX_UNPACKED	((size_t)1 << 30)

/*
 * alloc(size) returns memory aligned to 16 or NULL, contents arbitrary; dealloc(p, size) gets the
 * size that was asked for. On success *out is of *outlen bytes and belongs to the caller, who gives
 * it back with dealloc(*out, *outlen). PAYLOAD_ELF is copied too, so that the rule has no exception.
 * 0, or -XEN_ENOEXEC (corrupt, truncated, or not the claimed size), -XEN_E2BIG, -XEN_ENOMEM.
 */
int payload_unpack(enum payload_kind kind, const void *in, size_t inlen, void *(*alloc)(size_t),
		   void (*dealloc)(void *, size_t), void **out, size_t *outlen, const char **why);

/* The same in steps, for a caller with places of its own: the size of the output, 0 with *why if the claim is no kernel's; */
size_t payload_size(enum payload_kind kind, const void *in, size_t inlen, const char **why);
/* how much memory the decoder works in, 0 with *why if it can not decode this; */
size_t payload_work_size(enum payload_kind kind, const void *in, size_t inlen, const char **why);
/* and the unpacking into out, of just that size. What a refused payload leaves there is nothing to rely on. */
int payload_unpack_to(enum payload_kind kind, const void *in, size_t inlen, void *work, size_t worklen,
		      void *out, size_t outlen, const char **why);

#endif /* SOCLE_DOMAIN_DECOMPRESS_H */
