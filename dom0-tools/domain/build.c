/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/build.c
 *
 * The domain builder, as one list of steps.  Where things lie and what the page tables contain is
 * decided by dom0_layout.c, the code that the hypervisor itself uses for dom0; here they are
 * written into the guest's frames.  The guest does not run and its pages have no type yet, so the
 * tables can be written through ordinary writable maps; pinning the L4 then makes the hypervisor
 * validate all of them, which fails if any such map were left.
 */
#include "domain/build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/arch-x86_64.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/xen.h>
#include <hypervisor/domain/dom0_layout.h>

#include "domain/codes.h"
#include "domain/load.h"
#include "domain/memory.h"
#include "libsocle/domain.h"

#define PAGE GUEST_PAGE

struct build {
	struct domain_ctx *ctx;
	uint16_t domid;
	const struct domain_config *cfg;
	struct load load;
	struct build_result *out;
	int initrd_fd;
	uint64_t initrd_len;
	uint64_t shared_info_mfn;
	struct pv_layout layout;
	struct guest_memory mem;
	struct socle_error *e;
};

static int refused(struct build *b, int r, const char *what)
{
	return socle_refused(b->e, r, "the hypervisor refused to %s", what);
}

static int initrd_open(struct build *b)
{
	struct stat sb;

	b->initrd_fd = -1;
	if (!b->cfg->initrd)
		return 0;
	b->initrd_fd = open(b->cfg->initrd, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (b->initrd_fd < 0 || fstat(b->initrd_fd, &sb))
		return socle_fail_id(b->e, DOMAIN_E_CONFIG, "initrd-missing", "cannot open initrd '%s': %s",
				  b->cfg->initrd, strerror(errno));
	if (!S_ISREG(sb.st_mode) || sb.st_size == 0)
		return socle_fail_id(b->e, DOMAIN_E_CONFIG, "initrd-bad", "initrd '%s' is %s", b->cfg->initrd,
				  S_ISREG(sb.st_mode) ? "empty" : "not a regular file");
	b->initrd_len = (uint64_t)sb.st_size;
	return 0;
}

static int layout_make(struct build *b)
{
	struct pv_layout_request req = {
		.image = &b->load.image, .nr_pages = b->cfg->start_kib / 4,
		.initrd_len = b->initrd_len, .store_and_console = true,
	};
	const char *why = "?";
	int r = pv_layout_compute(&req, &b->layout, &why);

	if (r == -ENOMEM)
		return socle_fail_id(b->e, DOMAIN_E_CONFIG, "memory-too-small", "%" PRIu64 " KiB are too little for this "
				  "kernel and initrd (%s); give the guest more <memory>",
				  b->cfg->start_kib, why);
	if (r < 0)
		return socle_fail_id(b->e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' cannot be placed: %s",
				  b->cfg->kernel, why);
	b->out->store_mfn = b->mem.mfn[b->layout.store.pfn];
	b->out->console_mfn = b->cfg->console ? b->mem.mfn[b->layout.console.pfn] : 0;
	return 0;
}

/* What the guest will be told about its memory, and how much of it the hypervisor will give. */
static int limits_set(struct build *b)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = b->domid };
	struct xen_foreign_memory_map map = { .domid = b->domid };
	struct e820entry *e820;
	int r;

	op.u.max_mem.max_memkb =
		b->cfg->max_kib + 1024; /* slack for pages outside the map, as libxl */
	r = socle_domctl(b->ctx->hv, &op);
	if (r < 0)
		return refused(b, r, "limit the guest's memory");
	e820 = socle_hbuf_alloc(b->ctx->hv, sizeof(*e820));
	if (!e820)
		return socle_fail_id(b->e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	*e820 = (struct e820entry){ .size = b->cfg->max_kib * 1024, .type = E820_RAM };
	map.map.nr_entries = 1;
	map.map.buffer = (uintptr_t)e820;
	r = (int)socle_memory_op(b->ctx->hv, XENMEM_set_memory_map, &map, sizeof(map));
	socle_hbuf_free(b->ctx->hv, e820, sizeof(*e820));
	if (r < 0)
		return refused(b, r, "set the guest's memory map");
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_set_address_size, .domain = b->domid };
	op.u.address_size.size = 64;
	r = socle_domctl(b->ctx->hv, &op);
	return r < 0 ? refused(b, r, "make it a 64-bit guest") : 0;
}

static int port_alloc(struct build *b, uint32_t *port)
{
	struct evtchn_alloc_unbound *op = socle_hbuf_alloc(b->ctx->hv, sizeof(*op));
	long r;

	if (!op)
		return socle_fail_id(b->e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	*op = (struct evtchn_alloc_unbound){ .dom = b->domid, .remote_dom = 0 };
	r = socle_hypercall(b->ctx->hv, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
			    (uintptr_t)op, 0, 0, 0);
	*port = op->port;
	socle_hbuf_free(b->ctx->hv, op, sizeof(*op));
	return r < 0 ? refused(b, (int)r, "allocate an event channel") : 0;
}

static int ports_make(struct build *b)
{
	if (port_alloc(b, &b->out->store_port))
		return -1;
	return b->cfg->console ? port_alloc(b, &b->out->console_port) : 0;
}

/* Reserve the whole amount first: not enough memory is then found at once, not after minutes. */
static int claim(struct build *b, uint64_t nr_pages)
{
	struct xen_memory_reservation res = { .nr_extents = nr_pages, .domid = b->domid };

	return (int)socle_memory_op(b->ctx->hv, XENMEM_claim_pages, &res, sizeof(res));
}

static int memory_get(struct build *b)
{
	uint64_t nr_pages = b->cfg->start_kib / 4;
	int r = claim(b, nr_pages);

	if (r == -ENOMEM)
		return socle_fail_id(b->e, DOMAIN_E_NO_MEMORY, "no-memory",
				  "not enough free memory for %" PRIu64 " KiB; see 'socle info', "
									"give the guest less "
									"<memory> or stop another",
				  nr_pages * 4);
	r = guest_memory_populate(b->ctx, &b->mem, b->domid, nr_pages, b->e);
	claim(b, 0);
	return r ? -1 : 0;
}

static int initrd_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	const struct build *b = arg;
	uint64_t at = index * PAGE, room = count * PAGE, done = 0;
	uint64_t len = b->initrd_len - at < room ? b->initrd_len - at : room;

	while (done < len) {
		ssize_t r = pread(b->initrd_fd, (uint8_t *)page + done, len - done,
				  (off_t)(at + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return socle_fail_id(e, DOMAIN_E_CONFIG, "initrd-bad", "cannot read initrd '%s': %s",
					  b->cfg->initrd,
					  r ? strerror(errno) : "it became shorter");
		done += (uint64_t)r;
	}
	memset((uint8_t *)page + len, 0, room - len);
	work_done(b->ctx->work, at + len);
	return 0;
}

/* The list is read by the guest up to the end of its last page: the tail says "no frame". */
static int p2m_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	const struct build *b = arg;
	uint64_t *entry = page, first = index * (PAGE / 8);

	(void)e;
	for (uint64_t i = 0; i < count * (PAGE / 8); i++)
		entry[i] = first + i < b->mem.nr_pages ? b->mem.mfn[first + i] : ~UINT64_C(0);
	return 0;
}

static uint64_t mfn_of(void *arg, uint64_t pfn)
{
	const struct build *b = arg;

	return b->mem.mfn[pfn];
}

struct tables {
	struct build *b;
	uint64_t first; /* index of the first table of this run of pages */
};

static int tables_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	const struct tables *t = arg;

	(void)e;
	for (uint64_t i = 0; i < count; i++)
		pv_layout_fill_table(&t->b->layout, t->first + index + i, mfn_of, t->b,
				     (uint64_t *)page + i * 512);
	return 0;
}

static int tables_write(struct build *b)
{
	const struct pv_layout *l = &b->layout;
	struct tables t = { .b = b };

	if (guest_memory_walk(b->ctx, &b->mem, l->pt.pfn, l->pt.nr, tables_fill, &t, b->e))
		return -1;
	t.first = l->pt.nr;
	return guest_memory_walk(b->ctx, &b->mem, l->p2m_pt.pfn, l->p2m_pt.nr, tables_fill, &t,
				 b->e);
}

static int zero_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	(void)arg;
	(void)index;
	(void)e;
	memset(page, 0, count * PAGE);
	return 0;
}

static int start_info_fill(void *arg, void *page, uint64_t index, uint64_t count,
			   struct socle_error *e)
{
	const struct build *b = arg;
	const struct pv_layout *l = &b->layout;
	struct start_info *si = page;

	(void)index;
	(void)e;
	memset(page, 0, count * PAGE);
	memcpy(si->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	si->nr_pages = l->nr_pages;
	si->shared_info = b->shared_info_mfn * PAGE;
	si->flags = SIF_VIRT_P2M_4TOOLS | (l->mod_is_pfn ? SIF_MOD_START_PFN : 0);
	si->store_mfn = b->out->store_mfn;
	si->store_evtchn = b->out->store_port;
	si->console.domU.mfn = b->out->console_mfn;
	si->console.domU.evtchn = b->out->console_port;
	si->pt_base = pv_layout_va(l, l->pt.pfn);
	si->nr_pt_frames = l->pt.nr;
	si->mfn_list = l->p2m_va;
	si->mod_start = l->mod_start;
	si->mod_len = b->initrd_len;
	strncpy(si->cmd_line, b->cfg->cmdline, sizeof(si->cmd_line) - 1);
	if (l->p2m_separate) {
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.nr + l->p2m_pt.nr;
	}
	return 0;
}

static int contents_write(struct build *b)
{
	struct domain_ctx *ctx = b->ctx;
	const struct pv_layout *l = &b->layout;

	if (load_write(&b->load, b->e))
		return -1;
	phase_end(ctx, "kernel");
	work_step(ctx->work, "initrd", WORK_BYTES, b->initrd_len);
	if (guest_memory_walk(ctx, &b->mem, l->initrd.pfn, l->initrd.nr, initrd_fill, b, b->e))
		return -1;
	phase_end(ctx, "initrd");
	if (guest_memory_walk(ctx, &b->mem, l->p2m.pfn, l->p2m.nr, p2m_fill, b, b->e) ||
	    guest_memory_walk(ctx, &b->mem, l->store.pfn, l->store.nr, zero_fill, b, b->e) ||
	    guest_memory_walk(ctx, &b->mem, l->console.pfn, l->console.nr, zero_fill, b, b->e) ||
	    guest_memory_walk(ctx, &b->mem, l->start_info.pfn, 1, start_info_fill, b, b->e))
		return -1;
	return tables_write(b);
}

/* A guest starts with events masked on all vCPUs: it has no handler for them yet. */
static int shared_info_write(struct build *b)
{
	struct shared_info *si = socle_foreign_map(b->ctx->hv, b->domid, &b->shared_info_mfn, 1,
						   PROT_READ | PROT_WRITE, b->e);

	if (!si)
		return socle_wrap(b->e, "cannot reach the guest's shared page");
	memset(si, 0, sizeof(*si));
	for (unsigned int i = 0; i < sizeof(si->vcpu_info) / sizeof(si->vcpu_info[0]); i++)
		si->vcpu_info[i].evtchn_upcall_mask = 1;
	socle_foreign_unmap(si, 1);
	return 0;
}

/* Kernels of before 2024 call through a page that the hypervisor fills. */
static int hypercall_page_fill(struct build *b)
{
	const struct elf_image *img = &b->load.image;
	struct xen_domctl op = { .cmd = XEN_DOMCTL_hypercall_init, .domain = b->domid };
	uint64_t pfn;
	int r;

	if (img->hypercall_page == ELF_NOTE_ABSENT)
		return 0;
	pfn = (img->hypercall_page - img->virt_base) / PAGE;
	if (img->hypercall_page < img->virt_base || pfn >= b->layout.nr_pages)
		return socle_fail_id(b->e, DOMAIN_E_CONFIG, "kernel-bad",
				  "kernel '%s' wants its hypercall page outside its memory",
				  b->cfg->kernel);
	op.u.hypercall_init.gmfn = b->mem.mfn[pfn];
	r = socle_domctl(b->ctx->hv, &op);
	return r < 0 ? refused(b, r, "fill the hypercall page") : 0;
}

static int tables_pin(struct build *b)
{
	struct mmuext_op *op = socle_hbuf_alloc(b->ctx->hv, sizeof(*op));
	long r;

	if (!op)
		return socle_fail_id(b->e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = b->mem.mfn[b->layout.pt.pfn];
	r = socle_hypercall(b->ctx->hv, __HYPERVISOR_mmuext_op, (uintptr_t)op, 1, 0, b->domid, 0);
	socle_hbuf_free(b->ctx->hv, op, sizeof(*op));
	return r < 0 ? refused(b, (int)r, "accept the guest's first page tables") : 0;
}

/* The register state that PV kernels start in (ABI page, section 1.7). */
static int vcpu_set(struct build *b)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpucontext, .domain = b->domid };
	struct vcpu_guest_context *c = socle_hbuf_alloc(b->ctx->hv, sizeof(*c));
	const struct pv_layout *l = &b->layout;
	int r;

	if (!c)
		return socle_fail_id(b->e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = b->load.image.entry;
	c->user_regs.rsp = pv_layout_va(l, l->stack.pfn + l->stack.nr);
	c->user_regs.rsi = pv_layout_va(l, l->start_info.pfn);
	c->user_regs.rflags = 1u << 9; /* IF */
	c->user_regs.cs = FLAT_KERNEL_CS64;
	c->user_regs.ss = FLAT_KERNEL_SS64;
	c->kernel_ss = c->user_regs.ss;
	c->kernel_sp = c->user_regs.rsp;
	c->debugreg[6] = 0xffff0ff0; /* reset values, SDM vol. 3, 17.2 */
	c->debugreg[7] = 0x400;
	c->ctrlreg[3] = b->mem.mfn[l->pt.pfn] * PAGE;
	op.u.vcpucontext.ctxt = (uintptr_t)c;
	r = socle_domctl(b->ctx->hv, &op);
	socle_hbuf_free(b->ctx->hv, c, sizeof(*c));
	return r < 0 ? refused(b, r, "set up the first vCPU") : 0;
}

/*
 * Daemons in dom0 map the two rings by grant: references 0 and 1 are reserved for them.  The frame
 * goes in before the entry is made valid.
 */
static int grants_seed(struct build *b)
{
	struct grant_entry_v1 *table = socle_resource_map(
		b->ctx->hv, b->domid, XENMEM_resource_grant_table,
		XENMEM_resource_grant_table_id_shared, 0, 1, PROT_READ | PROT_WRITE, b->e);
	const uint64_t mfn[2] = { b->out->console_mfn, b->out->store_mfn };

	if (!table)
		return socle_wrap(b->e, "cannot reach the guest's grant table");
	for (unsigned int ref = 0; ref < 2; ref++) {
		if (!mfn[ref])
			continue;
		table[ref].domid = 0;
		table[ref].frame = (uint32_t)mfn[ref];
		__atomic_store_n(&table[ref].flags, GTF_permit_access, __ATOMIC_RELEASE);
	}
	socle_foreign_unmap(table, 1);
	return 0;
}

static int build_run(struct build *b)
{
	struct xen_domctl_getdomaininfo info;
	int r = socle_domain_info(b->ctx->hv, b->domid, &info);

	if (r < 0)
		return refused(b, r, "describe the new domain");
	b->shared_info_mfn = info.shared_info_frame;
	if (initrd_open(b) || limits_set(b) || ports_make(b))
		return -1;
	phase_end(b->ctx, "set-up");
	if (memory_get(b))
		return -1;
	phase_end(b->ctx, "memory");
	work_step(b->ctx->work, "unpack kernel", WORK_BYTES, 0);
	if (load_unpack(&b->load, b->e))
		return -1;
	phase_end(b->ctx, "unpack kernel");
	if (domain_ctx_check_stop(b->ctx, b->e) || layout_make(b))
		return -1;
	if (contents_write(b))
		return -1;
	phase_end(b->ctx, "tables");
	if (shared_info_write(b) || hypercall_page_fill(b) || tables_pin(b) || vcpu_set(b) ||
	    grants_seed(b))
		return -1;
	phase_end(b->ctx, "hand-over");
	return 0;
}

int domain_build(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 const struct kernel *kernel, struct build_result *out, struct socle_error *e)
{
	struct build b = {
		.ctx = ctx, .domid = domid, .cfg = cfg, .out = out, .e = e,
		.initrd_fd = -1, .load = { .ctx = ctx, .kernel = kernel },
	};
	int r;

	memset(out, 0, sizeof(*out));
	b.load.mem = &b.mem;
	r = build_run(&b);
	load_end(&b.load);
	if (b.initrd_fd >= 0)
		close(b.initrd_fd);
	guest_memory_free(&b.mem);
	return r;
}
