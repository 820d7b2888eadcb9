/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/bzimage.h
 *
 * Find the kernel inside the file that a user names: a Linux bzImage carries a compressed ELF, and
 * a bare ELF or a gzip'ed ELF is taken too.
 *
 * Pure: the file is only read and is untrusted; *payload points into it. A refusal names its reason
 * in *why (a string constant). Compressions that we do not unpack are still recognised, so that the
 * refusal can name them.
 */
#ifndef SOCLE_DOMAIN_BZIMAGE_H
#define SOCLE_DOMAIN_BZIMAGE_H

#include <stddef.h>
#include <stdint.h>

enum payload_kind {
	PAYLOAD_ELF,		/* not compressed */
	PAYLOAD_GZIP,
	PAYLOAD_XZ,
	PAYLOAD_ZSTD,
	PAYLOAD_LZ4,		/* the legacy frame, as Linux's build writes it */
};

/* Name for messages: "ELF", "gzip", "xz", "zstd", "lz4". */
const char *payload_kind_name(enum payload_kind kind);

/*
 * 0, or -XEN_ENOEXEC (no kernel of a form we know, or truncated), -XEN_EOPNOTSUPP (a kernel in a
 * compression we do not take). *unpacked_hint is the size the payload claims for itself: not to be
 * trusted, checked against the real one by payload_unpack(). A compressed payload includes the
 * four bytes that hold this claim (Linux's build appends them; gzip ends with them anyway).
 */
int bzimage_payload(const void *file, size_t len, const void **payload, size_t *paylen,
		    size_t *unpacked_hint, enum payload_kind *kind, const char **why);

#endif /* SOCLE_DOMAIN_BZIMAGE_H */
