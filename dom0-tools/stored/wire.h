/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/wire.h
 *
 * Codec of the store protocol (docs: ABI page 8.1): assembling requests from a byte stream,
 * splitting their payload into arguments, building replies and events. Pure: no I/O, no store.
 *
 * A transport fills a message like this:
 *	while ((n = wire_in_want(&in, &dst)) > 0) {
 *		got = read up to n bytes into dst;
 *		wire_in_advance(&in, got);	refuses a length that the protocol forbids
 *	}
 *	... the message is whole: in.hdr, in.body[0 .. in.hdr.len - 1] ...
 *	wire_in_reset(&in);
 */
#ifndef SOCLE_STORED_WIRE_H
#define SOCLE_STORED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/xs_wire.h>

/* One message being received. */
struct wire_in {
	size_t have;			/* bytes received so far, header included */
	struct xsd_sockmsg hdr;
	char body[XENSTORE_PAYLOAD_MAX + 1];
};

/* One message to be sent. */
struct wire_out {
	struct wire_out *next;
	bool event;			/* a watch event, not a reply */
	size_t size;			/* header and body */
	size_t sent;
	char bytes[];
};

/* Arguments of a request: a cursor over NUL-terminated strings. */
struct wire_args {
	const char *next;
	size_t left;
};

void wire_in_reset(struct wire_in *in);
/* How many bytes are still wanted and where they go; 0 when the message is whole. */
size_t wire_in_want(struct wire_in *in, void **dst);
/* Bytes have arrived; -EPROTO when the header announces more than the protocol allows. */
int wire_in_advance(struct wire_in *in, size_t n);

/* A message ready to be queued, or NULL without memory. len is at most XENSTORE_PAYLOAD_MAX. */
struct wire_out *wire_out_new(uint32_t type, uint32_t req_id, uint32_t tx_id, const void *body,
			      size_t len);
struct wire_out *wire_event_new(const char *path, const char *token);
struct wire_out *wire_error_new(const struct xsd_sockmsg *req, int err);

/* The protocol's name of an errno value (positive); "EIO" for those that it has no name for. */
const char *wire_error_name(int err);

/* The next string, or NULL when there is none or it is not terminated. */
const char *wire_args_next(struct wire_args *args);
/* As above, a decimal number up to max without sign or blanks. */
bool wire_args_number(struct wire_args *args, uint64_t max, uint64_t *out);
bool wire_number(const char *text, uint64_t max, uint64_t *out);

#endif /* SOCLE_STORED_WIRE_H */
