/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/decoders/decoders.h
 *
 * One door to the decoders of zlib, liblzma, libzstd and liblz4.
 *
 * The hypervisor links decoders.o, one relocatable object made of decoders.c, shim.c and the parts
 * of the distribution's static libraries that they reach; only the three names below are visible in
 * it. dom0's tools compile decoders.c alone and link the libraries in the usual way.
 *
 * What a caller inside the hypervisor must arrange while a call runs, because the libraries are
 * compiled as user-space code: interrupts off (they use the red zone below the stack pointer),
 * SSE usable (CR4.OSFXSR and OSXMMEXCPT set, CR0.TS and EM clear) with nothing of value in its
 * registers, FS base at a readable buffer of at least 48 bytes (the stack protector reads
 * %fs:0x28), 4 KiB of stack. Not reentrant.
 */
#ifndef SOCLE_DECODERS_DECODERS_H
#define SOCLE_DECODERS_DECODERS_H

#include <stddef.h>

#include "../domain/bzimage.h"

/*
 * Hypervisor only, once before the other two: runs the libraries' constructors (liblzma picks its
 * CRC code by CPUID in one). In a tool the C library has done that.
 */
void decoders_init(void);

/* Working memory that unpacking this input takes, or 0 with *why if it cannot be decoded. */
size_t decoders_arena_size(enum payload_kind kind, const void *in, size_t inlen, const char **why);

/*
 * Unpack all of in (without the four bytes of size that Linux's build appends, except gzip, whose
 * own trailer they are) into out. 0 with *outlen set, or -XEN_ENOEXEC (corrupt or truncated),
 * -XEN_ENOSPC (does not fit outcap), -XEN_ENOMEM (arena too small); *why then names the reason.
 */
int decoders_unpack(enum payload_kind kind, const void *in, size_t inlen, void *out, size_t outcap,
		    size_t *outlen, void *arena, size_t arena_len, const char **why);

#endif /* SOCLE_DECODERS_DECODERS_H */
