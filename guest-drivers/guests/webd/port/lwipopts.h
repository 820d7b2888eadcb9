/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How webd wants lwIP 2.1: the raw API without threads, IPv4 with DHCP and IPv6 with addresses of its own, and memory in arrays of a
 * fixed size, so that clients cannot use more of it however many they are.
 */
#ifndef SOCLE_GUESTS_WEBD_PORT_LWIPOPTS_H
#define SOCLE_GUESTS_WEBD_PORT_LWIPOPTS_H

#define NO_SYS				1
#define LWIP_SOCKET			0
#define LWIP_NETCONN			0
#define SYS_LIGHTWEIGHT_PROT		0	/* one vCPU, one loop */
#define LWIP_TIMERS			1

#define LWIP_IPV4			1
#define LWIP_ARP			1
#define LWIP_ICMP			1
#define LWIP_DHCP			1
#define DHCP_DOES_ARP_CHECK		0	/* costs a second at each start; the server has asked already */
#define LWIP_IPV6			1
#define LWIP_IPV6_AUTOCONFIG		1
#define LWIP_IPV6_MLD			1
#define IPV6_FRAG_COPYHEADER		1	/* pointers of 8 bytes do not fit into the fragment header */
#define LWIP_ND6_QUEUEING		1
#define LWIP_UDP			1
#define LWIP_TCP			1
#define LWIP_RAW			0
#define LWIP_DNS			0

/* Sums of TCP and UDP are the port's: the backend computes them, or net/checksum.h. */
#define CHECKSUM_GEN_TCP		0
#define CHECKSUM_GEN_UDP		0
#define CHECKSUM_CHECK_TCP		0
#define CHECKSUM_CHECK_UDP		0

#define MEM_ALIGNMENT			8
#define MEM_SIZE			(1024 * 1024)
#define MEMP_NUM_TCP_PCB		128
#define MEMP_NUM_TCP_PCB_LISTEN		4
#define MEMP_NUM_TCP_SEG		2048
#define MEMP_NUM_PBUF			1024	/* data that is sent in place */
#define MEMP_NUM_REASSDATA		16
#define IP_REASS_MAX_PBUFS		64
#define PBUF_POOL_SIZE			512
#define PBUF_POOL_BUFSIZE		1600
#define TCP_MSS				1440	/* fits IPv6 in 1500 */
#define TCP_WND				(16 * TCP_MSS)
#define TCP_SND_BUF			(32 * TCP_MSS)
#define TCP_SND_QUEUELEN		256
#define TCP_LISTEN_BACKLOG		1
#define TCP_DEFAULT_LISTEN_BACKLOG	64

#define LWIP_NETIF_HOSTNAME		1
#define LWIP_NETIF_STATUS_CALLBACK	1
#define LWIP_STATS			0
#define LWIP_NO_CTYPE_H			1
#define LWIP_HOOK_FILENAME		"guests/webd/port/hooks.h"

#endif
