/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_dump.c
 *
 * socle dump-core: a guest's memory as a file for crash(8).
 */
#include <errno.h>
#include <stdio.h>

#include "domain/dumpcore.h"
#include "domain/names.h"
#include "socle/cmd.h"
#include "socle/progress.h"

int cmd_dump_core(const struct invocation *inv)
{
	struct work work = { .step = NULL };
	struct domain_ctx ctx = { .stop = &stop_asked, .work = &work };
	struct socle_error err = { 0 };
	struct progress progress;
	uint16_t domid = 0;
	char title[80];
	int r;

	stop_catch(); /* it must not stay paused */
	snprintf(title, sizeof(title), "dump '%.40s'", inv->args[0]);
	progress_begin(&progress, title, &work);
	r = domain_ctx_open(&ctx, &err) || names_find(&ctx, inv->args[0], &domid, &err);
	if (!r && domid == 0)
		r = socle_fail_id(&err, EPERM, "control-domain", "it is the control domain, in which this command runs");
	if (!r)
		r = dump_core(&ctx, domid, inv->args[1], flag_given(inv, "live"), &err);
	progress_end(&progress);
	domain_ctx_close(&ctx);
	return r ? report("dump the core of", inv->args[0], &err) : EXIT_OK;
}
