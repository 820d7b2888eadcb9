/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grant copy: bytes between two pages, each named by a grant of some domain or by a frame of the caller's own. Both
 * pages are referenced, and the target has the writable type, while the bytes move; the copy goes through the direct
 * map, so the guest's view of it is that of a device.
 *
 * A backend fills a page from many, or many from one: each side keeps what it has, pin and references, as long as the
 * elements of an array name the same. So a mark may stay until the array ends, or stops to be continued.
 */
#include <string.h>
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "lib/util.h"

static void side_drop(struct grant_side *s, bool write)
{
	if (!s->held)
		return;
	s->held = false;
	grant_frame_put(s->mfn, write);
	if (s->is_ref)
		grant_unpin(s->peer.d, (uint32_t)s->name, write);
}

/* Why the frame can not be had: not the caller's, or its own but in a use that forbids this one. */
static int16_t side_refused(struct grant_side *s, bool write)
{
	if (s->is_ref) {
		grant_unpin(s->peer.d, (uint32_t)s->name, write);
		return GNTST_general_error;
	}
	if (!grant_frame_get(s->peer.d, s->mfn, false))
		return GNTST_bad_page;
	grant_frame_put(s->mfn, false);
	return GNTST_general_error;
}

static int16_t side_take(struct grant_side *s, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
	int16_t status;

	side_drop(s, write);
	s->is_ref = is_ref;
	s->name = s->mfn = p->u.gmfn;
	if (!is_ref && p->domid != DOMID_SELF)
		return GNTST_permission_denied;
	if (!grant_peer_get(&s->peer, p->domid) || !s->peer.d->grant)
		return GNTST_bad_domain;
	if (is_ref) {
		status = grant_pin(s->peer.d, p->u.ref, current->domain, write, &s->mfn);
		if (status)
			return status;
	}
	if (!grant_frame_get(s->peer.d, s->mfn, write))
		return side_refused(s, write);
	s->held = true;
	return GNTST_okay;
}

/* From one grant to another of the same domain. */
static int16_t side_move(struct grant_side *s, const struct gnttab_copy_ptr *p, bool write)
{
	uint32_t old = (uint32_t)s->name;
	int16_t status;

	grant_frame_put(s->mfn, write);
	s->held = false;
	s->name = p->u.gmfn;
	status = grant_repin(s->peer.d, old, p->u.ref, current->domain, write, &s->mfn);
	if (status)
		return status;
	if (!grant_frame_get(s->peer.d, s->mfn, write))
		return side_refused(s, write);
	s->held = true;
	return GNTST_okay;
}

static inline int16_t side_get(struct grant_side *s, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
	if (!s->held || s->peer.id != p->domid || s->is_ref != is_ref)
		return side_take(s, p, is_ref, write);
	if (s->name == p->u.gmfn)
		return GNTST_okay;
	return is_ref ? side_move(s, p, write) : side_take(s, p, is_ref, write);
}

void grant_copy_one(struct gnttab_copy *op, struct grant_sides *s)
{
	struct grant_side *from = &s->from, *to = &s->to;
	const char *source;
	char *target;

	op->status = GNTST_bad_copy_arg;
	if ((uint32_t)op->source.offset + op->len > PAGE_SIZE || (uint32_t)op->dest.offset + op->len > PAGE_SIZE)
		return;
	op->status = side_get(from, &op->source, op->flags & GNTCOPY_source_gref, false);
	if (op->status)
		return;
	op->status = side_get(to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
	if (op->status)
		return;
	target = (char *)mfn_to_virt(to->mfn) + op->dest.offset;
	source = (const char *)mfn_to_virt(from->mfn) + op->source.offset;
	if (to->mfn != from->mfn)
		memcpy(target, source, op->len);
	else
		memmove(target, source, op->len);
}

void grant_copy_settle(struct grant_sides *s)
{
	side_drop(&s->from, false);
	side_drop(&s->to, true);
	grant_peer_put(&s->from.peer);
	grant_peer_put(&s->to.peer);
}
