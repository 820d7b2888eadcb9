/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/dom0_kernel.c
 *
 * From the first boot module to a parsed ELF in memory.
 *
 * The decoders are user-space code and get what decoders.h asks for: interrupts are off here anyway,
 * SSE is on since feature_init(), nobody's FPU state exists yet, and FS base (which the hypervisor
 * does not use) points to a small buffer for the stack protector's canary. All of it is put back.
 */
#include <string.h>

#include <abi/errno.h>
#include <abi/features.h>

#include "asm/cr.h"
#include "asm/msr.h"
#include "boot/bootinfo.h"
#include "debug/log.h"
#include "decoders/decoders.h"
#include "domain/bzimage.h"
#include "domain/decompress.h"
#include "domain/dom0.h"
#include "mm/mm.h"

static void give_back(void *p, size_t size)
{
	(void)size;
	hv_free(p);
}

static int unpack(enum payload_kind kind, const void *payload, size_t paylen,
		  struct dom0_kernel *k, const char **why)
{
	static uint64_t canary_area[8];		/* read at %fs:0x28 */
	uint64_t fs_base = rdmsr(MSR_FS_BASE), cr0 = read_cr0();
	int err;

	if (!(read_cr4() & CR4_OSFXSR) || !(read_cr4() & CR4_OSXMMEXCPT))
		panic("dom0: the kernel cannot be unpacked before SSE is enabled");
	clts();
	wrmsr(MSR_FS_BASE, (uint64_t)canary_area);
	decoders_init();
	err = payload_unpack(kind, payload, paylen, hv_alloc, give_back, &k->file, &k->len, why);
	wrmsr(MSR_FS_BASE, fs_base);
	write_cr0(cr0);
	return err;
}

static int open_module(const struct boot_module *m, struct dom0_kernel *k, const char **why)
{
	enum payload_kind kind;
	size_t paylen, hint;
	const void *payload;
	int err;

	err = bzimage_payload(maddr_to_virt(m->start), m->len, &payload, &paylen, &hint, &kind, why);
	if (err)
		return err;
	printk("dom0: kernel of %lu KiB, %s, unpacks to %lu KiB\n", m->len >> 10,
	       payload_kind_name(kind), hint >> 10);
	err = unpack(kind, payload, paylen, k, why);
	return err ? err : elf_parse(k->file, k->len, &k->image, why);
}

int dom0_kernel_open(struct dom0_kernel *k)
{
	const char *why = "";
	int err;

	if (bootinfo.nr_modules == 0) {
		printk("dom0: no kernel: name a Linux kernel as the first module (module2 in GRUB)\n");
		return -XEN_ENOENT;
	}
	err = open_module(&bootinfo.module[0], k, &why);
	if (!err && !(k->image.supported_features & (1u << XENFEAT_dom0))) {
		why = "this kernel can only be a guest (built without CONFIG_XEN_DOM0)";
		err = -XEN_EINVAL;
	}
	if (err)
		printk("dom0: %s (error %d); give another kernel as the first module\n", why, -err);
	return err;
}

void dom0_kernel_close(struct dom0_kernel *k)
{
	hv_free(k->file);
	k->file = NULL;
}
