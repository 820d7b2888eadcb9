/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_socket.h
 *
 * Connections of programs in domain 0 over a Unix socket. The socket's mode (0600) decides who
 * may connect; whoever can is privileged.
 */
#ifndef SOCLE_STORED_CONN_SOCKET_H
#define SOCLE_STORED_CONN_SOCKET_H

#include <poll.h>

#include "libsocle/error.h"
#include "stored/store.h"

struct conn_socket;

struct conn_socket_set {
	struct store *store;
	int listener;
	unsigned n;
	struct conn_socket *first;
};

/* Binds and listens; replaces a stale socket (the caller holds the daemon's lock). */
int conn_socket_listen(struct conn_socket_set *set, const char *path, struct socle_error *e);
/* Fills set->n + 1 entries. */
void conn_socket_fill(const struct conn_socket_set *set, struct pollfd *fds);
/* Acts on the n entries that conn_socket_fill filled; new clients come last. */
void conn_socket_round(struct conn_socket_set *set, const struct pollfd *fds, unsigned n);
void conn_socket_close_all(struct conn_socket_set *set);

#endif /* SOCLE_STORED_CONN_SOCKET_H */
