/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/store.h
 *
 * The store as a whole: tree, watches, quotas, connections, and the table of introduced domains.
 * Pure: domains are reached through struct domain_ops, which the daemon fills with the Xen
 * backend and the unit tests with a fake. One thread, no locks.
 */
#ifndef SOCLE_STORED_STORE_H
#define SOCLE_STORED_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/conn.h"
#include "stored/path.h"
#include "stored/quota.h"
#include "stored/tree.h"
#include "stored/watch.h"

enum domain_state { DOMAIN_RUNNING, DOMAIN_SHUTDOWN, DOMAIN_GONE };

/* How the store reaches domains. */
struct domain_ops {
	/* Maps the ring and binds the port; *out is a live connection. -errno on failure. */
	int (*attach)(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out);
	/* The connection ends; the implementation closes and frees it when it is safe. */
	void (*detach)(void *ctx, struct conn *c);
	enum domain_state (*state)(void *ctx, uint16_t domid);
};

/* An introduced domain. */
struct domain {
	struct domain *next;
	uint16_t domid;
	bool shutdown;			/* watchers have been told */
	uint64_t gfn;
	uint32_t port;
	struct conn *conn;
};

struct store {
	uint64_t clock;			/* source of the nodes' generations */
	struct tree tree;
	struct quota quota;
	struct watch_index watches;
	struct perm_list *special[SPECIALS];
	struct conn *conns;
	struct domain *domains;
	const struct domain_ops *ops;	/* NULL: no domains */
	void *ops_ctx;
	char scratch[XENSTORE_PAYLOAD_MAX + 1];	/* the reply being built */
};

/* The tree with what every store has: /tool/xenstored and the home of domain 0. */
int store_init(struct store *s, const struct domain_ops *ops, void *ops_ctx);
/* Connections must have been closed. */
void store_fini(struct store *s);

struct domain *domain_find(struct store *s, uint16_t domid);
/* -errno; a domain introduced again with other values is connected anew. */
int domain_introduce(struct store *s, uint16_t domid, uint64_t gfn, uint32_t port);
/* Ends the connection and removes what only that domain could use. */
void domain_release(struct store *s, struct domain *d);
/* Looks for domains that have shut down or died since the last time; tells the watchers. */
void domain_scan(struct store *s);
void domain_fire(struct store *s, enum path_special which);

/* Text of the result of a consistency check of the whole tree; true if it is consistent. */
bool store_check(struct store *s, char *text, size_t size);

#endif /* SOCLE_STORED_STORE_H */
