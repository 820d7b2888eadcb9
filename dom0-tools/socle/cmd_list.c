/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_list.c
 *
 * socle list and socle domid.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/json.h"
#include "domain/names.h"
#include "domain/roster.h"
#include "socle/cmd.h"

static void row_print_json(const struct roster_row *r, struct json *j)
{
	json_object(j, NULL);
	if (r->domid >= 0)
		json_int(j, "id", r->domid);
	else
		json_text(j, "id", NULL);
	json_text(j, "name", r->name);
	json_text(j, "uuid", *r->uuid ? r->uuid : NULL);
	json_uint(j, "memory_kib", r->kib);
	json_uint(j, "max_memory_kib", r->max_kib);
	json_uint(j, "vcpus", r->vcpus);
	json_text(j, "state", r->state);
	json_real(j, "cpu_seconds", (double)r->cpu_ns / 1e9, 3);
	json_end(j);
}

/* arg is the writer of JSON; NULL for people. */
static int row_print(void *arg, const struct roster_row *r)
{
	struct json *j = arg;
	char id[12] = "-";

	if (j) {
		row_print_json(r, j);
		return 0;
	}
	if (r->domid >= 0)
		snprintf(id, sizeof(id), "%d", r->domid);
	printf("%5s  %-24s %8" PRIu64 "  %5u  %-9s %10.1f\n", id, r->name, r->kib / 1024, r->vcpus, r->state, (double)r->cpu_ns / 1e9);
	return 0;
}

static int list_print(struct domain_ctx *ctx, struct json *j, bool all, struct socle_error *e)
{
	int r;

	if (j)
		json_rows(j, NULL);
	else
		printf("%5s  %-24s %8s  %5s  %-9s %10s\n", "ID", "NAME", "MEM MiB", "VCPUS", "STATE", "CPU s");
	r = roster_each(ctx, all, row_print, j, e);
	if (j)
		json_end(j);
	return r;
}

int cmd_list(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	struct json j;
	int r;

	ctx.hv = socle_hv_open(&err);
	if (!ctx.hv)
		return report("list domains", NULL, &err);
	ctx.store = socle_store_open(&err);
	if (!ctx.store)
		warn_error("names are missing", &err);
	json_begin(&j, stdout);
	r = list_print(&ctx, flag_given(inv, "json") ? &j : NULL, flag_given(inv, "all"), &err);
	domain_ctx_close(&ctx);
	return r ? report("list domains", NULL, &err) : EXIT_OK;
}

int cmd_domid(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	uint16_t domid;
	int r = domain_ctx_open(&ctx, &err) || names_find(&ctx, inv->args[0], &domid, &err);

	domain_ctx_close(&ctx);
	if (r)
		return report("find", inv->args[0], &err);
	number_print(inv, "id", domid);
	return EXIT_OK;
}
