/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/ring.c
 *
 * Bytes in and out of a console page; see ring.h for what is trusted.
 */
#include "consoled/ring.h"

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

size_t ring_take(struct xencons_interface *page, char *buf, size_t cap, uint32_t *taken, bool *bad)
{
	uint32_t cons = load(&page->out_cons), prod = load(&page->out_prod);
	size_t n = 0;

	if (prod - cons > XENCONS_OUT_RING_SIZE) {
		*bad = true;
		*taken = prod;
		ring_release(page, prod);
		return 0;
	}
	while (cons != prod && n < cap)
		buf[n++] = ((volatile char *)page->out)[cons++ % XENCONS_OUT_RING_SIZE];
	*taken = cons;
	return n;
}

void ring_release(struct xencons_interface *page, uint32_t taken)
{
	/* Release: the guest may reuse the bytes only after they were read. */
	__atomic_store_n(&page->out_cons, taken, __ATOMIC_RELEASE);
}

size_t ring_give(struct xencons_interface *page, const char *buf, size_t len, bool *bad)
{
	uint32_t cons = load(&page->in_cons), prod = load(&page->in_prod);
	size_t n = 0;

	if (prod - cons > XENCONS_IN_RING_SIZE) {
		*bad = true;
		prod = cons;
	}
	while (prod - cons < XENCONS_IN_RING_SIZE && n < len)
		((volatile char *)page->in)[prod++ % XENCONS_IN_RING_SIZE] = buf[n++];
	/* Release: the bytes are there before the index says so. */
	__atomic_store_n(&page->in_prod, prod, __ATOMIC_RELEASE);
	return n;
}
