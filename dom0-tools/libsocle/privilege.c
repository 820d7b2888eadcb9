/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/privilege.c
 *
 * See privilege.h.
 */
#include "libsocle/privilege.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A manager that gave none may also have forbidden the call that gives them up. */
static bool has_none(struct __user_cap_header_struct *head)
{
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uint32_t all = 0;

	if (syscall(SYS_capget, head, now))
		return false;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		all |= now[i].permitted | now[i].effective | now[i].inheritable;
	return all == 0;
}

int socle_privileges_drop(struct socle_error *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* First, for it takes no right; then not even a program with rights of its own gives any back (capabilities(7)). */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return socle_fail(e, errno, "cannot give up new privileges: %s", strerror(errno));
	if (!has_none(&head) && syscall(SYS_capset, &head, none))
		return socle_fail(e, errno, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}
