/* SPDX-License-Identifier: BSD-2-Clause */
/* See event_fifo.h. */
#include "kit/event_fifo.h"

#define BIT(n) (1U << (n))

static uint32_t *word_of(const struct kit_fifo *f, uint32_t port)
{
	return port && port < f->nr_ports ? &f->pages[port / KIT_FIFO_WORDS][port % KIT_FIFO_WORDS] : 0;
}

/* Takes a port out of its queue; returns the one behind it. From here on the hypervisor may link it again. */
static uint32_t unlink(uint32_t *word)
{
	uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED), new;

	do
		new = old & ~(BIT(EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);
	while (!__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return old & EVTCHN_FIFO_LINK_MASK;
}

static bool take_pending(uint32_t *word)
{
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) & BIT(EVTCHN_FIFO_MASKED))
		return false;
	return __atomic_fetch_and(word, ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST) & BIT(EVTCHN_FIFO_PENDING);
}

uint32_t kit_fifo_next(struct kit_fifo *f)
{
	uint32_t port, q, *word;

	for (;;) {
		f->ready |= __atomic_exchange_n(&f->control->ready, 0, __ATOMIC_SEQ_CST) & (BIT(EVTCHN_FIFO_MAX_QUEUES) - 1);
		if (!f->ready)
			return 0;
		q = (uint32_t)__builtin_ctz(f->ready);
		/* The shared head counts only when the queue was empty; then it was written before the ready bit. */
		port = f->head[q] ? f->head[q] : __atomic_load_n(&f->control->head[q], __ATOMIC_ACQUIRE);
		word = word_of(f, port);
		f->head[q] = word ? unlink(word) : 0;
		if (!f->head[q])
			f->ready &= ~BIT(q);
		if (word && take_pending(word))
			return port;
	}
}

void kit_fifo_clear(const struct kit_fifo *f, uint32_t port)
{
	uint32_t *word = word_of(f, port);

	if (word)
		__atomic_fetch_and(word, ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
}
