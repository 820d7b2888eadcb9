/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of domains, see pirq.h. A line that is level-triggered is masked when it fires and unmasked by the
 * guest's EOI (pv-abi 5.5); edges and messages need none. What needs an EOI is told by irq_status_query and,
 * faster, by the guest's own bitmap page.
 */
#include <abi/errno.h>
#include <abi/physdev.h>
#include "asm/atomic.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/pci.h"

#define NR_MSI_PIRQS	256
#define ISA_IRQS	16

enum pirq_kind { PIRQ_FREE, PIRQ_RESERVED, PIRQ_GSI, PIRQ_MSI };

struct pirq {
	struct domain *domain;		/* I */
	uint32_t number;		/* I */
	enum pirq_kind kind;
	uint32_t port;			/* event channel, 0 = not bound */
	uint32_t gsi;			/* PIRQ_GSI */
	bool level;			/* while bound: how the line was programmed */
	int vector;			/* while bound (GSI) or mapped (MSI) */
	bool awaits_eoi;		/* level line, masked until the guest says so */
	struct msi msi;			/* PIRQ_MSI */
};

struct domain_pirq {
	struct spinlock lock;
	uint32_t nr, nr_gsis;		/* I */
	struct pirq *pirqs;		/* I */
	uint8_t *eoi_map;		/* the guest's page, NULL until given */
	struct page *eoi_page;
};

/* How a GSI is wired. Written by setup_gsi from dom0 only; under gsi_lock. What is bound keeps the wiring it was bound with. */
static struct { struct irq_line line; bool set; } *gsi_lines;
static uint32_t nr_gsi_lines;
static struct spinlock gsi_lock = SPINLOCK_INIT(RANK_PHYSDEV);

/* ---- wiring ---- */

/* Until dom0 says otherwise: the firmware's overrides for ISA interrupts, PCI's level and active low for the rest. */
static struct irq_line default_line(uint32_t gsi)
{
	struct irq_line line = { true, true };

	for (uint8_t irq = 0; irq < ISA_IRQS; irq++) {
		struct irq_line isa;

		if (irq_isa_to_gsi(irq, &isa) == gsi)
			line = isa;
	}
	return line;
}

static int wiring_init(void)
{
	if (gsi_lines)
		return 0;
	nr_gsi_lines = ioapic_gsi_limit();
	gsi_lines = hv_alloc(nr_gsi_lines * sizeof(*gsi_lines));
	if (!gsi_lines)
		return -XEN_ENOMEM;
	for (uint32_t gsi = 0; gsi < nr_gsi_lines; gsi++)
		gsi_lines[gsi].line = default_line(gsi);
	return 0;
}

int pirq_setup_gsi(int32_t raw, struct irq_line line)
{
	unsigned int gsi;
	int err = 0;

	if (raw < 0 || !idx_clamp((uint32_t)raw, nr_gsi_lines, &gsi) || !ioapic_gsi_valid(gsi))
		return -XEN_EINVAL;
	spin_lock(&gsi_lock);
	if (gsi_lines[gsi].set) {
		err = -XEN_EEXIST;
	} else {
		gsi_lines[gsi].line = line;
		gsi_lines[gsi].set = true;
	}
	spin_unlock(&gsi_lock);
	return err;
}

static struct irq_line line_of(const struct pirq *p)
{
	struct irq_line line;

	spin_lock(&gsi_lock);
	line = gsi_lines[p->gsi].line;
	spin_unlock(&gsi_lock);
	return line;
}

static bool needs_eoi(const struct pirq *p)
{
	if (p->kind != PIRQ_GSI)
		return false;
	return p->port ? p->level : line_of(p).level;
}

/* ---- domains ---- */

int pirq_domain_init(struct domain *d)
{
	struct domain_pirq *dp;
	int err = wiring_init();

	if (err)
		return err;
	dp = hv_alloc(sizeof(*dp));
	if (!dp)
		return -XEN_ENOMEM;
	spin_init(&dp->lock, RANK_PIRQ);
	dp->nr_gsis = nr_gsi_lines;
	dp->nr = dp->nr_gsis + NR_MSI_PIRQS;
	dp->pirqs = hv_alloc(dp->nr * sizeof(*dp->pirqs));
	if (!dp->pirqs) {
		hv_free(dp);
		return -XEN_ENOMEM;
	}
	for (uint32_t i = 0; i < dp->nr; i++) {
		dp->pirqs[i].domain = d;
		dp->pirqs[i].number = i;
	}
	d->pirq = dp;
	return 0;
}

uint32_t pirq_limit(const struct domain *d)
{
	return d->pirq ? d->pirq->nr : 0;
}

/* With the lock held; NULL without. */
static struct pirq *pirq_lock(struct domain *d, uint32_t number)
{
	unsigned int index;

	if (!d->pirq || !idx_clamp(number, d->pirq->nr, &index))
		return NULL;
	spin_lock(&d->pirq->lock);
	return &d->pirq->pirqs[index];
}

static void pirq_unlock(struct domain *d)
{
	spin_unlock(&d->pirq->lock);
}

/* ---- firing ---- */

/*
 * The vector table is read without a lock, so this may be a late interrupt of a line that another CPU unbinds, or
 * of the vector's last owner: the pirq stays valid memory, not being bound makes it a stray one, and one too many for a
 * line that is bound is what every driver of a shared line knows.
 */
static void pirq_fire(void *arg)
{
	struct pirq *p = arg;
	uint32_t port;

	spin_lock(&p->domain->pirq->lock);
	port = p->port;
	if (port && needs_eoi(p)) {
		ioapic_mask(p->gsi);
		p->awaits_eoi = true;
	}
	spin_unlock(&p->domain->pirq->lock);
	if (port)
		evtchn_raise_pirq(p->domain, port, p->number);
}

static void publish_needs_eoi(const struct domain_pirq *dp, const struct pirq *p)
{
	if (!dp->eoi_map)
		return;
	if (p->port && needs_eoi(p))
		set_bit(p->number, dp->eoi_map);
	else
		clear_bit(p->number, dp->eoi_map);
}

static int start_gsi(struct pirq *p)
{
	int vector = irq_alloc_vector(pirq_fire, p), err;
	struct irq_line line = line_of(p);

	if (vector < 0)
		return vector;
	err = ioapic_setup(p->gsi, (uint8_t)vector, line, apic_id());
	if (err) {
		irq_free_vector((unsigned int)vector);
		return err;
	}
	p->vector = vector;
	p->level = line.level;
	p->awaits_eoi = false;
	ioapic_unmask(p->gsi);
	return 0;
}

int pirq_bind(struct domain *d, uint32_t pirq, uint32_t flags, uint32_t port)
{
	struct pirq *p = pirq_lock(d, pirq);
	int err = 0;

	/* BIND_PIRQ__WILL_SHARE needs nothing: a line belongs to one domain. */
	(void)flags;
	if (!p)
		return -XEN_EINVAL;
	if (p->port)
		err = -XEN_EEXIST;
	else if (p->kind == PIRQ_GSI)
		err = start_gsi(p);
	else if (p->kind == PIRQ_MSI)
		msi_set_mask(&p->msi, false);
	else
		err = -XEN_EINVAL;
	if (!err) {
		p->port = port;
		publish_needs_eoi(d->pirq, p);
	}
	pirq_unlock(d);
	return err;
}

static void stop(struct domain_pirq *dp, struct pirq *p)
{
	if (!p->port)
		return;
	if (p->kind == PIRQ_GSI) {
		ioapic_mask(p->gsi);
		irq_free_vector((unsigned int)p->vector);
		p->awaits_eoi = false;
	} else {
		msi_set_mask(&p->msi, true);
	}
	p->port = 0;
	publish_needs_eoi(dp, p);
}

void pirq_unbind(struct domain *d, uint32_t pirq)
{
	struct pirq *p = pirq_lock(d, pirq);

	if (!p)
		return;
	stop(d->pirq, p);
	pirq_unlock(d);
}

int pirq_eoi(struct domain *d, uint32_t pirq)
{
	struct pirq *p = pirq_lock(d, pirq);
	int err = 0;

	if (!p)
		return -XEN_EINVAL;
	if (!p->port) {
		err = -XEN_EINVAL;
	} else if (p->awaits_eoi) {
		p->awaits_eoi = false;
		ioapic_unmask(p->gsi);
	}
	pirq_unlock(d);
	return err;
}

int pirq_status(struct domain *d, uint32_t pirq, uint32_t *flags)
{
	struct pirq *p = pirq_lock(d, pirq);

	if (!p)
		return -XEN_EINVAL;
	*flags = needs_eoi(p) ? XENIRQSTAT_needs_eoi : 0;
	pirq_unlock(d);
	return 0;
}

/* ---- mapping ---- */

/* A free (or, if named, reserved) number. The lock is held. */
static struct pirq *choose(struct domain_pirq *dp, int32_t wanted, uint32_t first, uint32_t end)
{
	unsigned int index;

	if (wanted >= 0) {
		if (!idx_clamp((uint32_t)wanted, dp->nr, &index) || dp->pirqs[index].kind > PIRQ_RESERVED)
			return NULL;
		return &dp->pirqs[index];
	}
	for (uint32_t i = first; i < end; i++)
		if (dp->pirqs[i].kind == PIRQ_FREE)
			return &dp->pirqs[i];
	return NULL;
}

static struct pirq *find_gsi(const struct domain_pirq *dp, uint32_t gsi)
{
	for (uint32_t i = 0; i < dp->nr; i++)
		if (dp->pirqs[i].kind == PIRQ_GSI && dp->pirqs[i].gsi == gsi)
			return &dp->pirqs[i];
	return NULL;
}

int pirq_map_gsi(struct domain *d, int32_t raw, int32_t wanted)
{
	struct domain_pirq *dp = d->pirq;
	unsigned int gsi;
	struct pirq *p;
	int result;

	if (!dp)
		return -XEN_EOPNOTSUPP;
	if (raw < 0 || !idx_clamp((uint32_t)raw, dp->nr_gsis, &gsi) || !ioapic_gsi_valid(gsi))
		return -XEN_EINVAL;
	if (!domain_may_access(d, d->irqs, gsi, gsi))
		return -XEN_EPERM;
	spin_lock(&dp->lock);
	p = find_gsi(dp, gsi);
	if (p) {
		/* Asking again for what one has is fine. */
		result = wanted < 0 || (uint32_t)wanted == p->number ? (int)p->number : -XEN_EEXIST;
	} else {
		p = choose(dp, wanted, gsi, gsi + 1);
		result = p ? (int)p->number : -XEN_EBUSY;
		if (p) {
			p->kind = PIRQ_GSI;
			p->gsi = gsi;
		}
	}
	spin_unlock(&dp->lock);
	return result;
}

/* m is already found; takes a number and a vector and programs the device. */
static int map_message(struct domain *d, const struct msi *m, int32_t wanted)
{
	struct domain_pirq *dp = d->pirq;
	struct pirq *p;
	int vector;

	spin_lock(&dp->lock);
	for (uint32_t i = 0; i < dp->nr; i++) {
		const struct pirq *other = &dp->pirqs[i];

		if (other->kind == PIRQ_MSI && other->msi.bdf == m->bdf &&
		    (other->msi.msix != m->msix || !m->msix || other->msi.entry == m->entry)) {
			spin_unlock(&dp->lock);
			return -XEN_EBUSY;
		}
	}
	p = choose(dp, wanted, dp->nr_gsis, dp->nr);
	vector = p ? irq_alloc_vector(pirq_fire, p) : -XEN_ENOSPC;
	if (vector >= 0) {
		p->kind = PIRQ_MSI;
		p->msi = *m;
		p->vector = vector;
		msi_program(m, (uint8_t)vector, apic_id());
	}
	spin_unlock(&dp->lock);
	return vector < 0 ? vector : (int)p->number;
}

int pirq_map_msi(struct domain *d, uint16_t bdf, int32_t wanted)
{
	struct msi m;
	int err;

	if (!d->pirq)
		return -XEN_EOPNOTSUPP;
	err = msi_find(&m, bdf);
	return err ? err : map_message(d, &m, wanted);
}

int pirq_map_msix(struct domain *d, uint16_t bdf, uint32_t entry, uint64_t table_bar, int32_t wanted)
{
	struct msi m;
	int err;

	if (!d->pirq)
		return -XEN_EOPNOTSUPP;
	err = msix_find(&m, bdf, entry, table_bar);
	return err ? err : map_message(d, &m, wanted);
}

int pirq_reserve(struct domain *d)
{
	struct domain_pirq *dp = d->pirq;
	struct pirq *p;

	if (!dp)
		return -XEN_EOPNOTSUPP;
	spin_lock(&dp->lock);
	p = choose(dp, -1, dp->nr_gsis, dp->nr);
	if (p)
		p->kind = PIRQ_RESERVED;
	spin_unlock(&dp->lock);
	return p ? (int)p->number : -XEN_ENOSPC;
}

static void release(struct domain_pirq *dp, struct pirq *p)
{
	stop(dp, p);
	if (p->kind == PIRQ_MSI) {
		msi_disable(&p->msi);
		irq_free_vector((unsigned int)p->vector);
	}
	p->kind = PIRQ_FREE;
}

int pirq_unmap(struct domain *d, int32_t pirq)
{
	struct pirq *p = pirq < 0 ? NULL : pirq_lock(d, (uint32_t)pirq);
	int err = 0;

	if (!p)
		return -XEN_EINVAL;
	if (p->kind == PIRQ_FREE)
		err = -XEN_EINVAL;
	else if (p->port)
		err = -XEN_EBUSY;
	else
		release(d->pirq, p);
	pirq_unlock(d);
	return err;
}

/* ---- devices ---- */

static bool is_of_device(const struct pirq *p, uint16_t bdf)
{
	return p->kind == PIRQ_MSI && p->msi.bdf == bdf;
}

void pirq_unmap_device(struct domain *d, uint16_t bdf)
{
	struct domain_pirq *dp = d->pirq;

	if (!dp)
		return;
	spin_lock(&dp->lock);
	for (uint32_t i = dp->nr_gsis; i < dp->nr; i++)
		if (is_of_device(&dp->pirqs[i], bdf) && !dp->pirqs[i].port)
			release(dp, &dp->pirqs[i]);
	spin_unlock(&dp->lock);
}

bool pirq_device_in_use(struct domain *d, uint16_t bdf)
{
	struct domain_pirq *dp = d->pirq;
	bool used = false;

	if (!dp)
		return false;
	spin_lock(&dp->lock);
	for (uint32_t i = 0; i < dp->nr; i++)
		used |= is_of_device(&dp->pirqs[i], bdf);
	spin_unlock(&dp->lock);
	return used;
}

int pirq_restore_device(struct domain *d, uint16_t bdf)
{
	struct domain_pirq *dp = d->pirq;

	if (!dp)
		return -XEN_EOPNOTSUPP;
	if (!pci_present(bdf))
		return -XEN_ENODEV;
	spin_lock(&dp->lock);
	for (uint32_t i = 0; i < dp->nr; i++) {
		struct pirq *p = &dp->pirqs[i];

		if (!is_of_device(p, bdf))
			continue;
		msi_program(&p->msi, (uint8_t)p->vector, apic_id());
		msi_set_mask(&p->msi, !p->port);
	}
	spin_unlock(&dp->lock);
	return 0;
}

/* ---- the guest's bitmap ---- */

int pirq_set_eoi_page(struct domain *d, uint64_t gmfn)
{
	struct domain_pirq *dp = d->pirq;
	struct page *page;
	int err;

	if (!dp)
		return -XEN_EOPNOTSUPP;
	if (!mfn_is_ram(gmfn))
		return -XEN_EINVAL;
	page = mfn_to_page(gmfn);
	err = page_get_and_type(page, d, PGT_writable);
	if (err)
		return -XEN_EINVAL;
	spin_lock(&dp->lock);
	if (dp->eoi_map) {
		err = -XEN_EBUSY;
	} else {
		dp->eoi_page = page;
		dp->eoi_map = page_to_virt(page);
		for (uint32_t i = 0; i < dp->nr; i++)
			publish_needs_eoi(dp, &dp->pirqs[i]);
	}
	spin_unlock(&dp->lock);
	if (err)
		page_put_and_type(page);
	return err;
}

struct page *pirq_eoi_page(const struct domain *d)
{
	return d->pirq ? d->pirq->eoi_page : NULL;
}

void pirq_domain_fini(struct domain *d)
{
	struct domain_pirq *dp = d->pirq;

	if (!dp)
		return;
	spin_lock(&dp->lock);
	for (uint32_t i = 0; i < dp->nr; i++)
		release(dp, &dp->pirqs[i]);
	spin_unlock(&dp->lock);
	if (dp->eoi_page)
		page_put_and_type(dp->eoi_page);
	d->pirq = NULL;
	hv_free(dp->pirqs);
	hv_free(dp);
}
