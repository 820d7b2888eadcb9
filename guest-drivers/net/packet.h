/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in a frame: where its headers are, what they say, and whether the lengths in them are true. Reads no byte beyond what it
 * is given. Pure.
 */
#ifndef SOCLE_NET_PACKET_H
#define SOCLE_NET_PACKET_H

#include <stdbool.h>
#include <stdint.h>

struct net_packet {
	uint16_t type;		/* ETH_TYPE_* */
	bool ip4, ip6;		/* an IP header that is right, with a packet that the frame holds */
	uint16_t l3, l4;	/* offsets in the frame; l4 only with has_l4 */
	uint32_t end;		/* of the IP packet, in the frame; padding may follow */
	uint8_t proto;		/* of what follows the IP headers */
	bool fragment;		/* one of several; first_fragment too if it is the first */
	bool first_fragment;
	bool has_l4;		/* no fragment, and the upper header up to its checksum is in the headers given */
	bool has_ports;		/* src_port and dst_port are known */
	uint16_t src_port, dst_port;
};

/*
 * The first `given` bytes of a frame of `frame_len` bytes. False when it has no Ethernet header, or claims to be IP and is not: a
 * version, length or header checksum (of IPv4) that is wrong.
 */
bool net_packet_parse(struct net_packet *p, const uint8_t *head, uint32_t given, uint32_t frame_len);

#endif
