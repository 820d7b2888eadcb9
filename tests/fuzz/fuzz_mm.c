/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory and grant hypercalls of two hostile domains (0 is privileged, 1 is not), on the machine in arrays of
 * tests/unit/mm_host. The input is a program: each operation takes its fields by kind (frame by owner and role, entry, handle,
 * reference, address, count), mostly valid, now and then raw. After each one, and in every pause of a long one, all references
 * are counted anew from the contents of the tables; at the end both domains die and every page must be back.
 */
#include "grant/grant.h"
#include "grant/internal.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "mm_host/harness.h"
#include "fuzz.h"

#define POOL 26
#define STEPS 120

static struct input *in;
static mfn_t pool[2][POOL];
static const uint8_t role_of[POOL] = { 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0 };
static uint32_t held_refs[TEST_FRAMES], held_types[TEST_FRAMES], handles[8];
static unsigned int depth;

/* What guest pointers reach: one page of arguments, one of lists. */
static struct { uint8_t arg[2][4096]; uint64_t list[2][512]; } window __attribute__((aligned(4096)));

static void step(void);

/* ---- fields ---- */

static mfn_t frame_of(int dom, unsigned int role)
{
	unsigned int start = input_u8(in) % POOL;

	for (unsigned int i = 0; i < POOL; i++)
		if (role_of[(start + i) % POOL] == role)
			return pool[dom][(start + i) % POOL];
	return pool[dom][start];
}

static mfn_t any_frame(int dom, unsigned int role)
{
	uint8_t how = input_u8(in);

	if (how < 208)
		return frame_of(dom, role);
	if (how < 232)
		return frame_of(!dom, role);
	switch (how & 7) {
	case 0: return MMIO_MFN + input_u8(in) % 120;
	case 1: return input_u64(in);
	case 2: return input_u16(in) % (TEST_FRAMES + 100);
	case 3: return grant_shared_mfn(test_dom[dom], input_u8(in) % 3);
	case 4: return pool[dom][input_u8(in) % POOL];
	default: return frame_of(dom, input_u8(in) % 5);
	}
}

static uint64_t any_entry(int dom, unsigned int role)
{
	uint8_t how = input_u8(in);
	uint64_t e = any_frame(dom, role ? role - 1 : 0) << PAGE_SHIFT;

	if (how < 24)
		return 0;
	if (how >= 248)
		return input_u64(in);
	e |= PTE_P | (how & 1 ? PTE_US : 0) | (how & 6 ? PTE_RW : 0);
	return how >= 216 ? e ^ 1ul << input_u8(in) % 64 : e;
}

static unsigned int any_slot(void)
{
	static const uint16_t slot[] = { 0, 1, 2, 255, 256, 258, 271, 272, 511 };

	return slot[input_u8(in) % ARRAY_SIZE(slot)];
}

static uint16_t any_domain(int dom)
{
	uint8_t how = input_u8(in);

	switch (how % 16) {
	case 0: return DOMID_IO;
	case 1: return DOMID_XEN;
	case 2: return input_u16(in);
	case 3: case 4: return (uint16_t)!dom;
	case 5: return (uint16_t)dom;
	default: return DOMID_SELF;
	}
}

static uint64_t any_pointer(const void *right)
{
	uint8_t how = input_u8(in);

	if (how < 240)
		return (uint64_t)right;
	return how == 255 ? input_u64(in) : (uint64_t)right + 4000 + (how & 7) * 16;
}

static uint64_t any_count(unsigned int good)
{
	uint8_t how = input_u8(in);

	return how < 240 ? good : how < 248 ? how & 7 : input_u64(in);
}

/* Virtual addresses under slot 0 of a root, where the trees of this test are. */
static uint64_t any_address(void)
{
	uint8_t how = input_u8(in);

	if (how >= 250)
		return input_u64(in);
	return (uint64_t)any_slot() << (12 + 9 * (how >= 200 ? how & 3 : 0));
}

static void *argument(size_t size)
{
	memset(window.arg[depth], 0, size);
	return window.arg[depth];
}

static void between(void)
{
	struct vcpu *self = test_current;

	check_counts(held_refs, held_types);
	if (depth || !in->left || !(input_u8(in) & 1))
		return;
	depth = 1;
	step();
	depth = 0;
	test_current = self;
}

static long call(unsigned int nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return hcall(nr, a, b, c, d, between);
}

/* ---- operations ---- */

/* As if through a writable mapping. */
static void op_store(int dom)
{
	unsigned int role = input_u8(in) % 5;
	mfn_t mfn = frame_of(dom, role);
	struct page *pg = mfn_to_page(mfn);

	if (page_get_and_type(pg, test_dom[dom], PGT_writable))
		return;
	words(mfn)[any_slot()] = any_entry(dom, role);
	page_put_and_type(pg);
}

static void op_mmu_update(int dom)
{
	unsigned int n = 1 + input_u8(in) % 4, role = input_u8(in) % 5;
	struct mmu_update *u = argument(n * sizeof(*u));
	uint32_t fd = any_domain(dom);

	if (input_u8(in) >= 230)
		fd |= (uint32_t)(any_domain(dom) + 1) << 16;
	for (unsigned int i = 0; i < n; i++) {
		int who = fd >> 16 && input_u8(in) & 1 ? !dom : dom;
		uint8_t kind = input_u8(in);

		u[i].ptr = (any_frame(who, role) << PAGE_SHIFT) + any_slot() * 8 + (kind < 250 ? kind % 3 : kind % 8);
		u[i].val = any_entry(who, role);
	}
	call(__HYPERVISOR_mmu_update, any_pointer(u), any_count(n), input_u8(in) & 1 ? (uint64_t)&window.list[depth][500] : 0, fd);
}

static void op_mmuext(int dom)
{
	unsigned int n = 1 + input_u8(in) % 3;
	struct mmuext_op *op = argument(n * sizeof(*op));
	uint16_t fd = any_domain(dom);

	for (unsigned int i = 0; i < n; i++) {
		uint8_t how = input_u8(in);
		unsigned int role = input_u8(in) % 5;
		int who = fd == !dom ? !dom : dom;

		op[i].cmd = how < 96 && role ? MMUEXT_PIN_L1_TABLE + role - 1 : how < 140 ? MMUEXT_UNPIN_TABLE : how % 24u;
		if (op[i].cmd == MMUEXT_NEW_BASEPTR || op[i].cmd == MMUEXT_NEW_USER_BASEPTR)
			role = 4;
		op[i].arg1.mfn = op[i].cmd == MMUEXT_INVLPG_LOCAL ? any_address() : any_frame(who, role);
		op[i].arg2.src_mfn = any_frame(who, 0);
		if (op[i].cmd == MMUEXT_TLB_FLUSH_MULTI || op[i].cmd == MMUEXT_INVLPG_MULTI || op[i].cmd == MMUEXT_SET_LDT)
			op[i].arg2.src_mfn = any_pointer(window.list[depth]);
	}
	call(__HYPERVISOR_mmuext_op, any_pointer(op), any_count(n), input_u8(in) & 1 ? (uint64_t)&window.list[depth][500] : 0, fd);
}

static void op_va_mapping(int dom)
{
	uint8_t how = input_u8(in);
	uint64_t flags = how & 7, e = any_entry(dom, 1), va = any_address();

	if (flags >= UVMF_INVLPG && how & 8)
		flags |= (uint64_t)&window.list[depth];
	if (how & 16)
		call(__HYPERVISOR_update_va_mapping_otherdomain, va, e, flags, any_domain(dom));
	else
		call(__HYPERVISOR_update_va_mapping, va, e, flags, 0);
}

static void op_emulated_write(int dom)
{
	uint64_t maddr = (frame_of(dom, 1) << PAGE_SHIFT) + any_slot() * 8, old;

	if (!pt_write_is_emulated(current, maddr))
		return;
	old = words(maddr >> PAGE_SHIFT)[maddr / 8 % 512];
	(void)pt_emulated_write(current, maddr, input_u8(in) < 240 ? old : input_u64(in), any_entry(dom, 1));
}

static void fill_reservation(int dom, struct xen_memory_reservation *r, uint64_t *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		list[i] = any_frame(dom, input_u8(in) % 5);
	r->extent_start = any_pointer(list);
	r->nr_extents = any_count(n);
	r->extent_order = input_u8(in) < 200 ? 0 : input_u8(in) % 22;
	r->mem_flags = input_u8(in) < 220 ? 0 : input_u32(in);
	r->domid = any_domain(dom);
}

/* Frames that an operation gave take the place of those that are gone, so that they are used again. */
static void adopt_frames(int dom)
{
	struct page *pg = list_empty(&test_dom[dom]->page_list) ? NULL : list_first(&test_dom[dom]->page_list, struct page, list);

	for (unsigned int i = 0; pg && i < POOL; i++)
		if (mfn_to_page(pool[dom][i])->owner != test_dom[dom])
			pool[dom][i] = page_to_mfn(pg);
}

static void op_memory(int dom)
{
	static const uint8_t cmds[] = { XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap,
					XENMEM_exchange, XENMEM_decrease_reservation, XENMEM_populate_physmap };
	uint8_t how = input_u8(in);
	uint64_t cmd = how < 192 ? cmds[how % ARRAY_SIZE(cmds)] : how & 31, *list = window.list[depth];
	struct xen_memory_exchange *x = argument(512);
	unsigned int n = 1 + input_u8(in) % 4;

	fill_reservation(dom, &x->in, list, n);
	if (cmd == XENMEM_exchange) {
		fill_reservation(dom, &x->out, list + 64, n);
	} else if (how >= 192) {
		uint8_t *raw = input_block(in, 48);

		/* The others start with a domain, a count or a list; fields beyond are raw. */
		memcpy((uint8_t *)x + 8, raw, 40);
		((uint16_t *)x)[0] = any_domain(dom);
		if (input_u8(in) & 1)
			memcpy((uint8_t *)x + 8, &(uint64_t){ any_pointer(list) }, 8);
		if (input_u8(in) & 1)
			memcpy((uint8_t *)x + 16, &(uint64_t){ any_pointer(list) }, 8);
		if (input_u8(in) & 1)
			memcpy((uint8_t *)x + 24, &(uint64_t){ any_pointer(list) }, 8);
		free(raw);
	}
	/* Where to go on is a guest's to forge. */
	if (input_u8(in) >= 240)
		cmd |= (uint64_t)input_u8(in) << XENMEM_CMD_SHIFT;
	call(__HYPERVISOR_memory_op, cmd, any_pointer(x), 0, 0);
	adopt_frames(dom);
}

/* The table is shared memory: any word at any time. */
static void op_grant_entry(int dom)
{
	uint8_t how = input_u8(in);
	mfn_t mfn = grant_shared_mfn(test_dom[dom], how >> 7);
	struct grant_entry_v1 *e;

	if (mfn == INVALID_MFN)
		return;
	e = (struct grant_entry_v1 *)words(mfn) + input_u8(in) % 12;
	e->frame = (uint32_t)any_frame(dom, input_u8(in) % 5);
	e->domid = how & 8 ? input_u16(in) : (uint16_t)!dom;
	e->flags = how & 4 ? input_u16(in) : GTF_permit_access | (how & 1 ? GTF_readonly : 0);
}

static uint32_t any_ref(void) { return input_u8(in) < 240 ? input_u8(in) % 12 : input_u32(in); }
static uint32_t any_handle(void) { return input_u8(in) < 240 ? handles[input_u8(in) % 8] : input_u32(in); }

static uint64_t grant_address(int dom, bool pte)
{
	return pte ? (frame_of(dom, 1) << PAGE_SHIFT) + any_slot() * 8 : any_address();
}

static void fill_grant_op(int dom, uint32_t cmd, void *at)
{
	struct gnttab_map_grant_ref *m = at;
	struct gnttab_unmap_and_replace *r = at;
	struct gnttab_copy *c = at;
	uint8_t how = input_u8(in);

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		m->flags = how < 230 ? how & 0x1f : input_u32(in);
		m->host_addr = grant_address(dom, m->flags & GNTMAP_contains_pte);
		m->ref = any_ref();
		m->dom = input_u8(in) < 220 ? (uint16_t)!dom : any_domain(dom);
		break;
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_unmap_and_replace:
		r->host_addr = how & 1 ? grant_address(dom, how & 2) : 0;
		r->new_addr = cmd == GNTTABOP_unmap_and_replace ? any_address() : how & 4 ? any_frame(!dom, 0) << PAGE_SHIFT : 0;
		r->handle = any_handle();
		break;
	case GNTTABOP_copy:
		c->flags = how < 230 ? how & 3 : how;
		c->source.domid = any_domain(dom);
		c->dest.domid = any_domain(dom);
		c->source.u.gmfn = c->flags & 1 ? any_ref() : any_frame(dom, 0);
		c->dest.u.gmfn = c->flags & 2 ? any_ref() : any_frame(dom, 0);
		c->source.offset = input_u16(in) % 4200;
		c->dest.offset = input_u16(in) % 4200;
		c->len = input_u16(in) % 4200;
		break;
	default:
		for (unsigned int i = 0; i < 5; i++)
			((uint64_t *)at)[i] = input_u16(in);
		((uint16_t *)at)[0] = any_domain(dom);
		if (how & 1)
			((uint64_t *)at)[2] = any_pointer(window.list[depth]);
	}
}

static void op_grant(int dom)
{
	static const uint8_t size[] = { 32, 24, 24, 4, 24, 40, 16, 24, 4, 24, 8, 8, 24 };
	uint8_t how = input_u8(in);
	uint32_t cmd = how < 80 ? GNTTABOP_map_grant_ref : how < 150 ? GNTTABOP_unmap_grant_ref : how < 180 ? GNTTABOP_copy :
		       how < 200 ? GNTTABOP_unmap_and_replace : how % 14u;
	unsigned int n = 1 + input_u8(in) % 3, bytes = size[cmd % ARRAY_SIZE(size)];
	uint8_t *ops = argument(256), one[64];

	for (unsigned int i = 0; i < n; i++) {
		memset(one, 0, sizeof(one));
		fill_grant_op(dom, cmd, one);
		memcpy(ops + i * bytes, one, bytes);
	}
	if (call(__HYPERVISOR_grant_table_op, cmd, any_pointer(ops), any_count(n), 0))
		return;
	for (unsigned int i = 0; cmd == GNTTABOP_map_grant_ref && i < n; i++) {
		const struct gnttab_map_grant_ref *m = (const void *)(ops + i * bytes);

		if (!m->status)
			handles[(m->ref + i) % 8] = m->handle;
	}
}

/* Holds by devices, copies or descriptor tables. */
static void op_hold(int dom)
{
	mfn_t mfn = frame_of(dom, input_u8(in) % 5);
	struct page *pg = mfn_to_page(mfn);

	if (held_types[mfn]) {
		held_types[mfn]--;
		held_refs[mfn]--;
		page_put_and_type(pg);
	} else if (!page_get_and_type(pg, test_dom[dom], input_u8(in) & 1 ? PGT_writable : PGT_seg_desc)) {
		held_types[mfn]++;
		held_refs[mfn]++;
	}
}

static void step(void)
{
	static void (*const ops[])(int dom) = {
		op_store, op_store, op_mmu_update, op_mmu_update, op_mmuext, op_mmuext, op_mmuext, op_va_mapping, op_va_mapping,
		op_emulated_write, op_memory, op_memory, op_grant_entry, op_grant, op_grant, op_hold,
	};
	uint8_t what = input_u8(in);

	as_domain(what & 1);
	ops[what >> 1 & 15](what & 1);
	check_counts(held_refs, held_types);
}

/* ---- life ---- */

static void start(void)
{
	machine_reset();
	memset(held_refs, 0, sizeof(held_refs));
	memset(held_types, 0, sizeof(held_types));
	memset(handles, 0, sizeof(handles));
	memset(&window, 0, sizeof(window));
	test_guest_start = (uint64_t)&window;
	test_guest_end = (uint64_t)(&window + 1);
	rnd_seed(input_u8(in));
	for (int d = 0; d < 2; d++)
		for (unsigned int i = 0; i < POOL; i++)
			pool[d][i] = new_page(d);
	/* Trees of the usual shape, so that few operations are needed to stand on one. */
	for (int d = 0; d < 2; d++) {
		words(pool[d][0])[0] = pool[d][3] << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US;
		words(pool[d][3])[0] = pool[d][7] << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US;
		words(pool[d][7])[0] = pool[d][12] << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US;
		as_domain(d);
		CLAIM(!mm_new_baseptr(current, pool[d][0]));
	}
}

static void finish(void)
{
	for (mfn_t m = 0; m < TEST_FRAMES; m++)
		for (; held_types[m]; held_types[m]--, held_refs[m]--)
			page_put_and_type(mfn_to_page(m));
	test_current = NULL;
	for (int d = 0; d < 2; d++) {
		test_dom[d]->life = DOMAIN_DYING;
		while (grant_relinquish(test_dom[d]) || mm_domain_relinquish(test_dom[d]))
			;
		check_counts(NULL, NULL);
	}
	for (int d = 0; d < 2; d++) {
		CLAIM(test_dom[d]->tot_pages == 0);
		CLAIM(test_dom[d]->refs == 1);
		CLAIM(grant_retract(test_dom[d]));
		grant_domain_fini(test_dom[d]);
		mm_domain_fini(test_dom[d]);
		rangeset_free(test_dom[d]->iomem);
		hv_free(test_dom[d]->e820);
	}
	/* The heap too has given back all it took; so the next run starts from the same state. */
	CLAIM(palloc_free_pages() == TEST_FRAMES - FIRST_RAM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input program = { data, size };

	in = &program;
	depth = 0;
	start();
	test_preempt_percent = input_u8(in) % 2 ? 25 : 0;
	for (unsigned int i = 0; i < STEPS && in->left; i++)
		step();
	finish();
	return 0;
}
