/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/roster.c
 *
 * See roster.h.  The hypervisor says which domains there are; the store only lends their names, so the list is right even while the
 * store daemon is down.  Guests that have no domain just now, since they are being started, rebooted or taken away, are known by
 * their reservations.
 */
#include "domain/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include <abi/sched.h>

#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/names.h"
#include "domain/presence.h"
#include "libsocle/domain.h"

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

/* Whom to tell. */
struct teller {
	struct domain_ctx *ctx;
	int (*fn)(void *arg, const struct roster_row *r);
	void *arg;
};

static int domains_tell(const struct teller *t, struct held *h, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	int n = 0, r = 0;

	for (uint16_t next = 0; !r && (n = socle_domain_list(t->ctx->hv, next, &info, 1)) == 1; next = (uint16_t)(info.domain + 1)) {
		const struct reserve_line *l;
		struct roster_row row = { .domid = info.domain, .kib = info.tot_pages * 4, .max_kib = info.max_pages * 4,
					  .vcpus = info.nr_online_vcpus, .cpu_ns = info.cpu_time };

		uuid_unparse_lower(info.handle, row.uuid);
		l = held_find(h, &info, row.uuid);
		name_fill(t->ctx, info.domain, l, row.name);
		row.state = state_of(l, &info);
		r = t->fn(t->arg, &row);
	}
	return r ? r : n < 0 ? socle_refused(e, n, "the hypervisor refused") : 0;
}

/* Those whose reservation said "running" have ended since. */
static int others_tell(const struct teller *t, const struct held *h)
{
	int r = 0;

	for (size_t i = 0; !r && i < h->nr; i++) {
		const char *word = reserve_state_word(h->line[i].state);
		struct roster_row row = { .domid = -1, .state = word ? word : "ending" };

		if (h->shown[i])
			continue;
		strcpy(row.name, h->line[i].name);
		strcpy(row.uuid, h->line[i].uuid);
		r = t->fn(t->arg, &row);
	}
	return r;
}

static int off_tell(void *arg, const char *name)
{
	const struct teller *t = arg;
	struct roster_row row = { .domid = -1, .state = "off", .uuid = "" };
	struct domain_config *cfg;
	uint16_t domid;

	if (presence_look(t->ctx, name, &domid) != PRESENCE_OFF)
		return 0;
	snprintf(row.name, sizeof(row.name), "%s", name);
	cfg = definition_load(name, NULL);
	if (cfg) {
		row.max_kib = cfg->max_kib;
		uuid_unparse_lower(cfg->uuid, row.uuid);
	} else {
		row.state = "broken"; /* its definition was changed by hand, and is none */
	}
	domain_config_free(cfg);
	return t->fn(t->arg, &row);
}

int roster_each(struct domain_ctx *ctx, bool all, int (*fn)(void *arg, const struct roster_row *r), void *arg, struct socle_error *e)
{
	struct teller t = { ctx, fn, arg };
	struct held h;
	int r;

	if (!held_read(&h)) {
		held_free(&h);
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	}
	r = domains_tell(&t, &h, e);
	if (!r)
		r = others_tell(&t, &h);
	if (!r && all)
		r = definition_each(off_tell, &t, e);
	held_free(&h);
	return r;
}
