/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_plan.c
 *
 * socle plan: all that creating a guest checks, and what it would cost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <uuid/uuid.h>

#include "domain/json.h"
#include "domain/plan.h"
#include "socle/cmd.h"
#include "socle/description.h"

static void text_print(const struct domain_config *cfg, const char *uuid, const struct plan *p)
{
	uint64_t need = p->start + p->overhead;

	printf("guest      %s (%s)\n", cfg->name, uuid);
	printf("memory     %" PRIu64 " KiB of %" PRIu64 " KiB free: %" PRIu64 " KiB for the guest (at most %" PRIu64 " KiB later), up to %"
	       PRIu64 " KiB for its tables in the hypervisor\n", need, p->free, p->start, p->max, p->overhead);
	printf("  of it    kernel %" PRIu64 " KiB, initrd %" PRIu64 " KiB, list of frames %" PRIu64 " KiB, page tables %" PRIu64 " KiB, left %"
	       PRIu64 " KiB\n", p->kernel, p->initrd, p->p2m, p->tables, p->start - p->kernel - p->initrd - p->p2m - p->tables);
	printf("vCPUs      %u\n", cfg->vcpus);
	printf("dom0       up to %u event channels, %u pages for rings, %u store nodes, %u processes\n", p->ports, p->grants, p->nodes,
	       p->processes);
	for (unsigned int i = 0; i < p->nr_files; i++) {
		printf("file       %s (%s, %s", p->file[i].path, p->file[i].what, p->file[i].writes ? "written" : "read");
		if (p->file[i].has_size)
			printf(", %" PRIu64 " bytes", p->file[i].bytes);
		printf(")\n");
	}
	for (unsigned int i = 0; i < p->nr_bridges; i++)
		printf("bridge     %s (%u cards%s)\n", p->bridge[i].name, p->bridge[i].cards, p->bridge[i].exists ? "" : ", made for it");
}

static void memory_json(struct json *j, const struct plan *p)
{
	json_object(j, "memory_kib");
	json_uint(j, "guest", p->start);
	json_uint(j, "max", p->max);
	json_uint(j, "overhead", p->overhead);
	json_uint(j, "free", p->free);
	json_uint(j, "kernel", p->kernel);
	json_uint(j, "initrd", p->initrd);
	json_uint(j, "frame_list", p->p2m);
	json_uint(j, "page_tables", p->tables);
	json_end(j);
}

static void files_json(struct json *j, const struct plan *p)
{
	json_array(j, "files");
	for (unsigned int i = 0; i < p->nr_files; i++) {
		json_object(j, NULL);
		json_text(j, "what", p->file[i].what);
		json_text(j, "path", p->file[i].path);
		json_bool(j, "writes", p->file[i].writes);
		if (p->file[i].has_size)
			json_uint(j, "bytes", p->file[i].bytes);
		json_end(j);
	}
	json_end(j);
	json_array(j, "bridges");
	for (unsigned int i = 0; i < p->nr_bridges; i++) {
		json_object(j, NULL);
		json_text(j, "name", p->bridge[i].name);
		json_bool(j, "exists", p->bridge[i].exists);
		json_uint(j, "cards", p->bridge[i].cards);
		json_end(j);
	}
	json_end(j);
}

static void json_print(const struct domain_config *cfg, const char *uuid, const struct plan *p)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text(&j, "name", cfg->name);
	json_text(&j, "uuid", uuid);
	json_uint(&j, "vcpus", cfg->vcpus);
	memory_json(&j, p);
	json_uint(&j, "event_channels", p->ports);
	json_uint(&j, "ring_pages", p->grants);
	json_uint(&j, "store_nodes", p->nodes);
	json_uint(&j, "processes", p->processes);
	files_json(&j, p);
	json_end(&j);
}

int cmd_plan(const struct invocation *inv)
{
	struct domain_config *cfg = description_read(inv->args[0]);
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	struct plan plan;
	char uuid[37];
	int r;

	if (!cfg)
		return description_report("plan a guest from", inv->args[0]);
	stop_catch();
	r = domain_plan(&ctx, cfg, &plan, &err);
	domain_ctx_close(&ctx);
	uuid_unparse_lower(cfg->uuid, uuid);
	if (r)
		r = report("plan", cfg->name, &err);
	else if (flag_given(inv, "json"))
		json_print(cfg, uuid, &plan);
	else
		text_print(cfg, uuid, &plan);
	domain_config_free(cfg);
	return r;
}
