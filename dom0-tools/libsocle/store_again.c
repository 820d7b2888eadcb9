/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/store_again.c
 *
 * Calls that outlive the store daemon.  A call whose connection is lost does not know whether its request was done; what
 * follows from that depends on the request:
 *
 *	reads                            are asked again
 *	WRITE, MKDIR, RM, SET_PERMS      are asked again: done twice is done once
 *	WATCH, UNWATCH, INTRODUCE, RELEASE  the same; "exists" or "no such" then means that it was done
 *	TRANSACTION_START                is asked again; what the first one began went with its connection
 *	TRANSACTION_END                  the daemon is asked whether it has committed that one (the ids of local
 *	                                 clients' transactions survive it)
 *	anything in a lost transaction   cannot matter any more: its end will be -EAGAIN
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libsocle/store_internal.h"

static bool tx_is_lost(const struct socle_store *st, uint32_t id)
{
	for (unsigned int i = 0; i < STORE_TXS_MAX; i++)
		if (id && st->tx[i].id == id)
			return st->tx[i].lost;
	return false;
}

static void tx_begun(struct socle_store *st, const char *answer)
{
	uint32_t id = (uint32_t)strtoul(answer, NULL, 10);

	for (unsigned int i = 0; id && i < STORE_TXS_MAX; i++) {
		if (st->tx[i].id)
			continue;
		st->tx[i].id = id;
		st->tx[i].lost = false;
		return;
	}
}

static void tx_ended(struct socle_store *st, uint32_t id)
{
	for (unsigned int i = 0; i < STORE_TXS_MAX; i++)
		if (st->tx[i].id == id)
			st->tx[i].id = 0;
}

static bool is_change(uint32_t type)
{
	return type == XS_WRITE || type == XS_MKDIR || type == XS_RM || type == XS_SET_PERMS;
}

/* The connection was lost while a transaction was ended. */
static int end_outcome(struct socle_store *st, uint32_t tx, const struct iovec *parts)
{
	static const char question[] = "committed";
	const char *how = parts[0].iov_base;
	char id[16], *body = NULL;
	struct iovec ask[2] = { { .iov_base = (void *)(uintptr_t)question, .iov_len = sizeof(question) },
				{ .iov_base = id } };
	size_t len;
	int r;

	if (*how == 'F')
		return 0;
	ask[1].iov_len = (size_t)snprintf(id, sizeof(id), "%u", tx) + 1;
	r = store_wire_call(st, XS_CONTROL, 0, ask, 2, &body, &len);
	if (r < 0)
		return store_wire_is_loss(r) ? r : -EAGAIN;
	r = *body == 'T' ? 0 : -EAGAIN;
	free(body);
	return r;
}

/* What a request that may have been done before is told when it has been. */
static int forgive(uint32_t type, int r)
{
	if (type == XS_WATCH && r == -EEXIST)
		return 0;
	if ((type == XS_UNWATCH || type == XS_RELEASE) && r == -ENOENT)
		return 0;
	return r;
}

/* In a transaction that is lost: 1 when it is to be asked outside of it, or the result. */
static int lost_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts)
{
	if (type == XS_TRANSACTION_END) {
		tx_ended(st, tx);
		return *(const char *)parts[0].iov_base == 'F' ? 0 : -EAGAIN;
	}
	return is_change(type) ? 0 : 1;
}

int store_wire_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts,
		    unsigned int n, char **body, size_t *len)
{
	bool again = false;
	int r;

	for (;;) {
		if (tx_is_lost(st, tx)) {
			r = lost_call(st, type, tx, parts);
			if (r <= 0)
				return r;
			tx = 0;
		}
		r = store_wire_once(st, type, tx, parts, n, body, len);
		if (!store_wire_is_loss(r) || !st->dead || store_wire_reconnect(st))
			break;
		again = true;
		if (type == XS_TRANSACTION_END) {
			tx_ended(st, tx);
			return end_outcome(st, tx, parts);
		}
	}
	if (type == XS_TRANSACTION_START && r == 0)
		tx_begun(st, *body);
	if (type == XS_TRANSACTION_END)
		tx_ended(st, tx);
	return again ? forgive(type, r) : r;
}
