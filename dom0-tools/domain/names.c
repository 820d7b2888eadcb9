/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/names.c
 *
 * Who is who among the domains; see names.h.  A reservation or a store entry counts only while the hypervisor knows the domain:
 * what a crashed tool left behind blocks nobody.
 */
#include "domain/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/diag.h"
#include "libsocle/domain.h"

#define NAMES_MAX 256u   /* for a guess at a misspelt name */
#define LEAVE_MS  15000u /* a watcher's last work: the hypervisor may need ten seconds for the guest's memory */
#define BIRTH_MS  20000u /* from one domain of a guest to its next */
#define STEP_MS   20u

int dir_ensure(const char *path, unsigned int mode, struct socle_error *e)
{
	if (mkdir(path, (mode_t)mode) && errno != EEXIST)
		return socle_fail_id(e, errno, "run-dir", "cannot make directory '%s': %s", path,
				  strerror(errno));
	return 0;
}

/* A child of /local/domain/N as text, malloc'ed, or NULL. */
static char *domain_key(struct domain_ctx *ctx, uint16_t domid, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return socle_store_read(ctx->store, 0, path, NULL);
}

char *names_of(struct domain_ctx *ctx, uint16_t domid)
{
	char *name = ctx->store ? domain_key(ctx, domid, "name") : NULL;

	if (name)
		return name;
	if (domid == 0)
		return strdup("Domain-0");
	return asprintf(&name, "domain-%u", domid) < 0 ? NULL : name;
}

/* Call visit() for each domain in store and hypervisor; its non-zero result ends the walk. */
static int names_walk(struct domain_ctx *ctx,
		      int (*visit)(void *arg, uint16_t domid, const char *name, const char *uuid),
		      void *arg, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info = { .domain = 0 };
	int n, r = 0;

	for (uint16_t next = 0; (n = socle_domain_list(ctx->hv, next, &info, 1)) == 1 && !r;
	     next = (uint16_t)(info.domain + 1)) {
		char *name, text[37];

		if (info.flags & XEN_DOMINF_dying)
			continue;
		name = names_of(ctx, info.domain);
		uuid_unparse_lower(info.handle, text);
		r = name ? visit(arg, info.domain, name, text) :
			   socle_fail_id(e, ENOMEM, "dom0-memory", "out of memory in dom0");
		free(name);
	}
	if (n < 0 && !r)
		r = socle_refused(e, n, "the hypervisor refused to list domains");
	return r;
}

/* --- reservations ------------------------------------------------------------------------------ */

/* Does the guest live that a reservation names?  A dying domain has lost its name. */
static bool guest_lives(void *arg, const struct reserve_line *l)
{
	struct domain_ctx *ctx = arg;
	struct xen_domctl_getdomaininfo info;
	char text[37];

	if (!l->domid || !ctx->hv || socle_domain_info(ctx->hv, l->domid, &info) || (info.flags & XEN_DOMINF_dying))
		return false;
	uuid_unparse_lower(info.handle, text);
	return strcmp(text, l->uuid) == 0;
}

struct reserve_place names_place(struct domain_ctx *ctx)
{
	return (struct reserve_place){ .dir = SOCLE_NAMES_DIR, .lives = guest_lives, .arg = ctx };
}

int names_reserve(struct domain_ctx *ctx, const struct domain_config *cfg, struct reserve *r, struct socle_error *e)
{
	struct reserve_place place = names_place(ctx);

	*r = RESERVE_EMPTY;
	if (dir_ensure(SOCLE_RUN_DIR, 0755, e))
		return -1;
	return reserve_take(r, &place, cfg->name, cfg->uuid, LEAVE_MS, e);
}

bool names_reserved(struct domain_ctx *ctx, uint16_t domid, struct reserve_line *l)
{
	struct xen_domctl_getdomaininfo info;
	char text[37];
	bool held;

	if (!ctx->hv || socle_domain_info(ctx->hv, domid, &info))
		return false;
	uuid_unparse_lower(info.handle, text);
	return reserve_look(SOCLE_NAMES_DIR, text, l, &held) == 0 && l->domid == domid;
}

void names_leave_wait(const struct reserve_line *l)
{
	reserve_wait_free(SOCLE_NAMES_DIR, l->uuid, LEAVE_MS);
	reserve_wait_free(SOCLE_NAMES_DIR, l->name, LEAVE_MS);
}

/* 1 found, 0 no such reservation, -1 with the error: it has no domain now, and got none within the time. */
static int reservation_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	struct reserve_line l;
	bool held = false;

	for (unsigned int waited = 0; waited <= BIRTH_MS; waited += STEP_MS) {
		if (reserve_look(SOCLE_NAMES_DIR, who, &l, &held))
			return 0;
		*domid = l.domid;
		if (guest_lives(ctx, &l))
			return 1;
		if (!held || l.state == RESERVE_ENDING)
			return 0;
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return socle_fail_id(e, DOMAIN_E_BUSY, "guest-between", "it is %s, and has no domain yet; try again later",
			  reserve_state_word(l.state) ? reserve_state_word(l.state) : "between two states");
}

/* --- finding ----------------------------------------------------------------------------------- */

struct search {
	const char *who;
	uint16_t domid;
	char *names[NAMES_MAX + 1];
	unsigned int count;
};

static int visit_search(void *arg, uint16_t domid, const char *name, const char *uuid)
{
	struct search *s = arg;

	s->domid = domid;
	if (strcmp(name, s->who) == 0 || strcmp(uuid, s->who) == 0)
		return 1;
	if (s->count < NAMES_MAX && (s->names[s->count] = strdup(name)))
		s->count++;
	return 0;
}

static bool domid_read(const char *who, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)*who))
		return false;
	*out = strtoul(who, &end, 10);
	return !*end;
}

static int id_find(struct domain_ctx *ctx, const char *who, unsigned long id, uint16_t *domid, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	int r = id < DOMID_FIRST_RESERVED ? socle_domain_info(ctx->hv, (uint16_t)id, &info) : -ESRCH;

	*domid = (uint16_t)id;
	if (r < 0)
		return socle_fail_id(e, -r, "no-such-guest", r == -ESRCH ? "there is no domain %s; see 'socle list'" : "cannot ask about domain %s",
				  who);
	return 0;
}

/* One that other tools made has a name in the store only. */
static int walk_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	struct search s = { .who = who };
	int r = names_walk(ctx, visit_search, &s, e);
	char defined[DOMAIN_NAME_MAX + 1];
	const char *guess;

	*domid = s.domid;
	guess = diag_suggest(who, (const char *const *)s.names);
	if (!guess && definition_suggest(who, defined))
		guess = defined;
	if (r == 0 && definition_exists(who))
		r = socle_fail_id(e, DOMAIN_E_NOT_RUNNING, "guest-off", "it does not run; 'socle start %s' starts it", who);
	else if (r == 0)
		r = socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-such-guest", "there is no guest of this name%s%s%s",
			       guess ? "; did you mean '" : "; see 'socle list'",
			       guess ? guess : "", guess ? "'?" : "");
	for (unsigned int i = 0; i < s.count; i++)
		free(s.names[i]);
	return r < 0 ? -1 : 0;
}

int names_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	char text[37];
	unsigned long id;
	uuid_t uuid;
	int r;

	if (domid_read(who, &id))
		return id_find(ctx, who, id, domid, e);
	if (uuid_parse(who, uuid) == 0) {
		uuid_unparse_lower(uuid, text);
		who = text;
	}
	r = reservation_find(ctx, who, domid, e);
	if (r)
		return r < 0 ? -1 : 0;
	return walk_find(ctx, who, domid, e);
}
