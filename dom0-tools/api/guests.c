/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/guests.c
 *
 * Which guests there are, and one of them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/presence.h"
#include "domain/roster.h"
#include "domain/rundir.h"

/* A guest and its strings in one piece. */
struct piece {
	struct socle_guest guest;
	char name[DOMAIN_NAME_MAX + 1], uuid[37];
};

/* What words of the tools mean; that a vCPU waits is not another state of the guest. */
static const struct {
	const char *word;
	enum socle_state state;
} words[] = {
	{ "off", SOCLE_STATE_OFF }, { "starting", SOCLE_STATE_STARTING }, { "running", SOCLE_STATE_RUNNING },
	{ "blocked", SOCLE_STATE_RUNNING }, { "runnable", SOCLE_STATE_RUNNING }, { "paused", SOCLE_STATE_PAUSED },
	{ "shutdown", SOCLE_STATE_ENDED }, { "crashed", SOCLE_STATE_CRASHED }, { "rebooting", SOCLE_STATE_REBOOTING },
	{ "ending", SOCLE_STATE_ENDING }, { "dying", SOCLE_STATE_ENDING }, { "broken", SOCLE_STATE_BROKEN },
};

static enum socle_state state_of(const char *word)
{
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].state;
	return SOCLE_STATE_RUNNING;
}

API const char *socle_state_name(enum socle_state state)
{
	if (state == SOCLE_STATE_ENDED)
		return "ended";
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].state == state)
			return words[i].word;
	return "?";
}

static struct socle_guest *guest_make(const struct roster_row *r)
{
	struct piece *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	strcpy(p->name, r->name);
	strcpy(p->uuid, r->uuid);
	p->guest = (struct socle_guest){ .size = sizeof(p->guest), .domid = r->domid, .state = state_of(r->state), .vcpus = r->vcpus,
					 .name = p->name, .uuid = p->uuid, .memory_kib = r->kib, .max_memory_kib = r->max_kib,
					 .cpu_ns = r->cpu_ns };
	return &p->guest;
}

API void socle_guest_free(struct socle_guest *g)
{
	free(g); /* it is the beginning of its piece */
}

API void socle_guests_free(struct socle_guest **list)
{
	for (struct socle_guest **g = list; g && *g; g++)
		socle_guest_free(*g);
	free(list);
}

/* --- the list ---------------------------------------------------------------------------------- */

struct gather {
	struct socle *s;
	struct socle_guest **list; /* ends with NULL */
	size_t nr, room;
};

static int gather_one(void *arg, const struct roster_row *r)
{
	struct gather *g = arg;

	if (g->nr + 1 >= g->room) {
		size_t room = g->room ? 2 * g->room : 16;
		struct socle_guest **more = realloc(g->list, room * sizeof(*more));

		if (!more)
			return socle_fail(&g->s->error, DOMAIN_E_NO_MEMORY, "out of memory");
		g->list = more;
		g->room = room;
	}
	g->list[g->nr] = guest_make(r);
	if (!g->list[g->nr])
		return socle_fail(&g->s->error, DOMAIN_E_NO_MEMORY, "out of memory");
	g->list[++g->nr] = NULL;
	return 0;
}

API int socle_guests(struct socle *s, unsigned int flags, struct socle_guest ***list)
{
	struct gather g = { .s = s };
	int r;

	api_begin(s);
	*list = NULL;
	if (flags & ~SOCLE_ALL)
		return api_misuse(s, "there is no such flag");
	r = api_connect(s, false) || roster_each(&s->ctx, flags & SOCLE_ALL, gather_one, &g, &s->error);
	if (r) {
		socle_guests_free(g.list);
		return api_end(s, -1);
	}
	*list = g.list;
	return (int)g.nr;
}

/* --- one --------------------------------------------------------------------------------------- */

struct search {
	const char *who;
	long domid; /* -1: it is no number */
	struct socle_guest *found;
};

static bool fits(const struct search *w, const struct roster_row *r)
{
	return w->domid >= 0 ? r->domid == w->domid : strcmp(r->name, w->who) == 0 || strcasecmp(r->uuid, w->who) == 0;
}

static int look_at(void *arg, const struct roster_row *r)
{
	struct search *w = arg;

	if (!fits(w, r))
		return 0;
	w->found = guest_make(r);
	return w->found ? 1 : -1;
}

/* NULL with the error. */
static struct socle_guest *guest_find(struct socle *s, const char *who)
{
	struct search w = { .who = who, .domid = -1 };
	char *end;
	int r;

	if (isdigit((unsigned char)*who) && (w.domid = strtol(who, &end, 10), *end))
		w.domid = -1;
	if (api_connect(s, false))
		return NULL;
	/* Definitions are read only for one that does not run. */
	r = roster_each(&s->ctx, false, look_at, &w, &s->error);
	if (r == 0)
		r = roster_each(&s->ctx, true, look_at, &w, &s->error);
	if (r == 0)
		socle_fail_id(&s->error, DOMAIN_E_NOT_FOUND, "no-such-guest", "there is no guest '%.80s'", who);
	else if (!w.found && !s->error.code)
		socle_fail(&s->error, DOMAIN_E_NO_MEMORY, "out of memory");
	return w.found;
}

API struct socle_guest *socle_guest(struct socle *s, const char *who)
{
	struct socle_guest *g;

	api_begin(s);
	if (!who || !*who) {
		api_misuse(s, "which guest? its name is missing");
		return NULL;
	}
	g = guest_find(s, who);
	if (!g)
		api_end(s, -1);
	return g;
}

API char *socle_description(struct socle *s, const char *who)
{
	struct domain_config *cfg = NULL;
	struct socle_guest *g;
	char *text = NULL;

	api_begin(s);
	if (!who || !*who) {
		api_misuse(s, "which guest? its name is missing");
		return NULL;
	}
	g = guest_find(s, who);
	if (g && g->domid == 0)
		socle_fail_id(&s->error, EPERM, "control-domain", "it is the control domain, which has no description");
	else if (g)
		cfg = g->domid > 0 ? watch_description((uint16_t)g->domid, &s->error) : definition_load(g->name, &s->error);
	socle_guest_free(g);
	if (cfg && !(text = strdup(cfg->text)))
		socle_fail(&s->error, DOMAIN_E_NO_MEMORY, "out of memory");
	domain_config_free(cfg);
	if (!text)
		api_end(s, -1);
	return text;
}

API int socle_wait(struct socle *s, const char *who, enum socle_state state, unsigned int seconds)
{
	char key[DOMAIN_NAME_MAX + 1];
	enum presence want = state == SOCLE_STATE_RUNNING ? PRESENCE_RUNNING : state == SOCLE_STATE_REBOOTING ? PRESENCE_REBOOTING : PRESENCE_OFF;

	api_begin(s);
	if (!who || !*who)
		return api_misuse(s, "which guest? its name is missing");
	if (state != SOCLE_STATE_OFF && want == PRESENCE_OFF)
		return api_misuse(s, "a guest is waited for until it is off, running or rebooting");
	return api_end(s, api_connect(s, true) || presence_key(&s->ctx, who, key, &s->error) ||
			  presence_wait(&s->ctx, key, want, 0, seconds, &s->error));
}
