/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/privilege.c
 *
 * See privilege.h.
 */
#include "libsocle/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int socle_privileges_drop(struct socle_error *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* First, for it takes no right; then not even a program with rights of its own gives any back (capabilities(7)). */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return socle_fail(e, errno, "cannot give up new privileges: %s", strerror(errno));
	if (syscall(SYS_capset, &head, none))
		return socle_fail(e, errno, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}
