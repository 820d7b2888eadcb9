/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rundir.c
 *
 * See rundir.h.
 */
#include "domain/rundir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/names.h"

void guest_run_dir(char out[GUEST_RUN_DIR_MAX], uint16_t domid)
{
	snprintf(out, GUEST_RUN_DIR_MAX, SOCLE_RUN_DIR "/%u", domid);
}

struct domain_config *watch_description(uint16_t domid, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	char path[GUEST_RUN_DIR_MAX + 16], dir[GUEST_RUN_DIR_MAX];
	struct domain_config *cfg = NULL;

	guest_run_dir(dir, domid);
	snprintf(path, sizeof(path), "%s/" WATCHER_DESCRIPTION, dir);
	if (diags)
		cfg = domain_config_load(path, diags);
	if (!cfg)
		socle_fail_id(e, ENOENT, "no-description", "its description '%s' cannot be used%s%s", path, diags && diags->kept ? ": " : "",
			   diags && diags->kept ? diags->item[0].text : "");
	if (diags)
		diag_clear(diags);
	free(diags);
	return cfg;
}
