/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/names.c
 *
 * Who is who among the domains; see names.h.  A store entry counts only while the hypervisor knows
 * the domain: what a crashed tool left behind blocks nobody.
 */
#include "domain/names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/diag.h"
#include "libsocle/domain.h"

#define LOCK_PATH  SOCLE_RUN_DIR "/lock"
#define NAMES_MAX  256u /* for a guess at a misspelt name */

int dir_ensure(const char *path, unsigned int mode, struct socle_error *e)
{
	if (mkdir(path, (mode_t)mode) && errno != EEXIST)
		return socle_fail_id(e, errno, "run-dir", "cannot make directory '%s': %s", path,
				  strerror(errno));
	return 0;
}

int names_lock(struct socle_error *e)
{
	int fd;

	if (dir_ensure(SOCLE_RUN_DIR, 0755, e))
		return -1;
	fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return socle_fail_id(e, errno, "run-dir", "cannot open '%s': %s", LOCK_PATH, strerror(errno));
	if (flock(fd, LOCK_EX)) {
		int err = errno;

		close(fd);
		return socle_fail_id(e, err, "run-dir", "cannot lock '%s': %s", LOCK_PATH, strerror(err));
	}
	return fd;
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

struct wanted {
	const struct domain_config *cfg;
	char uuid[37];
	struct socle_error *e;
};

static int visit_conflict(void *arg, uint16_t domid, const char *name, const char *uuid)
{
	const struct wanted *w = arg;

	if (strcmp(name, w->cfg->name) == 0)
		return socle_fail_id(w->e, DOMAIN_E_EXISTS, "name-taken",
				  "a guest of this name is running (domain %u); "
				  "choose another <name>, or end it with 'socle destroy %s'",
				  domid, name);
	if (w->cfg->has_uuid && strcmp(uuid, w->uuid) == 0)
		return socle_fail_id(w->e, DOMAIN_E_EXISTS, "uuid-taken",
				  "its UUID %s is that of '%s' (domain %u); leave "
				  "<uuid> out, or make a new one with uuidgen",
				  uuid, name, domid);
	return 0;
}

int names_check_free(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e)
{
	struct wanted w = { .cfg = cfg, .e = e };

	uuid_unparse_lower(cfg->uuid, w.uuid);
	return names_walk(ctx, visit_conflict, &w, e);
}

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

int names_find(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	struct search s = { .who = who };
	unsigned long id;
	const char *guess;
	int r;

	if (domid_read(who, &id)) {
		r = id < DOMID_FIRST_RESERVED ? socle_domain_info(ctx->hv, (uint16_t)id, &info)
					      : -ESRCH;
		*domid = (uint16_t)id;
		if (r < 0)
			return socle_fail_id(e, -r, "no-such-guest",
					  r == -ESRCH ? "there is no domain %s; see 'socle list'"
						      : "cannot ask about domain %s",
					  who);
		return 0;
	}
	r = names_walk(ctx, visit_search, &s, e);
	*domid = s.domid;
	guess = diag_suggest(who, (const char *const *)s.names);
	if (r == 0)
		r = socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-such-guest", "there is no guest of this name%s%s%s",
			       guess ? "; did you mean '" : "; see 'socle list'",
			       guess ? guess : "", guess ? "'?" : "");
	for (unsigned int i = 0; i < s.count; i++)
		free(s.names[i]);
	return r < 0 ? -1 : 0;
}
