/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/procs.h
 *
 * What dom0 itself needs for guests: its own memory, and that of our daemons, watchers and workers.
 */
#ifndef SOCLE_DOMAIN_PROCS_H
#define SOCLE_DOMAIN_PROCS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc {
	pid_t pid;
	char name[20];     /* "stored", "consoled", "socle-watch", "blkd", "netd" */
	uint32_t domid;    /* of a worker's guest; 0: none */
	uint64_t rss_kib;  /* pages that are shared with others included */
};

/* Those of ours that run now: how many, at most max of them in out. */
size_t procs_list(struct proc *out, size_t max);

/* A line of /proc/meminfo in KiB, 0 when there is none: "MemTotal", "MemAvailable". */
uint64_t meminfo_kib(const char *key);

#endif /* SOCLE_DOMAIN_PROCS_H */
