/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/refused.c
 *
 * Keys of xl.cfg(5), and a few of xm's files, that a description has no words for.
 */
#include <string.h>

#include "convert/internal.h"

#define HVM       "it is for fully virtualised guests, and Socle runs paravirtualised ones", "leave it out"
#define SCREEN    "it is the screen of a fully virtualised guest", "leave it out; the guest's console is reached by 'socle console'"
#define MODEL     "it is about the device model, and a paravirtualised guest has none", "leave it out"
#define STUB      "it is about the domain that a device model runs in", "leave it out"
#define SHIM      "it is about Xen's shim for PV guests, which Socle does not need", "leave it out"
#define PASS      "guests get no real hardware here", "let the control domain drive it, and serve what it gives by disks, networks or NBD"
#define BOOT      "Socle starts a kernel that lies in the control domain and does not look into the guest's disk for one", \
		  "copy kernel and initrd out of the guest's image, name them in kernel= and ramdisk=, and give root= by hand"
#define LIMITED   "the hypervisor's own limits are the guest's", "leave it out"
#define NO_DEVICE "there is no backend for this device", "leave it out"
#define CLOCK     "a guest's clock starts with UTC", "set the time zone inside the guest"
#define ARM       "it is for ARM", "leave it out"
#define NFS       "it is a part of the command line that xm made up", "write it into extra=, as the guest's kernel takes it"

static const struct xl_refused table[] = {
	{ "bootloader", BOOT, false },
	{ "bootloader_args", BOOT, false },
	{ "cpus", "a description does not say which CPUs a guest may use", "after its start: socle vcpu-pin NAME all '%s'", true },
	{ "cpus_soft", "a description does not say which CPUs a guest prefers", "after its start: socle sched --soft '%s' NAME", true },
	{ "cpu_weight", "a description does not say the guest's share of the processors", "after its start: socle sched --weight %s NAME", true },
	{ "cap", "a description does not say how much of the processors a guest may use", "after its start: socle sched --cap %s NAME", false },
	{ "pool", "there are no pools of CPUs", "after its start: socle vcpu-pin NAME all CPUS", false },
	{ "vnuma", "guests have one node of memory", "leave it out", false },
	{ "vfb", "there is no framebuffer for guests", "use the console ('socle console'), or a VNC server inside the guest", false },
	{ "vkb", NO_DEVICE, false }, { "vdispl", NO_DEVICE, false }, { "vsnd", NO_DEVICE, false },
	{ "vtpm", NO_DEVICE, false }, { "p9", "there is no 9pfs", "share files over the network", false },
	{ "pvcalls", NO_DEVICE, false }, { "channel", NO_DEVICE, false }, { "virtio", NO_DEVICE, false }, { "virtio_qemu_domid", NO_DEVICE, false },
	{ "pci", PASS, false }, { "pci_msitranslate", PASS, false }, { "pci_power_mgmt", PASS, false }, { "pci_permissive", PASS, false },
	{ "pci_seize", PASS, false }, { "gfx_passthru", PASS, false }, { "usbctrl", PASS, false }, { "usbdev", PASS, false },
	{ "vusb", PASS, false }, { "pvusb", PASS, false }, { "ioports", PASS, false }, { "iomem", PASS, false }, { "irqs", PASS, false },
	{ "passthrough", PASS, false }, { "rdm", PASS, false }, { "rdm_mem_boundary", PASS, false }, { "e820_host", PASS, false },
	{ "dtdev", PASS, false }, { "vscsi", PASS, false },
	{ "driver_domain", "backends run in the control domain", "leave it out", false },
	{ "seclabel", "there are no security labels", "leave it out", false },
	{ "init_seclabel", "there are no security labels", "leave it out", false },
	{ "cpuid", "guests see what the hypervisor decides", "leave it out", false },
	{ "msr_relaxed", "guests see what the hypervisor decides", "leave it out", false },
	{ "tsc_mode", "guests read the processor's own counter", "leave it out", false },
	{ "nomigrate", "guests are not moved to other hosts", "leave it out", false },
	{ "localtime", CLOCK, false },
	{ "rtc_timeoffset", CLOCK, false },
	{ "max_grant_frames", LIMITED, true }, { "max_maptrack_frames", LIMITED, true }, { "max_grant_version", LIMITED, true },
	{ "max_event_channels", LIMITED, true }, { "event_channels", LIMITED, true },
	{ "claim_mode", "it is for xl itself", "leave it out", false },
	{ "suppress_spurious_page_faults", "there is no such filter", "leave it out", false },
	{ "blkdev_start", "disks have the names that the description gives them", "leave it out", false },
	{ "on_soft_reset", "a soft reset counts as a crash", "write it into on_crash=", true },
	{ "vpmu", "guests have no performance counters", "leave it out", false },
	{ "vmtrace_buf_kb", "guests have no performance counters", "leave it out", false },
	{ "xend_suspend_evtchn_compat", "guests are not saved", "leave it out", false },
	{ "altp2m", HVM, false }, { "altp2mhvm", HVM, false }, { "nestedhvm", HVM, false }, { "hap", HVM, false }, { "oos", HVM, false },
	{ "shadow_memory", HVM, false }, { "boot", HVM, false }, { "bios", HVM, false }, { "bios_path_override", HVM, false },
	{ "firmware", HVM, false }, { "firmware_override", HVM, false }, { "system_firmware", HVM, false }, { "hdtype", HVM, false }, { "hpet", HVM, false },
	{ "pae", HVM, false }, { "nx", HVM, false }, { "acpi", HVM, false }, { "acpi_s3", HVM, false }, { "acpi_s4", HVM, false },
	{ "acpi_laptop_slate", HVM, false }, { "acpi_firmware", HVM, false }, { "smbios_firmware", HVM, false }, { "smbios", HVM, false }, { "ms_vm_genid", HVM, false },
	{ "apic", HVM, false }, { "assisted_xapic", HVM, false }, { "assisted_x2apic", HVM, false }, { "mmio_hole", HVM, false },
	{ "xen_platform_pci", HVM, false }, { "viridian", HVM, false }, { "timer_mode", HVM, false }, { "vpt_align", HVM, false },
	{ "vendor_device", HVM, false }, { "usb", HVM, false }, { "usbversion", HVM, false }, { "usbdevice", HVM, false },
	{ "soundhw", HVM, false }, { "serial", "it is for fully virtualised guests; the console of a paravirtualised one is hvc0", "leave it out", false },
	{ "parallel", HVM, false }, { "disable_migrate", HVM, false }, { "ioreq_local_mapcache", HVM, false },
	{ "vga", SCREEN, false }, { "videoram", SCREEN, false }, { "stdvga", SCREEN, false }, { "vnc", SCREEN, false }, { "vncdisplay", SCREEN, false },
	{ "vnclisten", SCREEN, false }, { "vncpasswd", SCREEN, false }, { "vncunused", SCREEN, false }, { "vncconsole", SCREEN, false },
	{ "keymap", SCREEN, false }, { "sdl", SCREEN, false }, { "opengl", SCREEN, false }, { "nographic", SCREEN, false }, { "spice", SCREEN, false },
	{ "spicehost", SCREEN, false }, { "spiceport", SCREEN, false }, { "spicetls_port", SCREEN, false }, { "spicedisable_ticketing", SCREEN, false },
	{ "spicepasswd", SCREEN, false }, { "spiceagent_mouse", SCREEN, false }, { "spicevdagent", SCREEN, false },
	{ "spice_clipboard_sharing", SCREEN, false }, { "spiceusbredirection", SCREEN, false }, { "spice_image_compression", SCREEN, false },
	{ "spice_streaming_video", SCREEN, false }, { "display", SCREEN, false }, { "xauthority", SCREEN, false },
	{ "device_model", MODEL, false }, { "device_model_version", MODEL, false }, { "device_model_override", MODEL, false },
	{ "device_model_args", MODEL, false }, { "device_model_args_pv", MODEL, false }, { "device_model_args_hvm", MODEL, false },
	{ "device_model_user", MODEL, false }, { "device_model_machine", MODEL, false }, { "dm_restrict", MODEL, false },
	{ "device_model_stubdomain_override", STUB, false }, { "device_model_stubdomain_seclabel", STUB, false },
	{ "stubdomain_kernel", STUB, false }, { "stubdomain_ramdisk", STUB, false }, { "stubdomain_cmdline", STUB, false }, { "stubdomain_memory", STUB, false },
	{ "pvshim", SHIM, false }, { "pvshim_path", SHIM, false }, { "pvshim_cmdline", SHIM, false }, { "pvshim_extra", SHIM, false },
	{ "gic_version", ARM, false }, { "tee", ARM, false }, { "vuart", ARM, false }, { "sve", ARM, false }, { "device_tree", ARM, false },
	{ "nr_spis", ARM, false }, { "static_shm", ARM, false }, { "arm_sci", ARM, false }, { "trap_unmapped_accesses", ARM, false },
	{ "ip", NFS, false }, { "netmask", NFS, false }, { "gateway", NFS, false }, { "hostname", NFS, false }, { "dhcp", NFS, false }, { "nfs_server", NFS, false }, { "nfs_root", NFS, false },
	{ "restart", "it is xm's way to say on_poweroff, on_reboot and on_crash together", "write those three", false },
	{ "features", "guests' kernels say themselves what they need", "leave it out", false },
};

#define NR (sizeof(table) / sizeof(table[0]))

const struct xl_refused *refused_find(const char *key)
{
	for (unsigned int i = 0; i < NR; i++)
		if (strcmp(table[i].name, key) == 0)
			return &table[i];
	return NULL;
}

const char *refused_name(unsigned int n)
{
	return n < NR ? table[n].name : NULL;
}
