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

static int action_refuse(const struct invocation *inv, const struct action *actions, unsigned int n)
{
	char list[128] = "";

	for (unsigned int i = 0; i < n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", actions[i].name);
	return usage_error(inv->cmd, "there is no '%s %.40s'; there are %s", inv->cmd->name, inv->args[0], list);
}

int action_run(const struct invocation *inv, const struct action *actions, unsigned int n)
{
	struct invocation after = *inv;
	const struct action *a = NULL;

	for (unsigned int i = 0; i < n; i++)
		if (strcmp(actions[i].name, inv->args[0]) == 0)
			a = &actions[i];
	if (!a)
		return action_refuse(inv, actions, n);
	after.args++;
	after.nr_args--;
	for (int f = 0; f < FLAGS_MAX && inv->cmd->flags[f].name; f++)
		if (inv->given[f] && !(a->flags & 1u << f))
			return usage_error(inv->cmd, "'%s %s' has no flag '--%s'", inv->cmd->name, a->name,
					   inv->cmd->flags[f].name);
	if (after.nr_args < a->min_args)
		return usage_error(inv->cmd, "'%s %s' needs %s", inv->cmd->name, a->name, a->args);
	if (after.nr_args > a->max_args)
		return usage_error(inv->cmd, "'%s %s' has no use for '%.60s'", inv->cmd->name, a->name,
				   after.args[a->max_args]);
	return a->run(&after);
}

int device_guest_open(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	*domid = 0;
	if (domain_ctx_open(ctx, e) || (who && names_find(ctx, who, domid, e)))
		return -1;
	if (who && *domid == 0)
		return socle_fail(e, EPERM, "it is the control domain, which has the real devices");
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

bool timeout_read(const struct invocation *inv, int flag, unsigned int *seconds)
{
	unsigned long n;
	char *end;

	*seconds = DETACH_DEFAULT_S;
	if (!inv->given[flag])
		return true;
	n = strtoul(inv->value[flag], &end, 10);
	if (*end || !isdigit((unsigned char)inv->value[flag][0]) || !n || n > DETACH_MAX_S) {
		usage_error(inv->cmd, "'--timeout' takes 1 to %u seconds, not '%.40s'", DETACH_MAX_S, inv->value[flag]);
		return false;
	}
	*seconds = (unsigned int)n;
	return true;
}

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

bool limits_given(const struct invocation *inv, int first, const char *(*name)(unsigned int i),
		  struct ctl_bucket limit[CTL_LIMIT_COUNT], unsigned int *mask)
{
	*mask = 0;
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT && name(i); i++) {
		int f = first + (int)i;

		if (!inv->given[f])
			continue;
		if (!bucket_parse(inv->value[f], &limit[i])) {
			usage_error(inv->cmd, "'--%s' takes RATE or RATE:BURST, such as 10M or 500:2000, 0 for none; not '%.40s'",
				    name(i), inv->value[f]);
			return false;
		}
		*mask |= 1u << i;
	}
	return true;
}

void limits_json(const struct ctl_bucket limit[CTL_LIMIT_COUNT], const char *(*name)(unsigned int i))
{
	bool first = true;

	printf(", \"limits\": {");
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT && name(i); i++) {
		if (!limit[i].rate)
			continue;
		printf("%s \"%s\": { \"rate\": %" PRIu64 ", \"burst\": %" PRIu64 " }", first ? "" : ",", name(i), limit[i].rate,
		       limit[i].burst);
		first = false;
	}
	printf(" }");
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
