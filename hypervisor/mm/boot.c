/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The final address space, built once from the boot one (first 4 GiB at DIRECTMAP_VIRT): frame table, M2P, direct map,
 * image with the permissions its sections deserve, device area. All third-level tables of the
 * hypervisor's slots exist afterwards, so that a root table made later sees every mapping made still later.
 *
 * The direct map covers RAM and the firmware's tables, exactly: a cached mapping of device
 * registers would be an alias nobody asked for. Frame table and M2P are mapped in 2 MiB pieces, only where RAM needs them.
 */
#include "asm/cr.h"
#include "boot/bootinfo.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "mm/space.h"

#define SIZE_2M		(1UL << 21)
#define SIZE_1G		(1UL << 30)
#define HV_TABLE	(PTE_P | PTE_RW | PTE_A)
#define LOW_END		0x100000UL

#define FT_CHUNK_PAGES	(SIZE_2M / sizeof(struct page))		/* frames whose entries fill 2 MiB */
#define M2P_CHUNK_PAGES	(SIZE_2M / sizeof(uint64_t))

uint64_t *idle_l4;

static uint64_t *next_table(uint64_t *slot, uint64_t flags)
{
	if (!(*slot & PTE_P))
		*slot = bootmem_alloc(PAGE_SIZE, PAGE_SIZE) | HV_TABLE | flags;
	BUG_ON(*slot & PTE_PSE);
	return maddr_to_virt(*slot & PTE_FRAME);
}

/* [va, va + len) -> maddr with the largest pages that fit; flags without PSE. */
static void map_range(uint64_t va, uint64_t maddr, uint64_t len, uint64_t flags)
{
	uint64_t user = flags & PTE_US, *l3, *l2, *l1, both;

	while (len) {
		both = va | maddr;
		l3 = next_table(&idle_l4[pt_index(va, 4)], user);
		if (host_features.page1gb && !(both & (SIZE_1G - 1)) && len >= SIZE_1G) {
			l3[pt_index(va, 3)] = maddr | flags | PTE_PSE;
			va += SIZE_1G, maddr += SIZE_1G, len -= SIZE_1G;
			continue;
		}
		l2 = next_table(&l3[pt_index(va, 3)], user);
		if (!(both & (SIZE_2M - 1)) && len >= SIZE_2M) {
			l2[pt_index(va, 2)] = maddr | flags | PTE_PSE;
			va += SIZE_2M, maddr += SIZE_2M, len -= SIZE_2M;
			continue;
		}
		l1 = next_table(&l2[pt_index(va, 2)], user);
		l1[pt_index(va, 1)] = maddr | flags;
		va += PAGE_SIZE, maddr += PAGE_SIZE, len -= PAGE_SIZE;
	}
}

#define KERNEL_DATA	(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define KERNEL_RODATA	(PTE_P | PTE_A | PTE_NX)
#define KERNEL_TEXT	(PTE_P | PTE_A)

static void map_image_part(const char *start, const char *end, uint64_t flags)
{
	uint64_t first = ROUND_DOWN((uint64_t)start, PAGE_SIZE), last = ROUND_UP((uint64_t)end, PAGE_SIZE);

	map_range(first, first - HV_IMAGE_VIRT, last - first, flags);
}

static bool direct_mapped_type(uint32_t type)
{
	return type == E820_RAM || type == E820_ACPI || type == E820_NVS;
}

/* Neighbours are joined page-wise: two entries that share a page must not map it twice with holes between. */
static void map_direct(void)
{
	uint64_t done = LOW_END;

	/* Firmware leaves pointers and tables anywhere in the first MiB. */
	map_range(DIRECTMAP_VIRT, 0, LOW_END, KERNEL_DATA);
	for (unsigned int i = 0; i < bootinfo.nr_e820; i++) {
		const struct boot_memory *m = &bootinfo.e820[i];
		uint64_t start = ROUND_DOWN(m->addr, PAGE_SIZE), end = ROUND_UP(m->addr + m->size, PAGE_SIZE);

		if (!direct_mapped_type(m->type))
			continue;
		start = MAX(start, done);
		end = MIN(end, (uint64_t)DIRECTMAP_SIZE);
		if (start >= end)
			continue;
		map_range(DIRECTMAP_VIRT + start, start, end - start, KERNEL_DATA);
		done = end;
	}
}

static bool ram_frames(unsigned int i, mfn_t *first, mfn_t *end)
{
	const struct boot_memory *m = &bootinfo.e820[i];
	uint64_t start = MAX(m->addr, LOW_END), stop = MIN(m->addr + m->size, (uint64_t)DIRECTMAP_SIZE);

	if (m->type != E820_RAM)
		return false;
	*first = ROUND_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
	*end = stop >> PAGE_SHIFT;
	return *first < *end;
}

/* Calls map once for every chunk of per_chunk frames that contains RAM. */
static void for_each_chunk(uint64_t per_chunk, void (*map)(uint64_t chunk))
{
	uint64_t next = 0;
	mfn_t first, end;

	for (unsigned int i = 0; i < bootinfo.nr_e820; i++) {
		if (!ram_frames(i, &first, &end))
			continue;
		for (uint64_t c = MAX(first / per_chunk, next); c <= (end - 1) / per_chunk; c++) {
			map(c);
			next = c + 1;
		}
	}
}

static void map_frame_table_chunk(uint64_t chunk)
{
	map_range(FRAMETABLE_VIRT + chunk * SIZE_2M, bootmem_alloc(SIZE_2M, SIZE_2M), SIZE_2M, KERNEL_DATA);
}

static void map_m2p_chunk(uint64_t chunk)
{
	uint64_t maddr = bootmem_alloc(SIZE_2M, SIZE_2M), *entry = maddr_to_virt(maddr);

	for (uint64_t i = 0; i < M2P_CHUNK_PAGES; i++)
		entry[i] = INVALID_M2P_ENTRY;
	map_range(RW_M2P_VIRT + chunk * SIZE_2M, maddr, SIZE_2M, KERNEL_DATA);
	map_range(RO_M2P_VIRT + chunk * SIZE_2M, maddr, SIZE_2M, KERNEL_RODATA | PTE_US);
	m2p_chunk_add((unsigned int)chunk, maddr >> PAGE_SHIFT);
}

static void fill_frame_table(void)
{
	mfn_t first, end, mfn;

	for (unsigned int i = 0; i < bootinfo.nr_e820; i++) {
		if (bootinfo.e820[i].type == E820_RAM)
			total_pages += bootinfo.e820[i].size >> PAGE_SHIFT;
		if (ram_frames(i, &first, &end))
			frame_mark_ram(first, end);
	}
	for (unsigned int i = 0; i < bootinfo.nr_modules; i++) {
		const struct boot_module *m = &bootinfo.module[i];

		end = DIV_ROUND_UP(m->start + m->len, PAGE_SIZE);
		for (mfn = m->start >> PAGE_SHIFT; mfn < end; mfn++)
			if (mfn_is_ram(mfn))
				mfn_to_page(mfn)->flags |= PG_BOOT;
	}
	for (unsigned int c = 0; c <= (max_page - 1) / M2P_CHUNK_PAGES; c++)
		for (mfn = m2p_chunk_mfn(c), end = mfn + SIZE_2M / PAGE_SIZE; mfn != INVALID_MFN && mfn < end; mfn++)
			frame_set_m2p(mfn);
}

void mm_release_range(uint64_t maddr, uint64_t len)
{
	mfn_t end = DIV_ROUND_UP(maddr + len, PAGE_SIZE);

	for (mfn_t mfn = maddr >> PAGE_SHIFT; mfn < end; mfn++) {
		if (!mfn_is_ram(mfn) || !(mfn_to_page(mfn)->flags & PG_BOOT))
			continue;
		mfn_to_page(mfn)->flags &= ~PG_BOOT;
		palloc_put(mfn_to_page(mfn), 0);
	}
}

void mm_boot_init(void)
{
	if (!host_features.nx)
		panic("this CPU has no no-execute page protection, or firmware disabled it; enable it in the set-up");
	bootmem_init();
	palloc_init();
	idle_l4 = maddr_to_virt(bootmem_alloc(PAGE_SIZE, PAGE_SIZE));
	map_image_part(__text_start, __text_end, KERNEL_TEXT);
	map_image_part(__rodata_start, __rodata_end, KERNEL_RODATA);
	map_image_part(__data_start, __bss_end, KERNEL_DATA);
	map_direct();
	for_each_chunk(FT_CHUNK_PAGES, map_frame_table_chunk);
	for_each_chunk(M2P_CHUNK_PAGES, map_m2p_chunk);
	(void)next_table(&idle_l4[pt_index(FIXMAP_VIRT, 4)], 0);
	write_cr3(virt_to_maddr(idle_l4));
	tlb_flush_local();
	fill_frame_table();
	bootmem_hand_over();
	printk("Memory: %lu MiB of RAM, %lu MiB free\n", total_pages >> (20 - PAGE_SHIFT),
	       palloc_free_pages() >> (20 - PAGE_SHIFT));
}
