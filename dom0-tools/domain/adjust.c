/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/adjust.c
 *
 * See adjust.h.
 */
#include "domain/adjust.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "domain/event.h"
#include "domain/names.h"
#include "libsocle/domain.h"

#define SLACK_KIB   1024u      /* pages outside the guest's map, as at its creation */
#define NEAR_KIB    1024u
#define STEP_MS     100u

static int node_write(struct domain_ctx *ctx, uint16_t domid, const char *key, const char *value, struct socle_error *e)
{
	char path[80];
	int r;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	r = socle_store_write(ctx->store, 0, path, "%s", value);
	return r < 0 ? socle_fail(e, -r, "cannot leave the request in the store: %s", strerror(-r)) : 0;
}

static int info_get(struct domain_ctx *ctx, uint16_t domid, struct xen_domctl_getdomaininfo *info, struct socle_error *e)
{
	int r = socle_domain_info(ctx->hv, domid, info);

	return r < 0 ? socle_refused(e, r, "the hypervisor does not tell about domain %u", domid) : 0;
}

void limits_tell(struct domain_ctx *ctx, uint16_t domid, const char *fmt, ...)
{
	struct reserve_line l;
	char text[200];
	va_list ap;

	if (!names_reserved(ctx, domid, &l))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event_tell((struct event){ .what = EVENT_LIMITS, .name = l.name, .uuid = l.uuid, .domid = domid, .text = text });
}

int vcpus_set(struct domain_ctx *ctx, uint16_t domid, unsigned int nr, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;

	if (info_get(ctx, domid, &info, e))
		return -1;
	if (nr < 1 || nr > info.max_vcpu_id + 1)
		return socle_fail_id(e, EINVAL, "too-many-vcpus", "it was made with %u vCPUs: 1 to %u of them can be online; more need "
				     "another <vcpu> and a start", info.max_vcpu_id + 1, info.max_vcpu_id + 1);
	for (unsigned int i = 0; i <= info.max_vcpu_id; i++) {
		char key[40];

		snprintf(key, sizeof(key), "cpu/%u/availability", i);
		if (node_write(ctx, domid, key, i < nr ? "online" : "offline", e))
			return -1;
	}
	limits_tell(ctx, domid, "%u vCPUs are to be online", nr);
	return 0;
}

static int free_check(struct domain_ctx *ctx, uint64_t more_kib, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	int r = socle_sysctl(ctx->hv, &op);

	if (r < 0)
		return socle_refused(e, r, "the hypervisor does not say how much memory is free");
	if (op.u.physinfo.free_pages * 4 < more_kib)
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "no-memory", "it would need %" PRIu64 " KiB more, %" PRIu64 " KiB are free",
				     more_kib, op.u.physinfo.free_pages * 4);
	return 0;
}

static int limit_set(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, struct socle_error *e)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = domid };
	int r;

	op.u.max_mem.max_memkb = kib + SLACK_KIB;
	r = socle_domctl(ctx->hv, &op);
	return r < 0 ? socle_refused(e, r, "the hypervisor refused to limit its memory") : 0;
}

int memory_set(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, bool force, struct socle_error *e)
{
	struct xen_domctl_getdomaininfo info;
	char path[64], value[24];
	uint64_t max, has;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max", domid);
	if (info_get(ctx, domid, &info, e))
		return -1;
	if (socle_store_read_u64(ctx->store, 0, path, &max))
		return socle_fail_id(e, ENOTSUP, "no-balloon", "the store does not say how much memory it was made for");
	has = info.tot_pages * 4;
	if (kib > max)
		return socle_fail_id(e, EINVAL, "memory-beyond", "it was made for at most %" PRIu64 " KiB; more needs another <memory> and a "
				     "start", max);
	if (kib < memory_floor(max) && !force)
		return socle_fail_id(e, EINVAL, "memory-starves", "with less than %" PRIu64 " KiB a Linux guest that was made for %" PRIu64
				     " KiB has no room for its kernel and the tables of its pages, and would kill its processes; '--force' "
				     "does it", memory_floor(max), max);
	if (kib > has && free_check(ctx, kib - has, e))
		return -1;
	snprintf(value, sizeof(value), "%" PRIu64, kib);
	/* More is allowed before it is asked for, and less after. */
	if (kib > has && limit_set(ctx, domid, kib, e))
		return -1;
	if (node_write(ctx, domid, "memory/target", value, e))
		return -1;
	if (kib <= has && limit_set(ctx, domid, kib, e))
		return -1;
	limits_tell(ctx, domid, "it is to have %" PRIu64 " KiB of memory", kib);
	return 0;
}

int memory_wait(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, unsigned int seconds, struct socle_error *e)
{
	uint64_t end = clock_ns() + seconds * UINT64_C(1000000000);

	for (;;) {
		struct xen_domctl_getdomaininfo info;
		uint64_t has;

		if (info_get(ctx, domid, &info, e))
			return -1;
		has = info.tot_pages * 4;
		if (has < kib + NEAR_KIB && kib < has + NEAR_KIB)
			return 0;
		if (clock_ns() >= end)
			return socle_fail_id(e, DOMAIN_E_TIMEOUT, "memory-timeout", "it was asked for %" PRIu64 " KiB, and has %" PRIu64
					     " KiB after %u s: its kernel gives no more, or has no balloon driver", kib, has, seconds);
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
}

int sysrq_send(struct domain_ctx *ctx, uint16_t domid, char key, struct socle_error *e)
{
	const char value[2] = { key, '\0' };

	return node_write(ctx, domid, "control/sysrq", value, e);
}
