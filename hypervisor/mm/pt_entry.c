/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page-table entry: which are acceptable, what they refer to, how they are stored (pv-abi 4.2 to 4.4).
 *
 * A present last-level entry holds a reference on its page and, if writable, a writable type reference; it may map
 * a page of the domain named by the caller (fd) only. An entry of a higher level holds a reference and a type
 * reference of the next lower level on a page of the tree's owner. Entries that are not present hold nothing and
 * are stored as they come.
 *
 * Guest kernels run in ring 3, so every stored entry is a user one; bit 52 remembers that the guest meant a
 * kernel page. The global bit is accepted and dropped: kernel and user mode differ by CR3 only.
 */
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/rangeset.h"
#include "mm/internal.h"

#define L1_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_G | PTE_AVAIL | PTE_NX | PTE_FRAME)
#define TABLE_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_AVAIL | PTE_NX | PTE_FRAME)

struct rangeset *mmio_read_only;	/* I after boot */

bool pte_l1_flags_ok(const struct domain *owner, uint64_t pte)
{
	return !(pte & ~(domain_has_devices(owner) ? L1_FLAGS | PTE_CACHE : L1_FLAGS));
}

bool pte_table_flags_ok(uint64_t pte)
{
	return !(pte & ~TABLE_FLAGS);
}

static uint64_t fix_present(uint64_t pte)
{
	if (!(pte & PTE_US))
		pte |= PTE_US | PTE_GUEST_KERNEL;
	return pte & ~PTE_G;
}

uint64_t pte_l1_fix(uint64_t pte)
{
	return pte & PTE_P ? fix_present(pte) : pte;
}

/* Of the types in the PAT (pv-abi 4.3) a device frame gets UC-, UC or WC; the cacheable ones become UC. */
static uint64_t mmio_cacheability(uint64_t pte)
{
	switch (pte & PTE_CACHE) {
	case PTE_PCD:
	case PTE_PCD | PTE_PWT:
	case PTE_PAT:
	case PTE_PAT | PTE_PCD:
	case PTE_PAT | PTE_PCD | PTE_PWT:
		return pte;
	default:
		return (pte & ~PTE_CACHE) | PTE_PCD | PTE_PWT;
	}
}

static __attribute__((noinline)) int mmio_get(struct domain *owner, struct domain *fd, uint64_t *pte)
{
	mfn_t mfn = pte_mfn(*pte);

	if (mfn == PTE_FRAME >> PAGE_SHIFT)
		return -XEN_EINVAL;
	if (mfn >> (host_features.paddr_bits - PAGE_SHIFT))
		return -XEN_EPERM;
	if (!domain_may_access(owner, owner->iomem, mfn, mfn))
		return -XEN_EPERM;
	if (fd != owner && fd != dom_io && !domain_may_access(fd, fd->iomem, mfn, mfn))
		return -XEN_EPERM;
	*pte = mmio_cacheability(*pte);
	if (mmio_read_only && rangeset_contains(mmio_read_only, mfn))
		*pte &= ~PTE_RW;
	*pte = pte_l1_fix(*pte);
	return 0;
}

static __attribute__((noinline)) int l1_get(struct domain *owner, struct domain *fd, uint64_t *pte)
{
	const uint64_t value = *pte;
	struct page *pg;
	int rc = 0;

	if (!pte_l1_flags_ok(owner, value))
		return -XEN_EINVAL;
	pg = mfn_to_ram(pte_mfn(value));
	if (!pg)
		return mmio_get(owner, fd, pte);
	if (!page_get(pg, fd))
		return -XEN_EBUSY;
	if ((value & PTE_CACHE) && (pg->count & PGC_xen_heap))
		rc = -XEN_EACCES;
	else if (value & PTE_RW)
		rc = page_get_type(pg, PGT_writable);
	if (rc) {
		page_put(pg);
		return rc == -XEN_ERESTART || rc == -XEN_EACCES ? rc : -XEN_EBUSY;
	}
	*pte = fix_present(value);
	return 0;
}

static __attribute__((noinline)) int table_get(struct domain *owner, struct domain *fd, uint64_t type, uint64_t *pte)
{
	struct page *pg = mfn_to_ram(pte_mfn(*pte));
	int rc;

	if (fd != owner || !pte_table_flags_ok(*pte) || !pg)
		return -XEN_EINVAL;
	rc = page_get_and_type(pg, owner, type - PGT_l1);
	if (!rc)
		*pte |= PTE_US;
	return rc;
}

int pte_get(struct domain *owner, struct domain *fd, uint64_t type, uint64_t *pte)
{
	if (!(*pte & PTE_P))
		return 0;
	return type == PGT_l1 ? l1_get(owner, fd, pte) : table_get(owner, fd, type, pte);
}

int pte_put(uint64_t type, uint64_t pte, bool preemptible)
{
	struct page *pg;

	if (!(pte & PTE_P))
		return 0;
	pg = mfn_to_ram(pte_mfn(pte));
	if (!pg)
		return 0;
	if (type != PGT_l1)
		return preemptible ? page_put_and_type_preemptible(pg) : (page_put_and_type(pg), 0);
	if (pte & PTE_RW)
		page_put_and_type(pg);
	else
		page_put(pg);
	return 0;
}
