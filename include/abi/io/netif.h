/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/netif.h
 *
 * Network device protocol.
 */
#ifndef SOCLE_ABI_IO_NETIF_H
#define SOCLE_ABI_IO_NETIF_H

#include <stdint.h>

/* Transmit flags. */
#define NETTXF_csum_blank     0x1
#define NETTXF_data_validated 0x2
#define NETTXF_more_data      0x4
#define NETTXF_extra_info     0x8

/* Receive flags. */
#define NETRXF_data_validated 0x1
#define NETRXF_csum_blank     0x2
#define NETRXF_more_data      0x4
#define NETRXF_extra_info     0x8
#define NETRXF_gso_prefix     0x10

/* Extra information. */
#define XEN_NETIF_EXTRA_TYPE_NONE      0
#define XEN_NETIF_EXTRA_TYPE_GSO       1
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD 2
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL 3
#define XEN_NETIF_EXTRA_TYPE_HASH      4
#define XEN_NETIF_EXTRA_TYPE_MAX       5
#define XEN_NETIF_EXTRA_FLAG_MORE      1
#define XEN_NETIF_GSO_TYPE_NONE        0
#define XEN_NETIF_GSO_TYPE_TCPV4       1
#define XEN_NETIF_GSO_TYPE_TCPV6       2

/* Results and limits. */
#define XEN_NETIF_NR_SLOTS_MIN    18
#define XEN_NETIF_MAX_TX_SIZE     0xffff
#define NETIF_RSP_DROPPED         (-2)
#define NETIF_RSP_ERROR           (-1)
#define NETIF_RSP_OKAY            0
#define NETIF_RSP_NULL            1
#define NET_TX_RING_ENTRIES_1PAGE 256
#define NET_RX_RING_ENTRIES_1PAGE 256

/* Control ring. */
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4             0x1
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP         0x2
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6             0x4
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP         0x8
#define XEN_NETIF_CTRL_HASH_ALGORITHM_NONE        0
#define XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ    1
#define XEN_NETIF_CTRL_TYPE_INVALID               0
#define XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS        1
#define XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS        2
#define XEN_NETIF_CTRL_TYPE_SET_HASH_KEY          3
#define XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE 4
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE 5
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING      6
#define XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM    7
#define XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE 8
#define XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING      9
#define XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING      10
#define XEN_NETIF_CTRL_STATUS_SUCCESS             0
#define XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED       1
#define XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER   2
#define XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW     3
#define XEN_NETIF_CTRLF_GREF_readonly             1

/* Transmit slot; 12 bytes. */
struct netif_tx_request {
    uint32_t gref;
    uint16_t offset;
    uint16_t flags;
    uint16_t id;
    uint16_t size; /* whole packet in the first slot */
};

/* Transmit answer; 4 bytes. */
struct netif_tx_response {
    uint16_t id;
    int16_t status;
};

/* Receive buffer; 8 bytes. */
struct netif_rx_request {
    uint16_t id;
    uint16_t pad;
    uint32_t gref;
};

/* Received data; 8 bytes. */
struct netif_rx_response {
    uint16_t id;
    uint16_t offset;
    uint16_t flags;
    int16_t status; /* length or NETIF_RSP_* */
};

/* Extra slot after a request or response; 8 bytes. */
struct netif_extra_info {
    uint8_t type;
    uint8_t flags;
    union {
        struct {
            uint16_t size;
            uint8_t type;
            uint8_t pad;
            uint16_t features;
        } gso;
        struct {
            uint8_t addr[6];
        } mcast;
        struct {
            uint8_t type;
            uint8_t algorithm;
            uint8_t value[4];
        } hash;
        uint16_t pad[3];
    } u;
};

/* Control request; 16 bytes. */
struct xen_netif_ctrl_request {
    uint16_t id;
    uint16_t type;
    uint32_t data[3];
};

/* Control answer; 12 bytes. */
struct xen_netif_ctrl_response {
    uint16_t id;
    uint16_t type;
    uint32_t status;
    uint32_t data;
};

#endif /* SOCLE_ABI_IO_NETIF_H */
