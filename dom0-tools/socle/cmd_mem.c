/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_mem.c
 *
 * socle mem: the ledger of the machine's memory.  What the hypervisor counts sums to the machine's RAM, to the page; below it
 * stands what dom0 makes of its part.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/json.h"
#include "domain/ledger.h"
#include "domain/names.h"
#include "domain/procs.h"
#include "socle/cmd.h"

#define PROCS_MAX 4096u
#define KIB(pages) ((pages) * 4)

static const struct { unsigned int kind; const char *key, *text; } own[] = {
	{ SOCLE_FRAMES_IMAGE, "image", "text and data" },
	{ SOCLE_FRAMES_TABLES, "frame_table", "description of frames" },
	{ SOCLE_FRAMES_M2P, "m2p", "machine-to-frame table" },
	{ SOCLE_FRAMES_OBJECTS, "objects", "small objects" },
	{ SOCLE_FRAMES_OTHER, "other", "page tables, stacks, CPUs" },
};
#define NR_OWN (sizeof(own) / sizeof(own[0]))

struct view {
	struct domain_ctx ctx;
	struct ledger ledger;
	struct proc *proc;
	size_t nr_procs;
};

static void text_print(struct view *v)
{
	const struct ledger *l = &v->ledger;

	printf("%-40s %12s\n", "THE MACHINE", "KiB");
	printf("%-40s %12" PRIu64 "\n", "hypervisor", KIB(ledger_hypervisor(l)));
	for (size_t i = 0; i < NR_OWN; i++)
		printf("  %-38s %12" PRIu64 "\n", own[i].text, KIB(l->kind[own[i].kind]));
	for (size_t i = 0; i < l->nr; i++) {
		const struct ledger_domain *d = &l->domain[i];
		char *name = names_of(&v->ctx, (uint16_t)d->domid), title[80];

		snprintf(title, sizeof(title), "%s (domain %u)", name ? name : "?", d->domid);
		free(name);
		printf("%-40s %12" PRIu64 "\n", title, KIB(d->frames + d->shared + d->held));
		printf("  %-38s %12" PRIu64 "   of it page tables %" PRIu64 "; %" PRIu64 " used by others through %u grants\n", "its pages",
		       KIB(d->frames), KIB(d->tables), KIB((uint64_t)d->grants), d->grants);
		printf("  %-38s %12" PRIu64 "\n", "shared with the hypervisor", KIB(d->shared));
		printf("  %-38s %12" PRIu64 "\n", "kept for it by the hypervisor", KIB(d->held));
	}
	printf("%-40s %12" PRIu64 "\n", "loaded by the boot loader", KIB(l->kind[SOCLE_FRAMES_BOOT]));
	printf("%-40s %12" PRIu64 "\n", "firmware's, and pieces of pages", KIB(l->kind[SOCLE_FRAMES_FIRMWARE]));
	printf("%-40s %12" PRIu64 "\n", "free", KIB(l->kind[SOCLE_FRAMES_FREE]));
	printf("%-40s %12" PRIu64 "\n", "sum", KIB(ledger_sum(l)));
	printf("%-40s %12" PRIu64 "\n", "RAM of the machine", KIB(l->total));
	printf("\n%-40s %12" PRIu64 "\n", "INSIDE DOMAIN-0", meminfo_kib("MemTotal"));
	printf("  %-38s %12" PRIu64 "\n", "available", meminfo_kib("MemAvailable"));
	for (size_t i = 0; i < v->nr_procs; i++) {
		char title[64];

		snprintf(title, sizeof(title), v->proc[i].domid ? "%s (process %d, domain %u)" : "%s (process %d)", v->proc[i].name,
			 (int)v->proc[i].pid, v->proc[i].domid);
		printf("  %-38s %12" PRIu64 "\n", title, v->proc[i].rss_kib);
	}
}

static void domains_json(struct json *j, struct view *v)
{
	json_array(j, "domains");
	for (size_t i = 0; i < v->ledger.nr; i++) {
		const struct ledger_domain *d = &v->ledger.domain[i];
		char *name = names_of(&v->ctx, (uint16_t)d->domid);

		json_object(j, NULL);
		json_uint(j, "id", d->domid);
		json_text(j, "name", name ? name : "?");
		json_uint(j, "pages", d->frames);
		json_uint(j, "page_tables", d->tables);
		json_uint(j, "shared", d->shared);
		json_uint(j, "held", d->held);
		json_uint(j, "grants_in_use", d->grants);
		json_end(j);
		free(name);
	}
	json_end(j);
}

static void dom0_json(struct json *j, struct view *v)
{
	json_object(j, "control_domain");
	json_uint(j, "total_kib", meminfo_kib("MemTotal"));
	json_uint(j, "available_kib", meminfo_kib("MemAvailable"));
	json_array(j, "processes");
	for (size_t i = 0; i < v->nr_procs; i++) {
		json_object(j, NULL);
		json_int(j, "pid", v->proc[i].pid);
		json_text(j, "name", v->proc[i].name);
		if (v->proc[i].domid)
			json_uint(j, "guest", v->proc[i].domid);
		else
			json_text(j, "guest", NULL);
		json_uint(j, "rss_kib", v->proc[i].rss_kib);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void json_print(struct view *v)
{
	const struct ledger *l = &v->ledger;
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_uint(&j, "total", l->total);
	json_uint(&j, "sum", ledger_sum(l));
	json_object(&j, "hypervisor");
	json_uint(&j, "all", ledger_hypervisor(l));
	for (size_t i = 0; i < NR_OWN; i++)
		json_uint(&j, own[i].key, l->kind[own[i].kind]);
	json_end(&j);
	domains_json(&j, v);
	json_uint(&j, "boot", l->kind[SOCLE_FRAMES_BOOT]);
	json_uint(&j, "firmware", l->kind[SOCLE_FRAMES_FIRMWARE]);
	json_uint(&j, "free", l->kind[SOCLE_FRAMES_FREE]);
	dom0_json(&j, v);
	json_end(&j);
}

static int by_name(const void *a, const void *b)
{
	const struct proc *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : (x->pid > y->pid) - (x->pid < y->pid);
}

int cmd_mem(const struct invocation *inv)
{
	struct view v = { .nr_procs = 0 };
	struct socle_error err = { 0 };
	int r = -1;

	v.ctx.hv = socle_hv_open(&err);
	if (v.ctx.hv) {
		v.ctx.store = socle_store_open(NULL); /* it only lends names */
		r = ledger_read(&v.ledger, v.ctx.hv, &err);
	}
	v.proc = r ? NULL : calloc(PROCS_MAX, sizeof(*v.proc));
	if (v.proc) {
		v.nr_procs = procs_list(v.proc, PROCS_MAX);
		v.nr_procs = v.nr_procs < PROCS_MAX ? v.nr_procs : PROCS_MAX;
		qsort(v.proc, v.nr_procs, sizeof(*v.proc), by_name);
	}
	if (!r && flag_given(inv, "json"))
		json_print(&v);
	else if (!r)
		text_print(&v);
	free(v.proc);
	ledger_free(&v.ledger);
	domain_ctx_close(&v.ctx);
	return r ? report("tell whose the memory is", NULL, &err) : EXIT_OK;
}
