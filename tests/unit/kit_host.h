/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kit on the host, for drivers that are compiled as they are: memory is an arena whose free pages the sanitizer
 * guards, grants are the kit's own table, the store is a list of texts, events are flags. The test is the world outside: host_turn is
 * called whenever the guest looks for events or sleeps.
 */
#ifndef SOCLE_KIT_HOST_H
#define SOCLE_KIT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/grant_table.h>

#define HOST_PAGES	4096U
#define HOST_REFS	4096U

extern struct grant_entry_v1 host_grants[HOST_REFS];
extern void (*host_turn)(void);

void host_start(void);			/* a new guest: all memory free, nothing granted, the store empty */
size_t host_pages_free(void);
uint32_t host_grants_free(void);
unsigned int host_ports_open(void);

/* The page behind a reference, as a backend maps it: NULL when it is not granted to domain 0, or read-only and that is not enough. */
void *host_map(uint32_t ref, bool write);

void host_store_set(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *host_store_get(const char *path);	/* NULL: it is not there */
void host_store_remove(const char *path);
void host_watches_fire(void);			/* something has changed: all watches are told at the next turn of the loop */

void host_event(uint32_t port);			/* towards the guest */
bool host_was_notified(uint32_t port);		/* and from it; cleared by asking */

#endif
