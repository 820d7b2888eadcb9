/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant_table_op: arrays of operations, each with a status of its own (pv-abi 6.2). An array is interruptible between
 * elements. Only version 1 of the table exists: asking for version 2 answers as a Xen that has it disabled.
 */
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"

/* An element of an array, by operation. */
union element {
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_unmap_and_replace replace;
	struct gnttab_copy copy;
	struct gnttab_swap_grant_ref swap;
	struct gnttab_cache_flush flush;
};

/* An errno ends the array at this element; the status of an element is its own affair. */
typedef long (*element_fn)(union element *e, void *state);

struct array_op {
	unsigned int cmd;
	element_fn run;
	uint32_t size, out_from, out_len;	/* of an element; the part that is written back */
};

#define ARRAY_OP(cmd, fn, type, first, last) ((struct array_op){ cmd, fn, sizeof(struct type), offsetof(struct type, first), \
	offsetof(struct type, last) + sizeof(((struct type *)0)->last) - offsetof(struct type, first) })

/*
 * One array. It becomes a part of its callers, one an operation, where all of op is constant: a call goes straight, and sizes
 * are so many words. What the elements share is in state, for the caller to give back. Elements are short: the clock is
 * read at every eighth.
 */
static inline __attribute__((always_inline)) long
run_array(const struct array_op op, void *state, uint64_t uop, uint32_t count)
{
	union element e;
	long rc;

	for (uint32_t i = 0; i < count; i++, uop += op.size) {
		if (i % 8 == 7 && preempt_check())
			return hypercall_continue(__HYPERVISOR_grant_table_op, 3, op.cmd, uop, count - i, 0, 0);
		if (copy_from_guest(&e, uop, op.size))
			return -XEN_EFAULT;
		rc = op.run(&e, state);
		if (rc)
			return rc;
		if (op.out_len && copy_to_guest(uop + op.out_from, (char *)&e + op.out_from, op.out_len))
			return -XEN_EFAULT;
	}
	return 0;
}

static long do_map(union element *e, void *granter)
{
	grant_map_one(&e->map, granter);
	return 0;
}

/* The domain goes back as it came: two whole words. */
static long map_array(uint64_t uop, uint32_t count)
{
	struct grant_peer granter = { NULL, 0 };
	long rc = run_array(ARRAY_OP(GNTTABOP_map_grant_ref, do_map, gnttab_map_grant_ref, dom, dev_bus_addr),
			    &granter, uop, count);

	grant_peer_put(&granter);
	return rc;
}

static long do_unmap(union element *e, void *batch)
{
	grant_unmap_one(&e->unmap, batch);
	grant_batch_limit(batch);
	return 0;
}

/* One flush for many mappings that go (grant/map.c). */
static inline __attribute__((always_inline)) long run_batched(const struct array_op op, uint64_t uop, uint32_t count)
{
	struct grant_batch b;
	long rc;

	b.nr = 0;
	rc = run_array(op, &b, uop, count);
	grant_batch_settle(&b);
	return rc;
}

static long unmap_array(uint64_t uop, uint32_t count)
{
	return run_batched(ARRAY_OP(GNTTABOP_unmap_grant_ref, do_unmap, gnttab_unmap_grant_ref, status, status), uop, count);
}

static long do_replace(union element *e, void *batch)
{
	grant_unmap_replace_one(&e->replace, batch);
	grant_batch_limit(batch);
	return 0;
}

static long replace_array(uint64_t uop, uint32_t count)
{
	return run_batched(ARRAY_OP(GNTTABOP_unmap_and_replace, do_replace, gnttab_unmap_and_replace, status, status), uop, count);
}

static long do_copy(union element *e, void *sides)
{
	grant_copy_one(&e->copy, sides);
	return 0;
}

static long copy_array(uint64_t uop, uint32_t count)
{
	struct grant_sides s = { .from.held = false };
	long rc = run_array(ARRAY_OP(GNTTABOP_copy, do_copy, gnttab_copy, status, status), &s, uop, count);

	grant_copy_settle(&s);
	return rc;
}

static long do_swap(union element *e, void *none)
{
	(void)none;
	grant_swap_one(&e->swap);
	return 0;
}

static long swap_array(uint64_t uop, uint32_t count)
{
	return run_array(ARRAY_OP(GNTTABOP_swap_grant_ref, do_swap, gnttab_swap_grant_ref, status, status), NULL, uop, count);
}

static long do_flush(union element *e, void *none)
{
	(void)none;
	return grant_cache_flush_one(&e->flush);
}

static long flush_array(uint64_t uop, uint32_t count)
{
	const struct array_op op = { GNTTABOP_cache_flush, do_flush, sizeof(struct gnttab_cache_flush), 0, 0 };

	return run_array(op, NULL, uop, count);
}

static long (*const array_ops[])(uint64_t uop, uint32_t count) = {
	[GNTTABOP_map_grant_ref] = map_array,
	[GNTTABOP_unmap_grant_ref] = unmap_array,
	[GNTTABOP_unmap_and_replace] = replace_array,
	[GNTTABOP_copy] = copy_array,
	[GNTTABOP_swap_grant_ref] = swap_array,
	[GNTTABOP_cache_flush] = flush_array,
};

/* The table that dom names, for its owner or the privileged. */
static int16_t table_owner_get(uint16_t dom, struct domain **out)
{
	int rc = memop_domain_get(dom, out);

	if (rc)
		return rc == -XEN_EPERM ? GNTST_permission_denied : GNTST_bad_domain;
	if ((*out)->grant)
		return GNTST_okay;
	domain_put(*out);
	return GNTST_bad_domain;
}

static int16_t list_frames(struct domain *d, const struct gnttab_setup_table *s)
{
	mfn_t mfn;

	for (uint32_t i = 0; i < s->nr_frames; i++) {
		mfn = grant_shared_mfn(d, i);
		if (mfn == INVALID_MFN)
			return GNTST_general_error;
		if (copy_to_guest(s->frame_list + i * sizeof(mfn), &mfn, sizeof(mfn)))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static long setup_table(uint64_t uop)
{
	struct gnttab_setup_table s;
	struct domain *d;

	if (copy_from_guest(&s, uop, sizeof(s)))
		return -XEN_EFAULT;
	if (!guest_range_ok(s.frame_list, (uint64_t)s.nr_frames * sizeof(mfn_t)))
		return -XEN_EFAULT;
	s.status = table_owner_get(s.dom, &d);
	if (!s.status) {
		s.status = s.nr_frames > d->grant->max_frames ? GNTST_general_error : list_frames(d, &s);
		domain_put(d);
	}
	return copy_to_guest(uop, &s, sizeof(s));
}

static long query_size(uint64_t uop)
{
	struct gnttab_query_size q;
	struct domain *d;

	if (copy_from_guest(&q, uop, sizeof(q)))
		return -XEN_EFAULT;
	q.status = table_owner_get(q.dom, &d);
	if (!q.status) {
		q.nr_frames = d->grant->nr_frames;
		q.max_nr_frames = d->grant->max_frames;
		domain_put(d);
	}
	return copy_to_guest(uop, &q, sizeof(q));
}

static long set_version(uint64_t uop)
{
	struct gnttab_set_version v;

	if (copy_from_guest(&v, uop, sizeof(v)))
		return -XEN_EFAULT;
	if (v.version == 2)
		return -XEN_ENOSYS;
	return v.version == 1 ? copy_to_guest(uop, &v, sizeof(v)) : -XEN_EINVAL;
}

static long get_version(uint64_t uop)
{
	struct gnttab_get_version v;
	struct domain *d;
	int rc;

	if (copy_from_guest(&v, uop, sizeof(v)))
		return -XEN_EFAULT;
	rc = memop_domain_get(v.dom, &d);
	if (rc)
		return rc;
	domain_put(d);
	v.version = 1;
	return copy_to_guest(uop, &v, sizeof(v));
}

/* Status frames are a part of version 2. */
static long get_status_frames(uint64_t uop)
{
	struct gnttab_get_status_frames s;
	struct domain *d;

	if (copy_from_guest(&s, uop, sizeof(s)))
		return -XEN_EFAULT;
	s.status = table_owner_get(s.dom, &d);
	if (!s.status) {
		domain_put(d);
		s.status = GNTST_general_error;
	}
	return copy_to_guest(uop, &s, sizeof(s));
}

static long single_op(unsigned int cmd, uint64_t uop)
{
	switch (cmd) {
	case GNTTABOP_setup_table:
		return setup_table(uop);
	case GNTTABOP_query_size:
		return query_size(uop);
	case GNTTABOP_set_version:
		return set_version(uop);
	case GNTTABOP_get_version:
		return get_version(uop);
	case GNTTABOP_get_status_frames:
		return get_status_frames(uop);
	}
	return -XEN_ENOSYS;
}

static bool takes_one(unsigned int cmd)
{
	return cmd == GNTTABOP_setup_table || cmd == GNTTABOP_query_size || cmd == GNTTABOP_get_status_frames;
}

long do_grant_table_op(uint64_t cmd, uint64_t uop, uint64_t count)
{
	unsigned int op = (unsigned int)cmd;
	long rc;

	if ((int32_t)count < 0)
		return -XEN_EINVAL;
	if (mm_finish_old_table(current))
		return hypercall_continue(__HYPERVISOR_grant_table_op, 3, cmd, uop, count, 0, 0);
	if (op < ARRAY_SIZE(array_ops) && array_ops[op])
		return array_ops[op](uop, (uint32_t)count);
	if (takes_one(op) && (uint32_t)count != 1)
		return -XEN_EINVAL;
	rc = single_op(op, uop);
	return rc ? refuse(rc, "operation %u", op) : 0;
}
