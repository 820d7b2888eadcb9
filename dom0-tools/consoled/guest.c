/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/guest.c
 *
 * See guest.h. A round takes at most ROUND bytes from a guest, so that one that prints without end
 * does not keep the others waiting.
 */
#include "consoled/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/grant_table.h>

#include "libsocle/stamp.h"

#define ROUND (4 * XENCONS_OUT_RING_SIZE)

/* The grant that every builder seeds, else the frame itself. */
static bool page_map(struct host *h, struct guest *g, uint64_t mfn)
{
	uint32_t ref = GNTTAB_RESERVED_CONSOLE;
	struct socle_error e = { 0 };

	g->page = socle_gnttab_map(h->gt, g->domid, &ref, 1, PROT_READ | PROT_WRITE);
	g->by_grant = g->page != NULL;
	if (!g->page)
		g->page = socle_foreign_map(h->hv, g->domid, &mfn, 1, PROT_READ | PROT_WRITE, &e);
	if (!g->page)
		fprintf(stderr, "consoled: domain %u: cannot map its console page: %s\n", g->domid, e.text);
	return g->page != NULL;
}

static void page_unmap(struct host *h, struct guest *g)
{
	if (g->by_grant)
		socle_gnttab_unmap(h->gt, g->page, 1);
	else
		socle_foreign_unmap(g->page, 1);
}

struct guest *guest_open(struct host *h, uint16_t domid, const char *name, uint64_t mfn, uint32_t port)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->domid = domid;
	if (!page_map(h, g, mfn)) {
		free(g);
		return NULL;
	}
	g->port = socle_evtchn_bind_interdomain(h->ec, domid, port);
	if (g->port < 0) {
		fprintf(stderr, "consoled: domain %u: cannot bind its console port %u: %s\n", domid, port, strerror(-g->port));
		page_unmap(h, g);
		free(g);
		return NULL;
	}
	logfile_open(&g->log, h->log_dir, name);
	readers_open(&g->readers, h->run_dir, domid);
	return g;
}

static void complain(struct guest *g)
{
	if (!g->complained)
		fprintf(stderr, "consoled: domain %u: its console indices make no sense; some bytes are lost\n", g->domid);
	g->complained = true;
}

bool guest_run(struct host *h, struct guest *g)
{
	char buf[XENCONS_OUT_RING_SIZE];
	size_t total = 0, n, given = 0;
	bool bad = false;
	uint32_t taken;

	while (total < ROUND && (n = ring_take(g->page, buf, sizeof(buf), &taken, &bad)) > 0) {
		logfile_write(&g->log, buf, n, stamp_now());
		ring_release(g->page, taken);
		readers_output(&g->readers, buf, n);
		total += n;
	}
	if (g->input_used) {
		given = ring_give(g->page, g->input, g->input_used, &bad);
		memmove(g->input, g->input + given, g->input_used - given);
		g->input_used -= given;
	}
	if (bad)
		complain(g);
	if (total || given)
		socle_evtchn_notify(h->ec, (uint32_t)g->port);
	return total >= ROUND;
}

void guest_close(struct host *h, struct guest *g)
{
	for (int i = 0; i < 2 && guest_run(h, g); i++)
		;
	readers_flush(&g->readers);
	readers_close(&g->readers);
	logfile_close(&g->log);
	socle_evtchn_unbind(h->ec, (uint32_t)g->port);
	page_unmap(h, g);
	free(g);
}
