/* SPDX-License-Identifier: BSD-2-Clause */
/* See store_ring.h. */
#include <abi/errno.h>
#include "kit/store_ring.h"
#include "kit/string.h"

#define RING XENSTORE_RING_SIZE

void kit_store_ring_attach(struct kit_store_ring *r, struct xenstore_domain_interface *page)
{
	*r = (struct kit_store_ring){
		.page = page, .req_prod = __atomic_load_n(&page->req_prod, __ATOMIC_ACQUIRE),
		.rsp_cons = __atomic_load_n(&page->rsp_cons, __ATOMIC_ACQUIRE),
	};
}

/* The piece that is in the ring in one, from an index on. */
static size_t straight(uint32_t index, size_t n)
{
	size_t to_end = RING - index % RING;

	return n < to_end ? n : to_end;
}

size_t kit_store_ring_put(struct kit_store_ring *r, const void *data, size_t n)
{
	uint32_t used = r->req_prod - __atomic_load_n(&r->page->req_cons, __ATOMIC_ACQUIRE);
	size_t first;

	r->broken |= used > RING;
	if (r->broken)
		return 0;
	n = n < RING - used ? n : RING - used;
	first = straight(r->req_prod, n);
	memcpy(r->page->req + r->req_prod % RING, data, first);
	memcpy(r->page->req, (const char *)data + first, n - first);
	r->req_prod += (uint32_t)n;
	/* Release: the bytes are there before the index covers them. */
	__atomic_store_n(&r->page->req_prod, r->req_prod, __ATOMIC_RELEASE);
	return n;
}

static size_t take(struct kit_store_ring *r, void *to, size_t n)
{
	uint32_t there = __atomic_load_n(&r->page->rsp_prod, __ATOMIC_ACQUIRE) - r->rsp_cons;
	size_t first;

	r->broken |= there > RING;
	if (r->broken)
		return 0;
	n = n < there ? n : there;
	first = straight(r->rsp_cons, n);
	memcpy(to, r->page->rsp + r->rsp_cons % RING, first);
	memcpy((char *)to + first, r->page->rsp, n - first);
	r->rsp_cons += (uint32_t)n;
	__atomic_store_n(&r->page->rsp_cons, r->rsp_cons, __ATOMIC_RELEASE);
	return n;
}

bool kit_store_ring_get(struct kit_store_ring *r, struct kit_store_message *m, bool *moved)
{
	size_t n, want;

	do {
		bool head = m->got < sizeof(m->head);

		want = head ? sizeof(m->head) - m->got : m->head.len + sizeof(m->head) - m->got;
		n = take(r, head ? (char *)&m->head + m->got : m->body + (m->got - sizeof(m->head)), want);
		m->got += (uint32_t)n;
		*moved |= n > 0;
		if (head && m->got == sizeof(m->head) && m->head.len > XENSTORE_PAYLOAD_MAX)
			r->broken = true;
	} while (n && n == want && m->got < sizeof(m->head) + m->head.len && !r->broken);
	if (r->broken || m->got < sizeof(m->head) || m->got < sizeof(m->head) + m->head.len)
		return false;
	m->body[m->head.len] = '\0';
	return true;
}

int kit_store_error(const char *name)
{
	static const struct { const char *name; int number; } errors[] = {
		{ "EINVAL", XEN_EINVAL }, { "EACCES", XEN_EACCES }, { "EEXIST", XEN_EEXIST }, { "EISDIR", XEN_EISDIR },
		{ "ENOENT", XEN_ENOENT }, { "ENOMEM", XEN_ENOMEM }, { "ENOSPC", XEN_ENOSPC }, { "EIO", XEN_EIO },
		{ "ENOTEMPTY", XEN_ENOTEMPTY }, { "ENOSYS", XEN_ENOSYS }, { "EROFS", XEN_EROFS }, { "EBUSY", XEN_EBUSY },
		{ "EAGAIN", XEN_EAGAIN }, { "EISCONN", XEN_EISCONN }, { "E2BIG", XEN_E2BIG }, { "EPERM", XEN_EPERM },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(name, errors[i].name))
			return errors[i].number;
	return XEN_EIO;
}
