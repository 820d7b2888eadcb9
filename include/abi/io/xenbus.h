/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/xenbus.h
 *
 * Device states in the store.
 */
#ifndef SOCLE_ABI_IO_XENBUS_H
#define SOCLE_ABI_IO_XENBUS_H

#include <stdint.h>

/* Values of the "state" key. */
#define XenbusStateUnknown       0
#define XenbusStateInitialising  1
#define XenbusStateInitWait      2
#define XenbusStateInitialised   3
#define XenbusStateConnected     4
#define XenbusStateClosing       5
#define XenbusStateClosed        6
#define XenbusStateReconfiguring 7
#define XenbusStateReconfigured  8

#endif /* SOCLE_ABI_IO_XENBUS_H */
