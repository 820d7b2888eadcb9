/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/ledger.c
 *
 * See ledger.h.
 */
#include "domain/ledger.h"

#include <errno.h>
#include <stdlib.h>

static struct ledger_domain *domain_of(struct ledger *l, uint32_t domid)
{
	struct ledger_domain *more;

	for (size_t i = l->nr; i-- > 0;)
		if (l->domain[i].domid == domid)
			return &l->domain[i];
	more = reallocarray(l->domain, l->nr + 1, sizeof(*more));
	if (!more)
		return NULL;
	l->domain = more;
	more[l->nr] = (struct ledger_domain){ .domid = domid };
	return &more[l->nr++];
}

static bool row_add(struct ledger *l, uint32_t kind, uint32_t domid, uint64_t n)
{
	struct ledger_domain *d;

	if (kind >= SOCLE_FRAMES_KINDS)
		kind = SOCLE_FRAMES_OTHER;
	l->kind[kind] += n; /* a piece may take off what an earlier one added */
	if (domid == SOCLE_FRAMES_NOBODY)
		return true;
	d = domain_of(l, domid);
	if (!d)
		return false;
	if (kind == SOCLE_FRAMES_DOMAIN || kind == SOCLE_FRAMES_TABLE)
		d->frames += n;
	if (kind == SOCLE_FRAMES_TABLE)
		d->tables += n;
	if (kind == SOCLE_FRAMES_SHARED)
		d->shared += n;
	if (kind == SOCLE_FRAMES_HELD)
		d->held += n;
	return true;
}

bool ledger_add(struct ledger *l, const struct socle_frames *f)
{
	l->total = f->total_pages;
	for (uint32_t i = 0; i < f->nr_rows && i < SOCLE_FRAMES_ROWS; i++)
		if (!row_add(l, f->row[i].kind, f->row[i].domid, f->row[i].frames))
			return false;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct ledger_domain *x = a, *y = b;

	return x->domid < y->domid ? -1 : x->domid > y->domid;
}

void ledger_finish(struct ledger *l)
{
	if (l->nr)
		qsort(l->domain, l->nr, sizeof(*l->domain), by_id);
}

uint64_t ledger_sum(const struct ledger *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SOCLE_FRAMES_KINDS; i++)
		sum += l->kind[i];
	return sum;
}

uint64_t ledger_hypervisor(const struct ledger *l)
{
	static const unsigned int kinds[] = { SOCLE_FRAMES_OBJECTS, SOCLE_FRAMES_IMAGE, SOCLE_FRAMES_M2P, SOCLE_FRAMES_TABLES,
					      SOCLE_FRAMES_OTHER };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		sum += l->kind[kinds[i]];
	return sum;
}

int ledger_read(struct ledger *l, struct socle_hv *hv, struct socle_error *e)
{
	struct socle_frames f = { .next = 0 };

	*l = (struct ledger){ .nr = 0 };
	while (f.next != SOCLE_FRAMES_END) {
		int r = socle_own_op(hv, SOCLE_OP_frames, &f, sizeof(f));

		if (r < 0)
			return socle_refused(e, r, "the hypervisor does not tell whose its memory is");
		if (!ledger_add(l, &f))
			return socle_fail_id(e, ENOMEM, "dom0-memory", "out of memory");
	}
	ledger_finish(l);
	for (size_t i = 0; i < l->nr; i++) {
		struct socle_grants g = { .domid = l->domain[i].domid };

		if (socle_own_op(hv, SOCLE_OP_grants, &g, sizeof(g)) == 0)
			l->domain[i].grants = g.in_use;
	}
	return 0;
}

void ledger_free(struct ledger *l)
{
	free(l->domain);
	*l = (struct ledger){ .nr = 0 };
}
