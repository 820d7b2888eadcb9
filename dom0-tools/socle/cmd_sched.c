/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_sched.c
 *
 * socle sched: shares of domains and CPUs of vCPUs, shown and set.  Everything that was asked for is
 * checked before anything is changed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/adjust.h"
#include "domain/json.h"
#include "domain/names.h"
#include "domain/share.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"

#define INDENT     47 /* of the second vCPU of a domain */
#define WEIGHT_MAX 65535u
#define CAP_MAX    65534u /* the ABI's 65535 means "as it is" */

/* ---- show ------------------------------------------------------------------------------------ */

struct view {
	struct socle_hv *hv;
	unsigned int nr_cpus;
	struct json *json; /* NULL: text */
};

static void vcpu_json(struct json *j, const struct socle_vcpu_times *t, const char *hard, const char *soft)
{
	json_object(j, NULL);
	json_uint(j, "vcpu", t->vcpu);
	json_bool(j, "online", t->flags & SOCLE_VCPU_ONLINE);
	json_uint(j, "cpu", t->cpu);
	json_text(j, "hard", hard);
	json_text(j, "soft", soft);
	json_end(j);
}

static int vcpus_show(struct view *view, uint16_t domid, struct socle_error *e)
{
	struct socle_vcpu_times t;
	bool first = true;
	int r;

	for (unsigned int n = 0; (r = vcpu_times(view->hv, domid, n, &t)) == 0; n = t.vcpu + 1) {
		struct cpulist hard, soft;
		char h[64], s[64], place[16] = "-";

		if (affinity_get(view->hv, domid, t.vcpu, &hard, &soft, e))
			return -1;
		cpulist_format(&hard, view->nr_cpus, h, sizeof(h));
		cpulist_format(&soft, view->nr_cpus, s, sizeof(s));
		if (t.flags & SOCLE_VCPU_ONLINE)
			snprintf(place, sizeof(place), "%u", t.cpu);
		if (view->json)
			vcpu_json(view->json, &t, h, s);
		else
			printf("%*s%4u  %3s  %-12s %s\n", first ? 0 : INDENT, "", t.vcpu, place, h, s);
		first = false;
	}
	if (first && !view->json)
		putchar('\n');
	return r == -ESRCH ? 0 : socle_refused(e, r, "the hypervisor refused");
}

static int domain_show(struct view *view, uint16_t domid, const char *name, struct socle_error *e)
{
	struct share share;
	int r;

	if (share_get(view->hv, domid, &share, e))
		return -1;
	if (view->json) {
		json_object(view->json, NULL);
		json_uint(view->json, "id", domid);
		json_text(view->json, "name", name);
		json_uint(view->json, "weight", share.weight);
		json_uint(view->json, "cap", share.cap);
		json_array(view->json, "vcpus");
	} else {
		char cap[16] = "-";

		if (share.cap)
			snprintf(cap, sizeof(cap), "%u%%", share.cap);
		printf("%5u  %-24s %6u %6s  ", domid, name, share.weight, cap);
	}
	r = vcpus_show(view, domid, e);
	if (view->json) {
		json_end(view->json);
		json_end(view->json);
	}
	return r;
}

static int domains_show(struct domain_ctx *ctx, struct view *view, int only, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	int n = 0, r = 0;

	for (uint16_t next = (uint16_t)(only < 0 ? 0 : only);
	     !r && (n = socle_domain_list(ctx->hv, next, &info, 1)) == 1;
	     next = (uint16_t)(info.domain + 1)) {
		char *name;

		if (only >= 0 && info.domain != only)
			break;
		name = names_of(ctx, info.domain);
		r = domain_show(view, info.domain, name ? name : "?", e);
		/* A domain may end while it is looked at. */
		if (r && e->code == ESRCH && only < 0)
			r = 0;
		free(name);
	}
	if (!r && n < 0)
		r = socle_refused(e, n, "the hypervisor refused");
	return r;
}

static int show(struct domain_ctx *ctx, bool json, int only, struct socle_error *e)
{
	struct json j;
	struct view view = { .hv = ctx->hv, .json = json ? &j : NULL };
	unsigned int us;
	int r;

	if (host_cpus(ctx->hv, &view.nr_cpus, e) || ratelimit_get(ctx->hv, &us, e))
		return -1;
	json_begin(&j, stdout);
	if (json) {
		json_object(&j, NULL);
		json_uint(&j, "cpus", view.nr_cpus);
		json_uint(&j, "ratelimit_us", us);
		json_rows(&j, "domains");
	} else {
		printf("%5s  %-24s %6s %6s  %4s  %3s  %-12s %s\n", "ID", "NAME", "WEIGHT", "CAP",
		       "VCPU", "CPU", "HARD", "SOFT");
	}
	r = domains_show(ctx, &view, only, e);
	if (json) {
		json_end(&j);
		json_end(&j);
	}
	if (!json && only < 0)
		printf("rate limit: %u microseconds\n", us);
	return r;
}

/* ---- set ------------------------------------------------------------------------------------- */

struct wish {
	bool weight, cap, vcpu, hard, soft, ratelimit;
	unsigned int weight_value, cap_value, vcpu_value, ratelimit_value;
	struct cpulist hard_value, soft_value;
};

static int list_read(const struct invocation *inv, const char *flag, bool *given, struct cpulist *out)
{
	*given = flag_given(inv, flag);
	if (!*given || cpulist_parse(flag_value(inv, flag), out) == 0)
		return EXIT_OK;
	return usage_error(inv->cmd, "'--%s' takes CPUs, such as 0-3,6 or all, not '%.40s'",
			   flag, flag_value(inv, flag));
}

static int wish_read(const struct invocation *inv, struct wish *w)
{
	int r = flag_number(inv, "weight", "", 1, WEIGHT_MAX, &w->weight_value);

	r = r ? r : flag_number(inv, "cap", "", 0, CAP_MAX, &w->cap_value);
	r = r ? r : flag_number(inv, "vcpu", "", 0, 127, &w->vcpu_value);
	r = r ? r : flag_number(inv, "ratelimit", "", 0, 500000, &w->ratelimit_value);
	r = r ? r : list_read(inv, "hard", &w->hard, &w->hard_value);
	r = r ? r : list_read(inv, "soft", &w->soft, &w->soft_value);
	if (r)
		return r;
	w->weight = flag_given(inv, "weight");
	w->cap = flag_given(inv, "cap");
	w->vcpu = flag_given(inv, "vcpu");
	w->ratelimit = flag_given(inv, "ratelimit");
	if (w->vcpu && !w->hard && !w->soft)
		return usage_error(inv->cmd, "'--vcpu' goes with '--hard' or '--soft'");
	if ((w->weight || w->cap || w->hard || w->soft) && !inv->nr_args)
		return usage_error(inv->cmd, "which guest? its NAME is missing");
	if (w->ratelimit && inv->nr_args)
		return usage_error(inv->cmd, "'--ratelimit' is the machine's, not a guest's");
	return EXIT_OK;
}

static int affinities_set(struct socle_hv *hv, uint16_t domid, const struct wish *w,
			  struct socle_error *e)
{
	const struct cpulist *hard = w->hard ? &w->hard_value : NULL;
	const struct cpulist *soft = w->soft ? &w->soft_value : NULL;
	struct socle_vcpu_times t;
	int r;

	if (w->vcpu) {
		r = vcpu_times(hv, domid, w->vcpu_value, &t);
		if (r == -ESRCH || (r == 0 && t.vcpu != w->vcpu_value))
			return socle_fail_id(e, EINVAL, "no-such-vcpu", "it has no vCPU %u", w->vcpu_value);
		return affinity_set(hv, domid, w->vcpu_value, hard, soft, e);
	}
	for (unsigned int n = 0; (r = vcpu_times(hv, domid, n, &t)) == 0; n = t.vcpu + 1)
		if (affinity_set(hv, domid, t.vcpu, hard, soft, e))
			return -1;
	return r == -ESRCH ? 0 : socle_refused(e, r, "the hypervisor refused");
}

static bool names_a_cpu(const struct cpulist *l, unsigned int nr_cpus)
{
	for (unsigned int n = 0; n < nr_cpus; n++)
		if (cpulist_has(l, n))
			return true;
	return false;
}

static int wish_check(struct socle_hv *hv, const struct wish *w, struct socle_error *e)
{
	unsigned int nr_cpus;

	if (host_cpus(hv, &nr_cpus, e))
		return -1;
	if (w->cap && w->cap_value > nr_cpus * 100)
		return socle_fail_id(e, EINVAL, "bad-value", "a cap of %u %% is more than the machine's %u CPU%s; "
				  "0 means none", w->cap_value, nr_cpus, nr_cpus == 1 ? "" : "s");
	if ((w->hard && !names_a_cpu(&w->hard_value, nr_cpus)) ||
	    (w->soft && !names_a_cpu(&w->soft_value, nr_cpus)))
		return socle_fail_id(e, EINVAL, "no-such-cpu", "none of these CPUs exists; the machine has 0-%u",
				  nr_cpus - 1);
	return 0;
}

static int share_change(struct socle_hv *hv, uint16_t domid, const struct wish *w, struct socle_error *e)
{
	struct share share;

	if (share_get(hv, domid, &share, e))
		return -1;
	if (w->weight)
		share.weight = w->weight_value;
	if (w->cap)
		share.cap = w->cap_value;
	return share_set(hv, domid, &share, e);
}

static int wish_fulfil(struct socle_hv *hv, int domid, const struct wish *w, struct socle_error *e)
{
	if (wish_check(hv, w, e))
		return -1;
	if (w->ratelimit)
		return ratelimit_set(hv, w->ratelimit_value, e); /* it goes with nothing else */
	if ((w->hard || w->soft) && affinities_set(hv, (uint16_t)domid, w, e))
		return -1;
	if ((w->weight || w->cap) && share_change(hv, (uint16_t)domid, w, e))
		return w->hard || w->soft ? partly_done(e, "the CPUs of its vCPUs are changed") : -1;
	limits_tell(&(struct domain_ctx){ .hv = hv }, (uint16_t)domid, "it has another share of the processors, or other processors");
	return 0;
}

int cmd_sched(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	struct wish wish = { .weight = false };
	bool setting;
	uint16_t domid = 0;
	int r = wish_read(inv, &wish), only = -1;

	if (r)
		return r;
	setting = wish.weight || wish.cap || wish.hard || wish.soft || wish.ratelimit;
	if (setting && flag_given(inv, "json"))
		return usage_error(inv->cmd, "'--json' shows, it does not go with a change");
	ctx.hv = socle_hv_open(&err);
	r = ctx.hv ? 0 : -1;
	/* Without a name nothing is asked of the store: it may be down. */
	if (!r && inv->nr_args)
		r = domain_ctx_open(&ctx, &err) || names_find(&ctx, inv->args[0], &domid, &err);
	else if (!r)
		ctx.store = socle_store_open(NULL);
	if (inv->nr_args)
		only = domid;
	if (!r)
		r = setting ? wish_fulfil(ctx.hv, only, &wish, &err)
			    : show(&ctx, flag_given(inv, "json"), only, &err);
	domain_ctx_close(&ctx);
	return r ? report(setting ? "change the scheduling of" : "show the scheduling of",
			  inv->nr_args ? inv->args[0] : "the machine", &err) : EXIT_OK;
}
