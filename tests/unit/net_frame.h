/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/net_frame.h
 *
 * Frames for the tests of netd, with checksums made here in another way than netd makes them: word by word, with an end-around
 * carry at each step (RFC 1071, section 1).
 */
#ifndef SOCLE_TESTS_NET_FRAME_H
#define SOCLE_TESTS_NET_FRAME_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAC   { 0x00, 0x16, 0x3e, 0x12, 0x34, 0x56 }
#define FRAME_LOCAL { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0x16, 0x3e, 0xff, 0xfe, 0x12, 0x34, 0x56 }
#define FRAME_IP6   { 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5 }

struct frame {
	uint8_t data[70000];
	uint32_t len;
};

static const uint8_t frame_mac[6] = FRAME_MAC, frame_local[16] = FRAME_LOCAL, frame_ip6[16] = FRAME_IP6;
static const uint8_t frame_nobody6[16];

static inline void frame_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline uint16_t frame_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] * 256 + p[1]);
}

static inline uint16_t frame_add(uint16_t a, uint16_t b)
{
	uint32_t s = (uint32_t)a + b;

	return (uint16_t)(s > 0xffff ? s - 0xffff : s);
}

static inline uint16_t frame_sum(const uint8_t *p, uint32_t n, uint16_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum = frame_add(sum, (uint16_t)(i % 2 ? p[i] : p[i] * 256));
	return sum;
}

static inline void frame_ether(struct frame *f, uint16_t type)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->data, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	memcpy(f->data + 6, frame_mac, 6);
	frame_put16(f->data + 12, type);
	f->len = 14;
}

static inline void frame_tag(struct frame *f, uint16_t vlan)
{
	memmove(f->data + 16, f->data + 12, f->len - 12);
	frame_put16(f->data + 12, 0x8100);
	frame_put16(f->data + 14, vlan);
	f->len += 4;
}

/* From 10.0.0.a to 10.0.0.99; the payload is counted up. */
static inline void frame_ip4(struct frame *f, uint8_t a, uint8_t proto, uint32_t payload)
{
	uint8_t *p = f->data + 14;

	frame_ether(f, 0x0800);
	p[0] = 0x45;
	frame_put16(p + 2, 20 + payload);
	p[8] = 64;
	p[9] = proto;
	memcpy(p + 12, (uint8_t[]){ 10, 0, 0, a, 10, 0, 0, 99 }, 8);
	frame_put16(p + 10, (uint16_t)~frame_sum(p, 20, 0));
	for (uint32_t i = 0; i < payload; i++)
		p[20 + i] = (uint8_t)(i * 7 + 1);
	f->len = 34 + payload;
}

static inline void frame_ipv6(struct frame *f, const uint8_t source[16], uint8_t proto, uint32_t payload)
{
	uint8_t *p = f->data + 14;

	frame_ether(f, 0x86dd);
	p[0] = 0x60;
	frame_put16(p + 4, payload);
	p[6] = proto;
	p[7] = 255;
	memcpy(p + 8, source, 16);
	memcpy(p + 24, (uint8_t[]){ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 16);
	for (uint32_t i = 0; i < payload; i++)
		p[40 + i] = (uint8_t)(i * 7 + 1);
	f->len = 54 + payload;
}

/* The sum of pseudo header and data from l4 to the end: 0xffff when the checksum in it is right. */
static inline uint16_t frame_l4_sum(const struct frame *f, uint32_t l3, uint32_t l4)
{
	int v6 = f->data[l3] >> 4 == 6;
	uint16_t sum = frame_add(f->data[l3 + (v6 ? 6 : 9)], (uint16_t)(f->len - l4));

	sum = frame_sum(f->data + l3 + (v6 ? 8 : 12), v6 ? 32 : 8, sum);
	return frame_sum(f->data + l4, f->len - l4, sum);
}

/* What the sender of a checksum to be filled in leaves in its place. */
static inline uint16_t frame_pseudo(const struct frame *f, uint32_t l3, uint32_t l4)
{
	int v6 = f->data[l3] >> 4 == 6;
	uint16_t sum = frame_add(f->data[l3 + (v6 ? 6 : 9)], (uint16_t)(f->len - l4));

	return frame_sum(f->data + l3 + (v6 ? 8 : 12), v6 ? 32 : 8, sum);
}

#endif /* SOCLE_TESTS_NET_FRAME_H */
