/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/nmi.h
 *
 * nmi_op(28).
 */
#ifndef SOCLE_ABI_NMI_H
#define SOCLE_ABI_NMI_H

#include <stdint.h>

/* Operations. */
#define XENNMI_register_callback   0
#define XENNMI_unregister_callback 1

/* Bits of shared_info.arch.nmi_reason. */
#define XEN_NMIREASON_io_error 1
#define XEN_NMIREASON_pci_serr 2
#define XEN_NMIREASON_unknown  4

/* op 0, in; 16 bytes. */
struct xennmi_callback {
    uint64_t handler_address;
    uint64_t pad;
};

#endif /* SOCLE_ABI_NMI_H */
