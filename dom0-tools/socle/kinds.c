/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/kinds.c
 *
 * Kinds of errors: which exit code each leads to, for the command line and for libsocle.
 */
#include <errno.h>

#include "domain/codes.h"
#include "socle/cmd.h"

/* What a code means to whoever called, and the identifier of errors that have none of their own. */
static const struct {
	int code;
	enum exit_code exit;
	const char *id;
} kinds[] = {
	{ DOMAIN_E_CONFIG, EXIT_CONFIG, "config" },
	{ DOMAIN_E_NOT_FOUND, EXIT_NOT_FOUND, "not-found" },
	{ DOMAIN_E_EXISTS, EXIT_EXISTS, "exists" },
	{ DOMAIN_E_NO_MEMORY, EXIT_NO_MEMORY, "dom0-memory" },
	{ DOMAIN_E_NO_DAEMON, EXIT_NO_DAEMON, "no-stored" },
	{ DOMAIN_E_BACKEND, EXIT_BACKEND, "backend-failed" },
	{ DOMAIN_E_INTERRUPTED, EXIT_INTERRUPTED, "interrupted" },
	{ DOMAIN_E_NOT_RUNNING, EXIT_NOT_RUNNING, "not-running" },
	{ DOMAIN_E_BUSY, EXIT_BUSY, "busy" },
	{ DOMAIN_E_REFUSED, EXIT_REFUSED, "hypervisor-refused" },
	{ DOMAIN_E_TIMEOUT, EXIT_TIMEOUT, "timeout" },
	{ DOMAIN_E_PARTIAL, EXIT_PARTIAL, "partial" },
	{ EACCES, EXIT_FAILED, "not-permitted" },
	{ EPERM, EXIT_FAILED, "not-permitted" },
	{ ENOSPC, EXIT_FAILED, "disk-full" },
	{ 0, EXIT_FAILED, "failed" }, /* the rest */
};

static size_t kind_of(int code)
{
	size_t i = 0;

	while (kinds[i].code && kinds[i].code != code)
		i++;
	return i;
}

enum exit_code exit_code_of(int error_code)
{
	return kinds[kind_of(error_code)].exit;
}

const char *error_id(const struct socle_error *e)
{
	return *e->id ? e->id : kinds[kind_of(e->code)].id;
}
