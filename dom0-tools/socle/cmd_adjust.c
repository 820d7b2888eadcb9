/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_adjust.c
 *
 * socle vcpu-set, vcpu-pin, mem-set and sysrq: changing a guest that runs.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/adjust.h"
#include "domain/codes.h"
#include "domain/config.h"
#include "domain/names.h"
#include "domain/share.h"
#include "socle/cmd_device.h"

#define MEMORY_WAIT_S 60u

static int guest_open(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e)
{
	if (domain_ctx_open(ctx, e) || names_find(ctx, who, domid, e))
		return -1;
	if (*domid == 0)
		return socle_fail_id(e, EPERM, "control-domain", "it is the control domain, in which this command runs");
	return 0;
}

static bool number(const char *text, unsigned int max, unsigned int *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned int)n;
	return isdigit((unsigned char)*text) && !*end && n <= max;
}

int cmd_vcpu_set(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	uint16_t domid;
	unsigned int n;
	int r;

	if (!number(inv->args[1], DOMAIN_VCPUS_MAX, &n) || !n)
		return usage_error(inv->cmd, "'%.40s' is not a number of vCPUs; use 1 to %u", inv->args[1], DOMAIN_VCPUS_MAX);
	r = guest_open(&ctx, inv->args[0], &domid, &err) || vcpus_set(&ctx, domid, n, &err);
	domain_ctx_close(&ctx);
	return r ? report("change the vCPUs of", inv->args[0], &err) : EXIT_OK;
}

/* One vCPU, or all of them. */
static int pin(struct domain_ctx *ctx, uint16_t domid, int vcpu, const struct cpulist *cpus, struct socle_error *e)
{
	struct socle_vcpu_times t;
	unsigned int next = 0;

	if (vcpu >= 0)
		return affinity_set(ctx->hv, domid, (unsigned int)vcpu, cpus, NULL, e);
	for (; vcpu_times(ctx->hv, domid, next, &t) == 0; next = t.vcpu + 1)
		if (affinity_set(ctx->hv, domid, t.vcpu, cpus, NULL, e))
			return -1;
	return 0;
}

int cmd_vcpu_pin(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	unsigned int vcpu = 0;
	bool all = strcmp(inv->args[1], "all") == 0;
	struct cpulist cpus;
	uint16_t domid;
	int r;

	if (!all && !number(inv->args[1], DOMAIN_VCPUS_MAX - 1, &vcpu))
		return usage_error(inv->cmd, "'%.40s' is not a vCPU; use 0 to %u, or all", inv->args[1], DOMAIN_VCPUS_MAX - 1);
	if (cpulist_parse(inv->args[2], &cpus))
		return usage_error(inv->cmd, "'%.40s' are no CPUs; use such as 0-3,6 or all", inv->args[2]);
	r = domain_ctx_open(&ctx, &err) || names_find(&ctx, inv->args[0], &domid, &err) ||
	    pin(&ctx, domid, all ? -1 : (int)vcpu, &cpus, &err);
	if (!r)
		limits_tell(&ctx, domid, "vCPU %.10s is to be on CPUs %.80s", inv->args[1], inv->args[2]);
	domain_ctx_close(&ctx);
	return r ? report("pin a vCPU of", inv->args[0], &err) : EXIT_OK;
}

int cmd_mem_set(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	unsigned int seconds = MEMORY_WAIT_S;
	struct socle_error err = { 0 };
	uint64_t bytes, kib;
	uint16_t domid;
	int r = flag_number(inv, "timeout", "seconds", 1, 3600, &seconds);

	if (r)
		return r;
	if (!size_parse(inv->args[1], &bytes) || bytes < 4096)
		return usage_error(inv->cmd, "'%.40s' is no amount of memory; use bytes, or such as 512M", inv->args[1]);
	kib = bytes / 4096 * 4;
	stop_catch();
	r = guest_open(&ctx, inv->args[0], &domid, &err) || memory_set(&ctx, domid, kib, flag_given(inv, "force"), &err) ||
	    ((flag_given(inv, "wait") || flag_given(inv, "timeout")) && memory_wait(&ctx, domid, kib, seconds, &err));
	domain_ctx_close(&ctx);
	return r ? report("change the memory of", inv->args[0], &err) : EXIT_OK;
}

int cmd_sysrq(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	const char *key = inv->args[1];
	struct socle_error err = { 0 };
	uint16_t domid;
	int r;

	if (strlen(key) != 1 || !isgraph((unsigned char)*key))
		return usage_error(inv->cmd, "'%.40s' is not a key; it is one letter, digit or sign, such as h", key);
	r = guest_open(&ctx, inv->args[0], &domid, &err) || sysrq_send(&ctx, domid, *key, &err);
	domain_ctx_close(&ctx);
	return r ? report("send a key to", inv->args[0], &err) : EXIT_OK;
}
