/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/loop.h
 *
 * The daemon's one loop: waits for signals, events of Xen and clients, and gives every
 * connection with work its turn.
 */
#ifndef SOCLE_STORED_LOOP_H
#define SOCLE_STORED_LOOP_H

#include "stored/conn_ring.h"
#include "stored/conn_socket.h"
#include "stored/keeper.h"

struct loop {
	struct store *store;
	struct conn_socket_set *sockets;
	struct conn_ring_set *rings;	/* NULL: no domains */
	struct keeper *keeper;		/* NULL: nothing is kept */
	int signal_fd;
};

/* Serves until a signal asks to stop (0) or nothing can be waited for any more (-errno). */
int loop_run(struct loop *l);

#endif /* SOCLE_STORED_LOOP_H */
