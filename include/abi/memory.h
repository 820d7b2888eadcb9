/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/memory.h
 *
 * memory_op(12): memory reservation and maps.
 */
#ifndef SOCLE_ABI_MEMORY_H
#define SOCLE_ABI_MEMORY_H

#include <stdint.h>

#include "physdev.h"

/* Operations (bits 5:0 of the command; the rest is a restart point). */
#define XENMEM_increase_reservation       0
#define XENMEM_decrease_reservation       1
#define XENMEM_maximum_ram_page           2
#define XENMEM_current_reservation        3
#define XENMEM_maximum_reservation        4
#define XENMEM_machphys_mfn_list          5
#define XENMEM_populate_physmap           6
#define XENMEM_add_to_physmap             7
#define XENMEM_memory_map                 9
#define XENMEM_machine_memory_map         10
#define XENMEM_exchange                   11
#define XENMEM_machphys_mapping           12
#define XENMEM_set_memory_map             13
#define XENMEM_maximum_gpfn               14
#define XENMEM_remove_from_physmap        15
#define XENMEM_set_pod_target             16
#define XENMEM_get_pod_target             17
#define XENMEM_get_sharing_freed_pages    18
#define XENMEM_get_sharing_shared_pages   19
#define XENMEM_paging_op                  20
#define XENMEM_add_to_physmap_batch       23
#define XENMEM_claim_pages                24
#define XENMEM_machphys_compat_mfn_list   25
#define XENMEM_get_vnumainfo              26
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource           28
#define XENMEM_access_op                  21
#define XENMEM_sharing_op                 22
#define XENMEM_CMD_MASK                   0x3f
#define XENMEM_CMD_SHIFT                  6

/* xen_memory_reservation.mem_flags (bits 7:0 address bits, 15:8 node + 1). */
#define XENMEMF_populate_on_demand 0x10000
#define XENMEMF_exact_node_request 0x20000
#define XENMEMF_vnode              0x40000

/* Physmap spaces. */
#define XENMAPSPACE_shared_info      0
#define XENMAPSPACE_grant_table      1
#define XENMAPSPACE_gmfn             2
#define XENMAPSPACE_gmfn_range       3
#define XENMAPSPACE_gmfn_foreign     4
#define XENMAPSPACE_dev_mmio         5
#define XENMAPIDX_grant_table_status 0x80000000u

/* acquire_resource types and frames. */
#define XENMEM_RDM_ALL                              1
#define XENMEM_resource_ioreq_server                0
#define XENMEM_resource_grant_table                 1
#define XENMEM_resource_vmtrace_buf                 2
#define XENMEM_resource_grant_table_id_shared       0
#define XENMEM_resource_grant_table_id_status       1
#define XENMEM_resource_ioreq_server_frame_bufioreq 0

/* E820 entry types. */
#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

/* ops 0, 1, 6; 32 bytes. */
struct xen_memory_reservation {
    uint64_t extent_start; /* handle: u64 frame list, in/out */
    uint64_t nr_extents;
    uint32_t extent_order;
    uint32_t mem_flags; /* XENMEMF_* */
    uint16_t domid;
    uint8_t _pad0[6];
};

/* op 5: frames behind the M2P; 24 bytes. */
struct xen_machphys_mfn_list {
    uint32_t max_extents;
    uint8_t _pad0[4];
    uint64_t extent_start; /* handle: u64 list, out */
    uint32_t nr_extents; /* out */
    uint8_t _pad1[4];
};

/* op 7; 24 bytes. */
struct xen_add_to_physmap {
    uint16_t domid;
    uint16_t size;
    uint32_t space; /* XENMAPSPACE_* */
    uint64_t idx;
    uint64_t gpfn;
};

/* ops 9 and 10; 16 bytes. */
struct xen_memory_map {
    uint32_t nr_entries; /* in: room, out: used */
    uint8_t _pad0[4];
    uint64_t buffer; /* handle: struct e820entry */
};

/* One entry of a memory map (20 bytes); 20 bytes. */
struct e820entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

/* op 11; 72 bytes. */
struct xen_memory_exchange {
    struct xen_memory_reservation in;
    struct xen_memory_reservation out;
    uint64_t nr_exchanged; /* out */
};

/* op 12, out; 24 bytes. */
struct xen_machphys_mapping {
    uint64_t v_start;
    uint64_t v_end;
    uint64_t max_mfn;
};

/* op 13, in; 24 bytes. */
struct xen_foreign_memory_map {
    uint16_t domid;
    uint8_t _pad0[6];
    struct xen_memory_map map;
};

/* op 15; 16 bytes. */
struct xen_remove_from_physmap {
    uint16_t domid;
    uint8_t _pad0[6];
    uint64_t gpfn;
};

/* ops 16 and 17; 40 bytes. */
struct xen_pod_target {
    uint64_t target_pages;
    uint64_t tot_pages;
    uint64_t pod_cache_pages;
    uint64_t pod_entries;
    uint16_t domid;
    uint8_t _pad0[6];
};

/* op 23; 32 bytes. */
struct xen_add_to_physmap_batch {
    uint16_t domid;
    uint16_t space;
    uint16_t size;
    union {
        uint16_t foreign_domid;
        uint16_t res0;
    } u;
    uint64_t idxs;
    uint64_t gpfns;
    uint64_t errs; /* handle: s32, out */
};

/* One memory range of a virtual NUMA topology; 24 bytes. */
struct xen_vmemrange {
    uint64_t start;
    uint64_t end;
    uint32_t flags;
    uint32_t nid;
};

/* op 26, in/out; 40 bytes. */
struct xen_vnuma_topology_info {
    uint16_t domid;
    uint16_t pad;
    uint32_t nr_vnodes;
    uint32_t nr_vcpus;
    uint32_t nr_vmemranges;
    union {
        uint64_t h;
        uint64_t pad;
    } vdistance;
    union {
        uint64_t h;
        uint64_t pad;
    } vcpu_to_vnode;
    union {
        uint64_t h;
        uint64_t pad;
    } vmemrange;
};

/* One reserved device range (op 27); 16 bytes. */
struct xen_reserved_device_memory {
    uint64_t start_pfn;
    uint64_t nr_pages;
};

/* op 27; 24 bytes. */
struct xen_reserved_device_memory_map {
    uint32_t flags;
    uint32_t nr_entries;
    uint64_t buffer;
    union {
        struct physdev_pci_device pci;
    } dev;
    uint8_t _pad0[4];
};

/* op 28; 32 bytes. */
struct xen_mem_acquire_resource {
    uint16_t domid;
    uint16_t type;
    uint32_t id;
    uint32_t nr_frames;
    uint32_t pad;
    uint64_t frame;
    uint64_t frame_list; /* handle: u64, in/out */
};

#endif /* SOCLE_ABI_MEMORY_H */
