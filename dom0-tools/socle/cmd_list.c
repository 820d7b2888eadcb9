/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_list.c
 *
 * socle list and socle domid.  The hypervisor says which domains there are; the store only lends
 * their names, so the list is right even while the store daemon is down.  Guests that have no domain just now, since they
 * are being started, rebooted or taken away, are known by their reservations.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include <abi/sched.h>

#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/life.h"
#include "domain/names.h"
#include "domain/presence.h"
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

/* A line of the list: a domain, or a guest without one (id -1). */
struct row {
	int id;
	char name[DOMAIN_NAME_MAX + 1], uuid[37];
	const char *state;
	uint64_t kib, max_kib;
	unsigned int vcpus;
	double cpu_seconds;
};

/* All that is held when the list is made. */
struct held {
	struct reserve_line *line;
	bool *shown;
	size_t nr, room;
};

static int held_add(void *arg, const struct reserve_line *l)
{
	struct held *h = arg;

	if (h->nr == h->room) {
		size_t room = h->room ? 2 * h->room : 32;
		struct reserve_line *more = realloc(h->line, room * sizeof(*more));

		if (!more)
			return -1;
		h->line = more;
		h->room = room;
	}
	h->line[h->nr++] = *l;
	return 0;
}

static bool held_read(struct held *h)
{
	*h = (struct held){ .nr = 0 };
	if (reserve_each(SOCLE_NAMES_DIR, held_add, h))
		return false;
	h->shown = calloc(h->nr + 1, sizeof(*h->shown));
	return h->shown != NULL;
}

static void held_free(struct held *h)
{
	free(h->line);
	free(h->shown);
}

/*
 * The reservation of a domain.  Of two domains of one guest the one that is dying is the one before, which the reservation may
 * still name.
 */
static const struct reserve_line *held_find(struct held *h, const struct xen_domctl_getdomaininfo *info, const char *uuid)
{
	for (size_t i = 0; i < h->nr; i++)
		if (strcmp(h->line[i].uuid, uuid) == 0 &&
		    (!(info->flags & XEN_DOMINF_dying) || h->line[i].domid == info->domain)) {
			h->shown[i] = true;
			return &h->line[i];
		}
	return NULL;
}

/* What its tools do with it goes before what the hypervisor says. */
static const char *state_of(const struct reserve_line *l, const struct xen_domctl_getdomaininfo *info)
{
	const char *word = l ? reserve_state_word(l->state) : NULL;

	return word ? word : domain_state_word(info);
}

/* While it is made and taken away, the store has no name for it. */
static void name_fill(struct domain_ctx *ctx, uint16_t domid, const struct reserve_line *l, char out[DOMAIN_NAME_MAX + 1])
{
	char *name = l ? NULL : names_of(ctx, domid);

	snprintf(out, DOMAIN_NAME_MAX + 1, "%s", l ? l->name : name ? name : "?");
	free(name);
}

static void row_print_json(const struct row *r, struct json *j)
{
	json_object(j, NULL);
	if (r->id >= 0)
		json_int(j, "id", r->id);
	else
		json_text(j, "id", NULL);
	json_text(j, "name", r->name);
	json_text(j, "uuid", *r->uuid ? r->uuid : NULL);
	json_uint(j, "memory_kib", r->kib);
	json_uint(j, "max_memory_kib", r->max_kib);
	json_uint(j, "vcpus", r->vcpus);
	json_text(j, "state", r->state);
	json_real(j, "cpu_seconds", r->cpu_seconds, 3);
	json_end(j);
}

/* j is NULL for people. */
static void row_print(const struct row *r, struct json *j)
{
	char id[12] = "-";

	if (j) {
		row_print_json(r, j);
		return;
	}
	if (r->id >= 0)
		snprintf(id, sizeof(id), "%d", r->id);
	printf("%5s  %-24s %8" PRIu64 "  %5u  %-9s %10.1f\n", id, r->name, r->kib / 1024, r->vcpus, r->state, r->cpu_seconds);
}

static int domains_print(struct domain_ctx *ctx, struct held *h, struct json *j, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	int n;

	for (uint16_t next = 0; (n = socle_domain_list(ctx->hv, next, &info, 1)) == 1; next = (uint16_t)(info.domain + 1)) {
		const struct reserve_line *l;
		struct row r = { .id = info.domain, .kib = info.tot_pages * 4, .max_kib = info.max_pages * 4,
				 .vcpus = info.nr_online_vcpus, .cpu_seconds = (double)info.cpu_time / 1e9 };

		uuid_unparse_lower(info.handle, r.uuid);
		l = held_find(h, &info, r.uuid);
		name_fill(ctx, info.domain, l, r.name);
		r.state = state_of(l, &info);
		row_print(&r, j);
	}
	return n < 0 ? socle_refused(e, n, "the hypervisor refused") : 0;
}

/* Those whose reservation said "running" have ended since. */
static void others_print(const struct held *h, struct json *j)
{
	for (size_t i = 0; i < h->nr; i++) {
		const char *word = reserve_state_word(h->line[i].state);
		struct row r = { .id = -1, .state = word ? word : "ending" };

		if (h->shown[i])
			continue;
		strcpy(r.name, h->line[i].name);
		strcpy(r.uuid, h->line[i].uuid);
		row_print(&r, j);
	}
}

struct off {
	struct domain_ctx *ctx;
	struct json *j;
};

static int off_print(void *arg, const char *name)
{
	struct off *o = arg;
	struct row r = { .id = -1, .state = "off", .uuid = "" };
	struct domain_config *cfg;
	uint16_t domid;

	if (presence_look(o->ctx, name, &domid) != PRESENCE_OFF)
		return 0;
	snprintf(r.name, sizeof(r.name), "%s", name);
	cfg = definition_load(name, NULL);
	if (cfg) {
		r.max_kib = cfg->max_kib;
		uuid_unparse_lower(cfg->uuid, r.uuid);
	} else {
		r.state = "broken"; /* its definition was changed by hand, and is none */
	}
	domain_config_free(cfg);
	row_print(&r, o->j);
	return 0;
}

static int list_print(struct domain_ctx *ctx, struct json *j, bool all, struct socle_error *e)
{
	struct off off = { ctx, j };
	struct held h;
	int r;

	if (!held_read(&h)) {
		held_free(&h);
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	}
	if (j)
		json_rows(j, NULL);
	else
		printf("%5s  %-24s %8s  %5s  %-9s %10s\n", "ID", "NAME", "MEM MiB", "VCPUS", "STATE", "CPU s");
	r = domains_print(ctx, &h, j, e);
	if (!r)
		others_print(&h, j);
	if (!r && all)
		definition_each(off_print, &off);
	if (j)
		json_end(j);
	held_free(&h);
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
