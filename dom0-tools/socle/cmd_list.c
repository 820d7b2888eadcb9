/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_list.c
 *
 * socle list and socle domid.  The hypervisor says which domains there are; the store only lends
 * their names, so the list is right even while the store daemon is down.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <uuid/uuid.h>

#include <abi/sched.h>

#include "domain/life.h"
#include "domain/names.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"
#include "socle/json.h"

const char *domain_state_word(const struct xen_domctl_getdomaininfo *info)
{
	uint32_t code = info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	if (info->flags & XEN_DOMINF_dying)
		return "dying";
	if (info->flags & XEN_DOMINF_shutdown)
		return code == SHUTDOWN_crash ? "crashed" : "shutdown";
	if (info->flags & XEN_DOMINF_paused)
		return "paused";
	if (info->flags & XEN_DOMINF_running)
		return "running";
	return info->flags & XEN_DOMINF_blocked ? "blocked" : "runnable";
}

static void print_text(const struct xen_domctl_getdomaininfo *i, const char *name)
{
	printf("%5u  %-24s %8" PRIu64 "  %5u  %-8s %10.1f\n", i->domain, name, i->tot_pages / 256,
	       i->nr_online_vcpus, domain_state_word(i), (double)i->cpu_time / 1e9);
}

static void print_json(struct json *j, const struct xen_domctl_getdomaininfo *i, const char *name)
{
	char uuid[37];

	uuid_unparse_lower(i->handle, uuid);
	json_object(j, NULL);
	json_uint(j, "id", i->domain);
	json_text(j, "name", name);
	json_text(j, "uuid", uuid);
	json_uint(j, "memory_kib", i->tot_pages * 4);
	json_uint(j, "max_memory_kib", i->max_pages * 4);
	json_uint(j, "vcpus", i->nr_online_vcpus);
	json_text(j, "state", domain_state_word(i));
	json_real(j, "cpu_seconds", (double)i->cpu_time / 1e9, 3);
	json_end(j);
}

int cmd_list(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct xen_domctl_getdomaininfo info;
	struct socle_error err = { 0 };
	bool json = flag_given(inv, "json");
	struct json j;
	int n;

	ctx.hv = socle_hv_open(&err);
	if (!ctx.hv)
		return report("list domains", NULL, &err);
	ctx.store = socle_store_open(&err);
	if (!ctx.store)
		warn_error("names are missing", &err);
	json_begin(&j, stdout);
	if (json)
		json_rows(&j, NULL);
	else
		printf("%5s  %-24s %8s  %5s  %-8s %10s\n", "ID", "NAME", "MEM MiB", "VCPUS",
		       "STATE", "CPU s");
	for (uint16_t next = 0; (n = socle_domain_list(ctx.hv, next, &info, 1)) == 1;
	     next = (uint16_t)(info.domain + 1)) {
		char *name = names_of(&ctx, info.domain);

		if (json)
			print_json(&j, &info, name ? name : "?");
		else
			print_text(&info, name ? name : "?");
		free(name);
	}
	if (json)
		json_end(&j);
	domain_ctx_close(&ctx);
	if (n < 0) {
		socle_refused(&err, n, "the hypervisor refused");
		return report("list domains", NULL, &err);
	}
	return EXIT_OK;
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
