/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_autostart.c
 *
 * socle autostart: which guests start with the host, and to start them; and socle shutdown --all, which ends all guests in the
 * opposite order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/autostart.h"
#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/json.h"
#include "domain/names.h"
#include "domain/presence.h"
#include "libsocle/domain.h"
#include "socle/cmd_power.h"
#include "socle/crew.h"
#include "socle/description.h"
#include "socle/progress.h"

/* --- which, and how ---------------------------------------------------------------------------- */

/* "A,B,C" */
static int after_read(const struct invocation *inv, const char *list, struct start_item *s)
{
	s->nr_after = 0;
	while (*list) {
		size_t len = strcspn(list, ",");

		if (!len || len > DOMAIN_NAME_MAX || s->nr_after == START_AFTER_MAX)
			return usage_error(inv->cmd, "'--after' takes 1 to %u names with commas between", START_AFTER_MAX);
		memcpy(s->after[s->nr_after], list, len);
		s->after[s->nr_after++][len] = '\0';
		list += len + (list[len] == ',' && list[len + 1]);
	}
	return EXIT_OK;
}

static int change(const struct start_item *s, bool off, struct socle_error *e)
{
	int lock = definition_lock(e), r = -1;

	if (lock < 0)
		return -1;
	if (off && !definition_exists(s->name))
		definition_missing(s->name, e);
	else
		r = off ? autostart_drop(s->name, e) : autostart_put(s, e);
	close(lock);
	return r;
}

static int change_command(const struct invocation *inv)
{
	struct start_item s = { .order = 0 };
	struct socle_error err = { 0 };
	const char *after = flag_value(inv, "after");
	bool off = flag_given(inv, "off");
	int r = flag_number(inv, "order", "", 0, START_ORDER_MAX, &s.order);

	if (r || (after && (r = after_read(inv, after, &s))))
		return r;
	if (off && (after || flag_given(inv, "order")))
		return usage_error(inv->cmd, "'--off' goes alone");
	snprintf(s.name, sizeof(s.name), "%s", inv->args[0]);
	if (strlen(inv->args[0]) > DOMAIN_NAME_MAX)
		return usage_error(inv->cmd, "'%.80s' is not a guest's name", inv->args[0]);
	return change(&s, off, &err) ? report("let start with the host", inv->args[0], &err) : EXIT_OK;
}

static void list_json(const struct start_item *item, size_t nr)
{
	struct json j;

	json_begin(&j, stdout);
	json_rows(&j, NULL);
	for (size_t i = 0; i < nr; i++) {
		json_object(&j, NULL);
		json_text(&j, "name", item[i].name);
		json_uint(&j, "order", item[i].order);
		json_array(&j, "after");
		for (unsigned int k = 0; k < item[i].nr_after; k++)
			json_text(&j, NULL, item[i].after[k]);
		json_end(&j);
		json_end(&j);
	}
	json_end(&j);
}

static int list_print(bool json)
{
	struct socle_error err = { 0 };
	struct start_item *item;
	size_t nr;

	if (autostart_load(&item, &nr, &err))
		return report("list what starts with the host", NULL, &err);
	if (json) {
		list_json(item, nr);
		free(item);
		return EXIT_OK;
	}
	printf("%5s  %-24s %s\n", "ORDER", "NAME", "AFTER");
	for (size_t i = 0; i < nr; i++) {
		printf("%5u  %-24s ", item[i].order, item[i].name);
		for (unsigned int k = 0; k < item[i].nr_after; k++)
			printf("%s%s", k ? "," : "", item[i].after[k]);
		putchar('\n');
	}
	free(item);
	return EXIT_OK;
}

/* --- doing it ---------------------------------------------------------------------------------- */

struct job {
	const struct invocation *inv;
	struct start_item *item;
	unsigned int seconds;
};

static int start_job(void *arg)
{
	const struct job *j = arg;
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	struct domain_config *cfg = definition_load(j->item->name, &err);
	uint16_t domid;
	int r = cfg ? guest_launch(&ctx, cfg, j->inv->argv0, &domid, &err) : -1;

	domain_ctx_close(&ctx);
	domain_config_free(cfg);
	return r ? report("start", j->item->name, &err) : EXIT_OK;
}

static int stop_job(void *arg)
{
	const struct job *j = arg;

	return power_shutdown_wait(j->item->name, j->seconds, false);
}

/* Each in its turn, those that may go side by side side by side.  What they say goes over the line that shows how far it is. */
static int plan_run(const char *title, struct start_item *item, size_t nr, int (*next)(struct start_item *, size_t),
		    int (*fn)(void *arg), struct job *job)
{
	struct crew crew = { .busy = 0 };
	struct work work = { .step = NULL };
	struct progress progress;
	int tag, code;

	work_step(&work, NULL, WORK_GUESTS, nr);
	progress_begin(&progress, title, &work);

	for (;;) {
		int i = stop_asked || crew_is_full(&crew) ? -1 : next(item, nr);

		if (i >= 0) {
			job->item = &item[i];
			if (crew_start(&crew, i, fn, job))
				item[i].state = START_FAILED;
		} else if (crew_wait(&crew, &tag, &code)) {
			item[tag].state = code == EXIT_OK ? START_DONE : START_FAILED;
			work_done(&work, crew.done + crew.failed);
		} else {
			break;
		}
	}
	progress_end(&progress);
	for (size_t i = 0; i < nr; i++)
		if (item[i].state == START_LEFT) {
			warn_id("left-off", "'%s' is left off: '%s', after which it starts, did not", item[i].name, item[i].missing);
			crew.failed++;
			crew.code = crew.code ? crew.code : EXIT_FAILED;
		}
	return stop_asked ? EXIT_INTERRUPTED : crew_result(&crew);
}

/* Those that run already are there; whoever is about to go may be started by a later run. */
static void running_mark(struct start_item *item, size_t nr)
{
	struct domain_ctx ctx = { .hv = socle_hv_open(NULL) };
	uint16_t domid;

	for (size_t i = 0; i < nr; i++)
		if (presence_look(&ctx, item[i].name, &domid) == PRESENCE_RUNNING)
			item[i].state = START_DONE;
	domain_ctx_close(&ctx);
}

static int start_all(const struct invocation *inv)
{
	struct job job = { .inv = inv };
	struct socle_error err = { 0 };
	struct start_item *item;
	size_t nr;
	int r;

	if (autostart_load(&item, &nr, &err))
		return report("start what starts with the host", NULL, &err);
	stop_catch();
	running_mark(item, nr);
	r = plan_run("start with the host", item, nr, startplan_next, start_job, &job);
	free(item);
	return r;
}

int cmd_autostart(const struct invocation *inv)
{
	bool changes = flag_given(inv, "order") || flag_given(inv, "after") || flag_given(inv, "off");

	if (flag_given(inv, "json") && (changes || inv->nr_args || flag_given(inv, "run")))
		return usage_error(inv->cmd, "'--json' shows, it does not go with a change");
	if (flag_given(inv, "run"))
		return inv->nr_args || changes ? usage_error(inv->cmd, "'--run' goes alone") : start_all(inv);
	if (inv->nr_args)
		return change_command(inv);
	return changes ? usage_error(inv->cmd, "which guest? its NAME is missing") : list_print(flag_given(inv, "json"));
}

/* --- shutdown --all ---------------------------------------------------------------------------- */

/* All guests that run, with what stands about those that start with the host; malloc'ed. */
static int running_load(struct start_item **out, size_t *nr, struct socle_error *e)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct xen_domctl_getdomaininfo info;
	struct start_item *planned = NULL, *item = NULL;
	size_t nr_planned = 0;
	int r = domain_ctx_open(&ctx, e) || autostart_load(&planned, &nr_planned, e) ? -1 : 0;

	*nr = 0;
	for (uint16_t next = 1; !r && socle_domain_list(ctx.hv, next, &info, 1) == 1; next = (uint16_t)(info.domain + 1)) {
		struct start_item *more = realloc(item, (*nr + 1) * sizeof(*item));
		char *name = more ? names_of(&ctx, info.domain) : NULL;

		if (more)
			item = more;
		if (!name) {
			r = socle_fail(e, DOMAIN_E_NO_MEMORY, "out of memory");
			break;
		}
		item[*nr] = (struct start_item){ .order = START_ORDER_MAX };
		for (size_t i = 0; i < nr_planned; i++)
			if (strcmp(planned[i].name, name) == 0)
				item[*nr] = planned[i];
		snprintf(item[*nr].name, sizeof(item[*nr].name), "%s", name);
		free(name);
		*nr += !(info.flags & XEN_DOMINF_dying);
	}
	free(planned);
	domain_ctx_close(&ctx);
	*out = item;
	return r;
}

int shutdown_all(const struct invocation *inv, unsigned int seconds)
{
	struct job job = { .inv = inv, .seconds = seconds };
	struct socle_error err = { 0 };
	struct start_item *item = NULL;
	size_t nr;
	int r;

	stop_catch();
	if (running_load(&item, &nr, &err)) {
		free(item);
		return report("shut down all guests", NULL, &err);
	}
	if (nr)
		startplan_sort(item, nr);
	r = plan_run("shut down all", item, nr, stopplan_next, stop_job, &job);
	free(item);
	return r;
}
