/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/hypercall.h
 *
 * Hypercalls from a dom0 process through /dev/xen/privcmd, the memory they may point at, and maps
 * of other domains' frames.  A hypercall argument must stay present for the whole call, because the
 * hypervisor does not wait for the kernel to page it in: every pointer given to a hypercall has to
 * come from socle_hbuf_alloc().  socle_domctl(), socle_sysctl() and socle_memory_op() copy their
 * top-level structure into such a buffer themselves; handles inside it are the caller's business.
 *
 * A socle_hv belongs to one thread at a time.
 */
#ifndef SOCLE_LIBSOCLE_HYPERCALL_H
#define SOCLE_LIBSOCLE_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#include <abi/domctl.h>
#include <abi/sysctl.h>

#include "libsocle/error.h"

struct socle_hv;

struct socle_hv *socle_hv_open(struct socle_error *e);
void socle_hv_close(struct socle_hv *hv); /* NULL is allowed */

/* The value that the hypervisor returned, or -errno. */
long socle_hypercall(struct socle_hv *hv, unsigned int op, uint64_t a0, uint64_t a1, uint64_t a2,
		     uint64_t a3, uint64_t a4);

/* Page-aligned, zeroed, locked memory; NULL with errno set.  Free with the same size. */
void *socle_hbuf_alloc(struct socle_hv *hv, size_t size);
void socle_hbuf_free(struct socle_hv *hv, void *p, size_t size);

/* 0 or -errno; the interface version is filled in, results are copied back. */
int socle_domctl(struct socle_hv *hv, struct xen_domctl *op);
int socle_sysctl(struct socle_hv *hv, struct xen_sysctl *op);

/* socle_op, our own call (socle/op.h); arg (len bytes, at most one page) goes in and comes back. */
int socle_own_op(struct socle_hv *hv, unsigned int op, void *arg, size_t len);

/* HYPERVISOR_memory_op; arg (len bytes, at most one page) goes in and comes back. */
long socle_memory_op(struct socle_hv *hv, unsigned int cmd, void *arg, size_t len);

/* HYPERVISOR_sched_op of this domain; arg as above. The value that the hypervisor returned, or -errno. */
long socle_sched_op(struct socle_hv *hv, unsigned int cmd, void *arg, size_t len);

/* Map n frames of a domain contiguously (PROT_*); all of them or NULL with the error filled in. */
void *socle_foreign_map(struct socle_hv *hv, uint16_t domid, const uint64_t *mfns, size_t n,
			int prot, struct socle_error *e);
void socle_foreign_unmap(void *p, size_t n);

/*
 * Map frames of a named resource of a domain (XENMEM_acquire_resource): type is one of
 * XENMEM_resource_*.  NULL with the error filled in; unmap with socle_foreign_unmap().
 */
void *socle_resource_map(struct socle_hv *hv, uint16_t domid, unsigned int type, unsigned int id,
			 unsigned int first, size_t n, int prot, struct socle_error *e);

#endif /* SOCLE_LIBSOCLE_HYPERCALL_H */
