/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls by which a guest kernel sets up its own vCPU: trap table, stack, callbacks, segment bases, debug registers,
 * assists (pv-abi 2.1). All act on current, whose state nobody else changes while it runs; vm_assist is the domain's.
 */
#include <abi/nmi.h>
#include "asm/atomic.h"
#include "asm/cr.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include <string.h>

/* SDM vol. 3, 17.2: reserved bits that read as one, and that must be written as zero. */
#define DR6_ONES	0xffff0ff0ul
#define DR6_ZEROS	0xffffffff00001000ul
#define DR7_ONES	0x400ul
#define DR7_ZEROS	0xffffffff0000d800ul	/* bit 11, too: RTM debugging is not a guest's */
#define DR7_GD		(1ul << 13)
#define DR7_ENABLES	0xfful

/* A vCPU as it is before any context is loaded. */
void pv_init_state(struct vcpu *v)
{
	v->pv.pending_trap = -1;
	v->pv.cr4 = pv_cr4_view(0);
	v->pv.dr[6] = DR6_ONES;
	v->pv.dr[7] = DR7_ONES;
}

/* Bits that a guest may switch in its own view; the rest follows what it lives on. */
uint64_t pv_cr4_view(uint64_t wanted)
{
	uint64_t free_bits = CR4_TSD | CR4_DE | CR4_PSE | CR4_MCE | CR4_PGE | CR4_PCE;

	if (host_features.xsave)
		free_bits |= CR4_OSXSAVE;
	return (wanted & free_bits) | CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
}

void pv_set_ts(struct vcpu *v, bool ts)
{
	v->pv.ts = ts;
	if (ts)
		stts();
	else
		clts();
}

/* An entry's address 0 ends the list; the list is bounded by the number of vectors. */
long do_set_trap_table(uint64_t table)
{
	struct vcpu *v = current;
	struct trap_info ti;
	unsigned int i;

	if (!table) {
		memset(v->pv.traps, 0, sizeof(v->pv.traps));
		return 0;
	}
	for (i = 0; i <= 256; i++, table += sizeof(ti)) {
		if (copy_from_guest(&ti, table, sizeof(ti)))
			return -XEN_EFAULT;
		if (!ti.address)
			return 0;
		if (!va_canonical(ti.address))
			return refuse(-XEN_EINVAL, "handler of vector %u at %lx", ti.vector, ti.address);
		ti.cs |= 3;
		v->pv.traps[ti.vector] = ti;
	}
	return refuse(-XEN_EINVAL, "more than 256 entries");
}

long do_stack_switch(uint64_t ss, uint64_t sp)
{
	struct vcpu *v = current;

	v->pv.kernel_ss = (uint16_t)ss | 3;
	v->pv.kernel_sp = sp;
	return 0;
}

long do_set_callbacks(uint64_t ev, uint64_t fs, uint64_t sc)
{
	struct vcpu *v = current;

	if (!va_canonical(ev) || !va_canonical(fs) || !va_canonical(sc))
		return refuse(-XEN_EINVAL, "callback is not canonical");
	v->pv.event_callback = ev;
	v->pv.failsafe_callback = fs;
	v->pv.syscall_callback = sc;
	return 0;
}

static void set_nmi_handler(struct vcpu *v, uint64_t address)
{
	v->pv.traps[TRAP_NMI].vector = TRAP_NMI;
	v->pv.traps[TRAP_NMI].cs = FLAT_KERNEL_CS;
	v->pv.traps[TRAP_NMI].flags = 0;
	v->pv.traps[TRAP_NMI].address = address;
}

static long callback_register(struct vcpu *v, const struct callback_register *r)
{
	bool mask = r->flags & CALLBACKF_mask_events;

	if (!va_canonical(r->address))
		return refuse(-XEN_EINVAL, "callback %u at %lx", r->type, r->address);
	switch (r->type) {
	case CALLBACKTYPE_event:
		v->pv.event_callback = r->address;
		return 0;
	case CALLBACKTYPE_failsafe:
		v->pv.failsafe_callback = r->address;
		v->pv.failsafe_masks_events = mask;
		return 0;
	case CALLBACKTYPE_syscall:
		v->pv.syscall_callback = r->address;
		v->pv.syscall_masks_events = mask;
		return 0;
	case CALLBACKTYPE_syscall32:
		v->pv.syscall32_callback = r->address;
		v->pv.syscall32_masks_events = mask;
		return 0;
	case CALLBACKTYPE_sysenter:
		v->pv.sysenter_callback = r->address;
		v->pv.sysenter_masks_events = mask;
		return 0;
	case CALLBACKTYPE_nmi:
		set_nmi_handler(v, r->address);
		return 0;
	default:
		return refuse(-XEN_ENOSYS, "callback type %u", r->type);
	}
}

long do_callback_op(uint64_t cmd, uint64_t arg)
{
	struct callback_unregister u;
	struct callback_register r;

	switch ((uint32_t)cmd) {
	case CALLBACKOP_register:
		if (copy_from_guest(&r, arg, sizeof(r)))
			return -XEN_EFAULT;
		return callback_register(current, &r);
	case CALLBACKOP_unregister:
		if (copy_from_guest(&u, arg, sizeof(u)))
			return -XEN_EFAULT;
		if (u.type > CALLBACKTYPE_syscall32 || u.type == 6 || u.type == CALLBACKTYPE_sysenter_deprecated)
			return refuse(-XEN_ENOSYS, "callback type %u", u.type);
		if (u.type != CALLBACKTYPE_nmi)
			return refuse(-XEN_EINVAL, "callback type %u stays", u.type);
		set_nmi_handler(current, 0);
		return 0;
	default:
		return refuse(-XEN_ENOSYS, "command %lu", cmd);
	}
}

long do_nmi_op(uint64_t cmd, uint64_t arg)
{
	struct xennmi_callback cb;

	switch ((uint32_t)cmd) {
	case XENNMI_register_callback:
		if (copy_from_guest(&cb, arg, sizeof(cb)))
			return -XEN_EFAULT;
		if (!va_canonical(cb.handler_address))
			return refuse(-XEN_EINVAL, "handler at %lx", cb.handler_address);
		set_nmi_handler(current, cb.handler_address);
		return 0;
	case XENNMI_unregister_callback:
		set_nmi_handler(current, 0);
		return 0;
	default:
		return refuse(-XEN_ENOSYS, "command %lu", cmd);
	}
}

long do_fpu_taskswitch(uint64_t set)
{
	pv_set_ts(current, set != 0);
	return 0;
}

/* SDM vol. 3, 17.2.4: the kind of breakpoint i; 2, a port access, exists only with CR4.DE. */
static bool has_port_breakpoint(uint64_t dr7)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (dr7 >> (2 * i) & 3 && (dr7 >> (16 + 4 * i) & 3) == 2)
			return true;
	return false;
}

/* Ports are the hypervisor's to access, and it does so for many: a breakpoint on one would not mean what it says. */
int pv_debugreg_check(unsigned int n, uint64_t val)
{
	if (n < 4)
		return va_canonical(val) && (val < HYPERVISOR_VIRT_START || val >= HYPERVISOR_VIRT_END) ? 0 : -XEN_EPERM;
	if (val >> 32)
		return -XEN_EINVAL;
	return n == 7 && (val & DR7_GD || has_port_breakpoint(val)) ? -XEN_EPERM : 0;
}

void pv_store_debugreg(struct vcpu *v, unsigned int n, uint64_t val)
{
	if (n == 6)
		val = (val | DR6_ONES) & ~DR6_ZEROS;
	else if (n == 7)
		val = (val | DR7_ONES) & ~DR7_ZEROS;
	v->pv.dr[n] = val;
}

static void load_address_register(unsigned int n, uint64_t val)
{
	switch (n) {
	case 0:
		write_dr0(val);
		break;
	case 1:
		write_dr1(val);
		break;
	case 2:
		write_dr2(val);
		break;
	case 3:
		write_dr3(val);
		break;
	}
}

/* The hardware holds a vCPU's registers only while it has a breakpoint enabled; see context.c. */
int pv_write_debugreg(struct vcpu *v, unsigned int n, uint64_t val)
{
	unsigned int i;
	int rc;

	if (n == 4 || n == 5)
		n += 2;
	if (n > 7)
		return -XEN_ENODEV;
	rc = pv_debugreg_check(n, val);
	if (rc)
		return refuse(rc, "%lx into debug register %u", val, n);
	pv_store_debugreg(v, n, val);
	if (n < 4 && v->pv.dr[7] & DR7_ENABLES)
		load_address_register(n, val);
	if (n == 7) {
		for (i = 0; i < 4 && v->pv.dr[7] & DR7_ENABLES; i++)
			load_address_register(i, v->pv.dr[i]);
		write_dr7(v->pv.dr[7]);
	}
	return 0;
}

long do_set_debugreg(uint64_t reg, uint64_t val)
{
	return pv_write_debugreg(current, MIN(reg, 8ul), val);
}

long do_get_debugreg(uint64_t reg)
{
	unsigned int i;

	if (!idx_clamp(reg, 8, &i))
		return -XEN_ENODEV;
	if (i == 4 || i == 5)
		i += 2;
	return (long)current->pv.dr[i];
}

long do_vm_assist(uint64_t cmd, uint64_t type)
{
	struct domain *d = current->domain;
	uint32_t bit;

	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return refuse(-XEN_ENOSYS, "command %lu", cmd);
	/* The M2P is read-only whether strict or not. */
	if (type == VMASST_TYPE_m2p_strict)
		return 0;
	if (type > MAX_VMASST_TYPE)
		return refuse(-XEN_EINVAL, "type %lu", type);
	bit = 1u << type;
	if (cmd == VMASST_CMD_enable)
		atomic_or(&d->vm_assist, bit);
	else
		atomic_and(&d->vm_assist, ~bit);
	return 0;
}

/* In kernel mode the user's GS is the shadow one: swapped in, loaded (which changes the base to the descriptor's),
 * swapped out. A null selector leaves the base alone on some CPUs (APM vol. 2, 4.5.3), so it is cleared. */
static void load_user_gs_selector(uint16_t sel)
{
	if (sel & ~3u)
		sel |= 3;
	__asm__ volatile("swapgs" ::: "memory");
	if (!pv_load_gs(sel) || !(sel & ~3u))
		wrmsr(MSR_GS_BASE, 0);
	__asm__ volatile("swapgs" ::: "memory");
}

long do_set_segment_base(uint64_t which, uint64_t base)
{
	if (which == SEGBASE_GS_USER_SEL) {
		load_user_gs_selector((uint16_t)base);
		return 0;
	}
	if (which > SEGBASE_GS_USER_SEL || !va_canonical(base))
		return refuse(-XEN_EINVAL, "base %lu = %lx", which, base);
	switch (which) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		break;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, base);
		break;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		break;
	}
	return 0;
}
