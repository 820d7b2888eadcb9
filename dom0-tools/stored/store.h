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
#include "stored/journal.h"
#include "stored/path.h"
#include "stored/quota.h"
#include "stored/tree.h"
#include "stored/watch.h"

enum domain_state { DOMAIN_RUNNING, DOMAIN_SHUTDOWN, DOMAIN_GONE };

/* A domain's id is used again; the handle that its builder gave it tells it from the next one. */
struct domain_handle {
	unsigned char bytes[16];
};

/* Commits of local clients that are remembered for those who did not hear of theirs. */
#define STORE_COMMITS 1024u

/* How the store reaches domains. */
struct domain_ops {
	/* Maps the ring and binds the port; *out is a live connection. -errno on failure. */
	int (*attach)(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out);
	/* The connection ends; the implementation closes and frees it when it is safe. */
	void (*detach)(void *ctx, struct conn *c);
	enum domain_state (*state)(void *ctx, uint16_t domid);
	/* Zeroes when it is not known. */
	struct domain_handle (*handle)(void *ctx, uint16_t domid);
	/* After a restart: a connection that nothing carries yet (NULL: no memory) ... */
	struct conn *(*restore)(void *ctx, uint16_t domid);
	/* ... and its ring page again. -errno: it has none. */
	int (*rejoin)(void *ctx, struct conn *c, uint64_t gfn, uint32_t port);
};

/* An introduced domain. */
struct domain {
	struct domain *next;
	uint16_t domid;
	bool shutdown;			/* watchers have been told */
	struct domain_handle handle;
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
	struct journal *journal;	/* NULL: the state dies with the process */
	uint64_t generation;		/* how often the state was taken over */
	uint32_t last_txn;		/* of local clients; not used again after a restart */
	uint32_t committed[STORE_COMMITS];
	unsigned n_committed;		/* ever */
	char scratch[XENSTORE_PAYLOAD_MAX + 1];	/* the reply being built */
};

/* Nothing but the root, for a state that is read back (replay.h). */
int store_init_empty(struct store *s, const struct domain_ops *ops, void *ops_ctx);
/* What every store has: /tool/xenstored and the home of domain 0. */
int store_furnish(struct store *s);
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
void domain_set_shutdown(struct store *s, struct domain *d, bool shutdown);
/* target: -1 for none. */
void domain_set_target(struct store *s, struct conn *c, int target);
/* Entry of the journal that says what there is to know of an introduced domain. */
void domain_keep(const struct domain *d, struct journal *j);

/* A local client's transaction has been committed. */
void store_note_commit(struct store *s, uint32_t id);
bool store_has_committed(const struct store *s, uint32_t id);
/* What was done since the last time is safe now, and may be seen. */
void store_commit(struct store *s);

/* Text of the result of a consistency check of the whole tree; true if it is consistent. */
bool store_check(struct store *s, char *text, size_t size);

#endif /* SOCLE_STORED_STORE_H */
