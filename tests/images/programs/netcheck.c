/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/images/programs/netcheck.c
 *
 * What the network's test needs on either end and busybox does not have.
 *
 *   netcheck tso IFACE on|off           checksums, scatter-gather and segmentation
 *   netcheck send IFACE KIND COUNT      frames in whoever's name; each carries a mark and its kind
 *   netcheck listen IFACE SECONDS       prints "heard KIND" for each frame with the mark, after a line "listening"
 *   netcheck pcapng FILE                prints "to-guest N from-guest M"; exit 1 when it is no whole pcapng file
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "socle-netcheck:"
#define MARK_ROOM 32
#define THIEF { 2, 0, 0, 0, 0, 0x66 }

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- tso ------------------------------------------------------------------------------------- */

static void feature(int s, const char *name, uint32_t cmd, uint32_t on)
{
	struct ethtool_value v = { .cmd = cmd, .data = on };
	struct ifreq r = { .ifr_data = (void *)&v };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(s, SIOCETHTOOL, &r))
		die("ethtool");
}

static int tso(const char *name, int on)
{
	static const uint32_t order[] = { ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_SGSO, ETHTOOL_STSO };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 4; i++)
		feature(s, name, order[on ? i : 3 - i], (uint32_t)on);
	return 0;
}

/* --- frames ---------------------------------------------------------------------------------- */

static int packet_socket(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name) };
	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (s < 0 || !to.sll_ifindex || bind(s, (struct sockaddr *)&to, sizeof(to)))
		die(name);
	return s;
}

static void own_address(int s, const char *name, uint8_t mac[6])
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(s, SIOCGIFHWADDR, &r))
		die(name);
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
}

static void link_local(uint8_t ip[16], const uint8_t mac[6])
{
	const uint8_t made[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };

	memcpy(ip, made, 16);
}

/* The frame is zeroed, and has MARK_ROOM bytes here. */
static void mark(uint8_t *at, const char *kind)
{
	snprintf((char *)at, MARK_ROOM, "%s%s", MARK, kind);
}

static void ether(uint8_t *f, const uint8_t *mac, uint16_t type)
{
	memset(f, 0xff, 6);
	memcpy(f + 6, mac, 6);
	f[12] = (uint8_t)(type >> 8);
	f[13] = (uint8_t)type;
}

/* UDP to port 9 of 10.42.0.1 from that address. */
static size_t udp4(uint8_t *f, const uint8_t *mac, uint8_t last, const char *kind)
{
	uint8_t head[28] = { 0x45, 0, 0, 28 + 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 42, 0, last, 10, 42, 0, 1, 9, 9, 0, 9, 0, 40 };

	ether(f, mac, 0x0800);
	memcpy(f + 14, head, sizeof(head));
	mark(f + 42, kind);
	return 42 + MARK_ROOM;
}

static size_t arp(uint8_t *f, const uint8_t *mac, const uint8_t *sender, uint8_t last, const char *kind)
{
	uint8_t head[18] = { 0, 1, 8, 0, 6, 4, 0, 2, sender[0], sender[1], sender[2], sender[3], sender[4], sender[5], 10, 42, 0, last };

	ether(f, mac, 0x0806);
	memcpy(f + 14, head, sizeof(head));
	mark(f + 44, kind);
	return 44 + MARK_ROOM;
}

static size_t ip6(uint8_t *f, const uint8_t *mac, const uint8_t *source, uint8_t proto, const uint8_t *data, uint8_t n,
		  const char *kind)
{
	const uint8_t all[16] = { 0xff, 2, [15] = 1 };

	ether(f, mac, 0x86dd);
	memcpy(f + 14, (uint8_t[]){ 0x60, 0, 0, 0, 0, (uint8_t)(n + MARK_ROOM), proto, 255 }, 8);
	memcpy(f + 22, source, 16);
	memcpy(f + 38, all, 16);
	memcpy(f + 54, data, n);
	mark(f + 54 + n, kind);
	return 54u + n + MARK_ROOM;
}

static size_t frame_make(uint8_t *f, const char *kind, const uint8_t *mac)
{
	static const uint8_t thief[6] = THIEF, other6[16] = { 0xfd, 0, 0, 0x42, [15] = 1 };
	uint8_t own6[16], advert[24] = { 136, 0, 0, 0, 0x20 }, plain[8] = { 9, 9, 0, 9, 0, 8 + MARK_ROOM };

	link_local(own6, mac);
	memcpy(advert + 8, other6, 16);
	if (!strcmp(kind, "good"))
		return udp4(f, mac, 2, kind);
	if (!strcmp(kind, "mac"))
		return udp4(f, thief, 2, kind);
	if (!strcmp(kind, "ip4"))
		return udp4(f, mac, 77, kind);
	if (!strcmp(kind, "arp"))
		return arp(f, mac, mac, 1, kind);
	if (!strcmp(kind, "arp-mac"))
		return arp(f, mac, thief, 2, kind);
	if (!strcmp(kind, "ip6"))
		return ip6(f, mac, other6, 17, plain, sizeof(plain), kind);
	if (!strcmp(kind, "advert"))
		return ip6(f, mac, own6, 58, advert, sizeof(advert), kind);
	advert[0] = 134;
	if (!strcmp(kind, "router"))
		return ip6(f, mac, own6, 58, advert, sizeof(advert), kind);
	if (!strcmp(kind, "tag")) {
		size_t n = udp4(f, mac, 2, kind);

		memmove(f + 16, f + 12, n - 12);
		memcpy(f + 12, (uint8_t[]){ 0x81, 0, 0, 5 }, 4);
		return n + 4;
	}
	fprintf(stderr, "netcheck: no kind of frame is called '%s'\n", kind);
	exit(2);
}

static int send_frames(const char *name, const char *kind, int count)
{
	uint8_t mac[6], f[256] = { 0 };
	int s = packet_socket(name);
	size_t n;

	own_address(s, name, mac);
	n = frame_make(f, kind, mac);
	for (int i = 0; i < count; i++)
		if (send(s, f, n, 0) != (ssize_t)n)
			die("send");
	return 0;
}

static int listen_frames(const char *name, int seconds)
{
	struct packet_mreq all = { .mr_ifindex = (int)if_nametoindex(name), .mr_type = PACKET_MR_PROMISC };
	int s = packet_socket(name);
	time_t end = time(NULL) + seconds;
	uint8_t f[70000];

	setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all));
	puts("listening");
	fflush(stdout);
	while (time(NULL) < end) {
		struct pollfd p = { .fd = s, .events = POLLIN };

		if (poll(&p, 1, 200) == 1) {
			ssize_t n = recv(s, f, sizeof(f) - 1, 0);
			const char *at = n > 0 ? memmem(f, (size_t)n, MARK, strlen(MARK)) : NULL;

			f[n > 0 ? n : 0] = '\0';
			if (at)
				printf("heard %s\n", at + strlen(MARK));
		}
	}
	return 0;
}

/* --- pcapng ---------------------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* The direction stands in the first option, which is where netd puts it; a reader of all files would search for it. */
static int pcapng(const char *file)
{
	static uint8_t b[1 << 20];
	uint32_t head[2], ways[4] = { 0 };
	FILE *f = fopen(file, "r");

	if (!f)
		die(file);
	while (fread(head, 4, 2, f) == 2) {
		uint32_t n = head[1];

		if (n % 4 || n < 12 || n > sizeof(b) || fread(b, 1, n - 8, f) != n - 8 || word(b + n - 12) != n) {
			fprintf(stderr, "netcheck: %s: a block is not whole\n", file);
			return 1;
		}
		if (head[0] == 6)
			ways[word(b + 20 + (word(b + 12) + 3) / 4 * 4 + 4) & 3]++;
		else if (head[0] != 0x0a0d0d0a && head[0] != 1)
			return 1;
	}
	printf("to-guest %u from-guest %u\n", ways[1], ways[2]);
	return ways[0] || ways[3];
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "tso"))
		return tso(argv[2], !strcmp(argv[3], "on"));
	if (argc == 5 && !strcmp(argv[1], "send"))
		return send_frames(argv[2], argv[3], atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "listen"))
		return listen_frames(argv[2], atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "pcapng"))
		return pcapng(argv[2]);
	fputs("usage: netcheck tso|send|listen|pcapng ...; see the head of its source\n", stderr);
	return 2;
}
