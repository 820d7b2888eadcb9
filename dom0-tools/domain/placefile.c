/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/placefile.c
 *
 * See placefile.h.  Two ways, for no file system has to know both: FAT has no links, NFS no renaming that replaces nothing (rename(2),
 * RENAME_NOREPLACE).
 */
#include "domain/placefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int file_place(const char *beside, const char *path)
{
	if (renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(beside, path))
		return -errno;
	unlink(beside);
	return 0;
}
