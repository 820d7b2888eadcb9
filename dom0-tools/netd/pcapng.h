/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/pcapng.h
 *
 * Frames as a pcapng file (draft-ietf-opsawg-pcapng): a section header and one interface, then an Enhanced Packet Block for
 * each frame, host byte order, times in nanoseconds since 1970, with the direction as the guest sees it.
 *
 * A writer has a buffer of fixed size between itself and whoever reads: what does not fit while the reader is slow is
 * dropped and told with the next frame (epb_dropcount), so blocks are always whole and nobody waits.  Pure.
 */
#ifndef SOCLE_NETD_PCAPNG_H
#define SOCLE_NETD_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_ROOM (512u * 1024) /* several of the largest frames */

enum pcapng_way { PCAPNG_TO_GUEST = 1, PCAPNG_FROM_GUEST = 2 }; /* inbound, outbound: bits 0 and 1 of epb_flags */

struct pcapng {
	uint64_t dropped;    /* since the last block that was written */
	uint64_t lost;       /* in all */
	size_t from, to;     /* what the reader has not got: room[from..to) */
	uint8_t room[PCAPNG_ROOM];
};

/* Begin a file; name is the interface's. */
void pcapng_begin(struct pcapng *p, const char *name);

void pcapng_frame(struct pcapng *p, enum pcapng_way way, const void *frame, uint32_t len, uint64_t time);

/* What is to be written next: the length, 0 for nothing; then how much of it was. */
size_t pcapng_pending(const struct pcapng *p, const void **data);
void pcapng_written(struct pcapng *p, size_t n);

#endif /* SOCLE_NETD_PCAPNG_H */
