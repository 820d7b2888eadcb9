/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the control domain: lets a guest that has suspended itself go on in the same domain, as tools do after a checkpoint or a
 * migration that failed: its call returns 1 (pv-abi 2.6).   resume DOMID
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <abi/domctl.h>
#include <abi/sched.h>
#include <abi/xen.h>

#include "libsocle/domain.h"

#define TRIES 200

static int fail(const char *what, int r)
{
	fprintf(stderr, "resume: cannot %s: %s\n", what, strerror(-r));
	return 1;
}

static int wait_asleep(struct socle_hv *hv, uint16_t domid)
{
	const struct timespec nap = { .tv_nsec = 100000000 };
	struct xen_domctl_getdomaininfo info;

	for (int i = 0; i < TRIES; i++) {
		int r = socle_domain_info(hv, domid, &info);

		if (r)
			return fail("look at the guest", r);
		if (info.flags & XEN_DOMINF_shutdown) {
			if ((info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_suspend)
				return 0;
			fprintf(stderr, "resume: it has not suspended itself but ended\n");
			return 1;
		}
		nanosleep(&nap, NULL);
	}
	fprintf(stderr, "resume: it does not suspend itself\n");
	return 1;
}

static int set_result(struct socle_hv *hv, uint16_t domid)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpucontext, .domain = domid };
	struct vcpu_guest_context *c = socle_hbuf_alloc(hv, sizeof(*c));
	int r;

	if (!c)
		return fail("get memory", -12);
	op.u.vcpucontext.ctxt = (uintptr_t)c;
	r = socle_domctl(hv, &op);
	if (r < 0)
		return fail("read its registers", r);
	c->user_regs.rax = 1;
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_setvcpucontext, .domain = domid };
	op.u.vcpucontext.ctxt = (uintptr_t)c;
	r = socle_domctl(hv, &op);
	return r < 0 ? fail("change its registers", r) : 0;
}

int main(int argc, char *argv[])
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_resumedomain };
	struct socle_error err = { 0 };
	struct socle_hv *hv;
	int r;

	if (argc != 2)
		return 2;
	op.domain = (uint16_t)atoi(argv[1]);
	hv = socle_hv_open(&err);
	if (!hv) {
		fprintf(stderr, "resume: %s\n", err.text);
		return 1;
	}
	if (wait_asleep(hv, op.domain) || set_result(hv, op.domain))
		return 1;
	r = socle_domctl(hv, &op);
	if (r < 0)
		return fail("resume it", r);
	socle_hv_close(hv);
	return 0;
}
