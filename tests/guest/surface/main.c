/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hypervisor it is, then every group of operations. */
#include <abi/sysctl.h>
#include <abi/version.h>
#include "surface.h"

bool on_xen;
uint32_t nr_cpus;

void kit_main(struct start_info *si)
{
	char extra[XEN_EXTRAVERSION_LEN] = "";
	struct xen_sysctl physinfo = { .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	uint16_t child;

	(void)si;
	hypercall2(__HYPERVISOR_xen_version, XENVER_extraversion, extra);
	on_xen = strncmp(extra, "-socle", 6) != 0;
	hypercall1(__HYPERVISOR_sysctl, &physinfo);
	nr_cpus = physinfo.u.physinfo.nr_cpus;
	kit_map_shared_info();
	kit_traps_init();
	surface_cpu();
	surface_memory();
	surface_mmu();
	surface_grants();
	surface_machine();
	surface_sched();
	child = child_build();
	surface_control(child);
	child_run(child);
	surface_events();
	tap_done();
}
