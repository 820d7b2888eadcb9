/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/path.c
 *
 * See path.h. Limits and characters: ABI page 8.1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stored/path.h"

static bool is_path_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       (ch && strchr("-/_@", ch));
}

static bool path_is_valid(const char *path, size_t len)
{
	if (len > 1 && path[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_path_char(path[i]) || (i && path[i] == '/' && path[i - 1] == '/'))
			return false;
	return len > 0;
}

int path_resolve(uint16_t domid, const char *arg, char out[XENSTORE_ABS_PATH_MAX], size_t *strip)
{
	size_t len = strlen(arg);
	int home = 0;

	if (!path_is_valid(arg, len) || arg[0] == '@')
		return -EINVAL;
	if (arg[0] != '/') {
		if (len >= XENSTORE_REL_PATH_MAX)
			return -EINVAL;
		home = snprintf(out, XENSTORE_ABS_PATH_MAX, "/local/domain/%u/", domid);
	}
	if (len >= XENSTORE_ABS_PATH_MAX - (size_t)home)
		return -EINVAL;
	memcpy(out + home, arg, len + 1);
	*strip = (size_t)home;
	return 0;
}

int path_special(const char *arg)
{
	if (!strcmp(arg, PATH_INTRODUCE))
		return SPECIAL_INTRODUCE;
	if (!strcmp(arg, PATH_RELEASE))
		return SPECIAL_RELEASE;
	return -1;
}
