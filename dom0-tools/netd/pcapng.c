/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/pcapng.c
 *
 * See pcapng.h.  A block is {type, length, body, length}, all of it in multiples of four bytes; an option is {code, length,
 * value, padding}, and {0, 0} ends them.
 */
#include "netd/pcapng.h"

#include <string.h>

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, IF_NAME = 2, IF_TSRESOL = 9, EPB_FLAGS = 2, EPB_DROPCOUNT = 4 };
enum { LINKTYPE_ETHERNET = 1, BYTE_ORDER_MAGIC = 0x1a2b3c4d, NANOSECONDS = 9 };

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static void put(struct pcapng *p, const void *data, size_t n)
{
	memcpy(p->room + p->to, data, n);
	memset(p->room + p->to + n, 0, padded(n) - n);
	p->to += padded(n);
}

static void put32(struct pcapng *p, uint32_t v)
{
	put(p, &v, sizeof(v));
}

static void put_option(struct pcapng *p, uint16_t code, const void *value, uint16_t n)
{
	const uint16_t head[2] = { code, n };

	put(p, head, sizeof(head));
	put(p, value, n);
}

/* The length that goes to a block's begin and end; returns where the first is. */
static size_t block_begin(struct pcapng *p, uint32_t type)
{
	size_t at;

	put32(p, type);
	at = p->to;
	put32(p, 0);
	return at;
}

static void block_end(struct pcapng *p, size_t at)
{
	uint32_t n = (uint32_t)(p->to - at + 8); /* the type before it, and the second length */

	memcpy(p->room + at, &n, sizeof(n));
	put32(p, n);
}

void pcapng_begin(struct pcapng *p, const char *name)
{
	const uint8_t resolution = NANOSECONDS;
	const int64_t section = -1; /* as long as it gets */
	size_t at;

	p->dropped = p->lost = 0;
	p->from = p->to = 0;
	at = block_begin(p, BLOCK_SECTION);
	put32(p, BYTE_ORDER_MAGIC);
	put32(p, 1); /* version 1.0 */
	put(p, &section, sizeof(section));
	block_end(p, at);
	at = block_begin(p, BLOCK_INTERFACE);
	put32(p, LINKTYPE_ETHERNET);
	put32(p, 0); /* frames are never cut */
	put_option(p, IF_NAME, name, (uint16_t)strnlen(name, 64));
	put_option(p, IF_TSRESOL, &resolution, 1);
	put32(p, OPTION_END);
	block_end(p, at);
}

/* Make room at the end; what was written already goes. */
static bool room_for(struct pcapng *p, size_t n)
{
	if (n <= PCAPNG_ROOM - p->to)
		return true;
	if (n > PCAPNG_ROOM - (p->to - p->from))
		return false;
	memmove(p->room, p->room + p->from, p->to - p->from);
	p->to -= p->from;
	p->from = 0;
	return true;
}

void pcapng_frame(struct pcapng *p, enum pcapng_way way, const void *frame, uint32_t len, uint64_t time)
{
	uint32_t flags = way;
	size_t at;

	/* Head, lengths, time, both options and their end: 64 bytes. */
	if (!room_for(p, 64 + padded(len))) {
		p->dropped++;
		p->lost++;
		return;
	}
	at = block_begin(p, BLOCK_PACKET);
	put32(p, 0); /* the interface */
	put32(p, (uint32_t)(time >> 32));
	put32(p, (uint32_t)time);
	put32(p, len);
	put32(p, len);
	put(p, frame, len);
	put_option(p, EPB_FLAGS, &flags, sizeof(flags));
	if (p->dropped)
		put_option(p, EPB_DROPCOUNT, &p->dropped, sizeof(p->dropped));
	put32(p, OPTION_END);
	block_end(p, at);
	p->dropped = 0;
}

size_t pcapng_pending(const struct pcapng *p, const void **data)
{
	*data = p->room + p->from;
	return p->to - p->from;
}

void pcapng_written(struct pcapng *p, size_t n)
{
	p->from += n;
	if (p->from == p->to)
		p->from = p->to = 0;
}
