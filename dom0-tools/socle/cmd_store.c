/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_store.c
 *
 * socle store: what the store daemon says of itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "domain/json.h"
#include "domain/names.h"
#include "libsocle/store.h"
#include "socle/cmd.h"

/* In the order of the daemon's lines, see docs/stored.md. */
enum { NODES, WATCHES, TXNS, COUNTED };
static const char *const counted[COUNTED] = { "nodes", "watches", "transactions" };

struct use {
	unsigned int domid;
	unsigned int used[COUNTED];
	unsigned int events; /* not taken */
};

struct table {
	struct domain_ctx ctx;
	unsigned int limit[COUNTED];
	bool one;
	uint16_t domid; /* of that one */
	unsigned int shown;
	struct json json;
	bool as_json;
};

static char *ask(struct table *t, const char *a, const char *b, struct socle_error *e)
{
	const char *words[3] = { "quota", a, b };
	char *text = socle_store_control(t->ctx.store, words, b ? 3 : a ? 2 : 1);

	if (!text)
		socle_fail_id(e, errno, "store-refused", "the store daemon does not tell its quotas: %s", strerror(errno));
	return text;
}

/* Lines "name limit"; some of them limit one item and are not counted. */
static int limits_read(struct table *t, struct socle_error *e)
{
	char *text = ask(t, NULL, NULL, e), *line, *rest = text;

	if (!text)
		return -1;
	while ((line = strsep(&rest, "\n")))
		for (unsigned int i = 0; i < COUNTED; i++)
			if (strncmp(line, counted[i], strlen(counted[i])) == 0 && line[strlen(counted[i])] == ' ')
				t->limit[i] = (unsigned int)strtoul(line + strlen(counted[i]), NULL, 10);
	free(text);
	return 0;
}

static void json_print(struct table *t, const struct use *u, const char *name)
{
	json_object(&t->json, NULL);
	json_text(&t->json, "domain", name);
	json_uint(&t->json, "domid", u->domid);
	for (unsigned int i = 0; i < COUNTED; i++) {
		json_object(&t->json, counted[i]);
		json_uint(&t->json, "used", u->used[i]);
		/* Domain 0 has no limits. */
		if (u->domid)
			json_uint(&t->json, "limit", t->limit[i]);
		json_end(&t->json);
	}
	json_uint(&t->json, "events_waiting", u->events);
	json_end(&t->json);
}

static void line_print(struct table *t, const struct use *u, const char *name)
{
	char text[COUNTED][32];

	for (unsigned int i = 0; i < COUNTED; i++)
		snprintf(text[i], sizeof(text[i]), u->domid ? "%u/%u" : "%u", u->used[i], t->limit[i]);
	if (!t->shown)
		printf("%5s %-20s %12s %12s %14s %15s\n", "ID", "NAME", "NODES", "WATCHES", "TRANSACTIONS", "EVENTS WAITING");
	printf("%5u %-20s %12s %12s %14s %15u\n", u->domid, name, text[NODES], text[WATCHES], text[TXNS], u->events);
}

static void use_show(struct table *t, const struct use *u)
{
	char *name = u->domid ? names_of(&t->ctx, (uint16_t)u->domid) : strdup("Domain-0");

	if (t->as_json)
		json_print(t, u, name ? name : "");
	else
		line_print(t, u, name ? name : "");
	t->shown++;
	free(name);
}

/* The lines of one answer; *next: where the following one begins. How many there were. */
static unsigned int lines_show(struct table *t, char *text, unsigned int *next)
{
	unsigned int n = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct use u;

		if (sscanf(line, "%u %u %u %u %u", &u.domid, &u.used[NODES], &u.used[WATCHES], &u.used[TXNS], &u.events) != 5)
			continue;
		n++;
		*next = u.domid + 1;
		if (!t->one || u.domid == t->domid)
			use_show(t, &u);
	}
	return n;
}

static int uses_show(struct table *t, struct socle_error *e)
{
	unsigned int next = t->one ? t->domid : 0, n = 1;
	char from[16], *text;

	while (n && !(t->one && t->shown)) {
		snprintf(from, sizeof(from), "%u", next);
		text = ask(t, "use", from, e);
		if (!text)
			return -1;
		n = lines_show(t, text, &next);
		free(text);
		if (t->one && next > t->domid)
			break;
	}
	return 0;
}

int cmd_store_quota(const struct invocation *inv)
{
	struct table t = { .one = inv->nr_args > 0, .as_json = flag_given(inv, "json") };
	struct socle_error err = { 0 };
	int r = domain_ctx_open(&t.ctx, &err);

	if (r == 0 && t.one)
		r = names_find(&t.ctx, inv->args[0], &t.domid, &err);
	if (r == 0)
		r = limits_read(&t, &err);
	if (r == 0 && t.as_json) {
		json_begin(&t.json, stdout);
		json_rows(&t.json, NULL);
	}
	if (r == 0) {
		r = uses_show(&t, &err);
		if (t.as_json)
			json_end(&t.json);
	}
	domain_ctx_close(&t.ctx);
	return r ? report("show the use of the store by", t.one ? inv->args[0] : "all guests", &err) : EXIT_OK;
}

int cmd_store_check(const struct invocation *inv)
{
	static const char *const word = "check";
	struct socle_error err = { 0 };
	struct socle_store *st = socle_store_open(&err);
	char *text = st ? socle_store_control(st, &word, 1) : NULL;
	bool good = text && strstr(text, ", consistent");

	(void)inv;
	if (st && !text)
		socle_fail_id(&err, errno, "store-refused", "the store daemon does not answer: %s", strerror(errno));
	if (text)
		fputs(text, stdout);
	free(text);
	socle_store_close(st);
	if (err.code)
		return report("check", "the store", &err);
	return good ? EXIT_OK : EXIT_FAILED;
}
