/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grant copy: bytes between two pages, each named by a grant of some domain or by a frame of the caller's own. Both
 * pages are referenced, and the target has the writable type, while the bytes move; the copy goes through the direct
 * map, so the guest's view of it is that of a device.
 */
#include <string.h>
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "lib/util.h"

struct side {
	struct domain *d;	/* referenced */
	bool is_ref, write;
	uint32_t ref;
	mfn_t mfn;
};

static int16_t side_get(struct side *s, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
	struct domain *self = current->domain;
	int16_t status;

	s->is_ref = is_ref;
	s->write = write;
	s->ref = p->u.ref;
	s->mfn = p->u.gmfn;
	if (!is_ref && p->domid != DOMID_SELF)
		return GNTST_permission_denied;
	s->d = domain_get_any(p->domid);
	if (!s->d)
		return GNTST_bad_domain;
	status = GNTST_bad_domain;
	if (!s->d->grant)
		goto refuse;
	status = is_ref ? grant_pin(s->d, s->ref, self, write, &s->mfn) : GNTST_okay;
	if (status)
		goto refuse;
	if (grant_frame_get(s->d, s->mfn, write))
		return GNTST_okay;
	/* Not the caller's, or its own but in a use that forbids this one. */
	status = is_ref || grant_frame_get(s->d, s->mfn, false) ? GNTST_general_error : GNTST_bad_page;
	if (is_ref)
		grant_unpin(s->d, s->ref, write);
	else if (status == GNTST_general_error)
		grant_frame_put(s->mfn, false);
refuse:
	domain_put(s->d);
	return status;
}

static void side_put(struct side *s)
{
	grant_frame_put(s->mfn, s->write);
	if (s->is_ref)
		grant_unpin(s->d, s->ref, s->write);
	domain_put(s->d);
}

void grant_copy_one(struct gnttab_copy *op)
{
	struct side from, to;

	op->status = GNTST_bad_copy_arg;
	if ((uint32_t)op->source.offset + op->len > PAGE_SIZE || (uint32_t)op->dest.offset + op->len > PAGE_SIZE)
		return;
	op->status = side_get(&from, &op->source, op->flags & GNTCOPY_source_gref, false);
	if (op->status)
		return;
	op->status = side_get(&to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
	if (!op->status) {
		/* Both may be the same page. */
		memmove((char *)mfn_to_virt(to.mfn) + op->dest.offset, (char *)mfn_to_virt(from.mfn) + op->source.offset,
			op->len);
		side_put(&to);
	}
	side_put(&from);
}
