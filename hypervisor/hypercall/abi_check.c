/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor's code takes for granted about the layout of structures that guests and tools see. Nothing
 * is compiled into the image; a wrong header stops the build here.
 */
#include <stddef.h>
#include <abi/xen.h>
#include <abi/version.h>
#include <abi/callback.h>
#include <abi/nmi.h>
#include <abi/memory.h>
#include <abi/domctl.h>

#define SIZE_IS(type, n) _Static_assert(sizeof(type) == (n), #type)
#define FIELD_AT(type, field, n) _Static_assert(offsetof(type, field) == (n), #type "." #field)

SIZE_IS(struct cpu_user_regs, 200);
FIELD_AT(struct cpu_user_regs, rdi, 112);
FIELD_AT(struct cpu_user_regs, error_code, 120);
FIELD_AT(struct cpu_user_regs, entry_vector, 124);
FIELD_AT(struct cpu_user_regs, rip, 128);
FIELD_AT(struct cpu_user_regs, ss, 160);
FIELD_AT(struct cpu_user_regs, es, 168);

SIZE_IS(struct trap_info, 16);
FIELD_AT(struct trap_info, cs, 2);
FIELD_AT(struct trap_info, address, 8);

SIZE_IS(struct iret_context, 72);
SIZE_IS(struct multicall_entry, 64);
FIELD_AT(struct multicall_entry, result, 8);
FIELD_AT(struct multicall_entry, args, 16);
SIZE_IS(struct callback_register, 16);
SIZE_IS(struct callback_unregister, 4);
SIZE_IS(struct xennmi_callback, 16);
SIZE_IS(struct xen_compile_info, 144);
SIZE_IS(struct xen_feature_info, 8);
SIZE_IS(struct xen_platform_parameters, 8);

SIZE_IS(struct vcpu_info, 64);
FIELD_AT(struct vcpu_info, evtchn_upcall_mask, 1);
FIELD_AT(struct vcpu_info, arch.cr2, 16);
FIELD_AT(struct vcpu_info, time, 32);
SIZE_IS(struct shared_info, 3136);
FIELD_AT(struct shared_info, evtchn_pending, 2048);
FIELD_AT(struct shared_info, wc_version, 3072);
SIZE_IS(struct start_info, 1168);

SIZE_IS(struct vcpu_guest_context, 5168);
FIELD_AT(struct vcpu_guest_context, flags, 512);
FIELD_AT(struct vcpu_guest_context, trap_ctxt, 720);
FIELD_AT(struct vcpu_guest_context, gdt_frames, 4832);
FIELD_AT(struct vcpu_guest_context, ctrlreg, 4984);
FIELD_AT(struct vcpu_guest_context, event_callback_eip, 5112);
