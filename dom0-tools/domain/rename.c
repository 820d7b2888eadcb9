/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/rename.c
 *
 * See rename.h.  The old definition goes last: until then the rename can be asked for again, whatever of it was done.
 */
#include "domain/rename.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/autostart.h"
#include "domain/definition.h"

int definition_rename(const char *name, const char *to, struct socle_error *e)
{
	char from_start[DEFINITION_PATH_MAX], to_start[DEFINITION_PATH_MAX];

	if (definition_copy(name, to, e))
		return -1;
	definition_path(from_start, name, ".start");
	definition_path(to_start, to, ".start");
	if (rename(from_start, to_start) && errno != ENOENT)
		return socle_fail_id(e, errno, "definitions-folder", "cannot rename '%s': %s", from_start, strerror(errno));
	return autostart_follow(name, to, e) || definition_remove(name, e) ? -1 : 0;
}
