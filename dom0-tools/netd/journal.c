/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/journal.c
 *
 * See journal.h.
 */
#include "netd/journal.h"

#include <string.h>

/* The word `resume` is the only one that differs between a connection and its resumption. */
static bool same_rings(const struct ctl_connect *a, const struct ctl_connect *b)
{
	if (a->queues != b->queues || !a->queues || a->queues > CTL_QUEUES_MAX || a->net.ctrl_ref != b->net.ctrl_ref ||
	    a->net.ctrl_port != b->net.ctrl_port)
		return false;
	for (uint32_t i = 0; i < a->queues; i++)
		if (memcmp(&a->net.queue[i], &b->net.queue[i], sizeof(a->net.queue[i])))
			return false;
	return true;
}

bool net_journal_fits(const struct net_journal *j, const struct ctl_connect *c)
{
	return j->magic == NET_JOURNAL_MAGIC && j->size == sizeof(*j) && j->connected && same_rings(&j->with, c);
}

void net_journal_begin(struct net_journal *j, const struct ctl_connect *c)
{
	__atomic_store_n(&j->connected, 0, __ATOMIC_RELEASE);
	memset(j, 0, sizeof(*j));
	j->magic = NET_JOURNAL_MAGIC;
	j->size = sizeof(*j);
	j->with = *c;
}

void net_journal_commit(struct net_journal *j)
{
	__atomic_store_n(&j->connected, 1, __ATOMIC_RELEASE);
}

void net_journal_end(struct net_journal *j)
{
	__atomic_store_n(&j->connected, 0, __ATOMIC_RELEASE);
}
