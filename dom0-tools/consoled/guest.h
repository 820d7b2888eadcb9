/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/guest.h
 *
 * One guest's console: its page, its event channel, its log and its readers. Lives from the moment
 * its nodes are in the store until the domain is gone.
 */
#ifndef SOCLE_CONSOLED_GUEST_H
#define SOCLE_CONSOLED_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "consoled/logfile.h"
#include "consoled/readers.h"
#include "consoled/ring.h"
#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"
#include "libsocle/hypercall.h"

#define INPUT_SIZE 4096

/* What every guest's console uses. */
struct host {
	struct socle_hv *hv;
	struct socle_evtchn *ec;
	struct socle_gnttab *gt;
	const char *log_dir, *run_dir;
};

struct guest {
	struct guest *next;
	uint16_t domid;
	bool named;                  /* its name in the store is watched, by the present connection */
	int port;
	bool by_grant;               /* how the page was mapped */
	bool complained;             /* its wild indices were reported */
	struct xencons_interface *page;
	struct logfile log;
	struct readers readers;
	char input[INPUT_SIZE];      /* typed, not yet taken by the guest */
	size_t input_used;
	struct pollfd *polled;       /* its part of the poll array, and how long that is */
	size_t nr_polled;
};

/* NULL when the console cannot be reached; the reason is on stderr. */
struct guest *guest_open(struct host *h, uint16_t domid, const char *name, uint64_t mfn, uint32_t port);
/* Moves bytes both ways, a bounded number. True when the guest has more to say. */
bool guest_run(struct host *h, struct guest *g);
void guest_close(struct host *h, struct guest *g);

#endif
