/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_device.c
 *
 * See cmd_device.h; and socle supervise, which gives a guest a supervisor again.
 */
#include "socle/cmd_device.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/limits.h"
#include "domain/codes.h"
#include "domain/diag.h"
#include "domain/names.h"
#include "domain/watch.h"
#include "socle/progress.h"

int device_guest_open(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	*domid = 0;
	if (domain_ctx_open(ctx, e) || (who && names_find(ctx, who, domid, e)))
		return -1;
	if (who && *domid == 0)
		return socle_fail_id(e, EPERM, "control-domain", "it is the control domain, which has the real devices");
	return 0;
}

struct domain_config *device_file_load(const char *file)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	struct domain_config *cfg;

	if (!diags)
		return NULL;
	cfg = domain_device_load(file, diags);
	diag_print(diags, file, stderr);
	diag_clear(diags);
	free(diags);
	return cfg;
}

/* --- values ------------------------------------------------------------------------------------ */

bool size_parse(const char *text, uint64_t *out)
{
	static const char units[] = "kMGT";
	unsigned long long n;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return false;
	for (const char *u = units; unit && u <= unit; u++) {
		if (n > UINT64_MAX / 1024)
			return false;
		n *= 1024;
	}
	*out = n;
	return true;
}

static bool bucket_parse(const char *text, struct ctl_bucket *b)
{
	char copy[64], *colon;

	*b = (struct ctl_bucket){ 0 };
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	colon = strchr(copy, ':');
	if (colon)
		*colon = '\0';
	return size_parse(copy, &b->rate) && b->rate <= LIMIT_RATE_MAX &&
	       (!colon || (b->rate && size_parse(colon + 1, &b->burst) && b->burst <= LIMIT_RATE_MAX));
}

/* What was given of the limits, as bits; EXIT_OK, or EXIT_USAGE. */
static int limits_given(const struct invocation *inv, const struct device_words *w, struct ctl_bucket limit[CTL_LIMIT_COUNT],
			unsigned int *mask)
{
	*mask = 0;
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT && w->limit_name(i); i++) {
		const char *text = flag_value(inv, w->limit_name(i));

		if (!text)
			continue;
		if (!bucket_parse(text, &limit[i]))
			return usage_error(inv->cmd, "'--%s' takes RATE or RATE:BURST, such as 10M or 500:2000, 0 for none; not '%.40s'",
					   w->limit_name(i), text);
		*mask |= 1u << i;
	}
	if (!*mask)
		return usage_error(inv->cmd, "'%s' needs a limit, such as '--%s=10M'", inv->cmd->name, w->limit_example);
	return EXIT_OK;
}

void limits_json(struct json *j, const struct ctl_bucket limit[CTL_LIMIT_COUNT], const char *(*name)(unsigned int i))
{
	json_object(j, "limits");
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT && name(i); i++) {
		if (!limit[i].rate)
			continue;
		json_object(j, name(i));
		json_uint(j, "rate", limit[i].rate);
		json_uint(j, "burst", limit[i].burst);
		json_end(j);
	}
	json_end(j);
}

void worker_json(struct json *j, const struct device_view *v)
{
	json_int(j, "pid", v->pid);
	json_uint(j, "restarts", v->restarts);
}

/* --- what is done alike with disks and cards --------------------------------------------------- */

int device_open(const struct invocation *inv, const struct device_words *w, struct domain_ctx *ctx, uint32_t devid,
		struct device_view *v, struct socle_error *e)
{
	uint16_t domid;

	return device_guest_open(ctx, inv->args[0], &domid, e) || device_find(ctx, domid, w->cls, devid, v, e) ? -1 : 0;
}

static int device_report(const char *verb, const struct device_words *w, const char *preposition, const char *who,
			 const struct socle_error *e)
{
	char what[64];

	snprintf(what, sizeof(what), "%s a %s %s", verb, w->noun, preposition);
	return report(what, who, e);
}

int device_detach_run(const struct invocation *inv, const struct device_words *w)
{
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .work = &work };
	unsigned int seconds = DETACH_DEFAULT_S;
	struct socle_error err = { 0 };
	struct progress progress;
	struct device_view v;
	char title[80];
	uint32_t devid = 0;
	int r = w->devid_read(inv, inv->args[1], &devid);

	r = r ? r : flag_number(inv, "timeout", "seconds", 1, DETACH_MAX_S, &seconds);
	if (r)
		return r;
	stop_catch();
	snprintf(title, sizeof(title), "detach a %s from '%.40s'", w->noun, inv->args[0]);
	progress_begin(&progress, title, &work);
	r = device_open(inv, w, &ctx, devid, &v, &err) ||
	    device_detach(&ctx, v.domid, &v.ref, flag_given(inv, "force"), seconds * 1000, &err);
	progress_end(&progress);
	domain_ctx_close(&ctx);
	return r ? device_report("detach", w, "from", inv->args[0], &err) : EXIT_OK;
}

int device_limit_run(const struct invocation *inv, const struct device_words *w)
{
	struct ctl_bucket limit[CTL_LIMIT_COUNT] = { { 0, 0 } };
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	struct device_view v;
	unsigned int mask;
	uint32_t devid = 0;
	int r = w->devid_read(inv, inv->args[1], &devid);

	r = r ? r : limits_given(inv, w, limit, &mask);
	if (r)
		return r;
	r = device_open(inv, w, &ctx, devid, &v, &err) || device_limit(&ctx, &v, limit, mask, &err);
	domain_ctx_close(&ctx);
	return r ? device_report("limit", w, "of", inv->args[0], &err) : EXIT_OK;
}

struct listing {
	struct domain_ctx *ctx;
	const struct device_words *words;
	struct json *json; /* NULL: text */
};

static int view_print(const struct device_view *v, void *arg)
{
	struct listing *l = arg;
	char *found = names_of(l->ctx, v->domid);
	const char *name = found ? found : "?";

	if (l->json) {
		json_object(l->json, NULL);
		json_text(l->json, "guest", name);
		json_uint(l->json, "domid", v->domid);
		l->words->json(l->json, v);
		json_end(l->json);
	} else {
		l->words->line(v, name);
	}
	free(found);
	return 0;
}

int device_list_run(const struct invocation *inv, const struct device_words *w)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct json j;
	struct listing l = { .ctx = &ctx, .words = w, .json = flag_given(inv, "json") ? &j : NULL };
	const char *who = arg_at(inv, 0);
	struct socle_error err = { 0 };
	char what[64];
	uint16_t domid;

	snprintf(what, sizeof(what), "list the %ss of", w->noun);
	if (device_guest_open(&ctx, who, &domid, &err)) {
		domain_ctx_close(&ctx);
		return report(what, who ? who : "all guests", &err);
	}
	json_begin(&j, stdout);
	if (l.json)
		json_rows(&j, NULL);
	else
		w->heading();
	devices_each(&ctx, w->cls, domid, view_print, &l);
	if (l.json)
		json_end(&j);
	domain_ctx_close(&ctx);
	return EXIT_OK;
}

int cmd_supervise(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	uint16_t domid;
	int r = device_guest_open(&ctx, inv->args[0], &domid, &err) || watch_adopt(domid, inv->argv0, &err);

	domain_ctx_close(&ctx);
	return r ? report("supervise", inv->args[0], &err) : EXIT_OK;
}
