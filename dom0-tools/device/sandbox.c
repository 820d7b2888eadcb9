/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/sandbox.c
 *
 * See sandbox.h.  A filter cannot look through pointers; so what may be passed to read(), ioctl() and the like is decided
 * by the descriptors that are open, and nothing in the list opens one.
 */
#include "device/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failed(struct socle_error *e, const char *what)
{
	return socle_fail(e, errno, "%s: %s", what, strerror(errno));
}

/* --- descriptors ----------------------------------------------------------------------------- */

static int fd_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int fds_close(const struct sandbox *s, struct socle_error *e)
{
	unsigned int from = 0;
	int *keep = calloc(s->nr_keep + 1, sizeof(*keep)), r = 0;
	size_t n = 0;

	if (!keep)
		return failed(e, "cannot list descriptors");
	keep[n++] = STDERR_FILENO;
	for (size_t i = 0; i < s->nr_keep; i++)
		if (s->keep[i] >= 0)
			keep[n++] = s->keep[i];
	qsort(keep, n, sizeof(*keep), fd_compare);
	for (size_t i = 0; i < n && !r; i++) {
		if ((unsigned int)keep[i] > from)
			r = (int)syscall(SYS_close_range, from, (unsigned int)keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	if (!r)
		r = (int)syscall(SYS_close_range, from, ~0u, 0);
	free(keep);
	return r ? failed(e, "cannot close unknown descriptors") : 0;
}

/* --- rights ---------------------------------------------------------------------------------- */

static int limit(int what, uint64_t value, const char *name, struct socle_error *e)
{
	struct rlimit now, l = { value, value };

	if (getrlimit(what, &now))
		return failed(e, name);
	/* Without CAP_SYS_RESOURCE, which root need not have, a limit can only go down. */
	if (setrlimit(what, &l) == 0)
		return 0;
	if (errno == EPERM && now.rlim_max < l.rlim_max)
		return 0;
	return failed(e, name);
}

static int limits_set(const struct sandbox *s, struct socle_error *e)
{
	if (limit(RLIMIT_CORE, 0, "cannot forbid core files", e) ||
	    limit(RLIMIT_NPROC, s->threads, "cannot limit threads", e) ||
	    limit(RLIMIT_NOFILE, s->files, "cannot limit descriptors", e) ||
	    limit(RLIMIT_MEMLOCK, s->memlock, "cannot limit locked memory", e) ||
	    limit(RLIMIT_AS, s->memory, "cannot limit memory", e))
		return -1;
	return 0;
}

/* The kernel clears the capabilities with the user, if none is kept on purpose; the rest of the sets is cleared here. */
static int capabilities_drop(struct socle_error *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &head, none) ? failed(e, "cannot drop capabilities") : 0;
}

static int user_change(uint32_t uid, struct socle_error *e)
{
	if (geteuid())
		return uid == geteuid() ? 0 : socle_fail(e, EPERM, "only root can become user %u", uid);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return failed(e, "cannot drop capabilities");
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		return failed(e, "cannot change its user");
	return 0;
}

int sandbox_drop(const struct sandbox *s, struct socle_error *e)
{
	if (!s->uid && !geteuid())
		return socle_fail(e, EINVAL, "a worker does not run as root");
	if (fds_close(s, e) || limits_set(s, e) || user_change(s->uid, e) || capabilities_drop(e))
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed(e, "cannot give up new privileges");
	return 0;
}

/* --- system calls ---------------------------------------------------------------------------- */

/* getpid and tgkill are abort()'s; restart_syscall is the kernel's own after a signal or io_uring's work. */
static const int common[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(close),
	SCMP_SYS(io_uring_enter), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static int rules_add(scmp_filter_ctx ctx, const unsigned long *ioctls, size_t nr_ioctls, const int *more, size_t nr_more)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]) && !r; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, common[i], 0);
	for (size_t i = 0; i < nr_more && !r; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, more[i], 0);
	if (!r)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!r)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* The request is 32 bits wide for the kernel, whatever is above. */
	for (size_t i = 0; i < nr_ioctls && !r; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
	return r;
}

int sandbox_filter(const unsigned long *ioctls, size_t nr_ioctls, const int *more, size_t nr_more, struct socle_error *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!ctx)
		return socle_fail(e, ENOMEM, "no memory for the filter of system calls");
	r = rules_add(ctx, ioctls, nr_ioctls, more, nr_more);
	if (!r)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r ? socle_fail(e, -r, "cannot load the filter of system calls: %s", strerror(-r)) : 0;
}
