/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/wire.c
 *
 * See wire.h. Everything read here was written by strangers: a length is compared before it is
 * used, a string is accepted only when its terminator lies inside the payload.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/wire.h"

void wire_in_reset(struct wire_in *in)
{
	in->have = 0;
	memset(&in->hdr, 0, sizeof(in->hdr));
}

size_t wire_in_want(struct wire_in *in, void **dst)
{
	size_t body;

	if (in->have < sizeof(in->hdr)) {
		*dst = (char *)&in->hdr + in->have;
		return sizeof(in->hdr) - in->have;
	}
	body = in->have - sizeof(in->hdr);
	*dst = in->body + body;
	return in->hdr.len - body;
}

int wire_in_advance(struct wire_in *in, size_t n)
{
	in->have += n;
	if (in->have < sizeof(in->hdr))
		return 0;
	if (in->hdr.len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	in->body[in->have - sizeof(in->hdr)] = '\0';
	return 0;
}

struct wire_out *wire_out_new(uint32_t type, uint32_t req_id, uint32_t tx_id, const void *body,
			      size_t len)
{
	struct xsd_sockmsg hdr = { type, req_id, tx_id, (uint32_t)len };
	struct wire_out *out;

	if (len > XENSTORE_PAYLOAD_MAX)
		return NULL;
	out = malloc(sizeof(*out) + sizeof(hdr) + len);
	if (!out)
		return NULL;
	out->next = NULL;
	out->event = type == XS_WATCH_EVENT;
	out->size = sizeof(hdr) + len;
	out->sent = 0;
	memcpy(out->bytes, &hdr, sizeof(hdr));
	if (len)
		memcpy(out->bytes + sizeof(hdr), body, len);
	return out;
}

struct wire_out *wire_event_new(const char *path, const char *token)
{
	size_t plen = strlen(path) + 1, tlen = strlen(token) + 1;
	char body[XENSTORE_PAYLOAD_MAX];

	if (plen > sizeof(body) || tlen > sizeof(body) - plen)
		return NULL;
	memcpy(body, path, plen);
	memcpy(body + plen, token, tlen);
	return wire_out_new(XS_WATCH_EVENT, 0, 0, body, plen + tlen);
}

struct wire_out *wire_error_new(const struct xsd_sockmsg *req, int err)
{
	const char *name = wire_error_name(err);

	return wire_out_new(XS_ERROR, req->req_id, req->tx_id, name, strlen(name) + 1);
}

const char *wire_error_name(int err)
{
	/* The names that clients know (ABI page 8.1). */
	static const struct { int err; const char *name; } names[] = {
		{ EINVAL, "EINVAL" }, { EACCES, "EACCES" }, { EEXIST, "EEXIST" },
		{ EISDIR, "EISDIR" }, { ENOENT, "ENOENT" }, { ENOMEM, "ENOMEM" },
		{ ENOSPC, "ENOSPC" }, { EIO, "EIO" }, { ENOTEMPTY, "ENOTEMPTY" },
		{ ENOSYS, "ENOSYS" }, { EROFS, "EROFS" }, { EBUSY, "EBUSY" },
		{ EAGAIN, "EAGAIN" }, { EISCONN, "EISCONN" }, { E2BIG, "E2BIG" },
		{ EPERM, "EPERM" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == err)
			return names[i].name;
	return "EIO";
}

const char *wire_args_next(struct wire_args *args)
{
	const char *s = args->next;
	const char *end = args->left ? memchr(s, '\0', args->left) : NULL;

	if (!end)
		return NULL;
	args->left -= (size_t)(end - s) + 1;
	args->next = end + 1;
	return s;
}

bool wire_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned char)*text - '0';

		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digit, &v) || v > max)
			return false;
	}
	*out = v;
	return true;
}

bool wire_args_number(struct wire_args *args, uint64_t max, uint64_t *out)
{
	const char *s = wire_args_next(args);

	return s && wire_number(s, max, out);
}
