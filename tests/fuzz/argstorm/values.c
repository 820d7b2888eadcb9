/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Things by kind, and what was learned from earlier calls: ports, handles and frames that the hypervisor gave.
 *
 * The kernel must outlive its own nonsense, so what it stands on is out of reach: its code, its root and the argument pages
 * are no part of the pool from which frames and addresses are taken.
 */
#include <abi/grant_table.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include "storm.h"

#define KNOWN	8
#define ARENA	4		/* pages of arguments; behind the last one nothing is mapped */
#define HV	0xffff800000000000UL

uint64_t pool[POOL + 1][512] PAGE_ALIGNED;
uint64_t pool_mfn[POOL];
bool is_guest;
uint16_t own_domid;

static uint8_t grant_window[PAGE_SIZE] PAGE_ALIGNED;	/* the first page of our grant table */
static uint8_t arena[ARENA + 1][PAGE_SIZE] PAGE_ALIGNED;
static unsigned int used;	/* bytes of the arena */
static uint32_t ports[KNOWN], handles[KNOWN];
static uint64_t given[KNOWN], tables[4], image_first, image_last, first_pool, state;	/* tables: in use for the pool's addresses, root last */
static unsigned int elements, depth, level;	/* level: what the structure being made is about */

/* Structures of the running call, for what is read back. */
static struct { const struct shape *shape; uint8_t *at; unsigned int n; } built[4];
static struct { uint64_t *at; } lists[4];
static unsigned int nr_built, nr_lists;

void storm_seed(uint64_t seed)
{
	state = (seed + 1) * 0x9e3779b97f4a7c15UL;
}

uint64_t rnd(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (state >> 11) % limit : state;
}

uint64_t storm_now(void)
{
	const volatile struct vcpu_time_info *t = &kit_shared_info->vcpu_info[0].time;
	uint64_t delta, ns;
	uint32_t version, lo, hi;

	do {
		version = t->version;
		__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
		delta = ((uint64_t)hi << 32 | lo) - t->tsc_timestamp;
		delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
	} while (version & 1 || version != t->version);
	return ns;
}

static uint64_t interesting(void)
{
	static const uint64_t v[] = {
		0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 511, 512, 4095, 4096, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff4, 1UL << 39, 1UL << 52, 1UL << 63, ~0UL, ~0UL - 4095, HV, HV + 0x30000000000,
		0x800000000000, 0x7ffffffff000, 0xffff87fffffff000, 0xffff880000000000,
	};

	switch (rnd(4)) {
	case 0: return rnd(0);
	case 1: return 1UL << rnd(64);
	default: return v[rnd(sizeof(v) / sizeof(v[0]))];
	}
}

static uint64_t frame_of(unsigned int of)
{
	return rnd(12) ? pool_mfn[rnd(POOL / 5) * 5 + of] : pool_mfn[rnd(POOL)];
}

static uint64_t odd_frame(void)
{
	switch (rnd(8)) {
	case 0: case 1: return tables[rnd(4)];
	case 2: return is_guest ? kit_start_info->shared_info >> 12 : tables[0];	/* a clock to rely on */
	case 3: return 0x200 + rnd(64);			/* the hypervisor's */
	case 4: return rnd(0x20000);			/* somebody's */
	case 5: return 0xfee00 + rnd(2) * 0x1d00;	/* APICs, HPET's neighbours */
	default: return given[rnd(KNOWN)];
	}
}

/* A control domain does not write into the frames of its own image, the pool's excepted. */
static bool stands_on(uint64_t f)
{
	return !is_guest && f >= image_first && f <= image_last && (f < first_pool || f >= first_pool + POOL);
}

static uint64_t frame(unsigned int of)
{
	uint64_t f;

	if (of == GIVEN && rnd(10))
		return given[rnd(KNOWN)];
	if (rnd(10))
		return frame_of(of == AGREED ? level : of % 5);
	f = odd_frame();
	return stands_on(f) ? frame_of(0) : f;
}

static uint64_t slot(void)
{
	static const uint16_t s[] = { 0, 1, 2, 3, 255, 256, 258, 271, 272, 511 };

	return s[rnd(10)];
}

/* Entries for addresses of the pool; a table seen there could be written to, by emulation. */
static bool shakes_ground(uint64_t e, unsigned int of)
{
	uint64_t f = PTE_FRAME(e);

	for (unsigned int i = 0; i < 4 && !is_guest && of != AGREED; i++)
		if (f == tables[i])
			return true;
	return stands_on(f);
}

static uint64_t entry(unsigned int of)
{
	uint64_t e;
	unsigned int l = of == AGREED ? level : of;

	if (!rnd(6))
		return rnd(2) ? 0 : interesting();
	e = frame(l ? l - 1 : 0) << 12 | PTE_P | PTE_A | (rnd(3) ? PTE_US : 0) | (rnd(3) ? PTE_RW : 0);
	if (!rnd(10))
		e ^= 1UL << rnd(64);
	return shakes_ground(e, of) ? pool_mfn[0] << 12 | PTE_P | PTE_US : e;
}

static uint64_t domain(void)
{
	static const uint16_t d[] = { DOMID_SELF, DOMID_SELF, DOMID_SELF, DOMID_SELF, 0, 1, 2, DOMID_IO, DOMID_XEN, DOMID_INVALID };

	return d[rnd(sizeof(d) / sizeof(d[0]))];
}

static uint8_t *arena_take(size_t n)
{
	uint8_t *p;

	/* Sometimes across the end of what is mapped, sometimes not aligned. */
	if (!rnd(24))
		return arena[ARENA] - rnd(n < 64 ? n + 1 : 64);
	if (used + n + 64 > sizeof(arena) - PAGE_SIZE)
		used = 0;
	p = arena[0] + used + (rnd(16) ? 0 : rnd(8));
	used += (unsigned int)((n + 15) & ~15UL) + 16;
	return p;
}

static uint64_t value(const struct field *f);

static void put(uint8_t *at, uint64_t v, unsigned int width)
{
	/* Behind the arena nothing is mapped; what lies there stays unwritten. */
	for (unsigned int i = 0; i < width && at + i < arena[ARENA]; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

/* Words of all kinds, as the unions of domctl and its like hold them. */
static void soup(uint8_t *at, unsigned int n)
{
	static const struct field kinds[] = {
		{ 0, 8, SMALL, 4 }, { 0, 8, SMALL, 40 }, { 0, 8, CONST, 0 }, { 0, 8, CONST, 1 }, { 0, 8, FRAME, 0 }, { 0, 8, PORT, 0 },
		{ 0, 8, DOMAIN, 0 }, { 0, 8, VCPU, 0 }, { 0, 8, BYTES, 0 }, { 0, 8, SMALL, 512 }, { 0, 8, PAGE_VA, 0 },
		{ 0, 8, LIST, SMALL }, { 0, 8, LIST, FRAME },
	};

	for (unsigned int i = 0; i + 4 <= n;) {
		unsigned int w = rnd(2) && i % 8 == 0 ? 8 : 4;

		put(at + i, value(&kinds[rnd(w == 8 ? 13 : 10)]), w);
		i += w;
	}
}

static void build_one(const struct shape *s, uint8_t *at)
{
	level = (unsigned int)rnd(5);
	for (unsigned int i = 0; i < s->size; i++)
		put(at + i, 0, 1);
	for (unsigned int i = 0; i < SHAPE_FIELDS && s->field[i].width; i++) {
		const struct field *f = &s->field[i];

		if (f->kind == SOUP)
			soup(at + f->at, s->size - f->at);
		else
			put(at + f->at, value(f), f->width);
	}
}

static uint64_t build(const struct shape *s)
{
	unsigned int n = 1 + (unsigned int)rnd(s->most);
	uint8_t *at = arena_take(n * s->size);

	for (unsigned int i = 0; i < n; i++)
		build_one(s, at + i * s->size);
	if (nr_built < 4) {
		built[nr_built].shape = s;
		built[nr_built].n = n;
		built[nr_built++].at = at;
	}
	elements = n;
	return (uint64_t)at;
}

static uint64_t make_list(unsigned int kind, bool out)
{
	const struct field f = { 0, 8, (uint8_t)(out ? SMALL : kind), out ? 4096 : 0 };
	uint8_t *at = arena_take(64 * 8);

	for (unsigned int i = 0; i < 64; i++)
		put(at + i * 8, value(&f), 8);
	if (out && nr_lists < 4)
		lists[nr_lists++].at = (uint64_t *)at;
	elements = 1 + (unsigned int)rnd(4);
	return (uint64_t)at;
}

static const struct call *pick(void)
{
	unsigned int total = 0, at;

	for (unsigned int i = 0; i < nr_calls; i++)
		total += is_guest || calls[i].who == ANYBODY ? calls[i].weight : 0;
	at = (unsigned int)rnd(total);
	for (unsigned int i = 0;; i++) {
		unsigned int w = is_guest || calls[i].who == ANYBODY ? calls[i].weight : 0;

		if (at < w)
			return &calls[i];
		at -= w;
	}
}

static uint64_t make_calls(void)
{
	struct multicall_entry e[4];
	unsigned int n = 1 + (unsigned int)rnd(4);
	uint8_t *at;

	if (depth)
		return 0;
	depth++;
	for (unsigned int i = 0; i < n; i++) {
		const struct call *c = pick();

		memset(&e[i], 0, sizeof(e[i]));
		e[i].op = c->nr;
		for (unsigned int k = 0; k < 4 && c->arg[k].width; k++)
			e[i].args[k] = value(&c->arg[k]);
	}
	depth--;
	at = arena_take(sizeof(e));
	for (unsigned int i = 0; i < n * sizeof(e[0]); i++)
		put(at + i, ((uint8_t *)e)[i], 1);
	elements = n;
	return (uint64_t)at;
}

static uint64_t pointer(const struct field *f)
{
	uint64_t good = f->kind == POINTER ? build(&shapes[f->arg]) : f->kind == CALLS ? make_calls() :
			make_list(f->arg, f->kind == NEW_FRAMES);

	return rnd(40) ? good : interesting();
}

/* Whatever is made wrong here cannot take the ground from under a control domain. */
static uint64_t right(const struct field *f)
{
	extern char kit_stubs[];

	switch (f->kind) {
	case CONST: return f->arg;
	case SMALL: return rnd(f->arg);
	case BITS: return rnd(0) & f->arg;
	case FRAME: return frame(f->arg);
	case GIVEN_FRAME: return frame(GIVEN);
	case ENTRY_ADDR: return (frame_of(f->arg == AGREED ? level : f->arg % 5) << 12) + slot() * 8 + (rnd(8) ? 0 : rnd(8));
	case ENTRY: return entry(f->arg);
	case TABLE_OP: return level && rnd(2) ? MMUEXT_PIN_L1_TABLE + level - 1 : rnd(3) ? rnd(21) : MMUEXT_UNPIN_TABLE;
	case PAGE_VA: return (uint64_t)pool[rnd(POOL)] + (rnd(4) ? 0 : rnd(PAGE_SIZE));
	case PORT: return rnd(4) ? ports[rnd(KNOWN)] : rnd(20);
	case REF: return rnd(16);
	case HANDLE: return rnd(4) ? handles[rnd(KNOWN)] : rnd(20);
	case DOMAIN: return domain();
	case VCPU: return rnd(3) ? 0 : rnd(3);
	case OTHER_VCPU: return 1 + rnd(4);
	case SOON: return storm_now() + rnd(1000000);
	/* Stubs differ in their frames; vector 1's does for all that comes without an error code. */
	case CODE: return (uint64_t)kit_stubs + (is_guest && !rnd(8) ? rnd(32) : 1) * 64;
	case COUNT: return elements;
	default: return rnd(0);
	}
}

static uint64_t value(const struct field *f)
{
	switch (f->kind) {
	case POINTER: case LIST: case NEW_FRAMES: case CALLS:
		return pointer(f);
	case SOON: case OTHER_VCPU:
		return right(f);
	case CODE:
		return is_guest && !rnd(20) ? interesting() : right(f);
	case COUNT:
		/* What lies behind the last element is words of other calls; taken for operations, they would hit home. */
		if (!is_guest)
			return rnd(25) ? right(f) : rnd(2) ? rnd(elements + 1) : 1UL << 31;
		return rnd(25) ? right(f) : interesting();
	case CONST:
		return rnd(60) ? right(f) : interesting();
	case NEW_PORT: case NEW_HANDLE:
		return 0;
	default:
		return rnd(25) ? right(f) : interesting();
	}
}

/* ---- what a call gave ---- */

static void learn_field(const struct field *f, const uint8_t *at)
{
	uint64_t v = 0;

	if ((f->kind != NEW_PORT && f->kind != NEW_HANDLE) || at + f->width > arena[ARENA])
		return;
	memcpy(&v, at, f->width);
	if (f->kind == NEW_PORT)
		ports[rnd(KNOWN)] = (uint32_t)v;
	else
		handles[rnd(KNOWN)] = (uint32_t)v;
}

static void learn(void)
{
	for (unsigned int b = 0; b < nr_built; b++)
		for (unsigned int n = 0; n < built[b].n; n++)
			for (unsigned int i = 0; i < SHAPE_FIELDS && built[b].shape->field[i].width; i++) {
				const struct field *f = &built[b].shape->field[i];

				learn_field(f, built[b].at + n * built[b].shape->size + f->at);
			}
	for (unsigned int l = 0; l < nr_lists; l++)
		if ((uint8_t *)(lists[l].at + 1) <= arena[ARENA]) {
			given[rnd(KNOWN)] = *lists[l].at;
			/* A frame that is new may take the place of one that is gone. */
			if (*lists[l].at > 4096)
				pool_mfn[rnd(POOL)] = *lists[l].at;
		}
}

/* An entry of our grant table: to ourselves, mostly. */
static void offer(void)
{
	struct grant_entry_v1 e = { .flags = GTF_permit_access, .domid = own_domid, .frame = (uint32_t)frame(0) };
	uint64_t word, at = (uint64_t)grant_window + rnd(16) * sizeof(e);

	if (shakes_ground((uint64_t)e.frame << 12, 0))
		e.frame = (uint32_t)pool_mfn[0];
	if (!rnd(3))
		e.flags |= GTF_readonly;
	if (!rnd(12))
		e.flags = (uint16_t)rnd(0);
	if (!rnd(12))
		e.domid = (uint16_t)domain();
	memcpy(&word, &e, sizeof(word));
	KIT_TRY("mov %0, (%1)", , "r"(word), "r"(at));
}

/* A write to a page of the pool, if it is mapped writable at the moment (or a table, and the write is emulated). */
static void scribble(void)
{
	uint64_t *p = &pool[rnd(POOL)][slot()], v = rnd(3) ? entry((unsigned int)rnd(5)) : rnd(0);

	KIT_TRY("mov %0, (%1)", , "r"(v), "r"(p));
}

/* The first structure of this call, or NULL. */
static uint8_t *first_built(size_t n)
{
	return nr_built && built[0].at + n <= arena[ARENA] ? built[0].at : NULL;
}

static uint32_t built_command(void)
{
	uint32_t cmd = 0;

	if (first_built(4))
		memcpy(&cmd, built[0].at, 4);
	return cmd;
}

/*
 * A control domain may stop the machine, by rights, and a guest itself. Those commands become others of the same hypercall:
 * always in the one, mostly in the other.
 */
static void keep_running(const struct call *c, uint64_t *a)
{
	uint32_t cmd = (uint32_t)a[0];

	if (c->nr == __HYPERVISOR_sched_op && (cmd == SCHEDOP_block || cmd == SCHEDOP_shutdown || cmd == SCHEDOP_remote_shutdown ||
					       cmd == SCHEDOP_watchdog))
		a[0] = SCHEDOP_yield;
	if (c->nr == __HYPERVISOR_vcpu_op && cmd == VCPUOP_down)
		a[0] = VCPUOP_is_up;
	if (c->nr == __HYPERVISOR_console_io && cmd == CONSOLEIO_write)
		a[0] = CONSOLEIO_read;
	if (c->nr == __HYPERVISOR_sysctl && built_command() == XEN_SYSCTL_debug_keys)
		put(built[0].at, XEN_SYSCTL_physinfo, 4);
	if (c->nr == __HYPERVISOR_platform_op && built_command() == XENPF_enter_acpi_sleep)
		put(built[0].at, XENPF_getidletime, 4);
}

/* Its root must be one that it can stand on. */
static void keep_root(const struct call *c)
{
	for (unsigned int n = 0; c->nr == __HYPERVISOR_mmuext_op && nr_built && n < built[0].n; n++) {
		struct mmuext_op op;
		uint8_t *at = built[0].at + n * sizeof(op);

		if (at + sizeof(op) > arena[ARENA])
			return;
		memcpy(&op, at, sizeof(op));
		if (op.cmd == MMUEXT_NEW_BASEPTR)
			put(at + offsetof(struct mmuext_op, arg1), tables[3], 8);
	}
}

static void show(uint64_t i, const struct call *c, const uint64_t *a)
{
	kit_printf("# call %lu: %s (%lx, %lx, %lx, %lx)", i, c->name, a[0], a[1], a[2], a[3]);
	for (unsigned int b = 0; b < nr_built; b++) {
		kit_printf(" %u * {", built[b].n);
		for (unsigned int k = 0; k < 40 && k < built[b].shape->size && built[b].at + k < arena[ARENA]; k++)
			kit_printf("%s%02x", k % 8 ? "" : " ", built[b].at[k]);
		kit_printf(" }");
	}
}

const struct call *storm_step(uint64_t i, bool trace, long *result)
{
	const struct call *c = pick();
	uint64_t a[4] = { 0 };

	if (!rnd(8))
		scribble();
	if (!rnd(12))
		offer();
	if (is_guest && !rnd(10))
		storm_instruction();
	nr_built = nr_lists = 0;
	elements = 1;
	for (unsigned int k = 0; k < 4 && c->arg[k].width; k++)
		a[k] = value(&c->arg[k]);
	if (!is_guest || rnd(8))
		keep_running(c, a);
	if (!is_guest || rnd(4))
		keep_root(c);
	if (trace)
		show(i, c, a);
	*result = hypercall5(c->nr, a[0], a[1], a[2], a[3], 0);
	if (trace)
		kit_printf(" = %ld\n", *result);
	if (*result >= 0)
		learn();
	/* Without handlers the next fault is the last; that is for guests to try, and seldom. */
	if ((c->nr == __HYPERVISOR_set_trap_table || c->nr == __HYPERVISOR_set_callbacks || c->nr == __HYPERVISOR_callback_op) &&
	    (!is_guest || rnd(16)))
		kit_traps_init();
	return c;
}

void storm_show_frames(void)
{
	kit_printf("# frames: image %lx, report %lx, pool %lx..%lx, tables", kit_va_to_mfn(kit_image_start),
		   kit_va_to_mfn(report), pool_mfn[0], pool_mfn[POOL - 1]);
	for (unsigned int i = 0; i < 4; i++)
		kit_printf(" %lx", tables[i]);
	kit_printf("\n");
}

static void map_grant_table(void)
{
	uint64_t f = 0;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&f };

	if (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, 1) || s.status ||
	    kit_set_pte(grant_window, f << 12 | PTE_P | PTE_RW | PTE_A | PTE_D))
		kit_printf("# no grant table\n");
}

void storm_prepare(void)
{
	map_grant_table();
	for (unsigned int i = 0; i < POOL; i++)
		pool_mfn[i] = kit_va_to_mfn(pool[i]);
	image_first = kit_va_to_mfn(kit_image_start);
	image_last = image_first + (uint64_t)(kit_image_end - kit_image_start) / PAGE_SIZE - 1;
	first_pool = pool_mfn[0];
	for (unsigned int i = 0; i < KNOWN; i++)
		given[i] = pool_mfn[i];
	/* Now: the storm may change the M2P that a walk needs. */
	for (unsigned int i = 0; i < 3; i++)
		tables[i] = PTE_FRAME(*kit_walk(pool, 2 + i));
	tables[3] = kit_va_to_mfn((void *)kit_start_info->pt_base);
	/* What the hypervisor writes at length must not reach the variables behind. */
	kit_set_pte(arena[ARENA], 0);
	kit_set_pte(pool[POOL], 0);
}
