/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/images/programs/flood.c
 *
 * flood IFACE MAC: frames for a card, of many sizes, about two hundred a second, until it is killed. What is in them is no protocol's.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static uint8_t frame[1514] = { [12] = 0x88, [13] = 0xb5 }; /* an EtherType for experiments (IEEE 802) */
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	unsigned int mac[6], size = 60;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc != 3 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) != 6)
		return 2;
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	for (int i = 0; i < 6; i++)
		frame[i] = (uint8_t)mac[i];
	frame[6] = 2;
	if (fd < 0 || !to.sll_ifindex) {
		perror("flood");
		return 1;
	}
	for (;; size = size < sizeof(frame) - 97 ? size + 97 : 60) {
		if (sendto(fd, frame, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			usleep(10000);
		usleep(5000);
	}
}
