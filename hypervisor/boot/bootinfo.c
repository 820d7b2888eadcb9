/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader said, normalised. Multiboot1 and multiboot2 information is read once, through the boot
 * identity map of the first 4 GiB, and copied into struct bootinfo, so that nothing refers to the loader's
 * memory afterwards but the modules themselves. Sizes inside multiboot2 information are checked against the
 * total; the loader is trusted otherwise. Anything that exceeds a table is named on the console.
 */
#include <stddef.h>
#include <string.h>
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "boot/e820.h"
#include "boot/image.h"
#include "debug/log.h"
#include "lib/util.h"

/* Multiboot Specification 0.6.96, 3.3 and Multiboot2 Specification 2.0, 3.6. */
#define MB1_LOADER_MAGIC 0x2badb002
#define MB2_LOADER_MAGIC 0x36d76289
#define MB1_HAS_CMDLINE	(1u << 2)
#define MB1_HAS_MODULES	(1u << 3)
#define MB1_HAS_MMAP	(1u << 6)
#define MB1_HAS_LOADER	(1u << 9)
#define IDENTITY_LIMIT	(1ull << 32)

struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
};

struct mb1_module {
	uint32_t start, end, string, reserved;
};

struct mb1_mmap {
	uint32_t size;			/* of the rest */
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

enum mb2_tag_type {
	MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6, MB2_FRAMEBUFFER = 8,
	MB2_EFI64 = 12, MB2_RSDP_OLD = 14, MB2_RSDP_NEW = 15, MB2_EFI_MMAP = 17,
};

struct mb2_tag {
	uint32_t type, size;
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t bpp, kind;
	uint16_t reserved;
	uint8_t rpos, rsize, gpos, gsize, bpos, bsize;
} __attribute__((packed));

/* UEFI 2.10, 7.2.3. */
struct efi_descriptor {
	uint32_t type, pad;
	uint64_t addr, virt, pages, attr;
};

struct bootinfo bootinfo;

/* A copy outlives the loader's memory; used when firmware gives no better address. */
static uint8_t rsdp_copy[36] __attribute__((aligned(16)));

static const void *identity(uint64_t paddr)
{
	return (const void *)paddr;
}

/*
 * The first word is the file's name and is dropped, as by Xen. GRUB 2 leaves the name out unless the user put one
 * there; a first word that can only be an option ("root=/dev/sda1", one of ours) is kept for those who did not.
 */
static const char *skip_name(const char *s, bool (*is_option)(const char *word, size_t n))
{
	size_t n = 0;

	while (s[n] && s[n] != ' ')
		n++;
	if (!strncmp(bootinfo.loader, "GRUB ", 5) && is_option(s, n))
		return s;
	while (s[n] == ' ')
		n++;
	return s + n;
}

static bool has_value(const char *word, size_t n)
{
	while (n && word[n - 1] != '=')
		n--;
	return n != 0;
}

static void copy_args(char *dst, size_t size, const char *src, const char *what)
{
	if (strlcpy(dst, src, size) >= size)
		printk("boot: the command line of %s is cut after %u characters\n", what, (unsigned int)size - 1);
}

static void add_module(uint64_t start, uint64_t end, const char *string)
{
	struct boot_module *m;

	if (end <= start) {
		printk("boot: empty module \"%.60s\" ignored\n", string);
		return;
	}
	if (bootinfo.nr_modules == BOOT_MAX_MODULES) {
		printk("boot: module \"%.60s\" ignored: at most %u modules\n", string, BOOT_MAX_MODULES);
		return;
	}
	if (!bootinfo.nr_modules)
		copy_args(bootinfo.kernel_args, sizeof(bootinfo.kernel_args), skip_name(string, has_value), "dom0's kernel");
	m = &bootinfo.module[bootinfo.nr_modules++];
	m->start = start;
	m->len = end - start;
}

static void add_memory(uint64_t addr, uint64_t len, uint32_t type)
{
	if (!len || addr + len < addr)
		return;
	if (bootinfo.nr_e820 == BOOT_MAX_E820) {
		printk("boot: memory map entry %llx ignored: at most %u entries\n", (unsigned long long)addr,
		       BOOT_MAX_E820);
		return;
	}
	bootinfo.e820[bootinfo.nr_e820].addr = addr;
	bootinfo.e820[bootinfo.nr_e820].size = len;
	bootinfo.e820[bootinfo.nr_e820++].type = type;
}

static void read_mb1(const struct mb1_info *mb)
{
	const struct mb1_module *mods = identity(mb->mods_addr);

	if (mb->flags & MB1_HAS_LOADER)
		strlcpy(bootinfo.loader, identity(mb->loader_name), sizeof(bootinfo.loader));
	if (mb->flags & MB1_HAS_CMDLINE)
		copy_args(bootinfo.cmdline, sizeof(bootinfo.cmdline), skip_name(identity(mb->cmdline), cmdline_knows),
			  "the hypervisor");
	if (!(mb->flags & MB1_HAS_MMAP))
		panic("the boot loader gave no memory map; use one that passes the BIOS E820 map");
	for (uint32_t off = 0; off + sizeof(struct mb1_mmap) <= mb->mmap_length;) {
		const struct mb1_mmap *e = identity(mb->mmap_addr + off);

		add_memory(e->addr, e->len, e->type);
		off += e->size + 4;
	}
	if (mb->flags & MB1_HAS_MODULES)
		for (uint32_t i = 0; i < mb->mods_count; i++)
			add_module(mods[i].start, mods[i].end, mods[i].string ? identity(mods[i].string) : "");
}

/* The string that a tag has at this offset; empty if it does not end inside the tag. */
static const char *mb2_string(const struct mb2_tag *tag, uint32_t offset)
{
	const char *s = (const char *)tag + offset;

	return offset < tag->size && memchr(s, 0, tag->size - offset) ? s : "";
}

static void read_mb2_mmap(const struct mb2_tag *tag)
{
	const uint32_t *head = (const uint32_t *)(tag + 1);	/* entry size, entry version */
	uint32_t step;

	if (tag->size < 16)
		return;
	step = head[0];
	if (step < 24 || step % 8)
		return;
	for (uint32_t off = 16; off <= tag->size && step <= tag->size - off; off += step) {
		const struct { uint64_t addr, len; uint32_t type; } *e = (const void *)((const char *)tag + off);

		add_memory(e->addr, e->len, e->type);
	}
}

static void read_mb2_framebuffer(const struct mb2_framebuffer *fb)
{
	/* Kind 1 is direct colour; palettes and text are of no use to dom0. */
	if (fb->tag.size < sizeof(*fb) || fb->kind != 1)
		return;
	bootinfo.fb.present = true;
	bootinfo.fb.base = fb->addr;
	bootinfo.fb.pitch = fb->pitch;
	bootinfo.fb.width = fb->width;
	bootinfo.fb.height = fb->height;
	bootinfo.fb.bpp = fb->bpp;
	bootinfo.fb.rpos = fb->rpos;
	bootinfo.fb.rsize = fb->rsize;
	bootinfo.fb.gpos = fb->gpos;
	bootinfo.fb.gsize = fb->gsize;
	bootinfo.fb.bpos = fb->bpos;
	bootinfo.fb.bsize = fb->bsize;
}

static bool efi_continues(const struct boot_efi *e, const struct efi_descriptor *d)
{
	return e->type == d->type && e->attr == d->attr && e->addr + (e->pages << 12) == d->addr;
}

/* Descriptors have the length that the tag says; without all the pieces the firmware cannot be called. */
static void read_mb2_efi_map(const struct mb2_tag *tag)
{
	const uint32_t *head = (const uint32_t *)(tag + 1);
	unsigned int n = 0;

	bootinfo.nr_efi_map = 0;
	if (tag->size < 16 || head[0] < sizeof(struct efi_descriptor) || head[0] % 8)
		return;
	for (uint32_t off = 16; off <= tag->size && head[0] <= tag->size - off; off += head[0]) {
		const struct efi_descriptor *d = (const void *)((const char *)tag + off);

		if (n && efi_continues(&bootinfo.efi_map[n - 1], d)) {
			bootinfo.efi_map[n - 1].pages += d->pages;
			continue;
		}
		if (n == BOOT_MAX_EFI)
			return;
		bootinfo.efi_map[n++] = (struct boot_efi){ .addr = d->addr, .pages = d->pages, .attr = d->attr, .type = d->type };
	}
	bootinfo.nr_efi_map = n;
}

static void read_mb2_rsdp(const struct mb2_tag *tag)
{
	size_t n = MIN((size_t)tag->size - sizeof(*tag), sizeof(rsdp_copy));

	/* The new form replaces the old one, never the reverse. */
	if (tag->type == MB2_RSDP_OLD && bootinfo.rsdp)
		return;
	memcpy(rsdp_copy, tag + 1, n);
	bootinfo.rsdp = image_to_maddr(rsdp_copy);
}

static void read_mb2_tag(const struct mb2_tag *tag)
{
	const uint32_t *body = (const uint32_t *)(tag + 1);

	switch (tag->type) {
	case MB2_CMDLINE:
		copy_args(bootinfo.cmdline, sizeof(bootinfo.cmdline), skip_name(mb2_string(tag, 8), cmdline_knows),
			  "the hypervisor");
		break;
	case MB2_MODULE:
		if (tag->size >= 16)
			add_module(body[0], body[1], mb2_string(tag, 16));
		break;
	case MB2_MMAP:
		read_mb2_mmap(tag);
		break;
	case MB2_FRAMEBUFFER:
		read_mb2_framebuffer((const struct mb2_framebuffer *)tag);
		break;
	case MB2_EFI64:
		bootinfo.efi = true;
		if (tag->size >= 16)
			memcpy(&bootinfo.efi_system_table, body, 8);
		break;
	case MB2_EFI_MMAP:
		bootinfo.efi = true;
		read_mb2_efi_map(tag);
		break;
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW:
		read_mb2_rsdp(tag);
		break;
	}
}

/* Calls fn for each tag; stops at the end tag or at a size that leaves the area. */
static void for_each_mb2_tag(uint64_t info, void (*fn)(const struct mb2_tag *))
{
	uint32_t total = *(const uint32_t *)identity(info);

	for (uint32_t off = 8; off + sizeof(struct mb2_tag) <= total;) {
		const struct mb2_tag *tag = identity(info + off);

		if (tag->type == MB2_END || tag->size < sizeof(*tag) || tag->size > total - off)
			return;
		fn(tag);
		off += ROUND_UP(tag->size, 8u);
	}
}

static void read_mb2_loader(const struct mb2_tag *tag)
{
	if (tag->type == MB2_LOADER)
		strlcpy(bootinfo.loader, mb2_string(tag, 8), sizeof(bootinfo.loader));
}

/* The RSDP's own address is in the EFI configuration table (UEFI 2.10, 4.3 and 4.6); a 64-bit system table has
 * the entry count at offset 104 and the table at 112. */
static void find_efi_rsdp(void)
{
	static const uint8_t acpi20_guid[16] = {
		0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81
	};
	const uint8_t *systab = identity(bootinfo.efi_system_table);
	uint64_t count, base;

	if (!bootinfo.efi_system_table || bootinfo.efi_system_table >= IDENTITY_LIMIT - 120)
		return;
	memcpy(&count, systab + 104, 8);
	memcpy(&base, systab + 112, 8);
	if (count > 256 || base >= IDENTITY_LIMIT - 256 * 24)
		return;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *entry = identity(base + i * 24);

		if (!memcmp(entry, acpi20_guid, sizeof(acpi20_guid)))
			memcpy(&bootinfo.rsdp, entry + 16, 8);
	}
}

static void print_memory_map(void)
{
	static const char *const name[] = { "?", "RAM", "reserved", "ACPI data", "ACPI NVS", "unusable" };

	for (unsigned int i = 0; i < bootinfo.nr_e820; i++)
		printk("  %016llx-%016llx %s\n", (unsigned long long)bootinfo.e820[i].addr,
		       (unsigned long long)(bootinfo.e820[i].addr + bootinfo.e820[i].size - 1),
		       name[bootinfo.e820[i].type < ARRAY_SIZE(name) ? bootinfo.e820[i].type : 0]);
}

void bootinfo_init(uint32_t magic, uint64_t info_paddr)
{
	if (magic == MB1_LOADER_MAGIC) {
		read_mb1(identity(info_paddr));
	} else if (magic == MB2_LOADER_MAGIC) {
		for_each_mb2_tag(info_paddr, read_mb2_loader);
		for_each_mb2_tag(info_paddr, read_mb2_tag);
		find_efi_rsdp();
	} else {
		panic("started by an unknown boot protocol (magic %08x); use a multiboot or multiboot2 loader", magic);
	}
	bootinfo.nr_e820 = e820_normalise(bootinfo.e820, bootinfo.nr_e820, BOOT_MAX_E820);
	printk("Loader \"%s\", command line \"%s\", %u module(s)%s\n", bootinfo.loader, bootinfo.cmdline,
	       bootinfo.nr_modules, bootinfo.efi ? ", EFI" : "");
	printk("Memory map:\n");
	print_memory_map();
}
