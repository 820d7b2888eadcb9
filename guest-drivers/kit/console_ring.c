/* SPDX-License-Identifier: BSD-2-Clause */
/* See console_ring.h. */
#include "kit/console_ring.h"

void kit_console_ring_attach(struct kit_console_ring *r, struct xencons_interface *page)
{
	*r = (struct kit_console_ring){
		.page = page, .out_prod = __atomic_load_n(&page->out_prod, __ATOMIC_ACQUIRE),
		.in_cons = __atomic_load_n(&page->in_cons, __ATOMIC_ACQUIRE),
	};
}

size_t kit_console_ring_put(struct kit_console_ring *r, const char *text, size_t n)
{
	uint32_t used = r->out_prod - __atomic_load_n(&r->page->out_cons, __ATOMIC_ACQUIRE);
	size_t room = used < XENCONS_OUT_RING_SIZE ? XENCONS_OUT_RING_SIZE - used : 0;

	n = n < room ? n : room;
	for (size_t i = 0; i < n; i++)
		r->page->out[r->out_prod++ % XENCONS_OUT_RING_SIZE] = text[i];
	/* Release: the text is there before the index covers it. */
	__atomic_store_n(&r->page->out_prod, r->out_prod, __ATOMIC_RELEASE);
	return n;
}

size_t kit_console_ring_get(struct kit_console_ring *r, char *text, size_t n)
{
	uint32_t there = __atomic_load_n(&r->page->in_prod, __ATOMIC_ACQUIRE) - r->in_cons;

	if (there > XENCONS_IN_RING_SIZE)
		return 0;
	n = n < there ? n : there;
	for (size_t i = 0; i < n; i++)
		text[i] = r->page->in[r->in_cons++ % XENCONS_IN_RING_SIZE];
	__atomic_store_n(&r->page->in_cons, r->in_cons, __ATOMIC_RELEASE);
	return n;
}

bool kit_console_ring_is_read(const struct kit_console_ring *r)
{
	return __atomic_load_n(&r->page->out_cons, __ATOMIC_ACQUIRE) == r->out_prod;
}
