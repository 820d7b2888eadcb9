/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xen_version, console_io and xenpmu_op (pv-abi 2.2, 2.9): what the hypervisor says of itself, and dom0's console.
 * None changes any state but the log.
 */
#include <string.h>
#include <abi/features.h>
#include <abi/version.h>
#include "boot/bootinfo.h"
#include "boot/image.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17
#define EXTRAVERSION "-socle"
#define CAPABILITIES "xen-3.0-x86_64 "

/* As 4.17 tells a 64-bit PV guest. Linux insists on bits 5 and 7. */
#define FEATURES (1u << XENFEAT_pae_pgdir_above_4gb | 1u << XENFEAT_mmu_pt_update_preserve_ad | \
	1u << XENFEAT_highmem_assist | 1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_memory_op_vnode_supported | \
	1u << XENFEAT_direct_mapped)
_Static_assert(FEATURES == 0x220f0, "pv-abi 2.2");

/* Copies s into a zero-padded field of len bytes. */
static long put_string(uint64_t arg, const char *s, size_t len)
{
	size_t n = strnlen(s, len - 1);

	if (copy_to_guest(arg, s, n) || clear_guest(arg + n, len - n))
		return -XEN_EFAULT;
	return 0;
}

static long put_compile_info(uint64_t arg)
{
	struct xen_compile_info info = { .compile_by = "", .compile_domain = "socle" };

	strlcpy(info.compiler, __VERSION__, sizeof(info.compiler));
	return copy_to_guest(arg, &info, sizeof(info)) ? -XEN_EFAULT : 0;
}

static long get_features(uint64_t arg)
{
	struct xen_feature_info f;

	if (copy_from_guest(&f, arg, sizeof(f)))
		return -XEN_EFAULT;
	if (f.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -XEN_EINVAL;
	f.submap = FEATURES;
	if (current->domain->privileged)
		f.submap |= 1u << XENFEAT_dom0;
	return copy_to_guest(arg, &f, sizeof(f)) ? -XEN_EFAULT : 0;
}

/* The ELF note that holds the linker's build id. */
struct build_id_note {
	uint32_t name_size, id_size, type;
	char name[4];
	uint8_t id[];
};

/* A null argument asks for the length. */
static long get_build_id(uint64_t arg)
{
	const struct build_id_note *note = (const struct build_id_note *)__build_id_start;
	struct xen_build_id head;
	uint32_t n;

	if (__build_id_start + sizeof(*note) > __build_id_end)
		return -XEN_ENODATA;
	n = note->id_size;
	if (!arg)
		return n;
	if (copy_from_guest(&head, arg, sizeof(head)))
		return -XEN_EFAULT;
	if (!head.len)
		return -XEN_EINVAL;
	if (head.len < n)
		return -XEN_ENOBUFS;
	return copy_to_guest(arg + sizeof(head), note->id, n) ? -XEN_EFAULT : (long)n;
}

long do_xen_version(uint64_t cmd, uint64_t arg)
{
	const struct xen_platform_parameters params = { .virt_start = HYPERVISOR_VIRT_START };
	const struct domain *d = current->domain;

	switch ((uint32_t)cmd) {
	case XENVER_version:
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	case XENVER_extraversion:
		return put_string(arg, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return put_compile_info(arg);
	case XENVER_capabilities:
		return put_string(arg, CAPABILITIES, XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return put_string(arg, "unknown", XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return copy_to_guest(arg, &params, sizeof(params)) ? -XEN_EFAULT : 0;
	case XENVER_get_features:
		return get_features(arg);
	case XENVER_pagesize:
		return arg ? -XEN_EINVAL : (long)PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_to_guest(arg, d->handle, sizeof(d->handle)) ? -XEN_EFAULT : 0;
	case XENVER_commandline:
		return put_string(arg, d->privileged ? bootinfo.cmdline : "<denied>", 1024);
	case XENVER_build_id:
		return d->privileged ? get_build_id(arg) : -XEN_EPERM;
	default:
		return refuse(-XEN_ENOSYS, "command %lu", cmd);
	}
}

#define CONSOLE_CHUNK 128

static long console_write(uint64_t buf, uint32_t left)
{
	char chunk[CONSOLE_CHUNK];
	uint32_t n;

	while (left) {
		n = MIN(left, (uint32_t)sizeof(chunk));
		if (copy_from_guest(chunk, buf, n))
			return -XEN_EFAULT;
		log_raw(chunk, n);
		buf += n;
		left -= n;
		if (left && preempt_check())
			return hypercall_continue(__HYPERVISOR_console_io, 3, CONSOLEIO_write, left, buf, 0, 0);
	}
	return 0;
}

/* One piece a call: the caller asks again until there is nothing. Bytes whose copy fails are lost, as it is told. */
static long console_take(uint64_t buf, uint32_t count)
{
	char chunk[CONSOLE_CHUNK];
	size_t n;

	if (count > INT32_MAX)
		return -XEN_E2BIG;	/* the result is a signed count */
	if (!guest_range_ok(buf, count))
		return -XEN_EFAULT;
	n = console_read(chunk, MIN(count, (uint32_t)sizeof(chunk)));
	return copy_to_guest(buf, chunk, n) ? -XEN_EFAULT : (long)n;
}

long do_console_io(uint64_t cmd, uint64_t count, uint64_t buf)
{
	/* Not logged: a guest with earlyprintk=xen does this for every line. */
	if (!current->domain->privileged)
		return -XEN_EPERM;
	switch ((uint32_t)cmd) {
	case CONSOLEIO_write:
		return console_write(buf, (uint32_t)count);
	case CONSOLEIO_read:
		return console_take(buf, (uint32_t)count);
	default:
		return refuse(-XEN_ENOSYS, "command %lu", cmd);
	}
}

/* Performance counters are not switched between guests, so no guest gets them: as a Xen without "vpmu". */
long do_xenpmu_op(uint64_t cmd, uint64_t arg)
{
	(void)cmd;
	(void)arg;
	return -XEN_EOPNOTSUPP;
}
