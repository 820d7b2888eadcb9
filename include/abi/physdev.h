/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/physdev.h
 *
 * physdev_op(33): interrupts, PCI, I/O privilege.
 */
#ifndef SOCLE_ABI_PHYSDEV_H
#define SOCLE_ABI_PHYSDEV_H

#include <stdint.h>

/* Operations. */
#define PHYSDEVOP_irq_status_query   5
#define PHYSDEVOP_set_iopl           6
#define PHYSDEVOP_set_iobitmap       7
#define PHYSDEVOP_apic_read          8
#define PHYSDEVOP_apic_write         9
#define PHYSDEVOP_alloc_irq_vector   10
#define PHYSDEVOP_free_irq_vector    11
#define PHYSDEVOP_eoi                12
#define PHYSDEVOP_map_pirq           13
#define PHYSDEVOP_unmap_pirq         14
#define PHYSDEVOP_manage_pci_add     15
#define PHYSDEVOP_manage_pci_remove  16
#define PHYSDEVOP_pirq_eoi_gmfn_v1   17
#define PHYSDEVOP_restore_msi        19
#define PHYSDEVOP_manage_pci_add_ext 20
#define PHYSDEVOP_setup_gsi          21
#define PHYSDEVOP_get_free_pirq      23
#define PHYSDEVOP_pci_mmcfg_reserved 24
#define PHYSDEVOP_pci_device_add     25
#define PHYSDEVOP_pci_device_remove  26
#define PHYSDEVOP_restore_msi_ext    27
#define PHYSDEVOP_pirq_eoi_gmfn_v2   28
#define PHYSDEVOP_pirq_eoi_gmfn      28
#define PHYSDEVOP_dbgp_op            29
#define PHYSDEVOP_prepare_msix       30
#define PHYSDEVOP_release_msix       31

/* Interrupt status and PIRQ kinds. */
#define XENIRQSTAT_needs_eoi    1
#define XENIRQSTAT_shared       2
#define MAP_PIRQ_TYPE_MSI       0
#define MAP_PIRQ_TYPE_GSI       1
#define MAP_PIRQ_TYPE_UNKNOWN   2
#define MAP_PIRQ_TYPE_MSI_SEG   3
#define MAP_PIRQ_TYPE_MULTI_MSI 4

/* PCI flags. */
#define XEN_PCI_MMCFG_RESERVED 1
#define XEN_PCI_DEV_EXTFN      1
#define XEN_PCI_DEV_VIRTFN     2
#define XEN_PCI_DEV_PXM        4

/* Debug port. */
#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE    2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN   0
#define PHYSDEVOP_DBGP_BUS_PCI       1

/* op 5; 8 bytes. */
struct physdev_irq_status_query {
    uint32_t irq;
    uint32_t flags; /* out: XENIRQSTAT_* */
};

/* op 6; 4 bytes. */
struct physdev_set_iopl {
    uint32_t iopl;
};

/* op 7; 16 bytes. */
struct physdev_set_iobitmap {
    uint64_t bitmap;
    uint32_t nr_ports;
    uint8_t _pad0[4];
};

/* ops 8 and 9; 16 bytes. */
struct physdev_apic {
    uint64_t apic_physbase;
    uint32_t reg;
    uint32_t value;
};

/* ops 10 and 11; 8 bytes. */
struct physdev_irq {
    uint32_t irq;
    uint32_t vector; /* out */
};

/* op 12; 4 bytes. */
struct physdev_eoi {
    uint32_t irq;
};

/* op 13; 40 bytes. */
struct physdev_map_pirq {
    uint16_t domid;
    uint8_t _pad0[2];
    int32_t type; /* MAP_PIRQ_TYPE_* */
    int32_t index; /* GSI */
    int32_t pirq; /* in/out, -1 = any */
    int32_t bus; /* segment in bits 31:16 */
    int32_t devfn;
    int32_t entry_nr;
    uint8_t _pad1[4];
    uint64_t table_base; /* MSI-X table */
};

/* op 14; 8 bytes. */
struct physdev_unmap_pirq {
    uint16_t domid;
    uint8_t _pad0[2];
    int32_t pirq;
};

/* ops 15 and 16; 2 bytes. */
struct physdev_manage_pci {
    uint8_t bus;
    uint8_t devfn;
};

/* ops 17 and 28; 8 bytes. */
struct physdev_pirq_eoi_gmfn {
    uint64_t gmfn;
};

/* op 19; 2 bytes. */
struct physdev_restore_msi {
    uint8_t bus;
    uint8_t devfn;
};

/* op 20; 16 bytes. */
struct physdev_manage_pci_ext {
    uint8_t bus;
    uint8_t devfn;
    uint8_t _pad0[2];
    uint32_t is_extfn;
    uint32_t is_virtfn;
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn;
    uint8_t _pad1[2];
};

/* op 21; 8 bytes. */
struct physdev_setup_gsi {
    int32_t gsi;
    uint8_t triggering; /* 0 edge, 1 level */
    uint8_t polarity; /* 0 high, 1 low */
    uint8_t _pad0[2];
};

/* op 23; 8 bytes. */
struct physdev_get_free_pirq {
    int32_t type;
    uint32_t pirq; /* out */
};

/* op 24; 16 bytes. */
struct physdev_pci_mmcfg_reserved {
    uint64_t address;
    uint16_t segment;
    uint8_t start_bus;
    uint8_t end_bus;
    uint32_t flags;
};

/* op 25; optional words (the node) follow the structure; 12 bytes. */
struct physdev_pci_device_add {
    uint16_t seg;
    uint8_t bus;
    uint8_t devfn;
    uint32_t flags; /* XEN_PCI_DEV_* */
    struct {
        uint8_t bus;
        uint8_t devfn;
    } physfn;
    uint8_t _pad0[2];
};

/* ops 26, 27, 30, 31; 4 bytes. */
struct physdev_pci_device {
    uint16_t seg;
    uint8_t bus;
    uint8_t devfn;
};

/* op 29; 6 bytes. */
struct physdev_dbgp_op {
    uint8_t op;
    uint8_t bus;
    union {
        struct physdev_pci_device pci;
    } u;
};

#endif /* SOCLE_ABI_PHYSDEV_H */
