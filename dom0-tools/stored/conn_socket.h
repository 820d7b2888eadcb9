/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_socket.h
 *
 * Connections of programs in domain 0 over a Unix socket. The socket's mode (0600) decides who
 * may connect; whoever can is privileged.
 */
#ifndef SOCLE_STORED_CONN_SOCKET_H
#define SOCLE_STORED_CONN_SOCKET_H

#include "libsocle/error.h"
#include "stored/store.h"

struct conn_socket;

struct conn_socket_set {
	struct store *store;
	int listener, epoll;		/* -1: not open */
	unsigned n;
	struct conn_socket *first;
	struct conn_socket *fresh;	/* to be looked at at the end of the round */
	bool any_closed;
};

void conn_socket_init(struct conn_socket_set *set, struct store *store);
/* Binds and listens; replaces a stale socket (the caller holds the daemon's lock). */
int conn_socket_listen(struct conn_socket_set *set, const char *path, struct socle_error *e);
/* When set->epoll is readable: requests, and new clients. */
void conn_socket_serve(struct conn_socket_set *set);
/* At the end of a round: what was queued for them is sent, and those who have gone are freed. */
void conn_socket_flush(struct conn_socket_set *set);
void conn_socket_close_all(struct conn_socket_set *set);

#endif /* SOCLE_STORED_CONN_SOCKET_H */
