/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/store_internal.h
 *
 * The store client's state and the seam between its files: store_wire.c moves messages, store_again.c
 * outlives the daemon, store.c knows what messages mean.
 */
#ifndef SOCLE_LIBSOCLE_STORE_INTERNAL_H
#define SOCLE_LIBSOCLE_STORE_INTERNAL_H

#include <stdbool.h>
#include <sys/uio.h>

#include <abi/io/xs_wire.h>

#include "libsocle/store.h"

struct store_event {
	struct store_event *next;
	char *path, *token;
};

/* Set again on a new connection. */
struct store_watch {
	struct store_watch *next;
	char *path, *token;
};

#define STORE_TXS_MAX 8u

struct socle_store {
	int fd;
	int patience_ms; /* for a successor of the daemon */
	bool is_socket;  /* else the kernel's device */
	int dead;        /* -errno once the stream is unusable */
	uint32_t req_id; /* of the last request */
	struct store_event *events, **events_tail;
	struct store_watch *watches;
	struct {
		uint32_t id; /* 0: free */
		bool lost;   /* with its connection */
	} tx[STORE_TXS_MAX];
	size_t have;     /* bytes of the message being received */
	char rx[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
};

/* A connected, non-blocking descriptor, or -1 with the error filled in. */
int store_wire_connect(bool *is_socket, int wait_ms, struct socle_error *e);

/*
 * After a loss: a new connection in the place of the old one, with its watches; every open transaction is lost.
 * -errno when there is none within the handle's patience.
 */
int store_wire_reconnect(struct socle_store *st);

/* True when a failure with this code is the end of the connection and not of the handle. */
bool store_wire_is_loss(int r);

/* Read what is there: 1 an answer is complete, 0 not (an event may have been queued), -errno. */
int store_wire_pump(struct socle_store *st);

/* Send a request and wait for its answer; body (may be NULL) gets a malloc'ed, NUL-ended copy. */
int store_wire_once(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts,
		    unsigned int n, char **body, size_t *len);

/* The same, again on a new connection when the first one is lost (store_again.c). */
int store_wire_call(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts,
		    unsigned int n, char **body, size_t *len);

/* The errno value of an error name on the wire; EIO for one that is not known. */
int store_wire_errno(const char *name);

#endif /* SOCLE_LIBSOCLE_STORE_INTERNAL_H */
