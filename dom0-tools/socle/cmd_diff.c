/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_diff.c
 *
 * socle diff and socle apply: what a description would change in a guest, and changing it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/json.h"
#include "domain/live.h"
#include "socle/cmd.h"
#include "socle/description.h"

#define DETACH_MS 30000u

struct difference {
	struct domain_ctx ctx;
	struct domain_config *now, *to; /* as it is; as it shall be, in the words of the former */
	uint16_t domid;                 /* 0: it is off */
	unsigned int nr;
	struct change *change;
};

static void difference_free(struct difference *d)
{
	free(d->change);
	domain_config_free(d->now);
	domain_config_free(d->to);
	domain_ctx_close(&d->ctx);
}

static int difference_make(struct difference *d, const char *name, struct socle_error *e)
{
	d->ctx.stop = &stop_asked;
	d->ctx.hv = socle_hv_open(NULL); /* without a hypervisor, all guests are off */
	d->ctx.store = d->ctx.hv ? socle_store_open(e) : NULL;
	if (d->ctx.hv && !d->ctx.store)
		return -1;
	d->now = live_description(&d->ctx, name, &d->domid, e);
	if (!d->now || (d->domid && live_settle(d->to, d->now, e)))
		return -1;
	d->change = calloc(CHANGES_MAX, sizeof(*d->change));
	if (!d->change)
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory");
	d->nr = change_list(d->now, d->to, d->change);
	/* What is off changes when it starts. */
	for (unsigned int i = 0; i < d->nr && !d->domid; i++)
		if (d->change[i].kind == CHANGE_LIVE) {
			d->change[i].kind = CHANGE_RESTART;
			d->change[i].why = "the guest is off";
		}
	return 0;
}

static void print(const struct difference *d)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct change *c = &d->change[i];

		printf("%-8s %-20s %s -> %s%s%s%s\n", change_kind_word(c->kind), c->what, c->from, c->to, c->why ? " (" : "",
		       c->why ? c->why : "", c->why ? ")" : "");
	}
}

static void print_json(const struct difference *d)
{
	struct json j;

	json_begin(&j, stdout);
	json_rows(&j, NULL);
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct change *c = &d->change[i];

		json_object(&j, NULL);
		json_text(&j, "kind", change_kind_word(c->kind));
		json_text(&j, "what", c->what);
		json_text(&j, "from", c->from);
		json_text(&j, "to", c->to);
		json_text(&j, "why", c->why);
		json_end(&j);
	}
	json_end(&j);
}

int cmd_diff(const struct invocation *inv)
{
	struct difference d = { .to = description_read(inv->args[1]) };
	struct socle_error err = { 0 };
	int r;

	if (!d.to)
		return description_report("compare with", inv->args[1]);
	r = difference_make(&d, inv->args[0], &err);
	if (r)
		r = report("compare", inv->args[0], &err);
	else if (flag_given(inv, "json"))
		print_json(&d);
	else
		print(&d);
	difference_free(&d);
	return r;
}

/* --- apply ------------------------------------------------------------------------------------- */

static int refused_check(const struct difference *d, struct socle_error *e)
{
	for (unsigned int i = 0; i < d->nr; i++)
		if (d->change[i].kind == CHANGE_REFUSED)
			return socle_fail_id(e, DOMAIN_E_CONFIG, "change-refused", "%s cannot be changed: %s", d->change[i].what,
					     d->change[i].why);
	return 0;
}

/* Devices go before others come: they may use the same file. */
static int live_apply(struct difference *d, unsigned int *done, struct socle_error *e)
{
	for (unsigned int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < d->nr; i++) {
			const struct change *c = &d->change[i];
			bool comes = c->act == CHANGE_BY_DISK_ATTACH || c->act == CHANGE_BY_CARD_ATTACH;

			if (c->kind != CHANGE_LIVE || comes != (pass == 1))
				continue;
			if (live_change(&d->ctx, d->domid, d->now, d->to, c, DETACH_MS, e))
				return socle_wrap(e, "%s", c->what);
			++*done;
		}
	return 0;
}

/* The text as it was written, not as it was resolved. */
static int definition_apply(const struct difference *d, const struct domain_config *to, struct socle_error *e)
{
	bool lost = false;

	if (definition_exists(d->now->name)) {
		int lock = definition_lock(e), r = lock < 0 ? -1 : definition_put(to, d->now->uuid, e);

		if (lock >= 0)
			close(lock);
		return r;
	}
	for (unsigned int i = 0; i < d->nr; i++)
		lost |= d->change[i].kind == CHANGE_RESTART;
	if (lost)
		warn_id("no-definition", "'%s' is not defined: what is of its next start is forgotten; 'socle define' keeps it",
			d->now->name);
	return 0;
}

int cmd_apply(const struct invocation *inv)
{
	struct domain_config *as_written = description_read(inv->args[1]);
	struct difference d = { .to = as_written ? domain_config_load(inv->args[1], &(struct diag_list){ 0 }) : NULL };
	struct socle_error err = { 0 };
	unsigned int done = 0;
	int r;

	if (!as_written || !d.to) {
		domain_config_free(as_written);
		return description_report("apply", inv->args[1]);
	}
	stop_catch();
	r = difference_make(&d, inv->args[0], &err) || refused_check(&d, &err) || (d.domid && live_apply(&d, &done, &err)) ||
	    definition_apply(&d, as_written, &err);
	if (r && done)
		partly_done(&err, "some changes are made; 'socle diff' shows what is left");
	if (r)
		r = report("apply changes to", inv->args[0], &err);
	else
		print(&d);
	difference_free(&d);
	domain_config_free(as_written);
	return r;
}
