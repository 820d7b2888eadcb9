/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/req_domain.c
 *
 * Requests about domains. Domain 0 is introduced from the start and never released.
 */
#include <errno.h>
#include <stdio.h>

#include "stored/request.h"

static bool arg_domid(struct request *r, uint16_t *domid)
{
	uint64_t n;

	if (!wire_args_number(&r->args, PERM_DOMID_END - 1, &n))
		return false;
	*domid = (uint16_t)n;
	return true;
}

static void fire_introduce(struct request *r)
{
	domain_fire(r->store, SPECIAL_INTRODUCE);
}

static void fire_release(struct request *r)
{
	domain_fire(r->store, SPECIAL_RELEASE);
}

int req_introduce(struct request *r)
{
	uint64_t gfn, port;
	uint16_t domid;

	/* Further arguments of later protocol versions are accepted and not used. */
	if (!arg_domid(r, &domid) || !wire_args_number(&r->args, UINT64_MAX, &gfn) ||
	    !wire_args_number(&r->args, UINT32_MAX, &port) || domid == 0 || port == 0)
		return -EINVAL;
	r->after = fire_introduce;
	return domain_introduce(r->store, domid, gfn, (uint32_t)port);
}

/* The only argument names an introduced domain other than 0. */
static int arg_domain(struct request *r, struct domain **d)
{
	uint16_t domid;

	if (!arg_domid(r, &domid) || domid == 0)
		return -EINVAL;
	*d = domain_find(r->store, domid);
	return *d ? 0 : -ENOENT;
}

int req_release(struct request *r)
{
	struct domain *d;
	int ret = arg_domain(r, &d);

	if (ret || !request_args_end(r))
		return ret ? ret : -EINVAL;
	domain_release(r->store, d);
	r->after = fire_release;
	return 0;
}

int req_resume(struct request *r)
{
	struct domain *d;
	int ret = arg_domain(r, &d);

	if (ret || !request_args_end(r))
		return ret ? ret : -EINVAL;
	domain_set_shutdown(r->store, d, false);
	return 0;
}

int req_set_target(struct request *r)
{
	struct domain *d, *target;
	int ret = arg_domain(r, &d);

	if (!ret)
		ret = arg_domain(r, &target);
	if (ret || !request_args_end(r))
		return ret ? ret : -EINVAL;
	if (!d->conn)
		return -EIO;
	domain_set_target(r->store, d->conn, target->domid);
	return 0;
}

int req_get_domain_path(struct request *r)
{
	char text[32];
	uint16_t domid;

	if (!arg_domid(r, &domid) || !request_args_end(r))
		return -EINVAL;
	request_reply(r, text,
		      (size_t)snprintf(text, sizeof(text), "/local/domain/%u", domid) + 1);
	return 0;
}

int req_is_domain_introduced(struct request *r)
{
	uint16_t domid;

	if (!arg_domid(r, &domid) || !request_args_end(r))
		return -EINVAL;
	request_reply(r, domid == 0 || domain_find(r->store, domid) ? "T" : "F", 2);
	return 0;
}
