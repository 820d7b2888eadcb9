/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/multicast.c
 *
 * See multicast.h.
 */
#include "netd/multicast.h"

#include <string.h>

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static uint32_t find(const struct net_multicast *m, const uint8_t address[6])
{
	uint32_t i = 0;

	while (i < m->n && memcmp(m->address[i], address, 6))
		i++;
	return i;
}

bool net_multicast_add(struct net_multicast *m, const uint8_t address[6])
{
	if (!(address[0] & 1))
		return false;
	if (find(m, address) < m->n)
		return true;
	if (m->n >= NET_GROUPS_MAX)
		return false;
	memcpy(m->address[m->n], address, 6);
	__atomic_store_n(&m->n, m->n + 1, __ATOMIC_RELEASE);
	return true;
}

void net_multicast_remove(struct net_multicast *m, const uint8_t address[6])
{
	uint32_t i = find(m, address);

	if (i == m->n)
		return;
	memcpy(m->address[i], m->address[m->n - 1], 6);
	__atomic_store_n(&m->n, m->n - 1, __ATOMIC_RELEASE);
}

bool net_multicast_wants(const struct net_multicast *m, const uint8_t to[6])
{
	return !(to[0] & 1) || !memcmp(to, broadcast, 6) || find(m, to) < m->n;
}
