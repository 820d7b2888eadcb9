/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Internet checksums (RFC 1071): sums over pieces, and the checksums of whole frames, which a backend may leave to us and we to it.
 * Pure.
 */
#ifndef SOCLE_NET_CHECKSUM_H
#define SOCLE_NET_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

struct net_packet;

/* Adds a piece; every piece but the last has an even length. Takes up to 4 GiB in all. */
uint64_t net_sum_add(uint64_t sum, const void *data, uint32_t len);
/* The 16 bits that a sum comes to, not inverted, as a number in host order. */
uint16_t net_sum_fold(uint64_t sum);
/* A checksum field after a 16-bit word that it covers has changed (RFC 1624). */
uint16_t net_sum_replace(uint16_t field, uint16_t old, uint16_t new);
/* The sum of the pseudo header of a parsed packet (RFC 793, 8200 section 8.1). */
uint64_t net_sum_pseudo(const struct net_packet *p, const uint8_t *frame);

/* Of a whole frame, parsed with all of its bytes given. None of them touches a frame without has_l4. */
bool net_checksum_good(const struct net_packet *p, const uint8_t *frame);	/* true as well if there is nothing to check */
void net_checksum_fill(const struct net_packet *p, uint8_t *frame);
void net_checksum_blank(const struct net_packet *p, uint8_t *head);		/* TCP, UDP: the pseudo header's sum only */

#endif
