/* SPDX-License-Identifier: BSD-2-Clause */
/* domctl on a domain's memory and on the hardware it may touch. */
#include <stdbool.h>
#include <stdint.h>
#include "domain/hypercall_page.h"
#include "domctl/domctl.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "mm/mm.h"

#define FRAMES_PER_CALL	1024u	/* of getpageframeinfo3 */
#define FRAMES_CHUNK	64u
#define NR_PORTS	65536u
#define PORT_OR_IRQ_MAX	0xffffu

long domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->page_lock);
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->page_lock);
	return 0;
}

/* Log-dirty mode needs shadow page tables: without them OFF has nothing to end and the rest is not to be had. */
long domctl_shadow_op(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return op->u.shadow_op.op == XEN_DOMCTL_SHADOW_OP_OFF ? -XEN_EINVAL : -XEN_EOPNOTSUPP;
}

/* ---- hardware -------------------------------------------------------------------------------------------- */

/* A controller gives only what it has itself. */
static long change_access(struct domain *d, struct rangeset *have, struct rangeset *set, uint64_t first, uint64_t last,
			  bool allow)
{
	long rc;

	if (!domain_may_access(current->domain, have, first, last))
		return -XEN_EPERM;
	spin_lock(&d->access_lock);
	rc = allow ? rangeset_add(set, first, last) : rangeset_remove(set, first, last);
	spin_unlock(&d->access_lock);
	return rc;
}

long domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_irq_permission *p = &op->u.irq_permission;

	if (p->pirq > PORT_OR_IRQ_MAX)
		return -XEN_EINVAL;
	return change_access(d, current->domain->irqs, d->irqs, p->pirq, p->pirq, p->allow_access);
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
	uint64_t last = p->first_mfn + p->nr_mfns - 1;

	if (!p->nr_mfns || last < p->first_mfn)
		return -XEN_EINVAL;
	return change_access(d, current->domain->iomem, d->iomem, p->first_mfn, last, p->allow_access);
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;

	if (!p->nr_ports || p->first_port >= NR_PORTS || p->nr_ports > NR_PORTS - p->first_port)
		return -XEN_EINVAL;
	return change_access(d, current->domain->ioports, d->ioports, p->first_port,
			     p->first_port + p->nr_ports - 1, p->allow_access);
}

/* ---- frames ------------------------------------------------------------------------------------------------ */

/* Holding it as writable keeps it from being a page table while we write. */
long domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t mfn = op->u.hypercall_init.gmfn;
	struct page *pg;

	if (!mfn_is_ram(mfn))
		return -XEN_EINVAL;
	pg = mfn_to_page(mfn);
	if (page_get_and_type(pg, d, PGT_writable))
		return -XEN_EINVAL;
	hypercall_page_fill(page_to_virt(pg));
	page_put_and_type(pg);
	return 0;
}

/* Only tables that are validated or pinned count as such: others hold whatever the guest left there. */
static uint64_t frame_type(struct domain *d, uint64_t mfn)
{
	uint64_t type, level;
	struct page *pg;

	if (!mfn_is_ram(mfn))
		return XEN_DOMCTL_PFINFO_XTAB;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, d))
		return XEN_DOMCTL_PFINFO_XTAB;
	type = READ_ONCE(pg->type);
	page_put(pg);
	level = (type & PGT_type_mask) >> PGT_shift;
	if (level < 1 || level > 4 || !(type & (PGT_validated | PGT_pinned)))
		return XEN_DOMCTL_PFINFO_NOTAB;
	return level << XEN_DOMCTL_PFINFO_LTAB_SHIFT | (type & PGT_pinned ? XEN_DOMCTL_PFINFO_LPINTAB : 0);
}

long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;
	uint64_t frames[FRAMES_CHUNK];
	uint32_t done, i, n;

	if (p->num > FRAMES_PER_CALL)
		return -XEN_E2BIG;
	for (done = 0; done < p->num; done += n) {
		uint64_t at = p->array + done * sizeof(frames[0]);

		n = MIN((uint32_t)p->num - done, FRAMES_CHUNK);
		if (copy_from_guest(frames, at, n * sizeof(frames[0])))
			return -XEN_EFAULT;
		for (i = 0; i < n; i++)
			frames[i] = frame_type(d, frames[i]);
		if (copy_to_guest(at, frames, n * sizeof(frames[0])))
			return -XEN_EFAULT;
	}
	return 0;
}

/* ---- properties that have one value here ---------------------------------------------------------------------- */

/* One node: a map that names it is obeyed by nature, one that does not cannot be. */
long domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	uint64_t nodes[CPU_WORDS];

	(void)d;
	if (bitmap_copy_in(&op->u.nodeaffinity.nodemap, nodes))
		return -XEN_EFAULT;
	return nodes[0] & 1 ? 0 : -XEN_EINVAL;
}

long domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	const uint64_t nodes[CPU_WORDS] = { 1 };

	(void)d;
	return bitmap_copy_out(&op->u.nodeaffinity.nodemap, nodes);
}

long domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	if (op->u.address_size.size == 64)
		return 0;
	return op->u.address_size.size == 32 ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
}

long domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	op->u.address_size.size = 64;
	return 0;
}
