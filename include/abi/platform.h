/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/platform.h
 *
 * platform_op(7): machine services for dom0.
 */
#ifndef SOCLE_ABI_PLATFORM_H
#define SOCLE_ABI_PLATFORM_H

#include <stdint.h>

#include "xen.h"

/* Interface version and operations. */
#define XENPF_INTERFACE_VERSION    0x3000001
#define XENPF_settime32            17
#define XENPF_settime64            62
#define XENPF_settime              62
#define XENPF_add_memtype          31
#define XENPF_del_memtype          32
#define XENPF_read_memtype         33
#define XENPF_microcode_update     35
#define XENPF_platform_quirk       39
#define XENPF_efi_runtime_call     49
#define XENPF_firmware_info        50
#define XENPF_enter_acpi_sleep     51
#define XENPF_ACPI_SLEEP_EXTENDED  1
#define XENPF_change_freq          52
#define XENPF_getidletime          53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo          55
#define XENPF_get_cpu_version      48
#define XENPF_cpu_online           56
#define XENPF_cpu_offline          57
#define XENPF_cpu_hotadd           58
#define XENPF_mem_hotadd           59
#define XENPF_core_parking         60
#define XENPF_resource_op          61
#define XENPF_get_symbol           63

/* EFI runtime services. */
#define XEN_EFI_get_time                      1
#define XEN_EFI_set_time                      2
#define XEN_EFI_get_wakeup_time               3
#define XEN_EFI_set_wakeup_time               4
#define XEN_EFI_get_next_high_monotonic_count 5
#define XEN_EFI_get_variable                  6
#define XEN_EFI_set_variable                  7
#define XEN_EFI_get_next_variable_name        8
#define XEN_EFI_query_variable_info           9
#define XEN_EFI_query_capsule_capabilities    10
#define XEN_EFI_update_capsule                11
#define XEN_EFI_GET_TIME_SET_CLEARS_NS        1
#define XEN_EFI_GET_WAKEUP_TIME_ENABLED       1
#define XEN_EFI_GET_WAKEUP_TIME_PENDING       2
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE        1
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY   2
#define XEN_EFI_VARIABLE_NON_VOLATILE         0x1
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS   0x2
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS       0x4
#define XEN_EFI_VARINFO_BOOT_SNAPSHOT         1

/* Firmware information. */
#define XEN_FW_DISK_INFO            1
#define XEN_FW_DISK_MBR_SIGNATURE   2
#define XEN_FW_VBEDDC_INFO          3
#define XEN_FW_EFI_INFO             4
#define XEN_FW_EFI_VERSION          0
#define XEN_FW_EFI_CONFIG_TABLE     1
#define XEN_FW_EFI_VENDOR           2
#define XEN_FW_EFI_MEM_INFO         3
#define XEN_FW_EFI_RT_VERSION       4
#define XEN_FW_EFI_PCI_ROM          5
#define XEN_FW_EFI_APPLE_PROPERTIES 6
#define XEN_FW_KBD_SHIFT_FLAGS      5

/* Power management and physical CPUs. */
#define QUIRK_NOIRQBALANCING        1
#define QUIRK_IOAPIC_BAD_REGSEL     2
#define QUIRK_IOAPIC_GOOD_REGSEL    3
#define XEN_PROCESSOR_PM_CX         1
#define XEN_PROCESSOR_PM_PX         2
#define XEN_PROCESSOR_PM_TX         4
#define XEN_PM_CX                   0
#define XEN_PM_PX                   1
#define XEN_PM_TX                   2
#define XEN_PM_PDC                  3
#define XEN_PX_PCT                  1
#define XEN_PX_PSS                  2
#define XEN_PX_PPC                  4
#define XEN_PX_PSD                  8
#define XEN_CPUPERF_SHARED_TYPE_HW  1
#define XEN_CPUPERF_SHARED_TYPE_ALL 2
#define XEN_CPUPERF_SHARED_TYPE_ANY 3
#define XEN_PCPU_FLAGS_ONLINE       1
#define XEN_PCPU_FLAGS_INVALID      2
#define XEN_CORE_PARKING_SET        1
#define XEN_CORE_PARKING_GET        2
#define XEN_RESOURCE_OP_MSR_READ    0
#define XEN_RESOURCE_OP_MSR_WRITE   1

/* Register description of a C-state; 24 bytes. */
struct xen_power_register {
    uint32_t space_id;
    uint32_t bit_width;
    uint32_t bit_offset;
    uint32_t access_size;
    uint64_t address;
};

/* C-state dependency; 12 bytes. */
struct xen_processor_csd {
    uint32_t domain;
    uint32_t coord_type;
    uint32_t num;
};

/* One C-state; 48 bytes. */
struct xen_processor_cx {
    struct xen_power_register reg;
    uint8_t type;
    uint8_t _pad0[3];
    uint32_t latency;
    uint32_t power;
    uint32_t dpcnt;
    uint64_t dp;
};

/* One P-state; 48 bytes. */
struct xen_processor_px {
    uint64_t core_frequency;
    uint64_t power;
    uint64_t transition_latency;
    uint64_t bus_master_latency;
    uint64_t control;
    uint64_t status;
};

/* Element of resource_op; 24 bytes. */
struct xenpf_resource_entry {
    union {
        uint32_t cmd;
        int32_t ret;
    } u;
    uint32_t rsvd;
    uint64_t idx;
    uint64_t val;
};

/* cmd 62: wall clock, in; 24 bytes. */
struct xenpf_settime64 {
    uint64_t secs;
    uint32_t nsecs;
    uint32_t mbz;
    uint64_t system_time;
};

/* cmd 17: wall clock, in; 16 bytes. */
struct xenpf_settime32 {
    uint32_t secs;
    uint32_t nsecs;
    uint64_t system_time;
};

/* cmd 31; 32 bytes. */
struct xenpf_add_memtype {
    uint64_t mfn;
    uint64_t nr_mfns;
    uint32_t type;
    uint32_t handle;
    uint32_t reg;
    uint8_t _pad0[4];
};

/* cmd 32; 8 bytes. */
struct xenpf_del_memtype {
    uint32_t handle;
    uint32_t reg;
};

/* cmd 33; 32 bytes. */
struct xenpf_read_memtype {
    uint32_t reg;
    uint8_t _pad0[4];
    uint64_t mfn;
    uint64_t nr_mfns;
    uint32_t type;
    uint8_t _pad1[4];
};

/* cmd 35: in; 16 bytes. */
struct xenpf_microcode_update {
    uint64_t data;
    uint32_t length;
    uint8_t _pad0[4];
};

/* cmd 39; 4 bytes. */
struct xenpf_platform_quirk {
    uint32_t quirk_id;
};

/* EFI time; 16 bytes. */
struct xenpf_efi_time {
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t min;
    uint8_t sec;
    uint8_t _pad0[1];
    uint32_t ns;
    int16_t tz;
    uint8_t daylight;
    uint8_t _pad1[1];
};

/* EFI GUID; 16 bytes. */
struct xenpf_efi_guid {
    uint32_t data1;
    uint16_t data2;
    uint16_t data3;
    uint8_t data4[8];
};

/* cmd 49: in/out; 56 bytes. */
struct xenpf_efi_runtime_call {
    uint32_t function;
    uint32_t misc;
    uint64_t status;
    union {
        struct {
            struct xenpf_efi_time time;
            uint32_t resolution;
            uint32_t accuracy;
        } get_time;
        struct xenpf_efi_time set_time;
        struct xenpf_efi_time get_wakeup_time;
        struct xenpf_efi_time set_wakeup_time;
        struct {
            uint64_t name;
            uint64_t size;
            uint64_t data;
            struct xenpf_efi_guid vendor_guid;
        } get_variable;
        struct {
            uint64_t name;
            uint64_t size;
            uint64_t data;
            struct xenpf_efi_guid vendor_guid;
        } set_variable;
        struct {
            uint64_t size;
            uint64_t name;
            struct xenpf_efi_guid vendor_guid;
        } get_next_variable_name;
        struct {
            uint32_t attr;
            uint8_t _pad0[4];
            uint64_t max_store_size;
            uint64_t remain_store_size;
            uint64_t max_size;
        } query_variable_info;
        struct {
            uint64_t capsule_header_array;
            uint64_t capsule_count;
            uint64_t max_capsule_size;
            uint32_t reset_type;
            uint8_t _pad0[4];
        } query_capsule_capabilities;
        struct {
            uint64_t capsule_header_array;
            uint64_t capsule_count;
            uint64_t sg_list;
        } update_capsule;
    } u;
};

/* EFI part of firmware_info; 32 bytes. */
union xenpf_efi_info {
    uint32_t version;
    struct {
        uint64_t addr;
        uint32_t nent;
        uint8_t _pad0[4];
    } cfg;
    struct {
        uint32_t revision;
        uint32_t bufsz;
        uint64_t name;
    } vendor;
    struct {
        uint64_t addr;
        uint64_t size;
        uint64_t attr;
        uint32_t type;
        uint8_t _pad0[4];
    } mem;
    struct {
        uint16_t segment;
        uint8_t bus;
        uint8_t devfn;
        uint16_t vendor;
        uint16_t devid;
        uint64_t address;
        uint64_t size;
    } pci_rom;
    struct {
        uint64_t address;
        uint64_t size;
    } apple_properties;
};

/* cmd 50: type and index in, u out; 40 bytes. */
struct xenpf_firmware_info {
    uint32_t type;
    uint32_t index;
    union {
        struct {
            uint8_t device;
            uint8_t version;
            uint16_t interface_support;
            uint16_t legacy_max_cylinder;
            uint8_t legacy_max_head;
            uint8_t legacy_sectors_per_track;
            uint64_t edd_params;
        } disk_info;
        struct {
            uint8_t device;
            uint8_t _pad0[3];
            uint32_t mbr_signature;
        } disk_mbr_signature;
        struct {
            uint8_t capabilities;
            uint8_t edid_transfer_time;
            uint8_t _pad0[6];
            uint64_t edid;
        } vbeddc_info;
        union xenpf_efi_info efi_info;
        uint8_t kbd_shift_flags;
    } u;
};

/* cmd 51: in; 12 bytes. */
struct xenpf_enter_acpi_sleep {
    uint16_t val_a;
    uint16_t val_b;
    uint32_t sleep_state;
    uint32_t flags;
};

/* cmd 52; 16 bytes. */
struct xenpf_change_freq {
    uint32_t flags;
    uint32_t cpu;
    uint64_t freq;
};

/* cmd 53; 32 bytes. */
struct xenpf_getidletime {
    uint64_t cpumap_bitmap;
    uint32_t cpumap_nr_cpus;
    uint8_t _pad0[4];
    uint64_t idletime;
    uint64_t now;
};

/* C-states; flags: bits 0-4 bm_control, bm_check, has_cst, power_setup_done, bm_rld_set; 16 bytes. */
struct xen_processor_power {
    uint32_t count;
    uint32_t flags;
    uint64_t states;
};

/* P-state control or status register; 16 bytes. */
struct xen_pct_register {
    uint8_t descriptor;
    uint8_t _pad0[1];
    uint16_t length;
    uint8_t space_id;
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t reserved;
    uint64_t address;
};

/* P-state dependency; 40 bytes. */
struct xen_psd_package {
    uint64_t num_entries;
    uint64_t revision;
    uint64_t domain;
    uint64_t coord_type;
    uint64_t num_processors;
};

/* P-states; 104 bytes. */
struct xen_processor_performance {
    uint32_t flags;
    uint32_t platform_limit;
    struct xen_pct_register control_register;
    struct xen_pct_register status_register;
    uint32_t state_count;
    uint8_t _pad0[4];
    uint64_t states;
    struct xen_psd_package domain_info;
    uint32_t shared_type;
    uint8_t _pad1[4];
};

/* cmd 54: ACPI power data, in; 112 bytes. */
struct xenpf_set_processor_pminfo {
    uint32_t id;
    uint32_t type;
    union {
        struct xen_processor_power power;
        struct xen_processor_performance perf;
        uint64_t pdc;
    } u;
};

/* cmd 55: xen_cpuid in, rest out; 20 bytes. */
struct xenpf_pcpuinfo {
    uint32_t xen_cpuid;
    uint32_t max_present;
    uint32_t flags;
    uint32_t apic_id;
    uint32_t acpi_id;
};

/* cmd 48: xen_cpuid in, rest out; 32 bytes. */
struct xenpf_pcpu_version {
    uint32_t xen_cpuid;
    uint32_t max_present;
    char vendor_id[12];
    uint32_t family;
    uint32_t model;
    uint32_t stepping;
};

/* cmd 56 and 57; 4 bytes. */
struct xenpf_cpu_ol {
    uint32_t cpuid;
};

/* cmd 58; 12 bytes. */
struct xenpf_cpu_hotadd {
    uint32_t apic_id;
    uint32_t acpi_id;
    uint32_t pxm;
};

/* cmd 59; 24 bytes. */
struct xenpf_mem_hotadd {
    uint64_t spfn;
    uint64_t epfn;
    uint32_t pxm;
    uint32_t flags;
};

/* cmd 60; 8 bytes. */
struct xenpf_core_parking {
    uint32_t type;
    uint32_t idle_nums;
};

/* cmd 61; 16 bytes. */
struct xenpf_resource_op {
    uint32_t nr_entries;
    uint32_t cpu;
    uint64_t entries;
};

/* cmd 63: symnum in/out; 32 bytes. */
struct xenpf_symdata {
    uint32_t namelen;
    uint32_t symnum;
    uint64_t name;
    uint64_t address;
    char type;
    uint8_t _pad0[7];
};

/* Argument of platform_op(7); results are copied back; 136 bytes. */
struct xen_platform_op {
    uint32_t cmd;
    uint32_t interface_version;
    union {
        struct xenpf_settime64 settime;
        struct xenpf_settime32 settime32;
        struct xenpf_settime64 settime64;
        struct xenpf_add_memtype add_memtype;
        struct xenpf_del_memtype del_memtype;
        struct xenpf_read_memtype read_memtype;
        struct xenpf_microcode_update microcode;
        struct xenpf_platform_quirk platform_quirk;
        struct xenpf_efi_runtime_call efi_runtime_call;
        struct xenpf_firmware_info firmware_info;
        struct xenpf_enter_acpi_sleep enter_acpi_sleep;
        struct xenpf_change_freq change_freq;
        struct xenpf_getidletime getidletime;
        struct xenpf_set_processor_pminfo set_pminfo;
        struct xenpf_pcpuinfo pcpu_info;
        struct xenpf_pcpu_version pcpu_version;
        struct xenpf_cpu_ol cpu_ol;
        struct xenpf_cpu_hotadd cpu_add;
        struct xenpf_mem_hotadd mem_add;
        struct xenpf_core_parking core_parking;
        struct xenpf_resource_op resource_op;
        struct xenpf_symdata symdata;
        uint8_t pad[128];
    } u;
};

#endif /* SOCLE_ABI_PLATFORM_H */
