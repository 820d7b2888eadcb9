/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames of a load maker: ARP, UDP with a number in it, ICMP echo, all IPv4. Pure.
 */
#ifndef SOCLE_GUESTS_NETBENCH_FRAMES_H
#define SOCLE_GUESTS_NETBENCH_FRAMES_H

#include <stdbool.h>
#include <stdint.h>
#include "net/addr.h"

#define FRAME_HEADERS	42u	/* Ethernet, IPv4, UDP or ICMP */
#define FRAME_MIN	60u	/* with its number */
#define FRAME_MAX	65535u

struct frames_end {
	struct net_mac mac;
	uint8_t ip[4];
	uint16_t port;
};

/* All of a frame of len bytes, its data counted up; checksums of IPv4 and ICMP made, UDP's is 0, which is none. */
void frames_udp(uint8_t *frame, uint32_t len, const struct frames_end *from, const struct frames_end *to);
void frames_echo(uint8_t *frame, uint32_t len, const struct frames_end *from, const struct frames_end *to);
/* Sets the number of a frame made so; that of an echo request goes into its checksum. */
void frames_number(uint8_t *frame, uint64_t number);
uint32_t frames_arp_request(uint8_t *frame, const struct frames_end *from, const uint8_t ip[4]);

enum frames_kind {
	FRAMES_OTHER,
	FRAMES_ARP_ASKED,	/* for our address: it has been made the answer, in place */
	FRAMES_ARP_TOLD,	/* *from is who says so */
	FRAMES_UDP,		/* to our port */
	FRAMES_ECHO_REQUEST,
	FRAMES_ECHO_REPLY,
};

/* What a frame is to us; the number of those that have one, 0 of others. */
enum frames_kind frames_read(uint8_t *frame, uint32_t len, const struct frames_end *us, struct frames_end *from, uint64_t *number);
/* Makes a datagram or an echo request go back where it came from, in place. */
void frames_turn(uint8_t *frame, enum frames_kind kind);

#endif
