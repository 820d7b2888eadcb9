/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mca(48): dom0 as the machine's logger of hardware errors (pv-abi 2.11). It may learn what CPUs there are and fetch
 * records. An error that the CPU reports stops the machine at once (cpu/trap.c) and leaves no record, so a fetch
 * finds nothing. Injection is for tests of Xen's own handling and does not exist.
 */
#include <string.h>
#include <abi/errno.h>
#include <abi/mca.h>
#include "asm/cpuid.h"
#include "cpu/smp.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"

static void fill_caps(struct mcinfo_logical_cpu *c, uint32_t max_ext)
{
	struct cpuid_regs std = cpuid(1), ext = { 0 };

	if (max_ext >= 0x80000001)
		ext = cpuid(0x80000001);
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = std.d;
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = std.c;
	c->mc_cpu_caps[MC_CAPS_AMD_EDX] = ext.d;
	c->mc_cpu_caps[MC_CAPS_AMD_ECX] = ext.c;
	c->mc_cache_alignment = (std.b >> 8 & 0xff) * 8;
}

/* The CPUs of a machine are alike: what this one says of itself holds for all but the numbers. */
static void fill_cpu(struct mcinfo_logical_cpu *c, unsigned int cpu)
{
	struct cpuid_regs id = cpuid(0), sig = cpuid(1);
	uint32_t max_ext = cpuid(0x80000000).a, i;

	memset(c, 0, sizeof(*c));
	c->mc_cpunr = cpu;
	c->mc_coreid = (uint16_t)cpu;
	c->mc_apicid = smp_apic_id(cpu);
	c->mc_ncores = c->mc_ncores_active = smp_nr_cpus();
	c->mc_nthreads = 1;
	c->mc_cpuid_level = (int32_t)id.a;
	c->mc_family = cpuid_family(sig.a);
	c->mc_model = cpuid_model(sig.a);
	c->mc_step = sig.a & 0xf;
	memcpy(c->mc_vendorid, &id.b, 4);
	memcpy(c->mc_vendorid + 4, &id.d, 4);
	memcpy(c->mc_vendorid + 8, &id.c, 4);
	for (i = 0; i < 3 && max_ext >= 0x80000004; i++) {
		struct cpuid_regs r = cpuid(0x80000002 + i);

		memcpy(c->mc_brandid + 16 * i, &r, sizeof(r));
	}
	fill_caps(c, max_ext);
}

static long physcpuinfo(struct xen_mc_physcpuinfo *p)
{
	struct mcinfo_logical_cpu c;
	uint32_t n = smp_nr_cpus();

	if (!p->info) {
		p->ncpus = n;
		return 0;
	}
	if (!p->ncpus)
		return -XEN_EINVAL;
	n = MIN(n, p->ncpus);
	for (uint32_t i = 0; i < n; i++) {
		fill_cpu(&c, i);
		if (copy_to_guest(p->info + i * sizeof(c), &c, sizeof(c)))
			return -XEN_EFAULT;
	}
	p->ncpus = n;
	return 0;
}

static long fetch(struct xen_mc_fetch *f)
{
	const uint32_t kinds = XEN_MC_NONURGENT | XEN_MC_URGENT;

	/* One of the two queues, and of either an entry is taken or a taken one acknowledged. */
	if ((f->flags & kinds) == 0 || (f->flags & kinds) == kinds || f->flags & ~(kinds | XEN_MC_ACK))
		return -XEN_EINVAL;
	if (f->flags & XEN_MC_ACK) {
		f->flags = XEN_MC_OK;
		return 0;
	}
	if (!f->data)
		return -XEN_EINVAL;
	f->flags = XEN_MC_NODATA;
	f->fetch_id = 0;
	return 0;
}

long do_mca(uint64_t arg)
{
	struct xen_mc mc;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&mc, arg, sizeof(mc)))
		return -XEN_EFAULT;
	if (mc.interface_version != XEN_MCA_INTERFACE_VERSION)
		return refuse(-XEN_EACCES, "mca version %08x", mc.interface_version);
	switch (mc.cmd) {
	case XEN_MC_fetch:
		rc = fetch(&mc.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = physcpuinfo(&mc.u.mc_physcpuinfo);
		break;
	case XEN_MC_msrinject:
	case XEN_MC_mceinject:
	case XEN_MC_inject_v2:
		return -XEN_ENOSYS;
	default:
		return -XEN_EINVAL;
	}
	if (!rc && copy_to_guest(arg, &mc, sizeof(mc)))
		return -XEN_EFAULT;
	return rc;
}
