/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/dom0.c
 *
 * Builds the control domain: memory, kernel, initrd, P2M list, start_info, first page tables, context
 * of the first vCPU. dom0_layout.c decides where everything lies; here it is filled in, through the
 * direct map, while nothing of it can run.
 *
 * The P2M list is allocated first and is then the builder's own map from pfn to frame: no other
 * table of that size is needed. The kernel's range follows, so that the unpacked file can be freed
 * before the rest is taken; dom0's memory therefore never has to fit beside it.
 *
 * What depends on the modules, the options and the machine is checked before the domain exists and
 * refused with a message that says what to change. Later failures are panics: they contradict what
 * was checked.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <abi/domctl.h>
#include <abi/errno.h>
#include <abi/xen.h>

#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "debug/log.h"
#include "domain/dom0.h"
#include "domain/dom0_layout.h"
#include "domain/domain.h"
#include "domain/hypercall_page.h"
#include "lib/util.h"
#include "mm/mm.h"

#define MIB_PAGES(n)	((uint64_t)(n) << (20 - PAGE_SHIFT))

/* What stays free for guests and the hypervisor's own objects unless dom0_mem says otherwise. */
#define RESERVE_MIN	MIB_PAGES(64)
#define RESERVE_SHARE	16

/* What dom0_mem may not take: the heap must be able to make domains, vCPUs and tables. */
#define HEAP_RESERVE	MIB_PAGES(16)

/* Allocation goes down from 2 MiB pieces: enough for large runs, small enough to find. */
#define CHUNK_ORDER	9

#define ENTRIES		512	/* P2M or page-table entries a page */
#define E820_RAM	1

struct builder {
	struct domain *d;
	struct dom0_kernel kernel;
	struct pv_layout layout;
	uint64_t initrd_start, initrd_len;	/* physical, in the boot module */
	mfn_t *p2m_mfn;				/* frames of the P2M list */
};

/* ---- pfn to frame ------------------------------------------------------------------------------ */

static uint64_t *p2m_slot(const struct builder *b, uint64_t pfn)
{
	return (uint64_t *)mfn_to_virt(b->p2m_mfn[pfn / ENTRIES]) + pfn % ENTRIES;
}

static mfn_t pfn_to_mfn(const struct builder *b, uint64_t pfn)
{
	return *p2m_slot(b, pfn);
}

static uint64_t layout_mfn_of(void *ctx, uint64_t pfn)
{
	return pfn_to_mfn(ctx, pfn);
}

static void *pfn_to_virt(const struct builder *b, uint64_t pfn)
{
	return mfn_to_virt(pfn_to_mfn(b, pfn));
}

/* Frames are contiguous only within a page: copy (or, with src NULL, zero) piece by piece. */
static void guest_write(const struct builder *b, uint64_t paddr, const uint8_t *src, size_t len)
{
	while (len) {
		size_t off = paddr % PAGE_SIZE, n = MIN(len, PAGE_SIZE - off);
		uint8_t *to = (uint8_t *)pfn_to_virt(b, paddr >> PAGE_SHIFT) + off;

		if (src) {
			memcpy(to, src, n);
			src += n;
		} else {
			memset(to, 0, n);
		}
		paddr += n;
		len -= n;
	}
}

/* ---- memory ------------------------------------------------------------------------------------ */

static void bind_frame(const struct builder *b, uint64_t pfn, mfn_t mfn)
{
	*p2m_slot(b, pfn) = mfn;
	m2p_set(mfn, pfn);
}

static void allocate_p2m(struct builder *b)
{
	const struct pv_range *r = &b->layout.p2m;
	uint64_t i;

	b->p2m_mfn = hv_alloc(r->nr * sizeof(*b->p2m_mfn));
	if (!b->p2m_mfn)
		panic("dom0: no memory for the map of its memory");
	for (i = 0; i < r->nr; i++) {
		struct page *pg = dom_alloc_pages(b->d, 0, 0);

		if (!pg)
			panic("dom0: no memory for its P2M list; set dom0_mem= lower");
		b->p2m_mfn[i] = page_to_mfn(pg);
		/* Entries behind the last pfn must not look like frames. */
		memset(page_to_virt(pg), 0xff, PAGE_SIZE);
	}
	for (i = 0; i < r->nr; i++)
		bind_frame(b, r->pfn + i, b->p2m_mfn[i]);
}

/*
 * Fill [from, to) with fresh frames, in the largest pieces there are. They are not cleared: no kernel
 * expects it, dom0 may map any domain's memory anyway, and clearing a large dom0 would be most of the
 * boot. What must be zero is written so below.
 */
static void allocate_range(struct builder *b, uint64_t from, uint64_t to)
{
	unsigned int order = CHUNK_ORDER;
	uint64_t i;

	while (from < to) {
		struct page *pg;

		while (order && (1UL << order) > to - from)
			order--;
		pg = dom_alloc_dirty_pages(b->d, order);
		if (!pg && order == 0)
			panic("dom0: memory ran out with %lu of %lu pages missing; set dom0_mem= lower",
			      to - from, b->layout.nr_pages);
		if (!pg) {
			order--;
			continue;
		}
		for (i = 0; i < 1UL << order; i++)
			bind_frame(b, from + i, page_to_mfn(pg) + i);
		from += 1UL << order;
	}
}

/*
 * Pages for dom0: what the command line says, or all but a reserve. The unpacked kernel is still
 * in memory when this is asked and gone when the bulk is taken, hence extra.
 */
static int choose_size(uint64_t extra, uint64_t *nr_pages)
{
	uint64_t usable = palloc_free_pages() + extra, want = options.dom0_mem >> PAGE_SHIFT;
	uint64_t reserve = MAX(RESERVE_MIN, total_pages / RESERVE_SHARE) - HEAP_RESERVE;

	usable -= MIN(usable, HEAP_RESERVE);
	if (want > usable) {
		printk("dom0: dom0_mem=%luM does not fit: at most %luM of the machine's %luM can be "
		       "given; set dom0_mem= lower\n", want / MIB_PAGES(1), usable / MIB_PAGES(1),
		       total_pages / MIB_PAGES(1));
		return -XEN_ENOMEM;
	}
	if (!want && usable <= reserve) {
		printk("dom0: the machine's %luM of memory are too few\n", total_pages / MIB_PAGES(1));
		return -XEN_ENOMEM;
	}
	*nr_pages = want ? want : usable - reserve;
	return 0;
}

/*
 * Linux as dom0 lays the machine's memory map over its pfns and dies if its image lies in a hole of
 * it (pv-abi 1.4); initrd and P2M list it moves by itself.
 */
static int check_overlay(const struct pv_layout *l)
{
	uint64_t at = l->kernel.pfn << PAGE_SHIFT, end = (l->stack.pfn + 1) << PAGE_SHIFT;
	unsigned int i;

	/* Sorted; neighbouring RAM entries continue each other. */
	for (i = 0; i < bootinfo.nr_e820; i++) {
		uint64_t start = bootinfo.e820[i].addr, size = bootinfo.e820[i].size;

		if (bootinfo.e820[i].type == E820_RAM && at >= start && at - start < size)
			at = start + size;
		if (at >= end)
			return 0;
	}
	printk("dom0: its kernel must lie at %lx-%lx, but the machine has no RAM at %lx; another "
	       "kernel or firmware is needed\n", l->kernel.pfn << PAGE_SHIFT, end, at);
	return -XEN_EINVAL;
}

/* ---- contents ---------------------------------------------------------------------------------- */

static int load_segment(void *ctx, uint64_t paddr, const void *src, size_t filesz, size_t memsz)
{
	guest_write(ctx, paddr, src, filesz);
	guest_write(ctx, paddr + filesz, NULL, memsz - filesz);
	return 0;
}

static void load_kernel(struct builder *b)
{
	const struct elf_image *img = &b->kernel.image;

	elf_load(img, b->kernel.file, load_segment, b);
	if (img->hypercall_page != ELF_NOTE_ABSENT)
		hypercall_page_fill(pfn_to_virt(b, (img->hypercall_page - img->virt_base) >> PAGE_SHIFT));
}

static void write_tables(struct builder *b)
{
	uint64_t i;

	for (i = 0; i < pv_layout_nr_tables(&b->layout); i++)
		pv_layout_fill_table(&b->layout, i, layout_mfn_of, b,
				     pfn_to_virt(b, pv_layout_table_pfn(&b->layout, i)));
}

/* What the screen shows, so that dom0's console can go on there. */
static uint32_t describe_screen(struct dom0_vga_console_info *vga)
{
	memset(vga, 0, sizeof(*vga));
	if (bootinfo.fb.present) {
		vga->video_type = bootinfo.efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
		vga->u.vesa_lfb.width = (uint16_t)bootinfo.fb.width;
		vga->u.vesa_lfb.height = (uint16_t)bootinfo.fb.height;
		vga->u.vesa_lfb.bytes_per_line = (uint16_t)bootinfo.fb.pitch;
		vga->u.vesa_lfb.bits_per_pixel = (uint16_t)bootinfo.fb.bpp;
		vga->u.vesa_lfb.lfb_base = (uint32_t)bootinfo.fb.base;
		vga->u.vesa_lfb.ext_lfb_base = (uint32_t)(bootinfo.fb.base >> 32);
		/* In units of 64 KiB, as VESA counts it. */
		vga->u.vesa_lfb.lfb_size =
			(uint32_t)(((uint64_t)bootinfo.fb.pitch * bootinfo.fb.height + 0xffff) >> 16);
		vga->u.vesa_lfb.red_pos = bootinfo.fb.rpos;
		vga->u.vesa_lfb.red_size = bootinfo.fb.rsize;
		vga->u.vesa_lfb.green_pos = bootinfo.fb.gpos;
		vga->u.vesa_lfb.green_size = bootinfo.fb.gsize;
		vga->u.vesa_lfb.blue_pos = bootinfo.fb.bpos;
		vga->u.vesa_lfb.blue_size = bootinfo.fb.bsize;
	} else if (!bootinfo.efi) {
		/* A BIOS leaves text mode 3: 80x25, 16 lines a character. */
		vga->video_type = XEN_VGATYPE_TEXT_MODE_3;
		vga->u.text_mode_3.font_height = 16;
		vga->u.text_mode_3.rows = 25;
		vga->u.text_mode_3.columns = 80;
		vga->u.text_mode_3.cursor_y = 24;
	} else {
		return 0;
	}
	return sizeof(*vga);
}

static void write_start_info(struct builder *b)
{
	const struct pv_layout *l = &b->layout;
	struct start_info *si = pfn_to_virt(b, l->start_info.pfn);

	memset(si, 0, PAGE_SIZE);
	strlcpy(si->magic, "xen-3.0-x86_64p", sizeof(si->magic));
	si->nr_pages = l->nr_pages;
	si->shared_info = virt_to_maddr(b->d->shared_info);
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = pv_layout_va(l, l->pt.pfn);
	si->nr_pt_frames = l->pt.nr;
	si->mfn_list = l->p2m_va;
	if (l->initrd.nr) {
		si->mod_start = l->mod_start;
		si->mod_len = b->initrd_len;
		si->flags |= l->mod_is_pfn ? SIF_MOD_START_PFN : 0;
	}
	if (l->p2m_separate) {
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.nr + l->p2m_pt.nr;
	}
	strlcpy(si->cmd_line, bootinfo.kernel_args, sizeof(si->cmd_line));
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = describe_screen((struct dom0_vga_console_info *)(si + 1));
}

/* ---- the first vCPU ---------------------------------------------------------------------------- */

/*
 * Root page table: validated and pinned as MMUEXT_PIN_L4_TABLE would, because Linux begins by
 * unpinning it. Validation is long and restarts itself.
 */
static void pin_root(struct builder *b)
{
	struct page *pg = mfn_to_page(pfn_to_mfn(b, b->layout.pt.pfn));
	int err;

	do {
		err = page_get_and_type(pg, b->d, PGT_l4);
	} while (err == -XEN_ERESTART);
	if (err)
		panic("dom0: its first page tables were refused (error %d)", -err);
	__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST);
}

static void start_vcpu(struct builder *b)
{
	static struct vcpu_guest_context c;	/* 5 KiB: too much for the stack */
	const struct pv_layout *l = &b->layout;
	uint64_t stack_top = pv_layout_va(l, l->stack.pfn + 1);
	int err;

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = b->kernel.image.entry;
	c.user_regs.rsp = stack_top;
	c.user_regs.rsi = pv_layout_va(l, l->start_info.pfn);
	c.user_regs.rflags = 0x200;	/* IF: the guest's own mask is in vcpu_info */
	c.user_regs.cs = SEL_GUEST_CS64;
	c.user_regs.ss = SEL_GUEST_DS;
	c.kernel_ss = SEL_GUEST_DS;
	c.kernel_sp = stack_top;
	c.ctrlreg[3] = pfn_to_mfn(b, l->pt.pfn) << PAGE_SHIFT;
	err = vcpu_set_context(b->d->vcpu[0], &c);
	if (err)
		panic("dom0: the context of its first vCPU was refused (error %d)", -err);
}

/* ---- the whole --------------------------------------------------------------------------------- */

static struct domain *create_domain(uint64_t nr_pages)
{
	struct xen_domctl_createdomain cfg = {
		.max_vcpus = MIN(options.dom0_max_vcpus ? options.dom0_max_vcpus : smp_nr_cpus(), (unsigned int)MAX_VCPUS_PER_DOMAIN),
		.max_evtchn_port = ~0u, .max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	struct domain *d;
	int err;

	err = domain_create(0, &cfg, true, &d);
	for (unsigned int i = 0; !err && i < cfg.max_vcpus; i++)
		err = vcpu_create(d, i);
	if (err)
		panic("dom0: the domain could not be created (error %d)", -err);
	d->max_pages = nr_pages;
	return d;
}

static int plan(struct builder *b)
{
	struct pv_layout_request req = { .image = &b->kernel.image };
	const char *why = "";
	int err;

	if (bootinfo.nr_modules > 1) {
		b->initrd_start = bootinfo.module[1].start;
		b->initrd_len = bootinfo.module[1].len;
	}
	req.initrd_len = b->initrd_len;
	err = choose_size(DIV_ROUND_UP(b->kernel.len, PAGE_SIZE), &req.nr_pages);
	if (err)
		return err;
	err = pv_layout_compute(&req, &b->layout, &why);
	if (err) {
		printk("dom0: %s (memory %luM, initrd %luM)%s\n", why, req.nr_pages / MIB_PAGES(1),
		       b->initrd_len >> 20, err == -XEN_ENOMEM ? "; set dom0_mem= higher" : "");
		return err;
	}
	return check_overlay(&b->layout);
}

/* Kernel and initrd are copied by now; what the loader placed them in serves guests from here on. */
static void release_modules(void)
{
	for (unsigned int i = 0; i < bootinfo.nr_modules; i++)
		mm_release_range(bootinfo.module[i].start, bootinfo.module[i].len);
}

static void populate(struct builder *b)
{
	const struct pv_layout *l = &b->layout;
	uint64_t kernel_end = l->kernel.pfn + l->kernel.nr;

	allocate_p2m(b);
	allocate_range(b, l->kernel.pfn, kernel_end);
	load_kernel(b);
	dom0_kernel_close(&b->kernel);

	allocate_range(b, 0, l->kernel.pfn);
	allocate_range(b, kernel_end, l->p2m.pfn);
	allocate_range(b, l->p2m.pfn + l->p2m.nr, l->nr_pages);
	if (l->initrd.nr)
		guest_write(b, l->initrd.pfn << PAGE_SHIFT, maddr_to_virt(b->initrd_start),
			    b->initrd_len);
	release_modules();
	write_start_info(b);
	write_tables(b);
}

int dom0_create(void)
{
	static struct builder builder;
	struct builder *b = &builder;
	const struct pv_layout *l = &b->layout;
	int err;

	err = dom0_kernel_open(&b->kernel);
	if (!err)
		err = plan(b);
	if (err)
		return err;
	b->d = create_domain(l->nr_pages);
	populate(b);
	pin_root(b);
	start_vcpu(b);
	hv_free(b->p2m_mfn);

	printk("dom0: %s kernel, %luM of memory, initrd %luK, entry %lx\n", b->kernel.image.guest_os,
	       l->nr_pages / MIB_PAGES(1), b->initrd_len >> 10, b->kernel.image.entry);
	dom0 = b->d;
	domain_unpause(b->d);
	return 0;
}
